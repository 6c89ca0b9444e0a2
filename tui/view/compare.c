/* Compare: the answers of two to four models to one prompt, side by side, with their figures.
 * Models are opened each by a loader; when all are there, the comparison (state/compare.h) has them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "tui/app.h"
#include "tui/cmd/vet.h"
#include "tui/state/compare.h"
#include "tui/state/jobs.h"
#include "tui/state/load.h"
#include "tui/text_clean.h"
#include "tui/widget/wrap.h"

enum { AIR = 1, MARK = 2, NARROW = 60, FIGURES = 2, SCRUB_S = 1 };
#define FRAME_S (1.0 / 30)

/* A model that is wanted. */
struct seat {
	char *name;
	struct compare_options options;
	struct load *load;		/* until it is there */
	struct engine *engine;
	struct model *model;		/* NULL: that of an earlier seat of this name */
};

struct compare_state {
	struct seat seats[COMPARE_MAX];
	size_t n_seats;
	struct compare c;		/* empty until all seats are taken */
	struct jobs *jobs;		/* NULL: they could not be made */
	struct editor prompt;
	int focus;			/* pane with the keyboard; -1: the prompt */
	size_t top[COMPARE_MAX], rows[COMPARE_MAX];	/* of answers, as laid out */
	int height, columns;
	bool away[COMPARE_MAX];		/* scrolled away from the end */
	bool replays, plays;
	double at_s, ticked_s;		/* in the replay; on the clock */
};

static struct compare_state *
state(const struct app *app)
{
	return app_state(app, VIEW_compare);
}

/* Are answers being compared? */
static bool
is_scoring(const struct compare_state *s)
{
	return s->jobs && jobs_busy(s->jobs);
}

/* ---- models ---- */

static void
seat_done(struct seat *s)
{
	bool gone = !s->load || load_free(s->load);

	if (gone) {
		model_close(s->model);
		engine_free(s->engine);
	}
	free(s->name);
	*s = (struct seat){0};
}

static const struct seat *
find_seat(const struct compare_state *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s->seats[i].name, name) == 0)
			return &s->seats[i];
	return NULL;
}

/* Begin to open the model NAME, with SETTINGS that are applied already. */
static bool
take_seat(struct app *app, struct compare_state *s, const char *name, const struct compare_options *o, struct err *e)
{
	const struct config *c = app->config;
	struct load_options lo = {
		.engine = {.n_threads = (int)c->compute_threads, .isa = *c->compute_isa ? c->compute_isa : NULL},
		.session = o->session,
		.sound_file = c->sound_file,
		.vouched = strcmp(name, RESOLVE_GUIDE) == 0,
	};
	struct seat *seat = &s->seats[s->n_seats];
	struct vetted v = {0};
	bool ok = true;

	*seat = (struct seat){.options = *o};
	if (!find_seat(s, s->n_seats, name)) {
		ok = vet_find(c, name, &v, e);
		lo.path = buf_str(&v.path);
		ok = ok && (seat->load = load_start(&lo, e)) != NULL;
		vet_done(&v);
	}
	if (!ok)
		return false;
	seat->name = mem_dup(name);
	s->n_seats++;
	return true;
}

static void
options_of(const struct app *app, const char *name, struct compare_options *o)
{
	const char *slash = strrchr(name, '/');

	*o = (struct compare_options){
		.name = slash && slash[1] ? slash + 1 : name,
		.settings = "",
		.system = app->config->chat_system,
		.sampling = app->talk.sampling,
		.max_tokens = (uint32_t)app->config->sampling_max_tokens,
		.think = think_find(app->config->chat_think),
		.session = {.n_ctx = (uint32_t)app->config->chat_context, .kv = kvtype_find(app->config->chat_kv)},
	};
}

static bool
is_loading(const struct compare_state *s)
{
	for (size_t i = 0; i < s->n_seats; i++)
		if (s->seats[i].load)
			return true;
	return false;
}

/* All models are there: the comparison gets them. */
static void
fill(struct app *app, struct compare_state *s)
{
	struct err e = {0};

	for (size_t i = s->c.n; i < s->n_seats; i++) {
		struct seat *seat = &s->seats[i];
		const struct seat *from = find_seat(s, i + 1, seat->name);

		seat->options.name = strrchr(seat->name, '/') ? strrchr(seat->name, '/') + 1 : seat->name;
		if (from->model && compare_add(&s->c, from->model, &seat->options, &e))
			continue;
		if (e.kind)
			app_note(app, ROLE_warn, "%s: %s", seat->name, e.text);
		for (; s->n_seats > i; s->n_seats--)
			seat_done(&s->seats[s->n_seats - 1]);
	}
}

