/* Nano models, a row of nano.def each: logits against nano.vec (computed by transformers, see nano.py), every instruction
 * set; and what must not matter: the number of threads, how a prompt is cut, whether the cache was truncated or saved. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/session.h"
#include "tests/data/nano.h"

enum {
	N_TOKENS = 24,			/* of the reference's prompt … */
	N_WANT = 8,			/* … and the positions of it that nano.vec has */
	N_VOCAB = 40,
	LONG = 90,
	N_CTX = LONG + 10,		/* some rows depend on it: divisors of LongRoPE */
};

/* Those with heads of 32 numbers or more. */
static const char *const wide[] = {"qwen3_wide", "phi3_wide"};

static const struct session_options floats = {.kv = KV_f32}, halves = {.kv = KV_f16};

struct opened {
	struct buf file;
	struct engine *engine;
	struct model *model;
	struct session *session;
};

static struct opened
open_nano(const struct nano *n, const char *isa, int threads, struct session_options so)
{
	struct engine_options eo = {.n_threads = threads, .isa = isa};
	struct opened o = {0};
	struct err e = {0};
	struct gguf *g;

	so.n_ctx = so.n_ctx ? so.n_ctx : N_CTX;
	nano_make(n, &o.file);
	g = gguf_open_memory(o.file.data, o.file.len, &e);
	o.engine = engine_new(&eo, &e);
	assert_non_null(o.engine);
	o.model = g ? model_open_gguf(o.engine, g, n->name, &e) : NULL;
	if (!o.model)
		fail_msg("%s: %s", n->name, e.text);
	o.session = session_open(o.model, &so, &e);
	assert_non_null(o.session);
	return o;
}

static void
close_nano(struct opened *o)
{
	session_close(o->session);
	model_close(o->model);
	engine_free(o->engine);
	buf_done(&o->file);
}

static void
make_tokens(uint32_t *ids, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		ids[i] = (7 * i * i + 3 * i + 1) % N_VOCAB;
}

static void
eval(struct session *s, const uint32_t *ids, size_t n, float *logits)
{
	struct err e = {0};

	if (!session_eval(s, ids, n, logits, &e))
		fail_msg("%s", e.text);
}

/* What nano.vec says of one row. */
struct want {
	int position[N_WANT];
	float logits[N_WANT][N_VOCAB];
};

static struct want
read_vec(const char *name)
{
	FILE *f = fopen("tests/golden/nano.vec", "r");
	struct want w;
	char row[32];
	int t, n = 0;

	assert_non_null(f);
	while (fscanf(f, "%31s %d", row, &t) == 2) {
		float logits[N_VOCAB];

		for (int i = 0; i < N_VOCAB; i++)
			assert_int_equal(fscanf(f, "%f", &logits[i]), 1);
		if (strcmp(row, name) != 0)
			continue;
		assert_in_range(t, 0, N_TOKENS - 1);
		assert_in_range(n, 0, N_WANT - 1);
		w.position[n] = t;
		memcpy(w.logits[n++], logits, sizeof logits);
	}
	fclose(f);
	if (n != N_WANT)
		fail_msg("nano.vec has %d positions of %s, expected %d", n, name, N_WANT);
	return w;
}

/* The largest difference; not a number is the worst. */
static float
difference(const struct want *w, const float *got)
{
	float worst = 0;

	for (int k = 0; k < N_WANT; k++) {
		for (int i = 0; i < N_VOCAB; i++) {
			float d = fabsf(got[w->position[k] * N_VOCAB + i] - w->logits[k][i]);

			worst = d <= worst ? worst : d;
		}
	}
	return worst;
}

static void
assert_reference(const struct nano *n, const struct want *w, const char *isa, struct session_options so, float tolerance)
{
	struct opened o = open_nano(n, isa, 1, so);
	float got[N_TOKENS * N_VOCAB], d;
	uint32_t ids[N_TOKENS];

	make_tokens(ids, N_TOKENS);
	eval(o.session, ids, N_TOKENS, got);
	close_nano(&o);
	d = difference(w, got);
	if (!(d <= tolerance))
		fail_msg("%s, %s, chunks of %u, cache %s: logits are up to %g away, at most %g are allowed", n->name,
		    isa ? isa : "best", so.chunk, kvtype_name(so.kv), (double)d, (double)tolerance);
}

