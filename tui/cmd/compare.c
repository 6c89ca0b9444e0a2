/* minnow compare: several answers to one prompt, their figures, and how much each surprises the other models.
 * The main thread waits for the sessions and for signals at once; a signal ends it, and what was generated stays. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tui/cmd/chat.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/compare_ratings.h"
#include "tui/cmd/load.h"
#include "tui/cmd/models.h"
#include "tui/cmd/prompt.h"
#include "tui/cmd/pull.h"
#include "tui/cmd/sampling.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/state/compare.h"
#include "tui/state/compare_json.h"
#include "tui/state/compare_spec.h"
#include "tui/term/signals.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/wrap.h"

#define NOT_GIVEN -1
#define COLUMN_MIN 34			/* of answers side by side */

struct compare_opts {
	const char *prompt, *file, *system, *kv, *think;
	bool together, json, no_score, ratings;
	int64_t max_tokens, ctx, threads;
	struct opt_list set;
	struct sampling_opts sampling;
};

struct comparison {
	const struct compare_opts *o;
	struct compare_spec specs[COMPARE_MAX];	/* of the arguments */
	size_t n;
	struct models out;		/* what the output may look like */
	struct loaded first;
	struct model *others[COMPARE_MAX];	/* [0]: NULL; a model that is named twice is opened once */
	struct model *models[COMPARE_MAX];	/* not owned */
	struct compare c;
	bool streams;			/* the answers are printed as they come */
	size_t shown_pane, shown;	/* whose answer is being printed; bytes of it that are */
	bool broken;			/* standard output takes no more */
	int sig;			/* came while they answered; 0: none */
};

/* ---- models and their settings ---- */

/* A "2:temp=0" of --set. */
struct set {
	size_t pane;
	char *name;			/* owned */
	const char *value;
};

static bool
parse_set(const char *s, size_t n, struct set *out, struct err *e)
{
	const char *equals = strchr(s, '=');

	*out = (struct set){0};
	if (s[0] < '1' || s[0] > '0' + COMPARE_MAX || s[1] != ':' || !equals || equals == s + 2)
		return err_set(e, ERR_USAGE, "--set wants the number of a model and a setting, as 2:temp=0, not \"%s\"", s);
	out->pane = (size_t)(s[0] - '1');
	if (out->pane >= n)
		return err_set(e, ERR_USAGE, "--set %s: there are %zu models", s, n);
	out->name = mem_dup_bytes(s + 2, (size_t)(equals - s - 2) + 1);
	out->name[equals - s - 2] = '\0';
	out->value = equals + 1;
	return true;
}

/* Those of pane I, over what holds for all: what stands after its name, and then those of --set.  What they are goes to
 * SETTINGS. */
static bool
apply_sets(const struct comparison *all, size_t i, struct compare_options *co, struct buf *settings, struct err *e)
{
	const struct opt_list *list = &all->o->set;
	bool ok = compare_spec_apply(&all->specs[i], co, e);

	compare_spec_add_settings(&all->specs[i], settings);
	for (size_t k = 0; ok && k < list->n; k++) {
		struct set s;

		ok = parse_set(list->at[k], all->n, &s, e);
		if (ok && s.pane == i) {
			ok = compare_set(co, s.name, s.value, e) || err_wrap(e, "--set %s", list->at[k]);
			buf_printf(settings, "%s%s=%s", settings->len ? " " : "", s.name, s.value);
		}
		free(s.name);
	}
	return ok;
}

/* Options over settings over defaults, those of --set over all. */
static bool
add_pane(struct comparison *k, size_t i, struct err *e)
{
	const struct compare_opts *o = k->o;
	struct compare_options co = {.name = k->specs[i].name};
	struct buf settings = {0};
	struct config c;
	bool ok;

	if (!config_load(&c, e))
		return false;
	config_for_model(&c, k->specs[i].name);
	config_sampling(&c, &co.sampling);
	sampling_opts_apply(&o->sampling, &co.sampling);
	co.system = o->system ? o->system : c.chat_system;
	co.max_tokens = (uint32_t)(o->max_tokens >= 0 ? o->max_tokens : c.sampling_max_tokens);
	co.think = think_find(o->think ? o->think : c.chat_think);
	co.session.n_ctx = (uint32_t)(o->ctx >= 0 ? o->ctx : c.chat_context);
	co.session.kv = kvtype_find(o->kv ? o->kv : c.chat_kv);
	co.session.speculate = speculate_find(c.chat_speculate);
	ok = apply_sets(k, i, &co, &settings, e);
	co.settings = buf_str(&settings);
	ok = ok && compare_add(&k->c, k->models[i], &co, e);
	buf_done(&settings);
	config_done(&c);
	return ok;
}

