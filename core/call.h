/* Tool calls as models write them: text to names and arguments.  The text is hostile; whatever does not parse is an
 * error with a sentence, never a guess that drops part of it.  Which model uses which syntax: section.def. */
#ifndef CORE_CALL_H
#define CORE_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct call {
	char *name;
	json_t *arguments;		/* an object */
};

struct calls {
	struct call *items;
	size_t n;
};

struct call_syntax {
	/* Append the calls of TEXT to OUT, at least one.  TOOLS: what the model may call, or NULL: tells the types of
	 * arguments written without quotes, and the names of those without one. */
	bool (*parse)(const char *text, size_t n, const json_t *tools, struct calls *out, struct err *e);
	/* Does TEXT end inside something quoted, so that a closing marker there is no marker?  May be NULL. */
	bool (*quoted)(const char *text, size_t n);
};

enum call_syntax_id {
#define CALL_SYNTAX(id) CALL_##id,
#include "core/call.def"
#undef CALL_SYNTAX
	CALL_SYNTAX_COUNT
};

/* Those with a file of their own. */
extern const struct call_syntax call_syntax_xml, call_syntax_gemma, call_syntax_python;
/* NULL for CALL_none. */
const struct call_syntax *call_syntax(enum call_syntax_id id);

/* Frees what is in it. */
void calls_done(struct calls *c);
/* Arguments are taken. */
void calls_add(struct calls *c, const char *name, size_t n, json_t *arguments);
/* At the beginning of an answer: may TEXT become a call written as bare JSON or Python? */
bool call_may_begin(const char *text, size_t n);

/* A JSON list of tools: [{"type": "function", "function": {"name", …}}], or the functions alone.  NULL with *e. */
json_t *call_tools_read(const char *json, size_t n, struct err *e) MUST_CHECK;
/* The description of tool NAME ({"name", "parameters" …}), or NULL; borrowed.  TOOLS may be NULL. */
const json_t *call_tool_find(const json_t *tools, const char *name);
/* Its parameter KEY, a JSON schema, or NULL. */
const json_t *call_parameter(const json_t *tools, const char *name, const char *key);

/* For the parsers. */
struct call_reader {
	const char *s;			/* not NUL-terminated */
	size_t n, at;
	const json_t *tools;
	struct err *e;
	unsigned depth;
};
#define CALL_DEPTH_MOST 64
void call_skip_blanks(struct call_reader *r);
bool call_is(const struct call_reader *r, const char *what);
bool call_take(struct call_reader *r, const char *what);	/* step over WHAT when it is next */
/* Offset of WHAT at or after FROM; r->n when there is none. */
size_t call_find(const struct call_reader *r, size_t from, const char *what);
/* Length of the function or parameter name that is next: letters, digits, _ . -; 0 when there is none. */
size_t call_name_len(const struct call_reader *r);
/* One JSON value of any kind; NULL with *e.  New reference. */
json_t *call_read_json(struct call_reader *r);

#endif
