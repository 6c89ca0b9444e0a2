/* Speculative decoding changes no bit: every nano model and every fixture of ../shared/gold chooses the same tokens from
 * the same logits with drafts as without, whatever the drafts are, and goes on the same afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/session.h"
#include "tests/data/gold.h"
#include "tests/data/nano.h"

enum { N_CTX = 100, N_PROMPT = 24, N_AFTER = 3 };

struct text {
	uint32_t ids[N_CTX + 1];
	uint32_t n;
	float *logits;				/* [n][n_vocab], each token was chosen from */
};

struct seen {
	uint32_t drafted, accepted, stopped;	/* over all models */
};

static void
must(bool ok, const char *name, const struct err *e)
{
	if (!ok)
		fail_msg("%s: %s", name, e->text);
}

static struct sampler *
new_sampler(const struct model *m, float temp)
{
	struct sampler_params p;
	struct err e = {0};
	struct sampler *s;

	sampler_params_default(&p);
	p.temp = temp;
	p.seed = 11;
	s = sampler_new(&p, m->hp.n_vocab, &e);
	assert_non_null(s);
	return s;
}

/* The prompt, or for an encoder its input and the start of the answer. */
static void
read_prompt(struct session *s, const uint32_t *ids, size_t n)
{
	struct err e = {0};

	session_truncate(s, 0);
	if (s->m->hp.n_encoder > 0) {
		must(session_encode(s, ids, n, &e), s->m->info.name, &e);
		ids = &s->m->hp.decoder_start;
		n = 1;
	}
	must(session_eval(s, ids, n, NULL, &e), s->m->info.name, &e);
}

/* A pass for each token, until the context is full. */
static void
write_plain(struct session *s, float temp, struct text *t)
{
	size_t n_vocab = s->m->hp.n_vocab;
	struct sampler *sampler = new_sampler(s->m, temp);
	struct err e = {0};

	t->n = 0;
	for (;;) {
		memcpy(t->logits + t->n * n_vocab, s->logits, n_vocab * sizeof *s->logits);
		t->ids[t->n] = sampler_choose(sampler, s->logits).id;
		if (s->n_past >= s->n_ctx)
			break;
		must(session_eval(s, &t->ids[t->n++], 1, NULL, &e), s->m->info.name, &e);
	}
	t->n++;
	sampler_free(sampler);
}

/* The first N tokens of T, with drafts. */
static void
write_ahead(struct session *s, float temp, const struct text *t, uint32_t n)
{
	size_t n_vocab = s->m->hp.n_vocab;
	struct sampler *sampler = new_sampler(s->m, temp);

	ahead_begin(s);
	for (uint32_t i = 0; i < n; i++) {
		bool stopped;

		if (memcmp(ahead_logits(s), t->logits + i * n_vocab, n_vocab * sizeof *s->logits) != 0)
			fail_msg("%s: other logits of token %u with drafts of %u", s->m->info.name, i, s->ahead.always);
		assert_int_equal(sampler_choose(sampler, ahead_logits(s)).id, t->ids[i]);
		if (i + 1 == n)
			break;
		ahead_take(s, t->ids[i], n - i - 1, NULL, NULL, &stopped);
		assert_false(stopped);
		assert_true(s->n_past <= s->n_ctx);
	}
	ahead_end(s, NULL, NULL);
	assert_memory_equal(s->logits, t->logits + (n - 1) * n_vocab, n_vocab * sizeof *s->logits);
	sampler_free(sampler);
}

/* The timeline after N - 1 tokens of T is that of a session without drafts. */
static void
goes_on(struct session *s, const struct text *t, uint32_t n)
{
	size_t n_vocab = s->m->hp.n_vocab;
	struct err e = {0};

	for (uint32_t i = n - 1; i < n - 1 + N_AFTER && i + 1 < t->n; i++) {
		must(session_eval(s, &t->ids[i], 1, NULL, &e), s->m->info.name, &e);
		if (memcmp(s->logits, t->logits + (i + 1) * n_vocab, n_vocab * sizeof *s->logits) != 0)
			fail_msg("%s: other logits after an answer of %u tokens with drafts", s->m->info.name, n);
	}
}

static bool
stop_later(void *ctx, uint32_t done, uint32_t total)
{
	uint32_t *left = ctx;

	(void)done, (void)total;
	return *left > 0 && --*left > 0;
}

/* Cancelled after N_STEPS layers (a model of one never asks), in the middle of a draft or of its check, a session
 * holds what was taken for sure: the conversation goes on from there. */