static bool
poll_loads(struct app *app, struct compare_state *s)
{
	bool changed = false, were = is_loading(s);

	for (size_t i = 0; i < s->n_seats; i++) {
		struct seat *seat = &s->seats[i];
		struct load_event ev;

		while (seat->load && load_next(seat->load, &ev)) {
			changed = true;
			if (ev.kind == LOAD_FAILED)
				app_note(app, ROLE_warn, "%s: %s", seat->name, ev.err.text);
			if (ev.kind == LOAD_READY) {
				session_close(ev.session);	/* the comparison opens its own */
				seat->engine = ev.engine;
				seat->model = ev.model;
			}
			if (load_free(seat->load))
				seat->load = NULL;
		}
	}
	if (were && !is_loading(s))
		fill(app, s);
	return changed;
}

/* What was picked in Explore; else the model of the conversation as it is, and always taking the most probable token. */
static void
begin(struct app *app, struct compare_state *s)
{
	const struct explore *x = &app->explore;
	const char *own = app->keep.model ? app->keep.model : app->config->chat_model;
	struct compare_options o;
	struct err e = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < x->n_picked && i < COMPARE_MAX; i++) {
		options_of(app, x->picked[i], &o);
		ok = take_seat(app, s, x->picked[i], &o, &e);
	}
	if (ok && s->n_seats < COMPARE_MIN) {
		options_of(app, own, &o);
		ok = take_seat(app, s, own, &o, &e);
	}
	if (ok && s->n_seats < COMPARE_MIN) {
		bool greedy = o.sampling.temp <= 0;

		o.sampling.temp = greedy ? 0.7f : 0;
		o.settings = greedy ? "temp=0.7" : "temp=0";
		ok = take_seat(app, s, own, &o, &e);
	}
	if (!ok)
		app_note(app, ROLE_warn, "%s", e.text);
}

static void *
make(struct app *app)
{
	struct compare_state *s = mem_new0(1, sizeof *s);
	struct err e = {0};

	compare_init(&s->c);
	editor_init(&s->prompt);
	s->jobs = jobs_new(&e);
	s->focus = -1;
	(void)app;
	return s;
}

static void
done(void *p)
{
	struct compare_state *s = p;
	bool scores = is_scoring(s);

	jobs_free(s->jobs);
	/* Its thread may still read the models: they are left to the end of the process, for which a person does not wait. */
	if (scores)
		return;
	compare_done(&s->c);
	for (size_t i = 0; i < s->n_seats; i++)
		seat_done(&s->seats[i]);
	editor_done(&s->prompt);
	free(s);
}

static void
shown(struct app *app)
{
	struct compare_state *s = state(app);

	if (s->n_seats == 0)
		begin(app, s);
}

/* ---- the replay ---- */

static double
end_s(const struct compare *c)
{
	double end = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->panes[i].n_pieces && c->panes[i].pieces[c->panes[i].n_pieces - 1].at_s > end)
			end = c->panes[i].pieces[c->panes[i].n_pieces - 1].at_s;
	return end;
}

/* How much of the answer is there: all of it, or what was by now in the replay. */
static size_t
text_now(const struct compare_state *s, const struct pane *p)
{
	size_t n = 0;

	if (!s->replays)
		return p->text.len;
	for (size_t i = 0; i < p->n_pieces && p->pieces[i].at_s <= s->at_s; i++)
		n += p->pieces[i].part == PART_THINK ? 0 : p->pieces[i].len;
	return n;
}

static void
seek(struct compare_state *s, double at)
{
	double end = end_s(&s->c);

	s->replays = at < end;
	s->at_s = at < 0 ? 0 : at;
	s->ticked_s = clock_s();
	s->plays = s->plays && s->replays;
}

static bool
tick(struct compare_state *s)
{
	if (!s->plays || clock_s() - s->ticked_s < FRAME_S)
		return false;
	seek(s, s->at_s + clock_s() - s->ticked_s);
	return true;
}

static double
due(const struct app *app)
{
	const struct compare_state *s = state(app);

	return s && s->plays ? s->ticked_s + FRAME_S : 0;
}

/* ---- scores ---- */

