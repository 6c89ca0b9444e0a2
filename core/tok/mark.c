/* Spaces and marks; see mark.h. */
#define _GNU_SOURCE
#include "core/tok/mark.h"

#include <string.h>

bool
mark_is_in(const char *text, size_t len)
{
	return memmem(text, len, MARK, 3) != NULL;
}

/* Append TEXT with every FROM as TO. */
static void
replace(struct buf *out, const char *text, size_t len, const char *from, const char *to)
{
	size_t n_from = strlen(from), n_to = strlen(to);

	buf_reserve(out, len);
	for (;;) {
		const char *at = memmem(text, len, from, n_from);
		size_t n = at ? (size_t)(at - text) : len;

		buf_add(out, text, n);
		if (!at)
			break;
		buf_add(out, to, n_to);
		text += n + n_from;
		len -= n + n_from;
	}
}

void
mark_add(struct buf *out, const char *text, size_t len)
{
	replace(out, text, len, " ", MARK);
}

void
mark_remove(struct buf *out, const char *text, size_t len)
{
	replace(out, text, len, MARK, " ");
}
