/* The publishing side of a registry: a folder (usually a git work tree) whose files are listed, signed and checked.
 * What is listed: every file below the folder except the index, its signatures, and names that begin with a dot. */
#ifndef REGISTRY_PUBLISH_H
#define REGISTRY_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/root.h"

#define PUBLISH_DAYS 90		/* after which an index should have been followed by another */

/* Make DIR a registry: its first root, of N_KEYS public keys of which THRESHOLD must agree, unsigned yet. */
struct publish_root {
	const char *registry;
	const struct root_key *keys;
	size_t n_keys;
	unsigned threshold;
	int64_t date;
};
bool registry_init(const char *dir, const struct publish_root *first, struct err *e) MUST_CHECK;

/* Begin the next version of the root, unsigned yet: keys and threshold replaced, REVOKED added to what was revoked. */
bool registry_rotate(const char *dir, const struct publish_root *next, const unsigned char (*revoked)[SIGN_KEY_BYTES],
    size_t n_revoked, struct err *e) MUST_CHECK;

/* Sign DIR with the key in KEYFILE: a root that is begun, else the index, which is written anew (version one higher)
 * when a file changed or when RENEW, and gets this key's signature beside those it has.  *SAID tells what was done and
 * what is missing. */
struct publish_sign {
	const char *keyfile;
	int64_t now;
	bool renew;
};
bool registry_sign(const char *dir, const struct publish_sign *how, struct buf *said, struct err *e) MUST_CHECK;

/* As everybody else will see it: root, signatures, index, and every file as listed and no other. */
bool registry_verify(const char *dir, struct err *e) MUST_CHECK;

#endif
