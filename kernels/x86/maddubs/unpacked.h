/* Products of many tokens without VNNI.  A pair of panels is unpacked once, a stretch of columns at a time, into
 * bytes and floats that stay in the first cache while all tokens pass by.  What bounds such a loop is how many
 * instructions it has: a line that is loaded meets TILE_TOKENS tokens and activations that are broadcast meet both
 * panels, and the word sums of a block fill half of AVX2's 16 registers; so float sums stand in memory.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_UNPACKED_H
#define KERNELS_X86_MADDUBS_UNPACKED_H

#include "kernels/x86/maddubs/few.h"

enum {
	PAIR = 2,
	STRETCH = 16,			/* blocks, whole super-blocks: some 10 KB for AVX2 */
	UNPACKED_TOKENS = 16,		/* fewer do not pay for the unpacking */
};

/* 32 columns of a pair of panels. */
struct unpacked {
	uint8_t line[8][PAIR][4 * V];	/* line j: columns 4j.. */
	float scale[2][PAIR][V];	/* and min */
};

/* Integer sums of the tokens of a tile. */
typedef vi tile_sums[TILE_TOKENS][PAIR];
typedef float float_sums[TILE_TOKENS][PAIR][V];

/* Blocks FIRST..FIRST + N of PANEL to U[0..N), as number P of the pair. */
typedef void unpack_fn(struct unpacked *u, int p, const uint8_t *panel, size_t first, size_t n);
/* Add the products with block B of the tokens. */
typedef void block_fn(const struct unpacked *u, const struct tile *tokens, size_t b, float_sums sum);

/* WORDS = the products with N lines from line FIRST on; what is added up must fit words. */
ALWAYS_INLINE void
dot_words(tile_sums words, const struct unpacked *u, const struct tile *tokens, size_t b, int first, int n)
{
#pragma GCC unroll 8
	for (int g = 0; g < n; g++) {
		vi w0 = vi_load(u->line[first + g][0]), w1 = vi_load(u->line[first + g][1]);

		for (int t = 0; t < TILE_TOKENS; t++) {
			vi x = vi_broadcast32(tile_q(tokens, t, b) + 4 * (first + g));
			vi a = vi_maddubs(w0, x), c = vi_maddubs(w1, x);

			words[t][0] = g == 0 ? a : vi_add16(words[t][0], a);
			words[t][1] = g == 0 ? c : vi_add16(words[t][1], c);
			vi_pin(&words[t][0]);
			vi_pin(&words[t][1]);
		}
	}
}

/* ACC = the products with 8 lines of signed weights. */
ALWAYS_INLINE void
dot_signed(tile_sums acc, const struct unpacked *u, const struct tile *tokens, size_t b)
{
	for (int t = 0; t < TILE_TOKENS; t++)
		acc[t][0] = acc[t][1] = vi_zero();
#pragma GCC unroll 8
	for (int g = 0; g < 8; g++) {
		vi w0 = vi_load(u->line[g][0]), w1 = vi_load(u->line[g][1]), size0 = vi_abs8(w0), size1 = vi_abs8(w1);

		for (int t = 0; t < TILE_TOKENS; t++) {
			vi x = vi_broadcast32(tile_q(tokens, t, b) + 4 * g);

			acc[t][0] = add_signed(acc[t][0], size0, w0, x);
			acc[t][1] = add_signed(acc[t][1], size1, w1, x);
		}
	}
}

/* sum += ACC * (scale * d) for a token and panel P. */
ALWAYS_INLINE void
add_scaled(const struct unpacked *u, int p, vi acc, vf d, float sum[V])
{
	v_store(sum, v_fma(v_from_i32(acc), v_mul(d, v_load(u->scale[0][p])), v_load(sum)));
}

/* sum += (ACC * scale + OFF * min) * d. */
ALWAYS_INLINE void
add_scaled_min(const struct unpacked *u, int p, vi acc, vf off, vf d, float sum[V])
{
	vf part = v_fma(off, v_load(u->scale[1][p]), v_mul(v_from_i32(acc), v_load(u->scale[0][p])));

	v_store(sum, v_fma(part, d, v_load(sum)));
}

/* What is asked for while a tile passes: N_BYTES more with each block. */
struct unpacked_ahead {
	const uint8_t *at;
	size_t n_bytes;
};

