/* Many tokens times ternary weights in tiles of bytes: the bits of kernels/ref, as whole numbers are added up. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"
#include "kernels/x86/ternary_panel.h"

enum {
	STEP_COLS = 64,			/* of a tile */
	BLOCK_STEPS = TERNARY_LEN / STEP_COLS,
	BLOCKS = MANY_COLS / TERNARY_LEN,
	TERNARY_MIN = 24,		/* from so many tokens on tiles overtake (kern_mat --bench) */
};

/* Sums of some blocks: quarters of MANY_SIDE tokens by as many rows, in the order of tiles. */
struct sums {
	int32_t of[BLOCKS][4][TILE_SIDE][TILE_SIDE];
};

/* N blocks of a panel from BLOCK on: the codes of each byte of a line become a line of four tiles. */
static void
blocks_to_tiles(uint8_t *tiles, const uint8_t *block, size_t n, const bool has_scale)
{
	static const uint8_t weights[16] = {0xff, 0, 1, 2, 0xff, 0, 1, 2, 0xff, 0, 1, 2, 0xff, 0, 1, 2};

	for (; n-- > 0; block += ternary_block_bytes(has_scale), tiles += BLOCK_STEPS * TILE_BYTES)
		for (size_t j = 0; j < TERNARY_LINES; j++) {
			vi four = vi_load(block + (has_scale ? 2 * V : 0) + 4 * V * j);

#pragma GCC unroll 4
			for (int i = 0; i < BLOCK_STEPS; i++)
				vi_store(tiles + i * TILE_BYTES + 4 * V * j,
				    vi_lookup16(vi_table16(weights), vi_and(vi_shr16(four, 2 * i), vi_set8(15))));
		}
}

/* TO = the products of a block. */
ALWAYS_INLINE void
dot_block(int32_t to[4][TILE_SIDE][TILE_SIDE], const uint8_t *left, const uint8_t *other, const char *x, size_t stride,
    const bool right, const bool below)
{
	TILES(TILES_ZERO, right, below);
	for (size_t k = 0; k < BLOCK_STEPS; k++, x += STEP_COLS) {
		TILES_LOAD_A(x, stride, below, false);
		TILES_LOAD_B(left + k * TILE_BYTES, other + k * TILE_BYTES, right);
		TILES(TILE_I8, right, below);
	}
	TILES_MOVE(_tile_stored, (char *)to, 64, TILE_BYTES, 2 * TILE_BYTES, right, below);
}

/* Of N_BLOCKS blocks, those of both panels PANEL_BYTES apart. */
ALWAYS_INLINE void
dot_blocks(struct sums *s, const uint8_t *tiles, size_t panel_bytes, const char *x, size_t stride, size_t n_blocks,
    const bool right, const bool below)
{
	__asm__ volatile("" : : : "memory");		/* as in many_tile() */
	for (size_t b = 0; b < n_blocks; b++, tiles += BLOCK_STEPS * TILE_BYTES, x += TERNARY_LEN)
		dot_block(s->of[b], tiles, tiles + panel_bytes, x, stride, right, below);
}

/* Some columns of the weights: N_BLOCKS blocks, beginning with block FIRST, of N_ROWS rows from ROW on, by N_TOKENS tokens
 * from TOKEN on. */
struct part {
	size_t first, n_blocks;
	size_t row, n_rows, token, n_tokens;
	bool is_last;			/* of the blocks of these rows */
};

