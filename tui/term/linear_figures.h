/* Figures and tokens in plain lines: whole sentences. */
#ifndef TUI_TERM_LINEAR_FIGURES_H
#define TUI_TERM_LINEAR_FIGURES_H

#include "tui/term/linear_chats.h"

enum linear_did linear_figures_act(struct app *app, enum action a, const char *words);

#endif
