/* Tiles of AMX and AVX-512 BF16 for processors that have neither; see avx512.h, which includes this. */
#ifndef TESTS_SIMDE_AMX_H
#define TESTS_SIMDE_AMX_H

/* ---- BF16 ---- */

EMULATED uint16_t
emulated_to_bf16(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	if ((bits & 0x7f800000) == 0)
		return (uint16_t)(bits >> 16 & 0x8000);
	if (f != f)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* B's numbers, then A's. */
EMULATED __m512i
emulated_cvtne2ps_pbh(__m512 a, __m512 b)
{
	union halves above = HALVES(a), below = HALVES(b);
	uint16_t words[32];

	for (int i = 0; i < 16; i++) {
		words[i] = emulated_to_bf16(below.f32[i]);
		words[16 + i] = emulated_to_bf16(above.f32[i]);
	}
	return _mm512_loadu_si512(words);
}

EMULATED __m512i
emulated_maskz_loadu_words(uint32_t k, const void *p)
{
	uint16_t words[32] = {0};

	for (int i = 0; i < 32; i++)
		if (k >> i & 1)
			memcpy(&words[i], (const char *)p + 2 * i, 2);
	return _mm512_loadu_si512(words);
}

EMULATED __m512i
emulated_permutexvar_epi16(__m512i order, __m512i a)
{
	uint16_t at[32], from[32], to[32];

	_mm512_storeu_si512(at, order);
	_mm512_storeu_si512(from, a);
	for (int i = 0; i < 32; i++)
		to[i] = from[at[i] & 31];
	return _mm512_loadu_si512(to);
}

#undef _mm512_cvtne2ps_pbh
#define _mm512_cvtne2ps_pbh(a, b) emulated_cvtne2ps_pbh(a, b)
#undef _mm512_maskz_loadu_epi16
#define _mm512_maskz_loadu_epi16(k, p) emulated_maskz_loadu_words(k, p)
#undef _mm512_permutexvar_epi16
#define _mm512_permutexvar_epi16(order, a) emulated_permutexvar_epi16(order, a)

/* ---- tiles ---- */

/* What a processor keeps for a thread.  A source file loads what it uses. */
static _Thread_local struct {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t n_rows[16];
	uint8_t tile[8][16][64];
} emulated_tiles __attribute__((unused));

static inline void
emulated_tile_loadconfig(const void *config)
{
	memset(&emulated_tiles, 0, sizeof emulated_tiles);
	memcpy(&emulated_tiles, config, 64);
}

static inline void
emulated_tile_zero(int t)
{
	memset(emulated_tiles.tile[t], 0, sizeof emulated_tiles.tile[t]);
}

static inline void
emulated_tile_loadd(int t, const void *p, size_t stride)
{
	emulated_tile_zero(t);
	for (size_t r = 0; r < emulated_tiles.n_rows[t]; r++)
		memcpy(emulated_tiles.tile[t][r], (const char *)p + r * stride, emulated_tiles.row_bytes[t]);
}

static inline void
emulated_tile_stored(int t, void *p, size_t stride)
{
	for (size_t r = 0; r < emulated_tiles.n_rows[t]; r++)
		memcpy((char *)p + r * stride, emulated_tiles.tile[t][r], emulated_tiles.row_bytes[t]);
}

/* Number I of a row of BF16 as a float. */
static inline float
emulated_tile_bf16(const uint8_t *row, size_t i)
{
	uint32_t bits = 0;
	float f;

	memcpy((char *)&bits + 2, row + 2 * i, 2);
	memcpy(&f, &bits, sizeof f);
	return f;
}

static inline void
emulated_tile_dpbf16ps(int c, int a, int b)
{
	for (size_t m = 0; m < emulated_tiles.n_rows[c]; m++)
		for (size_t n = 0; n < emulated_tiles.row_bytes[c] / 4u; n++) {
			float sum[2] = {0, 0}, was;

			for (size_t k = 0; k < emulated_tiles.row_bytes[a] / 2u; k++)
				sum[k % 2] += emulated_tile_bf16(emulated_tiles.tile[a][m], k) *
				    emulated_tile_bf16(emulated_tiles.tile[b][k / 2], 2 * n + k % 2);
			memcpy(&was, emulated_tiles.tile[c][m] + 4 * n, sizeof was);
			was += sum[0] + sum[1];
			memcpy(emulated_tiles.tile[c][m] + 4 * n, &was, sizeof was);
		}
}

static inline void
emulated_tile_dpbssd(int c, int a, int b)
{
	for (size_t m = 0; m < emulated_tiles.n_rows[c]; m++)
		for (size_t n = 0; n < emulated_tiles.row_bytes[c] / 4u; n++) {
			int32_t sum;

			memcpy(&sum, emulated_tiles.tile[c][m] + 4 * n, sizeof sum);
			for (size_t k = 0; k < emulated_tiles.row_bytes[a]; k++)
				sum += (int8_t)emulated_tiles.tile[a][m][k] *
				    (int8_t)emulated_tiles.tile[b][k / 4][4 * n + k % 4];
			memcpy(emulated_tiles.tile[c][m] + 4 * n, &sum, sizeof sum);
		}
}

#undef _tile_loadconfig
#define _tile_loadconfig(config) emulated_tile_loadconfig(config)
#undef _tile_release
#define _tile_release() ((void)0)
#undef _tile_zero
#define _tile_zero(t) emulated_tile_zero(t)
#undef _tile_loadd
#define _tile_loadd(t, p, stride) emulated_tile_loadd(t, p, stride)
#undef _tile_stream_loadd
#define _tile_stream_loadd(t, p, stride) emulated_tile_loadd(t, p, stride)
#undef _tile_stored
#define _tile_stored(t, p, stride) emulated_tile_stored(t, p, stride)
#undef _tile_dpbf16ps
#define _tile_dpbf16ps(c, a, b) emulated_tile_dpbf16ps(c, a, b)
#undef _tile_dpbssd
#define _tile_dpbssd(c, a, b) emulated_tile_dpbssd(c, a, b)

#endif
