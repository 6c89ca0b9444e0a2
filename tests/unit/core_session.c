/* Sessions: what the worker answers, on a nano model of random weights with a byte-level vocabulary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/model.h"
#include "core/session.h"
#include "core/tok/tok.h"
#include "tests/data/nano.h"

struct fixture {
	struct buf file;
	struct engine *engine;
	struct model *model;
};

static int
open_fixture(void **state)
{
	static struct fixture f;
	struct engine_options eo = {.n_threads = 2};
	struct err e = {0};
	struct gguf *g;

	nano_make(&nano_talk, &f.file);
	f.engine = engine_new(&eo, &e);
	g = gguf_open_memory(f.file.data, f.file.len, &e);
	f.model = f.engine && g ? model_open_gguf(f.engine, g, "nano", &e) : NULL;
	if (!f.model)
		print_error("%s\n", e.text);
	*state = &f;
	return f.model ? 0 : -1;
}

static int
close_fixture(void **state)
{
	struct fixture *f = *state;

	model_close(f->model);
	engine_free(f->engine);
	buf_done(&f->file);
	return 0;
}

static struct session *
open_with(void **state, const struct session_options *so)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct session *s = session_open(f->model, so, &e);

	if (!s)
		fail_msg("%s", e.text);
	return s;
}

static struct session *
open_session(void **state, uint32_t n_ctx)
{
	return open_with(state, &(struct session_options){.n_ctx = n_ctx, .kv = KV_f16});
}

/* Without drafts: a pass for each token. */
static struct session *
open_plain(void **state, uint32_t n_ctx)
{
	return open_with(state, &(struct session_options){.n_ctx = n_ctx, .kv = KV_f16, .speculate = SPECULATE_OFF});
}

static struct request
greedy(const char *raw, uint32_t max_tokens)
{
	struct request r = {.raw = raw, .max_tokens = max_tokens};

	sampler_params_default(&r.sampling);
	r.sampling.temp = 0;
	return r;
}

static void
ask(struct session *s, const struct request *r)
{
	struct err e = {0};

	if (!session_ask(s, r, &e))
		fail_msg("%s", e.text);
}

struct answer {
	struct buf text;
	uint32_t ids[1024];
	uint32_t n_ids, n_prompt_events;
	struct turn_stats stats;
	enum stop_reason reason;
};

/* Read events until the last one. */
static void
read_answer(struct session *s, struct answer *a)
{
	struct event ev;

	*a = (struct answer){0};
	for (;;) {
		assert_true(session_wait(s, &ev));
		if (ev.kind == EVENT_PROMPT) {
			assert_int_equal(a->n_ids, 0);
			assert_true(ev.prompt_done <= ev.stats.n_prompt);
			a->n_prompt_events++;
		} else if (ev.kind == EVENT_TOKEN) {
			assert_true(utf8_is_valid(ev.text ? ev.text : "", ev.len));
			buf_add(&a->text, ev.text ? ev.text : "", ev.len);
			if (ev.id != TOK_NONE)
				a->ids[a->n_ids++] = ev.id;
		} else {
			break;
		}
		event_done(&ev);
	}
	if (ev.kind == EVENT_ERROR)
		fail_msg("%s", ev.err.text);
	a->stats = ev.stats;
	a->reason = ev.reason;
	event_done(&ev);
	assert_false(session_next(s, &ev));
}

static void
an_answer_comes_in_events(void **state)
{
	struct session *s = open_session(state, 200);
	struct request r = greedy("hello", 20);
	struct answer a;

	ask(s, &r);
	read_answer(s, &a);
	assert_true(a.n_prompt_events >= 2);
	assert_int_equal(a.stats.n_prompt, 5);
	assert_int_equal(a.stats.n_reused, 0);
	assert_int_equal(a.n_ids, a.stats.n_generated);
	assert_int_equal(a.n_ids, 20);
	assert_int_equal(a.reason, STOP_LENGTH);
	assert_true(a.stats.first_s > 0 && a.stats.first_s >= a.stats.prompt_s);
	assert_true(a.stats.bytes_per_token > 0);
	/* The last token is sampled, not evaluated. */
	assert_int_equal(session_n_past(s), 5 + 19);
	buf_done(&a.text);
	session_close(s);
}

