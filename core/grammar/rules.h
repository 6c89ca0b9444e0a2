/* The tree that both notations are parsed into.  Nodes are made bottom-up and never change, so one may have several
 * parents; only rules make cycles.  A limit met is remembered, not reported: rules_compile() says it. */
#ifndef CORE_GRAMMAR_RULES_H
#define CORE_GRAMMAR_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/map.h"

enum {
	RULES_MAX_NODES = 1 << 18,
	RULES_MAX_RULES = 1 << 15,
	RULES_MAX_RANGES = 1024,	/* of one set of characters */
	RULES_MAX_TOKENS = 1024,
	RULES_MAX_REPEAT = 65535,
	RULES_MAX_TEXT = 1 << 24,	/* bytes of all literals */
};
#define RULES_MANY UINT32_MAX		/* no upper bound of a repetition */

enum node_kind {
	NODE_EMPTY,			/* nothing, always there */
	NODE_FAIL,			/* cannot be matched */
	NODE_TEXT,			/* text.data[first .. first + n) */
	NODE_SET,			/* one character of ranges[first .. first + n) */
	NODE_SEQ,			/* nodes kids[first .. first + n), one after another */
	NODE_ALT,			/* one of them */
	NODE_REPEAT,			/* node FIRST, min to max times */
	NODE_RULE,			/* rules[first] */
	NODE_TOKEN,			/* tokens[first] */
};

struct node {
	enum node_kind kind;
	uint32_t first, n;
	uint32_t min, max;
};

/* The nodes that every tree has. */
#define RULES_EMPTY 0u
#define RULES_FAIL 1u
#define RULES_NONE UINT32_MAX

struct char_range {
	uint32_t low, high;		/* code points, both belong to it */
};

struct rule {
	char *name;
	uint32_t body;			/* RULES_NONE: not defined yet */
	size_t at;			/* offset in the source: of the definition, before it of the first use */
};

struct rule_token {
	char *name;			/* NULL: the id is given */
	uint32_t id;
	bool negated;
};

struct rules {
	struct node *nodes;
	size_t n_nodes, cap_nodes;
	uint32_t *kids;
	size_t n_kids, cap_kids;
	struct buf text;
	struct char_range *ranges;
	size_t n_ranges, cap_ranges;
	struct rule *rules;		/* [0] is the root */
	size_t n_rules, cap_rules;
	struct map names;
	struct rule_token *tokens;
	size_t n_tokens, cap_tokens;
	bool full;			/* a limit was met: what was made since is RULES_FAIL */
};

void rules_init(struct rules *r);
void rules_done(struct rules *r);

uint32_t rules_text(struct rules *r, const char *s, size_t n);
uint32_t rules_str(struct rules *r, const char *s);
/* Sorts and joins RANGES, which it changes; surrogates belong to no set. */
uint32_t rules_set(struct rules *r, struct char_range *ranges, size_t n, bool negated);
uint32_t rules_seq(struct rules *r, const uint32_t *nodes, size_t n);
uint32_t rules_alt(struct rules *r, const uint32_t *nodes, size_t n);
uint32_t rules_repeat(struct rules *r, uint32_t node, uint32_t min, uint32_t max);
uint32_t rules_call(struct rules *r, uint32_t rule);
uint32_t rules_token(struct rules *r, const char *name, size_t len, uint32_t id, bool negated);
/* The rule of this name, which is made at its first use.  NULL: a new one without a name. */
uint32_t rules_find(struct rules *r, const char *name, size_t len);
void rules_define(struct rules *r, uint32_t rule, uint32_t body);

/* As rules_seq() and rules_alt() of the nodes that follow, up to RULES_NONE. */
uint32_t rules_seq_of(struct rules *r, ...);
uint32_t rules_alt_of(struct rules *r, ...);

/* A list of nodes while it grows. */
struct node_list {
	uint32_t *at;
	size_t n, cap;
};
void node_list_add(struct node_list *l, uint32_t node);
void node_list_done(struct node_list *l);

/* Normal form of a set: sorted, disjoint, no surrogates; the number of ranges.  OUT has room for N + 2. */
size_t char_ranges_normal(struct char_range *ranges, size_t n, bool negated, struct char_range *out);

/* check.c: what can be said of each node. */
struct rules_facts {
	bool *productive;		/* [n_nodes]: some text matches it */
	bool *nullable;			/* [n_nodes]: the empty text does */
};
void rules_facts_init(struct rules_facts *f, const struct rules *r);
void rules_facts_done(struct rules_facts *f);
/* A rule that begins with itself, or RULES_NONE; PATH, when not NULL, gets its names: "a, b, a". */
uint32_t rules_left_recursive(const struct rules *r, const struct rules_facts *f, struct buf *path);
/* A rule that the root needs and that no finite text matches, or RULES_NONE. */
uint32_t rules_unproductive(const struct rules *r, const struct rules_facts *f);

#endif
