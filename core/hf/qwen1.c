/* Qwen 1, published with code of its own: GPT-2's names, q, k and v in one matrix, ranks instead of merges. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/hf/impl.h"

static const struct hf_row rows[] = {
	{"wte", "token_embd", hf_copy},
	{"ln_f", "output_norm", hf_copy},
	{"*.ln_1", "*.attn_norm", hf_copy},
	{"*.ln_2", "*.ffn_norm", hf_copy},
	{"*.attn.c_attn", "*.attn_qkv", hf_copy},
	{"*.attn.c_proj", "*.attn_output", hf_copy},
	{"*.mlp.w1", "*.ffn_up", hf_copy},
	{"*.mlp.w2", "*.ffn_gate", hf_copy},
	{"*.mlp.c_proj", "*.ffn_down", hf_copy},
	{NULL, NULL, NULL},
};

/* Their names for what others call otherwise. */
static void
keys(struct hf *h)
{
	hf_set_f32(h, "attention.layer_norm_rms_epsilon", hf_real(h, "layer_norm_epsilon", 1e-6));
	hf_set_f32(h, "rope.freq_base", hf_real(h, "rotary_emb_base", 10000));
	hf_set_u32(h, "context_length", hf_count(h, "seq_length", h->n_ctx));
	if (hf_real(h, "rotary_pct", 1) != 1 || !hf_flag(h, "no_bias", true))
		hf_fail(h, "rotary_pct or no_bias of config.json is not 1 and true, which is not supported");
}

const struct hf_family hf_family_qwen1 = {
	.rows = rows,
	.rope_base = 10000,
	.keys = keys,
};
