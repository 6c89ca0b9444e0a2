/* What drafts are made of, and how many: look-ups in the text, and the reckoning of what pays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/lookup.h"
#include "core/pace.h"

/* Letters as ids. */
static size_t
letters(const char *s, uint32_t *ids)
{
	for (size_t i = 0; s[i]; i++)
		ids[i] = (unsigned char)s[i];
	return strlen(s);
}

static void
finds(const char *input, const char *past, size_t last, unsigned n_same, const char *copy)
{
	uint32_t in[128], ids[128], out[8];
	struct lookup l = {.input = input ? in : NULL, .past = ids, .last = last};
	struct lookup_found f;
	char text[9] = "";
	size_t n;

	l.n_input = input ? letters(input, in) : 0;
	l.n_past = letters(past, ids);
	f = lookup_find(&l);
	if (f.n_same != n_same)
		fail_msg("%s: %u are the same, not %u", past, f.n_same, n_same);
	if (n_same == 0)
		return;
	n = lookup_copy(&l, f.at, out, 4);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)out[i];
	assert_string_equal(text, copy);
}

static void
the_longest_match_is_copied_then_the_latest(void **state)
{
	(void)state;
	finds(NULL, "", 0, 0, NULL);
	finds(NULL, "abcdef", 0, 0, NULL);
	finds(NULL, "abc-c", 0, 1, "-c-c");
	finds(NULL, "abcdefg...bc", 0, 2, "defg");
	finds(NULL, "abcd1234..bcd5678..abcd", 0, 4, "1234");
	finds(NULL, "bcd1234..bcd5678..bcd", 0, 5, "5678");	/* "..bcd" */
	finds(NULL, "xabyabzab", 0, 2, "zabz");
	finds(NULL, "xyzzz", 0, 2, "zzzz");			/* a loop goes on in itself */
	finds(NULL, "0123456789abcdefghij_0123456789abcdefghij", 0, LOOKUP_LONGEST, "_012");
}

static void
an_encoder_s_input_is_looked_in_too(void **state)
{
	(void)state;
	finds("one two three", "-two", 0, 3, " thr");
	finds("one two three", "-thre", 0, 4, "e");		/* nothing goes on behind its end */
	finds("one two", "xtwo", 0, 1, "ne t");
	finds("abcd", "abXYab", 0, 2, "XYab");			/* the past is later */
}

static void
an_edited_copy_goes_on_near_where_it_broke(void **state)
{
	(void)state;
	/* "quick brown fox" was copied up to the q of "quick", which became "slow". */
	finds(NULL, "the quick brown fox, big|the slowb", 4, 1, "rown");
	finds(NULL, "the quick brown fox, big|the slowb", 0, 1, "ig|t");
	/* Too far behind it. */
	finds(NULL, "the quick brown fox jumps_over, box|the slowx", 2, 1, "|the");
	/* A much longer match elsewhere is better than one token near. */
	finds(NULL, "a0123456789bcdefg,.......h23456789bcdefg,!a0123456789bcdefg,", 27, 16, "....");
}

/* ---- the reckoning ---- */

static void
learn(struct pace *p, unsigned n, double s)
{
	for (int i = 0; i < 8; i++)
		pace_pass(p, n, s);
}

static struct pace_plan
plan(const struct pace *p, enum pace_kind kind)
{
	return pace_plan(p, &(struct pace_ask){.kind = kind, .n_given = 1, .max = 14});
}

static void
nothing_is_drafted_before_a_token_s_cost_is_known(void **state)
{
	struct pace p = {0};

	(void)state;
	pace_begin(&p);
	assert_int_equal(plan(&p, PACE_SAME_16).n, 0);
	learn(&p, 1, 0.01);
	assert_true(plan(&p, PACE_SAME_16).n > 4);
}

