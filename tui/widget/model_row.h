/* One row of the tree of models: a family, a generation, a model or a file, with figures at its right edge. */
#ifndef TUI_WIDGET_MODEL_ROW_H
#define TUI_WIDGET_MODEL_ROW_H

#include <stdbool.h>

#include "tui/draw.h"

struct explore;
struct explore_node;
struct entry_file;

void model_row_draw(const struct explore *x, const struct explore_node *n, bool is_marked, const struct canvas *c);
/* What the tree calls it: "Qwen 2.5", "qwen3-0.6b", "Q8_0". */
void model_row_title(const struct explore *x, const struct explore_node *n, struct buf *out);
/* "44–58 /s"; nothing where that is not known. */
void model_row_speed(const struct explore *x, const struct explore_node *n, const struct glyphs *g, struct buf *out);

#endif
