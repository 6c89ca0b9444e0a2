/* A registry's git repository: a bare clone that is read from its objects and never checked out, so no filter, hook or
 * attribute of somebody else's runs here.  (The names begin with repo_ because those of libgit2 begin with git_.)
 *
 * What a host sends goes into a quarantine first: a repository of its own inside the clone, which borrows the clone's
 * objects.  It is looked at there, and only repo_incoming_keep moves it over; dropping it leaves the clone as it was,
 * byte for byte.  Whether the files are to be believed is not git's to say: see trust.h. */
#ifndef REGISTRY_GIT_H
#define REGISTRY_GIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define REPO_ID_BYTES 20
#define REPO_BYTES_MAX (UINT64_C(20) << 20)
#define REPO_OBJECTS_MAX 400000u
#define REPO_TIMEOUT_S 30
#define REPO_TOTAL_S 300

struct repo;
struct repo_tree;
struct repo_incoming;

struct repo_limits {
	uint64_t bytes_max;		/* of all that is received; 0: REPO_BYTES_MAX */
	unsigned objects_max;		/* 0: REPO_OBJECTS_MAX */
	unsigned timeout_s;		/* of silence, and to connect; 0: REPO_TIMEOUT_S */
	unsigned total_s;		/* 0: REPO_TOTAL_S */
	const atomic_bool *cancel;	/* not owned; may be NULL */
	void (*progress)(void *ctx, uint64_t bytes, unsigned objects, unsigned objects_total);	/* may be NULL */
	void *ctx;
};

/* https://HOST/PATH, ssh://[USER@]HOST[:PORT]/PATH or file:///PATH; http:// to this very machine only.  ERR_USAGE. */
bool repo_url_check(const char *url, struct err *e) MUST_CHECK;

/* The clone in DIR, made when there is none. */
struct repo *repo_open(const char *dir, struct err *e) MUST_CHECK;
void repo_close(struct repo *r);		/* accepts NULL */
/* What the branch points to; for other programs and for the next fetch, not for trust. */
bool repo_set_head(struct repo *r, const unsigned char commit[REPO_ID_BYTES], struct err *e) MUST_CHECK;
bool repo_has(const struct repo *r, const unsigned char commit[REPO_ID_BYTES]);

/* Fetch the newest commit of URL into quarantine.  HAVE (NULL: none yet) is the commit the clone is at: the new one must
 * descend from it, else ERR_VERIFY "… went back …" or "… rewrote its history".  *IN is NULL when the host has nothing
 * newer; else it must be kept or dropped.  ERR_NETWORK: not reached, too slow, cut short. */
bool repo_fetch(struct repo *r, const char *url, const unsigned char *have, const struct repo_limits *limits,
    struct repo_incoming **in, struct err *e) MUST_CHECK;
/* The same from a file that repo_export wrote: a git bundle, version 2 (gitformat-bundle(5)), which git itself reads. */
bool repo_import(struct repo *r, const char *file, const unsigned char *have, const struct repo_limits *limits,
    struct repo_incoming **in, struct err *e) MUST_CHECK;
/* SINCE (NULL: from the beginning) is a commit that the reader has. */
bool repo_export(struct repo *r, const unsigned char commit[REPO_ID_BYTES], const unsigned char *since, const char *file,
    struct err *e) MUST_CHECK;

const unsigned char *repo_incoming_commit(const struct repo_incoming *in);	/* borrowed */
struct repo *repo_incoming_repo(const struct repo_incoming *in);		/* borrowed: the quarantine */
/* Both end IN.  Kept objects are in the clone whatever happens next; nothing points to them yet. */
bool repo_incoming_keep(struct repo_incoming *in, struct err *e) MUST_CHECK;
void repo_incoming_drop(struct repo_incoming *in);				/* accepts NULL */

/* ---- the files of a commit ---- */

struct repo_tree *repo_tree_open(struct repo *r, const unsigned char commit[REPO_ID_BYTES], struct err *e) MUST_CHECK;
void repo_tree_close(struct repo_tree *t);	/* accepts NULL; before its repo */
/* The bytes of PATH, at most LIMIT, replace *OUT.  ERR_NOT_FOUND; ERR_VERIFY for a link, a submodule, a file too large. */
bool repo_tree_read(struct repo_tree *t, const char *path, uint64_t limit, struct buf *out, struct err *e) MUST_CHECK;
/* Calls EACH for every file that is not the same in both, until it returns false; OLD may be NULL (nothing). */
bool repo_tree_changes(struct repo_tree *old, struct repo_tree *new, bool (*each)(void *ctx, const char *path), void *ctx,
    struct err *e) MUST_CHECK;

/* ---- history: what the repository says about itself.  Names, times and messages are nobody's signed word. ---- */

struct repo_commit {
	unsigned char id[REPO_ID_BYTES];
	int64_t when;			/* seconds since 1970 */
	const char *author, *subject;	/* not owned; bytes from outside */
};

/* The newest MAX commits that changed PATH (NULL: any), newest first, until EACH returns false. */
bool repo_log(struct repo *r, const unsigned char commit[REPO_ID_BYTES], const char *path, size_t max,
    bool (*each)(void *ctx, const struct repo_commit *c), void *ctx, struct err *e) MUST_CHECK;
/* How PATH (NULL: all) changed from OLD (NULL: nothing) to NEW, as a unified diff, at most LIMIT bytes of it. */
bool repo_diff(struct repo *r, const unsigned char *old, const unsigned char new[REPO_ID_BYTES], const char *path,
    size_t limit, struct buf *out, struct err *e) MUST_CHECK;
/* How text A[0..n) became B[0..m): the hunks of a unified diff; nothing when they are the same. */
bool repo_diff_texts(const char *a, size_t n, const char *b, size_t m, size_t limit, struct buf *out, struct err *e) MUST_CHECK;
/* Calls EACH for runs of lines of PATH (the first is 1) with the commit they come from. */
bool repo_blame(struct repo *r, const unsigned char commit[REPO_ID_BYTES], const char *path,
    bool (*each)(void *ctx, size_t line, size_t n_lines, const struct repo_commit *c), void *ctx, struct err *e) MUST_CHECK;

#endif
