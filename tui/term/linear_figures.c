/* Figures and tokens in plain lines; see linear_figures.h. */
#include "tui/term/linear_figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/figures.h"
#include "tui/state/tokens.h"

enum { RUNS_SHOWN = 10, LEAST_SURE = 5 };

static void
say_sentence(const struct talk *t, bool (*fn)(const struct talk *, struct buf *))
{
	struct buf b = {0};

	if (fn(t, &b)) {
		if (b.data[0] >= 'a' && b.data[0] <= 'z')
			b.data[0] = (char)(b.data[0] - 'a' + 'A');
		printf("%s.\n", b.data);
	}
	buf_done(&b);
}

static void
say_speed(const struct talk *t)
{
	static const double q[] = {0.5, 0.95, 0.99};
	double p[3];

	if (talk_answer_rate(t) <= 0) {
		printf(_("There is no answer to measure yet.\n"));
		return;
	}
	meter_percentiles(&t->meter, q, 3, p);
	printf(_("The answer has %u tokens, %.1f in a second; the first came after %.2f seconds.\n"),
	    (unsigned)t->stats.n_generated, talk_answer_rate(t), t->stats.first_s);
	printf(_("Half of the tokens took no longer than %.2f milliseconds, 95 of 100 no longer than %.2f, 99 no longer than %.2f.\n"),
	    p[0] * 1e3, p[1] * 1e3, p[2] * 1e3);
}

static void
say_operations(const struct talk *t)
{
	const struct meter *m = &t->meter;

	if (meter_passes(m) == 0) {
		printf(_("Where the time goes is known after the first token.\n"));
		return;
	}
	printf(_("One token takes %.3f milliseconds.\n"), meter_time_total(m) * 1e3);
	for (enum time_kind k = 0; k < TIME_COUNT; k++)
		if (meter_time_all(m, k) > 0)
			printf(_("  %s: %.3f milliseconds, %.0f percent.\n"), time_name(k), meter_time_all(m, k) * 1e3,
			    meter_time_all(m, k) / meter_time_total(m) * 100);
	if (meter_wait(m) > 0)
		printf(_("Of it all, %.3f milliseconds are spent waiting for other threads.\n"), meter_wait(m) * 1e3);
}

static void
say_layers(const struct talk *t)
{
	static const enum time_kind kinds[] = {TIME_qkv, TIME_attn, TIME_out, TIME_ffn_in, TIME_ffn_out};
	const struct meter *m = &t->meter;

	if (meter_passes(m) == 0)
		printf(_("Where the time goes is known after the first token.\n"));
	for (uint32_t i = 0; meter_passes(m) && i + 1 < m->n_rows; i++) {
		printf(_("Layer %u, in milliseconds:"), (unsigned)i);
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			printf("%s %s %.3f", k ? "," : "", time_name(kinds[k]), meter_time(m, i, kinds[k]) * 1e3);
		printf(".\n");
	}
}

static void
say_runs(struct app *app)
{
	struct history_runs r = {0};
	struct err e = {0};

	if (!app->history)
		err_set(&e, ERR_FAILED, "conversations are not kept");
	else if (history_flush(app->history, &e))
		(void)!history_runs(app->history, RUNS_SHOWN, &r, &e);
	if (e.kind)
		printf(_("That is not possible: %s.\n"), e.text);
	else if (r.n == 0)
		printf(_("No run is kept yet.\n"));
	for (size_t i = 0; i < r.n; i++) {
		const struct history_run *run = &r.runs[i];
		const char *name = run->model ? run->model : "", *slash = strrchr(name, '/');

		printf(_("%zu. %s wrote %u tokens, %.1f in a second; the first came after %.2f seconds.\n"), i + 1,
		    slash ? slash + 1 : name, (unsigned)run->n_tokens, (run->n_tokens - 1) / run->generate_s, run->first_s);
	}
	history_runs_done(&r);
}

static void
say_export(const struct talk *t, const char *words)
{
	struct err e = {0};

	if (!*words)
		printf(_("Say the file: :export-stats FILE.\n"));
	else if (figures_export(t, words, &e))
		printf(_("The figures are written to %s.\n"), words);
	else
		printf(_("That is not possible: %s.\n"), e.text);
}

/* ---- tokens ---- */

static void
say_token(const struct talk *t, const struct turn *turn, size_t i)
{
	const struct turn_token *k = &turn->tokens[i];
	struct buf b = {0};

	tokens_quote(t, k->id, &b);
	printf(_("Token %zu of %zu is %s: probability %.1f percent, %.1f bits of doubt.\n"), i + 1, turn->n_tokens, buf_str(&b),
	    (double)k->p * 100, (double)k->entropy);
	buf_done(&b);
}