static void
right_drafts_grow_and_wrong_ones_end(void **state)
{
	struct pace p = {0};
	unsigned before, n = 0;

	(void)state;
	pace_begin(&p);
	learn(&p, 1, 0.01);
	before = plan(&p, PACE_SAME_3).n;
	assert_in_range(before, 1, 8);
	for (int i = 0; i < 10; i++)
		pace_judge(&p, PACE_SAME_3, 8, 8, 0.018);
	assert_true(plan(&p, PACE_SAME_3).n > before);
	for (; plan(&p, PACE_SAME_3).n > 0; n++) {
		assert_in_range(n, 0, 30);
		pace_judge(&p, PACE_SAME_3, 0, plan(&p, PACE_SAME_3).n, 0.011);
	}
	assert_true(n > 2);
	/* What is only thought of is noticed too. */
	for (n = 0; plan(&p, PACE_SAME_3).n == 0; n++) {
		assert_in_range(n, 0, 20);
		learn(&p, 1, 0.01);
		pace_learn(&p, PACE_SAME_3, 1, false);
	}
}

/* Whatever drafts cost and however seldom they are right: an answer loses no more than a fiftieth and a token, and the
 * one draft at hand. */
static void
wrong_drafts_cost_next_to_nothing(void **state)
{
	(void)state;
	for (double dear = 0.02; dear < 3; dear *= 1.3) {
		struct pace p = {0};
		double s = 0, worst = 0;
		int n_tokens = 0;

		pace_begin(&p);
		for (; n_tokens < 2000; n_tokens++) {
			unsigned n = plan(&p, n_tokens % 3 ? PACE_SAME_16 : PACE_SAME_2).n;
			double pass = 0.01 * (1 + dear * n);

			pace_pass(&p, n + 1, pass);
			if (n > 0)
				pace_judge(&p, n_tokens % 3 ? PACE_SAME_16 : PACE_SAME_2, 0, n, pass);
			worst = pass > worst ? pass : worst;
			s += pass;
		}
		assert_true(s < 0.01 * n_tokens * 1.021 + 0.01 + worst);
	}
}

/* Passes as dear as those of BF16 are where a token is bound by memory and several by arithmetic. */
static void
learn_dear(struct pace *p)
{
	pace_begin(p);
	learn(p, 1, 0.01);
	for (unsigned n = 2; n <= PACE_TOKENS; n++)
		learn(p, n, 0.01 * (1.65 + 0.27 * (n - 1)));
	p->spent_s = 0;
}

/* Where it is known what passes cost, not even the draft at hand may take more than an answer may lose. */
static void
no_draft_is_longer_than_what_may_be_lost(void **state)
{
	struct pace p = {0};
	double lost = 0;
	unsigned n_drafts = 0;

	(void)state;
	learn_dear(&p);
	for (int n_tokens = 0; n_tokens < 1000; n_tokens++) {
		unsigned n = plan(&p, PACE_SAME_16).n;
		double pass = p.cost[n + 1].s;

		pace_pass(&p, n + 1, pass);
		if (n > 0)
			pace_judge(&p, PACE_SAME_16, 0, n, pass);
		lost += n > 0 ? pass - 0.01 : 0;
		n_drafts += n > 0;
		assert_true(lost <= 0.02 * p.spent_s + 0.01 + 1e-9);
		pace_learn(&p, PACE_SAME_16, 14, false);	/* what comes next looks good all the same */
	}
	/* And a wrong one is not the last: an answer's mistakes stand one after another, with copies between them. */
	assert_true(n_drafts > 2);
}

static void
right_drafts_make_room_for_long_ones(void **state)
{
	struct pace p = {0};
	unsigned first, n, longest = 0;

	(void)state;
	learn_dear(&p);
	p.spent_s = 20 * 0.01;
	first = plan(&p, PACE_SAME_16).n;
	for (int i = 0; i < 20; i++) {
		n = plan(&p, PACE_SAME_16).n;
		pace_pass(&p, n + 1, p.cost[n + 1].s);
		if (n > 0)
			pace_judge(&p, PACE_SAME_16, n, n, p.cost[n + 1].s);
		longest = n > longest ? n : longest;
	}
	assert_in_range(first, 1, 4);
	assert_int_equal(longest, PACE_TOKENS - 1);
	/* One that breaks off at once leaves room for the next. */
	pace_pass(&p, longest + 1, p.cost[longest + 1].s);
	pace_judge(&p, PACE_SAME_16, 0, longest, p.cost[longest + 1].s);
	assert_true(plan(&p, PACE_SAME_16).n > 0);
}

