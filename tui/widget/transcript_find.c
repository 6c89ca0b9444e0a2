/* Finding words in the transcript; see transcript.h.  Each turn keeps its places with the layout they were found in, so that
 * while an answer grows only its own turn is looked through again. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "tui/state/talk.h"
#include "tui/text.h"
#include "tui/widget/transcript_impl.h"

static void
forget_places(struct finder *f)
{
	for (size_t i = 0; i < f->n; i++) {
		flow_matches_done(&f->turns[i].thinking);
		flow_matches_done(&f->turns[i].text);
	}
	f->n = f->total = 0;
	f->more = f->has_current = false;
}

void
finder_done(struct finder *f)
{
	forget_places(f);
	free(f->turns);
	buf_done(&f->words);
	buf_done(&f->key);
	buf_done(&f->origin.words);
	*f = (struct finder){0};
}

/* ---- all places ---- */

static bool
is_current(const struct transcript *t, const struct talk *c, size_t i)
{
	const struct found_turn *ft = &t->find.turns[i];
	const struct turn_flow *f = &t->flows[i];

	return ft->columns == t->columns && ft->unfolded == t->thinking &&
	    ft->pieces == f->thinking.n_pieces + f->text.n_pieces &&
	    ft->bytes == c->turns[i]->clean.len + c->turns[i]->thinking_clean.len;
}

static void
look(struct transcript *t, const struct talk *c, size_t i, size_t most)
{
	struct finder *f = &t->find;
	struct found_turn *ft = &f->turns[i];
	const struct turn_flow *flows = &t->flows[i];
	const struct turn *turn = c->turns[i];

	flow_matches_done(&ft->thinking);
	if (t->thinking)
		flow_matches_find(&ft->thinking, &flows->thinking, buf_str(&turn->thinking_clean), f->key.data, f->key.len,
		    f->folds, most);
	flow_matches_find(&ft->text, &flows->text, buf_str(&turn->clean), f->key.data, f->key.len, f->folds,
	    most - ft->thinking.n);
	ft->columns = t->columns;
	ft->unfolded = t->thinking;
	ft->pieces = flows->thinking.n_pieces + flows->text.n_pieces;
	ft->bytes = turn->clean.len + turn->thinking_clean.len;
}

/* A place that is no more is not looked at. */
static void
check_current(struct finder *f)
{
	const struct found_turn *ft = f->has_current && f->current.turn < f->n ? &f->turns[f->current.turn] : NULL;

	f->has_current = ft && f->current.i < (f->current.in_text ? ft->text.n : ft->thinking.n);
}

void
transcript_find_update(struct transcript *t, const struct talk *c)
{
	struct finder *f = &t->find;

	if (!f->on)
		return;
	if (f->generation != c->generation)
		forget_places(f);
	f->generation = c->generation;
	if (f->n > t->n)
		forget_places(f);
	if (f->n < t->n)
		f->turns = mem_grow(f->turns, t->n, sizeof *f->turns);
	for (; f->n < t->n; f->n++)
		f->turns[f->n] = (struct found_turn){.columns = -1};
	f->total = 0;
	for (size_t i = 0; i < f->n; i++) {
		size_t had = f->turns[i].thinking.n + f->turns[i].text.n;

		if (!is_current(t, c, i) || had > FIND_MAX - f->total)
			look(t, c, i, FIND_MAX - f->total);
		f->total += f->turns[i].thinking.n + f->turns[i].text.n;
	}
	f->more = f->total == FIND_MAX;
	check_current(f);
}

/* ---- the one that is looked at ---- */

size_t
transcript_find_current(const struct transcript *t, size_t i, bool in_text)
{
	const struct finder *f = &t->find;

	return f->has_current && f->current.turn == i && f->current.in_text == in_text ? f->current.i : SIZE_MAX;
}

size_t
transcript_find_place(const struct transcript *t)
{
	const struct finder *f = &t->find;
	size_t before = 0;

	if (!f->has_current)
		return 0;
	for (size_t i = 0; i < f->current.turn; i++)
		before += f->turns[i].thinking.n + f->turns[i].text.n;
	return before + (f->current.in_text ? f->turns[f->current.turn].thinking.n : 0) + f->current.i + 1;
}

/* The row, counted from the first of turn I, of a match. */
static size_t
row_in_turn(const struct transcript *t, const struct talk *c, size_t i, bool in_text, size_t match)
{
	struct extent x = transcript_measure(t, c, i);
	const struct found_turn *ft = &t->find.turns[i];
	const struct flow *flow = in_text ? &t->flows[i].text : &t->flows[i].thinking;
	size_t row = flow_match_row(flow, in_text ? &ft->text.list[match] : &ft->thinking.list[match]);

	return in_text ? 1 + x.thinking + x.gap + row : 1 + row - (row < x.hidden ? row : x.hidden);
}

static size_t
current_row(const struct transcript *t, const struct talk *c)
{
	const struct finder *f = &t->find;
	size_t row = 0;

	for (size_t i = 0; i < f->current.turn; i++)
		row += transcript_turn_rows(t, c, i);
	return row + row_in_turn(t, c, f->current.turn, f->current.in_text, f->current.i);
}

bool
transcript_find_is_seen(const struct transcript *t, const struct talk *c)
{
	size_t row;

	if (!t->find.has_current || t->find.generation != c->generation || t->find.current.turn >= t->n ||
	    t->find.current.turn >= c->n_turns)
		return false;
	row = current_row(t, c);
	return row >= t->top && row < t->top + (size_t)t->height;
}

