/* The state of conversations on disk: it goes on as if it had never been left; what is damaged, of something else or not
 * there is read anew; the budget holds, and what was not used for longest goes; a conversation that is gone leaves
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/session.h"
#include "tests/data/nano.h"
#include "tests/data/place.h"
#include "tui/state/snapshot.h"

enum { N_CTX = 64, N_VOCAB = 40, N = 50, ORIGIN = 7 };

static char root[32], dir[64];
static struct buf file;
static struct engine *engine;
static struct model *model;

static int
open_model(void **state)
{
	struct engine_options eo = {.n_threads = 1};
	struct err e = {0};
	struct gguf *g;

	(void)state;
	place_make(root);
	snprintf(dir, sizeof dir, "%s/cache/state", root);
	nano_make(nano_find("qwen3_wide"), &file);
	engine = engine_new(&eo, &e);
	g = gguf_open_memory(file.data, file.len, &e);
	model = g && engine ? model_open_gguf(engine, g, "nano", &e) : NULL;
	return model ? 0 : -1;
}

static int
close_model(void **state)
{
	(void)state;
	model_close(model);
	engine_free(engine);
	buf_done(&file);
	place_remove(root);
	return 0;
}

static struct session *
open_session(uint32_t n, uint32_t seed)
{
	struct session_options so = {.n_ctx = N_CTX, .kv = KV_f16, .chunk = 4};
	struct err e = {0};
	struct session *s = session_open(model, &so, &e);

	if (!s)
		fail_msg("%s", e.text);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = (seed * i * i + 3 * i + 1) % N_VOCAB;

		assert_true(session_eval(s, &id, 1, NULL, &e));
	}
	return s;
}

static void
go_on(struct session *s, uint32_t end)
{
	struct err e = {0};

	for (uint32_t i = session_n_past(s); i < end; i++) {
		uint32_t id = (7 * i * i + 3 * i + 1) % N_VOCAB;

		assert_true(session_eval(s, &id, 1, NULL, &e));
	}
}

static struct snapshots *
open_all(uint64_t budget)
{
	struct err e = {0};
	struct snapshots *s = snapshots_open(dir, budget, &e);

	assert_non_null(s);
	return s;
}

static struct snapshot_event
wait_event(struct snapshots *s)
{
	struct snapshot_event ev;
	struct pollfd p = {snapshots_wake_fd(s), POLLIN, 0};

	while (!snapshots_next(s, &ev))
		assert_true(poll(&p, 1, 20000) > 0);
	return ev;
}

static struct snapshot_event
save(struct snapshots *s, struct session *session, int64_t chat)
{
	struct snapshot_event ev;

	snapshots_save(s, session, chat, ORIGIN, false);
	ev = wait_event(s);
	assert_int_equal(ev.kind, SNAPSHOT_SAVED);
	assert_int_equal(ev.chat, chat);
	return ev;
}

static struct snapshot_event
read_back(struct snapshots *s, struct session *session, int64_t chat)
{
	struct snapshot_event ev;

	snapshots_read(s, session, chat, ORIGIN);
	ev = wait_event(s);
	assert_int_equal(ev.kind, SNAPSHOT_READ);
	return ev;
}

static void
path_of(int64_t chat, char path[160])
{
	snprintf(path, 160, "%s/%016llx-%016llx.state", dir, (unsigned long long)chat, (unsigned long long)ORIGIN);
}

static unsigned
count_files(void)
{
	uint64_t bytes;
	unsigned n;

	snapshots_used(dir, &bytes, &n);
	return n;
}

static void
it_goes_on_as_if_never_left(void **state)
{
	struct snapshots *s = open_all(1 << 30);
	struct session *a = open_session(40, 7), *b = open_session(3, 5);
	struct snapshot_event ev;
	struct stat st;
	char path[160];

	(void)state;
	assert_false(snapshots_has(s, 1, ORIGIN));
	ev = save(s, a, 1);
	assert_true(ev.ok);
	assert_int_equal(ev.n_tokens, 40);
	assert_true(snapshots_has(s, 1, ORIGIN));
	assert_false(snapshots_has(s, 1, ORIGIN + 1));
	path_of(1, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, ev.bytes);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	ev = read_back(s, b, 1);
	assert_true(ev.ok);
	assert_int_equal(ev.n_tokens, 40);
	go_on(a, N);
	go_on(b, N);
	assert_memory_equal(session_logits(a), session_logits(b), N_VOCAB * sizeof(float));
	snapshots_close(s);
	session_close(a);
	session_close(b);
}

/* Each is refused with a sentence, leaves the session as it was, and is not met again. */
static void
hostile_files_are_read_anew(void **state)
{
	struct snapshots *s = open_all(1 << 30);
	struct session *a = open_session(40, 7), *b = open_session(3, 5);
	struct buf good = {0};
	struct err e = {0};
	char path[160];

	(void)state;
	assert_true(save(s, a, 2).ok);
	path_of(2, path);
	assert_true(fs_read(&good, path, 1 << 24, &e));
	for (size_t round = 0; round < 9; round++) {
		size_t n = round == 0 ? 0 : round == 1 ? 20 : round == 2 ? good.len / 2 : round == 3 ? good.len - 1 : good.len;
		struct buf bad = {0};
		struct snapshot_event ev;

		buf_add(&bad, good.data, n);
		if (round >= 4)			/* magic, version, model, origin, a byte of the cache */
			bad.data[(const size_t[]){0, 8, 16, 56, good.len / 2}[round - 4]] ^= 1;
		assert_true(fs_write_atomic(path, bad.data ? bad.data : "", bad.len, &e));
		ev = read_back(s, b, 2);
		assert_false(ev.ok);
		assert_true(ev.err.kind != ERR_NONE && ev.err.text[0]);
		assert_int_equal(session_n_past(b), 3);
		assert_false(snapshots_has(s, 2, ORIGIN));
		buf_done(&bad);
	}
	assert_int_equal(read_back(s, b, 2).err.kind, ERR_NOT_FOUND);
	/* Another conversation's under this name goes on too: what is asked then decides how much of it is used. */
	assert_true(fs_write_atomic(path, good.data, good.len, &e));
	assert_true(read_back(s, b, 2).ok);
	buf_done(&good);
	snapshots_close(s);
	session_close(a);
	session_close(b);
}

