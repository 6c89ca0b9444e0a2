/* The transcript; see transcript.h.  A turn is a name, with how long the model thought beside it; what it thought, when
 * that is unfolded, or its last rows while it does; its rows; the tools it calls; a row on how it ended where that needs
 * saying; and a blank row. */
#include "tui/widget/transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/talk.h"
#include "tui/widget/transcript_impl.h"
#include "tui/widget/wrap.h"

/* Lines longer than this are hard to read: text keeps to it on a wide screen. */
enum { READING_COLUMNS = 96 };
/* Of what the model thinks just now. */
enum { TAIL_ROWS = 3 };

static void
free_flows(struct transcript *t)
{
	for (size_t i = 0; i < t->n; i++) {
		flow_done(&t->flows[i].thinking);
		flow_done(&t->flows[i].text);
	}
	t->n = 0;
}

void
transcript_done(struct transcript *t)
{
	finder_done(&t->find);
	free_flows(t);
	free(t->flows);
	*t = (struct transcript){0};
}

static void
call_text(const struct turn_call *call, struct buf *out)
{
	buf_printf(out, _("calls %s "), call->name);
	buf_add_str(out, call->arguments);
}

static size_t
call_rows(const struct turn *turn, int columns)
{
	size_t rows = 0;

	for (size_t i = 0; i < turn->n_calls; i++) {
		struct buf b = {0};

		call_text(&turn->calls[i], &b);
		rows += (size_t)wrap_count(b.data, b.len, columns);
		buf_done(&b);
	}
	return rows;
}

/* How a turn ended, and what can be done about it; NULL: nothing to say. */
static const char *
ending_of(const struct talk *c, size_t i)
{
	if (i + 1 == c->n_turns && turn_is_cut(c->turns[i]))
		return _("the context is full: Enter on the empty prompt offers ways to go on");
	return turn_ending(c->turns[i]);
}

struct extent
transcript_measure(const struct transcript *t, const struct talk *c, size_t i)
{
	const struct turn *turn = c->turns[i];
	const char *ending = ending_of(c, i);
	size_t n = t->flows[i].thinking.n_rows, tail = n < TAIL_ROWS ? n : TAIL_ROWS;
	struct extent x = {
		.thinking = t->thinking ? n : turn_thinks(turn) ? tail : 0,
		.text = t->flows[i].text.n_rows,
		.calls = call_rows(turn, t->columns),
		.ending = ending ? (size_t)wrap_count(ending, strlen(ending), t->columns) : 0,
	};

	x.hidden = n - x.thinking;
	x.gap = x.thinking && x.text + x.calls;
	return x;
}

size_t
transcript_turn_rows(const struct transcript *t, const struct talk *c, size_t i)
{
	struct extent x = transcript_measure(t, c, i);

	return 1 + x.thinking + x.gap + x.text + x.calls + x.ending + 1;
}

struct transcript_anchor
transcript_anchor(const struct transcript *t, const struct talk *c)
{
	size_t row = t->top;

	for (size_t i = 0; i < t->n && i < c->n_turns; i++) {
		struct extent x = transcript_measure(t, c, i);
		const struct turn_flow *f = &t->flows[i];
		size_t rows = transcript_turn_rows(t, c, i);

		if (row == 0)
			return (struct transcript_anchor){i, AT_NAME, 0};
		if (row <= x.thinking)
			return (struct transcript_anchor){i, AT_THINKING, f->thinking.rows[x.hidden + row - 1].at};
		if (row < rows) {
			size_t in_text = row - x.thinking - x.gap;

			if (in_text == 0 || in_text > x.text)
				return (struct transcript_anchor){i, AT_TEXT, in_text ? SIZE_MAX : 0};
			return (struct transcript_anchor){i, AT_TEXT, f->text.rows[in_text - 1].at};
		}
		row -= rows;
	}
	return (struct transcript_anchor){0};
}

size_t
transcript_anchor_row(const struct transcript *t, const struct talk *c, struct transcript_anchor a)
{
	struct extent x;
	size_t row = 0;

	for (size_t i = 0; i < a.turn && i < t->n; i++)
		row += transcript_turn_rows(t, c, i);
	if (a.in == AT_NAME || a.turn >= t->n)
		return row;
	x = transcript_measure(t, c, a.turn);
	if (a.in == AT_THINKING) {
		size_t at = flow_find(&t->flows[a.turn].thinking, a.at);

		return x.thinking ? row + 1 + (at > x.hidden ? at - x.hidden : 0) : row;
	}
	return row + 1 + x.thinking + x.gap + flow_find(&t->flows[a.turn].text, a.at);
}