static void
dear_passes_make_short_drafts(void **state)
{
	struct pace cheap = {0}, dear = {0};

	(void)state;
	pace_begin(&cheap);
	pace_begin(&dear);
	learn(&cheap, 1, 0.01);
	learn(&cheap, 15, 0.012);
	learn(&dear, 1, 0.01);
	learn(&dear, 15, 0.08);
	assert_true(plan(&cheap, PACE_SAME_16).n > plan(&dear, PACE_SAME_16).n);
	learn(&dear, 2, 0.03);					/* so dear that none pays */
	learn(&dear, 4, 0.09);
	learn(&dear, 15, 0.4);
	assert_int_equal(plan(&dear, PACE_SAME_16).n, 0);
}

static void
one_slow_pass_does_not_end_drafts(void **state)
{
	struct pace p = {0};

	(void)state;
	pace_begin(&p);
	learn(&p, 1, 0.01);
	pace_pass(&p, 5, 0.2);					/* the first of its size */
	assert_true(plan(&p, PACE_SAME_16).n > 0);
	for (int i = 0; i < 8; i++)
		pace_pass(&p, 5, 0.2);
	assert_true(p.cost[5].s > 0.1);				/* it is dear */
}

static void
few_tokens_say_more_near_a_copy(void **state)
{
	struct pace p = {0};

	(void)state;
	pace_begin(&p);
	learn(&p, 1, 0.01);
	learn(&p, 15, 0.04);
	assert_true(plan(&p, pace_kind_of(1, true)).gain > plan(&p, pace_kind_of(1, false)).gain);
	assert_true(plan(&p, pace_kind_of(2, true)).gain > 0);
	assert_int_equal(pace_kind_of(3, true), pace_kind_of(4, false));
	assert_int_equal(pace_kind_of(100, false), PACE_SAME_16);
}

/* A draft model far behind the text would have to read more than may be lost before its first draft. */
static void
a_draft_model_that_lags_does_not_catch_up_at_any_price(void **state)
{
	struct pace p = {0};
	struct pace_ask ask = {.kind = PACE_MODEL, .n_given = 1, .max = 14, .token_s = 0.001};

	(void)state;
	pace_begin(&p);
	learn(&p, 1, 0.01);
	for (int i = 0; i < 10; i++)
		pace_learn(&p, PACE_MODEL, 14, false);
	assert_true(pace_plan(&p, &ask).n > 2);
	ask.start_s = 0.02;
	assert_int_equal(pace_plan(&p, &ask).n, 0);
	for (int i = 0; i < 10; i++)
		pace_judge(&p, PACE_SAME_16, 8, 8, 0.018);
	assert_true(pace_plan(&p, &ask).n > 4);			/* what copies saved pays for it */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_match_is_copied_then_the_latest),
		cmocka_unit_test(an_encoder_s_input_is_looked_in_too),
		cmocka_unit_test(an_edited_copy_goes_on_near_where_it_broke),
		cmocka_unit_test(nothing_is_drafted_before_a_token_s_cost_is_known),
		cmocka_unit_test(right_drafts_grow_and_wrong_ones_end),
		cmocka_unit_test(wrong_drafts_cost_next_to_nothing),
		cmocka_unit_test(no_draft_is_longer_than_what_may_be_lost),
		cmocka_unit_test(right_drafts_make_room_for_long_ones),
		cmocka_unit_test(dear_passes_make_short_drafts),
		cmocka_unit_test(one_slow_pass_does_not_end_drafts),
		cmocka_unit_test(few_tokens_say_more_near_a_copy),
		cmocka_unit_test(a_draft_model_that_lags_does_not_catch_up_at_any_price),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
