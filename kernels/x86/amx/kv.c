/* Attention of many rows as products of BF16 numbers in tiles: queries, keys, scores and values are sums of two each, and of
 * the four products all but that of the small ones are added up.  What is left out is some 2^-16 of the lengths of the
 * vectors. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/amx/split.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"
#include "kernels/simd/kv_tile.h"

static const struct many_kind kv_kind = {NULL, 2, 2};

/* Rows of A in two parts. */
struct kv_rows {
	char *x;
	size_t stride, part;		/* bytes */
};

static struct kv_rows
kv_rows_at(const struct kern_attn *a, size_t n)
{
	size_t part = kern_attn_stride(n) * sizeof(uint16_t);

	return (struct kv_rows){.x = a->work, .stride = 2 * part, .part = part};
}

/* N numbers times FACTOR into row I, zeros behind them up to a multiple of TILE_COLS. */
ALWAYS_INLINE void
kv_split_row(const struct kv_rows *r, size_t i, const float *x, size_t n, float factor)
{
	char *to = r->x + i * r->stride;

	for (size_t j = 0; j < n; j += 2 * V, to += 2 * TILE_COLS) {
		struct split s = split_of(v_mul(v_load_n(x + j, n - j), v_set1(factor)),
		    n - j > V ? v_mul(v_load_n(x + j + V, n - j - V), v_set1(factor)) : v_zero());

		vi_store(to, s.high);
		vi_store(to + r->part, s.low);
	}
}

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

/* C = or, ADDS, += rows from Q on times N_STEPS of the lines at W, whose right half stands W_RIGHT bytes behind. */
static void
kv_product(const struct kv_rows *rows, size_t q, size_t n_rows, size_t first, size_t n_steps, const uint8_t *w, size_t w_right,
    size_t n_cols, float *c, size_t c_stride, bool adds, struct many_shape *shape)
{
	struct many m = {
		.w = {w + first * 2 * TILE_BYTES, w + w_right + first * 2 * TILE_BYTES},
		.x = rows->x + q * rows->stride + first * 2 * TILE_COLS,
		.x_stride = rows->stride, .x_part = rows->part,
		.n_steps = n_steps,
		.y = c, .y_stride = c_stride * sizeof(float),
		.adds = adds,
	};

	many_configure(shape, n_rows, n_cols);
	many_tile_of(&m, kv_kind, n_rows, n_cols);
}

/* Bytes, of a panel of keys or of TILE_SIDE numbers of all values. */
enum { KV_LINES = KERN_ATTN_DIM / TILE_COLS * 2 * TILE_BYTES };

_Static_assert((int)KERN_ATTN_DIM == (int)KERN_ATTN_KEYS, "lines of both fit");

/* ---- scores ---- */

static void
keys_to_tiles(uint8_t *tiles, const char *keys, size_t dim)
{
	for (size_t i = 0; i < dim; i += TILE_COLS, tiles += 2 * TILE_BYTES)
		for (size_t j = 0; j < TILE_COLS; j += 2, keys += 2 * KV_PANEL * sizeof(uint16_t))
			kv_line(tiles + 32 * j, v_f16(keys), v_f16(keys + KV_PANEL * sizeof(uint16_t)));
}

static void
f16_score_many(const struct kern_attn *a)
{
	uint8_t lines[2 * KV_LINES] __attribute__((aligned(64)));
	struct kv_rows r = kv_rows_at(a, a->dim);
	struct many_shape shape = {0, 0};

	for (size_t i = 0; i < a->n_q; i++)
		kv_split_row(&r, i, (const void *)((const char *)a->q + i * a->q_stride), a->dim, a->scale);
	for (size_t key = 0; key < a->n_keys; key += MANY_SIDE) {
		size_t n = many_side(a->n_keys - key);
		struct kv_span rows = rows_seeing(a, key, n, MANY_SIDE);

		for (size_t j = 0; j < n && rows.first < rows.end; j += KV_PANEL)
			keys_to_tiles(lines + j / KV_PANEL * KV_LINES,
			    (const char *)a->kv + (key + j) * a->kv_stride, a->dim);
		for (size_t q = rows.first; q < rows.end; q += MANY_SIDE)
			kv_product(&r, q, many_side(a->n_q - q), 0, a->dim / TILE_COLS, lines, KV_LINES, n,
			    a->s + q * a->s_stride + key, a->s_stride, false, &shape);
	}
	_tile_release();
}

/* ---- mixes ---- */

ALWAYS_INLINE vf
kv_value(const struct kern_attn *a, size_t key, size_t first, kv_load_fn *load)
{
	return key < a->n_keys ? load((const char *)a->kv + key * a->kv_stride, first, V) : v_zero();
}

/* Numbers FIRST .. FIRST + TILE_SIDE of all values. */
ALWAYS_INLINE void
values_to_tiles(uint8_t *tiles, const struct kern_attn *a, size_t first, kv_load_fn *load)
{
	for (size_t i = 0; i < a->n_keys; i += TILE_COLS, tiles += 2 * TILE_BYTES)
		for (size_t j = 0; j < TILE_COLS; j += 2)
			kv_line(tiles + 32 * j, kv_value(a, i + j, first, load), kv_value(a, i + j + 1, first, load));
}

ALWAYS_INLINE void
mix_many(const struct kern_attn *a, kv_load_fn *load)
{
	uint8_t lines[2 * KV_LINES] __attribute__((aligned(64)));
	struct kv_rows r = kv_rows_at(a, a->n_keys);
	struct many_shape shape = {0, 0};

	for (size_t i = 0; i < a->n_q; i++)
		kv_split_row(&r, i, a->s + i * a->s_stride, a->n_keys, 1);
	for (size_t first = 0; first < a->dim; first += MANY_SIDE) {
		for (size_t j = 0; j < 2; j++)
			values_to_tiles(lines + j * KV_LINES, a, first + j * TILE_SIDE, load);
		for (size_t q = 0; q < a->n_q; q += MANY_SIDE) {
			size_t n_rows = many_side(a->n_q - q);
			struct kv_span seen = lines_seen(a->seen, q, n_rows, a->n_keys);
			size_t step = seen.first / TILE_COLS, end = (seen.end + TILE_COLS - 1) / TILE_COLS;

			kv_product(&r, q, n_rows, step, end - step, lines, KV_LINES, MANY_SIDE, a->y + q * a->y_stride + first,
			    a->y_stride, a->add, &shape);
		}
	}
	_tile_release();
}

static void
f16_mix_many(const struct kern_attn *a)
{
	mix_many(a, load_f16);
}

static void
q8_0_mix_many(const struct kern_attn *a)
{
	mix_many(a, load_q8_0);
}

void
amx_kv(struct kern_kv kv[KV_COUNT])
{
	kv[KV_f16].score_many = f16_score_many;
	kv[KV_f16].mix_many = f16_mix_many;
	kv[KV_q8_0].mix_many = q8_0_mix_many;
	kv[KV_f16].many_pos = kv[KV_q8_0].many_pos = 0;		/* products have bits of their own as well */
}
