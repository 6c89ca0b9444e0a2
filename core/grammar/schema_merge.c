/* The schema of what is valid for two schemas at once, and whether two have a value in common. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/grammar/schema.h"

#define MAX_COMPARED 4000000		/* pairs of values */

/* One keyword of the sum: A and B are not NULL.  NULL with the error set when the two cannot be joined. */
typedef json_t *merge_fn(struct schema *c, const char *key, const json_t *a, const json_t *b);

static json_t *
taken(const json_t *v)
{
	return json_incref((json_t *)(uintptr_t)v);
}

static json_t *
merge_first(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	(void)c;
	(void)key;
	(void)b;
	return taken(a);
}

static json_t *
merge_same(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	if (json_equal(a, b))
		return taken(a);
	schema_error(c, "two different values of \"%s\" that both must hold are not supported", key);
	return NULL;
}

static json_t *
merge_never(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	return merge_same(c, key, a, b);
}

static json_t *
merge_larger(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	(void)c;
	(void)key;
	return taken(json_number_value(a) >= json_number_value(b) ? a : b);
}

static json_t *
merge_smaller(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	(void)c;
	(void)key;
	return taken(json_number_value(a) <= json_number_value(b) ? a : b);
}

static json_t *
merge_both(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	(void)c;
	(void)key;
	return json_boolean(json_is_true(a) && json_is_true(b));
}

/* Either may be one name or a list of them; a whole number is a number. */
static bool
names_type(const json_t *v, const char *type, size_t len)
{
	bool found = json_is_string(v) && json_string_length(v) == len && memcmp(json_string_value(v), type, len) == 0;

	for (size_t i = 0; i < json_array_size(v); i++)
		found = found || names_type(json_array_get(v, i), type, len);
	return found;
}

static void
add_types(json_t *out, const json_t *from, const json_t *other)
{
	size_t n = json_is_array(from) ? json_array_size(from) : 1;

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_is_array(from) ? json_array_get(from, i) : from;
		const char *type = json_string_value(v);

		if (!type || names_type(out, type, strlen(type)))
			continue;
		if (names_type(other, type, strlen(type)) ||
		    (strcmp(type, "integer") == 0 && names_type(other, "number", 6)))
			json_array_append(out, (json_t *)(uintptr_t)v);
	}
}

static json_t *
merge_type(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	json_t *out = json_array();

	(void)c;
	(void)key;
	add_types(out, a, b);
	add_types(out, b, a);
	return out;
}

static json_t *
merge_values(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	json_t *out;

	if (json_array_size(a) * json_array_size(b) > MAX_COMPARED) {
		schema_error(c, "two lists in \"%s\" that both must hold are too long", key);
		return NULL;
	}
	out = json_array();
	for (size_t i = 0; i < json_array_size(a); i++)
		for (size_t k = 0; k < json_array_size(b); k++)
			if (json_equal(json_array_get(a, i), json_array_get(b, k))) {
				json_array_append(out, json_array_get(a, i));
				break;
			}
	return out;
}

static json_t *
merge_lists(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	json_t *out = json_copy((json_t *)(uintptr_t)a);

	(void)c;
	(void)key;
	json_array_extend(out, (json_t *)(uintptr_t)b);
	return out;
}

static json_t *
both_of(const json_t *a, const json_t *b)
{
	json_t *s = json_object(), *list = json_array();

	json_array_append(list, (json_t *)(uintptr_t)a);
	json_array_append(list, (json_t *)(uintptr_t)b);
	json_object_set_new(s, "allOf", list);
	return s;
}

/* (a or b) and (c or d): one of four. */
static json_t *
merge_product(struct schema *c, const char *key, const json_t *a, const json_t *b)
{
	json_t *out;

	if (json_array_size(a) * json_array_size(b) > 1024) {
		schema_error(c, "the combinations of two \"%s\" are more than 1024", key);
		return NULL;
	}
	out = json_array();
	for (size_t i = 0; i < json_array_size(a); i++)
		for (size_t k = 0; k < json_array_size(b); k++)
			json_array_append_new(out, both_of(json_array_get(a, i), json_array_get(b, k)));
	return out;
}

/* Keywords that depend on each other: merge_objects() and merge_arrays(). */
static merge_fn *const merge_elsewhere = NULL;

struct merge_row {
	const char *name;
	merge_fn *merge;
};

