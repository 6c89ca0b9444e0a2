/* Conversations of any program: whatever is read is a tree of clean text that minnow can write and read again; what is not
 * gives one harmless sentence. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/state/history_file.h"
#include "tui/state/history_import.h"
#include "tui/text_clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_clean(const char *s, size_t n)
{
	struct buf again = {0};

	text_clean(&again, s, n);
	if (again.len != n || memcmp(buf_str(&again), s, n) != 0)
		abort();
	buf_done(&again);
}

static void
check_tree(const struct history_tree *t, bool foreign)
{
	struct buf json = {0};
	struct history_tree again;
	struct err e = {0};

	for (size_t i = 0; i < t->n; i++) {
		const struct history_message *m = &t->messages[i];

		if (m->id != (int64_t)i + 1 || m->parent < 0 || m->parent > (int64_t)i)
			abort();
		if (foreign && m->text.len)
			check_clean(m->text.data, m->text.len);
	}
	if (foreign && (t->n == 0 || !t->chat.title))
		abort();
	if (!history_write_json(t, &json, &e) || !history_parse_json(json.data, json.len, &again, &e) || again.n != t->n)
		abort();
	history_tree_done(&again);
	buf_done(&json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool foreign = !memmem(data, size, "minnow", 6) && !memmem(data, size, "\\u", 2);
	struct history_trees all;
	struct err e = {0};

	if (!history_parse_any((const char *)data, size, &all, &e)) {
		if (all.n || !*e.text || strchr(e.text, '\n') || strchr(e.text, '\033'))
			abort();
		return 0;
	}
	for (size_t i = 0; i < all.n; i++)
		check_tree(&all.trees[i], foreign);
	history_trees_done(&all);
	return 0;
}
