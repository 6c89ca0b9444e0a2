/* See highlight.h. */
#define _GNU_SOURCE
#include "tui/widget/highlight.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

enum {
	HL_NOCASE = 1 << 0,		/* words in letters of any case */
	HL_TRIPLE = 1 << 1,		/* three quotes: a string of several lines */
	HL_BACKTICK = 1 << 2,		/* likewise between backticks */
	HL_LIFETIMES = 1 << 3,		/* 'a without an end is a name */
	HL_VARIABLES = 1 << 4,		/* $name */
	HL_KEYS = 1 << 5,		/* what stands before ":" or "=" */
	HL_SECTIONS = 1 << 6,		/* [section] */
	HL_DIRECTIVES = 1 << 7,		/* #include */
	HL_DECORATORS = 1 << 8,		/* @name */
	HL_ATTRIBUTES = 1 << 9,		/* #[name] */
	HL_TAGS = 1 << 10,		/* <name */
	HL_DIFF = 1 << 11,
};

enum { IN_NOTHING, IN_COMMENT, IN_BACKTICK, IN_TRIPLE };	/* IN_TRIPLE + which of the quotes */

struct lang {
	const char *names, *line, *open, *close, *quotes;
	unsigned flags;
	const char *keywords, *values;
};

static const struct lang langs[] = {
#define LANG(id, names, line, open, close, quotes, flags, keywords, values) \
	{names, line, open, close, quotes, flags, keywords, values},
#include "tui/widget/lang.def"
#undef LANG
};

/* Is S[0..n) one of the WORDS? */
static bool
is_word_of(const char *words, const char *s, size_t n, bool nocase)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (len == n && (nocase ? strncasecmp(words, s, n) : strncmp(words, s, n)) == 0)
			return true;
		words += len + strspn(words + len, " ");
	}
	return false;
}

const struct lang *
lang_find(const char *name, size_t n)
{
	size_t len = 0;

	while (len < n && !strchr(" \t{,", name[len]))
		len++;
	for (size_t i = 0; len && i < ARRAY_LEN(langs); i++)
		if (is_word_of(langs[i].names, name, len, true))
			return &langs[i];
	return NULL;
}

const char *
lang_name(const struct lang *l)
{
	return l->names;
}

/* ---- one line ---- */

struct scan {
	const struct lang *l;
	const char *s;
	size_t n, at;
	size_t plain;			/* where the text begins that was not told yet */
	hl_emit *emit;
	void *arg;
};

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool
starts_with(const struct scan *c, const char *what)
{
	size_t len = strlen(what);

	return len && c->n - c->at >= len && memcmp(c->s + c->at, what, len) == 0;
}

static void
tell_plain(struct scan *c)
{
	if (c->at > c->plain)
		c->emit(c->arg, HL_PLAIN, c->at - c->plain);
	c->plain = c->at;
}

/* The text up to END is KIND. */
static void
tell(struct scan *c, enum hl_kind kind, size_t end)
{
	tell_plain(c);
	if (end > c->at)
		c->emit(c->arg, kind, end - c->at);
	c->at = c->plain = end;
}

/* Where what ends with CLOSE ends, looked for from FROM on; SIZE_MAX: not in this line. */
static size_t
find_end(const struct scan *c, size_t from, const char *close)
{
	const char *end = from < c->n ? memmem(c->s + from, c->n - from, close, strlen(close)) : NULL;

	return end ? (size_t)(end - c->s) + strlen(close) : SIZE_MAX;
}

static void
tell_until(struct scan *c, enum hl_kind kind, size_t from, const char *close, unsigned *state, unsigned in)
{
	size_t end = find_end(c, from, close);

	*state = end == SIZE_MAX ? in : IN_NOTHING;
	tell(c, kind, end == SIZE_MAX ? c->n : end);
}

static const char *
triple(const struct lang *l, unsigned state)
{
	return l->quotes[state - IN_TRIPLE] == '"' ? "\"\"\"" : "'''";
}

static void
go_on(struct scan *c, unsigned *state)
{
	if (*state == IN_COMMENT)
		tell_until(c, HL_COMMENT, 0, c->l->close, state, IN_COMMENT);
	else if (*state == IN_BACKTICK)
		tell_until(c, HL_STRING, 0, "`", state, IN_BACKTICK);
	else if (*state >= IN_TRIPLE)
		tell_until(c, HL_STRING, 0, triple(c->l, *state), state, *state);
}

/* The end of the string that begins here, at the end of the line at most. */
static size_t
string_end(const struct scan *c)
{
	char quote = c->s[c->at];
	size_t i = c->at + 1;

	for (; i < c->n; i++) {
		if (c->s[i] == '\\' && i + 1 < c->n)
			i++;
		else if (c->s[i] == quote)
			return i + 1;
	}
	return c->n;
}

static size_t
skip_blanks(const struct scan *c, size_t at)
{
	while (at < c->n && (c->s[at] == ' ' || c->s[at] == '\t'))
		at++;
	return at;
}

/* Spaces, then ":" or "=" after AT. */
static bool
is_before_value(const struct scan *c, size_t at)
{
	at = skip_blanks(c, at);
	return at < c->n && (c->s[at] == ':' || c->s[at] == '=');
}

