/* What the actions of keys.def do to a prompt. */
#ifndef TUI_STATE_EDITOR_KEYS_H
#define TUI_STATE_EDITOR_KEYS_H

#include <stdbool.h>

#include "tui/keymap.h"
#include "tui/state/editor.h"

/* False: A is none that edits.  *changed: there was something to do. */
bool editor_act(struct editor *ed, enum action a, bool *changed);
/* The same in a prompt of several lines, drawn COLUMNS wide: newlines, up and down too. */
bool editor_act_lines(struct editor *ed, enum action a, int columns, bool *changed);

#endif
