/* The encoder of an encoder-decoder model: reads the whole input at once, every token seeing every other; each layer of
 * the decoder then keeps keys and values of its output for as long as the input stays. */
#ifndef CORE_ENCODER_H
#define CORE_ENCODER_H

#include "core/run.h"

struct encoder {
	uint32_t n_max;			/* tokens of an input at most */
	uint32_t n;			/* of the present one; 0: none */
	struct kv kv;			/* of the layer at work: one place for all */
	struct kv cross;		/* of each layer of the decoder */
	float *x;			/* [n_max][n_embd] */
	size_t x_bytes;
};

bool encoder_init(struct encoder *c, const struct model *m, enum kvtype type, uint32_t n_max, struct err *e) MUST_CHECK;
void encoder_done(struct encoder *c);		/* accepts a zeroed one */

/* Read N tokens, by r->enc.  False when STEP (which may be NULL) stopped it: there is no input then. */
bool encoder_run(struct run *r, const uint32_t *ids, size_t n, run_step_fn *step, void *ctx);

#endif
