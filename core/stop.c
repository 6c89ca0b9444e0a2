/* Stop strings; see stop.h. */
#define _GNU_SOURCE
#include "core/stop.h"

#include <string.h>

void
stop_init(struct stop *s, char *const *strings, size_t n)
{
	*s = (struct stop){.strings = strings, .n = n};
}

void
stop_done(struct stop *s)
{
	buf_done(&s->held);
}

/* Offset of the first stop string in the held text; its length when there is none. */
static size_t
first_match(const struct stop *s)
{
	size_t best = s->held.len;

	for (size_t i = 0; i < s->n; i++) {
		const char *at = memmem(buf_str(&s->held), s->held.len, s->strings[i], strlen(s->strings[i]));

		if (at && (size_t)(at - s->held.data) < best)
			best = (size_t)(at - s->held.data);
	}
	return best;
}

/* Bytes at the end of the held text that begin a stop string. */
static size_t
partial_match(const struct stop *s)
{
	size_t best = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t len = strlen(s->strings[i]) - 1;

		if (len > s->held.len)
			len = s->held.len;
		for (; len > best; len--)
			if (memcmp(s->held.data + s->held.len - len, s->strings[i], len) == 0)
				best = len;
	}
	return best;
}

bool
stop_push(struct stop *s, const char *text, size_t len, struct buf *out)
{
	size_t at, certain;

	if (len == 0)
		return false;
	buf_add(&s->held, text, len);
	at = first_match(s);
	certain = at < s->held.len ? at : s->held.len - partial_match(s);
	buf_add(out, s->held.data, certain);
	if (at < s->held.len) {
		buf_clear(&s->held);
		return true;
	}
	buf_erase(&s->held, 0, certain);
	return false;
}

void
stop_finish(struct stop *s, struct buf *out)
{
	buf_add(out, buf_str(&s->held), s->held.len);
	buf_clear(&s->held);
}
