/* Expressions. */
#include "core/jinja/ast.h"

static struct val
eval_name(struct run *r, struct scope *s, const struct node *n)
{
	const struct symbol *sym = &r->j->symbols[n->sym];
	struct val v;

	if (scope_get(s, n->sym, &v) || dict_get(r, r->vars, sym->name, &v))
		return v;
	if (sym->global)
		return (struct val){.type = V_FUNCTION, .builtin = sym->global};
	return val_undefined(r, NULL, sym->name);
}

static struct val
eval_seq(struct run *r, struct scope *s, const struct node *n)
{
	struct vec items = {0};

	for (const struct node *i = n->list; i; i = i->next)
		vec_add(r, &items, eval(r, s, i));
	return val_seq(r, n->kind == N_TUPLE ? V_TUPLE : V_LIST, items.v, items.n);
}

static struct val
eval_dict(struct run *r, struct scope *s, const struct node *n)
{
	struct dict *d = dict_new(r, 0);

	for (const struct node *i = n->list; i; i = i->next->next) {
		struct val key = eval(r, s, i);

		dict_set(r, d, key, eval(r, s, i->next));
	}
	return (struct val){.type = V_DICT, .dict = d};
}

static struct val
eval_optional(struct run *r, struct scope *s, const struct node *n)
{
	return n ? eval(r, s, n) : val_none();
}

static struct val
eval_item(struct run *r, struct scope *s, const struct node *n)
{
	struct val of = eval(r, s, n->a), from, to;

	if (n->b->kind != N_SLICE)
		return attr_item(r, of, eval(r, s, n->b));
	from = eval_optional(r, s, n->b->a);
	to = eval_optional(r, s, n->b->b);
	return attr_slice(r, of, from, to, eval_optional(r, s, n->b->c));
}

static void
add_keyword(struct run *r, struct args *a, struct val key, struct val v)
{
	struct val old;

	if (key.type != V_STR)
		run_fail(r, "the names of keyword arguments must be strings");
	if (!a->kw)
		a->kw = dict_new(r, 0);
	if (dict_get(r, a->kw, key, &old))
		run_fail(r, "the keyword argument '%.*s' is given twice", (int)(key.len < 80 ? key.len : 80), key.s);
	dict_set(r, a->kw, key, v);
}

struct args
eval_args(struct run *r, struct scope *s, const struct node *list)
{
	struct vec items = {0};
	struct args a = {0};
	struct val v, item;

	for (const struct node *n = list; n; n = n->next) {
		bool plain = n->kind != N_KEYWORD && n->kind != N_STAR && n->kind != N_STARS;

		v = eval(r, s, plain ? n : n->a);
		if (plain) {
			vec_add(r, &items, v);
		} else if (n->kind == N_KEYWORD) {
			add_keyword(r, &a, n->val, v);
		} else if (n->kind == N_STAR) {
			for (struct iter it = iter_of(r, v); iter_next(r, &it, &item); )
				vec_add(r, &items, item);
		} else if (v.type != V_DICT) {
			run_fail(r, "** wants a dictionary, not %s", val_type_name(v));
		} else {
			for (size_t i = 0; i < v.dict->n; i++)
				add_keyword(r, &a, v.dict->e[i].key, v.dict->e[i].val);
		}
	}
	a.v = items.v;
	a.n = items.n;
	return a;
}

static struct val
eval_call(struct run *r, struct scope *s, const struct node *n)
{
	struct val f = eval(r, s, n->a);
	struct args a = eval_args(r, s, n->list);

	r->fault.line = n->line;
	return call_value(r, f, &a);
}

static struct val
eval_builtin(struct run *r, struct scope *s, const struct node *n)
{
	struct val self = eval(r, s, n->a);
	struct args a = eval_args(r, s, n->list);

	r->fault.line = n->line;
	if (!n->builtin)
		run_fail(r, "there is no %s '%.*s'", n->kind == N_FILTER ? "filter" : "test", (int)n->val.len, n->val.s);
	return call_builtin(r, n->builtin, self, &a);
}

static struct val
eval_cond(struct run *r, struct scope *s, const struct node *n)
{
	if (val_truth(r, eval(r, s, n->a)))
		return eval(r, s, n->b);
	if (n->c)
		return eval(r, s, n->c);
	return val_undefined_because(r, "an inline if without else was false, so its value is undefined");
}

static struct val
eval_concat(struct run *r, struct scope *s, const struct node *n)
{
	struct val all = val_to_str(r, eval(r, s, n->list));

	for (const struct node *i = n->list->next; i; i = i->next)
		all = oper_join(r, all, val_to_str(r, eval(r, s, i)));
	all.safe = false;
	return all;
}

static struct val
eval_compare(struct run *r, struct scope *s, const struct node *n)
{
	struct val left = eval(r, s, n->a);

	for (const struct node *i = n->list; i; i = i->next) {
		struct val right = eval(r, s, i->a);

		r->fault.line = n->line;
		if (!oper_compare(r, i->op, left, right))
			return val_bool(false);
		left = right;
	}
	return val_bool(true);
}

static struct val
eval_logic(struct run *r, struct scope *s, const struct node *n)
{
	struct val v = eval(r, s, n->a);

	return val_truth(r, v) == (n->kind == N_AND) ? eval(r, s, n->b) : v;
}

static struct val
eval_binary(struct run *r, struct scope *s, const struct node *n)
{
	struct val a = eval(r, s, n->a), b = eval(r, s, n->b);

	r->fault.line = n->line;
	return oper_binary(r, n->op, a, b);
}

static struct val
eval_any(struct run *r, struct scope *s, const struct node *n)
{
	struct val v;

	switch (n->kind) {
	case N_LIST:
	case N_TUPLE:
		return eval_seq(r, s, n);
	case N_DICT:
		return eval_dict(r, s, n);
	case N_ATTR:
		v = eval(r, s, n->a);
		r->fault.line = n->line;
		return attr_get(r, v, n->val);
	case N_ITEM:
		return eval_item(r, s, n);
	case N_CALL:
		return eval_call(r, s, n);
	case N_FILTER:
	case N_TEST:
		return eval_builtin(r, s, n);
	case N_NOT:
		return val_bool(!val_truth(r, eval(r, s, n->a)));
	case N_NEG:
	case N_POS:
		v = eval(r, s, n->a);
		return oper_negative(r, v, n->kind == N_NEG);
	case N_AND:
	case N_OR:
		return eval_logic(r, s, n);
	case N_COND:
		return eval_cond(r, s, n);
	case N_BINARY:
		return eval_binary(r, s, n);
	case N_CONCAT:
		return eval_concat(r, s, n);
	case N_COMPARE:
		return eval_compare(r, s, n);
	default:
		run_fail(r, "this cannot stand in an expression");
	}
}

struct val
eval(struct run *r, struct scope *s, const struct node *n)
{
	struct val v;

	run_charge(r, 1);
	if (n->kind == N_CONST)
		return n->val;
	if (n->kind == N_NAME)
		return eval_name(r, s, n);
	run_enter(r);
	v = eval_any(r, s, n);
	r->depth--;
	return v;
}
