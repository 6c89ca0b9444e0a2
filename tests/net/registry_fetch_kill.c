/* T12, T13: a download that is killed again and again comes to its end: the file is right, and each kill costs less than
 * one range, all transfers together. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/net/server.h"

enum { KILLS_MAX = 60, KILLS_WANTED = 3 };

static unsigned char data[NET_SIZE], sha256[DIGEST_SHA256_SIZE];
static char folder[32], root[32];
static struct server server;
static uint64_t lost_most;

static int
start(void **state)
{
	(void)state;
	place_make(root);
	return server_fill(folder, data, sha256, 3) && server_start(&server, folder, NULL, NULL) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	server_stop(&server);
	place_remove(folder);
	place_remove(root);
	return 0;
}

static pid_t
start_child(const struct net_file *f)
{
	static const struct fetch_options o = {.allow_loopback_http = true, .retry_ms = 2};
	struct fetch_result result;
	pid_t pid = fork();
	struct store *s;
	bool had;

	if (pid != 0)
		return pid;
	s = store_open(root, NULL);
	_exit(s && fetch_into(s, "tiny", &f->file, NET_RANGE, &o, &result, &had, NULL) ? 0 : 1);
}

/* Bytes of the part that are right, from the beginning of each range. */
static uint64_t
count_written(const struct store_part *p)
{
	unsigned char *got = calloc(1, NET_SIZE);
	uint64_t n = 0;

	assert_true(pread(p->fd, got, NET_SIZE, 0) >= 0);
	for (size_t at = 0; at < NET_SIZE; at += NET_RANGE)
		for (size_t i = at; i < NET_SIZE && i < at + NET_RANGE && got[i] == data[i]; i++)
			n++;
	free(got);
	return n;
}

/* What was written down, and what of the rest was on disk for nothing. */
static uint64_t
check_loss(uint64_t kept_before)
{
	struct store_want want = {.model = "tiny", .file = "data.gguf", .size = NET_SIZE, .range_size = NET_RANGE,
	    .sha256 = sha256};
	struct store *s = store_open(root, NULL);
	struct store_part p;
	struct err e = {0};
	uint64_t kept;
	bool have;

	assert_non_null(s);
	assert_true(store_part_open(s, &want, &p, &have, &e));
	kept = have ? NET_SIZE : part_n_bytes(&p.part);
	if (!have) {
		uint64_t written = count_written(&p);

		assert_true(kept <= written);
		if (written - kept > lost_most)
			lost_most = written - kept;
		assert_true(written - kept < NET_RANGE);
		assert_int_equal(put_trust(s, "tiny", "data.gguf"), STORE_ABSENT);
		store_part_close(&p);
	}
	assert_true(kept >= kept_before);
	store_close(s);
	return kept;
}

static void
killed_until_it_is_done(void **state)
{
	uint64_t kept = 0;
	struct net_file f;
	struct store *s;
	struct err e = {0};
	int status = 0, n_kills = 0;

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "slow-500/x");
	for (; n_kills < KILLS_MAX; n_kills++) {
		pid_t pid = start_child(&f);
		struct timespec pause = {.tv_nsec = (40 + 8 * n_kills) * 1000000L};

		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			break;
		kept = check_loss(kept);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(n_kills >= KILLS_WANTED);
	print_message("# %d kills, %llu bytes of a range of %d lost at most\n", n_kills, (unsigned long long)lost_most, NET_RANGE);
	s = store_open(root, &e);
	assert_true(put_has(s, "tiny", "data.gguf", data, NET_SIZE));
	assert_int_equal(put_trust(s, "tiny", "data.gguf"), STORE_VERIFIED);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_until_it_is_done),
	};

	return cmocka_run_group_tests_name("registry fetch killed", tests, start, stop);
}