static void
logits_are_the_reference_s(void **state)
{
	(void)state;
	for (size_t a = 0; a < NANO_COUNT; a++) {
		const struct nano *n = &nano_rows[a];
		struct want w = read_vec(n->name);

		for (size_t k = 0; kern_isa_at(k); k++)
			assert_reference(n, &w, kern_isa_at(k), floats, n->tolerance);
	}
}

/* Token by token and in sevens, in rings that begin anew: windows and states that are carried from one pass to the next. */
static void
logits_are_the_reference_s_in_small_chunks(void **state)
{
	(void)state;
	for (size_t a = 0; a < NANO_COUNT; a++) {
		const struct nano *n = &nano_rows[a];
		struct want w = read_vec(n->name);

		for (uint32_t chunk = 1; chunk <= 7; chunk += 6) {
			struct session_options so = {.kv = KV_f32, .chunk = chunk, .rewind = 1};

			assert_reference(n, &w, NULL, so, n->tolerance);
		}
	}
}

/* Keys and values rounded to half precision, and to 8 bits where heads are long enough: the largest seen are 0.006 and
 * 0.03. */
static void
logits_are_close_with_a_rounded_cache(void **state)
{
	(void)state;
	for (size_t a = 0; a < NANO_COUNT; a++) {
		struct want w = read_vec(nano_rows[a].name);

		assert_reference(&nano_rows[a], &w, NULL, halves, 1e-2f);
	}
	for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
		struct want w = read_vec(wide[i]);

		assert_reference(nano_find(wide[i]), &w, NULL, (struct session_options){.kv = KV_q8_0}, 1e-1f);
	}
}

/* Every architecture has its row; those with an encoder are in core_encdec.c. */
static void
no_architecture_is_without_a_reference(void **state)
{
	(void)state;
	for (size_t i = 0; arch_at(i); i++) {
		char head[64];
		bool found = arch_at(i)->encoder_layer;

		snprintf(head, sizeof head, "arch %s,", arch_at(i)->name);
		for (size_t a = 0; a < NANO_COUNT; a++)
			found |= strncmp(nano_rows[a].keys, head, strlen(head)) == 0;
		if (!found)
			fail_msg("nano.def has no row of %s", arch_at(i)->name);
	}
}

static void
any_number_of_threads_gives_the_same_bits(void **state)
{
	static float want[LONG * N_VOCAB], got[LONG * N_VOCAB];
	uint32_t ids[LONG];

	(void)state;
	make_tokens(ids, LONG);
	for (size_t a = 0; a < NANO_COUNT; a++) {
		for (int threads = 1; threads <= 4; threads++) {
			struct opened o = open_nano(&nano_rows[a], NULL, threads, halves);

			eval(o.session, ids, LONG, threads == 1 ? want : got);
			if (threads > 1 && memcmp(got, want, sizeof got) != 0)
				fail_msg("%s: other bits with %d threads", nano_rows[a].name, threads);
			close_nano(&o);
		}
	}
}

/* Dense products of many tokens may differ in the last bits from those of few. */
static void
assert_close(const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(fabsf(a[i] - b[i]) < 1e-4f))
			fail_msg("logit %zu is %g, expected %g", i, (double)a[i], (double)b[i]);
}

static void
a_prompt_may_be_cut_anywhere(void **state)
{
	static float want[LONG * N_VOCAB], got[LONG * N_VOCAB];
	uint32_t ids[LONG];
	struct opened o = open_nano(nano_find("qwen3"), NULL, 2, floats);

	(void)state;
	make_tokens(ids, LONG);
	eval(o.session, ids, LONG, want);
	for (uint32_t step = 1; step <= 64; step = step * 2 + 5) {
		session_truncate(o.session, 0);
		for (uint32_t i = 0; i < LONG; i += step)
			eval(o.session, ids + i, i + step < LONG ? step : LONG - i, got + i * N_VOCAB);
		assert_close(got, want, LONG * N_VOCAB);
	}
	close_nano(&o);
	o = open_nano(nano_find("qwen3"), NULL, 2, (struct session_options){.kv = KV_f32, .chunk = 7});
	eval(o.session, ids, LONG, got);
	assert_close(got, want, LONG * N_VOCAB);
	close_nano(&o);
}