/* 14 tokens: too few for the dense products whose last bits depend on how many there are. */
/* An answer that begins with given tokens goes on as one that chose them itself; and where the time went is told. */
static void
an_answer_goes_on_from_given_tokens(void **state)
{
	struct session *s = open_plain(state, 200), *fresh = open_session(state, 200);
	struct request r = greedy("hello", 20);
	struct session_times before, after;
	struct answer whole, rest;
	uint32_t n_rows = session_times(s, PASS_ONE, &before, NULL), other[3];
	uint64_t *ns = mem_new0((size_t)n_rows * TIME_COUNT, sizeof *ns), sum = 0, waits = 0;
	struct err e = {0};

	assert_int_equal(before.n, 0);
	ask(s, &r);
	read_answer(s, &whole);
	assert_int_equal(session_times(s, PASS_ONE, &after, ns), n_rows);
	assert_int_equal(after.n, 19);
	assert_int_equal(after.n_tokens, 19);
	for (int k = 0; k < TIME_COUNT; k++)
		waits += after.wait_by[k];
	for (size_t i = 0; i < (size_t)n_rows * TIME_COUNT; i++)
		sum += ns[i];
	assert_true(sum > 0 && (double)sum * 1e-9 < whole.stats.generate_s + 1);
	assert_true(after.wait_ns == waits && waits <= sum);
	for (uint32_t i = 0; i < n_rows; i++) {
		bool last = i + 1 == n_rows;

		assert_true((ns[i * TIME_COUNT + TIME_qkv] > 0) == !last);
		assert_true((ns[i * TIME_COUNT + TIME_attn] > 0) == !last);
		assert_true((ns[i * TIME_COUNT + TIME_out] > 0) == !last);
		assert_true((ns[i * TIME_COUNT + TIME_ffn_in] > 0) == !last);
		assert_true((ns[i * TIME_COUNT + TIME_ffn_out] > 0) == !last);
		assert_true((ns[i * TIME_COUNT + TIME_head] > 0) == last);
		assert_true((ns[i * TIME_COUNT + TIME_sample] > 0) == last);
	}
	/* The prompt is a pass of its own kind. */
	assert_int_equal(session_times(s, PASS_MANY, &after, ns), n_rows);
	assert_int_equal(after.n, 1);
	assert_int_equal(after.n_tokens, 5);
	assert_true(ns[TIME_qkv] > 0 && ns[TIME_ffn_out] > 0 && ns[(n_rows - 1) * TIME_COUNT + TIME_head] > 0);
	free(ns);
	r.begin = whole.ids;
	r.n_begin = 7;
	ask(s, &r);
	read_answer(s, &rest);
	assert_int_equal(rest.stats.n_prompt, 5 + 7);
	assert_int_equal(rest.stats.n_reused, 5 + 6);
	assert_int_equal(rest.stats.n_generated, 20);
	assert_int_equal(rest.n_ids, 27);
	assert_memory_equal(rest.ids, whole.ids, 20 * sizeof *whole.ids);
	assert_true(strncmp(buf_str(&rest.text), buf_str(&whole.text), whole.text.len - 8) == 0);
	buf_done(&rest.text);
	/* With another one, on a timeline that was longer, and on a new one. */
	memcpy(other, whole.ids, sizeof other);
	other[2] = whole.ids[2] == 'a' ? 'b' : 'a';
	r.begin = other;
	r.n_begin = 3;
	ask(s, &r);
	read_answer(s, &rest);
	ask(fresh, &r);
	buf_done(&whole.text);
	read_answer(fresh, &whole);
	assert_int_equal(whole.n_ids, 23);
	assert_memory_equal(whole.ids, rest.ids, sizeof whole.ids);
	assert_memory_equal(whole.ids, other, sizeof other);
	other[0] = UINT32_MAX;
	assert_false(session_ask(s, &r, &e));
	assert_string_equal(e.text, "token 4294967295 does not exist: the vocabulary ends at 259");
	buf_done(&whole.text);
	buf_done(&rest.text);
	session_close(s);
	session_close(fresh);
}

static void
a_common_prefix_is_reused_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	size_t row = model_info(f->model)->n_vocab * sizeof(float);
	struct session *s = open_session(state, 200), *fresh = open_session(state, 200);
	struct request first = greedy("the first", 3), second = greedy("the second one", 5);
	struct answer a, b;

	ask(s, &first);
	read_answer(s, &a);
	buf_done(&a.text);
	ask(s, &second);
	read_answer(s, &a);
	assert_int_equal(a.stats.n_reused, 4);
	ask(fresh, &second);
	read_answer(fresh, &b);
	assert_int_equal(b.stats.n_reused, 0);
	assert_int_equal(a.n_ids, b.n_ids);
	assert_memory_equal(a.ids, b.ids, a.n_ids * sizeof a.ids[0]);
	assert_memory_equal(session_logits(s), session_logits(fresh), row);
	buf_done(&a.text);
	buf_done(&b.text);
	/* The same prompt again: all but its last token. */
	ask(fresh, &second);
	read_answer(fresh, &b);
	assert_int_equal(b.stats.n_reused, 13);
	buf_done(&b.text);
	session_close(s);
	session_close(fresh);
}

