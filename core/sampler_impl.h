/* What the stages of the sampler share.
 *
 * A stage either edits logits (s->logits, a private copy) or cuts the list of candidates.  Candidates stay in the
 * order of their ids through every cut, so a draw depends on the distribution and the seed, not on how a cut finds
 * its bound. */
#ifndef CORE_SAMPLER_IMPL_H
#define CORE_SAMPLER_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sampler.h"

#define SAMPLER_BLOCK 64	/* logits that share one entry of block_max */
#define SAMPLER_LOWEST -3.402823466e+38f

struct cand {
	uint32_t id;
	float logit;
	float w;		/* e^(logit - max): the weight, not normalised */
	float key;		/* a cut keeps the smallest keys */
};

/* A softmax over the whole vocabulary. */
struct sampler_dist {
	float max;		/* the largest logit */
	uint32_t at;		/* the first id that has it */
	double sum;		/* of e^(logit - max) */
	double sum_log;		/* of (logit - max) e^(logit - max) */
};

struct sampler {
	struct sampler_params p;
	uint32_t n_vocab;
	const struct sampler_stage *stages[16];		/* those that are on, in order */
	size_t n_stages;
	bool edits;			/* one of them edits logits */
	uint64_t random;

	float *logits;			/* [n_vocab] the edited ones; NULL when no stage edits */
	float *block_max;		/* [blocks of n_vocab] of the logits that candidates come from */
	float *block_scratch;		/* the same again, to select from */
	size_t n_blocks;
	struct sampler_dist dist;	/* of the edited logits */

	struct cand *cands;		/* [n_vocab], n_cands used */
	struct cand *scratch;		/* [n_vocab], to select from */
	size_t n_cands;
	double mass;			/* sum of the weights that the next cut divides */

	/* The timeline, for the stages that edit: the last n_past ids end at past + n_past. */
	uint32_t *past;			/* [2 * past_cap]: moved to the front when full */
	size_t past_cap, n_past;
	uint32_t *marks;		/* [n_vocab], all 0 between stages */
	uint32_t *lengths;		/* [past_cap + 1], of repeated sequences */
	uint8_t *breakers;		/* a bit for each id */
};

struct sampler_stage {
	bool (*is_on)(const struct sampler_params *p);
	void (*edit)(struct sampler *s);		/* s->logits; NULL for stages that cut */
	/* The first cut of a chain is spared candidates it would drop anyway: those below this logit. */
	float (*floor)(const struct sampler *s);	/* may be NULL */
	void (*cut)(struct sampler *s);
};

#define STAGE(id) extern const struct sampler_stage sampler_##id;
#include "core/sampler.def"
#undef STAGE

/* Fills *d and block_max[]; NaN and infinities are taken as the largest finite numbers of their side. */
void sampler_measure(struct sampler_dist *d, float *block_max, const float *logits, size_t n);
/* The K-th largest of the N numbers in X, which it reorders.  0 < k <= n. */
float sampler_kth_largest(float *x, size_t n, size_t k);
/* Keep the candidates with the smallest keys (then ids): as few as weigh TARGET together, at least one. */
void sampler_keep_mass(struct sampler *s, double target);
/* Keep the K candidates with the smallest keys (then ids). */
void sampler_keep_count(struct sampler *s, size_t k);

/* e^x for x <= 0, the same bits everywhere; below SAMPLER_EXP_MIN as there.  Relative error 3e-7.
 * n = round(x / ln 2), r = x - n ln 2 in two steps, Taylor to the sixth power, 2^n through the exponent. */
#define SAMPLER_EXP_MIN -80.0f
#define SAMPLER_EXP_TO_INT 0x1.8p23f	/* adding it leaves the nearest whole number in the low bits */
#define SAMPLER_EXP_LOG2E 0x1.715476p0f
#define SAMPLER_EXP_LN2_HI 0x1.62e4p-1f
#define SAMPLER_EXP_LN2_LO 0x1.7f7d1cp-20f

static inline float
sampler_exp(float x)
{
	union {
		float f;
		uint32_t u;
	} n, p;
	float r;

	x = x > SAMPLER_EXP_MIN ? x : SAMPLER_EXP_MIN;
	x = x < 0 ? x : 0;
	n.f = x * SAMPLER_EXP_LOG2E + SAMPLER_EXP_TO_INT;
	r = n.f - SAMPLER_EXP_TO_INT;
	r = (x - r * SAMPLER_EXP_LN2_HI) - r * SAMPLER_EXP_LN2_LO;
	p.f = 1 / 6.f + r * (1 / 24.f + r * (1 / 120.f + r * (1 / 720.f)));
	p.f = 1 + r * (1 + r * (1 / 2.f + r * p.f));
	p.u += n.u << 23;
	return p.f;
}

#endif
