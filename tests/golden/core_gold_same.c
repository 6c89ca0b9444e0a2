/* What must not change a bit of the reference fixtures of ../shared/gold: the number of threads, rings for windows, where
 * a timeline was cut back or saved; and with quantized weights, how a prompt is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/session.h"
#include "core/tok/tok.h"
#include "tests/data/gold.h"

/* Bits of the longest prompt under SETUP, compared with WANT, or returned when that is NULL. */
static float *
assert_same_bits(const struct gold *f, const struct gold_setup *setup, float *want)
{
	struct engine *engine;
	struct model *m = gold_open_model(f, setup, &engine);
	size_t n;
	float *got = gold_eval(m, gold_long_prompt(f), setup, &n);

	model_close(m);
	engine_free(engine);
	if (!want)
		return got;
	if (memcmp(got, want, n * f->n_vocab * sizeof *got) != 0)
		fail_msg("%s: other bits with %d threads, chunks of %u, rewind %u", f->name, setup->n_threads, setup->chunk,
		    setup->rewind);
	free(got);
	return want;
}

static void
check_threads(const struct gold *f)
{
	float *want = NULL;

	for (int threads = 1; threads <= 4; threads++) {
		struct gold_setup s = {.kv = KV_f16, .n_threads = threads};

		want = assert_same_bits(f, &s, want);
	}
	free(want);
}

static void
threads_do_not_change_a_bit(void **state)
{
	(void)state;
	gold_need();
	gold_each(gold_is_any, check_threads);
}

/* Whether products of many tokens read something else than those of few: where BLIS or tiles multiply them in floats. */
static bool
has_many(const struct gold *f, const char *isa)
{
	struct gold_setup s = {.isa = isa};
	struct engine *engine;
	struct model *m = gold_open_model(f, &s, &engine);
	bool has = m->acts & (1u << ACT_f32 | 1u << ACT_bf16 | 1u << ACT_bf16x2);

	model_close(m);
	engine_free(engine);
	return has;
}

/* The strongest instruction set that multiplies all of F in integers; NULL: none does, as some file of quantized weights
 * has its head as F16. */
static const char *
integer_isa(const struct gold *f)
{
	const char *best = NULL, *isa;

	for (size_t i = 1; (isa = kern_isa_at(i)) != NULL; i++)
		if (!has_many(f, isa))
			best = isa;
	return best;
}

static void
check_cuts(const struct gold *f, const char *isa, bool many)
{
	static const uint32_t chunks[] = {1, 7, 15, 16, 33, 0};		/* from the fourth on, BLIS may be asked */
	size_t n_chunks = many ? 3 : ARRAY_LEN(chunks);
	float *want = NULL;

	for (size_t c = 0; c < n_chunks; c++) {
		struct gold_setup s = {.isa = isa, .kv = KV_f16, .chunk = chunks[c], .n_threads = 2};

		want = assert_same_bits(f, &s, want);
	}
	free(want);
}

/* Products in integers are the same for any number of tokens: how the prompt is cut changes nothing at all. */
static void
check_quantized_cuts(const struct gold *f)
{
	const char *isa = integer_isa(f);

	if (isa)
		check_cuts(f, isa, false);
	if (has_many(f, NULL))
		check_cuts(f, NULL, true);
}

static void
cutting_a_quantized_prompt_does_not_change_a_bit(void **state)
{
	(void)state;
	gold_need();
	gold_each(gold_is_quantized, check_quantized_cuts);
}

/* Windowed layers in a ring that begins anew several times, and in a cache that holds all; the others do not care. */
static void
check_ring(const struct gold *f)
{
	for (uint32_t chunk = 1; chunk <= 7; chunk += 6) {
		struct gold_setup all = {.kv = KV_f16, .chunk = chunk, .n_threads = 2}, ring = all;
		float *want = assert_same_bits(f, &all, NULL);

		ring.rewind = 1;
		free(assert_same_bits(f, &ring, want));
	}
}

