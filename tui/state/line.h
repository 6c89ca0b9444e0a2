/* The line at the bottom.  Finding a command by name: the ":" line and the palette, which are one thing with two marks.  A line "name
 * words" runs the action with that name; otherwise the chosen match runs. */
#ifndef TUI_STATE_LINE_H
#define TUI_STATE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/keymap.h"
#include "tui/state/editor.h"

enum line_mode {
	LINE_CLOSED, LINE_COMMAND, LINE_PALETTE,
	LINE_FIND, LINE_RENAME, LINE_EXPORT,	/* words for an action, not its name */
};

struct line {
	enum line_mode mode;
	struct editor editor;
	enum action matches[ACTION_COUNT];		/* best first */
	size_t n_matches, chosen;
};

void line_init(struct line *l);
void line_done(struct line *l);
void line_open(struct line *l, enum line_mode mode);
void line_close(struct line *l);
void line_match(struct line *l);		/* after the text changed */
bool line_choose(struct line *l, int step);
/* What Enter means; *words, when not NULL, gets the rest of the line (borrowed).  ACTION_NONE: nothing
 * fits. */
enum action line_action(const struct line *l, const char **words);
/* An action by the name a person types: its own, a short form of vi (q, h), or an unambiguous beginning. */
enum action line_find(const char *name, size_t len);

#endif