size_t
transcript_last_top(const struct transcript *t)
{
	return t->total > (size_t)t->height ? t->total - (size_t)t->height : 0;
}

static void
match_turns(struct transcript *t, const struct talk *c)
{
	if (t->generation != c->generation) {
		free_flows(t);
		t->generation = c->generation;
	}
	if (t->n < c->n_turns)
		t->flows = mem_grow(t->flows, c->n_turns, sizeof *t->flows);
	for (; t->n < c->n_turns; t->n++) {
		t->flows[t->n] = (struct turn_flow){.thinking = {.plain = true, .plain_role = ROLE_think}};
		t->flows[t->n].text.plain = c->turns[t->n]->role == TURN_USER;
	}
}

/* The first row as it was laid out last. */
static struct transcript_anchor
old_anchor(struct transcript *t, const struct talk *c)
{
	bool thinking = t->thinking;
	struct transcript_anchor a = {0};

	t->thinking = t->was_thinking;
	if (t->generation == c->generation)
		a = transcript_anchor(t, c);
	t->thinking = thinking;
	return a;
}

void
transcript_layout(struct transcript *t, const struct talk *c, int height, int columns)
{
	int width = columns < READING_COLUMNS ? columns : READING_COLUMNS;
	bool moved = (width != t->columns && t->columns) || t->thinking != t->was_thinking;
	struct transcript_anchor anchor = moved ? old_anchor(t, c) : (struct transcript_anchor){0};

	bool seen = t->find.on && transcript_find_is_seen(t, c);

	if (t->generation != c->generation)
		t->away = t->hold;
	t->hold = false;
	match_turns(t, c);
	t->columns = width;
	t->height = height;
	t->was_thinking = t->thinking;
	t->total = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct turn *turn = c->turns[i];

		flow_update(&t->flows[i].thinking, buf_str(&turn->thinking_clean), turn->thinking_clean.len, width);
		flow_update(&t->flows[i].text, buf_str(&turn->clean), turn->clean.len, width);
		t->total += transcript_turn_rows(t, c, i);
	}
	t->total -= t->total > 0;		/* no blank row at the end */
	if (moved && t->away) {
		t->top = transcript_anchor_row(t, c, anchor);
		t->seen = t->total;
	}
	if (!t->away || t->top >= transcript_last_top(t)) {
		t->top = transcript_last_top(t);
		t->away = false;
		t->seen = t->total;
	}
	transcript_find_update(t, c);
	if (moved && seen)
		transcript_find_show(t, c);
}

bool
transcript_scroll(struct transcript *t, long rows)
{
	size_t old = t->top;

	if (rows < 0)
		t->top = t->top > (size_t)-rows ? t->top - (size_t)-rows : 0;
	else
		t->top = t->top + (size_t)rows < transcript_last_top(t) ? t->top + (size_t)rows : transcript_last_top(t);
	t->away = t->top < transcript_last_top(t);
	return t->top != old;
}

void
transcript_bottom(struct transcript *t)
{
	t->away = false;
	t->top = transcript_last_top(t);
	t->seen = t->total;
}

void
transcript_hold(struct transcript *t, size_t row)
{
	t->top = row;
	t->hold = true;
}

size_t
transcript_branch(const struct transcript *t, const struct talk *c)
{
	size_t row = 0, seen = c->n_turns, last = c->n_turns;

	for (size_t i = 0; i < c->n_turns && i < t->n; i++) {
		size_t rows = transcript_turn_rows(t, c, i);

		if (c->turns[i]->kept.n_branches > 1) {
			last = i;
			if (row + rows > t->top && row < t->top + (size_t)t->height)
				seen = i;
		}
		row += rows;
	}
	return seen < c->n_turns ? seen : last;
}

size_t
transcript_new_rows(const struct transcript *t)
{
	return t->away && t->total > t->seen ? t->total - t->seen : 0;
}

/* "▸ thought for 3.2 s", at the right of the name. */
static void
draw_thinking(const struct transcript *t, const struct turn *turn, const struct canvas *canvas, int y, int x)
{
	const struct glyphs *gl = canvas->glyphs;
	struct buf time = {0};
	struct runs r = {0};
	int right;

	if (!turn->thinking_clean.len)
		return;
	format_seconds(&time, turn->thinking_s);
	runs_add(&r, ROLE_think, 0, "%s ", t->thinking ? gl->unfolded : gl->folded);
	if (turn_thinks(turn))
		runs_add(&r, ROLE_think, 0, "thinking %s %s", buf_str(&time), gl->ellipsis);
	else
		runs_add(&r, ROLE_think, 0, "thought for %s", buf_str(&time));
	right = t->columns - runs_width(&r);
	draw_runs(canvas, y, right > x + 2 ? right : x + 2, &r);
	runs_done(&r);
	buf_done(&time);
}

