/* The keys of vim in the prompt (ui.editing): which mode it is in, and what an action does to the text then.  The table of
 * keys has the rest: in each mode it has other rows. */
#ifndef TUI_STATE_VIM_H
#define TUI_STATE_VIM_H

#include <stdbool.h>

#include "tui/keymap.h"

struct editor;

/* Zeroed: typing. */
struct vim {
	enum { VIM_INSERT, VIM_NORMAL, VIM_CUT, VIM_CHANGE /* the last two wait for a motion */ } mode;
};

enum context vim_context(const struct vim *v);
bool vim_waits(const struct vim *v);		/* for one more key */
const char *vim_mode_name(const struct vim *v);	/* for a person, to be translated */
/* Do A; false: it is not one of vim's, or means here what it always means, after which vim_settle() is due.  *CHANGED: there
 * was something to do.  While a motion is waited for everything is taken: what is no motion ends the waiting. */
bool vim_act(struct vim *v, struct editor *ed, enum action a, bool *changed);
/* A key that means nothing.  False: it types. */
bool vim_other_key(struct vim *v);
/* Out of typing the cursor stands on a character, not after the last one. */
void vim_settle(const struct vim *v, struct editor *ed);

#endif
