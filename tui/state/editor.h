/* The prompt being written: text, cursor, what was cut, undo, history.  No drawing, no keys: operations only.
 * The cursor always stands between grapheme clusters. */
#ifndef TUI_STATE_EDITOR_H
#define TUI_STATE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

/* What is typed or pasted beyond this is refused. */
#define EDITOR_BYTES_MAX (4u << 20)

struct editor_undo {
	char *text;
	size_t len, at;
};

struct editor {
	struct buf text;		/* valid UTF-8 without controls but newline and tab */
	size_t at;			/* cursor, byte offset */
	int goal_col;			/* column kept while moving up and down; -1: none */
	struct buf cut;			/* what yank puts back */
	bool cutting;			/* the last operation was a cut in the same direction: the next one joins it */
	bool typing;			/* the last operation inserted: the next insertion shares its undo step */
	struct editor_undo *undo;
	size_t n_undo;
	char **history;
	size_t n_history;
	size_t history_at;		/* n_history: not in the history */
	char *draft;			/* what was being written when history was entered */
	bool one_line;			/* newlines become spaces */
};

void editor_init(struct editor *ed);
void editor_done(struct editor *ed);

/* Insert at the cursor.  Outside text: made clean first.  False when the limit would be passed. */
bool editor_insert(struct editor *ed, const char *s, size_t n);
void editor_set(struct editor *ed, const char *s);	/* replace everything; cursor at the end; undoable */
/* The text; the caller owns it.  The editor is empty afterwards, its undo forgotten, the text in the
 * history. */
char *editor_take(struct editor *ed);

/* Each is false when there was nothing to do. */
bool editor_left(struct editor *ed);
bool editor_right(struct editor *ed);
bool editor_word_left(struct editor *ed);
bool editor_word_right(struct editor *ed);
bool editor_line_start(struct editor *ed);		/* of the logical line */
bool editor_line_end(struct editor *ed);
bool editor_up(struct editor *ed, int columns);		/* one row as drawn COLUMNS wide */
bool editor_down(struct editor *ed, int columns);
bool editor_delete_left(struct editor *ed);
bool editor_delete_right(struct editor *ed);
bool editor_kill_word_left(struct editor *ed);
bool editor_kill_word_right(struct editor *ed);
bool editor_kill_line(struct editor *ed);
bool editor_kill_line_left(struct editor *ed);
bool editor_kill_whole_line(struct editor *ed);	/* with its newline; the last line with the one before it */
bool editor_yank(struct editor *ed);
bool editor_undo(struct editor *ed);
bool editor_history_prev(struct editor *ed);
bool editor_history_next(struct editor *ed);

/* For the keys of another editor (state/vim.h).  Places are byte offsets between clusters. */
bool editor_move(struct editor *ed, size_t at);
bool editor_cut(struct editor *ed, size_t from, size_t to);	/* what was cut before is forgotten */
size_t editor_line_begin(const struct editor *ed);		/* of the line of the cursor */
size_t editor_line_finish(const struct editor *ed);

void editor_history_add(struct editor *ed, const char *s);
/* History files: one entry a line, with \n and \\ for newline and backslash. */
void editor_history_write(const struct editor *ed, struct buf *out);
void editor_history_read(struct editor *ed, const char *s, size_t n);

#endif
