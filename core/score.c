/* Scores of a text; see score.h.
 * The rows of a chunk are spread over the pool, each whole by one thread, so that the figures do not depend on the
 * number of threads. */
#include "core/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/chat.h"
#include "core/model.h"
#include "core/pool.h"
#include "core/split.h"
#include "core/tok/tok.h"

enum {
	LOGIT_BYTES = 64 << 20,		/* of one model's chunk at most */
	CHUNK = 256,			/* tokens of a chunk at most */
	BLOCK = 1024,			/* logits */
};

/* ln of the sum of e^x, and the first of the largest.  Blocks are summed in single precision, and join in double. */
static double
log_sum(const struct kern_vec *vec, const float *x, size_t n, size_t *top)
{
	float max = vec->max(x, n, top), block[BLOCK];
	double sum = 0;

	for (size_t at = 0, len; at < n; at += len) {
		struct kern_part part;

		len = n - at < BLOCK ? n - at : BLOCK;
		memcpy(block, x + at, len * sizeof *block);
		part = vec->exp_part(block, len);
		if (part.top > -INFINITY)
			sum += (double)part.sum * exp((double)part.top - (double)max);
	}
	return (double)max + log(sum);
}

void
score_row(const struct kern_vec *vec, const float *x, const float *base, size_t n, uint32_t next, struct score *out)
{
	size_t top, base_top;
	double norm = log_sum(vec, x, n, &top), base_norm, kl = 0;

	*out = (struct score){.nll = norm - (double)x[next], .top = top, .base_top = top};
	if (!base)
		return;
	base_norm = log_sum(vec, base, n, &base_top);
	for (size_t k = 0; k < n; k++) {
		double ln = (double)base[k] - base_norm;

		if (ln > -30)			/* below, the term is less than 1e-11 */
			kl += (double)expf((float)ln) * (ln - ((double)x[k] - norm));
	}
	out->base_nll = base_norm - (double)base[next];
	out->kl = kl > 0 ? kl : 0;		/* rounding */
	out->base_top = base_top;
}

/* The prompt has opened a section that thinks: an empty one. */
static bool
close_thinking(const struct model *m, const char *open, struct tok_ids *out, struct err *e)
{
	struct tok_flags flags = {.parse_special = true};
	const struct section *c;
	struct buf text = {0};
	bool ok = true;

	for (size_t i = 0; (c = section_at(i)) != NULL && text.len == 0; i++)
		if (c->part == PART_THINK && strcmp(c->open, open) == 0)
			buf_printf(&text, "\n%s\n\n", c->close);
	if (text.len)
		ok = tok_encode(m->tok, buf_str(&text), text.len, flags, out, e);
	buf_done(&text);
	return ok;
}

bool
score_prompt(const struct model *m, const struct request *r, bool to_answer, struct tok_ids *out, struct err *e)
{
	struct tok_flags flags = {.add_special = true, .parse_special = true};
	struct chat_ask a = {.messages = r->messages, .n = r->n_messages, .think = r->think};
	struct split_start start = {0};

	if (!m->tok)
		return err_set(e, ERR_FAILED, "the model has no tokenizer");
	if (r->raw)
		return tok_encode(m->tok, r->raw, strlen(r->raw), flags, out, e);
	return chat_encode(m->chat, &a, out, &start, e) &&
	    (!to_answer || !start.open || close_thinking(m, start.open, out, e));
}

/* ---- along a text ---- */

struct side {
	struct session *s;
	float *logits;			/* [chunk][n_vocab] */
};

struct scoring {
	struct side m, base;		/* base.s NULL: none */
	const struct kern_vec *vec;
	const uint32_t *next;		/* what came after each token of the chunk */
	struct score *scores;		/* [chunk] */
	size_t chunk, n_vocab;
	const atomic_bool *cancel;
};

static bool
check(const struct score_side *side, uint32_t n_vocab, const uint32_t *ids, size_t n, struct err *e)
{
	if (model_info(side->model)->has_encoder)
		return err_set(e, ERR_FAILED, "a model with an encoder does not go on with a text, so it cannot be measured by one");
	if (model_info(side->model)->n_vocab != n_vocab)
		return err_set(e, ERR_FAILED, "one model has %" PRIu32 " words, the other %" PRIu32 ": they cannot be compared",
		    model_info(side->model)->n_vocab, n_vocab);
	if (side->n_prompt == 0)
		return err_set(e, ERR_USAGE, "the prompt is empty");
	for (size_t i = 0; i < n; i++)
		if (ids[i] >= n_vocab)
			return err_set(e, ERR_FAILED, "token %" PRIu32 " is not in the model's vocabulary of %" PRIu32, ids[i], n_vocab);
	return true;
}

