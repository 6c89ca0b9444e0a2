/* Arrays: elements with a place of their own, then the rest. */
#include "core/grammar/schema.h"

struct elements {
	struct node_list fixed;		/* a node for each place */
	uint32_t rest;			/* what stands after them; RULES_FAIL: nothing */
	uint32_t min, max;
};

static bool
read_fixed(struct schema *c, const json_t *list, const char *key, struct elements *l)
{
	size_t len = schema_enter(c, key);

	if (list && !json_is_array(list))
		return schema_error(c, "expected a list of schemas");
	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t part = schema_enter_index(c, i);
		uint32_t node;

		if (!schema_node(c, json_array_get(list, i), &node))
			return false;
		node_list_add(&l->fixed, node);
		schema_leave(c, part);
	}
	schema_leave(c, len);
	return true;
}

/* Without a word about the rest, a list of fixed places ends with them as far as it may. */
static bool
read_rest(struct schema *c, const json_t *rest, const char *key, struct elements *l)
{
	size_t len = schema_enter(c, key);

	l->rest = RULES_FAIL;
	if (!rest && (l->fixed.n == 0 || l->min > l->fixed.n))
		l->rest = rules_call(&c->r, schema_common(c, COMMON_ANY));
	if (rest && !schema_node(c, rest, &l->rest))
		return false;
	schema_leave(c, len);
	return true;
}

static bool
read(struct schema *c, const json_t *s, struct elements *l)
{
	const json_t *items = json_object_get(s, "items"), *unique = json_object_get(s, "uniqueItems");
	bool old = json_is_array(items), has;
	size_t len = schema_enter(c, "uniqueItems");

	if (unique && !json_is_false(unique))
		return schema_error(c, "elements that differ from each other are not supported");
	schema_leave(c, len);
	l->min = 0;
	l->max = RULES_MANY;
	if (!schema_count(c, s, "minItems", &l->min, &has) || !schema_count(c, s, "maxItems", &l->max, &has))
		return false;
	return read_fixed(c, old ? items : json_object_get(s, "prefixItems"), old ? "items" : "prefixItems", l) &&
	    read_rest(c, old ? json_object_get(s, "additionalItems") : items, old ? "additionalItems" : "items", l);
}

/* As a rule, so that long lists do not nest. */
static uint32_t
as_rule(struct schema *c, uint32_t node)
{
	uint32_t rule = rules_find(&c->r, NULL, 0);

	rules_define(&c->r, rule, node);
	return rules_call(&c->r, rule);
}

/* Between MIN and MAX times NODE, each after a comma. */
static uint32_t
more(struct schema *c, uint32_t node, uint32_t min, uint32_t max)
{
	return rules_repeat(&c->r, rules_seq_of(&c->r, c->comma, node, RULES_NONE), min, max);
}

static uint32_t
less(uint32_t n, size_t by)
{
	return n == RULES_MANY ? n : n > by ? n - (uint32_t)by : 0;
}

/* What stands between the brackets. */
static uint32_t
inside(struct schema *c, const struct elements *l)
{
	struct rules *r = &c->r;
	size_t n = l->fixed.n;
	uint32_t at;

	if (l->max == 0)
		return RULES_EMPTY;
	if (n == 0) {
		at = rules_seq_of(r, l->rest, more(c, l->rest, less(l->min, 1), less(l->max, 1)), RULES_NONE);
		return rules_repeat(r, at, l->min > 0, 1);
	}
	at = l->max > n ? more(c, l->rest, less(l->min, n), less(l->max, n)) : RULES_EMPTY;
	for (size_t i = n; i-- > 0;) {
		if (i >= l->max) {
			at = RULES_EMPTY;
			continue;
		}
		at = rules_seq_of(r, i > 0 ? c->comma : RULES_EMPTY, l->fixed.at[i], at, RULES_NONE);
		at = as_rule(c, rules_repeat(r, at, i < l->min, 1));
	}
	return at;
}

bool
schema_array(struct schema *c, const json_t *s, uint32_t *out)
{
	struct elements l = {0};
	bool ok = read(c, s, &l);

	*out = RULES_FAIL;
	if (ok && l.min <= l.max)
		*out = rules_seq_of(&c->r, rules_str(&c->r, "["), inside(c, &l), rules_str(&c->r, "]"), RULES_NONE);
	node_list_done(&l.fixed);
	return ok;
}