static bool
take_string(struct scan *c, unsigned *state)
{
	const char *quote = strchr(c->l->quotes, c->s[c->at]);
	size_t end;

	if (c->l->flags & HL_BACKTICK && c->s[c->at] == '`') {
		tell_until(c, HL_STRING, c->at + 1, "`", state, IN_BACKTICK);
		return true;
	}
	if (!quote || !*quote)
		return false;
	if (c->l->flags & HL_TRIPLE && c->n - c->at >= 3 && c->s[c->at + 1] == *quote && c->s[c->at + 2] == *quote) {
		unsigned in = IN_TRIPLE + (unsigned)(quote - c->l->quotes);

		tell_until(c, HL_STRING, c->at + 3, triple(c->l, in), state, in);
		return true;
	}
	end = string_end(c);
	if (c->l->flags & HL_LIFETIMES && *quote == '\'' && (end - c->at > 4 || c->s[end - 1] != '\'') &&
	    c->s[c->at + 1 < c->n ? c->at + 1 : c->at] != '\\') {
		c->at++;
		return true;
	}
	tell(c, c->l->flags & HL_KEYS && is_before_value(c, end) ? HL_KEYWORD : HL_STRING, end);
	return true;
}

static bool
take_comment(struct scan *c, unsigned *state)
{
	const char *line = c->l->line;

	if (starts_with(c, c->l->open)) {
		tell_until(c, HL_COMMENT, c->at + strlen(c->l->open), c->l->close, state, IN_COMMENT);
		return true;
	}
	while (*line) {
		size_t len = strcspn(line, " ");

		/* A "#" inside a word is no comment where it is a sign of its own. */
		if (c->n - c->at >= len && memcmp(c->s + c->at, line, len) == 0 &&
		    (c->at == 0 || len > 1 || strchr(" \t;({", c->s[c->at - 1]))) {
			tell(c, HL_COMMENT, c->n);
			return true;
		}
		line += len + strspn(line + len, " ");
	}
	return false;
}

static size_t
name_end(const struct scan *c, size_t i)
{
	while (i < c->n && is_name(c->s[i]))
		i++;
	return i;
}

/* $name, @name, #include, #[name], <name, [section]. */
static bool
take_sign(struct scan *c)
{
	unsigned flags = c->l->flags;
	char sign = c->s[c->at], next = c->at + 1 < c->n ? c->s[c->at + 1] : '\0';
	bool first = skip_blanks(c, 0) == c->at;

	if (flags & HL_VARIABLES && sign == '$' && (next == '{' || next == '(')) {
		tell(c, HL_META, c->at + 2);
	} else if ((flags & HL_VARIABLES && sign == '$' && next) || (flags & HL_DECORATORS && sign == '@' && is_name(next)) ||
	    (flags & HL_DIRECTIVES && sign == '#' && first)) {
		size_t i = c->at + 1;

		while (sign == '#' && i < c->n && c->s[i] == ' ')
			i++;
		tell(c, HL_META, name_end(c, i + (sign == '$' && !is_name(next))));
	} else if (flags & HL_ATTRIBUTES && sign == '#' && (next == '[' || next == '!')) {
		size_t end = find_end(c, c->at, "]");

		tell(c, HL_META, end == SIZE_MAX ? c->n : end);
	} else if (flags & HL_SECTIONS && sign == '[' && first) {
		tell(c, HL_META, c->n);
	} else if (flags & HL_TAGS && sign == '<' && (next == '/' || isalpha((unsigned char)next) || next == '!')) {
		size_t i = c->at + 2;

		while (i < c->n && (is_name(c->s[i]) || c->s[i] == '-' || c->s[i] == ':'))
			i++;
		tell(c, HL_KEYWORD, i);
	} else {
		return false;
	}
	return true;
}

static void
take_word(struct scan *c)
{
	size_t end = name_end(c, c->at);
	bool nocase = c->l->flags & HL_NOCASE;

	if (isdigit((unsigned char)c->s[c->at])) {
		while (end < c->n && (is_name(c->s[end]) ||
		    (c->s[end] == '.' && end + 1 < c->n && isdigit((unsigned char)c->s[end + 1]))))
			end++;
		tell(c, HL_NUMBER, end);
		return;
	}
	if (c->l->flags & HL_KEYS) {		/* a key may hold dashes and dots */
		size_t key = end;

		while (key < c->n && (is_name(c->s[key]) || strchr("-.", c->s[key])))
			key++;
		if (is_before_value(c, key)) {
			tell(c, HL_KEYWORD, key);
			return;
		}
	}
	if (is_word_of(c->l->keywords, c->s + c->at, end - c->at, nocase))
		tell(c, HL_KEYWORD, end);
	else if (is_word_of(c->l->values, c->s + c->at, end - c->at, nocase))
		tell(c, HL_NUMBER, end);
	else
		c->at = end;
}

static enum hl_kind
diff_kind(const char *s, size_t n)
{
	if (n >= 3 && (memcmp(s, "+++", 3) == 0 || memcmp(s, "---", 3) == 0))
		return HL_META;
	switch (n ? *s : ' ') {
	case '+':
		return HL_ADDED;
	case '-':
		return HL_REMOVED;
	case '@':
		return HL_META;
	default:
		return n >= 5 && (memcmp(s, "diff ", 5) == 0 || memcmp(s, "index", 5) == 0) ? HL_META : HL_PLAIN;
	}
}

void
highlight_line(const struct lang *l, unsigned *state, const char *s, size_t n, hl_emit *emit, void *arg)
{
	struct scan c = {.l = l, .s = s, .n = n, .emit = emit, .arg = arg};

	if (l->flags & HL_DIFF) {
		tell(&c, diff_kind(s, n), n);
		return;
	}
	go_on(&c, state);
	while (c.at < n) {
		if (take_comment(&c, state) || take_sign(&c) || take_string(&c, state))
			continue;
		if (is_name(s[c.at]))
			take_word(&c);
		else
			c.at++;
	}
	tell_plain(&c);
}
