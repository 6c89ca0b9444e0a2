/* A signer's key and its file, which only its owner may read:
 *
 *	minnow key
 *	name alice
 *	public <64 hexadecimal digits>
 *	secret <64 hexadecimal digits>
 *	end							*/
#ifndef REGISTRY_KEY_H
#define REGISTRY_KEY_H

#include <stdbool.h>

#include "core/base/err.h"
#include "registry/canon.h"
#include "registry/sign.h"

struct key {
	char name[CANON_NAME_MAX + 1];
	unsigned char public_key[SIGN_KEY_BYTES], secret[SIGN_KEY_BYTES];
};

bool key_make(struct key *k, const char *name, struct err *e) MUST_CHECK;
/* Never over an existing file: a lost key cannot be made again. */
bool key_write(const struct key *k, const char *path, struct err *e) MUST_CHECK;
/* Refused when others may read it, or when the two halves do not belong together. */
bool key_read(struct key *k, const char *path, struct err *e) MUST_CHECK;
void key_wipe(struct key *k);

#endif
