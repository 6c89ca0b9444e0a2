/* Filters that give a generator: what they do, they do when it is gone through, and once. */
#include "core/jinja/filter.h"

static struct args
rest_of(const struct args *a, size_t from)
{
	return (struct args){a->v + from, a->n - from, a->kw};
}

/* ---- map ---- */

static bool
next_mapped(struct run *r, struct generator *g, struct val *out)
{
	struct val item;

	if (!iter_next(r, &g->from, &item))
		return false;
	*out = g->builtin ? call_builtin(r, g->builtin, item, &g->args) : attribute_of(r, item, g->attribute, g->fill);
	return true;
}

static struct val
map(struct run *r, struct val self, struct args *a)
{
	struct generator g = {.next = next_mapped};
	struct val v;

	if (!val_truth(r, self))
		return generator_new(r, (struct generator){.next = next_mapped});
	if (a->n == 0 && a->kw && dict_get(r, a->kw, val_lit("attribute"), &g.attribute)) {
		if (!dict_get(r, a->kw, val_lit("default"), &g.fill))
			g.fill = val_none();
		if (a->kw->n > 1u + (g.fill.type != V_NONE || dict_get(r, a->kw, val_lit("default"), &v)))
			run_fail(r, "map(attribute) takes only a default beside it");
	} else if (a->n == 0) {
		run_fail(r, "map wants the name of a filter, or attribute=");
	} else {
		v = val_to_str(r, a->v[0]);
		g.builtin = filter_find(v.s, v.len);
		if (!g.builtin)
			run_fail(r, "there is no filter '%.*s'", (int)(v.len < 80 ? v.len : 80), v.s);
		g.args = rest_of(a, 1);
	}
	g.from = iter_of(r, self);
	return generator_new(r, g);
}

/* ---- select, reject, selectattr, rejectattr ---- */

static bool
next_selected(struct run *r, struct generator *g, struct val *out)
{
	struct val v;

	while (iter_next(r, &g->from, out)) {
		v = attribute_of(r, *out, g->attribute, val_none());
		if (g->builtin)
			v = call_builtin(r, g->builtin, v, &g->args);
		if (val_truth(r, v) == g->wanted)
			return true;
	}
	return false;
}

static struct val
choose(struct run *r, struct val self, struct args *a, bool by_attribute, bool wanted)
{
	struct generator g = {.next = next_selected, .wanted = wanted, .attribute = val_none()};

	if (!val_truth(r, self))
		return generator_new(r, g);
	if (by_attribute && a->n == 0)
		run_fail(r, "selectattr and rejectattr want the name of an attribute");
	if (by_attribute)
		g.attribute = a->v[0];
	if (a->n > by_attribute) {
		struct val name = val_to_str(r, a->v[by_attribute]);

		g.builtin = test_find(name.s, name.len);
		if (!g.builtin)
			run_fail(r, "there is no test '%.*s'", (int)(name.len < 80 ? name.len : 80), name.s);
		g.args = rest_of(a, 1u + by_attribute);
	}
	g.from = iter_of(r, self);
	return generator_new(r, g);
}

static struct val
select_items(struct run *r, struct val self, struct args *a)
{
	return choose(r, self, a, false, true);
}

static struct val
reject(struct run *r, struct val self, struct args *a)
{
	return choose(r, self, a, false, false);
}

static struct val
selectattr(struct run *r, struct val self, struct args *a)
{
	return choose(r, self, a, true, true);
}

static struct val
rejectattr(struct run *r, struct val self, struct args *a)
{
	return choose(r, self, a, true, false);
}

/* ---- unique, items, reverse ---- */

static bool
next_unique(struct run *r, struct generator *g, struct val *out)
{
	struct val key, seen;

	while (iter_next(r, &g->from, out)) {
		key = attribute_of(r, *out, g->attribute, val_none());
		if (!g->wanted)
			key = caseless(r, key);
		if (dict_get(r, g->seen, key, &seen))
			continue;
		dict_set(r, g->seen, key, val_none());
		return true;
	}
	return false;
}

