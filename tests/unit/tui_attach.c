/* Texts in the prompt: what attach.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tui/state/attach.h"

static void
folding_undoes_expanding(void **state)
{
	static const char *const texts[] = {"one\ntwo\n", "no end", "```\ncode\n```\n", "````\nlonger\n", "[x 1 tokens]\n```\n"};
	struct attaches as = {0};
	struct buf prompt = {0}, sent = {0}, again = {0}, resent = {0};
	struct attaches found = {0};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		buf_add_str(&prompt, attach_add(&as, "a.txt", texts[i], strlen(texts[i]), 1));
		buf_add_str(&prompt, "\nand ");
	}
	attach_expand(&as, buf_str(&prompt), &sent);
	attach_fold(&found, sent.data, sent.len, &again);
	assert_int_equal(found.n, as.n);
	attach_expand(&found, buf_str(&again), &resent);
	assert_string_equal(buf_str(&sent), buf_str(&resent));
	attach_done(&as);
	attach_done(&found);
	buf_done(&prompt);
	buf_done(&sent);
	buf_done(&again);
	buf_done(&resent);
}

static void
chips_are_unlike(void **state)
{
	struct attaches as = {0};
	char first[64];

	(void)state;
	strcpy(first, attach_add(&as, "a[1].txt", "x", 1, 1204));
	assert_string_equal(first, "[a_1_.txt 1 204 tokens]");
	assert_string_equal(attach_add(&as, "a[1].txt", "x", 1, 1204), first);
	assert_string_equal(attach_add(&as, "a[1].txt", "y", 1, 1204), "[a_1_.txt (2) 1 204 tokens]");
	assert_string_equal(attach_add(&as, "b", "1\n2", 3, -1), "[b 2 lines]");
	assert_int_equal(attach_ends(&as, "say [b 2 lines]", 15), 11);
	assert_int_equal(attach_ends(&as, "say [b 2 lines]", 14), 0);
	attach_done(&as);
}

/* A conversation of before may have a chip that means another text now. */
static void
another_text_is_not_taken(void **state)
{
	static const char said[] = "[notes 3 tokens]\n```\nthen\n```\nwhat?";
	struct attaches as = {0};
	struct buf folded = {0}, sent = {0};

	(void)state;
	assert_string_equal(attach_add(&as, "notes", "now\n", 4, 3), "[notes 3 tokens]");
	attach_fold(&as, said, strlen(said), &folded);
	assert_string_equal(buf_str(&folded), said);
	attach_expand(&as, "[notes 3 tokens]\nwhat?", &sent);
	assert_string_equal(buf_str(&sent), "[notes 3 tokens]\n```\nnow\n```\nwhat?");
	attach_done(&as);
	buf_done(&folded);
	buf_done(&sent);
}

static void
what_is_no_block_stays(void **state)
{
	static const char *const texts[] = {
		"[notes 3 tokens]", "[notes 3 tokens]\n", "[notes 3 tokens]\ntext\n", "[notes 3 tokens]\n```\nnever ended\n",
		"[notes 3 tokens]\n```", "[3 apples]\n```\nx\n```\n", "```\nx\n```\n", "", "[ tokens\n```\n```",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct buf out = {0};

		attach_fold(NULL, texts[i], strlen(texts[i]), &out);
		assert_string_equal(buf_str(&out), texts[i]);
		buf_done(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_undoes_expanding),
		cmocka_unit_test(chips_are_unlike),
		cmocka_unit_test(another_text_is_not_taken),
		cmocka_unit_test(what_is_no_block_stays),
	};

	return cmocka_run_group_tests_name("tui_attach", tests, NULL, NULL);
}