static bool
has_window(const struct gold *f)
{
	return gold_is_plain(f) && (strncmp(f->name, "gemma", 5) == 0 || strcmp(f->name, "phi3-swa") == 0) &&
	    strcmp(f->name, "gemma") != 0;
}

static void
rings_do_not_change_a_bit(void **state)
{
	(void)state;
	gold_need();
	gold_each(has_window, check_ring);
}

static void
eval(struct session *s, const uint32_t *ids, size_t n, float *logits)
{
	struct err e = {0};

	if (!session_eval(s, ids, n, logits, &e))
		fail_msg("%s", e.text);
}

/* Half of the longest prompt, saved and restored; the other half in both sessions. */
static void
check_saved(const struct gold *f, enum kvtype kv)
{
	struct gold_setup setup = {.kv = kv, .rewind = 1, .chunk = 16};
	struct engine *engine;
	struct model *m = gold_open_model(f, &setup, &engine);
	size_t n, half;
	uint32_t *ids = gold_tokens(gold_long_prompt(f), &n);
	struct err e = {0};
	struct session *a = gold_open_session(m, gold_long_prompt(f), &setup, &e);
	struct session *b = gold_open_session(m, gold_long_prompt(f), &setup, &e);
	float *want = malloc(n * f->n_vocab * sizeof *want), *got = malloc(n * f->n_vocab * sizeof *got);
	struct buf saved = {0};

	half = n / 2;
	if (a && b) {
		gold_read_input(a, gold_long_prompt(f));
		eval(a, ids, half, NULL);
		if (!session_save_memory(a, &saved, &e) || !session_restore_memory(b, saved.data, saved.len, &e))
			fail_msg("%s: %s", f->name, e.text);
		assert_memory_equal(session_logits(a), session_logits(b), f->n_vocab * sizeof *want);
		eval(a, ids + half, n - half, want);
		eval(b, ids + half, n - half, got);
		if (memcmp(got, want, (n - half) * f->n_vocab * sizeof *want) != 0)
			fail_msg("%s: other bits after saving, cache %s", f->name, kvtype_name(kv));
	} else if (kv != KV_q8_0 || !strstr(e.text, "multiples of 32")) {
		fail_msg("%s: %s", f->name, e.text);
	}
	free(ids);
	free(want);
	free(got);
	buf_done(&saved);
	session_close(a);
	session_close(b);
	model_close(m);
	engine_free(engine);
}

static void
check_saved_all(const struct gold *f)
{
	for (int kv = 0; kv < KV_COUNT; kv++)
		check_saved(f, kv);
}

static void
saving_and_restoring_does_not_change_a_bit(void **state)
{
	(void)state;
	gold_need();
	gold_each(gold_is_any, check_saved_all);
}

/* Keys turned by the short divisors of LongRoPE and by the long ones never meet. */
static void
a_short_context_is_not_restored_into_a_long_one(void **state)
{
	struct gold_setup setup = {.kv = KV_f16};
	struct session_options so[2] = {{.n_ctx = 256, .kv = KV_f16}, {.n_ctx = 512, .kv = KV_f16}};
	struct session *s[2];
	struct engine *engine;
	struct model *m;
	struct err e = {0};
	struct gold f;

	(void)state;
	gold_need();
	f = gold_open("phi3-longrope");
	m = gold_open_model(&f, &setup, &engine);
	for (int i = 0; i < 2; i++) {
		s[i] = session_open(m, &so[i], &e);
		assert_non_null(s[i]);
		eval(s[i], (uint32_t[]){1, 2, 3}, 3, NULL);
	}
	for (int i = 0; i < 2; i++) {
		struct buf saved = {0};

		assert_true(session_save_memory(s[i], &saved, &e));
		assert_false(session_restore_memory(s[1 - i], saved.data, saved.len, &e));
		assert_non_null(strstr(e.text, i ? "beyond the 256" : "of at most the 256"));
		assert_true(session_restore_memory(s[i], saved.data, saved.len, &e));
		buf_done(&saved);
	}
	session_close(s[0]);
	session_close(s[1]);
	model_close(m);
	engine_free(engine);
	gold_close(&f);
}

