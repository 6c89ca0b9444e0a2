/* Places in a text; see source.h. */
#include "core/grammar/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/utf8.h"

struct source_place
source_place(const struct source *s, size_t at)
{
	struct source_place p = {1, 1};

	for (size_t i = 0; i < at && i < s->n; i++) {
		if (s->s[i] == '\n')
			p = (struct source_place){p.line + 1, 1};
		else if (((unsigned char)s->s[i] & 0xc0) != 0x80)
			p.column++;
	}
	return p;
}

static void
describe(const struct source *s, size_t at, struct buf *out)
{
	unsigned char c = at < s->n ? (unsigned char)s->s[at] : 0;
	uint32_t cp;
	bool ok = false;
	size_t len;

	if (at >= s->n) {
		buf_add_str(out, "the end");
		return;
	}
	len = utf8_decode(s->s + at, s->n - at, &cp, &ok);
	if (c == '\n' || c == '\r')
		buf_add_str(out, "the end of the line");
	else if (!ok || c < 0x20 || c == 0x7f || (cp >= 0x80 && cp < 0xa0))
		buf_printf(out, "byte 0x%02x", c);
	else if (c == '"')
		buf_add_str(out, "a double quote");
	else
		buf_printf(out, "\"%.*s\"", (int)len, s->s + at);
}

bool
source_expected(const struct source *s, size_t at, const char *what, struct err *e)
{
	struct source_place p = source_place(s, at);
	struct buf found = {0};

	describe(s, at, &found);
	err_set(e, ERR_FAILED, "line %u, column %u: expected %s, found %s", p.line, p.column, what, buf_str(&found));
	buf_done(&found);
	return false;
}

bool
source_error(const struct source *s, size_t at, struct err *e, const char *fmt, ...)
{
	struct source_place p = source_place(s, at);
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_FAILED, "line %u, column %u: %s", p.line, p.column, text);
}

/* ---- places in JSON ---- */

static size_t
skip_blanks(const struct source *s, size_t at)
{
	while (at < s->n && strchr(" \t\r\n,:", s->s[at]))
		at++;
	return at;
}

static size_t
skip_string(const struct source *s, size_t at)
{
	for (at++; at < s->n && s->s[at] != '"'; at++)
		at += s->s[at] == '\\';
	return at + 1;
}

static size_t
skip_value(const struct source *s, size_t at)
{
	size_t depth = 0;

	do {
		at = skip_blanks(s, at);
		if (at >= s->n)
			return s->n;
		if (s->s[at] == '"') {
			at = skip_string(s, at);
			continue;
		}
		if (strchr("[{", s->s[at]))
			depth++;
		else if (strchr("]}", s->s[at]))
			depth--;
		else
			while (at + 1 < s->n && !strchr(" \t\r\n,:]}", s->s[at + 1]))
				at++;
		at++;
	} while (depth > 0);
	return at;
}

/* The string of JSON at AT is NAME, of which ~0 and ~1 are escapes. */
static bool
is_named(const struct source *s, size_t at, size_t end, const char *name, size_t len)
{
	for (at++; at + 1 < end && len > 0; at++, name++, len--) {
		char c = *name;

		if (c == '~' && len > 1) {
			c = *++name == '0' ? '~' : '/';
			len--;
		}
		if (s->s[at] == '\\')
			at++;
		if (s->s[at] != c)
			return false;
	}
	return len == 0 && at + 1 == end;
}

/* The member NAME of the object, or element of the list, that begins at AT: *NAMED is where it is named, the answer
 * where its value begins; AT itself when there is none. */
static size_t
find_part(const struct source *s, size_t at, const char *name, size_t len, size_t *named)
{
	bool list = at < s->n && s->s[at] == '[';
	size_t i = skip_blanks(s, at + 1), index = 0;

	if (at >= s->n || !strchr("[{", s->s[at]))
		return at;
	for (; i < s->n && !strchr("]}", s->s[i]); i = skip_blanks(s, skip_value(s, i)), index++) {
		size_t end;

		*named = i;
		if (list) {
			if (index == strtoul(name, NULL, 10))
				return i;
			continue;
		}
		end = skip_value(s, i);
		if (is_named(s, i, end, name, len))
			return skip_blanks(s, end);
		i = skip_blanks(s, end);
	}
	return at;
}

size_t
source_find(const struct source *s, const char *pointer)
{
	size_t at = skip_blanks(s, 0), named = at;

	while (*pointer == '/') {
		size_t len = strcspn(pointer + 1, "/"), place = named, next = find_part(s, at, pointer + 1, len, &place);

		if (next == at)
			break;
		at = next;
		named = place;
		pointer += 1 + len;
	}
	return named;
}
