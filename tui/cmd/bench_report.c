/* What minnow bench prints; see bench_report.h. */
#include "tui/cmd/bench_report.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text.h"

void
bench_report_done(struct bench_report *b)
{
	for (size_t i = 0; i < b->n; i++)
		bench_result_done(&b->result[i]);
	free(b->first_s);
}

/* ---- figures ---- */

struct figures {
	double median, mean, stddev;
};

static double
median_of(const double *x, size_t n)
{
	double *sorted = mem_new0(n, sizeof *sorted), m;

	memcpy(sorted, x, n * sizeof *x);
	m = bench_median(sorted, n);
	free(sorted);
	return m;
}

static struct figures
figures_of(const double *x, size_t n)
{
	struct figures f = {.median = median_of(x, n)};
	double squares = 0;

	for (size_t i = 0; i < n; i++)
		f.mean += x[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - f.mean) * (x[i] - f.mean);
	f.stddev = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
	return f;
}

/* Tokens per second of each run; the caller frees them. */
static double *
rates_of(const struct bench_test *t, const struct bench_result *r)
{
	double *rates = mem_new0(r->reps, sizeof *rates);

	for (uint32_t i = 0; i < r->reps; i++)
		rates[i] = t->n / r->seconds[i];
	return rates;
}

/* What the machine could do and how much of that the test used; 0 when that was not measured. */
static double
roof_of(const struct bench_result *r)
{
	return r->roof ? median_of(r->roof, r->reps) : 0;
}

static double
share_of(const struct bench_result *r)
{
	double roof = roof_of(r);

	return roof > 0 ? r->work / median_of(r->seconds, r->reps) / roof : 0;
}

/* "pp512", "tg128@d4096" */
static const char *
test_name(const struct bench_test *t, char name[static 32])
{
	int n = snprintf(name, 32, "%s%u", t->kind == BENCH_PROMPT ? "pp" : "tg", t->n);

	if (t->depth > 0)
		snprintf(name + n, 32 - (size_t)n, "@d%u", t->depth);
	return name;
}

/* Kinds of time by how much went to them, most first; returns how many took any. */
static size_t
sorted_kinds(const struct bench_result *r, enum time_kind out[TIME_COUNT])
{
	size_t n = 0;

	for (enum time_kind k = 0; k < TIME_COUNT; k++) {
		size_t at = n;

		if (r->ns[k] == 0)
			continue;
		for (n++; at > 0 && r->ns[out[at - 1]] < r->ns[k]; at--)
			out[at] = out[at - 1];
		out[at] = k;
	}
	return n;
}

/* ---- text ---- */

static void
print_share(const struct bench_result *r)
{
	double roof = roof_of(r);

	if (roof <= 0)
		return;
	printf("  %4.0f %% ", 100 * share_of(r));
	if (r->what == ROOF_READ)
		printf(_("of %.1f GB/s that memory gives"), roof * 1e-9);
	else if (r->what == ROOF_FMA)
		printf(_("of %.0f GFLOP/s in registers"), roof * 1e-9);
	else if (r->what == ROOF_TILE)
		printf(_("of %.0f GFLOP/s in tiles"), roof * 1e-9);
	else
		printf(_("of %.0f GOP/s in registers"), roof * 1e-9);
}

static void
print_test(const struct bench_test *t, const struct bench_result *r)
{
	double *rates = rates_of(t, r);
	struct figures f = figures_of(rates, r->reps);
	char name[32];

	printf("%-14s %9.2f %10.2f ± %-6.2f", test_name(t, name), f.median, f.mean, f.stddev);
	print_share(r);
	printf("\n");
	free(rates);
}

static void
print_row(const char *name, double seconds, double all, double wait, double work, bool reads)
{
	printf("  %-*s %9.3f %5.0f %% %5.0f %%", text_field(name, 14), name, seconds * 1e3, 100 * seconds / all,
	    100 * wait / seconds);
	if (work > 0)
		printf("  %10.2f %9.1f", work * (reads ? 1e-6 : 1e-9), work / seconds * 1e-9);
	printf("\n");
}

