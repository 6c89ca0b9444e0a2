/* Keeping a conversation as it grows: titles, settings there and back, answers cut short, branches, drafts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/sampler.h"
#include "tui/state/history.h"
#include "tui/state/keep.h"
#include "tui/state/talk.h"

struct place {
	struct history *history;
	struct keep keep;
	struct talk talk;
};

static int
open_place(void **state)
{
	struct place *p = mem_new0(1, sizeof *p);
	struct talk_options o = {.name = "nano", .system = "be brief"};
	struct err e = {0};

	sampler_params_default(&o.sampling);
	talk_init(&p->talk, &o);
	p->talk.status = TALK_READY;
	p->history = history_open(NULL, &e);
	p->keep.history = p->history;
	p->keep.model = mem_dup("nano");
	*state = p;
	return p->history ? 0 : -1;
}

static int
close_place(void **state)
{
	struct place *p = *state;

	talk_done(&p->talk);
	keep_done(&p->keep);
	history_close(p->history);
	free(p);
	return 0;
}

static struct turn *
say(struct place *p, enum turn_role role, const char *text)
{
	struct talk *c = &p->talk;

	c->turns = mem_grow(c->turns, c->n_turns + 1, sizeof *c->turns);
	c->turns[c->n_turns] = turn_new(role, text, strlen(text));
	c->turns[c->n_turns]->complete = true;
	return c->turns[c->n_turns++];
}

static void
read_all(struct place *p, struct history_tree *t)
{
	struct err e = {0};

	if (!keep_read(&p->keep, t, &e))
		fail_msg("%s", e.text);
}

static void
title_is(const char *text, const char *want)
{
	struct buf b = {0};

	keep_title(text, strlen(text), &b);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void
titles(void **state)
{
	(void)state;
	title_is("\n  Why is qsort slow?\nIt is.", "Why is qsort slow?");
	title_is("", "");
	title_is("a\x1b[2J", "a␛[2J");
	title_is("012345678901234567890123456789012345678901234567890123456789abc",
	    "012345678901234567890123456789012345678901234567890123456789…");
	title_is("가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차끝",
	    "가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차…");
}

static void
settings_come_back(void **state)
{
	struct place *p = *state;
	struct talk *c = &p->talk;
	struct buf b = {0}, again = {0};

	c->sampling.temp = 0.35f;
	c->sampling.seed = 9007199254740992;
	c->sampling.dry_last = 77;
	c->max_tokens = 12;
	c->think = THINK_OFF;
	keep_write_sampling(c, &b);
	sampler_params_default(&c->sampling);
	c->max_tokens = 0;
	c->think = THINK_AUTO;
	keep_read_sampling(c, b.data);
	assert_true(c->sampling.temp == 0.35f);
	assert_true(c->sampling.seed == 9007199254740992);
	assert_int_equal(c->sampling.dry_last, 77);
	assert_int_equal(c->max_tokens, 12);
	assert_int_equal(c->think, THINK_OFF);
	/* Out of range, of the wrong kind, no JSON: as it was. */
	keep_read_sampling(c, "{\"temp\": -1, \"top_k\": 1e300, \"seed\": \"x\", \"think\": 7, \"max_tokens\": null}");
	keep_read_sampling(c, "no");
	keep_read_sampling(c, NULL);
	keep_write_sampling(c, &again);
	assert_string_equal(b.data, again.data);
	buf_done(&b);
	buf_done(&again);
}

/* What the model is not sent any more, and the longer context, are part of the conversation. */
static void
what_is_left_out_comes_back(void **state)
{
	struct place *p = *state;
	struct talk *c = &p->talk;
	struct history_tree t;

	for (int i = 0; i < 3; i++) {
		say(p, TURN_USER, "question");
		say(p, TURN_MODEL, "answer");
	}
	keep_update(&p->keep, c);
	talk_leave_out(c, 2);
	c->wide = 8192;
	keep_settings(&p->keep, c);
	read_all(p, &t);
	c->wide = 0;
	keep_read_sampling(c, t.chat.sampling);
	keep_show(&p->keep, c, &t);
	assert_int_equal(c->n_turns, 6);
	assert_int_equal(c->n_left_out, 2);
	assert_int_equal(c->wide, 8192);
	/* A turn that is not on this branch: all is sent. */
	history_tree_done(&t);
	c->turns[2]->kept.id += 1000;
	keep_settings(&p->keep, c);
	read_all(p, &t);
	keep_show(&p->keep, c, &t);
	assert_int_equal(c->n_left_out, 0);
	keep_read_sampling(c, "{\"context\": -5, \"from\": {}}");
	keep_read_sampling(c, "{\"context\": 1e30}");
	assert_int_equal(c->wide, 8192);
	history_tree_done(&t);
}

