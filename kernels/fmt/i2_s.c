/* I2_S: 128 weights, w = code - 1, codes of 2 bits; one scale for the whole tensor stands behind its last row.
 * The format of the BitNet models' own runtime (Wang et al. 2024). */
#include <assert.h>
#include <string.h>

#include "kernels/fmt/ternary.h"
#include "kernels/fmt/pack.h"

static_assert(sizeof(struct block_i2_s) == 32, "i2_s block");

float
fmt_i2_s_ternary(uint8_t code[TERNARY_LEN], const void *blocks, size_t n)
{
	const struct block_i2_s *b = blocks;

	if (n < TERNARY_LEN)
		memset(code, 1, TERNARY_LEN);
	for (size_t i = 0; i < n; i += 32)
		ternary_twos(code + i, b[i / 128].qs, 6 - i % 128 / 16);
	return 1;
}

void
fmt_i2_s_pack(void *block, const struct fmt_found *f)
{
	struct block_i2_s *b = block;

	for (int i = 0; i < 32; i++)
		b->qs[i] = (uint8_t)(f->code[i] << 6 | f->code[32 + i] << 4 | f->code[64 + i] << 2 | f->code[96 + i]);
}
