/* From logits to a token: a chain of stages, each a row of sampler.def.  The same seed, parameters and logits give the
 * same tokens on every machine: random numbers and exponentials are computed here, not by a library. */
#ifndef CORE_SAMPLER_H
#define CORE_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* A stage is off at its neutral value, which sampler_params_default() gives all but temp, top_k, top_p, min_p.
 * Names, defaults, ranges and help: rows of sampler_param.def. */
struct sampler_params {
	float temp;			/* 0: greedy, nothing below but the penalties matters */
	uint32_t top_k;			/* 0: all */
	float top_p;			/* 1: all.  Holtzman et al. 2019 */
	float min_p;			/* 0: all.  Nguyen et al. 2024 */
	float typical_p;		/* 1: all.  Meister et al. 2022 */
	float repeat_penalty;		/* 1: none.  Keskar et al. 2019 */
	float presence_penalty;		/* 0: none */
	float frequency_penalty;	/* 0: none */
	uint32_t penalty_last;		/* tokens looked back at by the three penalties */
	float dry_multiplier;		/* 0: none.  Weidmann 2024, "DRY" */
	float dry_base;
	uint32_t dry_allowed_length;
	uint32_t dry_last;		/* tokens looked back at */
	uint64_t seed;			/* 0: from the clock */
};
void sampler_params_default(struct sampler_params *p);
/* One sentence in *e naming the parameter and its range. */
bool sampler_params_check(const struct sampler_params *p, struct err *e) MUST_CHECK;

struct sampler;
struct tok;

struct sampler *sampler_new(const struct sampler_params *p, uint32_t n_vocab, struct err *e) MUST_CHECK;
void sampler_free(struct sampler *s);
/* DRY does not look for repetitions across tokens whose text holds a newline, a colon, a double quote or an asterisk:
 * the marks of lists and dialogue, which repeat for good reason.  Call once; nothing to do while DRY is off. */
void sampler_set_breakers(struct sampler *s, const struct tok *t);
void sampler_accept(struct sampler *s, uint32_t id);	/* ID joined the timeline: prompt or answer */
void sampler_reset(struct sampler *s);			/* forget the timeline, keep the random state */

enum { SAMPLER_TOP = 10 };

/* A token that might have been taken. */
struct sampler_top {
	uint32_t id;
	float p;			/* in the model's own distribution, before any stage */
	float after;			/* in the one that was drawn from; 0: cut */
};

struct sampler_choice {
	uint32_t id;
	float p;			/* in the model's own distribution, before any stage */
	float after;			/* in the one it was drawn from */
	float entropy;			/* of the model's distribution, bits */
	struct sampler_top top[SAMPLER_TOP];	/* the most probable before any stage, best first */
	uint32_t n_top;
};
/* LOGITS: [n_vocab].  NaN counts as minus infinity.  Allocates nothing. */
struct sampler_choice sampler_choose(struct sampler *s, const float *logits);

/* As sampler_choose() where only some tokens may be taken, before any stage.  ALLOWED: a bit for each token, at least
 * one of them set.  Call sampler_prepare_masks() once before. */
struct sampler_choice sampler_choose_among(struct sampler *s, const float *logits, const uint64_t *allowed);
bool sampler_prepare_masks(struct sampler *s, struct err *e) MUST_CHECK;

#endif