static void
cancel_ends_the_answer_and_the_session_goes_on(void **state)
{
	struct session *s = open_session(state, 1000);
	struct request r = greedy("hello", 0), again = greedy("hello", 3);
	struct event ev;
	struct answer a;
	struct err e = {0};

	ask(s, &r);
	do {
		assert_true(session_wait(s, &ev));
		event_done(&ev);
	} while (ev.kind != EVENT_TOKEN);
	assert_false(session_ask(s, &again, &e));
	assert_non_null(strstr(e.text, "already"));
	session_cancel(s);
	do {
		assert_true(session_wait(s, &ev));
		event_done(&ev);
	} while (ev.kind == EVENT_TOKEN);
	assert_int_equal(ev.kind, EVENT_DONE);
	assert_int_equal(ev.reason, STOP_CANCELLED);
	ask(s, &again);
	read_answer(s, &a);
	assert_int_equal(a.reason, STOP_LENGTH);
	buf_done(&a.text);
	session_close(s);
}

/* Take stop strings from what the model says anyway, so that they lie anywhere across its tokens. */
static void
the_answer_ends_before_a_stop_string(void **state)
{
	struct session *s = open_session(state, 300);
	struct request r = greedy("stop where", 60);
	struct answer whole, cut;

	ask(s, &r);
	read_answer(s, &whole);
	assert_true(whole.text.len > 20);
	for (size_t at = 0; at + 12 < whole.text.len; at += 5) {
		char stop[9] = {0};
		const char *stops[] = {"never said", stop};
		size_t first;

		while (((unsigned char)whole.text.data[at] & 0xc0) == 0x80)
			at++;
		memcpy(stop, whole.text.data + at, 8);
		first = (size_t)(strstr(whole.text.data, stop) - whole.text.data);
		r.stops = stops;
		r.n_stops = 2;
		ask(s, &r);
		read_answer(s, &cut);
		assert_int_equal(cut.reason, STOP_STRING);
		assert_int_equal(cut.text.len, first);
		assert_memory_equal(buf_str(&cut.text), whole.text.data, first);
		buf_done(&cut.text);
	}
	/* Held back text comes out when the answer ends otherwise. */
	{
		char tail[16] = {0};
		const char *stops[] = {tail};

		memcpy(tail, whole.text.data + whole.text.len - 3, 3);
		strcat(tail, "zzz");
		r.stops = stops;
		r.n_stops = 1;
		ask(s, &r);
		read_answer(s, &cut);
		assert_int_equal(cut.reason, STOP_LENGTH);
		assert_string_equal(buf_str(&cut.text), whole.text.data);
		buf_done(&cut.text);
	}
	buf_done(&whole.text);
	session_close(s);
}

static void
a_full_context_is_reported(void **state)
{
	struct session *s = open_session(state, 32);
	struct request r = greedy("0123456789", 0), long_one = greedy("01234567890123456789012345678901", 0);
	struct answer a;
	struct err e = {0};

	ask(s, &r);
	read_answer(s, &a);
	assert_int_equal(a.reason, STOP_CONTEXT);
	assert_int_equal(a.stats.n_generated, 32 - 10 + 1);
	assert_int_equal(session_n_past(s), 32);
	assert_false(session_ask(s, &long_one, &e));
	assert_non_null(strstr(e.text, "32 tokens long and the context holds 32"));
	r.raw = "";
	assert_false(session_ask(s, &r, &e));
	assert_non_null(strstr(e.text, "empty"));
	buf_done(&a.text);
	session_close(s);
}

static void
two_sessions_answer_at_once(void **state)
{
	struct session *s[2] = {open_session(state, 300), open_session(state, 300)};
	struct request r[2] = {greedy("one", 100), greedy("and another", 100)};
	struct answer alone[2], both[2];

	for (int i = 0; i < 2; i++) {
		ask(s[i], &r[i]);
		read_answer(s[i], &alone[i]);
	}
	for (int i = 0; i < 2; i++)
		ask(s[i], &r[i]);
	for (int i = 0; i < 2; i++) {
		read_answer(s[i], &both[i]);
		assert_int_equal(both[i].n_ids, alone[i].n_ids);
		assert_memory_equal(both[i].ids, alone[i].ids, both[i].n_ids * sizeof both[i].ids[0]);
		buf_done(&both[i].text);
		buf_done(&alone[i].text);
		session_close(s[i]);
	}
}

