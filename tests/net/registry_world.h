/* A registry to sync from, in a folder of its own with a git server beside it, for the programs of this folder: included
 * once by each, after cmocka.h. */
#ifndef TESTS_NET_REGISTRY_WORLD_H
#define TESTS_NET_REGISTRY_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/digest.h"
#include "registry/key.h"
#include "registry/net.h"
#include "registry/publish.h"
#include "registry/sync.h"

/* These tests are about the network, and use it on this machine alone. */
static void __attribute__((constructor))
use_network(void)
{
	net_permit(true);
}

#define NOW INT64_C(1795687200)		/* 2026-11-26T10:00:00Z */

/* The folder of all cases, and in it, for each: src (the registry's work tree), client (our folder), key-*. */
static char base[40];
static FILE *server;
static int port;
static int64_t clock_now = NOW;
static struct key keys[4];
static const char *const names[] = {"alice", "bob", "carol", "mallory"};
enum { ALICE, BOB, CAROL, MALLORY };

static inline void __attribute__((format(printf, 1, 2)))
sh(const char *fmt, ...)
{
	char *command, *whole;
	va_list ap;

	va_start(ap, fmt);
	assert_true(vasprintf(&command, fmt, ap) > 0);
	va_end(ap);
	assert_true(asprintf(&whole, "set -e; cd %s; %s", base, command) > 0);
	if (system(whole) != 0)
		fail_msg("failed: %s", command);
	free(whole);
	free(command);
}

static inline void
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static inline void
read_text(const char *path, struct buf *out)
{
	struct err e = {0};

	buf_clear(out);
	if (!fs_read(out, path, 64 << 20, &e))
		fail_msg("%s", e.text);
}

static inline struct root_key
as_root_key(int who)
{
	struct root_key k;

	memcpy(k.public_key, keys[who].public_key, sizeof k.public_key);
	strcpy(k.name, names[who]);
	return k;
}

static inline void
sign_src(int who)
{
	struct buf said = {0};
	struct err e = {0};
	char keyfile[16];
	struct publish_sign how = {keyfile, clock_now, false};

	snprintf(keyfile, sizeof keyfile, "key-%s", names[who]);
	if (!registry_sign("src", &how, &said, &e))
		fail_msg("%s", e.text);
	buf_done(&said);
}

static inline void
commit_src(const char *message)
{
	sh("git -C src add -A; git -C src commit -q -m '%s'", message);
}

/* Signed by two of three and committed. */
static inline void
publish(const char *message)
{
	clock_now += 60;
	sign_src(ALICE);
	sign_src(BOB);
	commit_src(message);
}

static inline int
enter_case(void **state)
{
	struct root_key three[] = {as_root_key(ALICE), as_root_key(BOB), as_root_key(CAROL)};
	struct publish_root first = {"core", three, 3, 2, NOW};
	struct err e = {0};

	(void)state;
	sh("rm -rf src client other bundle* *.git; git init -q -b main src; mkdir -p src/models/qwen/qwen3-0.6b");
	write_text("src/models/qwen/qwen3-0.6b/entry.json", "{\n\t\"id\": \"qwen3-0.6b\",\n\t\"license\": \"apache-2.0\"\n}\n");
	write_text("src/models/qwen/qwen3-0.6b/card.md", "# Qwen3 0.6B\n");
	write_text("src/README.md", "The core registry.\n");
	if (!registry_init("src", &first, &e))
		fail_msg("%s", e.text);
	sign_src(ALICE);
	sign_src(BOB);
	publish("first");
	return 0;
}

static inline struct sync_source
source(const char *scheme)
{
	static char url[256];

	if (strcmp(scheme, "file") == 0)
		snprintf(url, sizeof url, "file://%s/src", base);
	else if (strcmp(scheme, "ssh") == 0)
		snprintf(url, sizeof url, "ssh://git@registry.example:2222%s/src", base);
	else
		snprintf(url, sizeof url, "http://127.0.0.1:%d/%s/src", port, scheme);
	return (struct sync_source){.name = "core", .url = url, .dir = "client", .now = clock_now};
}

