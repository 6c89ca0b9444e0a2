/* Keys: their names, the table, and the bytes terminals send for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tui/config.h"
#include "tui/keymap.h"
#include "tui/term/input.h"

/* All events of S as one string: "a C-b <paste> …". */
static void
decode(struct input *in, const char *s, size_t n, bool flush, struct buf *out)
{
	struct input_event ev;

	input_feed(in, s, n);
	while (input_next(in, flush, &ev)) {
		buf_add_str(out, out->len ? " " : "");
		switch (ev.kind) {
		case INPUT_KEY:
			key_format(ev.key, out);
			break;
		case INPUT_PASTE:
			buf_printf(out, "<%.*s>", (int)ev.len, ev.text);
			break;
		case INPUT_STATUS:
			buf_add_str(out, "status");
			break;
		case INPUT_BACKGROUND:
			buf_printf(out, "#%02x%02x%02x", (unsigned)ev.red, (unsigned)ev.green, (unsigned)ev.blue);
			break;
		case INPUT_PLACE:
			buf_printf(out, "place %d,%d", ev.row, ev.col);
			break;
		case INPUT_SYNC:
			buf_add_str(out, "sync");
			break;
		case INPUT_CLICK:
			buf_printf(out, "click %d,%d", ev.row, ev.col);
			break;
		case INPUT_WHEEL:
			buf_printf(out, "wheel %d at %d,%d", ev.step, ev.row, ev.col);
			break;
		}
	}
}

static void
check(const char *bytes, const char *want)
{
	struct buf whole = {0}, parts = {0};
	struct input in = {0};

	decode(&in, bytes, strlen(bytes), true, &whole);
	assert_string_equal(buf_str(&whole), want);
	input_done(&in);
	/* One byte at a time gives the same. */
	for (const char *p = bytes; *p; p++)
		decode(&in, p, 1, p[1] == '\0', &parts);
	assert_string_equal(buf_str(&parts), want);
	input_done(&in);
	buf_done(&whole);
	buf_done(&parts);
}

static void
keys(void **state)
{
	(void)state;
	check("aB?한é", "a B ? 한 é");
	check("\r\t\x7f\x01\x1f\n\x08", "Enter Tab Backspace ^A ^_ ^J ^H");
	check("\x1b", "Esc");
	check("\x1b\x1b[A", "Esc Up");
	check("\x1b[A\x1bOB\x1b[1;5C\x1b[1;2D\x1b[H\x1b[4~", "Up Down Ctrl-Right Shift-Left Home End");
	check("\x1b[5~\x1b[6~\x1b[3~\x1b[2~", "PgUp PgDn Delete Insert");
	check("\x1bOP\x1b[11~\x1b[[B\x1b[24~", "F1 F1 F2 F12");
	check("\x1b" "b\x1b\r\x1b\x7f\x1b<", "Alt-b Alt-Enter Alt-Backspace Alt-<");
	check("\x1b[13;2u\x1b[97;5u\x1b[27;5;13~", "Shift-Enter ^A Ctrl-Enter");
	check("\x1b[Z", "Shift-Tab");
	check("\x1b[0n", "status");
}

static void
what_is_not_a_key_is_dropped(void **state)
{
	(void)state;
	check("\x1b[?62;4c" "a", "a");
	check("\x1b]0;title\x07" "b", "b");
	check("\x1bP1$r0m\x1b\\c", "c");
	check("\x1b[999999999999999;8~d", "d");
	check("\xff\xfe" "e", "e");
	check("\x1b]11;rgb:ffff/8000/0000\x1b\\", "#ff7f00");
	check("\x1b]11;rgb:1e/1e/1e\x07", "#1e1e1e");
	check("\x1b[?2026;2$y", "sync");
	check("\x1b[2;3R\x1b[24;80R", "place 1,2 place 23,79");
	check("\x1b[1;2R\x1b[R\x1bOR\x1b[2;0R", "Shift-F3 F3 F3 F3");
	check("a\x1b[?2026;0$y\x1b[?2026;4$y\x1b[?25;1$yb", "a b");
	check("\x1b]11;nonsense\x07" "f", "f");
}

/* Clicks and the wheel; releases, moves, other buttons and nonsense are nothing. */
static void
the_mouse(void **state)
{
	(void)state;
	check("\x1b[<0;12;3M\x1b[<0;12;3m", "click 2,11");
	check("\x1b[<64;1;1M\x1b[<65;200;50M\x1b[<68;1;1M", "wheel -1 at 0,0 wheel 1 at 49,199 wheel -1 at 0,0");
	check("\x1b[<2;5;5M\x1b[<32;5;5M\x1b[<0;0;0M\x1b[<;;M\x1b[<0M\x1b[<Mx", "x");
}

static void
pastes(void **state)
{
	(void)state;
	check("\x1b[200~two\rlines\x1b[A\x1b[201~x", "<two\rlines\x1b[A> x");
	check("\x1b[200~\x1b[201~", "<>");
}

static void
a_lone_escape_waits(void **state)
{
	struct input in = {0};
	struct input_event ev;

	(void)state;
	input_feed(&in, "\x1b", 1);
	assert_false(input_next(&in, false, &ev));
	assert_true(input_pending(&in));
	assert_true(input_next(&in, true, &ev));
	assert_int_equal(ev.key.code, KEYCODE_ESC);
	assert_false(input_pending(&in));
	input_done(&in);
}

