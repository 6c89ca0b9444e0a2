/* Votes: in the database, after a move from the format before them too; ratings that are what the model says, for any
 * votes; topics; and models with settings of their own. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/data/place.h"
#include "tui/state/compare.h"
#include "tui/state/compare_spec.h"
#include "tui/state/history.h"
#include "tui/state/ratings.h"
#include "tui/state/topic.h"

static char root[32];
static char path[128];

static const char *
new_path(const char *name)
{
	snprintf(path, sizeof path, "%s/%s/history.db", root, name);
	return path;
}

static struct history *
open_at(const char *where)
{
	struct err e = {0};
	struct history *h = history_open(where, &e);

	if (!h)
		print_error("%s\n", e.text);
	assert_non_null(h);
	return h;
}

#define TEXT(s) ((char *)(uintptr_t)(s))

static struct history_vote
vote_of(const char *a, const char *b, int winner)
{
	return (struct history_vote){.topic = TEXT("code"), .prompt = TEXT("sort\n\"it\""), .blind = true, .winner = winner, .n = 2,
	    .answers = {{TEXT(a), NULL, TEXT("temp=0"), TEXT("temp=0&ctx=0")}, {TEXT(b), TEXT("00ff"), TEXT(""), TEXT("")}}};
}

static void
votes_are_read_back(void **state)
{
	struct history *h = open_at(new_path("back"));
	struct history_vote v = vote_of("one", "two", 0);
	struct history_votes r;
	struct err e = {0};

	(void)state;
	v.id = history_new_id(0);
	v.created_ms = 17;
	history_add_vote(h, &v);
	v.winner = HISTORY_NO_WINNER;			/* the same one again */
	v.topic = TEXT("요리");
	history_add_vote(h, &v);
	history_set_vote_digest(h, v.id, 0, "aa55");
	v.id = history_new_id(v.id);
	v.blind = false;
	v.winner = 1;
	history_add_vote(h, &v);
	history_close(h);
	h = open_at(path);
	assert_true(history_votes(h, &r, &e));
	assert_int_equal(r.n, 2);
	assert_string_equal(r.votes[0].topic, "요리");
	assert_string_equal(r.votes[0].prompt, "sort\n\"it\"");
	assert_int_equal(r.votes[0].created_ms, 17);
	assert_int_equal(r.votes[0].winner, HISTORY_NO_WINNER);
	assert_true(r.votes[0].blind);
	assert_int_equal(r.votes[0].n, 2);
	assert_string_equal(r.votes[0].answers[0].digest, "aa55");
	assert_string_equal(r.votes[0].answers[0].settings, "temp=0");
	assert_string_equal(r.votes[0].answers[0].options, "temp=0&ctx=0");
	assert_string_equal(r.votes[0].answers[1].model, "two");
	assert_string_equal(r.votes[0].answers[1].digest, "00ff");
	assert_false(r.votes[1].blind);
	assert_int_equal(r.votes[1].winner, 1);
	assert_null(r.votes[1].answers[0].digest);
	history_votes_done(&r);
	history_close(h);
}

/* What somebody else wrote into the file breaks nothing. */
static void
odd_rows_are_bounded(void **state)
{
	struct history *h = open_at(new_path("odd"));
	struct history_votes v;
	struct ratings r;
	struct err e = {0};
	sqlite3 *db;

	(void)state;
	history_close(h);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO votes VALUES(1, 0, 'x', 'y', 7, 999), (2, 0, 'x', 'y', 0, -5), (3, 0, 'x', 'y', 0, 3);"
	    "INSERT INTO vote_answers VALUES(1, 0, 'm', NULL, '', ''), (1, 1, 'm', NULL, '', ''), (1, 2, 'm', NULL, '', ''),"
	    " (1, 3, 'm', NULL, '', ''), (1, 4, 'm', NULL, '', ''), (2, 7, 'm', NULL, '', ''), (3, 0, x'ff00', NULL, '', ''),"
	    " (3, 1, 'n', NULL, '', '')", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	h = open_at(path);
	assert_true(history_votes(h, &v, &e));
	assert_int_equal(v.n, 3);
	assert_int_equal(v.votes[0].n, HISTORY_ANSWERS_MAX);
	assert_int_equal(v.votes[0].winner, HISTORY_NO_WINNER);
	assert_int_equal(v.votes[1].n, 0);
	ratings_compute(&v, NULL, &r);
	assert_int_equal(r.n_votes, 1);			/* of the others nobody knows who won */
	assert_int_equal(r.n, 1);
	assert_true(fabs(r.models[0].points - 1500) < 1e-6);
	ratings_done(&r);
	history_votes_done(&v);
	history_close(h);
}

