/* Tensors of a directory under their GGUF names: most lie in the files, some are computed; see impl.h. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/hf/impl.h"
#include "kernels/f16.h"

static struct gguf_quoted
quote(const char *s)
{
	return gguf_quote((struct gguf_str){s, strlen(s)});
}

/* ---- adding ---- */

static uint8_t *
own(struct hf *h, size_t bytes)
{
	void *p = mem_try_pages(bytes, false, "converted weights", h->e);

	if (!p) {
		h->failed = true;
		return NULL;
	}
	h->owned = mem_grow(h->owned, h->n_owned + 1, sizeof *h->owned);
	h->owned_bytes = mem_grow(h->owned_bytes, h->n_owned + 1, sizeof *h->owned_bytes);
	h->owned[h->n_owned] = p;
	h->owned_bytes[h->n_owned++] = bytes;
	return p;
}

static char *
keep_name(struct hf *h, const char *name)
{
	h->names = mem_grow(h->names, h->n_names + 1, sizeof *h->names);
	return h->names[h->n_names++] = mem_dup(name);
}

static void
reserve(struct hf *h)
{
	if (h->n_tensors < h->tensors_cap)
		return;
	h->tensors_cap = h->tensors_cap ? 2 * h->tensors_cap : 256;
	h->tensors = mem_grow(h->tensors, h->tensors_cap, sizeof *h->tensors);
}

uint8_t *
hf_add(struct hf *h, const char *name, enum qtype type, uint32_t n_dims, const uint64_t *dims, const uint8_t *data)
{
	const struct qtype_info *info = qtype_info(type);
	struct gguf_tensor t = {.type = type, .n_dims = n_dims, .n_elements = 1, .dims = {1, 1, 1, 1}, .data = data};
	uint8_t *own_data = NULL;

	if (h->failed)
		return NULL;
	if (map_find(&h->tensor_names, name, strlen(name)) != MAP_NONE || h->n_tensors == GGUF_MAX_TENSORS) {
		hf_fail(h, "two tensors become %s", quote(name).text);
		return NULL;
	}
	for (uint32_t i = 0; i < n_dims; i++) {
		t.dims[i] = dims[i];
		if (dims[i] == 0 || __builtin_mul_overflow(t.n_elements, dims[i], &t.n_elements)) {
			hf_fail(h, "the tensor that becomes %s has no numbers, or too many", quote(name).text);
			return NULL;
		}
	}
	assert(t.dims[0] % info->block_len == 0);
	if (!size_mul(&t.size, t.n_elements / info->block_len, info->block_bytes)) {
		hf_fail(h, "%s does not fit in 64 bits", quote(name).text);
		return NULL;
	}
	if (!data && h->need == HF_WEIGHTS) {
		own_data = own(h, t.size);
		if (!own_data)
			return NULL;
		t.data = own_data;
	}
	t.name.data = keep_name(h, name);
	t.name.len = strlen(name);
	reserve(h);
	map_add(&h->tensor_names, t.name.data, t.name.len, (uint32_t)h->n_tensors);
	h->tensors[h->n_tensors++] = t;
	return own_data;
}

uint8_t *
hf_add_f32(struct hf *h, const char *name, const float *v, size_t n)
{
	uint64_t dims[1] = {n};
	uint8_t *p = hf_add(h, name, QT_f32, 1, dims, NULL);

	if (p)
		memcpy(p, v, n * sizeof *v);
	return p;
}

/* ---- reading ---- */

static double
load_f64(const uint8_t *p)
{
	double v;

	memcpy(&v, p, sizeof v);
	return v;
}

void
hf_to_f32(float *y, const struct st_tensor *t, uint64_t from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t half;

		switch (t->type) {
		case ST_F32:
			memcpy(&y[i], t->data + (from + i) * sizeof *y, sizeof *y);
			break;
		case ST_F64:
			y[i] = (float)load_f64(t->data + (from + i) * sizeof(double));
			break;
		case ST_F16:
			y[i] = f16_load(t->data + (from + i) * sizeof half);
			break;
		default:
			memcpy(&half, t->data + (from + i) * sizeof half, sizeof half);
			y[i] = bf16_to_f32(half);
		}
	}
}

enum qtype
hf_qtype(struct hf *h, const struct hf_src *s)
{
	static const enum qtype types[ST_TYPE_COUNT + 1] = {
		[ST_F32] = QT_f32 + 1, [ST_F64] = QT_f32 + 1, [ST_F16] = QT_f16 + 1, [ST_BF16] = QT_bf16 + 1,
	};
	enum qtype t = types[s->t->type];

	if (t)
		return t - 1;
	hf_fail(h, "the tensor \"%s\" is stored as %s, expected F32, F16 or BF16", quote(s->t->name).text,
	    st_type_name(s->t->type));
	return QT_COUNT;
}

