/* The sampler: every stage against distributions small enough to work out by hand, draws by their statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/sampler.h"
#include "core/sampler_impl.h"
#include "core/tok/tok.h"
#include "tests/data/gguf_make.h"

#define N 8
#define DRAWS 20000

/* All stages off but the draw itself. */
static struct sampler_params
neutral(void)
{
	struct sampler_params p;

	sampler_params_default(&p);
	p.temp = 1;
	p.top_k = 0;
	p.top_p = 1;
	p.min_p = 0;
	p.seed = 42;
	return p;
}

static struct sampler *
make(const struct sampler_params *p, uint32_t n)
{
	struct err e = {0};
	struct sampler *s = sampler_new(p, n, &e);

	if (!s)
		fail_msg("%s", e.text);
	return s;
}

/* 0.5, 0.2, 0.1, 0.08, 0.06, 0.03, 0.02, 0.01, not in order of size. */
static const double probs[N] = {0.1, 0.02, 0.5, 0.06, 0.01, 0.2, 0.03, 0.08};

static void
logits_of(float *l, const double *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		l[i] = (float)log(p[i]) + 3;
}

/* Draw often: the shares must be EXPECTED (not normalised), and exactly the others never come. */
static void
check_shares(const struct sampler_params *p, const uint32_t *past, size_t n_past, const double *expected)
{
	struct sampler *s = make(p, N);
	float l[N];
	double sum = 0;
	int count[N] = {0};

	logits_of(l, probs, N);
	for (size_t i = 0; i < n_past; i++)
		sampler_accept(s, past[i]);
	for (int i = 0; i < DRAWS; i++)
		count[sampler_choose(s, l).id]++;
	for (size_t i = 0; i < N; i++)
		sum += expected[i];
	for (size_t i = 0; i < N; i++) {
		double share = expected[i] / sum;
		double spread = sqrt(share * (1 - share) / DRAWS);

		if (share == 0 ? count[i] > 0 : fabs((double)count[i] / DRAWS - share) > 5 * spread)
			fail_msg("token %zu: %d of %d draws, a share of %g was expected", i, count[i], DRAWS, share);
	}
	sampler_free(s);
}

static void
plain_draw(void **state)
{
	struct sampler_params p = neutral();

	(void)state;
	check_shares(&p, NULL, 0, probs);
}

static void
temperature(void **state)
{
	struct sampler_params p = neutral();
	double expected[N];

	(void)state;
	p.temp = 0.5f;
	for (size_t i = 0; i < N; i++)
		expected[i] = probs[i] * probs[i];
	check_shares(&p, NULL, 0, expected);
	p.temp = 2;
	for (size_t i = 0; i < N; i++)
		expected[i] = sqrt(probs[i]);
	check_shares(&p, NULL, 0, expected);
}

static void
top_k(void **state)
{
	struct sampler_params p = neutral();

	(void)state;
	p.top_k = 3;
	check_shares(&p, NULL, 0, (const double[N]){0.1, 0, 0.5, 0, 0, 0.2, 0, 0});
	p.top_k = 1;
	check_shares(&p, NULL, 0, (const double[N]){0, 0, 1, 0, 0, 0, 0, 0});
	p.top_k = N + 5;
	check_shares(&p, NULL, 0, probs);
}

/* 0.5 + 0.2 + 0.1 = 0.8 reaches 0.75, and 0.7 does not. */
static void
top_p(void **state)
{
	struct sampler_params p = neutral();

	(void)state;
	p.top_p = 0.75f;
	check_shares(&p, NULL, 0, (const double[N]){0.1, 0, 0.5, 0, 0, 0.2, 0, 0});
	p.top_p = 0.45f;
	check_shares(&p, NULL, 0, (const double[N]){0, 0, 0.5, 0, 0, 0, 0, 0});
	p.top_p = 0;
	check_shares(&p, NULL, 0, (const double[N]){0, 0, 0.5, 0, 0, 0, 0, 0});
}

/* Of 0.5, 0.2, 0.1 after top-k, 0.8 of 0.8 is 0.64: top-p divides what top-k left. */
static void
top_p_after_top_k(void **state)
{
	struct sampler_params p = neutral();

	(void)state;
	p.top_k = 3;
	p.top_p = 0.8f;
	check_shares(&p, NULL, 0, (const double[N]){0, 0, 0.5, 0, 0, 0.2, 0, 0});
}

