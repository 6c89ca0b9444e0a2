/* Q4_K without VNNI: sum += (d scale * (code . q) + dmin min / 128 * foff32) * dx.  Include after an instruction set's
 * v.h. */
#ifndef KERNELS_X86_MADDUBS_Q4_K_H
#define KERNELS_X86_MADDUBS_Q4_K_H

#include "kernels/x86/maddubs/few.h"
#include "kernels/x86/maddubs/slab_dot.h"
#include "kernels/x86/slab/q4_k.h"

ALWAYS_INLINE void
add_block_min(const struct tile *tile, vf *sum, const vi w[8], const float *scale, const float *min, size_t b,
    const int n)
{
	vf s = v_load(scale), m = v_load(min);

	for (int t = 0; t < n; t++) {
		vi acc = dot_codes4(w, tile_q(tile, t, b));
		vf part = v_fma(tile_foff32(tile, t, b), m, v_mul(v_from_i32(acc), s));

		sum[t] = v_fma(part, tile_d(tile, t, b), sum[t]);
	}
}

ALWAYS_INLINE void
tile_q4_k(const struct tile *tile, vf *sum, const int n)
{
	const vi low = vi_set8(15);
	const uint8_t *block = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += panel_q4_k_block_bytes(V)) {
		float scale[8][V], min[8][V];

		q4_k_unpack_scales(block, scale[0], min[0], V);
		for (size_t j = 0; j < 8; j += 2) {
			const uint8_t *q = block + 16 * V + 16 * V * j;
			vi w[8];

			for (int g = 0; g < 8; g++)
				w[g] = vi_and(vi_load(q + 4 * V * g), low);
			add_block_min(tile, sum, w, scale[j], min[j], b + j, n);
			for (int g = 0; g < 8; g++)
				w[g] = vi_and(vi_shr16(vi_load(q + 4 * V * g), 4), low);
			add_block_min(tile, sum, w, scale[j + 1], min[j + 1], b + j + 1, n);
			tile_read(tile, panel_q4_k_block_bytes(V) / 4);
		}
	}
}

/* Of each scale and min, those of both panels. */
typedef float few_scales[8][FEW_PANELS][V];

/* Block B, whose codes are the lower or higher halves of the lines at Q. */
ALWAYS_INLINE void
few_q4_k_block(const struct few *f, few_sums sum, const uint8_t *q, const few_scales scale, const few_scales min, size_t b,
    const bool high, const int n)
{
	const vi low = vi_set8(15);
	few_ints words;

#pragma GCC unroll 8
	for (int g = 0; g < 8; g++) {
		few_lines line;

		for (int p = 0; p < FEW_PANELS; p++) {
			vi both = vi_load(q + (size_t)p * f->panel_bytes + 4 * V * g);

			line[p] = vi_and(high ? vi_shr16(both, 4) : both, low);
		}
		few_words(words, line, g > 0, f, b, g, n);
	}
	for (int t = 0; t < n; t++) {
		vf off = tile_foff32(&f->tile, t, b), d = tile_d(&f->tile, t, b);

		for (int p = 0; p < FEW_PANELS; p++) {
			vi acc = vi_madd16(words[t][p], vi_set16(1));
			vf part = v_fma(off, v_load(min[b % 8][p]), v_mul(v_from_i32(acc), v_load(scale[b % 8][p])));

			v_store(sum[t][p], v_fma(part, d, v_load(sum[t][p])));
		}
	}
}

ALWAYS_INLINE void
few_q4_k(const struct few *f, few_sums sum, const int n)
{
	size_t at = f->first / 8 * panel_q4_k_block_bytes(V);
	const uint8_t *block = f->tile.panel + at;
	few_scales scale, min;

	for (int p = 0; p < FEW_PANELS; p++)
		q4_k_unpack_scales(block + (size_t)p * f->panel_bytes, scale[0][p], min[0][p], FEW_PANELS * V);
	few_read(f, 16 * V);
	at += 16 * V;
	for (size_t b = f->first; b < f->end; b += 2, at += 32 * V) {
		few_read(f, 32 * V);
		sum = v_forget(sum);
		few_q4_k_block(f, sum, f->tile.panel + at, scale, min, b, false, n);
		sum = v_forget(sum);
		few_q4_k_block(f, sum, f->tile.panel + at, scale, min, b + 1, true, n);
	}
}

enum { SLAB_MIN_TOKENS = 5 };		/* fewer do not pay for the unpacking */

static void
mul(const struct kern_mul *m)
{
	if (m->n_tokens < SLAB_MIN_TOKENS)
		few_mul(m, tile_q4_k, few_q4_k, panel_bytes(m->n_cols));
	else
		slab_mul_q4_k(m);
}

#endif
