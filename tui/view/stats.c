/* Stats: the answer that runs or ran last, and the runs of before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/figures.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/list.h"
#include "tui/widget/plot.h"
#include "tui/widget/wrap.h"

enum { AIR = 1, WIDE = 100, LOW = 16, RUNS_MOST = 2000, NAME_COLUMNS = 17, PLOT_LOW = 4, PLOT_HIGH = 7, PLOT_TALL = 12 };

enum panel { PANEL_OPERATION, PANEL_LAYER, PANEL_MEMORY };

/* Runs of one model; it borrows its name. */
struct model_runs {
	const char *model;
	size_t n;
};

struct stats {
	bool past;			/* the runs of before are shown */
	enum panel panel;
	bool asked;			/* for the panel, which a low screen then shows alone */
	struct history_runs runs;	/* the newest first */
	struct model_runs *models;	/* those used last first */
	struct list list;		/* of models */
	struct err err;
};

static struct stats *
state(const struct app *app)
{
	return app_state(app, VIEW_stats);
}

static void *
make(struct app *app)
{
	(void)app;
	return mem_new0(1, sizeof(struct stats));
}

static void
done(void *p)
{
	struct stats *s = p;

	history_runs_done(&s->runs);
	list_done(&s->list);
	free(s->models);
	free(s);
}

static enum context
context(const struct app *app)
{
	(void)app;
	return CONTEXT_stats;
}

static const char *
name_of(const char *model)
{
	const char *slash = model ? strrchr(model, '/') : NULL;

	return !model ? "" : slash && slash[1] ? slash + 1 : model;
}

static void
count_models(struct stats *s)
{
	size_t n = 0;

	free(s->models);
	s->models = mem_new0(s->runs.n + 1, sizeof *s->models);
	for (size_t i = 0; i < s->runs.n; i++) {
		const char *name = name_of(s->runs.runs[i].model);
		size_t at = 0;

		while (at < n && strcmp(s->models[at].model, name) != 0)
			at++;
		n += at == n;
		s->models[at].model = name;
		s->models[at].n++;
	}
	s->list.n = n;
	if (s->list.at >= n)
		s->list.at = 0;
}

static void
read_runs(struct app *app)
{
	struct stats *s = state(app);

	history_runs_done(&s->runs);
	s->err = (struct err){0};
	if (!app->history)
		err_set(&s->err, ERR_FAILED, "conversations are not kept, so there is no history of runs");
	else if (history_flush(app->history, &s->err))
		(void)!history_runs(app->history, RUNS_MOST, &s->runs, &s->err);
	count_models(s);
}

static void
shown(struct app *app)
{
	if (state(app)->past)
		read_runs(app);
}

static void
layout(struct app *app, int rows, int cols)
{
	struct stats *s = state(app);

	(void)cols;
	if (talk_running(&app->talk))
		meter_update(&app->talk.meter, app->talk.session);
	list_layout(&s->list, s->list.n, rows > 14 ? 4 : rows > 8 ? 2 : 1);
}

/* ---- pieces ---- */

/* S on as many rows as it takes; the row after. */
static int
draw_wrapped(const struct canvas *c, int y, const char *s, enum role role)
{
	size_t n = strlen(s);

	for (size_t at = 0, len; at < n && y < c->rows; at += len, y++) {
		len = wrap_row(s + at, n - at, c->cols);
		grid_put(c->g, c->y + y, c->x, c->x + c->cols, s + at, len, role, 0);
	}
	return y;
}

static void
draw_bar(const struct canvas *c, int y, int x, double share)
{
	int width = c->cols - x, full = (int)(share * width + 0.5);

	for (int i = 0; i < full && i < width; i++)
		draw_text(c, y, x + i, c->glyphs->spark[7], ROLE_accent, 0);
}

static void
add_ms(struct buf *b, double s)
{
	double ms = s * 1e3;

	buf_printf(b, ms < 0.0995 ? "%.3f" : ms < 9.95 ? "%.2f" : ms < 99.5 ? "%.1f" : "%.0f", ms);
}

static void
add_pair(struct runs *r, const char *name, const char *value, const char *unit)
{
	runs_add(r, ROLE_dim, 0, "%s%s ", r->n ? "   " : "", name);
	runs_add(r, ROLE_text, 0, "%s", value);
	runs_add(r, ROLE_dim, 0, "%s", unit);
}

