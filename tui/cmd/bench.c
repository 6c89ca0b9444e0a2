/* minnow bench: tokens per second of prompt processing and of generation, and where the time goes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/base/mem.h"
#include "core/bench.h"
#include "core/minnow.h"
#include "tui/cmd/bench_answer.h"
#include "tui/cmd/bench_report.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/load.h"
#include "tui/i18n.h"

enum { FIRST_PROMPT = 20 };

struct bench_opts {
	int64_t n_prompt, n_generate, depth, threads, reps, draft_max;
	const char *kv, *prompt_file, *answer_file, *draft;
	bool first, profile, no_roof, json;
};

/* The most memory that this process has had, in bytes; 0: not known.  What getrusage() tells on Linux may be of the
 * program that started this one. */
static uint64_t
peak_memory(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long kb = 0;
	struct rusage u;
	char line[256];

	while (f && kb == 0 && fgets(line, sizeof line, f))
		sscanf(line, "VmHWM: %llu kB", &kb);
	if (f)
		fclose(f);
	if (kb == 0 && getrusage(RUSAGE_SELF, &u) == 0)
#ifdef __APPLE__
		return (uint64_t)u.ru_maxrss;
#else
		kb = (unsigned long long)u.ru_maxrss;
#endif
	return (uint64_t)kb << 10;
}

static void
add_test(struct bench_report *b, enum bench_kind kind, int64_t n, int64_t depth)
{
	if (n > 0)
		b->test[b->n++] = (struct bench_test){.kind = kind, .n = (uint32_t)n, .depth = (uint32_t)depth};
}

/* All tests are made warm before the first, so that the measurement of the machine, which needs memory itself, comes
 * after all of theirs is in use. */
static bool
run_tests(struct bench_report *b, struct session *s, const struct bench_opts *o, struct err *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < b->n; i++)
		ok = bench_warm(s, &b->test[i], e);
	b->session = session_memory(s);
	b->peak_bytes = peak_memory();
	for (size_t i = 0; ok && i < b->n; i++)
		ok = bench_run(s, &b->test[i], (uint32_t)o->reps, !o->no_roof, &b->result[i], e);
	return ok;
}

static bool
bench(struct loaded *l, const struct bench_opts *o, struct err *e)
{
	struct bench_report b = {.engine = l->engine, .model = l->model, .kv = o->kv, .profile = o->profile};
	int64_t longest = o->n_prompt > o->n_generate ? o->n_prompt : o->n_generate;
	struct session_options so = {.n_ctx = (uint32_t)(longest + o->depth), .kv = kvtype_find(o->kv),
	    .rewind = o->depth > 0 ? (uint32_t)longest : 0};
	struct session *s;
	bool ok;

	add_test(&b, BENCH_PROMPT, o->n_prompt, o->depth);
	add_test(&b, BENCH_GENERATE, o->n_generate, o->depth);
	s = session_open(l->model, &so, e);
	ok = s && run_tests(&b, s, o, e) && (o->json ? bench_report_json(&b, e) : true);
	if (ok && !o->json)
		bench_report_text(&b);
	session_close(s);
	bench_report_done(&b);
	return ok;
}

/* A load after another. */
static bool
bench_loads(struct loaded *l, const struct bench_opts *o, struct err *e)
{
	struct bench_report b = {.engine = l->engine, .kv = o->kv, .first_prompt = FIRST_PROMPT,
	    .first_s = mem_new0((size_t)o->reps, sizeof *b.first_s)};
	struct session_options so = {.kv = kvtype_find(o->kv)};
	bool ok;

	do {
		model_close(l->model);
		l->model = bench_first(l->engine, buf_str(&l->path), &so, FIRST_PROMPT, &b.first_s[b.n_first], e);
	} while (l->model && ++b.n_first < (uint32_t)o->reps);
	b.model = l->model;
	b.peak_bytes = peak_memory();
	ok = l->model && (o->json ? bench_report_json(&b, e) : true);
	if (ok && !o->json)
		bench_report_text(&b);
	bench_report_done(&b);
	return ok;
}

