/* Q5_K: 256 weights in 8 blocks of 32, w = d * scale * code - dmin * min; codes of 5 bits, scale and min of 6. */
#include <assert.h>
#include <string.h>

#include "kernels/fmt/coded.h"
#include "kernels/fmt/q4_k.h"
#include "kernels/fmt/pack.h"

struct __attribute__((packed)) block_q5_k {
	uint16_t d, dmin;	/* f16 */
	uint8_t scales[12];	/* as Q4_K's */
	uint8_t qh[32];		/* bit k of byte i: highest bit of code 32 k + i */
	uint8_t qs[128];	/* 32 bytes for each pair of blocks: first block low halves, second high halves */
};
static_assert(sizeof(struct block_q5_k) == 176, "q5_k block");
static_assert(offsetof(struct block_q5_k, scales) == offsetof(struct block_q4_k, scales), "q5_k begins as q4_k");

void
fmt_q5_k_unpack(struct coded *c, const void *blocks, size_t n)
{
	const struct block_q5_k *b = blocks;
	float d = f16_to_f32(b->d), dmin = f16_to_f32(b->dmin);
	uint8_t scale[8], min[8];

	coded_clear_if_short(c, n);
	q4_k_scales(blocks, scale, min);
	for (int k = 0; k < 8; k++) {
		coded_set_scale(c, (size_t)k, d * scale[k]);
		coded_set_min(c, (size_t)k, dmin * min[k]);
		for (int i = 0; i < 32; i++)
			c->w[32 * k + i] = (int8_t)((b->qs[k / 2 * 32 + i] >> k % 2 * 4 & 15) | (b->qh[i] >> k & 1) << 4);
	}
}

void
fmt_q5_k_pack(void *block, const struct fmt_found *f)
{
	struct block_q5_k *b = block;

	memset(b->qh, 0, sizeof b->qh);
	b->d = f->d;
	b->dmin = f->dmin;
	q4_k_set_scales(b->scales, f->scale, f->min);
	for (int i = 0; i < 128; i++)
		b->qs[i] = (uint8_t)((f->code[i / 32 * 64 + i % 32] & 15) | f->code[i / 32 * 64 + i % 32 + 32] << 4);
	for (int i = 0; i < 256; i++)
		b->qh[i % 32] |= (uint8_t)((f->code[i] >> 4 & 1) << i / 32);
}
