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

static const struct levels levels_q4_0 = WHOLE(-8, 7, -0.6f, 0.35f);
static const struct levels levels_q5_0 = WHOLE(-16, 15, -1.6f, 0.45f);
static const struct levels levels_q8_0 = WHOLE(-127, 127, 0, 0);
static const struct levels levels_iq4 = {LEVEL_IQ4, -127, 113, -16, 5.4f};
static const struct levels levels_e2m1 = {LEVEL_E2M1, -12, 12, 0, 0};
static const struct levels levels_ternary = WHOLE(-1, 1, -0.1f, 1.05f);
static const struct affine affine_q4_1 = {15, -1.2f, 0.4f, true};
static const struct affine affine_q5_1 = {31, -1.6f, 0.42f, true};
static const struct super super_q3_k = {16, 16, -32, 31, WHOLE(-4, 3, -0.6f, 0.3f)};
static const struct super super_q6_k = {16, 16, -127, 127, WHOLE(-32, 31, -1.6f, 0.45f)};
static const struct super super_iq4_xs = {8, 32, -32, 31, {LEVEL_IQ4, -127, 113, -16, 5.4f}};
static const struct super_line super_q2_k = {16, 16, 15, {3, -0.6f, 0.18f, false}};
static const struct super_line super_q4_k = {8, 32, 63, {15, -1.6f, 0.42f, false}};
static const struct super_line super_q5_k = {8, 32, 63, {31, -1.6f, 0.42f, false}};

/* One block or one batch each. */
static void
batch_q4_0(struct fmt_found *f, const struct batch *b)
{
	encode_single(f, b, &levels_q4_0, 0.006f);
}

static void
batch_q5_0(struct fmt_found *f, const struct batch *b)
{
	encode_single(f, b, &levels_q5_0, 0.003f);
}

static void
block_q8_0(struct fmt_found *f, const float *x, const float *w)
{
	encode_plain(f, &(struct part){x, w, 32}, &levels_q8_0);
	for (int i = 0; i < 32; i++)
		f->code[i] = (uint8_t)(f->code[i] - 127);
}

static void
batch_q4_1(struct fmt_found *f, const struct batch *b)
{
	encode_single_line(f, b, &affine_q4_1);
}

static void
batch_q5_1(struct fmt_found *f, const struct batch *b)
{
	encode_single_line(f, b, &affine_q5_1);
}

static void
batch_q2_k(struct fmt_found *f, const struct batch *b)
{
	encode_super_line(f, b, &super_q2_k);
}

static void
batch_q3_k(struct fmt_found *f, const struct batch *b)
{
	encode_super(f, b, &super_q3_k);
}

static void
batch_q4_k(struct fmt_found *f, const struct batch *b)
{
	encode_super_line(f, b, &super_q4_k);
}

static void
batch_q5_k(struct fmt_found *f, const struct batch *b)
{
	encode_super_line(f, b, &super_q5_k);
}

static void
batch_q6_k(struct fmt_found *f, const struct batch *b)
{
	encode_super(f, b, &super_q6_k);
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
batch_iq4_nl(struct fmt_found *f, const struct batch *b)
{
	encode_single(f, b, &levels_iq4, 0.006f);
	for (int i = 0; i < b->n; i++)
		number_iq4(f[i].code, 32);
}

static void
batch_iq4_xs(struct fmt_found *f, const struct batch *b)
{
	encode_super(f, b, &super_iq4_xs);
	for (int i = 0; i < b->n / super_iq4_xs.n_blocks; i++)
		number_iq4(f[i].code, 256);
}

static void
batch_mxfp4(struct fmt_found *f, const struct batch *b)
{
	encode_power(f, b, &levels_e2m1);
}

static void
batch_tq1_0(struct fmt_found *f, const struct batch *b)
{
	encode_single(f, b, &levels_ternary, 0.02f);
}

static void
batch_tq2_0(struct fmt_found *f, const struct batch *b)
{
	encode_single(f, b, &levels_ternary, 0.02f);
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
encode_blocks(void *row, const float *x, const float *w, size_t n, enum qtype t,
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

/* Number I of block B to place i * LANES + b. */
ONCE void
side_by_side(float *to, const float *from, int len, int n_blocks)
{
	for (int b = 0; b < LANES; b++) {
		const float *block = from + (b < n_blocks ? b : n_blocks - 1) * len;

		for (int i = 0; i < len; i++)
			to[i * LANES + b] = block[i];
	}
}

/* A block of the format is PARTS blocks of the search. */
ALWAYS_INLINE void
encode_batches(void *row, const float *x, const float *w, size_t n, enum qtype t, int parts,
    void (*batch)(struct fmt_found *, const struct batch *), void (*pack)(void *, const struct fmt_found *))
{
	const size_t len = qtype_info(t)->block_len / (size_t)parts, bytes = qtype_info(t)->block_bytes;
	struct fmt_found f[LANES] = {0};
	float xs[256 * LANES], ws[256 * LANES];

	for (size_t at = 0; at < n; at += len * LANES) {
		int have = n - at < len * LANES ? (int)((n - at) / len) : LANES;
		struct batch b = {{xs, w ? ws : NULL, (int)len}, x + at, have};

		side_by_side(xs, x + at, (int)len, have);
		if (w)
			side_by_side(ws, w + at, (int)len, have);
		batch(f, &b);
		for (int i = 0; i < have / parts; i++)
			pack((char *)row + (at / len / (size_t)parts + (size_t)i) * bytes, &f[i]);
	}
}

#define BATCHED(id, parts) \
static void \
encode_##id(void *row, const float *x, const float *w, size_t n) \
{ \
	encode_batches(row, x, w, n, QT_##id, parts, batch_##id, fmt_##id##_pack); \
}
#define PACKED(id) \
static void \
encode_##id(void *row, const float *x, const float *w, size_t n) \
{ \
	encode_blocks(row, x, w, n, QT_##id, block_##id, fmt_##id##_pack); \
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
