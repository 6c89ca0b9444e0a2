/* Scores and mixes of keys and values with vectors; the order of kernels/ref/kv.c: one accumulator an output number,
 * fused steps.  Include after an instruction set's v.h.
 *
 * Both are products of rows of A (queries; scores) with lines of B (a number of all keys of a panel; V numbers or more
 * of a value): one broadcast number of a row meets a line, and the sums of some rows stay in registers.  For many rows
 * the lines are made floats once, in a buffer that stays in the L1 cache; for few they are read as they are stored, in
 * the order in which they lie in memory. */
#ifndef KERNELS_SIMD_KV_H
#define KERNELS_SIMD_KV_H

#include "kernels/kern.h"
#include "kernels/simd/kv_tile.h"

enum {
	BUFFER_VECTORS = LINE_VECTORS > 2 ? LINE_VECTORS : 2,	/* a broadcast that meets one alone waits for the loads */
	LINE = BUFFER_VECTORS * V,	/* floats of a line of the buffer */
	LINES = 4096 / LINE,		/* of the buffer: 16 KB */
	PANELS = LINE / KV_PANEL,
	ROWS = V == 16 ? 12 : 6,	/* rows of a tile: with BUFFER_VECTORS, sums for 24 registers of 32, or 12 of 16 */
	MIX_KEYS = 32,			/* of few rows: their values stay in the L1 cache, those after them are fetched */
};

/* Lines of B: the numbers FIRST + J V.. of each. */
struct kv_lines {
	const char *at;
	size_t stride;			/* bytes from line to line */
	size_t n;
	size_t first;
	size_t left;			/* numbers from FIRST on */
	size_t ahead;			/* > 0: bytes from a line to what is read later */
};

ALWAYS_INLINE size_t
left_at(const struct kv_lines *b, int j)
{
	return b->left > (size_t)j * V ? b->left - (size_t)j * V : 0;
}

/* C[N][N_VECTORS * V] = A B, or, ADD, added to; times FACTOR. */
ALWAYS_INLINE void
product(float *c, size_t c_stride, const float *a, size_t a_stride, struct kv_lines b, bool add, float factor,
    const int n, const int n_vectors, const bool whole, kv_load_fn *load)
{
	vf sum[ROWS][4];

#pragma GCC unroll 16
	for (int t = 0; t < n; t++)
		for (int j = 0; j < n_vectors; j++)
			sum[t][j] = add ? v_load_n(c + (size_t)t * c_stride + j * V, whole ? V : left_at(&b, j)) : v_zero();
	for (size_t i = 0; i < b.n; i++, b.at += b.stride) {
		vf line[4];

		if (b.ahead > 0)
			__builtin_prefetch(b.at + b.ahead);
		if (b.ahead > 0 && n_vectors * V > 32)
			__builtin_prefetch(b.at + b.ahead + 64);
		for (int j = 0; j < n_vectors; j++)
			line[j] = load(b.at, b.first + (size_t)j * V, whole ? V : left_at(&b, j));
#pragma GCC unroll 16
		for (int t = 0; t < n; t++) {
			vf f = v_set1(a[(size_t)t * a_stride + i]);

			for (int j = 0; j < n_vectors; j++)
				sum[t][j] = v_fma(f, line[j], sum[t][j]);
		}
	}
#pragma GCC unroll 16
	for (int t = 0; t < n; t++)
		for (int j = 0; j < n_vectors; j++)
			v_store_n(c + (size_t)t * c_stride + j * V, v_mul(sum[t][j], v_set1(factor)),
			    whole ? V : left_at(&b, j));
}

/* ROWS rows and whole lines of the buffer.  A function of its own: in the midst of others the compiler runs out of
 * registers for the sums, the line and the places of the rows, and loads them anew in every step. */
__attribute__((noinline)) static void
product_buffer(float *c, size_t c_stride, const float *a, size_t a_stride, const float *line, size_t n, bool add, float factor)
{
	const float *end = line + n * LINE;
	vf sum[ROWS][BUFFER_VECTORS];

#pragma GCC unroll 16
	for (int t = 0; t < ROWS; t++)
		for (int j = 0; j < BUFFER_VECTORS; j++)
			sum[t][j] = add ? v_load(c + (size_t)t * c_stride + j * V) : v_zero();
	for (; line < end; line += LINE, a++) {
		vf b[BUFFER_VECTORS];

		for (int j = 0; j < BUFFER_VECTORS; j++)
			b[j] = v_load(line + j * V);
#pragma GCC unroll 16
		for (int t = 0; t < ROWS; t++) {
			vf f = v_set1(a[(size_t)t * a_stride]);

			for (int j = 0; j < BUFFER_VECTORS; j++)
				sum[t][j] = v_fma(f, b[j], sum[t][j]);
		}
	}
#pragma GCC unroll 16
	for (int t = 0; t < ROWS; t++)
		for (int j = 0; j < BUFFER_VECTORS; j++)
			v_store(c + (size_t)t * c_stride + j * V, v_mul(sum[t][j], v_set1(factor)));
}

