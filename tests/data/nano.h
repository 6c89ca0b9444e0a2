/* Nano models for tests: a few thousand weights from a seed, in memory.  tests/golden/nano.py makes the same ones. */
#ifndef TESTS_DATA_NANO_H
#define TESTS_DATA_NANO_H

#include <stdio.h>
#include <stdlib.h>

#include "core/base/utf8.h"
#include "tests/data/gguf_make.h"

struct nano {
	const char *arch;
	uint32_t n_layers, n_embd, n_heads, n_kv_heads, head, n_ff, n_vocab, n_ctx;
	bool tied, has_bias, has_qk_norm;
	bool has_tok;			/* n_vocab is at least NANO_TOK_VOCAB */
	uint32_t window;		/* 0: no such key */
	/* Defects. */
	const char *missing;		/* a tensor left out */
	const char *misshapen;		/* a tensor with one row (or number) less */
	const char *key;		/* a key (without the architecture) with this value instead of the true one */
	uint32_t key_value;
	const char *extra;		/* a tensor too many */
};

static const struct nano nano_llama = {"llama", 2, 32, 4, 2, 8, 48, 40, 128, .tied = false};
static const struct nano nano_qwen2 = {"qwen2", 2, 32, 4, 2, 8, 48, 40, 128, .tied = true, .has_bias = true};
static const struct nano nano_phi3 = {"phi3", 2, 32, 4, 2, 8, 48, 40, 128, .tied = true, .window = 6};
static const struct nano nano_qwen3 = {"qwen3", 2, 32, 4, 1, 16, 48, 40, 128, .tied = true, .has_qk_norm = true};

/* Numbers in -0.5 .. 0.5, exact in binary.  The name of the tensor is the seed. */
static inline void
nano_fill(float *x, size_t n, const char *name, float scale, float offset)
{
	uint32_t s = 2166136261u;

	for (const char *p = name; *p; p++)
		s = (s ^ (unsigned char)*p) * 16777619u;
	for (size_t i = 0; i < n; i++) {
		s = s * 1664525u + 1013904223u;
		x[i] = ((float)(s >> 16) / 65536.0f - 0.5f) * scale + offset;
	}
}

static inline void
nano_tensor(struct gguf_make *f, const struct nano *m, const char *name, uint64_t cols, uint64_t rows)
{
	uint64_t dims[2] = {cols, rows};
	float *x;

	if (m->missing && strcmp(name, m->missing) == 0)
		return;
	if (m->misshapen && strcmp(name, m->misshapen) == 0)
		dims[rows > 1]--;
	x = malloc(cols * rows * sizeof *x);
	if (strstr(name, "norm"))
		nano_fill(x, cols * rows, name, 0.5f, 1);
	else
		nano_fill(x, cols * rows, name, 0.5f, 0);
	gguf_make_tensor(f, name, 0, rows > 1 ? 2 : 1, dims, x, dims[0] * dims[1] * sizeof *x);
	free(x);
}

static inline void
nano_layer(struct gguf_make *f, const struct nano *m, uint32_t i)
{
	uint64_t q = m->n_heads * m->head, kv = m->n_kv_heads * m->head;
	const struct {
		const char *name;
		uint64_t cols, rows;
		bool present;
	} t[] = {
		{"attn_norm.weight", m->n_embd, 1, true},
		{"attn_q.weight", m->n_embd, q, true},
		{"attn_k.weight", m->n_embd, kv, true},
		{"attn_v.weight", m->n_embd, kv, true},
		{"attn_q.bias", q, 1, m->has_bias},
		{"attn_k.bias", kv, 1, m->has_bias},
		{"attn_v.bias", kv, 1, m->has_bias},
		{"attn_q_norm.weight", m->head, 1, m->has_qk_norm},
		{"attn_k_norm.weight", m->head, 1, m->has_qk_norm},
		{"attn_output.weight", q, m->n_embd, true},
		{"ffn_norm.weight", m->n_embd, 1, true},
		{"ffn_gate.weight", m->n_embd, m->n_ff, true},
		{"ffn_up.weight", m->n_embd, m->n_ff, true},
		{"ffn_down.weight", m->n_ff, m->n_embd, true},
	};
	char name[64];

	for (size_t k = 0; k < sizeof t / sizeof t[0]; k++) {
		snprintf(name, sizeof name, "blk.%u.%s", i, t[k].name);
		if (t[k].present)
			nano_tensor(f, m, name, t[k].cols, t[k].rows);
	}
}

static inline void
nano_key(struct gguf_make *f, const struct nano *m, const char *name, uint32_t value)
{
	char key[96];

	snprintf(key, sizeof key, "%s.%s", m->arch, name);
	if (m->key && strcmp(m->key, name) == 0)
		value = m->key_value;
	gguf_make_u32(f, key, value);
}

/* Byte-level BPE without merges: 256 bytes, then an end token. */
enum { NANO_TOK_END = 256, NANO_TOK_VOCAB = 257 };

static inline void
nano_tok(struct gguf_make *f, const struct nano *m)
{
	static const char end[] = "<|end|>";
	char names[NANO_TOK_VOCAB][8] = {{0}};
	const char *list[NANO_TOK_VOCAB];
	int32_t types[NANO_TOK_VOCAB];
	uint32_t other = 256;

	(void)m;
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
nano_make(const struct nano *m, struct buf *out)
{
	struct gguf_make f = {0};
	char key[96];

	gguf_make_str(&f, "general.architecture", m->arch);
	nano_key(&f, m, "block_count", m->n_layers);
	nano_key(&f, m, "context_length", m->n_ctx);
	nano_key(&f, m, "embedding_length", m->n_embd);
	nano_key(&f, m, "feed_forward_length", m->n_ff);
	nano_key(&f, m, "attention.head_count", m->n_heads);
	nano_key(&f, m, "attention.head_count_kv", m->n_kv_heads);
	nano_key(&f, m, "attention.key_length", m->head);
	nano_key(&f, m, "attention.value_length", m->head);
	nano_key(&f, m, "rope.dimension_count", m->head);
	if (m->window)
		nano_key(&f, m, "attention.sliding_window", m->window);
	snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", m->arch);
	gguf_make_f32(&f, key, 0.001f);
	if (m->has_tok)
		nano_tok(&f, m);
	nano_tensor(&f, m, "token_embd.weight", m->n_embd, m->n_vocab);
	nano_tensor(&f, m, "output_norm.weight", m->n_embd, 1);
	if (!m->tied)
		nano_tensor(&f, m, "output.weight", m->n_embd, m->n_vocab);
	for (uint32_t i = 0; i < m->n_layers; i++)
		nano_layer(&f, m, i);
	if (m->extra)
		nano_tensor(&f, m, m->extra, m->n_embd, 2);
	gguf_make_finish(&f, out);
}

#endif
