/* Filters on sequences that give a value at once; the lazy ones are in filter_select.c. */
#include <string.h>

#include "core/jinja/filter.h"

/* ---- attributes of items: "a.b.0" ---- */

static void
add_parts(struct run *r, struct vec *parts, struct val attribute)
{
	struct vec names;

	if (attribute.type != V_STR) {
		if (attribute.type != V_NONE && attribute.type != V_MISSING)
			vec_add(r, parts, attribute);
		return;
	}
	names = str_split(r, attribute, val_lit("."), -1);
	for (size_t i = 0; i < names.n; i++) {
		struct val n = names.v[i];
		bool number = n.len > 0 && n.len < 18;
		int64_t index = 0;

		for (size_t k = 0; k < n.len; k++) {
			number &= n.s[k] >= '0' && n.s[k] <= '9';
			index = number ? index * 10 + n.s[k] - '0' : 0;
		}
		vec_add(r, parts, number ? val_int(index) : n);
	}
}

struct val
attribute_of(struct run *r, struct val item, struct val attribute, struct val otherwise)
{
	struct vec parts = {0};

	add_parts(r, &parts, attribute);
	for (size_t i = 0; i < parts.n; i++) {
		item = attr_item(r, item, parts.v[i]);
		if (item.type == V_UNDEFINED && otherwise.type != V_MISSING && otherwise.type != V_NONE)
			item = otherwise;
	}
	return item;
}

struct val
caseless(struct run *r, struct val v)
{
	return v.type == V_STR ? str_lower(r, v) : v;
}

static struct val
sort_key(struct run *r, struct val item, struct val attribute, struct val otherwise, bool case_sensitive)
{
	struct val key = attribute_of(r, item, attribute, otherwise);

	return case_sensitive ? key : caseless(r, key);
}

/* ---- order ---- */

struct keyed {
	struct val key, item;
};

/* Merge sort: stable, and every comparison counts as steps. */
static void
merge_sort(struct run *r, struct keyed *v, struct keyed *spare, size_t n, bool reverse)
{
	size_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 2)
		return;
	merge_sort(r, v, spare, half, reverse);
	merge_sort(r, v + half, spare, n - half, reverse);
	while (i < half && j < n) {
		int o = val_order(r, v[j].key, v[i].key, "<");

		spare[k++] = (reverse ? o > 0 && o != 2 : o < 0) ? v[j++] : v[i++];
	}
	while (i < half)
		spare[k++] = v[i++];
	memcpy(v, spare, k * sizeof *v);	/* the rest of the second half is in its place */
}

static void
sort_keyed(struct run *r, struct keyed *v, size_t n, bool reverse)
{
	merge_sort(r, v, arena_alloc(&r->mem, n * sizeof *v), n, reverse);
}

static struct val
sorted_list(struct run *r, const struct keyed *v, size_t n)
{
	struct vec out = {0};

	for (size_t i = 0; i < n; i++)
		vec_add(r, &out, v[i].item);
	return vec_list(r, &out);
}

/* The key of an attribute list "a,b.c": one value for each. */
static struct val
multi_key(struct run *r, struct val item, struct val attribute, bool case_sensitive)
{
	struct vec keys = {0}, names = {0};

	if (attribute.type == V_STR)
		names = str_split(r, attribute, val_lit(","), -1);
	else
		vec_add(r, &names, attribute);
	for (size_t i = 0; i < names.n; i++)
		vec_add(r, &keys, sort_key(r, item, names.v[i], val_none(), case_sensitive));
	return keys.n == 1 ? keys.v[0] : vec_list(r, &keys);
}

static struct val
sort(struct run *r, struct val self, struct args *a)
{
	struct vec items = val_items(r, self);
	struct keyed *v = arena_alloc(&r->mem, (items.n + 1) * sizeof *v);

	for (size_t i = 0; i < items.n; i++)
		v[i] = (struct keyed){multi_key(r, items.v[i], arg_or(a, 2, val_none()), arg_truth(r, a, 1)),
		    items.v[i]};
	sort_keyed(r, v, items.n, arg_truth(r, a, 0));
	return sorted_list(r, v, items.n);
}

static struct val
dictsort(struct run *r, struct val self, struct args *a)
{
	struct val by = arg_or(a, 1, val_lit("key"));
	bool value = str_is(by, "value");
	struct keyed *v;

	if (self.type == V_UNDEFINED)
		undefined_fault(r, self);
	if (self.type != V_DICT)
		run_fail(r, "dictsort wants a dictionary, not %s", val_type_name(self));
	if (!value && !str_is(by, "key"))
		run_fail(r, "dictsort sorts by \"key\" or \"value\"");
	v = arena_alloc(&r->mem, (self.dict->n + 1) * sizeof *v);
	for (size_t i = 0; i < self.dict->n; i++) {
		const struct entry *e = &self.dict->e[i];

		run_charge(r, 1);
		v[i].key = value ? e->val : e->key;
		if (!arg_truth(r, a, 0))
			v[i].key = caseless(r, v[i].key);
		v[i].item = val_pair(r, e->key, e->val);
	}
	sort_keyed(r, v, self.dict->n, arg_truth(r, a, 2));
	return sorted_list(r, v, self.dict->n);
}

