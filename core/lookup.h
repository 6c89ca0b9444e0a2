/* Drafts without a second model: what followed when the text was like this before ("prompt lookup", Saxena 2023), in
 * the prompt or in what has been written since. */
#ifndef CORE_LOOKUP_H
#define CORE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOOKUP_LONGEST = 16 };		/* tokens that are compared at most */

/* Two texts to look in; the second ends where the draft begins. */
struct lookup {
	const uint32_t *input;		/* [n_input], read by an encoder; NULL: none */
	size_t n_input;
	const uint32_t *past;		/* [n_past] */
	size_t n_past;
	size_t last;			/* where a copy broke off last: when a word of it was changed, it goes on near there.
					 * Counted through both texts; 0: nowhere */
};

struct lookup_found {
	size_t at;			/* what follows the match, counted through both texts */
	unsigned n_same;		/* tokens before it that are the last of the text; 0: nothing was found */
	bool near;			/* behind where the last copy broke off, by a few tokens at most */
};

/* The longest match, of equal ones the one nearest to where the last copy broke off, then the latest. */
struct lookup_found lookup_find(const struct lookup *l);
/* N tokens from there on, fewer at the end of the input; a copy that reaches the end of the past goes on in itself. */
size_t lookup_copy(const struct lookup *l, size_t at, uint32_t *out, size_t n);

#endif