struct score_job {
	struct job job;
	struct compare c;		/* a copy that owns nothing: only its scores are written */
};

static void
run_score(struct job *j)
{
	struct score_job *s = (struct score_job *)j;

	j->ok = compare_score(&s->c, jobs_cancelled(j->jobs), NULL, NULL, &j->err);
}

static void
take_score(struct job *j, void *ctx)
{
	struct score_job *from = (struct score_job *)j;
	struct app *app = ctx;
	struct compare *c = &state(app)->c;

	if (!j->ok) {
		app_note(app, ROLE_warn, "%s", j->err.text);
		return;
	}
	memcpy(c->cross, from->c.cross, sizeof c->cross);
	memcpy(c->pairs, from->c.pairs, sizeof c->pairs);
	c->scored = true;
}

static void
free_score(struct job *j)
{
	free(j);
}

/* ---- layout and drawing ---- */

static enum context
context(const struct app *app)
{
	const struct compare_state *s = state(app);

	if (s->focus >= 0)
		return CONTEXT_compare;
	return s->prompt.text.len ? CONTEXT_prompt : CONTEXT_empty;
}

/* Panes beside each other; narrow: one. */
static size_t
n_shown(const struct compare_state *s, int cols)
{
	return cols < NARROW || s->n_seats == 0 ? 1 : s->n_seats;
}

static void
add_body(const struct compare_state *s, const struct pane *p, struct buf *out)
{
	if (p->status == PANE_FAILED && p->text.len == 0)
		text_clean(out, p->err.text, strlen(p->err.text));
	else
		text_clean(out, buf_str(&p->text), text_now(s, p));
}

static void
layout(struct app *app, int rows, int cols)
{
	struct compare_state *s = state(app);
	int n = (int)n_shown(s, cols);

	s->columns = (cols - (n - 1)) / n - 2 * AIR;
	s->height = rows - 4 - FIGURES > 1 ? rows - 4 - FIGURES : 1;
	for (size_t i = 0; i < s->c.n; i++) {
		struct buf text = {0};
		size_t most;

		add_body(s, &s->c.panes[i], &text);
		s->rows[i] = (size_t)wrap_count(buf_str(&text), text.len, s->columns);
		most = s->rows[i] > (size_t)s->height ? s->rows[i] - (size_t)s->height : 0;
		s->away[i] = s->away[i] && s->top[i] < most;
		if (!s->away[i] || s->top[i] > most)
			s->top[i] = most;
		buf_done(&text);
	}
}

static const char *
pane_state(const struct pane *p)
{
	static const char *const words[] = {
		[PANE_IDLE] = "", [PANE_WAITING] = "waits", [PANE_READING] = "reads the prompt", [PANE_ANSWERING] = "answers",
		[PANE_DONE] = "", [PANE_FAILED] = "could not answer",
	};

	return p->status == PANE_ANSWERING && p->text.len == 0 ? "thinks" : words[p->status];
}

static void
draw_figures(const struct compare_state *s, size_t i, const struct canvas *c, int y)
{
	const struct pane *p = &s->c.panes[i];
	struct runs r = {0}, more = {0};
	struct buf b = {0};

	if (pane_first_s(p) >= 0) {
		format_seconds(&b, pane_first_s(p));
		runs_add(&r, ROLE_dim, 0, "first ");
		runs_add(&r, ROLE_text, 0, "%s", buf_str(&b));
		buf_clear(&b);
	}
	if (pane_rate(p) > 0) {
		format_rate(&b, pane_rate(p));
		runs_add(&r, ROLE_text, 0, "   %s", buf_str(&b));
		runs_add(&r, ROLE_dim, 0, "/s");
		buf_clear(&b);
	}
	if (p->stats.n_generated) {
		runs_add(&r, ROLE_text, 0, "   %u", (unsigned)p->stats.n_generated);
		runs_add(&r, ROLE_dim, 0, " tok");
	}
	format_bytes(&b, pane_memory(p));
	runs_add(&more, ROLE_text, 0, "%s", buf_str(&b));
	for (size_t k = 0; s->c.scored && k < s->c.n; k++)
		if (k != i && s->c.cross[i][k].known) {
			runs_add(&more, ROLE_dim, 0, " %s to %c ", c->glyphs->dot, (int)('A' + k));
			runs_add(&more, ROLE_text, 0, "%.2f", s->c.cross[i][k].bits_per_byte);
			runs_add(&more, ROLE_dim, 0, " bit/B");
		}
	draw_runs(c, y, 0, &r);
	draw_runs(c, y + 1, 0, &more);
	runs_done(&r);
	runs_done(&more);
	buf_done(&b);
}

