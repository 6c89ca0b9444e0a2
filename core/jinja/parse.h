/* The parser's state, shared by its two halves: parse_expr.c and parse.c. */
#ifndef CORE_JINJA_PARSE_H
#define CORE_JINJA_PARSE_H

#include "core/jinja/ast.h"

#define PARSE_DEPTH_MOST 600	/* nested blocks and expressions; a bracket takes three */

struct parser {
	struct jinja *j;
	const struct token *t;		/* the current one */
	unsigned depth;
	unsigned loops;			/* for bodies around us that break and continue may leave */
	unsigned n_macros;		/* seen so far */
	uint8_t uses;			/* special names read since the innermost macro began */
	struct node *unknown[16];	/* filters and tests that do not exist, where that may still be no error */
	size_t n_unknown;
};

#define parse_fail(p, ...) ((p)->j->fault.line = (p)->t->line, fault_raise(&(p)->j->fault, ERR_FAILED, __VA_ARGS__))

struct node *parse_node(struct parser *p, enum node_kind kind);
void parse_enter(struct parser *p);
bool parse_is(const struct parser *p, enum token_type type);
bool parse_is_name(const struct parser *p, const char *name);
bool parse_skip(struct parser *p, enum token_type type);
bool parse_skip_name(struct parser *p, const char *name);
void parse_expect(struct parser *p, enum token_type type, const char *what);
const struct token *parse_want_name(struct parser *p, const char *what);

/* An unknown filter or test is an error, except inside an if, where only reaching it is: as in Jinja, whose templates
 * test for features that way.  MARK is n_unknown from before the part in question. */
void parse_refuse_unknown(struct parser *p, size_t mark);

/* An expression; without COND no "x if y else z" at its outer level. */
struct node *parse_expr(struct parser *p, bool cond);
/* One or more, separated by commas, which make a tuple.  Ends before END (a name) too when that is not NULL. */
struct node *parse_tuple(struct parser *p, bool cond, const char *end);
struct node *parse_target(struct parser *p, bool with_namespace, const char *end);
struct node *parse_filters(struct parser *p, struct node *of, bool first);	/* FIRST: no | before the first one */

#endif
