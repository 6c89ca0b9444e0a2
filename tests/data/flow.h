/* What holds for the layout of any clean text. */
#ifndef TESTS_DATA_FLOW_H
#define TESTS_DATA_FLOW_H

#include <string.h>

#include "tui/widget/flow.h"

static inline uint32_t
flow_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static inline bool
flow_same(const struct flow *a, const struct flow *b)
{
	if (a->n_rows != b->n_rows || a->n_pieces != b->n_pieces)
		return false;
	for (size_t i = 0; i < a->n_rows; i++)
		if (a->rows[i].at != b->rows[i].at || a->rows[i].first != b->rows[i].first || a->rows[i].n != b->rows[i].n)
			return false;
	for (size_t k = 0; k < a->n_pieces; k++) {
		const struct piece *p = &a->pieces[k], *q = &b->pieces[k];

		if (p->at != q->at || p->len != q->len || p->x != q->x || p->kind != q->kind || p->role != q->role ||
		    p->attr != q->attr)
			return false;
	}
	return true;
}

/* Laid out as it grows, in steps that SEED chooses, the text is what it is as a whole; every piece is part of it. */
static inline bool
flow_holds(const char *s, size_t n, int columns, uint32_t seed)
{
	struct flow grown = {0}, whole = {0};
	bool ok;

	for (size_t i = 0; i < n;) {
		do
			i++;
		while (i < n && (((unsigned char)s[i] & 0xc0) == 0x80 || flow_next(&seed) % 3));
		flow_update(&grown, s, i, columns);
	}
	flow_update(&whole, s, n, columns);
	ok = flow_same(&grown, &whole);
	for (size_t i = 0; i < whole.n_rows; i++)
		ok = ok && whole.rows[i].at <= n;
	for (size_t k = 0; k < whole.n_pieces; k++) {
		const struct piece *p = &whole.pieces[k];

		ok = ok && (p->kind != 0 || p->at & MD_EXTRA || p->at + p->len <= n) && p->x < columns + 8;
	}
	flow_done(&grown);
	flow_done(&whole);
	return ok;
}

#endif
