/* Hash table, open addressing, linear probing, at most 3/4 full; see map.h. */
#include "core/base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL		/* keys are short: a call would cost as much as the hash */
#include <xxhash.h>

#include "core/base/mem.h"

/* XXH3 is not for secrets: a hostile vocabulary can make probing long, so whoever fills a map from a file bounds its
 * size first. */
uint64_t
map_hash(const char *key, size_t len)
{
	return XXH3_64bits(key, len);
}

static void
allocate(struct map *m, size_t n_slots)
{
	m->slots = mem_new0(n_slots, sizeof *m->slots);
	m->n_slots = n_slots;
	for (size_t i = 0; i < n_slots; i++)
		m->slots[i].value = MAP_NONE;
}

void
map_init(struct map *m, size_t expected)
{
	size_t n = 16;

	*m = (struct map){0};
	while (n < expected + expected / 2)
		n *= 2;
	allocate(m, n);
}

void
map_done(struct map *m)
{
	free(m->slots);
	*m = (struct map){0};
}

static struct map_slot *
probe(const struct map *m, const char *key, size_t len, uint64_t hash)
{
	size_t i = hash & (m->n_slots - 1);

	for (;; i = (i + 1) & (m->n_slots - 1)) {
		struct map_slot *s = &m->slots[i];

		if (s->value == MAP_NONE)
			return s;
		if (s->hash == hash && s->len == len && memcmp(s->key, key, len) == 0)
			return s;
	}
}

uint32_t
map_find(const struct map *m, const char *key, size_t len)
{
	if (!m->n_slots)
		return MAP_NONE;
	return probe(m, key, len, map_hash(key, len))->value;
}

static void
grow(struct map *m)
{
	struct map old = *m;

	allocate(m, old.n_slots ? old.n_slots * 2 : 16);
	for (size_t i = 0; i < old.n_slots; i++) {
		struct map_slot *s = &old.slots[i];

		if (s->value != MAP_NONE)
			*probe(m, s->key, s->len, s->hash) = *s;
	}
	free(old.slots);
}

uint32_t
map_add(struct map *m, const char *key, size_t len, uint32_t value)
{
	uint64_t hash = map_hash(key, len);
	struct map_slot *s;

	assert(value != MAP_NONE && len <= UINT32_MAX);
	if ((m->n_used + 1) * 4 > m->n_slots * 3)
		grow(m);
	s = probe(m, key, len, hash);
	if (s->value != MAP_NONE)
		return s->value;
	*s = (struct map_slot){key, (uint32_t)len, value, hash};
	m->n_used++;
	return value;
}
