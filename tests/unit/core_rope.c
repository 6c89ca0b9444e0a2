/* Angles of rotary positions under every scaling: numbers worked out from the published formulas. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/model.h"
#include "core/rope.h"
#include "tests/data/nano.h"

enum { N_ROT = 16, N_PAIRS = N_ROT / 2 };

static const struct hparam_rope plain = {.n_rot = N_ROT, .base = 100, .factor = 1, .attn_factor = 1,
	.n_ctx_original = 32};

static void
assert_close(double got, double want)
{
	if (!(fabs(got - want) <= 1e-7 * fabs(want)))
		fail_msg("%.10g, expected %.10g", got, want);
}

static void
linear_divides_all_angles(void **state)
{
	struct hparam_rope p = plain;
	double one[N_PAIRS], freq[N_PAIRS];

	(void)state;
	rope_freqs(one, &plain, NULL);
	assert_close(one[0], 1);
	assert_close(one[4], 0.1);		/* 100^(-8/16) */
	p.scaling = ROPE_SCALING_LINEAR;
	p.factor = 4;
	rope_freqs(freq, &p, NULL);
	for (int i = 0; i < N_PAIRS; i++)
		assert_close(freq[i], one[i] / 4);
	assert_close(rope_magnitude(&p), 1);
}

/* The divisors that transformers 5.24 gives for base 100, factor 8, factors 1 and 4, 32 positions. */
static const float llama3_divisors[N_PAIRS] = {1, 1.49552595f, 3.29953895f, 8, 8, 8, 8, 8};

static void
llama3_is_what_its_divisors_say(void **state)
{
	struct hparam_rope p = plain;
	double one[N_PAIRS], freq[N_PAIRS];

	(void)state;
	p.scaling = ROPE_SCALING_LLAMA3;
	p.factor = 8;
	p.beta_slow = 1;
	p.beta_fast = 4;
	rope_freqs(one, &plain, NULL);
	rope_freqs(freq, &p, NULL);
	for (int i = 0; i < N_PAIRS; i++)
		assert_close(freq[i], one[i] / (double)llama3_divisors[i]);
	/* A file with both says the same thing twice. */
	rope_freqs(freq, &p, llama3_divisors);
	for (int i = 0; i < N_PAIRS; i++)
		assert_close(freq[i], one[i] / (double)llama3_divisors[i]);
}

/* 2000 positions at base 10000: pairs 0 .. 1 turn often enough to stay, from pair 5 on all is interpolated. */
static void
yarn_blends_between_its_bounds(void **state)
{
	struct hparam_rope p = {.n_rot = N_ROT, .base = 10000, .scaling = ROPE_SCALING_YARN, .factor = 4, .attn_factor = 1,
		.beta_fast = 32, .beta_slow = 1, .n_ctx_original = 2000};
	double freq[N_PAIRS], one;

	(void)state;
	rope_freqs(freq, &p, NULL);
	for (int i = 0; i < N_PAIRS; i++) {
		/* low = floor(8 ln(2000 / 64 pi) / ln 10000) = 1, high = ceil(8 ln(2000 / 2 pi) / ln 10000) = 6 */
		double share = fmin(1, fmax(0, (i - 1) / 5.0));

		one = pow(10000, -i / 8.0);
		assert_close(freq[i], one * (1 - share) + one / 4 * share);
	}
	assert_close(rope_magnitude(&p), 1 + 0.1 * log(4));
}

/* ---- from the keys of a file ---- */

#define KEYS "arch llama, block_count 2, context_length 128, embedding_length 32, feed_forward_length 48, " \
	"attention.head_count 2, attention.head_count_kv 1, rope.dimension_count 16, rope.freq_base 100.0, " \
	"attention.layer_norm_rms_epsilon 1e-3"
#define LAYERS "attn_norm.weight 32, attn_q.weight 32x32, attn_k.weight 32x16, attn_v.weight 32x16, " \
	"attn_output.weight 32x32, ffn_norm.weight 32, ffn_gate.weight 32x48, ffn_up.weight 32x48, ffn_down.weight 48x32"
#define LLAMA3 ", rope.scaling.type llama3, rope.scaling.factor 8.0, rope.scaling.original_context_length 32"

static bool
last_logits(const char *keys, const char *tensors, float *logits, struct err *e)
{
	const struct nano n = {.keys = keys, .tensors = tensors, .layers = LAYERS};
	struct engine_options eo = {.n_threads = 1};
	struct engine *engine = engine_new(&eo, e);
	struct buf file = {0};
	struct session *s = NULL;
	uint32_t ids[20];
	struct gguf *g;
	struct model *m;
	bool ok;

	nano_make(&n, &file);
	g = gguf_open_memory(file.data, file.len, e);
	m = g && engine ? model_open_gguf(engine, g, "nano", e) : NULL;
	for (uint32_t i = 0; i < ARRAY_LEN(ids); i++)
		ids[i] = i * i % 40;
	s = m ? session_open(m, NULL, e) : NULL;
	ok = s && session_eval(s, ids, ARRAY_LEN(ids), NULL, e);
	if (ok)
		memcpy(logits, session_logits(s), 40 * sizeof *logits);
	session_close(s);
	model_close(m);
	engine_free(engine);
	buf_done(&file);
	return ok;
}

static void
llama3_is_read_from_keys_alone(void **state)
{
	static const char tensors[] = "token_embd.weight 32x40, output_norm.weight 32";
	static const char divisors[] = "token_embd.weight 32x40, output_norm.weight 32, "
	    "rope_freqs.weight 8 = 1 1.49552595 3.29953895 8 8 8 8 8";
	float want[40], got[40], both[40], none[40];
	struct err e = {0};
	float moved = 0;

	(void)state;
	if (!last_logits(KEYS, divisors, want, &e) || !last_logits(KEYS LLAMA3, tensors, got, &e) ||
	    !last_logits(KEYS LLAMA3, divisors, both, &e) || !last_logits(KEYS, tensors, none, &e))
		fail_msg("%s", e.text);
	for (int i = 0; i < 40; i++) {
		assert_true(fabsf(got[i] - want[i]) < 1e-5f);
		assert_true(fabsf(both[i] - want[i]) < 1e-5f);
		moved = fmaxf(moved, fabsf(none[i] - want[i]));
	}
	assert_true(moved > 1e-3f);
	assert_false(last_logits(KEYS LLAMA3 ", rope.scaling.high_freq_factor 1.0", tensors, got, &e));
	assert_non_null(strstr(e.text, "high_freq_factor is 1, expected more than low_freq_factor, which is 1"));
	assert_false(last_logits(KEYS ", rope.scaling.type spiral", tensors, got, &e));
	assert_non_null(strstr(e.text, "supported are none, linear, yarn, llama3 and longrope"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear_divides_all_angles),
		cmocka_unit_test(llama3_is_what_its_divisors_say),
		cmocka_unit_test(yarn_blends_between_its_bounds),
		cmocka_unit_test(llama3_is_read_from_keys_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
