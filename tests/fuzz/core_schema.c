/* JSON schema: any text ends in a grammar or in a sentence, and what the grammar allows is JSON. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/grammar/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes that open little and close soon come first. */
static const char order[] = "\"}]0123456789truefalsn:, {[";

static uint32_t
next_state(struct match *m, uint32_t at, uint32_t turn, char *byte)
{
	uint32_t next = MATCH_DEAD;

	for (size_t i = 0; order[i] && next == MATCH_DEAD; i++)
		next = match_next(m, at, (uint8_t)(*byte = order[(i + turn) % (sizeof order - 1)]));
	for (uint32_t b = 0; b < 256 && next == MATCH_DEAD; b++)
		next = match_next(m, at, (uint8_t)(*byte = (char)b));
	return next;
}

static void
check_text(struct match *m)
{
	for (uint32_t turn = 0; turn < 4 && !m->overflow; turn++) {
		struct buf text = {0};
		uint32_t at = 1;
		char byte;

		while (at != MATCH_DEAD && !m->states[at].accepts && text.len < 400) {
			at = next_state(m, at, text.len < 60 ? turn * 7 : 0, &byte);
			buf_add_char(&text, byte);
		}
		if (m->states[at].accepts) {
			json_error_t je;
			json_t *j = json_loadb(text.data, text.len, JSON_DECODE_ANY, &je);

			if (!j)
				abort();
			json_decref(j);
		}
		buf_done(&text);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct grammar *g = grammar_open_schema((const char *)data, size, &e);
	struct match m;

	if (!g && !e.text[0])
		abort();
	if (g && match_init(&m, g, &e)) {
		m.step_limit = 400000;
		check_text(&m);
		match_done(&m);
	}
	grammar_close(g);
	return 0;
}
