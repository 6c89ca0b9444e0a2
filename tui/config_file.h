/* Files in the syntax of git-config(1): the one reader and the one writer of them.
 *
 * Knows nothing about settings.  Values are followed by line and byte, so that a message names the line and an edit leaves
 * every other byte as it was.  [include] is not followed: a file is what stands in it. */
#ifndef TUI_CONFIG_FILE_H
#define TUI_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define CONFIG_FILE_BYTES_MAX (1u << 20)

/* One value.  Borrowed until the next one. */
struct config_file_value {
	/* "registry.core.url": section and key in small letters, what is between as it is written. */
	const char *name;
	const char *value;		/* of a key without one: "true" */
	unsigned line;			/* of the key, from 1 */
};

/* Is NAME that of [include] or [includeIf "…"], which git follows?  Whoever meets it says that it is not followed here. */
bool config_file_is_include(const char *name);

typedef bool config_file_fn(void *ctx, const struct config_file_value *v, struct err *e);

/* EACH gets every value of TEXT[0..n), in order, until it returns false with *e set; "FILE line N" is put before that. */
bool config_file_parse(const char *file, const char *text, size_t n, config_file_fn *each, void *ctx, struct err *e) MUST_CHECK;
/* The same of the file at PATH.  No file: no values. */
bool config_file_each(const char *path, config_file_fn *each, void *ctx, struct err *e) MUST_CHECK;

struct config_edit {
	const char *name, *value;	/* name as above; value NULL: take it out */
};
/* All edits of a text that can be parsed, comments and everything else as they were; how many there were to take out. */
bool config_file_edit_text(const char *file, struct buf *text, const struct config_edit *edits, size_t n, size_t *n_taken,
    struct err *e) MUST_CHECK;
/* The same of a file, in one step, which is made when it is not there; a link is followed.  Readable by its owner alone,
 * because of hub.token.  N_TAKEN may be NULL. */
bool config_file_edit(const char *path, const struct config_edit *edits, size_t n, size_t *n_taken, struct err *e) MUST_CHECK;

#endif
