/* Every row of keys.def is pressed where it means something, in a program with a model and answers, and something is done. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/data/app.h"
#include "tests/data/place.h"
#include "tui/state/talk.h"
#include "tui/view/compare_impl.h"

enum { ROWS = 24, COLS = 80, WAIT_S = 60 };

static char guide[4096];
static int root;			/* of the repository */

/* Keys that need what is not here, and the script that presses them where it is: there they are words of a line with
 * tui_key or tui_press. */
static const struct {
	const char *context, *key, *script;
} elsewhere[] = {
	{"explore", "v", "tests/tui/explore.sh"}, {"explore", "x", "tests/tui/explore.sh"},
	{"explore", "c", "tests/tui/explore.sh"}, {"explore", "i", "tests/tui/explore.sh"},
	{"downloads", "Space", "tests/tui/downloads.sh"}, {"downloads", "p", "tests/tui/downloads.sh"},
	{"downloads", "r", "tests/tui/downloads.sh"}, {"downloads", "x", "tests/tui/downloads.sh"},
	{"settings", "u", "tests/tui/settings.sh"}, {"chat", "M-w", "tests/tui/copy.sh"},
	{"transcript", "y", "tests/tui/copy.sh"}, {"transcript", "Y", "tests/tui/copy.sh"},
};

/* Is KEY pressed in SCRIPT? */
static bool
is_pressed(const char *script, const char *key)
{
	char line[512];
	bool found = false;
	int fd = openat(root, script, O_RDONLY);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	assert_non_null(f);
	while (!found && fgets(line, sizeof line, f)) {
		char *rest = line, *word = strsep(&rest, " \t\n");

		while (word && !*word)
			word = strsep(&rest, " \t\n");
		if (!word || (strcmp(word, "tui_key") != 0 && strcmp(word, "tui_press") != 0))
			continue;
		while ((word = strsep(&rest, " \t\n")) && !found)
			found = strcmp(word, key) == 0;
	}
	fclose(f);
	return found;
}

static const char *
pressed_elsewhere(const struct binding *b)
{
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
		struct key k;

		assert_true(key_parse(elsewhere[i].key, &k));
		if (strcmp(context_name(b->context), elsewhere[i].context) == 0 && key_same(k, b->key))
			return is_pressed(elsewhere[i].script, elsewhere[i].key) ? elsewhere[i].script : NULL;
	}
	return NULL;
}

static void
settle(struct app *app)
{
	double end = clock_s() + WAIT_S;

	while (app_busy(app) && clock_s() < end) {
		int fds[APP_FDS_MAX], n = app_fds(app, fds);
		struct pollfd p[APP_FDS_MAX];

		for (int i = 0; i < n; i++)
			p[i] = (struct pollfd){fds[i], POLLIN, 0};
		poll(p, (nfds_t)n, 5);
		app_poll(app);
		keep_update(&app->keep, &app->talk);
	}
	assert_false(app_busy(app));
}

static enum did
press(struct app *app, const char *name)
{
	struct key k;

	assert_true(key_parse(name, &k));
	app_draw(app, ROWS, COLS);
	return app_key(app, k);
}

static void
type(struct app *app, const char *text)
{
	app_text(app, text, strlen(text));
}

static void
ask(struct app *app, const char *text)
{
	if (!app_send(app, text))
		fail_msg("cannot ask: %s", buf_str(&app->note));
	settle(app);
}

/* Back to the conversation, with a question and its answer, the keyboard at an empty prompt. */
static void
begin(struct app *app)
{
	for (int i = 0; i < 8 && (app->line.mode != LINE_CLOSED || app_view(app)->over); i++)
		press(app, "Esc");
	app->quit = app->suspend = app->bare = app->leaving = false;
	settle(app);
	app_show(app, VIEW_chat);
	app->reading = app->chats.focus = false;
	app->editing = EDITING_NONE;
	editor_set(&app->prompt, "");
	buf_clear(&app->note);
	while (app->talk.n_turns < 4)
		ask(app, "What is BitNet?");
	buf_add_str(&app->talk.turns[app->talk.n_turns - 1]->raw, "\n```c\nint x;\n```\n");
}

static void
open_line(struct app *app)
{
	press(app, ":");
	type(app, "theme");
}

