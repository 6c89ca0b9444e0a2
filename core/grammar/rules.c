/* Making the tree of a grammar; see rules.h. */
#include "core/grammar/rules.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { SURROGATE_LOW = 0xd800, SURROGATE_HIGH = 0xdfff, CHAR_LAST = 0x10ffff };

static void *
room(void *p, size_t n, size_t more, size_t *cap, size_t size)
{
	if (n + more <= *cap)
		return p;
	*cap = (n + more) * 2 < 16 ? 16 : (n + more) * 2;
	return mem_grow(p, *cap, size);
}

static uint32_t
add(struct rules *r, struct node node)
{
	if (r->n_nodes >= RULES_MAX_NODES)
		r->full = true;
	if (r->full)
		return RULES_FAIL;
	r->nodes = room(r->nodes, r->n_nodes, 1, &r->cap_nodes, sizeof *r->nodes);
	r->nodes[r->n_nodes] = node;
	return (uint32_t)r->n_nodes++;
}

void
rules_init(struct rules *r)
{
	*r = (struct rules){0};
	map_init(&r->names, 64);
	add(r, (struct node){.kind = NODE_EMPTY});
	add(r, (struct node){.kind = NODE_FAIL});
	rules_find(r, "root", 4);
}

void
rules_done(struct rules *r)
{
	for (size_t i = 0; i < r->n_rules; i++)
		free(r->rules[i].name);
	for (size_t i = 0; i < r->n_tokens; i++)
		free(r->tokens[i].name);
	map_done(&r->names);
	buf_done(&r->text);
	free(r->nodes);
	free(r->kids);
	free(r->ranges);
	free(r->rules);
	free(r->tokens);
	*r = (struct rules){0};
}

uint32_t
rules_text(struct rules *r, const char *s, size_t n)
{
	size_t at = r->text.len;

	if (n == 0)
		return RULES_EMPTY;
	if (n > RULES_MAX_TEXT - at)
		r->full = true;
	if (r->full)
		return RULES_FAIL;
	buf_add(&r->text, s, n);
	return add(r, (struct node){.kind = NODE_TEXT, .first = (uint32_t)at, .n = (uint32_t)n});
}

uint32_t
rules_str(struct rules *r, const char *s)
{
	return rules_text(r, s, strlen(s));
}

/* ---- sets of characters ---- */

static int
by_low(const void *pa, const void *pb)
{
	const struct char_range *a = pa, *b = pb;

	return (a->low > b->low) - (a->low < b->low);
}

static size_t
put_range(struct char_range *out, size_t n, uint32_t low, uint32_t high)
{
	if (low <= high)
		out[n++] = (struct char_range){low, high};
	return n;
}

/* Without the surrogates: what is left of LOW..HIGH is one range or two. */
static size_t
put_chars(struct char_range *out, size_t n, uint32_t low, uint32_t high)
{
	uint32_t before = high < SURROGATE_LOW ? high : SURROGATE_LOW - 1;
	uint32_t after = low > SURROGATE_HIGH ? low : SURROGATE_HIGH + 1;

	n = put_range(out, n, low, before);
	return put_range(out, n, after, high);
}

size_t
char_ranges_normal(struct char_range *ranges, size_t n, bool negated, struct char_range *out)
{
	size_t n_joined = 0, n_out = 0;
	uint32_t next = 0;

	if (n > 1)
		qsort(ranges, n, sizeof *ranges, by_low);
	for (size_t i = 0; i < n; i++) {
		struct char_range *last = n_joined ? &ranges[n_joined - 1] : NULL;

		if (last && ranges[i].low <= last->high + 1)
			last->high = ranges[i].high > last->high ? ranges[i].high : last->high;
		else
			ranges[n_joined++] = ranges[i];
	}
	/* The surrogates can split one range, and a negated list has one more than the list. */
	for (size_t i = 0; i < n_joined; i++) {
		if (!negated)
			n_out = put_chars(out, n_out, ranges[i].low, ranges[i].high);
		else if (ranges[i].low > next)
			n_out = put_chars(out, n_out, next, ranges[i].low - 1);
		next = ranges[i].high + 1;
	}
	if (negated && next <= CHAR_LAST)
		n_out = put_chars(out, n_out, next, CHAR_LAST);
	return n_out;
}

uint32_t
rules_set(struct rules *r, struct char_range *ranges, size_t n, bool negated)
{
	struct char_range *out;
	size_t at = r->n_ranges;

	if (n > RULES_MAX_RANGES)
		r->full = true;
	if (r->full)
		return RULES_FAIL;
	r->ranges = room(r->ranges, at, n + 2, &r->cap_ranges, sizeof *r->ranges);
	out = r->ranges + at;
	n = char_ranges_normal(ranges, n, negated, out);
	if (n == 0)
		return RULES_FAIL;
	r->n_ranges += n;
	return add(r, (struct node){.kind = NODE_SET, .first = (uint32_t)at, .n = (uint32_t)n});
}