static int
draw_latency(const struct app *app, const struct canvas *c, int y)
{
	static const double q[] = {0.5, 0.95, 0.99};
	static const char *const names[] = {"p50", "p95", "p99"};
	const struct talk *t = &app->talk;
	double p[ARRAY_LEN(q)];
	struct runs r = {0};
	struct buf b = {0};

	meter_percentiles(&t->meter, q, ARRAY_LEN(q), p);
	for (size_t i = 0; i < ARRAY_LEN(q); i++) {
		buf_clear(&b);
		add_ms(&b, p[i]);
		add_pair(&r, names[i], buf_str(&b), i + 1 == ARRAY_LEN(q) ? " ms" : "");
	}
	buf_clear(&b);
	format_seconds(&b, t->stats.first_s);
	if (runs_width(&r) + 12 <= c->cols)
		add_pair(&r, _("first"), buf_str(&b), "");
	buf_clear(&b);
	format_count(&b, t->stats.n_generated);
	if (runs_width(&r) + 16 <= c->cols)
		add_pair(&r, _("tokens"), buf_str(&b), "");
	draw_runs(c, y, 0, &r);
	runs_done(&r);
	buf_done(&b);
	return y + 1;
}

static int
draw_context(const struct app *app, const struct canvas *c, int y)
{
	const struct talk *t = &app->talk;
	struct runs r = {0};
	struct buf b = {0};

	format_count(&b, t->n_used);
	buf_add_str(&b, _(" of "));
	format_count(&b, t->n_ctx);
	add_pair(&r, _("context"), buf_str(&b), "");
	buf_clear(&b);
	buf_printf(&b, "%d", t->engine ? engine_n_threads(t->engine) : 0);
	if (t->engine)
		add_pair(&r, _("threads"), buf_str(&b), "");
	draw_runs(c, y, 0, &r);
	runs_done(&r);
	buf_done(&b);
	return y + 1;
}

static void
draw_rates(const struct app *app, const struct canvas *c)
{
	const struct meter *m = &app->talk.meter;
	size_t n = plot_n(c);
	struct buf b = {0};
	double *y;

	y = mem_new0(n + 1, sizeof *y);
	meter_rates(m, y, n);
	format_seconds(&b, m->total_s);
	plot_draw(c, y, n, buf_str(&b));
	free(y);
	buf_done(&b);
}

/* ---- panels ---- */

static void
draw_operations(const struct app *app, const struct canvas *c)
{
	const struct meter *m = &app->talk.meter;
	double total = meter_time_total(m), last = 1e9;
	struct buf b = {0};
	int y = 1;

	add_ms(&b, total);
	draw_text(c, 0, 0, _("time by operation, one token:"), ROLE_dim, 0);
	buf_add_str(&b, " ms");
	draw_text(c, 0, 30, buf_str(&b), ROLE_text, 0);
	/* The longest first; equal ones in their order. */
	for (bool shown_kind[TIME_COUNT] = {0}; y < c->rows; y++) {
		enum time_kind best = TIME_COUNT;

		for (enum time_kind k = 0; k < TIME_COUNT; k++)
			if (!shown_kind[k] && meter_time_all(m, k) > 0 &&
			    (best == TIME_COUNT || meter_time_all(m, k) > meter_time_all(m, best)))
				best = k;
		if (best == TIME_COUNT)
			break;
		shown_kind[best] = true;
		last = meter_time_all(m, best);
		buf_clear(&b);
		add_ms(&b, last);
		draw_text(c, y, 0, time_name(best), ROLE_text, 0);
		draw_text(c, y, NAME_COLUMNS + 6 - text_width(buf_str(&b), b.len), buf_str(&b), ROLE_text, 0);
		buf_clear(&b);
		buf_printf(&b, "%3.0f %%", last / total * 100);
		draw_text(c, y, NAME_COLUMNS + 7, buf_str(&b), ROLE_dim, 0);
		draw_bar(c, y, NAME_COLUMNS + 14, last / total);
	}
	if (y < c->rows && meter_wait(m) > 0) {
		buf_clear(&b);
		buf_add_str(&b, _("of it all, waiting for other threads "));
		add_ms(&b, meter_wait(m));
		buf_add_str(&b, " ms");
		draw_text(c, y, 0, buf_str(&b), ROLE_dim, 0);
	}
	buf_done(&b);
}

static const enum time_kind heat_kinds[] = {TIME_qkv, TIME_attn, TIME_out, TIME_ffn_in, TIME_ffn_out};
enum { HEAT_KINDS = ARRAY_LEN(heat_kinds), HEAT_FIRST = 8 };

