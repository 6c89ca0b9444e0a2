/* Statements, the variables they see, and macros.  Loops are in loop.c. */
#include <string.h>

#include "core/jinja/ast.h"

struct var {
	uint32_t sym;
	struct val val;
};
struct scope {
	struct scope *parent;
	struct var *vars;
	size_t n, cap;
};

struct macro {
	const struct node *n;		/* N_MACRO */
	struct scope *scope;		/* where it was defined: what its body sees */
};

struct scope *
scope_new(struct run *r, struct scope *parent)
{
	struct scope *s = arena_new0(&r->mem, 1, sizeof *s);

	s->parent = parent;
	return s;
}

void
scope_clear(struct scope *s)
{
	s->n = 0;
}

void
scope_set(struct run *r, struct scope *s, uint32_t sym, struct val v)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->vars[i].sym == sym) {
			s->vars[i].val = v;
			return;
		}
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 4;

		s->vars = arena_grow(&r->mem, s->vars, s->cap * sizeof *s->vars, cap * sizeof *s->vars);
		s->cap = cap;
	}
	run_charge(r, s->n / 16);
	s->vars[s->n++] = (struct var){sym, v};
}

bool
scope_get(const struct scope *s, uint32_t sym, struct val *out)
{
	for (; s; s = s->parent)
		for (size_t i = 0; i < s->n; i++)
			if (s->vars[i].sym == sym) {
				*out = s->vars[i].val;
				return true;
			}
	return false;
}

static void
assign_tuple(struct run *r, struct scope *s, const struct node *target, struct val v)
{
	struct iter it = iter_of(r, v);
	const struct node *t = target->list;
	struct val item;
	size_t n = 0;

	for (; iter_next(r, &it, &item); t = t->next, n++) {
		if (!t)
			run_fail(r, "there are more values than the %zu names to unpack them into", n);
		assign(r, s, t, item);
	}
	if (t)
		run_fail(r, "there are not enough values to unpack: %zu", n);
}

void
assign(struct run *r, struct scope *s, const struct node *target, struct val v)
{
	struct val space;

	switch (target->kind) {
	case N_TUPLE:
		run_enter(r);
		assign_tuple(r, s, target, v);
		r->depth--;
		break;
	case N_NSREF:
		if (!scope_get(s, target->sym, &space) &&
		    !dict_get(r, r->vars, r->j->symbols[target->sym].name, &space))
			run_fail(r, "'%.*s' is undefined", (int)r->j->symbols[target->sym].name.len,
			    r->j->symbols[target->sym].name.s);
		if (space.type != V_NAMESPACE)
			run_fail(r, "an attribute can only be set on a namespace, not on a %s", val_type_name(space));
		dict_set(r, space.dict, target->val, v);
		break;
	default:
		scope_set(r, s, target->sym, v);
	}
}

static void
print(struct run *r, struct val v)
{
	val_write(r, r->out, v);
	if (r->page->n > r->output_limit)
		run_fail(r, "the output is longer than %zu MiB", r->output_limit >> 20);
}

/* What LIST prints, as a string. */
static struct val
capture(struct run *r, struct scope *s, const struct node *list, enum flow *f)
{
	struct text *out = r->out, t = run_text(r);

	r->out = &t;
	*f = exec_list(r, s, list);
	r->out = out;
	return val_text(&t);
}

static enum flow
exec_if(struct run *r, struct scope *s, const struct node *n)
{
	for (; n && n->kind == N_IF; n = n->b) {
		r->fault.line = n->line;
		if (val_truth(r, eval(r, s, n->a)))
			return exec_list(r, s, n->list);
	}
	return n ? exec_list(r, s, n->list) : FLOW_ON;
}

/* VALUE through the filters N. */
static struct val
filtered(struct run *r, struct scope *s, const struct node *n, struct val v)
{
	struct scope *inner;

	if (!n)
		return v;
	inner = scope_new(r, s);
	scope_set(r, inner, SYM_BLOCK, v);
	return eval(r, inner, n);
}

static enum flow
exec_set_block(struct run *r, struct scope *s, const struct node *n)
{
	enum flow f;
	struct val v = capture(r, scope_new(r, s), n->list, &f);

	if (f == FLOW_ON)
		assign(r, s, n->a, filtered(r, s, n->b, v));
	return f;
}

static enum flow
exec_filter_block(struct run *r, struct scope *s, const struct node *n)
{
	enum flow f;
	struct val v = capture(r, scope_new(r, s), n->list, &f);

	if (f != FLOW_ON)
		return f;
	v = filtered(r, s, n->a, v);
	if (v.type != V_STR)
		run_fail(r, "the filters of a filter block must give a string, not %s", val_type_name(v));
	print(r, v);
	return f;
}

static enum flow
exec_with(struct run *r, struct scope *s, const struct node *n)
{
	struct scope *inner = scope_new(r, s);

	for (const struct node *t = n->a; t; t = t->next)
		assign(r, inner, t, eval(r, s, t->a));
	return exec_list(r, inner, n->list);
}

struct val
macro_new(struct run *r, struct scope *s, const struct node *n)
{
	struct macro *m = arena_alloc(&r->mem, sizeof *m);

	*m = (struct macro){n, s};
	return (struct val){.type = V_MACRO, .macro = m};
}

static enum flow
exec_call_block(struct run *r, struct scope *s, const struct node *n)
{
	struct val f = eval(r, s, n->a->a);
	struct args a = eval_args(r, s, n->a->list);

	if (!a.kw)
		a.kw = dict_new(r, 0);
	dict_set(r, a.kw, val_lit("caller"), macro_new(r, s, n->b));
	print(r, call_value(r, f, &a));
	return FLOW_ON;
}

