/* The peak of products of BF16 numbers in tiles. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/amx/tile.h"

/* Rows of A are those of P's a, columns of B those of its b, both by turns and twice over. */
static float
peak_tile(const struct kern_peak *p, size_t rounds)
{
	uint8_t a[2 * TILE_SIDE][64] __attribute__((aligned(64))), b[TILE_SIDE][64] __attribute__((aligned(64)));
	float c[4 * TILE_SIDE * TILE_SIDE], sum = 0;
	uint16_t words[3][TILE_COLS];

	for (size_t i = 0; i < 2 * TILE_SIDE; i++)
		vi_store(a[i], v_to_bf16(v_load(p->a[i % 4]), v_load(p->a[i % 4])));
	for (size_t i = 0; i < 3; i++)
		vi_store(words[i], v_to_bf16(v_load(p->b[i]), v_load(p->b[i])));
	for (size_t k = 0; k < TILE_COLS; k++)
		for (size_t n = 0; n < TILE_SIDE; n++)
			memcpy(b[k / 2] + 4 * n + 2 * (k % 2), &words[n % 3][k], sizeof(uint16_t));
	tile_configure(2 * TILE_SIDE, 2 * TILE_SIDE);
	TILES_LOAD_A(a[0], 64, true, true);
	TILES_LOAD_B(b, b, true);
	TILES(TILES_ZERO, true, true);
	for (size_t i = 0; i < rounds; i++)
		TILES(TILE_BF16, true, true);
	TILES_MOVE(_tile_stored, (char *)c, 64, TILE_BYTES, 2 * TILE_BYTES, true, true);
	_tile_release();
	for (size_t i = 0; i < 4 * TILE_SIDE * TILE_SIDE; i++)
		sum += c[i];
	return sum;
}

void
amx_peak(struct kern_vec *vec)
{
	vec->peak_tile = peak_tile;
}