/* A draft may be verified: far into the context, where blocks of positions are chunks of their own for few tokens and
 * pass one after the other for many, the bits are the same.  Without BLIS, whose sums are not in this order. */
static void
far_on_tokens_together_are_tokens_one_by_one(void **state)
{
	enum { FAR = 800, N = 36 };
	static float want[N * N_VOCAB], got[N * N_VOCAB];
	static const char *const names[] = {"qwen3", "phi3_window", "gemma2"};
	static const uint32_t steps[] = {2, 5, 17, N};
	uint32_t ids[FAR + N];

	(void)state;
	make_tokens(ids, FAR + N);
	for (size_t a = 0; a < sizeof names / sizeof *names; a++) {
		struct opened o = open_nano(nano_find(names[a]), "ref", 3, (struct session_options){.kv = KV_f16, .n_ctx = 900});

		eval(o.session, ids, FAR, NULL);
		for (uint32_t i = 0; i < N; i++)
			eval(o.session, ids + FAR + i, 1, want + i * N_VOCAB);
		for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
			assert_int_equal(session_truncate(o.session, FAR), FAR);
			for (uint32_t i = 0, n; i < N; i += n) {
				n = N - i < steps[k] ? N - i : steps[k];
				eval(o.session, ids + FAR + i, n, got + i * N_VOCAB);
			}
			if (memcmp(got, want, sizeof got) != 0)
				fail_msg("%s: other bits with %u tokens together", names[a], steps[k]);
		}
		close_nano(&o);
	}
}

/* Many tokens far into the context, whose attention may be rounded otherwise (core/attention_many.c): near those of small
 * passes, by less than the rounding of the cache costs (0.006 and 0.03, see above; the largest seen are 0.0013 and
 * 0.0054); for any number of threads the same bits. */
static void
check_far_pass(const struct nano *n, enum kvtype kv, float tolerance)
{
	enum { FAR = 1100, N = 150, STEP = 30 };
	static float want[N * N_VOCAB], got[2][N * N_VOCAB];
	static uint32_t ids[FAR + N];
	struct session_options so = {.kv = kv, .n_ctx = FAR + N};
	struct opened o = open_nano(n, NULL, 2, so);

	make_tokens(ids, FAR + N);
	eval(o.session, ids, FAR, NULL);
	for (uint32_t i = 0; i < N; i += STEP)
		eval(o.session, ids + FAR + i, STEP, want + i * N_VOCAB);
	close_nano(&o);
	for (int i = 0; i < 2; i++) {
		o = open_nano(n, NULL, 1 + 2 * i, so);
		eval(o.session, ids, FAR, NULL);
		eval(o.session, ids + FAR, N, got[i]);
		close_nano(&o);
		for (size_t j = 0; j < N * N_VOCAB; j++)
			if (!(fabsf(got[i][j] - want[j]) < tolerance))
				fail_msg("%s: logit %zu is %g, in small passes %g", n->name, j, (double)got[i][j], (double)want[j]);
	}
	assert_memory_equal(got[0], got[1], sizeof got[0]);
}

static void
many_tokens_far_on_are_near_those_of_small_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
		check_far_pass(nano_find(wide[i]), KV_f16, 0.006f);
		check_far_pass(nano_find(wide[i]), KV_q8_0, 0.03f);
	}
}

/* Token by token, so that every logit is computed in the same way. */
static void
eval_from(struct session *s, const uint32_t *ids, uint32_t n, float *logits)
{
	for (uint32_t i = session_n_past(s); i < n; i++)
		eval(s, ids + i, 1, logits + i * N_VOCAB);
}

