/* Downloads from a server that fails in every way it can.  T1, T6: rows of the threat model. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/net/server.h"

static unsigned char data[NET_SIZE], sha256[DIGEST_SHA256_SIZE];
static char folder[32];
static struct server server;
static struct store *store;

static const struct fetch_options quick = {.allow_loopback_http = true, .allow_file = true, .retry_ms = 2,
    .stall_ms = 5000, .n_rounds = 2};

static int
start(void **state)
{
	(void)state;
	return server_fill(folder, data, sha256, 7) && server_start(&server, folder, NULL, NULL) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	server_stop(&server);
	place_remove(folder);
	return 0;
}

static int
make_store(void **state)
{
	static char dir[32];
	struct err e = {0};

	place_make(dir);
	store = store_open(dir, &e);
	*state = dir;
	return store ? 0 : -1;
}

static int
remove_store(void **state)
{
	store_close(store);
	place_remove(*state);
	return 0;
}

/* Bytes that the server sent for paths that begin with PREFIX, and how many answers had STATUS (0: any) or a token. */
static uint64_t
logged(const char *prefix, long status, bool only_token, uint64_t *n_answers)
{
	char path[64], line[256], name[160], token[16];
	uint64_t bytes = 0;
	long long first;
	unsigned long sent;
	long code;
	FILE *f;

	snprintf(path, sizeof path, "%s/log", folder);
	f = fopen(path, "r");
	assert_non_null(f);
	*n_answers = 0;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%159s %lld %ld %lu %15s", name, &first, &code, &sent, token) != 5 ||
		    strncmp(name, prefix, strlen(prefix)) != 0 || (status && code != status) ||
		    (only_token && strcmp(token, "token") != 0))
			continue;
		bytes += sent;
		++*n_answers;
	}
	fclose(f);
	return bytes;
}

static const char *
path_of_url(const char *url)
{
	return strchr(url + 8, '/');
}

static bool
fetch(const struct net_file *f, const struct fetch_options *o, struct fetch_result *result, struct err *e)
{
	bool had;

	*e = (struct err){0};
	return fetch_into(store, "tiny", &f->file, NET_RANGE, o, result, &had, e);
}

static void
arrives(const struct net_file *f, const struct fetch_options *o, struct fetch_result *result)
{
	struct err e = {0};

	if (!fetch(f, o, result, &e))
		fail_msg("%s", e.text);
	assert_true(put_has(store, "tiny", "data.gguf", data, NET_SIZE));
	assert_int_equal(put_trust(store, "tiny", "data.gguf"), STORE_VERIFIED);
	assert_memory_equal(result->sha256, sha256, sizeof sha256);
}

static void
arrives_from(const char *path, struct fetch_result *result)
{
	struct net_file f;

	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, path);
	arrives(&f, &quick, result);
}

/* Nothing stands under the file's name afterwards. */
static void
fails(const struct net_file *f, const struct fetch_options *o, enum err_kind kind, const char *word)
{
	struct fetch_result result;
	struct err e = {0};

	assert_false(fetch(f, o, &result, &e));
	if (e.kind != kind || !strstr(e.text, word))
		fail_msg("kind %d: %s", (int)e.kind, e.text);
	assert_int_equal(put_trust(store, "tiny", "data.gguf"), STORE_ABSENT);
}

static void
fails_from(const char *path, enum err_kind kind, const char *word)
{
	struct net_file f;

	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, path);
	fails(&f, &quick, kind, word);
}

static void
a_file_arrives_in_ranges(void **state)
{
	struct fetch_result result;
	struct net_file f;
	uint64_t n;
	bool had;
	struct err e = {0};

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "plain/x");
	arrives(&f, &quick, &result);
	assert_int_equal(result.trust, FETCH_ENTRY);
	assert_int_equal(result.n_fetched, NET_SIZE);
	logged(path_of_url(f.urls[0]), 206, false, &n);
	assert_int_equal(n, NET_RANGES + 1);
	assert_true(fetch_into(store, "tiny", &f.file, NET_RANGE, &quick, &result, &had, &e));
	assert_true(had);				/* and is not fetched twice */
	assert_int_equal(result.n_fetched, 0);
}