bool
hf_shape(struct hf *h, const struct hf_src *s, uint32_t *n_dims, uint64_t dims[4])
{
	uint32_t n = s->t->n_dims;

	if (n > 4 || s->t->n_elements == 0)
		return hf_fail(h, "the tensor \"%s\" has %s, which no weight has", quote(s->t->name).text,
		    n > 4 ? "more than 4 dimensions" : "no numbers");
	*n_dims = n ? n : 1;
	for (uint32_t i = 0; i < 4; i++)
		dims[i] = i < n ? s->t->dims[n - 1 - i] : 1;
	return true;
}

/* ---- what becomes of them ---- */

void
hf_f32(struct hf *h, const struct hf_src *s, const char *name)
{
	uint64_t dims[4];
	uint32_t n_dims;
	uint8_t *p;

	if (hf_qtype(h, s) == QT_COUNT || !hf_shape(h, s, &n_dims, dims))
		return;
	p = hf_add(h, name, QT_f32, n_dims, dims, NULL);
	if (p)
		hf_to_f32((float *)(void *)p, s->t, 0, (size_t)s->t->n_elements);
}

static size_t
same_row(const void *ctx, size_t i)
{
	(void)ctx;
	return i;
}

void
hf_squeezed(struct hf *h, const struct hf_src *s, const char *name)
{
	hf_rows(h, s, name, &(struct hf_rows){.n = (size_t)s->t->dims[0], .from = same_row, .as_f32 = true});
}

void
hf_norm1(struct hf *h, const struct hf_src *s, const char *name)
{
	uint64_t dims[4];
	uint32_t n_dims;
	float *y;

	if (hf_qtype(h, s) == QT_COUNT || !hf_shape(h, s, &n_dims, dims))
		return;
	y = (float *)(void *)hf_add(h, name, QT_f32, n_dims, dims, NULL);
	if (!y)
		return;
	hf_to_f32(y, s->t, 0, (size_t)s->t->n_elements);
	for (uint64_t i = 0; i < s->t->n_elements; i++)
		y[i] += 1;
}

void
hf_copy(struct hf *h, const struct hf_src *s, const char *name)
{
	enum qtype type = hf_qtype(h, s);
	uint64_t dims[4];
	uint32_t n_dims;
	bool is_aligned;
	uint8_t *p;

	if (type == QT_COUNT || !hf_shape(h, s, &n_dims, dims))
		return;
	is_aligned = (uintptr_t)s->t->data % qtype_info(type)->block_bytes == 0;
	if (s->t->type == ST_F64 || (n_dims == 1 && !(type == QT_f32 && is_aligned))) {
		hf_f32(h, s, name);
		return;
	}
	p = hf_add(h, name, type, n_dims, dims, is_aligned ? s->t->data : NULL);
	if (p)
		memcpy(p, s->t->data, s->t->size);
}

void
hf_skip(struct hf *h, const struct hf_src *s, const char *name)
{
	(void)h;
	(void)s;
	(void)name;
}

void
hf_output(struct hf *h, const struct hf_src *s, const char *name)
{
	if (!h->type->family->is_tied && !hf_flag(h, "tie_word_embeddings", false))
		hf_copy(h, s, name);
}

uint8_t *
hf_rows(struct hf *h, const struct hf_src *s, const char *name, const struct hf_rows *rows)
{
	bool as_f32 = rows->as_f32 || s->t->n_dims == 1 || s->t->type == ST_F64;
	enum qtype type = hf_qtype(h, s);
	uint64_t dims[2] = {s->t->n_elements, rows->n};
	uint32_t n_dims = s->t->n_dims == 1 ? 1 : 2;
	size_t n_cols, row_bytes;
	uint8_t *p;

	if (type == QT_COUNT || s->t->n_dims == 0 || s->t->n_elements == 0) {
		hf_fail(h, "the tensor \"%s\" has no rows", quote(s->t->name).text);
		return NULL;
	}
	n_cols = (size_t)(s->t->n_elements / s->t->dims[0]);
	dims[0] = n_dims == 1 ? rows->n : n_cols;
	p = hf_add(h, name, as_f32 ? QT_f32 : type, n_dims, dims, NULL);
	row_bytes = n_cols * qtype_info(as_f32 ? QT_f32 : type)->block_bytes;
	for (size_t i = 0; p && i < rows->n; i++) {
		size_t from = rows->from(rows->ctx, i);

		assert(from < s->t->dims[0]);
		if (as_f32)
			hf_to_f32((float *)(void *)(p + i * row_bytes), s->t, from * n_cols, n_cols);
		else
			memcpy(p + i * row_bytes, s->t->data + from * row_bytes, row_bytes);
	}
	return p;
}

