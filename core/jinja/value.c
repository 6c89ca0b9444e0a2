/* Truth, equality, order, length and membership, as Python has them; lists being built. */
#include <math.h>
#include <string.h>

#include "core/jinja/value.h"

struct text
run_text(struct run *r)
{
	return (struct text){.arena = &r->mem};
}

void
run_out_of_steps(struct run *r)
{
	run_fail(r, "it takes too many steps (an endless or enormous loop?)");
}

void
run_too_deep(struct run *r)
{
	run_fail(r, "it is nested or calls itself too deeply (over %u levels)", r->depth_limit);
}

struct val
val_lit(const char *s)
{
	return val_str(s, strlen(s));
}

struct val
val_text(const struct text *t)
{
	return val_str(t->s ? t->s : "", t->n);
}

struct val
val_seq(struct run *r, enum val_type t, const struct val *v, size_t n)
{
	struct seq *q = arena_alloc(&r->mem, sizeof *q);

	*q = (struct seq){v, n};
	return (struct val){.type = (uint8_t)t, .seq = q};
}

struct val
val_pair(struct run *r, struct val a, struct val b)
{
	struct val *v = arena_alloc(&r->mem, 2 * sizeof *v);

	v[0] = a;
	v[1] = b;
	return val_seq(r, V_TUPLE, v, 2);
}

static struct val
undefined(struct run *r, struct origin o)
{
	struct origin *p = arena_alloc(&r->mem, sizeof *p);

	*p = o;
	return (struct val){.type = V_UNDEFINED, .origin = p};
}

struct val
val_undefined(struct run *r, const char *owner, struct val name)
{
	return undefined(r, (struct origin){.owner = owner, .name = name});
}

struct val
val_undefined_because(struct run *r, const char *text)
{
	return undefined(r, (struct origin){.text = text});
}

void
undefined_fault(struct run *r, struct val v)
{
	const struct origin *o = v.origin;
	struct text name = run_text(r);

	if (!o)
		run_fail(r, "a value is undefined");
	if (o->text)
		run_fail(r, "%s", o->text);
	val_repr(r, &name, o->name);
	if (!o->owner)
		run_fail(r, "%.*s is undefined", (int)(name.n < 200 ? name.n : 200), name.s);
	run_fail(r, "a %s has no %s %.*s", o->owner, val_is_str(o->name) ? "attribute" : "element",
	    (int)(name.n < 200 ? name.n : 200), name.s);
}

void
vec_add(struct run *r, struct vec *l, struct val v)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 4;

		l->v = arena_grow(&r->mem, l->v, l->cap * sizeof v, cap * sizeof v);
		l->cap = cap;
	}
	l->v[l->n++] = v;
}

struct val
vec_list(struct run *r, const struct vec *l)
{
	return val_seq(r, V_LIST, l->v, l->n);
}

const char *
val_type_name(struct val v)
{
	static const char *const names[] = {
		[V_MISSING] = "nothing", [V_UNDEFINED] = "Undefined", [V_NONE] = "NoneType", [V_BOOL] = "bool",
		[V_INT] = "int", [V_FLOAT] = "float", [V_STR] = "str", [V_LIST] = "list", [V_TUPLE] = "tuple",
		[V_DICT] = "dict", [V_VIEW] = "dict view", [V_RANGE] = "range", [V_NAMESPACE] = "namespace",
		[V_GENERATOR] = "generator", [V_LOOP] = "loop", [V_MACRO] = "macro", [V_FUNCTION] = "function",
		[V_METHOD] = "method", [V_CYCLER] = "cycler", [V_JOINER] = "joiner",
	};

	return names[v.type];
}

bool
val_is_int(struct val v)
{
	return v.type == V_INT || v.type == V_BOOL;
}

bool
val_is_number(struct val v)
{
	return val_is_int(v) || v.type == V_FLOAT;
}

static int64_t
as_int(struct val v)
{
	return v.type == V_BOOL ? v.b : v.i;
}

double
val_to_double(struct val v)
{
	return v.type == V_FLOAT ? v.f : (double)as_int(v);
}

int64_t
val_to_index(struct run *r, struct val v, const char *what)
{
	if (v.type == V_UNDEFINED)
		undefined_fault(r, v);
	if (!val_is_int(v))
		run_fail(r, "%s must be an integer, not %s", what, val_type_name(v));
	return as_int(v);
}

bool
str_is(struct val v, const char *s)
{
	return v.type == V_STR && v.len == strlen(s) && memcmp(v.s, s, v.len) == 0;
}

bool
val_len(struct run *r, struct val v, size_t *n)
{
	switch (v.type) {
	case V_UNDEFINED:
		*n = 0;
		return true;
	case V_STR:
		*n = str_count(r, v);
		return true;
	case V_LIST:
	case V_TUPLE:
		*n = v.seq->n;
		return true;
	case V_DICT:
		*n = v.dict->n;
		return true;
	case V_VIEW:
		*n = v.view->dict->n;
		return true;
	case V_RANGE:
		*n = (size_t)v.range->n;
		return true;
	case V_LOOP: {
		struct val len = loop_attr(r, v.loop, val_lit("length"));

		*n = (size_t)len.i;
		return true;
	}
	default:
		return false;
	}
}

bool
val_truth(struct run *r, struct val v)
{
	size_t n;

	switch (v.type) {
	case V_UNDEFINED:
	case V_NONE:
		return false;
	case V_BOOL:
		return v.b;
	case V_INT:
		return v.i != 0;
	case V_FLOAT:
		return v.f != 0;
	case V_STR:
		return v.len > 0;
	default:
		return !val_len(r, v, &n) || n > 0;
	}
}