static void
min_p(void **state)
{
	struct sampler_params p = neutral();

	(void)state;
	p.min_p = 0.11f;		/* of 0.5: 0.055 */
	check_shares(&p, NULL, 0, (const double[N]){0.1, 0, 0.5, 0.06, 0, 0.2, 0, 0.08});
	p.min_p = 1;
	check_shares(&p, NULL, 0, (const double[N]){0, 0, 0.5, 0, 0, 0, 0, 0});
}

/* H = 1.5197 nats.  Distances of the surprise from it: 0.09 (p = 0.2), 0.78 (0.1), 0.83 (0.5), 1.01 (0.08), … */
static void
typical(void **state)
{
	struct sampler_params p = neutral();

	(void)state;
	p.typical_p = 0.25f;
	check_shares(&p, NULL, 0, (const double[N]){0.1, 0, 0, 0, 0, 0.2, 0, 0});
	p.typical_p = 0.7f;
	check_shares(&p, NULL, 0, (const double[N]){0.1, 0, 0.5, 0, 0, 0.2, 0, 0});
	p.typical_p = 0.15f;
	check_shares(&p, NULL, 0, (const double[N]){0, 0, 0, 0, 0, 1, 0, 0});
}

/* Logits are log p + 3: 2.307 for token 2, which is positive, so it is divided; -1.605 for token 4 is multiplied. */
static void
penalties(void **state)
{
	static const uint32_t past[] = {5, 2, 4, 2};
	struct sampler_params p = neutral();
	double expected[N];

	(void)state;
	memcpy(expected, probs, sizeof probs);
	p.repeat_penalty = 2;
	p.penalty_last = 3;		/* 2, 4, 2: token 5 is too far back */
	expected[2] = exp((log(0.5) + 3) / 2 - 3);
	expected[4] = exp((log(0.01) + 3) * 2 - 3);
	check_shares(&p, past, ARRAY_LEN(past), expected);

	p = neutral();
	memcpy(expected, probs, sizeof probs);
	p.presence_penalty = 0.5f;
	p.frequency_penalty = 0.25f;
	expected[2] *= exp(-0.5 - 2 * 0.25);
	expected[4] *= exp(-0.5 - 0.25);
	expected[5] *= exp(-0.5 - 0.25);
	check_shares(&p, past, ARRAY_LEN(past), expected);
}

/* 0 1 5 … 0 1: 5 would make the sequence of two a repetition; 3 follows 1 alone, which is too short to count. */
static void
dry(void **state)
{
	static const uint32_t past[] = {0, 1, 5, 6, 1, 3, 7, 0, 1};
	struct sampler_params p = neutral();
	double expected[N];

	(void)state;
	memcpy(expected, probs, sizeof probs);
	p.dry_multiplier = 0.8f;
	p.dry_base = 2;
	p.dry_allowed_length = 2;
	expected[5] *= exp(-0.8);			/* 0.8 * 2^(2 - 2) */
	check_shares(&p, past, ARRAY_LEN(past), expected);

	p.dry_allowed_length = 1;
	expected[5] = probs[5] * exp(-1.6);		/* 0.8 * 2^(2 - 1) */
	expected[3] = probs[3] * exp(-0.8);
	check_shares(&p, past, ARRAY_LEN(past), expected);

	p.dry_last = 5;					/* 1 3 7 0 1 */
	expected[5] = probs[5];
	check_shares(&p, past, ARRAY_LEN(past), expected);
}

/* The same by the definition, quadratic: the longest match before each occurrence of each token. */
static void
dry_by_definition(float *l, const uint32_t *past, size_t n, const struct sampler_params *p)
{
	size_t longest[N] = {0};

	for (size_t i = 0; i + 1 < n; i++) {
		size_t length = 0;

		while (length <= i && past[i - length] == past[n - 1 - length])
			length++;
		if (length > longest[past[i + 1]])
			longest[past[i + 1]] = length;
	}
	for (size_t id = 0; id < N; id++)
		if (longest[id] >= p->dry_allowed_length)
			l[id] -= p->dry_multiplier * powf(p->dry_base, (float)(longest[id] - p->dry_allowed_length));
}

