/* The registries that a person added, as $XDG_CONFIG_HOME/minnow/registries names them, in the syntax of git-config(1):
 *
 *	[registry "NAME"]
 *		url = https://…		https, ssh or file
 *		fingerprint = HEX	SHA-256 of a version of its root; without one the first that is met is taken
 *		min-version = N		no index before this one
 *		replaces-builtin = true	once synced, it stands in the place of the built-in registry
 *
 * What was synced of NAME is in $XDG_DATA_HOME/minnow/registries/NAME. */
#ifndef TUI_REGISTRIES_H
#define TUI_REGISTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/sync.h"

struct catalog;
struct config;

struct registry_row {
	char *name, *url, *dir;
	bool has_fingerprint, replaces_builtin;
	unsigned char fingerprint[32];
	uint64_t version_min;		/* 0: any */
};

struct registries {
	struct registry_row *rows;	/* in the order of the file */
	size_t n;
	char *file;
};

/* False with *e naming file and member. */
bool registries_load(struct registries *r, const struct config *c, struct err *e) MUST_CHECK;
void registries_done(struct registries *r);	/* accepts a zeroed one */
/* Borrowed.  ERR_NOT_FOUND names those that are there. */
const struct registry_row *registries_find(const struct registries *r, const char *name, struct err *e) MUST_CHECK;

/* Small letters, digits and inner hyphens, and no name that means something else.  ERR_USAGE. */
bool registries_check_name(const char *name, struct err *e) MUST_CHECK;
/* Nobody else syncs ROW, or changes or removes it, as long as the descriptor is open; its folder is made.  -1 with *e: somebody
 * does so now. */
int registries_lock(const struct registry_row *row, struct err *e) MUST_CHECK;
/* A new row, whose name is free: what a removal that was cut off left of one of that name goes first.  ROW's dir is not
 * looked at. */
bool registries_add(const struct config *c, const struct registry_row *row, struct err *e) MUST_CHECK;
/* A row of that name is replaced; under its lock. */
bool registries_put(const struct registries *r, const struct registry_row *row, struct err *e) MUST_CHECK;
/* From the file, and what was synced of it from the disk. */
bool registries_drop(const struct registries *r, const struct registry_row *row, struct err *e) MUST_CHECK;
/* The built-in registry and those that were synced; in the place of the built-in one the first that replaces it and can be
 * read.  One that cannot is left out, with a line on standard error.  NULL: the built-in one cannot be read. */
struct catalog *registries_open_catalog(const struct config *c, struct err *e) MUST_CHECK;
/* For whoever goes by what a registry says, and does not only use what is on this machine: a line, too, for one whose index
 * has expired. */
struct catalog *registries_open_catalog_warning(const struct config *c, struct err *e) MUST_CHECK;
/* The same with these lines in WARNINGS, where standard error is not for sentences, and in STALE (may be NULL) one for each
 * whose index has expired. */
struct catalog *registries_open_catalog_quietly(const struct config *c, struct buf *warnings, struct buf *stale,
    struct err *e) MUST_CHECK;

/* What the library needs to sync ROW; the limits are its own. */
struct sync_source registries_source(const struct registry_row *row);

#endif
