/* The searches of the encoder: scales and minima whose codes leave the least weighted squared error
 *	sum w (x - decoded)^2.
 * Sixteen candidates stand in the lanes and the numbers of a block pass by, so nothing is ever added across lanes: the
 * order of every sum is the order of the numbers, whatever the vectors of the machine. */
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

/* What codes there are. */
enum level_kind { LEVEL_WHOLE, LEVEL_IQ4, LEVEL_E2M1 };
struct levels {
	enum level_kind kind;
	float low, high;		/* the least and the greatest */
	/* Where the search begins: the largest number becomes low (or high) stretched by first + step k, k = 0..15. */
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

/* The first of the least; 0 when none is a number.  Without branches: which one it is cannot be foretold. */
ALWAYS_INLINE int
first_least(struct lane v)
{
	float least;

	v = lane_if_less(v, lane_set(INFINITY), v, lane_set(INFINITY));		/* no NaN */
	least = lane_least(v);
	return least < INFINITY ? lane_find(v, least) : 0;
}

/* The nearest f16, never an infinity. */
ALWAYS_INLINE struct lane
lane_round_f16(struct lane a)
{
	return lane_f16(lane_min(lane_set(65504), lane_max(lane_set(-65504), a)));
}

/* ---- w = scale * code ---- */

struct fit {
	float scale, gain;		/* gain: by how much the squares of the block shrink */
};

/* For 16 inverse scales: the codes they give, and the least-squares scale of these codes. */
ALWAYS_INLINE void
try_inverse_of(const struct part *p, const struct levels *l, const float from[LANES], struct fit *best, enum level_kind kind)
{
	struct lane inverse = lane_load(from);
	struct lane xc = lane_set(0), cc = lane_set(0), gain;
	float gains[LANES], sum_xc[LANES], sum_cc[LANES];
	int at;

	for (int i = 0; i < p->n; i++) {
		struct lane c = nearest(lane_mul(lane_set(p->x[i]), inverse), l, kind), wc = lane_mul(lane_set(p->w[i]), c);

		xc = lane_fma(wc, lane_set(p->x[i]), xc);
		cc = lane_fma(wc, c, cc);
	}
	gain = lane_div(lane_mul(xc, xc), cc);
	at = first_least(lane_if_less(lane_set(0), cc, lane_sub(lane_set(0), gain), lane_set(INFINITY)));
	lane_store(gains, gain);
	lane_store(sum_xc, xc);
	lane_store(sum_cc, cc);
	if (sum_cc[at] > 0 && gains[at] > best->gain)
		*best = (struct fit){sum_xc[at] / sum_cc[at], gains[at]};
}

#define FOR_KIND(kind) \
ONCE void \
try_inverse_##kind(const struct part *p, const struct levels *l, const float inverse[LANES], struct fit *best) \
{ \
	try_inverse_of(p, l, inverse, best, LEVEL_##kind); \
}
FOR_KIND(WHOLE)
FOR_KIND(IQ4)
#undef FOR_KIND

ONCE struct fit
best_scale(const struct part *p, const struct levels *l)
{
	struct fit best = {0, 0};
	float top = furthest(p), inverse[LANES];

	if (top == 0)
		return best;
	for (int side = 0; side < (l->low == -l->high ? 1 : 2); side++) {
		for (int k = 0; k < LANES; k++) {
			float stretch = l->first + l->step * (float)k;

			inverse[k] = (side ? l->low - stretch : l->high + stretch) / top;
		}
		if (l->kind == LEVEL_IQ4)
			try_inverse_IQ4(p, l, inverse, &best);
		else
			try_inverse_WHOLE(p, l, inverse, &best);
	}
	return best;
}

/* One of 16 candidates and the sums that its codes give; error leaves out what all have, sum w x^2. */
struct choice {
	int at;
	float error, xc, cc, c;
};

/* The error follows from the sums: sum w (x - s c)^2 = sum w x^2 - 2 s sum w x c + s^2 sum w c^2, whose rounding is far below
 * what codes of six bits leave. */
ALWAYS_INLINE struct choice
closest_of(const struct part *p, const struct levels *l, const float scale[LANES], enum level_kind kind)
{
	struct lane s = lane_load(scale), inverse = lane_div(lane_set(1), s);
	struct lane e, xc = lane_set(0), cc = xc;
	float sum_e[LANES], sum_xc[LANES], sum_cc[LANES];
	int at;

	for (int i = 0; i < p->n; i++) {
		struct lane x = lane_set(p->x[i]), c = nearest(lane_mul(x, inverse), l, kind);
		struct lane wc = lane_mul(lane_set(p->w[i]), c);

		xc = lane_fma(wc, x, xc);
		cc = lane_fma(wc, c, cc);
	}
	e = lane_mul(s, lane_sub(lane_mul(s, cc), lane_mul(lane_set(2), xc)));
	lane_store(sum_e, e);
	lane_store(sum_xc, xc);
	lane_store(sum_cc, cc);
	at = first_least(e);
	return (struct choice){at, sum_e[at], sum_xc[at], sum_cc[at], 0};
}

#define FOR_KIND(kind) \
ONCE struct choice \
closest_##kind(const struct part *p, const struct levels *l, const float scale[LANES]) \
{ \
	return closest_of(p, l, scale, LEVEL_##kind); \
}
FOR_KIND(WHOLE)
FOR_KIND(IQ4)
FOR_KIND(E2M1)
#undef FOR_KIND

/* Which of 16 scales leaves the least error. */
static struct choice
closest(const struct part *p, const struct levels *l, const float scale[LANES])
{
	return l->kind == LEVEL_WHOLE ? closest_WHOLE(p, l, scale) : l->kind == LEVEL_IQ4 ? closest_IQ4(p, l, scale) :
	    closest_E2M1(p, l, scale);
}

/* Codes of a block whose n is a multiple of 16, counted from 0 as they are stored. */
ONCE void
write_codes(uint8_t *code, const struct part *p, const struct levels *l, float scale)
{
	struct lane inverse = lane_set(scale != 0 ? 1 / scale : 0);
	float c[LANES];

	for (int at = 0; at < p->n; at += LANES) {
		lane_store(c, nearest(lane_mul(lane_load(p->x + at), inverse), l, l->kind));
		for (int i = 0; i < LANES; i++)
			code[at + i] = (uint8_t)(int)(c[i] - l->low);
	}
}

/* ---- w = scale * code + offset ---- */

struct line {
	float scale, offset;
};

/* How codes of 0..TOP are tried; is_free: the offset may be above 0 (else it is what a minimum takes away). */
struct affine {
	float top, first, step;
	bool is_free;
};

struct moments {
	float w, x, xx;			/* sums of w, w x, w x^2 */
	float low, high;		/* of x; low not above 0 unless is_free */
};

ONCE struct moments
moments_of(const struct part *p, const struct affine *a)
{
	struct moments m = {0, 0, 0, p->x[0], p->x[0]};

	for (int i = 0; i < p->n; i++) {
		m.w += p->w[i];
		m.x += p->w[i] * p->x[i];
		m.xx += p->w[i] * p->x[i] * p->x[i];
		m.low = p->x[i] < m.low ? p->x[i] : m.low;
		m.high = p->x[i] > m.high ? p->x[i] : m.high;
	}
	if (!a->is_free && m.low > 0)
		m.low = 0;
	return m;
}

/* 16 ways to spread the codes from the lowest number to the highest and beyond, each with its least-squares line. */
ONCE struct line
best_line(const struct part *p, const struct affine *a, const struct moments *m)
{
	struct lane c1 = lane_set(0), cc = c1, xc = c1, zero = c1, top = lane_set(a->top);
	struct lane det, scale, offset, error, inverse, shift;
	float f[LANES], scales[LANES], offsets[LANES];
	int at;

	if (!(m->high > m->low))
		return (struct line){0, m->low};
	for (int k = 0; k < LANES; k++)
		f[k] = (a->top + a->first + a->step * (float)k) / (m->high - m->low);
	inverse = lane_load(f);
	shift = lane_mul(lane_set(-m->low), inverse);
	for (int i = 0; i < p->n; i++) {
		struct lane x = lane_set(p->x[i]), w = lane_set(p->w[i]);
		struct lane c = lane_round(lane_min(lane_max(lane_fma(x, inverse, shift), zero), top));
		struct lane wc = lane_mul(w, c);

		c1 = lane_add(c1, wc);
		cc = lane_fma(wc, c, cc);
		xc = lane_fma(wc, x, xc);
	}
	det = lane_sub(lane_mul(lane_set(m->w), cc), lane_mul(c1, c1));
	scale = lane_div(lane_sub(lane_mul(lane_set(m->w), xc), lane_mul(lane_set(m->x), c1)), det);
	offset = lane_div(lane_sub(lane_mul(lane_set(m->x), cc), lane_mul(c1, xc)), det);
	if (!a->is_free) {
		scale = lane_if_less(zero, offset, lane_div(xc, cc), scale);
		offset = lane_min(offset, zero);
	}
	/* sum w (scale c + offset - x)^2, the constant sum w x^2 left out */
	error = lane_mul(scale, lane_sub(lane_mul(scale, cc), lane_mul(lane_set(2), xc)));
	error = lane_add(error, lane_mul(lane_mul(lane_set(2), scale), lane_mul(offset, c1)));
	error = lane_add(error, lane_mul(offset, lane_sub(lane_mul(offset, lane_set(m->w)), lane_set(2 * m->x))));
	error = lane_if_less(zero, scale, error, lane_set(INFINITY));
	at = first_least(error);
	lane_store(f, error);
	lane_store(scales, scale);
	lane_store(offsets, offset);
	return f[at] < INFINITY ? (struct line){scales[at], offsets[at]} : (struct line){(m->high - m->low) / a->top, m->low};
}

/* Which of 16 lines leaves the least error.  It follows from the sums: with v = x - offset,
 *	sum w (v - scale c)^2 = sum w v^2 - 2 scale sum w v c + scale^2 sum w c^2,
 * whose rounding is far below what codes of five bits leave. */
ONCE struct choice
closest_line(const struct part *p, float top, const struct moments *m, const float scale[LANES], const float offset[LANES])
{
	struct lane s = lane_load(scale), o = lane_load(offset), inverse = lane_div(lane_set(1), s);
	struct lane shift = lane_mul(lane_sub(lane_set(0), o), inverse), zero = lane_set(0), most = lane_set(top);
	struct lane c1 = zero, cc = zero, xc = zero, e;
	float sum_e[LANES], sum_c[LANES], sum_cc[LANES], sum_xc[LANES];
	int at;

	for (int i = 0; i < p->n; i++) {
		struct lane x = lane_set(p->x[i]);
		struct lane c = lane_round(lane_min(lane_max(lane_fma(x, inverse, shift), zero), most));
		struct lane wc = lane_mul(lane_set(p->w[i]), c);

		c1 = lane_add(c1, wc);
		cc = lane_fma(wc, c, cc);
		xc = lane_fma(wc, x, xc);
	}
	e = lane_mul(s, lane_sub(lane_mul(s, cc), lane_mul(lane_set(2), lane_sub(xc, lane_mul(o, c1)))));
	e = lane_add(e, lane_mul(o, lane_sub(lane_mul(o, lane_set(m->w)), lane_set(2 * m->x))));
	e = lane_add(e, lane_set(m->xx));
	lane_store(sum_e, e);
	lane_store(sum_c, c1);
	lane_store(sum_cc, cc);
	lane_store(sum_xc, xc);
	at = first_least(e);
	return (struct choice){at, sum_e[at], sum_xc[at], sum_cc[at], sum_c[at]};
}

ONCE void
write_line_codes(uint8_t *code, const struct part *p, float top, float scale, float offset)
{
	float over = scale != 0 ? 1 / scale : 0, c[LANES];
	struct lane inverse = lane_set(over), shift = lane_set(-offset * over);

	for (int at = 0; at < p->n; at += LANES) {
		struct lane v = lane_fma(lane_load(p->x + at), inverse, shift);

		lane_store(c, lane_round(lane_min(lane_max(v, lane_set(0)), lane_set(top))));
		for (int i = 0; i < LANES; i++)
			code[at + i] = (uint8_t)c[i];
	}
}

#endif