/* More events than the queue holds, and nobody reads them. */
static void
closing_does_not_wait_for_a_reader(void **state)
{
	struct session *s = open_session(state, 1000);
	struct request r = greedy("hello", 0);
	struct event ev;

	ask(s, &r);
	assert_true(session_wait(s, &ev));
	event_done(&ev);
	session_close(s);
	s = open_session(state, 1000);
	ask(s, &r);
	session_close(s);
}

static void
absurd_contexts_are_refused(void **state)
{
	struct fixture *f = *state;
	struct session_options so = {.n_ctx = UINT32_MAX, .kv = KV_f16};
	struct err e = {0};

	assert_null(session_open(f->model, &so, &e));
	assert_non_null(strstr(e.text, "positions"));
	so = (struct session_options){.n_ctx = 64, .kv = KV_q8_0};
	assert_null(session_open(f->model, &so, &e));	/* heads of 16 */
	assert_non_null(strstr(e.text, "multiples of 32"));
	so = (struct session_options){.n_ctx = 64, .chunk = 1u << 20};
	assert_null(session_open(f->model, &so, &e));
	assert_non_null(strstr(e.text, "chunks"));
}

/* ---- drafts ---- */

struct token {
	uint32_t id, n_top;
	float p, after, entropy;
	struct sampler_top top[SAMPLER_TOP];
};

/* Asks and reads all tokens with their figures. */
static size_t
ask_tokens(struct session *s, const struct request *r, struct token *t, struct event *last)
{
	struct event ev;
	size_t n = 0;

	ask(s, r);
	for (;;) {
		assert_true(session_wait(s, &ev));
		if (ev.kind == EVENT_TOKEN && ev.id != TOK_NONE) {
			t[n] = (struct token){.id = ev.id, .n_top = ev.n_top, .p = ev.p, .after = ev.after,
			    .entropy = ev.entropy};
			memcpy(t[n++].top, ev.top, ev.n_top * sizeof *ev.top);
		}
		if (ev.kind == EVENT_DONE || ev.kind == EVENT_ERROR)
			break;
		event_done(&ev);
	}
	if (ev.kind == EVENT_ERROR)
		fail_msg("%s", ev.err.text);
	*last = ev;
	event_done(&ev);
	return n;
}

/* A text that repeats itself, so that there is something to look up, and prompts that part from each other. */
static const char *const repeats[] = {"one two three one two three one two", "one two three one two four", "aaaaaaaaaaaa"};

static void
drafts_change_nothing_but_the_time(void **state)
{
	static struct token a[400], b[400];
	struct session *plain = open_plain(state, 160), *drafted = open_session(state, 160);
	uint32_t n_drafted = 0, n_accepted = 0;

	for (uint32_t i = 0; i < 24; i++) {
		struct request r = greedy(repeats[i % 3], i % 4 == 3 ? 0 : 20 + i);
		static const char *const stops[] = {"e", "zz"};
		struct event x, y;
		size_t n;

		r.sampling.temp = i % 2 ? 0.8f : 0;
		r.sampling.seed = 5 + i;
		r.sampling.repeat_penalty = i % 5 == 4 ? 1.2f : 1;
		r.stops = stops;
		r.n_stops = i % 6 == 5 ? 2 : 0;
		drafted->ahead.always = 1 + i % 7;
		n = ask_tokens(plain, &r, a, &x);
		assert_int_equal(ask_tokens(drafted, &r, b, &y), n);
		assert_memory_equal(a, b, n * sizeof *a);
		assert_int_equal(x.reason, y.reason);
		assert_int_equal(x.stats.n_reused, y.stats.n_reused);
		assert_int_equal(x.stats.n_generated, y.stats.n_generated);
		assert_int_equal(session_n_past(plain), session_n_past(drafted));
		assert_memory_equal(session_logits(plain), session_logits(drafted), 260 * sizeof(float));
		assert_int_equal(x.stats.n_drafted, 0);
		assert_true(y.stats.n_accepted <= y.stats.n_drafted && y.stats.n_accepted < y.stats.n_generated);
		assert_true(y.stats.n_accepted == 0 || y.stats.bytes_per_token < x.stats.bytes_per_token);
		n_drafted += y.stats.n_drafted;
		n_accepted += y.stats.n_accepted;
	}
	assert_true(n_accepted > 50 && n_drafted > n_accepted + 50);
	session_close(plain);
	session_close(drafted);
}

