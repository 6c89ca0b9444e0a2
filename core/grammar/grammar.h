/* Grammars: what an answer may look like.  Two notations, GBNF and JSON schema, become the same compiled form, which
 * is constant: any number of sessions may share it. */
#ifndef CORE_GRAMMAR_GRAMMAR_H
#define CORE_GRAMMAR_GRAMMAR_H

#include <stddef.h>

#include "core/base/err.h"

struct grammar;

/* The text of a grammar file is at most this long. */
#define GRAMMAR_MAX_BYTES ((size_t)1 << 20)

/* NULL with one sentence in *e (line, column, what was expected) for a text that is not well-formed, asks for what is
 * not supported, or can match nothing.  A grammar outlives every request that names it. */
struct grammar *grammar_open_gbnf(const char *text, size_t len, struct err *e) MUST_CHECK;
struct grammar *grammar_open_schema(const char *text, size_t len, struct err *e) MUST_CHECK;
void grammar_close(struct grammar *g);		/* accepts NULL */

#endif
