/* Keeping a registry up to date: fetch into quarantine, check root, signatures, version and every file as listed, and then
 * accept all of it or none.  A refusal is one sentence that names the registry and the reason, and changes nothing on disk.
 *
 * A registry's folder on this machine holds
 *	repo.git/	the clone (git.h)
 *	trust		what was accepted (trust.h): replacing this file is the moment a new state counts
 *	lock		held while syncing, and while its row in the settings changes */
#ifndef REGISTRY_SYNC_H
#define REGISTRY_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/git.h"
#include "registry/index.h"
#include "registry/trust.h"

/* A registry as it is configured. */
struct sync_source {
	const char *name;		/* what this machine calls it, for sentences */
	const char *url;		/* see repo_url_check; not needed for sync_import */
	const char *dir;		/* made when it is not there */
	struct trust_pin pin;
	struct repo_limits limits;
	int64_t now;			/* seconds since 1970 */
};

struct sync_result {
	bool is_first;			/* nothing was accepted before: its root is pinned from now on */
	bool has_changed;		/* another commit than before */
	uint64_t version_before, version;	/* of the index */
	uint64_t root_before, root;	/* versions */
	unsigned char commit_before[REPO_ID_BYTES], commit[REPO_ID_BYTES];
	unsigned char fingerprint[32];	/* of the root */
	size_t n_files, n_checked;	/* listed; read and hashed this time */
	bool is_stale;			/* the index has expired: nobody can tell whether it is the newest */
	char warning[200];		/* that, or that it is dated in the future; "": neither */
};

/* As long as it is open nobody else syncs into DIR, or exchanges it.  -1 when somebody does, or when it is not there. */
int sync_lock(const char *dir, struct err *e) MUST_CHECK;

bool sync_fetch(const struct sync_source *s, struct sync_result *out, struct err *e) MUST_CHECK;
/* From a bundle (gitformat-bundle(5)) that sync_export wrote, for a machine without a network: checked the same way. */
bool sync_import(const struct sync_source *s, const char *file, struct sync_result *out, struct err *e) MUST_CHECK;
bool sync_export(const struct sync_source *s, const char *file, struct err *e) MUST_CHECK;

/* ---- reading what was accepted ---- */

struct synced;

/* ERR_NOT_FOUND: nothing was accepted yet. */
struct synced *synced_open(const char *dir, struct err *e) MUST_CHECK;
void synced_close(struct synced *s);			/* accepts NULL */
const struct index *synced_index(const struct synced *s);	/* borrowed */
const struct trust *synced_trust(const struct synced *s);	/* borrowed */
struct repo *synced_repo(const struct synced *s);		/* borrowed: for log, diff and blame */
/* A file of the index, hashed again as it is read: whatever happened to the clone, the bytes are those that were signed. */
bool synced_read(struct synced *s, const char *path, struct buf *out, struct err *e) MUST_CHECK;

#endif