void
transcript_find_show(struct transcript *t, const struct talk *c)
{
	size_t row, above = (size_t)t->height / 3;

	if (!t->find.has_current || transcript_find_is_seen(t, c))
		return;
	row = current_row(t, c);
	t->top = row > above ? row - above : 0;
	if (t->top > transcript_last_top(t))
		t->top = transcript_last_top(t);
	t->away = t->top < transcript_last_top(t);
}

/* ---- going through them ---- */

static void
set_current(struct finder *f, size_t turn, bool in_text, size_t i)
{
	f->has_current = true;
	f->current.turn = turn;
	f->current.in_text = in_text;
	f->current.i = i;
}

/* The first match of turn I in a row from ROW of the turn on; or the last in one before ROW. */
static bool
pick_in_turn(struct transcript *t, const struct talk *c, size_t i, size_t row, int step)
{
	const struct found_turn *ft = &t->find.turns[i];
	size_t n = ft->thinking.n + ft->text.n, low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		bool in_text = mid >= ft->thinking.n;

		if (row_in_turn(t, c, i, in_text, in_text ? mid - ft->thinking.n : mid) < row)
			low = mid + 1;
		else
			high = mid;
	}
	if (step < 0 && low-- == 0)
		return false;
	if (low >= n)
		return false;
	set_current(&t->find, i, low >= ft->thinking.n, low >= ft->thinking.n ? low - ft->thinking.n : low);
	return true;
}

/* The first match from ROW on, or the last one before it. */
static bool
pick(struct transcript *t, const struct talk *c, size_t row, int step)
{
	size_t at = 0, i = 0;

	for (; i < t->find.n && at < row; i++) {
		size_t rows = transcript_turn_rows(t, c, i);

		if (step > 0 && at + rows > row && pick_in_turn(t, c, i, row - at, step))
			return true;
		at += rows;
	}
	for (; step > 0 && i < t->find.n; i++)
		if (pick_in_turn(t, c, i, 0, step))
			return true;
	while (step < 0 && i-- > 0) {
		at -= transcript_turn_rows(t, c, i);
		if (pick_in_turn(t, c, i, row - at, step))
			return true;
	}
	return false;
}

/* The neighbour of the one that is looked at. */
static bool
pick_beside(struct transcript *t, int step)
{
	struct finder *f = &t->find;
	size_t place = transcript_find_place(t) - 1;

	if (step < 0 ? place == 0 : place + 1 >= f->total)
		return false;
	place += (size_t)step;
	for (size_t i = 0; i < f->n; i++) {
		const struct found_turn *ft = &f->turns[i];
		size_t n = ft->thinking.n + ft->text.n;

		if (place < n) {
			set_current(f, i, place >= ft->thinking.n, place >= ft->thinking.n ? place - ft->thinking.n : place);
			return true;
		}
		place -= n;
	}
	return false;
}

bool
transcript_find_step(struct transcript *t, const struct talk *c, int step, bool *wrapped)
{
	struct finder *f = &t->find;
	bool found;

	*wrapped = false;
	if (!f->words.len)
		return false;
	f->on = true;
	transcript_find_update(t, c);
	if (f->total == 0)
		return false;
	if (transcript_find_is_seen(t, c))
		found = pick_beside(t, step);
	else
		found = pick(t, c, step > 0 ? t->top : t->top + (size_t)t->height, step);
	if (!found) {
		*wrapped = true;
		(void)pick(t, c, step > 0 ? 0 : t->total + 1, step);
	}
	transcript_find_show(t, c);
	return true;
}

static void
go_to_origin(struct transcript *t, const struct talk *c)
{
	t->top = transcript_anchor_row(t, c, t->find.origin.anchor);
	if (!t->find.origin.away || t->top > transcript_last_top(t))
		t->top = transcript_last_top(t);
	t->away = t->find.origin.away && t->top < transcript_last_top(t);
}

static void
set_words(struct finder *f, const char *words)
{
	buf_clear(&f->words);
	buf_clear(&f->key);
	buf_add_str(&f->words, words);
	f->folds = !text_has_capital(buf_str(&f->words), f->words.len);
	if (f->folds)
		text_fold(&f->key, buf_str(&f->words), f->words.len);
	else
		buf_add(&f->key, f->words.data, f->words.len);
	f->on = f->words.len > 0;
	forget_places(f);
}

void
transcript_find_begin(struct transcript *t, const struct talk *c)
{
	struct finder *f = &t->find;

	f->origin.anchor = transcript_anchor(t, c);
	f->origin.away = t->away;
	f->origin.on = f->on;
	buf_clear(&f->origin.words);
	buf_add(&f->origin.words, buf_str(&f->words), f->words.len);
}

void
transcript_find_words(struct transcript *t, const struct talk *c, const char *words)
{
	size_t row;

	set_words(&t->find, words);
	go_to_origin(t, c);
	row = t->top;
	if (!t->find.on)
		return;
	transcript_find_update(t, c);
	/* Upwards where nothing follows: what was said last is looked for more often. */
	if (pick(t, c, row, 1) || pick(t, c, row, -1))
		transcript_find_show(t, c);
}

void
transcript_find_undo(struct transcript *t, const struct talk *c)
{
	set_words(&t->find, buf_str(&t->find.origin.words));
	t->find.on = t->find.origin.on && t->find.on;
	transcript_find_update(t, c);
	go_to_origin(t, c);
}

void
transcript_find_end(struct transcript *t)
{
	t->find.on = false;
	forget_places(&t->find);
}
