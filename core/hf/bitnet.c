/* BitNet: weights of -1, 0 and 1 with one scale a matrix.  Published packed, four rows in a row of bytes and the scale
 * beside it, or in full, to be rounded when read.  They become TQ2_0 where a row divides into its blocks, F32 otherwise.
 * Source: published model code; ggml's layout of TQ2_0 (kernels/fmt/tq2_0.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/hf/impl.h"
#include "kernels/f16.h"

enum { BLOCK = 256, PER_BYTE = 4 };

/* A matrix of these weights, wherever they come from. */
struct ternary {
	size_t n_rows, n_cols;
	int8_t *row;			/* [n_cols] of the present row */
	float scale;
};

static void
put_block(uint8_t *out, const int8_t *w)
{
	const uint16_t one = f16_from_f32(1);

	for (int j = 0; j < BLOCK / PER_BYTE; j++) {
		const int8_t *from = w + j / 32 * 128 + j % 32;

		out[j] = (uint8_t)((from[0] + 1) | (from[32] + 1) << 2 | (from[64] + 1) << 4 | (from[96] + 1) << 6);
	}
	memcpy(out + BLOCK / PER_BYTE, &one, sizeof one);
}

/* Row R goes to its place in DATA. */
static void
put_row(uint8_t *data, enum qtype type, const struct ternary *t, size_t r)
{
	uint8_t *out = data + r * qtype_row_bytes(type, t->n_cols);

	if (type == QT_tq2_0) {
		for (size_t i = 0; i < t->n_cols; i += BLOCK)
			put_block(out + i / BLOCK * qtype_info(type)->block_bytes, t->row + i);
		return;
	}
	for (size_t i = 0; i < t->n_cols; i++)
		((float *)(void *)out)[i] = (float)t->row[i] * t->scale;
}

/* "blk.0.attn_q.scale" */
static void
add_scale(struct hf *h, const char *name, float scale)
{
	struct buf key = {0};

	buf_add(&key, name, strlen(name) - strlen(".weight"));
	buf_add_str(&key, ".scale");
	hf_add_f32(h, buf_str(&key), &scale, 1);
	buf_done(&key);
}

static uint8_t *
begin(struct hf *h, const char *name, struct ternary *t, enum qtype *type)
{
	uint64_t dims[2] = {t->n_cols, t->n_rows};
	uint8_t *data;

	*type = t->n_cols % BLOCK == 0 ? QT_tq2_0 : QT_f32;
	data = hf_add(h, name, *type, 2, dims, NULL);
	if (*type == QT_tq2_0)
		add_scale(h, name, t->scale);
	if (data && !h->failed)
		t->row = mem_try(t->n_cols, 1, "a row of weights", h->e);
	h->failed = h->failed || (data && !t->row);
	return h->failed ? NULL : data;
}

static void
unpack(struct hf *h, const struct hf_src *s, const char *name, float scale)
{
	struct ternary t = {.n_rows = (size_t)s->t->dims[0] * PER_BYTE, .n_cols = (size_t)s->t->dims[1], .scale = scale};
	enum qtype type;
	uint8_t *data = begin(h, name, &t, &type);

	for (size_t r = 0; data && r < t.n_rows; r++) {
		const uint8_t *from = s->t->data + r % (size_t)s->t->dims[0] * t.n_cols;
		unsigned shift = 2 * (unsigned)(r / (size_t)s->t->dims[0]);

		for (size_t i = 0; i < t.n_cols; i++) {
			int w = from[i] >> shift & 3;

			t.row[i] = (int8_t)((w > 2 ? 2 : w) - 1);
		}
		put_row(data, type, &t, r);
	}
	free(t.row);
}

