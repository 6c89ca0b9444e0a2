/* Who may sign a registry: its keys, how many of them must agree, and which are revoked.  The file "root" holds every
 * version one after the other, each followed by its signatures, so that a client that has been away can follow:
 *
 *	minnow root
 *	registry core
 *	version 2
 *	date 2026-11-26T10:00:00Z
 *	threshold 2
 *	key <public key> alice			ascending
 *	revoked <public key>			ascending; may be none
 *	end
 *	sig <public key> <signature>		ascending; of the lines from "minnow root" to "end"
 *
 * A version follows another when it is one higher, carries over all revocations, and enough keys of both the one
 * before and its own signed it.  A revoked key counts nowhere, not even for the version that it belonged to: with
 * a stolen key the rest of the threshold must still be reachable, so there should be three keys or more. */
#ifndef REGISTRY_ROOT_H
#define REGISTRY_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/canon.h"
#include "registry/sign.h"

#define ROOT_KEYS_MAX 32
#define ROOT_VERSIONS_MAX 256
#define ROOT_BYTES_MAX (1u << 20)

struct sig {
	unsigned char key[SIGN_KEY_BYTES], bytes[SIGN_BYTES];
};

struct sigs {
	struct sig list[ROOT_KEYS_MAX];
	size_t n;
};

struct root_key {
	unsigned char public_key[SIGN_KEY_BYTES];
	char name[CANON_NAME_MAX + 1];
};

struct root {
	char registry[CANON_NAME_MAX + 1];
	uint64_t version;
	int64_t date;
	unsigned threshold;
	struct root_key keys[ROOT_KEYS_MAX];
	size_t n_keys;
	unsigned char revoked[ROOT_KEYS_MAX][SIGN_KEY_BYTES];
	size_t n_revoked;
	struct sigs sigs;
	const char *text;	/* not owned: what is signed, in the text parsed */
	size_t text_len;
};

/* All versions of a root, ascending. */
struct root_chain {
	struct root *roots;
	size_t n;
	char *text;
};

/* NULL with *e naming the line and the defect.  That each version follows the one before is checked, and that the
 * first is signed by enough of its own keys; whether that one is to be trusted is the caller's to know. */
struct root_chain *root_parse(const char *text, size_t n, struct err *e) MUST_CHECK;
/* One version that may lack signatures yet. */
struct root_chain *root_parse_draft(const char *text, size_t n, struct err *e) MUST_CHECK;
void root_free(struct root_chain *chain);	/* accepts NULL */

/* The text of R as it is signed (sorts its keys).  Refused when the parser would refuse it. */
bool root_write(struct root *r, struct buf *out, struct err *e) MUST_CHECK;
/* What a person compares: SHA-256 of the signed text. */
bool root_fingerprint(const struct root *r, unsigned char out[32], struct err *e) MUST_CHECK;

/* Whether enough keys of R signed DATA; else *e says how many, and why the others did not count.
 * LATER, when not NULL, is a newer root whose revocations hold too. */
bool root_signed(const struct root *r, const struct root *later, const struct sigs *sigs, const char *data, size_t n,
    struct err *e) MUST_CHECK;

/* "sig …" lines: read, ascending and each key once; written sorted. */
bool sigs_read(struct sigs *s, struct canon *c, struct err *e) MUST_CHECK;
void sigs_write(struct sigs *s, struct buf *out);
/* Adds or replaces the signature of KEY. */
bool sigs_add(struct sigs *s, const unsigned char key[SIGN_KEY_BYTES], const unsigned char bytes[SIGN_BYTES],
    struct err *e) MUST_CHECK;

#endif