static merge_fn *
find_merge(const char *name)
{
	const struct merge_row rows[] = {
#define KEYWORD(name, what, types, merge) {name, merge_##merge},
#include "core/grammar/schema_keyword.def"
#undef KEYWORD
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].merge;
	return merge_first;
}

/* ---- members ---- */

/* What schema S says of the member KEY; NULL: nothing. */
static const json_t *
of_member(const json_t *s, const char *key)
{
	const json_t *v = json_object_get(json_object_get(s, "properties"), key);

	return v ? v : json_object_get(s, "additionalProperties");
}

static json_t *
both_or_one(const json_t *a, const json_t *b)
{
	if (a && b)
		return json_equal(a, b) ? taken(a) : both_of(a, b);
	return taken(a ? a : b);
}

static void
merge_members(json_t *out, const json_t *a, const json_t *b)
{
	const json_t *of[] = {json_object_get(a, "properties"), json_object_get(b, "properties")};
	const json_t *more[] = {json_object_get(a, "additionalProperties"), json_object_get(b, "additionalProperties")};
	json_t *members = json_object();
	const char *key;
	json_t *v;

	for (int i = 0; i < 2; i++)
		json_object_foreach((json_t *)(uintptr_t)of[i], key, v)
			if (!json_object_get(members, key))
				json_object_set_new(members, key, both_or_one(of_member(a, key), of_member(b, key)));
	if (of[0] || of[1])
		json_object_set(out, "properties", members);
	json_decref(members);
	if (more[0] || more[1])
		json_object_set_new(out, "additionalProperties", both_or_one(more[0], more[1]));
}

/* ---- elements ---- */

/* The two spellings of lists with fixed places as one: prefix and the rest. */
static void
elements(const json_t *s, const json_t **prefix, const json_t **rest)
{
	const json_t *items = json_object_get(s, "items");

	*prefix = json_is_array(items) ? items : json_object_get(s, "prefixItems");
	*rest = json_is_array(items) ? json_object_get(s, "additionalItems") : items;
}

static void
merge_elements(json_t *out, const json_t *a, const json_t *b)
{
	const json_t *prefix[2], *rest[2];
	json_t *list = json_array();
	size_t n[2];

	elements(a, &prefix[0], &rest[0]);
	elements(b, &prefix[1], &rest[1]);
	for (int i = 0; i < 2; i++)
		n[i] = json_array_size(prefix[i]);
	for (size_t i = 0; i < (n[0] > n[1] ? n[0] : n[1]); i++)
		json_array_append_new(list, both_or_one(i < n[0] ? json_array_get(prefix[0], i) : rest[0],
		    i < n[1] ? json_array_get(prefix[1], i) : rest[1]));
	if (json_array_size(list) > 0)
		json_object_set(out, "prefixItems", list);
	json_decref(list);
	if (rest[0] || rest[1])
		json_object_set_new(out, "items", both_or_one(rest[0], rest[1]));
}

/* ---- the sum ---- */

/* S without references, and its constant as a list of one value. */
static bool
plain(struct schema *c, const json_t **s)
{
	const json_t *value, *target;

	for (const char *ref; (ref = json_string_value(json_object_get(*s, "$ref"))) != NULL;) {
		if (!schema_resolve(c, ref, &target) ||
		    !schema_merge(c, target, schema_without(c, *s, "$ref"), s))
			return false;
	}
	value = json_object_get(*s, "const");
	if (value) {
		json_t *copy = schema_without(c, *s, "const");

		if (json_object_get(copy, "enum"))
			return schema_error(c, "\"enum\" together with \"const\" is not supported");
		json_object_set_new(copy, "enum", json_pack("[O]", value));
		*s = copy;
	}
	return true;
}

static bool
merge_keywords(struct schema *c, json_t *out, const json_t *a, const json_t *b)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)a, key, v) {
		const json_t *other = json_object_get(b, key);
		merge_fn *merge = find_merge(key);
		json_t *sum;

		if (merge == NULL)
			continue;
		sum = other ? merge(c, key, v, other) : taken(v);
		if (!sum)
			return false;
		json_object_set_new(out, key, sum);
	}
	json_object_foreach((json_t *)(uintptr_t)b, key, v)
		if (find_merge(key) && !json_object_get(a, key))
			json_object_set(out, key, v);
	/* Without it on one side that side takes no null. */
	if (!json_object_get(a, "nullable") != !json_object_get(b, "nullable"))
		json_object_del(out, "nullable");
	return true;
}

