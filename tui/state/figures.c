/* What the figures of an answer mean; see figures.h. */
#include "tui/state/figures.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/talk.h"

/* Shares from which on one thing binds. */
#define BOUND_ROOF 0.7
#define BOUND_WAIT 0.25
#define BOUND_ATTENTION 0.4
#define BOUND_SAMPLER 0.15

bool
figures_reads(const struct talk *t, struct buf *out)
{
	double rate = talk_answer_rate(t), share = talk_roof_share(t);

	if (rate <= 0 || t->stats.bytes_per_token <= 0)
		return false;
	buf_add_str(out, _("reads "));
	format_bytes(out, (uint64_t)t->stats.bytes_per_token);
	buf_add_str(out, _(" a token: "));
	format_bytes(out, (uint64_t)(t->stats.bytes_per_token * rate));
	if (share > 1) {
		buf_add_str(out, _("/s, from the processor's cache"));
	} else if (share > 0) {
		buf_add_str(out, _(" of "));
		format_bytes(out, (uint64_t)t->roof);
		buf_printf(out, _("/s, %.0f %% of the roof"), share * 100);
	} else {
		buf_add_str(out, _("/s; the memory is not measured"));
	}
	return true;
}

bool
figures_advice(const struct talk *t, struct buf *out)
{
	const struct meter *m = &t->meter;
	double share = talk_roof_share(t), total = meter_time_total(m);
	double attention = meter_time_all(m, TIME_attn), sampler = meter_time_all(m, TIME_sample);
	int threads = t->engine ? engine_n_threads(t->engine) : 0;

	if (talk_answer_rate(t) <= 0)
		return false;
	if (share >= BOUND_ROOF && share <= 1)
		buf_add_str(out, _("bound by memory: more threads will not help, a smaller format or a shorter context will"));
	else if (total > 0 && threads > 1 && meter_wait(m) > BOUND_WAIT * total)
		buf_printf(out, _("bound by threads that wait for each other, %.0f %% of the time: something else uses the "
		    "processor, or fewer threads would do (compute.threads)"), meter_wait(m) / total * 100);
	else if (total > 0 && attention > BOUND_ATTENTION * total)
		buf_printf(out, _("bound by attention over %u tokens: a new conversation is faster, or a smaller cache (chat.kv)"),
		    (unsigned)t->n_used);
	else if (total > 0 && sampler > BOUND_SAMPLER * total)
		buf_add_str(out, _("bound by the sampler: fewer stages, as a smaller top-k before the others, would help"));
	else if (share > 1)
		buf_add_str(out, _("bound by computing: the model fits into the processor's cache"));
	else if (share > 0)
		buf_add_str(out, _("bound by computing: more threads help while there are cores (compute.threads)"));
	else
		buf_add_str(out, _("what binds it is known once the memory's speed is measured, after an answer"));
	return true;
}

bool
figures_gain(const struct turn_stats *s, struct buf *out)
{
	double right, gain = stats_gain(s);

	if (s->n_drafted == 0 || s->n_generated == 0)
		return false;
	right = 100.0 * s->n_accepted / s->n_generated;
	if (gain > 0)
		buf_printf(out, _("guessed %u tokens, %u of them right: %.0f %% of the answer, about %.1f times as fast"),
		    (unsigned)s->n_drafted, (unsigned)s->n_accepted, right, gain);
	else
		buf_printf(out, _("guessed %u tokens, %u of them right: %.0f %% of the answer"), (unsigned)s->n_drafted,
		    (unsigned)s->n_accepted, right);
	return true;
}

bool
figures_guesses(const struct talk *t, struct buf *out)
{
	if (figures_gain(&t->stats, out))
		return true;
	if (t->no_draft.kind)
		buf_printf(out, _("answers without a draft model (chat.draft): %s"), t->no_draft.text);
	return t->no_draft.kind != ERR_NONE;
}

bool
figures_energy(const struct talk *t, struct buf *out)
{
	const struct energy *e = &t->meter.energy;
	double j = meter_joules(&t->meter);

	if (!t->meter.energy_opened)
		return false;
	if (e->status == ENERGY_NONE) {
		buf_printf(out, _("energy is not known: this machine shows no counter of it (%s)"), ENERGY_ROOT);
	} else if (e->status == ENERGY_DENIED) {
		buf_printf(out, _("energy may not be read: sudo chmod a+r %s allows it until the next start"), e->path[0]);
	} else if (t->stats.n_generated == 0) {
		return false;
	} else {
		buf_printf(out, e->n > 1 ? _("energy %.2f J a token, this answer %.1f J (packages, all that runs)") :
		    _("energy %.2f J a token, this answer %.1f J (package, all that runs)"), j / t->stats.n_generated, j);
	}
	return true;
}

