/* A plot over time, filled from below: braille dots, two to a column and four to a row; or # where only ASCII is. */
#ifndef TUI_WIDGET_PLOT_H
#define TUI_WIDGET_PLOT_H

#include <stddef.h>

#include "tui/draw.h"

enum { PLOT_SCALE = 7 };	/* columns at the left for what the rows stand for */

/* Values a plot COLS wide takes: so many are worth computing. */
size_t plot_n(const struct canvas *c);
/* Y[0..n), all >= 0, with a scale at the left; UNDER, a few words at the right end of the bottom line, may be NULL. */
void plot_draw(const struct canvas *c, const double *y, size_t n, const char *under);

#endif
