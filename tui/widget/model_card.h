/* Pages about what is marked in the tree of models: a card, where it comes from, what changed, its licence. */
#ifndef TUI_WIDGET_MODEL_CARD_H
#define TUI_WIDGET_MODEL_CARD_H

#include "tui/widget/sheet.h"

struct explore;
struct explore_node;
struct models;

struct card_of {
	const struct explore *x;
	const struct explore_node *node;
	const struct models *m;		/* catalogue and glyphs for words */
	const struct glyphs *glyphs;
	bool without_files;		/* whoever shows it lists them in another way */
};

/* Each lays the page out anew for COLUMNS; links are struct catalog_model. */
void card_lay(struct sheet *p, const struct card_of *c, int columns);
void card_lay_lineage(struct sheet *p, const struct card_of *c, int columns);
void card_lay_changes(struct sheet *p, const struct card_of *c, int columns);
/* TEXT: of the licence, where it is on this machine, or NULL. */
void card_lay_licence(struct sheet *p, const struct card_of *c, int columns, const char *text);

/* The model from which the marked one grew, when it has an entry; or NULL. */
const struct catalog_model *card_parent(const struct card_of *c);

#endif
