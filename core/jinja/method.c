/* The tables of methods, and those of lists, dictionaries and the small objects; strings: method_str.c. */
#include <math.h>

#include "core/jinja/value.h"

static struct val
seq_index(struct run *r, struct val self, struct args *a)
{
	struct iter it = iter_of(r, self);
	struct val v;

	for (int64_t i = 0; iter_next(r, &it, &v); i++)
		if (val_equal(r, v, a->v[0]))
			return val_int(i);
	run_fail(r, "index() did not find the value");
}

static struct val
seq_count(struct run *r, struct val self, struct args *a)
{
	struct iter it = iter_of(r, self);
	struct val v;
	int64_t n = 0;

	while (iter_next(r, &it, &v))
		n += val_equal(r, v, a->v[0]);
	return val_int(n);
}

static struct val
copy(struct run *r, struct val self, struct args *a)
{
	(void)r, (void)a;
	return self;			/* values never change */
}

static struct val
dict_value(struct run *r, struct val self, struct args *a)
{
	struct val v;

	return dict_get(r, self.dict, a->v[0], &v) ? v : arg_or(a, 1, val_none());
}

static struct val
view(struct run *r, struct val self, int part)
{
	struct view *v = arena_alloc(&r->mem, sizeof *v);

	v->dict = self.dict;
	v->part = (unsigned)part;
	return (struct val){.type = V_VIEW, .view = v};
}

static struct val
dict_keys(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return view(r, self, VIEW_KEYS);
}

static struct val
dict_values(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return view(r, self, VIEW_VALUES);
}

static struct val
dict_items(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return view(r, self, VIEW_ITEMS);
}

static struct val
cycler_next(struct run *r, struct val self, struct args *a)
{
	struct cycler *c = self.cycler;
	struct val v = c->items.v[c->at];

	(void)r, (void)a;
	c->at = (c->at + 1) % c->items.n;
	return v;
}

static struct val
cycler_reset(struct run *r, struct val self, struct args *a)
{
	(void)r, (void)a;
	self.cycler->at = 0;
	return val_none();
}

static struct val
is_integer(struct run *r, struct val self, struct args *a)
{
	(void)r, (void)a;
	return val_bool(isfinite(self.f) && self.f == floor(self.f));
}

static const struct builtin methods_list[] = {
	{"index", "value", 1, seq_index},
	{"count", "value", 1, seq_count},
	{"copy", "", 0, copy},
	{0},
}, methods_tuple[] = {
	{"index", "value", 1, seq_index},
	{"count", "value", 1, seq_count},
	{0},
}, methods_dict[] = {
	{"get", "key default", 1, dict_value},
	{"keys", "", 0, dict_keys},
	{"values", "", 0, dict_values},
	{"items", "", 0, dict_items},
	{"copy", "", 0, copy},
	{0},
}, methods_cycler[] = {
	{"next", "", 0, cycler_next},
	{"reset", "", 0, cycler_reset},
	{0},
}, methods_float[] = {
	{"is_integer", "", 0, is_integer},
	{0},
};
extern const struct builtin methods_loop[];

const struct builtin *
method_find(enum val_type t, const char *name, size_t len)
{
	static const struct builtin *const tables[V_JOINER + 1][2] = {
		[V_STR] = {methods_str, methods_str_test}, [V_LIST] = {methods_list}, [V_TUPLE] = {methods_tuple},
		[V_RANGE] = {methods_tuple}, [V_DICT] = {methods_dict}, [V_LOOP] = {methods_loop},
		[V_CYCLER] = {methods_cycler}, [V_FLOAT] = {methods_float},
	};
	const struct builtin *b = NULL;

	for (int i = 0; i < 2 && !b && tables[t][i]; i++)
		b = builtin_in(tables[t][i], name, len);
	return b;
}