static void
a_local_file_arrives(void **state)
{
	struct fetch_options o = quick;
	struct fetch_result result;
	struct net_file f;

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	snprintf(f.urls[0], sizeof f.urls[0], "file://%s/data.bin", folder);
	f.sources[0] = (struct entry_source){.kind = ENTRY_URL, .url_or_repo = f.urls[0]};
	f.file.n_sources = 1;
	o.allow_file = false;
	fails(&f, &o, ERR_NETWORK, "not allowed here");
	arrives(&f, &quick, &result);
}

static void
cut_ranges_go_on_where_they_were_cut(void **state)
{
	struct fetch_result result;

	(void)state;
	arrives_from("cut-6/x", &result);
	assert_int_equal(result.n_fetched, NET_SIZE);
	arrives_from("plain/x", &result);
}

static void
a_source_that_always_breaks_off_is_given_up(void **state)
{
	(void)state;
	fails_from("dead/x", ERR_NETWORK, "/dead/x");
}

static void
a_stall_is_cut(void **state)
{
	struct fetch_options o = quick;
	struct fetch_result result;
	double began = clock_s();
	struct net_file f;

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "stall-3/x");
	o.stall_ms = 400;
	arrives(&f, &o, &result);
	assert_true(clock_s() - began >= 0.4);
	assert_int_equal(result.n_fetched, NET_SIZE);
}

/* T1: a damaged range alone is fetched again. */
static void
a_wrong_range_is_fetched_again(void **state)
{
	struct fetch_result result;

	(void)state;
	arrives_from("wrong-1/x", &result);
	assert_int_equal(result.n_fetched, NET_SIZE + NET_RANGE);
}

/* T1: after two failures from the next source, and only that range. */
static void
a_range_that_stays_wrong_comes_from_the_next_source(void **state)
{
	struct fetch_result result;
	struct net_file f;
	uint64_t n;

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "wrong-1000/x");
	net_add_source(&f, &server, "plain/y");
	arrives(&f, &quick, &result);
	assert_int_equal(result.n_fetched, NET_SIZE + 2 * NET_RANGE);
	assert_int_equal(logged(path_of_url(f.urls[1]), 206, false, &n), NET_RANGE + 1);
}

/* T1: with wrong bytes everywhere nothing gets a name; without digests of ranges the whole file's tells. */
static void
wrong_bytes_never_get_a_name(void **state)
{
	struct fetch_result result;
	struct store_plan plan;
	struct net_file f;
	struct err e = {0};

	(void)state;
	fails_from("wrong-1000/x", ERR_VERIFY, "bytes 458752 to 524287");
	net_make(&f, data, NET_SIZE, NET_RANGE);
	f.file.ranges = NULL;
	f.file.n_ranges = 0;
	net_add_source(&f, &server, "wrong-1000/y");
	fails(&f, &quick, ERR_VERIFY, "SHA-256");
	net_add_source(&f, &server, "plain/y");
	arrives(&f, &quick, &result);			/* the other source is asked for all of it */
	assert_true(store_plan_gc(store, true, &plan, &e));
	assert_int_equal(plan.n, 0);
	store_plan_done(&plan);
}

static void
a_file_of_another_length_is_refused(void **state)
{
	(void)state;
	fails_from("length/x", ERR_VERIFY, "1000004 bytes instead of 1000003");
	fails_from("grows-3/x", ERR_VERIFY, "changed");
	fails_from("shorter/x", ERR_VERIFY, "ends before");
	fails_from("shifted/x", ERR_NETWORK, "other pieces");
}

static void
a_busy_source_gets_its_pause(void **state)
{
	struct fetch_options o = quick;
	struct fetch_result result;
	double began = clock_s();
	struct net_file f;

	(void)state;
	arrives_from("busy-1/x", &result);
	assert_true(clock_s() - began >= 0.99);
	assert_int_equal(result.n_fetched, NET_SIZE);
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "away-3600/x");
	net_add_source(&f, &server, "away-3600/y");
	o.wait_max_s = 10;
	(void)remove_store(state);
	assert_int_equal(make_store(state), 0);
	fails(&f, &o, ERR_NETWORK, "pause");
}

static void
an_unavailable_source_is_tried_again(void **state)
{
	struct fetch_result result;

	(void)state;
	arrives_from("down-3/x", &result);
	assert_int_equal(result.n_fetched, NET_SIZE);
}

/* T6: nothing goes on for ever. */
static void
an_endless_body_is_capped(void **state)
{
	(void)state;
	fails_from("endless/x", ERR_NETWORK, "more than was asked for");
}

