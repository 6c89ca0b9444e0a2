/* Llama 1 to 3, Mistral, Mixtral and what is published in their form: neighbours turn together in GGUF, so the rows of
 * Q and K are reordered. */
#include "core/hf/impl.h"

/* Mistral 7B 0.1 has windows, which its graph here does not know. */
static void
keys(struct hf *h)
{
	hf_limit_to_window(h);
}

static const struct hf_row rows[] = {
	{"*.self_attn.q_proj", "*.attn_q", hf_rope_q},
	{"*.self_attn.k_proj", "*.attn_k", hf_rope_k},
	{"*.block_sparse_moe.gate", "*.ffn_gate_inp", hf_f32},
	{"*.block_sparse_moe.experts.*.w1", "*.ffn_gate_exps", hf_expert},
	{"*.block_sparse_moe.experts.*.w2", "*.ffn_down_exps", hf_expert},
	{"*.block_sparse_moe.experts.*.w3", "*.ffn_up_exps", hf_expert},
	{NULL, NULL, NULL},
};

const struct hf_family hf_family_llama = {
	.rows = rows,
	.act = "silu",
	.rope_base = 10000,
	.has_rope_divisors = true,
	.keys = keys,
};

const struct hf_family hf_family_mixtral = {
	.rows = rows,
	.act = "silu",
	.rope_base = 1e6,
	.keys = keys,
};
