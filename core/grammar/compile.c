/* Rules to a program; see program.h.  Code is made backwards: what makes a node is told where to go on after it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/grammar/program.h"

#define NOT_MADE UINT32_MAX

struct maker {
	const struct rules *r;
	struct grammar *g;
	struct rules_facts facts;
	uint32_t *sub;			/* [n_nodes] where a shared node begins, which returns; NOT_MADE */
	uint32_t *entry;		/* [n_rules] where a rule begins */
	uint32_t *queue;		/* rules that are called and not made yet */
	size_t n_queue;
	struct node_list calls;		/* operations whose a is a rule yet */
	bool full;
};

static uint32_t make(struct maker *m, uint32_t node, uint32_t next);

static uint32_t
add_op(struct maker *m, enum op_kind kind, uint32_t a, uint32_t b)
{
	struct grammar *g = m->g;

	if (g->n_ops >= GRAMMAR_MAX_OPS) {
		m->full = true;
		return GRAMMAR_OP_RETURN;
	}
	if (g->n_ops == g->cap_ops) {
		g->cap_ops = g->cap_ops ? g->cap_ops * 2 : 256;
		g->ops = mem_grow(g->ops, g->cap_ops, sizeof *g->ops);
	}
	g->ops[g->n_ops] = (struct op){kind, a, b};
	return (uint32_t)g->n_ops++;
}

static uint32_t
call(struct maker *m, uint32_t entry, uint32_t next)
{
	/* Nothing is left to do after it: its return is ours, and a list that ends in itself needs no deeper stack. */
	return next == GRAMMAR_OP_RETURN ? entry : add_op(m, OP_CALL, entry, next);
}

/* ---- characters ---- */

static uint32_t
range_op(struct maker *m, uint8_t low, uint8_t high, uint32_t next, size_t since)
{
	struct op want = {OP_RANGE, low | (uint32_t)high << 8, next};

	/* Sequences that follow each other end alike. */
	if (m->g->n_ops > since + 64)
		since = m->g->n_ops - 64;
	for (size_t i = since; i < m->g->n_ops; i++)
		if (memcmp(&m->g->ops[i], &want, sizeof want) == 0)
			return (uint32_t)i;
	return add_op(m, want.kind, want.a, want.b);
}

struct char_maker {
	struct maker *m;
	size_t since;			/* the first operation of this set */
	struct node_list ways;
};

/* Characters LOW..HIGH whose UTF-8 is as long and differs only where every continuation is possible. */
static void
make_sequence(struct char_maker *c, uint32_t low, uint32_t high)
{
	char a[4], b[4];
	size_t n = utf8_encode(a, low);
	uint32_t next = GRAMMAR_OP_RETURN;

	(void)utf8_encode(b, high);
	for (size_t i = n; i-- > 0;)
		next = range_op(c->m, (uint8_t)a[i], (uint8_t)b[i], next, c->since);
	node_list_add(&c->ways, next);
}

/* Cut LOW..HIGH where the length of the UTF-8 changes, then where a continuation byte is not free. */
static void
make_range(struct char_maker *c, uint32_t low, uint32_t high)
{
	static const uint32_t last_of_length[] = {0x7f, 0x7ff, 0xffff};

	for (size_t i = 0; i < ARRAY_LEN(last_of_length); i++) {
		if (low <= last_of_length[i] && high > last_of_length[i]) {
			make_range(c, low, last_of_length[i]);
			make_range(c, last_of_length[i] + 1, high);
			return;
		}
	}
	for (uint32_t bits = 6; high >= 0x80 && bits <= 18; bits += 6) {
		uint32_t mask = (1u << bits) - 1;

		if ((low & ~mask) == (high & ~mask))
			continue;
		if (low & mask) {
			make_range(c, low, low | mask);
			make_range(c, (low | mask) + 1, high);
			return;
		}
		if ((high & mask) != mask) {
			make_range(c, low, (high & ~mask) - 1);
			make_range(c, high & ~mask, high);
			return;
		}
	}
	make_sequence(c, low, high);
}

static uint32_t
ascii_op(struct maker *m, const struct char_range *ranges, size_t n, uint32_t next)
{
	struct grammar *g = m->g;
	struct ascii_set set = {{0}};

	if (n == 1)
		return add_op(m, OP_RANGE, ranges[0].low | (ranges[0].high < 128 ? ranges[0].high : 127) << 8, next);
	for (size_t i = 0; i < n; i++)
		for (uint32_t b = ranges[i].low; b <= ranges[i].high && b < 128; b++)
			set.bits[b / 32] |= 1u << b % 32;
	if (g->n_sets == g->cap_sets) {
		g->cap_sets = g->cap_sets ? g->cap_sets * 2 : 32;
		g->sets = mem_grow(g->sets, g->cap_sets, sizeof *g->sets);
	}
	g->sets[g->n_sets] = set;
	return add_op(m, OP_SET, (uint32_t)g->n_sets++, next);
}

