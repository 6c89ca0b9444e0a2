/* An empty conversation: which model this is, what one can ask it, which keys matter. */
#ifndef TUI_WIDGET_WELCOME_H
#define TUI_WIDGET_WELCOME_H

struct app;
struct canvas;

void welcome_draw(const struct app *app, const struct canvas *canvas);

#endif
