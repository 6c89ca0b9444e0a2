/* The conversation that is open, in plain lines: its model, its settings, what is put into the prompt. */
#ifndef TUI_TERM_LINEAR_CHAT_H
#define TUI_TERM_LINEAR_CHAT_H

#include "tui/app.h"
#include "tui/term/linear_chats.h"

enum linear_did linear_chat_act(struct app *app, enum action a, const char *words);
/* What does not fit into the context, and the ways out by number; TEXT: as chat_fit_find() has it. */
void linear_chat_full(struct app *app, enum full_what what, const char *text);
/* LINE, when it is a number of those that were printed last. */
enum linear_did linear_chat_choose(struct app *app, const char *line);
/* Ask LINE, after what was put into the prompt before.  What does not fit is told. */
bool linear_chat_ask(struct app *app, const char *line, struct err *e) MUST_CHECK;

#endif
