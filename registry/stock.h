/* The models of this machine as a person counts them: an item is what can be opened alone (variant.h), all its shards
 * together.  What lies beside the weights and is shared by them (licence, template, what is kept) is part of no item. */
#ifndef REGISTRY_STOCK_H
#define REGISTRY_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "registry/adopt.h"
#include "registry/badge.h"
#include "registry/catalog.h"
#include "registry/store.h"

struct stock_item {
	char *name;			/* of the model, as every command takes it: "qwen3-0.6b", "REGISTRY/ID" */
	char *format;			/* "Q8_0", "projector"; "" when nothing tells */
	const char *folder;		/* of the store; borrowed from the list.  "": it is of another program */
	const char *file;		/* the one that is opened; likewise */
	const struct adopt_model *adopted;	/* borrowed; NULL: it is in the store */
	uint64_t bytes, used;		/* of all its files; seconds since 1970, 0: not used yet */
	enum store_trust trust;		/* of the worst of its files */
	enum badge badge;		/* likewise */
	size_t *files, n_files;		/* by their index in the list */
};

struct stock {
	struct store_list list;
	struct adopt_index adopted;
	struct stock_item *items;	/* by name, then in the order of the list */
	size_t n;
};

/* STORE NULL: there is none.  ROOT: of the store, where models of other programs are written down; NULL: nowhere. */
bool stock_open(struct stock *stock, struct store *store, const char *root, const struct catalog *catalog,
    struct err *e) MUST_CHECK;
void stock_done(struct stock *stock);		/* accepts a zeroed one */

/* Which items NAME (ID, REGISTRY/ID, each with :FORMAT) means: marks them in PICKED, which holds stock->n.  *WHOLE, when
 * asked for: no other item of its folder is left.  ERR_NOT_FOUND; ERR_USAGE: models of several registries have the name. */
bool stock_pick(const struct stock *stock, const char *name, bool *picked, bool *whole, struct err *e) MUST_CHECK;
/* The first item that holds FILE of FOLDER, or NULL. */
const struct stock_item *stock_find(const struct stock *stock, const char *folder, const char *file);
/* The file of the list that PATH leads to, by whatever way it is written; NULL: none. */
const struct store_file *stock_file_at(const struct stock *stock, const struct store *store, const char *path);
/* The item that is opened by it, or that it is a part of; one of another program too. */
const struct stock_item *stock_find_path(const struct stock *stock, const struct store *store, const char *path);

/* What a damaged file is fetched from again: what was kept with the model, else any registry that has a file of these bytes.
 * *FILE is a copy with this digest and with the digests of the ranges that are known; stock_source_done() frees it.
 * ERR_NOT_FOUND: nobody tells. */
struct stock_source {
	struct entry_file file;
	struct entry entry;		/* of which FILE is a part, if it was kept */
	char *registry;			/* the name, or "hub", "address", "file" */
};
bool stock_source(struct store *store, const struct catalog *catalog, const char *folder, const char *file,
    const unsigned char *sha256, struct stock_source *source, struct err *e) MUST_CHECK;
void stock_source_done(struct stock_source *source);

#endif