/* Rows of A and C. */
struct kv_rows {
	float *c;
	size_t c_stride;
	const float *a;
	size_t a_stride;
	size_t n;
	bool add;
	float factor;
	struct kern_seen seen;		/* of the lines, when these are values */
};

/* N rows from Q on. */
ALWAYS_INLINE void
product_part(const struct kv_rows *r, size_t q, struct kv_lines b, const int n, const int n_vectors, const bool whole,
    kv_load_fn *load)
{
	struct kv_span seen = lines_seen(r->seen, q, (size_t)n, b.n);
	float *c = r->c + q * r->c_stride;
	const float *a = r->a + q * r->a_stride + seen.first;

	b.at += seen.first * b.stride;
	b.n = seen.end - seen.first;
	if (n == ROWS && n_vectors == BUFFER_VECTORS && whole && load == load_f32)
		product_buffer(c, r->c_stride, a, r->a_stride, (const float *)(const void *)b.at, b.n, r->add, r->factor);
	else
		product(c, r->c_stride, a, r->a_stride, b, r->add, r->factor, n, n_vectors, whole, load);
}

ALWAYS_INLINE void
product_of_rows(const struct kv_rows *r, struct kv_lines b, const int n_vectors, const bool whole, kv_load_fn *load)
{
	size_t q = 0;

	for (; q + ROWS <= r->n; q += ROWS)
		product_part(r, q, b, ROWS, n_vectors, whole, load);
	for (; q + 4 <= r->n; q += 4)
		product_part(r, q, b, 4, n_vectors, whole, load);
	for (; q + 2 <= r->n; q += 2)
		product_part(r, q, b, 2, n_vectors, whole, load);
	for (; q < r->n; q++)
		product_part(r, q, b, 1, n_vectors, whole, load);
}

/* N lines of N_VECTORS vectors into the buffer. */
ALWAYS_INLINE void
fill_lines(float *out, const struct kv_lines *b, const int n_vectors, const bool whole, kv_load_fn *load)
{
	for (size_t i = 0; i < b->n; i++)
		for (int j = 0; j < n_vectors; j++)
			v_store(out + i * LINE + j * V, load(b->at + i * b->stride, b->first + (size_t)j * V,
			    whole ? V : left_at(b, j)));
}

/* ---- scores of keys that are stored as floats of any kind ---- */

/* N_PANELS panels, a constant where this is inlined, by way of the buffer when there is more than one: lines of all. */
ALWAYS_INLINE void
score_panels(const struct kern_attn *a, size_t panel, const int n_panels, size_t number_bytes, const bool few,
    kv_load_fn *load)
{
	float lines[LINES * LINE] __attribute__((aligned(64)));
	size_t line_bytes = KV_PANEL * number_bytes, key = panel * KV_PANEL, q_stride = a->q_stride / sizeof(float);
	struct kv_span seeing = rows_seeing(a, key, (size_t)n_panels * KV_PANEL, ROWS);

	for (size_t i = 0; i < a->dim && seeing.first < seeing.end; i += LINES) {
		struct kv_lines b = {
			.at = (const char *)a->kv + key * a->kv_stride + i * line_bytes,
			.stride = line_bytes,
			.n = a->dim - i < LINES ? a->dim - i : LINES,
			.left = KV_PANEL,
			.ahead = few ? AHEAD : 0,
		};
		struct kv_rows rows = {
			.c = a->s + seeing.first * a->s_stride + key,
			.c_stride = a->s_stride,
			.a = (const float *)a->q + seeing.first * q_stride + i,
			.a_stride = q_stride,
			.n = seeing.end - seeing.first,
			.add = i > 0,
			.factor = i + b.n == a->dim ? a->scale : 1,
		};

		if (few) {
			product_of_rows(&rows, b, LINE_VECTORS, true, load);
			continue;
		}
		for (int p = 0; p < n_panels; p++, b.at += KV_PANEL * a->kv_stride)
			fill_lines(lines + p * KV_PANEL, &b, LINE_VECTORS, true, load);
		b.at = (const char *)lines;
		b.stride = LINE * sizeof(float);
		product_of_rows(&rows, b, n_panels * LINE_VECTORS, true, load_f32);
	}
}

