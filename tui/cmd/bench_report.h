/* What minnow bench prints. */
#ifndef TUI_CMD_BENCH_REPORT_H
#define TUI_CMD_BENCH_REPORT_H

#include "core/bench.h"

enum { BENCH_TESTS = 2 };

struct bench_report {
	struct engine *engine;
	const struct model *model;
	const char *kv;
	struct bench_test test[BENCH_TESTS];
	struct bench_result result[BENCH_TESTS];
	size_t n;			/* of both */
	double *first_s;		/* [n_first] from the opening of the file to the first token */
	uint32_t n_first, first_prompt;
	struct session_memory session;
	uint64_t peak_bytes;		/* of resident memory; 0: not known */
	bool profile;
};

void bench_report_done(struct bench_report *b);
void bench_report_text(const struct bench_report *b);
bool bench_report_json(const struct bench_report *b, struct err *e) MUST_CHECK;

#endif
