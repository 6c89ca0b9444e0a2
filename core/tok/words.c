/* Words met before; see words.h. */
#include "core/tok/words.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define SLOTS_MIN 256
#define SLOTS_MAX 32768		/* 1 MB: what a core's second-level cache holds */

bool
words_init(struct words *w, size_t text_len, struct err *e)
{
	*w = (struct words){0};
	if (text_len < 2 * SLOTS_MIN)
		return true;
	w->n_slots = SLOTS_MIN;
	while (w->n_slots < SLOTS_MAX && w->n_slots < text_len / 4)
		w->n_slots *= 2;
	w->slots = mem_try(w->n_slots, sizeof *w->slots, "the table of words", e);
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
is_same(const struct word *w, const uint64_t key[3])
{
	return w->n_ids && w->key[0] == key[0] && w->key[1] == key[1] && w->key[2] == key[2];
}

struct word *
words_find(struct words *w, const char *text, size_t len)
{
	uint64_t key[3] = {0};
	struct word *a, *b;
	size_t i;

	if (!w->slots || len > WORD_MAX)
		return NULL;
	memcpy(key, text, len);
	key[2] |= (uint64_t)len << 56;
	i = fold(key[0] ^ 0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu) ^
	    fold(key[1] ^ 0x8ebc6af09c88c6e3u, key[2] ^ 0x589965cc75374cc3u);
	a = &w->slots[i & (w->n_slots - 1)];
	b = &w->slots[(i & (w->n_slots - 1)) ^ 1];
	if (is_same(a, key))
		return a;
	if (is_same(b, key))
		return b;
	if (a->n_ids && !b->n_ids)
		a = b;
	a->n_ids = 0;
	memcpy(a->key, key, sizeof key);
	return a;
}
