/* Breaking text into rows; see wrap.h.  A small part of UAX #14: spaces, hyphens, ideographs, closing
 * punctuation. */
#define _GNU_SOURCE
#include "tui/widget/wrap.h"

#include <string.h>

#include "tui/text.h"

/* East Asian punctuation that must not begin a line, and that must not end one. */
static const char no_start[] = "、。，．！？：；）」』】〕〉》…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ";
static const char no_end[] = "（「『【〔〈《";

static bool
is_among(const char *set, const char *s, size_t n)
{
	return n == 3 && memmem(set, strlen(set), s, 3) != NULL;
}

bool
wrap_allowed(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (*a == ' ' || *a == '\t')
		return *b != ' ';
	if (*a == '-' && (unsigned char)*b >= 'A')
		return true;
	if (*b == ' ' || is_among(no_start, b, b_len) || is_among(no_end, a, a_len))
		return false;
	return text_is_breakable(a, a_len) || (text_is_breakable(b, b_len) && (unsigned char)*a >= 0x80);
}

size_t
wrap_row(const char *s, size_t n, int columns)
{
	size_t at = 0, len, best = 0, prev = 0;
	int used = 0, w;

	for (; at < n; at += len) {
		if (s[at] == '\n')
			return at + 1;
		len = text_cluster(s + at, n - at, &w);
		if (at > 0 && wrap_allowed(s + prev, at - prev, s + at, len))
			best = at;
		if (used + w > columns && at > 0)
			return best ? best : at;
		used += w;
		prev = at;
	}
	return n;
}

int
wrap_count(const char *s, size_t n, int columns)
{
	int rows = 0;

	for (size_t at = 0; at < n; rows++)
		at += wrap_row(s + at, n - at, columns);
	return rows + (n == 0 || s[n - 1] == '\n');
}

/* Is byte AT in the row of LEN bytes that begins at START?  The end of the text is, unless a newline made another row. */
static bool
is_in_row(const char *s, size_t n, size_t start, size_t len, size_t at)
{
	return at < start + len || (start + len == n && s[n - 1] != '\n');
}

/* The column of AT in a row that begins at START; a cursor that does not fit goes on to the next ROW. */
static int
place_in_row(const char *s, size_t n, int columns, size_t start, size_t at, int *row)
{
	int col = text_width(s + start, at - start);

	if (col < columns || columns <= 0 || (at < n && s[at] == '\n'))
		return col;
	++*row;
	return 0;
}

void
wrap_locate(const char *s, size_t n, int columns, size_t at, int *row, int *col)
{
	size_t start = 0;

	*row = 0;
	while (start < n) {
		size_t len = wrap_row(s + start, n - start, columns);

		if (is_in_row(s, n, start, len, at))
			break;
		start += len;
		++*row;
	}
	*col = place_in_row(s, n, columns, start, at, row);
}

int
wrap_measure(const char *s, size_t n, int columns, size_t at, int *row, int *col)
{
	size_t start = 0, from = n;
	int rows = 0;

	*row = -1;
	for (size_t len; start < n; start += len, rows++) {
		len = wrap_row(s + start, n - start, columns);
		if (*row < 0 && is_in_row(s, n, start, len, at)) {
			*row = rows;
			from = start;
		}
	}
	*row = *row < 0 ? rows : *row;
	*col = place_in_row(s, n, columns, from, at, row);
	return rows + (n == 0 || s[n - 1] == '\n');
}

size_t
wrap_at(const char *s, size_t n, int columns, int row, int col)
{
	size_t start = 0, len = wrap_row(s, n, columns);

	while (row-- > 0 && start + len < n) {
		start += len;
		len = wrap_row(s + start, n - start, columns);
	}
	if (row >= 0)			/* past the last row: an empty one after a final newline */
		return n;
	if (len > 0 && (s[start + len - 1] == '\n' || start + len < n))
		len = s[start + len - 1] == '\n' ? len - 1 : text_prev(s, n, start + len) - start;
	return start + text_fit(s + start, len, col, NULL);
}
