/* Parts of the chat view that have files of their own; view/chat.c asks each whether an action is its. */
#ifndef TUI_VIEW_CHAT_PARTS_H
#define TUI_VIEW_CHAT_PARTS_H

#include "tui/view/view.h"

/* chat_model.c: another model in the middle of a conversation. */
enum did chat_model_act(struct app *app, enum action a);
/* The models of this machine as choices of the line; what is known of it now. */
void chat_model_list(struct app *app);
void chat_model_refresh(struct app *app);	/* the list, when more is known of this machine */

#endif
