/* Calls: arguments matched to the parameters a table row names. */
#include <string.h>

#include "core/jinja/value.h"

#define PARAMS_MOST 8

const struct builtin *
builtin_in(const struct builtin *table, const char *name, size_t len)
{
	for (; table->name; table++)
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

/* The number of the parameter NAME in PARAMS ("width first blank"); its count when there is none. */
static size_t
find_param(const char *params, const char *name, size_t len)
{
	size_t i = 0;

	for (const char *p = params; *p; i++) {
		size_t n = strcspn(p, " ");

		if (name && n == len && memcmp(p, name, n) == 0)
			return i;
		p += n;
		p += strspn(p, " ");
	}
	return i;
}

static void
bind(struct run *r, const struct builtin *b, const struct args *a, struct val slots[PARAMS_MOST])
{
	size_t n = find_param(b->params, NULL, 0);

	if (a->n > n)
		run_fail(r, "%s() takes at most %zu arguments here, not %zu", b->name, n, a->n);
	for (size_t i = 0; i < a->n; i++)
		slots[i] = a->v[i];
	for (size_t i = 0; a->kw && i < a->kw->n; i++) {
		struct val key = a->kw->e[i].key;
		size_t at = find_param(b->params, key.s, key.len);

		if (at == n)
			run_fail(r, "%s() has no argument '%.*s'", b->name, (int)(key.len < 80 ? key.len : 80), key.s);
		if (slots[at].type != V_MISSING)
			run_fail(r, "%s() is given '%.*s' twice", b->name, (int)key.len, key.s);
		slots[at] = a->kw->e[i].val;
	}
	for (size_t i = 0; i < b->min; i++)
		if (slots[i].type == V_MISSING)
			run_fail(r, "%s() wants at least %u arguments", b->name, b->min);
}

struct val
call_builtin(struct run *r, const struct builtin *b, struct val self, struct args *a)
{
	struct val slots[PARAMS_MOST] = {0}, v;
	struct args bound = {.v = slots};

	run_charge(r, 1);
	run_enter(r);
	if (b->params) {
		bind(r, b, a, slots);
		a = &bound;
	}
	v = b->fn(r, self, a);
	r->depth--;
	return v;
}

static struct val
call_joiner(struct joiner *j)
{
	if (j->used)
		return j->text;
	j->used = true;
	return val_lit("");
}

struct val
call_value(struct run *r, struct val f, struct args *a)
{
	struct val v;

	switch (f.type) {
	case V_UNDEFINED:
		undefined_fault(r, f);
	case V_FUNCTION:
		return call_builtin(r, f.builtin, (struct val){0}, a);
	case V_METHOD:
		return call_builtin(r, f.method->builtin, f.method->self, a);
	case V_JOINER:
		return call_joiner(f.joiner);
	case V_MACRO:
	case V_LOOP:
		run_enter(r);
		v = f.type == V_MACRO ? macro_call(r, f.macro, a) : loop_call(r, f.loop, a);
		r->depth--;
		return v;
	default:
		run_fail(r, "a %s cannot be called", val_type_name(f));
	}
}

bool
arg_given(const struct args *a, size_t i)
{
	return a->v[i].type != V_MISSING;
}

struct val
arg_or(const struct args *a, size_t i, struct val otherwise)
{
	return arg_given(a, i) ? a->v[i] : otherwise;
}

bool
arg_truth(struct run *r, const struct args *a, size_t i)
{
	return arg_given(a, i) && val_truth(r, a->v[i]);
}

int64_t
arg_int(struct run *r, const struct args *a, size_t i, int64_t otherwise, const char *what)
{
	return arg_given(a, i) ? val_to_index(r, a->v[i], what) : otherwise;
}
