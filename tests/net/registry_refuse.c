/* Whatever a host does wrong is refused with a sentence that says it, and leaves the clone as it was, byte for byte. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/file.h>

#include "tests/net/registry_world.h"

static void
test_rewritten(void **state)
{
	(void)state;
	sync_ok(source("file"));
	sh("git -C src commit -q --amend -m 'another first'");
	sync_refused(source("file"), ERR_VERIFY, "rewrote its history");
	write_text("src/README.md", "Second.\n");
	publish("on top of the other first");
	sync_refused(source("file"), ERR_VERIFY, "rewrote its history");
}

static void
test_rolled_back(void **state)
{
	(void)state;
	write_text("src/README.md", "Second.\n");
	publish("second");
	sync_ok(source("file"));
	sh("git -C src reset -q --hard HEAD~1");
	sync_refused(source("file"), ERR_VERIFY, "went back to an older state");
	/* The old state as a new commit on top. */
	sh("git -C src reset -q --hard ORIG_HEAD; git -C src checkout -q HEAD~1 -- .");
	commit_src("the old files again");
	sync_refused(source("file"), ERR_VERIFY, "goes back to version 1, version 2 was seen already");
}

/* T2: who holds the host but not the keys. */
static void
test_thief(void **state)
{
	struct root_key mine[] = {as_root_key(MALLORY)};
	struct publish_root own = {"core", mine, 1, 1, NOW};
	struct sync_source s = source("file");
	struct sync_result r = sync_ok(s);
	struct err e = {0};

	(void)state;
	sh("git -C src rm -q root index index.sig");
	assert_true(registry_init("src", &own, &e));
	sign_src(MALLORY);
	sign_src(MALLORY);
	commit_src("mine now");
	sync_refused(s, ERR_VERIFY, "root: version 1 is not the one that was trusted");
	sh("rm -rf client");
	s.pin.has_fingerprint = true;
	memcpy(s.pin.fingerprint, r.fingerprint, 32);
	sync_refused(s, ERR_VERIFY, "no version has the fingerprint");
}

