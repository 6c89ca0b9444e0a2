/* How fast a model is: prompt processing and generation, measured the way llama-bench does, so that the figures can
 * stand side by side; and beside them what the machine can do, measured at the same moments. */
#ifndef CORE_BENCH_H
#define CORE_BENCH_H

#include <stdint.h>

#include "core/base/err.h"
#include "core/minnow.h"

enum bench_kind {
	BENCH_PROMPT,		/* "pp": N tokens given at once */
	BENCH_GENERATE,		/* "tg": N tokens one after another */
};

struct bench_test {
	enum bench_kind kind;
	uint32_t n;
	uint32_t depth;		/* tokens of the timeline before them */
};

struct bench_result {
	uint32_t reps;
	double *seconds;	/* [reps] */
	double *roof;		/* [reps] what the machine could do just before; NULL: not measured */
	enum roof what;		/* generation reads; prompts compute in the format of most weights */
	double work;		/* of a run, in units of the roof: bytes of weights and cache, or operations with weights */

	/* Where the time of one run went, which took no longer than half of the others.  An encoder's is not told. */
	uint32_t typical;		/* that run */
	uint64_t ns[TIME_COUNT];
	uint64_t wait_ns[TIME_COUNT];	/* of it, the leading thread waited for the others */
	double work_by[TIME_COUNT];	/* as work; bytes of packed weights, which need not be those of the file */
};

/* A run that does not count: caches are warm after it, and all memory that runs need has been touched. */
bool bench_warm(struct session *s, const struct bench_test *t, struct err *e) MUST_CHECK;
/* REPS runs, before each of which the roof is measured if ROOF says so.  Free with bench_result_done() in any case. */
bool bench_run(struct session *s, const struct bench_test *t, uint32_t reps, bool roof, struct bench_result *r,
    struct err *e) MUST_CHECK;
void bench_result_done(struct bench_result *r);

/* From the opening of PATH to the first token after a prompt of N: seconds.  The model stays open; NULL on failure. */
struct model *bench_first(struct engine *g, const char *path, const struct session_options *o, uint32_t n,
    double *seconds, struct err *e) MUST_CHECK;

/* The middle of N numbers (of two, the mean), which are sorted. */
double bench_median(double *x, size_t n);

/* An answer that is known: to PROMPT (as it is), these tokens, in a session that can hold both. */
struct bench_answer {
	const char *prompt;
	const uint32_t *ids;
	size_t n;
};
struct turn_stats;
/* What writing it cost S, drafts included.  The sampler works as it would, and the given token is taken. */
bool bench_answer(struct session *s, const struct bench_answer *a, struct turn_stats *out, struct err *e) MUST_CHECK;

#endif
