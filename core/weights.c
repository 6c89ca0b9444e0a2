/* Weights: tensors found by the names of weight.def, checked against the hyper-parameters.  A
 * tensor that nobody reads is a defect too: the text would be wrong without a word. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/model.h"
#include "core/pool.h"

enum scope { SCOPE_MODEL, SCOPE_LAYER, SCOPE_EXPERT, SCOPE_TABLE, SCOPE_STREAM };

struct weight_row {
	const char *name;
	enum scope scope;
	enum dim rows, cols;
	const char *fused;
};

static const struct weight_row weight_rows[W_COUNT] = {
#define WEIGHT(id, scope_, name_, rows_, cols_, fused_) \
	[W_##id] = {name_, SCOPE_##scope_, DIM_##rows_, DIM_##cols_, fused_},
#include "core/weight.def"
#undef WEIGHT
};

struct binder {
	struct model *m;
	struct map used;		/* names of the tensors bound so far */
	struct err *e;
	char name[96];			/* of the tensor looked for */
};

static bool
is_of_model(enum weight_id id)
{
	return weight_rows[id].scope == SCOPE_MODEL || weight_rows[id].scope == SCOPE_STREAM;
}

static const struct gguf_tensor *
find_tensor(struct binder *b, const char *name, const struct layer *l)
{
	if (l)
		snprintf(b->name, sizeof b->name, "%sblk.%" PRIu32 ".%s", b->m->hp.n_encoder == 0 ? "" :
		    l->is_encoder ? "enc." : "dec.", l->index, name);
	else
		snprintf(b->name, sizeof b->name, "%s", name);
	return gguf_tensor_find(b->m->gguf, b->name);
}

/* What the architecture asks for, in a model with experts or without; L: NULL, or the layer. */
static enum weight_need
need(const struct model *m, const struct layer *l, enum weight_id id)
{
	enum weight_need n = m->arch->weights[id];

	if (l && m->arch->has && !m->arch->has(l, id))
		return WEIGHT_NONE;
	if (n == WEIGHT_DENSE || n == WEIGHT_EXPERT)
		return (n == WEIGHT_EXPERT) == (m->hp.n_experts > 0) ? WEIGHT_REQUIRED : WEIGHT_NONE;
	if (n == WEIGHT_LAYER_EMBD)
		return m->hp.n_embd_layer > 0 ? WEIGHT_REQUIRED : WEIGHT_NONE;
	return n;
}

size_t
layer_dim(const struct hparam *h, const struct layer *l, enum dim d)
{
	switch (l ? d : DIM_one) {
	case DIM_ff: return l->n_ff;
	case DIM_q: return (size_t)l->n_heads * l->dim_k * (l->has_gate ? 2 : 1);
	case DIM_k: return (size_t)l->n_kv_heads * l->dim_k;
	case DIM_v: return (size_t)l->n_kv_heads * l->dim_v;
	case DIM_mix: return (size_t)l->n_heads * l->dim_v;
	case DIM_head_k: return l->dim_k;
	default: return hparam_dim(h, d);
	}
}

/* Whether a weight that is asked for bears that name. */
static bool
is_weight(const struct model *m, const struct layer *l, const char *name)
{
	for (int i = 0; i < W_COUNT; i++)
		if (strcmp(weight_rows[i].name, name) == 0 && need(m, l, (enum weight_id)i) != WEIGHT_NONE)
			return true;
	return false;
}

/* Rows (of a matrix) or numbers (of a vector) that stand before weight ID, and of all, under one fused name. */
static size_t
fused_offset(const struct model *m, const struct layer *l, enum weight_id id, size_t *total)
{
	bool is_vector = weight_rows[id].rows == DIM_one;
	size_t before = 0;

	*total = 0;
	for (int i = 0; i < W_COUNT; i++) {
		if (!weight_rows[i].fused || strcmp(weight_rows[i].fused, weight_rows[id].fused) != 0 ||
		    need(m, l, (enum weight_id)i) == WEIGHT_NONE)
			continue;
		if (i == (int)id)
			before = *total;
		*total += layer_dim(&m->hp, l, is_vector ? weight_rows[i].cols : weight_rows[i].rows);
	}
	return before;
}

static bool
check_tensors(struct binder *b, const struct gguf_tensor *t, size_t n_rows, size_t n_cols, size_t n_matrices)
{
	if (t->dims[0] != n_cols || t->dims[1] != n_rows || (n_matrices == 1 && t->n_dims > 2))
		return err_set(b->e, ERR_FAILED,
		    "tensor %s has the shape %" PRIu64 "x%" PRIu64 "%s, expected %zux%zu (columns x rows)", b->name,
		    t->dims[0], t->dims[1], t->n_dims > 2 ? "x…" : "", n_cols, n_rows);
	if (t->dims[2] != n_matrices || t->dims[3] != 1)
		return err_set(b->e, ERR_FAILED, "tensor %s has %" PRIu64 " matrices, expected %zu", b->name, t->dims[2],
		    n_matrices);
	if (t->type == QT_COUNT)
		return err_set(b->e, ERR_FAILED, "tensor %s is stored in format number %" PRIu32
		    ", which is not supported", b->name, t->type_number);
	if (n_cols % qtype_info(t->type)->block_len)
		return err_set(b->e, ERR_FAILED, "tensor %s has %zu columns, expected a multiple of %" PRIu32 " for %s",
		    b->name, n_cols, qtype_info(t->type)->block_len, qtype_info(t->type)->name);
	return true;
}

