/* Figures in plain lines: whole sentences. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/figures.h"
#include "tui/term/linear.h"
#include "tui/text_clean.h"

enum { RUNS_LISTED = 200 };

static void
say_sentence(const struct talk *t, bool (*fn)(const struct talk *, struct buf *))
{
	struct buf b = {0};

	if (fn(t, &b)) {
		if (b.data[0] >= 'a' && b.data[0] <= 'z')
			b.data[0] = (char)(b.data[0] - 'a' + 'A');
		linear_say("%s.\n", b.data);
	}
	buf_done(&b);
}

static void
say_speed(const struct talk *t)
{
	static const double q[] = {0.5, 0.95, 0.99};
	double p[3];

	if (talk_answer_rate(t) <= 0) {
		linear_say(_("There is no answer to measure yet.\n"));
		return;
	}
	meter_percentiles(&t->meter, q, 3, p);
	linear_say(_("The answer has %u tokens, %.1f in a second; the first came after %.2f seconds.\n"),
	    (unsigned)t->stats.n_generated, talk_answer_rate(t), t->stats.first_s);
	linear_say(_("Half of the tokens took no longer than %.2f milliseconds, 95 of 100 no longer than %.2f, 99 no longer than %.2f.\n"),
	    p[0] * 1e3, p[1] * 1e3, p[2] * 1e3);
}

static void
say_operations(const struct talk *t)
{
	const struct meter *m = &t->meter;

	if (meter_passes(m) == 0) {
		linear_say(_("Where the time goes is known after the first token.\n"));
		return;
	}
	linear_say(_("One token takes %.3f milliseconds.\n"), meter_time_total(m) * 1e3);
	for (enum time_kind k = 0; k < TIME_COUNT; k++)
		if (meter_time_all(m, k) > 0)
			linear_say(_("  %s: %.3f milliseconds, %.0f percent.\n"), time_name(k), meter_time_all(m, k) * 1e3,
			    meter_time_all(m, k) / meter_time_total(m) * 100);
	if (meter_wait(m) > 0)
		linear_say(_("Of it all, %.3f milliseconds are spent waiting for other threads.\n"), meter_wait(m) * 1e3);
}

static void
say_layers(const struct talk *t)
{
	static const enum time_kind kinds[] = {TIME_qkv, TIME_attn, TIME_out, TIME_ffn_in, TIME_ffn_out};
	const struct meter *m = &t->meter;

	if (meter_passes(m) == 0)
		linear_say(_("Where the time goes is known after the first token.\n"));
	for (uint32_t i = 0; meter_passes(m) && i + 1 < m->n_rows; i++) {
		linear_say(_("Layer %u, in milliseconds:"), (unsigned)i);
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			linear_say("%s %s %.3f", k ? "," : "", time_name(kinds[k]), meter_time(m, i, kinds[k]) * 1e3);
		linear_say(".\n");
	}
}

static void
add_run(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct history_run *run = &((const struct history_runs *)m->arg)->runs[i];
	const char *name = run->model ? run->model : "", *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	text_clean_line(out, name, strlen(name));
	buf_printf(out, _(" wrote %u tokens, %.1f in a second; the first came after %.2f seconds"), (unsigned)run->n_tokens,
	    run->generate_s > 0 ? (run->n_tokens - 1) / run->generate_s : 0, run->first_s);
}

static enum linear_did
say_runs(struct linear *l)
{
	struct history *h = l->app->history;
	struct history_runs r = {0};
	struct linear_menu m = {.add = add_run, .arg = &r};
	struct err e = {0};

	if (!h)
		err_set(&e, ERR_FAILED, "conversations are not kept");
	else if (history_flush(h, &e))
		(void)!history_runs(h, RUNS_LISTED, &r, &e);
	m.n = r.n;
	if (e.kind)
		linear_fail(&e);
	else if (r.n == 0)
		puts(_("No run is kept yet."));
	else
		linear_menu(l, &m);
	history_runs_done(&r);
	return LINEAR_DONE;
}

static enum linear_did
export(struct linear *l, const char *words)
{
	struct buf path = {0};
	struct err e = {0};

	if (!linear_words(l, words, _("Type the name of a file for the figures, or press Enter for none."), &path))
		;
	else if (!figures_export(&l->app->talk, buf_str(&path), &e))
		linear_fail(&e);
	else
		linear_say(_("The figures are written to %s.\n"), buf_str(&path));
	buf_done(&path);
	return LINEAR_DONE;
}

static enum linear_did
say_all(const struct talk *t)
{
	say_speed(t);
	say_sentence(t, figures_reads);
	say_sentence(t, figures_guesses);
	say_sentence(t, figures_advice);
	say_sentence(t, figures_energy);
	if (t->engine)
		linear_say(ngettext("The context holds %u of %u tokens; %d thread computes.\n",
		    "The context holds %u of %u tokens; %d threads compute.\n", (unsigned)engine_n_threads(t->engine)),
		    (unsigned)t->n_used, (unsigned)t->n_ctx, engine_n_threads(t->engine));
	puts(_(":by-operation, :by-layer, :memory and :runs tell more."));
	return LINEAR_DONE;
}

static enum linear_did
say_memory(const struct talk *t)
{
	struct buf b = {0};

	if (figures_memory(t, &b))
		linear_say(_("Memory: %s.\n"), b.data);
	else
		puts(_("No model is loaded."));
	buf_done(&b);
	return LINEAR_DONE;
}

enum linear_did
linear_figures_act(struct linear *l, enum action a, const char *words)
{
	const struct talk *t = &l->app->talk;

	switch (a) {
	case ACTION_open_stats:
		return say_all(t);
	case ACTION_by_operation:
		say_operations(t);
		return LINEAR_DONE;
	case ACTION_by_layer:
		say_layers(t);
		return LINEAR_DONE;
	case ACTION_memory:
		return say_memory(t);
	case ACTION_runs:
		return say_runs(l);
	case ACTION_stats_export:
		return export(l, words);
	default:
		return LINEAR_NOT;
	}
}
