/* Qwen 2 and 3, dense and with experts. */
#include "core/hf/impl.h"

/* Windows are there for some layers of the largest models, unused as published. */
static void
keys_qwen2(struct hf *h)
{
	if (hf_flag(h, "use_sliding_window", false))
		hf_limit_to_window(h);
}

/* Every layer has experts, and their weights add up to 1, or do not, as the graph has it. */
static void
keys_experts(struct hf *h, bool adds_up)
{
	keys_qwen2(h);
	if (hf_count(h, "decoder_sparse_step", 1) != 1 || json_array_size(hf_get(h, "mlp_only_layers")) > 0)
		hf_fail(h, "config.json has layers without experts (mlp_only_layers, decoder_sparse_step), which is not "
		    "supported");
	if (hf_flag(h, "norm_topk_prob", false) != adds_up)
		hf_fail(h, "norm_topk_prob of config.json is %s, which is not supported for a model of type %s",
		    adds_up ? "false" : "true", h->type->model_type);
	hf_set_u32(h, "expert_feed_forward_length", hf_count(h, "moe_intermediate_size", HF_NEEDED));
}

static void
keys_qwen2_moe(struct hf *h)
{
	keys_experts(h, false);
	hf_set_u32(h, "expert_shared_feed_forward_length", hf_count(h, "shared_expert_intermediate_size", HF_NEEDED));
}

static void
keys_qwen3_moe(struct hf *h)
{
	keys_experts(h, true);
}

static const struct hf_row rows_shared_expert[] = {
	{"*.mlp.shared_expert_gate", "*.ffn_gate_inp_shexp", hf_f32},
	{"*.mlp.shared_expert.gate_proj", "*.ffn_gate_shexp", hf_copy},
	{"*.mlp.shared_expert.up_proj", "*.ffn_up_shexp", hf_copy},
	{"*.mlp.shared_expert.down_proj", "*.ffn_down_shexp", hf_copy},
	{NULL, NULL, NULL},
};

const struct hf_family hf_family_qwen2 = {
	.act = "silu",
	.rope_base = 10000,
	.keys = keys_qwen2,
};

const struct hf_family hf_family_qwen2_moe = {
	.rows = rows_shared_expert,
	.act = "silu",
	.rope_base = 10000,
	.keys = keys_qwen2_moe,
};

const struct hf_family hf_family_qwen3 = {
	.act = "silu",
	.rope_base = 10000,
	.keys = keys_qwen2,
};

const struct hf_family hf_family_qwen3_moe = {
	.act = "silu",
	.rope_base = 10000,
	.keys = keys_qwen3_moe,
};