static void
a_draft_model_changes_nothing_either(void **state)
{
	struct fixture *f = *state;
	struct session_options so = {.n_ctx = 160, .kv = KV_f16, .draft = f->model, .draft_max = 5};
	struct session *plain = open_plain(state, 160), *drafted = open_with(state, &so);
	static struct token a[400], b[400];

	assert_true(session_memory(drafted).kv > 2 * session_memory(plain).kv - 1);
	drafted->ahead.always = 9;				/* no longer than draft_max */
	drafted->ahead.draft.sure = 0;
	for (uint32_t i = 0; i < 6; i++) {
		struct request r = greedy(i % 2 ? "hello" : "a quite different prompt", 40);
		struct event x, y;
		size_t n;

		r.sampling.temp = i < 4 ? 0 : 0.7f;
		r.sampling.seed = 3;
		n = ask_tokens(plain, &r, a, &x);
		assert_int_equal(ask_tokens(drafted, &r, b, &y), n);
		assert_memory_equal(a, b, n * sizeof *a);
		assert_true(y.stats.n_drafted > 0);
		if (r.sampling.temp == 0)			/* it is the same model: what is wrong was looked up */
			assert_true(y.stats.n_accepted >= 20);
	}
	session_close(plain);
	session_close(drafted);
}

static void
a_draft_model_reads_the_prompt_with_it(void **state)
{
	struct fixture *f = *state;
	struct session_options so = {.n_ctx = 160, .kv = KV_f16, .draft = f->model};
	struct session *s = open_with(state, &so);
	static struct token t[400];
	struct event last;
	struct request r = greedy("nothing is drafted for one token", 1);

	ask_tokens(s, &r, t, &last);
	assert_int_equal(last.stats.n_drafted, 0);
	assert_true(session_n_past(s) > 10);
	assert_int_equal(session_n_past(s->ahead.draft.s), session_n_past(s) - 1);
	session_close(s);
}

static void
models_of_other_vocabularies_do_not_draft(void **state)
{
	struct fixture *f = *state;
	struct buf file = {0};
	struct err e = {0};
	struct gguf *g;
	struct model *m;

	nano_make(nano_find("llama"), &file);
	g = gguf_open_memory(file.data, file.len, &e);
	m = g ? model_open_gguf(f->engine, g, "other", &e) : NULL;
	if (!m)
		fail_msg("%s", e.text);
	assert_false(model_take_draft(f->model, m, &e));
	assert_non_null(strstr(e.text, "their vocabularies differ; choose a smaller model of the same family"));
	model_close(m);
	buf_done(&file);
}

/* The text of a measurement: the tokens that are given, whatever the model is. */
static void
an_answer_can_be_given(void **state)
{
	static const uint32_t ids[] = {111, 110, 101, 32, 116, 119, 111, 32};
	struct session *s = open_session(state, 160);
	struct request r = greedy(repeats[0], 0);
	struct answer a;
	struct err e = {0};

	r.given = ids;
	r.n_given = ARRAY_LEN(ids);
	s->ahead.always = 3;
	ask(s, &r);
	read_answer(s, &a);
	assert_int_equal(a.n_ids, ARRAY_LEN(ids));
	assert_memory_equal(a.ids, ids, sizeof ids);
	assert_int_equal(a.reason, STOP_LENGTH);
	buf_done(&a.text);
	r.given = (uint32_t[]){260};
	r.n_given = 1;
	assert_false(session_ask(s, &r, &e));
	assert_non_null(strstr(e.text, "token 260 does not exist"));
	session_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_in_events),
		cmocka_unit_test(an_answer_goes_on_from_given_tokens),
		cmocka_unit_test(a_common_prefix_is_reused_and_changes_nothing),
		cmocka_unit_test(cancel_ends_the_answer_and_the_session_goes_on),
		cmocka_unit_test(the_answer_ends_before_a_stop_string),
		cmocka_unit_test(a_full_context_is_reported),
		cmocka_unit_test(two_sessions_answer_at_once),
		cmocka_unit_test(closing_does_not_wait_for_a_reader),
		cmocka_unit_test(absurd_contexts_are_refused),
		cmocka_unit_test(drafts_change_nothing_but_the_time),
		cmocka_unit_test(a_draft_model_changes_nothing_either),
		cmocka_unit_test(a_draft_model_reads_the_prompt_with_it),
		cmocka_unit_test(models_of_other_vocabularies_do_not_draft),
		cmocka_unit_test(an_answer_can_be_given),
	};

	return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
