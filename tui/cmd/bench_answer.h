/* The test of minnow bench that writes a known answer, without and with guesses. */
#ifndef TUI_CMD_BENCH_ANSWER_H
#define TUI_CMD_BENCH_ANSWER_H

#include "core/minnow.h"

struct bench_answer_options {
	const char *prompt_file, *answer_file;
	const char *kv;
	uint32_t draft_max, reps;
	bool json;
};

/* Measured and printed. */
bool bench_answer_run(struct model *m, const struct bench_answer_options *o, struct err *e) MUST_CHECK;

#endif