/* Instead of the other tests. */
static bool
bench_text(const char *name, const struct bench_opts *o, struct err *e)
{
	struct bench_answer_options a = {.prompt_file = o->prompt_file, .answer_file = o->answer_file, .kv = o->kv,
	    .draft_max = (uint32_t)o->draft_max, .reps = (uint32_t)o->reps, .json = o->json};
	struct loaded l = {0};
	bool ok;

	if (!o->prompt_file || !o->answer_file)
		return err_set(e, ERR_USAGE, "--prompt-file, --answer-file and --draft belong together: guesses are measured on an "
		    "answer that is known");
	ok = load_open_drafted(&l, name, o->draft ? o->draft : "", o->threads, e) && bench_answer_run(l.model, &a, e);
	load_done(&l);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct bench_opts *o = call->opts;
	struct loaded l = {0};
	bool ok;

	if (o->prompt_file || o->answer_file || o->draft)
		return bench_text(call->args[0], o, e);
	if (o->n_prompt == 0 && o->n_generate == 0 && !o->first)
		return err_set(e, ERR_USAGE, "nothing to measure: both -p and -n are 0");
	if (o->first)
		ok = load_engine(&l, call->args[0], o->threads, e) && bench_loads(&l, o, e);
	else
		ok = load_open(&l, call->args[0], o->threads, e) && bench(&l, o, e);
	load_done(&l);
	return ok;
}

static void
defaults(void *opts)
{
	struct bench_opts *o = opts;

	*o = (struct bench_opts){.n_prompt = 512, .n_generate = 128, .reps = 5, .kv = "f16"};
}

#define AT(field) offsetof(struct bench_opts, field)

static const struct opt opts[] = {
	{"prompt", 'p', OPT_INT, "N", N_("tokens of the prompt test; 0 leaves it out"), AT(n_prompt), 0, 1 << 20, NULL},
	{"generate", 'n', OPT_INT, "N", N_("tokens of the generation test; 0 leaves it out"), AT(n_generate), 0, 1 << 20, NULL},
	{"depth", 'd', OPT_INT, "N", N_("tokens of context that are there before each test"), AT(depth), 0, 1 << 22, NULL},
	{"first", 0, OPT_FLAG, NULL, N_("measure instead how long it is from the opening of the file to the first token"), AT(first), 0, 0, NULL},
	{"profile", 0, OPT_FLAG, NULL, N_("tell what the time went to"), AT(profile), 0, 0, NULL},
	{"no-roof", 0, OPT_FLAG, NULL, N_("do not measure the machine between the runs"), AT(no_roof), 0, 0, NULL},
	{"threads", 't', OPT_INT, "N", N_("threads (default: physical cores)"), AT(threads), 1, 512, NULL},
	{"repeat", 'r', OPT_INT, "N", N_("how often each test runs"), AT(reps), 1, 1000, NULL},
	{"prompt-file", 0, OPT_TEXT, "FILE", N_("measure instead how fast a known answer to this prompt is written"), AT(prompt_file), 0, 0, NULL},
	{"answer-file", 0, OPT_TEXT, "FILE", N_("the answer that is known"), AT(answer_file), 0, 0, NULL},
	{"draft", 0, OPT_TEXT, "MODEL", N_("a small model with the same vocabulary that guesses"), AT(draft), 0, 0, NULL},
	{"draft-max", 0, OPT_INT, "N", N_("most tokens guessed at a time"), AT(draft_max), 1, 14, NULL},
	{"kv", 0, OPT_CHOICE, "TYPE", N_("how keys and values are kept: f32, f16 or q8_0"), AT(kv), 0, 0, "f32 f16 q8_0"},
	{"json", 0, OPT_FLAG, NULL, N_("results as JSON"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_bench = {
	.name = "bench",
	.args = "MODEL",
	.summary = N_("measure prompt and generation speed"),
	.details = N_("ppN gives N tokens at once to an empty context, or behind the tokens of --depth (\"pp512@d4096\"); tgN computes N "
	    "tokens one after another.  Speeds are in tokens per second: the median of all runs, then mean and deviation.\n"
	    "Beside them is what the machine can do at most, measured between the runs: generation cannot be faster than "
	    "memory gives the weights (and the cache, at a depth), a prompt not faster than the units for the arithmetic of "
	    "most weights multiply.  --profile tells what the time of one token and of the prompt went to, and how long the "
	    "thread that leads waited for the others in that.  --first loads the file again and again, and gives it a prompt "
	    "of 20 tokens.  Memory is the most that the process had, the mapped file included.\n"
	    "With --prompt-file and --answer-file the tokens of the answer are written after the prompt (as it is), in turn with "
	    "a pass for each and with guesses.  What the model itself would write plays no part: the figures hold for texts like "
	    "this one."),
	.opts = opts,
	.opts_size = sizeof(struct bench_opts),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