ALWAYS_INLINE void
score_with(const struct kern_attn *a, size_t number_bytes, kv_load_fn *load)
{
	size_t panel = 0, n = a->n_keys / KV_PANEL;

	for (; a->n_q > FEW && panel + PANELS <= n; panel += PANELS)
		score_panels(a, panel, PANELS, number_bytes, false, load);
	for (; a->n_q > FEW && panel < n; panel++)
		score_panels(a, panel, 1, number_bytes, false, load);
	for (; panel < n; panel++)
		score_panels(a, panel, 1, number_bytes, true, load);
}

/* ---- mixes ---- */

/* Values KEY.. (N of them), the numbers FIRST.. of a line, for many rows. */
ALWAYS_INLINE void
mix_line(const struct kern_attn *a, struct kv_lines b, size_t key, const bool whole, kv_load_fn *load)
{
	float lines[LINES * LINE] __attribute__((aligned(64)));
	struct kv_rows rows = {
		.c = a->y + b.first,
		.c_stride = a->y_stride,
		.a = a->s + key,
		.a_stride = a->s_stride,
		.n = a->n_q,
		.add = key > 0 || a->add,
		.factor = 1,
		.seen = seen_behind(a->seen, key),
	};

	fill_lines(lines, &b, BUFFER_VECTORS, whole, load);
	b.at = (const char *)lines;
	b.stride = LINE * sizeof(float);
	b.first = 0;
	product_of_rows(&rows, b, BUFFER_VECTORS, whole, load_f32);
}

ALWAYS_INLINE void
mix_many(const struct kern_attn *a, kv_load_fn *load)
{
	for (size_t key = 0; key < a->n_keys || key == 0; key += LINES)
		for (size_t first = 0; first < a->dim; first += LINE) {
			struct kv_lines b = {
				.at = (const char *)a->kv + key * a->kv_stride,
				.stride = a->kv_stride,
				.n = a->n_keys - key < LINES ? a->n_keys - key : LINES,
				.first = first,
				.left = a->dim - first,
			};

			if (b.left >= LINE)
				mix_line(a, b, key, true, load);
			else
				mix_line(a, b, key, false, load);
		}
}

/* Wide lines: 4 vectors. */
ALWAYS_INLINE void
mix_wide(const struct kern_attn *a, struct kv_lines b, size_t key, const bool whole, kv_load_fn *load)
{
	float *y = a->y + b.first;
	const float *s = a->s + key;
	bool add = key > 0 || a->add;
	size_t q = 0;

	for (; q + 2 <= a->n_q; q += 2)
		product(y + q * a->y_stride, a->y_stride, s + q * a->s_stride, a->s_stride, b, add, 1, 2, 4, whole, load);
	for (; q < a->n_q; q++)
		product(y + q * a->y_stride, a->y_stride, s + q * a->s_stride, a->s_stride, b, add, 1, 1, 4, whole, load);
}

ALWAYS_INLINE void
mix_few(const struct kern_attn *a, kv_load_fn *load)
{
	for (size_t key = 0; key < a->n_keys || key == 0; key += MIX_KEYS)
		for (size_t first = 0; first < a->dim; first += 4 * V) {
			struct kv_lines b = {
				.at = (const char *)a->kv + key * a->kv_stride,
				.stride = a->kv_stride,
				.n = a->n_keys - key < MIX_KEYS ? a->n_keys - key : MIX_KEYS,
				.first = first,
				.left = a->dim - first,
				.ahead = MIX_KEYS * a->kv_stride + first * a->kv_stride / a->dim,
			};

			if (b.left >= 4 * V)
				mix_wide(a, b, key, true, load);
			else
				mix_wide(a, b, key, false, load);
		}
}

ALWAYS_INLINE void
mix_with(const struct kern_attn *a, kv_load_fn *load)
{
	if (a->n_q <= FEW)
		mix_few(a, load);
	else
		mix_many(a, load);
}

static void
f32_score(const struct kern_attn *a)
{
	score_with(a, sizeof(float), load_f32);
}

static void
f32_mix(const struct kern_attn *a)
{
	mix_with(a, load_f32);
}

static void
f16_score(const struct kern_attn *a)
{
	score_with(a, sizeof(uint16_t), load_f16);
}

static void
f16_mix(const struct kern_attn *a)
{
	mix_with(a, load_f16);
}

static void
q8_0_mix(const struct kern_attn *a)
{
	mix_with(a, load_q8_0);
}

static void
f16_store(void *dst, const float *x, size_t dim)
{
	for (size_t i = 0; i < dim; i += V)
		v_f16_store_n((char *)dst + 2 * i, v_load_n(x + i, dim - i), dim - i);
}

static void
simd_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_f32].score = f32_score;
	kv[KV_f32].mix = f32_mix;
	kv[KV_f16].store = f16_store;
	kv[KV_f16].score = f16_score;
	kv[KV_f16].mix = f16_mix;
	kv[KV_q8_0].mix = q8_0_mix;
}

#endif
