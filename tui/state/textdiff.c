/* Word by word; see textdiff.h.  The comparison is that of Myers, "An O(ND) Difference Algorithm and Its Variations" (1986),
 * section 4b: from both ends at once to the middle, then both halves, so that its memory is linear. */
#include "tui/state/textdiff.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/text.h"

#define STEPS 40000000			/* in all, about a tenth of a second */
enum { COST_MIN = 64 };

/* ---- splitting ---- */

static bool
is_blank(const char *s)
{
	return *s == ' ' || *s == '\n' || *s == '\t' || *s == '\r';
}

/* Does what comes at S[0..n) go on with a word? */
static bool
goes_on(const char *s, size_t n)
{
	return n > 0 && text_is_word(s, n) && !text_is_breakable(s, n);
}

/* An apostrophe or a point between two letters or digits: "don't", "3.14". */
static bool
joins(const char *s, size_t n)
{
	static const char quote[] = "\xe2\x80\x99";

	if (n > 1 && (*s == '\'' || *s == '.'))
		return goes_on(s + 1, n - 1);
	return n > 3 && memcmp(s, quote, 3) == 0 && goes_on(s + 3, n - 3);
}

static size_t
word_len(const char *s, size_t n)
{
	size_t at = text_cluster(s, n, NULL);

	if (!goes_on(s, n))
		return at;
	while (at < n && (goes_on(s + at, n - at) || joins(s + at, n - at)))
		at += text_cluster(s + at, n - at, NULL);
	return at;
}

void
textdiff_split(struct textdiff *w, const char *s, size_t n)
{
	size_t cap = 0;

	textdiff_done(w);
	for (size_t at = 0, len; at < n; at += len) {
		if (is_blank(s + at)) {
			len = 1;
			continue;
		}
		len = word_len(s + at, n - at);
		if (w->n == cap) {
			cap = cap ? 2 * cap : 64;
			w->words = mem_grow(w->words, cap, sizeof *w->words);
		}
		w->words[w->n++] = (struct textdiff_word){.at = (uint32_t)at, .len = (uint32_t)len};
	}
}

void
textdiff_done(struct textdiff *w)
{
	free(w->words);
	*w = (struct textdiff){0};
}

size_t
textdiff_find(const struct textdiff *w, size_t from, size_t at)
{
	while (from < w->n && w->words[from].at + w->words[from].len <= at)
		from++;
	return from;
}

/* ---- the same words get the same number ---- */

struct named {
	const char *s;
	size_t len, place;		/* of A's words, then of B's */
};

static int
by_text(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->s, y->s, x->len);
}

/* Sorted, so that no choice of words makes it slow. */
static uint32_t *
number_words(const struct textdiff *a, const char *a_text, const struct textdiff *b, const char *b_text)
{
	size_t n = a->n + b->n;
	struct named *all = mem_new0(n + 1, sizeof *all);
	uint32_t *ids = mem_new0(n + 1, sizeof *ids), id = 0;

	for (size_t i = 0; i < n; i++) {
		const struct textdiff_word *w = i < a->n ? &a->words[i] : &b->words[i - a->n];

		all[i] = (struct named){(i < a->n ? a_text : b_text) + w->at, w->len, i};
	}
	qsort(all, n, sizeof *all, by_text);
	for (size_t i = 0; i < n; i++) {
		id += i > 0 && by_text(&all[i - 1], &all[i]) != 0;
		ids[all[i].place] = id;
	}
	free(all);
	return ids;
}

/* ---- the comparison ---- */

/* Places of A are x, of B y; a diagonal is x - y. */
struct box {
	long x0, x1, y0, y1;
};

struct diff {
	const uint32_t *a, *b;
	struct textdiff *a_words, *b_words;
	long *forward, *backward;	/* by diagonal: the x reached, or NOT_REACHED */
	long cost_max;			/* of one search */
};

#define NOT_REACHED_FORWARD -1L
#define NOT_REACHED_BACKWARD (1L << 40)

/* One step further from the beginning on the diagonal K. */
static long
step_forward(const struct diff *d, const struct box *r, long k)
{
	long right = d->forward[k - 1], down = d->forward[k + 1], x = NOT_REACHED_FORWARD;

	if (right != NOT_REACHED_FORWARD && right < r->x1)
		x = right + 1;
	if (down != NOT_REACHED_FORWARD && down - k <= r->y1 && down > x)
		x = down;
	if (x == NOT_REACHED_FORWARD)
		return x;
	while (x < r->x1 && x - k < r->y1 && d->a[x] == d->b[x - k])
		x++;
	return x;
}

/* One step further from the end. */
static long
step_backward(const struct diff *d, const struct box *r, long k)
{
	long left = d->backward[k + 1], up = d->backward[k - 1], x = NOT_REACHED_BACKWARD;

	if (left != NOT_REACHED_BACKWARD && left > r->x0)
		x = left - 1;
	if (up != NOT_REACHED_BACKWARD && up - k >= r->y0 && up < x)
		x = up;
	if (x == NOT_REACHED_BACKWARD)
		return x;
	while (x > r->x0 && x - k > r->y0 && d->a[x - 1] == d->b[x - k - 1])
		x--;
	return x;
}

