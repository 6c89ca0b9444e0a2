/* JSON schema: references, combinations and types; see schema.h. */
#include "core/grammar/schema.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define MAX_PATH_SHOWN 80		/* bytes of a path in a message: its end */

enum what { USED, NOTE, REFUSED };

static const struct keyword {
	const char *name;
	enum what what;
	unsigned types;
} keywords[] = {
#define KEYWORD(name, what, types, merge) {name, what, types},
#include "core/grammar/schema_keyword.def"
#undef KEYWORD
};

static const struct {
	const char *name;
	unsigned type;
	bool (*make)(struct schema *c, const json_t *s, uint32_t *out);	/* NULL: TEXT instead */
	const char *text[2];
} types[] = {
	{"object", T_OBJECT, schema_object, {NULL}},
	{"array", T_ARRAY, schema_array, {NULL}},
	{"string", T_STRING, schema_string, {NULL}},
	{"number", T_NUMBER, schema_number, {NULL}},
	{"integer", T_INTEGER, schema_integer, {NULL}},
	{"boolean", T_BOOLEAN, NULL, {"true", "false"}},
	{"null", T_NULL, NULL, {"null", NULL}},
};

/* ---- messages ---- */

bool
schema_error(struct schema *c, const char *fmt, ...)
{
	const char *path = buf_str(&c->path);
	char text[300];
	size_t n = c->path.len > MAX_PATH_SHOWN ? MAX_PATH_SHOWN : c->path.len;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return source_error(&c->src, source_find(&c->src, path + 1), c->e, "%s%s: %s", n < c->path.len ? "…" : "",
	    n > 1 ? path + c->path.len - n : "the schema", text);
}

size_t
schema_enter(struct schema *c, const char *key)
{
	size_t len = c->path.len;

	buf_add_char(&c->path, '/');
	for (; *key; key++) {
		if (*key == '~' || *key == '/')
			buf_add_str(&c->path, *key == '~' ? "~0" : "~1");
		else
			buf_add_char(&c->path, *key);
	}
	return len;
}

size_t
schema_enter_index(struct schema *c, size_t index)
{
	size_t len = c->path.len;

	buf_printf(&c->path, "/%zu", index);
	return len;
}

void
schema_leave(struct schema *c, size_t len)
{
	buf_truncate(&c->path, len);
}

/* ---- schemas made of others ---- */

json_t *
schema_own(struct schema *c, json_t *made)
{
	if (json_array_append_new(c->made, made) == 0)
		return made;
	c->r.full = true;
	return json_false();
}

json_t *
schema_without(struct schema *c, const json_t *s, const char *key)
{
	json_t *copy = json_object();
	const char *k;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)s, k, v)
		if (strcmp(k, key) != 0)
			json_object_set(copy, k, v);
	return schema_own(c, copy);
}

/* ---- keywords ---- */

static const struct keyword *
find_keyword(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	return NULL;
}

static bool
check_keywords(struct schema *c, const json_t *s)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)s, key, v) {
		const struct keyword *k = find_keyword(key);
		size_t len;

		if ((k && k->what != REFUSED) || strncmp(key, "x-", 2) == 0)
			continue;
		len = schema_enter(c, key);
		if (k)
			schema_error(c, "the keyword \"%.60s\" is not supported", key);
		else
			schema_error(c, "there is no keyword \"%.60s\"", key);
		schema_leave(c, len);
		return false;
	}
	return true;
}

bool
schema_restricts(const json_t *s)
{
	const char *key;
	json_t *v;

	if (!json_is_object(s))
		return !json_is_true(s);
	json_object_foreach((json_t *)(uintptr_t)s, key, v) {
		const struct keyword *k = find_keyword(key);

		if (k && k->what != NOTE)
			return true;
	}
	return false;
}

bool
schema_count(struct schema *c, const json_t *s, const char *key, uint32_t *n, bool *has)
{
	const json_t *v = json_object_get(s, key);
	double d = json_number_value(v);
	size_t len;

	*has = v != NULL;
	if (!v)
		return true;
	len = schema_enter(c, key);
	if (!json_is_number(v) || d < 0 || d != floor(d))
		return schema_error(c, "expected a whole number from 0");
	if (d > RULES_MAX_REPEAT)
		return schema_error(c, "it is %.15g, at most %d is possible", d, RULES_MAX_REPEAT);
	*n = (uint32_t)d;
	schema_leave(c, len);
	return true;
}

/* ---- types ---- */

