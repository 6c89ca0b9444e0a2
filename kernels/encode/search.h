/* The searches of the encoder: scales and minima whose codes leave the least weighted squared error
 *	sum w (x - decoded)^2.
 * Sixteen blocks stand in the lanes and their numbers pass by, once for every candidate, so nothing is ever added across
 * lanes: the order of every sum is the order of the numbers, whatever the vectors of the machine. */
#ifndef KERNELS_ENCODE_SEARCH_H
#define KERNELS_ENCODE_SEARCH_H

#include <math.h>
#include <stdbool.h>

#include "kernels/f16.h"

/* Large bodies stand once for all formats. */
#define ONCE static __attribute__((noinline))

/* The numbers of one block and what their squared errors count. */
struct part {
	const float *x, *w;
	int n;
};

/* The numbers of sixteen blocks: number i of block b is x[i * LANES + b]. */
struct group {
	const float *x, *w;		/* w NULL: all 1 */
	int n;				/* of a block */
};

/* What codes there are. */
enum level_kind { LEVEL_WHOLE, LEVEL_IQ4, LEVEL_E2M1 };
enum { STRETCHES = 6 };
struct levels {
	enum level_kind kind;
	float low, high;		/* the least and the greatest */
	/* Where the search begins: the largest number becomes low (or high) stretched by first + step k, k < STRETCHES. */
	float first, step;
};

ALWAYS_INLINE struct lane
step_up(struct lane y, struct lane v, float threshold, float height)
{
	struct lane t = lane_set(threshold);

	return lane_add(y, lane_if_less(t, v, lane_set(height), lane_set(0)));
}

/* The code nearest to v. */
ALWAYS_INLINE struct lane
nearest(struct lane v, const struct levels *l, enum level_kind kind)
{
	static const float iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
	static const float e2m1[8] = {0, 1, 2, 3, 4, 6, 8, 12};
	struct lane y, abs;

	if (kind == LEVEL_WHOLE)
		return lane_round(lane_min(lane_max(v, lane_set(l->low)), lane_set(l->high)));
	if (kind == LEVEL_IQ4) {
		y = lane_set(iq4[0]);
		for (int k = 1; k < 16; k++)
			y = step_up(y, v, (iq4[k - 1] + iq4[k]) / 2, iq4[k] - iq4[k - 1]);
		return y;
	}
	abs = lane_max(v, lane_sub(lane_set(0), v));
	y = lane_set(0);
	for (int k = 1; k < 8; k++)
		y = step_up(y, abs, (e2m1[k - 1] + e2m1[k]) / 2, e2m1[k] - e2m1[k - 1]);
	return lane_if_less(v, lane_set(0), lane_sub(lane_set(0), y), y);
}

/* The f16 nearest to F, never an infinity. */
ALWAYS_INLINE uint16_t
to_f16(float f)
{
	return f16_from_f32(f > 65504 ? 65504 : f < -65504 ? -65504 : f);
}

ALWAYS_INLINE float
round_f16(float f)
{
	return f16_to_f32(to_f16(f));
}

/* The number furthest from 0, sign and all. */
ALWAYS_INLINE float
furthest(const struct part *p)
{
	float top = 0;

	for (int i = 0; i < p->n; i++)
		top = fabsf(p->x[i]) > fabsf(top) ? p->x[i] : top;
	return top;
}

/* How far it is from 0, of a block whose n is a multiple of 16. */
ALWAYS_INLINE float
size_of(const struct part *p)
{
	struct lane least = lane_set(0);

	for (int i = 0; i < p->n; i += LANES) {
		struct lane x = lane_load(p->x + i);

		least = lane_min(least, lane_min(x, lane_sub(lane_set(0), x)));
	}
	return -lane_least(least);
}

/* The nearest f16, never an infinity. */
ALWAYS_INLINE struct lane
lane_round_f16(struct lane a)
{
	return lane_f16(lane_min(lane_set(65504), lane_max(lane_set(-65504), a)));
}