/* The diagonals FROM..TO that COST steps around MIDDLE can reach inside the box. */
static void
clip(const struct box *r, long middle, long cost, long *from, long *to)
{
	long least = r->x0 - r->y1, most = r->x1 - r->y0;

	*from = middle - cost;
	*to = middle + cost;
	while (*from < least)
		*from += 2;
	while (*to > most)
		*to -= 2;
}

/* The point furthest from the beginning that was reached. */
static void
furthest(const struct diff *d, long from, long to, long *x, long *y)
{
	long best = -1;

	for (long k = from; k <= to; k += 2)
		if (d->forward[k] != NOT_REACHED_FORWARD && 2 * d->forward[k] - k > best) {
			best = 2 * d->forward[k] - k;
			*x = d->forward[k];
			*y = d->forward[k] - k;
		}
}

/* What COST steps come beside, if they can be there at all. */
static void
clear_beside(const struct box *r, long *reached, long middle, long cost, long nothing)
{
	if (middle - cost - 1 >= r->x0 - r->y1 - 1)
		reached[middle - cost - 1] = nothing;
	if (middle + cost + 1 <= r->x1 - r->y0 + 1)
		reached[middle + cost + 1] = nothing;
}

/* A point on a shortest way through the box, neither its beginning nor its end: its first and last words differ.  Where that
 * takes too many steps, the point that came furthest. */
static void
find_middle(const struct diff *d, const struct box *r, long *x, long *y)
{
	long begin = r->x0 - r->y0, end = r->x1 - r->y1, from, to;
	bool odd = (begin - end) & 1;

	clear_beside(r, d->forward, begin, 0, NOT_REACHED_FORWARD);
	clear_beside(r, d->backward, end, 0, NOT_REACHED_BACKWARD);
	d->forward[begin] = r->x0;
	d->backward[end] = r->x1;
	for (long cost = 1;; cost++) {
		clear_beside(r, d->forward, begin, cost, NOT_REACHED_FORWARD);
		clip(r, begin, cost, &from, &to);
		for (long k = from; k <= to; k += 2) {
			d->forward[k] = step_forward(d, r, k);
			if (odd && d->forward[k] != NOT_REACHED_FORWARD && labs(k - end) < cost &&
			    d->backward[k] <= d->forward[k]) {
				*x = d->forward[k];
				*y = *x - k;
				return;
			}
		}
		if (cost >= d->cost_max) {
			furthest(d, from, to, x, y);
			return;
		}
		clear_beside(r, d->backward, end, cost, NOT_REACHED_BACKWARD);
		clip(r, end, cost, &from, &to);
		for (long k = from; k <= to; k += 2) {
			d->backward[k] = step_backward(d, r, k);
			if (!odd && d->backward[k] != NOT_REACHED_BACKWARD && labs(k - begin) <= cost &&
			    d->backward[k] <= d->forward[k]) {
				*x = d->backward[k];
				*y = *x - k;
				return;
			}
		}
	}
}

/* Both halves are smaller; the first one's way is at most half as long, or it ends here. */
static void
compare(struct diff *d, struct box r)
{
	for (;;) {
		struct box first;
		long x = r.x1, y = r.y1;

		while (r.x0 < r.x1 && r.y0 < r.y1 && d->a[r.x0] == d->b[r.y0])
			r.x0++, r.y0++;
		while (r.x0 < r.x1 && r.y0 < r.y1 && d->a[r.x1 - 1] == d->b[r.y1 - 1])
			r.x1--, r.y1--;
		if (r.x0 == r.x1 || r.y0 == r.y1) {
			for (long i = r.x0; i < r.x1; i++)
				d->a_words->words[i].differs = true;
			for (long i = r.y0; i < r.y1; i++)
				d->b_words->words[i].differs = true;
			return;
		}
		find_middle(d, &r, &x, &y);
		first = (struct box){r.x0, x, r.y0, y};
		compare(d, first);
		r.x0 = x;
		r.y0 = y;
	}
}

void
textdiff_compare(struct textdiff *a, const char *a_text, struct textdiff *b, const char *b_text)
{
	size_t n = a->n + b->n;
	uint32_t *ids = number_words(a, a_text, b, b_text);
	long *room = mem_new0(2 * (n + 3), sizeof *room);
	struct diff d = {
		.a = ids, .b = ids + a->n, .a_words = a, .b_words = b,
		.forward = room + b->n + 1, .backward = room + n + 3 + b->n + 1,
		.cost_max = STEPS / (long)(n + 1) > COST_MIN ? STEPS / (long)(n + 1) : COST_MIN,
	};

	compare(&d, (struct box){0, (long)a->n, 0, (long)b->n});
	free(room);
	free(ids);
}