static void
dry_agrees_with_its_definition(void **state)
{
	struct sampler_params p = neutral();
	uint64_t random = 7;

	(void)state;
	p.temp = 0;
	p.dry_multiplier = 0.01f;
	p.dry_base = 1.3f;
	for (int round = 0; round < 2000; round++) {
		struct sampler *s = make(&p, N);
		uint32_t past[40], n_ids;
		float l[N], want[N] = {0};
		size_t n;

		random = random * 6364136223846793005u + 1442695040888963407u;
		n = 1 + (random >> 40) % ARRAY_LEN(past);
		n_ids = 1 + (random >> 50) % 3;
		for (size_t i = 0; i < n; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			past[i] = (uint32_t)(random >> 40) % n_ids;
			sampler_accept(s, past[i]);
		}
		memset(l, 0, sizeof l);
		sampler_choose(s, l);
		dry_by_definition(want, past, n, &p);
		for (size_t i = 0; i < N; i++)
			assert_true(fabsf(s->logits[i] - want[i]) <= 1e-5f * (1 + fabsf(want[i])));
		sampler_free(s);
	}
}

/* A vocabulary in which token 1 holds a newline. */
static struct tok *
tok_with_newline(struct buf *file, struct gguf **g)
{
	static const char *const words[] = {"a", "b\xc4\x8a", "c", "d", "e", "f", "g", "h"};
	int32_t kinds[N];
	struct gguf_make m = {0};
	struct err e = {0};
	struct tok *t;

	for (size_t i = 0; i < N; i++)
		kinds[i] = TOK_NORMAL;
	gguf_make_str(&m, "tokenizer.ggml.model", "gpt2");
	gguf_make_str(&m, "tokenizer.ggml.pre", "qwen2");
	gguf_make_strs(&m, "tokenizer.ggml.tokens", words, N);
	gguf_make_array(&m, "tokenizer.ggml.token_type", GGUF_I32, kinds, N, 4);
	gguf_make_strs(&m, "tokenizer.ggml.merges", NULL, 0);
	gguf_make_finish(&m, file);
	*g = gguf_open_memory(file->data, file->len, &e);
	t = *g ? tok_open(*g, &e) : NULL;
	if (!t)
		fail_msg("%s", e.text);
	return t;
}

static void
dry_stops_at_breakers(void **state)
{
	static const uint32_t past[] = {0, 1, 2, 3, 4, 0, 1, 2};
	struct sampler_params p = neutral();
	struct buf file = {0};
	struct gguf *g;
	struct tok *t = tok_with_newline(&file, &g);
	float l[N] = {0};

	(void)state;
	p.temp = 0;
	p.dry_multiplier = 1;
	for (uint32_t allowed = 1; allowed <= 2; allowed++) {
		struct sampler *s;

		p.dry_allowed_length = allowed;
		s = make(&p, N);
		sampler_set_breakers(s, t);
		for (size_t i = 0; i < ARRAY_LEN(past); i++)
			sampler_accept(s, past[i]);
		sampler_choose(s, l);
		/* Only "2" lies between the newline and the end: a sequence of one. */
		assert_true(allowed == 1 ? s->logits[3] == -1 : s->logits[3] == 0);
		sampler_free(s);
	}
	tok_close(t);
	gguf_close(g);
	buf_done(&file);
}

static void
greedy_takes_the_first_of_the_largest(void **state)
{
	struct sampler_params p = neutral();
	float l[200];
	struct sampler *s;

	(void)state;
	p.temp = 0;
	s = make(&p, ARRAY_LEN(l));
	for (size_t i = 0; i < ARRAY_LEN(l); i++)
		l[i] = i % 50 == 49 ? 7 : -1;
	assert_int_equal(sampler_choose(s, l).id, 49);
	l[3] = 7.5f;
	assert_int_equal(sampler_choose(s, l).id, 3);
	l[199] = 8;
	assert_int_equal(sampler_choose(s, l).id, 199);
	sampler_free(s);
}