static void
add_part(struct buf *out, const char *name, uint64_t bytes)
{
	buf_printf(out, "%s ", name);
	format_bytes(out, bytes);
}

bool
figures_memory(const struct talk *t, struct buf *out)
{
	struct session_memory s;
	uint64_t weights;

	if (!t->session)
		return false;
	s = session_memory(t->session);
	weights = model_info(t->model)->resident_bytes;
	add_part(out, _("weights"), weights);
	add_part(out, _(", kv"), s.kv);
	add_part(out, _(", scratch"), s.scratch);
	add_part(out, _(", total"), weights + s.kv + s.scratch);
	add_part(out, _(", file"), model_info(t->model)->file_bytes);
	return true;
}

/* ---- the file ---- */

static json_t *
times_json(const struct meter *m)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < m->n_rows; i++) {
		json_t *row = json_object();

		if (i + 1 < m->n_rows)
			json_object_set_new(row, "layer", json_integer(i));
		for (enum time_kind k = 0; k < TIME_COUNT; k++)
			json_object_set_new(row, time_name(k), json_real(meter_time(m, i, k)));
		json_array_append_new(list, row);
	}
	return list;
}

static void
add_answer(const struct talk *t, json_t *o)
{
	static const double q[] = {0.5, 0.95, 0.99};
	static const char *const names[] = {"p50_s", "p95_s", "p99_s"};
	const struct meter *m = &t->meter;
	double p[ARRAY_LEN(q)];
	json_t *tokens = json_array();

	json_object_set_new(o, "prompt_tokens", json_integer(t->stats.n_prompt));
	json_object_set_new(o, "prompt_reused", json_integer(t->stats.n_reused));
	json_object_set_new(o, "tokens", json_integer(t->stats.n_generated));
	json_object_set_new(o, "prompt_s", json_real(t->stats.prompt_s));
	json_object_set_new(o, "first_s", json_real(t->stats.first_s));
	json_object_set_new(o, "generate_s", json_real(t->stats.generate_s));
	json_object_set_new(o, "tokens_per_s", json_real(talk_answer_rate(t)));
	json_object_set_new(o, "bytes_per_token", json_real(t->stats.bytes_per_token));
	json_object_set_new(o, "drafted_tokens", json_integer(t->stats.n_drafted));
	json_object_set_new(o, "accepted_tokens", json_integer(t->stats.n_accepted));
	json_object_set_new(o, "roof_bytes_per_s", t->roof > 0 ? json_real(t->roof) : json_null());
	meter_percentiles(m, q, ARRAY_LEN(q), p);
	for (size_t i = 0; i < ARRAY_LEN(q); i++)
		json_object_set_new(o, names[i], json_real(p[i]));
	json_object_set_new(o, "wait_s", json_real(meter_wait(m)));
	json_object_set_new(o, "energy_j", meter_joules(m) >= 0 ? json_real(meter_joules(m)) : json_null());
	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(tokens, json_real((double)m->token_s[i]));
	json_object_set_new(o, "token_s", tokens);
	json_object_set_new(o, "times_s", times_json(m));
}

bool
figures_export(const struct talk *t, const char *file, struct err *e)
{
	json_t *o = json_object();
	char *text;
	bool ok;

	json_object_set_new(o, "model", json_string(t->name));
	if (t->session) {
		struct session_memory s = session_memory(t->session);

		json_object_set_new(o, "threads", json_integer(engine_n_threads(t->engine)));
		json_object_set_new(o, "context", json_integer(t->n_ctx));
		json_object_set_new(o, "context_used", json_integer(t->n_used));
		json_object_set_new(o, "weights_bytes", json_integer((json_int_t)model_info(t->model)->resident_bytes));
		json_object_set_new(o, "kv_bytes", json_integer((json_int_t)s.kv));
		json_object_set_new(o, "scratch_bytes", json_integer((json_int_t)s.scratch));
	}
	if (t->has_stats)
		add_answer(t, o);
	text = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
	json_decref(o);
	ok = fs_exists(file) ? err_set(e, ERR_FAILED, "%s is there already", file) :
	    fs_write_atomic(file, text ? text : "{}", text ? strlen(text) : 2, e);
	free(text);
	return ok;
}
