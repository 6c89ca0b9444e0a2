/* A hash table from byte strings to uint32_t: vocabularies, names, keys.
 * Keys are borrowed: they must outlive the map. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAP_NONE UINT32_MAX

struct map_slot {
	const char *key;	/* not owned */
	uint32_t len;
	uint32_t value;		/* MAP_NONE: free */
	uint64_t hash;
};

struct map {
	struct map_slot *slots;
	size_t n_slots;		/* a power of two, or 0 */
	size_t n_used;
};

void map_init(struct map *m, size_t expected);
void map_done(struct map *m);
uint32_t map_find(const struct map *m, const char *key, size_t len);	/* or MAP_NONE */
/* Keeps the first value of a key: the value now stored. */
uint32_t map_add(struct map *m, const char *key, size_t len, uint32_t value);
uint64_t map_hash(const char *key, size_t len);

#endif
