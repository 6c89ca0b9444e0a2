/* Qwen 1: Llama's graph with NEOX rope and biases on q, k and v.  Qwen technical report, 2023.
 * The logarithmic scaling of scores beyond the trained context is not applied. */
#include "core/arch/arch.h"
#include "core/block.h"

static bool
check(struct hparam *h, struct err *e)
{
	/* The key counts gate and up together. */
	for (uint32_t i = 0; i < h->n_layers; i++) {
		if (h->layer_ff[i] % 2)
			return err_set(e, ERR_FAILED, "qwen.feed_forward_length is %u, expected an even number",
			    h->layer_ff[i]);
		h->layer_ff[i] /= 2;
	}
	h->n_ff /= 2;
	return true;
}

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_ffn(r, l, FFN_SILU);
}

const struct arch arch_qwen = {
	.name = "qwen",
	.rope = ROPE_NEOX,
	.check = check,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_REQUIRED,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_q_bias] = WEIGHT_REQUIRED,
		[W_attn_k_bias] = WEIGHT_REQUIRED,
		[W_attn_v_bias] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_gate] = WEIGHT_REQUIRED,
		[W_ffn_up] = WEIGHT_REQUIRED,
		[W_ffn_down] = WEIGHT_REQUIRED,
	},
};
