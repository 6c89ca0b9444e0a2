/* What scores and mixes of any kind of keys and values share.  Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_KV_TILE_H
#define KERNELS_SIMD_KV_TILE_H

#include "kernels/f16.h"
#include "kernels/fmt/q8_0.h"
#include "kernels/kern.h"

enum {
	LINE_VECTORS = KV_PANEL / V,
	FEW = 4,			/* so many rows, or less, are not worth a buffer of floats */
	FEW_F16 = 8,			/* the same where numbers convert in one step */
};

/* Numbers I.. of a line as floats, N of them, zeros behind. */
typedef vf kv_load_fn(const void *line, size_t i, size_t n);

ALWAYS_INLINE vf
load_f32(const void *line, size_t i, size_t n)
{
	return v_load_n((const char *)line + i * sizeof(float), n);
}

ALWAYS_INLINE vf
load_f16(const void *line, size_t i, size_t n)
{
	const char *p = (const char *)line + i * sizeof(uint16_t);

	return n >= V ? v_f16(p) : v_f16_n(p, n);
}

/* Not yet multiplied by the scale of their block. */
ALWAYS_INLINE vf
load_q8_0_codes(const void *line, size_t i, size_t n)
{
	const struct block_q8_0 *b = (const struct block_q8_0 *)line + i / 32;

	/* heads are multiples of 32, but not of all the vectors of a line */
	return n == 0 ? v_zero() : v_i8(b->qs + i % 32);
}

ALWAYS_INLINE vf
load_q8_0(const void *line, size_t i, size_t n)
{
	const struct block_q8_0 *b = (const struct block_q8_0 *)line + i / 32;

	return n == 0 ? v_zero() : v_mul(load_q8_0_codes(line, i, n), v_set1_f16(b->d));
}

struct kv_span {
	size_t first, end;
};

/* Which of N_LINES values any of the N rows from Q on sees; first <= end. */
static inline struct kv_span
lines_seen(struct kern_seen seen, size_t q, size_t n, size_t n_lines)
{
	ptrdiff_t first, end;

	if (seen.group == 0)
		return (struct kv_span){0, n_lines};
	first = seen.first + (ptrdiff_t)(q / seen.group);
	end = seen.end + (ptrdiff_t)((q + n - 1) / seen.group);
	end = end < (ptrdiff_t)n_lines ? end : (ptrdiff_t)n_lines;
	first = first > 0 ? first : 0;
	return first < end ? (struct kv_span){(size_t)first, (size_t)end} : (struct kv_span){0, 0};
}

/* Rows that see any of the N keys from KEY on, and those that make a multiple of STEP with them. */
static inline struct kv_span
rows_seeing(const struct kern_attn *a, size_t key, size_t n, size_t step)
{
	ptrdiff_t group = (ptrdiff_t)a->seen.group, first, end;
	struct kv_span all = {0, a->n_q}, rows;

	if (group == 0)
		return all;
	first = ((ptrdiff_t)key + 1 - a->seen.end) * group;
	end = ((ptrdiff_t)(key + n) - a->seen.first) * group;
	rows.first = first > 0 ? (size_t)first / step * step : 0;
	rows.end = end > 0 ? ((size_t)end + step - 1) / step * step : 0;
	rows.end = rows.end < all.end ? rows.end : all.end;
	return rows;
}

#endif
