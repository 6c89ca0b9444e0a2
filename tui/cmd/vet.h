/* Whether a model is what it was when it was verified, before it is used.
 *
 * A model of the store is known by its stamp: size, time of change and inode, no reading.  One that changed is read, with
 * its progress shown, and used only when it is whole.  A file that a person names by its path is not read unless they say so:
 * the first time they are asked, or told where nobody can be asked; known.h remembers it. */
#ifndef TUI_CMD_VET_H
#define TUI_CMD_VET_H

#include <stdbool.h>

#include "registry/badge.h"
#include "registry/resolve.h"
#include "tui/cmd/work.h"
#include "tui/config.h"

struct vetted {
	struct buf path;		/* to be opened */
	const char *badge;		/* NULL: it has none (the guide) */
	bool is_path;			/* a file outside the store, to be met first */
	bool has_sha256;		/* of the file at PATH, known without reading it: */
	unsigned char sha256[DIGEST_SHA256_SIZE];
};

/* What NAME means; a model of the store is whole then.  Kinds: those of resolve(), ERR_VERIFY, ERR_CANCELLED. */
bool vet_find(const struct config *c, const char *name, struct vetted *v, struct err *e) MUST_CHECK;
/* A file outside the store that nobody met before: the person is asked, or told.  ERR_CANCELLED: they do not want it. */
bool vet_meet(const struct config *c, struct vetted *v, struct err *e) MUST_CHECK;
void vet_done(struct vetted *v);

/* A model of the store, as resolve() found it: all its files are looked at, and read if they changed; r->seen is then what
 * is known now.  Nothing for others. */
bool vet_installed(struct store *store, struct resolved *r, struct err *e) MUST_CHECK;

/* SHA-256 of a whole file; W tells how far it is, BASE bytes of TOTAL having been read before. */
bool vet_hash(const char *path, struct work *w, uint64_t base, uint64_t total, unsigned char sha256[DIGEST_SHA256_SIZE],
    struct err *e) MUST_CHECK;

#endif
