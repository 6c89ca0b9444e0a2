/* Going through a value: what a for loop, a filter or an unpacking sees one after the other. */
#include "core/base/utf8.h"
#include "core/jinja/value.h"

bool
val_is_iterable(struct val v)
{
	switch (v.type) {
	case V_UNDEFINED:
	case V_STR:
	case V_LIST:
	case V_TUPLE:
	case V_DICT:
	case V_VIEW:
	case V_RANGE:
	case V_GENERATOR:
		return true;
	default:
		return false;
	}
}

struct iter
iter_of(struct run *r, struct val v)
{
	if (!val_is_iterable(v))
		run_fail(r, "a %s is not iterable", val_type_name(v));
	return (struct iter){.of = v};
}

static struct val
view_item(struct run *r, const struct view *v, size_t i)
{
	const struct entry *e = &v->dict->e[i];

	if (v->part == VIEW_ITEMS)
		return val_pair(r, e->key, e->val);
	return v->part == VIEW_KEYS ? e->key : e->val;
}

static bool
next_char(struct iter *it, struct val *out)
{
	uint32_t c;
	bool ok;
	size_t n;

	if (it->i >= it->of.len)
		return false;
	n = utf8_decode(it->of.s + it->i, it->of.len - it->i, &c, &ok);
	*out = val_str(it->of.s + it->i, n);
	it->i += n;
	return true;
}

static bool
next_generated(struct run *r, struct generator *g, struct val *out)
{
	bool more;

	run_enter(r);
	more = g->next(r, g, out);
	r->depth--;
	return more;
}

bool
iter_next(struct run *r, struct iter *it, struct val *out)
{
	run_charge(r, 1);
	switch (it->of.type) {
	case V_STR:
		return next_char(it, out);
	case V_LIST:
	case V_TUPLE:
		if (it->i >= it->of.seq->n)
			return false;
		*out = it->of.seq->v[it->i++];
		return true;
	case V_DICT:
		if (it->i >= it->of.dict->n)
			return false;
		*out = it->of.dict->e[it->i++].key;
		return true;
	case V_VIEW:
		if (it->i >= it->of.view->dict->n)
			return false;
		*out = view_item(r, it->of.view, it->i++);
		return true;
	case V_RANGE:
		if (it->i >= (size_t)it->of.range->n)
			return false;
		*out = val_int(it->of.range->start + (int64_t)it->i++ * it->of.range->step);
		return true;
	case V_GENERATOR:
		return next_generated(r, it->of.generator, out);
	default:
		return false;
	}
}

struct vec
val_items(struct run *r, struct val v)
{
	struct iter it = iter_of(r, v);
	struct vec all = {0};
	struct val item;

	while (iter_next(r, &it, &item))
		vec_add(r, &all, item);
	return all;
}

struct val
generator_new(struct run *r, struct generator g)
{
	struct generator *p = arena_alloc(&r->mem, sizeof *p);

	*p = g;
	return (struct val){.type = V_GENERATOR, .generator = p};
}