static struct val
groupby(struct run *r, struct val self, struct args *a)
{
	struct vec items = val_items(r, self), groups = {0};
	struct keyed *v = arena_alloc(&r->mem, (items.n + 1) * sizeof *v);
	struct val fill = arg_or(a, 1, val_none());
	bool case_sensitive = arg_truth(r, a, 2);

	for (size_t i = 0; i < items.n; i++)
		v[i] = (struct keyed){sort_key(r, items.v[i], a->v[0], fill, case_sensitive), items.v[i]};
	sort_keyed(r, v, items.n, false);
	for (size_t i = 0, from = 0; i < items.n; i++) {
		if (i + 1 < items.n && val_equal(r, v[i].key, v[i + 1].key))
			continue;
		vec_add(r, &groups, val_pair(r, attribute_of(r, v[from].item, a->v[0], fill),
		    sorted_list(r, v + from, i + 1 - from)));
		from = i + 1;
	}
	return vec_list(r, &groups);
}

static struct val
extreme(struct run *r, struct val self, struct args *a, bool max)
{
	struct iter it = iter_of(r, self);
	struct val item, best = {0}, key, best_key = {0};

	while (iter_next(r, &it, &item)) {
		key = sort_key(r, item, arg_or(a, 1, val_none()), val_none(), arg_truth(r, a, 0));
		if (best.type == V_MISSING || oper_compare(r, max ? T_GT : T_LT, key, best_key)) {
			best = item;
			best_key = key;
		}
	}
	return best.type == V_MISSING ? val_undefined_because(r, "min or max of nothing") : best;
}

static struct val
minimum(struct run *r, struct val self, struct args *a)
{
	return extreme(r, self, a, false);
}

static struct val
maximum(struct run *r, struct val self, struct args *a)
{
	return extreme(r, self, a, true);
}

/* ---- the rest ---- */

static struct val
length(struct run *r, struct val self, struct args *a)
{
	size_t n;

	(void)a;
	if (!val_len(r, self, &n))
		run_fail(r, "a %s has no length", val_type_name(self));
	return val_int((int64_t)n);
}

static struct val
list(struct run *r, struct val self, struct args *a)
{
	struct vec items = val_items(r, self);

	(void)a;
	return vec_list(r, &items);
}

static struct val
first(struct run *r, struct val self, struct args *a)
{
	struct iter it = iter_of(r, self);
	struct val v;

	(void)a;
	return iter_next(r, &it, &v) ? v : val_undefined_because(r, "the first item of nothing is undefined");
}

static struct val
last(struct run *r, struct val self, struct args *a)
{
	struct vec items;

	(void)a;
	if (self.type == V_GENERATOR)
		run_fail(r, "the last item of a generator is not known; make it a list first");
	items = val_items(r, self);
	return items.n ? items.v[items.n - 1] : val_undefined_because(r, "the last item of nothing is undefined");
}

static struct val
join(struct run *r, struct val self, struct args *a)
{
	struct val d = val_to_str(r, arg_or(a, 0, val_lit(""))), attribute = arg_or(a, 1, val_none()), item;
	struct text out = run_text(r);
	struct iter it = iter_of(r, self);

	for (bool comma = false; iter_next(r, &it, &item); comma = true) {
		if (comma)
			text_add(&out, d.s, d.len);
		val_write(r, &out, attribute_of(r, item, attribute, val_none()));
	}
	return val_text(&out);
}

static struct val
sum(struct run *r, struct val self, struct args *a)
{
	struct val total = arg_or(a, 1, val_int(0)), attribute = arg_or(a, 0, val_none()), item;
	struct iter it = iter_of(r, self);

	if (total.type == V_STR)
		run_fail(r, "sum does not add strings; use join");
	while (iter_next(r, &it, &item))
		total = oper_binary(r, T_ADD, total, attribute_of(r, item, attribute, val_none()));
	return total;
}

static struct val
otherwise(struct run *r, struct val self, struct args *a)
{
	if (self.type == V_UNDEFINED || (arg_truth(r, a, 1) && !val_truth(r, self)))
		return arg_or(a, 0, val_lit(""));
	return self;
}

static struct val
attr(struct run *r, struct val self, struct args *a)
{
	struct val v;

	if (a->v[0].type != V_STR)
		run_fail(r, "attr wants the name of an attribute, not %s", val_type_name(a->v[0]));
	if (self.type == V_DICT && dict_get(r, self.dict, a->v[0], &v) &&
	    !method_find(V_DICT, a->v[0].s, a->v[0].len))
		return val_undefined(r, "dict", a->v[0]);	/* items are not attributes */
	return attr_get(r, self, a->v[0]);
}

static struct val
random_item(struct run *r, struct val self, struct args *a)
{
	(void)a;
	run_fail(r, "random is not offered: a prompt must be the same every time (of a %s)", val_type_name(self));
}

const struct builtin filters_sequence[] = {
	{"length", "", 0, length},
	{"count", "", 0, length},
	{"list", "", 0, list},
	{"first", "", 0, first},
	{"last", "", 0, last},
	{"join", "d attribute", 0, join},
	{"sum", "attribute start", 0, sum},
	{"sort", "reverse case_sensitive attribute", 0, sort},
	{"dictsort", "case_sensitive by reverse", 0, dictsort},
	{"groupby", "attribute default case_sensitive", 1, groupby},
	{"min", "case_sensitive attribute", 0, minimum},
	{"max", "case_sensitive attribute", 0, maximum},
	{"default", "default_value boolean", 0, otherwise},
	{"d", "default_value boolean", 0, otherwise},
	{"attr", "name", 1, attr},
	{"random", "", 0, random_item},
	{0},
};
