/* Characters side by side in entries; see joins.h. */
#include "core/tok/joins.h"

#include "core/base/utf8.h"

static bool
is_inside(char c)		/* of a character: a continuation byte */
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A character of which there is one byte only: the first or the last. */
static uint32_t
part_of(char byte)
{
	return 0x80000000u | (unsigned char)byte;
}

size_t
joins_char(const char *text, size_t len, uint32_t *c)
{
	size_t n;
	bool ok;

	*c = (unsigned char)*text;
	if (*c < 0x80)
		return 1;
	n = utf8_decode(text, len, c, &ok);
	if (!ok)
		*c = JOINS_BROKEN;
	else if (*c == 0x2581)
		*c = ' ';
	return n;
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
	uint32_t a = JOINS_BROKEN, b;

	for (size_t at = 0, size; at < len; at += size, a = b) {
		char before = text[at - (at > 0)];

		size = joins_char(text + at, len - at, &b);
		if (at == 0 || is_inside(text[at]))
			continue;
		if (a < 0x80 && b < 0x80) {
			set(j->ascii[a], b);
			continue;
		}
		if (a == JOINS_BROKEN || b == JOINS_BROKEN)
			set(j->partial[(unsigned char)before], (unsigned char)text[at]);
		set(j->others, hash(a == JOINS_BROKEN ? part_of(before) : a, b == JOINS_BROKEN ? part_of(text[at]) : b));
	}
}

bool
joins_is_partial(const struct joins *j, uint32_t a, uint32_t b, const char *at)
{
	uint32_t end = part_of(at[-1]), begin = part_of(at[0]);

	return get(j->partial[(unsigned char)at[-1]], (unsigned char)at[0]) &&
	    (get(j->others, hash(a, begin)) || get(j->others, hash(end, b)) || get(j->others, hash(end, begin)));
}

size_t
joins_cut(const struct joins *j, const char *text, size_t len, size_t from)
{
	uint32_t a, b;
	size_t at = from + joins_char(text + from, len - from, &a);

	for (size_t size; at < len; at += size, a = b) {
		size = joins_char(text + at, len - at, &b);
		if (a == JOINS_BROKEN || b == JOINS_BROKEN)
			continue;
		if (a < 0x80 && b < 0x80) {
			if (!get(j->ascii[a], b))
				break;
		} else if (!get(j->others, hash(a, b)) && !joins_is_partial(j, a, b, text + at))
			break;
	}
	return at;
}
