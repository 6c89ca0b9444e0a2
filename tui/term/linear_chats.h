/* Kept conversations in plain lines: numbered lists, whole sentences.  Numbers are those of the list printed last. */
#ifndef TUI_TERM_LINEAR_CHATS_H
#define TUI_TERM_LINEAR_CHATS_H

#include <stdbool.h>

#include "tui/keymap.h"
#include "tui/state/history.h"

struct app;

enum linear_did { LINEAR_NOT, LINEAR_DONE, LINEAR_ASKED };	/* not mine; done and told; an answer will come */

/* The last question and its answer, of a conversation that was open when minnow began. */
void linear_chats_begin(const struct app *app);
/* LISTED: what was printed last; the caller's, zeroed at first, history_list_done() at the end. */
enum linear_did linear_chats_act(struct app *app, struct history_list *listed, enum action a, const char *words);

#endif
