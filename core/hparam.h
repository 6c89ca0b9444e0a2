/* The numbers that shape a model, read from GGUF metadata and checked.
 * Keys are "<architecture>.<name>" as the GGUF specification lists them. */
#ifndef CORE_HPARAM_H
#define CORE_HPARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct gguf;

enum rope_scaling { ROPE_SCALING_NONE, ROPE_SCALING_LINEAR, ROPE_SCALING_YARN, ROPE_SCALING_LLAMA3 };

struct hparam_rope {
	uint32_t n_rot;			/* numbers of a head that turn; even */
	double base;
	enum rope_scaling scaling;
	double factor;			/* 1 without scaling */
	double attn_factor;		/* cos and sin are multiplied by it */
	double beta_fast, beta_slow;	/* yarn, llama3: turns in the original context that bound its ramp */
	uint32_t n_ctx_original;	/* yarn, llama3, and where the long divisors of LongRoPE begin; 0: unknown */
};

#define HPARAM_MAX_LAYERS 1024

struct hparam_delta {		/* linear attention by the gated delta rule; zeros: none */
	uint32_t n_taps;		/* of its convolution */
	uint32_t dim;			/* of queries, keys and values */
	uint32_t n_groups;		/* heads of queries and keys; divides n_heads */
	uint32_t n_heads;		/* of values */
	uint32_t period;		/* every so manieth layer is of attention */
};

struct hparam {
	uint32_t n_layers, n_embd, n_ff, n_vocab;	/* n_ff: the largest of all layers */
	uint32_t n_heads, n_kv_heads;	/* n_kv_heads divides n_heads; the largest of all layers */
	uint32_t dim_k, dim_v;		/* head size of queries and keys, and of values */
	uint32_t dim_k_local, dim_v_local;	/* of windowed layers that have their own */
	uint32_t n_shared_kv;		/* so many of the last layers read keys and values of earlier ones */
	uint32_t n_embd_layer;		/* of the embedding that each layer has of each token; 0: none */
	uint32_t n_streams, active_stream;	/* AltUp; 0: not given */
	uint32_t n_laurel;		/* rank of LAuReL; 0: none */
	/* Of a model with an encoder, whose n_layers are those of the decoder. */
	uint32_t n_encoder;		/* layers of the encoder; 0: it has none */
	uint32_t n_decoder;		/* decoder_block_count, or 0 */
	uint32_t decoder_start;		/* the token that decoding starts with */
	uint32_t n_buckets;		/* of relative positions */
	uint32_t n_experts;		/* 0: the feed forward is dense */
	uint32_t n_used;		/* experts of a token, 1 .. n_experts */
	uint32_t n_ff_expert, n_ff_shared;
	struct hparam_delta delta;
	uint32_t n_ctx_train;
	float norm_eps;
	uint32_t window;		/* positions a windowed layer sees, its own among them; 0: all */
	/* Factors that most architectures leave at 1. */
	float embd_scale;		/* of the embedding */
	float residual_scale;		/* of what a branch adds to the residual stream */
	float logit_scale;
	float attn_scale;		/* of q . k; 1 / sqrt(dim_k) unless said */
	float router_scale;		/* of the logits that choose experts */
	float attn_cap, logit_cap;	/* x = cap tanh(x / cap) of scores and logits; 0: none */
	struct hparam_rope rope;
	struct hparam_rope rope_local;	/* of windowed layers that have their own */
	/* Of each layer. */
	uint32_t layer_ff[HPARAM_MAX_LAYERS], layer_kv_heads[HPARAM_MAX_LAYERS];
	bool layer_windowed[HPARAM_MAX_LAYERS];	/* attention.sliding_window_pattern … */
	bool has_pattern;			/* … where the file has it */
	float layer_sparsity[HPARAM_MAX_LAYERS];	/* activation_sparsity_scale; 0: dense … */
	bool has_sparsity;
};

/* Read what ARCH needs.  One sentence naming key, value and limits on any defect: after success every product of
 * two of these numbers fits in 64 bits. */
bool hparam_read(struct hparam *h, const struct gguf *g, const char *arch, struct err *e) MUST_CHECK;

/* Sizes that weight shapes are made of: the columns of weight.def. */
enum dim { DIM_one, DIM_vocab, DIM_embd, DIM_ff, DIM_q, DIM_k, DIM_v, DIM_mix, DIM_head_k, DIM_rope,
	DIM_ff_expert, DIM_ff_shared, DIM_experts, DIM_embd_layer, DIM_embd_layers,
	DIM_delta_conv, DIM_delta_inner, DIM_delta_heads, DIM_delta_gates, DIM_delta_dim, DIM_delta_taps,
	DIM_streams, DIM_streams2,	/* n_streams and its square */
	DIM_laurel, DIM_heads, DIM_buckets,
	DIM_single,			/* a matrix of one row, where DIM_one is a vector */
};
size_t hparam_dim(const struct hparam *h, enum dim d);	/* 0: differs from layer to layer, see layer_dim() */

#endif
