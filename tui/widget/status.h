/* The line that tells the truth about context and speed. */
#ifndef TUI_WIDGET_STATUS_H
#define TUI_WIDGET_STATUS_H

struct canvas;
struct talk;

/* Draw on row 0 of the canvas: context at the left, speed at the right; what does not fit is left out, least
 * important first. */
void status_draw(const struct talk *c, const struct canvas *canvas);

#endif
