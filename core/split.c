/* The parts of an answer; see split.h. */
#define _GNU_SOURCE
#include "core/split.h"

#include <assert.h>
#include <string.h>

#include "core/base/mem.h"

#define TOOL_SECTION_MOST ((size_t)1 << 20)	/* a longer one is no call */
#define WHOLE_MOST ((size_t)64 << 10)		/* bare JSON is held back until the end, so not for ever */
#define QUOTED_MOST 64				/* each costs a look at the section so far */

#define PLACE_FIRST SECTION_FIRST
#define PLACE_ANYWHERE SECTION_ANYWHERE
#define PLACE_TOOLS SECTION_TOOLS
#define PLACE_WHOLE SECTION_WHOLE
#define PART_answer PART_ANSWER
#define PART_think PART_THINK
#define PART_tool PART_TOOL

static const struct section sections[] = {
#define SECTION(id, part, place, needs, open, close, inner, syntax) \
	{PART_##part, PLACE_##place, needs, open, close, inner, CALL_##syntax},
#include "core/section.def"
#undef SECTION
};
static_assert(ARRAY_LEN(sections) <= 64, "a set of sections is 64 bits");

const struct section *
section_at(size_t i)
{
	return i < ARRAY_LEN(sections) ? &sections[i] : NULL;
}

const char *
part_name(enum part p)
{
	static const char *const names[] = {[PART_ANSWER] = "answer", [PART_THINK] = "think", [PART_TOOL] = "tool"};

	return names[p];
}

static bool
has(const struct split *s, size_t i)
{
	return s->sections >> i & 1;
}

void
split_init(struct split *s, const struct split_start *start)
{
	*s = (struct split){.sections = start->sections, .tools = start->tools, .open = -1, .closed = -1};
	for (size_t i = 0; start->open && i < ARRAY_LEN(sections) && s->open < 0; i++)
		if (has(s, i) && sections[i].part == PART_THINK && strcmp(sections[i].open, start->open) == 0)
			s->open = (int)i;
	/* The line breaks around a marker may be the prompt's or the model's. */
	s->trim = s->open >= 0;
}

void
split_done(struct split *s)
{
	buf_done(&s->held);
	buf_done(&s->section);
}

enum part
split_part(const struct split *s)
{
	return s->open < 0 ? PART_ANSWER : sections[s->open].part;
}

void
split_push(struct split *s, const char *text, size_t len)
{
	buf_erase(&s->held, 0, s->at);
	s->at = 0;
	buf_add(&s->held, text, len);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static size_t
blanks(const char *t, size_t n)
{
	size_t i = 0;

	while (i < n && is_blank(t[i]))
		i++;
	return i;
}

static size_t
line_breaks(const char *t, size_t n)
{
	size_t i = 0;

	while (i < n && t[i] == '\n')
		i++;
	return i;
}

/* Bytes at the end of T that begin MARK. */
static size_t
partial(const char *t, size_t n, const char *mark)
{
	size_t len = strlen(mark);

	for (len = len && len - 1 < n ? len - 1 : n; len > 0; len--)
		if (memcmp(t + n - len, mark, len) == 0)
			break;
	return len;
}

static bool
give(struct split *s, struct piece *out, enum part part, bool marker, size_t len)
{
	*out = (struct piece){.part = part, .marker = marker, .text = s->held.data + s->at, .len = len};
	s->at += len;
	return true;
}

/* ---- in the answer ---- */

struct opening {
	size_t at;			/* where the first marker begins, or may begin */
	int section;			/* -1: it is not complete */
	size_t len;
};

/* A marker that T begins with: the longest one, when it is decided. */
static bool
opening_at(const struct split *s, const char *t, size_t n, bool first, bool end, struct opening *o)
{
	o->section = -1;
	o->len = 0;
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const char *open = sections[i].open;
		size_t len = strlen(open);

		if (!has(s, i) || *open != *t || sections[i].place == SECTION_WHOLE ||
		    (sections[i].place == SECTION_FIRST && !first) || memcmp(open, t, len < n ? len : n) != 0)
			continue;
		if (len > n) {
			if (end)
				continue;
			o->section = -1;	/* a longer one may still come */
			return true;
		}
		if (len > o->len) {
			o->section = (int)i;
			o->len = len;
		}
	}
	return o->section >= 0;
}

static bool
find_opening(const struct split *s, const char *t, size_t n, bool end, struct opening *o)
{
	char starts[ARRAY_LEN(sections) + 1];
	size_t n_starts = 0, before = s->begun ? 0 : blanks(t, n);

	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (has(s, i) && !memchr(starts, *sections[i].open, n_starts))
			starts[n_starts++] = *sections[i].open;
	for (o->at = 0; o->at < n; o->at++)
		if (memchr(starts, t[o->at], n_starts) &&
		    opening_at(s, t + o->at, n - o->at, !s->begun && o->at <= before, end, o))
			return true;
	return false;
}

/* All of T as a bare call? */
static bool
is_whole_call(struct split *s, const char *t, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct calls calls = {0};
		bool ok;

		if (!has(s, i) || sections[i].place != SECTION_WHOLE || t[blanks(t, n)] != *sections[i].open)
			continue;
		ok = call_syntax(sections[i].syntax)->parse(t, n, s->tools, &calls, NULL);
		calls_done(&calls);
		if (ok) {
			buf_clear(&s->section);
			buf_add(&s->section, t, n);
			s->body_at = 0;
			s->body_len = n;
			s->open = (int)i;
			return true;
		}
	}
	return false;
}

