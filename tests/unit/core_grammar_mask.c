/* Masks: the tree of a vocabulary against every token on its own, what may end an answer, sampling under a mask, and
 * whole answers of a nano model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <math.h>

#include "core/base/mem.h"
#include "core/grammar/mask.h"
#include "core/grammar/match.h"
#include "core/grammar/trie.h"
#include "core/model.h"
#include "core/tok/tok.h"
#include "tests/data/nano.h"
#include "tests/data/vocabulary.h"

static struct grammar *
gbnf(const char *text)
{
	struct err e = {0};
	struct grammar *g = grammar_open_gbnf(text, strlen(text), &e);

	if (!g)
		fail_msg("%s", e.text);
	return g;
}

static struct mask *
new_mask(const struct vocabulary *v, const struct grammar *g)
{
	struct err e = {0};
	struct mask *m = mask_new(g, v->tok, v->tree, N_TOKENS + 3, &e);

	if (!m)
		fail_msg("%s", e.text);
	return m;
}

static const uint64_t *
allowed(struct mask *m)
{
	struct err e = {0};
	const uint64_t *bits = mask_allowed(m, &e);

	if (!bits)
		fail_msg("%s", e.text);
	return bits;
}

/* ---- the tree ---- */

static void
the_tree_holds_every_token_once(void **state)
{
	const struct vocabulary *v = *state;
	struct buf path = {0}, bytes = {0};
	size_t met = 0;

	for (size_t i = 0; i < v->tree->n_nodes; i++) {
		const struct trie_node *n = &v->tree->nodes[i];

		assert_true(n->skip > i && n->skip <= v->tree->n_nodes);
		buf_truncate(&path, n->depth - 1);
		buf_add_char(&path, (char)n->byte);
		for (uint32_t k = n->first; k < n[1].first; k++, met++) {
			buf_clear(&bytes);
			tok_bytes(v->tok, v->tree->ids[k], false, &bytes);
			assert_int_equal(bytes.len, path.len);
			assert_memory_equal(bytes.data, path.data, path.len);
		}
	}
	assert_int_equal(met, v->tree->n_ids);
	assert_int_equal(met, N_TOKENS - 2);		/* all but the control tokens */
	buf_done(&path);
	buf_done(&bytes);
}

/* ---- masks against the definition ---- */

/* Follow the bytes of ID on a matcher of one's own. */
static uint32_t
after(struct match *m, uint32_t at, const struct tok *t, uint32_t id, bool first)
{
	struct buf bytes = {0};
	size_t i = 0;

	tok_bytes(t, id, false, &bytes);
	if (bytes.len == 0)
		at = MATCH_DEAD;
	if (first && bytes.len > 0 && bytes.data[0] == ' ')
		i++;
	for (; i < bytes.len && at != MATCH_DEAD; i++)
		at = match_next(m, at, (uint8_t)bytes.data[i]);
	buf_done(&bytes);
	return at;
}

static const char *const grammars[] = {
	"root ::= \"{\" pair (\",\" pair)* \"}\"\npair ::= \"\\\"\" [a-z]+ \"\\\": \" value\n"
	    "value ::= root | \"[\" \"]\" | [0-9]{1,3} | \"true\" | \"\\\"\" [^\"]* \"\\\"\"",
	"root ::= [^a]*",
	"root ::= .{3,9}",
	"root ::= (\"é\" | \"日本\" | \"ab\")+ \"!\"",
	"root ::= \" \"* \"a\" \" \"* \"1\"{2,}",
	"root ::= \"\" | \"abc\"",
};

static void
a_mask_is_what_each_token_would_be(void **state)
{
	const struct vocabulary *v = *state;
	uint64_t seed = 7;

	for (size_t i = 0; i < ARRAY_LEN(grammars) * 20; i++) {
		struct grammar *g = gbnf(grammars[i % ARRAY_LEN(grammars)]);
		struct mask *m = new_mask(v, g);
		struct match own;
		struct err e = {0};
		uint32_t at = 1;

		assert_true(match_init(&own, g, &e));
		for (int step = 0; step < 12 && !mask_is_complete(m); step++) {
			const uint64_t *bits = allowed(m);
			uint32_t id;

			for (id = 0; id < N_TOKENS + 3; id++) {
				bool fits = id == END ? own.states[at].accepts : id < N_TOKENS &&
				    after(&own, at, v->tok, id, step == 0) != MATCH_DEAD;

				if (mask_has(bits, id) != fits)
					fail_msg("token %u at step %d of %s", id, step, grammars[i % ARRAY_LEN(grammars)]);
			}
			do
				id = next_random(&seed, N_TOKENS);
			while (!mask_has(bits, id));
			if (id == END)
				break;
			mask_accept(m, id);
			at = after(&own, at, v->tok, id, step == 0);
		}
		match_done(&own);
		mask_free(m);
		grammar_close(g);
	}
}