/* Nothing a terminal sends may hang or crash; after it, keys still come through. */
static void
random_bytes(void **state)
{
	static const char some[] = "\x1b[]O0123;~uPM\x07\\<?a\xe2";
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct input in = {0};
		struct input_event ev;
		char bytes[40];

		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = some[(seed = seed * 1664525u + 1013904223u) / (UINT32_MAX / (sizeof some - 1) + 1)];
		input_feed(&in, bytes, sizeof bytes);
		while (input_next(&in, false, &ev))
			;
		while (input_next(&in, true, &ev))
			;
		assert_true(!input_pending(&in) || in.pasting);
		input_done(&in);
	}
}

static void
names(void **state)
{
	static const char *const good[][2] = {
		{"C-r", "^R"}, {"M-Enter", "Alt-Enter"}, {"C-M-x", "Alt-^X"}, {"S-Up", "Shift-Up"}, {"F12", "F12"},
		{"?", "?"}, {"-", "-"}, {"C--", "^-"}, {"Space", "Space"}, {"한", "한"}, {"M-<", "Alt-<"},
	};
	static const char *const bad[] = {"", "Q-x", "C-", "F13", "F0", "Enterr", "ab", "\xff", " "};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct key k;
		struct buf b = {0};

		assert_true(key_parse(good[i][0], &k));
		key_format(k, &b);
		assert_string_equal(b.data, good[i][1]);
		buf_done(&b);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct key k;

		assert_false(key_parse(bad[i], &k));
	}
}

/* No key means two things in a context, and every action can be reached. */
static void
the_table_is_sound(void **state)
{
	struct keymap m;

	(void)state;
	keymap_init(&m);
	for (size_t i = 0; i < m.n_rows; i++)
		for (size_t k = 0; k < i; k++)
			if (m.rows[i].context == m.rows[k].context && key_same(m.rows[i].key, m.rows[k].key))
				fail_msg("%s and %s share a key in %s", action_name(m.rows[i].action),
				    action_name(m.rows[k].action), context_name(m.rows[i].context));
	for (enum action a = 1; a < ACTION_COUNT; a++) {
		assert_int_equal(action_find(action_name(a)), a);
		assert_true(*action_help(a));
	}
	keymap_done(&m);
}

static struct key
key(const char *s)
{
	struct key k;

	assert_true(key_parse(s, &k));
	return k;
}

static void
lookup_goes_outwards(void **state)
{
	struct keymap m;

	(void)state;
	keymap_init(&m);
	assert_int_equal(keymap_find(&m, CONTEXT_empty, key("?")), ACTION_help);
	assert_int_equal(keymap_find(&m, CONTEXT_prompt, key("?")), ACTION_NONE);
	assert_int_equal(keymap_find(&m, CONTEXT_empty, key("C-k")), ACTION_kill_line);
	assert_int_equal(keymap_find(&m, CONTEXT_empty, key("C-r")), ACTION_regenerate);
	assert_int_equal(keymap_find(&m, CONTEXT_transcript, key("C-q")), ACTION_quit);
	assert_true(key_same(keymap_key(&m, CONTEXT_prompt, ACTION_help), key("F1")));
	assert_true(key_same(keymap_key(&m, CONTEXT_empty, ACTION_help), key("?")));
	keymap_done(&m);
}

static void
remapping(void **state)
{
	static const struct config_bind binds[] = {
		{"chat", "regenerate", "C-x", 3},
		{"chat", "copy", "C-x", 4},		/* the same key again */
		{"prompt", "send", "none", 5},
		{"nowhere", "send", "C-s", 6},
		{"prompt", "fly", "C-s", 7},
		{"prompt", "send", "Hyper-s", 8},
	};
	struct keymap m;
	struct buf w = {0};

	(void)state;
	keymap_init(&m);
	keymap_configure(&m, binds, ARRAY_LEN(binds), "config", &w);
	assert_int_equal(keymap_find(&m, CONTEXT_chat, key("C-x")), ACTION_copy);
	assert_int_equal(keymap_find(&m, CONTEXT_chat, key("C-r")), ACTION_regenerate);
	assert_int_equal(keymap_find(&m, CONTEXT_prompt, key("Enter")), ACTION_NONE);
	assert_true(key_same(keymap_key(&m, CONTEXT_chat, ACTION_copy), key("C-x")));
	assert_string_equal(buf_str(&w),
	    "config line 4: the key of copy was bound to regenerate in line 3\n"
	    "config line 6: there are no keys \"nowhere\"\n"
	    "config line 7: there is no action \"fly\"\n"
	    "config line 8: \"Hyper-s\" is no key (C-r, M-Enter, F1, PgUp, ?)\n");
	buf_done(&w);
	keymap_done(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(what_is_not_a_key_is_dropped),
		cmocka_unit_test(the_mouse),
		cmocka_unit_test(pastes),
		cmocka_unit_test(a_lone_escape_waits),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(names),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(lookup_goes_outwards),
		cmocka_unit_test(remapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
