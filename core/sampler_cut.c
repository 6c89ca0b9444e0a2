/* The stages that cut the list of candidates, and temperature.
 * Their sets are those of the papers named in sampler.h; the order of a chain is that of sampler.def. */
#include <math.h>

#include "core/sampler_impl.h"

#define FLOOR_MARGIN 0.01f	/* a floor spares work, the cut itself decides: rounding must not */

/* ---- top_k ---- */

static bool
top_k_is_on(const struct sampler_params *p)
{
	return p->top_k > 0;
}

/* K blocks have a logit of at least the k-th largest block maximum, so the k largest logits have as well. */
static float
top_k_floor(const struct sampler *s)
{
	if (s->p.top_k > s->n_blocks)
		return SAMPLER_LOWEST;
	for (size_t i = 0; i < s->n_blocks; i++)
		s->block_scratch[i] = s->block_max[i];
	return sampler_kth_largest(s->block_scratch, s->n_blocks, s->p.top_k);
}

static void
key_by_logit(struct sampler *s)
{
	for (size_t i = 0; i < s->n_cands; i++)
		s->cands[i].key = -s->cands[i].logit;
}

static void
top_k_cut(struct sampler *s)
{
	key_by_logit(s);
	sampler_keep_count(s, s->p.top_k);
}

const struct sampler_stage sampler_top_k = {
	.is_on = top_k_is_on,
	.floor = top_k_floor,
	.cut = top_k_cut,
};

/* ---- typical ---- */

static bool
typical_is_on(const struct sampler_params *p)
{
	return p->typical_p < 1;
}

/* Keep the tokens whose surprise is nearest to the expected one. */
static void
typical_cut(struct sampler *s)
{
	double log_mass = log(s->mass);
	double entropy = log_mass;

	for (size_t i = 0; i < s->n_cands; i++)
		entropy -= (double)s->cands[i].w / s->mass * ((double)s->cands[i].logit - (double)s->dist.max);
	for (size_t i = 0; i < s->n_cands; i++) {
		double surprise = log_mass - ((double)s->cands[i].logit - (double)s->dist.max);

		s->cands[i].key = (float)fabs(surprise - entropy);
	}
	sampler_keep_mass(s, (double)s->p.typical_p * s->mass);
}

const struct sampler_stage sampler_typical = {
	.is_on = typical_is_on,
	.cut = typical_cut,
};

/* ---- top_p ---- */

static bool
top_p_is_on(const struct sampler_params *p)
{
	return p->top_p < 1;
}

/* Logits so small that all of the vocabulary at that value would weigh less than what is cut. */
static float
top_p_floor(const struct sampler *s)
{
	return s->dist.max + (float)log((1 - (double)s->p.top_p) * s->mass / s->n_vocab) - FLOOR_MARGIN;
}

static void
top_p_cut(struct sampler *s)
{
	key_by_logit(s);
	sampler_keep_mass(s, (double)s->p.top_p * s->mass);
}

const struct sampler_stage sampler_top_p = {
	.is_on = top_p_is_on,
	.floor = top_p_floor,
	.cut = top_p_cut,
};

/* ---- min_p ---- */

static bool
min_p_is_on(const struct sampler_params *p)
{
	return p->min_p > 0;
}

static float
min_p_floor(const struct sampler *s)
{
	return s->dist.max + logf(s->p.min_p) - FLOOR_MARGIN;
}

static void
min_p_cut(struct sampler *s)
{
	float best = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->n_cands; i++)
		best = s->cands[i].w > best ? s->cands[i].w : best;
	s->mass = 0;
	for (size_t i = 0; i < s->n_cands; i++) {
		if (s->cands[i].w < s->p.min_p * best)
			continue;
		s->mass += (double)s->cands[i].w;
		s->cands[n++] = s->cands[i];
	}
	s->n_cands = n;
}

const struct sampler_stage sampler_min_p = {
	.is_on = min_p_is_on,
	.floor = min_p_floor,
	.cut = min_p_cut,
};

/* ---- temp ---- */

static bool
temp_is_on(const struct sampler_params *p)
{
	return p->temp != 1;
}

/* What weighs less than e^-50 is below the grain of a 53-bit random number even 262144 times. */
static float
temp_floor(const struct sampler *s)
{
	return s->dist.max - 50 * s->p.temp;
}

static void
temp_cut(struct sampler *s)
{
	float best = SAMPLER_LOWEST;

	for (size_t i = 0; i < s->n_cands; i++)
		best = s->cands[i].logit > best ? s->cands[i].logit : best;
	s->mass = 0;
	for (size_t i = 0; i < s->n_cands; i++) {
		s->cands[i].w = sampler_exp((s->cands[i].logit - best) / s->p.temp);
		s->mass += (double)s->cands[i].w;
	}
}

const struct sampler_stage sampler_temp = {
	.is_on = temp_is_on,
	.floor = temp_floor,
	.cut = temp_cut,
};
