/* Q6_K without VNNI: two pairs of codes 0..63 are at most 63 * 127 * 4 = 32004, which fits a word; the zero point of
 * 32 is off16 / 4.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_Q6_K_H
#define KERNELS_X86_MADDUBS_Q6_K_H

#include "kernels/x86/kquant.h"
#include "kernels/x86/maddubs/unpacked.h"

/* The V rows' products of 4 lines of codes with 16 activations. */
ALWAYS_INLINE vi
dot_codes6(const vi w[4], const char *q)
{
	const vi one = vi_set16(1);
	vi a = vi_add16(vi_maddubs(w[0], vi_broadcast32(q)), vi_maddubs(w[1], vi_broadcast32(q + 4)));
	vi b = vi_add16(vi_maddubs(w[2], vi_broadcast32(q + 8)), vi_maddubs(w[3], vi_broadcast32(q + 12)));

	return vi_add32(vi_madd16(a, one), vi_madd16(b, one));
}

/* The 32 columns of block B with the scales of both their halves. */
ALWAYS_INLINE void
add_halves(const struct tile *tile, vf *sum, const vi w[8], vf scale0, vf scale1, size_t b, const int n)
{
	for (int t = 0; t < n; t++) {
		const char *q = tile_q(tile, t, b);
		vi acc0 = vi_add32(dot_codes6(w, q), vi_sar32(tile_off16(tile, t, 2 * b), 2));
		vi acc1 = vi_add32(dot_codes6(w + 4, q + 16), vi_sar32(tile_off16(tile, t, 2 * b + 1), 2));
		vf part = v_fma(v_from_i32(acc1), scale1, v_mul(v_from_i32(acc0), scale0));

		sum[t] = v_fma(part, tile_d(tile, t, b), sum[t]);
	}
}

ALWAYS_INLINE void
tile_q6_k(const struct tile *tile, vf *sum, const int n)
{
	const uint8_t *block = tile->panel;

	tile_clear(sum, n);
	for (size_t b = 0; b < tile->n_cols / 32; b += 8, block += panel_q6_k_block_bytes(V)) {
		const uint8_t *scales = block + 2 * V;
		vf d = v_f16(block);

		tile_prefetch(block, 18 * V, n);
		for (size_t j = 0; j < 8; j++) {
			const uint8_t *q = block + 18 * V + 24 * V * j;
			vf scale0 = v_mul(d, v_i8(scales + 2 * j * V));
			vf scale1 = v_mul(d, v_i8(scales + (2 * j + 1) * V));
			vi w[8];

			q6_k_unpack_lines(q, w);
			q6_k_unpack_lines(q + 12 * V, w + 4);
			for (int g = 0; g < 8; g++)
				w[g] = vi_and(vi_shr16(w[g], 2), vi_set8(63));
			tile_prefetch(q, 24 * V, n);
			add_halves(tile, sum, w, scale0, scale1, b + j, n);
		}
	}
}

ALWAYS_INLINE void
unpack_q6_k(struct unpacked *u, int p, const uint8_t *panel, size_t first, size_t n)
{
	const uint8_t *block = panel + first / 8 * panel_q6_k_block_bytes(V);

	for (size_t b = 0; b < n; b++, u++) {
		const uint8_t *q = block + 18 * V + 24 * V * (b % 8), *scales = block + 2 * V + 2 * V * (b % 8);
		vf d = v_f16(block);
		vi w[8];

		v_store(u->scale[0][p], v_mul(d, v_i8(scales)));
		v_store(u->scale[1][p], v_mul(d, v_i8(scales + V)));
		q6_k_unpack_lines(q, w);
		q6_k_unpack_lines(q + 12 * V, w + 4);
		for (int g = 0; g < 8; g++)
			vi_store(u->line[g][p], vi_shr16(w[g], 2));	/* nothing is in the two bits that cross */
		if (b % 8 == 7)
			block += panel_q6_k_block_bytes(V);
	}
}

/* ACC = the products with the codes of four lines, for half the columns of a block. */
ALWAYS_INLINE void
dot_half(tile_sums acc, const struct unpacked *u, const struct tile *tokens, size_t b, int half)
{
#pragma GCC unroll 2
	for (int g = 4 * half; g < 4 * half + 4; g += 2) {
		vi w0 = vi_load(u->line[g][0]), w1 = vi_load(u->line[g][1]);
		vi w2 = vi_load(u->line[g + 1][0]), w3 = vi_load(u->line[g + 1][1]);

		for (int t = 0; t < TILE_TOKENS; t++) {
			vi x0 = vi_broadcast32(tile_q(tokens, t, b) + 4 * g);
			vi x1 = vi_broadcast32(tile_q(tokens, t, b) + 4 * g + 4);
			vi a = vi_add16(vi_maddubs(w0, x0), vi_maddubs(w2, x1));
			vi c = vi_add16(vi_maddubs(w1, x0), vi_maddubs(w3, x1));
			vi off = g % 4 == 0 ? vi_sar32(tile_off16(tokens, t, 2 * b + (size_t)half), 2) : vi_zero();

			acc[t][0] = vi_add32(vi_madd16(a, vi_set16(1)), g % 4 == 0 ? off : acc[t][0]);
			acc[t][1] = vi_add32(vi_madd16(c, vi_set16(1)), g % 4 == 0 ? off : acc[t][1]);
			vi_pin(&acc[t][0]);
			vi_pin(&acc[t][1]);
		}
	}
}

ALWAYS_INLINE void
block_q6_k(const struct unpacked *u, const struct tile *tokens, size_t b, float_sums sum)
{
	_Alignas(64) float_sums kept;
	float (*part)[PAIR][V] = kept;
	tile_sums acc;

	dot_half(acc, u, tokens, b, 0);
	for (int t = 0; t < TILE_TOKENS; t++)
		for (int p = 0; p < PAIR; p++)
			v_store(part[t][p], v_mul(v_from_i32(acc[t][p]), v_load(u->scale[0][p])));
	part = v_forget(part);
	dot_half(acc, u, tokens, b, 1);
	for (int t = 0; t < TILE_TOKENS; t++) {
		vf d = tile_d(tokens, t, b);

		for (int p = 0; p < PAIR; p++) {
			vf both = v_fma(v_from_i32(acc[t][p]), v_load(u->scale[1][p]), v_load(part[t][p]));

			v_store(sum[t][p], v_fma(both, d, v_load(sum[t][p])));
		}
	}
}

static size_t
panel_bytes(size_t n_cols)
{
	return panel_q6_k_bytes(V, n_cols);
}

static void
pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols)
{
	panel_q6_k_pack(panel, rows, row_bytes, n_rows, V, n_cols);
}

static void
mul(const struct kern_mul *m)
{
	unpacked_mul(m, tile_q6_k, unpack_q6_k, block_q6_k, panel_bytes(m->n_cols));
}

static void
x86_q6_k(struct kern_mat *mat)
{
	mat->pack_rows = V;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}

#endif
