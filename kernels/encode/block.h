/* Blocks of each kind of format: one scale, a scale and an offset, a scale of scales, scales and minima of them. */
#ifndef KERNELS_ENCODE_BLOCK_H
#define KERNELS_ENCODE_BLOCK_H

/* ---- one f16 scale ---- */

ONCE void
encode_single(struct fmt_found *f, const struct part *p, const struct levels *l, float spread)
{
	float d = best_scale(p, l).scale, scale[LANES];
	struct choice c;

	for (int round = 0; round < 2; round++) {
		for (int k = 0; k < LANES; k++)
			scale[k] = d * (1 + spread * (float)(k - LANES / 2));
		lane_store(scale, lane_round_f16(lane_load(scale)));
		c = closest(p, l, scale);
		d = scale[c.at];
		if (round == 0 && c.cc > 0)
			d = c.xc / c.cc;
		spread *= 0.25f;
	}
	f->d = to_f16(d);
	write_codes(f->code, p, l, d);
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
encode_single_line(struct fmt_found *f, const struct part *p, const struct affine *a)
{
	struct moments m = moments_of(p, a);
	struct line best = best_line(p, a, &m);
	float scale[LANES], offset[LANES];
	struct choice c;

	for (int k = 0; k < LANES; k++) {
		scale[k] = best.scale * (1 + 0.01f * (float)(k % 4 - 2));
		offset[k] = best.offset + best.scale * 0.1f * (float)(k / 4 - 2);
	}
	lane_store(scale, lane_round_f16(lane_load(scale)));
	lane_store(offset, lane_round_f16(lane_load(offset)));
	c = closest_line(p, a->top, &m, scale, offset);
	f->d = to_f16(scale[c.at]);
	f->dmin = to_f16(offset[c.at]);
	write_line_codes(f->code, p, a->top, scale[c.at], offset[c.at]);
}

/* ---- d * scale * code ---- */

struct super {
	int n_blocks, len;
	float low, high;		/* of the scales */
	struct levels levels;
};

ONCE void
encode_super(struct fmt_found *f, const float *x, const float *w, const struct super *k)
{
	float fitted[16], top = 0, d, num = 0, den = 0;

	memset(f->scale, 0, sizeof f->scale);
	for (int b = 0; b < k->n_blocks; b++) {
		struct part p = {x + b * k->len, w + b * k->len, k->len};

		fitted[b] = best_scale(&p, &k->levels).scale;
		top = fabsf(fitted[b]) > fabsf(top) ? fitted[b] : top;
	}
	d = round_f16(top / k->low);
	for (int b = 0; b < k->n_blocks && d != 0; b++) {
		struct part p = {x + b * k->len, w + b * k->len, k->len};
		float wanted = fitted[b] / d, count[LANES], candidate[LANES];
		struct choice c;

		wanted = rintf(wanted < k->low ? k->low : wanted > k->high ? k->high : wanted);
		for (int i = 0; i < LANES; i++) {
			float n = wanted + (float)(i - LANES / 2);

			count[i] = n < k->low ? k->low : n > k->high ? k->high : n;
			candidate[i] = d * count[i];
		}
		c = closest(&p, &k->levels, candidate);
		f->scale[b] = (int8_t)count[c.at];
		num += count[c.at] * c.xc;
		den += count[c.at] * count[c.at] * c.cc;
	}
	/* The least squares of d for these scales; another search from it gains a thousandth and costs as much again. */
	if (den > 0 && round_f16(num / den) != 0)
		d = round_f16(num / den);
	f->d = to_f16(d);
	for (int b = 0; b < k->n_blocks; b++) {
		struct part p = {x + b * k->len, w + b * k->len, k->len};

		write_codes(f->code + b * k->len, &p, &k->levels, d * f->scale[b]);
	}
}

/* ---- d * scale * code - dmin * min ---- */

struct super_line {
	int n_blocks, len;
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

/* Four whole numbers around V, within 0..top. */
ALWAYS_INLINE void
around(float four[4], float v, float top)
{
	float base = v > 0 ? (float)(int)(v < top ? v : top) : 0;

	for (int i = 0; i < 4; i++) {
		float n = base + (float)(i - 1);

		four[i] = n < 0 ? 0 : n > top ? top : n;
	}
}

ONCE void
encode_super_line(struct fmt_found *f, const float *x, const float *w, const struct super_line *k)
{
	struct line fitted[16];
	struct moments m[16];
	struct normal n = {0, 0, 0, 0, 0};
	float top_scale = 0, top_min = 0, d, dmin, better_d, better_dmin;

	for (int b = 0; b < k->n_blocks; b++) {
		struct part p = {x + b * k->len, w + b * k->len, k->len};

		m[b] = moments_of(&p, &k->affine);
		fitted[b] = best_line(&p, &k->affine, &m[b]);
		top_scale = fitted[b].scale > top_scale ? fitted[b].scale : top_scale;
		top_min = -fitted[b].offset > top_min ? -fitted[b].offset : top_min;
	}
	d = round_f16(top_scale / k->top);
	dmin = round_f16(top_min / k->top);
	for (int b = 0; b < k->n_blocks; b++) {
		struct part p = {x + b * k->len, w + b * k->len, k->len};
		float scales[4], mins[4], candidate[LANES], offset[LANES], u, v;
		struct choice c;

		around(scales, d > 0 ? fitted[b].scale / d : 0, k->top);
		around(mins, dmin > 0 ? -fitted[b].offset / dmin : 0, k->top);
		for (int i = 0; i < LANES; i++) {
			candidate[i] = d * scales[i % 4];
			offset[i] = -dmin * mins[i / 4];
		}
		c = closest_line(&p, k->affine.top, &m[b], candidate, offset);
		u = scales[c.at % 4];
		v = mins[c.at / 4];
		f->scale[b] = (int8_t)u;
		f->min[b] = (uint8_t)v;
		n.uu += u * u * c.cc;
		n.uv += u * v * c.c;
		n.vv += v * v * m[b].w;
		n.xu += u * c.xc;
		n.xv += v * m[b].x;
	}
	/* Another search from the better two gains a few thousandths and costs as much again. */
	if (solve(&n, &better_d, &better_dmin)) {
		d = better_d;
		dmin = better_dmin;
	}
	f->d = to_f16(d);
	f->dmin = to_f16(dmin);
	for (int b = 0; b < k->n_blocks; b++) {
		struct part p = {x + b * k->len, w + b * k->len, k->len};

		write_line_codes(f->code + b * k->len, &p, k->affine.top, d * f->scale[b], -dmin * f->min[b]);
	}
}

/* ---- a power of two ---- */

/* 2^(e - 128) */
ALWAYS_INLINE float
half_power(int e)
{
	return f32_from_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

ONCE void
encode_power(struct fmt_found *f, const struct part *p, const struct levels *l)
{
	static const uint8_t code_of[13] = {0, 1, 2, 3, 4, 0, 5, 0, 6, 0, 0, 0, 7};
	float top = fabsf(furthest(p)), scale[LANES], c[LANES];
	/* top = 12 * 2^(e - 128) at most for the middle candidate */
	int middle = (int)(f32_bits(top) >> 23) - 2, at;
	struct lane inverse;

	for (int i = 0; i < LANES; i++) {
		int e = middle + i - LANES / 2;

		scale[i] = half_power(e < 0 ? 0 : e > 254 ? 254 : e);
	}
	at = middle + closest(p, l, scale).at - LANES / 2;
	at = at < 0 ? 0 : at > 254 ? 254 : at;
	f->scale[0] = (int8_t)at;
	inverse = lane_div(lane_set(1), lane_set(half_power(at)));
	for (int first = 0; first < p->n; first += LANES) {
		lane_store(c, nearest(lane_mul(lane_load(p->x + first), inverse), l, LEVEL_E2M1));
		for (int i = 0; i < LANES; i++)
			f->code[first + i] = (uint8_t)(code_of[(int)fabsf(c[i])] | (c[i] < 0 ? 8 : 0));
	}
}

#endif
