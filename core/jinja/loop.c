/* The for statement and the loop object. */
#include "core/jinja/ast.h"

struct loop {
	const struct node *n;		/* N_FOR */
	struct scope *outer;		/* what the iterable, the test and the body see */
	struct scope *test;		/* for the target while n->c is asked; NULL: no test */
	struct val over;		/* what is iterated */
	struct iter it;
	struct val before, current, after;	/* V_MISSING: none; after: only once it was looked at */
	bool ended;			/* nothing comes after the current item */
	bool counted;
	size_t index0, length;
	unsigned depth0;
	struct val changed;		/* the tuple loop.changed() saw last */
};

/* The next item that passes the test. */
static bool
pull(struct run *r, struct loop *l, struct val *out)
{
	while (iter_next(r, &l->it, out)) {
		if (!l->test)
			return true;
		scope_clear(l->test);
		assign(r, l->test, l->n->a, *out);
		if (val_truth(r, eval(r, l->test, l->n->c)))
			return true;
	}
	return false;
}

static bool
peek(struct run *r, struct loop *l)
{
	if (l->after.type == V_MISSING && !l->ended)
		l->ended = !pull(r, l, &l->after);
	return !l->ended;
}

static bool
step(struct run *r, struct loop *l, bool first)
{
	if (!peek(r, l))
		return false;
	l->before = l->current;
	l->current = l->after;
	l->after = (struct val){0};
	l->index0 += !first;
	return true;
}

/* Without a length of its own what is iterated has to be gone through to its end. */
static size_t
length(struct run *r, struct loop *l)
{
	struct vec rest = {0};
	struct val v;

	if (l->counted)
		return l->length;
	l->counted = true;
	if (!l->test && val_len(r, l->over, &l->length))
		return l->length;
	while (pull(r, l, &v))
		vec_add(r, &rest, v);
	l->length = rest.n + l->index0 + 1 + (l->after.type != V_MISSING);
	l->test = NULL;
	l->it = iter_of(r, vec_list(r, &rest));
	return l->length;
}

static enum flow
run_loop(struct run *r, struct scope *outer, const struct node *n, struct val over, unsigned depth0)
{
	struct loop *l = arena_new0(&r->mem, 1, sizeof *l);
	struct scope *s = scope_new(r, outer);
	bool finished = false;		/* one iteration reached its end: no else */
	enum flow f = FLOW_ON;

	*l = (struct loop){.n = n, .outer = outer, .over = over, .depth0 = depth0};
	l->it = iter_of(r, over);
	l->test = n->c ? scope_new(r, outer) : NULL;
	for (bool first = true; f != FLOW_BREAK && step(r, l, first); first = false) {
		if (n->captured && !first)
			s = scope_new(r, outer);
		scope_clear(s);
		scope_set(r, s, SYM_LOOP, (struct val){.type = V_LOOP, .loop = l});
		assign(r, s, n->a, l->current);
		f = exec_list(r, s, n->list);
		finished |= f == FLOW_ON;
	}
	return finished || !n->d ? FLOW_ON : exec_list(r, scope_new(r, outer), n->d->list);
}

enum flow
exec_for(struct run *r, struct scope *s, const struct node *n)
{
	struct val over = eval(r, s, n->b);

	return run_loop(r, s, n, over, 0);
}

struct val
loop_call(struct run *r, struct loop *l, struct args *a)
{
	struct text *out = r->out, t = run_text(r);

	if (!l->n->recursive)
		run_fail(r, "a loop must be marked 'recursive' to be called");
	if (a->n != 1 || a->kw)
		run_fail(r, "loop() wants one argument: what to iterate over");
	r->out = &t;
	run_loop(r, l->outer, l->n, a->v[0], l->depth0 + 1);
	r->out = out;
	return val_text(&t);
}

/* Attributes of a loop: one row each. */
typedef struct val loop_fn(struct run *r, struct loop *l);

static struct val index_1(struct run *r, struct loop *l) { (void)r; return val_int((int64_t)l->index0 + 1); }
static struct val index_0(struct run *r, struct loop *l) { (void)r; return val_int((int64_t)l->index0); }
static struct val depth_1(struct run *r, struct loop *l) { (void)r; return val_int(l->depth0 + 1); }
static struct val depth_0(struct run *r, struct loop *l) { (void)r; return val_int(l->depth0); }
static struct val first(struct run *r, struct loop *l) { (void)r; return val_bool(l->index0 == 0); }
static struct val last(struct run *r, struct loop *l) { return val_bool(!peek(r, l)); }
static struct val count(struct run *r, struct loop *l) { return val_int((int64_t)length(r, l)); }
static struct val rev_1(struct run *r, struct loop *l) { return val_int((int64_t)(length(r, l) - l->index0)); }
static struct val rev_0(struct run *r, struct loop *l) { return val_int((int64_t)(length(r, l) - l->index0) - 1); }

static struct val
previtem(struct run *r, struct loop *l)
{
	return l->index0 == 0 ? val_undefined_because(r, "there is no item before the first of a loop") : l->before;
}

static struct val
nextitem(struct run *r, struct loop *l)
{
	return peek(r, l) ? l->after : val_undefined_because(r, "there is no item after the last of a loop");
}

static const struct {
	const char *name;
	loop_fn *fn;
} attrs[] = {
	{"index", index_1}, {"index0", index_0}, {"first", first}, {"last", last}, {"length", count},
	{"revindex", rev_1}, {"revindex0", rev_0}, {"previtem", previtem}, {"nextitem", nextitem},
	{"depth", depth_1}, {"depth0", depth_0},
};

struct val
loop_attr(struct run *r, struct loop *l, struct val name)
{
	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++)
		if (str_is(name, attrs[i].name))
			return attrs[i].fn(r, l);
	return (struct val){0};
}

static struct val
loop_cycle(struct run *r, struct val self, struct args *a)
{
	if (a->n == 0)
		run_fail(r, "loop.cycle() wants at least one argument");
	return a->v[self.loop->index0 % a->n];
}

static struct val
loop_changed(struct run *r, struct val self, struct args *a)
{
	struct val now = val_seq(r, V_TUPLE, a->v, a->n);
	bool changed = self.loop->changed.type == V_MISSING || !val_equal(r, self.loop->changed, now);

	self.loop->changed = now;
	return val_bool(changed);
}

const struct builtin methods_loop[] = {
	{"cycle", NULL, 0, loop_cycle},
	{"changed", NULL, 0, loop_changed},
	{0},
};