static void
grows_and_comes_back(void **state)
{
	struct place *p = *state;
	struct talk *c = &p->talk;
	struct history_tree t;
	struct turn *a;
	unsigned before;

	keep_update(&p->keep, c);
	assert_int_equal(p->keep.chat, 0);			/* nothing said, nothing kept */
	say(p, TURN_USER, "hello");
	keep_update(&p->keep, c);
	assert_true(p->keep.chat != 0);
	a = say(p, TURN_MODEL, "");
	a->complete = false;
	keep_update(&p->keep, c);
	before = p->keep.changes;
	buf_add_str(&a->raw, "Good ");
	turn_add_thinking(a, "hm", 2);
	keep_update(&p->keep, c);
	assert_int_equal(before, p->keep.changes);
	read_all(p, &t);
	assert_string_equal(t.messages[1].text.data, "Good ");
	assert_string_equal(t.messages[1].thinking.data, "hm");
	/* As after a crash: the answer is there and says that it is not whole. */
	keep_show(&p->keep, c, &t);
	assert_int_equal(c->n_turns, 2);
	assert_string_equal(turn_ending(c->turns[1]), "minnow ended before this answer did");
	history_tree_done(&t);
	keep_update(&p->keep, c);
	a = say(p, TURN_USER, "and \xff bytes");
	turn_add_call(say(p, TURN_MODEL, ""), "f", "{\"x\": 1}");
	c->turns[3]->reason = STOP_LENGTH;
	keep_update(&p->keep, c);
	read_all(p, &t);
	keep_show(&p->keep, c, &t);
	assert_int_equal(c->n_turns, 4);
	assert_memory_equal(c->turns[2]->raw.data, "and \xff bytes", 11);
	assert_string_equal(c->turns[3]->calls[0].name, "f");
	assert_string_equal(c->turns[3]->calls[0].arguments, "{\"x\": 1}");
	assert_int_equal(c->turns[3]->reason, STOP_LENGTH);
	assert_string_equal(t.chat.title, "hello");
	assert_string_equal(t.chat.system, "be brief");
	history_tree_done(&t);
}

static void
branches(void **state)
{
	struct place *p = *state;
	struct talk *c = &p->talk;
	struct turn **one;
	struct err e = {0};

	say(p, TURN_USER, "q");
	say(p, TURN_MODEL, "a1");
	keep_update(&p->keep, c);
	assert_int_equal(keep_branch_at(c, 1, -1), c->n_turns);
	/* Another answer. */
	one = mem_new0(1, sizeof(struct turn *));
	one[0] = turn_new(TURN_USER, "q", 1);
	one[0]->kept = c->turns[0]->kept;
	talk_set_turns(c, one, 1, 0);
	say(p, TURN_MODEL, "a2");
	say(p, TURN_USER, "q2");
	say(p, TURN_MODEL, "a3");
	keep_update(&p->keep, c);
	assert_int_equal(c->turns[1]->kept.branch, 2);
	assert_int_equal(c->turns[1]->kept.n_branches, 2);
	assert_int_equal(c->turns[3]->kept.n_branches, 1);
	assert_int_equal(keep_branch_at(c, 3, -1), 1);
	assert_int_equal(keep_branch_at(c, 0, -1), c->n_turns);
	assert_false(keep_branch(&p->keep, c, 1, 1, &e));
	assert_true(keep_branch(&p->keep, c, 1, -1, &e));
	assert_int_equal(c->n_turns, 2);
	assert_string_equal(c->turns[1]->raw.data, "a1");
	assert_int_equal(c->turns[1]->kept.branch, 1);
	assert_true(keep_branch(&p->keep, c, 1, 1, &e));
	assert_int_equal(c->n_turns, 4);
	assert_string_equal(c->turns[3]->raw.data, "a3");
	/* Another first question. */
	talk_set_turns(c, NULL, 0, 0);
	say(p, TURN_USER, "other");
	c->turns[0]->kept.id = 0;
	keep_update(&p->keep, c);
	assert_int_equal(c->turns[0]->kept.n_branches, 2);
	/* A new conversation. */
	talk_set_turns(c, NULL, 0, 0);
	keep_update(&p->keep, c);
	assert_int_equal(p->keep.chat, 0);
}

static void
drafts(void **state)
{
	struct place *p = *state;

	keep_draft(&p->keep, "hel", 3, false);
	keep_draft(&p->keep, "hello", 5, false);
	assert_string_equal(keep_take_draft(&p->keep), "hello");
	/* It becomes the first question: neither here nor in a new conversation is a draft left. */
	say(p, TURN_USER, "hello");
	keep_update(&p->keep, &p->talk);
	keep_draft(&p->keep, "", 0, false);
	assert_string_equal(keep_take_draft(&p->keep), "");
	keep_draft(&p->keep, "more", 4, false);
	talk_set_turns(&p->talk, NULL, 0, 0);
	keep_update(&p->keep, &p->talk);
	assert_string_equal(keep_take_draft(&p->keep), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(titles),
		cmocka_unit_test_setup_teardown(settings_come_back, open_place, close_place),
		cmocka_unit_test_setup_teardown(what_is_left_out_comes_back, open_place, close_place),
		cmocka_unit_test_setup_teardown(grows_and_comes_back, open_place, close_place),
		cmocka_unit_test_setup_teardown(branches, open_place, close_place),
		cmocka_unit_test_setup_teardown(drafts, open_place, close_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
