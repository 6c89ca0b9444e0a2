/* Texts in the prompt: folding to chips and expanding again comes to rest (a chip within a line gets a line of its own, which
 * may make a block of what follows), and what is not a block stays as it is. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/state/attach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TURNS_MAX = 64 };

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

/* TEXT folded and expanded; true: nothing changed. */
static bool
turn(struct buf *text)
{
	struct attaches as = {0};
	struct buf folded = {0}, sent = {0};
	bool rests;

	attach_fold(&as, buf_str(text), text->len, &folded);
	attach_expand(&as, buf_str(&folded), &sent);
	rests = same(text, &sent);
	buf_clear(text);
	buf_add(text, buf_str(&sent), sent.len);
	attach_done(&as);
	buf_done(&folded);
	buf_done(&sent);
	return rests;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct attaches first = {0};
	struct buf text = {0}, folded = {0}, shown = {0};
	size_t behind = 0;
	int turns = 0;

	if (size > 1 << 16)
		return 0;
	buf_add(&text, (const char *)data, size);
	for (size_t i = 0; i < text.len; i++)		/* as text_clean() leaves it */
		text.data[i] = text.data[i] ? text.data[i] : ' ';
	attach_fold(NULL, buf_str(&text), text.len, &shown);
	attach_fold(&first, buf_str(&text), text.len, &folded);
	for (size_t i = 0; i < first.n; i++)
		behind += first.items[i].len;
	if (shown.len > text.len + 1 || behind > text.len)
		abort();
	if (first.n == 0 && !same(&folded, &text))
		abort();
	if (text.len < 4096)
		while (!turn(&text))
			if (++turns == TURNS_MAX)
				abort();
	for (size_t at = 0; at <= folded.len; at++)
		if (attach_ends(&first, buf_str(&folded), at) > at)
			abort();
	attach_done(&first);
	buf_done(&text);
	buf_done(&folded);
	buf_done(&shown);
	return 0;
}