/* The mean of N layers from FIRST on. */
static double
heat_of(const struct meter *m, uint32_t first, uint32_t n, enum time_kind k)
{
	double sum = 0;

	for (uint32_t i = first; i < first + n; i++)
		sum += meter_time(m, i, k);
	return sum / n;
}

static void
draw_heat(const struct canvas *c, int y, int x, double v, double top)
{
	double share = top > 0 ? v / top : 0;
	int level = (int)(share * 9.99);
	enum role role = (enum role)(ROLE_heat0 + (level > 9 ? 9 : level));
	const char *mark = c->glyphs->spark[share >= 1 ? 7 : (int)(share * 8)];
	struct buf b = {0};

	add_ms(&b, v);
	draw_text(c, y, x, mark, role, 0);
	draw_text(c, y, x + 1, buf_str(&b), role, 0);
	buf_done(&b);
}

static void
draw_layers(const struct app *app, const struct canvas *c)
{
	const struct meter *m = &app->talk.meter;
	uint32_t n = m->n_rows - 1, room = c->rows > 2 ? (uint32_t)c->rows - 2 : 1, group = (n + room - 1) / room;
	int step = (c->cols - HEAT_FIRST) / HEAT_KINDS < 10 ? (c->cols - HEAT_FIRST) / HEAT_KINDS : 10;
	double top = 0;

	draw_text(c, 0, 0, group > 1 ? _("milliseconds of a layer, the mean of those together") : _("milliseconds of a layer"), ROLE_dim, 0);
	draw_text(c, 1, 0, _("layer"), ROLE_dim, 0);
	for (int i = 0; i < HEAT_KINDS; i++) {
		char name[16];

		snprintf(name, sizeof name, "%.*s", step > 1 ? step - 1 : 1, time_name(heat_kinds[i]));
		draw_text(c, 1, HEAT_FIRST + i * step, name, ROLE_dim, 0);
	}
	for (uint32_t l = 0; l < n; l++)
		for (int i = 0; i < HEAT_KINDS; i++)
			top = meter_time(m, l, heat_kinds[i]) > top ? meter_time(m, l, heat_kinds[i]) : top;
	for (uint32_t l = 0, y = 2; l < n && (int)y < c->rows; l += group, y++) {
		uint32_t many = n - l < group ? n - l : group;
		char name[32];

		snprintf(name, sizeof name, many > 1 ? "%u-%u" : "%u", (unsigned)l, (unsigned)(l + many - 1));
		draw_text(c, (int)y, 0, name, ROLE_dim, 0);
		for (int i = 0; i < HEAT_KINDS; i++)
			draw_heat(c, (int)y, HEAT_FIRST + i * step, heat_of(m, l, many, heat_kinds[i]), top);
	}
}

static void
draw_part(const struct canvas *c, int y, const char *name, uint64_t bytes, uint64_t total)
{
	struct buf b = {0};

	format_bytes(&b, bytes);
	draw_text(c, y, 0, name, ROLE_text, 0);
	draw_text(c, y, NAME_COLUMNS + 6 - text_width(buf_str(&b), b.len), buf_str(&b), ROLE_text, 0);
	draw_bar(c, y, NAME_COLUMNS + 14, total ? (double)bytes / (double)total : 0);
	buf_done(&b);
}

static void
draw_memory(const struct app *app, const struct canvas *c)
{
	const struct talk *t = &app->talk;
	struct session_memory s = session_memory(t->session);
	uint64_t weights = model_info(t->model)->resident_bytes, total = weights + s.kv + s.scratch;

	draw_text(c, 0, 0, _("memory by kind"), ROLE_dim, 0);
	draw_part(c, 1, _("weights"), weights, total);
	draw_part(c, 2, _("keys and values"), s.kv, total);
	draw_part(c, 3, _("scratch"), s.scratch, total);
	draw_part(c, 4, _("total"), total, total);
	draw_part(c, 5, _("the file, mapped"), model_info(t->model)->file_bytes, 0);
}

static void
draw_panel(const struct app *app, const struct canvas *c)
{
	const struct stats *s = state(app);

	if (c->rows < 2)
		return;
	if (s->panel == PANEL_MEMORY && app->talk.session)
		draw_memory(app, c);
	else if (!app->talk.has_stats || meter_passes(&app->talk.meter) == 0)
		draw_wrapped(c, 0, _("Where the time goes is shown after the first token."), ROLE_dim);
	else if (s->panel == PANEL_LAYER)
		draw_layers(app, c);
	else if (s->panel == PANEL_OPERATION)
		draw_operations(app, c);
}

