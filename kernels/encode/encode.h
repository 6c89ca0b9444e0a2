/* The encoder of every format: numbers to blocks with the least weighted squared error found.  Include after lane
 * operations (lane_c.h, or a machine's own); encode_fill() puts all of it into a table. */
#ifndef KERNELS_ENCODE_ENCODE_H
#define KERNELS_ENCODE_ENCODE_H

#include "kernels/fmt/pack.h"
#include "kernels/kern.h"
#include "kernels/encode/search.h"
#include "kernels/encode/block.h"
#include "kernels/encode/book.h"

#define WHOLE(low, high, first, step) {LEVEL_WHOLE, low, high, first, step}

static const struct levels levels_q4_0 = WHOLE(-8, 7, -1.3f, 0.15f);
static const struct levels levels_q5_0 = WHOLE(-16, 15, -1.3f, 0.15f);
static const struct levels levels_q8_0 = WHOLE(-127, 127, 0, 0);
static const struct levels levels_iq4 = {LEVEL_IQ4, -127, 113, -16, 1.8f};
static const struct levels levels_e2m1 = {LEVEL_E2M1, -12, 12, 0, 0};
static const struct levels levels_ternary = WHOLE(-1, 1, -0.1f, 0.35f);
static const struct affine affine_q4_1 = {15, -1.3f, 0.15f, true};
static const struct affine affine_q5_1 = {31, -1.3f, 0.15f, true};
static const struct super super_q3_k = {16, 16, -32, 31, WHOLE(-4, 3, -1.3f, 0.15f)};
static const struct super super_q6_k = {16, 16, -128, 127, WHOLE(-32, 31, -1.3f, 0.15f)};
static const struct super super_iq4_xs = {8, 32, -32, 31, {LEVEL_IQ4, -127, 113, -16, 1.8f}};
static const struct super_line super_q2_k = {16, 16, 15, {3, -0.8f, 0.1f, false}};
static const struct super_line super_q4_k = {8, 32, 63, {15, -1.3f, 0.15f, false}};
static const struct super_line super_q5_k = {8, 32, 63, {31, -1.3f, 0.15f, false}};

/* One block each. */
static void
block_q4_0(struct fmt_found *f, const float *x, const float *w)
{
	encode_single(f, &(struct part){x, w, 32}, &levels_q4_0, 0.006f);
}

static void
block_q5_0(struct fmt_found *f, const float *x, const float *w)
{
	encode_single(f, &(struct part){x, w, 32}, &levels_q5_0, 0.003f);
}

static void
block_q8_0(struct fmt_found *f, const float *x, const float *w)
{
	encode_plain(f, &(struct part){x, w, 32}, &levels_q8_0);
	for (int i = 0; i < 32; i++)
		f->code[i] = (uint8_t)(f->code[i] - 127);
}

static void
block_q4_1(struct fmt_found *f, const float *x, const float *w)
{
	encode_single_line(f, &(struct part){x, w, 32}, &affine_q4_1);
}

static void
block_q5_1(struct fmt_found *f, const float *x, const float *w)
{
	encode_single_line(f, &(struct part){x, w, 32}, &affine_q5_1);
}

static void
block_q2_k(struct fmt_found *f, const float *x, const float *w)
{
	encode_super_line(f, x, w, &super_q2_k);
}

static void
block_q3_k(struct fmt_found *f, const float *x, const float *w)
{
	encode_super(f, x, w, &super_q3_k);
}

static void
block_q4_k(struct fmt_found *f, const float *x, const float *w)
{
	encode_super_line(f, x, w, &super_q4_k);
}

static void
block_q5_k(struct fmt_found *f, const float *x, const float *w)
{
	encode_super_line(f, x, w, &super_q5_k);
}

static void
block_q6_k(struct fmt_found *f, const float *x, const float *w)
{
	encode_super(f, x, w, &super_q6_k);
}

/* Values of IQ4 to their numbers. */
static void
number_iq4(uint8_t *code, int n)
{
	for (int i = 0; i < n; i++) {
		static const uint8_t value[16] = {0, 23, 44, 62, 78, 92, 105, 117, 128, 140, 152, 165, 180, 196, 216, 240};
		uint8_t number = 0;

		for (int k = 1; k < 16; k++)
			number = (uint8_t)(number + (code[i] >= value[k]));
		code[i] = number;
	}
}

static void
block_iq4_nl(struct fmt_found *f, const float *x, const float *w)
{
	encode_single(f, &(struct part){x, w, 32}, &levels_iq4, 0.006f);
	number_iq4(f->code, 32);
}

static void
block_iq4_xs(struct fmt_found *f, const float *x, const float *w)
{
	encode_super(f, x, w, &super_iq4_xs);
	number_iq4(f->code, 256);
}

static void
block_mxfp4(struct fmt_found *f, const float *x, const float *w)
{
	encode_power(f, &(struct part){x, w, 32}, &levels_e2m1);
}

static void
block_tq1_0(struct fmt_found *f, const float *x, const float *w)
{
	encode_single(f, &(struct part){x, w, 256}, &levels_ternary, 0.02f);
}

static void
block_tq2_0(struct fmt_found *f, const float *x, const float *w)
{
	encode_single(f, &(struct part){x, w, 256}, &levels_ternary, 0.02f);
}

/* The scale of the tensor is taken out before. */
static void
block_i2_s(struct fmt_found *f, const float *x, const float *w)
{
	write_codes(f->code, &(struct part){x, w, 128}, &levels_ternary, 1);
}

#define BOOK(id) \
ONCE void \
fit_##id(struct book_fit *fit, const float *x, const float *w, float scale) \
{ \
	*fit = fit_block(&book_##id, x, w, scale); \
} \
static void \
block_##id(struct fmt_found *f, const float *x, const float *w) \
{ \
	encode_book(f, x, w, &book_##id, fit_##id); \
}
BOOK(iq1_s)
BOOK(iq1_m)
BOOK(iq2_xxs)
BOOK(iq2_xs)
BOOK(iq2_s)
BOOK(iq3_xxs)
BOOK(iq3_s)
#undef BOOK

ALWAYS_INLINE void
encode_row(void *row, const float *x, const float *w, size_t n, enum qtype t,
    void (*block)(struct fmt_found *, const float *, const float *), void (*pack)(void *, const struct fmt_found *))
{
	const size_t len = qtype_info(t)->block_len, bytes = qtype_info(t)->block_bytes;
	struct fmt_found f = {0};
	float ones[256];

	for (size_t i = 0; i < 256; i++)
		ones[i] = 1;
	for (size_t at = 0; at < n; at += len) {
		block(&f, x + at, w ? w + at : ones);
		pack((char *)row + at / len * bytes, &f);
	}
}

#define PACKED(id) \
static void \
encode_##id(void *row, const float *x, const float *w, size_t n) \
{ \
	encode_row(row, x, w, n, QT_##id, block_##id, fmt_##id##_pack); \
}
#include "kernels/packed.def"
#undef PACKED

static void
encode_fill(struct kern_mat mat[QT_COUNT])
{
#define PACKED(id) mat[QT_##id].encode = encode_##id;
#include "kernels/packed.def"
#undef PACKED
}

#endif
