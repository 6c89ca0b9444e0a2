/* Blocks of each kind of format: one scale, a scale and an offset, a scale of scales, scales and minima of them.
 * Sixteen blocks are searched together: of a format of its own each, or the parts of one or two super-blocks. */
#ifndef KERNELS_ENCODE_BLOCK_H
#define KERNELS_ENCODE_BLOCK_H

/* Sixteen blocks of a row. */
struct batch {
	struct group group;		/* where the row has fewer, its last stands in for the missing */
	const float *x;			/* as they lie, block after block */
	int n;				/* how many are there */
};

ALWAYS_INLINE struct part
batch_part(const struct batch *b, int at)
{
	return (struct part){b->x + at * b->group.n, NULL, b->group.n};
}

/* ---- one f16 scale ---- */

enum { NEIGHBOURS = 4 };

/* Which scale near SCALE leaves the least error, as f16; and its sums. */
static struct lane
nearby_scale(struct sums *best, const struct group *g, const struct levels *l, struct lane scale, float spread)
{
	struct lane y = lane_set(0);

	*best = (struct sums){y, y, y, lane_set(INFINITY)};
	for (int k = 0; k < NEIGHBOURS; k++) {
		struct lane s = lane_round_f16(lane_mul(scale, lane_set(1 + spread * (float)(k - NEIGHBOURS / 2))));
		struct sums now;

		try_scale(&now, g, l, s);
		y = lane_if_less(now.error, best->error, s, y);
		*best = better_sums(best, &now);
	}
	return y;
}

ONCE void
encode_single(struct fmt_found *f, const struct batch *b, const struct levels *l, float spread)
{
	struct lane scale, coarse, fitted;
	struct sums s;
	float d[LANES];

	best_scale(&scale, &b->group, l);
	coarse = nearby_scale(&s, &b->group, l, scale, spread);
	fitted = lane_if_less(lane_set(0), s.cc, lane_div(s.xc, s.cc), coarse);
	lane_store(d, nearby_scale(&s, &b->group, l, fitted, spread / 4));
	for (int i = 0; i < b->n; i++) {
		struct part p = batch_part(b, i);

		f[i].d = to_f16(d[i]);
		write_codes(f[i].code, &p, l, d[i]);
	}
}

/* Not searched: the largest number takes the last code.  With 8 bits a search gains next to nothing. */
ONCE void
encode_plain(struct fmt_found *f, const struct part *p, const struct levels *l)
{
	f->d = to_f16(size_of(p) / l->high);
	write_codes(f->code, p, l, f16_to_f32(f->d));
}

/* ---- an f16 scale and an f16 offset ---- */

ONCE void
encode_single_line(struct fmt_found *f, const struct batch *b, const struct affine *a)
{
	struct moments m;
	struct line start, best;
	struct lane least = lane_set(INFINITY);
	float d[LANES], offset[LANES];

	moments_of(&m, &b->group, a);
	best_line(&start, &b->group, a, &m);
	best = (struct line){lane_set(0), lane_set(0)};
	for (int k = 0; k < 9; k++) {
		struct line l = {
			lane_round_f16(lane_mul(start.scale, lane_set(1 + 0.007f * (float)(k % 3 - 1)))),
			lane_round_f16(lane_add(start.offset, lane_mul(start.scale, lane_set(0.1f * (float)(k / 3 - 1))))),
		};
		struct sums s;

		try_line(&s, &b->group, a->top, &m, &l);
		keep_line(&best, &least, &l, s.error);
	}
	lane_store(d, best.scale);
	lane_store(offset, best.offset);
	for (int i = 0; i < b->n; i++) {
		struct part p = batch_part(b, i);

		f[i].d = to_f16(d[i]);
		f[i].dmin = to_f16(offset[i]);
		write_line_codes(f[i].code, &p, a->top, d[i], offset[i]);
	}
}

/* ---- d * scale * code ---- */

struct super {
	int n_blocks, len;		/* n_blocks 8 or 16 */
	float low, high;		/* of the scales */
	struct levels levels;
};

/* For each super-block a f16, so that the number of A furthest from 0 is LAST times that; 0 of zeros. */
ALWAYS_INLINE struct lane
super_unit(int n_blocks, float last, struct lane a)
{
	float v[LANES], unit[LANES];

	lane_store(v, a);
	for (int first = 0; first < LANES; first += n_blocks) {
		float top = 0;

		for (int i = first; i < first + n_blocks; i++)
			top = fabsf(v[i]) > fabsf(top) ? v[i] : top;
		for (int i = first; i < first + n_blocks; i++)
			unit[i] = round_f16(top / last);
	}
	return lane_load(unit);
}

