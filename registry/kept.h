/* What is kept with a downloaded model: what the registry said of it, and which licence was accepted, so that a later
 * download can tell what changed.  In its folder of the store:
 *
 *	minnow-kept.json	{"accepted": true, "card": "…", "date": 1795651200, "entry": {…}, "format": 1, "registry": "builtin"}
 *
 * The entry is that of the registry, and knows the digests of what was learnt as well. */
#ifndef REGISTRY_KEPT_H
#define REGISTRY_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/entry.h"
#include "registry/store.h"

#define KEPT_FILE "minnow-kept.json"
#define KEPT_FORMAT 1

struct kept {
	char *registry;			/* the name that it had here, or "hub", "address", "file" */
	char *card;			/* Markdown; may be NULL */
	bool accepted;			/* somebody accepted the licence */
	uint64_t date;			/* of the last download, in seconds since 1970 */
	struct entry entry;
};

bool kept_parse(struct kept *k, const char *text, size_t n, struct err *e) MUST_CHECK;
void kept_write(const struct kept *k, struct buf *out);
void kept_done(struct kept *k);		/* accepts a zeroed one */

/* That of FOLDER.  False with *missing when there is none: a model that came another way. */
bool kept_read(struct store *s, const char *folder, struct kept *k, bool *missing, struct err *e) MUST_CHECK;
bool kept_save(struct store *s, const char *folder, const struct kept *k, struct err *e) MUST_CHECK;

/* Append what a person should know before FROM becomes TO, one a line, "licence: MIT, now Apache-2.0": template, licence
 * and what the model derives from, and their texts.  How many. */
size_t kept_changes(const struct entry *from, const struct entry *to, struct buf *out);

#endif
