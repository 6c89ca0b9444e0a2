/* Syncing from real repositories, over file, http and ssh, all on this machine: what is good is accepted and can be read,
 * with its history, and travels by bundle. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "tests/net/registry_world.h"

static void
round_trip(const char *scheme)
{
	struct sync_result r = sync_ok(source(scheme));

	assert_true(r.is_first && r.has_changed);
	assert_int_equal(r.version, 1);
	assert_int_equal(r.n_files, 4);		/* README, card, entry, root */
	assert_int_equal(r.n_checked, 4);
	assert_string_equal(r.warning, "");
	expect_file("README.md", "The core registry.\n");
	r = sync_ok(source(scheme));
	assert_false(r.is_first || r.has_changed);
	assert_int_equal(r.version, 1);
	write_text("src/README.md", "Another text.\n");
	publish("second");
	r = sync_ok(source(scheme));
	assert_true(r.has_changed && !r.is_first);
	assert_int_equal(r.version_before, 1);
	assert_int_equal(r.version, 2);
	assert_int_equal(r.n_checked, 1);
	expect_file("README.md", "Another text.\n");
	assert_false(fs_exists("client/repo.git/incoming"));
}

static void
test_file(void **state)
{
	(void)state;
	round_trip("file");
}

static void
test_http(void **state)
{
	(void)state;
	if (!server)
		skip();
	round_trip("ok");
}

static void
test_ssh(void **state)
{
	struct sync_source s = source("ssh");
	struct buf words = {0};

	(void)state;
	write_text("bin/ssh", "#!/bin/sh\necho \"$*\" >\"$HOME/ssh-words\"\n"
	    "for last; do :; done\nexec sh -c \"$last\"\n");
	sh("chmod +x bin/ssh");
	round_trip("ssh");
	read_text("ssh-words", &words);
	assert_non_null(strstr(words.data, "-oBatchMode=yes"));
	assert_non_null(strstr(words.data, "-p 2222 -l git -- registry.example git-upload-pack '"));
	buf_done(&words);
	write_text("src/README.md", "Third.\n");
	publish("third");
	write_text("bin/ssh", "#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n");
	sync_refused(s, ERR_NETWORK, "Permission denied (publickey)");
	write_text("bin/ssh", "#!/bin/sh\nexec sleep 60\n");
	s.limits.timeout_s = 1;
	sync_refused(s, ERR_NETWORK, "silent or too slow");
}

/* Another commit with the same index: a change of what is not listed. */
static void
test_unlisted(void **state)
{
	struct sync_result r;

	(void)state;
	sync_ok(source("file"));
	write_text("src/.gitignore", "*.tmp\n");
	commit_src("a file that is not listed");
	r = sync_ok(source("file"));
	assert_true(r.has_changed);
	assert_int_equal(r.version, 1);
	assert_int_equal(r.n_checked, 0);
}

static void
test_rotation(void **state)
{
	struct root_key next[] = {as_root_key(ALICE), as_root_key(BOB), as_root_key(MALLORY)};
	struct publish_root two = {"core", next, 3, 2, NOW};
	struct sync_result r, before = sync_ok(source("file"));
	struct err e = {0};

	(void)state;
	if (!registry_rotate("src", &two, (const unsigned char (*)[SIGN_KEY_BYTES])&keys[CAROL].public_key, 1, &e))
		fail_msg("%s", e.text);
	sign_src(ALICE);
	assert_true(fs_exists("src/root.next"));
	sign_src(BOB);
	assert_false(fs_exists("src/root.next"));
	publish("rotated");
	r = sync_ok(source("file"));
	assert_int_equal(r.root_before, 1);
	assert_int_equal(r.root, 2);
	assert_memory_not_equal(r.fingerprint, before.fingerprint, 32);
}

static void
test_stale(void **state)
{
	struct sync_source s = source("file");
	struct sync_result r;

	(void)state;
	s.now += INT64_C(86400) * (PUBLISH_DAYS + 1);
	r = sync_ok(s);
	assert_non_null(strstr(r.warning, "expired on 2027-02-24"));
	s.now = NOW - 86400 * 3;
	r = sync_ok(s);
	assert_non_null(strstr(r.warning, "dated in the future"));
}

/* The clone was removed: it is fetched again, and what was remembered still holds. */
static void
test_lost_clone(void **state)
{
	struct sync_result r;

	(void)state;
	write_text("src/README.md", "Second.\n");
	publish("second");
	sync_ok(source("file"));
	sh("rm -rf client/repo.git");
	r = sync_ok(source("file"));
	assert_true(r.has_changed && !r.is_first);
	assert_int_equal(r.n_checked, 4);
	sh("rm -rf client/repo.git; git -C src reset -q --hard HEAD~1");
	{
		struct sync_source s = source("file");
		struct err e = {0};

		assert_false(sync_fetch(&s, &r, &e));
		assert_non_null(strstr(e.text, "goes back to version 1, version 2 was seen already"));
	}
}