ALWAYS_INLINE struct lane
lane_negative(struct lane a)
{
	return lane_sub(lane_set(0), a);
}

ALWAYS_INLINE struct lane
lane_size(struct lane a)
{
	return lane_max(a, lane_negative(a));
}

ALWAYS_INLINE struct lane
lane_clamp(struct lane a, float low, float high)
{
	return lane_min(lane_max(a, lane_set(low)), lane_set(high));
}

ALWAYS_INLINE struct lane
group_x(const struct group *g, int i)
{
	return lane_load(g->x + (size_t)i * LANES);
}

/* Of each block what its codes sum up to, and the squared error, less what all candidates share. */
struct sums {
	struct lane c, cc, xc;		/* w c, w c^2, w x c */
	struct lane error;
};

/* The better of two for each block; A of equals, and where B's error is none. */
ALWAYS_INLINE struct sums
better_sums(const struct sums *a, const struct sums *b)
{
	return (struct sums){
		lane_if_less(b->error, a->error, b->c, a->c),
		lane_if_less(b->error, a->error, b->cc, a->cc),
		lane_if_less(b->error, a->error, b->xc, a->xc),
		lane_if_less(b->error, a->error, b->error, a->error),
	};
}

/* ---- w = scale * code ---- */

ALWAYS_INLINE void
scale_sums_of(struct sums *s, const struct group *g, const struct levels *l, const struct lane *inverse, enum level_kind kind,
    bool is_weighed)
{
	struct lane xc = lane_set(0), cc = lane_set(0), by = *inverse;

	for (int i = 0; i < g->n; i++) {
		struct lane x = group_x(g, i), c = nearest(lane_mul(x, by), l, kind), wc = c;

		if (is_weighed)
			wc = lane_mul(lane_load(g->w + (size_t)i * LANES), c);
		xc = lane_fma(wc, x, xc);
		cc = lane_fma(wc, c, cc);
	}
	s->xc = xc;
	s->cc = cc;
}

