/* Characters side by side in entries; see joins.h. */
#include "core/tok/joins.h"

#include <stdbool.h>

#include "core/base/utf8.h"

static bool
is_inside(char c)		/* of a character: a continuation byte */
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The character at S[0..n) and its length; U+2581 is the space it stands for. */
static size_t
character(const char *s, size_t n, uint32_t *c, bool *ok)
{
	size_t len;

	*ok = true;
	*c = (unsigned char)*s;
	if (*c < 0x80)
		return 1;
	len = utf8_decode(s, n, c, ok);
	if (*c == 0x2581)
		*c = ' ';
	return len;
}

static size_t
hash(uint32_t a, uint32_t b)
{
	return (((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u) >> (64 - JOINS_BITS);
}

static bool
get(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void
set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= (uint64_t)1 << (i % 64);
}

void
joins_note(struct joins *j, const char *text, size_t len)
{
	uint32_t a = 0, b;
	bool a_ok = false, b_ok;

	for (size_t at = 0, size; at < len; at += size, a = b, a_ok = b_ok) {
		size = character(text + at, len - at, &b, &b_ok);
		if (at == 0 || is_inside(text[at]))
			continue;
		if (!a_ok || !b_ok)
			set(j->partial[(unsigned char)text[at - 1]], (unsigned char)text[at]);
		else if (a < 0x80 && b < 0x80)
			set(j->ascii[a], b);
		else
			set(j->others, hash(a, b));
	}
}

size_t
joins_cut(const struct joins *j, const char *text, size_t len, size_t from)
{
	uint32_t a, b;
	bool a_ok, b_ok;
	size_t at = from + character(text + from, len - from, &a, &a_ok);

	for (size_t size; at < len; at += size, a = b, a_ok = b_ok) {
		size = character(text + at, len - at, &b, &b_ok);
		if (!a_ok || !b_ok)
			continue;
		if (a < 0x80 && b < 0x80) {
			if (!get(j->ascii[a], b))
				break;
		} else if (!get(j->others, hash(a, b)) &&
		    !get(j->partial[(unsigned char)text[at - 1]], (unsigned char)text[at]))
			break;
	}
	return at;
}