static void
draw_name(const struct transcript *t, const struct talk *c, size_t i, const struct canvas *canvas, int y)
{
	const struct turn *turn = c->turns[i];
	bool user = turn->role == TURN_USER;
	int x = draw_text(canvas, y, 0, user ? _("You") : turn->kept.model ? turn->kept.model : c->name, user ? ROLE_user : ROLE_model, 0);

	if (turn->kept.n_branches > 1) {
		char text[32];

		snprintf(text, sizeof text, "%u/%u", turn->kept.branch, turn->kept.n_branches);
		x = draw_text(canvas, y, x + 2, text, ROLE_dim, 0);
	}
	if (i < c->n_left_out)
		x = draw_text(canvas, y, x + 2, _("not sent any more"), ROLE_dim, 0);
	if (!user)
		draw_thinking(t, turn, canvas, y, x);
}

/* S wrapped, from row Y on; the row after it. */
static long
draw_wrapped(const struct transcript *t, const struct canvas *canvas, long y, const char *s, size_t n, enum role role)
{
	for (size_t at = 0, len; at < n; at += len, y++) {
		len = wrap_row(s + at, n - at, t->columns);
		if (y >= 0 && y < canvas->rows)
			grid_put(canvas->g, canvas->y + (int)y, canvas->x, canvas->x + canvas->cols, s + at, len, role, 0);
	}
	return y;
}

struct shown_part {
	const struct flow *flow;
	const struct buf *text;
	size_t from;			/* the first row that is shown */
	const struct flow_matches *marks;	/* NULL: none */
	size_t current;
};

/* The row after it. */
static long
draw_part(const struct shown_part *p, const struct canvas *canvas, long y)
{
	int limit = canvas->x + canvas->cols;

	for (size_t r = y < 0 ? p->from + (size_t)-y : p->from; r < p->flow->n_rows; r++) {
		long at = y + (long)(r - p->from);
		int row = canvas->y + (int)at;

		if (at >= canvas->rows)
			break;
		flow_draw(p->flow, r, buf_str(p->text), canvas->g, row, canvas->x, limit, canvas->glyphs);
		if (p->marks)
			flow_matches_mark(p->marks, p->current, p->flow, r, buf_str(p->text), canvas->g, row, canvas->x, limit);
	}
	return y + (long)(p->flow->n_rows - p->from);
}

static void
draw_turn(const struct transcript *t, const struct talk *c, size_t i, const struct canvas *canvas, long y)
{
	const struct turn *turn = c->turns[i];
	const char *ending = ending_of(c, i);
	struct extent x = transcript_measure(t, c, i);
	const struct found_turn *found = t->find.on && i < t->find.n ? &t->find.turns[i] : NULL;
	struct shown_part thinking = {&t->flows[i].thinking, &turn->thinking_clean, x.hidden, found ? &found->thinking : NULL,
	    transcript_find_current(t, i, false)};
	struct shown_part text = {&t->flows[i].text, &turn->clean, 0, found ? &found->text : NULL,
	    transcript_find_current(t, i, true)};

	if (y >= 0)
		draw_name(t, c, i, canvas, (int)y);
	y++;
	if (x.thinking)
		y = draw_part(&thinking, canvas, y);
	y = draw_part(&text, canvas, y + (long)x.gap);
	for (size_t k = 0; k < turn->n_calls; k++) {
		struct buf b = {0};

		call_text(&turn->calls[k], &b);
		y = draw_wrapped(t, canvas, y, b.data, b.len, ROLE_code);
		buf_done(&b);
	}
	if (ending)
		draw_wrapped(t, canvas, y, ending, strlen(ending), turn->err.kind ? ROLE_bad :
		    turn->reason == STOP_CONTEXT || turn->note.len ? ROLE_warn : ROLE_dim);
}

void
transcript_draw(const struct transcript *t, const struct talk *c, const struct canvas *canvas)
{
	long y = -(long)t->top;

	for (size_t i = 0; i < t->n && y < canvas->rows; i++) {
		size_t rows = transcript_turn_rows(t, c, i);

		if (y + (long)rows > 0)
			draw_turn(t, c, i, canvas, y);
		y += (long)rows;
	}
}
