/* Slabs (kernels/x86/slab_dot.h) as lines of tiles.  Include after v.h, tile.h, many.h and an instruction set's slab_dot.h. */
#ifndef KERNELS_X86_AMX_SLAB_H
#define KERNELS_X86_AMX_SLAB_H

#include "kernels/x86/slab.h"

/* Weights that have grown by so much are cut to BF16, which costs less than to round them: what is cut off is half a unit of
 * the last bit, on average, and what was added a third of it to two thirds.  A number of BF16 comes out as it was. */
#define CUT_GROWTH (1 + 1 / 384.0f)

/* The first panel of S: four lines of codes make eight of weights, each pair of columns a line. */
ALWAYS_INLINE void
slab_to_tile(uint8_t *tile, const struct slab *s, struct slab_kind kind)
{
	const float zero = kind.mins ? 0 : (float)(kind.zero << slab_shift(kind));
	vf scale[2], off[2];

	for (int h = 0; h < 2; h++) {
		int at = kind.halves ? h : 0;

		scale[h] = v_mul(v_load(s->scale[at][0]), v_set1(CUT_GROWTH));
		off[h] = kind.mins ? v_mul(v_load(s->min[at][0]), v_set1(-128 * CUT_GROWTH)) : v_mul(scale[h], v_set1(-zero));
	}
#pragma GCC unroll 8
	for (int g = 0; g < 8; g++) {
		vi codes = vi_load(s->line[g][0]);
		vf w[4];

		for (int i = 0; i < 4; i++)
			w[i] = v_fma(v_from_i32(vi_byte(codes, i)), scale[g / 4], off[g / 4]);
		vi_store(tile + 128 * g, v_upper_halves(w[0], w[1]));
		vi_store(tile + 128 * g + 64, v_upper_halves(w[2], w[3]));
	}
}

/* As many_convert_fn. */
ALWAYS_INLINE void
slab_convert(uint8_t *tiles, const struct kern_mul *m, size_t row, size_t at, size_t n, slab_unpack *unpack,
    struct slab_kind kind)
{
	struct slab s[SLAB_BLOCKS] __attribute__((aligned(64)));

	for (size_t b = 0; b < n / 32; b += SLAB_BLOCKS) {
		size_t n_blocks = n / 32 - b < SLAB_BLOCKS ? n / 32 - b : SLAB_BLOCKS;

		unpack(s, 0, m, row, at / 32 + b, n_blocks);
		for (size_t j = 0; j < n_blocks; j++, tiles += TILE_BYTES)
			slab_to_tile(tiles, &s[j], kind);
	}
}

enum { SLAB_MANY_MIN = 48 };

/* mul_many of a format whose slabs are of KIND. */
#define AMX_MANY(id, kind) \
static void \
convert_##id(uint8_t *tiles, const struct kern_mul *m, size_t row, size_t at, size_t n) \
{ \
	slab_convert(tiles, m, row, at, n, unpack_##id, kind); \
} \
static void \
many_of_##id(const struct kern_mul *m) \
{ \
	many_mul(m, (struct many_kind){convert_##id, 1, 1}); \
}

#endif
