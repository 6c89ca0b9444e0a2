/* Whether a registry's files are to be believed, and what is remembered about it so that nobody can take it back:
 * the root that was trusted, the highest version seen, the index that had it, and the commit it came from.
 *
 * Nothing here knows how the files came.  Accepting is all or nothing: trust_check tells what would be remembered, and
 * trust_save replaces the file that holds it in one step.  That file:
 *
 *	minnow trust
 *	version 17				of the index; 0: none was accepted yet
 *	index <SHA-256>
 *	commit <40 hexadecimal digits>
 *	date 2026-11-26T10:00:00Z
 *	expires 2027-02-24T10:00:00Z
 *	minnow root …				the root trusted, with its signatures
 *
 * The file of signatures, index.sig:
 *
 *	minnow signature
 *	index <SHA-256>				which index they are of
 *	sig <public key> <signature>		ascending; of the whole text of the index
 *	end							*/
#ifndef REGISTRY_TRUST_H
#define REGISTRY_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/canon.h"
#include "registry/index.h"
#include "registry/root.h"

#define TRUST_COMMIT_BYTES 20
#define TRUST_SIG_BYTES_MAX 16384u

struct trust {
	uint64_t version;		/* 0: no index was accepted yet */
	unsigned char index_sha256[32];
	unsigned char commit[TRUST_COMMIT_BYTES];
	int64_t date, expires;		/* of the index */
	struct root_chain *root;	/* one version; NULL: nothing is trusted yet */
};

/* What is known of a registry before it is first met.  Zeroed: its first root is taken as it comes, and pinned. */
struct trust_pin {
	bool has_fingerprint;
	unsigned char fingerprint[32];	/* of any version of its root */
	uint64_t version_min;		/* no index before this one */
};

/* The three files that decide, as they were read. */
struct trust_files {
	struct canon_text root, index, sig;
};

void trust_done(struct trust *t);		/* accepts a zeroed one */
/* No file at PATH: *t is zeroed.  A file that is no trust file is an error: forgetting would be a way back. */
bool trust_load(struct trust *t, const char *path, struct err *e) MUST_CHECK;
/* Without the root (NULL), whose signatures take longer to check than a registry to open: which state was accepted, for
 * what was made of it then. */
bool trust_load_state(struct trust *t, const char *path, struct err *e) MUST_CHECK;
bool trust_save(const struct trust *t, const char *path, struct err *e) MUST_CHECK;
void trust_write(const struct trust *t, struct buf *out);
bool trust_parse(struct trust *t, const char *text, size_t n, struct err *e) MUST_CHECK;

/* Check FILES against what NOW remembers (or PIN, on the first meeting).  *NEXT is what to remember once everything
 * else was found right, its commit still that of NOW; the caller ends it.  The index, or NULL with *e set: ERR_VERIFY. */
struct index *trust_check(const struct trust *now, const struct trust_pin *pin, const struct trust_files *files,
    struct trust *next, struct err *e) MUST_CHECK;

/* Whether the index has expired: the host may be holding back newer ones.  It can still be used.  *WHY, when not NULL,
 * is replaced by a sentence. */
bool trust_is_stale(const struct trust *t, int64_t now, struct buf *why);

/* The newest root. */
const struct root *trust_root(const struct trust *t);	/* borrowed; NULL when there is none */

bool trust_sig_parse(struct sigs *sigs, unsigned char index_sha256[32], const char *text, size_t n, struct err *e) MUST_CHECK;
void trust_sig_write(struct sigs *sigs, const unsigned char index_sha256[32], struct buf *out);

#endif