static bool
stops_midway(struct session *s, const struct text *t, uint32_t n_steps)
{
	uint32_t first = s->n_past, taken = 0;
	bool stopped = false;

	ahead_begin(s);
	for (; !stopped && taken + N_AFTER < t->n; taken++)
		ahead_take(s, t->ids[taken], t->n - taken - 1, stop_later, &n_steps, &stopped);
	ahead_end(s, NULL, NULL);
	assert_true(s->n_past >= first && s->n_past <= first + taken - stopped);
	goes_on(s, t, s->n_past - first + 1);
	return stopped;
}

static void
check_temp(struct model *m, const uint32_t *prompt, size_t n_prompt, float temp, bool model_drafts, struct seen *seen)
{
	static const uint32_t lengths[] = {1, 4, 14};
	struct session_options plain = {.n_ctx = N_CTX, .kv = KV_f16, .rewind = 1, .speculate = SPECULATE_OFF};
	struct session_options so = {.n_ctx = N_CTX, .kv = KV_f16, .rewind = 1, .draft = model_drafts ? m : NULL};
	struct err e = {0};
	struct session *a = session_open(m, &plain, &e), *b = session_open(m, &so, &e);
	struct text t = {.logits = mem_new0((size_t)(N_CTX + 1) * m->hp.n_vocab, sizeof(float))};

	must(a && b, m->info.name, &e);
	b->ahead.draft.sure = 0;
	read_prompt(a, prompt, n_prompt);
	write_plain(a, temp, &t);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		uint32_t n = i == 0 ? t.n : t.n - 9 - 5 * (uint32_t)i;

		b->ahead.always = lengths[i];
		read_prompt(b, prompt, n_prompt);
		write_ahead(b, temp, &t, n);
		seen->drafted += b->ahead.n_drafted;
		seen->accepted += b->ahead.n_accepted;
		goes_on(b, &t, n);
		for (uint32_t n_steps = 1; n_steps <= 13; n_steps += 4) {
			read_prompt(b, prompt, n_prompt);
			seen->stopped += stops_midway(b, &t, n_steps);
		}
	}
	free(t.logits);
	session_close(a);
	session_close(b);
}

static bool
may_draft(const struct model *m)
{
	return m->n_state == 0 && m->hp.n_encoder == 0;
}

static void
check_model(struct model *m, const uint32_t *prompt, size_t n_prompt, struct seen *seen)
{
	check_temp(m, prompt, n_prompt, 0, false, seen);
	if (may_draft(m))
		check_temp(m, prompt, n_prompt, 0.5f, true, seen);
	else
		check_temp(m, prompt, n_prompt, 0.5f, false, seen);
}

/* A text that repeats itself, a little changed. */
static void
make_prompt(uint32_t *ids, uint32_t n_vocab)
{
	for (uint32_t i = 0; i < N_PROMPT; i++)
		ids[i] = (i % 7 * 5 + 1 + i / 14) % n_vocab;
}

static void
nano_models_write_the_same_with_drafts(void **state)
{
	struct seen seen = {0};
	uint32_t ids[N_PROMPT];

	(void)state;
	for (size_t i = 0; i < NANO_COUNT; i++) {
		struct engine_options eo = {.n_threads = 1};
		struct buf file = {0};
		struct err e = {0};
		struct engine *engine = engine_new(&eo, &e);
		struct gguf *g;
		struct model *m;

		nano_make(&nano_rows[i], &file);
		g = gguf_open_memory(file.data, file.len, &e);
		m = engine && g ? model_open_gguf(engine, g, nano_rows[i].name, &e) : NULL;
		must(m != NULL, nano_rows[i].name, &e);
		make_prompt(ids, m->hp.n_vocab);
		check_model(m, ids, N_PROMPT, &seen);
		model_close(m);
		engine_free(engine);
		buf_done(&file);
	}
	assert_true(seen.stopped > 100);
	assert_true(seen.accepted > 1000 && seen.drafted > seen.accepted + 1000);
}

static struct seen seen_gold;

static void
check_gold(const struct gold *f)
{
	struct gold_setup setup = {.n_threads = 1};
	struct engine *engine;
	struct model *m = gold_open_model(f, &setup, &engine);
	uint32_t ids[N_PROMPT];

	make_prompt(ids, m->hp.n_vocab);
	check_model(m, ids, N_PROMPT, &seen_gold);
	model_close(m);
	engine_free(engine);
}

static void
fixtures_write_the_same_with_drafts(void **state)
{
	(void)state;
	gold_need();
	gold_each(gold_is_any, check_gold);
	assert_true(seen_gold.stopped > 100);
	assert_true(seen_gold.accepted > 1000 && seen_gold.drafted > seen_gold.accepted + 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nano_models_write_the_same_with_drafts),
		cmocka_unit_test(fixtures_write_the_same_with_drafts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
