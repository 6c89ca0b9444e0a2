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
#include "tui/state/chats.h"
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

/* "depth text" of every branch, "*" before those on the screen, ";" between. */
static void
tree_is(struct place *p, const char *want)
{
	struct history_tree t;
	struct chats_tree tree;
	struct buf got = {0};

	read_all(p, &t);
	chats_tree_make(&tree, &t);
	for (size_t i = 0; i < tree.n; i++)
		buf_printf(&got, "%s%s%u %s", i ? ";" : "", tree.at[i].here ? "*" : "", tree.at[i].depth, tree.at[i].text);
	assert_string_equal(buf_str(&got), want);
	buf_done(&got);
	chats_tree_done(&tree);
	history_tree_done(&t);
}

/* The first N turns stay, what follows is another way. */
static void
go_back(struct place *p, size_t n)
{
	struct turn **turns = mem_new0(n + 1, sizeof *turns);

	for (size_t i = 0; i < n; i++) {
		const struct turn *old = p->talk.turns[i];

		turns[i] = turn_new(old->role, buf_str(&old->raw), old->raw.len);
		turns[i]->complete = true;
		turns[i]->kept = old->kept;
	}
	talk_set_turns(&p->talk, turns, n, 0);
}

static void
branches_are_a_tree(void **state)
{
	struct place *p = *state;
	struct talk *c = &p->talk;
	struct chats chats = {0};
	struct history_tree t;
	struct err e = {0};
	int64_t first;

	say(p, TURN_USER, "q\nmore");
	say(p, TURN_MODEL, "a1");
	keep_update(&p->keep, c);
	assert_false(keep_has_branches(c));
	tree_is(p, "");
	first = c->turns[1]->kept.id;
	go_back(p, 1);
	say(p, TURN_MODEL, "\n a2");
	say(p, TURN_USER, "x");
	say(p, TURN_MODEL, "b1");
	keep_update(&p->keep, c);
	go_back(p, 3);
	say(p, TURN_MODEL, "b2");
	keep_update(&p->keep, c);
	assert_true(keep_has_branches(c));
	tree_is(p, "0 a1;*0 a2;1 b1;*1 b2");
	/* Walked as one list, from the title down to the last branch and back. */
	assert_true(chats_load(&chats, p->history, 0, &e));
	read_all(p, &t);
	chats_set_tree(&chats, &t);
	assert_null(chats_marked_branch(&chats));
	assert_true(chats_move(&chats, 2));
	assert_string_equal(chats_marked_branch(&chats)->text, "a2");
	assert_true(chats_move(&chats, 100));
	assert_string_equal(chats_marked_branch(&chats)->text, "b2");
	assert_false(chats_move(&chats, 1));
	assert_true(chats_move(&chats, -100));
	assert_null(chats_marked_branch(&chats));
	history_tree_done(&t);
	chats_done(&chats);
	/* A branch is opened where it was left; what is on the screen stays. */
	assert_true(keep_branch_to(&p->keep, c, c->turns[1]->kept.id, &e));
	assert_string_equal(c->turns[3]->raw.data, "b2");
	assert_true(keep_branch_to(&p->keep, c, first, &e));
	assert_int_equal(c->n_turns, 2);
	assert_string_equal(c->turns[1]->raw.data, "a1");
	tree_is(p, "*0 a1;0 a2;1 b1;1 b2");
}

/* However deep and wide: bounded. */
static void
a_tree_stays_small(void **state)
{
	struct place *p = *state;
	struct history_tree t;
	struct chats_tree tree;

	say(p, TURN_USER, "q");
	for (int i = 0; i < 40; i++) {
		say(p, TURN_MODEL, "a");
		keep_update(&p->keep, &p->talk);
		go_back(p, p->talk.n_turns - 1);
		say(p, TURN_MODEL, "b");
		say(p, TURN_USER, "q");
		keep_update(&p->keep, &p->talk);
	}
	read_all(p, &t);
	chats_tree_make(&tree, &t);
	assert_in_range(tree.n, 8, CHATS_TREE_MAX);
	for (size_t i = 0; i < tree.n; i++)
		assert_true(tree.at[i].depth < CHATS_TREE_DEPTH);
	chats_tree_done(&tree);
	history_tree_done(&t);
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
		cmocka_unit_test_setup_teardown(branches_are_a_tree, open_place, close_place),
		cmocka_unit_test_setup_teardown(a_tree_stays_small, open_place, close_place),
		cmocka_unit_test_setup_teardown(drafts, open_place, close_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
