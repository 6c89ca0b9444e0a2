/* x.name, x[key] and x[a:b:c], as the sandbox answers them: an attribute before an item for the dot, an item before
 * an attribute for the brackets; names that begin with an underscore and methods that would change a value are
 * undefined, and say why when they are used. */
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/jinja/value.h"

static bool
in_list(const char *const *names, struct val name)
{
	for (; *names; names++)
		if (str_is(name, *names))
			return true;
	return false;
}

static bool
changes_value(struct val of, struct val name)
{
	static const char *const list[] = {"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
	    NULL};
	static const char *const dict[] = {"clear", "pop", "popitem", "setdefault", "update", NULL};

	return (of.type == V_LIST && in_list(list, name)) || (of.type == V_DICT && in_list(dict, name));
}

static struct val
unsafe(struct run *r, struct val of, struct val name)
{
	struct text t = run_text(r);

	text_printf(&t, "the attribute '%.*s' of a %s is not safe to use in a template",
	    (int)(name.len < 100 ? name.len : 100), name.s, val_type_name(of));
	text_add(&t, "", 1);
	return val_undefined_because(r, t.s);
}

static struct val
range_attr(const struct range *g, struct val name)
{
	if (str_is(name, "start"))
		return val_int(g->start);
	if (str_is(name, "stop"))
		return val_int(g->stop);
	return str_is(name, "step") ? val_int(g->step) : (struct val){0};
}

/* An attribute of the object itself (not an item); V_MISSING when it has none of that name. */
static struct val
own_attr(struct run *r, struct val of, struct val name)
{
	const struct builtin *b;
	struct method *m;
	struct val v = {0};

	switch (of.type) {
	case V_NAMESPACE:
		return dict_get(r, of.dict, name, &v) ? v : (struct val){0};
	case V_LOOP:
		v = loop_attr(r, of.loop, name);
		break;
	case V_MACRO:
		v = macro_attr(r, of.macro, name);
		break;
	case V_RANGE:
		v = range_attr(of.range, name);
		break;
	case V_CYCLER:
		if (str_is(name, "current"))
			v = of.cycler->items.v[of.cycler->at];
		break;
	}
	if (v.type != V_MISSING)
		return v;
	if (changes_value(of, name) || (name.len > 4 && memcmp(name.s, "__", 2) == 0))
		return unsafe(r, of, name);
	b = method_find(of.type, name.s, name.len);
	if (!b)
		return v;
	m = arena_alloc(&r->mem, sizeof *m);
	*m = (struct method){of, b};
	return (struct val){.type = V_METHOD, .method = m};
}

static struct val
char_at(struct run *r, struct val s, int64_t i)
{
	size_t n, at;
	uint32_t c;
	bool ok;

	if (i < 0) {
		size_t count = str_count(r, s);

		if ((uint64_t)-(i + 1) >= count)
			return (struct val){0};
		i += (int64_t)count;
	}
	at = str_offset(r, s, (size_t)i);
	if (at >= s.len)
		return (struct val){0};
	n = utf8_decode(s.s + at, s.len - at, &c, &ok);
	return str_sub(s, at, at + n);
}

/* of[i]; V_MISSING when it is out of bounds. */
static struct val
seq_at(struct run *r, struct val of, int64_t i)
{
	size_t n;

	if (of.type == V_STR)
		return char_at(r, of, i);
	val_len(r, of, &n);
	if (i < 0)
		i += (int64_t)n;
	if (i < 0 || (uint64_t)i >= n)
		return (struct val){0};
	return of.type == V_RANGE ? val_int(of.range->start + i * of.range->step) : of.seq->v[i];
}

/* An item; V_MISSING when there is none. */
static struct val
own_item(struct run *r, struct val of, struct val key)
{
	struct val v = {0};

	switch (of.type) {
	case V_DICT:
		dict_get(r, of.dict, key, &v);
		return v;
	case V_STR:
	case V_LIST:
	case V_TUPLE:
	case V_RANGE:
		if (val_is_int(key))
			return seq_at(r, of, key.type == V_BOOL ? key.b : key.i);
		return v;
	default:
		return v;
	}
}

struct val
attr_get(struct run *r, struct val of, struct val name)
{
	struct val v;

	if (of.type == V_UNDEFINED)
		undefined_fault(r, of);
	v = own_attr(r, of, name);
	if (v.type == V_MISSING)
		v = own_item(r, of, name);
	return v.type == V_MISSING ? val_undefined(r, val_type_name(of), name) : v;
}