#define FOR_KIND(kind) \
ONCE void \
scale_sums_##kind(struct sums *s, const struct group *g, const struct levels *l, const struct lane *inverse) \
{ \
	if (g->w) \
		scale_sums_of(s, g, l, inverse, LEVEL_##kind, true); \
	else \
		scale_sums_of(s, g, l, inverse, LEVEL_##kind, false); \
}
FOR_KIND(WHOLE)
FOR_KIND(IQ4)
FOR_KIND(E2M1)
#undef FOR_KIND

/* The codes that the inverse scales give, summed. */
static void
scale_sums(struct sums *s, const struct group *g, const struct levels *l, const struct lane *inverse)
{
	if (l->kind == LEVEL_WHOLE)
		scale_sums_WHOLE(s, g, l, inverse);
	else if (l->kind == LEVEL_IQ4)
		scale_sums_IQ4(s, g, l, inverse);
	else
		scale_sums_E2M1(s, g, l, inverse);
}

/* The number of each block furthest from 0, sign and all. */
ONCE void
furthest_of(struct lane *top, const struct group *g)
{
	struct lane t = lane_set(0);

	for (int i = 0; i < g->n; i++) {
		struct lane x = group_x(g, i);

		t = lane_if_less(lane_size(t), lane_size(x), x, t);
	}
	*top = t;
}

/* The least-squares scales of the codes that the best stretch gives: the one by which squares shrink most.  Among equals,
 * but for their rounding, the first, so that blocks of like numbers agree on their scale. */
ONCE void
best_scale(struct lane *scale, const struct group *g, const struct levels *l)
{
	struct lane top, best = lane_set(0), y = lane_set(0), hair = lane_set(1 + 0x1p-18f);

	furthest_of(&top, g);
	for (int side = 0; side < (l->low == -l->high ? 1 : 2); side++)
		for (int k = 0; k < STRETCHES; k++) {
			float stretch = l->first + l->step * (float)k;
			struct lane inverse = lane_div(lane_set(side ? l->low - stretch : l->high + stretch), top), gain;
			struct sums s;

			scale_sums(&s, g, l, &inverse);
			gain = lane_div(lane_mul(s.xc, s.xc), s.cc);
			y = lane_if_less(lane_mul(best, hair), gain, lane_div(s.xc, s.cc), y);
			best = lane_if_less(lane_mul(best, hair), gain, gain, best);
		}
	*scale = y;
}

/* Sums and error of SCALE.  The error follows from the sums:
 *	sum w (x - s c)^2 = sum w x^2 - 2 s sum w x c + s^2 sum w c^2,
 * whose rounding is far below what codes of six bits leave. */
static void
try_scale(struct sums *s, const struct group *g, const struct levels *l, struct lane scale)
{
	struct lane inverse = lane_div(lane_set(1), scale);

	scale_sums(s, g, l, &inverse);
	s->c = lane_set(0);
	s->error = lane_mul(scale, lane_sub(lane_mul(scale, s->cc), lane_mul(lane_set(2), s->xc)));
}

/* Whole numbers of 0..255.  On top of 2^23 they are the low bytes of the floats, which compilers narrow by vectors. */
ALWAYS_INLINE void
store_bytes(uint8_t *to, struct lane a)
{
	float f[LANES];
	uint32_t u[LANES];

	lane_store(f, lane_add(a, lane_set(0x1p23f)));
	memcpy(u, f, sizeof u);
	for (int i = 0; i < LANES; i++)
		to[i] = (uint8_t)u[i];
}

/* Codes of a block whose n is a multiple of 16, counted from 0 as they are stored. */
ONCE void
write_codes(uint8_t *code, const struct part *p, const struct levels *l, float scale)
{
	struct lane inverse = lane_set(scale != 0 ? 1 / scale : 0);

	for (int at = 0; at < p->n; at += LANES) {
		struct lane c = nearest(lane_mul(lane_load(p->x + at), inverse), l, l->kind);

		store_bytes(code + at, lane_sub(c, lane_set(l->low)));
	}
}

/* ---- w = scale * code + offset ---- */

struct line {
	struct lane scale, offset;
};

/* How codes of 0..TOP are tried; is_free: the offset may be above 0 (else it is what a minimum takes away). */
struct affine {
	float top, first, step;
	bool is_free;
};

struct moments {
	struct lane w, x;		/* sums of w, w x */
	struct lane low, high;		/* of x; low not above 0 unless is_free */
};

ONCE void
moments_of(struct moments *to, const struct group *g, const struct affine *a)
{
	struct moments m = {lane_set(0), lane_set(0), group_x(g, 0), group_x(g, 0)};

	for (int i = 0; i < g->n; i++) {
		struct lane x = group_x(g, i), w = g->w ? lane_load(g->w + (size_t)i * LANES) : lane_set(1);

		m.w = lane_add(m.w, w);
		m.x = lane_add(m.x, lane_mul(w, x));
		m.low = lane_min(x, m.low);
		m.high = lane_max(x, m.high);
	}
	if (!a->is_free)
		m.low = lane_min(m.low, lane_set(0));
	*to = m;
}

ALWAYS_INLINE void
line_sums_of(struct sums *s, const struct group *g, float top, const struct lane *inverse, const struct lane *shift,
    bool is_weighed)
{
	struct lane c1 = lane_set(0), cc = c1, xc = c1, by = *inverse, from = *shift;

	for (int i = 0; i < g->n; i++) {
		struct lane x = group_x(g, i), c = lane_round(lane_clamp(lane_fma(x, by, from), 0, top)), wc = c;

		if (is_weighed)
			wc = lane_mul(lane_load(g->w + (size_t)i * LANES), c);
		c1 = lane_add(c1, wc);
		cc = lane_fma(wc, c, cc);
		xc = lane_fma(wc, x, xc);
	}
	s->c = c1;
	s->cc = cc;
	s->xc = xc;
}

/* The codes round(x * inverse + shift), summed. */
ONCE void
line_sums(struct sums *s, const struct group *g, float top, const struct lane *inverse, const struct lane *shift)
{
	if (g->w)
		line_sums_of(s, g, top, inverse, shift, true);
	else
		line_sums_of(s, g, top, inverse, shift, false);
}

/* sum w (scale c + offset - x)^2 without sum w x^2 */
ALWAYS_INLINE struct lane
line_error(const struct sums *s, const struct moments *m, const struct line *l)
{
	struct lane two = lane_set(2);
	struct lane e = lane_mul(l->scale, lane_sub(lane_mul(l->scale, s->cc), lane_mul(two, s->xc)));

	e = lane_add(e, lane_mul(lane_mul(two, l->scale), lane_mul(l->offset, s->c)));
	return lane_add(e, lane_mul(l->offset, lane_sub(lane_mul(l->offset, m->w), lane_mul(two, m->x))));
}

/* The least squares of the line for given codes. */
ALWAYS_INLINE struct line
fit_line(const struct sums *s, const struct moments *m, const struct affine *a)
{
	struct lane det = lane_sub(lane_mul(m->w, s->cc), lane_mul(s->c, s->c)), zero = lane_set(0);
	struct line y = {
		lane_div(lane_sub(lane_mul(m->w, s->xc), lane_mul(m->x, s->c)), det),
		lane_div(lane_sub(lane_mul(m->x, s->cc), lane_mul(s->c, s->xc)), det),
	};

	if (!a->is_free) {
		y.scale = lane_if_less(zero, y.offset, lane_div(s->xc, s->cc), y.scale);
		y.offset = lane_min(y.offset, zero);
	}
	return y;
}

ALWAYS_INLINE void
keep_line(struct line *best, struct lane *least, const struct line *l, struct lane error)
{
	best->scale = lane_if_less(error, *least, l->scale, best->scale);
	best->offset = lane_if_less(error, *least, l->offset, best->offset);
	*least = lane_if_less(error, *least, error, *least);
}

/* Ways to spread the codes from the lowest number to the highest and beyond, each with its least-squares line. */
ONCE void
best_line(struct line *best, const struct group *g, const struct affine *a, const struct moments *m)
{
	struct lane zero = lane_set(0), none = lane_set(INFINITY), least = none, span = lane_sub(m->high, m->low);

	*best = (struct line){lane_div(span, lane_set(a->top)), m->low};
	for (int k = 0; k < STRETCHES; k++) {
		struct lane inverse = lane_div(lane_set(a->top + a->first + a->step * (float)k), span);
		struct lane shift = lane_mul(lane_negative(m->low), inverse);
		struct sums s;
		struct line l;

		line_sums(&s, g, a->top, &inverse, &shift);
		l = fit_line(&s, m, a);
		keep_line(best, &least, &l, lane_if_less(zero, l.scale, line_error(&s, m, &l), none));
	}
	best->scale = lane_if_less(m->low, m->high, best->scale, zero);
	best->offset = lane_if_less(m->low, m->high, best->offset, m->low);
}

/* Sums and error of a line. */
static void
try_line(struct sums *s, const struct group *g, float top, const struct moments *m, const struct line *l)
{
	struct lane inverse = lane_div(lane_set(1), l->scale), shift = lane_mul(lane_negative(l->offset), inverse);

	line_sums(s, g, top, &inverse, &shift);
	s->error = line_error(s, m, l);
}

ONCE void
write_line_codes(uint8_t *code, const struct part *p, float top, float scale, float offset)
{
	float over = scale != 0 ? 1 / scale : 0;
	struct lane inverse = lane_set(over), shift = lane_set(-offset * over);

	for (int at = 0; at < p->n; at += LANES) {
		struct lane v = lane_fma(lane_load(p->x + at), inverse, shift);

		store_bytes(code + at, lane_round(lane_clamp(v, 0, top)));
	}
}

#endif