static bool
is_cancelled(const struct scoring *c, struct err *e)
{
	return c->cancel && atomic_load(c->cancel) && !err_set(e, ERR_CANCELLED, "interrupted");
}

/* Its session with all of the prompt but the last token, from which the first token of the text is predicted. */
static bool
open_side(struct scoring *c, struct side *side, const struct score_side *from, size_t n, struct err *e)
{
	size_t left = from->n_prompt - 1, total;
	struct session_options so = {.kv = from->kv, .speculate = SPECULATE_OFF};
	const uint32_t *at = from->prompt;

	if (!size_add(&total, from->n_prompt, n) || total > UINT32_MAX)
		return err_set(e, ERR_FAILED, "the text is too long");
	so.n_ctx = (uint32_t)total;
	side->logits = mem_try(c->chunk, c->n_vocab * sizeof *side->logits, "logits", e);
	if (!side->logits || !(side->s = session_open(from->model, &so, e)))
		return false;
	while (left > 0) {
		size_t len = left < CHUNK ? left : CHUNK;

		if (is_cancelled(c, e) || !session_eval(side->s, at, len, NULL, e))
			return false;
		at += len;
		left -= len;
	}
	return true;
}

static void
score_one(void *ctx, size_t i, int worker)
{
	const struct scoring *c = ctx;

	(void)worker;
	score_row(c->vec, c->m.logits + i * c->n_vocab, c->base.s ? c->base.logits + i * c->n_vocab : NULL, c->n_vocab,
	    c->next[i], &c->scores[i]);
}

static void
take(struct score_sum *sum, const struct score *scores, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool same = scores[i].top == scores[i].base_top;

		sum->first_other += same && sum->first_other == sum->n;
		sum->n_same_top += same;
		sum->nll += scores[i].nll;
		sum->kl += scores[i].kl;
		sum->n++;
	}
}

/* The row that predicts a token is that of the token before it: the last of the prompt, then those of the text. */
static bool
eval_side(const struct side *side, const struct score_side *from, const uint32_t *ids, size_t at, size_t n, struct err *e)
{
	if (at > 0)
		return session_eval(side->s, ids + at - 1, n, side->logits, e);
	return session_eval(side->s, from->prompt + from->n_prompt - 1, 1, side->logits, e);
}

static bool
run(struct scoring *c, const struct score_side *m, const struct score_side *base, const uint32_t *ids, size_t n,
    struct score_sum *out, struct err *e)
{
	for (size_t at = 0; at < n; ) {
		size_t len = at == 0 ? 1 : n - at < c->chunk ? n - at : c->chunk;

		if (is_cancelled(c, e) || !eval_side(&c->m, m, ids, at, len, e) ||
		    (base && !eval_side(&c->base, base, ids, at, len, e)))
			return false;
		c->next = ids + at;
		pool_run(m->model->pool, len, score_one, c);
		take(out, c->scores, len);
		at += len;
	}
	out->kl /= (double)n;
	return true;
}

bool
score_text(const struct score_side *m, const struct score_side *base, const uint32_t *ids, size_t n,
    const atomic_bool *cancel, struct score_sum *out, struct err *e)
{
	struct scoring c = {.vec = &m->model->kern->vec, .n_vocab = model_info(m->model)->n_vocab, .cancel = cancel};
	bool ok;

	*out = (struct score_sum){0};
	if (n == 0)
		return err_set(e, ERR_USAGE, "the text is empty");
	if (!check(m, (uint32_t)c.n_vocab, ids, n, e) || (base && !check(base, (uint32_t)c.n_vocab, ids, n, e)))
		return false;
	c.chunk = LOGIT_BYTES / sizeof(float) / c.n_vocab;
	c.chunk = c.chunk < 1 ? 1 : c.chunk > CHUNK ? CHUNK : c.chunk;
	c.chunk = c.chunk < n ? c.chunk : n;
	c.scores = mem_try(c.chunk, sizeof *c.scores, "scores", e);
	ok = c.scores && open_side(&c, &c.m, m, n, e) && (!base || open_side(&c, &c.base, base, n, e)) &&
	    run(&c, m, base, ids, n, out, e);
	session_close(c.m.s);
	session_close(c.base.s);
	free(c.m.logits);
	free(c.base.logits);
	free(c.scores);
	return ok;
}

double
score_bits_per_byte(double nll, size_t n_bytes)
{
	return n_bytes > 0 ? nll / M_LN2 / (double)n_bytes : 0;
}
