/* Where a defect is, said to a person; shared by the notations. */
#ifndef CORE_GRAMMAR_SOURCE_H
#define CORE_GRAMMAR_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct source {
	const char *s;
	size_t n;
};

struct source_place {
	unsigned line, column;		/* from 1; columns in characters */
};
struct source_place source_place(const struct source *s, size_t at);
/* "line 3, column 7: expected WHAT, found "x"" */
bool source_expected(const struct source *s, size_t at, const char *what, struct err *e);
/* "line 3, column 7: …" */
bool source_error(const struct source *s, size_t at, struct err *e, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Where the value stands that a JSON pointer ("/a/0") names in a well-formed text: of a member, its name.  As far as
 * the pointer can be followed. */
size_t source_find(const struct source *s, const char *pointer);

#endif