static struct val
unique(struct run *r, struct val self, struct args *a)
{
	return generator_new(r, (struct generator){.next = next_unique, .from = iter_of(r, self),
	    .wanted = arg_truth(r, a, 0), .attribute = arg_or(a, 1, val_none()), .seen = dict_new(r, 0)});
}

static bool
next_plain(struct run *r, struct generator *g, struct val *out)
{
	return iter_next(r, &g->from, out);
}

static struct val
items(struct run *r, struct val self, struct args *a)
{
	struct view *v;

	(void)a;
	if (self.type == V_UNDEFINED)
		return generator_new(r, (struct generator){.next = next_plain});
	if (self.type != V_DICT)
		run_fail(r, "items wants a dictionary, not %s", val_type_name(self));
	v = arena_alloc(&r->mem, sizeof *v);
	*v = (struct view){self.dict, VIEW_ITEMS};
	return generator_new(r, (struct generator){.next = next_plain,
	    .from = iter_of(r, (struct val){.type = V_VIEW, .view = v})});
}

static struct val
reverse(struct run *r, struct val self, struct args *a)
{
	struct vec all, back = {0};

	(void)a;
	if (self.type == V_STR)
		return attr_slice(r, self, val_none(), val_none(), val_int(-1));
	all = val_items(r, self);
	for (size_t i = all.n; i-- > 0; )
		vec_add(r, &back, all.v[i]);
	if (self.type == V_GENERATOR)
		return vec_list(r, &back);
	return generator_new(r, (struct generator){.next = next_plain, .from = iter_of(r, vec_list(r, &back))});
}

/* ---- batch, slice ---- */

static void
fill_up(struct run *r, struct vec *l, struct val with, size_t n)
{
	while (with.type != V_NONE && l->n < n) {
		run_charge(r, 1);
		vec_add(r, l, with);
	}
}

static bool
next_batch(struct run *r, struct generator *g, struct val *out)
{
	struct vec l = {0};
	struct val item;
	size_t n = (size_t)g->args.v[0].i;

	while (l.n < n && iter_next(r, &g->from, &item))
		vec_add(r, &l, item);
	if (l.n == 0)
		return false;
	fill_up(r, &l, g->fill, n);
	*out = vec_list(r, &l);
	return true;
}

static struct val
batch(struct run *r, struct val self, struct args *a)
{
	struct val *n = arena_alloc(&r->mem, sizeof *n);

	*n = val_int(arg_int(r, a, 0, 1, "the size of batch"));
	if (n->i < 1)
		run_fail(r, "batch wants a size of at least 1");
	return generator_new(r, (struct generator){.next = next_batch, .from = iter_of(r, self),
	    .args = {.v = n, .n = 1}, .fill = arg_or(a, 1, val_none())});
}

static struct val
slice(struct run *r, struct val self, struct args *a)
{
	int64_t slices = arg_int(r, a, 0, 1, "the number of slices");
	struct vec all = val_items(r, self), out = {0};
	struct val fill = arg_or(a, 1, val_none());
	size_t n, extra, at = 0;

	if (slices < 1)
		run_fail(r, "slice wants a number of slices of at least 1");
	n = all.n / (size_t)slices;
	extra = all.n % (size_t)slices;
	for (size_t i = 0; i < (size_t)slices; i++) {
		size_t more = n + (i < extra);
		struct vec one = {0};

		run_charge(r, 1 + more);
		for (size_t k = 0; k < more; k++)
			vec_add(r, &one, all.v[at++]);
		if (i >= extra)
			fill_up(r, &one, fill, n + 1);
		vec_add(r, &out, vec_list(r, &one));
	}
	return generator_new(r, (struct generator){.next = next_plain, .from = iter_of(r, vec_list(r, &out))});
}

const struct builtin filters_select[] = {
	{"map", NULL, 0, map},
	{"select", NULL, 0, select_items},
	{"reject", NULL, 0, reject},
	{"selectattr", NULL, 0, selectattr},
	{"rejectattr", NULL, 0, rejectattr},
	{"unique", "case_sensitive attribute", 0, unique},
	{"items", "", 0, items},
	{"reverse", "", 0, reverse},
	{"batch", "linecount fill_with", 1, batch},
	{"slice", "slices fill_with", 1, slice},
	{0},
};
