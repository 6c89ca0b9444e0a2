/* Phi 3.5 with experts: Phi 3's attention with biases, layer norms, and the router of the published model code, whose
 * two picks are each weighted by a softmax over their rivals (SparseMixer, Liu et al. 2023; GRIN, 2024).
 * llama.cpp has RMS norms and an ordinary router here. */
#include "core/arch/arch.h"

#include <math.h>

#include "core/block.h"
#include "core/model.h"

#define RIVALRY 0.02f		/* logits this much below the pick, relatively, are no rivals: 2 * router_jitter_noise */

static bool
check(struct hparam *h, struct err *e)
{
	if (h->n_used != 2 || h->n_experts < 2)
		return err_set(e, ERR_FAILED, "phimoe.expert_used_count is %u of %u, expected 2", h->n_used, h->n_experts);
	return true;
}

static void
plan(const struct hparam *h, struct layer *l)
{
	l->window = h->window;
}

/* The largest logit but that of TAKEN, and its share among its rivals. */
static uint32_t
pick(const float *logits, uint32_t n, uint32_t taken, float *weight)
{
	uint32_t best = taken == 0 ? 1 : 0;
	float sum = 0;

	for (uint32_t i = best + 1; i < n; i++)
		if (i != taken && logits[i] > logits[best])
			best = i;
	for (uint32_t i = 0; i < n; i++) {
		float below = logits[best] - logits[i];

		if (i != taken && !(below / fmaxf(fabsf(logits[i]), logits[best]) > RIVALRY))
			sum += expf(-below);
	}
	*weight = 1 / sum;
	return best;
}

static void
route(const struct kern_vec *vec, const struct hparam *h, float *logits, uint32_t *expert, float *weight)
{
	(void)vec;
	expert[0] = pick(logits, h->n_experts, h->n_experts, &weight[0]);
	expert[1] = pick(logits, h->n_experts, expert[0], &weight[1]);
}

static void
layer(struct run *r, const struct layer *l)
{
	block_qkv(r, l);
	block_rope_store(r, l);
	block_attention(r, l);
	block_attn_out(r, l);
	block_experts(r, l, route);
}

const struct arch arch_phimoe = {
	.name = "phimoe",
	.rope = ROPE_NEOX,
	.norm = NORM_LAYER,
	.check = check,
	.plan = plan,
	.layer = layer,
	.weights = {
		[W_token_embd] = WEIGHT_REQUIRED,
		[W_output_norm] = WEIGHT_REQUIRED,
		[W_output_norm_bias] = WEIGHT_REQUIRED,
		[W_output] = WEIGHT_REQUIRED,
		[W_attn_norm] = WEIGHT_REQUIRED,
		[W_attn_norm_bias] = WEIGHT_REQUIRED,
		[W_attn_q] = WEIGHT_REQUIRED,
		[W_attn_k] = WEIGHT_REQUIRED,
		[W_attn_v] = WEIGHT_REQUIRED,
		[W_attn_out] = WEIGHT_REQUIRED,
		[W_ffn_norm] = WEIGHT_REQUIRED,
		[W_ffn_norm_bias] = WEIGHT_REQUIRED,
		[W_output_bias] = WEIGHT_OPTIONAL,
		[W_rope_long] = WEIGHT_OPTIONAL,
		[W_rope_short] = WEIGHT_OPTIONAL,
		[W_attn_q_bias] = WEIGHT_OPTIONAL,
		[W_attn_k_bias] = WEIGHT_OPTIONAL,
		[W_attn_v_bias] = WEIGHT_OPTIONAL,
		[W_attn_out_bias] = WEIGHT_OPTIONAL,
		[W_router] = WEIGHT_EXPERT,
		[W_expert_gate] = WEIGHT_EXPERT,
		[W_expert_up] = WEIGHT_EXPERT,
		[W_expert_down] = WEIGHT_EXPERT,
	},
};
