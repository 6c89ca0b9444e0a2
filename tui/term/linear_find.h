/* Words in the conversation that is open, in plain lines. */
#ifndef TUI_TERM_LINEAR_FIND_H
#define TUI_TERM_LINEAR_FIND_H

#include "tui/term/linear_chats.h"

enum linear_did linear_find_act(struct app *app, enum action a, const char *words);

#endif
