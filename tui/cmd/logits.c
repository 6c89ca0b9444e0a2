/* minnow logits: what a model computes, as raw numbers, for scripts and for comparing with other programs. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/minnow.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/load.h"
#include "tui/i18n.h"

#define MAX_LIST_BYTES ((size_t)64 << 20)

struct logits_opts {
	const char *tokens, *decoder_tokens;
	const char *kv;
	int64_t ctx, chunk, threads;
};

struct ids {
	uint32_t *at;
	size_t n, cap;
};

static void
add_id(struct ids *v, uint32_t id)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 64;
		v->at = mem_grow(v->at, v->cap, sizeof *v->at);
	}
	v->at[v->n++] = id;
}

static bool
is_separator(char c)
{
	return c == ',' || isspace((unsigned char)c);
}

/* Numbers apart from each other by commas or blanks. */
static bool
parse_ids(const char *text, struct ids *out, struct err *e)
{
	const char *p = text;

	for (;;) {
		unsigned long v;
		char *end;

		while (is_separator(*p))
			p++;
		if (!*p)
			break;
		v = strtoul(p, &end, 10);
		if (!isdigit((unsigned char)*p) || (*end && !is_separator(*end)) || v >= UINT32_MAX)
			return err_set(e, ERR_USAGE, "\"%.20s\" is not a token id", p);
		add_id(out, (uint32_t)v);
		p = end;
	}
	return out->n > 0 || err_set(e, ERR_USAGE, "the list of tokens is empty");
}

static bool
read_ids(const char *arg, struct ids *out, struct err *e)
{
	struct buf text = {0};
	bool ok;

	if (arg[0] != '@')
		return parse_ids(arg, out, e);
	ok = fs_read(&text, arg + 1, MAX_LIST_BYTES, e) && parse_ids(buf_str(&text), out, e);
	buf_done(&text);
	return ok;
}

/* A chunk at a time, so that a long list does not need a row of logits for each token at once. */
static bool
write_logits(struct session *s, const struct ids *ids, size_t n_vocab, size_t chunk, struct err *e)
{
	float *rows = mem_try(chunk, n_vocab * sizeof *rows, "logits", e);
	bool ok = rows != NULL;

	for (size_t i = 0; ok && i < ids->n; i += chunk) {
		size_t n = ids->n - i < chunk ? ids->n - i : chunk;

		ok = session_eval(s, ids->at + i, n, rows, e);
		if (ok && fwrite(rows, n_vocab * sizeof *rows, n, stdout) != n)
			ok = err_set(e, ERR_NO_SPACE, "cannot write to standard output");
	}
	free(rows);
	return ok;
}

/* INPUT: for the encoder, or no tokens. */
static bool
eval(struct model *m, const struct logits_opts *o, const struct ids *input, const struct ids *ids, struct err *e)
{
	size_t most = input->n > ids->n ? input->n : ids->n;
	struct session_options so = {
		.n_ctx = o->ctx ? (uint32_t)o->ctx : (uint32_t)most,
		.kv = kvtype_find(o->kv),
		.chunk = (uint32_t)o->chunk,
	};
	struct session *s = session_open(m, &so, e);
	bool ok;

	if (!s)
		return false;
	if (ids->n > session_n_ctx(s))
		ok = err_set(e, ERR_USAGE, "%zu tokens do not fit into a context of %u", ids->n, session_n_ctx(s));
	else
		ok = (input->n == 0 || session_encode(s, input->at, input->n, e)) &&
		    write_logits(s, ids, model_info(m)->n_vocab, (size_t)o->chunk, e);
	session_close(s);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct logits_opts *o = call->opts;
	struct loaded l = {0};
	struct ids ids = {0}, decoder = {0};
	bool ok;

	if (!o->tokens)
		return err_set(e, ERR_USAGE, "--tokens is missing: minnow logits MODEL --tokens 1,2,3");
	ok = read_ids(o->tokens, &ids, e) && (!o->decoder_tokens || read_ids(o->decoder_tokens, &decoder, e)) &&
	    load_open(&l, call->args[0], o->threads, e);
	if (ok && model_info(l.model)->has_encoder && !o->decoder_tokens)
		add_id(&decoder, model_info(l.model)->decoder_start);
	if (ok && model_info(l.model)->has_encoder)
		ok = eval(l.model, o, &ids, &decoder, e);
	else if (ok && o->decoder_tokens)
		ok = err_set(e, ERR_USAGE, "--decoder-tokens is for models with an encoder, which %s has not",
		    model_info(l.model)->arch);
	else if (ok)
		ok = eval(l.model, o, &decoder, &ids, e);
	load_done(&l);
	free(ids.at);
	free(decoder.at);
	return ok;
}

static void
defaults(void *opts)
{
	struct logits_opts *o = opts;

	o->kv = "f16";
	o->chunk = 512;
}

#define AT(field) offsetof(struct logits_opts, field)

static const struct opt opts[] = {
	{"tokens", 0, OPT_TEXT, "LIST", N_("token ids, as 1,2,3 or @FILE"), AT(tokens), 0, 0, NULL},
	{"decoder-tokens", 0, OPT_TEXT, "LIST", N_("tokens of the decoder, for an encoder-decoder model"), AT(decoder_tokens), 0, 0,
	    NULL},
	{"kv", 0, OPT_CHOICE, "TYPE", N_("how keys and values are kept: f32, f16 or q8_0"), AT(kv), 0, 0, "f32 f16 q8_0"},
	{"ctx", 0, OPT_INT, "N", N_("positions of the context (default: as many as there are tokens)"), AT(ctx), 1, 1 << 30, NULL},
	{"chunk", 0, OPT_INT, "N", N_("tokens computed at a time"), AT(chunk), 1, 4096, NULL},
	{"threads", 't', OPT_INT, "N", N_("threads (default: physical cores)"), AT(threads), 1, 512, NULL},
	{0},
};

const struct cmd cmd_logits = {
	.name = "logits",
	.args = "MODEL --tokens LIST",
	.summary = N_("write the logits of a list of tokens as raw numbers"),
	.details = N_("Standard output gets 32-bit floats, little endian, [tokens][vocabulary], without a header. An "
	    "encoder-decoder model reads the tokens, and the rows are those of the decoder's tokens (by default the one "
	    "that decoding starts with)."),
	.opts = opts,
	.opts_size = sizeof(struct logits_opts),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