static void
test_files(void **state)
{
	static const struct { const char *deed, *says; } cases[] = {
		{"git rm -q models/qwen/qwen3-0.6b/card.md", "models/qwen/qwen3-0.6b/card.md: is not there"},
		{"echo more >>README.md", "README.md: has 24 bytes, the index lists 19"},
		{"echo 'the core registry.' >README.md", "README.md: is not what the index lists"},
		{"rm README.md; ln -s root README.md", "README.md: is no file but"},
		{"rm README.md; mkdir README.md; echo x >README.md/x", "README.md: is no file but"},
		{"git rm -q index", "index: is not there"}, {"git rm -q index.sig", "index.sig: is not there"},
		{"git rm -q root", "root: is not there"}, {"echo x >>index", "index.sig: its signatures are of another index"},
		{"sed -i 's/^sig .$//; $d' index.sig", "index.sig: line"}, {"printf '\\0' >root", "root: line 1"},
	};

	(void)state;
	sync_ok(source("file"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sh("cd src; %s; git add -A; git commit -q -m bad", cases[i].deed);
		sync_refused(source("file"), ERR_VERIFY, cases[i].says);
		sh("git -C src reset -q --hard HEAD~1");
	}
	/* The same for a machine that meets it for the first time. */
	sh("rm -rf client; git -C src rm -q index; git -C src commit -q -m bad");
	sync_refused(source("file"), ERR_VERIFY, "index: is not there");
}

static void
test_faults(void **state)
{
	static const struct { const char *fault; enum err_kind kind; const char *says; } cases[] = {
		{"junk", ERR_NETWORK, "the transfer failed"}, {"cut", ERR_NETWORK, "the transfer failed"},
		{"flip", ERR_NETWORK, "the transfer failed"}, {"error", ERR_NETWORK, "no ?[31mentry"},
		{"missing", ERR_NETWORK, "status 404"}, {"page", ERR_NETWORK, "does not speak git"},
		{"moved", ERR_NETWORK, "status 302"},
	};

	(void)state;
	if (!server)
		skip();
	sync_ok(source("ok"));
	write_text("src/README.md", "Second.\n");
	publish("second");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		sync_refused(source(cases[i].fault), cases[i].kind, cases[i].says);
	assert_true(sync_ok(source("ok")).has_changed);
}

static void
test_limits(void **state)
{
	atomic_bool cancel = true;
	struct sync_source s;

	(void)state;
	if (!server)
		skip();
	sync_ok(source("ok"));
	sh("cd src; head -c 300000 /dev/urandom | base64 >models/large");
	publish("large");
	s = source("ok");
	s.limits.bytes_max = 100000;
	sync_refused(s, ERR_VERIFY, "more than the 100000 bytes allowed");
	s = source("file");
	s.limits.bytes_max = 100000;
	sync_refused(s, ERR_VERIFY, "more than the 100000 bytes allowed");
	s.limits.objects_max = 2;
	s.limits.bytes_max = 0;
	sync_refused(s, ERR_VERIFY, "at most 2 are allowed");
	s = source("endless");
	s.limits.bytes_max = 1000000;
	sync_refused(s, ERR_VERIFY, "more than the 1000000 bytes allowed");
	s = source("silent");
	s.limits.timeout_s = 1;
	sync_refused(s, ERR_NETWORK, "silent or too slow");
	s = source("trickle");
	s.limits.total_s = 1;
	sync_refused(s, ERR_NETWORK, "not done within the 1 seconds allowed");
	s = source("ok");
	s.limits.cancel = &cancel;
	sync_refused(s, ERR_CANCELLED, "cancelled");
	cancel = false;
	assert_true(sync_ok(s).has_changed);
}

static void
test_addresses(void **state)
{
	static const char *const bad[] = {
		"git://github.com/a/b", "http://example.org/a", "http://127.0.0.1.example.org/a", "ext::sh -c id", "/srv/registry",
		"file://host/srv", "https://user:secret@example.org/a", "https:///a", "https://example.org", "https://example.org/",
		"ssh://-oProxyCommand=id/a", "ssh://git@-oProxyCommand=id/a", "ssh://-l@example.org/a", "ssh://h/a'b", "ssh://h:22x/a",
		"ssh://h/a;id", "https://example.org/a b", "https://example.org/a?b", "git@github.com:a/b", "", "ssh://h:/a",
	};
	static const char *const good[] = {
		"https://example.org/a/b.git", "https://example.org:8443/a", "ssh://git@example.org/a", "ssh://example.org:2222/~x/a",
		"file:///srv/registry", "http://127.0.0.1:8080/a", "http://localhost/a",
	};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct sync_source s = {.name = "core", .url = bad[i], .dir = "client"};

		if (repo_url_check(bad[i], &e))
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(e.kind, ERR_USAGE);
		if (i == 0)
			sync_refused(s, ERR_USAGE, "nothing else");
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!repo_url_check(good[i], &e))
			fail_msg("%s: %s", good[i], e.text);
}

static void
test_lock(void **state)
{
	int fd;

	(void)state;
	sync_ok(source("file"));
	fd = open("client/lock", O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	sync_refused(source("file"), ERR_FAILED, "another program syncs or changes it");
	close(fd);
	/* Left behind by a program that was killed in the middle. */
	sh("mkdir -p client/repo.git/incoming/objects/pack; echo x >client/repo.git/incoming/HEAD");
	write_text("src/README.md", "Second.\n");
	publish("second");
	assert_true(sync_ok(source("file")).has_changed);
	assert_false(fs_exists("client/repo.git/incoming"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_rewritten), CASE(test_rolled_back), CASE(test_thief), CASE(test_files), CASE(test_faults),
		CASE(test_limits), CASE(test_addresses), CASE(test_lock),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
