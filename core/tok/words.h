/* Words met before in one call of tok_encode(), and their ids.  English repeats itself: 19 of 20 words are found here.
 * A table in which a new word may push out an old one. */
#ifndef CORE_TOK_WORDS_H
#define CORE_TOK_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define WORD_MAX 23		/* bytes; longer ones are not remembered */

struct word_key {
	uint64_t bits[3];	/* the bytes, padded with zeros; the last one is the length and the kind */
};

struct word {
	struct word_key key;
	uint32_t ids_at;	/* the id when it is one; else where they stand in the output of this call */
	uint32_t n_ids;		/* 0: free */
};

struct words {
	struct word *slots;	/* NULL: remembers nothing */
	size_t n_slots;		/* a power of two */
};

/* A table fit for TEXT_LEN bytes of text; none for a short one. */
bool words_init(struct words *w, size_t text_len, struct err *e) MUST_CHECK;
void words_done(struct words *w);
/* The key of a word.  A part has other ids than a word spelled alike where is_part says so. */
struct word_key words_key(const char *text, size_t len, bool is_part);		/* len <= WORD_MAX */
/* Where the table has it, if at all: to be fetched while other things are done. */
struct word *words_place(const struct words *w, const struct word_key *key);
/* The word, or NULL.  PLACE is the key's. */
const struct word *words_find(const struct words *w, const struct word *place, const struct word_key *key);
void words_put(struct words *w, struct word *place, struct word word);

#endif
