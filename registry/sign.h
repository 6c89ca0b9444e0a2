/* Ed25519 (RFC 8032) through libcrypto. */
#ifndef REGISTRY_SIGN_H
#define REGISTRY_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

#define SIGN_KEY_BYTES 32	/* of a public key and of a secret one */
#define SIGN_BYTES 64

bool sign_new_key(unsigned char secret[SIGN_KEY_BYTES], unsigned char public_key[SIGN_KEY_BYTES], struct err *e) MUST_CHECK;
bool sign_public(unsigned char public_key[SIGN_KEY_BYTES], const unsigned char secret[SIGN_KEY_BYTES], struct err *e) MUST_CHECK;
bool sign_make(unsigned char sig[SIGN_BYTES], const void *data, size_t n, const unsigned char secret[SIGN_KEY_BYTES],
    struct err *e) MUST_CHECK;
/* False for a wrong signature and for a key that is none. */
bool sign_check(const unsigned char sig[SIGN_BYTES], const void *data, size_t n,
    const unsigned char public_key[SIGN_KEY_BYTES]);
void sign_wipe(void *p, size_t n);	/* a secret that is no longer needed */

#endif
