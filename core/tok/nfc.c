/* Normal form C; see nfc.h.  utf8proc's own loop sorts combining marks by bubbling, which a text of a million marks
 * makes quadratic: so the marks are sorted here, and utf8proc decomposes and composes. */
#include "core/tok/nfc.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

/* Everything below U+0300, and these blocks of whole letters, stays as it is and joins nothing before it. */
static bool
is_plain(uint32_t c)
{
	return c < 0x300 || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3) ||
	    (c >= 0x3001 && c <= 0x3029) || (c >= 0x3041 && c <= 0x3096) || (c >= 0x30a1 && c <= 0x30fa) ||
	    (c >= 0x400 && c <= 0x482) || (c >= 0xff01 && c <= 0xffee) || (c >= 0x2010 && c <= 0x2027);
}

bool
nfc_is_plain(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		uint32_t c;
		bool ok;

		if ((unsigned char)text[at] < 0xcc) {	/* below U+0300; lead or continuation byte alike */
			at++;
			continue;
		}
		at += utf8_decode(text + at, len - at, &c, &ok);
		if (!is_plain(c))
			return false;
	}
	return true;
}

static int
class_of(int32_t c)
{
	return c < 0x300 ? 0 : utf8proc_get_property(c)->combining_class;
}

/* Stable merge sort of C[0..n) by combining class; TMP has room for as many. */
static void
sort_marks(int32_t *c, int32_t *tmp, size_t n)
{
	size_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 2)
		return;
	sort_marks(c, tmp, half);
	sort_marks(c + half, tmp, n - half);
	while (i < half && j < n)
		tmp[k++] = class_of(c[j]) < class_of(c[i]) ? c[j++] : c[i++];
	while (i < half)
		tmp[k++] = c[i++];
	memcpy(c, tmp, k * sizeof *c);
}

/* UAX 15, D108: marks between two starters, in the order of their classes. */
static void
order_marks(int32_t *c, int32_t *tmp, size_t n)
{
	for (size_t at = 0; at < n; at++) {
		size_t end = at;

		while (end < n && class_of(c[end]) != 0)
			end++;
		sort_marks(c + at, tmp, end - at);
		if (end > at)
			at = end - 1;
	}
}

bool
nfc_normalize(struct buf *out, const char *text, size_t len, struct err *e)
{
	/* No character decomposes canonically into more than 4, nor into more than 3 for each of its bytes: U+0390. */
	size_t room = 3 * len + 4, n = 0;
	int32_t *chars = mem_try(room, sizeof *chars, "the normal form of the text", e);
	int32_t *tmp = chars ? mem_try(room, sizeof *tmp, "the normal form of the text", e) : NULL;
	utf8proc_ssize_t composed;

	if (!tmp) {
		free(chars);
		return false;
	}
	for (size_t at = 0; at < len;) {
		int bound = 0;
		uint32_t c;
		bool ok;

		at += utf8_decode(text + at, len - at, &c, &ok);
		n += (size_t)utf8proc_decompose_char((int32_t)c, chars + n, (utf8proc_ssize_t)(room - n),
		    UTF8PROC_STABLE | UTF8PROC_COMPOSE, &bound);
	}
	order_marks(chars, tmp, n);
	composed = utf8proc_normalize_utf32(chars, (utf8proc_ssize_t)n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	buf_clear(out);
	for (utf8proc_ssize_t i = 0; i < composed; i++)
		buf_add_utf8(out, (uint32_t)chars[i]);
	free(chars);
	free(tmp);
	return true;
}
