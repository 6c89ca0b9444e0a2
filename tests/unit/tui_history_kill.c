/* A process that writes a growing answer is killed (SIGKILL) at any moment, again and again: what it knew to be
 * committed is there, what is there is exactly a beginning of what it wrote, and the database holds together. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/base/mem.h"
#include "tests/data/place.h"
#include "tui/state/history.h"

enum { ROUNDS = 40, WORDS_PER_ANSWER = 60 };

/* Written by the child: answers begun, bytes given and bytes known to be committed of the one that grows. */
struct progress {
	volatile uint64_t words;			/* in all, for the parent to choose its moment by */
	volatile int64_t answer;
	volatile size_t given, saved;
};

static char root[32], path[64];
static struct progress *progress;

static size_t
word(char out[24], unsigned i)
{
	return (size_t)snprintf(out, 24, "w%u %s", i, i % 7 ? "" : "한국\n");
}

/* Answers without end, until it is killed. */
static void
write_answers(int64_t chat)
{
	struct err e = {0};
	struct history *h = history_open(path, &e);
	int64_t parent = 0;

	for (unsigned a = 0; h; a++) {
		struct history_message m = {.parent = parent, .by_model = true, .created_ms = 1};
		unsigned n = WORDS_PER_ANSWER + a % 9;

		m.id = history_new_id(parent);
		progress->answer = 0;
		progress->given = progress->saved = 0;
		history_add_message(h, chat, &m);
		progress->answer = m.id;
		for (unsigned i = 0; i < n; i++) {
			char w[24];
			size_t len = word(w, i);

			progress->given += len;
			history_append(h, m.id, HISTORY_TEXT, w, len);
			progress->words++;
			if (i % 5 == 4 && history_flush(h, &e))
				progress->saved = progress->given;
		}
		m.ended = "end";
		history_end_message(h, chat, &m);
		parent = m.id;
	}
	_exit(1);
}

static void
check_text(const struct history_message *m, bool ended)
{
	size_t at = 0;
	unsigned i = 0;

	for (char w[24]; at < m->text.len; i++) {
		size_t len = word(w, i), rest = m->text.len - at;

		/* Whole pieces only: a piece is one row. */
		assert_true(len <= rest);
		assert_memory_equal(m->text.data + at, w, len);
		at += len;
	}
	assert_true(!ended || i >= WORDS_PER_ANSWER);
}

static void
check_file(void)
{
	sqlite3 *db;
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
	sqlite3_finalize(s);
	/* The index and the texts agree. */
	assert_int_equal(sqlite3_exec(db, "INSERT INTO found(found, rank) VALUES('integrity-check', 1)", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
}

static void
nothing_is_lost(void **state)
{
	struct err e = {0};
	struct history *h;
	struct history_chat c = {.id = history_new_id(0), .title = (char[]){"killed"}, .created_ms = 1, .changed_ms = 1};
	uint32_t seed = 5;
	size_t n_before = 0;

	(void)state;
	h = history_open(path, &e);
	assert_non_null(h);
	history_add_chat(h, &c);
	history_close(h);
	for (int round = 0; round < ROUNDS; round++) {
		const struct history_message *m;
		struct history_tree t;
		uint64_t moment;
		pid_t pid;

		seed = seed * 1664525u + 1013904223u;
		moment = progress->words + 1 + (seed >> 8) % 400;
		progress->answer = 0;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			write_answers(c.id);
		while (progress->words < moment && waitpid(pid, NULL, WNOHANG) == 0)
			usleep(50);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_true(progress->words >= moment);

		h = history_open(path, &e);
		if (!h)
			fail_msg("%s", e.text);
		assert_true(history_read(h, c.id, &t, &e));
		m = history_message_find(&t, progress->answer);
		assert_true(m || progress->saved == 0);
		assert_true(!m || (m->text.len >= progress->saved && (m->text.len <= progress->given || m->ended)));
		for (size_t i = 0; i < t.n; i++)
			check_text(&t.messages[i], t.messages[i].ended != NULL);
		assert_true(t.n >= n_before);
		n_before = t.n;
		history_tree_done(&t);
		assert_true(history_flush(h, &e));
		history_close(h);
		check_file();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost)};
	int failed;

	place_make(root);
	snprintf(path, sizeof path, "%s/history.db", root);
	progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	failed = progress == MAP_FAILED || cmocka_run_group_tests(tests, NULL, NULL);
	place_remove(root);
	return failed;
}