/* Integers beyond 2^53 are compared exactly, as Python does. */
static int
order_int_float(int64_t i, double f)
{
	if (isnan(f))
		return 2;
	if (f >= 0x1p63)
		return -1;
	if (f < -0x1p63)
		return 1;
	if (i != (int64_t)f)
		return i < (int64_t)f ? -1 : 1;
	return f > (double)(int64_t)f ? -1 : f < (double)(int64_t)f;
}

/* -1, 0, 1, or 2 where there is no order (NaN). */
static int
order_numbers(struct val a, struct val b)
{
	int o;

	if (a.type != V_FLOAT && b.type != V_FLOAT)
		return as_int(a) < as_int(b) ? -1 : as_int(a) > as_int(b);
	if (a.type == V_FLOAT && b.type == V_FLOAT)
		return isnan(a.f) || isnan(b.f) ? 2 : a.f < b.f ? -1 : a.f > b.f;
	if (b.type == V_FLOAT)
		return order_int_float(as_int(a), b.f);
	o = order_int_float(as_int(b), a.f);
	return o == 2 ? 2 : -o;
}

static bool
equal_seq(struct run *r, const struct seq *a, const struct seq *b)
{
	if (a == b)
		return true;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!val_equal(r, a->v[i], b->v[i]))
			return false;
	return true;
}

static bool
equal_dict(struct run *r, const struct dict *a, const struct dict *b)
{
	struct val v;

	if (a == b)
		return true;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!dict_get(r, b, a->e[i].key, &v) || !val_equal(r, a->e[i].val, v))
			return false;
	return true;
}

static bool
equal_range(const struct range *a, const struct range *b)
{
	return a->n == b->n && (a->n == 0 || (a->start == b->start && (a->n == 1 || a->step == b->step)));
}

/* Both of one type that is no number. */
static bool
equal_same(struct run *r, struct val a, struct val b)
{
	switch (a.type) {
	case V_UNDEFINED:
	case V_NONE:
		return true;
	case V_STR:
		run_charge_bytes(r, a.len);
		return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
	case V_LIST:
	case V_TUPLE:
		return equal_seq(r, a.seq, b.seq);
	case V_DICT:
		return equal_dict(r, a.dict, b.dict);
	case V_RANGE:
		return equal_range(a.range, b.range);
	default:
		return a.dict == b.dict;	/* any of the pointers: identity */
	}
}

bool
val_equal(struct run *r, struct val a, struct val b)
{
	bool same;

	run_charge(r, 1);
	if (val_is_number(a) && val_is_number(b))
		return order_numbers(a, b) == 0;
	if (a.type != b.type)
		return false;
	run_enter(r);
	same = equal_same(r, a, b);
	r->depth--;
	return same;
}

static int
order_seq(struct run *r, const struct seq *a, const struct seq *b, const char *op)
{
	size_t n = a->n < b->n ? a->n : b->n;

	for (size_t i = 0; i < n; i++)
		if (!val_equal(r, a->v[i], b->v[i]))
			return val_order(r, a->v[i], b->v[i], op);
	return a->n < b->n ? -1 : a->n > b->n;
}

int
val_order(struct run *r, struct val a, struct val b, const char *op)
{
	int o;

	run_charge(r, 1);
	if (a.type == V_UNDEFINED || b.type == V_UNDEFINED)
		undefined_fault(r, a.type == V_UNDEFINED ? a : b);
	if (val_is_number(a) && val_is_number(b))
		return order_numbers(a, b);
	if (a.type == V_STR && b.type == V_STR) {
		size_t n = a.len < b.len ? a.len : b.len;

		run_charge_bytes(r, n);
		o = memcmp(a.s, b.s, n);	/* UTF-8 sorts as its code points do */
		return o ? (o > 0) - (o < 0) : a.len < b.len ? -1 : a.len > b.len;
	}
	if (a.type == b.type && (a.type == V_LIST || a.type == V_TUPLE)) {
		run_enter(r);
		o = order_seq(r, a.seq, b.seq, op);
		r->depth--;
		return o;
	}
	run_fail(r, "'%s' does not work between %s and %s", op, val_type_name(a), val_type_name(b));
}

static bool
in_range(struct run *r, const struct range *g, struct val v)
{
	double f = val_is_number(v) ? val_to_double(v) : 0.5;
	int64_t i;

	(void)r;
	if (v.type == V_FLOAT && (f != floor(f) || fabs(f) > 0x1p62))
		return false;
	if (!val_is_number(v))
		return false;
	i = v.type == V_FLOAT ? (int64_t)f : as_int(v);
	if (g->n == 0 || (g->step > 0 ? i < g->start || i >= g->stop : i > g->start || i <= g->stop))
		return false;
	return ((__int128)i - g->start) % g->step == 0;
}

bool
val_contains(struct run *r, struct val box, struct val v)
{
	struct val item;
	struct iter it;

	switch (box.type) {
	case V_STR:
		if (v.type != V_STR)
			run_fail(r, "'in' a string wants a string at its left, not %s", val_type_name(v));
		return str_find(r, box, v, 0) != NULL;
	case V_DICT:
		return dict_get(r, box.dict, v, &item);
	case V_RANGE:
		return in_range(r, box.range, v);
	case V_VIEW:
		if (box.view->part == VIEW_KEYS)
			return dict_get(r, box.view->dict, v, &item);
		break;
	}
	for (it = iter_of(r, box); iter_next(r, &it, &item);)
		if (val_equal(r, item, v))
			return true;
	return false;
}
