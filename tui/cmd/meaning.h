/* A sentence for each difference of two entries: what it means for who uses the model. */
#ifndef TUI_CMD_MEANING_H
#define TUI_CMD_MEANING_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "registry/lineage.h"

/* Nothing where there is nothing to say. */
void models_add_meaning(struct buf *out, const struct lineage_change *d);
/* Is it worth a line?  Of two models, name and summary say nothing new. */
bool models_change_is_told(const struct lineage_change *d, bool two_models);

#endif
