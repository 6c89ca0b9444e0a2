/* Expressions: precedence climbing over Jinja's levels, loosest first:
 * if-else, or, and, not, comparisons, + -, ~, * / // %, **, unary, then filters and tests, subscripts and calls. */
#include <string.h>

#include "core/jinja/parse.h"

enum level { LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_ADD, LEVEL_CONCAT, LEVEL_MUL, LEVEL_POW, LEVEL_UNARY };

static struct node *parse_level(struct parser *p, enum level level);
static struct node *parse_unary(struct parser *p, bool with_filter);

struct node *
parse_node(struct parser *p, enum node_kind kind)
{
	struct node *n = arena_new0(&p->j->mem, 1, sizeof *n);

	n->kind = (uint8_t)kind;
	n->line = p->t->line;
	return n;
}

void
parse_enter(struct parser *p)
{
	if (++p->depth > PARSE_DEPTH_MOST)
		parse_fail(p, "it is nested more than %d levels deep", PARSE_DEPTH_MOST);
}

bool
parse_is(const struct parser *p, enum token_type type)
{
	return p->t->type == type;
}

bool
parse_is_name(const struct parser *p, const char *name)
{
	return parse_is(p, T_NAME) && p->t->len == strlen(name) && memcmp(p->t->s, name, p->t->len) == 0;
}

bool
parse_skip(struct parser *p, enum token_type type)
{
	if (!parse_is(p, type))
		return false;
	p->t++;
	return true;
}

bool
parse_skip_name(struct parser *p, const char *name)
{
	if (!parse_is_name(p, name))
		return false;
	p->t++;
	return true;
}

static void
unexpected(struct parser *p, const char *wanted) __attribute__((noreturn));
static void
unexpected(struct parser *p, const char *wanted)
{
	char got[64];

	parse_fail(p, "expected %s, got '%s'", wanted, lex_describe(p->t, got));
}

void
parse_expect(struct parser *p, enum token_type type, const char *what)
{
	if (!parse_is(p, type))
		unexpected(p, what);
	p->t++;
}

const struct token *
parse_want_name(struct parser *p, const char *what)
{
	parse_expect(p, T_NAME, what);
	return p->t - 1;
}

void
parse_refuse_unknown(struct parser *p, size_t mark)
{
	struct node *n;

	if (p->n_unknown <= mark)
		return;
	n = p->unknown[mark];
	p->j->fault.line = n->line;
	fault_raise(&p->j->fault, ERR_FAILED, "there is no %s '%.*s'", n->kind == N_FILTER ? "filter" : "test",
	    (int)n->val.len, n->val.s);
}

static void
note_unknown(struct parser *p, struct node *n)
{
	if (p->n_unknown == sizeof p->unknown / sizeof p->unknown[0])
		parse_refuse_unknown(p, 0);
	p->unknown[p->n_unknown++] = n;
}

static bool
ends_tuple(const struct parser *p, const char *end)
{
	return parse_is(p, T_PRINT_END) || parse_is(p, T_BLOCK_END) || parse_is(p, T_RPAREN) ||
	    (end && parse_is_name(p, end));
}

struct node *
parse_tuple(struct parser *p, bool cond, const char *end)
{
	struct node *tuple = parse_node(p, N_TUPLE), **last = &tuple->list;
	bool comma = false;

	while (!ends_tuple(p, end)) {
		*last = parse_expr(p, cond);
		last = &(*last)->next;
		if (!parse_skip(p, T_COMMA))
			break;
		comma = true;
	}
	if (!comma && !tuple->list)
		unexpected(p, "an expression");
	return comma ? tuple : tuple->list;
}

static struct node *
parse_parens(struct parser *p)
{
	struct node *n;

	p->t++;
	n = parse_is(p, T_RPAREN) ? parse_node(p, N_TUPLE) : parse_tuple(p, true, NULL);
	parse_expect(p, T_RPAREN, "')'");
	return n;
}

