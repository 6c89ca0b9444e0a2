/* minnow perplexity: how well a model predicts a text. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "core/perplexity.h"
#include "core/tok/tok.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/load.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"
#include "tui/text.h"

#define TEXT_LIMIT ((size_t)256 << 20)

struct perplexity_opts {
	const char *base, *kv;
	int64_t ctx, windows, threads;
	bool special, json;
};

static bool
open_base(const struct config *config, struct engine *g, const char *name, struct model **base, struct err *e)
{
	struct buf path = {0};

	if (load_find(config, name, true, &path, e))
		*base = model_open(g, buf_str(&path), e);
	buf_done(&path);
	return *base != NULL;
}

static bool
read_text(const struct model *m, const char *file, bool special, struct tok_ids *ids, struct err *e)
{
	struct tok_flags flags = {.add_special = true, .parse_special = special};
	struct buf text = {0};
	bool ok;

	if (!model_tok(m))
		return err_set(e, ERR_FAILED, "the model has no tokenizer");
	ok = fs_read(&text, file, TEXT_LIMIT, e) && tok_encode(model_tok(m), buf_str(&text), text.len, flags, ids, e);
	buf_done(&text);
	return ok;
}

static void
progress(void *ctx, uint64_t n_done, uint64_t n_total, double mean)
{
	char note[48];

	snprintf(note, sizeof note, _("perplexity %.4f"), exp(mean));
	work_tell(ctx, n_done, n_total, mean > 0 ? note : NULL);
}

/* ± of e^mean: that of the mean times e^mean, as the error is small. */
static void
print_perplexity(const char *what, const struct perplexity_mean *m, size_t n_windows)
{
	printf("%-*s%.4f ± %.4f", text_field(what, 16), what, exp(m->mean), exp(m->mean) * m->error_tokens);
	if (n_windows > 1)
		printf(_(" (± %.4f over windows)"), exp(m->mean) * m->error_windows);
	printf("\n");
}

static void
print_text(const struct perplexity_result *r, const struct perplexity_opts *o)
{
	print_perplexity(_("perplexity"), &r->nll, r->n_windows);
	if (o->base) {
		print_perplexity(_("of the base"), &r->base_nll, r->n_windows);
		printf("%-*s", text_field(_("KL divergence"), 16), _("KL divergence"));
		printf(_("%.6f ± %.6f mean, %.6f median, %.6f for 99 %%, %.6f at most\n"), r->kl.mean,
		    r->kl.error_tokens, r->kl_median, r->kl_99, r->kl_max);
		printf("%-*s%.2f ± %.2f %%\n", text_field(_("same first"), 16), _("same first"), 100 * r->same_top, 100 * r->same_top_error);
	}
	printf("%-*s", text_field(_("scored"), 16), _("scored"));
	printf(_("%zu tokens of %zu windows of %d, %.1f s\n"), r->n_scored, r->n_windows, (int)o->ctx, r->seconds);
}

static json_t *
perplexity_json(const struct perplexity_mean *m)
{
	return json_pack("{s:f, s:f, s:f, s:f}", "perplexity", exp(m->mean), "mean_nll", m->mean, "stderr_tokens",
	    m->error_tokens, "stderr_windows", m->error_windows);
}

static bool
print_json(const struct perplexity_result *r, const struct perplexity_opts *o, struct err *e)
{
	json_t *j = perplexity_json(&r->nll);
	bool ok;

	json_object_set_new(j, "windows", json_integer((json_int_t)r->n_windows));
	json_object_set_new(j, "scored", json_integer((json_int_t)r->n_scored));
	json_object_set_new(j, "ctx", json_integer(o->ctx));
	json_object_set_new(j, "seconds", json_real(r->seconds));
	if (o->base) {
		json_object_set_new(j, "base", perplexity_json(&r->base_nll));
		json_object_set_new(j, "kl", json_pack("{s:f, s:f, s:f, s:f, s:f}", "mean", r->kl.mean, "stderr_tokens",
		    r->kl.error_tokens, "median", r->kl_median, "p99", r->kl_99, "max", r->kl_max));
		json_object_set_new(j, "same_top", json_real(r->same_top));
	}
	ok = json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 && printf("\n") > 0;
	json_decref(j);
	return ok || err_set(e, ERR_NO_SPACE, "cannot write to standard output");
}

