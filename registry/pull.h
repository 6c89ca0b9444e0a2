/* Bringing a model into the store: what will be fetched is planned first, so that a person can be told, and then done.
 * Nothing here asks, prints or knows a terminal: the caller looks at the plan and watches events, be it a command or a view.
 *
 *	pull_plan_make()	a name or an address becomes files, sizes, licence, and what is here already
 *	pull_run()		licence texts first, then the rest, one file after the other, resumed where it stopped;
 *				at the end what the registry says is kept with the model (kept.h)
 *
 * A digest that no registry names is learnt by the first download and demanded ever after from the same source. */
#ifndef REGISTRY_PULL_H
#define REGISTRY_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/catalog.h"
#include "registry/fetch.h"
#include "registry/hub.h"
#include "registry/kept.h"
#include "registry/store.h"

struct pull_plan;

struct pull_from {
	const struct catalog *catalog;
	struct store *store;
	uint64_t memory_bytes;		/* where no format is named, one that fits is chosen; 0: the recommended one */
	bool offline;			/* only what needs no network */
	bool with_projector, with_draft;
	/* Its progress and cancel serve the questions to the hub; cancel serves waiting too. */
	struct fetch_options fetch;
	/* Before it is looked whether there is a network and room: are the weights of P elsewhere on this machine, so that
	 * nothing has to be downloaded?  False: *e is set.  May be NULL. */
	bool (*elsewhere)(void *arg, const struct pull_plan *p, bool *is, struct err *e);
	void *arg;
};

struct pull_file {
	struct entry_file file;		/* as in the entry; the digest may be that of the first download */
	bool is_here;			/* verified: nothing to fetch */
	bool replaces;			/* a verified file of that name with other bytes */
	uint64_t n_there;		/* bytes that an earlier try left */
};

struct pull_plan {
	char *name;			/* as it was asked for */
	char *folder;			/* in the store */
	const char *registry;		/* of the catalogue, or "hub", "address" */
	const struct entry *entry;
	const char *card;		/* may be NULL */
	const struct entry_file *weights;	/* of the entry */
	bool is_folder;			/* a directory is opened */
	struct pull_file *files;	/* in the order in which they are fetched */
	size_t n_files;
	uint64_t bytes, bytes_here;	/* of all files whose size is known; of them on this machine */
	bool has_unknown;		/* a size is not known */
	uint64_t disk_free;		/* where the store is */
	bool must_accept;		/* the licence has terms, and nobody accepted them yet or they changed */
	bool is_elsewhere;		/* see pull_from: it is not to be run */
	bool is_gated;			/* the hub wants its own consent */
	struct buf changes;		/* since the last download, one a line; see kept_changes() */
	/* the plan's own */
	struct hub_listing listing;
	struct kept before;
	bool has_before;
};

/* Errors of catalog_find() and hub_list(); ERR_NETWORK under offline when something has to be fetched; ERR_NO_SPACE:
 * the disk does not have the room. */
bool pull_plan_make(struct pull_plan *p, const struct pull_from *from, const char *name, struct err *e) MUST_CHECK;
void pull_plan_done(struct pull_plan *p);	/* accepts a zeroed one */
/* Everything is here. */
bool pull_plan_is_done(const struct pull_plan *p);
uint64_t pull_plan_bytes_left(const struct pull_plan *p);
/* Where the file comes from, for a person: "hf:OWNER/NAME", or an address. */
void pull_add_source(struct buf *out, const struct entry_file *file);
/* A licence that lets everybody do anything but forget the author: nobody has to agree to it.  NULL: not known. */
bool pull_is_open_licence(const char *licence);

enum pull_event_kind {
	PULL_BEGIN,			/* a file */
	PULL_WAIT,			/* another process fetches the same file */
	PULL_PROGRESS,
	PULL_END,			/* a file is here, verified */
};

struct pull_event {
	enum pull_event_kind kind;
	const struct pull_plan *plan;
	const struct pull_file *file;
	struct fetch_progress progress;	/* of the file */
	uint64_t n, size;		/* of all files; size 0: not known */
	double seconds_left;		/* of all files; below 0: not to be told */
	/* _END */
	bool had;			/* nothing was fetched: another name or process had it */
	struct fetch_result result;
};

struct pull_options {
	struct fetch_options fetch;	/* progress is this module's */
	bool accepted;			/* the licence, by a person, in words or by an option */
	void (*event)(void *arg, const struct pull_event *ev);		/* may be NULL */
	/* The text of a licence turned out to be another one than before, CHANGES tells: go on?  NULL: no. */
	bool (*accept)(void *arg, const char *changes);
	void *arg;
};

/* ERR_CANCELLED: what is there stays for the next time.  ERR_USAGE: the licence was not accepted. */
bool pull_run(const struct pull_plan *p, struct store *s, const struct pull_options *o, struct err *e) MUST_CHECK;

#endif
