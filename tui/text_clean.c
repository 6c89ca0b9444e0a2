/* Harmless text; see text_clean.h.  Sources: Unicode 15 chapter 23 (format characters), UAX #9 (bidi
 * controls), ECMA-48 (C1 controls), CVE-2021-42574 for why bidi controls are shown. */
#include "tui/text_clean.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

enum { CP_ZWNJ = 0x200c, CP_ZWJ = 0x200d };

/* Characters that show nothing or move others: ascending ranges. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x80, 0x9f},		/* C1 */
	{0xad, 0xad},		/* soft hyphen */
	{0x34f, 0x34f},		/* combining grapheme joiner */
	{0x61c, 0x61c},		/* Arabic letter mark */
	{0x115f, 0x1160},	/* Hangul fillers */
	{0x17b4, 0x17b5},	/* Khmer inherent vowels */
	{0x180b, 0x180f},	/* Mongolian selectors and separator */
	{0x200b, 0x200b},	/* zero width space */
	{0x200e, 0x200f},	/* left-to-right and right-to-left mark */
	{0x202a, 0x202e},	/* bidi embeddings and overrides */
	{0x2060, 0x206f},	/* word joiner, invisible operators, bidi isolates, deprecated format characters */
	{0x3164, 0x3164},	/* Hangul filler */
	{0xfeff, 0xfeff},	/* byte order mark */
	{0xffa0, 0xffa0},	/* halfwidth Hangul filler */
	{0xfff0, 0xfffb},	/* interlinear annotation */
	{0x1bca0, 0x1bca3},	/* shorthand format controls */
	{0x1d173, 0x1d17a},	/* musical format controls */
	{0xe0000, 0xe0fff},	/* tags and supplementary variation selectors */
};

static bool
is_hidden(uint32_t cp)
{
	size_t low = 0, high = ARRAY_LEN(hidden);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (cp > hidden[mid].last)
			low = mid + 1;
		else if (cp < hidden[mid].first)
			high = mid;
		else
			return true;
	}
	return false;
}

static bool
is_nonchar(uint32_t cp)
{
	return (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef);
}

static void
add_control(struct buf *out, const char *s, size_t n, size_t at)
{
	unsigned char c = (unsigned char)s[at];

	if (c == '\n' || c == '\t')
		buf_add_char(out, (char)c);
	else if (c == '\r' && (at + 1 == n || s[at + 1] == '\n'))
		return;				/* the LF that follows, perhaps in the next piece, is enough */
	else
		buf_add_utf8(out, c == 0x7f ? 0x2421 : 0x2400u + c);
}

/* A joiner means something only between two characters of a script or an emoji sequence: what was written
 * before it, and a visible character after it.  At the edge of a piece the neighbour is unknown: benefit of
 * the doubt. */
static bool
joins(const struct buf *out, size_t start, const char *s, size_t n)
{
	uint32_t next;
	bool ok = true;

	if (out->len > start && (unsigned char)out->data[out->len - 1] < 0x80)
		return false;
	if (n == 0)
		return true;
	utf8_decode(s, n, &next, &ok);
	return ok && next >= 0x80 && next != CP_ZWJ && next != CP_ZWNJ && next != 0x2028 && next != 0x2029 &&
	    !is_hidden(next);
}

void
text_clean(struct buf *out, const char *s, size_t n)
{
	size_t start = out->len;

	for (size_t at = 0; at < n;) {
		unsigned char c = (unsigned char)s[at];
		uint32_t cp;
		size_t len;
		bool ok;

		if (c < 0x80) {
			size_t run = at;

			while (run < n && (unsigned char)s[run] >= 0x20 && (unsigned char)s[run] < 0x7f)
				run++;
			buf_add(out, s + at, run - at);
			if (run == at)
				add_control(out, s, n, run++);
			at = run;
			continue;
		}
		len = utf8_decode(s + at, n - at, &cp, &ok);
		if (!ok || is_nonchar(cp))
			buf_add_utf8(out, UTF8_REPLACEMENT);
		else if (cp == 0x2028 || cp == 0x2029)
			buf_add_char(out, '\n');
		else if (is_hidden(cp) || ((cp == CP_ZWJ || cp == CP_ZWNJ) && !joins(out, start, s + at + len, n - at - len)))
			buf_printf(out, "<U+%04X>", (unsigned)cp);
		else
			buf_add(out, s + at, len);
		at += len;
	}
}

void
text_clean_line(struct buf *out, const char *s, size_t n)
{
	size_t start = out->len;

	text_clean(out, s, n);
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == '\n' || out->data[i] == '\t')
			out->data[i] = ' ';
}
