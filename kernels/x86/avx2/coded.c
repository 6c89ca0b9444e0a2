/* Formats of coded.def with AVX2, the bits of kernels/ref/coded.c: weights stay as they lie in the file; 256 of a row
 * are unpacked once for a group of tokens.  Blocks of 32 stand in the 8 lanes of every sum. */
#include "kernels/x86/avx2/avx2.h"

#include "kernels/act.h"
#include "kernels/fmt/coded.h"
#include "kernels/x86/avx2/v.h"

/* Tokens whose sums are kept beside each other; their 256 activations fit the first cache. */
enum { TOKENS = 32 };

/* 8 blocks of a token's activations. */
struct x256 {
	const int8_t *q;
	const float *d;
	const int32_t *off16;
};

/* Copies of a row's last activations, zeros behind them. */
struct x_tail {
	int8_t q[CODED_LEN];
	float d[CODED_BLOCKS];
	int32_t off16[2 * CODED_BLOCKS];
};

ALWAYS_INLINE struct x256
x_at(const void *row, size_t n_cols, size_t first, struct x_tail *tail)
{
	struct act_q8 a = act_q8_at(row, n_cols);
	size_t n = n_cols / 32 - first;

	if (n >= CODED_BLOCKS)
		return (struct x256){a.q + 32 * first, a.d + first, a.off16 + 2 * first};
	memset(tail, 0, sizeof *tail);
	memcpy(tail->q, a.q + 32 * first, 32 * n);
	memcpy(tail->d, a.d + first, n * sizeof *a.d);
	memcpy(tail->off16, a.off16 + 2 * first, 2 * n * sizeof *a.off16);
	return (struct x256){tail->q, tail->d, tail->off16};
}

/* One block: in the lower half the four parts of the sum of its first 16 products, in the upper half the second's. */
ALWAYS_INLINE vi
dot_block(const int8_t *codes, const int8_t *q)
{
	vi w = vi_load(codes), x = vi_load(q);

	return vi_madd16(vi_maddubs(vi_abs8(w), vi_sign8(x, w)), vi_set16(1));
}

/* Four blocks: their first sums below, their second above. */
ALWAYS_INLINE vi
dot_four(const int8_t *w, const int8_t *q)
{
	vi a = _mm256_hadd_epi32(dot_block(w, q), dot_block(w + 32, q + 32));
	vi b = _mm256_hadd_epi32(dot_block(w + 64, q + 64), dot_block(w + 96, q + 96));

	return _mm256_hadd_epi32(a, b);
}

ALWAYS_INLINE vf
part_of(const struct coded *c, const struct x256 *x, int mins)
{
	vi low = dot_four(c->w, x->q), high = dot_four(c->w + 128, x->q + 128);
	vf s0 = v_from_i32(_mm256_permute2x128_si256(low, high, 0x20));
	vf s1 = v_from_i32(_mm256_permute2x128_si256(low, high, 0x31));
	vf part = v_fma(s1, v_load(c->scale[1]), v_mul(s0, v_load(c->scale[0])));

	if (mins) {
		const vi even_odd = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
		vi a = _mm256_permutevar8x32_epi32(vi_load(x->off16), even_odd);
		vi b = _mm256_permutevar8x32_epi32(vi_load(x->off16 + 8), even_odd);

		part = v_fma(v_from_i32(_mm256_permute2x128_si256(a, b, 0x20)), v_load(c->min[0]), part);
		part = v_fma(v_from_i32(_mm256_permute2x128_si256(a, b, 0x31)), v_load(c->min[1]), part);
	}
	return part;
}

ALWAYS_INLINE float
sum_by_halves(vf v)
{
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

/* One row times N <= TOKENS tokens from X on; y[t * y_stride] is set. */
ALWAYS_INLINE void
row_times(const struct kern_mul *m, const char *row, const char *x, size_t n, float *y, size_t chunk_bytes,
    coded_unpack *unpack, int mins)
{
	size_t n_blocks = m->n_cols / 32;
	struct x_tail tail;
	struct coded c;
	vf sum[TOKENS];

	for (size_t t = 0; t < n; t++)
		sum[t] = v_zero();
	for (size_t first = 0; first < n_blocks; first += CODED_BLOCKS, row += chunk_bytes) {
		unpack(&c, row, 32 * (n_blocks - first < CODED_BLOCKS ? n_blocks - first : CODED_BLOCKS));
		for (size_t t = 0; t < n; t++) {
			struct x256 at = x_at(x + t * m->x_stride, m->n_cols, first, &tail);

			sum[t] = v_fma(part_of(&c, &at, mins), v_load(at.d), sum[t]);
		}
	}
	for (size_t t = 0; t < n; t++)
		y[t * m->y_stride] = sum_by_halves(sum[t]);
}

ALWAYS_INLINE void
mul(const struct kern_mul *m, enum qtype t, coded_unpack *unpack, int mins)
{
	size_t row_bytes = qtype_row_bytes(t, m->n_cols), chunk_bytes = qtype_row_bytes(t, CODED_LEN);

	for (size_t token = 0; token < m->n_tokens; token += TOKENS) {
		size_t n = m->n_tokens - token < TOKENS ? m->n_tokens - token : TOKENS;

		for (size_t r = 0; r < m->n_rows; r++)
			row_times(m, (const char *)m->w + r * row_bytes, (const char *)m->x + token * m->x_stride, n,
			    m->y + token * m->y_stride + r, chunk_bytes, unpack, mins);
	}
}

#define CODED(id, mins) \
static void \
mul_##id(const struct kern_mul *m) \
{ \
	mul(m, QT_##id, fmt_##id##_unpack, mins); \
}
#include "kernels/coded.def"
#undef CODED

void
avx2_coded(struct kern_mat mat[QT_COUNT])
{
#define CODED(id, mins) mat[QT_##id].mul = mul_##id;
#include "kernels/coded.def"
#undef CODED
}
