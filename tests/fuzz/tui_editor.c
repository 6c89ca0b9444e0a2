/* The prompt editor under any sequence of operations: the text stays valid UTF-8, the cursor stays between
 * clusters, and every byte has a place on the screen. */
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "tui/state/editor.h"
#include "tui/state/vim.h"
#include "tui/text.h"
#include "tui/widget/wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool (*const ops[])(struct editor *) = {
	editor_left, editor_right, editor_word_left, editor_word_right, editor_line_start, editor_line_end,
	editor_delete_left, editor_delete_right, editor_kill_word_left, editor_kill_word_right, editor_kill_line,
	editor_kill_line_left, editor_yank, editor_undo, editor_history_prev, editor_history_next, editor_kill_whole_line,
};

static const enum action vim_actions[] = {
	ACTION_vim_normal, ACTION_vim_insert, ACTION_vim_append, ACTION_vim_insert_start, ACTION_vim_append_end,
	ACTION_vim_open, ACTION_vim_cut, ACTION_vim_change, ACTION_left, ACTION_right, ACTION_word_left, ACTION_word_right,
	ACTION_line_start, ACTION_line_end, ACTION_delete_right, ACTION_delete_left, ACTION_kill_line, ACTION_yank,
	ACTION_kill_word_left, ACTION_kill_word_right, ACTION_kill_line_left, ACTION_kill_whole_line, ACTION_undo,
};
enum { VIM_FROM = 0xc0 };

static void
check(const struct editor *ed, int columns)
{
	const char *s = buf_str(&ed->text);
	size_t at = 0;
	int row, col;

	if (!utf8_is_valid(s, ed->text.len) || ed->at > ed->text.len)
		abort();
	while (at < ed->at)
		at = text_next(s, ed->text.len, at);
	if (at != ed->at)
		abort();
	wrap_locate(s, ed->text.len, columns, ed->at, &row, &col);
	if (row < 0 || col < 0 || row > wrap_count(s, ed->text.len, columns))
		abort();
}

/* Bytes 0x80.. choose an operation, 0xc0.. one of vim's; a smaller one inserts that many of the bytes that follow. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct editor ed;
	struct vim vim = {0};
	bool changed;
	int columns = n ? 2 + data[0] % 40 : 2;

	editor_init(&ed);
	for (size_t i = 1; i < n && n < 4096; i++) {
		size_t op = data[i] - 0x80u;

		if (data[i] < 0x80) {
			size_t len = data[i] < n - i - 1 ? data[i] : n - i - 1;

			(void)editor_insert(&ed, (const char *)data + i + 1, len);
			i += len;
		} else if (op < sizeof ops / sizeof *ops) {
			(void)ops[op](&ed);
		} else if (data[i] >= VIM_FROM && data[i] < VIM_FROM + sizeof vim_actions / sizeof *vim_actions) {
			(void)vim_act(&vim, &ed, vim_actions[data[i] - VIM_FROM], &changed);
		} else if (op % 3 == 0) {
			(void)editor_up(&ed, columns);
		} else if (op % 3 == 1) {
			(void)editor_down(&ed, columns);
		} else {
			free(editor_take(&ed));
		}
		vim_settle(&vim, &ed);
		check(&ed, columns);
	}
	editor_done(&ed);
	return 0;
}
