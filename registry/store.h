/* The models of this machine, by content.
 *
 *	ROOT/blobs/sha256/HEX		the bytes; a name here means that they were verified when they got it
 *	ROOT/models/MODEL/FILE		hard links to them by their real names (copies where links are impossible)
 *	ROOT/stamps/HEX			how a verified file looked, and the digests of its ranges (stamp.h)
 *	ROOT/used/HEX			empty; its time says when the bytes were used last
 *	ROOT/parts/KEY.part .state	what is being fetched, and what of it is there (part.h)
 *	ROOT/lock CACHEDIR.TAG
 *
 * Every change of names happens under ROOT/lock, and in an order that leaves a whole store wherever it is cut off; a part
 * is locked by itself as long as somebody fetches it.  Names are single words checked before use, folders are held
 * open, and no symbolic link below ROOT is followed. */
#ifndef REGISTRY_STORE_H
#define REGISTRY_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/digest.h"
#include "registry/part.h"

struct store;
struct stat;

/* ROOT is made when it is not there.  Refused: a ROOT of another user. */
struct store *store_open(const char *root, struct err *e) MUST_CHECK;
/* One that is there already, without writing or waiting.  NULL with *missing: there is none, and *e is as it was. */
struct store *store_open_made(const char *root, bool *missing, struct err *e) MUST_CHECK;
void store_close(struct store *s);			/* accepts NULL */
const char *store_root(const struct store *s);

/* ---- what is there ---- */

enum store_trust {
	STORE_ABSENT,
	STORE_VERIFIED,		/* as it was when its SHA-256 was computed */
	STORE_CHANGED,		/* touched since, or found damaged: to be verified before it is used */
	STORE_UNKNOWN,		/* not put there by minnow */
};

struct store_seen {
	enum store_trust trust;
	unsigned char sha256[DIGEST_SHA256_SIZE];	/* that it had; not for _ABSENT and _UNKNOWN */
	bool pinned;					/* nobody vouched for it: learnt by the first download */
	uint64_t size, date;
};

/* What is known of a file without reading it.  False: a name that is refused, or a store that cannot be read. */
bool store_look(struct store *s, const char *model, const char *file, struct store_seen *seen, struct err *e) MUST_CHECK;
/* The same for a file that somebody opened. */
bool store_look_fd(struct store *s, int fd, struct store_seen *seen, struct err *e) MUST_CHECK;
/* The bytes are used now. */
void store_touch(struct store *s, const unsigned char *sha256);
/* ROOT/models/MODEL/FILE into *path; nothing is looked at. */
bool store_path(const struct store *s, const char *model, const char *file, struct buf *path, struct err *e) MUST_CHECK;

/* ROOT/models/MODEL likewise: what opens a model that is a directory. */
bool store_folder(const struct store *s, const char *model, struct buf *path, struct err *e) MUST_CHECK;

struct store_file {
	char *model, *file;
	struct store_seen seen;
	uint64_t n_links;				/* names of the same bytes on this disk */
	uint64_t used;					/* seconds since 1970; 0: never yet */
};

struct store_list {
	struct store_file *files;			/* by model, then by name */
	size_t n;
};

bool store_list(struct store *s, struct store_list *list, struct err *e) MUST_CHECK;
void store_list_done(struct store_list *list);

/* ---- fetching into it ---- */

struct store_want {
	const char *model, *file;
	const char *source;				/* names the part when the digest is not known */
	uint64_t size, range_size;
	const unsigned char *sha256;			/* NULL: not known */
	const atomic_bool *cancel;			/* may be NULL */
	void (*waiting)(void *arg);			/* another process fetches the same file; may be NULL */
	void *arg;
};

struct store_part {
	struct part_state part;				/* what is there, as the caller keeps it up to date */
	int fd;						/* for reading and writing */
	/* the store's own */
	struct store *store;
	char *key;
};

/* The part of a file, locked for us alone; what an earlier try left is in it.  Waits while another process has it.
 * *have: the bytes are in the store already, verified, and now bear this name too; nothing is opened. */
bool store_part_open(struct store *s, const struct store_want *want, struct store_part *p, bool *have,
    struct err *e) MUST_CHECK;