static void
draw_pane(const struct compare_state *s, size_t i, const struct canvas *c)
{
	const struct pane *p = i < s->c.n ? &s->c.panes[i] : NULL;
	const char *name = s->seats[i].name;
	bool here = s->focus == (int)i;
	struct runs head = {0};
	struct buf text = {0}, clean = {0};
	size_t at = 0;

	text_clean_line(&clean, name, strlen(name));
	runs_add(&head, here ? ROLE_accent : ROLE_model, ATTR_BOLD, "%c", (int)('A' + i));
	runs_add(&head, ROLE_model, 0, "  %s", p ? p->name : buf_str(&clean));
	if (p && *p->settings)
		runs_add(&head, ROLE_dim, 0, "  %s", p->settings);
	runs_add(&head, ROLE_dim, 0, "  %s", p ? pane_state(p) : "is being loaded");
	draw_runs(c, 0, 0, &head);
	runs_done(&head);
	buf_done(&clean);
	if (!p)
		return;
	add_body(s, p, &text);
	for (size_t row = 0; at < text.len && row < s->top[i] + (size_t)s->height; row++) {
		size_t n = wrap_row(text.data + at, text.len - at, s->columns);
		size_t drawn = n && text.data[at + n - 1] == '\n' ? n - 1 : n;

		if (row >= s->top[i])
			grid_put(c->g, c->y + 1 + (int)(row - s->top[i]), c->x, c->x + c->cols, text.data + at, drawn,
			    p->status == PANE_FAILED ? ROLE_bad : ROLE_text, 0);
		at += n;
	}
	draw_figures(s, i, c, 1 + s->height);
	buf_done(&text);
}

static void
draw_prompt(const struct app *app, const struct compare_state *s, const struct canvas *c)
{
	const struct editor *ed = &s->prompt;
	const char *text = buf_str(&ed->text);
	int row, col, columns = c->cols - MARK > 1 ? c->cols - MARK : 1;
	size_t at = 0, n;

	wrap_locate(text, ed->text.len, columns, ed->at, &row, &col);
	draw_text(c, 0, 0, c->glyphs->prompt, s->focus < 0 ? ROLE_accent : ROLE_dim, 0);
	if (ed->text.len == 0)
		draw_text(c, 0, MARK, s->focus < 0 ? "Ask all of them something" : "Tab goes on to the prompt", ROLE_dim, 0);
	for (int y = 0; y < row && at < ed->text.len; y++)
		at += wrap_row(text + at, ed->text.len - at, columns);
	n = at < ed->text.len ? wrap_row(text + at, ed->text.len - at, columns) : 0;
	if (n && text[at + n - 1] == '\n')
		n--;
	grid_put(c->g, c->y, c->x + MARK, c->x + c->cols, text + at, n, ROLE_text, 0);
	if (s->focus < 0 && app->line.mode == LINE_CLOSED) {
		c->g->cursor_y = c->y;
		c->g->cursor_x = c->x + MARK + col;
	}
}

static void
draw(const struct app *app, const struct canvas *c)
{
	const struct compare_state *s = state(app);
	struct canvas prompt = {c->g, c->y + c->rows - 1, c->x + AIR, 1, c->cols - 2 * AIR, c->glyphs};
	int n = (int)n_shown(s, c->cols), first = n == 1 && s->focus > 0 ? s->focus : 0, width = s->columns + 2 * AIR;

	draw_rule(c, 0);
	draw_rule(c, c->rows - 2);
	if (s->n_seats == 0)
		draw_text(c, 1, AIR, "No models. Explore takes them into the comparison.", ROLE_dim, 0);
	for (int i = 0; i < n && (size_t)(first + i) < s->n_seats; i++) {
		int x = c->x + i * (width + 1);
		struct canvas pane = {c->g, c->y + 1, x + AIR, c->rows - 3, s->columns, c->glyphs};

		draw_pane(s, (size_t)(first + i), &pane);
		for (int y = 1; i + 1 < n && y < c->rows - 2; y++)
			grid_puts(c->g, c->y + y, x + width, x + width + 1, c->glyphs->bar, ROLE_dim, 0);
	}
	draw_prompt(app, s, &prompt);
}

