/* A program at work: where an answer stands in its grammar.
 * A place is an operation that waits for a byte, and the stack of returns below it.  All places an answer may be at
 * are a state; states and the steps between them are made when first needed and kept, so that most steps are one
 * look-up.  A matcher belongs to one answer. */
#ifndef CORE_GRAMMAR_MATCH_H
#define CORE_GRAMMAR_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/grammar/program.h"

enum {
	MATCH_MAX_DEPTH = 1000,		/* returns on a stack: what nests deeper is not allowed */
	MATCH_MAX_PLACES = 4096,	/* of one state */
	MATCH_DEAD = 0,			/* the state that nothing leads out of */
};

struct match_frame {
	uint32_t op, below;		/* BELOW: the frame that is next on the stack; 0: none */
	uint32_t depth;
	uint32_t mark;			/* the closure that met it last */
};

struct match_state {
	uint32_t first, n;		/* its places: frames at places[first .. first + n), sorted */
	uint32_t hash;
	bool accepts;			/* the text may end here */
	bool has_tokens;		/* some place waits for a token */
};

struct match {
	const struct grammar *g;

	struct match_frame *frames;	/* [0] is the bottom */
	size_t n_frames, cap_frames;
	uint32_t *frame_slots;		/* hash table of frames; 0: free */
	size_t n_frame_slots;

	struct match_state *states;
	size_t n_states, cap_states;
	uint32_t *state_slots;		/* hash table of states; 0: free */
	size_t n_state_slots;
	uint32_t *places;
	size_t n_places, cap_places;
	uint32_t *rows;			/* [cap_states][n_classes], the state after a byte of the class, MATCH_UNKNOWN */

	/* The closure being made. */
	uint32_t closure;
	uint32_t *work;
	size_t n_work, cap_work;
	struct node_list found;		/* its places */
	bool accepts;

	uint64_t steps, step_limit;	/* operations taken; beyond the limit the grammar is given up */
	bool overflow;
};
#define MATCH_UNKNOWN UINT32_MAX

/* The state before the first byte is 1.  False when the grammar is too ambiguous to be followed at all. */
bool match_init(struct match *m, const struct grammar *g, struct err *e) MUST_CHECK;
void match_done(struct match *m);

uint32_t match_step(struct match *m, uint32_t state, uint8_t byte);	/* the slow way of match_next() */
/* The state after BYTE, or MATCH_DEAD; M->overflow tells when it was too much to follow. */
static inline uint32_t
match_next(struct match *m, uint32_t state, uint8_t byte)
{
	uint32_t next = m->rows[(size_t)state * m->g->n_classes + m->g->class_of[byte]];

	return next != MATCH_UNKNOWN ? next : match_step(m, state, byte);
}

/* The places of STATE that wait for a token: call TAKES on the index of each; those it approves go on.  Joined with
 * the places of state ALSO. */
typedef bool match_token_fn(void *ctx, uint32_t token);
uint32_t match_token(struct match *m, uint32_t state, uint32_t also, match_token_fn *takes, void *ctx);

/* Nothing can follow: the text is complete. */
static inline bool
match_is_final(const struct match *m, uint32_t state)
{
	return m->states[state].accepts && m->states[state].n == 0;
}

/* Forget all states but STATE when they take more than BYTES; its new number.  *forgot tells. */
uint32_t match_trim(struct match *m, uint32_t state, size_t bytes, bool *forgot);

/* Does the whole text match?  For tests. */
bool match_text(struct match *m, const char *s, size_t n);

#endif