static enum flow
exec(struct run *r, struct scope *s, const struct node *n)
{
	switch (n->kind) {
	case N_TEXT:
		print(r, n->val);
		return FLOW_ON;
	case N_PRINT:
		for (const struct node *i = n->list; i; i = i->next)
			print(r, eval(r, s, i));
		return FLOW_ON;
	case N_IF:
		return exec_if(r, s, n);
	case N_FOR:
		return exec_for(r, s, n);
	case N_SET:
		assign(r, s, n->a, eval(r, s, n->b));
		return FLOW_ON;
	case N_SET_BLOCK:
		return exec_set_block(r, s, n);
	case N_MACRO:
		scope_set(r, s, n->sym, macro_new(r, s, n));
		return FLOW_ON;
	case N_CALL_BLOCK:
		return exec_call_block(r, s, n);
	case N_FILTER_BLOCK:
		return exec_filter_block(r, s, n);
	case N_WITH:
		return exec_with(r, s, n);
	case N_GENERATION:
		print(r, macro_call(r, &(struct macro){n->b, s}, &(struct args){0}));
		return FLOW_ON;
	case N_BREAK:
		return FLOW_BREAK;
	default:
		return FLOW_CONTINUE;
	}
}

enum flow
exec_list(struct run *r, struct scope *s, const struct node *list)
{
	enum flow f = FLOW_ON;

	run_enter(r);
	for (const struct node *n = list; n && f == FLOW_ON; n = n->next) {
		run_charge(r, 1);
		r->fault.line = n->line;
		f = exec(r, s, n);
	}
	r->depth--;
	return f;
}

static void
bind_params(struct run *r, const struct macro *m, struct scope *s, const struct args *a)
{
	size_t i = 0;

	for (const struct node *p = m->n->a; p; p = p->next, i++) {
		struct val v = {0};

		if (i < a->n)
			v = a->v[i];
		else if (a->kw)
			dict_get(r, a->kw, p->val, &v);
		if (v.type == V_MISSING)
			v = p->a ? eval(r, s, p->a) : val_undefined_because(r, "a parameter of a macro was not given");
		scope_set(r, s, p->sym, v);
	}
}

/* Is KEY one of the parameters that positional arguments did not fill? */
static bool
names_param(const struct macro *m, struct val key, size_t n_args)
{
	size_t i = 0;

	for (const struct node *p = m->n->a; p; p = p->next)
		if (i++ >= n_args && p->val.len == key.len && memcmp(p->val.s, key.s, key.len) == 0)
			return true;
	return false;
}

static void
check_rest(struct run *r, const struct macro *m, const struct dict *rest, size_t n, size_t taken)
{
	struct val name = m->n->val;

	if (rest->n > 0 && !(m->n->uses & USES_KWARGS))
		run_fail(r, "the macro '%.*s' has no argument '%.*s'", (int)name.len, name.s,
		    (int)(rest->e[0].key.len < 80 ? rest->e[0].key.len : 80), rest->e[0].key.s);
	if (taken < n && !(m->n->uses & USES_VARARGS))
		run_fail(r, "the macro '%.*s' takes at most %zu arguments, not %zu", (int)name.len, name.s, taken, n);
}

/* What the parameters left over: caller, kwargs, varargs.  TAKEN positional arguments went to parameters. */
static void
bind_rest(struct run *r, const struct macro *m, struct scope *s, const struct args *a, size_t taken)
{
	struct dict *rest = dict_new(r, 0);
	struct val caller = val_undefined_because(r, "no caller was given: the macro was not called by a call block");
	bool wants_caller = m->n->uses & USES_CALLER;

	for (const struct node *p = m->n->a; p; p = p->next)
		wants_caller &= p->sym != SYM_CALLER;
	for (size_t i = 0; a->kw && i < a->kw->n; i++) {
		const struct entry *e = &a->kw->e[i];

		if (names_param(m, e->key, a->n))
			continue;
		if (wants_caller && str_is(e->key, "caller"))
			caller = e->val;
		else
			dict_set(r, rest, e->key, e->val);
	}
	check_rest(r, m, rest, a->n, taken);
	if (wants_caller)
		scope_set(r, s, SYM_CALLER, caller);
	if (m->n->uses & USES_KWARGS)
		scope_set(r, s, SYM_KWARGS, (struct val){.type = V_DICT, .dict = rest});
	if (m->n->uses & USES_VARARGS)
		scope_set(r, s, SYM_VARARGS, val_seq(r, V_TUPLE, a->v + taken, a->n - taken));
}

struct val
macro_call(struct run *r, const struct macro *m, struct args *a)
{
	struct scope *s = scope_new(r, m->scope);
	size_t n = 0, taken;
	enum flow f;

	for (const struct node *p = m->n->a; p; p = p->next)
		n++;
	taken = a->n < n ? a->n : n;
	bind_rest(r, m, s, a, taken);
	bind_params(r, m, s, a);
	return capture(r, s, m->n->list, &f);
}

struct val
macro_attr(struct run *r, const struct macro *m, struct val name)
{
	struct vec names = {0};

	if (str_is(name, "name"))
		return m->n->sym == SYM_CALLER ? val_none() : m->n->val;
	if (str_is(name, "arguments")) {
		for (const struct node *p = m->n->a; p; p = p->next)
			vec_add(r, &names, p->val);
		return val_seq(r, V_TUPLE, names.v, names.n);
	}
	if (str_is(name, "catch_kwargs"))
		return val_bool(m->n->uses & USES_KWARGS);
	if (str_is(name, "catch_varargs"))
		return val_bool(m->n->uses & USES_VARARGS);
	return str_is(name, "caller") ? val_bool(m->n->uses & USES_CALLER) : (struct val){0};
}
