/* Mixtures; see mixture.h. */
#define _GNU_SOURCE
#include "core/mixture.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

enum { OPTIONAL, NEEDED };

enum mix_id {
#define MIXTURE(id, number, type, imatrix) X_##id,
#define RULE(id, kind, when, type)
#include "core/mixture.def"
#undef MIXTURE
#undef RULE
	X_COUNT
};

static const struct mixture mixtures[] = {
#define MIXTURE(id, number, type, imatrix) {#id, number, QT_##type, imatrix == NEEDED},
#define RULE(id, kind, when, type)
#include "core/mixture.def"
#undef MIXTURE
#undef RULE
};

static const struct rule {
	enum mix_id mixture;
	enum mix_kind kind;
	enum mix_when when;
	enum qtype type;
} rules[] = {
#define MIXTURE(id, number, type, imatrix)
#define RULE(id, kind, when, type) {X_##id, MIX_##kind, MIX_##when, QT_##type},
#include "core/mixture.def"
#undef MIXTURE
#undef RULE
};

/* By what a tensor's name holds; the first that fits. */
static const struct {
	const char *part;
	enum mix_kind kind;
} names[] = {
	{"_norm", MIX_LEAVE}, {"ffn_gate_inp", MIX_LEAVE}, {"altup", MIX_LEAVE}, {"laurel", MIX_LEAVE},
	{"per_layer_model_proj", MIX_LEAVE}, {"ssm_conv1d", MIX_LEAVE}, {"attn_rel_b", MIX_LEAVE},
	{"rope_f", MIX_LEAVE}, {"position_embd", MIX_LEAVE}, {"token_types", MIX_LEAVE},
	{"per_layer_token_embd", MIX_EMBEDDING}, {"token_embd", MIX_EMBEDDING},
	{"attn_qkv", MIX_ATTN_QKV}, {"attn_q.", MIX_ATTN_Q}, {"attn_k.", MIX_ATTN_K}, {"attn_v.", MIX_ATTN_V},
	{"attn_output", MIX_ATTN_OUT}, {"attn_o.", MIX_ATTN_OUT}, {"ffn_gate", MIX_FFN_GATE}, {"ffn_up", MIX_FFN_UP},
	{"ffn_down", MIX_FFN_DOWN},
};

static const struct {
	enum qtype from, to;
} fallbacks[] = {
#define FALLBACK(from, to) {QT_##from, QT_##to},
#include "core/fallback.def"
#undef FALLBACK
};

const struct mixture *
mixture_at(size_t i)
{
	return i < ARRAY_LEN(mixtures) ? &mixtures[i] : NULL;
}

const struct mixture *
mixture_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(mixtures); i++)
		if (strcasecmp(mixtures[i].name, name) == 0)
			return &mixtures[i];
	return NULL;
}

static uint32_t
number_of(const struct gguf *g, struct gguf_str arch, const char *what)
{
	uint64_t v = 0;
	char key[128];

	snprintf(key, sizeof key, "%.*s.%s", (int)(arch.len < 64 ? arch.len : 64), arch.data, what);
	return gguf_get_u64(g, key, &v) && v <= UINT32_MAX ? (uint32_t)v : 0;
}

struct mix_model
mix_model_of(const struct gguf *g)
{
	struct gguf_str arch = {"", 0};
	struct mix_model m = {.n_shared = 1, .is_tied = !gguf_tensor_find(g, "output.weight")};
	uint32_t heads, kv_heads;

	gguf_get_str(g, "general.architecture", &arch);
	m.n_layers = number_of(g, arch, "block_count");
	m.n_experts = number_of(g, arch, "expert_count");
	heads = number_of(g, arch, "attention.head_count");
	kv_heads = number_of(g, arch, "attention.head_count_kv");
	if (kv_heads > 0)
		m.n_shared = heads / kv_heads;
	return m;
}

static bool
holds(struct gguf_str name, const char *part)
{
	return memmem(name.data, name.len, part, strlen(part)) != NULL;
}

static bool
is_matrix(const struct gguf_tensor *t)
{
	static const char end[] = ".weight";
	size_t n = sizeof end - 1;

	return t->n_dims >= 2 && t->dims[1] > 1 && t->name.len > n && memcmp(t->name.data + t->name.len - n, end, n) == 0;
}

enum mix_kind
mix_kind_of(const struct mix_model *m, const struct gguf_tensor *t)
{
	if (!is_matrix(t))
		return MIX_LEAVE;
	if (t->name.len == strlen("output.weight") && holds(t->name, "output.weight"))
		return MIX_OUTPUT;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (holds(t->name, names[i].part))
			return names[i].kind == MIX_EMBEDDING && m->is_tied ? MIX_OUTPUT : names[i].kind;
	return MIX_OTHER;
}

/* "blk.12.": 12; other names: 0. */
static uint32_t
layer_of(struct gguf_str name)
{
	uint32_t n = 0;

	for (size_t i = 4; holds(name, "blk.") && i < name.len && i < 12 && name.data[i] >= '0' && name.data[i] <= '9'; i++)
		n = 10 * n + (uint32_t)(name.data[i] - '0');
	return n;
}

static bool
suits(enum mix_when when, const struct mix_model *m, uint32_t layer)
{
	uint32_t n = m->n_layers, eighth = n / 8;

	switch (when) {
	case MIX_ALWAYS: return true;
	case MIX_MORE_BITS: return layer < eighth || layer >= 7 * n / 8 || (layer - eighth) % 3 == 2;
	case MIX_FIRST_2: return layer < 2;
	case MIX_FIRST_4: return layer < 4;
	case MIX_FIRST_EIGHTH: return layer < eighth;
	case MIX_FIRST_SIXTEENTH: return layer < n / 16;
	case MIX_MIDDLE: return layer >= eighth && layer < 7 * n / 8;
	case MIX_SHARED_4: return m->n_shared >= 4 || m->n_experts >= 4;
	case MIX_EXPERTS_8: return m->n_experts == 8;
	}
	return false;
}

enum qtype
mixture_type(const struct mixture *x, const struct mix_model *m, const struct gguf_tensor *t)
{
	enum mix_kind kind = mix_kind_of(m, t);
	uint32_t layer = layer_of(t->name);

	if (kind == MIX_LEAVE)
		return t->type;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (&mixtures[rules[i].mixture] == x && rules[i].kind == kind && suits(rules[i].when, m, layer))
			return rules[i].type;
	return x->type;
}

enum qtype
mix_fitting(enum qtype type, uint64_t n)
{
	while (n % qtype_info(type)->block_len) {
		enum qtype next = QT_f16;

		for (size_t i = 0; i < ARRAY_LEN(fallbacks); i++)
			if (fallbacks[i].from == type)
				next = fallbacks[i].to;
		type = next;
	}
	return type;
}

bool
mix_needs_imatrix(enum qtype type)
{
	for (size_t i = 0; i < ARRAY_LEN(mixtures); i++)
		if (mixtures[i].type == type)
			return mixtures[i].needs_imatrix;
	return false;
}
