/* Statements: tokens to the tree. */
#include "core/jinja/parse.h"

#include <string.h>

static struct node *parse_body(struct parser *p, const char *const *ends);

static struct node *
parse_print(struct parser *p)
{
	struct node *n = parse_node(p, N_PRINT);

	p->t++;
	n->list = parse_tuple(p, true, NULL);
	parse_expect(p, T_PRINT_END, "'}}'");
	return n;
}

static struct node *
parse_text(struct parser *p)
{
	struct node *n = parse_node(p, N_TEXT);

	n->val = val_str(p->t->s, p->t->len);
	p->t++;
	return n;
}

/* The statements of a block up to one of ENDS, whose name stays the current token.  An optional colon may come
 * before the end of the opening tag. */
static struct node *
parse_block(struct parser *p, const char *const *ends)
{
	parse_skip(p, T_COLON);
	parse_expect(p, T_BLOCK_END, "'%}'");
	return parse_body(p, ends);
}

/* The same for blocks with variables of their own. */
static struct node *
parse_inner(struct parser *p, const char *end)
{
	const char *const ends[] = {end, NULL};
	size_t mark = p->n_unknown;
	struct node *list = parse_block(p, ends);

	parse_refuse_unknown(p, mark);
	p->t++;
	return list;
}

/* The same for what becomes a function: a loop around it cannot be left from inside. */
static struct node *
parse_function(struct parser *p, const char *end)
{
	unsigned loops = p->loops;
	struct node *list;

	p->loops = 0;
	list = parse_inner(p, end);
	p->loops = loops;
	return list;
}

static struct node *
parse_if(struct parser *p)
{
	static const char *const ends[] = {"elif", "else", "endif", NULL}, *const last_ends[] = {"endif", NULL};
	struct node *first = parse_node(p, N_IF), *n = first;
	size_t mark = p->n_unknown;

	for (;;) {
		p->t++;
		n->a = parse_tuple(p, false, NULL);
		n->list = parse_block(p, ends);
		if (!parse_is_name(p, "elif"))
			break;
		n->b = parse_node(p, N_IF);
		n = n->b;
	}
	if (parse_skip_name(p, "else")) {
		n->b = parse_node(p, N_SCOPELESS);
		n->b->list = parse_block(p, last_ends);
	}
	p->t++;
	p->n_unknown = mark;
	return first;
}

static struct node *
parse_for(struct parser *p)
{
	static const char *const ends[] = {"else", "endfor", NULL};
	struct node *n = parse_node(p, N_FOR);
	unsigned macros;
	size_t mark;

	p->t++;
	n->a = parse_target(p, false, "in");
	if (!parse_skip_name(p, "in"))
		parse_fail(p, "expected 'in' after the names of a for loop");
	n->b = parse_tuple(p, false, "recursive");
	mark = p->n_unknown;
	macros = p->n_macros;
	if (parse_skip_name(p, "if"))
		n->c = parse_expr(p, true);
	n->recursive = parse_skip_name(p, "recursive");
	p->loops++;
	n->list = parse_block(p, ends);
	p->loops--;
	parse_refuse_unknown(p, mark);
	n->captured = p->n_macros != macros;
	if (parse_skip_name(p, "else")) {
		n->d = parse_node(p, N_SCOPELESS);
		n->d->list = parse_inner(p, "endfor");
	} else {
		p->t++;
	}
	return n;
}

static struct node *
parse_set(struct parser *p)
{
	struct node *n = parse_node(p, N_SET);

	p->t++;
	n->a = parse_target(p, true, NULL);
	if (parse_skip(p, T_ASSIGN)) {
		n->b = parse_tuple(p, true, NULL);
		return n;
	}
	n->kind = N_SET_BLOCK;
	if (parse_is(p, T_PIPE)) {
		struct node *text = parse_node(p, N_NAME);

		text->sym = SYM_BLOCK;
		n->b = parse_filters(p, text, false);
	}
	n->list = parse_inner(p, "endset");
	return n;
}

static struct node *
parse_parameters(struct parser *p)
{
	struct node *list = NULL, **last = &list;
	bool defaults = false;

	parse_expect(p, T_LPAREN, "'('");
	while (!parse_is(p, T_RPAREN)) {
		struct node *n = parse_node(p, N_NAME);

		if (list)
			parse_expect(p, T_COMMA, "',' or ')'");
		parse_want_name(p, "the name of a parameter");
		n->val = val_str(p->t[-1].s, p->t[-1].len);
		n->sym = jinja_symbol(p->j, n->val.s, n->val.len);
		if (parse_skip(p, T_ASSIGN)) {
			n->a = parse_expr(p, true);
			defaults = true;
		} else if (defaults) {
			parse_fail(p, "a parameter without a default follows one with a default");
		}
		*last = n;
		last = &n->next;
	}
	p->t++;
	return list;
}

/* The body of the macro N; what special names it reads makes what arguments it takes. */
static void
parse_macro_body(struct parser *p, struct node *n, const char *end)
{
	uint8_t uses = p->uses;

	p->n_macros++;
	p->uses = 0;
	n->list = parse_function(p, end);
	n->uses = p->uses;
	p->uses |= uses;
	for (const struct node *a = n->a; a; a = a->next)
		if (a->sym == SYM_CALLER && !a->a && n->uses & USES_CALLER)
			parse_fail(p, "a parameter named 'caller' wants a default");
}

