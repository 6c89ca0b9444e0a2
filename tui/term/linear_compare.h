/* Compare in plain lines: whole sentences, answers one below the other.  What is typed goes to all models until :chat. */
#ifndef TUI_TERM_LINEAR_COMPARE_H
#define TUI_TERM_LINEAR_COMPARE_H

#include <stdbool.h>

#include "tui/term/linear.h"

bool linear_compare_has(enum action a);
bool linear_compare_is_open(const struct app *app);
/* Ask LINE.  *SIGNAL gets one that asks to end, while the models answered. */
void linear_compare_ask(struct app *app, const char *line, int signal_fd, int *signal);
enum linear_did linear_compare_act(struct app *app, enum action a, const char *words, int signal_fd, int *signal);

#endif