/* Another way, then back again, to where the session says. */
static void
truncating_and_extending_again_is_as_if_nothing_happened(void **state)
{
	static float want[LONG * N_VOCAB], got[LONG * N_VOCAB];
	uint32_t ids[LONG], other[10];

	(void)state;
	make_tokens(ids, LONG);
	for (int i = 0; i < 10; i++)
		other[i] = (ids[i] + 1) % N_VOCAB;
	for (size_t a = 0; a < NANO_COUNT; a++) {
		struct opened o = open_nano(&nano_rows[a], NULL, 1, halves);
		uint32_t left;

		eval_from(o.session, ids, 30, want);
		left = session_truncate(o.session, 20);
		assert_in_range(left, 0, 20);
		eval_from(o.session, ids, 20, got);
		eval(o.session, other, 10, NULL);
		left = session_truncate(o.session, 20);
		assert_int_equal(session_n_past(o.session), left);
		eval_from(o.session, ids, 30, got);
		if (memcmp(got + left * N_VOCAB, want + left * N_VOCAB, (30 - left) * N_VOCAB * sizeof *got) != 0)
			fail_msg("%s: other bits after going back to %u", nano_rows[a].name, left);
		close_nano(&o);
	}
}

static void
a_saved_session_goes_on_with_the_same_bits(void **state)
{
	static float want[LONG * N_VOCAB], got[LONG * N_VOCAB];
	struct session_options so = {.n_ctx = N_CTX, .kv = KV_f16};
	uint32_t ids[LONG];
	struct err e = {0};

	(void)state;
	make_tokens(ids, LONG);
	for (size_t a = 0; a < NANO_COUNT; a++) {
		struct opened o = open_nano(&nano_rows[a], NULL, 1, halves);
		struct session *other = session_open(o.model, &so, &e);
		struct buf saved = {0};

		assert_non_null(other);
		eval_from(o.session, ids, 20, want);
		if (!session_save_memory(o.session, &saved, &e) || !session_restore_memory(other, saved.data, saved.len, &e))
			fail_msg("%s: %s", nano_rows[a].name, e.text);
		eval_from(o.session, ids, 30, want);
		eval_from(other, ids, 30, got);
		if (memcmp(got + 20 * N_VOCAB, want + 20 * N_VOCAB, 10 * N_VOCAB * sizeof *got) != 0)
			fail_msg("%s: other bits from a saved session", nano_rows[a].name);
		buf_done(&saved);
		session_close(other);
		close_nano(&o);
	}
}

/* A ring of window - 1 + rewind = 16 positions: what was cut off is computed again from where the session says. */
static void
a_ring_says_from_where_to_evaluate_again(void **state)
{
	static float want[LONG * N_VOCAB], got[LONG * N_VOCAB];
	struct session_options so = {.n_ctx = N_CTX, .kv = KV_f32, .chunk = 4, .rewind = 11,
	    .speculate = SPECULATE_OFF};
	struct opened o = open_nano(nano_find("phi3_window"), NULL, 2, floats);
	uint64_t all = session_memory(o.session).kv;
	uint32_t ids[LONG], other[LONG] = {0}, top = LONG;	/* top: the longest it has been */
	struct err e = {0};

	(void)state;
	make_tokens(ids, LONG);
	eval_from(o.session, ids, LONG, want);
	session_close(o.session);
	o.session = session_open(o.model, &so, &e);
	assert_non_null(o.session);
	assert_true(session_memory(o.session).kv < all / 5);
	eval_from(o.session, ids, LONG, got);
	assert_memory_equal(got, want, sizeof got);
	assert_int_equal(session_truncate(o.session, LONG + 1), LONG);
	for (uint32_t back = 1; back < 30; back++) {
		uint32_t left = session_truncate(o.session, LONG - back), n = 3 + back % 5;

		assert_int_equal(left, LONG - back + 11 >= top ? LONG - back : 0);
		assert_int_equal(session_n_past(o.session), left);
		top = left == 0 ? LONG : left + n > top ? left + n : top;
		/* Another way, then back again. */
		eval(o.session, other, n, NULL);
		assert_int_equal(session_truncate(o.session, left), left);
		memset(got + left * N_VOCAB, 0, (LONG - left) * N_VOCAB * sizeof *got);
		eval_from(o.session, ids, LONG, got);
		assert_memory_equal(got, want, sizeof got);
	}
	close_nano(&o);
}

