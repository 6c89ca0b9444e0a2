/* How fast a known answer is written; see bench_answer.h. */
#include "tui/cmd/bench_answer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/bench.h"
#include "core/tok/tok.h"
#include "tui/i18n.h"
#include "tui/say.h"

#define TEXT_LIMIT ((size_t)1 << 20)

/* Without guesses, and with them. */
struct sides {
	struct session *s[2];
	double *t_s[2];			/* [reps] tokens per second */
	double median[2];
	uint32_t n, drafted, accepted;	/* tokens; those guessed are of all runs */
};

static double
median(const double *x, uint32_t n)
{
	double *sorted = mem_new0(n, sizeof *sorted), m;

	for (uint32_t i = 0; i < n; i++)
		sorted[i] = x[i];
	m = bench_median(sorted, n);
	free(sorted);
	return m;
}

/* REPS times, in turn, after one of each that does not count.  The first token comes with the prompt: the time is that of
 * the others. */
static bool
measure(struct sides *b, const struct bench_answer *a, uint32_t reps, struct err *e)
{
	for (uint32_t i = 0; i <= reps; i++)
		for (int k = 0; k < 2; k++) {
			struct turn_stats t;

			if (!bench_answer(b->s[k], a, &t, e))
				return false;
			if (i == 0)
				continue;
			b->t_s[k][i - 1] = t.generate_s > 0 ? (t.n_generated - 1) / t.generate_s : 0;
			b->drafted += t.n_drafted;
			b->accepted += t.n_accepted;
		}
	for (int k = 0; k < 2; k++)
		b->median[k] = median(b->t_s[k], reps);
	return true;
}

static bool
open_both(struct sides *b, struct model *m, size_t n, const struct bench_answer_options *o, struct err *e)
{
	struct session_options so = {.n_ctx = (uint32_t)n, .kv = kvtype_find(o->kv), .draft_max = o->draft_max};

	b->s[1] = session_open(m, &so, e);
	so.speculate = SPECULATE_OFF;
	b->s[0] = b->s[1] ? session_open(m, &so, e) : NULL;
	return b->s[0] != NULL;
}

static bool
print_json(const struct sides *b, uint32_t reps, struct err *e)
{
	json_t *list = json_array();
	bool ok;

	for (int k = 0; k < 2; k++) {
		json_t *o = json_object(), *rates = json_array();

		for (uint32_t i = 0; i < reps; i++)
			json_array_append_new(rates, json_real(b->t_s[k][i]));
		json_object_set_new(o, "test", json_string(k ? "guessed" : "answer"));
		json_object_set_new(o, "tokens", json_integer(b->n));
		json_object_set_new(o, "t_s", rates);
		json_object_set_new(o, "median_ts", json_real(b->median[k]));
		json_object_set_new(o, "drafted_tokens", json_integer(k ? b->drafted / reps : 0));
		json_object_set_new(o, "accepted_tokens", json_integer(k ? b->accepted / reps : 0));
		json_array_append_new(list, o);
	}
	ok = json_dumpf(list, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
	json_decref(list);
	printf("\n");
	return ok || err_set(e, ERR_NO_SPACE, "cannot write to standard output");
}

static void
print_text(const struct model *m, const struct sides *b, uint32_t reps)
{
	say_name(model_info(m)->name);
	printf(_(": %u tokens of a given answer\n"), b->n);
	printf(_("a pass for each    %8.2f tokens/s\n"), b->median[0]);
	printf(_("with guesses       %8.2f tokens/s, %.2f times as fast; of %u guesses %u right\n"), b->median[1],
	    b->median[0] > 0 ? b->median[1] / b->median[0] : 0, b->drafted / reps, b->accepted / reps);
}

bool
bench_answer_run(struct model *m, const struct bench_answer_options *o, struct err *e)
{
	struct tok_flags special = {.add_special = true, .parse_special = true}, plain = {0};
	struct buf prompt = {0}, answer = {0};
	struct tok_ids before = {0}, ids = {0};
	struct sides b = {.t_s = {mem_new0(o->reps, sizeof(double)), mem_new0(o->reps, sizeof(double))}};
	bool ok;

	ok = model_tok(m) || err_set(e, ERR_FAILED, "this model has no tokenizer, so no answer can be given to it");
	ok = ok && fs_read(&prompt, o->prompt_file, TEXT_LIMIT, e) && fs_read(&answer, o->answer_file, TEXT_LIMIT, e) &&
	    tok_encode(model_tok(m), buf_str(&prompt), prompt.len, special, &before, e) &&
	    tok_encode(model_tok(m), buf_str(&answer), answer.len, plain, &ids, e);
	if (ok && (before.n == 0 || ids.n < 2))
		ok = err_set(e, ERR_USAGE, "%s is too short to measure", before.n == 0 ? o->prompt_file : o->answer_file);
	ok = ok && open_both(&b, m, before.n + ids.n, o, e);
	b.n = (uint32_t)ids.n;
	ok = ok && measure(&b, &(struct bench_answer){buf_str(&prompt), ids.ids, ids.n}, o->reps, e);
	ok = ok && (!o->json || print_json(&b, o->reps, e));
	if (ok && !o->json)
		print_text(m, &b, o->reps);
	for (int k = 0; k < 2; k++) {
		session_close(b.s[k]);
		free(b.t_s[k]);
	}
	tok_ids_done(&before);
	tok_ids_done(&ids);
	buf_done(&prompt);
	buf_done(&answer);
	return ok;
}