static struct model *
find_opened(const struct comparison *k, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(k->specs[j].name, k->specs[i].name) == 0)
			return k->models[j];
	return NULL;
}

static bool
open_other(struct comparison *k, size_t i, struct err *e)
{
	struct buf path = {0};
	struct config c;
	bool ok;

	k->models[i] = find_opened(k, i);
	if (k->models[i])
		return true;
	if (!config_load(&c, e))
		return false;
	ok = load_find(&c, k->specs[i].name, true, &path, e) &&
	    (k->others[i] = model_open(k->first.engine, buf_str(&path), e)) != NULL;
	k->models[i] = k->others[i];
	buf_done(&path);
	config_done(&c);
	return ok;
}

/* Everything that is asked for is checked before the first model is read. */
static bool
check_sets(struct comparison *k, const struct cmd_call *call, struct err *e)
{
	struct compare_options co = {0};
	struct buf settings = {0};
	bool ok = true;

	for (; ok && k->n < (size_t)call->n_args; k->n += ok)
		ok = compare_spec_parse(call->args[k->n], &k->specs[k->n], e);
	for (size_t i = 0; ok && i < k->n; i++)
		ok = apply_sets(k, i, &co, &settings, e);
	buf_done(&settings);
	return ok;
}

static bool
open_all(struct comparison *k, const struct cmd_call *call, struct err *e)
{
	bool ok = check_sets(k, call, e);

	for (size_t i = 0; ok && i < k->n; i++)
		ok = pull_offer(k->specs[i].name, e);
	ok = ok && load_open(&k->first, k->specs[0].name, k->o->threads, e);
	if (k->first.config.warnings.len)
		say_lines(k->first.config.warnings.data);
	k->models[0] = k->first.model;
	for (size_t i = 1; ok && i < k->n; i++)
		ok = open_other(k, i, e);
	for (size_t i = 0; ok && i < k->n; i++)
		ok = add_pane(k, i, e);
	return ok;
}

static void
close_all(struct comparison *k)
{
	compare_done(&k->c);
	for (size_t i = 1; i < COMPARE_MAX; i++)
		model_close(k->others[i]);
	for (size_t i = 0; i < k->n; i++)
		compare_spec_done(&k->specs[i]);
	load_done(&k->first);
	models_close(&k->out);
}

static bool
read_prompt(const struct compare_opts *o, struct buf *prompt, struct err *e)
{
	if (o->prompt)
		buf_add_str(prompt, o->prompt);
	if (o->file && !prompt_add_file(prompt, o->file, e))
		return false;
	if (prompt_is_piped() && !prompt_add_piped(prompt, false, e))
		return false;
	if (prompt->len)
		return true;
	if (o->prompt || o->file || prompt_is_piped())
		return err_set(e, ERR_USAGE, "the prompt is empty");
	return err_set(e, ERR_USAGE, "no prompt: give one with -p TEXT or --file FILE, or pipe one in");
}

/* ---- the answers as they come ---- */

static void
add_heading(const struct comparison *k, struct buf *out, size_t i)
{
	const struct pane *p = &k->c.panes[i];

	buf_printf(out, k->out.is_terminal ? "%c  %s" : "%c\t%s", (int)('A' + i), p->name);
	if (*p->settings || !k->out.is_terminal)
		buf_printf(out, k->out.is_terminal ? "  %s" : "\t%s", p->settings);
	buf_add_char(out, '\n');
}

/* What there is to read of it: an answer that failed is its reason. */
static const char *
body(const struct pane *p, size_t *len)
{
	if (p->status == PANE_FAILED && p->text.len == 0) {
		*len = strlen(p->err.text);
		return p->err.text;
	}
	*len = p->text.len;
	return buf_str(&p->text);
}