static void
half_a_character_is_carried_on(void **state)
{
	const struct vocabulary *v = *state;
	struct grammar *g = gbnf("root ::= [é-ë日] \"a\"");
	struct mask *m = new_mask(v, g);

	mask_accept(m, 0xc3);
	for (uint32_t b = 0; b < 256; b++)
		assert_int_equal(mask_has(allowed(m), b), b >= 0xa9 && b <= 0xab);
	assert_false(mask_has(allowed(m), END));
	mask_accept(m, 0xaa);
	assert_true(mask_has(allowed(m), 'a'));
	assert_true(mask_has(allowed(m), N_BYTES));
	assert_false(mask_is_complete(m));
	mask_accept(m, N_BYTES);
	assert_true(mask_is_complete(m));
	assert_true(mask_has(allowed(m), END));
	mask_free(m);
	grammar_close(g);
}

/* ---- tokens by name ---- */

static void
tokens_can_be_named(void **state)
{
	const struct vocabulary *v = *state;
	struct grammar *g = gbnf("root ::= \"b\" <think> !<user>{2} <[256]> \"x\"?");
	struct mask *m = new_mask(v, g);
	size_t n = 0;

	mask_accept(m, 'b');
	for (uint32_t id = 0; id < N_TOKENS; id++)
		n += mask_has(allowed(m), id);
	assert_int_equal(n, 1);
	assert_true(mask_has(allowed(m), CONTROL));
	mask_accept(m, CONTROL);
	for (int i = 0; i < 2; i++) {
		for (uint32_t id = 0; id < N_TOKENS; id++)
			assert_int_equal(mask_has(allowed(m), id), id < USER);
		mask_accept(m, 'q');
	}
	assert_true(mask_has(allowed(m), 256));
	assert_false(mask_has(allowed(m), 'a'));
	mask_accept(m, 256);
	assert_true(mask_has(allowed(m), 'x'));
	assert_true(mask_has(allowed(m), END));
	mask_accept(m, 'x');
	assert_true(mask_is_complete(m));
	mask_free(m);
	grammar_close(g);
}

static void
tokens_that_are_not_there_are_told(void **state)
{
	static const struct {
		const char *grammar, *sentence;
	} cases[] = {
		{"root ::= <nothing>", "names the token <nothing>, which this model does not have"},
		{"root ::= <[99999]>", "names token 99999, and the vocabulary of this model ends at"},
		{"root ::= </s>", "which ends the answer of this model"},
	};
	const struct vocabulary *v = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct grammar *g = gbnf(cases[i].grammar);
		struct err e = {0};

		assert_null(mask_new(g, v->tok, v->tree, N_TOKENS, &e));
		if (!strstr(e.text, cases[i].sentence))
			fail_msg("%s", e.text);
		grammar_close(g);
	}
}

/* ---- sampling under a mask ---- */