static bool
type_named(struct schema *c, const json_t *v, unsigned *type)
{
	for (size_t i = 0; json_is_string(v) && i < ARRAY_LEN(types); i++) {
		if (strcmp(types[i].name, json_string_value(v)) == 0) {
			*type |= types[i].type;
			return true;
		}
	}
	return schema_error(c, "expected one of object, array, string, number, integer, boolean and null");
}

/* A schema that says no type but speaks of strings means strings. */
static unsigned
implied_types(const json_t *s)
{
	unsigned implied = 0;
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)s, key, v) {
		const struct keyword *k = find_keyword(key);

		implied |= k ? k->types : 0;
	}
	return implied;
}

bool
schema_types(struct schema *c, const json_t *s, unsigned *out)
{
	const json_t *v = json_object_get(s, "type");
	size_t len = schema_enter(c, "type");
	bool ok = true;

	*out = 0;
	if (json_is_array(v)) {
		if (json_array_size(v) == 0)
			return schema_error(c, "expected at least one type");
		for (size_t i = 0; ok && i < json_array_size(v); i++)
			ok = type_named(c, json_array_get(v, i), out);
	} else if (v) {
		ok = type_named(c, v, out);
	} else {
		*out = implied_types(s);
		if (*out == 0)
			*out = T_NULL | T_BOOLEAN | T_NUMBER | T_STRING | T_ARRAY | T_OBJECT;
	}
	if (json_is_true(json_object_get(s, "nullable")))
		*out |= T_NULL;
	if (ok)
		schema_leave(c, len);
	return ok;
}

static bool
of_types(struct schema *c, const json_t *s, uint32_t *out)
{
	struct node_list ways = {0};
	unsigned want;
	bool ok = schema_types(c, s, &want);

	if (want & T_NUMBER)
		want &= ~(unsigned)T_INTEGER;
	for (size_t i = 0; ok && i < ARRAY_LEN(types); i++) {
		uint32_t node;

		if (!(want & types[i].type))
			continue;
		if (types[i].make) {
			ok = types[i].make(c, s, &node);
			node_list_add(&ways, ok ? node : RULES_FAIL);
		}
		for (size_t k = 0; k < 2 && types[i].text[k]; k++)
			node_list_add(&ways, rules_str(&c->r, types[i].text[k]));
	}
	*out = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	return ok;
}

/* ---- values ---- */

static bool
has_type(const json_t *v, unsigned want)
{
	double d = json_number_value(v);

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return want & T_OBJECT;
	case JSON_ARRAY:
		return want & T_ARRAY;
	case JSON_STRING:
		return want & T_STRING;
	case JSON_INTEGER:
		return want & (T_INTEGER | T_NUMBER);
	case JSON_REAL:
		return (want & T_NUMBER) || ((want & T_INTEGER) && d > -1e15 && d < 1e15 && d == (double)(int64_t)d);
	case JSON_TRUE:
	case JSON_FALSE:
		return want & T_BOOLEAN;
	case JSON_NULL:
		break;
	}
	return want & T_NULL;
}

/* The values of enum or const; beside them only a type may choose. */
static bool
of_values(struct schema *c, const json_t *s, const char *key, uint32_t *out)
{
	const json_t *values = json_object_get(s, key);
	bool one = strcmp(key, "const") == 0, ok = true, typed = json_object_get(s, "type") != NULL;
	size_t n = one ? 1 : json_array_size(values), len;
	struct node_list ways = {0};
	unsigned want;
	const char *k;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)s, k, v)
		if (find_keyword(k) && find_keyword(k)->types)
			return schema_error(c, "\"%s\" together with \"%s\" is not supported", key, k);
	if (!schema_types(c, s, &want))
		return false;
	len = schema_enter(c, key);
	if (n == 0)
		return schema_error(c, "expected a list of at least one value");
	for (size_t i = 0; i < n && ok; i++) {
		const json_t *value = one ? values : json_array_get(values, i);
		uint32_t node = RULES_FAIL;

		if (!typed || has_type(value, want)) {
			ok = schema_value(c, value, &node);
			node_list_add(&ways, node);
		}
	}
	*out = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	if (ok)
		schema_leave(c, len);
	return ok;
}

/* ---- references ---- */

