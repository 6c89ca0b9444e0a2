/* XXH3 of bytes that come in pieces: whether they are the same, not who wrote them. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct hash;

struct hash *hash_new(struct err *e) MUST_CHECK;	/* NULL: no memory */
void hash_free(struct hash *h);				/* accepts NULL */
void hash_add(struct hash *h, const void *data, size_t n);
uint64_t hash_value(const struct hash *h);		/* of all bytes so far */
uint64_t hash_bytes(const void *data, size_t n);	/* of one piece */

#endif