static bool
is_hashable(struct val key)
{
	return key.type != V_LIST && key.type != V_DICT && key.type != V_VIEW;
}

struct val
attr_item(struct run *r, struct val of, struct val key)
{
	struct val v = {0};

	if (of.type == V_UNDEFINED)
		undefined_fault(r, of);
	if (of.type != V_DICT || is_hashable(key))
		v = own_item(r, of, key);
	if (v.type == V_MISSING && key.type == V_STR)
		v = own_attr(r, of, key);
	return v.type == V_MISSING ? val_undefined(r, val_type_name(of), key) : v;
}

struct bounds {
	int64_t from, to, step;
	size_t n;		/* items taken */
};

static int64_t
clamp(int64_t i, int64_t n, int64_t low, int64_t high)
{
	if (i < 0)
		i = i < -n ? low : i + n;
	return i < low ? low : i > high ? high : i;
}

/* As CPython's PySlice_AdjustIndices. */
static struct bounds
slice_bounds(struct run *r, struct val from, struct val to, struct val step, size_t len)
{
	int64_t n = (int64_t)len;
	struct bounds b = {.step = 1};
	bool back;

	if (step.type != V_NONE)
		b.step = val_to_index(r, step, "the step of a slice");
	if (b.step == 0)
		run_fail(r, "the step of a slice cannot be zero");
	if (b.step == INT64_MIN)
		b.step++;
	back = b.step < 0;
	b.from = back ? n - 1 : 0;
	b.to = back ? -1 : n;
	if (from.type != V_NONE)
		b.from = clamp(val_to_index(r, from, "the start of a slice"), n, back ? -1 : 0, back ? n - 1 : n);
	if (to.type != V_NONE)
		b.to = clamp(val_to_index(r, to, "the end of a slice"), n, back ? -1 : 0, back ? n - 1 : n);
	if (back ? b.to < b.from : b.from < b.to)
		b.n = back ? (size_t)((b.from - b.to - 1) / -b.step + 1) : (size_t)((b.to - b.from - 1) / b.step + 1);
	return b;
}

static struct val
slice_str(struct run *r, struct val s, struct bounds b)
{
	struct text out = run_text(r);
	struct val *chars;
	struct iter it = iter_of(r, s);
	struct val v;
	size_t n = 0;

	if (b.step == 1) {
		size_t at = str_offset(r, s, (size_t)b.from);

		v = str_sub(s, at, s.len);
		return str_sub(v, 0, str_offset(r, v, b.n));
	}
	chars = arena_alloc(&r->mem, (s.len + 1) * sizeof *chars);
	while (iter_next(r, &it, &chars[n]))
		n++;
	for (size_t i = 0; i < b.n; i++) {
		v = chars[b.from + (int64_t)i * b.step];
		text_add(&out, v.s, v.len);
	}
	v = val_text(&out);
	v.safe = s.safe;
	return v;
}

static struct val
slice_range(struct run *r, const struct range *g, struct bounds b)
{
	struct range *s = arena_alloc(&r->mem, sizeof *s);

	*s = (struct range){.n = (int64_t)b.n};
	s->start = g->start + b.from * g->step;
	s->stop = g->start + b.to * g->step;
	s->step = b.n > 1 ? g->step * b.step : 1;
	return (struct val){.type = V_RANGE, .range = s};
}

struct val
attr_slice(struct run *r, struct val of, struct val from, struct val to, struct val step)
{
	struct bounds b;
	struct val *v;
	size_t n;

	if (of.type == V_UNDEFINED)
		undefined_fault(r, of);
	if (of.type != V_STR && of.type != V_LIST && of.type != V_TUPLE && of.type != V_RANGE)
		run_fail(r, "a %s cannot be sliced", val_type_name(of));
	val_len(r, of, &n);
	b = slice_bounds(r, from, to, step, n);
	if (of.type == V_STR)
		return slice_str(r, of, b);
	if (of.type == V_RANGE)
		return slice_range(r, of.range, b);
	if (b.step == 1)
		return val_seq(r, of.type, of.seq->v + (b.n ? b.from : 0), b.n);
	run_charge(r, b.n / 8);
	v = arena_alloc(&r->mem, b.n * sizeof *v);
	for (size_t i = 0; i < b.n; i++)
		v[i] = of.seq->v[b.from + (int64_t)i * b.step];
	return val_seq(r, of.type, v, b.n);
}