static void
format_1_is_moved(void **state)
{
	struct history_vote v = vote_of("one", "two", 0);
	struct history_votes votes;
	struct history_tree t;
	struct history_list l;
	struct buf sql = {0};
	struct err e = {0};
	struct history *h;
	sqlite3 *db;

	(void)state;
	h = open_at(new_path("moved"));			/* makes the folder */
	history_close(h);
	unlink(path);
	assert_true(fs_read(&sql, "tests/data/history-1.sql", 1 << 20, &e));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, buf_str(&sql), NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	buf_done(&sql);
	for (int round = 0; round < 2; round++) {
		h = open_at(path);
		assert_true(history_read(h, 5, &t, &e));
		assert_int_equal(t.n, 2);
		assert_string_equal(t.messages[1].text.data, "its answer");
		history_tree_done(&t);
		assert_true(history_find(h, "question of", 9, &l, &e));
		assert_int_equal(l.n, 1);
		history_list_done(&l);
		assert_true(history_votes(h, &votes, &e));
		assert_int_equal(votes.n, round);
		history_votes_done(&votes);
		v.id = 77;
		history_add_vote(h, &v);
		history_close(h);
	}
}

/* ---- ratings ---- */

static struct history_votes
make_votes(size_t n)
{
	return (struct history_votes){mem_new0(n, sizeof(struct history_vote)), n};
}

static const struct rating *
find(const struct ratings *r, const char *model)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->models[i].model, model) == 0)
			return &r->models[i];
	fail_msg("no %s", model);
	return NULL;
}

/* Of two models there is one unknown: the gradient is nothing at what was found. */
static void
two_are_rated_by_the_formula(void **state)
{
	static const int cases[][3] = {{1, 0, 0}, {10, 0, 0}, {7, 3, 0}, {3, 3, 4}, {1000, 500, 0}, {0, 5, 1}};

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		int won = cases[c][0], lost = cases[c][1], even = cases[c][2], n = won + lost + even;
		struct history_votes v = make_votes((size_t)n);
		double unit = 400 / M_LN10, spread = 350 / unit, strength, p, curvature;
		struct ratings r;

		for (int i = 0; i < n; i++)
			v.votes[i] = vote_of("a", "b", i < won ? 0 : i < won + lost ? 1 : HISTORY_NO_WINNER);
		ratings_compute(&v, NULL, &r);
		assert_int_equal(r.n, 2);
		assert_int_equal(r.n_votes, n);
		assert_int_equal(find(&r, "a")->n_won, won);
		assert_int_equal(find(&r, "b")->n_won, lost);
		assert_int_equal(find(&r, "a")->n_even, even);
		strength = (find(&r, "a")->points - 1500) / unit;
		p = 1 / (1 + exp(-2 * strength));
		assert_true(fabs(won + even / 2.0 - n * p - strength / spread / spread) < 1e-6 * n);
		assert_true(fabs(find(&r, "a")->points + find(&r, "b")->points - 3000) < 1e-6);
		/* along (1, -1) the curvature is 4 n p q + 2 / spread^2 for twice the half difference */
		curvature = 2 * (n * p * (1 - p) * 2 + 1 / spread / spread);
		assert_true(fabs(find(&r, "a")->error - 1.959964 * unit / sqrt(curvature)) < 0.01);
		assert_true(r.p_ahead >= 0.5 && r.p_ahead <= 1);
		ratings_done(&r);
		free(v.votes);
	}
}

static uint64_t seed = 5;