static const char *const recurrent[] = {"qwen3next", "qwen35", "qwen35moe"};

/* Token by token, so that every logit is computed in the same way. */
static void
eval_from(struct session *s, const uint32_t *ids, uint32_t end)
{
	struct err e = {0};

	for (uint32_t i = session_n_past(s); i < end; i++)
		if (!session_eval(s, ids + i, 1, NULL, &e))
			fail_msg("%s", e.text);
}

static void
assert_logits(struct session *s, const float *want, size_t n_vocab, uint32_t at)
{
	if (memcmp(session_logits(s), want, n_vocab * sizeof *want) != 0)
		fail_msg("other logits after %u tokens", at);
}

static void
check_marks(struct model *m, const uint32_t *ids)
{
	enum { END = 60 };
	size_t n_vocab = model_info(m)->n_vocab;
	float *want = malloc(END * n_vocab * sizeof *want);
	struct session_options so = {.n_ctx = 100, .kv = KV_f16};
	struct err e = {0};
	struct session *s = session_open(m, &so, &e);

	assert_non_null(s);
	for (uint32_t i = 0; i < END; i++) {
		eval_from(s, ids, i + 1);
		memcpy(want + i * n_vocab, session_logits(s), n_vocab * sizeof *want);
		if (i + 1 == 20 || i + 1 == 30)
			session_mark(s);
	}
	assert_int_equal(session_truncate(s, END), END);
	assert_int_equal(session_truncate(s, 45), 30);
	eval_from(s, ids + 1, 33);		/* another way */
	assert_int_equal(session_truncate(s, 30), 30);
	eval_from(s, ids, 50);
	assert_logits(s, want + 49 * n_vocab, n_vocab, 50);
	assert_int_equal(session_truncate(s, 29), 20);
	eval_from(s, ids, 40);
	assert_logits(s, want + 39 * n_vocab, n_vocab, 40);
	assert_int_equal(session_truncate(s, 39), 20);	/* the mark at 30 is of another time */
	assert_int_equal(session_truncate(s, 19), 0);
	eval_from(s, ids, END);
	assert_logits(s, want + (END - 1) * n_vocab, n_vocab, END);
	session_close(s);
	free(want);
}

static void
recurrent_layers_go_back_to_marks(void **state)
{
	(void)state;
	gold_need();
	for (size_t i = 0; i < ARRAY_LEN(recurrent); i++) {
		struct gold f = gold_open(recurrent[i]);
		struct gold_setup setup = {.n_threads = 2};
		struct engine *engine;
		struct model *m = gold_open_model(&f, &setup, &engine);
		size_t n;
		uint32_t *ids = gold_tokens(gold_long_prompt(&f), &n);

		check_marks(m, ids);
		free(ids);
		model_close(m);
		engine_free(engine);
		gold_close(&f);
	}
}

struct answer {
	uint32_t ids[64];
	uint32_t n;
	struct turn_stats stats;
};

static struct answer
ask(struct session *s, const char *text)
{
	struct request r = {.raw = text, .max_tokens = 24};
	struct answer a = {0};
	struct event ev = {0};
	struct err e = {0};

	sampler_params_default(&r.sampling);
	r.sampling.temp = 0;
	if (!session_ask(s, &r, &e))
		fail_msg("%s", e.text);
	do {
		event_done(&ev);
		assert_true(session_wait(s, &ev));
		if (ev.kind == EVENT_TOKEN && a.n < 64)
			a.ids[a.n++] = ev.id;
	} while (ev.kind == EVENT_PROMPT || ev.kind == EVENT_TOKEN);
	assert_int_equal(ev.kind, EVENT_DONE);
	a.stats = ev.stats;
	event_done(&ev);
	return a;
}