static void
top(const struct app *app, struct runs *r)
{
	const struct compare_state *s = state(app);

	/* One thing: the tabs leave no room for more at 80 columns. */
	if (is_scoring(s))
		runs_add(r, ROLE_accent, 0, "comparing");
	else if (s->replays)
		runs_add(r, ROLE_text, 0, "%s %.1f of %.1f s", s->plays ? "replay" : "paused", s->at_s, end_s(&s->c));
	else
		runs_add(r, ROLE_dim, 0, "%s", s->c.together ? "all at once" : "one after another");
}

/* ---- actions ---- */

static enum did
changed(bool yes)
{
	return yes ? DID_CHANGE : DID_NOTHING;
}

static enum did
send(struct app *app, struct compare_state *s)
{
	const char *text = buf_str(&s->prompt.text);
	struct err e = {0};

	if (strspn(text, " \n\t") == s->prompt.text.len)
		return DID_NOTHING;
	s->replays = s->plays = false;
	memset(s->away, 0, sizeof s->away);
	if (compare_ask(&s->c, text, &e))
		free(editor_take(&s->prompt));
	else
		app_note(app, ROLE_warn, "%s", e.text);
	return DID_CHANGE;
}

static enum did
start_score(struct compare_state *s)
{
	struct score_job *j = mem_new0(1, sizeof *j);

	j->job = (struct job){.run = run_score, .done = take_score, .free = free_score};
	j->c = s->c;
	jobs_add(s->jobs, &j->job);
	return DID_CHANGE;
}

static enum did
scroll(struct compare_state *s, long by)
{
	size_t i = (size_t)s->focus;
	long most = s->rows[i] > (size_t)s->height ? (long)s->rows[i] - s->height : 0, to = (long)s->top[i] + by;

	to = to < 0 ? 0 : to > most ? most : to;
	s->away[i] = to < most;
	if (to == (long)s->top[i])
		return DID_NOTHING;
	s->top[i] = (size_t)to;
	return DID_CHANGE;
}

/* The pane goes, and its model with it unless another pane has the same. */
static enum did
remove_pane(struct compare_state *s)
{
	size_t i = (size_t)s->focus;

	compare_remove(&s->c, i);
	for (size_t k = i + 1; s->seats[i].model && k < s->n_seats; k++)
		if (!s->seats[k].model && strcmp(s->seats[k].name, s->seats[i].name) == 0) {
			s->seats[k].model = s->seats[i].model;
			s->seats[k].engine = s->seats[i].engine;
			s->seats[i].model = NULL;
			s->seats[i].engine = NULL;
		}
	seat_done(&s->seats[i]);
	s->n_seats--;
	memmove(&s->seats[i], &s->seats[i + 1], (s->n_seats - i) * sizeof s->seats[0]);
	s->seats[s->n_seats] = (struct seat){0};
	if (s->focus >= (int)s->n_seats)
		s->focus = (int)s->n_seats - 1;
	return DID_CHANGE;
}

/* As Markdown, into the folder that minnow was started in. */
static enum did
export(struct app *app, const struct compare *c)
{
	time_t now = time(NULL);
	struct buf out = {0}, clean = {0};
	struct err e = {0};
	struct tm tm;
	char path[48];

	localtime_r(&now, &tm);
	strftime(path, sizeof path, "comparison-%Y%m%d-%H%M%S.md", &tm);
	buf_printf(&out, "# Comparison\n\n%s\n", c->prompt);
	for (size_t i = 0; i < c->n; i++) {
		const struct pane *p = &c->panes[i];

		buf_printf(&out, "\n## %c: %s %s\n\n", (int)('A' + i), p->name, p->settings);
		buf_add(&out, buf_str(&p->text), p->text.len);
		buf_printf(&out, "\n\n%u tokens, %.1f/s, first after %.2f s", (unsigned)p->stats.n_generated, pane_rate(p),
		    p->stats.first_s);
		for (size_t k = 0; c->scored && k < c->n; k++)
			if (c->cross[i][k].known)
				buf_printf(&out, "; surprise to %c %.3f bits a byte", (int)('A' + k), c->cross[i][k].bits_per_byte);
		buf_add_char(&out, '\n');
	}
	if (app->words && *app->words)
		text_clean_line(&clean, app->words, strlen(app->words));
	if (fs_write_atomic(clean.len ? app->words : path, buf_str(&out), out.len, &e))
		app_note(app, ROLE_good, "written to %s", clean.len ? buf_str(&clean) : path);
	else
		app_note(app, ROLE_warn, "%s", e.text);
	buf_done(&out);
	buf_done(&clean);
	return DID_CHANGE;
}

