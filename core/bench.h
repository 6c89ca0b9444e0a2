/* How fast a model is: prompt processing and generation, measured the way llama-bench does, so that the figures can
 * stand side by side. */
#ifndef CORE_BENCH_H
#define CORE_BENCH_H

#include <stdint.h>

#include "core/base/err.h"

struct session;

enum bench_kind {
	BENCH_PROMPT,		/* "pp": N tokens given at once to an empty context */
	BENCH_GENERATE,		/* "tg": N tokens one after another, from an empty context */
};

/* SECONDS[reps], after one run that does not count. */
bool bench_run(struct session *s, enum bench_kind kind, uint32_t n, uint32_t reps, double *seconds, struct err *e)
    MUST_CHECK;

#endif
