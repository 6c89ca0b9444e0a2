/* Jinja, as chat templates use it: the language of Python Jinja 3.1 with trim_blocks, lstrip_blocks, loopcontrols, the
 * generation tag, and the functions Hugging Face adds (raise_exception, strftime_now, its tojson).
 * No files, no attributes of host objects, no imports.  Steps, depth, output and memory are limited, so a hostile
 * template ends in an error.  Source: the Jinja template designer documentation. */
#ifndef CORE_JINJA_JINJA_H
#define CORE_JINJA_JINJA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct jinja;

struct jinja_limits {
	uint64_t steps;			/* evaluated nodes */
	size_t output_bytes;
	size_t memory_bytes;		/* values alive or dead of one rendering */
	unsigned depth;			/* nesting of calls and of expressions */
};
extern const struct jinja_limits JINJA_LIMITS_DEFAULT;

/* Compile.  NULL with *e = "template line N: …". */
struct jinja *jinja_open(const char *source, size_t len, struct err *e) MUST_CHECK;
void jinja_close(struct jinja *j);
/* Does the template mention a variable, attribute or key of this NAME (as a name or as a whole string constant)? */
bool jinja_uses(const struct jinja *j, const char *name);

/* Render with the variables of VARS (an object; insertion order is kept; JSON null is none).  NOW fixes the clock of
 * strftime_now (local broken-down time); NULL takes the real one.  On failure OUT is as it was; raise_exception's
 * message is part of *e. */
bool jinja_render(const struct jinja *j, const json_t *vars, const struct tm *now, const struct jinja_limits *limits,
    struct buf *out, struct err *e) MUST_CHECK;

#endif
