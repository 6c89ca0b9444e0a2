/* minnow quantize: a smaller copy of a model. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/seal.h"
#include "core/mixture.h"
#include "core/quantize.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/load.h"
#include "tui/cmd/known.h"
#include "tui/cmd/work.h"
#include "tui/config.h"
#include "tui/i18n.h"
#include "tui/say.h"

struct quantize_opts {
	const char *imatrix;
	struct opt_list keep;
	int64_t threads;
	bool json;
};

static const struct mixture *
find_mixture(const char *name, struct err *e)
{
	const struct mixture *x = mixture_find(name);
	struct buf known = {0};

	if (x)
		return x;
	for (size_t i = 0; mixture_at(i); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", mixture_at(i)->name);
	err_set(e, ERR_USAGE, "\"%s\" is no type; there are %s", name, buf_str(&known));
	buf_done(&known);
	return NULL;
}

static void
progress(void *ctx, uint64_t n_done, uint64_t n_total)
{
	work_tell(ctx, n_done, n_total, NULL);
}

static double
bits(uint64_t bytes, uint64_t n)
{
	return n ? 8 * (double)bytes / (double)n : 0;
}

static uint64_t
count_weights(const struct quantize_result *r)
{
	uint64_t n = 0;

	for (int t = 0; t < QT_COUNT; t++)
		n += r->n_weights[t];
	return n;
}

static bool
print_json(const char *out, const struct mixture *x, const struct quantize_result *r, struct err *e)
{
	json_t *formats = json_array(), *o;
	bool ok;

	for (int t = 0; t < QT_COUNT; t++)
		if (r->n_weights[t] > 0)
			json_array_append_new(formats, json_pack("{s:s, s:I, s:I}", "format", qtype_info((enum qtype)t)->name,
			    "weights", (json_int_t)r->n_weights[t], "bytes", (json_int_t)r->n_bytes[t]));
	o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:o}", "file", out, "type", x->name,
	    "tensors", (json_int_t)r->n_tensors, "changed", (json_int_t)r->n_changed,
	    "stood_in", (json_int_t)r->n_stood_in, "bytes_in", (json_int_t)r->bytes_in,
	    "bytes_out", (json_int_t)r->bytes_out, "bits_per_weight", bits(r->bytes_out, count_weights(r)),
	    "relative_error", r->size > 0 ? sqrt(r->error / r->size) : 0.0, "seconds", r->seconds, "formats", formats);
	ok = o && json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0 && printf("\n") > 0;
	json_decref(o);
	return ok || err_set(e, ERR_NO_SPACE, "cannot write to standard output");
}

static void
print_text(const char *out, const struct quantize_result *r)
{
	say_name(out);
	printf(_(": %.2f MB instead of %.2f, %.2f bits a weight, in %.1f s\n"), (double)r->bytes_out * 1e-6,
	    (double)r->bytes_in * 1e-6, bits(r->bytes_out, count_weights(r)), r->seconds);
	for (int t = 0; t < QT_COUNT; t++)
		if (r->n_weights[t] > 0)
			printf(_("  %-8s %12.3f million weights %10.2f MB\n"), qtype_info((enum qtype)t)->name,
			    (double)r->n_weights[t] * 1e-6, (double)r->n_bytes[t] * 1e-6);
	if (r->n_stood_in > 0)
		printf(_("  %zu tensors got another format than meant, because of the length of their rows\n"), r->n_stood_in);
}

static bool
quantize(const struct cmd_call *call, const struct config *config, const char *in, struct err *e)
{
	const struct quantize_opts *o = call->opts;
	const char *out = call->args[1];
	struct quantize_result r;
	struct work work;
	struct quantize_options qo = {
		.mixture = find_mixture(call->args[2], e),
		.imatrix = o->imatrix,
		.keeps = o->keep.at,
		.n_keeps = o->keep.n,
		.n_threads = (int)(o->threads ? o->threads : config->compute_threads),
		.isa = config->compute_isa[0] ? config->compute_isa : NULL,
		.measures = o->json,
		.cancel = &work.cancel,
		.progress = progress,
		.ctx = &work,
	};
	size_t n = strlen(out);
	bool ok;

	if (!qo.mixture)
		return false;
	if (n <= 5 || strcmp(out + n - 5, ".gguf") != 0)
		return err_set(e, ERR_USAGE, "%s: the name of the new file has to end in .gguf", out);
	if (!work_begin(&work, _("quantizing"), e))
		return false;
	seal_process(SEAL_NETWORK | SEAL_PROGRAMS);
	ok = quantize_file(in, out, &qo, &r, e);
	work_end(&work);
	if (ok)
		known_remember(config, out, NULL);
	if (ok && o->json)
		return print_json(out, qo.mixture, &r, e);
	if (ok)
		print_text(out, &r);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct config config;
	struct buf path = {0};
	bool ok = config_load(&config, e) && load_find(&config, call->args[0], false, &path, e) &&
	    quantize(call, &config, buf_str(&path), e);

	buf_done(&path);
	config_done(&config);
	return ok;
}

#define AT(field) offsetof(struct quantize_opts, field)

static const struct opt opts[] = {
	{"imatrix", 0, OPT_TEXT, "FILE", N_("importance matrix: which columns matter how much"), AT(imatrix), 0, 0, NULL},
	{"keep", 0, OPT_LIST, "PATTERN=FORMAT", N_("give the tensors of such a name this format; may be repeated"), AT(keep), 0, 0, NULL},
	{"threads", 't', OPT_INT, "N", N_("threads (default: physical cores)"), AT(threads), 1, 512, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("the summary as JSON, with the relative error of the weights"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_quantize = {
	.name = "quantize",
	.args = "IN OUT TYPE",
	.summary = N_("make a smaller copy of a model"),
	/* Line by line, because of the one that is a list. */
	.details = N_("IN is any model; OUT ends in .gguf and is replaced once the copy is whole.") "\n"
	    "TYPE is one of"
#define MIXTURE(id, number, type, imatrix) OPTIONAL_##imatrix(" " #id)
#define RULE(id, kind, when, type)
#define OPTIONAL_OPTIONAL(text) text
#define OPTIONAL_NEEDED(text)
#include "core/mixture.def"
	    ", or with an importance matrix of"
#undef OPTIONAL_OPTIONAL
#undef OPTIONAL_NEEDED
#define OPTIONAL_OPTIONAL(text)
#define OPTIONAL_NEEDED(text) text
#include "core/mixture.def"
#undef MIXTURE
#undef RULE
	    ". Q4_K_M is a good first choice; TQ1_0, TQ2_0 and I2_S are for ternary models.\n"
	    N_("Most types are mixtures: tensors whose errors hurt most get more bits. Vectors stay F32. Where the rows of a "
	    "tensor are too short for a format, a similar one stands in.") "\n"
	    N_("An importance matrix is a file that llama.cpp's imatrix wrote, GGUF or .dat.") "\n"
	    "\n"
	    "  minnow quantize model.gguf small.gguf Q4_K_M\n"
	    "  minnow quantize model.gguf small.gguf Q4_K_M --keep 'blk.0.*=q8_0' --keep output.weight=q8_0",
	.opts = opts,
	.opts_size = sizeof(struct quantize_opts),
	.min_args = 3,
	.max_args = 3,
	.run = run,
};
