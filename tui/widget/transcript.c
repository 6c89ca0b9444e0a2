/* The transcript; see transcript.h.  A turn is a name, its rows, a row on how it ended where that needs
 * saying, and a blank row. */
#include "tui/widget/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/state/talk.h"
#include "tui/widget/wrap.h"

/* Lines longer than this are hard to read: text keeps to it on a wide screen. */
enum { READING_COLUMNS = 96 };

void
transcript_done(struct transcript *t)
{
	for (size_t i = 0; i < t->n; i++)
		flow_done(&t->flows[i]);
	free(t->flows);
	*t = (struct transcript){0};
}

static size_t
ending_rows(const struct turn *turn, int columns)
{
	const char *s = turn_ending(turn);

	return s ? (size_t)wrap_count(s, strlen(s), columns) : 0;
}

static size_t
turn_rows(const struct transcript *t, const struct talk *c, size_t i)
{
	return 1 + t->flows[i].n_rows + ending_rows(c->turns[i], t->columns) + 1;
}

/* What the first row on the screen shows, in terms that outlive a new width. */
struct anchor {
	size_t turn, row, at;	/* row 0: the name; otherwise the byte that row shows */
};

static struct anchor
find_anchor(const struct transcript *t)
{
	size_t row = t->top;

	for (size_t i = 0; i < t->n; i++) {
		size_t rows = t->flows[i].n_rows;

		if (row == 0)
			return (struct anchor){i, 0, 0};
		if (row <= rows)
			return (struct anchor){i, row, t->flows[i].rows[row - 1].at};
		if (row < rows + 2)
			return (struct anchor){i, row, SIZE_MAX};
		row -= rows + 2;
	}
	return (struct anchor){0};
}

static size_t
anchor_row(const struct transcript *t, const struct talk *c, struct anchor a)
{
	size_t row = 0;

	for (size_t i = 0; i < a.turn && i < t->n; i++)
		row += turn_rows(t, c, i);
	if (a.row == 0 || a.turn >= t->n)
		return row;
	return row + 1 + flow_find(&t->flows[a.turn], a.at);
}

static size_t
last_top(const struct transcript *t)
{
	return t->total > (size_t)t->height ? t->total - (size_t)t->height : 0;
}

static void
match_turns(struct transcript *t, const struct talk *c)
{
	if (t->generation != c->generation) {
		for (size_t i = 0; i < t->n; i++)
			flow_done(&t->flows[i]);
		t->n = 0;
		t->generation = c->generation;
	}
	if (t->n < c->n_turns)
		t->flows = mem_grow(t->flows, c->n_turns, sizeof *t->flows);
	for (; t->n < c->n_turns; t->n++)
		t->flows[t->n] = (struct flow){.plain = c->turns[t->n]->role == TURN_USER};
}

void
transcript_layout(struct transcript *t, const struct talk *c, int height, int columns)
{
	int width = columns < READING_COLUMNS ? columns : READING_COLUMNS;
	bool rewrapped = width != t->columns && t->columns;
	struct anchor anchor = find_anchor(t);

	if (t->generation != c->generation)
		t->away = false;
	match_turns(t, c);
	t->columns = width;
	t->height = height;
	t->total = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct turn *turn = c->turns[i];

		flow_update(&t->flows[i], buf_str(&turn->clean), turn->clean.len, width);
		t->total += turn_rows(t, c, i);
	}
	t->total -= t->total > 0;		/* no blank row at the end */
	if (rewrapped && t->away) {
		t->top = anchor_row(t, c, anchor);
		t->seen = t->total;
	}
	if (!t->away || t->top >= last_top(t)) {
		t->top = last_top(t);
		t->away = false;
		t->seen = t->total;
	}
}

bool
transcript_scroll(struct transcript *t, long rows)
{
	size_t old = t->top;

	if (rows < 0)
		t->top = t->top > (size_t)-rows ? t->top - (size_t)-rows : 0;
	else
		t->top = t->top + (size_t)rows < last_top(t) ? t->top + (size_t)rows : last_top(t);
	t->away = t->top < last_top(t);
	return t->top != old;
}

void
transcript_bottom(struct transcript *t)
{
	t->away = false;
	t->top = last_top(t);
	t->seen = t->total;
}

size_t
transcript_new_rows(const struct transcript *t)
{
	return t->away && t->total > t->seen ? t->total - t->seen : 0;
}

static void
draw_name(const struct talk *c, const struct turn *turn, const struct canvas *canvas, int y)
{
	if (turn->role == TURN_USER)
		draw_text(canvas, y, 0, "You", ROLE_user, 0);
	else
		draw_text(canvas, y, 0, c->name, ROLE_model, 0);
}

static void
draw_ending(const struct transcript *t, const struct turn *turn, const struct canvas *canvas, int y)
{
	enum role role = turn->err.kind ? ROLE_bad : turn->reason == STOP_CONTEXT ? ROLE_warn : ROLE_dim;
	const char *s = turn_ending(turn);
	size_t n = s ? strlen(s) : 0;

	for (size_t at = 0, len; at < n; at += len, y++) {
		len = wrap_row(s + at, n - at, t->columns);
		if (y >= 0 && y < canvas->rows)
			grid_put(canvas->g, canvas->y + y, canvas->x, canvas->x + canvas->cols, s + at, len, role, 0);
	}
}

void
transcript_draw(const struct transcript *t, const struct talk *c, const struct canvas *canvas)
{
	long y = -(long)t->top;

	for (size_t i = 0; i < t->n && y < canvas->rows; i++) {
		const struct flow *f = &t->flows[i];
		const struct turn *turn = c->turns[i];
		size_t rows = turn_rows(t, c, i);

		if (y + (long)rows > 0) {
			if (y >= 0)
				draw_name(c, turn, canvas, (int)y);
			for (size_t r = y < -1 ? (size_t)(-y - 1) : 0; r < f->n_rows; r++) {
				long at = y + 1 + (long)r;

				if (at >= canvas->rows)
					break;
				flow_draw(f, r, buf_str(&turn->clean), canvas->g, canvas->y + (int)at,
				    canvas->x, canvas->x + canvas->cols, canvas->glyphs);
			}
			if (y + 1 + (long)f->n_rows < canvas->rows)
				draw_ending(t, turn, canvas, (int)(y + 1 + (long)f->n_rows));
		}
		y += (long)rows;
	}
}