static double
chance(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* People who vote as the model says: the true strengths are inside the errors about as often as promised, and the order of the
 * votes does not matter. */
static void
errors_hold(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	enum { MODELS = ARRAY_LEN(names), VOTES = 60, ROUNDS = 200 };
	size_t inside = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct history_votes v = make_votes(VOTES);
		double truth[MODELS], mean = 0;
		struct ratings r, reversed;

		for (size_t i = 0; i < MODELS; i++)
			mean += (truth[i] = 1.5 * (chance() + chance() + chance() - 1.5)) / MODELS;
		for (size_t i = 0; i < VOTES; i++) {
			size_t who[3] = {(size_t)(chance() * MODELS), 0, 0}, n = 2 + (chance() < 0.4), won = 0;
			double sum = 0, at;

			who[1] = (who[0] + 1 + (size_t)(chance() * (MODELS - 1))) % MODELS;
			while ((who[2] = (size_t)(chance() * MODELS)) == who[0] || who[2] == who[1])
				;
			v.votes[i] = vote_of(names[who[0]], names[who[1]], 0);
			v.votes[i].n = n;
			for (size_t k = 0; k < n; k++) {
				v.votes[i].answers[k] = (struct history_answer){TEXT(names[who[k]]), NULL, TEXT(""), TEXT("")};
				sum += exp(truth[who[k]]);
			}
			at = chance() * sum;
			while (won + 1 < n && (at -= exp(truth[who[won]])) > 0)
				won++;
			v.votes[i].winner = (int)won;
		}
		ratings_compute(&v, NULL, &r);
		for (size_t i = 0; i < MODELS; i++)
			inside += fabs(find(&r, names[i])->points - 1500 - 400 / M_LN10 * (truth[i] - mean)) < find(&r, names[i])->error;
		for (size_t i = 0; i < VOTES / 2; i++) {
			struct history_vote swap = v.votes[i];

			v.votes[i] = v.votes[VOTES - 1 - i];
			v.votes[VOTES - 1 - i] = swap;
		}
		ratings_compute(&v, NULL, &reversed);
		for (size_t i = 0; i < MODELS; i++)
			assert_true(fabs(find(&r, names[i])->points - find(&reversed, names[i])->points) < 1e-4);
		for (size_t i = 1; i < r.n; i++)
			assert_true(r.models[i - 1].points >= r.models[i].points);
		ratings_done(&r);
		ratings_done(&reversed);
		free(v.votes);
	}
	/* 95 % of 1000; the prior draws a little inwards. */
	assert_in_range(inside, 920, 985);
}

static void
models_are_told_apart(void **state)
{
	struct history_votes v = make_votes(4);
	struct buf b = {0};
	struct ratings r;

	(void)state;
	v.votes[0] = vote_of("m", "m", 0);			/* other settings */
	v.votes[1] = vote_of("m", "m", 0);
	v.votes[1].answers[1].digest = TEXT("99887766554433");	/* other bytes of the same name */
	v.votes[2] = vote_of("n", "n", 1);			/* the same bytes by another name, and itself */
	v.votes[2].answers[0] = v.votes[2].answers[1];
	v.votes[3] = vote_of("x", "y", 0);
	v.votes[3].topic = TEXT("other");
	v.votes[3].blind = false;
	ratings_compute(&v, "code", &r);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.n_votes, 3);
	assert_int_equal(r.n_blind, 3);
	assert_string_equal(r.models[0].settings, "temp=0");
	assert_false(r.models[0].ambiguous);
	ratings_done(&r);
	v.n = 2;
	ratings_compute(&v, "code", &r);
	assert_true(r.models[1].ambiguous && r.models[2].ambiguous);
	ratings_add_name(&r.models[0], &b);
	buf_add_char(&b, '|');
	ratings_add_name(strcmp(r.models[1].digest, "00ff") == 0 ? &r.models[2] : &r.models[1], &b);
	assert_string_equal(buf_str(&b), "m temp=0|m 99887766");
	buf_clear(&b);
	ratings_done(&r);
	v.n = 4;
	ratings_topics(&v, &b);
	assert_string_equal(buf_str(&b), "code\nother\n");
	buf_done(&b);
	v.n = 0;
	ratings_compute(&v, NULL, &r);
	assert_int_equal(r.n + r.n_votes, 0);
	ratings_done(&r);
	free(v.votes);
}

/* ---- topics ---- */

static void
topics_are_guessed(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_string_equal(topic_guess("Write a Python function that sorts an array"), "code");
	assert_string_equal(topic_guess("what is 3 plus 4 times 5?"), "maths");
	assert_string_equal(topic_guess("Translate this to Korean"), "language");
	assert_string_equal(topic_guess("한국의 수도는 어디야?"), "facts");
	assert_string_equal(topic_guess("이 방정식을 풀어줘"), "maths");
	assert_string_equal(topic_guess("hello there"), TOPIC_GENERAL);
	assert_string_equal(topic_guess(""), TOPIC_GENERAL);
	assert_string_equal(topic_guess("decode"), TOPIC_GENERAL);		/* whole words only */
	topic_clean("  Home\tCOOKING \x1b[31m ", &b);
	assert_string_equal(buf_str(&b), "home cooking ␛[31m");
	buf_clear(&b);
	topic_clean(" \n ", &b);
	assert_int_equal(b.len, 0);
	topic_clean("요리요리요리요리요리요리요리", &b);
	assert_string_equal(buf_str(&b), "요리요리요리요리요리");
	buf_done(&b);
}