/* Of a token generated, or of the whole prompt. */
static void
print_profile(const struct bench_test *t, const struct bench_result *r)
{
	bool reads = t->kind == BENCH_GENERATE;
	double parts = reads ? t->n : 1, all = r->seconds[r->typical] / parts, counted = 0, wait = 0, work = 0;
	enum time_kind kinds[TIME_COUNT];
	size_t n = sorted_kinds(r, kinds);
	char name[32];

	if (n == 0)
		return;
	printf("\n");
	printf(reads ? _("%s: milliseconds of one token\n") : _("%s: milliseconds of the prompt\n"), test_name(t, name));
	printf("  %-*s %*s %*s %*s  %*s %*s\n", text_field(_("operation"), 14), _("operation"), text_field(_("ms"), 9), _("ms"),
	    text_field(_("share"), 7), _("share"), text_field(_("waits"), 7), _("waits"), 10, reads ? "MB" : "GOP", 9,
	    reads ? "GB/s" : "GOP/s");
	for (size_t i = 0; i < n; i++) {
		enum time_kind k = kinds[i];
		double s = (double)r->ns[k] * 1e-9 / parts, w = (double)r->wait_ns[k] * 1e-9 / parts;
		double part = r->work_by[k] / parts;

		print_row(time_name(k), s, all, w, part, reads);
		counted += s;
		wait += w;
		work += part;
	}
	if (all - counted > 0.005 * all)
		print_row(_("not counted"), all - counted, all, 0, 0, reads);
	print_row(_("all"), all, all, wait, work, reads);
}

static void
print_first(const struct bench_report *b)
{
	struct figures f = figures_of(b->first_s, b->n_first);

	printf(_("first token    %9.1f ms after the file is opened (%.1f ± %.1f), with a prompt of %u\n"), f.median * 1e3,
	    f.mean * 1e3, f.stddev * 1e3, b->first_prompt);
}

static void
print_memory(const struct bench_report *b)
{
	const struct model_info *info = model_info(b->model);

	if (b->peak_bytes == 0)
		return;
	printf(_("memory         %9.1f MB at most: file %.1f, packed %.1f, cache %.1f, work %.1f\n"), (double)b->peak_bytes * 1e-6,
	    (double)info->file_bytes * 1e-6, (double)info->resident_bytes * 1e-6, (double)b->session.kv * 1e-6,
	    (double)b->session.scratch * 1e-6);
}

void
bench_report_text(const struct bench_report *b)
{
	const struct model_info *info = model_info(b->model);

	say_name(info->name);
	printf(_(": %s, %s, %.1f million parameters\n"), info->arch, info->format, (double)info->n_params * 1e-6);
	printf(_("%d threads, %s kernels, %s cache\n\n"), engine_n_threads(b->engine), engine_kern(b->engine)->isa, b->kv);
	if (b->n > 0)
		printf("%-*s %*s %*s    %s\n", text_field(_("test"), 14), _("test"), text_field(_("tokens/s"), 9), _("tokens/s"),
		    text_field(_("mean"), 19), _("mean"), b->result[0].roof ? _("used of what is possible") : "");
	for (size_t i = 0; i < b->n; i++)
		print_test(&b->test[i], &b->result[i]);
	if (b->n_first > 0)
		print_first(b);
	print_memory(b);
	for (size_t i = 0; b->profile && i < b->n; i++)
		print_profile(&b->test[i], &b->result[i]);
}

/* ---- JSON ---- */

static json_t *
numbers_json(const double *x, size_t n, double factor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_real(x[i] * factor));
	return list;
}

