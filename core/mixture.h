/* Mixtures: which weight format each tensor of a quantized model gets.  The tables are mixture.def and fallback.def;
 * nothing here reads a weight. */
#ifndef CORE_MIXTURE_H
#define CORE_MIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gguf.h"
#include "kernels/kern.h"

enum mix_kind {
	MIX_OUTPUT,			/* or the embedding, where it is the output too */
	MIX_EMBEDDING, MIX_ATTN_Q, MIX_ATTN_K, MIX_ATTN_V, MIX_ATTN_QKV, MIX_ATTN_OUT,
	MIX_FFN_GATE, MIX_FFN_UP, MIX_FFN_DOWN,		/* of experts too */
	MIX_OTHER,			/* any other matrix */
	MIX_LEAVE,			/* vectors, norms, routers and the like are not quantized */
};

enum mix_when {
	MIX_ALWAYS,
	MIX_MORE_BITS,			/* the first and last eighth of the layers, and every third between */
	MIX_FIRST_2, MIX_FIRST_4, MIX_FIRST_EIGHTH, MIX_FIRST_SIXTEENTH,
	MIX_MIDDLE,			/* neither the first nor the last eighth */
	MIX_SHARED_4,			/* four or more queries share a key, or four or more experts the rest */
	MIX_EXPERTS_8,
};

struct mixture {
	const char *name;		/* "Q4_K_M" */
	uint32_t file_type;
	enum qtype type;
	bool needs_imatrix;
};

const struct mixture *mixture_find(const char *name);	/* in any case; NULL: none */
const struct mixture *mixture_at(size_t i);		/* NULL past the last */

/* What the rules ask about a model. */
struct mix_model {
	uint32_t n_layers, n_experts, n_shared;	/* n_shared: queries to a key */
	bool is_tied;				/* the embedding is the output */
};
struct mix_model mix_model_of(const struct gguf *g);

enum mix_kind mix_kind_of(const struct mix_model *m, const struct gguf_tensor *t);
/* The format of T in mixture X before its shape is looked at; T's own where it is left. */
enum qtype mixture_type(const struct mixture *x, const struct mix_model *m, const struct gguf_tensor *t);
/* TYPE, or what stands in for it in rows of N numbers. */
enum qtype mix_fitting(enum qtype type, uint64_t n);
/* Formats that are nothing without an importance matrix. */
bool mix_needs_imatrix(enum qtype type);

#endif
