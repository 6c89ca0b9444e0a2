/* Attention of many rows as products of BF16 numbers in tiles: queries, keys, scores and values are sums of two each, and of
 * the four products all but that of the small ones are added up.  What is left out is some 2^-16 of the lengths of the
 * vectors. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/amx/split.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"
#include "kernels/kv_q8_0.h"
#include "kernels/simd/kv_tile.h"
#include "kernels/simd/kv_weights.h"

static const struct many_kind kv_kind = {NULL, 2, 2};

enum { KV_AHEAD = 8192 };		/* bytes of values that are asked for before they are read */

/* A line of B in each of two parts: of every column EVEN meets a number of A, and ODD the next. */
ALWAYS_INLINE void
kv_line(uint8_t *tile, vf even, vf odd)
{
	const vi upper = vi_set32((int)0xffff0000);
	vf high_even = v_from_bits(vi_and(_mm512_castps_si512(even), upper));
	vf high_odd = v_from_bits(vi_and(_mm512_castps_si512(odd), upper));

	vi_store(tile, v_upper_halves(high_even, high_odd));
	vi_store(tile + TILE_BYTES, v_upper_halves(v_sub(even, high_even), v_sub(odd, high_odd)));
}

/* C = N_ROWS rows of A, X_STRIDE bytes apart, times N_STEPS of the lines at W, whose right half stands W_RIGHT bytes behind. */
static void
kv_product(const void *x, size_t x_stride, size_t n_rows, size_t n_steps, const uint8_t *w, size_t w_right, size_t n_cols,
    float *c, size_t c_stride, struct many_shape *shape)
{
	struct many m = {
		.w = {w, w + w_right},
		.x = x,
		.x_stride = x_stride,
		.n_steps = n_steps,
		.y = c, .y_stride = c_stride * sizeof(float),
	};

	many_configure(shape, n_rows, n_cols);
	many_tile_of(&m, kv_kind, n_rows, n_cols);
}

/* ---- scores ---- */

static void
query_many(void *q, const float *x, size_t dim, float scale)
{
	split_row(q, x, dim, scale);
}

/* Bytes of the lines of a panel. */
static size_t
panel_bytes(size_t dim)
{
	return dim / TILE_COLS * 2 * TILE_BYTES;
}

static void
f16_keys_many(const struct kern_attn *a)
{
	uint8_t *tiles = a->lines;

	for (size_t key = 0; key < a->n_keys; key += KV_PANEL) {
		const char *keys = (const char *)a->kv + key * a->kv_stride;

		for (size_t i = 0; i < a->dim; i += TILE_COLS, tiles += 2 * TILE_BYTES)
			for (size_t j = 0; j < TILE_COLS; j += 2, keys += 2 * KV_PANEL * sizeof(uint16_t))
				kv_line(tiles + 32 * j, v_f16(keys), v_f16(keys + KV_PANEL * sizeof(uint16_t)));
	}
}

/* Number I of the four of each key at KEYS. */
ALWAYS_INLINE vf
q8_0_number(vi keys, vf d, int i)
{
	return v_mul(v_from_i32(vi_sar32(vi_shl32(keys, 24 - 8 * i), 24)), d);
}

static void
q8_0_keys_many(const struct kern_attn *a)
{
	uint8_t *line = a->lines;

	for (size_t key = 0; key < a->n_keys; key += KV_PANEL) {
		const struct kv_panel_q8_0 *p = (const void *)((const char *)a->kv + key * a->kv_stride);

		for (size_t i = 0; i < a->dim / 32; i++, p++, line += TILE_BYTES)
			for (size_t four = 0; four < 8; four++) {
				vi keys = vi_load(p->qs[four]);
				vf d = v_f16(p->d);

				for (int j = 0; j < 4; j += 2, line += 64)
					kv_line(line, q8_0_number(keys, d, j), q8_0_number(keys, d, j + 1));
			}
	}
}

static void
score_many(const struct kern_attn *a)
{
	const uint8_t *lines = (const uint8_t *)a->lines + a->first / KV_PANEL * panel_bytes(a->dim);
	struct many_shape shape = {0, 0};

	for (size_t key = 0; key < a->n_keys; key += MANY_SIDE) {
		struct kv_span rows = rows_seeing(a, key, many_side(a->n_keys - key), MANY_SIDE);

		for (size_t q = rows.first; q < rows.end; q += MANY_SIDE)
			kv_product((const char *)a->q + q * a->q_stride, a->q_stride, many_side(a->n_q - q), a->dim / TILE_COLS,
			    lines + key / KV_PANEL * panel_bytes(a->dim), panel_bytes(a->dim), many_side(a->n_keys - key),
			    a->s + q * a->s_stride + key, a->s_stride, &shape);
	}
	_tile_release();
}