/* Bytes that rot in the clone are noticed when they are read. */
static void
test_read_again(void **state)
{
	struct err e = {0};
	struct buf out = {0};
	struct synced *s;

	(void)state;
	sync_ok(source("file"));
	s = synced_open("client", &e);
	assert_non_null(s);
	assert_false(synced_read(s, "nothing", &out, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	synced_close(s);
	sh("chmod u+w client/repo.git/objects/pack/*.pack; for f in client/repo.git/objects/pack/*.pack; do "
	    "printf 'xxxxxxxxxxxxxxxx' | dd of=$f bs=1 seek=40 conv=notrunc 2>/dev/null; done");
	s = synced_open("client", &e);
	if (s) {
		bool all = synced_read(s, "README.md", &out, &e) && synced_read(s, "root", &out, &e) &&
		    synced_read(s, "models/qwen/qwen3-0.6b/card.md", &out, &e) &&
		    synced_read(s, "models/qwen/qwen3-0.6b/entry.json", &out, &e);

		assert_false(all);
		synced_close(s);
	}
	assert_int_equal(e.kind, ERR_VERIFY);
	buf_done(&out);
}

/* ---- history ---- */

struct seen {
	struct buf text;
	size_t max;
};

static bool
on_commit(void *ctx, const struct repo_commit *c)
{
	struct seen *s = ctx;

	buf_printf(&s->text, "%s: %s\n", c->author, c->subject);
	return --s->max > 0;
}

static bool
on_blame(void *ctx, size_t line, size_t n, const struct repo_commit *c)
{
	struct seen *s = ctx;

	buf_printf(&s->text, "%zu+%zu %s\n", line, n, c->subject);
	return true;
}

static void
test_history(void **state)
{
	static const char path[] = "models/qwen/qwen3-0.6b/entry.json";
	struct sync_result r, first = sync_ok(source("file"));
	struct seen seen = {.max = 10};
	struct err e = {0};
	struct synced *s;

	(void)state;
	write_text("src/README.md", "Not the entry.\n");
	publish("readme only");
	write_text("src/models/qwen/qwen3-0.6b/entry.json", "{\n\t\"id\": \"qwen3-0.6b\",\n\t\"license\": \"other\"\n}\n");
	publish("another licence");
	r = sync_ok(source("file"));
	s = synced_open("client", &e);
	assert_non_null(s);
	assert_true(repo_log(synced_repo(s), r.commit, path, 10, on_commit, &seen, &e));
	assert_string_equal(seen.text.data, "Tester: another licence\nTester: first\n");
	buf_clear(&seen.text);
	assert_true(repo_log(synced_repo(s), r.commit, NULL, 2, on_commit, &seen, &e));
	assert_string_equal(seen.text.data, "Tester: another licence\nTester: readme only\n");
	assert_true(repo_diff(synced_repo(s), first.commit, r.commit, path, 4096, &seen.text, &e));
	assert_non_null(strstr(seen.text.data, "-\t\"license\": \"apache-2.0\"\n+\t\"license\": \"other\"\n"));
	assert_null(strstr(seen.text.data, "README"));
	assert_true(repo_diff(synced_repo(s), NULL, first.commit, NULL, 64, &seen.text, &e));
	assert_true(seen.text.len <= 64);
	buf_clear(&seen.text);
	assert_true(repo_blame(synced_repo(s), r.commit, path, on_blame, &seen, &e));
	assert_string_equal(seen.text.data, "1+2 first\n3+1 another licence\n4+1 first\n");
	assert_false(repo_blame(synced_repo(s), r.commit, "nothing", on_blame, &seen, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	synced_close(s);
	buf_done(&seen.text);
}

/* ---- bundles ---- */

static void
import_refused(struct sync_source s, const char *file, const char *says)
{
	struct sync_result r;
	struct err e = {0};

	if (sync_import(&s, file, &r, &e))
		fail_msg("accepted, but \"%s\" was expected", says);
	assert_int_equal(e.kind, ERR_VERIFY);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
}

static void
test_bundle(void **state)
{
	struct sync_source from = source("file"), to = from;
	struct sync_result r;
	struct err e = {0};

	(void)state;
	to.dir = "other";
	assert_false(sync_export(&from, "bundle", &e));
	sync_ok(from);
	if (!sync_export(&from, "bundle", &e))
		fail_msg("%s", e.text);
	sh("git clone -q bundle copy.git; test -f copy.git/README.md");
	if (!sync_import(&to, "bundle", &r, &e))
		fail_msg("%s", e.text);
	assert_true(r.is_first && r.version == 1 && r.n_checked == 4);
	assert_true(sync_import(&to, "bundle", &r, &e));
	assert_false(r.has_changed);
	write_text("src/README.md", "Second.\n");
	publish("second");
	sync_ok(from);
	assert_true(sync_export(&from, "bundle2", &e));
	assert_true(sync_import(&to, "bundle2", &r, &e));
	assert_true(r.has_changed && r.version == 2);
	import_refused(to, "bundle", "went back to an older state");
	/* What git writes is read too; from a commit on, only by who has it. */
	write_text("src/README.md", "Third.\n");
	publish("third");
	sh("git -C src bundle create -q ../bundle3 main ^main~1");
	assert_true(sync_import(&to, "bundle3", &r, &e));
	assert_int_equal(r.version, 3);
	sh("rm -rf other; head -c 600 bundle2 >bundle-cut; { cat bundle2; } | sed '$s/.$//' >bundle-bad; echo x >bundle-none");
	import_refused(to, "bundle3", "goes on from a commit that is not here");
	import_refused(to, "bundle-cut", "its pack is damaged");
	import_refused(to, "bundle-none", "is no git bundle");
	to.limits.bytes_max = 200;
	import_refused(to, "bundle2", "more than the 200 bytes allowed");
}

/* ---- 10 000 entries ---- */

#define N_LARGE 10000

/* A commit of N_LARGE entries by git fast-import, the one that CHANGED names with another text. */
static void
import_large(struct index *ix, char (*paths)[64], int changed, const struct buf *root)
{
	FILE *f = popen("git -C large.git fast-import --quiet", "w");
	struct buf index_text = {0}, sig = {0}, body = {0};
	unsigned char sha256[32], bytes[SIGN_BYTES];
	struct sigs sigs = {0};
	struct err e = {0};

	assert_non_null(f);
	fprintf(f, "commit refs/heads/main\ncommitter Tester <t@example.org> %lld +0000\ndata 1\n.\n%s",
	    (long long)clock_now, changed < 0 ? "" : "from refs/heads/main^0\n");
	for (int i = 0; i < N_LARGE; i++) {
		buf_clear(&body);
		buf_printf(&body, "{\"id\": \"model-%d\", \"text\": \"%0*d\"}\n", i, 300 + i % 50, i + (i == changed));
		ix->files[i] = (struct index_file){.path = paths[i], .size = body.len};
		assert_true(digest_bytes(DIGEST_SHA256, body.data, body.len, ix->files[i].sha256, &e));
		if (changed < 0 || i == changed)
			fprintf(f, "M 644 inline %s\ndata %zu\n%s", paths[i], body.len, body.data);
	}
	assert_true(index_write(ix, &index_text, &e));
	assert_true(digest_bytes(DIGEST_SHA256, index_text.data, index_text.len, sha256, &e));
	for (int i = ALICE; i <= BOB; i++) {
		assert_true(sign_make(bytes, index_text.data, index_text.len, keys[i].secret, &e));
		assert_true(sigs_add(&sigs, keys[i].public_key, bytes, &e));
	}
	trust_sig_write(&sigs, sha256, &sig);
	fprintf(f, "M 644 inline index\ndata %zu\n%sM 644 inline index.sig\ndata %zu\n%sM 644 inline root\ndata %zu\n%s",
	    index_text.len, index_text.data, sig.len, sig.data, root->len, root->data);
	assert_int_equal(pclose(f), 0);
	buf_done(&index_text);
	buf_done(&sig);
	buf_done(&body);
}

static void
test_large(void **state)
{
	struct index ix = {.registry = "core", .version = 1, .date = NOW, .expires = NOW + 86400, .n_files = N_LARGE};
	char (*paths)[64] = mem_new0(N_LARGE, sizeof *paths);
	struct sync_source s = source("file");
	struct buf root = {0};
	struct sync_result r;
	char url[64];
	clock_t start;
	double took;

	(void)state;
	read_text("src/root", &root);
	ix.files = mem_new0(N_LARGE, sizeof *ix.files);
	for (int i = 0; i < N_LARGE; i++)
		snprintf(paths[i], sizeof paths[i], "models/family-%d/model-%d/entry.json", i / 100, i);
	sh("git init -q --bare -b main large.git");
	import_large(&ix, paths, -1, &root);
	snprintf(url, sizeof url, "file://%s/large.git", base);
	s.url = url;
	r = sync_ok(s);
	assert_int_equal(r.n_checked, N_LARGE);
	ix.version = 2;
	import_large(&ix, paths, 4711, &root);
	start = clock();	/* of this process: another's load does not count */
	r = sync_ok(s);
	took = (double)(clock() - start) / CLOCKS_PER_SEC;
	print_message("# one change among %d entries: %.2f s\n", N_LARGE, took);
	assert_true(r.has_changed && r.n_checked == 1);
	if (took > (getenv("TEST_SLOW") ? 20.0 : 2.0))
		fail_msg("one change among %d entries took %.2f s", N_LARGE, took);
	free(ix.files);
	free(paths);
	buf_done(&root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_file), CASE(test_http), CASE(test_ssh), CASE(test_unlisted), CASE(test_rotation), CASE(test_stale),
		CASE(test_lost_clone), CASE(test_read_again), CASE(test_history), CASE(test_bundle), CASE(test_large),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
