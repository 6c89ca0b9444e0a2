/* Q4_1: 32 weights, w = d * code + m, codes of 4 bits. */
#include <assert.h>

#include "kernels/fmt/coded.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_q4_1 {
	uint16_t d, m;		/* f16 */
	uint8_t qs[16];		/* weight i: low half of byte i; weight 16 + i: high half */
};
static_assert(sizeof(struct block_q4_1) == 20, "q4_1 block");

void
fmt_q4_1_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_q4_1 *b = blocks;

	coded_clear_if_short(c, n);
	for (size_t i = 0; i < n / 32; i++) {
		coded_set_scale(c, i, f16_to_f32(b[i].d));
		coded_set_min(c, i, -f16_to_f32(b[i].m));
		coded_nibbles(c->w + 32 * i, b[i].qs);
	}
}

void
fmt_q4_1_pack(void *block, const struct fmt_found *f)
{
	struct block_q4_1 *b = block;

	b->d = f->d;
	b->m = f->dmin;
	pack_nibbles(b->qs, f->code);
}
