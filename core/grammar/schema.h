/* JSON schema to rules: what its files share.  Every answer the rules allow is valid; not every valid text is allowed:
 *   - members come in the order of the schema, without blanks but for one after a comma or colon;
 *   - members that the schema does not name are written only where it says additionalProperties;
 *   - numbers have at most 16 digits before and after the point;
 *   - a keyword that would hold the answer and is not supported makes the schema refused. */
#ifndef CORE_GRAMMAR_SCHEMA_H
#define CORE_GRAMMAR_SCHEMA_H

#include <jansson.h>

#include "core/grammar/program.h"
#include "core/grammar/source.h"

enum {
	T_NULL = 1, T_BOOLEAN = 2, T_INTEGER = 4, T_NUMBER = 8, T_STRING = 16, T_ARRAY = 32, T_OBJECT = 64,
};

enum {
	SCHEMA_MAX_DEPTH = 100,
	SCHEMA_MAX_MERGES = 100000,
	SCHEMA_MAX_EXCLUSIVE = 256,	/* branches of a oneOf */
};

/* Rules that schemas have in common, made at their first use. */
enum common {
	COMMON_ANY, COMMON_STRING, COMMON_CHAR, COMMON_PLAIN_CHAR, COMMON_NUMBER, COMMON_INTEGER, COMMON_COUNT
};

struct schema_ref {
	char *pointer;			/* "#/$defs/a" */
	const json_t *target;
	uint32_t rule;
};

struct schema {
	struct source src;
	json_t *root;
	struct rules r;
	struct err *e;
	struct buf path;		/* of the part being read: "#/properties/a" */
	struct schema_ref *refs;	/* met so far; those from next_ref on are not read yet */
	size_t n_refs, next_ref;
	struct map ref_names;
	json_t *made;			/* array of the schemas that merging made */
	size_t n_merges;		/* weighted by their size */
	int depth;
	uint32_t common[COMMON_COUNT];	/* rules; RULES_NONE */
	uint32_t colon, comma;		/* each with the blank that may follow */
};

/* One sentence about the part being read: line, column, its path. */
bool schema_error(struct schema *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Go down to member KEY (or element INDEX) of the present part, for messages; the length to return to. */
size_t schema_enter(struct schema *c, const char *key);
size_t schema_enter_index(struct schema *c, size_t index);
void schema_leave(struct schema *c, size_t len);

/* schema.c */
bool schema_node(struct schema *c, const json_t *s, uint32_t *out);
bool schema_resolve(struct schema *c, const char *pointer, const json_t **out);
/* A whole number from 0 of keyword KEY; *has says whether S has it. */
bool schema_count(struct schema *c, const json_t *s, const char *key, uint32_t *n, bool *has);
bool schema_types(struct schema *c, const json_t *s, unsigned *types);
bool schema_restricts(const json_t *s);		/* has a keyword that holds the answer */
json_t *schema_own(struct schema *c, json_t *made);	/* kept until the end; borrowed */
json_t *schema_without(struct schema *c, const json_t *s, const char *key);

/* schema_merge.c: the schema of what is valid for both; borrowed. */
bool schema_merge(struct schema *c, const json_t *a, const json_t *b, const json_t **out);
/* No value that the rules make of one of them is valid for the other. */
bool schema_disjoint(struct schema *c, const json_t *a, const json_t *b, bool *disjoint);

/* schema_value.c: literal values and the rules in common. */
uint32_t schema_common(struct schema *c, enum common which);
bool schema_value(struct schema *c, const json_t *value, uint32_t *out);
uint32_t schema_key(struct schema *c, const char *s, size_t n);		/* a string as JSON */
/* One character of the set, as JSON spells it inside a string. */
uint32_t schema_char(struct schema *c, struct char_range *ranges, size_t n, bool negated);

/* schema_string.c, schema_number.c, schema_array.c, schema_object.c: S as a value of that type. */
bool schema_string(struct schema *c, const json_t *s, uint32_t *out);
bool schema_integer(struct schema *c, const json_t *s, uint32_t *out);
bool schema_number(struct schema *c, const json_t *s, uint32_t *out);
bool schema_array(struct schema *c, const json_t *s, uint32_t *out);
bool schema_object(struct schema *c, const json_t *s, uint32_t *out);

/* regex.c: the inside of a string that PATTERN is found in. */
bool schema_pattern(struct schema *c, const char *pattern, size_t len, uint32_t *out);

#endif