static void
too_many_tokens_and_unknown_ones_are_refused(void **state)
{
	struct opened o = open_nano(nano_find("llama"), NULL, 1, halves);
	uint32_t ids[LONG], bad = N_VOCAB;
	struct err e = {0};

	(void)state;
	make_tokens(ids, LONG);
	assert_false(session_eval(o.session, &bad, 1, NULL, &e));
	assert_non_null(strstr(e.text, "token 40"));
	assert_false(session_eval(o.session, ids, 0, NULL, &e));
	eval(o.session, ids, LONG, NULL);
	assert_false(session_eval(o.session, ids, 11, NULL, &e));
	assert_non_null(strstr(e.text, "do not fit"));
	assert_int_equal(session_n_past(o.session), LONG);
	close_nano(&o);
}

/* ---- files that must be refused ---- */

static void
assert_refused(struct nano n, const char *what)
{
	struct engine_options eo = {.n_threads = 1};
	struct err e = {0};
	struct engine *g = engine_new(&eo, &e);
	struct buf file = {0};
	struct gguf *gguf;
	struct model *m;

	assert_non_null(g);
	nano_make(&n, &file);
	gguf = gguf_open_memory(file.data, file.len, &e);
	if (!gguf)
		fail_msg("%s", e.text);
	m = model_open_gguf(g, gguf, "nano", &e);
	assert_null(m);
	if (!strstr(e.text, what))
		fail_msg("\"%s\" does not say \"%s\"", e.text, what);
	engine_free(g);
	buf_done(&file);
}

static void
defects_are_named(void **state)
{
	static const struct {
		const char *key;
		uint32_t value;
		const char *what;
	} keys[] = {
		{"block_count", 0, "llama.block_count is 0, expected 1 to"},
		{"block_count", 4000000000u, "llama.block_count is 4000000000"},
		{"block_count", 1000, "only 21 tensors"},
		{"block_count", 3, "no tensor blk.2.attn_norm.weight"},
		{"block_count", 1, "a tensor blk.1."},
		{"embedding_length", 0, "llama.embedding_length is 0"},
		{"embedding_length", 64, "token_embd.weight has the shape 32x40, expected 64x40"},
		{"attention.head_count", 0, "llama.attention.head_count is 0"},
		{"attention.head_count_kv", 3, "does not divide the 4"},
		{"attention.key_length", 7, "head sizes of 7"},
		{"attention.key_length", 1u << 31, "llama.attention.key_length"},
		{"rope.dimension_count", 10, "llama.rope.dimension_count is 10"},
		{"rope.dimension_count", 4, "expected the head size 8"},
		{"context_length", 0, "llama.context_length is 0"},
		{"feed_forward_length", 1u << 30, "llama.feed_forward_length is"},
	};
	struct nano n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		n = *nano_find("llama");
		n.key = keys[i].key;
		n.key_value = keys[i].value;
		assert_refused(n, keys[i].what);
	}
	n = *nano_find("llama");
	n.arch = "bert";
	assert_refused(n, "architecture \"bert\" is not supported; supported are llama");
	n = *nano_find("llama");
	n.missing = "blk.1.ffn_up.weight";
	assert_refused(n, "no tensor blk.1.ffn_up.weight, which llama needs");
	n = *nano_find("llama");
	n.misshapen = "blk.0.attn_output.weight";
	assert_refused(n, "blk.0.attn_output.weight has the shape 32x31, expected 32x32");
	n = *nano_find("llama");
	n.extra = "blk.0.attn_gate.weight";
	assert_refused(n, "blk.0.attn_gate.weight");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logits_are_the_reference_s),
		cmocka_unit_test(logits_are_the_reference_s_in_small_chunks),
		cmocka_unit_test(logits_are_close_with_a_rounded_cache),
		cmocka_unit_test(no_architecture_is_without_a_reference),
		cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
		cmocka_unit_test(a_prompt_may_be_cut_anywhere),
		cmocka_unit_test(far_on_tokens_together_are_tokens_one_by_one),
		cmocka_unit_test(many_tokens_far_on_are_near_those_of_small_passes),
		cmocka_unit_test(truncating_and_extending_again_is_as_if_nothing_happened),
		cmocka_unit_test(a_saved_session_goes_on_with_the_same_bits),
		cmocka_unit_test(a_ring_says_from_where_to_evaluate_again),
		cmocka_unit_test(too_many_tokens_and_unknown_ones_are_refused),
		cmocka_unit_test(defects_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