static void
redirects_end_where_they_must(void **state)
{
	(void)state;
	fails_from("loop/x", ERR_NETWORK, "again and again");
	fails_from("file/x", ERR_NETWORK, "a file of this machine");
	fails_from("odd/x", ERR_NETWORK, "redirects to");
	fails_from("status-302/x", ERR_NETWORK, "to nowhere");
}

static void
refusals_are_told_apart(void **state)
{
	struct fetch_result result;
	struct net_file f;

	(void)state;
	fails_from("status-404/x", ERR_NOT_FOUND, "no such file");
	fails_from("status-401/x", ERR_NETWORK, "token");
	fails_from("status-500/x", ERR_NETWORK, "500");
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "status-404/y");
	net_add_source(&f, &server, "plain/z");
	arrives(&f, &quick, &result);
}

static void
http_is_for_tests_alone(void **state)
{
	struct fetch_options o = quick;
	struct net_file f;

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "plain/x");
	o.allow_loopback_http = false;
	fails(&f, &o, ERR_NETWORK, "no encryption");
	snprintf(f.urls[0], sizeof f.urls[0], "http://example.invalid/x");
	fails(&f, &quick, ERR_NETWORK, "no encryption");
	snprintf(f.urls[0], sizeof f.urls[0], "https://me:word@127.0.0.1/x");
	fails(&f, &quick, ERR_NETWORK, "name of a user");
}

/* With a digest the changed source is dropped; without, the new file is fetched from its beginning. */
static void
a_file_that_changes_is_never_mixed(void **state)
{
	struct fetch_result result;
	struct net_file f;
	struct err e = {0};
	unsigned char *other = malloc(NET_SIZE);

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "changes-5/x");
	fails(&f, &quick, ERR_VERIFY, "changed");
	net_add_source(&f, &server, "plain/x");
	f.sources[0].url_or_repo = f.urls[0];
	arrives(&f, &quick, &result);

	net_make(&f, data, NET_SIZE, NET_RANGE);
	f.file.has_sha256 = false;
	f.file.ranges = NULL;
	f.file.n_ranges = 0;
	net_add_source(&f, &server, "changes-5/y");
	assert_true(fetch(&f, &quick, &result, &e));
	for (size_t i = 0; i < NET_SIZE; i++)
		other[i] = data[i] ^ 255;
	assert_true(put_has(store, "tiny", "data.gguf", other, NET_SIZE));
	assert_int_equal(result.trust, FETCH_LEARNT);
	free(other);
}

static void
a_server_without_ranges_serves_too(void **state)
{
	struct fetch_result result;
	struct net_file f;

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "whole-2/x");
	arrives(&f, &quick, &result);
	assert_int_equal(result.n_fetched, NET_SIZE + 2 * (NET_SIZE / 2));	/* it cannot go on in the middle */
}

static void
a_digest_nobody_knew_is_learnt_and_said_so(void **state)
{
	struct store_seen seen;
	struct fetch_result result;
	struct net_file f;
	struct err e = {0};

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	f.file.has_sha256 = false;
	f.file.ranges = NULL;
	f.file.n_ranges = 0;
	f.file.size = 0;
	net_add_source(&f, &server, "plain/x");
	arrives(&f, &quick, &result);
	assert_int_equal(result.trust, FETCH_LEARNT);
	assert_int_equal(result.size, NET_SIZE);
	assert_true(store_look(store, "tiny", "data.gguf", &seen, &e));
	assert_true(seen.pinned);
}

static void
make_hub(struct net_file *f, char *hub, size_t n, const char *word)
{
	static char repo[] = "owner/name", path[] = "folder/data file.bin";
	static char revision[] = "0123456789012345678901234567890123456789";

	snprintf(hub, n, "http://127.0.0.1:%u/%s/", server.port, word);
	net_make(f, data, NET_SIZE, NET_RANGE);
	f->file.has_sha256 = false;
	f->file.ranges = NULL;
	f->file.n_ranges = 0;
	f->file.size = 0;
	f->file.n_sources = 1;
	f->sources[0] = (struct entry_source){.kind = ENTRY_HUB, .url_or_repo = repo, .path = path, .revision = revision};
}

