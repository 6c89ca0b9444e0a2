/* Context and speed; see status.h. */
#include "tui/widget/status.h"

#include <stdio.h>

#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/talk.h"

/* One figure: "answer 58.3/s".  The lowest rank is left out first. */
static void
add_figure(struct runs *r, const char *name, const char *value, const char *unit)
{
	if (r->n)
		runs_add(r, ROLE_dim, 0, "  ");
	if (*name)
		runs_add(r, ROLE_dim, 0, "%s ", name);
	runs_add(r, ROLE_text, 0, "%s", value);
	runs_add(r, ROLE_dim, 0, "%s", unit);
}

/* What fills the window, in the order it is said. */
enum segment { SEGMENT_SYSTEM, SEGMENT_HISTORY, SEGMENT_FILES, SEGMENT_THINKING, SEGMENT_FREE, SEGMENT_COUNT };

static const struct {
	const char *name;
	enum role role;
	int level;			/* of the bar: heights tell them apart without colour */
} segments[] = {
	[SEGMENT_SYSTEM] = {N_("system"), ROLE_dim, 2},
	[SEGMENT_HISTORY] = {N_("history"), ROLE_text, 7},
	[SEGMENT_FILES] = {N_("files"), ROLE_accent, 5},
	[SEGMENT_THINKING] = {N_("thinking"), ROLE_think, 3},
	[SEGMENT_FREE] = {N_("free"), ROLE_dim, 0},
};

static uint32_t
take_part(uint32_t *left, uint32_t n)
{
	n = n < *left ? n : *left;
	*left -= n;
	return n;
}

/* They add up to the window. */
static void
count_segments(const struct talk *c, uint32_t n[SEGMENT_COUNT])
{
	uint32_t left = c->n_used < c->n_ctx ? c->n_used : c->n_ctx;

	n[SEGMENT_FREE] = c->n_ctx - left;
	n[SEGMENT_SYSTEM] = take_part(&left, c->n_system);
	n[SEGMENT_THINKING] = take_part(&left, c->n_thinking);
	n[SEGMENT_FILES] = take_part(&left, c->n_files);
	n[SEGMENT_HISTORY] = left;
}

/* One cell for each of BAR_CELLS parts of the window; what is there at all has one. */
enum { BAR_CELLS = 16, BAR_FROM = 100 };

static void
add_bar(const uint32_t n[SEGMENT_COUNT], uint32_t n_ctx, struct runs *r, const struct glyphs *gl)
{
	uint64_t sum = 0;
	int drawn = 0;

	for (enum segment s = 0; s < SEGMENT_COUNT; s++) {
		int end;

		sum += n[s];
		end = (int)((sum * BAR_CELLS + n_ctx / 2) / n_ctx);
		if (n[s] && end <= drawn && drawn < BAR_CELLS)
			end = drawn + 1;
		for (; drawn < end; drawn++)
			runs_add(r, segments[s].role, 0, "%s", s == SEGMENT_FREE ? gl->dot : gl->spark[segments[s].level]);
	}
	runs_add(r, ROLE_dim, 0, "  ");
}

/* DETAIL 0: what is free; 1: and history, files and thinking; 2: and the system prompt; 3: and a bar. */
static void
add_context(const struct talk *c, struct runs *r, const struct glyphs *gl, int detail)
{
	uint32_t n[SEGMENT_COUNT];
	struct buf b = {0};

	if (c->n_ctx == 0)
		return;
	count_segments(c, n);
	if (detail > 2 && n[SEGMENT_FREE] < c->n_ctx)
		add_bar(n, c->n_ctx, r, gl);
	for (enum segment s = 0; s < SEGMENT_FREE; s++) {
		if (detail < (s == SEGMENT_SYSTEM ? 2 : 1) || (n[s] == 0 && s != SEGMENT_HISTORY))
			continue;
		buf_clear(&b);
		format_count(&b, n[s]);
		runs_add(r, ROLE_dim, 0, "%s ", _(segments[s].name));
		runs_add(r, s == SEGMENT_SYSTEM ? ROLE_dim : ROLE_text, 0, "%s", buf_str(&b));
		runs_add(r, ROLE_dim, 0, " %s ", gl->dot);
	}
	buf_clear(&b);
	format_count(&b, n[SEGMENT_FREE]);
	runs_add(r, ROLE_dim, 0, "free ");
	runs_add(r, n[SEGMENT_FREE] < c->n_ctx / 8 ? ROLE_warn : ROLE_text, 0, "%s", buf_str(&b));
	buf_clear(&b);
	format_count(&b, c->n_ctx);
	runs_add(r, ROLE_dim, 0, " of %s", buf_str(&b));
	buf_done(&b);
}

