/* Formats whose weights are small signed codes with a scale (and perhaps a minimum) for each 16 or more of them.
 * A format says how 256 weights unpack into codes and scales (fmt_<id>_unpack, kernels/fmt/<id>.c); decoding and the
 * products of every instruction set are the same for all of them. */
#ifndef KERNELS_FMT_CODED_H
#define KERNELS_FMT_CODED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/f16.h"
#include "kernels/kern.h"

enum { CODED_LEN = 256, CODED_BLOCKS = CODED_LEN / 32 };

/* w[i] = scale * code - 128 * min, of the block of 32 and the half of it where i stands. */
struct coded {
	int8_t w[CODED_LEN];			/* -127..127 */
	float scale[2][CODED_BLOCKS];		/* [half][block] */
	float min[2][CODED_BLOCKS];		/* set by formats with mins only; / 128 to meet act_q8's off16 */
};

/* The next N <= 256 weights (a multiple of the format's block); what is missing to 256 is zeros. */
typedef void coded_unpack(struct coded *c, const void *blocks, size_t n);

#define CODED(id, mins, halves) void fmt_##id##_unpack(struct coded *c, const void *blocks, size_t n);
#include "kernels/coded.def"
#undef CODED

/* ---- for unpackers ---- */

static inline void
coded_clear_if_short(struct coded *c, size_t n)
{
	if (n < CODED_LEN)
		memset(c, 0, sizeof *c);
}

static inline void
coded_set_scale(struct coded *c, size_t block, float scale)
{
	c->scale[0][block] = c->scale[1][block] = scale;
}

/* W = dmin * min is what is taken from every weight of the block. */
static inline void
coded_set_min(struct coded *c, size_t block, float min)
{
	c->min[0][block] = c->min[1][block] = min * 0x1p-7f;
}

/* 32 codes from 16 bytes: low halves first, then high halves. */
static inline void
coded_nibbles(int8_t *w, const uint8_t *qs)
{
	for (int i = 0; i < 16; i++) {
		w[i] = (int8_t)(qs[i] & 15);
		w[16 + i] = (int8_t)(qs[i] >> 4);
	}
}

/* The same as indices into a table of 16 codes. */
static inline void
coded_lookup(int8_t *w, const uint8_t *qs, const int8_t table[16])
{
	for (int i = 0; i < 16; i++) {
		w[i] = table[qs[i] & 15];
		w[16 + i] = table[qs[i] >> 4];
	}
}

#endif
