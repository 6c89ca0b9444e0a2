/* The code-book formats: for a scale every entry of the book is weighed, sixteen at a time, through the cost of each
 * level at each place; scales are tried around the largest number, fitted, and brought under one f16 factor. */
#ifndef KERNELS_ENCODE_BOOK_H
#define KERNELS_ENCODE_BOOK_H

#include "kernels/fmt/iq1_grid.h"
#include "kernels/fmt/iq2_s_grid.h"
#include "kernels/fmt/iq2_xs_grid.h"
#include "kernels/fmt/iq2_xxs_grid.h"
#include "kernels/fmt/iq3_s_grid.h"
#include "kernels/fmt/iq3_xxs_grid.h"

enum book_signs { SIGNS_IN_LEVELS, SIGNS_EVEN, SIGNS_FREE };
enum book_shift { SHIFT_NONE, SHIFT_BLOCK, SHIFT_GROUP };
enum { BOOK_TRIES = 6 };

struct book {
	const uint16_t *entries;
	int n_entries, places, bits;	/* of a group; of a level's number */
	float level[8];			/* past the highest: as if the number had fewer bits */
	enum book_signs signs;
	enum book_shift shift;		/* every level moved by one up or down */
	int len;			/* numbers under one scale */
	float base, step;		/* scale n is d * (base + step n) */
	int top;			/* the highest n */
	float factor;			/* the f16 in the file is d * factor */
	float tries[BOOK_TRIES];	/* times the largest number: scales to begin with */
};

/* A super-block made ready: sizes where signs stand apart, negative where evenness turned one over. */
struct book_input {
	float x[256];
	const float *w;
};

ALWAYS_INLINE void
split_signs(struct fmt_found *f, struct book_input *in, const float *x, const struct book *k)
{
	for (int g = 0; g < 32; g++) {
		const float *from = x + 8 * g, *w = in->w + 8 * g;
		unsigned signs = 0;
		int cheapest = 0;

		for (int i = 0; i < 8; i++) {
			bool negative = k->signs != SIGNS_IN_LEVELS && from[i] < 0;

			signs |= (unsigned)negative << i;
			in->x[8 * g + i] = negative ? -from[i] : from[i];
			if (w[i] * fabsf(from[i]) < w[cheapest] * fabsf(from[cheapest]))
				cheapest = i;
		}
		if (k->signs == SIGNS_EVEN && __builtin_parity(signs)) {
			signs ^= 1u << cheapest;
			in->x[8 * g + cheapest] = -in->x[8 * g + cheapest];
		}
		f->signs[g] = (uint8_t)signs;
	}
}

/* The entry with the least cost, the first of equals. */
ALWAYS_INLINE int
cheapest_entry(const struct book *k, const float cost[8][8], float *least)
{
	struct lane best = lane_set(INFINITY), at = lane_set(0);
	float costs[LANES], first[LANES];
	int found = 0;

	for (int e = 0; e < k->n_entries; e += LANES) {
		struct lane_index index = lane_index_load(k->entries + e);
		struct lane sum = lane_lookup(cost[0], index, 0);

		for (int j = 1; j < k->places; j++)
			sum = lane_add(sum, lane_lookup(cost[j], index, j * k->bits));
		at = lane_if_less(sum, best, lane_set((float)e), at);
		best = lane_min(sum, best);
	}
	lane_store(costs, best);
	lane_store(first, at);
	*least = INFINITY;
	for (int i = 0; i < LANES; i++)
		if (costs[i] < *least) {
			*least = costs[i];
			found = (int)first[i] + i;
		}
	return found;
}

struct book_fit {
	float cost, xg, gg;		/* gg, xg: sums of w level^2 and w level x, for the least squares of the scale */
	uint16_t index[8];
	uint8_t shift[4];		/* of each eight */
};

