/* A vector of floats, NEON: what the element-wise bodies that are shared with x86 (kernels/simd/vec.h, lanes.h and
 * encode_lane.h) and those in kernels/arm are written with.  _n: only the first n numbers exist, the others read as 0
 * and are not written. */
#ifndef KERNELS_ARM_NEON_V_H
#define KERNELS_ARM_NEON_V_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { V = 4 };
typedef float32x4_t vf;

/* All ones in the first N numbers. */
ALWAYS_INLINE uint32x4_t
v_first(size_t n)
{
	static const uint32_t place[V] = {0, 1, 2, 3};

	return vcltq_u32(vld1q_u32(place), vdupq_n_u32(n < V ? (uint32_t)n : V));
}

ALWAYS_INLINE vf v_zero(void) { return vdupq_n_f32(0); }
ALWAYS_INLINE vf v_set1(float f) { return vdupq_n_f32(f); }
ALWAYS_INLINE vf v_load(const void *p) { return vreinterpretq_f32_u8(vld1q_u8(p)); }	/* any address */
ALWAYS_INLINE void v_store(float *p, vf a) { vst1q_f32(p, a); }

ALWAYS_INLINE vf
v_load_n(const void *p, size_t n)
{
	float f[V] = {0};

	if (n >= V)
		return v_load(p);
	for (size_t i = 0; i < n; i++)
		memcpy(&f[i], (const char *)p + 4 * i, 4);
	return v_load(f);
}

ALWAYS_INLINE void
v_store_n(float *p, vf a, size_t n)
{
	float f[V];

	if (n >= V) {
		v_store(p, a);
		return;
	}
	v_store(f, a);
	for (size_t i = 0; i < n; i++)
		p[i] = f[i];
}

ALWAYS_INLINE vf v_add(vf a, vf b) { return vaddq_f32(a, b); }
ALWAYS_INLINE vf v_sub(vf a, vf b) { return vsubq_f32(a, b); }
ALWAYS_INLINE vf v_mul(vf a, vf b) { return vmulq_f32(a, b); }
ALWAYS_INLINE vf v_div(vf a, vf b) { return vdivq_f32(a, b); }
ALWAYS_INLINE vf v_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
/* a < b ? x : y */
ALWAYS_INLINE vf v_if_less(vf a, vf b, vf x, vf y) { return vbslq_f32(vcltq_f32(a, b), x, y); }
/* B where either is NaN, which FMAX would keep. */
ALWAYS_INLINE vf v_max(vf a, vf b) { return v_if_less(b, a, a, b); }
ALWAYS_INLINE vf v_min(vf a, vf b) { return v_if_less(a, b, a, b); }
ALWAYS_INLINE vf v_round(vf a) { return vrndnq_f32(a); }

/* a b - c in even places, a b + c in odd ones. */
ALWAYS_INLINE vf
v_fmaddsub(vf a, vf b, vf c)
{
	const uint32x4_t sign = vreinterpretq_u32_u64(vdupq_n_u64(0x80000000));

	return v_fma(a, b, vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(c), sign)));
}

/* p * 2^n, n whole and within -252..254; in two steps, so that only the last one rounds. */
ALWAYS_INLINE vf
v_scale2(vf p, vf n)
{
	const int32x4_t bias = vdupq_n_s32(127);
	int32x4_t whole = vcvtnq_s32_f32(n), half = vshrq_n_s32(whole, 1), rest = vsubq_s32(whole, half);

	p = v_mul(p, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, bias), 23)));
	return v_mul(p, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, bias), 23)));
}

/* The upper half added to the lower, and so on: the order of ref_lanes_sum() (kernels/ref/ref.h). */
ALWAYS_INLINE float
v_sum(vf a)
{
	float32x2_t h = vadd_f32(vget_low_f32(a), vget_high_f32(a));

	return vget_lane_f32(h, 0) + vget_lane_f32(h, 1);
}
ALWAYS_INLINE float v_top(vf a) { return vmaxvq_f32(a); }	/* of numbers of which none is NaN */

/* Of the first N numbers, the first that equals F; n when none does. */
ALWAYS_INLINE size_t
v_find_n(vf a, float f, size_t n)
{
	uint32x4_t equal = vandq_u32(vceqq_f32(a, v_set1(f)), v_first(n));
	uint64_t m = vget_lane_u64(vreinterpret_u64_u16(vmovn_u32(equal)), 0);	/* 16 bits a number */

	return m ? (size_t)__builtin_ctzll(m) / 16 : n;
}

/* A with its numbers from N on replaced by B's. */
ALWAYS_INLINE vf
v_keep_n(vf a, vf b, size_t n)
{
	return vbslq_f32(v_first(n), a, b);
}

/* N <= 4 halves, zeros behind them. */
ALWAYS_INLINE uint16x4_t
v_halves_n(const void *p, size_t n)
{
	uint16_t h[V] = {0};

	if (n >= V)
		return vreinterpret_u16_u8(vld1_u8(p));
	for (size_t i = 0; i < n; i++)
		memcpy(&h[i], (const char *)p + 2 * i, 2);
	return vld1_u16(h);
}