ALWAYS_INLINE void
unpacked_tile(const struct unpacked *u, const struct tile tokens, size_t first, size_t n, block_fn *block, float *y,
    size_t y_stride, size_t n_rows, struct unpacked_ahead ahead)
{
	_Alignas(64) float_sums sum;
	float (*s)[PAIR][V] = sum;

	for (int t = 0; t < TILE_TOKENS; t++)
		for (int p = 0; p < PAIR; p++)
			v_store(sum[t][p], first ? v_load_n(y + (size_t)t * y_stride + p * V, n_rows - p * V) : v_zero());
	for (size_t i = 0; i < n; i++, ahead.at += ahead.n_bytes) {
		ahead_span(ahead.at, ahead.n_bytes);
		s = v_forget(s);	/* or they would be kept in registers that others need more */
		block(u + i, &tokens, first + i, s);
	}
	for (int t = 0; t < TILE_TOKENS; t++)
		for (int p = 0; p < PAIR; p++)
			v_store_n(y + (size_t)t * y_stride + p * V, v_load(s[t][p]), n_rows - p * V);
}

/* A stretch of the pair of panels at ROW, of N blocks from B on, as many tokens as make whole tiles. */
ALWAYS_INLINE void
unpacked_pair(const struct kern_mul *m, unpack_fn *unpack, block_fn *block, size_t panel_bytes, size_t row, size_t b, size_t n)
{
	const uint8_t *panel = (const uint8_t *)m->w + row / V * panel_bytes;
	const size_t block_bytes = PAIR * panel_bytes / (m->n_cols / 32), n_tiles = m->n_tokens / TILE_TOKENS;
	struct unpacked_ahead ahead = {panel + b * block_bytes, m->n_tokens > FETCH_TOKENS ? 0 : block_bytes / n_tiles};
	struct unpacked u[STRETCH];

	for (int p = 0; p < PAIR; p++)
		unpack(u, p, panel + (size_t)p * panel_bytes, b, n);
	for (size_t t = 0; t + TILE_TOKENS <= m->n_tokens; t += TILE_TOKENS, ahead.at += n * ahead.n_bytes) {
		struct tile tokens = {NULL, m->n_cols, (const char *)m->x + t * m->x_stride, m->x_stride, false};

		unpacked_tile(u, tokens, b, n, block, m->y + t * m->y_stride + row, m->y_stride, m->n_rows - row, ahead);
	}
}

/* The first N_PAIRS pairs of panels: pair after pair while the memory counts; else all have passed by the activations
 * of a stretch, which so stay in the second cache, before the next stretch comes. */
ALWAYS_INLINE void
unpacked_pairs(const struct kern_mul *m, unpack_fn *unpack, block_fn *block, size_t panel_bytes, size_t n_pairs)
{
	const size_t n_blocks = m->n_cols / 32, n_stretches = (n_blocks + STRETCH - 1) / STRETCH;

	for (size_t i = 0; i < n_stretches * n_pairs; i++) {
		bool in_order = m->n_tokens <= FETCH_TOKENS;
		size_t b = (in_order ? i % n_stretches : i / n_pairs) * STRETCH, pair = in_order ? i / n_stretches : i % n_pairs;

		unpacked_pair(m, unpack, block, panel_bytes, pair * PAIR * V, b, n_blocks - b < STRETCH ? n_blocks - b : STRETCH);
	}
}

/* As few_mul(), which also does what is left over: an odd panel, and tokens that make no whole tile. */
ALWAYS_INLINE void
unpacked_mul(const struct kern_mul *m, tile_fn *one, few_fn *few, unpack_fn *unpack, block_fn *block, size_t panel_bytes)
{
	const size_t n_pairs = (m->n_rows + V - 1) / V / PAIR, done = m->n_tokens / TILE_TOKENS * TILE_TOKENS;
	struct kern_mul rest = *m;

	if (n_pairs == 0 || m->n_tokens < UNPACKED_TOKENS) {
		few_mul(m, one, few, panel_bytes);
		return;
	}
	unpacked_pairs(m, unpack, block, panel_bytes, n_pairs);
	for (int part = 0; part < 2; part++) {
		if (part == 0) {		/* the odd panel */
			rest.w = (const char *)m->w + n_pairs * PAIR * panel_bytes;
			rest.y = m->y + n_pairs * PAIR * V;
			rest.n_rows = m->n_rows > n_pairs * PAIR * V ? m->n_rows - n_pairs * PAIR * V : 0;
		} else {
			rest = *m;
			rest.n_rows = m->n_rows < n_pairs * PAIR * V ? m->n_rows : n_pairs * PAIR * V;
			rest.x = (const char *)m->x + done * m->x_stride;
			rest.y = m->y + done * m->y_stride;
			rest.n_tokens = m->n_tokens - done;
		}
		few_mul(&rest, one, few, panel_bytes);
	}
}

#endif
