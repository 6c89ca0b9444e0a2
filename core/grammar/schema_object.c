/* Objects: the members that the schema names, in its order, then others where it allows them. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/grammar/schema.h"

#define MAX_KEY 1024			/* bytes of a key that others have to differ from */

struct member {
	const char *key;		/* borrowed */
	uint32_t node;			/* "key": value */
	bool required;
};

struct members {
	struct member *all;
	size_t n, cap;
	uint32_t other;			/* a member of another name; RULES_FAIL: there is none */
};

static uint32_t
as_rule(struct schema *c, uint32_t node)
{
	uint32_t rule = rules_find(&c->r, NULL, 0);

	rules_define(&c->r, rule, node);
	return rules_call(&c->r, rule);
}

static bool
add_member(struct schema *c, struct members *m, const char *key, const json_t *value)
{
	uint32_t node;

	if (!schema_node(c, value, &node))
		return false;
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 16;
		m->all = mem_grow(m->all, m->cap, sizeof *m->all);
	}
	node = as_rule(c, rules_seq_of(&c->r, schema_key(c, key, strlen(key)), c->colon, node, RULES_NONE));
	m->all[m->n++] = (struct member){.key = key, .node = node};
	return true;
}

static bool
read_named(struct schema *c, const json_t *s, struct members *m)
{
	const json_t *named = json_object_get(s, "properties");
	size_t len = schema_enter(c, "properties");
	const char *key;
	json_t *v;

	if (named && !json_is_object(named))
		return schema_error(c, "expected an object of schemas");
	json_object_foreach((json_t *)(uintptr_t)named, key, v) {
		size_t part = schema_enter(c, key);

		if (!add_member(c, m, key, v))
			return false;
		schema_leave(c, part);
	}
	schema_leave(c, len);
	return true;
}

/* What is required and not named has the schema of the others. */
static bool
read_required(struct schema *c, const json_t *s, struct members *m)
{
	const json_t *list = json_object_get(s, "required"), *named = json_object_get(s, "properties");
	const json_t *other = json_object_get(s, "additionalProperties");
	size_t len = schema_enter(c, "required");
	struct map by_key;
	bool ok = true;

	if (list && !json_is_array(list))
		return schema_error(c, "expected a list of names");
	map_init(&by_key, json_object_size(named) + json_array_size(list));
	for (size_t i = 0; i < m->n; i++)
		map_add(&by_key, m->all[i].key, strlen(m->all[i].key), (uint32_t)i);
	for (size_t i = 0; ok && i < json_array_size(list); i++) {
		const char *key = json_string_value(json_array_get(list, i));
		uint32_t at = key ? map_find(&by_key, key, strlen(key)) : MAP_NONE;

		if (!key)
			ok = schema_error(c, "expected a list of names");
		else if (at == MAP_NONE && (ok = add_member(c, m, key, other ? other : json_true())))
			at = map_add(&by_key, key, strlen(key), (uint32_t)m->n - 1);
		if (ok)
			m->all[at].required = true;
	}
	map_done(&by_key);
	if (ok)
		schema_leave(c, len);
	return ok;
}

/* ---- names of others ---- */