/* Does the answer look like a bare call so far? */
static bool
may_be_whole(const struct split *s, const char *t, size_t n)
{
	size_t at = blanks(t, n);

	if (s->begun || n > WHOLE_MOST || at == n)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (has(s, i) && sections[i].place == SECTION_WHOLE && t[at] == *sections[i].open)
			return call_may_begin(t, n);
	return false;
}

static bool
open_section(struct split *s, const struct opening *o, struct piece *out)
{
	const struct section *c = &sections[o->section];
	const char *t = s->held.data + s->at;

	if (c->part == PART_TOOL) {
		buf_clear(&s->section);
		buf_add(&s->section, t + o->at, o->len);
		s->body_at = o->len;
		/* The tag of a call may say its name: then it belongs to the body. */
		if (c->place == SECTION_TOOLS && c->syntax == CALL_xml)
			s->body_at = 0;
		s->n_quoted = 0;
	}
	if (c->part != PART_ANSWER) {
		s->open = o->section;
		s->trim = c->part == PART_THINK;
	}
	return give(s, out, c->part, true, o->at + o->len);
}

static bool
next_of_answer(struct split *s, bool end, struct piece *out)
{
	const char *t = s->held.data + s->at;
	size_t n = s->held.len - s->at, before;
	struct opening o;

	if (may_be_whole(s, t, n)) {
		if (!end)
			return false;
		if (is_whole_call(s, t, n))
			return give(s, out, PART_TOOL, false, n);
	}
	if (!find_opening(s, t, n, end, &o)) {
		o.at = n;
		o.section = -1;
	}
	before = blanks(t, o.at);
	if (s->begun || before < o.at) {
		if (o.at > 0) {
			s->begun |= before < o.at;
			return give(s, out, PART_ANSWER, false, o.at);
		}
	} else if (o.section < 0) {
		/* Blanks before the answer begins: of a marker, perhaps. */
		return end && n > 0 && give(s, out, PART_ANSWER, false, n);
	}
	return o.section >= 0 && open_section(s, &o, out);
}

/* ---- in a section ---- */

static bool
next_of_thinking(struct split *s, bool end, struct piece *out)
{
	const char *t = s->held.data + s->at, *mark = sections[s->open].close;
	size_t n = s->held.len - s->at;
	const char *close = memmem(t, n, mark, strlen(mark));
	size_t text = close ? (size_t)(close - t) : end ? n : n - partial(t, n, mark), at = text;

	if (close || !end)
		while (text > 0 && t[text - 1] == '\n')
			text--;
	if (text > 0)
		return give(s, out, PART_THINK, false, text);
	if (!close)
		return false;
	s->open = -1;
	s->trim = true;
	return give(s, out, PART_THINK, true, at + strlen(mark));
}