static uint32_t
split(struct maker *m, const struct node_list *ways)
{
	uint32_t at = ways->at[ways->n - 1];

	for (size_t i = ways->n - 1; i-- > 0;)
		at = add_op(m, OP_SPLIT, ways->at[i], at);
	return at;
}

static uint32_t
make_set(struct maker *m, uint32_t id, uint32_t next)
{
	const struct node *node = &m->r->nodes[id];
	const struct char_range *ranges = m->r->ranges + node->first;
	struct char_maker c = {.m = m, .since = m->g->n_ops};
	size_t n_ascii = 0;

	while (n_ascii < node->n && ranges[n_ascii].low < 128)
		n_ascii++;
	if (ranges[node->n - 1].high < 128)
		return ascii_op(m, ranges, node->n, next);
	if (m->sub[id] == NOT_MADE) {
		if (n_ascii > 0)
			node_list_add(&c.ways, ascii_op(m, ranges, n_ascii, GRAMMAR_OP_RETURN));
		for (size_t i = 0; i < node->n && !m->full; i++)
			if (ranges[i].high >= 128)
				make_range(&c, ranges[i].low < 128 ? 128 : ranges[i].low, ranges[i].high);
		m->sub[id] = c.ways.n ? split(m, &c.ways) : GRAMMAR_OP_RETURN;
		node_list_done(&c.ways);
	}
	return call(m, m->sub[id], next);
}

/* ---- the other nodes ---- */

static uint32_t
make_text(struct maker *m, const struct node *node, uint32_t next)
{
	const uint8_t *s = (const uint8_t *)m->r->text.data + node->first;

	for (size_t i = node->n; i-- > 0;)
		next = add_op(m, OP_RANGE, s[i] | (uint32_t)s[i] << 8, next);
	return next;
}

static uint32_t
make_alt(struct maker *m, const struct node *node, uint32_t next)
{
	struct node_list ways = {0};
	uint32_t at;

	for (uint32_t i = 0; i < node->n; i++) {
		uint32_t kid = m->r->kids[node->first + i];

		if (m->facts.productive[kid])
			node_list_add(&ways, make(m, kid, next));
	}
	at = split(m, &ways);
	node_list_done(&ways);
	return at;
}

/* A part that is repeated is made once and called, unless it is hardly longer than the call. */
static uint32_t
make_copy(struct maker *m, uint32_t id, uint32_t next)
{
	const struct node *node = &m->r->nodes[id];

	if (node->kind == NODE_RULE || node->kind == NODE_SET || node->kind == NODE_TOKEN ||
	    (node->kind == NODE_TEXT && node->n <= 2))
		return make(m, id, next);
	if (m->sub[id] == NOT_MADE)
		m->sub[id] = make(m, id, GRAMMAR_OP_RETURN);
	return call(m, m->sub[id], next);
}

static uint32_t
make_repeat(struct maker *m, const struct node *node, uint32_t next)
{
	bool once = node->max == 1 || (node->max == RULES_MANY && node->min <= 1);
	uint32_t (*copy)(struct maker *, uint32_t, uint32_t) = once ? make : make_copy;
	uint32_t at = next, n = node->min;

	if (!m->facts.productive[node->first])
		return next;		/* none of it: min is 0 here */
	if (node->max == RULES_MANY) {
		uint32_t loop = add_op(m, OP_SPLIT, 0, next), body = copy(m, node->first, loop);

		if (m->full)
			return next;
		m->g->ops[loop].a = body;
		at = n > 0 ? body : loop;
		n -= n > 0;
	} else {
		for (uint32_t i = node->min; i < node->max && !m->full; i++)
			at = add_op(m, OP_SPLIT, copy(m, node->first, at), next);
	}
	for (; n > 0 && !m->full; n--)
		at = copy(m, node->first, at);
	return at;
}

static uint32_t
make_call(struct maker *m, uint32_t rule, uint32_t next)
{
	bool is_tail = next == GRAMMAR_OP_RETURN;
	uint32_t op = add_op(m, is_tail ? OP_JUMP : OP_CALL, rule, next);

	if (m->full)
		return op;
	node_list_add(&m->calls, op);
	if (m->entry[rule] == NOT_MADE) {
		m->entry[rule] = GRAMMAR_OP_RETURN;
		m->queue[m->n_queue++] = rule;
	}
	return op;
}