/* Divided by their mean size, rounded, and cut off at 1. */
static void
round_matrix(struct hf *h, const struct hf_src *s, const char *name)
{
	struct ternary t = {.n_rows = (size_t)s->t->dims[0], .n_cols = (size_t)s->t->dims[1]};
	float *row = mem_try(t.n_cols, sizeof *row, "a row of weights", h->e);
	enum qtype type;
	uint8_t *data = NULL;
	double sum = 0;

	h->failed = h->failed || !row;
	for (size_t r = 0; row && h->need == HF_WEIGHTS && r < t.n_rows; r++) {
		hf_to_f32(row, s->t, r * t.n_cols, t.n_cols);
		for (size_t i = 0; i < t.n_cols; i++)
			sum += fabs((double)row[i]);
	}
	t.scale = (float)fmax(sum / (double)s->t->n_elements, 1e-5);
	if (row)
		data = begin(h, name, &t, &type);
	for (size_t r = 0; data && r < t.n_rows; r++) {
		hf_to_f32(row, s->t, r * t.n_cols, t.n_cols);
		for (size_t i = 0; i < t.n_cols; i++)
			t.row[i] = (int8_t)fminf(1, fmaxf(-1, rintf(row[i] / t.scale)));
		put_row(data, type, &t, r);
	}
	free(t.row);
	free(row);
}

/* The number beside a packed matrix: what its products are multiplied by, or divided by in the older kind of layer. */
static bool
find_scale(struct hf *h, const struct hf_src *s, float *scale)
{
	const char *kind = json_string_value(json_object_get(hf_get(h, "quantization_config"), "linear_class"));
	const struct hf_src *beside;
	struct buf name = {0};

	buf_printf(&name, "%s_scale", s->t->name);
	beside = hf_find_src(h, buf_str(&name));
	buf_done(&name);
	if (!beside || beside->t->n_elements != 1 || hf_qtype(h, beside) == QT_COUNT)
		return hf_fail(h, "the packed tensor \"%s\" has no scale beside it",
		    gguf_quote((struct gguf_str){s->t->name, strlen(s->t->name)}).text);
	hf_to_f32(scale, beside->t, 0, 1);
	if (!kind || strcmp(kind, "autobitlinear") != 0)
		*scale = 1 / *scale;
	return isfinite(*scale) || hf_fail(h, "the scale of \"%s\" is not a finite number",
	    gguf_quote((struct gguf_str){s->t->name, strlen(s->t->name)}).text);
}

static void
hf_ternary(struct hf *h, const struct hf_src *s, const char *name)
{
	const json_t *quant = hf_get(h, "quantization_config");
	const char *mode = json_string_value(json_object_get(quant, "quantization_mode"));
	size_t n = strlen(name);
	float scale;

	if (n > 7 && strcmp(name + n - 7, ".weight") == 0 && s->t->n_dims == 2 && s->t->n_elements > 0) {
		if (s->t->type == ST_U8 && s->t->dims[0] <= SIZE_MAX / PER_BYTE) {
			if (find_scale(h, s, &scale))
				unpack(h, s, name, scale);
			return;
		}
		if (quant && mode && strcmp(mode, "online") == 0 && hf_qtype(h, s) != QT_COUNT) {
			round_matrix(h, s, name);
			return;
		}
	}
	hf_copy(h, s, name);
}

#define LINEAR(from, to) {from, to, hf_ternary}, {from ".weight_scale", "", hf_skip}

static const struct hf_row rows[] = {
	LINEAR("*.self_attn.q_proj", "*.attn_q"),
	LINEAR("*.self_attn.k_proj", "*.attn_k"),
	LINEAR("*.self_attn.v_proj", "*.attn_v"),
	LINEAR("*.self_attn.o_proj", "*.attn_output"),
	LINEAR("*.mlp.gate_proj", "*.ffn_gate"),
	LINEAR("*.mlp.up_proj", "*.ffn_up"),
	LINEAR("*.mlp.down_proj", "*.ffn_down"),
	{"*.self_attn.attn_sub_norm", "*.attn_sub_norm", hf_copy},
	{"*.mlp.ffn_sub_norm", "*.ffn_sub_norm", hf_copy},
	{NULL, NULL, NULL},
};

const struct hf_family hf_family_bitnet = {
	.rows = rows,
	.act = "relu2",
	.defaults = "{\"hidden_act\":\"relu2\",\"rms_norm_eps\":1e-5,\"max_position_embeddings\":2048}",
	.rope_base = 500000,
};
