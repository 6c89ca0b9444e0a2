/* One bit for each hash; see sieve.h. */
#include "core/tok/sieve.h"

#include <stdlib.h>

#include "core/base/mem.h"

bool
sieve_init(struct sieve *s, size_t n_slots, const char *what, struct err *e)
{
	s->n_words = n_slots * 4 / 64;
	s->words = mem_try(s->n_words, sizeof *s->words, what, e);
	return s->words != NULL;
}

void
sieve_done(struct sieve *s)
{
	free(s->words);
	*s = (struct sieve){0};
}
