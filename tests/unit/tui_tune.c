/* Settings of a conversation as they are typed: what tune.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/sampler.h"
#include "tui/state/talk.h"
#include "tui/state/tune.h"

static void
pairs_are_set(void **state)
{
	struct talk c = {.sampling = {.temp = 1}};
	struct err e = {0};

	(void)state;
	assert_true(tune_sampling(&c, " temp 0.25 top_k=7,think off max-tokens 12 ", &e));
	assert_float_equal(c.sampling.temp, 0.25, 1e-6);
	assert_int_equal(c.sampling.top_k, 7);
	assert_int_equal(c.think, THINK_OFF);
	assert_int_equal(c.max_tokens, 12);
}

static void
nothing_changes_when_one_is_wrong(void **state)
{
	static const char *const wrong[] = {
		"temp 0.5 top-k", "temp 0.5 top-k x", "temp 0.5 top-k 1.5", "temp 0.5 top-p 2", "temp 11", "temp nan", "temp 0.5 hat 3",
		"temp 0.5 think maybe",
	};
	struct talk c = {.sampling = {.temp = 1, .top_k = 3}};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err e = {0};

		assert_false(tune_sampling(&c, wrong[i], &e));
		assert_int_equal(e.kind, ERR_USAGE);
		assert_float_equal(c.sampling.temp, 1, 0);
		assert_int_equal(c.sampling.top_k, 3);
	}
}

static void
what_is_written_is_read(void **state)
{
	struct talk c = {.max_tokens = 3}, d = {0};
	struct buf text = {0}, back = {0};
	struct err e = {0};

	(void)state;
	sampler_params_default(&c.sampling);
	sampler_params_default(&d.sampling);
	c.sampling.temp = 0.3f;
	c.sampling.top_k = 5;
	c.sampling.seed = 9007199254740991;
	c.sampling.dry_multiplier = 0.8f;
	tune_write_sampling(&c, &text);
	assert_true(tune_sampling(&d, buf_str(&text), &e));
	assert_float_equal(c.sampling.temp, d.sampling.temp, 0);
	assert_int_equal(c.sampling.top_k, d.sampling.top_k);
	assert_true(c.sampling.seed == d.sampling.seed);
	assert_float_equal(c.sampling.dry_multiplier, d.sampling.dry_multiplier, 0);
	assert_int_equal(c.max_tokens, d.max_tokens);
	buf_clear(&text);
	tune_write_line("two\nlines and \\n", &text);
	assert_null(strchr(buf_str(&text), '\n'));
	tune_read_line(buf_str(&text), &back);
	assert_string_equal(buf_str(&back), "two\nlines and \\n");
	buf_done(&text);
	buf_done(&back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_set),
		cmocka_unit_test(nothing_changes_when_one_is_wrong),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests_name("tui_tune", tests, NULL, NULL);
}
