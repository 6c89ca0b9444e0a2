/* How fast a model is; see bench.h. */
#include "core/bench.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/minnow.h"
#include "core/session.h"

/* Any tokens do: the work does not depend on them.  A fixed sequence (Numerical Recipes' generator) all the same. */
static void
fill_ids(uint32_t *ids, uint32_t n, uint32_t n_vocab)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		ids[i] = (x >> 8) % n_vocab;
	}
}

static bool
run_once(struct session *s, enum bench_kind kind, const uint32_t *ids, uint32_t n, double *seconds, struct err *e)
{
	uint32_t step = kind == BENCH_PROMPT ? n : 1;
	bool has_encoder = model_info(s->m)->has_encoder;
	double start;

	session_truncate(s, 0);
	/* An encoder does not read the same twice, and a decoder needs it to have read something. */
	if (has_encoder && !session_encode(s, &(uint32_t){0}, 1, e))
		return false;
	start = clock_s();
	if (has_encoder && kind == BENCH_PROMPT && n > 1) {
		if (!session_encode(s, ids, n, e))
			return false;
		*seconds = clock_s() - start;
		return true;
	}
	for (uint32_t i = 0; i < n; i += step)
		if (!session_eval(s, ids + i, step, NULL, e))
			return false;
	*seconds = clock_s() - start;
	return true;
}

bool
bench_run(struct session *s, enum bench_kind kind, uint32_t n, uint32_t reps, double *seconds, struct err *e)
{
	uint32_t *ids = mem_try(n, sizeof *ids, "tokens", e);
	double warm_up;
	bool ok;

	if (!ids)
		return false;
	fill_ids(ids, n, model_info(s->m)->n_vocab);
	ok = run_once(s, kind, ids, kind == BENCH_PROMPT || n < 2 ? n : 2, &warm_up, e);
	for (uint32_t i = 0; ok && i < reps; i++)
		ok = run_once(s, kind, ids, n, &seconds[i], e);
	free(ids);
	return ok;
}
