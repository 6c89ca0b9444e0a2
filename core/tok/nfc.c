/* Normal form C; see nfc.h.  utf8proc's own loop sorts combining marks by bubbling, which a text of a
 * million marks makes quadratic: so the marks are sorted here, and utf8proc decomposes and composes. */
#include "core/tok/nfc.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

#define N_QUICK 0x10000
#define UNSETTLED 0xff		/* above all combining classes */

/* The quick check of UAX 15, section 9: the combining class of a character that stays as it is and never joins one before
 * it, UNSETTLED for others. */
static uint8_t quick[N_QUICK];
static pthread_once_t quick_once = PTHREAD_ONCE_INIT;

static void
quick_note(uint32_t c)
{
	int32_t parts[8];
	int bound = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char((int32_t)c, parts, ARRAY_LEN(parts),
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE, &bound);

	for (utf8proc_ssize_t i = 1; i < n; i++)
		if (parts[i] < N_QUICK)
			quick[parts[i]] = UNSETTLED;
	if (n > 1)
		n = utf8proc_normalize_utf32(parts, n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (n != 1 || parts[0] != (int32_t)c)
		quick[c] = UNSETTLED;
	else if (quick[c] != UNSETTLED)
		quick[c] = (uint8_t)utf8proc_get_property((int32_t)c)->combining_class;
}

static void
quick_build(void)
{
	for (uint32_t c = 0; c < N_QUICK; c++)
		quick_note(c);
}

static int
quick_class(uint32_t c)
{
	if (c < N_QUICK)
		return quick[c];
	/* Pictures and rarer Chinese characters. */
	return (c >= 0x1f000 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x2f7ff) ? 0 : UNSETTLED;
}

/* Stays as it is and joins nothing before it. */
static bool
is_plain(uint32_t c)
{
	return quick_class(c) == 0;
}

/* Where from AT on a character may change: it is UNSETTLED or a mark out of order; *before is where the plain one before
 * it begins. */
static size_t
find_stretch(const char *text, size_t len, size_t at, size_t *before)
{
	int last = 0, class;

	*before = at;
	for (size_t n; at < len; at += n) {
		uint32_t c;
		bool ok;

		if ((unsigned char)text[at] < 0x80) {
			n = utf8_ascii_run(text + at, len - at);
			*before = at + n - 1;
			last = 0;
			continue;
		}
		n = utf8_decode(text + at, len - at, &c, &ok);
		class = quick_class(c);
		if (class == UNSETTLED || (class && class < last))
			break;
		if (class == 0)
			*before = at;
		last = class;
	}
	return at;
}

/* The first plain character from AT on. */
static size_t
end_stretch(const char *text, size_t len, size_t at)
{
	while (at < len) {
		uint32_t c;
		bool ok;
		size_t n = utf8_decode(text + at, len - at, &c, &ok);

		if (is_plain(c))
			break;
		at += n;
	}
	return at;
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

/* Append the normal form of a stretch. */
static bool
add_stretch(struct buf *out, const char *text, size_t len, struct err *e)
{
	/* A character decomposes canonically into 4 at most, and into 2 for each of its bytes at most. */
	size_t room = 2 * len + 4, n = 0;
	int32_t *chars = mem_try(2 * room, sizeof *chars, "the normal form of the text", e);
	utf8proc_ssize_t composed;

	if (!chars)
		return false;
	for (size_t at = 0; at < len;) {
		int bound = 0;
		uint32_t c;
		bool ok;
		utf8proc_ssize_t added;

		at += utf8_decode(text + at, len - at, &c, &ok);
		added = utf8proc_decompose_char((int32_t)c, chars + n, (utf8proc_ssize_t)(room - n),
		    UTF8PROC_STABLE | UTF8PROC_COMPOSE, &bound);
		assert(added >= 0 && (size_t)added <= room - n);
		n += (size_t)added;
	}
	order_marks(chars, chars + room, n);
	composed = utf8proc_normalize_utf32(chars, (utf8proc_ssize_t)n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	for (utf8proc_ssize_t i = 0; i < composed; i++)
		buf_add_utf8(out, (uint32_t)chars[i]);
	free(chars);
	return true;
}

/* A plain character is changed by nothing before it, but may join what follows: a stretch to be
 * normalized begins with the plain character before it and ends where the next one stands. */
bool
nfc_normalize(struct buf *out, const char *text, size_t len, bool *changed, struct err *e)
{
	size_t before, at, done = 0;

	*changed = false;
	if (utf8_ascii_run(text, len) == len)
		return true;
	pthread_once(&quick_once, quick_build);
	at = find_stretch(text, len, 0, &before);
	*changed = at < len;
	buf_clear(out);
	while (at < len) {
		size_t end = end_stretch(text, len, at);

		buf_add(out, text + done, before - done);
		if (!add_stretch(out, text + before, end - before, e))
			return false;
		done = end;
		at = find_stretch(text, len, end, &before);
	}
	if (*changed)
		buf_add(out, text + done, len - done);
	return true;
}