static void
only_allowed_tokens_are_sampled(void **state)
{
	enum { N = 200 };
	static const float temps[] = {0, 0.1f, 1, 5};
	float logits[N];
	uint64_t bits[4] = {0}, seed = 3;
	struct err e = {0};

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct sampler_params p;
		struct sampler *s;
		uint32_t n_met = 0;
		bool met[N] = {false};

		sampler_params_default(&p);
		p.temp = temps[round % ARRAY_LEN(temps)];
		p.top_k = round % 3 ? 40 : 0;
		p.min_p = 0;
		p.top_p = round % 5 ? 1 : 0.9f;
		p.repeat_penalty = round % 2 ? 1.3f : 1;
		p.dry_multiplier = round % 7 ? 0 : 1;
		p.seed = 1 + (uint64_t)round;
		s = sampler_new(&p, N, &e);
		assert_non_null(s);
		assert_true(sampler_prepare_masks(s, &e));
		memset(bits, 0, sizeof bits);
		for (int k = 0; k < 1 + round % 4; k++) {
			uint32_t id = next_random(&seed, N);

			bits[id / 64] |= 1ull << id % 64;
		}
		for (uint32_t i = 0; i < N; i++)
			logits[i] = mask_has(bits, i) && round % 6 == 0 ? -INFINITY :
			    mask_has(bits, i) && round % 6 == 1 ? NAN : (float)next_random(&seed, 100);
		for (int draw = 0; draw < 50; draw++) {
			struct sampler_choice c = sampler_choose_among(s, logits, bits);

			assert_true(c.id < N && mask_has(bits, c.id));
			n_met += !met[c.id];
			met[c.id] = true;
			sampler_accept(s, c.id);
		}
		assert_true(n_met >= 1);
		sampler_free(s);
	}
}

/* Where everything is allowed, a mask changes nothing; where one thing is not, its probability goes to the others. */
static void
a_mask_comes_before_the_stages(void **state)
{
	enum { N = 70 };
	float logits[N], moved[N];
	uint64_t bits[2] = {~0ull, ~0ull};
	struct sampler_params p;
	struct err e = {0};
	struct sampler *a, *b;

	(void)state;
	sampler_params_default(&p);
	p.temp = 1;
	p.top_k = 3;
	p.seed = 11;
	a = sampler_new(&p, N, &e);
	b = sampler_new(&p, N, &e);
	assert_true(a && b && sampler_prepare_masks(b, &e));
	for (int i = 0; i < N; i++)
		logits[i] = (float)(i * 37 % N) / 4;
	for (int i = 0; i < 200; i++)
		assert_int_equal(sampler_choose(a, logits).id, sampler_choose_among(b, logits, bits).id);
	/* The three best of those allowed, as if the others were not there. */
	memcpy(moved, logits, sizeof logits);
	for (int i = 0; i < N; i++) {
		if (i % 2 == 0)
			continue;
		bits[i / 64] &= ~(1ull << i % 64);
		moved[i] = -1000;
	}
	for (int i = 0; i < 200; i++) {
		struct sampler_choice x = sampler_choose(a, moved), y = sampler_choose_among(b, logits, bits);

		assert_int_equal(x.id, y.id);
		/* What is told is the model's own distribution. */
		assert_true(y.p < x.p);
	}
	sampler_free(a);
	sampler_free(b);
}

/* ---- answers ---- */

struct fixture {
	struct buf file;
	struct engine *engine;
	struct model *model;
	struct session *session;
};

static void
open_session(struct fixture *f)
{
	struct engine_options eo = {.n_threads = 1};
	struct session_options so = {.n_ctx = 600, .kv = KV_f16};
	struct err e = {0};
	struct gguf *g;

	nano_make(&nano_talk, &f->file);
	f->engine = engine_new(&eo, &e);
	g = gguf_open_memory(f->file.data, f->file.len, &e);
	f->model = f->engine && g ? model_open_gguf(f->engine, g, "nano", &e) : NULL;
	f->session = f->model ? session_open(f->model, &so, &e) : NULL;
	if (!f->session)
		fail_msg("%s", e.text);
}

static void
close_session(struct fixture *f)
{
	session_close(f->session);
	model_close(f->model);
	engine_free(f->engine);
	buf_done(&f->file);
}

/* The answer's text in OUT; *LAST is the last event. */
static void
ask(struct session *s, const struct request *r, struct buf *out, struct event *last)
{
	struct err e = {0};
	struct event ev;

	buf_clear(out);
	if (!session_ask(s, r, &e))
		fail_msg("%s", e.text);
	for (;;) {
		assert_true(session_wait(s, &ev));
		if (ev.kind == EVENT_DONE || ev.kind == EVENT_ERROR)
			break;
		if (ev.kind == EVENT_TOKEN)
			buf_add(out, ev.text ? ev.text : "", ev.len);
		event_done(&ev);
	}
	*last = ev;
}

