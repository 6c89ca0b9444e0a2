/* Packed weights: R rows side by side, so that one vector holds the same four columns of every row (R dwords) and
 * one broadcast dword of activations meets all of them.  R is 16 for AVX-512 and 8 for AVX2; the layouts are the same
 * otherwise, and no larger than the file's but for padding to cache lines.
 * "Line" below means R dwords: dword r belongs to row r. */
#ifndef KERNELS_X86_PANEL_H
#define KERNELS_X86_PANEL_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/fmt/q4_0.h"
#include "kernels/fmt/q4_k.h"
#include "kernels/fmt/q6_k.h"
#include "kernels/fmt/q8_0.h"
#include "kernels/kern.h"

static inline size_t
panel_round(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

/* Slots of a format with panels of R rows. */
static inline void
panel_fill(struct kern_mat *mat, size_t R, size_t (*panel_bytes)(size_t n_cols),
    void (*pack)(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols),
    void (*mul)(const struct kern_mul *m))
{
	mat->pack_rows = R;
	mat->panel_bytes = panel_bytes;
	mat->pack = pack;
	mat->mul = mul;
}

/* Zeros where packing will write nothing: behind the USED bytes of whole panels, everywhere else in others. */
static inline void
panel_clear(void *panel, size_t bytes, size_t used, bool whole)
{
	size_t from = whole ? used : 0;

	memset((uint8_t *)panel + from, 0, bytes - from);
}

/* Row r's dwords j = 0..n-1 (SRC + r * STRIDE) to line j; FLIP is xored into each.  Four rows by four dwords are turned at a
 * time. */
static inline void
panel_lines(uint8_t *out, const uint8_t *src, size_t stride, size_t n_rows, size_t R, size_t n, uint32_t flip)
{
	const __m128i xored = _mm_set1_epi32((int)flip);
	size_t r = 0;

	for (; r + 4 <= n_rows; r += 4) {
		for (size_t j = 0; j + 4 <= n; j += 4) {
			const uint8_t *from = src + r * stride + 4 * j;
			uint8_t *to = out + 4 * (j * R + r);
			__m128i a = _mm_loadu_si128((const __m128i *)(const void *)from);
			__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(from + stride));
			__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(from + 2 * stride));
			__m128i d = _mm_loadu_si128((const __m128i *)(const void *)(from + 3 * stride));
			__m128i ab0 = _mm_unpacklo_epi32(a, b), ab2 = _mm_unpackhi_epi32(a, b);
			__m128i cd0 = _mm_unpacklo_epi32(c, d), cd2 = _mm_unpackhi_epi32(c, d);
			__m128i line[4] = {
				_mm_unpacklo_epi64(ab0, cd0), _mm_unpackhi_epi64(ab0, cd0),
				_mm_unpacklo_epi64(ab2, cd2), _mm_unpackhi_epi64(ab2, cd2),
			};

			for (size_t i = 0; i < 4; i++)
				_mm_storeu_si128((__m128i *)(void *)(to + 4 * i * R),
				    _mm_xor_si128(line[i], xored));
		}
	}
	for (size_t i = 0; i < n_rows; i++) {
		for (size_t j = i < r ? n / 4 * 4 : 0; j < n; j++) {
			uint32_t v;

			memcpy(&v, src + i * stride + 4 * j, sizeof v);
			v ^= flip;
			memcpy(out + 4 * (j * R + i), &v, sizeof v);
		}
	}
}

/* ---- Formats of 32 weights with one f16 scale.
 * For each pair of blocks: 2 x R scales, then the lines of the first block, then those of the second.
 * A last block without a partner has an empty second half.
 *	q4_0: 4 lines a block, line j = columns 4j.. in the low and 16 + 4j.. in the high halves
 *	q8_0: 8 lines a block, line j = columns 4j.., as unsigned bytes w + 128 ---- */

static inline size_t
panel_pair_bytes(size_t R, size_t n_lines)
{
	return 2 * R * 2 + 2 * n_lines * R * 4;
}

static inline size_t
panel_32_bytes(size_t R, size_t n_lines, size_t n_cols)
{
	return panel_round((n_cols / 32 + 1) / 2 * panel_pair_bytes(R, n_lines));
}

static inline void
panel_32_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t R, size_t n_cols,
    size_t n_lines, uint32_t flip)
{
	size_t block_bytes = 2 + 4 * n_lines;

	panel_clear(panel, panel_32_bytes(R, n_lines, n_cols), n_cols / 64 * panel_pair_bytes(R, n_lines), n_rows == R);
	for (size_t b = 0; b < n_cols / 32; b++) {
		uint8_t *pair = (uint8_t *)panel + b / 2 * panel_pair_bytes(R, n_lines);
		const uint8_t *src = (const uint8_t *)rows + b * block_bytes;

		for (size_t r = 0; r < n_rows; r++)
			memcpy(pair + 2 * (b % 2 * R + r), src + r * row_bytes, 2);
		panel_lines(pair + 4 * R + b % 2 * n_lines * R * 4, src + 2, row_bytes, n_rows, R, n_lines, flip);
	}
}

