/* T15: the network switched off is off.  Every way out of registry/ is tried against a socket that listens: nobody calls.
 * Then they are tried with the network on, to prove that somebody would have. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "registry/fetch_text.h"
#include "registry/git.h"
#include "tests/net/server.h"

static int listening;
static unsigned port;
static char folder[32];

static int
start(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;

	(void)state;
	setenv("no_proxy", "*", 1);
	place_make(folder);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listening, (struct sockaddr *)&at, len) != 0 || listen(listening, 16) != 0 ||
	    getsockname(listening, (struct sockaddr *)&at, &len) != 0)
		return -1;
	port = ntohs(at.sin_port);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	close(listening);
	place_remove(folder);
	return 0;
}

/* Calls since the last time; each is hung up on. */
static unsigned
n_calls(void)
{
	unsigned n = 0;
	int fd;

	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		n++;
		close(fd);
	}
	return n;
}

static const struct fetch_options quick = {.allow_loopback_http = true, .allow_file = true, .retry_ms = 1,
    .stall_ms = 300, .n_rounds = 1};

static bool
fetches_file(const char *scheme, struct err *e)
{
	static unsigned char bytes[1000];
	struct server s = {.port = port};
	struct fetch_result result;
	struct net_file f;
	struct store *store;
	char root[64];
	bool had, ok;

	snprintf(root, sizeof root, "%s/store", folder);
	net_make(&f, bytes, sizeof bytes, PUT_RANGE);
	net_add_source(&f, &s, "data.bin");
	if (strcmp(scheme, "file") == 0) {
		char path[64];

		snprintf(path, sizeof path, "%s/data.bin", folder);
		assert_true(fs_write_atomic(path, bytes, sizeof bytes, e));
		snprintf(f.urls[0], sizeof f.urls[0], "file://%s", path);
	}
	store = store_open(root, e);
	assert_non_null(store);
	ok = fetch_into(store, "tiny", &f.file, PUT_RANGE, &quick, &result, &had, e);
	store_close(store);
	return ok;
}

static bool
fetches_text(struct err *e)
{
	struct fetch_text out = {0};
	char url[64];
	bool ok;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/api", port);
	ok = fetch_text_get(url, 1000, &quick, &out, e);
	fetch_text_done(&out);
	return ok;
}

static bool
fetches_git(const char *url, struct err *e)
{
	struct repo_incoming *in = NULL;
	struct repo_limits limits = {.timeout_s = 1, .total_s = 2};
	struct repo *r;
	char dir[64];
	bool ok;

	snprintf(dir, sizeof dir, "%s/clone", folder);
	r = repo_open(dir, e);
	assert_non_null(r);
	ok = repo_fetch(r, url, NULL, &limits, &in, e);
	repo_incoming_drop(in);
	repo_close(r);
	return ok;
}

static void
refused(bool ok, struct err *e)
{
	assert_false(ok);
	assert_int_equal(e->kind, ERR_NETWORK);
	assert_non_null(strstr(e->text, "the network is switched off"));
	assert_int_equal(n_calls(), 0);
	*e = (struct err){0};
}

static void
nothing_is_called_when_offline(void **state)
{
	char url[64], ran[64], ssh[64], path[4200];
	struct err e = {0};

	(void)state;
	snprintf(url, sizeof url, "http://127.0.0.1:%u/x", port);
	/* An ssh that leaves a trace. */
	snprintf(ran, sizeof ran, "%s/ran", folder);
	snprintf(ssh, sizeof ssh, "%s/ssh", folder);
	snprintf(path, sizeof path, "#!/bin/sh\n: >%s\n", ran);
	assert_true(fs_write_atomic(ssh, path, strlen(path), &e));
	assert_int_equal(chmod(ssh, 0700), 0);
	snprintf(path, sizeof path, "%s:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);

	net_permit(false);
	refused(fetches_file("http", &e), &e);
	refused(fetches_text(&e), &e);
	refused(fetches_git(url, &e), &e);
	refused(fetches_git("ssh://git@registry.example/x", &e), &e);
	assert_false(fs_exists(ran));
	assert_true(fetches_file("file", &e));

	net_permit(true);
	assert_false(fetches_text(&e));
	assert_true(n_calls() > 0);
	assert_false(fetches_git(url, &e));
	assert_true(n_calls() > 0);
	assert_false(fetches_git("ssh://git@registry.example/x", &e));
	assert_true(fs_exists(ran));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_called_when_offline),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