/* The inside of a string that is none of KEYS[0..N), sorted, which agree in their first AT bytes. */
static uint32_t
other_key(struct schema *c, const char *const *keys, size_t n, size_t at)
{
	uint32_t rest = rules_repeat(&c->r, rules_call(&c->r, schema_common(c, COMMON_CHAR)), 0, RULES_MANY);
	struct char_range *next = mem_new0(n, sizeof *next);
	struct node_list ways = {0};
	size_t n_next = 0;
	uint32_t node;

	if (keys[0][at])
		node_list_add(&ways, RULES_EMPTY);
	for (size_t i = 0, end; i < n && !c->r.full; i = end) {
		struct char_range one;
		uint32_t cp;
		bool ok;
		size_t len = utf8_decode(keys[i] + at, strlen(keys[i] + at) + 1, &cp, &ok);

		for (end = i + 1; end < n && keys[i][at] && strncmp(keys[end] + at, keys[i] + at, len) == 0;)
			end++;
		if (!keys[i][at])
			continue;
		one.low = one.high = cp;
		next[n_next++] = one;
		node_list_add(&ways, rules_seq_of(&c->r, schema_char(c, &one, 1, false),
		    other_key(c, keys + i, end - i, at + len), RULES_NONE));
	}
	node = n_next ? schema_char(c, next, n_next, true) : rules_call(&c->r, schema_common(c, COMMON_PLAIN_CHAR));
	node_list_add(&ways, rules_seq_of(&c->r, node, rest, RULES_NONE));
	free(next);
	node = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	return node;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
other_name(struct schema *c, const struct members *m, uint32_t *out)
{
	const char **keys;
	uint32_t inside;

	if (m->n == 0) {
		*out = rules_call(&c->r, schema_common(c, COMMON_STRING));
		return true;
	}
	keys = mem_new0(m->n, sizeof *keys);
	for (size_t i = 0; i < m->n; i++) {
		keys[i] = m->all[i].key;
		if (strlen(keys[i]) <= MAX_KEY)
			continue;
		free(keys);
		return schema_error(c, "a name is longer than %d bytes", MAX_KEY);
	}
	qsort(keys, m->n, sizeof *keys, by_bytes);
	inside = other_key(c, keys, m->n, 0);
	free(keys);
	*out = rules_seq_of(&c->r, rules_str(&c->r, "\""), inside, rules_str(&c->r, "\""), RULES_NONE);
	return true;
}

static bool
read_others(struct schema *c, const json_t *s, struct members *m)
{
	const json_t *other = json_object_get(s, "additionalProperties");
	size_t len = schema_enter(c, "additionalProperties");
	uint32_t name = RULES_FAIL, value;

	m->other = RULES_FAIL;
	if (other ? json_is_false(other) : m->n > 0) {
		schema_leave(c, len);
		return true;
	}
	if (!schema_node(c, other ? other : json_true(), &value) || !other_name(c, m, &name))
		return false;
	m->other = as_rule(c, rules_seq_of(&c->r, name, c->colon, value, RULES_NONE));
	schema_leave(c, len);
	return true;
}

/* ---- the whole ---- */

/* From the last member to the first: what may follow when something stands before it, and when nothing does. */
static uint32_t
inside(struct schema *c, const struct members *m)
{
	struct rules *r = &c->r;
	uint32_t after = RULES_EMPTY, first = RULES_EMPTY;

	if (m->other != RULES_FAIL) {
		after = rules_repeat(r, rules_seq_of(r, c->comma, m->other, RULES_NONE), 0, RULES_MANY);
		first = rules_repeat(r, rules_seq_of(r, m->other, after, RULES_NONE), 0, 1);
	}
	for (size_t i = m->n; i-- > 0;) {
		const struct member *one = &m->all[i];
		uint32_t here = rules_seq_of(r, one->node, after, RULES_NONE);
		uint32_t next = rules_seq_of(r, rules_repeat(r, rules_seq_of(r, c->comma, one->node, RULES_NONE),
		    one->required, 1), after, RULES_NONE);

		first = as_rule(c, one->required ? here : rules_alt_of(r, here, first, RULES_NONE));
		after = as_rule(c, next);
	}
	return first;
}

bool
schema_object(struct schema *c, const json_t *s, uint32_t *out)
{
	struct members m = {0};
	bool ok = read_named(c, s, &m) && read_required(c, s, &m) && read_others(c, s, &m);

	*out = RULES_FAIL;
	if (ok)
		*out = rules_seq_of(&c->r, rules_str(&c->r, "{"), inside(c, &m), rules_str(&c->r, "}"), RULES_NONE);
	free(m.all);
	return ok;
}
