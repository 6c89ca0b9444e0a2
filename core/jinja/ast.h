/* The compiled template: tokens, and the tree the parser makes of them.  All in the arena of struct jinja. */
#ifndef CORE_JINJA_AST_H
#define CORE_JINJA_AST_H

#include <stdbool.h>

#include "core/base/map.h"
#include "core/jinja/jinja.h"
#include "core/jinja/value.h"

enum token_type {
	T_EOF, T_DATA, T_PRINT_BEGIN, T_PRINT_END, T_BLOCK_BEGIN, T_BLOCK_END, T_NAME, T_STRING, T_INT, T_FLOAT,
	T_ADD, T_SUB, T_MUL, T_DIV, T_FLOORDIV, T_MOD, T_POW, T_TILDE, T_LBRACKET, T_RBRACKET, T_LPAREN, T_RPAREN,
	T_LBRACE, T_RBRACE, T_EQ, T_NE, T_GT, T_GE, T_LT, T_LE, T_ASSIGN, T_DOT, T_COLON, T_PIPE, T_COMMA, T_SEMICOLON,
};

struct token {
	uint8_t type;
	uint32_t line;
	const char *s;		/* T_DATA, T_NAME, T_STRING: the text, escapes resolved */
	size_t len;
	int64_t i;
	double f;
};

/* Tokens of SOURCE, the last one T_EOF.  Faults on what no token begins with. */
const struct token *lex_tokens(struct arena *a, const char *source, size_t len);
const char *lex_describe(const struct token *t, char out[64]);

enum node_kind {
	/* expressions */
	N_CONST,		/* val */
	N_NAME,			/* sym; val: the name */
	N_LIST, N_TUPLE,	/* list */
	N_DICT,			/* list: key, value, key, value … */
	N_ATTR,			/* a . val */
	N_ITEM,			/* a [ b ] */
	N_SLICE,		/* a : b : c, each may be NULL; only as b of N_ITEM */
	N_CALL,			/* a ( list ) */
	N_FILTER,		/* a | val ( list ) */
	N_TEST,			/* a is val ( list ) */
	N_NOT, N_NEG, N_POS,	/* a */
	N_AND, N_OR,		/* a, b */
	N_COND,			/* b if a else c; c may be NULL */
	N_BINARY,		/* a op b */
	N_CONCAT,		/* list, joined by ~ */
	N_COMPARE,		/* a, then list: N_OPERAND with op and a */
	N_OPERAND,
	N_KEYWORD,		/* val = a; N_STAR, N_STARS: *a, **a; only in the list of a call */
	N_STAR, N_STARS,
	/* targets: N_NAME, N_TUPLE and */
	N_NSREF,		/* sym . val */
	/* statements */
	N_TEXT,			/* val */
	N_PRINT,		/* list of expressions */
	N_IF,			/* a; list; b: what else (a N_IF or N_SCOPELESS) */
	N_SCOPELESS,		/* list */
	N_FOR,			/* a in b if c; list; d: else (N_SCOPELESS); recursive */
	N_SET,			/* a = b */
	N_SET_BLOCK,		/* a; b: filters or NULL; list */
	N_MACRO,		/* sym, val: the name; a: parameters by next, each N_NAME with a: default; list */
	N_CALL_BLOCK,		/* a: the call; b: N_MACRO of the body */
	N_FILTER_BLOCK,		/* a: the filters; list */
	N_WITH,			/* a: targets by next, each with a: value; list */
	N_GENERATION,		/* b: N_MACRO of the body, called without arguments */
	N_BREAK, N_CONTINUE,
};

enum { OP_IN = 100, OP_NOT_IN };	/* op is one of these or a token_type */
enum { USES_CALLER = 1, USES_KWARGS = 2, USES_VARARGS = 4 };

struct node {
	uint8_t kind;
	uint8_t op;
	uint8_t uses;			/* N_MACRO */
	bool recursive;			/* N_FOR */
	bool captured;			/* N_FOR: a macro or call block inside may outlive an iteration's variables */
	uint32_t line;
	uint32_t sym;
	struct val val;
	struct node *a, *b, *c, *d;
	struct node *list, *next;
	const struct builtin *builtin;	/* N_FILTER, N_TEST; NULL: unknown, an error when reached */
};

struct symbol {
	struct val name;
	const struct builtin *global;	/* or NULL */
};

struct jinja {
	struct arena mem;
	struct fault fault;
	struct map names;		/* to numbers of symbols */
	struct symbol *symbols;
	size_t n_symbols, cap_symbols;
	struct node *body;
};

/* Numbers of the names the language itself binds.  SYM_BLOCK has no spelling: the text a filter block works on. */
enum { SYM_LOOP, SYM_CALLER, SYM_KWARGS, SYM_VARARGS, SYM_BLOCK };
uint32_t jinja_symbol(struct jinja *j, const char *name, size_t len);
struct node *parse_template(struct jinja *j, const char *source, size_t len);

#endif
