/* The table of global functions. */
#include <stdio.h>
#include <string.h>

#include "core/jinja/value.h"

#define RANGE_MOST 100000	/* as the sandbox */

static struct val
make_range(struct run *r, struct val self, struct args *a)
{
	int64_t first = val_to_index(r, a->v[0], "the arguments of range");
	struct range *g = arena_alloc(&r->mem, sizeof *g);
	const int64_t far = (int64_t)1 << 62;
	__int128 n;

	(void)self;
	*g = (struct range){.start = arg_given(a, 1) ? first : 0, .step = arg_int(r, a, 2, 1, "the step of range")};
	g->stop = arg_int(r, a, 1, first, "the arguments of range");
	if (g->step == 0)
		run_fail(r, "the step of range cannot be zero");
	if (g->start > far || g->start < -far || g->stop > far || g->stop < -far || g->step > far || g->step < -far)
		run_fail(r, "the arguments of range are too large");
	n = g->step > 0 ? ((__int128)g->stop - g->start + g->step - 1) / g->step :
	    ((__int128)g->start - g->stop - g->step - 1) / -g->step;
	if (n > RANGE_MOST)
		run_fail(r, "a range of more than %d numbers", RANGE_MOST);
	g->n = n > 0 ? (int64_t)n : 0;
	return (struct val){.type = V_RANGE, .range = g};
}

/* Pairs or a dictionary as the first argument, then keywords: as Python's dict(). */
static struct dict *
build_dict(struct run *r, struct args *a, const char *name)
{
	struct dict *d = dict_new(r, 0);
	struct val item;
	struct iter it;

	if (a->n > 1)
		run_fail(r, "%s() takes at most one positional argument", name);
	if (a->n == 1 && a->v[0].type == V_DICT) {
		for (size_t i = 0; i < a->v[0].dict->n; i++)
			dict_set(r, d, a->v[0].dict->e[i].key, a->v[0].dict->e[i].val);
	} else if (a->n == 1) {
		for (it = iter_of(r, a->v[0]); iter_next(r, &it, &item); ) {
			struct vec pair = val_items(r, item);

			if (pair.n != 2)
				run_fail(r, "%s() wants pairs of a key and a value", name);
			dict_set(r, d, pair.v[0], pair.v[1]);
		}
	}
	for (size_t i = 0; a->kw && i < a->kw->n; i++)
		dict_set(r, d, a->kw->e[i].key, a->kw->e[i].val);
	return d;
}

static struct val
make_dict(struct run *r, struct val self, struct args *a)
{
	(void)self;
	return (struct val){.type = V_DICT, .dict = build_dict(r, a, "dict")};
}

static struct val
make_namespace(struct run *r, struct val self, struct args *a)
{
	(void)self;
	return (struct val){.type = V_NAMESPACE, .dict = build_dict(r, a, "namespace")};
}

static struct val
make_cycler(struct run *r, struct val self, struct args *a)
{
	struct cycler *c = arena_alloc(&r->mem, sizeof *c);

	(void)self;
	if (a->n == 0)
		run_fail(r, "cycler() wants at least one argument");
	*c = (struct cycler){.items = {a->v, a->n}};
	return (struct val){.type = V_CYCLER, .cycler = c};
}

static struct val
make_joiner(struct run *r, struct val self, struct args *a)
{
	struct joiner *j = arena_alloc(&r->mem, sizeof *j);

	(void)self;
	*j = (struct joiner){.text = arg_or(a, 0, val_lit(", "))};
	return (struct val){.type = V_JOINER, .joiner = j};
}

static struct val
raise_exception(struct run *r, struct val self, struct args *a)
{
	struct val text = val_to_str(r, a->v[0]);

	(void)self;
	run_fail(r, "%.*s", (int)(text.len < 400 ? text.len : 400), text.s);
}

/* One conversion at a time, in a buffer of its own: the format is the template's. */
static struct val
strftime_now(struct run *r, struct val self, struct args *a)
{
	static const char known[] = "aAbBcCdDeFgGhHIjklmMnprRsStTuUVwWxXyY%";
	struct text out = run_text(r);
	struct val f = a->v[0];

	(void)self;
	if (f.type != V_STR)
		run_fail(r, "strftime_now wants a format, not %s", val_type_name(f));
	for (size_t i = 0; i < f.len; i++) {
		size_t at = i + 1 + (i + 1 < f.len && f.s[i + 1] && strchr("-_0^#", f.s[i + 1]));
		char one[8] = {0}, text[128];

		run_charge(r, 1);
		if (f.s[i] != '%' || at >= f.len) {
			text_add_char(&out, f.s[i]);
			continue;
		}
		if (f.s[at] && strchr(known, f.s[at])) {
			memcpy(one, f.s + i, at + 1 - i);
			text_add(&out, text, strftime(text, sizeof text, one, r->now));
		} else if (f.s[at] == 'f') {
			text_add_str(&out, "000000");		/* the clock has whole seconds */
		} else if (f.s[at] != 'z' && f.s[at] != 'Z') {	/* and no zone */
			text_add(&out, f.s + i, at + 1 - i);
		}
		i = at;
	}
	return val_text(&out);
}

const struct builtin *
global_find(const char *name, size_t len)
{
	static const struct builtin globals[] = {
		{"range", "start stop step", 1, make_range},
		{"dict", NULL, 0, make_dict},
		{"namespace", NULL, 0, make_namespace},
		{"cycler", NULL, 0, make_cycler},
		{"joiner", "sep", 0, make_joiner},
		{"raise_exception", "message", 1, raise_exception},
		{"strftime_now", "format", 1, strftime_now},
		{0},
	};

	return builtin_in(globals, name, len);
}