/* In steps of 16 members, so that few merges of large schemas count like many of small ones. */
static size_t
cost(const json_t *s)
{
	return (json_object_size(s) + json_object_size(json_object_get(s, "properties")) +
	    json_array_size(json_object_get(s, "enum"))) / 16;
}

bool
schema_merge(struct schema *c, const json_t *a, const json_t *b, const json_t **out)
{
	json_t *sum;
	bool ok;

	c->n_merges += 1 + cost(a) + cost(b);
	if (c->n_merges > SCHEMA_MAX_MERGES)
		return schema_error(c, "the schema has too many combinations, or refers to itself without an end");
	if (!schema_restricts(b)) {
		*out = a;
		return true;
	}
	if (!schema_restricts(a)) {
		*out = b;
		return true;
	}
	if (json_is_false(a) || json_is_false(b)) {
		*out = schema_own(c, json_false());
		return true;
	}
	if (!json_is_object(a) || !json_is_object(b))
		return schema_error(c, "expected a schema: an object, true or false");
	if (++c->depth > SCHEMA_MAX_DEPTH)
		return schema_error(c, "the schema refers to itself without an end");
	if (!plain(c, &a) || !plain(c, &b))
		return false;
	c->depth--;
	if (!json_is_object(a) || !json_is_object(b))
		return schema_merge(c, a, b, out);
	sum = schema_own(c, json_object());
	ok = merge_keywords(c, sum, a, b);
	merge_members(sum, a, b);
	merge_elements(sum, a, b);
	*out = sum;
	return ok;
}

/* ---- nothing in common ---- */

static bool
no_common_value(const json_t *a, const json_t *b)
{
	for (size_t i = 0; i < json_array_size(a); i++)
		for (size_t k = 0; k < json_array_size(b); k++) {
			const json_t *x = json_array_get(a, i), *y = json_array_get(b, k);

			if (json_equal(x, y) || (json_is_number(x) && json_is_number(y) &&
			    json_number_value(x) == json_number_value(y)))
				return false;
		}
	return true;
}

static const json_t *
values_of(struct schema *c, const json_t *s)
{
	return json_is_object(s) && plain(c, &s) ? json_object_get(s, "enum") : NULL;
}

static bool
requires(const json_t *s, const char *key)
{
	const json_t *list = json_object_get(s, "required");

	return names_type(list, key, strlen(key));
}

/* An object made for A lacks what B requires, or has a constant that B does not take. */
static bool
objects_differ(struct schema *c, const json_t *a, const json_t *b)
{
	const json_t *list = json_object_get(b, "required"), *members = json_object_get(a, "properties");
	const json_t *more = json_object_get(a, "additionalProperties");
	bool closed = members && (!more || json_is_false(more)) && !json_object_get(a, "allOf") &&
	    !json_object_get(a, "anyOf") && !json_object_get(a, "oneOf");
	const char *key;
	json_t *v;

	for (size_t i = 0; closed && i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name && !json_object_get(members, name) && !requires(a, name))
			return true;
	}
	json_object_foreach((json_t *)(uintptr_t)members, key, v) {
		const json_t *mine = values_of(c, v), *its = values_of(c, of_member(b, key));

		if (requires(a, key) && mine && its && no_common_value(mine, its))
			return true;
	}
	return false;
}

bool
schema_disjoint(struct schema *c, const json_t *a, const json_t *b, bool *disjoint)
{
	const json_t *mine, *its;
	unsigned ta, tb;

	*disjoint = json_is_false(a) || json_is_false(b);
	if (*disjoint || !json_is_object(a) || !json_is_object(b))
		return true;
	if (!plain(c, &a) || !plain(c, &b) || !schema_types(c, a, &ta) || !schema_types(c, b, &tb))
		return false;
	ta |= ta & T_NUMBER ? T_INTEGER : 0;
	tb |= tb & T_NUMBER ? T_INTEGER : 0;
	mine = json_object_get(a, "enum");
	its = json_object_get(b, "enum");
	if (mine && its)
		*disjoint = no_common_value(mine, its);
	/* Types that are only implied hold what is made, not what is valid. */
	else if (json_object_get(a, "type") && json_object_get(b, "type"))
		*disjoint = (ta & tb) == 0 || ((ta & tb) == T_OBJECT && ta == T_OBJECT && tb == T_OBJECT &&
		    objects_differ(c, a, b) && objects_differ(c, b, a));
	return true;
}
