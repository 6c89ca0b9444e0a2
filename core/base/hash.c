/* XXH3; see hash.h. */
#include "core/base/hash.h"

#include <stdlib.h>

#include <xxhash.h>

#include "core/base/mem.h"

struct hash {
	XXH3_state_t *state;
};

struct hash *
hash_new(struct err *e)
{
	struct hash *h = mem_new0(1, sizeof *h);

	h->state = XXH3_createState();
	if (!h->state) {
		err_set(e, ERR_NO_SPACE, "not enough memory for a checksum");
		free(h);
		return NULL;
	}
	XXH3_64bits_reset(h->state);
	return h;
}

void
hash_free(struct hash *h)
{
	if (!h)
		return;
	XXH3_freeState(h->state);
	free(h);
}

void
hash_add(struct hash *h, const void *data, size_t n)
{
	if (n > 0)
		XXH3_64bits_update(h->state, data, n);
}

uint64_t
hash_value(const struct hash *h)
{
	return XXH3_64bits_digest(h->state);
}

uint64_t
hash_bytes(const void *data, size_t n)
{
	return XXH3_64bits(data, n);
}
