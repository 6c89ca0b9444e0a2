/* A draft model: a smaller one of the same vocabulary, whose session follows the timeline of another one and writes
 * what may come next (Leviathan et al. 2023; Chen et al. 2023). */
#ifndef CORE_DRAFT_H
#define CORE_DRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "core/minnow.h"
#include "core/run.h"

struct draft {
	struct session *s;		/* NULL: there is none */
	struct sampler *sampler;	/* takes the most probable token */
	float sure;			/* a token less probable than this ends a draft: those after it would be lost too */
	double token_s;			/* what drafting a token cost lately; 0: not known */
	double read_s;			/* what reading a token of the prompt cost; 0: not known */
	uint32_t n_passes;		/* of this answer */
};

/* M drafts for FOR_MODEL, in a context as O says.  One sentence where it cannot. */
bool draft_open(struct draft *d, struct model *m, const struct model *for_model, const struct session_options *o,
    struct err *e) MUST_CHECK;
void draft_close(struct draft *d);		/* accepts a zeroed one */

/* The session of D gets as far as the N of IDS, but for the last, so that a draft need not wait for a whole prompt.  Stopped
 * by STEP it gets less far. */
void draft_read(struct draft *d, const uint32_t *ids, size_t n, run_step_fn *step, void *ctx);

/* What it takes the session of D to get as far as N tokens before it can draft, in seconds, as far as that is known. */
double draft_lag_s(const struct draft *d, size_t n);

/* At most MAX tokens that may follow the N of IDS; fewer where the model is not sure.  Returns how many; 0 when STEP
 * stopped it. */
size_t draft_write(struct draft *d, const uint32_t *ids, size_t n, uint32_t *out, size_t max, run_step_fn *step, void *ctx);

#endif
