/* How minnow import shows the models of other programs; what it does with them is in import.c. */
#ifndef TUI_CMD_IMPORT_H
#define TUI_CMD_IMPORT_H

#include <jansson.h>

#include "core/base/buf.h"
#include "registry/adopt.h"
#include "tui/cmd/models.h"

enum import_state {
	IMPORT_NEW,		/* "new": can be taken into use */
	IMPORT_IN_USE,		/* "in use" */
	IMPORT_CHANGED,		/* "changed" since it was taken into use */
	IMPORT_GONE,		/* "gone" since then */
	IMPORT_UNUSABLE,	/* "unusable": see why_not */
};

/* A model, what is written down of it (or NULL), and what is to be said of the two. */
struct import_row {
	const struct adopt_model *model, *used;
	enum import_state state;
	struct err problem;		/* of _CHANGED, _GONE and _UNUSABLE */
};

/* Of those found in USED the one that is in use from the same place. */
void import_row_set(struct import_row *row, const struct adopt_model *m, const struct adopt_index *used);

/* Number I of all that was found and then of what is in use from elsewhere; false: past the last. */
bool import_row_at(struct import_row *row, size_t i, const struct adopt_found *found, const struct adopt_index *used);

/* All of them, for a person. */
void import_add_table(const struct models *m, struct buf *out, const struct adopt_found *found, const struct adopt_index *used);
/* Tab-separated: name, program, format, bytes, state, badge, what the program calls it, path, problem. */
void import_add_plain(const struct models *m, struct buf *out, const struct import_row *row);
json_t *import_row_json(const struct models *m, const struct import_row *row);
json_t *import_found_json(const struct models *m, const struct adopt_found *found, const struct adopt_index *used);

#endif
