/* The badge of a file: what is known of where its bytes come from.  It tells which bytes these are, not that they are
 * harmless. */
#ifndef REGISTRY_BADGE_H
#define REGISTRY_BADGE_H

#include "registry/catalog.h"
#include "registry/store.h"

enum badge {
	BADGE_UNVERIFIED,	/* nobody named a digest, or the file changed since it was verified */
	BADGE_HASH_KNOWN,	/* a registry knows these bytes, though they came another way */
	BADGE_REGISTRY,		/* verified against the registry that is part of the program */
	BADGE_SIGNED,		/* verified against a registry whose signatures were checked */
};
const char *badge_name(enum badge b);	/* "unverified", "known hash", "registry", "signed" */

/* Of a file in FOLDER of the store (NULL: elsewhere), of which SEEN is known. */
enum badge badge_of(const struct catalog *c, const char *folder, const struct store_seen *seen);

/* The folder of the store for model ID of REGISTRY: the id, or REGISTRY--ID for one that is not part of the program. */
void badge_folder(struct buf *out, const char *registry, const char *id);

#endif
