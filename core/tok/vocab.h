/* The entries of a vocabulary and their index by spelling.  Spellings stay in the file's mapping.
 * What an entry means for a text is not known here. */
#ifndef CORE_TOK_VOCAB_H
#define CORE_TOK_VOCAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/tok/sieve.h"
#include "core/tok/tok.h"

struct gguf;

struct vocab {
	uint32_t n;
	const uint8_t *base;	/* of the array of spellings, borrowed */
	uint32_t *at;		/* where entry i begins in BASE; its length stands in the 8 bytes before it */
	uint8_t *kinds;		/* enum tok_kind */
	struct vocab_slot *slots;	/* NULL until vocab_index_build() */
	size_t n_slots;		/* a power of two */
	struct sieve spellings;	/* of the slots */
	bool has_twins;		/* some entries have one spelling; known when the index is there */
	uint32_t *costs;	/* spm: of entries, the best lowest; MERGE_NONE: no piece.  Else NULL */
	uint32_t *chars;	/* NULL until vocab_chars_build(): entries of one character below VOCAB_CHARS, plus one */
};

#define VOCAB_CHARS 0x10000u

struct vocab_slot {
	uint32_t hash;
	uint32_t id_plus_1;	/* 0: free */
	uint32_t at;		/* as in struct vocab: one wait for memory less */
};

/* Reads tokenizer.ggml.tokens and token_type (all NORMAL when it is missing). */
bool vocab_read(struct vocab *v, const struct gguf *g, struct err *e) MUST_CHECK;
void vocab_done(struct vocab *v);

const char *vocab_spelling(const struct vocab *v, uint32_t id, size_t *len);	/* id < n; borrowed */

/* Of several entries with one spelling the first is found; empty spellings never are. */
bool vocab_index_build(struct vocab *v, struct err *e) MUST_CHECK;
void vocab_index_done(struct vocab *v);
uint32_t vocab_find(const struct vocab *v, const char *s, size_t len);		/* or TOK_NONE */

/* For vocabularies of characters: a table for those that come often.  The index is there. */
bool vocab_chars_build(struct vocab *v, struct err *e) MUST_CHECK;
/* vocab_find() of one character, whose code point is CP. */
uint32_t vocab_find_char(const struct vocab *v, const char *s, size_t len, uint32_t cp);

/* Many look-ups at once: their waits for memory overlap, which makes them several times faster. */
#define VOCAB_BATCH 64
struct vocab_query {
	const char *s;
	size_t len;
	uint64_t hash;
	uint32_t id;		/* the answer, or TOK_NONE */
};
void vocab_find_batch(const struct vocab *v, struct vocab_query *q, size_t n);		/* n <= VOCAB_BATCH */

#endif