/* Prompts of at most 24 tokens after each other: none is long enough for dense products of many tokens. */
static void
recurrent_prompts_share_a_prefix(void **state)
{
	static const char *const prompts[] = {"abcdefghijklmnopqrst", "abcdefghijklmnopqrst", "abcdefghijklmnop!?uv",
		"abc", "zabcdefghijklmnop"};
	static const uint32_t reused[] = {0, 19, 4, 0, 0};
	struct gold_setup setup = {.n_threads = 2};
	struct session_options so = {.n_ctx = 200, .kv = KV_f16};
	struct engine *engine;
	struct model *m;
	struct session *s, *fresh;
	struct err e = {0};
	struct gold f;

	(void)state;
	gold_need();
	f = gold_open("qwen35");
	m = gold_open_model(&f, &setup, &engine);
	s = session_open(m, &so, &e);
	assert_non_null(s);
	for (size_t i = 0; i < ARRAY_LEN(prompts); i++) {
		struct answer a = ask(s, prompts[i]), b;

		fresh = session_open(m, &so, &e);
		assert_non_null(fresh);
		b = ask(fresh, prompts[i]);
		assert_int_equal(a.stats.n_reused, reused[i]);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.ids, b.ids, a.n * sizeof a.ids[0]);
		session_close(fresh);
	}
	session_close(s);
	model_close(m);
	engine_free(engine);
	gold_close(&f);
}

/* The most probable token after what the session has. */
static uint32_t
likeliest(const struct session *s, uint32_t n_vocab)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < n_vocab; i++)
		if (session_logits(s)[i] > session_logits(s)[best])
			best = i;
	return best;
}

/* A request is the same as reading its tokens and decoding from the start token on; the same request again costs the
 * encoder nothing. */
static void
an_encoder_reads_a_prompt_once(void **state)
{
	struct gold_setup setup = {.n_threads = 2};
	struct session_options so = {.n_ctx = 60, .kv = KV_f16};
	struct tok_flags flags = {.add_special = true};
	struct tok_ids ids = {0};
	struct engine *engine;
	struct model *m;
	struct session *s;
	struct answer first, again;
	struct err e = {0};
	struct gold f;
	uint32_t id;

	(void)state;
	gold_need();
	f = gold_open("t5");
	m = gold_open_model(&f, &setup, &engine);
	s = session_open(m, &so, &e);
	assert_non_null(s);
	assert_false(session_eval(s, (uint32_t[]){0}, 1, NULL, &e));
	assert_non_null(strstr(e.text, "has read no input yet"));
	first = ask(s, "the thing and the other");
	assert_int_equal(first.stats.n_reused, 0);
	again = ask(s, "the thing and the other");
	assert_int_equal(again.stats.n_reused, again.stats.n_prompt);
	assert_int_equal(again.n, first.n);
	assert_memory_equal(again.ids, first.ids, first.n * sizeof first.ids[0]);
	assert_true(tok_encode(model_tok(m), "the thing and the other", 23, flags, &ids, &e));
	assert_int_equal(ids.n, first.stats.n_prompt);
	assert_true(session_encode(s, ids.ids, ids.n, &e));
	id = model_info(m)->decoder_start;
	for (uint32_t i = 0; i < first.n; i++) {
		assert_true(session_eval(s, &id, 1, NULL, &e));
		id = likeliest(s, model_info(m)->n_vocab);
		assert_int_equal(id, first.ids[i]);
	}
	assert_false(session_encode(s, first.ids, 61, &e));
	assert_non_null(strstr(e.text, "the input is 61 tokens long and the context holds 60"));
	tok_ids_done(&ids);
	session_close(s);
	model_close(m);
	engine_free(engine);
	gold_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_do_not_change_a_bit),
		cmocka_unit_test(cutting_a_quantized_prompt_does_not_change_a_bit),
		cmocka_unit_test(rings_do_not_change_a_bit),
		cmocka_unit_test(saving_and_restoring_does_not_change_a_bit),
		cmocka_unit_test(a_short_context_is_not_restored_into_a_long_one),
		cmocka_unit_test(recurrent_layers_go_back_to_marks),
		cmocka_unit_test(recurrent_prompts_share_a_prefix),
		cmocka_unit_test(an_encoder_reads_a_prompt_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