static const char *
why_not(const struct app *app, enum action a)
{
	const struct compare_state *s = state(app);
	bool asks = a == ACTION_replay || a == ACTION_play || a == ACTION_scrub_back || a == ACTION_scrub_forward ||
	    a == ACTION_score || a == ACTION_compare_export;

	if (!s)
		return NULL;
	if (asks && (!s->c.prompt || end_s(&s->c) <= 0))
		return "there are no answers yet";
	if (asks && compare_running(&s->c))
		return "the models are still answering";
	if (a == ACTION_score && !s->jobs)
		return "no thread could be started for that";
	if (a == ACTION_send && is_loading(s))
		return "the models are still being loaded: a moment, please";
	if ((a == ACTION_send || a == ACTION_compare_remove || a == ACTION_score) && is_scoring(s))
		return "the answers are being compared: a moment, please";
	if (a == ACTION_compare_remove && (s->focus < 0 || s->c.n < s->n_seats))
		return "Tab goes to the answer that is to be taken out";
	if (a == ACTION_compare_remove && compare_running(&s->c))
		return "the models are still answering";
	return NULL;
}

static enum did
back(struct app *app, struct compare_state *s)
{
	if (compare_running(&s->c))
		compare_stop(&s->c);
	else if (is_scoring(s))
		jobs_cancel(s->jobs);
	else if (s->replays)
		s->replays = s->plays = false;
	else
		app_show(app, VIEW_chat);
	return DID_CHANGE;
}

static enum did
act_prompt(struct compare_state *s, enum action a)
{
	struct editor *ed = &s->prompt;
	static bool (*const plain[ACTION_COUNT])(struct editor *) = {
		[ACTION_left] = editor_left, [ACTION_right] = editor_right, [ACTION_word_left] = editor_word_left,
		[ACTION_word_right] = editor_word_right, [ACTION_line_start] = editor_line_start,
		[ACTION_line_end] = editor_line_end, [ACTION_history_prev] = editor_history_prev,
		[ACTION_history_next] = editor_history_next, [ACTION_delete_left] = editor_delete_left,
		[ACTION_delete_right] = editor_delete_right, [ACTION_kill_word_left] = editor_kill_word_left,
		[ACTION_kill_word_right] = editor_kill_word_right, [ACTION_kill_line] = editor_kill_line,
		[ACTION_kill_line_left] = editor_kill_line_left, [ACTION_yank] = editor_yank, [ACTION_undo] = editor_undo,
	};

	if (plain[a])
		return changed(plain[a](ed));
	switch (a) {
	case ACTION_newline:
		return changed(editor_insert(ed, "\n", 1));
	case ACTION_up:
		return changed(editor_up(ed, s->columns) || editor_history_prev(ed));
	case ACTION_down:
		return changed(editor_down(ed, s->columns) || editor_history_next(ed));
	default:
		return DID_NOT;
	}
}

static enum did
act_pane(struct compare_state *s, enum action a)
{
	long page = s->height > 2 ? s->height - 1 : 1;

	switch (a) {
	case ACTION_scroll_up:
		return scroll(s, -1);
	case ACTION_scroll_down:
		return scroll(s, 1);
	case ACTION_page_up:
		return scroll(s, -page);
	case ACTION_page_down:
		return scroll(s, page);
	case ACTION_scroll_top:
		return scroll(s, -(long)s->rows[s->focus]);
	case ACTION_scroll_bottom:
		return scroll(s, (long)s->rows[s->focus]);
	case ACTION_compare_remove:
		return remove_pane(s);
	default:
		return DID_NOT;
	}
}