static uint32_t
make(struct maker *m, uint32_t id, uint32_t next)
{
	const struct node *node = &m->r->nodes[id];

	if (m->full)
		return next;
	switch (node->kind) {
	case NODE_EMPTY:
		return next;
	case NODE_TEXT:
		return make_text(m, node, next);
	case NODE_SET:
		return make_set(m, id, next);
	case NODE_SEQ:
		for (uint32_t i = node->n; i-- > 0;)
			next = make(m, m->r->kids[node->first + i], next);
		return next;
	case NODE_ALT:
		return make_alt(m, node, next);
	case NODE_REPEAT:
		return make_repeat(m, node, next);
	case NODE_RULE:
		return make_call(m, node->first, next);
	case NODE_TOKEN:
		return add_op(m, OP_TOKEN, node->first, next);
	case NODE_FAIL:
		break;
	}
	assert(!"what cannot be matched is never made");
	return next;
}

/* ---- classes of bytes ---- */

static void
find_classes(struct grammar *g)
{
	bool begins[257] = {[0] = true};

	for (size_t i = 0; i < g->n_ops; i++) {
		if (g->ops[i].kind != OP_RANGE)
			continue;
		begins[g->ops[i].a & 0xff] = true;
		begins[(g->ops[i].a >> 8) + 1] = true;
	}
	for (size_t i = 0; i < g->n_sets; i++)
		for (uint32_t b = 1; b <= 128; b++) {
			const uint32_t *bits = g->sets[i].bits;
			bool before = bits[(b - 1) / 32] >> (b - 1) % 32 & 1;

			if (before != (b < 128 && (bits[b / 32] >> b % 32 & 1)))
				begins[b] = true;
		}
	for (int b = 0; b < 256; b++) {
		if (begins[b])
			g->byte_of[g->n_classes++] = (uint8_t)b;
		g->class_of[b] = (uint8_t)(g->n_classes - 1);
	}
}

/* ---- the whole ---- */

static void
make_all(struct maker *m)
{
	const struct rules *r = m->r;

	add_op(m, OP_RETURN, 0, 0);
	m->queue[m->n_queue++] = 0;
	m->entry[0] = GRAMMAR_OP_RETURN;
	while (m->n_queue > 0 && !m->full) {
		uint32_t rule = m->queue[--m->n_queue];

		m->entry[rule] = make(m, r->rules[rule].body, GRAMMAR_OP_RETURN);
	}
	for (size_t i = 0; i < m->calls.n; i++)
		m->g->ops[m->calls.at[i]].a = m->entry[m->g->ops[m->calls.at[i]].a];
	m->g->start = m->entry[0];
}

static void
copy_tokens(struct grammar *g, const struct rules *r)
{
	g->n_tokens = r->n_tokens;
	g->tokens = mem_new0(r->n_tokens + 1, sizeof *g->tokens);
	for (size_t i = 0; i < r->n_tokens; i++) {
		g->tokens[i] = r->tokens[i];
		g->tokens[i].name = r->tokens[i].name ? mem_dup(r->tokens[i].name) : NULL;
	}
}

struct grammar *
rules_compile(const struct rules *r, struct err *e)
{
	struct maker m = {.r = r, .g = mem_new0(1, sizeof *m.g)};

	rules_facts_init(&m.facts, r);
	m.sub = mem_new0(r->n_nodes, sizeof *m.sub);
	m.entry = mem_new0(r->n_rules, sizeof *m.entry);
	m.queue = mem_new0(r->n_rules, sizeof *m.queue);
	memset(m.sub, 0xff, r->n_nodes * sizeof *m.sub);
	memset(m.entry, 0xff, r->n_rules * sizeof *m.entry);
	m.full = r->full;
	if (!m.full) {
		assert(m.facts.productive[r->rules[0].body]);
		make_all(&m);
		find_classes(m.g);
		copy_tokens(m.g, r);
	}
	rules_facts_done(&m.facts);
	node_list_done(&m.calls);
	free(m.sub);
	free(m.entry);
	free(m.queue);
	if (!m.full)
		return m.g;
	grammar_close(m.g);
	err_set(e, ERR_FAILED, "it is too large: with its repetitions written out it has more than %d parts",
	    r->full ? RULES_MAX_NODES : GRAMMAR_MAX_OPS);
	return NULL;
}

void
grammar_close(struct grammar *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_tokens; i++)
		free(g->tokens[i].name);
	free(g->tokens);
	free(g->ops);
	free(g->sets);
	free(g);
}
