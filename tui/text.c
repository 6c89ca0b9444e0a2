/* Clusters and widths, from utf8proc; see text.h. */
#include "tui/text.h"

#include <string.h>

#include <utf8proc.h>

#include "core/base/buf.h"
#include "core/base/utf8.h"

enum { CP_ZWJ = 0x200d, CP_SKIN_FIRST = 0x1f3fb, CP_SKIN_LAST = 0x1f3ff };

int
text_width_of(uint32_t cp)
{
	int category;

	if (cp < 0x7f)
		return cp >= 0x20;
	/* Vowels and finals of decomposed Hangul are drawn on the initial consonant. */
	if ((cp >= 0x1160 && cp <= 0x11ff) || (cp >= 0xd7b0 && cp <= 0xd7ff))
		return 0;
	if ((cp >= 0x3248 && cp <= 0x324f) || (cp >= 0x4dc0 && cp <= 0x4dff))
		return 2;
	category = utf8proc_category((utf8proc_int32_t)cp);
	if (category == UTF8PROC_CATEGORY_MC)
		return 1;
	if (category == UTF8PROC_CATEGORY_CF && cp >= 0x600 && cp < 0x2000)
		return 1;
	return utf8proc_charwidth((utf8proc_int32_t)cp);
}

size_t
text_cluster(const char *s, size_t n, int *width)
{
	utf8proc_int32_t state = 0;
	uint32_t cp, next;
	size_t at;
	bool ok;
	int w;

	if ((unsigned char)s[0] < 0x80 && (n == 1 || (unsigned char)s[1] < 0x80)) {
		if (width)
			*width = 1;
		return 1;
	}
	at = utf8_decode(s, n, &cp, &ok);
	w = text_width_of(cp) ? text_width_of(cp) : 1;	/* a mark alone sits on a space */
	while (at < n) {
		size_t len = utf8_decode(s + at, n - at, &next, &ok);

		if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)cp, (utf8proc_int32_t)next, &state))
			break;
		if (next < CP_SKIN_FIRST || next > CP_SKIN_LAST)
			w += text_width_of(next);
		cp = next;
		at += len;
	}
	if (width)
		*width = w;
	return at;
}

size_t
text_next(const char *s, size_t n, size_t at)
{
	return at < n ? at + text_cluster(s + at, n - at, NULL) : n;
}

/* The code point that ends before AT, in *CP; where it begins. */
static size_t
step_back(const char *s, size_t n, size_t at, uint32_t *cp)
{
	bool ok;

	at--;
	while (at > 0 && ((unsigned char)s[at] & 0xc0) == 0x80)
		at--;
	utf8_decode(s + at, n - at, cp, &ok);
	return at;
}

/* Does a cluster begin at B whatever stands before A?  Halves of flags are counted in pairs, and what a mark or a joiner
 * stands after decides whether the next one belongs to it. */
static bool
begins_surely(uint32_t a, uint32_t b)
{
	utf8proc_int32_t state = 0;
	int class = utf8proc_get_property((utf8proc_int32_t)a)->boundclass;

	return class != UTF8PROC_BOUNDCLASS_EXTEND && class != UTF8PROC_BOUNDCLASS_ZWJ &&
	    utf8proc_grapheme_break_stateful((utf8proc_int32_t)a, (utf8proc_int32_t)b, &state);
}

/* Clusters are found forwards only, so walk from the last place before AT where one surely begins. */
size_t
text_prev(const char *s, size_t n, size_t at)
{
	uint32_t before, here;
	size_t from, prev;

	if (at == 0)
		return 0;
	from = step_back(s, n, at, &here);
	while (from > 0) {
		prev = step_back(s, n, from, &before);
		if (begins_surely(before, here))
			break;
		from = prev;
		here = before;
	}
	for (prev = from; from < at; from = text_next(s, n, from))
		prev = from;
	return prev;
}

int
text_width(const char *s, size_t n)
{
	int total = 0, w;

	for (size_t at = 0; at < n; total += w)
		at += text_cluster(s + at, n - at, &w);
	return total;
}

int
text_field(const char *s, int columns)
{
	size_t n = strlen(s);

	return columns + (int)n - text_width(s, n);
}

size_t
text_fit(const char *s, size_t n, int columns, int *used)
{
	size_t at = 0;
	int total = 0, w;

	while (at < n) {
		size_t len = text_cluster(s + at, n - at, &w);

		if (total + w > columns)
			break;
		total += w;
		at += len;
	}
	if (used)
		*used = total;
	return at;
}

bool
text_is_word(const char *s, size_t n)
{
	uint32_t cp;
	bool ok;

	utf8_decode(s, n, &cp, &ok);
	if (cp == '_')
		return true;
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL:
		return true;
	default:
		return false;
	}
}

void
text_fold(struct buf *out, const char *s, size_t n)
{
	for (size_t at = 0, plain = 0; at < n; at = plain) {
		uint32_t cp;
		bool ok;

		while (plain < n && (unsigned char)s[plain] < 0x80)
			plain++;
		buf_add(out, s + at, plain - at);
		for (size_t i = out->len - (plain - at); i < out->len; i++)
			if (out->data[i] >= 'A' && out->data[i] <= 'Z')
				out->data[i] = (char)(out->data[i] + ('a' - 'A'));
		if (plain < n) {
			plain += utf8_decode(s + plain, n - plain, &cp, &ok);
			buf_add_utf8(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp));
		}
	}
}

bool
text_has_capital(const char *s, size_t n)
{
	for (size_t at = 0; at < n;) {
		uint32_t cp;
		bool ok;

		at += utf8_decode(s + at, n - at, &cp, &ok);
		if ((uint32_t)utf8proc_tolower((utf8proc_int32_t)cp) != cp)
			return true;
	}
	return false;
}

/* Korean breaks at spaces; Chinese and Japanese between any two characters (UAX #14, class ID). */
bool
text_is_breakable(const char *s, size_t n)
{
	uint32_t cp;
	bool ok;

	if ((unsigned char)s[0] < 0x80)
		return false;
	utf8_decode(s, n, &cp, &ok);
	if ((cp >= 0x1100 && cp <= 0x11ff) || (cp >= 0xac00 && cp <= 0xd7ff) || (cp >= 0x3130 && cp <= 0x318f))
		return false;
	return text_width_of(cp) == 2;
}