/* ---- models with settings of their own ---- */

static void
spec_is(const char *s, const char *name, const char *settings)
{
	struct compare_spec spec;
	struct buf b = {0};
	struct err e = {0};

	if (!compare_spec_parse(s, &spec, &e))
		fail_msg("%s: %s", s, e.text);
	assert_string_equal(spec.name, name);
	compare_spec_add_settings(&spec, &b);
	assert_string_equal(buf_str(&b), settings);
	buf_done(&b);
	compare_spec_done(&spec);
}

static void
spec_fails(const char *s, const char *why)
{
	struct compare_spec spec;
	struct err e = {0};

	assert_false(compare_spec_parse(s, &spec, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
}

static void
specs_are_read(void **state)
{
	char file[64];

	(void)state;
	spec_is("guide", "guide", "");
	spec_is("guide?", "guide", "");
	spec_is("guide?temp=0&top_k=1", "guide", "temp=0 top-k=1");
	spec_is("qwen3-0.6b:q4_0?system=a%26b%3d1%25%zz&", "qwen3-0.6b:q4_0", "system=a&b=1%%zz");
	spec_is("a?x=%00%0a", "a", "x=%00\n");
	spec_is("https://example.org/m.gguf?download=true", "https://example.org/m.gguf?download=true", "");
	snprintf(file, sizeof file, "%s/odd?temp=0", root);
	assert_true(fs_write_atomic(file, "x", 1, NULL));
	spec_is(file, file, "");
	spec_fails("?temp=0", "a model is missing");
	spec_fails("guide?temp", "after the \"?\" stand settings");
	spec_fails("guide?=1", "after the \"?\" stand settings");
	spec_fails("guide?a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1"
	    "&a=1&a=1&a=1&a=1&a=1&a=1&a=1", "at most 32");
}

static void
specs_are_written(void **state)
{
	struct compare_options o = {.system = "a & b = 50% ?\n", .max_tokens = 77, .session = {.n_ctx = 512}}, back;
	struct compare_spec spec;
	struct buf b = {0}, again = {0};
	struct err e = {0};

	(void)state;
	sampler_params_default(&o.sampling);
	for (int i = 0; i < 200; i++) {
		o.sampling.temp = (float)chance();
		o.sampling.top_p = (float)chance();
		o.sampling.top_k = (uint32_t)(chance() * 1e6);
		o.sampling.seed = (uint64_t)(chance() * 9e15);
		o.think = i % 2 ? THINK_ON : THINK_OFF;
		o.session.kv = kvtype_find(i % 3 ? "q8_0" : "f32");
		buf_clear(&b);
		buf_add_str(&b, "m?");
		compare_spec_write(&o, &b);
		assert_true(compare_spec_parse(buf_str(&b), &spec, &e));
		back = (struct compare_options){0};
		if (!compare_spec_apply(&spec, &back, &e))
			fail_msg("%s", e.text);
		assert_memory_equal(&back.sampling, &o.sampling, sizeof o.sampling);
		assert_string_equal(back.system, o.system);
		assert_int_equal(back.max_tokens, 77);
		assert_int_equal(back.session.n_ctx, 512);
		assert_int_equal(back.session.kv, o.session.kv);
		assert_int_equal(back.think, o.think);
		buf_clear(&again);
		buf_add_str(&again, "m?");
		compare_spec_write(&back, &again);
		assert_string_equal(buf_str(&again), buf_str(&b));
		compare_spec_done(&spec);
	}
	buf_done(&b);
	buf_done(&again);
}

static int
make_root(void **state)
{
	(void)state;
	place_make(root);
	return 0;
}

static int
remove_root(void **state)
{
	(void)state;
	place_remove(root);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(votes_are_read_back),
		cmocka_unit_test(odd_rows_are_bounded),
		cmocka_unit_test(format_1_is_moved),
		cmocka_unit_test(two_are_rated_by_the_formula),
		cmocka_unit_test(errors_hold),
		cmocka_unit_test(models_are_told_apart),
		cmocka_unit_test(topics_are_guessed),
		cmocka_unit_test(specs_are_read),
		cmocka_unit_test(specs_are_written),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