/* The least squares of d for these scales; another search from it gains a thousandth and costs as much again. */
ALWAYS_INLINE float
better_d(const struct super *k, float d, const float *scale, const float *xc, const float *cc)
{
	float num = 0, den = 0;

	for (int i = 0; i < k->n_blocks; i++) {
		num += scale[i] * xc[i];
		den += scale[i] * scale[i] * cc[i];
	}
	return d != 0 && den > 0 && round_f16(num / den) != 0 ? round_f16(num / den) : d;
}

ONCE void
encode_super(struct fmt_found *f, const struct batch *b, const struct super *k)
{
	struct lane fitted, d, wanted, count = lane_set(0), zero = count;
	struct sums best = {zero, zero, zero, lane_set(INFINITY)};
	float ds[LANES], scale[LANES], xc[LANES], cc[LANES];

	best_scale(&fitted, &b->group, &k->levels);
	d = super_unit(k->n_blocks, k->low, fitted);
	wanted = lane_round(lane_clamp(lane_div(fitted, d), k->low, k->high));
	for (int i = 0; i < NEIGHBOURS; i++) {
		struct lane n = lane_clamp(lane_add(wanted, lane_set((float)(i - NEIGHBOURS / 2))), k->low, k->high);
		struct sums s;

		try_scale(&s, &b->group, &k->levels, lane_mul(d, n));
		count = lane_if_less(s.error, best.error, n, count);
		best = better_sums(&best, &s);
	}
	lane_store(ds, d);
	lane_store(scale, count);
	lane_store(xc, best.xc);
	lane_store(cc, best.cc);
	for (int first = 0; first < b->n; first += k->n_blocks, f++) {
		float one = better_d(k, ds[first], scale + first, xc + first, cc + first);

		f->d = to_f16(one);
		for (int i = 0; i < k->n_blocks; i++) {
			struct part p = batch_part(b, first + i);

			f->scale[i] = (int8_t)scale[first + i];
			write_codes(f->code + i * k->len, &p, &k->levels, one * scale[first + i]);
		}
	}
}

/* ---- d * scale * code - dmin * min ---- */

struct super_line {
	int n_blocks, len;		/* n_blocks 8 or 16 */
	float top;			/* of scales and minima */
	struct affine affine;
};

/* Sums over a super-block for the least squares of d and dmin: x ~ d u - dmin v. */
struct normal {
	float uu, uv, vv, xu, xv;
};

ALWAYS_INLINE bool
solve(const struct normal *n, float *d, float *dmin)
{
	float det = n->uu * n->vv - n->uv * n->uv;

	if (det > 0) {
		*d = (n->xu * n->vv - n->uv * n->xv) / det;
		*dmin = (n->uv * n->xu - n->uu * n->xv) / det;
	} else if (n->uu > 0) {
		*d = n->xu / n->uu;
		*dmin = 0;
	} else {
		return false;
	}
	*d = round_f16(*d);
	*dmin = round_f16(*dmin);
	return *d > 0 && *dmin >= 0;
}

/* What a search of sixteen blocks found, as numbers. */
struct found_line {
	float d[LANES], dmin[LANES], scale[LANES], min[LANES], c[LANES], cc[LANES], xc[LANES], w[LANES], x[LANES];
};

/* Scales and minima in units of d and dmin: the best of those around what each block wants. */
ALWAYS_INLINE void
search_units(struct found_line *y, const struct batch *b, const struct super_line *k, const struct moments *m,
    const struct line *fitted)
{
	struct lane d = super_unit(k->n_blocks, k->top, fitted->scale);
	struct lane dmin = super_unit(k->n_blocks, k->top, lane_negative(fitted->offset));
	struct lane zero = lane_set(0), scale = zero, min = zero;
	struct lane scale_wanted = lane_round(lane_clamp(lane_div(fitted->scale, d), 0, k->top));
	struct lane min_wanted = lane_round(lane_clamp(lane_div(lane_negative(fitted->offset), dmin), 0, k->top));
	struct sums best = {zero, zero, zero, lane_set(INFINITY)};

	for (int i = 0; i < 9; i++) {
		struct lane u = lane_clamp(lane_add(scale_wanted, lane_set((float)(i % 3 - 1))), 0, k->top);
		struct lane v = lane_clamp(lane_add(min_wanted, lane_set((float)(i / 3 - 1))), 0, k->top);
		struct line l = {lane_mul(d, u), lane_mul(lane_negative(dmin), v)};
		struct sums s;

		try_line(&s, &b->group, k->affine.top, m, &l);
		scale = lane_if_less(s.error, best.error, u, scale);
		min = lane_if_less(s.error, best.error, v, min);
		best = better_sums(&best, &s);
	}
	lane_store(y->d, d);
	lane_store(y->dmin, dmin);
	lane_store(y->scale, scale);
	lane_store(y->min, min);
	lane_store(y->c, best.c);
	lane_store(y->cc, best.cc);
	lane_store(y->xc, best.xc);
	lane_store(y->w, m->w);
	lane_store(y->x, m->x);
}