/* One group under SCALE with all levels moved by SHIFT; adds to *fit. */
ALWAYS_INLINE void
fit_group(const struct book *k, const float *x, const float *w, float scale, int g, float shift, struct book_fit *fit)
{
	float cost[8][8], least;
	uint16_t entry;

	for (int j = 0; j < k->places; j++)
		for (int n = 0; n < 8; n++) {
			float miss = x[j] - scale * (k->level[n] + shift);

			cost[j][n] = miss * miss * w[j];
		}
	fit->index[g] = (uint16_t)cheapest_entry(k, cost, &least);
	fit->cost += least;
	entry = k->entries[fit->index[g]];
	for (int j = 0; j < k->places; j++) {
		float level = k->level[entry >> j * k->bits & ((1 << k->bits) - 1)] + shift;

		fit->xg += w[j] * level * x[j];
		fit->gg += w[j] * level * level;
	}
}

ALWAYS_INLINE struct book_fit
fit_block_shifted(const struct book *k, const float *x, const float *w, float scale, float shift)
{
	struct book_fit fit = {0, 0, 0, {0}, {0}};

	for (int g = 0; g < k->len / k->places; g++)
		fit_group(k, x + g * k->places, w + g * k->places, scale, g, shift, &fit);
	for (int i = 0; i < k->len / 8; i++)
		fit.shift[i] = shift < 0;
	return fit;
}

/* Made once for each book, with its constants: what takes the time. */
typedef void book_fitter(struct book_fit *fit, const float *x, const float *w, float scale);

ALWAYS_INLINE struct book_fit
fit_block(const struct book *k, const float *x, const float *w, float scale)
{
	struct book_fit fit = {0, 0, 0, {0}, {0}}, down;

	if (k->shift == SHIFT_NONE)
		return fit_block_shifted(k, x, w, scale, 0);
	if (k->shift == SHIFT_BLOCK) {
		fit = fit_block_shifted(k, x, w, scale, 1);
		down = fit_block_shifted(k, x, w, scale, -1);
		return down.cost < fit.cost ? down : fit;
	}
	for (int g = 0; g < k->len / k->places; g++) {
		struct book_fit one = fit, other = fit;

		fit_group(k, x + g * k->places, w + g * k->places, scale, g, 1, &one);
		fit_group(k, x + g * k->places, w + g * k->places, scale, g, -1, &other);
		other.shift[g] = 1;
		fit = other.cost < one.cost ? other : one;
	}
	return fit;
}

/* The scale of one block alone. */
ONCE float
book_scale(const struct book *k, book_fitter *fitter, const float *x, const float *w)
{
	struct part p = {x, w, k->len};
	float top = fabsf(furthest(&p)), best = 0;
	struct book_fit least = {INFINITY, 0, 0, {0}, {0}};

	for (int i = 0; i < BOOK_TRIES && top > 0; i++) {
		struct book_fit fit;

		fitter(&fit, x, w, top * k->tries[i]);
		if (fit.cost < least.cost) {
			least = fit;
			best = top * k->tries[i];
		}
	}
	return least.gg > 0 && least.xg > 0 ? least.xg / least.gg : best;
}

/* Scale numbers below and above what the block wants; the better one stays. */
ONCE struct book_fit
fit_number(const struct book *k, book_fitter *fitter, const float *x, const float *w, float d, float wanted, int8_t *number)
{
	float n = (wanted / d - k->base) / k->step;
	int low = n > 0 ? n < (float)k->top ? (int)n : k->top : 0, high;
	struct book_fit a, b;

	high = low < k->top ? low + 1 : low;
	fitter(&a, x, w, d * (k->base + k->step * (float)low));
	*number = (int8_t)low;
	if (high == low)
		return a;
	fitter(&b, x, w, d * (k->base + k->step * (float)high));
	if (b.cost < a.cost)
		*number = (int8_t)high;
	return b.cost < a.cost ? b : a;
}

ALWAYS_INLINE float
book_d(const struct book *k, float d)
{
	return round_f16(d * k->factor) / k->factor;
}