/* Of the typical run. */
static json_t *
profile_json(const struct bench_result *r)
{
	json_t *list = json_array();
	enum time_kind kinds[TIME_COUNT];
	size_t n = sorted_kinds(r, kinds);

	for (size_t i = 0; i < n; i++) {
		enum time_kind k = kinds[i];

		json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f}", "operation", time_name(k), "s",
		    (double)r->ns[k] * 1e-9, "wait_s", (double)r->wait_ns[k] * 1e-9,
		    r->what == ROOF_READ ? "bytes" : "operations", r->work_by[k]));
	}
	return list;
}

/* What is the same for all tests. */
static json_t *
setting_json(const struct bench_report *b, const char *test)
{
	const struct model_info *info = model_info(b->model);
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:s, s:i, s:s}", "test", test, "arch", info->arch, "format", info->format,
	    "n_params", (json_int_t)info->n_params, "isa", engine_kern(b->engine)->isa, "threads", engine_n_threads(b->engine),
	    "kv", b->kv);

	if (b->peak_bytes > 0)
		json_object_set_new(o, "peak_bytes", json_integer((json_int_t)b->peak_bytes));
	json_object_set_new(o, "file_bytes", json_integer((json_int_t)info->file_bytes));
	json_object_set_new(o, "packed_bytes", json_integer((json_int_t)info->resident_bytes));
	json_object_set_new(o, "cache_bytes", json_integer((json_int_t)b->session.kv));
	json_object_set_new(o, "scratch_bytes", json_integer((json_int_t)b->session.scratch));
	return o;
}

static json_t *
test_json(const struct bench_report *b, size_t i)
{
	const struct bench_test *t = &b->test[i];
	const struct bench_result *r = &b->result[i];
	double *rates = rates_of(t, r);
	struct figures f = figures_of(rates, r->reps);
	char name[32];
	json_t *o = setting_json(b, test_name(t, name));

	json_object_set_new(o, "n_tokens", json_integer(t->n));
	json_object_set_new(o, "depth", json_integer(t->depth));
	json_object_set_new(o, "t_s", numbers_json(rates, r->reps, 1));
	json_object_set_new(o, "median_ts", json_real(f.median));
	json_object_set_new(o, "avg_ts", json_real(f.mean));
	json_object_set_new(o, "stddev_ts", json_real(f.stddev));
	json_object_set_new(o, "work", json_real(r->work));
	if (r->roof) {
		json_object_set_new(o, "roof", json_string(roof_name(r->what)));
		json_object_set_new(o, "roofs", numbers_json(r->roof, r->reps, 1));
		json_object_set_new(o, "median_roof", json_real(roof_of(r)));
		json_object_set_new(o, "share", json_real(share_of(r)));
	}
	if (b->profile)
		json_object_set_new(o, "profile", profile_json(r));
	free(rates);
	return o;
}

static json_t *
first_json(const struct bench_report *b)
{
	struct figures f = figures_of(b->first_s, b->n_first);
	char name[32];
	json_t *o;

	snprintf(name, sizeof name, "first%u", b->first_prompt);
	o = setting_json(b, name);
	json_object_set_new(o, "n_tokens", json_integer(b->first_prompt));
	json_object_set_new(o, "ms", numbers_json(b->first_s, b->n_first, 1e3));
	json_object_set_new(o, "median_ms", json_real(f.median * 1e3));
	json_object_set_new(o, "avg_ms", json_real(f.mean * 1e3));
	json_object_set_new(o, "stddev_ms", json_real(f.stddev * 1e3));
	return o;
}

bool
bench_report_json(const struct bench_report *b, struct err *e)
{
	json_t *list = json_array();
	bool ok;

	for (size_t i = 0; i < b->n; i++)
		json_array_append_new(list, test_json(b, i));
	if (b->n_first > 0)
		json_array_append_new(list, first_json(b));
	ok = json_dumpf(list, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
	json_decref(list);
	printf("\n");
	return ok || err_set(e, ERR_NO_SPACE, "cannot write to standard output");
}
