/* Cutting a text into the words that are merged on their own: patterns by name, rows of pretok.def.
 * PCRE2 is known here and in pretok.c only. */
#ifndef CORE_TOK_PRETOK_H
#define CORE_TOK_PRETOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum {
	PRETOK_NFC = 1,			/* the text is brought into Unicode's normal form C first */
	PRETOK_WHOLE_WORDS = 2,		/* a word that is an entry is that entry, whatever the merges say */
	PRETOK_ADD_BOS = 4,		/* begin-of-text is put on where the file does not say */
};

#define PRETOK_MAX_PATTERNS 5

struct ascii_rules;
struct pretok_pattern {
	const char *regex;
	const struct ascii_rules *ascii;	/* finds most of its matches in no time; or NULL */
};

struct pretok {
	const char *name;		/* tokenizer.ggml.pre */
	unsigned flags;
	const struct pretok_pattern *patterns[PRETOK_MAX_PATTERNS];	/* each cuts what the one before left; NULL ends */
};
const struct pretok *pretok_find(const char *name, size_t len);		/* or NULL */

struct pretok_code;			/* compiled; read-only, for any number of threads */
struct pretok_code *pretok_compile(const struct pretok *p, struct err *e) MUST_CHECK;
void pretok_code_free(struct pretok_code *c);

/* Told one word after the other; false stops. */
typedef bool pretok_fn(void *ctx, const char *word, size_t len);

/* What one thread needs while it splits; zero but for the first two. */
struct pretok_run {
	pretok_fn *fn;
	void *ctx;
	struct buf older;	/* the text as matched, when it is not the text itself */
	void *match;
	void *context;
	void *stack;
};
void pretok_run_done(struct pretok_run *r);

/* Calls r->fn for each word of TEXT, which is valid UTF-8, in order; the words put together are TEXT.
 * False when fn said so or memory ran out. */
bool pretok_split(const struct pretok_code *c, struct pretok_run *r, const char *text, size_t len,
    struct err *e) MUST_CHECK;

#endif
