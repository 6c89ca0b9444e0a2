/* Words met before in one call of tok_encode(), and where their ids stand in its output.  English
 * repeats itself: 19 of 20 words are found here.  A small table in which a new word may push out an old
 * one. */
#ifndef CORE_TOK_WORDS_H
#define CORE_TOK_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define WORD_MAX 23		/* bytes; longer ones are not remembered */

struct word {
	uint64_t key[3];	/* the bytes, padded with zeros; the last one is the length */
	uint32_t ids_at;	/* in the output of this call */
	uint32_t n_ids;		/* 0: free */
};

struct words {
	struct word *slots;	/* NULL: remembers nothing */
	size_t n_slots;		/* a power of two */
};

/* A table fit for TEXT_LEN bytes of text; none for a short one. */
bool words_init(struct words *w, size_t text_len, struct err *e) MUST_CHECK;
void words_done(struct words *w);
/* The word (n_ids > 0), or a slot for it with its key set, or NULL: not to be remembered. */
struct word *words_find(struct words *w, const char *text, size_t len);

#endif