ONCE void
encode_book(struct fmt_found *f, const float *x, const float *w, const struct book *k, book_fitter *fitter)
{
	struct book_input in = {.w = w};
	float fitted[16], top = 0, d, best_error = INFINITY;
	int n_blocks = 256 / k->len, groups = k->len / k->places, eights = k->len / 8;
	struct fmt_found now;

	memset(f, 0, sizeof *f);
	split_signs(f, &in, x, k);
	now = *f;
	for (int b = 0; b < n_blocks; b++) {
		fitted[b] = book_scale(k, fitter, in.x + b * k->len, w + b * k->len);
		top = fitted[b] > top ? fitted[b] : top;
	}
	d = book_d(k, top / (k->base + k->step * (float)k->top));
	for (int round = 0; round < 2 && d > 0; round++) {
		float error = 0, num = 0, den = 0;

		now.d = to_f16(d * k->factor);
		for (int b = 0; b < n_blocks; b++) {
			struct book_fit fit = fit_number(k, fitter, in.x + b * k->len, w + b * k->len, d,
			    fitted[b], &now.scale[b]);
			float factor = k->base + k->step * (float)now.scale[b];

			memcpy(now.index + b * groups, fit.index, (size_t)groups * sizeof *now.index);
			memcpy(now.shift + b * eights, fit.shift, (size_t)eights);
			error += fit.cost;
			num += factor * fit.xg;
			den += factor * factor * fit.gg;
		}
		if (error < best_error) {
			best_error = error;
			*f = now;
		}
		if (!(den > 0))
			break;
		d = book_d(k, num / den);
	}
}

#define IQ2_LEVELS {8, 25, 43, 43, 8, 25, 43, 43}
#define IQ2_TRIES {0.0160f, 0.0185f, 0.0205f, 0.0225f, 0.0245f, 0.0270f}

static const struct book book_iq2_xxs = {iq2_xxs_grid, 256, 8, 2, IQ2_LEVELS, SIGNS_EVEN, SHIFT_NONE, 32,
	0.125f, 0.25f, 15, 1, IQ2_TRIES};
static const struct book book_iq2_xs = {iq2_xs_grid, 512, 8, 2, IQ2_LEVELS, SIGNS_EVEN, SHIFT_NONE, 16,
	0.125f, 0.25f, 15, 1, IQ2_TRIES};
static const struct book book_iq2_s = {iq2_s_grid, 1024, 8, 2, IQ2_LEVELS, SIGNS_FREE, SHIFT_NONE, 16,
	0.125f, 0.25f, 15, 1, IQ2_TRIES};
static const struct book book_iq3_xxs = {iq3_xxs_grid, 256, 4, 3, {4, 12, 20, 28, 36, 44, 52, 62}, SIGNS_EVEN, SHIFT_NONE,
	32, 0.25f, 0.5f, 15, 1, {0.0125f, 0.0136f, 0.0147f, 0.0158f, 0.0169f, 0.0182f}};
static const struct book book_iq3_s = {iq3_s_grid, 512, 4, 3, {1, 3, 5, 7, 9, 11, 13, 15}, SIGNS_FREE, SHIFT_NONE,
	32, 1, 2, 15, 1, {0.0520f, 0.0565f, 0.0610f, 0.0655f, 0.0700f, 0.0750f}};
#define IQ1_LEVELS {-8, 0, 8, 8, -8, 0, 8, 8}
#define IQ1_TRIES {0.040f, 0.050f, 0.060f, 0.072f, 0.086f, 0.105f}
static const struct book book_iq1_s = {iq1_grid, 2048, 8, 2, IQ1_LEVELS, SIGNS_IN_LEVELS, SHIFT_BLOCK,
	32, 1, 2, 7, 8, IQ1_TRIES};
static const struct book book_iq1_m = {iq1_grid, 2048, 8, 2, IQ1_LEVELS, SIGNS_IN_LEVELS, SHIFT_GROUP,
	16, 1, 2, 7, 8, IQ1_TRIES};

#endif
