/* Finding commands by part of their name: what line.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/state/line.h"

static void
type(struct line *l, const char *text)
{
	editor_set(&l->editor, text);
	line_match(l);
}

static bool
offers(const struct line *l, enum action a)
{
	for (size_t i = 0; i < l->n_matches; i++)
		if (l->matches[i] == a)
			return true;
	return false;
}

static void
nothing_typed_offers_every_command(void **state)
{
	struct line l;

	(void)state;
	line_init(&l);
	line_open(&l, LINE_PALETTE);
	assert_true(offers(&l, ACTION_help));
	assert_true(offers(&l, ACTION_regenerate));
	assert_true(offers(&l, ACTION_scroll_bottom));
	assert_false(offers(&l, ACTION_word_left));	/* means nothing without a key */
	line_done(&l);
}

static void
letters_in_order_find_the_best_first(void **state)
{
	struct line l;

	(void)state;
	line_init(&l);
	line_open(&l, LINE_PALETTE);
	type(&l, "the");
	assert_int_equal(l.matches[0], ACTION_theme);
	type(&l, "cc");
	assert_int_equal(l.matches[0], ACTION_copy_code);
	type(&l, "zzz");
	assert_int_equal(l.n_matches, 0);
	line_done(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_typed_offers_every_command),
		cmocka_unit_test(letters_in_order_find_the_best_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