/* ---- mixes ---- */

static struct kern_part
weights_many(float *s, size_t first, size_t end, size_t n)
{
	struct kern_part part = {.top = largest(s + first, first < end ? end - first : 0)};
	vf top = v_set1(part.top), sum[2] = {v_zero(), v_zero()};

	for (size_t i = 0; i < n; i += 2 * V) {
		vf e[2];
		struct split x;

		for (size_t j = 0; j < 2; j++) {
			e[j] = weights_at(s, i + j * V, first, end, top);
			sum[j] = v_add(sum[j], e[j]);
		}
		x = split_of(e[0], e[1]);
		vi_store(s + i, x.high);
		vi_store(s + i + V, x.low);
	}
	part.sum = v_sum(v_add(sum[0], sum[1]));
	return part;
}

/* Bytes of the lines of TILE_SIDE numbers of all values. */
static size_t
column_bytes(const struct kern_attn *a)
{
	return (a->n_lined + TILE_COLS - 1) / TILE_COLS * 2 * TILE_BYTES;
}

ALWAYS_INLINE vf
kv_value(const struct kern_attn *a, size_t key, size_t first, kv_load_fn *load)
{
	return key < a->n_keys ? load((const char *)a->kv + key * a->kv_stride, first, V) : v_zero();
}

ALWAYS_INLINE void
values_many(const struct kern_attn *a, kv_load_fn *load)
{
	const size_t n = (a->n_keys + TILE_COLS - 1) / TILE_COLS * TILE_COLS;

	/* As values follow each other in memory, lines of all columns in turn. */
	for (size_t i = 0; i < n; i += 2) {
		uint8_t *line = (uint8_t *)a->lines + i / TILE_COLS * 2 * TILE_BYTES + i % TILE_COLS * 32;

		for (size_t first = 0; first < a->dim; first += TILE_SIDE, line += column_bytes(a)) {
			__builtin_prefetch((const char *)a->kv + i * a->kv_stride + KV_AHEAD + first / TILE_SIDE * 64);
			kv_line(line, kv_value(a, i, first, load), kv_value(a, i + 1, first, load));
		}
	}
}

static void
f16_values_many(const struct kern_attn *a)
{
	values_many(a, load_f16);
}

static void
q8_0_values_many(const struct kern_attn *a)
{
	values_many(a, load_q8_0);
}

static void
mix_many(const struct kern_attn *a)
{
	const uint8_t *lines = (const uint8_t *)a->lines + a->first / TILE_COLS * 2 * TILE_BYTES;
	struct many_shape shape = {0, 0};

	for (size_t first = 0; first < a->dim; first += MANY_SIDE)
		for (size_t q = 0; q < a->n_q; q += MANY_SIDE) {
			size_t n_rows = many_side(a->n_q - q);
			struct kv_span seen = lines_seen(a->seen, q, n_rows, a->n_keys);
			size_t step = seen.first / TILE_COLS, end = (seen.end + TILE_COLS - 1) / TILE_COLS;

			kv_product(a->s + q * a->s_stride + step * TILE_COLS, a->s_stride * sizeof(float), n_rows, end - step,
			    lines + first / TILE_SIDE * column_bytes(a) + step * 2 * TILE_BYTES, column_bytes(a), MANY_SIDE,
			    a->y + q * a->y_stride + first, a->y_stride, &shape);
		}
	_tile_release();
}

void
amx_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_f16].keys_many = f16_keys_many;
	kv[KV_q8_0].keys_many = q8_0_keys_many;
	kv[KV_f16].query_many = kv[KV_q8_0].query_many = query_many;
	kv[KV_f16].score_many = kv[KV_q8_0].score_many = score_many;
	kv[KV_f16].values_many = f16_values_many;
	kv[KV_q8_0].values_many = q8_0_values_many;
	kv[KV_f16].weights_many = kv[KV_q8_0].weights_many = weights_many;
	kv[KV_f16].mix_many = kv[KV_q8_0].mix_many = mix_many;
	kv[KV_f16].many_rows = kv[KV_q8_0].many_rows = 2 * MANY_SIDE;
	kv[KV_f16].many_pos = kv[KV_q8_0].many_pos = 0;		/* products have bits of their own as well */
}
