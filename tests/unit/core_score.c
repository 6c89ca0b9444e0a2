/* Scores of a text: the same figures as perplexity, a model beside itself, and beside another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/model.h"
#include "core/perplexity.h"
#include "core/score.h"
#include "core/tok/tok.h"
#include "tests/data/nano.h"

enum { N = 128 };

struct fixture {
	struct buf files[2];
	struct engine *engine;
	struct model *models[2];	/* the same shape, other weights */
	uint32_t ids[N];
};

static struct model *
open_model(struct fixture *f, size_t i, struct err *e)
{
	struct gguf *g = gguf_open_memory(f->files[i].data, f->files[i].len, e);

	return g ? model_open_gguf(f->engine, g, "nano", e) : NULL;
}

/* The second file is the first with other numbers in its last tensor's first part. */
static int
open_fixture(void **state)
{
	static struct fixture f;
	struct engine_options eo = {.n_threads = 2};
	struct err e = {0};

	nano_make(&nano_talk, &f.files[0]);
	buf_add(&f.files[1], f.files[0].data, f.files[0].len);
	for (size_t i = 0; i < 512; i++) {
		char *at = f.files[1].data + f.files[1].len - 4 * (i + 1);
		float v;

		memcpy(&v, at, sizeof v);
		v = -v;
		memcpy(at, &v, sizeof v);
	}
	f.engine = engine_new(&eo, &e);
	for (size_t i = 0; f.engine && i < 2; i++)
		f.models[i] = open_model(&f, i, &e);
	for (uint32_t i = 0; i < N; i++)
		f.ids[i] = (i * 7919 + 13) % 251;
	if (!f.models[0] || !f.models[1])
		print_error("%s\n", e.text);
	*state = &f;
	return f.models[0] && f.models[1] ? 0 : -1;
}

static int
close_fixture(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		model_close(f->models[i]);
		buf_done(&f->files[i]);
	}
	engine_free(f->engine);
	return 0;
}

static struct score_side
side(const struct fixture *f, size_t model, size_t n_prompt)
{
	return (struct score_side){f->models[model], f->ids, n_prompt, KV_f16};
}

static struct score_sum
score(const struct score_side *m, const struct score_side *base, const uint32_t *ids, size_t n)
{
	struct score_sum sum;
	struct err e = {0};

	if (!score_text(m, base, ids, n, NULL, &sum, &e))
		fail_msg("%s", e.text);
	return sum;
}

/* One window: its second half is the text, what is before it the prompt. */
static void
agrees_with_perplexity(void **state)
{
	struct fixture *f = *state;
	struct perplexity_options po = {.n_ctx = N, .kv = KV_f16};
	struct perplexity_result r;
	struct score_side m = side(f, 0, N / 2 + 1), base = side(f, 1, N / 2 + 1);
	struct score_sum sum;
	struct err e = {0};

	if (!perplexity_run(f->models[0], f->models[1], f->ids, N, &po, &r, &e))
		fail_msg("%s", e.text);
	if (tok_adds_bos(model_tok(f->models[0])))
		f->ids[0] = tok_bos(model_tok(f->models[0]));
	sum = score(&m, &base, f->ids + N / 2 + 1, N - N / 2 - 1);
	assert_int_equal(sum.n, r.n_scored);
	assert_true(fabs(sum.nll / (double)sum.n - r.nll.mean) < 1e-6);
	assert_true(fabs(sum.kl - r.kl.mean) < 1e-6);
	assert_true(r.kl.mean > 1e-6);
	assert_true(fabs((double)sum.n_same_top / (double)sum.n - r.same_top) < 1e-9);
	/* As many bytes as tokens, here: a token is a byte. */
	assert_true(fabs(score_bits_per_byte(sum.nll, sum.n) - r.nll.mean / log(2)) < 1e-6);
}

static void
itself_does_not_diverge(void **state)
{
	struct fixture *f = *state;
	struct score_side m = side(f, 0, 10);
	struct score_sum sum = score(&m, &m, f->ids + 10, 60);

	assert_true(sum.kl == 0);
	assert_int_equal(sum.n_same_top, 60);
	assert_int_equal(sum.first_other, 60);
}

/* The first token where both would go on otherwise: found by the rows of logits. */
static void
first_other_is_told(void **state)
{
	struct fixture *f = *state;
	struct score_side m = side(f, 0, 1), base = side(f, 1, 1);
	struct score_sum sum = score(&m, &base, f->ids + 1, N - 1), part;

	assert_true(sum.first_other < sum.n);
	part = score(&m, &base, f->ids + 1, sum.first_other + 1);
	assert_int_equal(part.n_same_top, sum.first_other);
	assert_int_equal(part.first_other, sum.first_other);
	if (sum.first_other > 0) {
		part = score(&m, &base, f->ids + 1, sum.first_other);
		assert_int_equal(part.first_other, part.n);
	}
}

/* A prompt longer than a chunk, and a text of one token. */
static void
cut_does_not_matter(void **state)
{
	struct fixture *f = *state;
	uint32_t many[700];
	struct score_side m = {f->models[0], many, 600, KV_f32};
	struct score_sum whole, sum = {0};

	for (uint32_t i = 0; i < 700; i++)
		many[i] = (i * 31 + 7) % 250;
	whole = score(&m, NULL, many + 600, 100);
	for (size_t i = 0; i < 100; i++) {
		struct score_sum one;

		m.n_prompt = 600 + i;
		one = score(&m, NULL, many + 600 + i, 1);
		sum.nll += one.nll;
	}
	assert_true(fabs(sum.nll - whole.nll) < 1e-2);
	assert_true(whole.kl == 0);
}

static void
refuses(void **state)
{
	struct fixture *f = *state;
	struct score_side m = side(f, 0, 10), empty = side(f, 0, 0);
	atomic_bool cancel = true;
	struct score_sum sum;
	uint32_t out = 100000;
	struct err e = {0};

	assert_false(score_text(&m, NULL, f->ids, 0, NULL, &sum, &e));
	assert_false(score_text(&empty, NULL, f->ids, 5, NULL, &sum, &e));
	assert_false(score_text(&m, NULL, &out, 1, NULL, &sum, &e));
	assert_non_null(strstr(e.text, "vocabulary"));
	assert_false(score_text(&m, NULL, f->ids, 5, &cancel, &sum, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	assert_true(score_bits_per_byte(10, 0) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_perplexity),
		cmocka_unit_test(itself_does_not_diverge),
		cmocka_unit_test(first_other_is_told),
		cmocka_unit_test(cut_does_not_matter),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
