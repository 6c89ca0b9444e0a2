/* Words in laid-out text: every place is one of the layout and can be marked, and in plain text the same places are found at
 * any width as in its lines. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/flow_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 100000 };

struct looked {
	struct buf key;
	bool folds;
};

static void
check(const struct flow *f, const struct flow_matches *m, const char *s, int columns)
{
	struct grid g;

	grid_init(&g, 1, columns);
	for (size_t i = 0; i < m->n; i++) {
		const struct flow_match *at = &m->list[i], *next = i + 1 < m->n ? at + 1 : NULL;

		if (at->to_piece < at->piece || at->to_piece >= f->n_pieces || at->from > f->pieces[at->piece].len ||
		    at->to > f->pieces[at->to_piece].len || (at->piece == at->to_piece && at->to < at->from))
			abort();
		if (next && (next->piece < at->to_piece || (next->piece == at->to_piece && next->from < at->to)))
			abort();
		if (flow_match_row(f, at) >= f->n_rows)
			abort();
	}
	for (size_t r = 0; r < f->n_rows; r++)
		flow_matches_mark(m, 0, f, r, s, &g, 0, 0, columns);
	grid_done(&g);
}

static size_t
look(const struct looked *l, const char *s, size_t n, int columns, bool plain)
{
	struct flow f = {.plain = plain};
	struct flow_matches m = {0};
	size_t found;

	flow_update(&f, s, n, columns);
	flow_matches_find(&m, &f, s, l->key.data, l->key.len, l->folds, MOST);
	check(&f, &m, s, columns);
	found = m.n;
	flow_matches_done(&m);
	flow_done(&f);
	return found;
}

static size_t
count(const struct looked *l, const char *s, size_t n)
{
	struct buf text = {0};
	size_t found = 0;

	if (l->folds)
		text_fold(&text, s, n);
	else
		buf_add(&text, s, n);
	for (const char *p = buf_str(&text), *end = p + text.len; (p = memmem(p, (size_t)(end - p), l->key.data, l->key.len)); found++)
		p += l->key.len;
	buf_done(&text);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct looked l = {0};
	struct buf words = {0}, text = {0};
	size_t n;

	if (size < 3 || size > 4096)
		return 0;
	n = data[1] % 16 < size - 2 ? data[1] % 16 : size - 2;
	text_clean_line(&words, (const char *)data + 2, n);
	text_clean(&text, (const char *)data + 2 + n, size - 2 - n);
	l.folds = !text_has_capital(buf_str(&words), words.len);
	if (l.folds)
		text_fold(&l.key, buf_str(&words), words.len);
	else
		buf_add(&l.key, buf_str(&words), words.len);
	if (l.key.len) {
		int columns = 1 + data[0] % 100;

		(void)look(&l, buf_str(&text), text.len, columns, false);
		/* A tab is a gap. */
		if (!memchr(buf_str(&text), '\t', text.len) &&
		    look(&l, buf_str(&text), text.len, columns, true) != count(&l, buf_str(&text), text.len))
			abort();
	}
	buf_done(&words);
	buf_done(&text);
	buf_done(&l.key);
	return 0;
}
