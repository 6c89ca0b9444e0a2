/* Facts about a model file; see inspect.h. */
#include "core/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define MAX_SPECIALS 64
#define TOKEN_PREFIX "tokenizer.ggml."
#define TOKEN_SUFFIX "_token_id"
#define TEMPLATE_KEY "tokenizer.chat_template"

/* ---- formats ---- */

static struct inspect_format *
format_of(struct inspect *i, const struct gguf_tensor *t)
{
	struct inspect_format *f;

	for (size_t k = 0; k < i->n_formats; k++)
		if (i->formats[k].number == t->type_number)
			return &i->formats[k];
	if (i->n_formats == INSPECT_MAX_FORMATS)
		return &i->formats[INSPECT_MAX_FORMATS - 1];
	i->formats = mem_grow(i->formats, i->n_formats + 1, sizeof *i->formats);
	f = &i->formats[i->n_formats++];
	*f = (struct inspect_format){.number = t->type_number};
	if (i->n_formats == INSPECT_MAX_FORMATS)
		f->number = INSPECT_OTHERS;
	else if (t->type != QT_COUNT)
		f->name = qtype_info(t->type)->name;
	return f;
}

static int
by_elements(const void *a, const void *b)
{
	const struct inspect_format *x = a, *y = b;

	if (x->n_elements != y->n_elements)
		return x->n_elements > y->n_elements ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static uint64_t
add_capped(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static void
count_tensors(struct inspect *i)
{
	for (size_t k = 0; k < gguf_n_tensors(i->gguf); k++) {
		const struct gguf_tensor *t = gguf_tensor_at(i->gguf, k);
		struct inspect_format *f = format_of(i, t);

		f->n_tensors++;
		f->n_elements = add_capped(f->n_elements, t->n_elements);
		f->bytes = add_capped(f->bytes, t->size);
		i->n_params = add_capped(i->n_params, t->n_elements);
		i->tensor_bytes = add_capped(i->tensor_bytes, t->size);
	}
	if (i->n_formats)
		qsort(i->formats, i->n_formats, sizeof *i->formats, by_elements);
}

/* ---- tokenizer ---- */

/* The part of S between PREFIX and SUFFIX; false when it does not have both. */
static bool
between(struct gguf_str s, const char *prefix, const char *suffix, struct gguf_str *middle)
{
	size_t n = strlen(prefix), m = strlen(suffix);

	if (s.len < n + m || memcmp(s.data, prefix, n) != 0 || memcmp(s.data + s.len - m, suffix, m) != 0)
		return false;
	*middle = (struct gguf_str){s.data + n, s.len - n - m};
	return true;
}

static void
find_specials(struct inspect *i)
{
	i->specials = mem_new0(MAX_SPECIALS, sizeof *i->specials);
	for (size_t k = 0; k < gguf_n_kv(i->gguf) && i->n_specials < MAX_SPECIALS; k++) {
		const struct gguf_kv *kv = gguf_kv_at(i->gguf, k);
		struct inspect_special s = {0};
		bool is_int = kv->type != GGUF_F32 && kv->type != GGUF_F64 && kv->type != GGUF_STRING;

		if (kv->is_array || !is_int || !between(kv->key, TOKEN_PREFIX, TOKEN_SUFFIX, &s.role))
			continue;
		s.id = (uint64_t)gguf_array_i64(kv, 0);
		i->specials[i->n_specials++] = s;
	}
}

static int
by_id(const void *a, const void *b)
{
	const struct inspect_special *x = *(struct inspect_special *const *)a;
	const struct inspect_special *y = *(struct inspect_special *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

/* One walk over the vocabulary, however many entries are asked for. */
static void
spell_specials(struct inspect *i, const struct gguf_kv *tokens)
{
	struct inspect_special *order[MAX_SPECIALS];
	const uint8_t *cursor = tokens->data;
	struct gguf_str text = {0};
	uint64_t n_read = 0;

	for (size_t k = 0; k < i->n_specials; k++)
		order[k] = &i->specials[k];
	qsort(order, i->n_specials, sizeof order[0], by_id);
	for (size_t k = 0; k < i->n_specials && order[k]->id < tokens->n; k++) {
		for (; n_read <= order[k]->id; n_read++)
			text = gguf_array_next_str(&cursor);
		order[k]->text = text;
	}
}

static const struct gguf_kv *
find_array(const struct inspect *i, const char *key)
{
	const struct gguf_kv *kv = gguf_kv_find(i->gguf, key);

	return kv && kv->is_array ? kv : NULL;
}

static void
read_tokenizer(struct inspect *i)
{
	const struct gguf_kv *tokens = find_array(i, "tokenizer.ggml.tokens");
	const struct gguf_kv *kinds = find_array(i, "tokenizer.ggml.token_type");
	const struct gguf_kv *merges = find_array(i, "tokenizer.ggml.merges");

	gguf_get_str(i->gguf, "tokenizer.ggml.model", &i->tok_model);
	gguf_get_str(i->gguf, "tokenizer.ggml.pre", &i->tok_pre);
	i->n_merges = merges ? merges->n : 0;
	find_specials(i);
	if (tokens && tokens->type == GGUF_STRING) {
		i->n_vocab = tokens->n;
		spell_specials(i, tokens);
	}
	for (uint64_t k = 0; kinds && kinds->type != GGUF_STRING && k < kinds->n; k++) {
		int64_t kind = gguf_array_i64(kinds, k);

		i->n_of_kind[kind > 0 && kind < INSPECT_KINDS ? kind : 0]++;
	}
}

/* "tokenizer.chat_template" and any number of "tokenizer.chat_template.NAME". */
static void
find_templates(struct inspect *i)
{
	for (size_t k = 0; k < gguf_n_kv(i->gguf); k++) {
		const struct gguf_kv *kv = gguf_kv_at(i->gguf, k);
		const uint8_t *cursor = kv->data;
		struct inspect_template t;

		if (kv->type != GGUF_STRING || kv->is_array || !between(kv->key, TEMPLATE_KEY, "", &t.name))
			continue;
		if (t.name.len > 0) {
			if (t.name.data[0] != '.')
				continue;
			t.name.data++;
			t.name.len--;
		}
		t.text = gguf_array_next_str(&cursor);
		i->templates = mem_grow(i->templates, i->n_templates + 1, sizeof *i->templates);
		i->templates[i->n_templates++] = t;
	}
}

void
inspect_init(struct inspect *i, const struct gguf *g)
{
	*i = (struct inspect){.gguf = g};
	gguf_get_str(g, "general.architecture", &i->arch);
	gguf_get_str(g, "general.name", &i->name);
	count_tensors(i);
	read_tokenizer(i);
	find_templates(i);
}

void
inspect_done(struct inspect *i)
{
	free(i->formats);
	free(i->specials);
	free(i->templates);
	*i = (struct inspect){0};
}
