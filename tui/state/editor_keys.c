/* See editor_keys.h. */
#include "tui/state/editor_keys.h"

bool
editor_act(struct editor *ed, enum action a, bool *changed)
{
	static bool (*const edits[ACTION_COUNT])(struct editor *) = {
		[ACTION_left] = editor_left, [ACTION_right] = editor_right, [ACTION_word_left] = editor_word_left,
		[ACTION_word_right] = editor_word_right, [ACTION_line_start] = editor_line_start,
		[ACTION_line_end] = editor_line_end, [ACTION_history_prev] = editor_history_prev,
		[ACTION_history_next] = editor_history_next, [ACTION_delete_left] = editor_delete_left,
		[ACTION_delete_right] = editor_delete_right, [ACTION_kill_word_left] = editor_kill_word_left,
		[ACTION_kill_word_right] = editor_kill_word_right, [ACTION_kill_line] = editor_kill_line,
		[ACTION_kill_line_left] = editor_kill_line_left, [ACTION_kill_whole_line] = editor_kill_whole_line,
		[ACTION_yank] = editor_yank, [ACTION_undo] = editor_undo,
	};

	if (!edits[a])
		return false;
	*changed = edits[a](ed);
	return true;
}

bool
editor_act_lines(struct editor *ed, enum action a, int columns, bool *changed)
{
	switch (a) {
	case ACTION_newline:
		*changed = editor_insert(ed, "\n", 1);
		return true;
	case ACTION_up:
		*changed = editor_up(ed, columns) || editor_history_prev(ed);
		return true;
	case ACTION_down:
		*changed = editor_down(ed, columns) || editor_history_next(ed);
		return true;
	default:
		return editor_act(ed, a, changed);
	}
}