/* Another search from the better two gains a few thousandths and costs as much again. */
ALWAYS_INLINE void
better_units(const struct super_line *k, const struct found_line *y, int first, float *d, float *dmin)
{
	struct normal n = {0, 0, 0, 0, 0};
	float better_d, better_dmin;

	for (int i = first; i < first + k->n_blocks; i++) {
		float u = y->scale[i], v = y->min[i];

		n.uu += u * u * y->cc[i];
		n.uv += u * v * y->c[i];
		n.vv += v * v * y->w[i];
		n.xu += u * y->xc[i];
		n.xv += v * y->x[i];
	}
	*d = y->d[first];
	*dmin = y->dmin[first];
	if (solve(&n, &better_d, &better_dmin)) {
		*d = better_d;
		*dmin = better_dmin;
	}
}

ONCE void
encode_super_line(struct fmt_found *f, const struct batch *b, const struct super_line *k)
{
	struct moments m;
	struct line fitted;
	struct found_line y;

	moments_of(&m, &b->group, &k->affine);
	best_line(&fitted, &b->group, &k->affine, &m);
	search_units(&y, b, k, &m, &fitted);
	for (int first = 0; first < b->n; first += k->n_blocks, f++) {
		float d, dmin;

		better_units(k, &y, first, &d, &dmin);
		f->d = to_f16(d);
		f->dmin = to_f16(dmin);
		for (int i = 0; i < k->n_blocks; i++) {
			struct part p = batch_part(b, first + i);
			float u = y.scale[first + i], v = y.min[first + i];

			f->scale[i] = (int8_t)u;
			f->min[i] = (uint8_t)v;
			write_line_codes(f->code + i * k->len, &p, k->affine.top, d * u, -dmin * v);
		}
	}
}

/* ---- a power of two ---- */

/* 2^(e - 128) */
ALWAYS_INLINE float
half_power(int e)
{
	return f32_from_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

ALWAYS_INLINE int
within_byte(int e)
{
	return e < 0 ? 0 : e > 254 ? 254 : e;
}

ALWAYS_INLINE void
write_power(struct fmt_found *f, const struct part *p, const struct levels *l, int e)
{
	static const uint8_t code_of[13] = {0, 1, 2, 3, 4, 0, 5, 0, 6, 0, 0, 0, 7};
	struct lane inverse = lane_div(lane_set(1), lane_set(half_power(e)));
	float c[LANES];

	f->scale[0] = (int8_t)e;
	for (int first = 0; first < p->n; first += LANES) {
		lane_store(c, nearest(lane_mul(lane_load(p->x + first), inverse), l, LEVEL_E2M1));
		for (int i = 0; i < LANES; i++)
			f->code[first + i] = (uint8_t)(code_of[(int)fabsf(c[i])] | (c[i] < 0 ? 8 : 0));
	}
}

ONCE void
encode_power(struct fmt_found *f, const struct batch *b, const struct levels *l)
{
	struct lane top, best = lane_set(0), least = lane_set(INFINITY);
	float size[LANES], scale[LANES], at[LANES];
	int middle[LANES];

	furthest_of(&top, &b->group);
	lane_store(size, top);
	/* size = 12 * 2^(e - 128) at most for the middle candidate */
	for (int i = 0; i < LANES; i++)
		middle[i] = (int)(f32_bits(fabsf(size[i])) >> 23) - 2;
	for (int k = -NEIGHBOURS / 2; k < NEIGHBOURS / 2; k++) {
		struct sums s;

		for (int i = 0; i < LANES; i++)
			scale[i] = half_power(within_byte(middle[i] + k));
		try_scale(&s, &b->group, l, lane_load(scale));
		best = lane_if_less(s.error, least, lane_set((float)k), best);
		least = lane_if_less(s.error, least, s.error, least);
	}
	lane_store(at, best);
	for (int i = 0; i < b->n; i++) {
		struct part p = batch_part(b, i);

		write_power(&f[i], &p, l, within_byte(middle[i] + (int)at[i]));
	}
}

#endif