static inline struct sync_result
sync_ok(struct sync_source s)
{
	struct sync_result r;
	struct err e = {0};

	if (!sync_fetch(&s, &r, &e))
		fail_msg("%s", e.text);
	return r;
}

/* Every file of the client's folder with its checksum. */
static inline void
snapshot(struct buf *out)
{
	FILE *f = popen("find client -type f | LC_ALL=C sort | xargs cksum; find client -type d | LC_ALL=C sort", "r");
	struct err e = {0};

	buf_clear(out);
	assert_true(fs_read_fd(out, fileno(f), "find", 1 << 20, &e));
	assert_int_equal(pclose(f), 0);
}

static inline void
sync_refused(struct sync_source s, enum err_kind kind, const char *says)
{
	struct buf before = {0}, after = {0};
	struct sync_result r;
	struct err e = {0};
	bool had = fs_exists("client/trust");

	if (had)
		snapshot(&before);
	if (sync_fetch(&s, &r, &e))
		fail_msg("accepted, but \"%s\" was expected", says);
	if (e.kind != kind || !strstr(e.text, says) || strncmp(e.text, "core: ", 6) != 0)
		fail_msg("kind %d: \"%s\" does not say \"%s\"", e.kind, e.text, says);
	if (had) {
		snapshot(&after);
		assert_string_equal(before.data, after.data);
	} else {
		assert_false(fs_exists("client/trust"));
	}
	buf_done(&before);
	buf_done(&after);
}

static inline void
expect_file(const char *path, const char *text)
{
	struct err e = {0};
	struct buf out = {0};
	struct synced *s = synced_open("client", &e);

	if (!s || !synced_read(s, path, &out, &e))
		fail_msg("%s", e.text);
	assert_string_equal(out.data, text);
	synced_close(s);
	buf_done(&out);
}

static inline bool
start_server(const char *script)
{
	char command[512];
	char line[32];

	snprintf(command, sizeof command, "exec python3 %s %s", script, base);
	server = popen(command, "r");
	if (server && fgets(line, sizeof line, server)) {
		port = (int)strtol(line, NULL, 10);
		return true;
	}
	if (server)
		pclose(server);
	server = NULL;
	return false;
}

/* In memory where there is room and programs may be run: all this waits for the disk at every step. */
static inline bool
make_base(void)
{
	const unsigned long long room = 256 << 20;
	struct statvfs fs;
	bool memory = access("/dev/shm", W_OK) == 0 && statvfs("/dev/shm", &fs) == 0 && !(fs.f_flag & ST_NOEXEC) &&
	    (unsigned long long)fs.f_bavail * fs.f_frsize >= room;

	snprintf(base, sizeof base, "%s/minnow-sync-XXXXXX", memory ? "/dev/shm" : "/tmp");
	return mkdtemp(base) != NULL;
}

static inline int
setup(void **state)
{
	char *script = realpath("tests/net/git_server.py", NULL), path[1024];
	struct err e = {0};

	(void)state;
	if (!script || !make_base() || chdir(base) < 0)
		return -1;
	/* Nothing of the person's own git takes part. */
	setenv("HOME", base, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "Tester", 1);
	setenv("GIT_AUTHOR_EMAIL", "t@example.org", 1);
	setenv("GIT_COMMITTER_NAME", "Tester", 1);
	setenv("GIT_COMMITTER_EMAIL", "t@example.org", 1);
	snprintf(path, sizeof path, "%s/bin:%s", base, getenv("PATH"));
	if (system("mkdir bin") != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		char name[16];

		snprintf(name, sizeof name, "key-%s", names[i]);
		if (!key_make(&keys[i], names[i], &e) || !key_write(&keys[i], name, &e))
			return -1;
	}
	start_server(script);
	setenv("PATH", path, 1);
	free(script);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	if (server) {
		/* It ends when it sees that we are gone; what it would print is not waited for. */
		close(fileno(server));
	}
	return system("cd / && rm -rf \"$HOME\"");
}

#define CASE(f) cmocka_unit_test_setup(f, enter_case)

#endif
