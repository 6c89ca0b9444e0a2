/* What the views draw, from state that no model made: rows of text, scrolling, figures, narrow and low
 * screens. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/data/app.h"
#include "tests/data/place.h"
#include "tui/text.h"

static void
add_turn(struct app *app, enum turn_role role, const char *text)
{
	struct talk *t = &app->talk;
	struct turn *turn = mem_new0(1, sizeof *turn);

	turn->role = role;
	turn->complete = true;
	buf_add_str(&turn->raw, text);
	buf_add_str(&turn->clean, text);
	t->turns = mem_grow(t->turns, t->n_turns + 1, sizeof *t->turns);
	t->turns[t->n_turns++] = turn;
}

static void
token(struct app *app, const char *text, uint32_t n, double s)
{
	struct event ev = {.kind = EVENT_TOKEN, .text = mem_dup(text), .len = strlen(text)};

	ev.stats = (struct turn_stats){.n_prompt = 100, .n_generated = n, .prompt_s = 0.5, .generate_s = s,
	    .first_s = 0.51, .bytes_per_token = 1e8};
	app->talk.turns[app->talk.n_turns - 1]->complete = false;
	talk_apply(&app->talk, &ev);
}

static void
press(struct app *app, const char *name)
{
	struct key k;

	assert_true(key_parse(name, &k));
	app_key(app, k);
}

/* Draw, and compare row Y. */
static void
row(struct app *app, int rows, int cols, int y, const char *want)
{
	struct buf b = {0};

	app_draw(app, rows, cols);
	grid_row_text(&app->grid, y, &b);
	if (strcmp(buf_str(&b), want) != 0)
		for (int i = 0; i < rows; i++) {
			struct buf line = {0};

			grid_row_text(&app->grid, i, &line);
			print_error("|%s\n", buf_str(&line));
			buf_done(&line);
		}
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static bool
shows(struct app *app, int rows, int cols, const char *what)
{
	bool found = false;

	app_draw(app, rows, cols);
	for (int y = 0; y < rows && !found; y++) {
		struct buf b = {0};

		grid_row_text(&app->grid, y, &b);
		found = strstr(buf_str(&b), what) != NULL;
		buf_done(&b);
	}
	return found;
}

static void
turns_are_laid_out(void **state)
{
	struct app *app = *state;

	add_turn(app, TURN_USER, "say **it**");
	add_turn(app, TURN_MODEL, "# Title\nsome **bold** and `code`\n- one item that is long enough to wrap\n"
	    "> quoted\n```c\n\tint  x;\n```\nend");
	row(app, 24, 40, 2, " You");
	row(app, 24, 40, 3, " say **it**");
	row(app, 24, 40, 5, " nano");
	row(app, 24, 40, 6, " Title");
	row(app, 24, 40, 7, " some bold and code");
	row(app, 24, 40, 8, " • one item that is long enough to wrap");
	row(app, 24, 40, 9, " │ quoted");
	row(app, 24, 40, 10, "             int  x;");
	row(app, 24, 40, 11, " end");
	assert_int_equal(grid_at(&app->grid, 7, 6)->attr, ATTR_BOLD);
	assert_int_equal(grid_at(&app->grid, 7, 15)->role, ROLE_code);
	assert_int_equal(grid_at(&app->grid, 10, 14)->role, ROLE_number);
	assert_int_equal(grid_at(&app->grid, 10, 18)->role, ROLE_code);
	row(app, 24, 30, 8, " • one item that is long");
	row(app, 24, 30, 9, "   enough to wrap");
}

static void
wide_characters_wrap_whole(void **state)
{
	struct app *app = *state;

	add_turn(app, TURN_MODEL, "한국어 문장은 띄어쓰기에서 나뉜다. 中文字符在任何地方换行。");
	row(app, 20, 26, 3, " 한국어 문장은");
	row(app, 20, 26, 4, " 띄어쓰기에서 나뉜다. 中");
	row(app, 20, 26, 5, " 文字符在任何地方换行。");
}

static void
part(struct app *app, enum part p, const char *text, uint32_t n, double s)
{
	struct event ev = {.kind = EVENT_TOKEN, .part = p, .text = mem_dup(text), .len = strlen(text)};

	ev.stats = (struct turn_stats){.n_prompt = 100, .n_generated = n, .prompt_s = 0.5, .generate_s = s};
	app->talk.turns[app->talk.n_turns - 1]->complete = false;
	talk_apply(&app->talk, &ev);
}

static void
call(struct app *app, const char *name, const char *text)
{
	struct event ev = {.kind = EVENT_CALL, .part = PART_TOOL, .text = mem_dup(text), .len = strlen(text)};

	if (name)
		ev.name = mem_dup(name);
	else
		err_set(&ev.err, ERR_FAILED, "its JSON is broken");
	ev.raw = name ? mem_dup("<tool_call>…</tool_call>") : NULL;
	talk_apply(&app->talk, &ev);
}

static void
thinking_streams_and_folds(void **state)
{
	struct app *app = *state;

	add_turn(app, TURN_USER, "q");
	add_turn(app, TURN_MODEL, "");
	app->talk.status = TALK_ANSWERING;
	part(app, PART_THINK, "", 1, 0);
	assert_false(shows(app, 24, 80, "▸"));
	part(app, PART_THINK, "one\ntwo\n", 2, 1.5);
	row(app, 24, 60, 5, " nano                                    ▸ thinking 1.5 s …");
	row(app, 24, 60, 6, " one");
	assert_int_equal(grid_at(&app->grid, 6, 1)->role, ROLE_think);
	part(app, PART_THINK, "**three**\nfour\nfive", 3, 3.2);
	row(app, 24, 60, 6, " **three**");
	row(app, 24, 60, 8, " five");
	part(app, PART_ANSWER, "yes", 4, 4);
	row(app, 24, 60, 5, " nano                                   ▸ thought for 3.2 s");
	row(app, 24, 60, 6, " yes");
	row(app, 24, 24, 5, " nano  ▸ thought for 3.");
	press(app, "M-t");
	row(app, 24, 60, 5, " nano                                   ▾ thought for 3.2 s");
	row(app, 24, 60, 6, " one");
	row(app, 24, 60, 10, " five");
	row(app, 24, 60, 11, "");
	row(app, 24, 60, 12, " yes");
	app->talk.status = TALK_READY;
	press(app, "Tab");
	assert_true(shows(app, 24, 80, "Alt-t think"));
	press(app, "M-t");
	row(app, 24, 60, 6, " yes");
	app->glyphs = glyphs_get(true);
	assert_true(shows(app, 24, 60, "> thought for 3.2 s"));
	/* What is copied and sent again is the answer. */
	assert_string_equal(buf_str(&talk_last_answer(&app->talk)->raw), "yes");
}

static void
unfolding_keeps_the_place(void **state)
{
	struct app *app = *state;

	for (int i = 0; i < 6; i++) {
		char text[80];

		add_turn(app, TURN_USER, "q");
		add_turn(app, TURN_MODEL, "");
		app->talk.said_s = 0;
		part(app, PART_THINK, "a\nb\nc\nd\ne", 1, 1);
		snprintf(text, sizeof text, "answer %d a\nanswer %d b\nanswer %d c", i, i, i);
		part(app, PART_ANSWER, text, 2, 2);
		app->talk.turns[2 * i + 1]->complete = true;
	}
	app_draw(app, 14, 60);
	press(app, "M-<");
	for (int i = 0; i < 13; i++)
		press(app, "S-Down");
	row(app, 14, 60, 2, " answer 1 b");
	press(app, "M-t");
	row(app, 14, 60, 2, " answer 1 b");
	press(app, "S-Up");
	press(app, "S-Up");
	press(app, "S-Up");
	row(app, 14, 60, 2, " e");
	row(app, 14, 40, 2, " e");
	press(app, "M-t");
	row(app, 14, 60, 2, " nano                                   ▸ thought for 1.0 s");
}

static void
calls_are_shown(void **state)
{
	struct app *app = *state;
	struct turn *turn;

	add_turn(app, TURN_USER, "q");
	add_turn(app, TURN_MODEL, "");
	part(app, PART_ANSWER, "I look.", 1, 1);
	part(app, PART_TOOL, "{\"name\": …", 2, 2);
	call(app, "get_weather", "{\"city\": \"Seoul\"}");
	call(app, "\x1b[2J\n", "{}");
	turn = app->talk.turns[1];
	turn->complete = true;
	row(app, 24, 60, 6, " I look.");
	row(app, 24, 60, 7, " calls get_weather {\"city\": \"Seoul\"}");
	row(app, 24, 60, 8, " calls ␛[2J  {}");
	assert_int_equal(grid_at(&app->grid, 7, 1)->role, ROLE_code);
	assert_null(turn_ending(turn));
	call(app, NULL, "<tool_call>{</tool_call>");
	row(app, 24, 60, 6, " I look.<tool_call>{</tool_call>");
	assert_true(shows(app, 24, 80, "a tool call in this answer is malformed: its JSON is broken"));
	assert_string_equal(buf_str(&turn->raw), "I look.<tool_call>{</tool_call>");
}

/* Laying out as text grows gives the same rows as laying out the whole. */
static void
streaming_equals_whole(void **state)
{
	static const char text[] = "Hello **bold text** and `a code span` here\n\n1. first point of a list\n"
	    "2. second\n```\ncode code code code code code code\n```\n한국어와 中文 그리고 👨‍👩‍👧 입니다\nlast";
	struct flow grown = {0}, whole = {0};
	size_t n = strlen(text);

	(void)state;
	for (int columns = 10; columns < 40; columns += 7) {
		flow_reset(&grown);
		for (size_t i = 1; i <= n; i++)
			if (i == n || ((unsigned char)text[i] & 0xc0) != 0x80)
				flow_update(&grown, text, i, columns);
		flow_reset(&whole);
		flow_update(&whole, text, n, columns);
		assert_int_equal(grown.n_rows, whole.n_rows);
		assert_memory_equal(grown.rows, whole.rows, whole.n_rows * sizeof *whole.rows);
		assert_int_equal(grown.n_pieces, whole.n_pieces);
		assert_memory_equal(grown.pieces, whole.pieces, whole.n_pieces * sizeof *whole.pieces);
	}
	flow_done(&grown);
	flow_done(&whole);
}

static void
scrolling_holds_still(void **state)
{
	struct app *app = *state;

	add_turn(app, TURN_USER, "q");
	add_turn(app, TURN_MODEL, "");
	for (uint32_t i = 1; i <= 40; i++) {
		char line[32];

		snprintf(line, sizeof line, "line %u\n", i);
		token(app, line, i, i * 0.1);
	}
	app->talk.status = TALK_ANSWERING;
	assert_true(shows(app, 24, 80, "line 40"));
	press(app, "PgUp");
	assert_false(shows(app, 24, 80, "line 40"));
	assert_true(shows(app, 24, 80, "line 20"));
	token(app, "more\nand more\n", 41, 4.1);
	assert_true(shows(app, 24, 80, "↓ 2 new lines"));
	assert_true(shows(app, 24, 80, "line 20"));
	/* A new width keeps the row at the top. */
	press(app, "M-<");
	for (int i = 0; i < 12; i++)
		press(app, "S-Down");
	row(app, 24, 80, 2, " line 9");
	row(app, 24, 50, 2, " line 9");
	row(app, 15, 100, 2, " line 9");
	press(app, "M->");
	assert_true(shows(app, 24, 80, "and more"));
	assert_false(shows(app, 24, 80, "new line"));
}

/* Places are found as laid out: without marks, in letters of either case, over ends of rows, and stay with growing text. */
static void
words_are_found(void **state)
{
	struct app *app = *state;
	struct transcript *t = &app->transcript;
	bool wrapped;

	add_turn(app, TURN_USER, "Where is İstanbul?");
	add_turn(app, TURN_MODEL, "| a | b |\n|---|---|\n| one | two |\n\n1. so**me** words\n2. SOME more\n");
	app_draw(app, 24, 40);
	transcript_find_begin(t, &app->talk);
	transcript_find_words(t, &app->talk, "some");
	assert_int_equal(t->find.total, 2);
	assert_int_equal(transcript_find_place(t), 1);
	assert_true(shows(app, 24, 40, "some 1 of 2"));
	token(app, "and so\u200bme, some", 1, 1);
	app_draw(app, 24, 40);
	assert_int_equal(t->find.total, 3);
	assert_int_equal(transcript_find_place(t), 1);
	transcript_find_words(t, &app->talk, "Some");
	assert_int_equal(t->find.total, 0);
	transcript_find_words(t, &app->talk, "one two");	/* a gap is a blank */
	assert_int_equal(t->find.total, 1);
	transcript_find_words(t, &app->talk, "stanbul?");
	assert_int_equal(t->find.total, 1);
	app_draw(app, 24, 40);
	assert_int_equal(grid_at(&app->grid, 3, 11)->attr & ATTR_REVERSE, ATTR_REVERSE);
	assert_int_equal(grid_at(&app->grid, 3, 10)->attr & ATTR_REVERSE, 0);
	assert_int_equal(grid_at(&app->grid, 3, 18)->attr & ATTR_REVERSE, ATTR_REVERSE);
	assert_int_equal(grid_at(&app->grid, 3, 19)->attr & ATTR_REVERSE, 0);
	transcript_find_words(t, &app->talk, "words");
	assert_true(transcript_find_step(t, &app->talk, 1, &wrapped));
	assert_true(wrapped);
	assert_int_equal(transcript_find_place(t), 1);
	assert_false(transcript_find_step(t, &app->talk, 1, &wrapped) && t->find.total != 1);
	transcript_find_end(t);
	assert_false(shows(app, 24, 40, "words 1 of 1"));
	/* At every width the same are found. */
	for (int cols = 24; cols < 100; cols += 3) {
		app_draw(app, 24, cols);
		transcript_find_words(t, &app->talk, "and so");
		assert_int_equal(t->find.total, 1);
	}
}

static void
figures(void **state)
{
	struct app *app = *state;

	add_turn(app, TURN_USER, "q");
	add_turn(app, TURN_MODEL, "");
	app->talk.n_system = 48;
	app->talk.roof = 1e10;
	for (uint32_t i = 1; i <= 51; i++)
		token(app, "x ", i, (i - 1) * 0.02);
	row(app, 24, 110, 22, "   system 48 · history 103 · free 3 945 of 4 096"
	    "      prompt 200/s  answer 50.0/s ███  first 0.5 s  50 % roof");
	app->talk.n_thinking = 40;
	assert_true(shows(app, 24, 140, "system 48 · history 63 · thinking 40 · free 3 945 of 4 096"));
	app->talk.n_files = 20;
	assert_true(shows(app, 24, 150, "system 48 · history 43 · files 20 · thinking 40 · free 3 945 of 4 096"));
	/* The bar: every part that is there has a cell, at a height of its own, and all together are the window. */
	assert_true(shows(app, 24, 160, " ▃█▆▄············  system 48 · "));
	app->talk.n_ctx = 200;
	assert_true(shows(app, 24, 160, " ▃▃▃▃███▆▆▄▄▄····  system 48 · history 43 · files 20 · thinking 40 · free 49 of 200"));
	/* What is counted never adds up to more than is used. */
	app->talk.n_files = 5000;
	assert_true(shows(app, 24, 160, "system 48 · history 0 · files 63 · thinking 40 · free 49 of 200"));
	app->talk.n_files = 0;
	app->talk.n_ctx = 4096;
	app->talk.n_thinking = 0;
	app->talk.roof = 1e9;
	assert_true(shows(app, 24, 110, "first 0.5 s  from cache"));
	assert_true(shows(app, 24, 80, "answer 50.0/s"));
	assert_true(shows(app, 24, 40, "answer 50.0/s"));
	app->talk.status = TALK_READING;
	app->talk.prompt_done = 50;
	app->talk.stats.n_generated = 0;
	app->talk.stats.prompt_s = 0.25;
	assert_true(shows(app, 24, 80, "reading the prompt 50 % of 100  200/s  0.2 s left"));
}

static void
low_and_narrow(void **state)
{
	struct app *app = *state;

	add_turn(app, TURN_USER, "a question");
	add_turn(app, TURN_MODEL, "an answer");
	assert_true(shows(app, 12, 60, "──────"));
	assert_false(shows(app, 11, 60, "──────"));
	assert_true(shows(app, 6, 24, "answer"));
	row(app, 5, 20, 0, "minnow needs 24 x 6");
	for (int rows = 1; rows < 30; rows++)
		for (int cols = 1; cols < 90; cols += 3) {
			app_draw(app, rows, cols);
			for (enum view_id v = 0; v < VIEW_COUNT; v++) {
				app_show(app, v);
				app_draw(app, rows, cols);
			}
			app_show(app, VIEW_chat);
			line_open(&app->line, LINE_PALETTE);
			app_draw(app, rows, cols);
			line_close(&app->line);
		}
}

/* The empty chat and a model that could not be opened, at every size. */
static void
empty_chat(void **state)
{
	struct app *app = *state;

	free(app->talk.name);
	app->talk.name = mem_dup("guide");
	assert_true(shows(app, 24, 80, "How do I download a model?"));
	assert_true(shows(app, 24, 80, "Enter sends · ? lists every key"));
	for (int cols = 24; cols < 100; cols += 5)
		for (int rows = 6; rows < 30; rows++)
			assert_true(shows(app, rows, cols, "Enter sends"));
	app->talk.status = TALK_LOADING;
	assert_true(shows(app, 24, 80, "loading …"));
	app->talk.status = TALK_FAILED;
	memset(app->talk.err.text, 'x', sizeof app->talk.err.text - 1);
	for (int cols = 24; cols < 100; cols += 5)
		for (int rows = 6; rows < 60; rows++)
			assert_true(shows(app, rows, cols, "guide"));
}

static void
the_prompt_grows(void **state)
{
	struct app *app = *state;

	app_text(app, "one\ntwo\nthree", 13);
	row(app, 24, 80, 19, " › one");
	row(app, 24, 80, 21, "   three");
	assert_int_equal(app->grid.cursor_y, 21);
	assert_int_equal(app->grid.cursor_x, 8);
	press(app, "Up");
	app_draw(app, 24, 80);
	assert_int_equal(app->grid.cursor_y, 20);
	assert_int_equal(app->grid.cursor_x, 6);
}

static void
help_lists_every_binding(void **state)
{
	struct app *app = *state;
	bool shown[ACTION_COUNT] = {0};
	struct err e = {0};

	/* The keys of the prompt in the other way of editing are there when they work. */
	for (int i = 0; i < 2 * VIEW_COUNT; i++) {
		enum view_id v = (enum view_id)(i % VIEW_COUNT), from = v == VIEW_help ? VIEW_chat : v;

		assert_true(config_set(&config, "ui.editing", i < VIEW_COUNT ? "emacs" : "vim", &e));
		app_show(app, from);
		press(app, "F1");
		assert_int_equal(app->view, VIEW_help);
		app_draw(app, 400, 200);
		for (int y = 0; y < 400; y++) {
			struct buf b = {0};

			grid_row_text(&app->grid, y, &b);
			for (enum action a = 1; a < ACTION_COUNT; a++)
				shown[a] |= strstr(buf_str(&b), action_help(a)) != NULL;
			buf_done(&b);
		}
		press(app, "q");
		assert_int_equal(app->view, from);
	}
	for (size_t i = 0; i < app->keys.n_rows; i++)
		if (!shown[app->keys.rows[i].action])
			fail_msg("help does not show %s", action_name(app->keys.rows[i].action));
}

/* What help filters by: keys, names and sentences; what another view binds is not in it. */
static void
help_is_searched(void **state)
{
	struct app *app = *state;

	press(app, "F1");
	press(app, "/");
	app_text(app, "copy-code", 9);
	assert_true(shows(app, 24, 80, "Copy the last code block"));
	assert_false(shows(app, 24, 80, "Leave minnow"));
	press(app, "Enter");
	assert_false(shows(app, 24, 80, "Leave minnow"));
	press(app, "Esc");
	assert_true(shows(app, 200, 80, "Leave minnow"));
	assert_false(shows(app, 200, 80, "in the log"));
	press(app, "Esc");
	assert_int_equal(app->view, VIEW_chat);
	press(app, "F8");
	press(app, "?");
	assert_true(shows(app, 200, 80, "in lists"));
	assert_false(shows(app, 200, 80, "in the transcript"));
}

/* An action that cannot be done here stays in the palette and says why; asked for, it says so too. */
static void
what_cannot_be_done_says_why(void **state)
{
	struct app *app = *state;

	press(app, "F8");
	press(app, "C-p");
	app_text(app, "regen", 5);
	assert_true(shows(app, 24, 80, "only in Chat"));
	press(app, "Enter");
	assert_true(shows(app, 24, 80, "only in Chat"));
	assert_int_equal(app->view, VIEW_log);
}

/* Every key of a list does what it is said to. */
static void
lists_are_walked(void **state)
{
	struct app *app = *state;

	press(app, "F7");
	row(app, 24, 80, 2, " › ui.theme                 default");
	press(app, "j");
	row(app, 24, 80, 3, " › ui.color                 auto");
	press(app, "Down");
	press(app, "k");
	row(app, 24, 80, 3, " › ui.color                 auto");
	press(app, "Up");
	row(app, 24, 80, 2, " › ui.theme                 default");
	for (int i = 0; i < 2; i++) {
		press(app, i ? "End" : "G");
		assert_true(shows(app, 24, 80, " › network.offline"));
		press(app, i ? "Home" : "g");
		assert_true(shows(app, 24, 80, " › ui.theme"));
		press(app, i ? "PgDn" : "C-d");
		assert_false(shows(app, 24, 80, " › ui.theme"));
		press(app, i ? "PgUp" : "C-u");
		assert_true(shows(app, 24, 80, " › ui.theme"));
	}
	press(app, "/");
	app_text(app, "seed", 4);
	row(app, 24, 80, 2, " › sampling.seed            0");
	row(app, 24, 80, 3, "");
	press(app, "Enter");
	press(app, "?");
	assert_int_equal(app->view, VIEW_help);
	press(app, "?");
	press(app, ":");
	assert_int_equal(app->line.mode, LINE_COMMAND);
	app_text(app, "settings chat.kv", 16);
	press(app, "Enter");
	assert_true(shows(app, 24, 80, " › chat.kv"));
	press(app, "q");
	assert_int_equal(app->view, VIEW_chat);
}

/* Clicks on tabs, rows and the keys of the bottom line; the wheel. */
static void
the_mouse(void **state)
{
	struct app *app = *state;
	struct buf b = {0};

	app_draw(app, 24, 120);
	grid_row_text(&app->grid, 0, &b);
	app_mouse(app, 0, (int)(strstr(buf_str(&b), "Settings") - buf_str(&b)), 0);
	assert_int_equal(app->view, VIEW_settings);
	app_draw(app, 24, 120);
	app_mouse(app, 5, 10, 0);
	row(app, 24, 120, 5, " › ui.glyphs                auto");
	app_mouse(app, 10, 10, 1);
	app_draw(app, 24, 120);
	assert_false(shows(app, 24, 120, "ui.theme"));
	app_mouse(app, 10, 10, -1);
	assert_true(shows(app, 24, 120, "ui.theme"));
	buf_clear(&b);
	grid_row_text(&app->grid, 23, &b);
	app_mouse(app, 23, (int)(strstr(buf_str(&b), "q back") - buf_str(&b)), 0);
	assert_int_equal(app->view, VIEW_chat);
	/* Anywhere, at any size. */
	for (int rows = 1; rows < 30; rows += 4)
		for (int cols = 1; cols < 90; cols += 7) {
			app_draw(app, rows, cols);
			for (int y = -1; y <= rows; y++)
				for (int x = -1; x <= cols; x += 3)
					app_mouse(app, y, x, x % 3 - 1);
		}
	press(app, "F2");
	assert_false(app->mouse);
	press(app, "F9");
	assert_true(app->mouse);
	buf_done(&b);
}

static void
words_are_completed(void **state)
{
	struct app *app = *state;

	press(app, "C-p");
	press(app, "Esc");
	press(app, ":");
	app_text(app, "them", 4);
	press(app, "Tab");
	assert_true(shows(app, 24, 80, ":theme"));
	app_text(app, "mo", 2);
	assert_true(shows(app, 24, 80, "   mono"));
	press(app, "Tab");
	assert_true(shows(app, 24, 80, ":theme mono"));
	press(app, "Enter");
	assert_string_equal(app->theme.name, "mono");
}

static void
commands_by_name(void **state)
{
	struct app *app = *state;

	assert_int_equal(line_find("q", 1), ACTION_quit);
	assert_int_equal(line_find("regen", 5), ACTION_regenerate);
	assert_int_equal(line_find("c", 1), ACTION_NONE);		/* clear, copy, copy-code */
	assert_int_equal(line_find("left", 4), ACTION_NONE);
	press(app, ":");
	app_text(app, "nonsense", 8);
	press(app, "Enter");
	assert_true(shows(app, 24, 80, "there is no command \"nonsense\""));
	app_note(app, ROLE_warn, "a sentence that is longer than the screen is wide must not be cut, because its end says "
	    "what to do");
	assert_true(shows(app, 24, 60, "what to do"));
	press(app, "C-p");
	app_text(app, "qu", 2);
	press(app, "Enter");
	assert_true(app->quit);
}

static void
nothing_breaks_under_any_key(void **state)
{
	struct app *app = *state;
	uint32_t seed = 11;
	struct err e = {0};
	char folder[32];
	int here = open(".", O_RDONLY | O_DIRECTORY);

	/* Some keys write files of the names that were typed. */
	place_make(folder);
	assert_int_equal(chdir(folder), 0);
	app->history = app->keep.history = history_open(NULL, &e);
	assert_non_null(app->history);
	add_turn(app, TURN_USER, "a question");
	add_turn(app, TURN_MODEL, "an **answer** `of` some\n\n```\ncode\n```\n한국어 lines\n");
	part(app, PART_THINK, "some thinking that is long enough to take more than one row", 2, 2);
	call(app, "f", "{\"long\": \"enough to take more than one row of the screen\"}");
	app->talk.turns[1]->complete = true;
	for (int i = 0; i < 4000; i++) {
		size_t n = app->keys.n_rows;
		struct binding *b;

		seed = seed * 1664525u + 1013904223u;
		b = &app->keys.rows[(seed >> 8) % n];
		if (i == 2000)
			assert_true(config_set(&config, "ui.editing", "vim", &e));
		if (seed >> 30 == 0)
			app_text(app, "x 한\n", 6);
		else if (b->action != ACTION_editor)	/* it would wait for a person */
			app_key(app, b->key);
		app->quit = app->suspend = false;
		/* Questions that were asked meanwhile are kept, and some are answered, or nothing would be in the list. */
		free(app->talk.pending);
		app->talk.pending = NULL;
		keep_update(&app->keep, &app->talk);
		if (i % 64 == 0 && app->talk.n_turns && app->talk.turns[app->talk.n_turns - 1]->role == TURN_USER) {
			add_turn(app, TURN_MODEL, "an answer");
			keep_update(&app->keep, &app->talk);
		}
		if (i % 16 == 0)
			app_draw(app, 2 + (int)(seed >> 20) % 30, 2 + (int)(seed >> 12) % 90);
	}
	assert_int_equal(fchdir(here), 0);
	close(here);
	place_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(turns_are_laid_out, open_app, close_app),
		cmocka_unit_test_setup_teardown(wide_characters_wrap_whole, open_app, close_app),
		cmocka_unit_test_setup_teardown(thinking_streams_and_folds, open_app, close_app),
		cmocka_unit_test_setup_teardown(unfolding_keeps_the_place, open_app, close_app),
		cmocka_unit_test_setup_teardown(calls_are_shown, open_app, close_app),
		cmocka_unit_test(streaming_equals_whole),
		cmocka_unit_test_setup_teardown(scrolling_holds_still, open_app, close_app),
		cmocka_unit_test_setup_teardown(words_are_found, open_app, close_app),
		cmocka_unit_test_setup_teardown(figures, open_app, close_app),
		cmocka_unit_test_setup_teardown(low_and_narrow, open_app, close_app),
		cmocka_unit_test_setup_teardown(empty_chat, open_app, close_app),
		cmocka_unit_test_setup_teardown(the_prompt_grows, open_app, close_app),
		cmocka_unit_test_setup_teardown(help_lists_every_binding, open_app, close_app),
		cmocka_unit_test_setup_teardown(help_is_searched, open_app, close_app),
		cmocka_unit_test_setup_teardown(what_cannot_be_done_says_why, open_app, close_app),
		cmocka_unit_test_setup_teardown(lists_are_walked, open_app, close_app),
		cmocka_unit_test_setup_teardown(the_mouse, open_app, close_app),
		cmocka_unit_test_setup_teardown(words_are_completed, open_app, close_app),
		cmocka_unit_test_setup_teardown(commands_by_name, open_app, close_app),
		cmocka_unit_test_setup_teardown(nothing_breaks_under_any_key, open_app, close_app),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
