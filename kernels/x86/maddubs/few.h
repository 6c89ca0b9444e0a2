/* Products of few tokens without VNNI.  One walk over the weights serves them all: a pair of panels is read once from
 * memory, eight blocks of it at a time, and each group of tokens unpacks them where it multiplies, in registers.  Lines
 * of both panels meet an activation that is broadcast once; word sums of a group fill half of AVX2's 16 registers, so
 * float sums stand in memory.
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_FEW_H
#define KERNELS_X86_MADDUBS_FEW_H

#include "kernels/x86/maddubs/maddubs.h"

enum { FEW_PANELS = 2, FEW_GROUP = 4, FEW_TOKENS = 16, FEW_BLOCKS = 8, FEW_TILE = 1 };

/* Blocks FIRST..END of two panels that follow each other, and the tokens of a group. */
struct few {
	struct tile tile;
	size_t panel_bytes, first, end;
};

typedef vi few_lines[FEW_PANELS];
typedef vi few_ints[FEW_GROUP][FEW_PANELS];
typedef float few_sums[FEW_GROUP][FEW_PANELS][V];

/* Add the products of N tokens, a constant where this is inlined. */
typedef void few_fn(const struct few *f, few_sums sum, const int n);

/* The first group of tokens, which brings the weights to the first cache, read N_BYTES of both panels. */
ALWAYS_INLINE void
few_read(const struct few *f, size_t n_bytes)
{
	tile_read(&f->tile, FEW_PANELS * n_bytes);
}

/* WORDS (+)= the products of LINE, columns 4 g.. of block B; what is added up must fit words. */
ALWAYS_INLINE void
few_words(few_ints words, const few_lines line, bool add, const struct few *f, size_t b, int g, const int n)
{
#pragma GCC unroll 4
	for (int t = 0; t < n; t++) {
		vi x = vi_broadcast32(tile_q(&f->tile, t, b) + 4 * g);

#pragma GCC unroll 2
		for (int p = 0; p < FEW_PANELS; p++) {
			vi pairs = vi_maddubs(line[p], x);

			words[t][p] = add ? vi_add16(words[t][p], pairs) : pairs;
			vi_pin(&words[t][p]);
		}
	}
}

/* sum += scale * PRODUCTS * d. */
ALWAYS_INLINE void
few_add(float sum[V], vf products, vf scale, vf d)
{
	v_store(sum, v_fma(v_mul(products, scale), d, v_load(sum)));
}

/* The pair of panels at ROW times at most FEW_TOKENS tokens. */
ALWAYS_INLINE void
few_pair(const struct kern_mul *m, struct ahead *ahead, few_fn *fn, size_t panel_bytes, size_t row)
{
	const size_t n_blocks = m->n_cols / 32;
	_Alignas(64) few_sums sums[FEW_TOKENS / FEW_GROUP];

	memset(sums, 0, (m->n_tokens + FEW_GROUP - 1) / FEW_GROUP * sizeof *sums);
	for (size_t b = 0; b < n_blocks; b += FEW_BLOCKS) {
		struct few f = {
			{(const uint8_t *)m->w + row / V * panel_bytes, m->n_cols, m->x, m->x_stride, ahead}, panel_bytes, b,
			b + FEW_BLOCKS < n_blocks ? b + FEW_BLOCKS : n_blocks,
		};

		for (size_t t = 0; t < m->n_tokens; t += FEW_GROUP) {
			float (*sum)[FEW_PANELS][V] = sums[t / FEW_GROUP];

			switch (m->n_tokens - t) {
			case 1: fn(&f, sum, 1); break;
			case 2: fn(&f, sum, 2); break;
			case 3: fn(&f, sum, 3); break;
			default: fn(&f, sum, 4); break;
			}
			f.tile.x += FEW_GROUP * m->x_stride;
			f.tile.ahead = NULL;
		}
	}
	for (size_t t = 0; t < m->n_tokens; t++)
		for (int p = 0; p < FEW_PANELS; p++)
			v_store_n(m->y + t * m->y_stride + row + (size_t)p * V,
			    v_load(sums[t / FEW_GROUP][t % FEW_GROUP][p]), m->n_rows - row - (size_t)p * V);
}

/* As tile_mul(), which does what this cannot do better: an odd panel, and one token, which waits for the memory and
 * reads it in order. */
ALWAYS_INLINE void
few_mul(const struct kern_mul *m, tile_fn *one, few_fn *fn, size_t panel_bytes)
{
	const size_t n_rows = m->n_tokens > FEW_TILE ? (m->n_rows + V - 1) / V / FEW_PANELS * FEW_PANELS * V : 0;
	struct ahead ahead = ahead_of(m->next, m->next_bytes);
	struct kern_mul part = *m;

	for (size_t t = 0; n_rows > 0 && t < m->n_tokens; t += FEW_TOKENS) {
		part.x = (const char *)m->x + t * m->x_stride;
		part.y = m->y + t * m->y_stride;
		part.n_tokens = m->n_tokens - t < FEW_TOKENS ? m->n_tokens - t : FEW_TOKENS;
		for (size_t row = 0; row < n_rows; row += FEW_PANELS * V)
			few_pair(&part, t == 0 ? &ahead : NULL, fn, panel_bytes, row);
	}
	if (n_rows >= m->n_rows)
		return;
	part = *m;
	part.w = (const char *)m->w + n_rows / V * panel_bytes;
	part.y = m->y + n_rows;
	part.n_rows -= n_rows;
	tile_mul(&part, one, panel_bytes);
}

#endif
