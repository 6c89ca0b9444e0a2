/* A comparison as JSON; see compare_json.h. */
#include "tui/state/compare_json.h"

#include <stdint.h>

#include "core/base/buf.h"
#include "tui/state/compare.h"
#include "tui/text_clean.h"

static json_t *
text_json(const struct buf *text)
{
	struct buf whole = {0};
	json_t *j = json_stringn(buf_str(text), text->len);

	if (!j) {		/* not UTF-8 */
		text_clean(&whole, buf_str(text), text->len);
		j = json_stringn(buf_str(&whole), whole.len);
	}
	buf_done(&whole);
	return j;
}

static json_t *
known_real(bool known, double v)
{
	return known ? json_real(v) : json_null();
}

static json_t *
answer_json(const struct compare *c, size_t i, bool names)
{
	const struct pane *p = &c->panes[i];
	const struct turn_stats *t = &p->stats;
	json_t *bits = json_object(), *stats;
	char id[] = "A", by[] = "A";

	id[0] = (char)('A' + i);
	if (!names) {
		json_decref(bits);
		return json_pack("{s:s, s:o}", "answer", id, "text", text_json(&p->text));
	}
	for (size_t b = 0; c->scored && b < c->n; b++) {
		by[0] = (char)('A' + b);
		json_object_set_new(bits, by, known_real(c->cross[i][b].known, c->cross[i][b].bits_per_byte));
	}
	stats = json_pack("{s:I, s:I, s:f, s:f, s:o, s:o}", "prompt_tokens", (json_int_t)t->n_prompt, "generated_tokens",
	    (json_int_t)t->n_generated, "prompt_s", t->prompt_s, "generate_s", t->generate_s,
	    "first_s", known_real(pane_first_s(p) >= 0, pane_first_s(p)), "tokens_s", known_real(pane_rate(p) > 0, pane_rate(p)));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "answer", id, "model", p->name, "settings",
	    p->settings, "stop", pane_ending(p), "error", p->err.kind ? json_string(p->err.text) : json_null(),
	    "thinking", text_json(&p->thinking), "text", text_json(&p->text), "stats", stats,
	    "memory_bytes", (json_int_t)pane_memory(p), "joules_token", known_real(pane_energy(p) >= 0, pane_energy(p)),
	    "bits_per_byte", bits);
}

static json_t *
index_json(size_t i, size_t none)
{
	return i < none ? json_integer((json_int_t)i) : json_null();
}

static json_t *
pair_json(const struct compare *c, size_t a, size_t b)
{
	const struct compare_pair *p = &c->pairs[a][b];
	char along[] = "A", model[] = "A";

	along[0] = (char)('A' + a);
	model[0] = (char)('A' + b);
	return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "along", along, "model", model, "tokens", (json_int_t)p->n,
	    "first_difference", index_json(p->first_difference, SIZE_MAX), "kl", known_real(p->has_kl, p->kl),
	    "same_top", known_real(p->has_kl, p->same_top), "first_other", index_json(p->has_kl ? p->first_other : p->n, p->n));
}

json_t *
compare_json(const struct compare *c, bool names)
{
	struct buf prompt = {0};
	json_t *answers = json_array(), *pairs = json_array(), *text;

	buf_add_str(&prompt, c->prompt);
	text = text_json(&prompt);
	buf_done(&prompt);
	for (size_t a = 0; a < c->n; a++) {
		json_array_append_new(answers, answer_json(c, a, names));
		for (size_t b = 0; names && c->scored && b < c->n; b++)
			if (a != b && c->pairs[a][b].same_vocab)
				json_array_append_new(pairs, pair_json(c, a, b));
	}
	return json_pack("{s:o, s:b, s:o, s:o}", "prompt", text, "together", c->together, "answers", answers, "pairs", pairs);
}