/* What the above would find, without waiting or changing anything: *have, or *n bytes that are there. */
bool store_part_look(struct store *s, const struct store_want *want, bool *have, uint64_t *n, struct err *e) MUST_CHECK;
/* The size was not known before: begin anew with these. */
bool store_part_resize(struct store_part *p, uint64_t size, uint64_t range_size, struct err *e) MUST_CHECK;
/* Write the state down. */
bool store_part_save(struct store_part *p, struct err *e) MUST_CHECK;
/* The caller vouches that the part is whole and has this digest: give it its names.  PINNED: see store_seen. */
bool store_part_commit(struct store_part *p, const unsigned char *sha256, bool pinned, const char *model,
    const char *file, struct err *e) MUST_CHECK;
void store_part_close(struct store_part *p);		/* what is there stays */
void store_part_drop(struct store_part *p);		/* and here it does not */

/* A small file of our own making, DATA[0..n), as if it had been downloaded; it replaces one of that name. */
bool store_put(struct store *s, const char *model, const char *file, const void *data, size_t n, struct err *e) MUST_CHECK;

/* Give bytes of the store another name.  ERR_NOT_FOUND: they are not there, or changed. */
bool store_link(struct store *s, const unsigned char *sha256, const char *model, const char *file,
    struct err *e) MUST_CHECK;

/* ---- verifying ---- */

struct store_damage {
	uint64_t offset, size;
};

struct store_report {
	bool whole;					/* nothing is wrong with it */
	bool read_all;					/* SHA-256 was computed, not only the ranges' digests */
	unsigned char sha256[DIGEST_SHA256_SIZE];	/* that it should have */
	struct store_damage *damaged;			/* none though not whole: where is not known */
	size_t n_damaged;
	unsigned char (*ranges)[DIGEST_XXH3_SIZE];	/* that they should have, damaged or not */
	size_t n_ranges;
};

struct store_verify_options {
	bool deep;					/* SHA-256 too; always when the file was touched */
	unsigned n_threads;				/* for the digests of the ranges; 0: one a processor */
	const atomic_bool *cancel;			/* may be NULL */
	/* From the calling thread, a few times a second; may be NULL. */
	void (*progress)(void *arg, uint64_t n, uint64_t size);
	void *arg;
};

/* Read a file and say what is wrong with it.  False: it could not be read, or nothing is known of it. */
bool store_verify(struct store *s, const char *model, const char *file, const struct store_verify_options *o,
    struct store_report *report, struct err *e) MUST_CHECK;
void store_report_done(struct store_report *r);
/* A part that holds the good ranges of a damaged file, to be fetched to its end; the commit replaces the file under all
 * its names.  The report is that of store_verify().  *have: the name was a damaged copy of bytes that are whole, and is
 * repaired already. */
bool store_repair(struct store *s, const char *model, const char *file, const struct store_report *report,
    struct store_part *p, bool *have, struct err *e) MUST_CHECK;

/* ---- removing ---- */

enum store_item_kind {
	STORE_ITEM_LINK,	/* a name of a model's file */
	STORE_ITEM_BLOB,	/* bytes that no model of the store uses */
	STORE_ITEM_STAMP,	/* a stamp without its bytes */
	STORE_ITEM_PART,	/* a download that was not finished */
	STORE_ITEM_LEFT,	/* a file that a killed process left half-written */
};

struct store_item {
	enum store_item_kind kind;
	char *path;		/* below ROOT */
	uint64_t bytes;		/* of disk space that come free, once all items are removed */
	uint64_t n_others;	/* names outside this store that keep the bytes alive */
	char *others;		/* models of the store that keep them ("a, b"); may be NULL */
	char *source;		/* address of a _PART; may be NULL */
	uint64_t device, inode;	/* it is removed only if it is still the same */
};

/* What would be removed.  Nothing is until store_run_plan(). */
struct store_plan {
	struct store_item *items;
	size_t n;
	uint64_t bytes;
};

/* FILE NULL: the whole model. */
bool store_plan_remove(struct store *s, const char *model, const char *file, struct store_plan *plan,
    struct err *e) MUST_CHECK;
/* The same for several at once: bytes that lose all their names by it come free. */
struct store_name {
	const char *model, *file;
};
bool store_plan_remove_names(struct store *s, const struct store_name *names, size_t n, struct store_plan *plan,
    struct err *e) MUST_CHECK;
/* PARTS: unfinished downloads too, but for those somebody works on. */
bool store_plan_gc(struct store *s, bool parts, struct store_plan *plan, struct err *e) MUST_CHECK;
/* Items that changed meanwhile, or are in use again, stay.  *n_removed counts the others. */
bool store_run_plan(struct store *s, const struct store_plan *plan, size_t *n_removed, struct err *e) MUST_CHECK;
void store_plan_done(struct store_plan *plan);

#endif
