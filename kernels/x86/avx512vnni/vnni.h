/* Integer products with AVX-512 VNNI (VPDPBUSD: four unsigned times four signed bytes into each dword).
 * Registers of a tile: 8 weight lines of a block of 32 columns, 8 float sums (one a token), the scale, and
 * temporaries; activations are broadcast straight from memory. */
#ifndef KERNELS_X86_AVX512VNNI_VNNI_H
#define KERNELS_X86_AVX512VNNI_VNNI_H

#include <string.h>

#include "kernels/x86/avx512/tile.h"
#include "kernels/x86/panel.h"

/* How far ahead of its use a panel is fetched when tokens are too few to hide the memory. */
enum { PREFETCH_BYTES = 4096, PREFETCH_TOKENS = 4 };

ALWAYS_INLINE __m512i
broadcast_i32(const void *p)
{
	int32_t v;

	memcpy(&v, p, sizeof v);
	return _mm512_set1_epi32(v);
}

ALWAYS_INLINE __m512
broadcast_f32(const void *p)
{
	return _mm512_castsi512_ps(broadcast_i32(p));
}

/* Ask for the N_LINES cache lines that stand PREFETCH_BYTES behind P. */
ALWAYS_INLINE void
prefetch_lines(const uint8_t *p, int n_lines)
{
	for (int i = 0; i < n_lines; i++)
		_mm_prefetch((const char *)p + 64 * i + PREFETCH_BYTES, _MM_HINT_T0);
}

/* 16 signed or unsigned bytes as floats. */
ALWAYS_INLINE __m512
floats_from_i8(const int8_t *p)
{
	return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)p)));
}

ALWAYS_INLINE __m512
floats_from_f16(const void *p)
{
	return _mm512_cvtph_ps(_mm256_loadu_si256(p));
}

/* acc + the 16 rows' products with N_LINES groups of four activations. */
ALWAYS_INLINE __m512i
dot_lines(__m512i acc, const __m512i *w, const char *q, int n_lines)
{
	for (int g = 0; g < n_lines; g++)
		acc = _mm512_dpbusd_epi32(acc, w[g], broadcast_i32(q + 4 * g));
	return acc;
}

/* sum[t] += (off + w . q) * (scale * dx) for block B. */
ALWAYS_INLINE void
add_block(const struct tile *tile, __m512 *sum, const __m512i w[8], __m512 scale, size_t b, const int n)
{
	size_t at_d = tile->n_cols + 4 * b, at_off = at_d + tile->n_cols / 8;

	for (int t = 0; t < n; t++) {
		const char *x = tile->x + (size_t)t * tile->x_stride;
		__m512i acc = dot_lines(broadcast_i32(x + at_off), w, x + 32 * b, 8);

		sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), _mm512_mul_ps(scale, broadcast_f32(x + at_d)), sum[t]);
	}
}

#endif