/* Row 2k + j of a head is its row j * half + k: what was paired across the halves becomes neighbours. */
static size_t
rope_row(const void *ctx, size_t i)
{
	const size_t *half = ctx;

	return i - i % (2 * *half) + i % 2 * *half + i % (2 * *half) / 2;
}

static void
rope_rows(struct hf *h, const struct hf_src *s, const char *name, uint32_t n_heads)
{
	size_t n_rows = (size_t)s->t->dims[0], half = n_rows / n_heads / 2;

	if (n_rows % ((size_t)n_heads * 2)) {
		hf_fail(h, "the tensor \"%s\" has %zu rows, which do not divide into the %u heads of config.json",
		    quote(s->t->name).text, n_rows, n_heads);
		return;
	}
	if (hf_rows(h, s, name, &(struct hf_rows){.n = n_rows, .from = rope_row, .ctx = &half}))
		safetensors_drop(s->file, s->t->data, s->t->size);
}

void
hf_rope_q(struct hf *h, const struct hf_src *s, const char *name)
{
	rope_rows(h, s, name, h->n_heads);
}

void
hf_rope_k(struct hf *h, const struct hf_src *s, const char *name)
{
	rope_rows(h, s, name, h->n_kv_heads);
}

/* ---- experts ---- */

static struct hf_stack *
find_stack(struct hf *h, const char *name)
{
	uint32_t tensor = map_find(&h->tensor_names, name, strlen(name));

	for (size_t i = h->n_stacks; i > 0; i--)
		if (h->stacks[i - 1].tensor == tensor)
			return &h->stacks[i - 1];
	return NULL;
}

static struct hf_stack *
new_stack(struct hf *h, const char *name, enum qtype type, const uint64_t dims[4])
{
	uint64_t all[3] = {dims[0], dims[1], h->n_experts};

	hf_add(h, name, type, 3, all, NULL);
	if (h->failed)
		return NULL;
	h->stacks = mem_grow(h->stacks, h->n_stacks + 1, sizeof *h->stacks);
	h->stacks[h->n_stacks] = (struct hf_stack){.tensor = h->n_tensors - 1};
	return &h->stacks[h->n_stacks++];
}

void
hf_expert(struct hf *h, const struct hf_src *s, const char *name)
{
	enum qtype type = hf_qtype(h, s);
	const struct gguf_tensor *t;
	struct hf_stack *stack;
	uint64_t dims[4];
	uint32_t n_dims;

	if (type == QT_COUNT || !hf_shape(h, s, &n_dims, dims))
		return;
	if (s->expert >= h->n_experts || n_dims != 2 || s->t->type == ST_F64) {
		hf_fail(h, "the tensor \"%s\" is no matrix of one of the %u experts of config.json", quote(s->t->name).text,
		    h->n_experts);
		return;
	}
	stack = find_stack(h, name);
	if (!stack)
		stack = new_stack(h, name, type, dims);
	if (!stack)
		return;
	t = &h->tensors[stack->tensor];
	if (t->type != type || t->dims[0] != dims[0] || t->dims[1] != dims[1]) {
		hf_fail(h, "the tensor \"%s\" differs in shape or format from that of another expert", quote(s->t->name).text);
		return;
	}
	stack->n_done++;
	if (h->need != HF_WEIGHTS)
		return;
	memcpy((uint8_t *)(uintptr_t)t->data + s->expert * s->t->size, s->t->data, s->t->size);
	safetensors_drop(s->file, s->t->data, s->t->size);
}

/* [experts][gate rows, up rows][columns] in one tensor. */
void
hf_experts_gate_up(struct hf *h, const struct hf_src *s, const char *name)
{
	enum qtype type = hf_qtype(h, s);
	struct buf up = {0};
	uint64_t dims[4];
	uint32_t n_dims;
	uint8_t *gate_data, *up_data;
	size_t bytes;

	if (type == QT_COUNT || !hf_shape(h, s, &n_dims, dims))
		return;
	if (n_dims != 3 || dims[1] % 2 || s->t->type == ST_F64 || !strstr(name, "ffn_gate_exps")) {
		hf_fail(h, "the tensor \"%s\" does not hold gate and up matrices of experts", quote(s->t->name).text);
		return;
	}
	dims[1] /= 2;
	buf_add(&up, name, (size_t)(strstr(name, "ffn_gate_exps") - name));
	buf_add_str(&up, "ffn_up_exps.weight");
	gate_data = hf_add(h, name, type, 3, dims, NULL);
	up_data = hf_add(h, buf_str(&up), type, 3, dims, NULL);
	bytes = s->t->size / (size_t)dims[2] / 2;
	for (size_t i = 0; gate_data && up_data && i < dims[2]; i++) {
		memcpy(gate_data + i * bytes, s->t->data + 2 * i * bytes, bytes);
		memcpy(up_data + i * bytes, s->t->data + (2 * i + 1) * bytes, bytes);
	}
	buf_done(&up);
}