/* The hub's digest is taken, and the token that it gets is not passed on to where it redirects. */
static void
the_hub_gets_the_token_and_nobody_else(void **state)
{
	struct fetch_options o = quick;
	struct fetch_result result;
	struct net_file f;
	uint64_t n;
	char hub[64];

	(void)state;
	make_hub(&f, hub, sizeof hub, "hub");
	o.hub = hub;
	o.token = "secret";
	o.limit = NET_SIZE;
	arrives(&f, &o, &result);
	assert_int_equal(result.trust, FETCH_HUB_SAID);
	logged("/hub/owner/name/resolve/0123456789012345678901234567890123456789/folder/data%20file.bin", 302, true, &n);
	assert_int_equal(n, 1);
	logged("/elsewhere/", 206, false, &n);
	assert_true(n > NET_RANGES);
	logged("/elsewhere/", 206, true, &n);
	assert_int_equal(n, 0);
}

static void
a_hub_that_promises_something_else_is_not_believed(void **state)
{
	struct fetch_options o = quick;
	struct net_file f;
	char hub[64];

	(void)state;
	make_hub(&f, hub, sizeof hub, "liar");
	o.hub = hub;
	fails(&f, &o, ERR_VERIFY, "SHA-256");
	o.limit = NET_SIZE - 1;
	fails(&f, &o, ERR_VERIFY, "more than the");
	o.token = "two\r\nlines";
	fails(&f, &o, ERR_USAGE, "token");
}

static void
addresses_that_expire_are_asked_for_again(void **state)
{
	struct fetch_result result;

	(void)state;
	arrives_from("expires-6/x", &result);
	assert_int_equal(result.n_fetched, NET_SIZE);
}

/* T6: a size that the disk cannot hold is said before the first byte. */
static void
a_disk_too_small_is_said_first(void **state)
{
	struct fetch_options o = quick;
	struct store_part part;
	struct fetch_result result;
	struct net_file f;
	struct err e = {0};
	bool have;
	struct store_want want = {.model = "tiny", .file = "data.gguf", .size = (uint64_t)1 << 41, .range_size = ENTRY_RANGE,
	    .sha256 = sha256};
	char path[64];

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	snprintf(path, sizeof path, "%s/hole", folder);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	if (truncate(path, (off_t)1 << 41) < 0)
		skip();
	snprintf(f.urls[0], sizeof f.urls[0], "file://%s", path);
	f.sources[0] = (struct entry_source){.kind = ENTRY_URL, .url_or_repo = f.urls[0]};
	f.file.n_sources = 1;
	f.file.size = want.size;
	f.file.ranges = NULL;
	f.file.n_ranges = 0;
	assert_true(store_part_open(store, &want, &part, &have, &e));
	assert_false(fetch_run(&part, &f.file, &o, &result, &e));
	assert_int_equal(e.kind, ERR_NO_SPACE);
	assert_non_null(strstr(e.text, "the disk has"));
	assert_int_equal(result.n_fetched, 0);
	store_part_drop(&part);
	unlink(path);
}

/* A disk that fills up in the middle: what is there stays, and is not fetched again. */
static void
a_disk_that_fills_up_is_survived(void **state)
{
	struct fetch_result result;
	struct store_want want = {.model = "tiny", .file = "data.gguf", .size = NET_SIZE, .range_size = NET_RANGE,
	    .sha256 = sha256};
	uint64_t n_first = 0, kept;
	struct store_part part;
	struct net_file f;
	bool had;
	struct err e = {0};
	int status, told[2];
	pid_t pid;

	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "plain/x");
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {.rlim_cur = NET_SIZE / 2, .rlim_max = NET_SIZE / 2};

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		store = store_open(*state, NULL);
		if (!store || fetch(&f, &quick, &result, &e) || e.kind != ERR_NO_SPACE || !strstr(e.text, "full"))
			_exit(1);
		_exit(write(told[1], &result.n_fetched, sizeof result.n_fetched) < 0);
	}
	close(told[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(told[0], &n_first, sizeof n_first), sizeof n_first);
	close(told[0]);
	/* All that found room is kept. */
	assert_true(store_part_open(store, &want, &part, &had, &e));
	kept = part_n_bytes(&part.part);
	store_part_close(&part);
	assert_true(kept > 0 && kept <= NET_SIZE / 2);
	assert_in_range(n_first - kept, 0, NET_RANGE);
	arrives(&f, &quick, &result);
	assert_int_equal(result.n_fetched, NET_SIZE - kept);
}

struct watch {
	atomic_bool cancel;
	uint64_t cancel_at, n, size;
	unsigned n_calls;
	bool ordered, has_speed;
};

