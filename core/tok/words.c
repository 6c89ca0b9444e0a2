/* Words met before; see words.h. */
#include "core/tok/words.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define SLOTS_MIN 256
#define SLOTS_MAX 32768		/* 1 MB, of which the words of a text that come often stay near */

#define PART ((uint64_t)1 << 63)	/* in the last eight bytes of a key, above the length */

bool
words_init(struct words *w, size_t text_len, struct err *e)
{
	*w = (struct words){0};
	if (text_len < 2 * SLOTS_MIN)
		return true;
	w->n_slots = SLOTS_MIN;
	while (w->n_slots < SLOTS_MAX && w->n_slots < text_len / 4)
		w->n_slots *= 2;
	w->slots = mem_try_aligned(w->n_slots * sizeof *w->slots, "the table of words", e);
	return w->slots != NULL;
}

void
words_done(struct words *w)
{
	free(w->slots);
	*w = (struct words){0};
}

static uint64_t
fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static bool
is_same(const struct word *w, const struct word_key *key)
{
	return w->n_ids && w->key.bits[0] == key->bits[0] && w->key.bits[1] == key->bits[1] &&
	    w->key.bits[2] == key->bits[2];
}

/* Bytes of one key word, LEN of them (8 at most): loads that overlap are faster than a copy of any length. */
static uint64_t
load(const char *s, size_t len)
{
	uint64_t low = 0, high = 0;

	if (len >= 8) {
		memcpy(&low, s, 8);
		return low;
	}
	if (len >= 4) {
		memcpy(&low, s, 4);
		memcpy(&high, s + len - 4, 4);
		return low | high << 8 * (len - 4);
	}
	if (len >= 2) {
		memcpy(&low, s, 2);
		memcpy(&high, s + len - 2, 2);
		return low | high << 8 * (len - 2);
	}
	return len ? (uint8_t)*s : 0;
}

struct word_key
words_key(const char *text, size_t len, bool is_part)
{
	struct word_key key = {{load(text, len)}};

	if (len > 8)
		key.bits[1] = load(text + 8, len - 8);
	if (len > 16)
		key.bits[2] = load(text + 16, len - 16);
	key.bits[2] |= (uint64_t)len << 56 | (is_part ? PART : 0);
	return key;
}

struct word *
words_place(const struct words *w, const struct word_key *key)
{
	uint64_t hash = fold(key->bits[0] ^ 0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu) ^
	    fold(key->bits[1] ^ 0x8ebc6af09c88c6e3u, key->bits[2] ^ 0x589965cc75374cc3u);
	struct word *place = &w->slots[hash & (w->n_slots - 1)];

	__builtin_prefetch(place);
	return place;
}

/* A word may stand in the other slot of its cache line, too. */
static struct word *
neighbour(const struct words *w, const struct word *place)
{
	return &w->slots[(size_t)(place - w->slots) ^ 1];
}

const struct word *
words_find(const struct words *w, const struct word *place, const struct word_key *key)
{
	if (is_same(place, key))
		return place;
	place = neighbour(w, place);
	return is_same(place, key) ? place : NULL;
}

void
words_put(struct words *w, struct word *place, struct word word)
{
	struct word *other = neighbour(w, place);

	*(place->n_ids && !other->n_ids ? other : place) = word;
}
