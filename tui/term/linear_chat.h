/* The conversation that is open, in plain lines: its model, its settings, what is put into the prompt. */
#ifndef TUI_TERM_LINEAR_CHAT_H
#define TUI_TERM_LINEAR_CHAT_H

#include "tui/term/linear_chats.h"

enum linear_did linear_chat_act(struct app *app, enum action a, const char *words);
/* Ask LINE, after what was put into the prompt before. */
bool linear_chat_ask(struct app *app, const char *line, struct err *e) MUST_CHECK;

#endif