static void
watch_it(void *arg, const struct fetch_progress *p)
{
	struct watch *w = arg;

	w->ordered = w->ordered && p->n >= w->n && p->n <= p->size;
	w->n = p->n;
	w->size = p->size;
	w->n_calls++;
	w->has_speed = w->has_speed || (p->bytes_per_s > 0 && p->seconds_left >= 0);
	if (w->cancel_at && p->n >= w->cancel_at)
		atomic_store(&w->cancel, true);
}

static void
progress_is_told_and_cancel_obeyed(void **state)
{
	struct watch w = {.cancel_at = NET_SIZE / 4, .ordered = true};
	struct fetch_options o = quick;
	struct fetch_result result;
	struct net_file f;
	uint64_t first;
	struct err e = {0};

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "slow-500/x");
	o.progress = watch_it;
	o.arg = &w;
	o.cancel = &w.cancel;
	assert_false(fetch(&f, &o, &result, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	first = result.n_fetched;
	assert_true(w.ordered);
	assert_true(w.has_speed);
	assert_int_equal(w.size, NET_SIZE);
	f.file.n_sources = 0;
	net_add_source(&f, &server, "plain/x");
	arrives(&f, &quick, &result);
	assert_int_equal(first + result.n_fetched, NET_SIZE);		/* nothing was lost */
}

static void
the_cap_is_kept(void **state)
{
	struct fetch_options o = quick;
	struct fetch_result result;
	double began = clock_s();
	struct net_file f;

	(void)state;
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, "plain/x");
	o.bytes_per_s = 1000000;
	arrives(&f, &o, &result);
	assert_true(clock_s() - began > 0.8);		/* 0.1 s may come at once, and a buffer of each transfer */
}

/* ---- TLS ---- */

static void
tls_is_checked_and_never_left(void **state)
{
	struct fetch_options o = quick;
	char certificate[64], key[64], path[32];
	struct fetch_result result;
	struct server tls = {0};
	struct net_file f;

	(void)state;
	assert_true(server_make_certificate(folder, certificate, key, sizeof key));
	assert_true(server_start(&tls, folder, certificate, key));
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &tls, "plain/x");
	snprintf(f.urls[0], sizeof f.urls[0], "https://127.0.0.1:%u/plain/x", tls.port);
	fails(&f, &o, ERR_NETWORK, "certificate");
	o.ca_file = certificate;
	snprintf(f.urls[0], sizeof f.urls[0], "https://localhost:%u/plain/x", tls.port);
	fails(&f, &o, ERR_NETWORK, "certificate");		/* it is not for that name */
	snprintf(path, sizeof path, "http-%u/x", server.port);
	snprintf(f.urls[0], sizeof f.urls[0], "https://127.0.0.1:%u/%s", tls.port, path);
	fails(&f, &o, ERR_NETWORK, "without encryption");
	snprintf(f.urls[0], sizeof f.urls[0], "https://127.0.0.1:%u/plain/x", tls.port);
	o.allow_loopback_http = false;
	arrives(&f, &o, &result);
	server_stop(&tls);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_file_arrives_in_ranges),
		CASE(a_local_file_arrives),
		CASE(cut_ranges_go_on_where_they_were_cut),
		CASE(a_source_that_always_breaks_off_is_given_up),
		CASE(a_stall_is_cut),
		CASE(a_wrong_range_is_fetched_again),
		CASE(a_range_that_stays_wrong_comes_from_the_next_source),
		CASE(wrong_bytes_never_get_a_name),
		CASE(a_file_of_another_length_is_refused),
		CASE(a_busy_source_gets_its_pause),
		CASE(an_unavailable_source_is_tried_again),
		CASE(an_endless_body_is_capped),
		CASE(redirects_end_where_they_must),
		CASE(refusals_are_told_apart),
		CASE(http_is_for_tests_alone),
		CASE(a_file_that_changes_is_never_mixed),
		CASE(a_server_without_ranges_serves_too),
		CASE(a_digest_nobody_knew_is_learnt_and_said_so),
		CASE(the_hub_gets_the_token_and_nobody_else),
		CASE(a_hub_that_promises_something_else_is_not_believed),
		CASE(addresses_that_expire_are_asked_for_again),
		CASE(a_disk_too_small_is_said_first),
		CASE(a_disk_that_fills_up_is_survived),
		CASE(progress_is_told_and_cancel_obeyed),
		CASE(the_cap_is_kept),
		CASE(tls_is_checked_and_never_left),
	};

	return cmocka_run_group_tests_name("registry fetch", tests, start, stop);
}