/* Y goes on with the sums of quarter Q. */
ALWAYS_INLINE void
add_quarter(const struct kern_mul *m, const struct part *p, const struct sums *s, int q, const bool has_scale)
{
	const size_t row = p->row + (size_t)(q % 2) * TILE_SIDE, from = q < 2 ? 0 : TILE_SIDE;
	const size_t end = from + TILE_SIDE < p->n_tokens ? from + TILE_SIDE : p->n_tokens, left = m->n_rows - row;
	const uint8_t *panel = (const uint8_t *)m->w + row / V * ternary_panel_bytes(m->n_cols, has_scale);
	vf d[BLOCKS];

	for (size_t b = 0; b < p->n_blocks; b++)
		d[b] = has_scale ? v_f16(panel + (p->first + b) * ternary_block_bytes(has_scale)) : v_set1(1);
	for (size_t t = from; t < end; t++) {
		float *y = m->y + (p->token + t) * m->y_stride + row;
		vf sum = p->first > 0 ? v_load_n(y, left) : v_zero();

		for (size_t b = 0; b < p->n_blocks; b++)
			sum = v_fma(v_from_i32(vi_load(s->of[b][q][t - from])), d[b], sum);
		if (p->is_last)
			sum = v_mul(sum, v_set1(act_q8_token_at((const char *)m->x + (p->token + t) * m->x_stride, m->n_cols).d));
		v_store_n(y, sum, left);
	}
}

ALWAYS_INLINE void
add_part(const struct kern_mul *m, const struct part *p, size_t panel_bytes, const bool has_scale)
{
	const uint8_t *tiles = (const uint8_t *)m->work + p->row / TILE_SIDE * panel_bytes;
	const char *x = (const char *)m->x + p->token * m->x_stride + p->first * TERNARY_LEN;
	const bool right = p->n_rows > TILE_SIDE, below = p->n_tokens > TILE_SIDE;
	struct sums s __attribute__((aligned(64)));

	if (right && below)
		dot_blocks(&s, tiles, panel_bytes, x, m->x_stride, p->n_blocks, true, true);
	else if (right)
		dot_blocks(&s, tiles, panel_bytes, x, m->x_stride, p->n_blocks, true, false);
	else if (below)
		dot_blocks(&s, tiles, panel_bytes, x, m->x_stride, p->n_blocks, false, true);
	else
		dot_blocks(&s, tiles, panel_bytes, x, m->x_stride, p->n_blocks, false, false);
	for (int q = 0; q < 4; q++)
		if ((q % 2 == 0 || right) && (q < 2 || below))
			add_quarter(m, p, &s, q, has_scale);
}

ALWAYS_INLINE void
ternary_many(const struct kern_mul *m, const bool has_scale)
{
	const size_t all_blocks = act_q8_token_len(m->n_cols) / TERNARY_LEN;
	const size_t panel_bytes = BLOCKS * BLOCK_STEPS * TILE_BYTES;
	struct many_shape shape = {0, 0};
	struct part p = {0};

	for (p.first = 0; p.first < all_blocks; p.first += BLOCKS) {
		p.n_blocks = all_blocks - p.first < BLOCKS ? all_blocks - p.first : BLOCKS;
		p.is_last = p.first + p.n_blocks == all_blocks;
		for (size_t row = 0; row < m->n_rows; row += TILE_SIDE)
			blocks_to_tiles((uint8_t *)m->work + row / TILE_SIDE * panel_bytes, (const uint8_t *)m->w + row / V *
			    ternary_panel_bytes(m->n_cols, has_scale) + p.first * ternary_block_bytes(has_scale), p.n_blocks,
			    has_scale);
		for (p.token = 0; p.token < m->n_tokens; p.token += MANY_SIDE) {
			p.n_tokens = many_side(m->n_tokens - p.token);
			for (p.row = 0; p.row < m->n_rows; p.row += MANY_SIDE) {
				p.n_rows = many_side(m->n_rows - p.row);
				many_configure(&shape, p.n_tokens, p.n_rows);
				add_part(m, &p, panel_bytes, has_scale);
			}
		}
	}
	_tile_release();
}

#define TERNARY(id, has_scale) \
static void \
many_of_##id(const struct kern_mul *m) \
{ \
	ternary_many(m, has_scale); \
}
#include "kernels/ternary.def"
#undef TERNARY

void
amx_ternary(struct kern_mat mat[QT_COUNT])
{
#define TERNARY(id, has_scale) \
	many_fill(&mat[QT_##id], many_of_##id, ACT_q8_token, TERNARY_MIN);
#include "kernels/ternary.def"
#undef TERNARY
}
