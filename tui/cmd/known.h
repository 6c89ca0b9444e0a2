/* What is known of a model file without reading it: of one in the store, of one of another program that is in use, and of
 * files that a person named by their path.
 *
 * The last are remembered in the cache folder, a small file each, named by size, time of change and inode, with the SHA-256
 * if it was computed: another file, or the same one changed, has another name there. */
#ifndef TUI_CMD_KNOWN_H
#define TUI_CMD_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/badge.h"
#include "registry/digest.h"
#include "tui/config.h"

enum known_memory { KNOWN_NOT, KNOWN_MET, KNOWN_HASHED };

/* What is remembered of PATH; SHA256 is set for KNOWN_HASHED. */
enum known_memory known_recall(const struct config *c, const char *path, unsigned char sha256[DIGEST_SHA256_SIZE]);
/* The person knows this file: they made it, said yes, or had it hashed (SHA256, else NULL). */
void known_remember(const struct config *c, const char *path, const unsigned char *sha256);
void known_forget(const struct config *c, const char *path);

struct known {
	enum badge badge;
	bool has_sha256;		/* and the file has not changed since it was computed */
	unsigned char sha256[DIGEST_SHA256_SIZE];
};

/* Of the file at PATH; of one that is not there nothing is known. */
void known_look(const struct config *c, const struct catalog *catalog, const char *path, struct known *k);
/* Its badge, where there is no catalogue yet.  Static. */
const char *known_badge(const struct config *c, const char *path);

/* The first model that has a file of these bytes, and that file; NULL: no registry has one.  Borrowed. */
const struct catalog_model *known_model(const struct catalog *catalog, const unsigned char *sha256,
    const struct entry_file **file);

#endif
