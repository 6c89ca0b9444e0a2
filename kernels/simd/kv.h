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
#include "kernels/simd/ahead.h"
#include "kernels/simd/kv_tile.h"

enum {
	BUFFER_VECTORS = LINE_VECTORS > 2 ? LINE_VECTORS : 2,	/* a broadcast that meets one alone waits for the loads */
	LINE = BUFFER_VECTORS * V,	/* floats of a line of the buffer */
	LINES = 4096 / LINE,		/* of the buffer: 16 KB */
	PANELS = LINE / KV_PANEL,
	ROWS = V == 16 ? 12 : 6,	/* rows of a tile: with BUFFER_VECTORS, sums for 24 registers of 32, or 12 of 16 */
	WIDE = 4,			/* vectors that two rows, or one, meet at a time: 4 or 8 sums */
	WIDE_PANELS = WIDE / LINE_VECTORS,
	MIX_KEYS = 32,			/* of few rows: their values stay in the L1 cache, those after them are fetched */
	SCALES = WIDE * V > 32 ? WIDE * V / 32 : 1,	/* blocks that WIDE vectors meet */
};

/* Lines of B: the numbers FIRST + J V.. of each. */
struct kv_lines {
	const char *at;
	size_t stride;			/* bytes from line to line */
	size_t n;
	size_t first;
	size_t left;			/* numbers from FIRST on */
	size_t near;			/* bytes from a line to what comes to the first cache now */
	size_t n_bytes;			/* that are read of a line */
	struct ahead *ahead;		/* NULL: others have asked for what comes */
	const float (*scale)[SCALES];	/* [n]: of the blocks from FIRST on; NULL: numbers come multiplied */
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
	vf sum[ROWS][WIDE];

#pragma GCC unroll 16
	for (int t = 0; t < n; t++)
		for (int j = 0; j < n_vectors; j++)
			sum[t][j] = add ? v_load_n(c + (size_t)t * c_stride + j * V, whole ? V : left_at(&b, j)) : v_zero();
	for (size_t i = 0; i < b.n; i++, b.at += b.stride) {
		vf line[WIDE];

		if (b.ahead) {
			/* a constant: numbers have two bytes, or one, most of the time */
			for (int at = 0; at < n_vectors * V * 2; at += 64)
				__builtin_prefetch(b.at + b.near + at);
			ahead_read(b.ahead, b.n_bytes);
		}
		for (int j = 0; j < n_vectors; j++)
			line[j] = load(b.at, b.first + (size_t)j * V, whole ? V : left_at(&b, j));
		for (int j = 0; b.scale && j < n_vectors; j++)
			line[j] = v_mul(line[j], v_set1(b.scale[i][j * V / 32]));
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

/* N_PANELS panels, a constant where this is inlined, by way of the buffer: lines of all. */
ALWAYS_INLINE void
score_panels(const struct kern_attn *a, size_t key, const int n_panels, size_t number_bytes, kv_load_fn *load)
{
	float lines[LINES * LINE] __attribute__((aligned(64)));
	size_t line_bytes = KV_PANEL * number_bytes, q_stride = a->q_stride / sizeof(float);
	struct kv_span seeing = rows_seeing(a, key, (size_t)n_panels * KV_PANEL, ROWS);

	for (size_t i = 0; i < a->dim && seeing.first < seeing.end; i += LINES) {
		struct kv_lines b = {
			.at = (const char *)a->kv + key * a->kv_stride + i * line_bytes,
			.stride = line_bytes,
			.n = a->dim - i < LINES ? a->dim - i : LINES,
			.left = KV_PANEL,
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

		for (int p = 0; p < n_panels; p++, b.at += KV_PANEL * a->kv_stride)
			fill_lines(lines + p * KV_PANEL, &b, LINE_VECTORS, true, load);
		b.at = (const char *)lines;
		b.stride = LINE * sizeof(float);
		product_of_rows(&rows, b, n_panels * LINE_VECTORS, true, load_f32);
	}
}

/* N_PANELS panels from KEY on times the N rows from Q on, both constants where this is inlined.  One panel makes so few
 * sums that each step would wait for the one before it. */
ALWAYS_INLINE void
score_few_rows(const struct kern_attn *a, struct ahead *ahead, size_t q, size_t key, const int n, const int n_panels,
    const size_t number_bytes, kv_load_fn *load)
{
	const size_t line_bytes = KV_PANEL * number_bytes, panel_bytes = KV_PANEL * a->kv_stride;
	const size_t x_stride = a->q_stride / sizeof(float);
	const char *line = (const char *)a->kv + key * a->kv_stride;
	const float *x = (const float *)a->q + q * x_stride;
	vf sum[2][WIDE];

	for (int i = 0; i < n * WIDE; i++)
		sum[i / WIDE][i % WIDE] = v_zero();
	for (size_t i = 0; i < a->dim; i++, line += line_bytes) {
		/* two lines are a line of the cache, or more */
		for (size_t at = 0; q == 0 && i % 2 == 0 && at < 2 * line_bytes; at += 64) {
			for (int p = 0; p < n_panels; p++)
				__builtin_prefetch(line + (size_t)(n_panels + p) * panel_bytes + at);
			ahead_read(ahead, (size_t)n_panels * 64);
		}
		for (int j = 0; j < n_panels * LINE_VECTORS; j++) {
			vf keys = load(line + (size_t)(j / LINE_VECTORS) * panel_bytes, (size_t)(j % LINE_VECTORS) * V, V);

			for (int t = 0; t < n; t++)
				sum[t][j] = v_fma(v_set1(x[(size_t)t * x_stride + i]), keys, sum[t][j]);
		}
	}
	for (int t = 0; t < n; t++)
		for (int j = 0; j < n_panels * LINE_VECTORS; j++)
			v_store(a->s + (q + (size_t)t) * a->s_stride + key + (size_t)j * V, v_mul(sum[t][j], v_set1(a->scale)));
}

/* In pairs of rows; the first ask for the keys after these, and for what comes next. */
ALWAYS_INLINE void
score_few(const struct kern_attn *a, struct ahead *ahead, size_t key, const int n_panels, size_t number_bytes, kv_load_fn *load)
{
	struct kv_span seeing = rows_seeing(a, key, (size_t)n_panels * KV_PANEL, 2);
	size_t q = seeing.first;

	for (; q + 2 <= seeing.end; q += 2)
		score_few_rows(a, ahead, q, key, 2, n_panels, number_bytes, load);
	if (q < seeing.end)
		score_few_rows(a, ahead, q, key, 1, n_panels, number_bytes, load);
}

ALWAYS_INLINE void
score_with(const struct kern_attn *a, size_t number_bytes, kv_load_fn *load)
{
	struct ahead ahead = ahead_of(a->next, a->next_bytes);
	size_t key = 0;

	if (a->n_q <= FEW_F16) {
		for (; key + WIDE_PANELS * KV_PANEL <= a->n_keys; key += WIDE_PANELS * KV_PANEL)
			score_few(a, &ahead, key, WIDE_PANELS, number_bytes, load);
		for (; key < a->n_keys; key += KV_PANEL)
			score_few(a, &ahead, key, 1, number_bytes, load);
		return;
	}
	for (; key + PANELS * KV_PANEL <= a->n_keys; key += PANELS * KV_PANEL)
		score_panels(a, key, PANELS, number_bytes, load);
	for (; key < a->n_keys; key += KV_PANEL)
		score_panels(a, key, 1, number_bytes, load);
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

	for (; q + 2 <= a->n_q; q += 2, b.ahead = NULL)
		product(y + q * a->y_stride, a->y_stride, s + q * a->s_stride, a->s_stride, b, add, 1, 2, WIDE, whole, load);
	for (; q < a->n_q; q++, b.ahead = NULL)
		product(y + q * a->y_stride, a->y_stride, s + q * a->s_stride, a->s_stride, b, add, 1, 1, WIDE, whole, load);
}

/* The scales of the blocks of N values from LINE on, STRIDE bytes apart, and from number FIRST of DIM on.  Many at once: to
 * convert and to broadcast one alone takes as long as the numbers of half a block. */
ALWAYS_INLINE void
take_scales(float to[MIX_KEYS][SCALES], const char *line, size_t stride, size_t n, size_t first, size_t dim)
{
	uint16_t d[MIX_KEYS * SCALES] = {0};
	size_t n_blocks = (dim - first + 31) / 32 < SCALES ? (dim - first + 31) / 32 : SCALES;

	for (size_t i = 0; i < n; i++, line += stride)
		for (size_t j = 0; j < n_blocks; j++)
			d[i * SCALES + j] = ((const struct block_q8_0 *)(const void *)line + first / 32 + j)->d;
	for (size_t i = 0; i < MIX_KEYS * SCALES; i += V)
		v_store(to[0] + i, v_f16(d + i));
}

/* HAS_SCALES: LOAD gives numbers that are still to be multiplied by the scale of their block. */
ALWAYS_INLINE void
mix_few(const struct kern_attn *a, const bool has_scales, kv_load_fn *load)
{
	struct ahead ahead = ahead_of(a->next, a->next_bytes);
	float scale[MIX_KEYS][SCALES];

	for (size_t key = 0; key < a->n_keys || key == 0; key += MIX_KEYS)
		for (size_t first = 0; first < a->dim; first += WIDE * V) {
			size_t n = a->dim - first < WIDE * V ? a->dim - first : WIDE * V;
			struct kv_lines b = {
				.at = (const char *)a->kv + key * a->kv_stride,
				.stride = a->kv_stride,
				.n = a->n_keys - key < MIX_KEYS ? a->n_keys - key : MIX_KEYS,
				.first = first,
				.left = a->dim - first,
				.near = MIX_KEYS * a->kv_stride + first * a->kv_stride / a->dim,
				.n_bytes = n * a->kv_stride / a->dim,
				.ahead = &ahead,
				.scale = has_scales ? (const float (*)[SCALES])scale : NULL,
			};

			if (has_scales)
				take_scales(scale, b.at, b.stride, b.n, first, a->dim);
			if (b.left >= WIDE * V)
				mix_wide(a, b, key, true, load);
			else
				mix_wide(a, b, key, false, load);
		}
}

ALWAYS_INLINE void
mix_with(const struct kern_attn *a, kv_load_fn *load)
{
	if (a->n_q <= FEW_F16)
		mix_few(a, false, load);
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
	if (a->n_q <= FEW)
		mix_few(a, true, load_q8_0_codes);
	else
		mix_many(a, load_q8_0);
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