static struct node *
parse_list(struct parser *p)
{
	struct node *n = parse_node(p, N_LIST), **last = &n->list;

	p->t++;
	while (!parse_is(p, T_RBRACKET)) {
		*last = parse_expr(p, true);
		last = &(*last)->next;
		if (!parse_skip(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RBRACKET, "',' or ']'");
	return n;
}

static struct node *
parse_dict(struct parser *p)
{
	struct node *n = parse_node(p, N_DICT), **last = &n->list;

	p->t++;
	while (!parse_is(p, T_RBRACE)) {
		*last = parse_expr(p, true);
		parse_expect(p, T_COLON, "':'");
		(*last)->next = parse_expr(p, true);
		last = &(*last)->next->next;
		if (!parse_skip(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RBRACE, "',' or '}'");
	return n;
}

static struct node *
parse_const(struct parser *p, struct val v)
{
	struct node *n = parse_node(p, N_CONST);

	n->val = v;
	p->t++;
	return n;
}

static struct node *
parse_strings(struct parser *p)
{
	struct node *n = parse_const(p, val_str(p->t->s, p->t->len));
	struct text all = {.arena = &p->j->mem};

	if (!parse_is(p, T_STRING))
		return n;
	text_add(&all, n->val.s, n->val.len);
	for (; parse_is(p, T_STRING); p->t++)
		text_add(&all, p->t->s, p->t->len);
	n->val = val_text(&all);
	return n;
}

static struct node *
parse_name(struct parser *p)
{
	static const struct {
		const char *name;
		struct val val;
	} consts[] = {
		{"true", {.type = V_BOOL, .b = true}}, {"True", {.type = V_BOOL, .b = true}},
		{"false", {.type = V_BOOL}}, {"False", {.type = V_BOOL}},
		{"none", {.type = V_NONE}}, {"None", {.type = V_NONE}},
	};
	struct node *n;

	for (size_t i = 0; i < sizeof consts / sizeof consts[0]; i++)
		if (parse_is_name(p, consts[i].name))
			return parse_const(p, consts[i].val);
	n = parse_node(p, N_NAME);
	n->sym = jinja_symbol(p->j, p->t->s, p->t->len);
	p->uses |= n->sym == SYM_CALLER ? USES_CALLER : n->sym == SYM_KWARGS ? USES_KWARGS :
	    n->sym == SYM_VARARGS ? USES_VARARGS : 0;
	p->t++;
	return n;
}

static struct node *
parse_primary(struct parser *p)
{
	switch (p->t->type) {
	case T_NAME:
		return parse_name(p);
	case T_STRING:
		return parse_strings(p);
	case T_INT:
		return parse_const(p, val_int(p->t->i));
	case T_FLOAT:
		return parse_const(p, val_float(p->t->f));
	case T_LPAREN:
		return parse_parens(p);
	case T_LBRACKET:
		return parse_list(p);
	case T_LBRACE:
		return parse_dict(p);
	default:
		unexpected(p, "an expression");
	}
}

static struct node *
parse_argument(struct parser *p, int *stage)
{
	enum { PLAIN, KEYWORD, STAR, STARS };
	bool keyword = parse_is(p, T_NAME) && p->t[1].type == T_ASSIGN;
	struct node *n = NULL;
	int kind = PLAIN;

	if (keyword || parse_is(p, T_MUL) || parse_is(p, T_POW)) {
		kind = keyword ? KEYWORD : parse_is(p, T_MUL) ? STAR : STARS;
		n = parse_node(p, kind == KEYWORD ? N_KEYWORD : kind == STAR ? N_STAR : N_STARS);
		n->val = val_str(p->t->s, p->t->len);
		p->t += keyword ? 2 : 1;
	}
	if (*stage == STARS || (kind == PLAIN && *stage != PLAIN) || (kind == STAR && *stage == STAR))
		parse_fail(p, "the arguments of a call stand in a wrong order");
	if (kind > *stage)
		*stage = kind;
	if (!n)
		return parse_expr(p, true);
	n->a = parse_expr(p, true);
	return n;
}

static struct node *
parse_arguments(struct parser *p)
{
	struct node *list = NULL, **last = &list;
	int stage = 0;

	parse_expect(p, T_LPAREN, "'('");
	while (!parse_is(p, T_RPAREN)) {
		*last = parse_argument(p, &stage);
		last = &(*last)->next;
		if (!parse_skip(p, T_COMMA))
			break;
	}
	parse_expect(p, T_RPAREN, "',' or ')'");
	return list;
}

static struct node *
parse_call(struct parser *p, struct node *of)
{
	struct node *n = parse_node(p, N_CALL);

	n->a = of;
	n->list = parse_arguments(p);
	return n;
}

static bool
ends_slice(const struct parser *p)
{
	return parse_is(p, T_COLON) || parse_is(p, T_RBRACKET) || parse_is(p, T_COMMA);
}

static struct node *
parse_index(struct parser *p)
{
	struct node *n = parse_node(p, N_SLICE);

	if (!parse_is(p, T_COLON)) {
		n->a = parse_expr(p, true);
		if (!parse_is(p, T_COLON))
			return n->a;
	}
	p->t++;
	if (!ends_slice(p))
		n->b = parse_expr(p, true);
	if (parse_skip(p, T_COLON) && !ends_slice(p))
		n->c = parse_expr(p, true);
	return n;
}

static struct node *
parse_brackets(struct parser *p, struct node *of)
{
	struct node *n = parse_node(p, N_ITEM), *tuple = parse_node(p, N_TUPLE), **last = &tuple->list;

	p->t++;
	while (!parse_is(p, T_RBRACKET)) {
		*last = parse_index(p);
		last = &(*last)->next;
		if (!parse_is(p, T_RBRACKET))
			parse_expect(p, T_COMMA, "',' or ']'");
	}
	p->t++;
	n->a = of;
	n->b = tuple->list && !tuple->list->next ? tuple->list : tuple;
	return n;
}

static struct node *
parse_dot(struct parser *p, struct node *of)
{
	struct node *n;

	p->t++;
	if (parse_is(p, T_INT)) {
		n = parse_node(p, N_ITEM);
		n->b = parse_const(p, val_int(p->t->i));
	} else {
		n = parse_node(p, N_ATTR);
		n->val = val_str(p->t->s, p->t->len);
		parse_want_name(p, "a name or a number");
	}
	n->a = of;
	return n;
}

static struct node *
parse_postfix(struct parser *p, struct node *n)
{
	for (;;) {
		if (parse_is(p, T_DOT))
			n = parse_dot(p, n);
		else if (parse_is(p, T_LBRACKET))
			n = parse_brackets(p, n);
		else if (parse_is(p, T_LPAREN))
			n = parse_call(p, n);
		else
			return n;
	}
}

/* The name of a filter or test, dots included. */
static void
parse_dotted(struct parser *p, struct node *n, const char *what)
{
	const struct token *t = parse_want_name(p, what);
	struct text name = {.arena = &p->j->mem};

	n->val = val_str(t->s, t->len);
	while (parse_skip(p, T_DOT)) {
		text_add(&name, n->val.s, n->val.len);
		t = parse_want_name(p, what);
		text_add_char(&name, '.');
		text_add(&name, t->s, t->len);
		n->val = val_text(&name);
		name = (struct text){.arena = &p->j->mem};
	}
}

struct node *
parse_filters(struct parser *p, struct node *of, bool first)
{
	for (; first || parse_is(p, T_PIPE); first = false) {
		struct node *n;

		p->t += !first;
		n = parse_node(p, N_FILTER);
		parse_dotted(p, n, "the name of a filter");
		n->builtin = filter_find(n->val.s, n->val.len);
		if (!n->builtin)
			note_unknown(p, n);
		n->a = of;
		if (parse_is(p, T_LPAREN))
			n->list = parse_arguments(p);
		of = n;
	}
	return of;
}

/* A test takes one argument without parentheses: "is divisibleby 3". */
static bool
begins_argument(struct parser *p)
{
	switch (p->t->type) {
	case T_NAME:
		if (parse_is_name(p, "is"))
			parse_fail(p, "tests with 'is' cannot be chained");
		return !parse_is_name(p, "else") && !parse_is_name(p, "or") && !parse_is_name(p, "and");
	case T_STRING:
	case T_INT:
	case T_FLOAT:
	case T_LBRACKET:
	case T_LBRACE:
		return true;
	default:
		return false;
	}
}

static struct node *
parse_test(struct parser *p, struct node *of)
{
	struct node *n = parse_node(p, N_TEST), *not = NULL;

	p->t++;
	if (parse_is_name(p, "not")) {
		not = parse_node(p, N_NOT);
		p->t++;
	}
	parse_dotted(p, n, "the name of a test");
	n->builtin = test_find(n->val.s, n->val.len);
	if (!n->builtin)
		note_unknown(p, n);
	n->a = of;
	if (parse_is(p, T_LPAREN))
		n->list = parse_arguments(p);
	else if (begins_argument(p))
		n->list = parse_postfix(p, parse_primary(p));
	if (!not)
		return n;
	not->a = n;
	return not;
}

static struct node *
parse_unary(struct parser *p, bool with_filter)
{
	struct node *n;

	parse_enter(p);
	if (parse_is(p, T_SUB) || parse_is(p, T_ADD)) {
		n = parse_node(p, parse_is(p, T_SUB) ? N_NEG : N_POS);
		p->t++;
		n->a = parse_unary(p, false);
	} else {
		n = parse_primary(p);
	}
	n = parse_postfix(p, n);
	while (with_filter && (parse_is(p, T_PIPE) || parse_is_name(p, "is") || parse_is(p, T_LPAREN))) {
		if (parse_is(p, T_PIPE))
			n = parse_filters(p, n, false);
		else
			n = parse_is(p, T_LPAREN) ? parse_call(p, n) : parse_test(p, n);
	}
	p->depth--;
	return n;
}

/* The operator at the current token, if one of LEVEL or tighter stands there. */
struct operator {
	enum level level;
	enum node_kind kind;
	int op;
	int n_tokens;
};

static bool
find_operator(const struct parser *p, enum level level, struct operator *o)
{
	static const struct operator ops[] = {
		[T_ADD] = {LEVEL_ADD, N_BINARY, T_ADD, 1}, [T_SUB] = {LEVEL_ADD, N_BINARY, T_SUB, 1},
		[T_TILDE] = {LEVEL_CONCAT, N_CONCAT, T_TILDE, 1}, [T_MUL] = {LEVEL_MUL, N_BINARY, T_MUL, 1},
		[T_DIV] = {LEVEL_MUL, N_BINARY, T_DIV, 1}, [T_FLOORDIV] = {LEVEL_MUL, N_BINARY, T_FLOORDIV, 1},
		[T_MOD] = {LEVEL_MUL, N_BINARY, T_MOD, 1}, [T_POW] = {LEVEL_POW, N_BINARY, T_POW, 1},
		[T_EQ] = {LEVEL_COMPARE, N_COMPARE, T_EQ, 1}, [T_NE] = {LEVEL_COMPARE, N_COMPARE, T_NE, 1},
		[T_LT] = {LEVEL_COMPARE, N_COMPARE, T_LT, 1}, [T_LE] = {LEVEL_COMPARE, N_COMPARE, T_LE, 1},
		[T_GT] = {LEVEL_COMPARE, N_COMPARE, T_GT, 1}, [T_GE] = {LEVEL_COMPARE, N_COMPARE, T_GE, 1},
		[T_SEMICOLON] = {0},
	};

	if (!parse_is(p, T_NAME))
		*o = ops[p->t->type];
	else if (parse_is_name(p, "or"))
		*o = (struct operator){LEVEL_OR, N_OR, 0, 1};
	else if (parse_is_name(p, "and"))
		*o = (struct operator){LEVEL_AND, N_AND, 0, 1};
	else if (parse_is_name(p, "in"))
		*o = (struct operator){LEVEL_COMPARE, N_COMPARE, OP_IN, 1};
	else if (parse_is_name(p, "not") && p->t[1].type == T_NAME && p->t[1].len == 2 &&
	    memcmp(p->t[1].s, "in", 2) == 0)
		*o = (struct operator){LEVEL_COMPARE, N_COMPARE, OP_NOT_IN, 2};
	else
		return false;
	return o->n_tokens > 0 && o->level >= level;
}

/* LEFT and all operators of the level of O that follow: a comparison and a joining are one node each. */
static struct node *
parse_rest(struct parser *p, struct node *left, struct operator o)
{
	struct node *n = parse_node(p, o.kind), **last = &n->list;
	enum level level = o.level;

	if (o.kind == N_BINARY || o.kind == N_AND || o.kind == N_OR) {
		p->t += o.n_tokens;
		n->op = (uint8_t)o.op;
		n->a = left;
		n->b = parse_level(p, level + 1);
		return n;
	}
	n->a = left;
	if (o.kind == N_CONCAT) {
		*last = left;
		last = &left->next;
	}
	do {
		struct node *item;

		p->t += o.n_tokens;
		if (o.kind == N_COMPARE) {
			item = parse_node(p, N_OPERAND);
			item->op = (uint8_t)o.op;
			item->a = parse_level(p, level + 1);
		} else {
			item = parse_level(p, level + 1);
		}
		*last = item;
		last = &item->next;
	} while (find_operator(p, level, &o) && o.level == level);
	return n;
}

static struct node *
parse_level(struct parser *p, enum level level)
{
	struct operator o;
	struct node *n;

	parse_enter(p);
	if (level <= LEVEL_NOT && parse_is_name(p, "not")) {
		n = parse_node(p, N_NOT);
		p->t++;
		n->a = parse_level(p, LEVEL_NOT);
	} else {
		n = parse_unary(p, true);
	}
	while (find_operator(p, level, &o))
		n = parse_rest(p, n, o);
	p->depth--;
	return n;
}

struct node *
parse_expr(struct parser *p, bool cond)
{
	size_t mark = p->n_unknown;
	struct node *n;

	parse_enter(p);
	n = parse_level(p, LEVEL_OR);
	while (cond && parse_is_name(p, "if")) {
		struct node *c = parse_node(p, N_COND);

		p->t++;
		c->b = n;
		c->a = parse_level(p, LEVEL_OR);
		if (parse_skip_name(p, "else"))
			c->c = parse_expr(p, true);
		n = c;
		p->n_unknown = mark;
	}
	p->depth--;
	return n;
}

struct node *
parse_target(struct parser *p, bool with_namespace, const char *end)
{
	struct node *tuple = parse_node(p, N_TUPLE), **last = &tuple->list;
	bool comma = false;

	parse_enter(p);
	while (!ends_tuple(p, end) && !parse_is(p, T_ASSIGN)) {
		struct node *n;

		if (parse_skip(p, T_LPAREN)) {
			n = parse_target(p, with_namespace, NULL);
			parse_expect(p, T_RPAREN, "')'");
		} else {
			n = parse_node(p, N_NAME);
			parse_want_name(p, "a name to assign to");
			n->sym = jinja_symbol(p->j, p->t[-1].s, p->t[-1].len);
			if (with_namespace && parse_skip(p, T_DOT)) {
				n->kind = N_NSREF;
				parse_want_name(p, "the name of an attribute");
				n->val = val_str(p->t[-1].s, p->t[-1].len);
			}
		}
		*last = n;
		last = &n->next;
		if (!parse_skip(p, T_COMMA))
			break;
		comma = true;
	}
	if (!tuple->list)
		unexpected(p, "a name to assign to");
	p->depth--;
	return comma ? tuple : tuple->list;
}