/* Four answers side by side, and the keyboard with the first.  HIDDEN: which model is which is not shown. */
static void
open_compare(struct app *app, bool hidden)
{
	struct compare_state *s;
	struct buf words = {0};

	for (int i = 1; i <= 4; i++)
		buf_printf(&words, "%s?seed=%d ", guide, i);
	press(app, "F4");
	app_act(app, ACTION_open_compare, buf_str(&words));
	settle(app);
	buf_done(&words);
	s = app->states[VIEW_compare];
	if (hidden != s->panel.blind)
		app_act(app, ACTION_blind, NULL);
	for (int i = 0; i < 8 && app_context(app) == CONTEXT_compare; i++)
		press(app, "Tab");
	type(app, "hello");
	press(app, "Enter");
	settle(app);
	press(app, "Tab");
}

static bool
moves(enum action a)
{
	return a == ACTION_up || a == ACTION_down || a == ACTION_page_up || a == ACTION_page_down ||
	    a == ACTION_scroll_top || a == ACTION_scroll_bottom;
}

/* The keyboard comes to be where the keys of C work, and A has something to do. */
static void
reach(struct app *app, enum context c, enum action a)
{
	struct err e = {0};
	bool vim = c == CONTEXT_vim || c == CONTEXT_vim_insert || c == CONTEXT_vim_pending;

	assert_true(config_set(&config, "ui.editing", vim ? "vim" : "emacs", &e));
	app->vim = (struct vim){0};
	begin(app);
	switch (c) {
	case CONTEXT_prompt:
	case CONTEXT_vim_insert:
	case CONTEXT_vim:
	case CONTEXT_vim_pending:
		type(app, "one two\nthree four");
		if (vim)
			press(app, "Left");
		if (c != CONTEXT_prompt && c != CONTEXT_vim_insert)
			press(app, "Esc");
		if (c == CONTEXT_vim_pending)
			press(app, "d");
		break;
	case CONTEXT_transcript:
		press(app, "Tab");
		break;
	case CONTEXT_chats:
		press(app, "C-o");
		break;
	case CONTEXT_explore:
		press(app, "F3");
		press(app, "Down");
		break;
	case CONTEXT_compare:
		open_compare(app, a == ACTION_reveal);
		break;
	case CONTEXT_stats:
		press(app, "F5");
		if (moves(a) && press(app, "Up") == DID_NOT)	/* the list of past runs is what moves */
			press(app, "Tab");
		break;
	case CONTEXT_downloads:
		press(app, "F6");
		break;
	case CONTEXT_settings:
	case CONTEXT_list:
		press(app, "F7");
		press(app, "Down");
		break;
	case CONTEXT_log:
		press(app, "F8");
		break;
	case CONTEXT_lens:
		press(app, "C-t");
		break;
	case CONTEXT_help:
		press(app, "F1");
		break;
	case CONTEXT_line:
		open_line(app);
		break;
	default:
		break;
	}
}

static void
press_row(struct app *app, const struct binding *b)
{
	struct buf name = {0};
	enum did did;

	key_format(b->key, &name);
	reach(app, b->context, b->action);
	if (!context_within(app_context(app), b->context))
		fail_msg("the keys %s were not reached, but %s", context_name(b->context), context_name(app_context(app)));
	if (keymap_find(&app->keys, app_context(app), b->key) != b->action)
		fail_msg("%s: %s is not %s there", context_name(b->context), buf_str(&name), action_name(b->action));
	buf_clear(&app->note);
	app_draw(app, ROWS, COLS);
	did = app_key(app, b->key);
	if (did == DID_NOT)
		fail_msg("%s: %s does nothing (%s)", context_name(b->context), buf_str(&name), action_name(b->action));
	if (app->note.len && app->note_role == ROLE_warn && !pressed_elsewhere(b))
		fail_msg("%s: %s: %s", context_name(b->context), buf_str(&name), buf_str(&app->note));
	app_draw(app, ROWS, COLS);
	settle(app);
	buf_done(&name);
}

static void
every_row_does_something(void **state)
{
	struct app *app = *state;
	struct err e = {0};
	char folder[32];
	glob_t found;
	struct keymap rows;

	root = open(".", O_RDONLY | O_DIRECTORY);
	assert_int_equal(glob("registry/guide/*.gguf", 0, NULL, &found), 0);
	assert_non_null(realpath(found.gl_pathv[0], guide));
	globfree(&found);
	place_make(folder);
	assert_int_equal(chdir(folder), 0);
	config.sampling_temp = 0;
	config.sampling_max_tokens = 12;
	config.editor = "true";
	app->history = app->keep.history = history_open(NULL, &e);
	assert_non_null(app->history);
	talk_done(&app->talk);
	app_open_model(app, guide);
	settle(app);
	keymap_init(&rows);
	for (size_t i = 0; i < rows.n_rows; i++)
		press_row(app, &rows.rows[i]);
	keymap_done(&rows);
	assert_int_equal(fchdir(root), 0);
	close(root);
	place_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_does_something, open_app, close_app),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
