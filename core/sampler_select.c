/* Finding the bound of a cut without sorting: quickselect by count or by weight.
 * Candidates are compared by key, then id, so that the order is total and the answer unique. */
#include "core/sampler_impl.h"

#include <string.h>

static void
swap(struct cand *a, struct cand *b)
{
	struct cand t = *a;

	*a = *b;
	*b = t;
}

static bool
before(const struct cand *a, const struct cand *b)
{
	return a->key < b->key || (a->key == b->key && a->id < b->id);
}

/* Split C[0..n), n >= 3, around the median of three: the smaller ones come first, then the pivot, whose place is
 * returned, then the others. */
static size_t
partition(struct cand *c, size_t n)
{
	struct cand *mid = &c[n / 2], *last = &c[n - 1];
	size_t at = 0;

	if (before(mid, &c[0]))
		swap(mid, &c[0]);
	if (before(last, mid)) {
		swap(last, mid);
		if (before(mid, &c[0]))
			swap(mid, &c[0]);
	}
	swap(mid, last);
	for (size_t i = 0; i + 1 < n; i++) {
		if (before(&c[i], last)) {
			swap(&c[i], &c[at]);
			at++;
		}
	}
	swap(&c[at], last);
	return at;
}

static void
sort_few(struct cand *c, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && before(&c[j], &c[j - 1]); j--)
			swap(&c[j], &c[j - 1]);
}

static double
weight(const struct cand *c, bool by_count)
{
	return by_count ? 1.0 : (double)c->w;
}

/* The candidate that ends the shortest prefix, in order, weighing TARGET or more; the last one if all weigh less. */
static struct cand
find_bound(struct cand *c, size_t n, double target, bool by_count)
{
	double total = 0;
	size_t low = 0, high = n;

	while (high - low > 16) {
		size_t at = low + partition(c + low, high - low);
		double left = 0;

		for (size_t i = low; i < at; i++)
			left += weight(&c[i], by_count);
		if (at > low && total + left >= target) {
			high = at;
			continue;
		}
		total += left + weight(&c[at], by_count);
		if (total >= target)
			return c[at];
		low = at + 1;
	}
	sort_few(c + low, high - low);
	for (size_t i = low; i < high; i++) {
		total += weight(&c[i], by_count);
		if (total >= target)
			return c[i];
	}
	return c[high - 1];
}

static void
keep(struct sampler *s, double target, bool by_count)
{
	struct cand bound;
	size_t n = 0;

	memcpy(s->scratch, s->cands, s->n_cands * sizeof *s->cands);
	bound = find_bound(s->scratch, s->n_cands, target, by_count);
	s->mass = 0;
	for (size_t i = 0; i < s->n_cands; i++) {
		if (before(&bound, &s->cands[i]))
			continue;
		s->mass += (double)s->cands[i].w;
		s->cands[n++] = s->cands[i];
	}
	s->n_cands = n;
}

void
sampler_keep_mass(struct sampler *s, double target)
{
	keep(s, target, false);
}

void
sampler_keep_count(struct sampler *s, size_t k)
{
	keep(s, (double)k, true);
}

float
sampler_kth_largest(float *x, size_t n, size_t k)
{
	size_t low = 0, high = n;

	for (;;) {
		float pivot = x[low + (high - low) / 2];
		size_t above = low, i = low, below = high;

		/* larger | equal | smaller */
		while (i < below) {
			float v = x[i];

			if (v > pivot) {
				x[i++] = x[above];
				x[above++] = v;
			} else if (v < pivot) {
				x[i] = x[--below];
				x[below] = v;
			} else {
				i++;
			}
		}
		if (k <= above)
			high = above;
		else if (k <= below)
			return pivot;
		else
			low = below;
	}
}
