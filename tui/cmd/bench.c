/* minnow bench: tokens per second of prompt processing and of generation. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/bench.h"
#include "core/minnow.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/load.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text.h"

struct bench_opts {
	int64_t n_prompt, n_generate, threads, reps;
	const char *kv;
	bool json;
};

struct result {
	char test[24];			/* "pp512" */
	uint32_t n;
	bool generates;
	double *t_s;			/* [reps] tokens per second */
	double avg, stddev;
};

static void
summarize(struct result *r, uint32_t reps)
{
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < reps; i++)
		sum += r->t_s[i];
	r->avg = sum / reps;
	for (uint32_t i = 0; i < reps; i++)
		squares += (r->t_s[i] - r->avg) * (r->t_s[i] - r->avg);
	r->stddev = reps > 1 ? sqrt(squares / (reps - 1)) : 0;
}

static bool
measure(struct session *s, struct result *r, enum bench_kind kind, uint32_t n, uint32_t reps, struct err *e)
{
	*r = (struct result){.n = n, .generates = kind == BENCH_GENERATE};
	snprintf(r->test, sizeof r->test, "%s%u", kind == BENCH_PROMPT ? "pp" : "tg", n);
	r->t_s = mem_new0(reps, sizeof *r->t_s);
	if (!bench_run(s, kind, n, reps, r->t_s, e))
		return false;
	for (uint32_t i = 0; i < reps; i++)
		r->t_s[i] = n / r->t_s[i];
	summarize(r, reps);
	return true;
}

static bool
print_json(const struct result *results, size_t n, uint32_t reps, int threads, struct err *e)
{
	json_t *list = json_array();
	bool ok;

	for (size_t i = 0; i < n; i++) {
		json_t *rates = json_array();

		for (uint32_t k = 0; k < reps; k++)
			json_array_append_new(rates, json_real(results[i].t_s[k]));
		json_array_append_new(list, json_pack("{s:s, s:o, s:f, s:f, s:i}", "test", results[i].test, "t_s", rates,
		    "avg_ts", results[i].avg, "stddev_ts", results[i].stddev, "threads", threads));
	}
	ok = json_dumpf(list, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
	json_decref(list);
	printf("\n");
	return ok || err_set(e, ERR_NO_SPACE, "cannot write to standard output");
}

static void
print_table(const struct model *m, struct engine *g, const struct result *results, size_t n)
{
	const struct model_info *info = model_info(m);
	double roof = engine_roof(g);

	say_name(info->name);
	printf(_(": %s, %s, %.1f million parameters\n"), info->arch, info->format, (double)info->n_params * 1e-6);
	printf(_("%d threads, %s kernels, memory read at %.1f GB/s\n\n"), engine_n_threads(g), engine_kern(g)->isa, roof * 1e-9);
	printf("%-*s %*s %s\n", text_field(_("test"), 8), _("test"), text_field(_("tokens/s"), 18), _("tokens/s"),
	    _(" share of the memory's speed"));
	for (size_t i = 0; i < n; i++) {
		printf("%-8s %9.2f ± %6.2f", results[i].test, results[i].avg, results[i].stddev);
		if (results[i].generates && roof > 0)
			printf("  %4.0f %%", 100 * results[i].avg * (double)info->weight_bytes / roof);
		printf("\n");
	}
}

static bool
bench(struct engine *g, struct model *m, const struct bench_opts *o, struct err *e)
{
	uint32_t longest = (uint32_t)(o->n_prompt > o->n_generate ? o->n_prompt : o->n_generate);
	struct session_options so = {.n_ctx = longest, .kv = kvtype_find(o->kv)};
	struct session *s = session_open(m, &so, e);
	uint32_t reps = (uint32_t)o->reps;
	struct result results[2] = {0};
	bool ok = s != NULL;
	size_t n = 0;

	if (ok && o->n_prompt > 0)
		ok = measure(s, &results[n++], BENCH_PROMPT, (uint32_t)o->n_prompt, reps, e);
	if (ok && o->n_generate > 0)
		ok = measure(s, &results[n++], BENCH_GENERATE, (uint32_t)o->n_generate, reps, e);
	if (ok && o->json)
		ok = print_json(results, n, reps, engine_n_threads(g), e);
	else if (ok)
		print_table(m, g, results, n);
	for (size_t i = 0; i < n; i++)
		free(results[i].t_s);
	session_close(s);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct bench_opts *o = call->opts;
	struct loaded l = {0};
	bool ok;

	if (o->n_prompt == 0 && o->n_generate == 0)
		return err_set(e, ERR_USAGE, "nothing to measure: both -p and -n are 0");
	ok = load_open(&l, call->args[0], o->threads, e) && bench(l.engine, l.model, o, e);
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
	{"threads", 't', OPT_INT, "N", N_("threads (default: physical cores)"), AT(threads), 1, 512, NULL},
	{"repeat", 'r', OPT_INT, "N", N_("how often each test runs"), AT(reps), 1, 1000, NULL},
	{"kv", 0, OPT_CHOICE, "TYPE", N_("how keys and values are kept: f32, f16 or q8_0"), AT(kv), 0, 0, "f32 f16 q8_0"},
	{"json", 0, OPT_FLAG, NULL, N_("results as JSON"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_bench = {
	.name = "bench",
	.args = "MODEL",
	.summary = N_("measure prompt and generation speed"),
	.details = N_("ppN gives N tokens at once to an empty context; tgN computes N tokens one after another.  Speeds are in\n"
	    "tokens per second; the share tells how much of what this machine's memory can deliver generation uses."),
	.opts = opts,
	.opts_size = sizeof(struct bench_opts),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
