/* Parts of the chat view that have files of their own; view/chat.c asks each whether an action is its. */
#ifndef TUI_VIEW_CHAT_PARTS_H
#define TUI_VIEW_CHAT_PARTS_H

#include "tui/view/view.h"

/* chat_model.c: another model in the middle of a conversation. */
enum did chat_model_act(struct app *app, enum action a);
/* The models of this machine as choices of the line; what is known of it now. */
void chat_model_list(struct app *app);
void chat_model_refresh(struct app *app);	/* the list, when more is known of this machine */

/* chat_tune.c: the system prompt and the settings of a conversation, for both renderers.  LINE: as state/tune.h has it. */
enum did chat_tune_act(struct app *app, enum action a);
bool chat_set_system(struct app *app, const char *line, struct err *e) MUST_CHECK;
bool chat_set_sampling(struct app *app, const char *words, struct err *e) MUST_CHECK;

#endif