static void
write_out(struct comparison *k, const char *s, size_t n)
{
	if (k->broken)
		return;
	fwrite(s, 1, n, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return;
	k->broken = true;
	if (errno == EPIPE)
		k->sig = SIGPIPE;
	compare_stop(&k->c);
}

/* More of the answer that is being printed; when it is over, the heading of the next. */
static void
stream(struct comparison *k)
{
	while (k->streams && k->shown_pane < k->c.n) {
		const struct pane *p = &k->c.panes[k->shown_pane];
		bool over = p->status == PANE_DONE || p->status == PANE_FAILED;
		struct buf out = {0};
		size_t len;
		const char *text = body(p, &len);

		/* Its reason is known only when it is over. */
		if (p->status == PANE_IDLE || p->status == PANE_WAITING || (p->status == PANE_READING && len == 0))
			return;
		if (k->shown == 0 && !(len == 0 && !over)) {
			if (k->shown_pane > 0)
				buf_add_char(&out, '\n');
			add_heading(k, &out, k->shown_pane);
		}
		if (k->out.is_terminal)
			text_clean(&out, text + k->shown, len - k->shown);
		else
			buf_add(&out, text + k->shown, len - k->shown);
		k->shown = len;
		if (over && len > 0 && text[len - 1] != '\n')
			buf_add_char(&out, '\n');
		write_out(k, buf_str(&out), out.len);
		buf_done(&out);
		if (!over)
			return;
		k->shown_pane++;
		k->shown = 0;
	}
}

static void
take_signals(struct comparison *k)
{
	int sig;

	while ((sig = signals_next()) != 0) {
		if (sig == SIGTSTP) {
			signals_stop_self();
		} else if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
			/* Asked a second time: do not wait for the end of a layer. */
			if (k->sig && sig == SIGINT)
				signals_end_by(sig);
			k->sig = sig;
			compare_stop(&k->c);
		}
	}
}

