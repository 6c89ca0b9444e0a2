/* Weights on their way from the file into one arena, in the order of the kernels in use. */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/model.h"
#include "core/pool.h"

static size_t
n_panels(const struct weight *w)
{
	return w->n_matrices * weight_panels(w);
}

/* Bytes of the arena that W needs, a multiple of 64. */
static size_t
arena_need(const struct weight *w)
{
	if (!w->stored)
		return 0;
	if (w->is_vector)
		return (w->n_rows * w->n_cols * sizeof(float) + 63) / 64 * 64;
	if (w->mat->pack_rows <= 1)
		return 0;
	return (n_panels(w) * w->mat->panel_bytes(w->n_cols) + 63) / 64 * 64;
}

/* One matrix to pack. */
struct pack_part {
	const struct weight *w;
	unsigned char *out;
	size_t first_chunk, chunk_panels;
	_Atomic size_t left;		/* chunks that are not done */
};

/* All matrices of a model: one job, so that no thread waits where one ends and the next begins. */
struct pack_job {
	struct model *m;
	struct pack_part *parts;
	size_t n_parts, n_chunks;
};

static struct pack_part *
part_of(const struct pack_job *j, size_t chunk)
{
	size_t low = 0, high = j->n_parts;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (j->parts[middle].first_chunk <= chunk)
			low = middle;
		else
			high = middle;
	}
	return &j->parts[low];
}

/* The rows of the next panel are asked for in the order they lie in: packing jumps from row to row, which hides it. */
static void
prefetch(const uint8_t *rows, size_t n_bytes)
{
	enum { MOST = 16 << 10 };

	for (size_t i = 0; n_bytes <= MOST && i < n_bytes; i += 64)
		__builtin_prefetch(rows + i);
}

static const uint8_t *
rows_of(const struct weight *w, size_t panel)
{
	size_t matrix = panel / weight_panels(w), row = panel % weight_panels(w) * w->mat->pack_rows;

	return w->stored + (matrix * w->matrix_rows + row) * w->row_bytes;
}

/* The pages of panels FIRST to LAST, not included, and when all are packed those that panels share: so that never two copies
 * of a model are in memory, nor of its largest matrix.  Embedding rows come back when they are read. */
static void
drop(const struct pack_job *j, struct pack_part *part, size_t first, size_t last)
{
	const struct weight *w = part->w;
	const uint8_t *from = rows_of(w, first);

	if (atomic_fetch_sub(&part->left, 1) == 1)
		gguf_tensor_drop(j->m->gguf, w->tensor);
	else if (last < n_panels(w))
		gguf_drop(j->m->gguf, from, (size_t)(rows_of(w, last) - from));
}

static void
pack_chunk(void *ctx, size_t chunk, int worker)
{
	const struct pack_job *j = ctx;
	struct pack_part *part = part_of(j, chunk);
	const struct weight *w = part->w;
	size_t first = (chunk - part->first_chunk) * part->chunk_panels, last = first + part->chunk_panels;

	(void)worker;
	if (last > n_panels(w))
		last = n_panels(w);
	for (size_t p = first; p < last; p++) {
		size_t row = p % weight_panels(w) * w->mat->pack_rows;
		size_t n = w->n_rows - row < w->mat->pack_rows ? w->n_rows - row : w->mat->pack_rows;
		const uint8_t *rows = rows_of(w, p);

		if (p + 1 < last)
			prefetch(rows + n * w->row_bytes, n * w->row_bytes);
		w->mat->pack(part->out + p * w->panel_bytes, rows, w->row_bytes, n, w->n_cols);
	}
	drop(j, part, first, last);
}

static void
add_matrix(struct pack_job *j, struct weight *w, unsigned char *out)
{
	enum { CHUNK_BYTES = 512 << 10 };
	struct pack_part *part;
	size_t n_chunks;

	assert((w->mat->pack_rows & (w->mat->pack_rows - 1)) == 0);
	w->panel_bytes = w->mat->pack_rows > 1 ? w->mat->panel_bytes(w->n_cols) : w->row_bytes;
	j->m->acts |= weight_acts(w);
	if (w->mat->pack_rows <= 1) {
		w->panels = w->stored;
		return;
	}
	w->panels = out;
	part = &j->parts[j->n_parts++];
	*part = (struct pack_part){.w = w, .out = out, .first_chunk = j->n_chunks};
	part->chunk_panels = CHUNK_BYTES / w->panel_bytes + 1;
	n_chunks = (n_panels(w) + part->chunk_panels - 1) / part->chunk_panels;
	atomic_store(&part->left, n_chunks);
	j->n_chunks += n_chunks;
}

/* Numbers as F32; those of a table turned, so that a column is one run. */
static void
place_vector(struct weight *w, float *out)
{
	float row[WEIGHT_TABLE_COLS];

	w->vec = out;
	if (w->n_rows == 1)
		w->mat->decode(out, w->stored, w->n_cols);
	for (size_t i = 0; w->n_rows > 1 && i < w->n_rows; i++) {
		w->mat->decode(row, w->stored + i * w->row_bytes, w->n_cols);
		for (size_t k = 0; k < w->n_cols; k++)
			out[k * w->n_rows + i] = row[k];
	}
	for (size_t k = 0; w->unit != 1 && k < w->n_rows * w->n_cols; k++)
		out[k] *= w->unit;
}

static unsigned char *
place_weight(struct pack_job *j, struct weight *w, unsigned char *out)
{
	if (w->stored && w->is_vector) {
		place_vector(w, (float *)(void *)out);
	} else if (w->stored) {
		add_matrix(j, w, out);
	}
	return out + arena_need(w);
}

/* Only ever read row by row, from the mapping. */
static bool
is_embedding(enum weight_id id)
{
	return id == W_token_embd || id == W_encoder_embd || id == W_layer_embd_table;
}

/* Runs FN over every weight that is its own: a tied output is the embedding. */
static unsigned char *
for_each(struct pack_job *j, unsigned char *at, unsigned char *(*fn)(struct pack_job *, struct weight *, unsigned char *))
{
	struct model *m = j->m;

	for (int id = 0; id < W_COUNT; id++)
		if (!is_embedding((enum weight_id)id))
			at = fn(j, &m->w[id], at);
	for (uint32_t i = 0; i < m->n_blocks; i++)
		for (int id = 0; id < W_COUNT; id++)
			at = fn(j, &m->layers[i].w[id], at);
	return at;
}

static unsigned char *
count_weight(struct pack_job *j, struct weight *w, unsigned char *at)
{
	(void)at;
	j->m->arena_bytes += arena_need(w);
	return NULL;
}

bool
weights_pack(struct model *m, struct err *e)
{
	struct pack_job j = {.m = m};
	bool ok;

	for_each(&j, NULL, count_weight);
	j.parts = mem_try((size_t)W_COUNT * (m->n_blocks + 1), sizeof *j.parts, "the list of weights", e);
	m->arena = mem_try_pages(m->arena_bytes, true, "the weights", e);
	ok = j.parts && m->arena;
	if (ok) {
		for_each(&j, m->arena, place_weight);
		pool_run(m->pool, j.n_chunks, pack_chunk, &j);
	}
	free(j.parts);
	return ok;
}