/* Probability and entropy are those of the model, whatever the stages do. */
static void
tells_of_the_models_distribution(void **state)
{
	struct sampler_params p = neutral();
	struct sampler *s;
	struct sampler_choice c;
	float l[N];
	double entropy = 0;

	(void)state;
	p.top_k = 1;
	p.temp = 0.1f;
	p.presence_penalty = 10;
	s = make(&p, N);
	sampler_accept(s, 2);
	logits_of(l, probs, N);
	for (size_t i = 0; i < N; i++)
		entropy -= probs[i] * log2(probs[i]);
	c = sampler_choose(s, l);
	assert_int_equal(c.id, 5);
	assert_true(fabs((double)c.p - 0.2) < 1e-6);
	assert_true(fabs((double)c.entropy - entropy) < 1e-5);
	sampler_free(s);
}

/* Odd sizes, many blocks: the same sets as a full sort gives. */
/* The ten most probable, before and after the stages, against a look at all of them. */
static void
tells_what_else_there_was(void **state)
{
	enum { MANY = 1000 };
	struct sampler_params p;
	struct sampler_choice c;
	struct sampler *s;
	struct err e = {0};
	float logits[MANY];
	double sum = 0;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		logits[i] = (float)((i * 7919 + 13) % 997) * 0.02f;
	logits[500] = NAN;
	logits[501] = -INFINITY;
	for (size_t i = 0; i < MANY; i++)
		sum += i == 500 ? 0 : exp((double)logits[i]);
	sampler_params_default(&p);
	p.temp = 1;
	p.top_k = 4;
	p.top_p = 1;
	p.min_p = 0;
	p.seed = 5;
	s = sampler_new(&p, MANY, &e);
	c = sampler_choose(s, logits);
	assert_int_equal(c.n_top, SAMPLER_TOP);
	for (uint32_t i = 0; i < c.n_top; i++) {
		size_t above = 0;

		for (size_t j = 0; j < MANY; j++)
			above += logits[j] > logits[c.top[i].id] || (logits[j] == logits[c.top[i].id] && j < c.top[i].id);
		assert_int_equal(above, i);
		assert_true(fabs((double)c.top[i].p - exp((double)logits[c.top[i].id]) / sum) < 1e-5);
		assert_true((c.top[i].after > 0) == (i < 4));
		if (c.top[i].id == c.id)
			assert_true(c.after == c.top[i].after);
	}
	assert_true(fabs((double)(c.top[0].after + c.top[1].after + c.top[2].after + c.top[3].after) - 1) < 1e-5);
	sampler_free(s);
	p.temp = 0;
	s = sampler_new(&p, 3, &e);
	c = sampler_choose(s, (const float[]){1, 3, 2});
	assert_int_equal(c.n_top, 3);
	assert_int_equal(c.top[1].id, 2);
	assert_true(c.top[0].after == 1 && c.top[1].after == 0 && c.after == 1);
	sampler_free(s);
}

static void
cuts_of_large_vocabularies(void **state)
{
	static const uint32_t ks[] = {1, 2, 5, 40, 63, 64, 65, 1000};
	uint64_t random = 3;

	(void)state;
	for (uint32_t n = 1; n < 3000; n = n * 3 / 2 + 1) {
		float *l = mem_new0(n, sizeof *l);

		for (uint32_t i = 0; i < n; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			l[i] = (float)(random >> 60);		/* 16 values: many ties */
		}
		for (size_t j = 0; j < ARRAY_LEN(ks); j++) {
			struct sampler_params p = neutral();
			struct sampler *s;
			float lowest = 16;
			size_t above = 0;

			p.top_k = ks[j];
			s = make(&p, n);
			sampler_choose(s, l);
			assert_int_equal(s->n_cands, ks[j] < n ? ks[j] : n);
			for (size_t i = 0; i < s->n_cands; i++) {
				assert_true(i == 0 || s->cands[i].id > s->cands[i - 1].id);
				lowest = s->cands[i].logit < lowest ? s->cands[i].logit : lowest;
			}
			for (uint32_t i = 0; i < n; i++)
				above += l[i] > lowest;
			assert_true(above < s->n_cands);
			sampler_free(s);
		}
		free(l);
	}
}