static int
hex_digit(char ch)
{
	return ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 :
	    ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

/* One part of a pointer: ~0, ~1 and %XX undone. */
static const char *
pointer_part(const char *p, struct buf *out)
{
	buf_clear(out);
	for (; *p && *p != '/'; p++) {
		if (*p == '~' && (p[1] == '0' || p[1] == '1')) {
			buf_add_char(out, *++p == '0' ? '~' : '/');
		} else if (*p == '%' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
			buf_add_char(out, (char)(hex_digit(p[1]) * 16 + hex_digit(p[2])));
			p += 2;
		} else {
			buf_add_char(out, *p);
		}
	}
	return p;
}

bool
schema_resolve(struct schema *c, const char *pointer, const json_t **out)
{
	const json_t *at = c->root;
	const char *p = pointer + 1;
	struct buf part = {0};

	if (pointer[0] != '#' || (p[0] && p[0] != '/'))
		return schema_error(c, "\"%.80s\" is not supported: expected a reference within the schema, as \"#/$defs/name\"",
		    pointer);
	while (at && *p == '/') {
		p = pointer_part(p + 1, &part);
		if (json_is_array(at))
			at = json_array_get(at, (size_t)strtoul(buf_str(&part), NULL, 10));
		else
			at = json_object_get(at, buf_str(&part));
	}
	buf_done(&part);
	*out = at;
	return at || schema_error(c, "\"%.80s\" is not there", pointer);
}

static bool
of_ref(struct schema *c, const json_t *s, uint32_t *out)
{
	const char *pointer = json_string_value(json_object_get(s, "$ref"));
	const json_t *rest = schema_without(c, s, "$ref"), *target, *merged;
	size_t len = schema_enter(c, "$ref");
	uint32_t i;

	if (!pointer)
		return schema_error(c, "expected a text");
	if (!schema_resolve(c, pointer, &target))
		return false;
	schema_leave(c, len);
	if (schema_restricts(rest))
		return schema_merge(c, target, rest, &merged) && schema_node(c, merged, out);
	i = map_find(&c->ref_names, pointer, strlen(pointer));
	if (i == MAP_NONE) {
		i = (uint32_t)c->n_refs++;
		c->refs = mem_grow(c->refs, c->n_refs, sizeof *c->refs);
		c->refs[i] = (struct schema_ref){mem_dup(pointer), target, rules_find(&c->r, NULL, 0)};
		map_add(&c->ref_names, c->refs[i].pointer, strlen(pointer), i);
	}
	*out = rules_call(&c->r, c->refs[i].rule);
	return true;
}

/* ---- combinations ---- */

static bool
list_of(struct schema *c, const json_t *s, const char *key, const json_t **out)
{
	size_t len = schema_enter(c, key);

	*out = json_object_get(s, key);
	if (!json_is_array(*out) || json_array_size(*out) == 0)
		return schema_error(c, "expected a list of at least one schema");
	schema_leave(c, len);
	return true;
}

static bool
of_all(struct schema *c, const json_t *s, uint32_t *out)
{
	const json_t *list, *sum = schema_without(c, s, "allOf");
	size_t len;

	if (!list_of(c, s, "allOf", &list))
		return false;
	len = schema_enter(c, "allOf");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!schema_merge(c, sum, json_array_get(list, i), &sum))
			return false;
	schema_leave(c, len);
	return schema_node(c, sum, out);
}

static bool
check_disjoint(struct schema *c, const json_t *const *branch, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++) {
			bool disjoint;

			if (!schema_disjoint(c, branch[k], branch[i], &disjoint))
				return false;
			if (!disjoint)
				return schema_error(c, "some value may be valid for both %zu and %zu, expected exactly one: "
				    "tell them apart by a required constant, or use \"anyOf\"", k, i);
		}
	return true;
}

static bool
of_some(struct schema *c, const json_t *s, const char *key, bool exactly_one, uint32_t *out)
{
	const json_t *list, *rest = schema_without(c, s, key);
	const json_t **branch;
	struct node_list ways = {0};
	size_t n, len, part;
	bool ok;

	if (!list_of(c, s, key, &list))
		return false;
	n = json_array_size(list);
	if (exactly_one && n > SCHEMA_MAX_EXCLUSIVE)
		return schema_error(c, "oneOf has %zu branches, at most %d are possible", n, SCHEMA_MAX_EXCLUSIVE);
	branch = mem_new0(n, sizeof *branch);
	len = schema_enter(c, key);
	ok = true;
	for (size_t i = 0; ok && i < n; i++)
		ok = schema_merge(c, rest, json_array_get(list, i), &branch[i]);
	ok = ok && (!exactly_one || check_disjoint(c, branch, n));
	for (size_t i = 0; ok && i < n; i++) {
		uint32_t node;

		part = schema_enter_index(c, i);
		ok = schema_node(c, branch[i], &node);
		if (ok)
			schema_leave(c, part);
		node_list_add(&ways, ok ? node : RULES_FAIL);
	}
	*out = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	free(branch);
	if (ok)
		schema_leave(c, len);
	return ok;
}