static void
add_spark(const struct talk *c, struct runs *r, const struct glyphs *gl)
{
	double top = 0;

	for (int i = 0; i < c->n_spark; i++)
		top = c->spark[i] > top ? c->spark[i] : top;
	runs_add(r, ROLE_dim, 0, " ");
	for (int i = 0; i < c->n_spark && top > 0; i++) {
		int level = (int)(c->spark[i] / top * 7.99);

		runs_add(r, ROLE_accent, 0, "%s", gl->spark[level < 0 ? 0 : level > 7 ? 7 : level]);
	}
}

static void
add_reading(const struct talk *c, struct runs *r, int detail)
{
	struct buf b = {0};
	double left = talk_prompt_left(c);
	unsigned percent = c->stats.n_prompt ? (unsigned)(100.0 * c->prompt_done / c->stats.n_prompt) : 0;

	runs_add(r, ROLE_dim, 0, "reading the %s ", c->rereading ? _("conversation") : _("prompt"));
	if (c->stats.n_prompt) {
		runs_add(r, ROLE_text, 0, "%2u", percent);
		runs_add(r, ROLE_dim, 0, " %% of ");
		format_count(&b, c->stats.n_prompt);
		runs_add(r, ROLE_text, 0, "%s", buf_str(&b));
	}
	if (detail > 0 && talk_prompt_rate(c) > 0) {
		buf_clear(&b);
		format_rate(&b, talk_prompt_rate(c));
		add_figure(r, "", buf_str(&b), "/s");
	}
	if (left >= 0) {
		buf_clear(&b);
		format_seconds(&b, left);
		add_figure(r, "", buf_str(&b), _(" left"));
	}
	buf_done(&b);
}

static void
add_answer(const struct talk *c, struct runs *r, const struct glyphs *gl, int detail)
{
	struct buf b = {0};

	if (detail > 2 && talk_prompt_rate(c) > 0) {
		format_rate(&b, talk_prompt_rate(c));
		add_figure(r, _("prompt"), buf_str(&b), "/s");
	}
	if (talk_answer_rate(c) > 0) {
		buf_clear(&b);
		format_rate(&b, talk_answer_rate(c));
		add_figure(r, _("answer"), buf_str(&b), "/s");
		if (detail > 1 && c->n_spark > 1)
			add_spark(c, r, gl);
	}
	if (detail > 0 && c->stats.n_generated) {
		buf_clear(&b);
		format_seconds(&b, c->stats.first_s);
		add_figure(r, _("first"), buf_str(&b), "");
	}
	if (detail > 1 && talk_roof_share(c) > 1) {	/* a model this small never leaves the processor's cache */
		add_figure(r, "", "", _("from cache"));
	} else if (detail > 1 && talk_roof_share(c) > 0) {
		char percent[16];

		snprintf(percent, sizeof percent, "%.0f", talk_roof_share(c) * 100);
		/* xgettext:no-c-format */
		add_figure(r, "", percent, _(" % roof"));
	}
	buf_done(&b);
}

static void
add_speed(const struct talk *c, struct runs *r, const struct glyphs *gl, int detail)
{
	if (c->status == TALK_READING)
		add_reading(c, r, detail);
	else if (c->has_stats)
		add_answer(c, r, gl, detail);
	else if (c->status == TALK_FAILED && c->n_turns)	/* else the welcome says it */
		runs_add(r, ROLE_bad, 0, "%s", c->err.text);
	else if (c->status == TALK_LOADING)
		runs_add(r, ROLE_dim, 0, "loading %s", gl->ellipsis);
}

void
status_draw(const struct talk *c, const struct canvas *canvas)
{
	/* From everything to the least: detail of context, detail of speed. */
	static const int steps[][2] = {{3, 3}, {2, 3}, {1, 3}, {1, 2}, {0, 2}, {0, 1}, {0, 0}};

	/* On a narrow screen the bar would come and go with the figures. */
	for (size_t i = canvas->cols < BAR_FROM; i < ARRAY_LEN(steps); i++) {
		struct runs left = {0}, right = {0};
		int gap;

		add_context(c, &left, canvas->glyphs, steps[i][0]);
		add_speed(c, &right, canvas->glyphs, steps[i][1]);
		gap = canvas->cols - runs_width(&left) - runs_width(&right);
		if (gap >= 2 || i + 1 == ARRAY_LEN(steps)) {
			if (gap >= 2)
				draw_runs(canvas, 0, 0, &left);
			draw_runs(canvas, 0, gap > 0 ? canvas->cols - runs_width(&right) : 0, &right);
			i = ARRAY_LEN(steps);
		}
		runs_done(&left);
		runs_done(&right);
	}
}
