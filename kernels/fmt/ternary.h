/* Formats of the weights -1, 0 and 1.  A format says how 256 weights unpack into codes 0, 1, 2 for them and gives
 * their scale (fmt_<id>_ternary, kernels/fmt/<id>.c); decoding and the reference product are the same for all. */
#ifndef KERNELS_FMT_TERNARY_H
#define KERNELS_FMT_TERNARY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/f16.h"
#include "kernels/kern.h"

enum { TERNARY_LEN = 256 };

/* The next N <= 256 weights (a multiple of the format's block); the codes behind them are set too. */
typedef float ternary_unpack(uint8_t code[TERNARY_LEN], const void *blocks, size_t n);

#define TERNARY(id, has_scale) float fmt_##id##_ternary(uint8_t code[TERNARY_LEN], const void *blocks, size_t n);
#include "kernels/ternary.def"
#undef TERNARY

/* The two bits from SHIFT on of each of 32 bytes: eight at a time, as whole files are unpacked while they are loaded. */
static inline void
ternary_twos(uint8_t code[32], const uint8_t qs[32], size_t shift)
{
	for (size_t i = 0; i < 32; i += 8) {
		uint64_t eight;

		memcpy(&eight, qs + i, sizeof eight);
		eight = eight >> shift & 0x0303030303030303;
		memcpy(code + i, &eight, sizeof eight);
	}
}

/* ---- the blocks ---- */

struct __attribute__((packed)) block_tq1_0 {
	uint8_t qs[48];		/* digit n of byte i: weight 32 n + i; of byte 32 + i: weight 160 + 16 n + i */
	uint8_t qh[4];		/* digit n of byte i: weight 240 + 4 n + i, four digits */
	uint16_t d;		/* f16 */
};

struct __attribute__((packed)) block_tq2_0 {
	uint8_t qs[64];		/* byte i of each 32: weights i, i + 32, i + 64, i + 96 from the low bits up */
	uint16_t d;		/* f16 */
};

struct block_i2_s {
	uint8_t qs[32];		/* byte i: weights i, i + 32, i + 64, i + 96 from the top bits down */
};

#endif