static void
say_others(const struct talk *t, const struct turn_token *k)
{
	for (uint32_t i = 0; i < k->n_top; i++) {
		struct buf b = {0};

		tokens_quote(t, k->top[i].id, &b);
		printf(_("  %u. %s, %.2f percent before the sampler, "), (unsigned)i + 1, buf_str(&b), (double)k->top[i].p * 100);
		if (k->top[i].after > 0)
			printf(_("%.2f after%s.\n"), (double)k->top[i].after * 100, k->top[i].id == k->id ? _("; this was taken") : "");
		else
			printf(_("cut by it.\n"));
		buf_done(&b);
	}
}

/* The tokens the model was least sure of, in the order of the answer. */
static void
say_least_sure(const struct talk *t, const struct turn *turn)
{
	size_t best[LEAST_SURE], n = 0;

	for (size_t i = 0; i < turn->n_tokens; i++) {
		size_t at;

		if (n == LEAST_SURE && turn->tokens[i].entropy <= turn->tokens[best[n - 1]].entropy)
			continue;
		n += n < LEAST_SURE;
		for (at = n - 1; at > 0 && turn->tokens[best[at - 1]].entropy < turn->tokens[i].entropy; at--)
			best[at] = best[at - 1];
		best[at] = i;
	}
	printf(_("The answer has %zu tokens. The least sure are:\n"), turn->n_tokens);
	for (size_t i = 0; i < n; i++)
		say_token(t, turn, best[i]);
	printf(_(":lens NUMBER tells what might have stood there; :take-token NUMBER CHOICE goes on from one of those.\n"));
}

static enum linear_did
look(struct app *app, const char *words, bool take)
{
	struct talk *t = &app->talk;
	size_t at = tokens_turn(t);
	const struct turn *turn = at < t->n_turns ? t->turns[at] : NULL;
	unsigned long token = 0, choice = 0;
	struct err e = {0};
	int n = sscanf(words, "%lu %lu", &token, &choice);

	if (!turn) {
		printf(_("That is not possible: %s.\n"), tokens_why_not(t));
	} else if (n < 1 && !take) {
		say_least_sure(t, turn);
	} else if (n < 1 || token < 1 || token > turn->n_tokens) {
		printf(_("Give the number of a token, 1 to %zu%s.\n"), turn->n_tokens, take ? _(", and that of a choice") : "");
	} else if (!take) {
		say_token(t, turn, token - 1);
		say_others(t, &turn->tokens[token - 1]);
	} else if (n < 2 || choice < 1 || choice > turn->tokens[token - 1].n_top) {
		printf(_("Give the number of a choice, 1 to %u.\n"), (unsigned)turn->tokens[token - 1].n_top);
	} else if (talk_take_token(t, at, token - 1, turn->tokens[token - 1].top[choice - 1].id, &e)) {
		return LINEAR_ASKED;
	} else {
		printf(_("That is not possible: %s.\n"), e.text);
	}
	return LINEAR_DONE;
}

enum linear_did
linear_figures_act(struct app *app, enum action a, const char *words)
{
	const struct talk *t = &app->talk;
	struct buf b = {0};

	switch (a) {
	case ACTION_open_stats:
		say_speed(t);
		say_sentence(t, figures_reads);
		say_sentence(t, figures_advice);
		say_sentence(t, figures_energy);
		if (t->engine)
			printf(_("The context holds %u of %u tokens; %d threads compute.\n"), (unsigned)t->n_used, (unsigned)t->n_ctx,
			    engine_n_threads(t->engine));
		printf(_(":by-operation, :by-layer, :memory and :runs tell more.\n"));
		return LINEAR_DONE;
	case ACTION_by_operation:
		say_operations(t);
		return LINEAR_DONE;
	case ACTION_by_layer:
		say_layers(t);
		return LINEAR_DONE;
	case ACTION_memory:
		if (figures_memory(t, &b))
			printf(_("Memory: %s.\n"), b.data);
		buf_done(&b);
		return LINEAR_DONE;
	case ACTION_runs:
		say_runs(app);
		return LINEAR_DONE;
	case ACTION_stats_export:
		say_export(t, words);
		return LINEAR_DONE;
	case ACTION_open_lens:
		return look(app, words, false);
	case ACTION_token_take:
		return look(app, words, true);
	default:
		return LINEAR_NOT;
	}
}