/* Is the section, which goes on with T[0..n), inside something quoted? */
static bool
is_quoted(struct split *s, const char *t, size_t n)
{
	size_t len = s->section.len;
	bool quoted = false;

	if (s->n_quoted >= QUOTED_MOST)
		return false;
	buf_add(&s->section, t, n);
	for (size_t i = 0; !quoted && i < ARRAY_LEN(sections); i++) {
		const struct call_syntax *c = call_syntax(sections[i].syntax);

		if (strcmp(sections[i].open, sections[s->open].open) == 0 && c && c->quoted)
			quoted = c->quoted(s->section.data + s->body_at, s->section.len - s->body_at);
	}
	buf_truncate(&s->section, len);
	return quoted;
}

static bool
close_tool(struct split *s, struct piece *out, size_t len)
{
	s->body_len = s->section.len - s->body_at;
	buf_add(&s->section, buf_str(&s->held) + s->at, len);
	if (sections[s->open].syntax == CALL_xml && s->body_at == 0)
		s->body_len = s->section.len;
	give(s, out, PART_TOOL, true, len);
	out->closed = true;
	s->closed = s->open;
	s->open = -1;
	s->trim = true;
	return true;
}

static bool
next_of_tool(struct split *s, bool end, struct piece *out)
{
	const char *t = buf_str(&s->held) + s->at, *mark = sections[s->open].close, *close = NULL;
	size_t n = s->held.len - s->at, text;

	if (*mark)
		close = memmem(t, n, mark, strlen(mark));
	text = close ? (size_t)(close - t) : end || !*mark ? n : n - partial(t, n, mark);
	if (close && is_quoted(s, t, text)) {
		s->n_quoted++;
		text++;
	} else if (close && text == 0) {
		return close_tool(s, out, strlen(mark));
	}
	if (text == 0)
		return end && close_tool(s, out, 0);
	if (s->section.len + text > TOOL_SECTION_MOST)
		return close_tool(s, out, 0);
	if (sections[s->open].place != SECTION_WHOLE)
		buf_add(&s->section, t, text);
	return give(s, out, PART_TOOL, false, text);
}

bool
split_next(struct split *s, bool end, struct piece *out)
{
	size_t n = s->held.len - s->at, breaks = s->trim && n ? line_breaks(s->held.data + s->at, n) : 0;

	if (breaks)
		return give(s, out, split_part(s), true, breaks);
	if (n == 0 && !(end && split_part(s) == PART_TOOL))
		return false;
	s->trim = false;
	switch (split_part(s)) {
	case PART_THINK:
		return next_of_thinking(s, end, out);
	case PART_TOOL:
		return next_of_tool(s, end, out);
	case PART_ANSWER:
		break;
	}
	return next_of_answer(s, end, out);
}

/* ---- calls ---- */

bool
split_calls(const struct split *s, struct calls *out, struct err *e)
{
	const char *body = buf_str(&s->section) + s->body_at;
	size_t at = blanks(body, s->body_len);
	bool tagged = at < s->body_len && body[at] == '<';
	struct err why = {0};

	assert(s->closed >= 0);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const struct call_syntax *c = call_syntax(sections[i].syntax);

		if (!c || !has(s, i) || strcmp(sections[i].open, sections[s->closed].open) != 0)
			continue;
		*out = (struct calls){0};
		if (c->parse(body, s->body_len, s->tools, out, &why)) {
			if (e)
				*e = (struct err){0};
			return true;
		}
		calls_done(out);
		/* Of several syntaxes, the sentence of the one it looks like. */
		if (e && (!e->kind || tagged))
			*e = why;
	}
	return false;
}

const struct buf *
split_section(const struct split *s)
{
	return &s->section;
}