/* How far they are, where nothing else shows it. */
static void
show_progress(const struct comparison *k, bool ended)
{
	if (k->streams || !isatty(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	for (size_t i = 0; !ended && i < k->c.n; i++)
		fprintf(stderr, i ? ", %c %zu" : _("tokens: %c %zu"), (int)('A' + i), k->c.panes[i].ids.n);
	fflush(stderr);
}

static bool
follow(struct comparison *k, struct err *e)
{
	struct pollfd fds[COMPARE_MAX + 1];
	int at[COMPARE_MAX], n, sig_fd = signals_open(e);
	bool ok = sig_fd >= 0;

	while (ok && compare_running(&k->c)) {
		n = compare_fds(&k->c, at);
		for (int i = 0; i < n; i++)
			fds[i] = (struct pollfd){.fd = at[i], .events = POLLIN};
		fds[n] = (struct pollfd){.fd = sig_fd, .events = POLLIN};
		if (poll(fds, (nfds_t)n + 1, -1) < 0 && errno != EINTR)
			ok = err_set(e, ERR_FAILED, "cannot wait for the answers: %s", strerror(errno));
		take_signals(k);
		if (compare_poll(&k->c)) {
			stream(k);
			show_progress(k, false);
		}
	}
	if (ok)
		stream(k);
	show_progress(k, true);
	return ok;
}

/* ---- side by side ---- */

/* One row of an answer, without the blanks that end it. */
static void
add_row(const struct comparison *k, struct buf *out, const char *row, size_t n, int columns)
{
	char *cell;

	while (n > 0 && (row[n - 1] == '\n' || row[n - 1] == ' '))
		n--;
	cell = mem_dup_bytes(row, n + 1);
	cell[n] = '\0';
	models_add_cell(&k->out, out, cell, columns, false);
	free(cell);
}

/* A row of each answer, until all are through. */
static void
add_columns(const struct comparison *k, struct buf *out, int columns)
{
	struct buf text[COMPARE_MAX] = {0};
	size_t at[COMPARE_MAX] = {0}, len;

	for (size_t i = 0; i < k->c.n; i++) {
		const char *s = body(&k->c.panes[i], &len);

		add_heading(k, &text[i], i);
		text_clean(&text[i], s, len);
	}
	for (bool more = true; more; ) {
		more = false;
		for (size_t i = 0; i < k->c.n; i++) {
			const char *row = text[i].data + at[i];
			size_t n = at[i] < text[i].len ? wrap_row(row, text[i].len - at[i], columns) : 0;
			bool last = i + 1 == k->c.n;

			add_row(k, out, row, n, last ? 0 : columns);
			buf_add_str(out, last ? "\n" : " ");
			buf_add_str(out, last ? "" : k->out.glyphs->pipe);
			at[i] += n;
			more |= at[i] < text[i].len;
		}
	}
	for (size_t i = 0; i < k->c.n; i++)
		buf_done(&text[i]);
}

/* ---- figures ---- */

/* A cell of the table: padded for a person, after a tab for a script.  RIGHT: a number. */
static void
add_cell(const struct comparison *k, struct buf *out, const char *text, int columns, bool right)
{
	if (k->out.is_terminal) {
		buf_add_str(out, "  ");
		models_add_cell(&k->out, out, text, columns, right);
	} else {
		buf_printf(out, "\t%s", text);
	}
}

static void
add_figure(const struct comparison *k, struct buf *out, bool known, const char *fmt, double v, int columns)
{
	char text[48];

	snprintf(text, sizeof text, fmt, v);
	add_cell(k, out, known ? text : "-", columns, true);
}

enum { FIRST_COLUMNS = 11, RATE_COLUMNS = 8, ENERGY_COLUMNS = 7, TOKENS_COLUMNS = 6, MEMORY_COLUMNS = 8,
	ENDED_COLUMNS = 9, BITS_COLUMNS = 6 };

/* A machine that does not count it needs no column for people. */
static bool
tells_energy(const struct comparison *k)
{
	bool known = !k->out.is_terminal;

	for (size_t i = 0; i < k->c.n; i++)
		known |= pane_energy(&k->c.panes[i]) >= 0;
	return known;
}

static void
add_titles(const struct comparison *k, struct buf *out)
{
	bool person = k->out.is_terminal;
	char name[16];

	buf_add_str(out, person ? " " : "answer");
	add_cell(k, out, person ? _("first token") : "first_s", FIRST_COLUMNS, true);
	add_cell(k, out, person ? _("tokens/s") : "tokens_s", RATE_COLUMNS, true);
	if (tells_energy(k))
		add_cell(k, out, person ? _("J/token") : "joules_token", ENERGY_COLUMNS, true);
	add_cell(k, out, _("tokens"), TOKENS_COLUMNS, true);
	add_cell(k, out, person ? _("memory") : "memory_bytes", MEMORY_COLUMNS, true);
	add_cell(k, out, _("ended"), ENDED_COLUMNS, false);
	for (size_t b = 0; k->c.scored && b < k->c.n; b++) {
		snprintf(name, sizeof name, person ? _("to %c") : "bits_per_byte_%c", (int)('A' + b));
		add_cell(k, out, name, BITS_COLUMNS, true);
	}
	buf_add_char(out, '\n');
}

static void
add_figures(const struct comparison *k, struct buf *out, size_t i)
{
	const struct pane *p = &k->c.panes[i];
	bool person = k->out.is_terminal;
	struct buf memory = {0};

	if (person)
		models_add_size(&memory, pane_memory(p));
	else
		buf_printf(&memory, _("%" PRIu64), pane_memory(p));
	buf_add_char(out, (char)('A' + i));
	add_figure(k, out, pane_first_s(p) >= 0, person ? "%.2f s" : "%.6g", pane_first_s(p), FIRST_COLUMNS);
	add_figure(k, out, pane_rate(p) > 0, person ? "%.1f" : "%.6g", pane_rate(p), RATE_COLUMNS);
	if (tells_energy(k))
		add_figure(k, out, pane_energy(p) >= 0, person ? "%.3f" : "%.6g", pane_energy(p), ENERGY_COLUMNS);
	add_figure(k, out, true, "%.0f", p->stats.n_generated, TOKENS_COLUMNS);
	add_cell(k, out, buf_str(&memory), MEMORY_COLUMNS, true);
	add_cell(k, out, pane_ending(p), ENDED_COLUMNS, false);
	for (size_t b = 0; k->c.scored && b < k->c.n; b++)
		add_figure(k, out, k->c.cross[i][b].known, person ? "%.3f" : "%.6f", k->c.cross[i][b].bits_per_byte, BITS_COLUMNS);
	buf_add_char(out, '\n');
	buf_done(&memory);
}

/* The token where answer A parts from answer B, as it reads, or "the end". */
static void
add_token(const struct pane *p, size_t i, struct buf *out)
{
	struct buf raw = {0};

	if (i >= p->ids.n) {
		buf_add_str(out, _("the end"));
		return;
	}
	pane_token(p, i, &raw);
	buf_add_char(out, '"');
	text_clean_line(out, buf_str(&raw), raw.len);
	buf_add_char(out, '"');
	buf_done(&raw);
}

/* Where the answers A and B part. */
static void
add_parting(const struct comparison *k, struct buf *out, size_t a, size_t b)
{
	const struct compare_pair *p = &k->c.pairs[a][b];

	if (p->first_difference == SIZE_MAX) {
		buf_printf(out, _("%c and %c wrote the same %zu tokens\n"), (int)('A' + a), (int)('A' + b), p->n);
		return;
	}
	buf_printf(out, _("%c and %c part at token %zu: "), (int)('A' + a), (int)('A' + b), p->first_difference + 1);
	add_token(&k->c.panes[a], p->first_difference, out);
	buf_add_str(out, _(" and "));
	add_token(&k->c.panes[b], p->first_difference, out);
	buf_add_char(out, '\n');
}

enum { ALONG_COLUMNS = 5, KL_COLUMNS = 9, SAME_COLUMNS = 10, OTHER_COLUMNS = 11 };

/* Along answer A: model B beside the model that wrote it. */
static void
add_pair(const struct comparison *k, struct buf *out, size_t a, size_t b)
{
	const struct compare_pair *p = &k->c.pairs[a][b];
	bool person = k->out.is_terminal;
	char model[] = "A";

	model[0] = (char)('A' + b);
	buf_printf(out, "%-*c", person ? ALONG_COLUMNS : 1, (int)('A' + a));
	add_cell(k, out, model, ALONG_COLUMNS, false);
	add_figure(k, out, p->has_kl, "%.6f", p->kl, KL_COLUMNS);
	add_figure(k, out, p->has_kl, person ? "%.1f %%" : "%.6f", p->same_top * (person ? 100 : 1), SAME_COLUMNS);
	add_figure(k, out, p->has_kl && p->first_other < p->n, "%.0f", (double)p->first_other + 1, OTHER_COLUMNS);
	buf_add_char(out, '\n');
}

/* Those with one vocabulary. */
static void
add_pairs(const struct comparison *k, struct buf *out)
{
	bool titled = false;

	for (size_t a = 0; a < k->c.n; a++)
		for (size_t b = a + 1; b < k->c.n; b++)
			if (k->c.pairs[a][b].same_vocab)
				add_parting(k, out, a, b);
	for (size_t a = 0; a < k->c.n; a++)
		for (size_t b = 0; b < k->c.n; b++) {
			if (a == b || !k->c.pairs[a][b].same_vocab)
				continue;
			if (!titled) {
				buf_add_str(out, k->out.is_terminal ? _("\nalong") : "along");
				add_cell(k, out, _("model"), ALONG_COLUMNS, false);
				add_cell(k, out, k->out.is_terminal ? _("KL, nats") : "kl", KL_COLUMNS, true);
				add_cell(k, out, k->out.is_terminal ? _("same first") : "same_top", SAME_COLUMNS, true);
				add_cell(k, out, k->out.is_terminal ? _("first other") : "first_other", OTHER_COLUMNS, true);
				buf_add_char(out, '\n');
			}
			titled = true;
			add_pair(k, out, a, b);
		}
}

static void
add_summary(const struct comparison *k, struct buf *out)
{
	buf_add_char(out, '\n');
	add_titles(k, out);
	for (size_t i = 0; i < k->c.n; i++)
		add_figures(k, out, i);
	if (!k->c.scored)
		return;
	if (k->out.is_terminal) {
		buf_add_str(out, "\n");
		models_add_paragraph(&k->out, out, "", "", _("to A, to B: how much the answer surprises that model, in bits for each "
		    "byte of it; less is more like what that model would write."));
		buf_add_char(out, '\n');
	}
	add_pairs(k, out);
}

/* ---- the command ---- */

static void
tell_score(void *ctx, size_t done, size_t total)
{
	work_tell(ctx, done, total, NULL);
}

static bool
score(struct comparison *k, struct err *e)
{
	struct work work;
	bool ok;

	if (k->o->no_score || k->sig || k->broken)
		return true;
	if (!work_begin(&work, _("comparing"), e))
		return false;
	ok = compare_score(&k->c, &work.cancel, tell_score, &work, e);
	work_end(&work);
	for (size_t a = 0; ok && a < k->c.n; a++)
		for (size_t b = 0; b < k->c.n; b++)
			if (k->c.cross[a][b].err.kind)
				say("compare", "answer %c under model %c: %s", (int)('A' + a), (int)('A' + b), k->c.cross[a][b].err.text);
	return ok;
}

/* The first that could not answer is the failure of all, after everything is printed. */
static bool
check_answers(const struct comparison *k, struct err *e)
{
	for (size_t i = 0; i < k->c.n; i++)
		if (k->c.panes[i].status == PANE_FAILED) {
			*e = k->c.panes[i].err;
			return err_wrap(e, "%s", k->c.panes[i].name);
		}
	return true;
}

static bool
compare(struct comparison *k, const char *prompt, struct err *e)
{
	int columns = (k->out.width + 3) / (int)k->c.n - 4;
	struct buf out = {0};
	bool ok;

	k->c.together = k->o->together;
	k->streams = !k->o->json && !(k->out.is_terminal && columns >= COLUMN_MIN);
	ok = compare_ask(&k->c, prompt, e) && follow(k, e);
	signals_close();
	if (ok && !k->o->json && !k->streams)
		add_columns(k, &out, columns);
	if (out.len)
		write_out(k, out.data, out.len);
	buf_done(&out);
	ok = ok && score(k, e);
	if (ok && !k->broken && k->o->json)
		return models_print_json(compare_json(&k->c, true), e);
	if (ok && !k->broken) {
		add_summary(k, &out);
		return models_print(&out, e);
	}
	return ok && (k->sig == SIGPIPE || err_set(e, ERR_NO_SPACE, "cannot write to standard output"));
}

static void
defaults(void *opts)
{
	struct compare_opts *o = opts;

	o->max_tokens = o->ctx = NOT_GIVEN;
	sampling_opts_none(&o->sampling);
}

/* Nothing was said but the models, by a person: they will want to ask more than once. */
static bool
wants_screen(const struct cmd_call *call)
{
	struct compare_opts plain;

	memset(&plain, 0, sizeof plain);
	defaults(&plain);
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && memcmp(&plain, call->opts, sizeof plain) == 0;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct comparison k = {.o = call->opts};
	struct buf prompt = {0};
	bool ok;

	if (k.o->ratings)
		return call->n_args ? err_set(e, ERR_USAGE, "--ratings is of all models that you voted on: leave \"%s\" out", call->args[0]) :
		    compare_ratings(k.o->json, e);
	if (call->n_args < COMPARE_MIN)
		return err_set(e, ERR_USAGE, "something is missing: minnow %s %s", call->cmd->name, call->cmd->args);
	if (wants_screen(call)) {
		for (int i = 0; i < call->n_args; i++) {
			struct compare_spec spec;

			ok = compare_spec_parse(call->args[i], &spec, e) && pull_offer(spec.name, e);
			compare_spec_done(&spec);
			if (!ok)
				return false;
		}
		return chat_compare(call->args, call->n_args, e);
	}
	compare_init(&k.c);
	ok = read_prompt(k.o, &prompt, e) && models_start(&k.out, e) && open_all(&k, call, e) &&
	    compare(&k, buf_str(&prompt), e) && check_answers(&k, e);
	close_all(&k);
	buf_done(&prompt);
	/* An interrupt is answered by its exit code; the others as if they had not been caught. */
	if (k.sig && k.sig != SIGINT)
		signals_end_by(k.sig);
	return k.sig == SIGINT && ok ? err_set(e, ERR_CANCELLED, "interrupted, the answers are not complete") : ok;
}

#define AT(field) offsetof(struct compare_opts, field)

static const struct opt opts[] = {
	{"prompt", 'p', OPT_TEXT, "TEXT", N_("the prompt; what is piped in follows it"), AT(prompt), 0, 0, NULL},
	{"file", 'f', OPT_TEXT, "FILE", N_("the prompt, or what follows it, from a file"), AT(file), 0, 0, NULL},
	{"set", 0, OPT_LIST, "N:NAME=VALUE", N_("another setting for the model of this number: 2:temp=0"), AT(set), 0, 0, NULL},
	{"together", 0, OPT_FLAG, NULL, N_("let the models answer all at once"), AT(together), 0, 0, NULL},
	{"no-score", 0, OPT_FLAG, NULL, N_("leave out how much each answer surprises the other models"), AT(no_score), 0, 0, NULL},
	{"ratings", 0, OPT_FLAG, NULL, N_("only show the ratings of models that come of your votes"), AT(ratings), 0, 0, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("answers and figures as one JSON object"), AT(json), 0, 0, NULL},
	{"system", 's', OPT_TEXT, "TEXT", N_("system prompt"), AT(system), 0, 0, NULL},
	{"max-tokens", 'n', OPT_INT, "N", N_("longest answer; 0: until the context is full"), AT(max_tokens), 0, 1048576, NULL},
	{"think", 0, OPT_CHOICE, "WHEN", N_("whether the models think first, where their template can tell it: on, off or auto"), AT(think), 0, 0, "on off auto"},
	{"ctx", 'c', OPT_INT, "N", N_("positions of the context window"), AT(ctx), 0, 1048576, NULL},
	{"kv", 0, OPT_CHOICE, "TYPE", N_("format of the key and value cache: f32, f16 or q8_0"), AT(kv), 0, 0, "f32 f16 q8_0"},
	{"threads", 't', OPT_INT, "N", N_("compute threads; 0: one per physical core"), AT(threads), 0, 1024, NULL},
#define PARAM(field, name, kind, value, min, max, arg, help) \
	{name, 0, OPT_##kind, arg, help, AT(sampling.field), min, max, NULL},
#include "core/sampler_param.def"
#undef PARAM
	{0},
};

const struct cmd cmd_compare = {
	.name = "compare",
	.args = "MODEL MODEL...",
	.summary = N_("let several models answer the same prompt, side by side"),
	.details = N_("Two to four models answer one prompt, one after another so that each has the whole machine, or --together. "
	    "The same model may stand there twice, with other settings after its name (guide?temp=0&top_k=1; sampling, system, "
	    "think, max-tokens, ctx, kv; or --set 2:temp=0) or in another quantization. On a wide terminal the answers stand side by side, else one below the other.\n"
	    "Then every answer is read by every model, and what surprises it is counted in bits for each byte of the answer, "
	    "which can be compared between models that cut text into other tokens; an answer's thinking is left out. Where two "
	    "models have one vocabulary, as two quantizations of one do, the first token in which the answers differ is told, "
	    "and along each answer how far the other model's predictions are from its own: the mean Kullback-Leibler "
	    "divergence, and for how many tokens both find the same one most probable.\n"
	    "With --temp 0, or with a --seed, the same answers come again.\n"
	    "Without a prompt and options, a terminal shows the models under Compare, to be asked there.\n"
	    "Who votes for answers in the terminal UI (F4; b hides which model is which) has ratings by topic: --ratings.\n"
	    "\n"
	    "  minnow compare qwen3-0.6b:q8_0 qwen3-0.6b:q4_k_m -p \"Why is the sky blue?\" --temp 0\n"
	    "  minnow compare \"guide?temp=0\" \"guide?temp=1&top_k=0\" -p \"what is a token\"\n"
	    "  minnow compare --ratings --json"),
	.opts = opts,
	.opts_size = sizeof(struct compare_opts),
	.defaults = defaults,
	.min_args = 0,		/* --ratings */
	.max_args = COMPARE_MAX,
	.run = run,
};