static void
set_age(int64_t chat, time_t seconds)
{
	struct timespec t[2] = {{time(NULL) - seconds, 0}, {time(NULL) - seconds, 0}};
	char path[160];

	path_of(chat, path);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void
what_was_not_used_for_longest_makes_room(void **state)
{
	struct session *a = open_session(40, 7), *b = open_session(0, 0);
	uint64_t size = session_cache_bytes(a), bytes;
	struct snapshots *s = open_all(3 * size + size / 2);
	struct snapshot_event ev;
	char path[160];
	unsigned n;

	(void)state;
	for (int64_t chat = 1; chat <= 3; chat++) {
		assert_true(save(s, a, chat).ok);
		set_age(chat, 1000 * (4 - chat));
	}
	assert_true(read_back(s, b, 1).ok);		/* used now: the second is the oldest */
	assert_true(save(s, a, 4).ok);
	assert_true(snapshots_has(s, 1, ORIGIN) && snapshots_has(s, 3, ORIGIN) && snapshots_has(s, 4, ORIGIN));
	assert_false(snapshots_has(s, 2, ORIGIN));
	/* Its own file is replaced, not counted twice. */
	assert_true(save(s, a, 4).ok);
	assert_int_equal(count_files(), 3);
	/* What a process left that died while it wrote. */
	snprintf(path, sizeof path, "%s/0000000000000009-0000000000000007.state.77-0.part", dir);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, (const struct timespec[2]){{1, 0}, {1, 0}}, 0), 0);
	snapshots_set_budget(s, size + 1);
	snapshots_drain(s);
	assert_false(fs_exists(path));
	snapshots_used(dir, &bytes, &n);
	assert_true(n == 1 && bytes <= size + 1);
	assert_true(snapshots_has(s, 4, ORIGIN));
	snapshots_set_budget(s, size - 1);
	ev = save(s, a, 5);
	assert_false(ev.ok);
	assert_non_null(strstr(ev.err.text, "history.cache"));
	snapshots_close(s);
	/* None at all: what is there goes at once. */
	s = open_all(1 << 30);
	assert_true(save(s, a, 6).ok);
	snapshots_close(s);
	s = open_all(0);
	snapshots_drain(s);
	assert_int_equal(count_files(), 0);
	snapshots_close(s);
	session_close(a);
	session_close(b);
}

static void
what_is_gone_leaves_nothing(void **state)
{
	struct snapshots *s = open_all(1 << 30);
	struct session *a = open_session(40, 7);

	(void)state;
	assert_true(save(s, a, 1).ok);
	snapshots_save(s, a, 0x10, ORIGIN + 1, false);
	assert_true(wait_event(s).ok);
	/* One that is being written at that moment too. */
	snapshots_save(s, a, 1, ORIGIN + 1, false);
	snapshots_forget(s, 1);
	(void)wait_event(s);
	snapshots_drain(s);
	assert_int_equal(count_files(), 1);
	assert_true(snapshots_has(s, 0x10, ORIGIN + 1));
	snapshots_forget(s, 0x10);
	/* Closed by it, after what was asked for before. */
	snapshots_save(s, a, 3, ORIGIN, false);
	snapshots_retire(s, a, NULL, NULL);
	snapshots_finish(s, 20);
	assert_true(wait_event(s).ok);
	assert_true(snapshots_has(s, 3, ORIGIN) && count_files() == 1);
	snapshots_close(s);
}

static void
a_folder_that_cannot_be_made_is_told(void **state)
{
	struct err e = {0};
	char in_file[64];
	struct session *a = open_session(9, 7);
	struct snapshots *s;
	struct snapshot_event ev;

	(void)state;
	snprintf(in_file, sizeof in_file, "%s/plain", root);
	assert_true(fs_write_atomic(in_file, "x", 1, &e));
	snprintf(in_file, sizeof in_file, "%s/plain/state", root);
	s = snapshots_open(in_file, 1 << 30, &e);
	assert_non_null(s);
	ev = save(s, a, 1);
	assert_false(ev.ok);
	assert_true(ev.err.text[0]);
	snapshots_close(s);
	session_close(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_on_as_if_never_left),
		cmocka_unit_test(hostile_files_are_read_anew),
		cmocka_unit_test(what_was_not_used_for_longest_makes_room),
		cmocka_unit_test(what_is_gone_leaves_nothing),
		cmocka_unit_test(a_folder_that_cannot_be_made_is_told),
	};

	return cmocka_run_group_tests(tests, open_model, close_model);
}
