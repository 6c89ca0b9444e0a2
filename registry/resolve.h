/* What a person means by MODEL, in every command.  In this order:
 *
 *	guide				the bundled model; a file of that name is ./guide
 *	hf:OWNER/NAME… https://… file://…	an address
 *	/… ./… ../… NAME.gguf		a path
 *	NAME[:FORMAT]			on this machine, else in the registries; FORMAT is a quantization or a file's name
 *					(here are models that were downloaded, then those imported of other programs)
 *	REGISTRY/NAME[:FORMAT]		the same in one registry
 *	whatever else is there under that name
 *
 * So a file that somebody left in the current folder never takes the place of a model.  A name that several registries have
 * is refused unless a model of that very name is on this machine. */
#ifndef REGISTRY_RESOLVE_H
#define REGISTRY_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/catalog.h"
#include "registry/kept.h"
#include "registry/store.h"

#define RESOLVE_GUIDE "guide"		/* the bundled model's name */

enum resolve_kind {
	RESOLVE_PATH,			/* a file or directory, which is not looked at; the guide too */
	RESOLVE_INSTALLED,		/* in the store */
	RESOLVE_ADOPTED,		/* in the folder of another program (adopt.h) */
	RESOLVE_KNOWN,			/* in a registry, not on this machine */
	RESOLVE_ADDRESS,		/* to be asked for on the network */
};

struct resolve_from {
	const struct catalog *catalog;
	struct store *store;		/* NULL: nothing was ever downloaded */
	const char *root;		/* of the store, in which the imported ones are written down; NULL: none are */
	uint64_t memory_bytes;		/* of several files, one that fits is chosen; 0: the recommended one */
};

struct resolved {
	enum resolve_kind kind;
	struct buf path;			/* _PATH, _INSTALLED, _ADOPTED: to be opened */
	/* _INSTALLED and _KNOWN */
	char *folder;				/* in the store */
	const struct catalog_model *model;	/* borrowed from the catalogue; NULL: no registry has it */
	const struct entry_file *file;		/* of the entry; NULL: none that is known */
	/* _ADOPTED */
	struct err changed;			/* it is gone or not as it was */
	/* _INSTALLED */
	char *file_name;
	struct store_seen seen;			/* of that file */
	struct kept *kept;			/* NULL: it came another way; FILE is of this entry when there is one */
};

/* What follows the first ":" of NAME; NULL: nothing.  *N: the bytes before it. */
const char *resolve_format(const char *name, size_t *n);
bool resolve_is_address(const char *name);	/* see hub.h */
/* Needs neither catalogue nor store: the guide, or what can only be a path. */
bool resolve_is_plain(const char *name);
bool resolve_is_path(const char *name);		/* the same without the guide */

/* Kinds of errors: ERR_NOT_FOUND with names that are near, ERR_USAGE: several registries have it. */
bool resolve(const struct resolve_from *from, const char *name, struct resolved *r, struct err *e) MUST_CHECK;
void resolve_done(struct resolved *r);		/* accepts a zeroed one */
/* One sentence telling why there is nothing to open, and what to do; true when there is. */
bool resolve_is_here(const struct resolved *r, const char *name, struct err *e) MUST_CHECK;

/* Where the guide is: beside the program or in its share directory; *PATH is replaced. */
bool resolve_guide(struct buf *path, struct err *e) MUST_CHECK;

#endif
