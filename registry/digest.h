/* Digests of bytes that come in pieces.  SHA-256 says that they are what was promised, even to one who distrusts the
 * sender; XXH3-128, ten times as fast, only finds which part of a file is damaged: it is no defence against anybody. */
#ifndef REGISTRY_DIGEST_H
#define REGISTRY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

enum {
	DIGEST_SHA256_SIZE = 32,
	DIGEST_XXH3_SIZE = 16,			/* in XXH3's canonical order: big-endian */
	DIGEST_SIZE_MAX = DIGEST_SHA256_SIZE,
	DIGEST_HEX_MAX = 2 * DIGEST_SIZE_MAX + 1,
};

enum digest_kind { DIGEST_SHA256, DIGEST_XXH3 };

struct digest;

/* NULL: no memory, or the library refuses (ERR_FAILED). */
struct digest *digest_new(enum digest_kind kind, struct err *e) MUST_CHECK;
void digest_free(struct digest *d);					/* accepts NULL */
void digest_add(struct digest *d, const void *data, size_t n);
/* Of all bytes so far; more may follow.  OUT holds digest_size() bytes. */
void digest_value(const struct digest *d, unsigned char *out);
void digest_reset(struct digest *d);
size_t digest_size(enum digest_kind kind);
bool digest_bytes(enum digest_kind kind, const void *data, size_t n, unsigned char *out, struct err *e) MUST_CHECK;

/* Lower-case hexadecimal: OUT holds 2 * N + 1 characters. */
void digest_hex(char *out, const unsigned char *bytes, size_t n);
/* TEXT[0..LEN) is exactly 2 * N lower-case digits, the only form that is written. */
bool digest_from_hex(unsigned char *out, size_t n, const char *text, size_t len);

#endif
