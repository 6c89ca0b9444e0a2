/* Actions of the chat that are about kept conversations; view/chat.c asks here first. */
#ifndef TUI_VIEW_CHAT_LIST_H
#define TUI_VIEW_CHAT_LIST_H

#include "tui/state/line.h"
#include "tui/view/view.h"

/* The list is always there in a view this wide; narrower, it comes over the transcript. */
enum { CHAT_LIST_ALWAYS = 100 };

enum did chat_list_act(struct app *app, enum action a);
void chat_list_refresh(struct app *app);		/* read the list anew when something has changed */
void chat_list_show(struct app *app, int64_t chat);	/* the list, with the keyboard, at CHAT */
bool chat_list_is_open(const struct app *app, int cols);

/* The line at the bottom, while it asks for words: they changed; Enter (the line is closed already); Esc. */
void chat_list_line_changed(struct app *app);
enum did chat_list_line_done(struct app *app, enum line_mode mode);
void chat_list_line_left(struct app *app);

#endif