ALWAYS_INLINE vf v_from_f16(uint16x4_t h) { return vcvt_f32_f16(vreinterpret_f16_u16(h)); }
ALWAYS_INLINE vf v_set1_f16(uint16_t h) { return v_from_f16(vdup_n_u16(h)); }
ALWAYS_INLINE vf v_f16_n(const void *p, size_t n) { return v_from_f16(v_halves_n(p, n)); }
ALWAYS_INLINE vf v_f16(const void *p) { return v_f16_n(p, V); }

ALWAYS_INLINE void
v_f16_store_n(void *p, vf a, size_t n)
{
	uint16_t h[V];

	vst1_u16(h, vreinterpret_u16_f16(vcvt_f16_f32(a)));
	memcpy(p, h, 2 * (n < V ? n : V));
}

ALWAYS_INLINE vf v_from_bf16(uint16x4_t h) { return vreinterpretq_f32_u32(vshll_n_u16(h, 16)); }
ALWAYS_INLINE vf v_bf16_n(const void *p, size_t n) { return v_from_bf16(v_halves_n(p, n)); }
ALWAYS_INLINE vf v_bf16(const void *p) { return v_bf16_n(p, V); }

/* Four signed bytes. */
ALWAYS_INLINE vf
v_i8(const void *p)
{
	uint32_t bytes;

	memcpy(&bytes, p, sizeof bytes);
	return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(bytes))))));
}

ALWAYS_INLINE vf v_abs(vf a) { return vabsq_f32(a); }
/* The larger as unsigned integers: of absolute values, with NaN largest. */
ALWAYS_INLINE vf
v_max_bits(vf a, vf b)
{
	return vreinterpretq_f32_u32(vmaxq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(b)));
}
ALWAYS_INLINE uint32_t v_top_bits(vf a) { return vmaxvq_u32(vreinterpretq_u32_f32(a)); }

ALWAYS_INLINE vf v_dup_even(vf a) { return vtrn1q_f32(a, a); }
ALWAYS_INLINE vf v_dup_odd(vf a) { return vtrn2q_f32(a, a); }

/* a0 b0 a1 b1 .. of the first N <= V / 2 numbers of each. */
ALWAYS_INLINE vf
v_zip_n(const float *a, const float *b, size_t n)
{
	return vzip1q_f32(v_load_n(a, n), v_load_n(b, n));
}

ALWAYS_INLINE void
v_transpose(vf m[V])
{
	vf a = vtrn1q_f32(m[0], m[1]), b = vtrn2q_f32(m[0], m[1]);
	vf c = vtrn1q_f32(m[2], m[3]), d = vtrn2q_f32(m[2], m[3]);

	m[0] = vcombine_f32(vget_low_f32(a), vget_low_f32(c));
	m[1] = vcombine_f32(vget_low_f32(b), vget_low_f32(d));
	m[2] = vcombine_f32(vget_high_f32(a), vget_high_f32(c));
	m[3] = vcombine_f32(vget_high_f32(b), vget_high_f32(d));
}

/* ---- integers ---- */

typedef uint32x4_t vi;

ALWAYS_INLINE vi vi_zero(void) { return vdupq_n_u32(0); }
ALWAYS_INLINE vi vi_load(const void *p) { return vreinterpretq_u32_u8(vld1q_u8(p)); }
ALWAYS_INLINE void vi_store(void *p, vi a) { vst1q_u8(p, vreinterpretq_u8_u32(a)); }
ALWAYS_INLINE vi vi_u16(const void *p) { return vmovl_u16(v_halves_n(p, V)); }
ALWAYS_INLINE vi vi_shr32(vi a, int n) { return vshlq_u32(a, vdupq_n_s32(-n)); }

/* The number of TABLE that the low three bits of each index name: its four bytes are looked up. */
ALWAYS_INLINE vf
v_lookup8(const float *table, vi index)
{
	uint8x16x2_t bytes = {{vreinterpretq_u8_f32(v_load(table)), vreinterpretq_u8_f32(v_load(table + 4))}};
	vi at = vmlaq_n_u32(vdupq_n_u32(0x03020100), vandq_u32(index, vdupq_n_u32(7)), 0x04040404);

	return vreinterpretq_f32_u8(vqtbl2q_u8(bytes, vreinterpretq_u8_u32(at)));
}

ALWAYS_INLINE vi
vi_add64(vi a, vi b)
{
	return vreinterpretq_u32_u64(vaddq_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
}

/* Sum of bytes, added to the two 64-bit sums of ACC. */
ALWAYS_INLINE vi
vi_add_bytes(vi acc, const void *p)
{
	return vreinterpretq_u32_u64(vpadalq_u32(vreinterpretq_u64_u32(acc), vpaddlq_u16(vpaddlq_u8(vld1q_u8(p)))));
}

ALWAYS_INLINE uint64_t vi_sum64(vi a) { return vaddvq_u64(vreinterpretq_u64_u32(a)); }

#endif
