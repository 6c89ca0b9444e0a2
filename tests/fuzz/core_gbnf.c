/* GBNF: any text ends in a grammar or in a sentence; a grammar matches any bytes within the limits. */
#include <stdint.h>
#include <stdlib.h>

#include "core/grammar/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Follow what the grammar allows, the first byte after the last one taken. */
static void
wander(const struct grammar *g)
{
	struct match m;
	struct err e = {0};
	uint32_t at = 1, byte = 'a';
	bool forgot;

	if (!match_init(&m, g, &e))
		return;
	m.step_limit = 200000;
	for (int i = 0; i < 64 && !match_is_final(&m, at) && !m.overflow; i++) {
		uint32_t next = MATCH_DEAD, tries = 0;

		while (next == MATCH_DEAD && tries++ < 256)
			next = match_next(&m, at, (uint8_t)++byte);
		if (next == MATCH_DEAD)
			break;
		at = match_trim(&m, next, i % 8 ? 1 << 20 : 0, &forgot);
		m.step_limit = 200000;
	}
	/* Without tokens, every place has a way on, or the nesting is too deep or too much to follow. */
	if (at == MATCH_DEAD && !m.overflow)
		abort();
	match_done(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct grammar *g = grammar_open_gbnf((const char *)data, size, &e);

	if (!g && !e.text[0])
		abort();
	if (g)
		wander(g);
	grammar_close(g);
	return 0;
}
