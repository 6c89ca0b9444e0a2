/* Which tokens may come next: a grammar, a vocabulary and how far one answer is. */
#ifndef CORE_GRAMMAR_MASK_H
#define CORE_GRAMMAR_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/grammar/grammar.h"

struct mask;
struct tok;
struct trie;

/* An answer of which nothing is written yet.  G, T and TREE (of T) outlive it.  N_VOCAB: of the model, at least that
 * of T.  NULL with *e set: G names a token that T does not have, or memory runs out. */
struct mask *mask_new(const struct grammar *g, const struct tok *t, const struct trie *tree, uint32_t n_vocab,
    struct err *e) MUST_CHECK;
void mask_free(struct mask *m);

/* A bit for each token: those whose bytes all fit, and those that end a turn where the text may end.  Until the next
 * call.  NULL with *e set when there is none, or the grammar is too ambiguous here. */
const uint64_t *mask_allowed(struct mask *m, struct err *e) MUST_CHECK;
/* Every token but those that end a turn: for what comes before the answer. */
const uint64_t *mask_before(struct mask *m, struct err *e) MUST_CHECK;
/* As mask_allowed(), and tokens of line breaks only: what may stand between thinking and an answer. */
const uint64_t *mask_allowed_or_break(struct mask *m, struct err *e) MUST_CHECK;
bool mask_is_break(const struct mask *m, uint32_t id);
/* As mask_allowed(), and token ID. */
const uint64_t *mask_allowed_or(struct mask *m, uint32_t id, struct err *e) MUST_CHECK;

/* ID, one of those allowed, joined the answer. */
void mask_accept(struct mask *m, uint32_t id);
/* The answer begins within a token: with these bytes, perhaps none.  False: they do not fit. */
bool mask_begin_with(struct mask *m, const char *s, size_t n) MUST_CHECK;
/* The text is complete and nothing can follow. */
bool mask_is_complete(const struct mask *m);

static inline bool
mask_has(const uint64_t *allowed, uint32_t id)
{
	return allowed[id / 64] >> id % 64 & 1;
}

#endif