/* ---- now ---- */

static int
draw_sentences(const struct app *app, const struct canvas *c, int y)
{
	static bool (*const sentences[])(const struct talk *, struct buf *) = {figures_reads, figures_guesses, figures_advice,
	    figures_energy};
	static const enum role roles[] = {ROLE_text, ROLE_text, ROLE_good, ROLE_dim};
	struct buf b = {0};

	for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
		buf_clear(&b);
		if (sentences[i](&app->talk, &b))
			y = draw_wrapped(c, y, buf_str(&b), roles[i]);
	}
	buf_done(&b);
	return y;
}

static void
draw_now(const struct app *app, const struct canvas *c)
{
	const struct stats *s = state(app);
	bool wide = c->cols >= WIDE, low = c->rows < LOW;
	struct canvas left = *c, panel = *c;
	int y = 0;

	if (wide) {
		left.cols = c->cols / 2 - 2;
		panel.x = c->x + c->cols / 2;
		panel.cols = c->cols - c->cols / 2;
	} else if (low && s->asked) {
		draw_panel(app, c);
		return;
	}
	if (!app->talk.has_stats) {
		y = draw_wrapped(&left, 0, app->talk.status == TALK_LOADING ? _("The model is being loaded.") :
		    _("No answer yet in this conversation: its speed will be shown here. Tab shows the runs of before."), ROLE_dim) + 1;
	} else {
		struct canvas plot = left;

		plot.rows = low ? PLOT_LOW : c->rows >= 30 ? PLOT_TALL : PLOT_HIGH;
		plot.y++;
		draw_text(&left, 0, 0, _("tokens per second"), ROLE_dim, 0);
		draw_rates(app, &plot);
		y = draw_latency(app, &left, plot.rows + 1);
	}
	y = draw_context(app, &left, y);
	y = draw_sentences(app, &left, y);
	if (!wide) {
		panel.y += y + 1;
		panel.rows -= y + 1;
	}
	draw_panel(app, &panel);
}

/* ---- the runs of before ---- */

static double
rate_of(const struct history_run *r)
{
	return (r->n_tokens - 1) / r->generate_s;
}

static void
draw_run(const struct canvas *c, int y, const struct history_run *r)
{
	time_t t = (time_t)(r->created_ms / 1000);
	struct runs line = {0};
	struct buf rate = {0}, first = {0};
	struct tm tm;
	char when[32];

	localtime_r(&t, &tm);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
	format_rate(&rate, rate_of(r));
	format_seconds(&first, r->first_s);
	runs_add(&line, ROLE_dim, 0, "%s ", when);
	runs_add(&line, ROLE_text, 0, "%6s", buf_str(&rate));
	runs_add(&line, ROLE_dim, 0, "/s ");
	runs_add(&line, ROLE_text, 0, "%5u", (unsigned)r->n_tokens);
	runs_add(&line, ROLE_dim, 0, " tok ");
	if (c->cols >= 60) {
		runs_add(&line, ROLE_dim, 0, "after ");
		runs_add(&line, ROLE_text, 0, "%s", buf_str(&first));
		runs_add(&line, ROLE_dim, 0, ", prompt ");
		runs_add(&line, ROLE_text, 0, "%u", (unsigned)r->n_prompt);
	}
	draw_runs(c, y, 0, &line);
	runs_done(&line);
	buf_done(&rate);
	buf_done(&first);
}

/* The model that is marked: its speed from run to run, oldest first, then the newest in figures. */
static void
draw_model(const struct app *app, const struct canvas *c, int y)
{
	const struct stats *s = state(app);
	const struct model_runs *m = &s->models[s->list.at];
	struct canvas plot = {c->g, c->y + y + 1, c->x, c->rows < LOW ? PLOT_LOW : PLOT_HIGH, c->cols, c->glyphs};
	size_t n = 0, most = plot_n(&plot), each;
	double *rates = mem_new0(most + 1, sizeof *rates);

	each = m->n * 2 <= most ? 2 : 1;		/* few: a column for each */
	n = m->n * each < most ? m->n * each : most;
	for (size_t i = 0, at = n; i < s->runs.n && at >= each; i++)
		for (size_t k = 0; k < each && strcmp(name_of(s->runs.runs[i].model), m->model) == 0; k++)
			rates[--at] = rate_of(&s->runs.runs[i]);
	draw_text(c, y, 0, _("tokens per second from run to run"), ROLE_dim, 0);
	plot_draw(&plot, rates, n, _("the newest"));
	free(rates);
	y += plot.rows + 2;
	for (size_t i = 0; i < s->runs.n && y < c->rows; i++)
		if (strcmp(name_of(s->runs.runs[i].model), m->model) == 0)
			draw_run(c, y++, &s->runs.runs[i]);
}

