/* The parts of an answer while it streams: thinking, the answer itself, tool calls.  What marks them is in section.def.
 * Text goes in as it is generated and comes out as pieces that are certain; the beginning of what may be a marker is held
 * back until it is decided.  No input is lost: all pieces, markers included, are the text that went in. */
#ifndef CORE_SPLIT_H
#define CORE_SPLIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/call.h"
#include "core/minnow.h"

enum section_place { SECTION_FIRST, SECTION_ANYWHERE, SECTION_TOOLS, SECTION_WHOLE };

struct section {
	enum part part;
	enum section_place place;
	const char *needs, *open, *close, *inner;
	enum call_syntax_id syntax;
};
const struct section *section_at(size_t i);	/* NULL past the last */

struct split_start {
	uint64_t sections;		/* bit i: section_at(i) is looked for */
	const char *open;		/* the marker the prompt ends with, a section's; NULL: none */
	const json_t *tools;		/* what the model may call, or NULL; must outlive the split */
};

struct split {
	uint64_t sections;
	const json_t *tools;		/* not owned */
	int open;			/* the section we are in; -1: the answer */
	int closed;			/* the tool section that was closed last; -1: none */
	bool begun;			/* the answer has: more than blanks */
	bool trim;			/* line breaks that come next belong to a marker */
	unsigned n_quoted;		/* closing markers passed by because they were quoted */
	struct buf held;		/* text from at on is not given out yet */
	size_t at;
	struct buf section;		/* of the open tool section, or of the last one: all of it, markers included … */
	size_t body_at, body_len;	/* … and what is between them */
};

struct piece {
	enum part part;
	bool marker;			/* no content */
	bool closed;			/* with it a tool section is complete: split_calls() */
	const char *text;		/* until the next call */
	size_t len;			/* 0 only where closed is set */
};

void split_init(struct split *s, const struct split_start *start);
void split_done(struct split *s);
void split_push(struct split *s, const char *text, size_t len);
/* The next piece; false: nothing is certain.  END: no more text will come. */
bool split_next(struct split *s, bool end, struct piece *out);
enum part split_part(const struct split *s);	/* where we are now */
/* The calls of the section that was closed last.  False with *e when it is malformed; split_section() has its text. */
bool split_calls(const struct split *s, struct calls *out, struct err *e) MUST_CHECK;
const struct buf *split_section(const struct split *s);

#endif