static bool
check_tensor(struct binder *b, const struct gguf_tensor *t, size_t n_rows, size_t n_cols)
{
	return check_tensors(b, t, n_rows, n_cols, 1);
}

/* Point W at its rows or numbers inside T, SKIP of them from the start. */
static void
place(struct binder *b, struct weight *w, const struct gguf_tensor *t, size_t skip)
{
	w->tensor = t;
	w->type = t->type;
	w->mat = &b->m->kern->mat[t->type];
	w->row_bytes = qtype_row_bytes(t->type, w->n_cols);
	w->unit = qtype_tensor_scale(t->type, t->data, t->n_elements);
	w->scale *= w->unit;
	w->stored = t->data + (w->is_vector ? qtype_row_bytes(t->type, skip) : skip * w->row_bytes);
	map_add(&b->used, t->name.data, t->name.len, 0);
}

static bool
bind_fused(struct binder *b, struct weight *w, enum weight_id id, const struct layer *l, bool *found)
{
	const struct weight_row *row = &weight_rows[id];
	const struct gguf_tensor *t = NULL;
	size_t total, skip;

	*found = false;
	if (!row->fused)
		return true;
	skip = fused_offset(b->m, l, id, &total);
	t = find_tensor(b, row->fused, l);
	/* A name that one of them bears too is fused only when all rows are there. */
	if (!t || (is_weight(b->m, l, row->fused) && t->dims[1] != total))
		return true;
	*found = true;
	if (!check_tensors(b, t, w->is_vector ? 1 : total, w->is_vector ? total : w->n_cols, w->n_matrices))
		return false;
	w->matrix_rows = w->is_vector ? 1 : total;
	if (w->is_vector && (skip % qtype_info(t->type)->block_len || w->n_cols % qtype_info(t->type)->block_len))
		return err_set(b->e, ERR_FAILED, "tensor %s is stored as %s, expected f32", b->name,
		    qtype_info(t->type)->name);
	place(b, w, t, skip);
	return true;
}

/* "blk.0.attn_q.scale" beside "blk.0.attn_q.weight". */
static bool
bind_scale(struct binder *b, struct weight *w, const char *name, const struct layer *l)
{
	const struct gguf_tensor *t;
	char scale[64];

	w->scale = 1;
	if (!b->m->arch->has_scales || w->is_vector)
		return true;
	snprintf(scale, sizeof scale, "%.*s.scale", (int)(strlen(name) - strlen(".weight")), name);
	t = find_tensor(b, scale, l);
	if (!t)
		return true;
	if (!check_tensor(b, t, 1, 1))
		return false;
	b->m->kern->mat[t->type].decode(&w->scale, t->data, 1);
	if (!isfinite(w->scale))
		return err_set(b->e, ERR_FAILED, "tensor %s holds %g, expected a finite number", b->name,
		    (double)w->scale);
	map_add(&b->used, t->name.data, t->name.len, 0);
	return true;
}

/* A tensor that some converters leave in a file although nobody reads it. */
static void
ignore(struct binder *b, enum weight_id id, const struct layer *l)
{
	const struct gguf_tensor *t;

	if (!l || !b->m->arch->ignores || !b->m->arch->ignores(l, id))
		return;
	t = find_tensor(b, weight_rows[id].name, l);
	if (t)
		map_add(&b->used, t->name.data, t->name.len, 0);
}

static bool
bind_tensor(struct binder *b, struct weight *w, enum weight_id id, const struct layer *l)
{
	const struct weight_row *row = &weight_rows[id];
	const struct gguf_tensor *t;
	bool found;

	if (need(b->m, l, id) == WEIGHT_NONE) {
		ignore(b, id, l);
		return true;
	}
	w->is_vector = row->rows == DIM_one || row->scope == SCOPE_TABLE;
	w->n_rows = w->matrix_rows = layer_dim(&b->m->hp, l, row->rows);
	w->n_cols = layer_dim(&b->m->hp, l, row->cols);
	assert(row->scope != SCOPE_TABLE || w->n_cols <= WEIGHT_TABLE_COLS);
	w->n_matrices = row->scope == SCOPE_EXPERT ? b->m->hp.n_experts :
	    row->scope == SCOPE_STREAM ? b->m->hp.n_streams - 1 : 1;
	if (!bind_scale(b, w, row->name, l) || !bind_fused(b, w, id, l, &found))
		return false;
	if (found)
		return true;
	t = find_tensor(b, row->name, l);
	if (t) {
		if (!check_tensors(b, t, w->n_rows, w->n_cols, w->n_matrices))
			return false;
		place(b, w, t, 0);
		return true;
	}
	if (need(b->m, l, id) == WEIGHT_REQUIRED)
		return err_set(b->e, ERR_FAILED, "the file has no tensor %s, which %s needs", b->name,
		    b->m->arch->name);
	return true;
}