static void
draw_past(const struct app *app, const struct canvas *c)
{
	const struct stats *s = state(app);
	const struct list *l = &s->list;

	if (s->err.kind || l->n == 0) {
		draw_wrapped(c, 0, s->err.kind ? s->err.text :
		    _("No run is kept yet. Every answer of two tokens or more becomes one."), s->err.kind ? ROLE_warn : ROLE_dim);
		return;
	}
	for (int y = 0; y < l->height && l->top + (size_t)y < l->n; y++) {
		const struct model_runs *m = &s->models[l->top + (size_t)y];
		bool marked = l->top + (size_t)y == l->at;
		struct buf name = {0};
		char runs[32];

		snprintf(runs, sizeof runs, ngettext("%zu run", "%zu runs", m->n), m->n);
		text_clean_line(&name, m->model, strlen(m->model));
		draw_text(c, y, 0, marked ? c->glyphs->here : " ", ROLE_accent, 0);
		draw_text(&(struct canvas){c->g, c->y, c->x, c->rows, c->cols - 12, c->glyphs}, y, 2, buf_str(&name), ROLE_text,
		    marked ? ATTR_BOLD : 0);
		draw_text(c, y, c->cols - text_width(runs, strlen(runs)), runs, ROLE_dim, 0);
		buf_done(&name);
	}
	draw_model(app, c, (l->n < (size_t)l->height ? (int)l->n : l->height) + 1);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	struct canvas body = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs};

	draw_rule(c, 0);
	if (state(app)->past)
		draw_past(app, &body);
	else
		draw_now(app, &body);
}

/* ---- actions ---- */

static void
write_file(struct app *app, const char *path)
{
	struct err e = {0};

	if (!path || !*path)
		return;
	if (figures_export(&app->talk, path, &e))
		app_note(app, ROLE_good, "the figures are written to %s", path);
	else
		app_note(app, ROLE_warn, "%s", e.text);
}

static enum did
export_figures(struct app *app)
{
	static const struct ask ask = {.label = N_("write the figures to"), .taken = write_file};

	app_ask_words(app, &ask, "minnow-stats.json");
	return DID_CHANGE;
}

static enum did
show_panel(struct stats *s, enum panel p)
{
	s->asked = !s->asked || s->panel != p;		/* again: a low screen goes back */
	s->panel = p;
	s->past = false;
	return DID_CHANGE;
}

static enum did
act(struct app *app, enum action a)
{
	struct stats *s = state(app);
	enum did did;

	switch (a) {
	case ACTION_runs:
		s->past = !s->past;
		shown(app);
		return DID_CHANGE;
	case ACTION_by_layer:
		return show_panel(s, PANEL_LAYER);
	case ACTION_by_operation:
		return show_panel(s, PANEL_OPERATION);
	case ACTION_memory:
		return show_panel(s, PANEL_MEMORY);
	case ACTION_stats_export:
		return export_figures(app);
	case ACTION_back:
		app_show(app, VIEW_chat);
		return DID_CHANGE;
	default:
		did = s->past ? list_act(&s->list, a) : DID_NOT;
		return did;
	}
}

static const enum action *
hints(const struct app *app)
{
	static const enum action now[] = {
		ACTION_runs, ACTION_by_operation, ACTION_by_layer, ACTION_memory, ACTION_stats_export, ACTION_back,
		ACTION_palette, ACTION_help, ACTION_NONE,
	};
	static const enum action past[] = {
		ACTION_runs, ACTION_up, ACTION_down, ACTION_back, ACTION_palette, ACTION_help, ACTION_NONE,
	};

	return state(app)->past ? past : now;
}

static const char *
word(const struct app *app, enum action a)
{
	switch (a) {
	case ACTION_runs:
		return state(app)->past ? _("now") : _("history");
	case ACTION_by_layer:
		return _("layers");
	case ACTION_by_operation:
		return _("operations");
	case ACTION_stats_export:
		return _("export");
	default:
		return NULL;
	}
}

const struct view view_stats = {
	.keys = CONTEXT_stats, .open = ACTION_open_stats, .make = make, .done = done, .shown = shown, .context = context,
	.act = act, .layout = layout, .draw = draw, .hints = hints, .word = word,
};
