/* Finding words in a flow; see flow_find.h.  The pieces are put together to what a person reads: a blank where there is a gap
 * in a row, a newline where a line ends. */
#define _GNU_SOURCE
#include "tui/widget/flow_find.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/text.h"
#include "tui/widget/flow_impl.h"

/* Beyond this a gap in the source is not looked through for a newline. */
enum { GAP_MAX = 4096 };

/* Where the text of a piece begins in what is read. */
struct place {
	size_t at;
	uint32_t piece;
};

struct reading {
	struct buf text;
	struct place *places;
	size_t n, cap;
};

void
flow_matches_done(struct flow_matches *m)
{
	free(m->list);
	*m = (struct flow_matches){0};
}

static const char *
piece_text(const struct flow *f, const char *s, const struct piece *p)
{
	return p->at & MD_EXTRA ? f->extra.data + (p->at & ~MD_EXTRA) : s + p->at;
}

/* Does the line of piece A go on in B, the first of the next row? */
static bool
goes_on(const char *s, const struct piece *a, const struct piece *b)
{
	uint32_t end = a->at + a->len;

	if ((a->at | b->at) & MD_EXTRA || b->at < end || b->at - end > GAP_MAX)
		return false;
	return b->at == end || !memchr(s + end, '\n', b->at - end);
}

/* Is there a gap between A and B of one row? */
static bool
is_apart(const struct flow *f, const char *s, const struct piece *a, const struct piece *b)
{
	if (!((a->at | b->at) & MD_EXTRA) && b->at == a->at + a->len)
		return false;
	return b->x > a->x + text_width(piece_text(f, s, a), a->len);
}

static void
add_place(struct reading *r, uint32_t piece)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 256;
		r->places = mem_grow(r->places, r->cap, sizeof *r->places);
	}
	r->places[r->n++] = (struct place){r->text.len, piece};
}

static void
read_flow(struct reading *r, const struct flow *f, const char *s, bool folds)
{
	const struct piece *before = NULL;
	size_t row_of_before = 0;

	for (size_t i = 0; i < f->n_rows; i++)
		for (size_t k = f->rows[i].first; k < f->rows[i].first + f->rows[i].n; k++) {
			const struct piece *p = &f->pieces[k];

			if (p->kind != PIECE_TEXT)
				continue;
			if (before && row_of_before != i && !(row_of_before + 1 == i && goes_on(s, before, p)))
				buf_add_char(&r->text, '\n');
			else if (before && row_of_before == i && is_apart(f, s, before, p))
				buf_add_char(&r->text, ' ');
			add_place(r, (uint32_t)k);
			if (folds)
				text_fold(&r->text, piece_text(f, s, p), p->len);
			else
				buf_add(&r->text, piece_text(f, s, p), p->len);
			before = p;
			row_of_before = i;
		}
}

/* The last place that begins at AT or before. */
static size_t
find_place(const struct reading *r, size_t from, size_t at)
{
	size_t low = from, high = r->n;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (r->places[mid].at <= at)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* The byte of the piece's own text at N bytes of what is read of it: small letters may be longer or shorter. */
static uint32_t
unfold(const char *s, size_t len, size_t n)
{
	struct buf one = {0};
	size_t at = 0, read = 0;

	while (at < len && at < n && (unsigned char)s[at] < 0x80)
		at++;
	read = at;
	while (at < len && read < n) {
		uint32_t cp;
		bool ok;
		size_t step = utf8_decode(s + at, len - at, &cp, &ok);

		buf_clear(&one);
		text_fold(&one, s + at, step);
		read += one.len;
		at += step;
	}
	buf_done(&one);
	return (uint32_t)at;
}

static void
locate(const struct reading *r, const struct flow *f, const char *s, bool folds, size_t place, size_t at, uint32_t *piece,
    uint32_t *byte)
{
	const struct piece *p = &f->pieces[r->places[place].piece];
	size_t n = at - r->places[place].at;

	*piece = r->places[place].piece;
	*byte = folds ? unfold(piece_text(f, s, p), p->len, n) : n < p->len ? (uint32_t)n : p->len;
}

void
flow_matches_find(struct flow_matches *m, const struct flow *f, const char *s, const char *words, size_t n, bool folds,
    size_t most)
{
	struct reading r = {0};
	size_t at = 0, place = 0, cap = 0;
	const char *found;

	flow_matches_done(m);
	read_flow(&r, f, s, folds);
	while (m->n < most && r.text.len - at >= n && (found = memmem(r.text.data + at, r.text.len - at, words, n))) {
		struct flow_match match;

		at = (size_t)(found - r.text.data);
		place = find_place(&r, place, at);
		locate(&r, f, s, folds, place, at, &match.piece, &match.from);
		at += n;
		place = find_place(&r, place, at - 1);
		locate(&r, f, s, folds, place, at, &match.to_piece, &match.to);
		if (m->n == cap) {
			cap = cap ? 2 * cap : 16;
			m->list = mem_grow(m->list, cap, sizeof *m->list);
		}
		m->list[m->n++] = match;
	}
	buf_done(&r.text);
	free(r.places);
}

size_t
flow_match_row(const struct flow *f, const struct flow_match *m)
{
	size_t low = 0, high = f->n_rows;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (f->rows[mid].first <= m->piece)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* The first match that does not end before PIECE. */
static size_t
first_from(const struct flow_matches *m, size_t piece)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->list[mid].to_piece < piece)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
mark_cells(struct grid *g, int y, int from, int to, int limit, bool current)
{
	for (int x = from; x < to && x < limit; x++) {
		struct cell *c;

		if (y < 0 || y >= g->rows || x < 0 || x >= g->cols)
			continue;
		c = grid_at(g, y, x);
		c->role = ROLE_accent;
		c->attr = (uint8_t)(c->attr | (current ? ATTR_REVERSE : ATTR_UNDERLINE));
	}
}

void
flow_matches_mark(const struct flow_matches *m, size_t current, const struct flow *f, size_t i, const char *s,
    struct grid *g, int y, int x, int limit)
{
	size_t first = f->rows[i].first, end = first + f->rows[i].n;

	for (size_t k = first_from(m, first); k < m->n && m->list[k].piece < end; k++)
		for (size_t p = first > m->list[k].piece ? first : m->list[k].piece; p < end && p <= m->list[k].to_piece; p++) {
			const struct flow_match *at = &m->list[k];
			const struct piece *piece = &f->pieces[p];
			const char *text = piece_text(f, s, piece);
			uint32_t from = p == at->piece ? at->from : 0, to = p == at->to_piece ? at->to : piece->len;
			int left = x + piece->x;

			if (piece->kind == PIECE_TEXT && from < to)
				mark_cells(g, y, left + text_width(text, from), left + text_width(text, to), limit, k == current);
		}
}