static void
the_same_seed_draws_the_same(void **state)
{
	struct sampler_params p = neutral();
	struct sampler *a = make(&p, N), *b = make(&p, N), *c;
	uint32_t drawn[16];
	bool differs = false;
	float l[N];

	(void)state;
	p.seed = 43;
	c = make(&p, N);
	logits_of(l, probs, N);
	for (size_t i = 0; i < ARRAY_LEN(drawn); i++) {
		drawn[i] = sampler_choose(a, l).id;
		assert_int_equal(drawn[i], sampler_choose(b, l).id);
		differs = differs || sampler_choose(c, l).id != drawn[i];
	}
	assert_true(differs);
	/* Fixed for good: a seed written down today means the same tomorrow. */
	assert_memory_equal(drawn, ((const uint32_t[]){5, 2, 2, 2, 0, 5, 2, 5, 2, 2, 2, 2, 2, 2, 3, 2}), sizeof drawn);
	sampler_free(a);
	sampler_free(b);
	sampler_free(c);
}

static void
survives_strange_logits(void **state)
{
	static const float strange[][4] = {
		{NAN, NAN, NAN, NAN},
		{-INFINITY, -INFINITY, -INFINITY, -INFINITY},
		{NAN, INFINITY, NAN, 0},
		{-INFINITY, NAN, 3, NAN},
		{-3e38f, 3e38f, -3e38f, NAN},
	};
	static const uint32_t best[] = {0, 0, 1, 2, 1};
	struct sampler_params all = neutral();

	(void)state;
	all.top_k = 2;
	all.top_p = 0.9f;
	all.min_p = 0.1f;
	all.typical_p = 0.9f;
	all.repeat_penalty = 1.1f;
	all.dry_multiplier = 1;
	for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
		for (int kind = 0; kind < 3; kind++) {
			struct sampler_params p = kind == 0 ? all : neutral();
			struct sampler *s;
			struct sampler_choice c;

			p.temp = kind == 2 ? 0 : 1;
			s = make(&p, 4);
			sampler_accept(s, 3);
			c = sampler_choose(s, strange[i]);
			assert_true(c.id < 4);
			if (kind == 2)
				assert_int_equal(c.id, best[i]);
			sampler_free(s);
		}
	}
}

static void
checks_parameters(void **state)
{
	struct sampler_params p;
	struct err e = {0};

	(void)state;
	sampler_params_default(&p);
	assert_true(sampler_params_check(&p, &e));
	p.top_p = 1.5f;
	assert_false(sampler_params_check(&p, &e));
	assert_string_equal(e.text, "top-p is 1.5, from 0 to 1 was expected");
	assert_int_equal(e.kind, ERR_USAGE);
	assert_null(sampler_new(&p, 4, &e));
	sampler_params_default(&p);
	p.temp = NAN;
	assert_false(sampler_params_check(&p, &e));
}

/* A timeline longer than the sampler keeps, and no allocation while it grows. */
static void
long_timeline(void **state)
{
	struct sampler_params p = neutral();
	struct sampler *s;
	float l[N] = {0};

	(void)state;
	p.temp = 0;
	p.penalty_last = 3;
	p.dry_multiplier = 0;
	p.presence_penalty = 1;
	s = make(&p, N);
	mem_guard_begin();
	for (uint32_t i = 0; i < 5000; i++) {
		sampler_accept(s, i % N);
		sampler_choose(s, l);
		for (uint32_t j = 0; j < N && i >= N; j++)
			assert_true(s->logits[(i + N - j) % N] == (j < 3 ? -1 : 0));
	}
	mem_guard_end();
	sampler_reset(s);
	assert_int_equal(sampler_choose(s, l).id, 0);
	assert_true(s->logits[0] == 0);
	sampler_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_draw),
		cmocka_unit_test(temperature),
		cmocka_unit_test(top_k),
		cmocka_unit_test(top_p),
		cmocka_unit_test(top_p_after_top_k),
		cmocka_unit_test(min_p),
		cmocka_unit_test(typical),
		cmocka_unit_test(penalties),
		cmocka_unit_test(dry),
		cmocka_unit_test(dry_agrees_with_its_definition),
		cmocka_unit_test(dry_stops_at_breakers),
		cmocka_unit_test(greedy_takes_the_first_of_the_largest),
		cmocka_unit_test(tells_of_the_models_distribution),
		cmocka_unit_test(tells_what_else_there_was),
		cmocka_unit_test(cuts_of_large_vocabularies),
		cmocka_unit_test(the_same_seed_draws_the_same),
		cmocka_unit_test(survives_strange_logits),
		cmocka_unit_test(checks_parameters),
		cmocka_unit_test(long_timeline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
