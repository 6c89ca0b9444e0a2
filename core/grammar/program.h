/* The compiled form of a grammar: a small machine that reads bytes and may call.  Characters are spelled out as
 * UTF-8, so an unfinished character at the end of a token is a place in the program like any other.  Every place that
 * can be reached has a way to the end. */
#ifndef CORE_GRAMMAR_PROGRAM_H
#define CORE_GRAMMAR_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/grammar/grammar.h"
#include "core/grammar/rules.h"

enum {
	GRAMMAR_MAX_OPS = 1 << 19,
	GRAMMAR_OP_RETURN = 0,		/* the one operation of its kind */
};

enum op_kind {
	OP_RETURN,
	OP_RANGE,			/* a byte from a & 0xff to a >> 8, then op b */
	OP_SET,				/* an ASCII byte of sets[a], then op b */
	OP_SPLIT,			/* op a or op b */
	OP_JUMP,			/* op a */
	OP_CALL,			/* op a, and at its return op b */
	OP_TOKEN,			/* the token tokens[a], then op b */
};

struct op {
	uint32_t kind, a, b;
};

struct ascii_set {
	uint32_t bits[4];
};

struct grammar {
	struct op *ops;
	size_t n_ops, cap_ops;
	uint32_t start;
	struct ascii_set *sets;
	size_t n_sets, cap_sets;
	struct rule_token *tokens;
	size_t n_tokens;
	/* Bytes that no operation tells apart are one class. */
	uint8_t class_of[256];
	uint8_t byte_of[256];		/* the first of each class */
	uint32_t n_classes;
};

/* The root of R as a program.  NULL with *e set: too large, or nothing matches it. */
struct grammar *rules_compile(const struct rules *r, struct err *e) MUST_CHECK;

static inline bool
op_takes(const struct grammar *g, const struct op *op, uint8_t byte)
{
	if (op->kind == OP_RANGE)
		return byte >= (op->a & 0xff) && byte <= op->a >> 8;
	return op->kind == OP_SET && byte < 128 && (g->sets[op->a].bits[byte / 32] >> byte % 32 & 1);
}

#endif