static bool
measure(struct model *m, struct model *base, const struct tok_ids *ids, const struct perplexity_opts *o, struct err *e)
{
	struct perplexity_result r;
	struct work work;
	struct perplexity_options po = {
		.n_ctx = (uint32_t)o->ctx,
		.max_windows = (size_t)o->windows,
		.kv = kvtype_find(o->kv),
		.cancel = &work.cancel,
		.progress = progress,
		.ctx = &work,
	};
	bool ok;

	if (!work_begin(&work, _("reading"), e))
		return false;
	ok = perplexity_run(m, base, ids->ids, ids->n, &po, &r, e);
	work_end(&work);
	if (!ok)
		return false;
	if (o->json)
		return print_json(&r, o, e);
	print_text(&r, o);
	return true;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct perplexity_opts *o = call->opts;
	struct loaded l = {0};
	struct model *base = NULL;
	struct tok_ids ids = {0};
	bool ok;

	ok = load_open(&l, call->args[0], o->threads, e) && (!o->base || open_base(&l.config, l.engine, o->base, &base, e)) &&
	    read_text(l.model, call->args[1], o->special, &ids, e);
	if (ok && base && !tok_is_same(model_tok(l.model), model_tok(base)))
		ok = err_set(e, ERR_FAILED, "%s has another vocabulary than the model: they cannot be compared", o->base);
	ok = ok && measure(l.model, base, &ids, o, e);
	tok_ids_done(&ids);
	model_close(base);
	load_done(&l);
	return ok;
}

static void
defaults(void *opts)
{
	struct perplexity_opts *o = opts;

	o->kv = "f16";
	o->ctx = 512;
}

#define AT(field) offsetof(struct perplexity_opts, field)

static const struct opt opts[] = {
	{"base", 0, OPT_TEXT, "MODEL", N_("compare with this model, as a rule the one it was made from"), AT(base), 0, 0, NULL},
	{"ctx", 'c', OPT_INT, "N", N_("tokens of a window"), AT(ctx), 4, 1 << 20, NULL},
	{"windows", 'w', OPT_INT, "N", N_("windows at most (default: all the text has)"), AT(windows), 1, 1 << 30, NULL},
	{"kv", 0, OPT_CHOICE, "TYPE", N_("how keys and values are kept: f32, f16 or q8_0"), AT(kv), 0, 0, "f32 f16 q8_0"},
	{"special", 0, OPT_FLAG, NULL, N_("control tokens spelled in the text, as in a rendered chat, are such tokens"), AT(special), 0, 0, NULL},
	{"threads", 't', OPT_INT, "N", N_("threads (default: physical cores)"), AT(threads), 1, 512, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("results as JSON"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_perplexity = {
	.name = "perplexity",
	.args = "MODEL FILE",
	.summary = N_("measure how well a model predicts a text"),
	/* xgettext:no-c-format */
	.details = N_("The text in FILE is cut into windows of 512 tokens (--ctx). Each is read from an empty context, with the "
	    "begin token of the model, if it has one, in place of the first; what is scored is its second half, every token "
	    "predicted from all before it in the window. Perplexity is e to the mean of -ln p: lower is better, and only "
	    "figures of the same text, window and vocabulary can be compared. llama.cpp's perplexity measures the same way.\n"
	    "The first ± is the standard error over tokens, as llama.cpp gives it; the second is over the means of windows.\n"
	    "With --base the predictions are compared too: the Kullback-Leibler divergence from the base (mean, median, and "
	    "what 99 % of the tokens do not exceed), and how often both find the same token most probable.\n"
	    "\n"
	    "  minnow perplexity --base model.gguf small.gguf wiki.txt"),
	.opts = opts,
	.opts_size = sizeof(struct perplexity_opts),
	.defaults = defaults,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