static struct request
request(const struct grammar *g, uint64_t seed)
{
	struct request r = {.raw = "hello", .grammar = g, .max_tokens = 400};

	sampler_params_default(&r.sampling);
	r.sampling.temp = seed ? 1 : 0;
	r.sampling.seed = seed;
	return r;
}

static void
answers_are_held(void **state)
{
	static const char schema[] = "{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\", "
	    "\"maxLength\": 8}, \"n\": {\"type\": \"integer\", \"minimum\": 3, \"maximum\": 117}, \"on\": {\"type\": "
	    "\"boolean\"}}, \"required\": [\"name\", \"n\", \"on\"]}";
	struct fixture f = {0};
	struct grammar *g;
	struct buf text = {0};
	struct event last;
	struct err e = {0};

	(void)state;
	open_session(&f);
	g = grammar_open_schema(schema, sizeof schema - 1, &e);
	assert_non_null(g);
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct request r = request(g, seed);
		json_error_t je;
		json_t *j;

		ask(f.session, &r, &text, &last);
		assert_int_equal(last.kind, EVENT_DONE);
		assert_int_equal(last.reason, STOP_END);
		j = json_loadb(text.data, text.len, 0, &je);
		if (!j)
			fail_msg("%s: %s", je.text, text.data);
		assert_true(json_is_string(json_object_get(j, "name")));
		assert_in_range(json_integer_value(json_object_get(j, "n")), 3, 117);
		assert_true(json_is_boolean(json_object_get(j, "on")));
		assert_int_equal(json_object_size(j), 3);
		json_decref(j);
	}
	grammar_close(g);
	buf_done(&text);
	close_session(&f);
}

static void
an_answer_ends_where_its_grammar_ends(void **state)
{
	struct fixture f = {0};
	struct grammar *fixed = gbnf("root ::= \"yes!\""), *endless = gbnf("root ::= [0-9]* \"x\""), *none = gbnf("root ::= \"\"");
	struct buf text = {0};
	struct event last;
	struct request r;

	(void)state;
	open_session(&f);
	r = request(fixed, 0);
	ask(f.session, &r, &text, &last);
	assert_string_equal(text.data, "yes!");
	assert_int_equal(last.reason, STOP_END);
	assert_int_equal(last.stats.n_generated, 4);
	/* Complete with the last token that is allowed: not cut. */
	r.max_tokens = 4;
	ask(f.session, &r, &text, &last);
	assert_int_equal(last.reason, STOP_END);
	r.max_tokens = 3;
	ask(f.session, &r, &text, &last);
	assert_string_equal(text.data, "yes");
	assert_int_equal(last.reason, STOP_LENGTH);
	r = request(endless, 5);
	r.max_tokens = 2;
	ask(f.session, &r, &text, &last);
	assert_int_equal(text.len, 2);
	r = request(none, 0);
	ask(f.session, &r, &text, &last);
	assert_int_equal(text.len, 0);
	assert_int_equal(last.reason, STOP_END);
	grammar_close(fixed);
	grammar_close(endless);
	grammar_close(none);
	buf_done(&text);
	close_session(&f);
}

static void
a_grammar_that_cannot_be_held_is_an_error(void **state)
{
	struct fixture f = {0};
	struct grammar *g = gbnf("root ::= <absent>");
	struct request r = request(g, 0);
	struct err e = {0};

	(void)state;
	open_session(&f);
	assert_false(session_ask(f.session, &r, &e));
	assert_non_null(strstr(e.text, "<absent>"));
	grammar_close(g);
	close_session(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_holds_every_token_once),
		cmocka_unit_test(a_mask_is_what_each_token_would_be),
		cmocka_unit_test(half_a_character_is_carried_on),
		cmocka_unit_test(tokens_can_be_named),
		cmocka_unit_test(tokens_that_are_not_there_are_told),
		cmocka_unit_test(only_allowed_tokens_are_sampled),
		cmocka_unit_test(a_mask_comes_before_the_stages),
		cmocka_unit_test(answers_are_held),
		cmocka_unit_test(an_answer_ends_where_its_grammar_ends),
		cmocka_unit_test(a_grammar_that_cannot_be_held_is_an_error),
	};

	return cmocka_run_group_tests(tests, open_vocabulary, close_vocabulary);
}