static bool
bind(struct binder *b, struct weight *w, enum weight_id id, const struct layer *l)
{
	if (!bind_tensor(b, w, id, l))
		return false;
	if (w->stored && !isfinite(w->scale))
		return err_set(b->e, ERR_FAILED, "tensor %s has the scale %g, expected a finite number", b->name,
		    (double)w->scale);
	return true;
}

static bool
check_all_used(struct binder *b)
{
	const struct gguf *g = b->m->gguf;

	for (size_t i = 0; i < gguf_n_tensors(g); i++) {
		const struct gguf_tensor *t = gguf_tensor_at(g, i);

		if (map_find(&b->used, t->name.data, t->name.len) == MAP_NONE)
			return err_set(b->e, ERR_FAILED, "the file has a tensor %.*s, which %s as we know it does not use",
			    (int)(t->name.len < 64 ? t->name.len : 64), t->name.data, b->m->arch->name);
	}
	return true;
}

static void
plan_layer(const struct model *m, struct layer *l, uint32_t block)
{
	uint32_t index = block < m->hp.n_layers ? block : block - m->hp.n_layers;

	l->is_encoder = block >= m->hp.n_layers;
	l->index = l->kv_from = index;
	l->n_heads = m->hp.n_heads;
	l->n_kv_heads = m->hp.layer_kv_heads[index];
	l->dim_k = m->hp.dim_k;
	l->dim_v = m->hp.dim_v;
	l->n_ff = m->hp.layer_ff[index];
	if (m->arch->plan)
		m->arch->plan(&m->hp, l);
}

/* What the time of products counts as. */
static void
set_time(struct weight *w, enum weight_id id)
{
	static const uint8_t kinds[W_COUNT] = {
		[W_attn_q] = TIME_qkv, [W_attn_k] = TIME_qkv, [W_attn_v] = TIME_qkv, [W_attn_out] = TIME_out,
		[W_cross_q] = TIME_qkv, [W_cross_k] = TIME_qkv, [W_cross_v] = TIME_qkv, [W_cross_out] = TIME_out,
		[W_delta_qkv] = TIME_qkv, [W_delta_gate] = TIME_qkv, [W_delta_ba] = TIME_qkv, [W_delta_beta] = TIME_qkv,
		[W_delta_alpha] = TIME_qkv, [W_delta_out] = TIME_out,
		[W_ffn_gate] = TIME_ffn_in, [W_ffn_up] = TIME_ffn_in, [W_ffn_down] = TIME_ffn_out,
		[W_expert_gate] = TIME_ffn_in, [W_expert_up] = TIME_ffn_in, [W_expert_down] = TIME_ffn_out,
		[W_shared_gate] = TIME_ffn_in, [W_shared_up] = TIME_ffn_in, [W_shared_down] = TIME_ffn_out,
		[W_stream_out] = TIME_head, [W_output] = TIME_head,
	};

	w->time = id == W_layer_embd_proj || id == W_stream_in ? TIME_embed : kinds[id] ? kinds[id] : TIME_other;
}

static bool
bind_all(struct binder *b)
{
	struct model *m = b->m;

	for (int id = 0; id < W_COUNT; id++) {
		if (is_of_model((enum weight_id)id) && !bind(b, &m->w[id], (enum weight_id)id, NULL))
			return false;
	}
	if (!m->w[W_output].stored)
		m->w[W_output] = m->w[W_token_embd];
	for (int id = 0; id < W_COUNT; id++)
		set_time(&m->w[id], (enum weight_id)id);
	for (uint32_t i = 0; i < m->n_blocks; i++) {
		struct layer *l = &m->layers[i];

		plan_layer(m, l, i);
		l->state_at = m->n_state;
		m->n_state += l->n_state;
		for (int id = 0; id < W_COUNT; id++) {
			if (!is_of_model((enum weight_id)id) && !bind(b, &l->w[id], (enum weight_id)id, l))
				return false;
			set_time(&l->w[id], (enum weight_id)id);
		}
	}
	return check_all_used(b);
}

bool
weights_bind(struct model *m, struct err *e)
{
	struct binder b = {.m = m, .e = e};
	bool ok;

	/* A layer has at least one tensor, so a hostile layer count cannot make us allocate much. */
	m->n_blocks = m->hp.n_layers + m->hp.n_encoder;
	if (m->n_blocks > gguf_n_tensors(m->gguf))
		return err_set(e, ERR_FAILED, "%s.block_count is %u, but the file has only %zu tensors", m->arch->name,
		    m->n_blocks, gguf_n_tensors(m->gguf));
	m->layers = mem_try(m->n_blocks, sizeof *m->layers, "the list of weights", e);
	if (!m->layers)
		return false;
	map_init(&b.used, gguf_n_tensors(m->gguf));
	ok = bind_all(&b);
	map_done(&b.used);
	return ok;
}
