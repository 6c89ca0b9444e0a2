/* Phi 1 to 4. */
#include "core/hf/impl.h"

/* ---- 1, 1.5 and 2: a parallel layer with an ungated feed forward and biases ---- */

static const struct hf_row rows2[] = {
	{"final_layernorm", "output_norm", hf_copy},
	{"*.self_attn.dense", "*.attn_output", hf_copy},
	{"*.mlp.fc1", "*.ffn_up", hf_copy},
	{"*.mlp.fc2", "*.ffn_down", hf_copy},
	{NULL, NULL, NULL},
};

const struct hf_family hf_family_phi2 = {
	.rows = rows2,
	.act = "gelu_new",
	.defaults = "{\"partial_rotary_factor\":0.5}",
	.rope_base = 10000,
	.has_layer_norm = true,
};

/* ---- 3 and 4: q, k, v and gate, up in one matrix each, as GGUF has them too ---- */

static const struct hf_row rows3[] = {
	{"*.self_attn.qkv_proj", "*.attn_qkv", hf_copy},
	{"*.mlp.gate_up_proj", "*.ffn_up", hf_copy},
	{NULL, NULL, NULL},
};

static void
key_of_window(struct hf *h)
{
	uint32_t window = hf_count(h, "sliding_window", 0);

	hf_set_u32(h, "attention.sliding_window", window < h->n_ctx ? window : 0);
}

const struct hf_family hf_family_phi3 = {
	.rows = rows3,
	.act = "silu",
	.rope_base = 10000,
	.keys = key_of_window,
};

/* ---- 3.5 with experts ---- */

static const struct hf_row rows_moe[] = {
	{"*.block_sparse_moe.gate", "*.ffn_gate_inp", hf_f32},
	{"*.block_sparse_moe.experts.*.w1", "*.ffn_gate_exps", hf_expert},
	{"*.block_sparse_moe.experts.*.w2", "*.ffn_down_exps", hf_expert},
	{"*.block_sparse_moe.experts.*.w3", "*.ffn_up_exps", hf_expert},
	{"*.mlp.router", "*.ffn_gate_inp", hf_f32},
	{NULL, NULL, NULL},
};

/* The rivals of a pick lie within twice this. */
static void
keys_moe(struct hf *h)
{
	key_of_window(h);
	if (fabs(hf_real(h, "router_jitter_noise", 0.01) - 0.01) > 1e-9)
		hf_fail(h, "router_jitter_noise of config.json is %g, expected 0.01", hf_real(h, "router_jitter_noise", 0.01));
}

const struct hf_family hf_family_phimoe = {
	.rows = rows_moe,
	.act = "silu",
	.defaults = "{\"rms_norm_eps\":1e-5}",
	.rope_base = 1e6,
	.has_layer_norm = true,
	.keys = keys_moe,
};
