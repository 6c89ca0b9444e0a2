/* The list of conversations at the left of the chat. */
#ifndef TUI_WIDGET_CHAT_LIST_H
#define TUI_WIDGET_CHAT_LIST_H

struct app;
struct canvas;

void chat_list_draw(const struct app *app, const struct canvas *c);

#endif
