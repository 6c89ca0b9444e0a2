/* Finding special tokens in a text: the leftmost one, of several at one place the longest. */
#ifndef CORE_TOK_SPECIAL_H
#define CORE_TOK_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/tok/vocab.h"

/* Spellings sorted by their bytes: those that share a prefix are neighbours. */
struct special {
	const char *text;
	uint32_t len;
	uint32_t id;
	bool strips_right;	/* the white space that follows belongs to it */
};

struct special_set {
	struct special *items;
	uint32_t n;
	uint32_t first[257];	/* items that begin with byte b: first[b] .. first[b + 1) */
	uint64_t starts[256][4];	/* bit c of [b]: an item may stand where the bytes b, c do */
	bool has_space;		/* in some spelling */
	struct buf spellings;	/* of all items */
};

struct special_options {
	bool control;		/* CONTROL and UNKNOWN entries as well as USER ones */
	bool space_is_mark;	/* U+2581 in a spelling is a space */
	bool strips_right;	/* the rule of Phi-3, see special.c */
};
bool special_set_build(struct special_set *s, const struct vocab *v, struct special_options o,
    struct err *e) MUST_CHECK;
void special_set_done(struct special_set *s);

struct special_match {
	size_t at, len;		/* len: without the white space that follows */
	const struct special *item;
};
bool special_find(const struct special_set *s, const char *text, size_t len, size_t from,
    struct special_match *m);

/* Bytes of white space (Unicode White_Space) that TEXT begins with. */
size_t special_space_len(const char *text, size_t len);

#endif