/* ---- lists ---- */

static uint32_t
add_list(struct rules *r, enum node_kind kind, const uint32_t *nodes, size_t n)
{
	size_t at = r->n_kids;

	if (n > RULES_MAX_NODES || at + n > (size_t)4 * RULES_MAX_NODES)
		r->full = true;
	if (r->full)
		return RULES_FAIL;
	r->kids = room(r->kids, at, n, &r->cap_kids, sizeof *r->kids);
	memcpy(r->kids + at, nodes, n * sizeof *nodes);
	r->n_kids += n;
	return add(r, (struct node){.kind = kind, .first = (uint32_t)at, .n = (uint32_t)n});
}

uint32_t
rules_seq(struct rules *r, const uint32_t *nodes, size_t n)
{
	if (n == 0)
		return RULES_EMPTY;
	return n == 1 ? nodes[0] : add_list(r, NODE_SEQ, nodes, n);
}

uint32_t
rules_alt(struct rules *r, const uint32_t *nodes, size_t n)
{
	if (n == 0)
		return RULES_FAIL;
	return n == 1 ? nodes[0] : add_list(r, NODE_ALT, nodes, n);
}

static void
take_list(struct node_list *l, va_list ap)
{
	uint32_t node;

	while ((node = va_arg(ap, uint32_t)) != RULES_NONE)
		node_list_add(l, node);
}

uint32_t
rules_seq_of(struct rules *r, ...)
{
	struct node_list l = {0};
	uint32_t node;
	va_list ap;

	va_start(ap, r);
	take_list(&l, ap);
	va_end(ap);
	node = rules_seq(r, l.at, l.n);
	node_list_done(&l);
	return node;
}

uint32_t
rules_alt_of(struct rules *r, ...)
{
	struct node_list l = {0};
	uint32_t node;
	va_list ap;

	va_start(ap, r);
	take_list(&l, ap);
	va_end(ap);
	node = rules_alt(r, l.at, l.n);
	node_list_done(&l);
	return node;
}

void
node_list_add(struct node_list *l, uint32_t node)
{
	l->at = room(l->at, l->n, 1, &l->cap, sizeof *l->at);
	l->at[l->n++] = node;
}

void
node_list_done(struct node_list *l)
{
	free(l->at);
	*l = (struct node_list){0};
}

uint32_t
rules_repeat(struct rules *r, uint32_t node, uint32_t min, uint32_t max)
{
	assert(min <= max);
	if (max == 0)
		return RULES_EMPTY;
	if (min == 1 && max == 1)
		return node;
	return add(r, (struct node){.kind = NODE_REPEAT, .first = node, .n = 1, .min = min, .max = max});
}

/* ---- rules ---- */

uint32_t
rules_find(struct rules *r, const char *name, size_t len)
{
	uint32_t id = name ? map_find(&r->names, name, len) : MAP_NONE;
	struct rule *rule;

	if (id != MAP_NONE)
		return id;
	if (r->n_rules >= RULES_MAX_RULES) {
		r->full = true;
		return 0;
	}
	r->rules = room(r->rules, r->n_rules, 1, &r->cap_rules, sizeof *r->rules);
	rule = &r->rules[r->n_rules];
	*rule = (struct rule){.body = RULES_NONE};
	if (name) {
		rule->name = mem_new0(len + 1, 1);
		memcpy(rule->name, name, len);
		map_add(&r->names, rule->name, len, (uint32_t)r->n_rules);
	}
	return (uint32_t)r->n_rules++;
}

void
rules_define(struct rules *r, uint32_t rule, uint32_t body)
{
	assert(rule < r->n_rules);
	r->rules[rule].body = body;
}

uint32_t
rules_call(struct rules *r, uint32_t rule)
{
	return add(r, (struct node){.kind = NODE_RULE, .first = rule, .n = 1});
}

uint32_t
rules_token(struct rules *r, const char *name, size_t len, uint32_t id, bool negated)
{
	struct rule_token *t;

	if (r->n_tokens >= RULES_MAX_TOKENS)
		r->full = true;
	if (r->full)
		return RULES_FAIL;
	r->tokens = room(r->tokens, r->n_tokens, 1, &r->cap_tokens, sizeof *r->tokens);
	t = &r->tokens[r->n_tokens];
	*t = (struct rule_token){.id = id, .negated = negated};
	if (name) {
		t->name = mem_new0(len + 1, 1);
		memcpy(t->name, name, len);
	}
	return add(r, (struct node){.kind = NODE_TOKEN, .first = (uint32_t)r->n_tokens++, .n = 1});
}