static struct node *
parse_macro(struct parser *p)
{
	struct node *n = parse_node(p, N_MACRO);

	p->t++;
	parse_want_name(p, "the name of a macro");
	n->val = val_str(p->t[-1].s, p->t[-1].len);
	n->sym = jinja_symbol(p->j, n->val.s, n->val.len);
	n->a = parse_parameters(p);
	parse_macro_body(p, n, "endmacro");
	return n;
}

static struct node *
parse_call_block(struct parser *p)
{
	struct node *n = parse_node(p, N_CALL_BLOCK);

	p->t++;
	n->b = parse_node(p, N_MACRO);
	n->b->sym = SYM_CALLER;
	n->b->val = val_lit("caller");
	if (parse_is(p, T_LPAREN))
		n->b->a = parse_parameters(p);
	n->a = parse_expr(p, true);
	if (n->a->kind != N_CALL)
		parse_fail(p, "a call block wants a call");
	parse_macro_body(p, n->b, "endcall");
	return n;
}

static struct node *
parse_filter_block(struct parser *p)
{
	struct node *n = parse_node(p, N_FILTER_BLOCK), *text = parse_node(p, N_NAME);

	p->t++;
	text->sym = SYM_BLOCK;
	n->a = parse_filters(p, text, true);
	n->list = parse_inner(p, "endfilter");
	return n;
}

static struct node *
parse_with(struct parser *p)
{
	struct node *n = parse_node(p, N_WITH), **last = &n->a;

	p->t++;
	while (!parse_is(p, T_BLOCK_END)) {
		if (n->a)
			parse_expect(p, T_COMMA, "','");
		*last = parse_target(p, false, NULL);
		parse_expect(p, T_ASSIGN, "'='");
		(*last)->a = parse_expr(p, true);
		last = &(*last)->next;
	}
	n->list = parse_inner(p, "endwith");
	return n;
}

static struct node *
parse_generation(struct parser *p)
{
	struct node *n = parse_node(p, N_GENERATION);

	p->t++;
	n->b = parse_node(p, N_MACRO);
	n->b->sym = SYM_CALLER;
	n->b->val = val_lit("generation");
	parse_macro_body(p, n->b, "endgeneration");
	return n;
}

static struct node *
parse_print_tag(struct parser *p)
{
	struct node *n = parse_node(p, N_PRINT), **last = &n->list;

	p->t++;
	while (!parse_is(p, T_BLOCK_END)) {
		if (n->list)
			parse_expect(p, T_COMMA, "','");
		*last = parse_expr(p, true);
		last = &(*last)->next;
	}
	return n;
}

static struct node *
parse_jump(struct parser *p)
{
	struct node *n = parse_node(p, parse_is_name(p, "break") ? N_BREAK : N_CONTINUE);

	if (p->loops == 0)
		parse_fail(p, "'%s' stands outside a loop", n->kind == N_BREAK ? "break" : "continue");
	p->t++;
	return n;
}

static const struct {
	const char *name;
	struct node *(*parse)(struct parser *p);	/* from its name to before its closing %} */
} statements[] = {
	{"if", parse_if}, {"for", parse_for}, {"set", parse_set}, {"macro", parse_macro}, {"call", parse_call_block},
	{"filter", parse_filter_block}, {"with", parse_with}, {"generation", parse_generation},
	{"print", parse_print_tag}, {"break", parse_jump}, {"continue", parse_jump},
};

static struct node *
parse_statement(struct parser *p)
{
	struct node *n;

	for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
		if (parse_is_name(p, statements[i].name)) {
			parse_enter(p);
			n = statements[i].parse(p);
			p->depth--;
			parse_expect(p, T_BLOCK_END, "'%}'");
			return n;
		}
	if (!parse_is(p, T_NAME))
		parse_fail(p, "expected the name of a tag after '{%%'");
	parse_fail(p, "the tag '%.*s' is not known here", (int)(p->t->len < 40 ? p->t->len : 40), p->t->s);
}

static bool
at_end(const struct parser *p, const char *const *ends)
{
	for (; ends && *ends; ends++)
		if (parse_is_name(p, *ends))
			return true;
	return false;
}

/* Statements up to one of ENDS (its name is the current token then); ENDS NULL: to the end of the template. */
static struct node *
parse_body(struct parser *p, const char *const *ends)
{
	struct node *list = NULL, **last = &list;
	uint32_t line = p->t->line;

	for (; !parse_is(p, T_EOF); last = &(*last)->next) {
		if (parse_is(p, T_DATA)) {
			*last = parse_text(p);
		} else if (parse_is(p, T_PRINT_BEGIN)) {
			*last = parse_print(p);
		} else {
			p->t++;
			if (at_end(p, ends))
				return list;
			*last = parse_statement(p);
		}
	}
	if (ends) {
		p->j->fault.line = line;
		fault_raise(&p->j->fault, ERR_FAILED, "a block that begins here is never closed with '%s'", *ends);
	}
	return list;
}

struct node *
parse_template(struct jinja *j, const char *source, size_t len)
{
	struct parser p = {.j = j, .t = lex_tokens(&j->mem, source, len)};
	struct node *body = parse_body(&p, NULL);

	parse_refuse_unknown(&p, 0);
	return body;
}
