/* A set of hashes as one bit each: small enough to stay near the processor, where most look-ups in vain then end instead
 * of waiting for a table in memory.  It may have what was never added (one of eight), never the other way round. */
#ifndef CORE_TOK_SIEVE_H
#define CORE_TOK_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct sieve {
	uint64_t *words;
	size_t n_words;		/* a power of two */
};

/* For a hash table of N_SLOTS, a power of two from 16 on. */
bool sieve_init(struct sieve *s, size_t n_slots, const char *what, struct err *e) MUST_CHECK;
void sieve_done(struct sieve *s);

static inline void
sieve_add(struct sieve *s, uint64_t hash)
{
	s->words[hash / 64 & (s->n_words - 1)] |= (uint64_t)1 << hash % 64;
}

static inline bool
sieve_may_have(const struct sieve *s, uint64_t hash)
{
	return s->words[hash / 64 & (s->n_words - 1)] >> hash % 64 & 1;
}

#endif
