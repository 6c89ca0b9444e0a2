/* Nano models for tests: a few thousand weights from a seed, in memory, as the rows of nano.def say.
 * tests/golden/nano.py makes the same ones. */
#ifndef TESTS_DATA_NANO_H
#define TESTS_DATA_NANO_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/utf8.h"
#include "tests/data/gguf_make.h"

struct nano {
	const char *name;
	float tolerance;		/* of a logit, against the reference */
	const char *keys, *tensors, *layers;	/* items as nano.def describes them */
	bool has_tok;			/* the vocabulary is at least NANO_TOK_VOCAB */
	/* Defects. */
	const char *arch;		/* another architecture */
	const char *missing;		/* a tensor left out */
	const char *misshapen;		/* a tensor with one row (or number) less */
	const char *key;		/* a key (without the architecture) with this value instead of the true one */
	uint32_t key_value;
	const char *extra;		/* a tensor too many */
};

static const struct nano nano_rows[] = {
#define NANO(name_, tolerance_, keys_, tensors_, layers_) \
	{.name = #name_, .tolerance = tolerance_, .keys = keys_, .tensors = tensors_, .layers = layers_},
#include "tests/data/nano.def"
#undef NANO
};

/* One to talk to, for tests of sessions: byte-level vocabulary (has_tok), nothing to compare with. */
static const struct nano nano_talk = {
	.name = "talk",
	.keys = "arch qwen3, block_count 2, context_length 1024, embedding_length 32, feed_forward_length 64, "
	    "attention.head_count 4, attention.head_count_kv 2, attention.key_length 16, attention.value_length 16, "
	    "attention.layer_norm_rms_epsilon 1e-3",
	.tensors = "token_embd.weight 32x260, output_norm.weight 32, output.weight 32x260",
	.layers = "attn_norm.weight 32, attn_q.weight 32x64, attn_k.weight 32x32, attn_v.weight 32x32, attn_q_norm.weight 16, "
	    "attn_k_norm.weight 16, attn_output.weight 64x32, ffn_norm.weight 32, ffn_gate.weight 32x64, ffn_up.weight 32x64, "
	    "ffn_down.weight 64x32",
	.has_tok = true,
};

enum { NANO_COUNT = sizeof nano_rows / sizeof nano_rows[0], NANO_ITEM = 192 };

static inline const struct nano *
nano_find(const char *name)
{
	for (size_t i = 0; i < NANO_COUNT; i++)
		if (strcmp(nano_rows[i].name, name) == 0)
			return &nano_rows[i];
	fprintf(stderr, "nano.def has no row %s\n", name);
	abort();
}

/* What is being made of a row. */
struct nano_maker {
	const struct nano *nano;
	struct gguf_make file;
	char arch[32];
	uint32_t n_layers;
};

/* ---- items ---- */

/* The next of LIST, without blanks around; NULL after the last. */
static inline const char *
nano_item(const char *list, char item[NANO_ITEM])
{
	size_t n;

	list += strspn(list, ", ");
	n = strcspn(list, ",");
	assert(n < NANO_ITEM);
	memcpy(item, list, n);
	item[n] = '\0';
	return n > 0 ? list + n : NULL;
}

typedef void nano_item_fn(struct nano_maker *m, const char *item);

enum nano_list { NANO_KEYS, NANO_TENSORS, NANO_LAYERS };

static inline void
nano_each(struct nano_maker *m, const struct nano *n, enum nano_list which, nano_item_fn *fn)
{
	const char *list = which == NANO_KEYS ? n->keys : which == NANO_TENSORS ? n->tensors : n->layers;
	char item[NANO_ITEM];

	while ((list = nano_item(list, item))) {
		if (strncmp(item, "like ", 5) == 0)
			nano_each(m, nano_find(item + 5), which, fn);
		else
			fn(m, item);
	}
}

/* ---- metadata ---- */

/* "[t f]", "[1 2]" or "[0.5 1.0]". */
static inline void
nano_array(struct nano_maker *m, const char *key, const char *text)
{
	float reals[64];
	int32_t ints[64];
	unsigned char bools[64];
	bool are_bools = strpbrk(text, "tf"), are_reals = strpbrk(text, ".e");
	uint64_t n = 0;

	for (const char *p = text + 1; *p && *p != ']'; p += strcspn(p, " ]"), p += strspn(p, " ")) {
		assert(n < 64);
		bools[n] = *p == 't';
		reals[n] = strtof(p, NULL);
		ints[n++] = atoi(p);
	}
	if (are_bools)
		gguf_make_array(&m->file, key, GGUF_BOOL, bools, n, 1);
	else if (are_reals)
		gguf_make_array(&m->file, key, GGUF_F32, reals, n, sizeof *reals);
	else
		gguf_make_array(&m->file, key, GGUF_I32, ints, n, sizeof *ints);
}

static inline void
nano_value(struct nano_maker *m, const char *key, const char *text)
{
	if (text[0] == '[')
		nano_array(m, key, text);
	else if (text[0] >= 'a')
		gguf_make_str(&m->file, key, text);
	else if (strpbrk(text, ".e"))
		gguf_make_f32(&m->file, key, strtof(text, NULL));
	else
		gguf_make_u32(&m->file, key, (uint32_t)strtoul(text, NULL, 10));
}

static inline void
nano_key(struct nano_maker *m, const char *item)
{
	const struct nano *n = m->nano;
	const char *text = strchr(item, ' ') + 1;
	char name[NANO_ITEM], key[256];

	snprintf(name, sizeof name, "%.*s", (int)(text - 1 - item), item);
	if (strcmp(name, "arch") == 0) {
		snprintf(m->arch, sizeof m->arch, "%s", n->arch ? n->arch : text);
		gguf_make_str(&m->file, "general.architecture", m->arch);
		return;
	}
	if (strcmp(name, "block_count") == 0)
		m->n_layers = (uint32_t)strtoul(text, NULL, 10);
	snprintf(key, sizeof key, "%s.%s", m->arch, name);
	if (n->key && strcmp(n->key, name) == 0)
		gguf_make_u32(&m->file, key, n->key_value);
	else
		nano_value(m, key, text);
}

/* ---- tensors ---- */

/* What the numbers of a tensor lie around: weights of norms and factors around 1, decays below 0. */
static inline float
nano_centre(const char *name)
{
	size_t len = strlen(name);

	if (strstr(name, "scale") || (strstr(name, "norm") && !strstr(name, ".bias")))
		return 1;
	return len > 6 && strcmp(name + len - 6, ".ssm_a") == 0 ? -0.5f : 0;
}

/* Numbers that differ from the centre by up to 0.25, exact in binary.  The name of the tensor is the seed. */
static inline void
nano_fill(float *x, size_t n, const char *name)
{
	float centre = nano_centre(name);
	uint32_t s = 2166136261u;

	for (const char *p = name; *p; p++)
		s = (s ^ (unsigned char)*p) * 16777619u;
	for (size_t i = 0; i < n; i++) {
		s = s * 1664525u + 1013904223u;
		x[i] = ((float)(s >> 16) / 65536.0f - 0.5f) * 0.5f + centre;
	}
}

/* NAME with the shape, and perhaps the numbers, that TEXT begins with. */
static inline void
nano_tensor(struct nano_maker *m, const char *name, const char *text)
{
	const struct nano *n = m->nano;
	uint64_t dims[4] = {1, 1, 1, 1}, count = 1;
	uint32_t n_dims = 0;
	char *end;
	float *x;

	do {
		dims[n_dims++] = strtoul(text, &end, 10);
		count *= dims[n_dims - 1];
		text = end + 1;
	} while (*end == 'x' && n_dims < 4);
	if (n->missing && strcmp(name, n->missing) == 0)
		return;
	x = malloc(count * sizeof *x);
	nano_fill(x, count, name);
	if (strncmp(end, " = ", 3) == 0)
		for (uint64_t i = 0; i < count; i++)
			x[i] = strtof(i == 0 ? end + 3 : end, &end);
	if (n->misshapen && strcmp(name, n->misshapen) == 0)
		dims[n_dims - 1]--;
	count = dims[0] * dims[1] * dims[2] * dims[3];
	gguf_make_tensor(&m->file, name, 0, n_dims, dims, x, count * sizeof *x);
	free(x);
}

static inline void
nano_model_tensor(struct nano_maker *m, const char *item)
{
	char name[NANO_ITEM];

	snprintf(name, sizeof name, "%.*s", (int)strcspn(item, " "), item);
	nano_tensor(m, name, strchr(item, ' ') + 1);
}

static inline void
nano_layer_tensor(struct nano_maker *m, const char *item)
{
	const char *only = strchr(item, '@');
	char name[NANO_ITEM + 16];

	for (uint32_t i = 0; i < m->n_layers; i++) {
		if (only && (i > 9 || !strchr(only, (char)('0' + i))))
			continue;
		snprintf(name, sizeof name, "blk.%u.%.*s", i, (int)strcspn(item, " "), item);
		nano_tensor(m, name, strchr(item, ' ') + 1);
	}
}

/* ---- vocabulary: byte-level BPE without merges, 256 bytes, then an end token ---- */

enum { NANO_TOK_END = 256, NANO_TOK_VOCAB = 257 };

static inline void
nano_tok(struct gguf_make *f)
{
	static const char end[] = "<|end|>";
	char names[NANO_TOK_VOCAB][8] = {{0}};
	const char *list[NANO_TOK_VOCAB];
	int32_t types[NANO_TOK_VOCAB];
	uint32_t other = 256;

	for (uint32_t b = 0; b < 256; b++) {
		bool plain = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;

		utf8_encode(names[b], plain ? b : other++);
		types[b] = 1;
	}
	memcpy(names[NANO_TOK_END], end, sizeof end);
	types[NANO_TOK_END] = 3;
	for (int i = 0; i < NANO_TOK_VOCAB; i++)
		list[i] = names[i];
	gguf_make_str(f, "tokenizer.ggml.model", "gpt2");
	gguf_make_str(f, "tokenizer.ggml.pre", "qwen2");
	gguf_make_strs(f, "tokenizer.ggml.tokens", list, NANO_TOK_VOCAB);
	gguf_make_array(f, "tokenizer.ggml.token_type", GGUF_I32, types, NANO_TOK_VOCAB, sizeof types[0]);
	gguf_make_strs(f, "tokenizer.ggml.merges", NULL, 0);
	gguf_make_u32(f, "tokenizer.ggml.eos_token_id", NANO_TOK_END);
}

/* The file into OUT. */
static inline void
nano_make(const struct nano *n, struct buf *out)
{
	struct nano_maker m = {.nano = n};

	nano_each(&m, n, NANO_KEYS, nano_key);
	if (n->has_tok)
		nano_tok(&m.file);
	nano_each(&m, n, NANO_TENSORS, nano_model_tensor);
	nano_each(&m, n, NANO_LAYERS, nano_layer_tensor);
	if (n->extra)
		nano_tensor(&m, n->extra, "32x2");
	gguf_make_finish(&m.file, out);
}

#endif
