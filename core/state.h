/* What recurrent layers carry from token to token, for one timeline.  A pass reads one copy and writes the other, so
 * that one that is stopped leaves nothing behind.  There is no way back from a state to an earlier one: marks are
 * copies at points that the timeline can be cut back to. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum { STATE_MARKS = 4 };

struct state {
	size_t n_floats;		/* of all layers; 0: the model has no recurrent layer, and nothing below matters */
	float *now, *next;		/* [n_floats] before the pass at hand, and after it */
	struct state_mark {
		uint32_t n_past;	/* 0: none */
		float *copy;		/* [n_floats] */
	} mark[STATE_MARKS];
	unsigned char *memory;
	size_t memory_bytes;
};

bool state_init(struct state *s, size_t n_floats, struct err *e) MUST_CHECK;	/* before the first token */
void state_done(struct state *s);		/* accepts a zeroed one */

/* A pass is complete: what it wrote is what the next one reads. */
void state_flip(struct state *s);
/* N_PAST tokens are behind the state: keep a copy.  The one with the fewest tokens makes room. */
void state_mark(struct state *s, uint32_t n_past);
/* The most tokens, not more than N_PAST, that state_cut() takes; 0: only the start. */
uint32_t state_find(const struct state *s, uint32_t n_past);
/* Back to N_PAST tokens, as state_find() gave it, or 0.  Marks beyond are gone. */
void state_cut(struct state *s, uint32_t n_past);

#endif
