/* A prompt that does not fit into the context: nothing is left out without the person's word.  What can be done, and in
 * which words both renderers offer it. */
#ifndef TUI_STATE_FIT_H
#define TUI_STATE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct talk;
struct talk_prompt;

enum fit_kind {
	FIT_LEAVE_OUT,			/* the oldest questions with their answers */
	FIT_ENLARGE,			/* the context */
	FIT_SHORTEN,			/* the message */
	FIT_NEW,			/* in another conversation */
	FIT_COUNT
};

struct fit_choice {
	enum fit_kind kind;
	const char *key;		/* "leave-out"; static */
	char text[80], hint[80];
};

struct fit {
	uint32_t n_prompt, n_ctx;	/* tokens; positions */
	size_t left_out;		/* turns, the first ones; 0: that does not help, or not enough */
	uint32_t wide;			/* a context that holds it; 0: the model has none */
	struct fit_choice choices[FIT_COUNT];
	size_t n;
};

/* P, which is text to be sent, or an answer that is to GO ON. */
bool fit_find(const struct talk *c, const struct talk_prompt *p, bool goes_on, struct fit *out, struct err *e) MUST_CHECK;
const struct fit_choice *fit_choice_find(const struct fit *f, const char *key);	/* NULL: none */

#endif