static bool
of_object(struct schema *c, const json_t *s, uint32_t *out)
{
	if (json_object_get(s, "$ref"))
		return of_ref(c, s, out);
	if (json_object_get(s, "allOf"))
		return of_all(c, s, out);
	if (json_object_get(s, "anyOf"))
		return of_some(c, s, "anyOf", false, out);
	if (json_object_get(s, "oneOf"))
		return of_some(c, s, "oneOf", true, out);
	if (json_object_get(s, "enum") && json_object_get(s, "const"))
		return schema_error(c, "\"enum\" together with \"const\" is not supported");
	if (json_object_get(s, "enum"))
		return of_values(c, s, "enum", out);
	if (json_object_get(s, "const"))
		return of_values(c, s, "const", out);
	if (!schema_restricts(s)) {
		*out = rules_call(&c->r, schema_common(c, COMMON_ANY));
		return true;
	}
	return of_types(c, s, out);
}

bool
schema_node(struct schema *c, const json_t *s, uint32_t *out)
{
	bool ok;

	*out = RULES_FAIL;
	if (c->r.full || json_is_false(s))
		return true;
	if (json_is_true(s)) {
		*out = rules_call(&c->r, schema_common(c, COMMON_ANY));
		return true;
	}
	if (!json_is_object(s))
		return schema_error(c, "expected a schema: an object, true or false");
	if (++c->depth > SCHEMA_MAX_DEPTH)
		return schema_error(c, "schemas nest more than %d deep", SCHEMA_MAX_DEPTH);
	ok = check_keywords(c, s) && of_object(c, s, out);
	c->depth--;
	return ok;
}

/* ---- the whole ---- */

static bool
parse(struct schema *c)
{
	json_error_t je;
	uint32_t node;

	if (c->src.n > GRAMMAR_MAX_BYTES)
		return err_set(c->e, ERR_FAILED, "it is %zu bytes long, at most %zu are possible", c->src.n, GRAMMAR_MAX_BYTES);
	c->root = json_loadb(c->src.s, c->src.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &je);
	if (!c->root)
		return err_set(c->e, ERR_FAILED, "line %d, column %d: expected JSON: %s", je.line, je.column, je.text);
	if (!schema_node(c, c->root, &node))
		return false;
	rules_define(&c->r, 0, node);
	for (; c->next_ref < c->n_refs && !c->r.full; c->next_ref++) {
		const struct schema_ref *ref = &c->refs[c->next_ref];
		uint32_t rule = ref->rule;

		buf_clear(&c->path);
		buf_add_str(&c->path, ref->pointer);
		if (!schema_node(c, ref->target, &node))
			return false;
		rules_define(&c->r, rule, node);
	}
	return true;
}

static bool
check_rules(struct schema *c)
{
	struct rules_facts f;
	bool ok = true;

	if (c->r.full)
		return true;		/* rules_compile() says it */
	rules_facts_init(&f, &c->r);
	if (!f.productive[c->r.rules[0].body])
		ok = source_error(&c->src, 0, c->e, "nothing is valid for this schema, or only what has no end");
	else if (rules_left_recursive(&c->r, &f, NULL) != RULES_NONE)
		ok = source_error(&c->src, 0, c->e, "a part of the schema refers to itself before it says anything");
	rules_facts_done(&f);
	return ok;
}

struct grammar *
grammar_open_schema(const char *text, size_t len, struct err *e)
{
	struct schema c = {.src = {text, len}, .e = e, .made = json_array()};
	struct grammar *g = NULL;

	rules_init(&c.r);
	map_init(&c.ref_names, 16);
	memset(c.common, 0xff, sizeof c.common);
	buf_add_char(&c.path, '#');
	c.colon = rules_seq_of(&c.r, rules_str(&c.r, ":"), rules_repeat(&c.r, rules_str(&c.r, " "), 0, 1), RULES_NONE);
	c.comma = rules_seq_of(&c.r, rules_str(&c.r, ","), rules_repeat(&c.r, rules_str(&c.r, " "), 0, 1), RULES_NONE);
	if (parse(&c) && check_rules(&c))
		g = rules_compile(&c.r, e);
	for (size_t i = 0; i < c.n_refs; i++)
		free(c.refs[i].pointer);
	free(c.refs);
	map_done(&c.ref_names);
	json_decref(c.made);
	json_decref(c.root);
	rules_done(&c.r);
	buf_done(&c.path);
	return g;
}
