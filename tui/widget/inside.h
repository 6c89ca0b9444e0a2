/* Drawing what is inside a model file. */
#ifndef TUI_WIDGET_INSIDE_H
#define TUI_WIDGET_INSIDE_H

#include <stdbool.h>

#include "tui/draw.h"

struct inside;

void inside_draw(const struct inside *in, const struct canvas *c, bool has_focus);

#endif
