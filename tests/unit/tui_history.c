/* The database of conversations: what is written is read back, searching, branches, deleting and bringing back, files
 * that are damaged, newer or not ours, several processes at once, and conversations as files. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/data/place.h"
#include "tui/state/history.h"
#include "tui/state/history_file.h"
#include "tui/state/history_import.h"

static char root[32];
static char path[128];
static int n_paths;

static const char *
new_path(void)
{
	snprintf(path, sizeof path, "%s/%d/minnow/history.db", root, n_paths++);
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

static int64_t
add_chat(struct history *h, const char *title)
{
	struct history_chat c = {.id = history_new_id(0), .title = (char *)(uintptr_t)title, .model = "nano",
	    .created_ms = history_now_ms(), .changed_ms = 1, .system = "be brief", .sampling = "{\"temp\":0.5}"};

	history_add_chat(h, &c);
	return c.id;
}

static int64_t
add(struct history *h, int64_t chat, int64_t parent, bool by_model, const char *text, int64_t when)
{
	struct history_message m = {.id = history_new_id(parent), .parent = parent, .by_model = by_model,
	    .created_ms = when, .model = "nano"};

	buf_add_str(&m.text, text);
	history_add_message(h, chat, &m);
	buf_done(&m.text);
	return m.id;
}

static void
flush(struct history *h)
{
	struct err e = {0};

	if (!history_flush(h, &e))
		fail_msg("%s", e.text);
}

static void
assert_found(struct history *h, const char *words, const char *titles)
{
	struct history_list l;
	struct buf b = {0};
	struct err e = {0};

	if (!history_find(h, words, 100, &l, &e))
		fail_msg("%s: %s", words, e.text);
	for (size_t i = 0; i < l.n; i++)
		buf_printf(&b, "%s%s", i ? "|" : "", l.chats[i].title);
	assert_string_equal(buf_str(&b), titles);
	buf_done(&b);
	history_list_done(&l);
}

static void
is_read_back(void **state)
{
	struct history *h = open_at(new_path());
	struct history_tree t;
	struct history_message end = {.ended = "end", .n_prompt = 7, .n_tokens = 3, .first_s = 0.25, .generate_s = 1.5,
	    .thinking_s = 0.5, .model = "nano", .sampling = "{\"seed\":4}"};
	int64_t chat = add_chat(h, "greeting"), q = add(h, chat, 0, false, "hello\n", 10);
	struct err e = {0};
	struct stat st;
	char odd[] = "a\0b\xff";

	(void)state;
	end.id = add(h, chat, q, true, "", 11);
	history_append(h, end.id, HISTORY_THINKING, "they ", 5);
	history_append(h, end.id, HISTORY_THINKING, "greet", 5);
	history_append(h, end.id, HISTORY_TEXT, "Good ", 5);
	flush(h);
	history_append(h, end.id, HISTORY_TEXT, odd, 4);
	flush(h);
	assert_true(history_read(h, chat, &t, &e));		/* while it grows */
	assert_int_equal(t.n, 2);
	assert_int_equal(t.messages[1].text.len, 9);
	assert_memory_equal(t.messages[1].text.data, "Good a\0b\xff", 9);
	assert_string_equal(t.messages[1].thinking.data, "they greet");
	assert_null(t.messages[1].ended);
	history_tree_done(&t);
	history_end_message(h, chat, &end);
	history_set_draft(h, chat, "and then");
	history_close(h);

	h = open_at(path);
	assert_true(history_read(h, chat, &t, &e));
	assert_string_equal(t.chat.title, "greeting");
	assert_string_equal(t.chat.system, "be brief");
	assert_string_equal(t.chat.sampling, "{\"temp\":0.5}");
	assert_int_equal(t.chat.leaf, end.id);
	assert_string_equal(t.messages[0].text.data, "hello\n");
	assert_int_equal(t.messages[1].parent, q);
	assert_memory_equal(t.messages[1].text.data, "Good a\0b\xff", 9);
	assert_string_equal(t.messages[1].ended, "end");
	assert_int_equal(t.messages[1].n_tokens, 3);
	assert_true(t.messages[1].thinking_s == 0.5);
	history_tree_done(&t);
	{
		struct buf b = {0};

		assert_true(history_draft(h, chat, &b));
		assert_string_equal(b.data, "and then");
		history_set_draft(h, chat, "");
		flush(h);
		assert_false(history_draft(h, chat, &b));
		buf_done(&b);
	}
	assert_false(history_read(h, chat + 1, &t, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	history_close(h);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
is_searched(void **state)
{
	struct history *h = open_at(new_path());
	int64_t a = add_chat(h, "sorting in C"), b = add_chat(h, "한국어 이름 정리"), c = add_chat(h, "100% of_it");
	struct history_list l;
	struct err e = {0};

	(void)state;
	add(h, a, add(h, a, 0, false, "Why is qsort slow?", 100), true, "The comparison goes through a \"pointer\".", 101);
	add(h, b, 0, false, "中文字符也会正确换行 그리고 한국어 문장도", 200);
	add(h, c, 0, false, "Straße and ÜBER are words; so is naïve", 300);
	flush(h);
	assert_found(h, "", "100% of_it|한국어 이름 정리|sorting in C");
	assert_found(h, NULL, "100% of_it|한국어 이름 정리|sorting in C");
	assert_found(h, "QSORT", "sorting in C");
	assert_found(h, "sort", "sorting in C");
	assert_found(h, "pointer comparison", "sorting in C");
	assert_found(h, "pointer qsort", "");			/* not in one message */
	assert_found(h, "\"pointer\"", "sorting in C");
	assert_found(h, "이름", "한국어 이름 정리");		/* two characters: below a trigram */
	assert_found(h, "한국어", "한국어 이름 정리");
	assert_found(h, "한국어 문", "한국어 이름 정리");
	assert_found(h, "字", "한국어 이름 정리");
	assert_found(h, "정확", "");
	assert_found(h, "über", "100% of_it");
	assert_found(h, "%", "100% of_it");
	assert_found(h, "f_", "100% of_it");
	assert_found(h, "\\", "");
	assert_found(h, "NEAR(a b) OR * -col:x ^", "");
	assert_found(h, "a b c d e f g h i j k l", "");
	assert_true(history_find(h, "through", 10, &l, &e));
	assert_int_equal(l.n, 1);
	assert_string_equal(l.chats[0].snippet, "…goes through a \"pointer\".");
	history_list_done(&l);
	/* Titles that change, and what an answer has grown by, are found; what was there before is not. */
	assert_true(history_rename(h, a, "slow library call", &e));
	assert_found(h, "library", "slow library call");
	assert_found(h, "sorting", "");
	assert_true(history_pin(h, a, true, &e));
	assert_found(h, "", "slow library call|100% of_it|한국어 이름 정리");
	history_close(h);
}

static void
comes_back(void **state)
{
	struct history *h = open_at(new_path());
	int64_t a = add_chat(h, "one"), b = add_chat(h, "two");
	struct history_tree t;
	struct err e = {0};
	sqlite3 *db;

	(void)state;
	add(h, a, 0, false, "first words", 1);
	add(h, b, 0, false, "second words", 2);
	flush(h);
	assert_int_equal(history_deleted_last(h), 0);
	assert_int_equal(history_last(h), b);
	assert_true(history_delete(h, b, &e));
	assert_int_equal(history_last(h), a);
	assert_true(history_undelete(h, b, &e));
	assert_true(history_delete(h, a, &e));
	assert_found(h, "", "two");
	assert_found(h, "words", "two");
	assert_int_equal(history_deleted_last(h), a);
	assert_true(history_undelete(h, a, &e));
	assert_found(h, "words", "two|one");
	assert_true(history_delete(h, a, &e));
	/* What is said in it brings it back. */
	add(h, a, 0, false, "more", 3);
	flush(h);
	assert_found(h, "", "one|two");
	assert_true(history_delete(h, a, &e));
	history_close(h);
	h = open_at(path);			/* minutes later it can still come back */
	flush(h);
	assert_int_equal(history_deleted_last(h), a);
	history_close(h);
	/* Days later nothing of it is in the file. */
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE chats SET deleted = 1 WHERE deleted > 0", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	h = open_at(path);
	flush(h);
	assert_false(history_read(h, a, &t, &e));
	history_close(h);
	{
		struct buf file = {0};

		assert_true(fs_read(&file, path, 1 << 24, &e));
		assert_null(memmem(file.data, file.len, "first words", 11));
		assert_non_null(memmem(file.data, file.len, "second words", 12));
		buf_done(&file);
	}
}

static void
keeps_branches(void **state)
{
	struct history *h = open_at(NULL);
	int64_t chat = add_chat(h, "tree"), q = add(h, chat, 0, false, "q", 1), a1 = add(h, chat, q, true, "a1", 2);
	int64_t a2 = add(h, chat, q, true, "a2", 3), q2 = add(h, chat, a1, false, "q2", 4);
	int64_t other = add(h, chat, 0, false, "other q", 5), ids[8];
	struct history_tree t;
	size_t list[8];
	struct err e = {0};

	(void)state;
	assert_false(history_is_kept(h));
	assert_true(history_read(h, chat, &t, &e));
	assert_int_equal(t.n, 5);
	assert_int_equal(t.chat.leaf, other);
	assert_int_equal(history_branches(&t, q, ids, 8), 2);
	assert_int_equal(ids[0], a1);
	assert_int_equal(ids[1], a2);
	assert_int_equal(history_branches(&t, 0, ids, 8), 2);
	assert_int_equal(history_leaf_under(&t, q), a2);
	assert_int_equal(history_leaf_under(&t, a1), q2);
	assert_int_equal(history_leaf_under(&t, a2), a2);
	assert_int_equal(history_path(&t, q2, list), 3);
	assert_int_equal(t.messages[list[0]].id, q);
	assert_int_equal(t.messages[list[2]].id, q2);
	assert_int_equal(history_path(&t, 12345, list), 0);
	history_tree_done(&t);
	history_close(h);
}

static void
refuse(const char *where, const char *why)
{
	struct err e = {0};

	assert_null(history_open(where, &e));
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
	assert_null(strchr(e.text, '\n'));
}

static void
refuses_what_it_cannot_keep(void **state)
{
	const char *p = new_path();
	struct history *h = open_at(p);
	char garbage[8192];
	struct err e = {0};
	sqlite3 *db;

	(void)state;
	add(h, add_chat(h, "kept"), 0, false, "text", 1);
	history_close(h);
	assert_int_equal(sqlite3_open(p, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	refuse(p, "newer minnow");
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1; PRAGMA application_id = 7", NULL, NULL, NULL), SQLITE_OK);
	refuse(p, "another program");
	sqlite3_close(db);
	memset(garbage, 'x', sizeof garbage);
	assert_true(fs_write_atomic(p, garbage, sizeof garbage, &e));
	refuse(p, "is damaged");
	assert_int_equal(unlink(p), 0);
	assert_int_equal(mkdir(p, 0700), 0);
	refuse(p, "irectory");
	refuse("/proc/minnow/history.db", "/proc");
}

/* Damage that shows only later: said once, and the chat goes on. */
static void
survives_damage_while_open(void **state)
{
	struct history *h = open_at(new_path());
	int64_t chat = add_chat(h, "x");
	struct err e = {0};
	char zeros[4096] = {0};
	FILE *f;

	(void)state;
	flush(h);
	history_close(h);
	f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 4096, SEEK_SET), 0);		/* all pages but the schema's */
	for (int i = 0; i < 40; i++)
		assert_int_equal(fwrite(zeros, 1, sizeof zeros, f), sizeof zeros);
	fclose(f);
	h = history_open(path, &e);
	if (h) {
		add(h, chat, 0, false, "text", 1);
		assert_false(history_flush(h, &e));
		assert_true(history_failed(h, &e));
		add(h, chat, 0, false, "text", 1);
		assert_false(history_flush(h, &e));
		history_close(h);
	}
	assert_non_null(strstr(e.text, "damaged"));
}

/* Who shows what is queued learns whether it is written by then. */
static void
settles(void **state)
{
	const char *p = new_path();
	struct history *h = open_at(p);
	int64_t chat = add_chat(h, "x");
	sqlite3 *db;

	(void)state;
	flush(h);
	assert_true(history_settle(h, 0));
	assert_int_equal(sqlite3_open(p, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	add(h, chat, 0, false, "text", 1);
	assert_false(history_settle(h, 0));
	assert_false(history_settle(h, 5));
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_true(history_settle(h, 10000));
	sqlite3_close(db);
	history_close(h);
}

/* Processes that write at the same time into their own and into one common conversation. */
static void
several_at_once(void **state)
{
	enum { PROCESSES = 4, MESSAGES = 25 };
	const char *p = new_path();
	struct history *h = open_at(p);
	int64_t chat = add_chat(h, "common");
	struct history_tree t;
	struct err e = {0};
	int bad = 0, status;

	(void)state;
	flush(h);
	history_close(h);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			int64_t parent = 0;
			bool ok;

			h = history_open(p, &e);
			ok = h != NULL;
			for (int k = 0; ok && k < MESSAGES; k++) {
				parent = add(h, chat, parent, k & 1, "", k);
				for (int w = 0; ok && w < 20; w++) {
					history_append(h, parent, HISTORY_TEXT, "word ", 5);
					ok = w % 5 || history_flush(h, &e);
				}
				history_end_message(h, chat, &(struct history_message){.id = parent, .ended = "end"});
				ok = ok && history_flush(h, &e);
			}
			history_close(h);
			if (!ok)
				fprintf(stderr, "%s\n", e.text);
			_exit(!ok);
		}
		assert_true(pid > 0);
	}
	while (wait(&status) > 0)
		bad += status != 0;
	assert_int_equal(bad, 0);
	h = open_at(p);
	assert_true(history_read(h, chat, &t, &e));
	assert_int_equal(t.n, PROCESSES * MESSAGES);
	for (size_t i = 0; i < t.n; i++) {
		assert_int_equal(t.messages[i].text.len, 100);
		assert_string_equal(t.messages[i].ended, "end");
	}
	history_tree_done(&t);
	history_close(h);
}

static void
becomes_a_file(void **state)
{
	struct history *h = open_at(new_path());
	int64_t chat = add_chat(h, "notes"), q = add(h, chat, 0, false, "q \x01 한\xff", 1);
	struct history_imported again;
	struct history_tree t;
	struct buf first = {0}, second = {0}, text = {0};
	struct history_message m = {.ended = "length", .n_tokens = 9, .generate_s = 0.5, .model = "nano"};
	struct err e = {0};
	char file[160];

	(void)state;
	m.id = add(h, chat, q, true, "", 2);
	history_append(h, m.id, HISTORY_TEXT, "the answer", 10);
	history_append(h, m.id, HISTORY_THINKING, "hm", 2);
	buf_add_str(&m.calls, "{\"name\": \"f\", \"arguments\": {\"x\": 1}}");
	buf_add_str(&m.calls_raw, "<call>");
	history_end_message(h, chat, &m);
	add(h, chat, q, true, "another", 3);
	history_set_leaf(h, chat, m.id);
	flush(h);
	assert_true(history_read(h, chat, &t, &e));
	history_write_markdown(&t, &text);
	assert_string_equal(text.data, "# notes\n\n## System\n\nbe brief\n\n## You\n\nq \x01 한\xff\n\n## nano\n\n"
	    "<details><summary>thought for 0.0 s</summary>\n\nhm\n\n</details>\n\nthe answer\n\n```\n<call>\n```\n");
	assert_true(history_write_json(&t, &first, &e));
	snprintf(file, sizeof file, "%s/out.json", root);
	assert_true(history_export(&t, file, &e));
	assert_false(history_export(&t, file, &e));
	assert_non_null(strstr(e.text, "is there already"));
	history_tree_done(&t);
	if (!history_import_file(h, file, &again, &e))
		fail_msg("%s", e.text);
	assert_true(history_read(h, again.chat, &t, &e));
	assert_int_equal(t.n, 3);
	assert_int_equal(t.chat.leaf, t.messages[1].id);
	assert_true(t.chat.id != chat);
	assert_true(history_write_json(&t, &second, &e));
	assert_string_equal(first.data, second.data);
	history_tree_done(&t);
	assert_found(h, "answer", "notes|notes");
	buf_done(&first);
	buf_done(&second);
	buf_done(&text);
	buf_done(&m.calls);
	buf_done(&m.calls_raw);
	history_close(h);
}

static void
bad_files_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "not JSON"},
		{"[]", "\"minnow\" is not"},
		{"{\"minnow\": \"conversation\", \"version\": 2, \"messages\": []}", "newer"},
		{"{\"minnow\": \"conversation\", \"version\": 1}", "\"messages\" is not a list"},
		{"{\"minnow\": \"conversation\", \"version\": 1, \"messages\": [7]}", "message 0 is not an object"},
		{"{\"minnow\": \"conversation\", \"version\": 1, \"messages\": [{\"role\": \"user\"}]}", "\"text\" is not a text"},
		{"{\"minnow\": \"conversation\", \"version\": 1, \"messages\": [{\"role\": \"root\", \"text\": \"\"}]}", "\"role\""},
		{"{\"minnow\": \"conversation\", \"version\": 1, \"messages\": [{\"parent\": 0, \"role\": \"user\", \"text\": \"\"}]}",
		    "number of an earlier message"},
		{"{\"minnow\": \"conversation\", \"version\": 1, \"chosen\": 9, \"messages\": [{\"role\": \"user\", \"text\": \"\"}]}",
		    "\"chosen\""},
		{"{\"minnow\": \"conversation\", \"version\": 1, \"messages\": [{\"role\": \"user\", \"text\": \"\", \"tokens\": -1}]}",
		    "\"tokens\""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct history_tree t;
		struct err e = {0};

		assert_false(history_parse_json(cases[i].text, strlen(cases[i].text), &t, &e));
		if (!strstr(e.text, cases[i].why))
			fail_msg("\"%s\" does not say \"%s\"", e.text, cases[i].why);
	}
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
		cmocka_unit_test(is_read_back),
		cmocka_unit_test(is_searched),
		cmocka_unit_test(comes_back),
		cmocka_unit_test(keeps_branches),
		cmocka_unit_test(refuses_what_it_cannot_keep),
		cmocka_unit_test(survives_damage_while_open),
		cmocka_unit_test(settles),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(becomes_a_file),
		cmocka_unit_test(bad_files_are_refused),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