static enum did
act(struct app *app, enum action a)
{
	struct compare_state *s = state(app);

	switch (a) {
	case ACTION_send:
		return send(app, s);
	case ACTION_back:
		return back(app, s);
	case ACTION_interrupt:
		if (!compare_running(&s->c))
			return DID_NOT;
		compare_stop(&s->c);
		return DID_CHANGE;
	case ACTION_focus:
	case ACTION_pane:
		s->focus = s->focus + 1 < (int)s->n_seats ? s->focus + 1 : -1;
		return DID_CHANGE;
	case ACTION_together:
		s->c.together = !s->c.together;
		return DID_CHANGE;
	case ACTION_replay:
		s->plays = true;
		seek(s, 0);
		return DID_CHANGE;
	case ACTION_play:
		s->plays = !s->plays;
		seek(s, s->replays ? s->at_s : 0);
		return DID_CHANGE;
	case ACTION_scrub_back:
	case ACTION_scrub_forward:
		seek(s, (s->replays ? s->at_s : end_s(&s->c)) + (a == ACTION_scrub_back ? -SCRUB_S : SCRUB_S));
		return DID_CHANGE;
	case ACTION_score:
		return start_score(s);
	case ACTION_compare_export:
		return export(app, &s->c);
	default:
		return s->focus < 0 ? act_prompt(s, a) : act_pane(s, a);
	}
}

static enum did
text(struct app *app, const char *t, size_t n)
{
	struct compare_state *s = state(app);

	if (s->focus >= 0)
		return DID_NOT;
	if (!editor_insert(&s->prompt, t, n))
		app_note(app, ROLE_warn, "that does not fit: a prompt holds at most 4 MB");
	return DID_CHANGE;
}

static const enum action *
hints(const struct app *app)
{
	static const enum action prompt[] = {ACTION_send, ACTION_focus, ACTION_back, ACTION_palette, ACTION_quit, ACTION_help, ACTION_NONE};
	static const enum action answers[] = {
		ACTION_pane, ACTION_replay, ACTION_play, ACTION_scrub_back, ACTION_scrub_forward, ACTION_score, ACTION_together,
		ACTION_compare_remove, ACTION_compare_export, ACTION_help, ACTION_NONE,
	};

	return state(app)->focus < 0 ? prompt : answers;
}

static const char *
word(const struct app *app, enum action a)
{
	const struct compare_state *s = state(app);

	switch (a) {
	case ACTION_focus:
	case ACTION_pane:
		return s->focus < 0 ? "answers" : s->focus + 1 < (int)s->n_seats ? "next" : "prompt";
	case ACTION_back:
		return compare_running(&s->c) ? "stop" : "back";
	case ACTION_play:
		return s->plays ? "pause" : "play";
	case ACTION_scrub_back:
		return "earlier";
	case ACTION_scrub_forward:
		return "later";
	case ACTION_score:
		return "score";
	case ACTION_together:
		return s->c.together ? "one by one" : "together";
	case ACTION_compare_remove:
		return "remove";
	case ACTION_compare_export:
		return "export";
	default:
		return NULL;
	}
}

static int
fds(const struct app *app, int out[VIEW_FDS_MAX])
{
	const struct compare_state *s = state(app);
	int n = 0;

	if (!s)
		return 0;
	for (size_t i = 0; i < s->n_seats; i++)
		if (s->seats[i].load)
			out[n++] = load_wake_fd(s->seats[i].load);
	if (n > 0)
		return n;
	if (is_scoring(s)) {
		out[0] = jobs_wake_fd(s->jobs);
		return 1;
	}
	return compare_fds(&s->c, out);
}

static bool
poll_compare(struct app *app)
{
	struct compare_state *s = state(app);
	bool any;

	if (!s)
		return false;
	any = poll_loads(app, s);
	any |= compare_poll(&s->c);
	any |= s->jobs && jobs_poll(s->jobs, app);
	return tick(s) || any;
}

static bool
busy(const struct app *app)
{
	const struct compare_state *s = state(app);

	return s && (is_loading(s) || compare_running(&s->c) || is_scoring(s) || s->plays);
}

static const enum action named[] = {
	ACTION_send, ACTION_newline, ACTION_left, ACTION_right, ACTION_up, ACTION_down, ACTION_word_left, ACTION_word_right,
	ACTION_line_start, ACTION_line_end, ACTION_history_prev, ACTION_history_next, ACTION_delete_left, ACTION_delete_right,
	ACTION_kill_word_left, ACTION_kill_word_right, ACTION_kill_line, ACTION_kill_line_left, ACTION_yank, ACTION_undo,
	ACTION_focus, ACTION_NONE,
};

const struct view view_compare = {
	.keys = CONTEXT_compare, .open = ACTION_open_compare, .named = named, .context = context, .act = act, .text = text,
	.layout = layout, .draw = draw, .hints = hints, .make = make, .done = done, .shown = shown, .why_not = why_not, .word = word,
	.top = top, .fds = fds, .poll = poll_compare, .busy = busy, .due = due,
};
