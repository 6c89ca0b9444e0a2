/* For tests: an answer split whole, or in chunks, into what it thinks, says and calls. */
#ifndef TESTS_DATA_PARTS_H
#define TESTS_DATA_PARTS_H

#include <string.h>

#include "core/split.h"

struct parts {
	struct buf all;			/* every piece, markers included */
	struct buf thinking, answer;
	struct buf broken;		/* malformed calls */
	json_t *calls;			/* [{"name", "arguments"}] */
	struct err why;			/* of the last malformed call */
};

static inline void
parts_take_section(struct parts *p, const struct split *s)
{
	struct calls calls = {0};

	p->why = (struct err){0};
	if (!split_calls(s, &calls, &p->why)) {
		buf_add(&p->broken, split_section(s)->data, split_section(s)->len);
		return;
	}
	for (size_t i = 0; i < calls.n; i++)
		json_array_append_new(p->calls, json_pack("{s:s,s:O}", "name", calls.items[i].name, "arguments",
		    calls.items[i].arguments));
	calls_done(&calls);
}

static inline void
parts_take(struct parts *p, struct split *s, bool end)
{
	struct piece piece;

	while (split_next(s, end, &piece)) {
		buf_add(&p->all, piece.text, piece.len);
		if (!piece.marker && piece.part == PART_THINK)
			buf_add(&p->thinking, piece.text, piece.len);
		if (!piece.marker && piece.part == PART_ANSWER)
			buf_add(&p->answer, piece.text, piece.len);
		if (piece.closed)
			parts_take_section(p, s);
	}
}

/* CHUNK bytes at a time. */
static inline void
parts_split(struct parts *p, const struct split_start *start, const char *text, size_t n, size_t chunk)
{
	struct split s;

	*p = (struct parts){.calls = json_array()};
	split_init(&s, start);
	for (size_t at = 0; at < n; at += chunk) {
		split_push(&s, text + at, n - at < chunk ? n - at : chunk);
		parts_take(p, &s, false);
	}
	parts_take(p, &s, true);
	split_done(&s);
}

static inline void
parts_done(struct parts *p)
{
	buf_done(&p->all);
	buf_done(&p->thinking);
	buf_done(&p->answer);
	buf_done(&p->broken);
	json_decref(p->calls);
}

#endif
