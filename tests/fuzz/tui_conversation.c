/* Conversations as JSON: whatever is read is written in a form that is read again as the same, and can be written as
 * Markdown. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/state/history_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = {0}, second = {0};
	struct history_tree t, again;
	struct err e = {0};

	if (!history_parse_json((const char *)data, size, &t, &e)) {
		if (!*e.text || strchr(e.text, '\n') || strchr(e.text, '\033'))
			abort();
		return 0;
	}
	if (!history_write_json(&t, &first, &e) || !history_parse_json(first.data, first.len, &again, &e) ||
	    !history_write_json(&again, &second, &e))
		abort();
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	buf_clear(&second);
	history_write_markdown(&t, &second);
	if (t.n && history_leaf_under(&t, t.messages[0].id) < t.messages[0].id)
		abort();
	buf_done(&first);
	buf_done(&second);
	history_tree_done(&t);
	history_tree_done(&again);
	return 0;
}