/* Block B of a packed row group: its R scales and its first line. */
static inline const uint8_t *
panel_32_scales(const void *panel, size_t R, size_t n_lines, size_t b)
{
	return (const uint8_t *)panel + b / 2 * panel_pair_bytes(R, n_lines) + b % 2 * 2 * R;
}

static inline const uint8_t *
panel_32_block(const void *panel, size_t R, size_t n_lines, size_t b)
{
	return (const uint8_t *)panel + b / 2 * panel_pair_bytes(R, n_lines) + 4 * R + b % 2 * n_lines * R * 4;
}

enum { PANEL_Q4_0_LINES = 4, PANEL_Q8_0_LINES = 8 };
#define PANEL_Q8_0_FLIP 0x80808080u

/* ---- Q4_K.  For each 256 columns: R d, R dmin (f16); the 12 scale bytes, each R times (one of every row); 32 lines
 * of codes: line 8 p + j = columns 64 p + 4 j.. in the low and 64 p + 32 + 4 j.. in the high halves. ---- */

static inline size_t
panel_q4_k_block_bytes(size_t R)
{
	return R * sizeof(struct block_q4_k);
}

static inline size_t
panel_q4_k_bytes(size_t R, size_t n_cols)
{
	return panel_round(n_cols / 256 * panel_q4_k_block_bytes(R));
}

static inline void
panel_q4_k_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t R, size_t n_cols)
{
	panel_clear(panel, panel_q4_k_bytes(R, n_cols), n_cols / 256 * panel_q4_k_block_bytes(R), n_rows == R);
	for (size_t b = 0; b < n_cols / 256; b++) {
		uint8_t *out = (uint8_t *)panel + b * panel_q4_k_block_bytes(R);
		const uint8_t *src = (const uint8_t *)rows + b * sizeof(struct block_q4_k);

		for (size_t r = 0; r < n_rows; r++) {
			const struct block_q4_k *block = (const void *)(src + r * row_bytes);

			memcpy(out + 2 * r, &block->d, 2);
			memcpy(out + 2 * (R + r), &block->dmin, 2);
			for (size_t i = 0; i < 12; i++)
				out[4 * R + i * R + r] = block->scales[i];
		}
		panel_lines(out + 16 * R, src + offsetof(struct block_q4_k, qs), row_bytes, n_rows, R, 32, 0);
	}
}

/* ---- Q6_K.  For each 256 columns: R d (f16); 16 x R scales; 48 lines of codes, 6 for each 32 columns: of the eight
 * groups of four columns, groups 0-2 stand in the high 6 bits of lines 0-2 and group 3, two bits each, in their
 * low bits (highest bits in line 0); groups 4-7 likewise in lines 3-5. ---- */

static inline size_t
panel_q6_k_block_bytes(size_t R)
{
	return R * sizeof(struct block_q6_k);
}

static inline size_t
panel_q6_k_bytes(size_t R, size_t n_cols)
{
	return panel_round(n_cols / 256 * panel_q6_k_block_bytes(R));
}

/* The 48 dwords of lines that a block's codes become. */
static inline void
panel_q6_k_dwords(uint32_t out[48], const struct block_q6_k *block)
{
	const __m128i first = _mm_setr_epi32(0x03030303, 0, 0, 0), second = _mm_setr_epi32(0, 0x03030303, 0, 0);
	const __m128i third = _mm_setr_epi32(0, 0, 0x03030303, 0), codes = _mm_setr_epi32(-1, -1, -1, 0);
	uint8_t code[256];
	uint32_t line[49];		/* the last store writes one more */

	q6_k_codes(block, code);
	for (size_t i = 0; i < 16; i++) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(code + 16 * i));
		__m128i fourth = _mm_shuffle_epi32(c, 0xff);
		__m128i bits = _mm_or_si128(_mm_and_si128(fourth, third),
		    _mm_or_si128(_mm_and_si128(_mm_srli_epi32(fourth, 4), first),
		    _mm_and_si128(_mm_srli_epi32(fourth, 2), second)));

		_mm_storeu_si128((__m128i *)(void *)(line + 3 * i),
		    _mm_or_si128(_mm_slli_epi32(_mm_and_si128(c, codes), 2), bits));
	}
	memcpy(out, line, 48 * sizeof *out);
}

static inline void
panel_q6_k_pack(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t R, size_t n_cols)
{
	panel_clear(panel, panel_q6_k_bytes(R, n_cols), n_cols / 256 * panel_q6_k_block_bytes(R), n_rows == R);
	for (size_t b = 0; b < n_cols / 256; b++) {
		uint8_t *out = (uint8_t *)panel + b * panel_q6_k_block_bytes(R);
		uint32_t dwords[16][48];

		for (size_t r = 0; r < n_rows; r++) {
			const struct block_q6_k *block =
			    (const void *)((const uint8_t *)rows + r * row_bytes + b * sizeof *block);

			memcpy(out + 2 * r, &block->d, 2);
			for (size_t i = 0; i < 16; i++)
				out[2 * R + i * R + r] = (uint8_t)block->scales[i];
			panel_q6_k_dwords(dwords[r], block);
		}
		panel_lines(out + 18 * R, (const uint8_t *)dwords, sizeof dwords[0], n_rows, R, 48, 0);
	}
}

#endif
