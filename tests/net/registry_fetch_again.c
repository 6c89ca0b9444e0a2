/* What a fault costs: bytes that a server sent and that were fetched again, one table, each row with its bound.  The
 * bound is what the design promises: nothing but a range whose bytes were wrong, or what of a file is no longer the same. */
#define _GNU_SOURCE
#include "tests/net/server.h"

enum { BUFFER = 256 << 10 };		/* of one transfer, as fetch.c has it */

static unsigned char data[NET_SIZE], sha256[DIGEST_SHA256_SIZE];
static char folder[32];
static struct server server;

static int
start(void **state)
{
	(void)state;
	return server_fill(folder, data, sha256, 13) && server_start(&server, folder, NULL, NULL) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	server_stop(&server);
	place_remove(folder);
	return 0;
}

/* One source with a fault, which gets over it; or a second one without, where it does not. */
static const struct row {
	const char *fault, *path;
	bool second, no_ranges;
	unsigned most;			/* bytes again; all others are 0 */
	bool exact;
} rows[] = {
	{"none", "plain/x", false, false, 0, true},
	{"cut in the middle of 6 ranges", "cut-6/x", false, false, 0, true},
	{"3 stalls in the middle of a range", "stall-3/x", false, false, 0, true},
	{"a wrong byte, once", "wrong-1/x", false, false, NET_RANGE, true},
	{"a wrong byte, always; another source", "wrong-1000/x", true, false, 2 * NET_RANGE, true},
	{"another length; another source", "length/x", true, false, 0, true},
	{"416 for the last quarter; another source", "shorter/x", true, false, 0, true},
	{"429 with Retry-After, once", "busy-1/x", false, false, 0, true},
	{"503, three times", "down-3/x", false, false, 0, true},
	{"redirects in a loop; another source", "loop/x", true, false, 0, true},
	{"redirect to a local file; another source", "file/x", true, false, 0, true},
	/* Up to a buffer of each transfer follows the piece that was asked for before that is seen. */
	{"bodies without an end; another source", "endless/x", true, false, 4 * BUFFER, false},
	{"the file changes after 5 ranges; another source", "changes-5/x", true, false, 5 * NET_RANGE, false},
	{"addresses that expire after 9 ranges", "expires-9/x", false, false, 0, true},
	/* A server without ranges cannot go on in the middle. */
	{"no ranges, cut off once at half of it", "whole-1/x", false, false, NET_SIZE / 2, true},
	/* Who lied cannot be told without digests of ranges: all of it comes from the next one. */
	{"a wrong byte, ranges not known; another source", "wrong-1000/x", true, true, NET_SIZE, true},
};

static uint64_t
fetch(const struct row *row)
{
	const struct fetch_options o = {.allow_loopback_http = true, .retry_ms = 2, .stall_ms = 400, .n_rounds = 2};
	struct fetch_result result;
	struct net_file f;
	struct store *store;
	struct err e = {0};
	char dir[32];
	bool had;

	place_make(dir);
	store = store_open(dir, &e);
	assert_non_null(store);
	net_make(&f, data, NET_SIZE, NET_RANGE);
	net_add_source(&f, &server, row->path);
	if (row->second)
		net_add_source(&f, &server, "plain/other");
	if (row->no_ranges) {
		f.file.ranges = NULL;
		f.file.n_ranges = 0;
	}
	if (!fetch_into(store, "tiny", &f.file, NET_RANGE, &o, &result, &had, &e))
		fail_msg("%s: %s", row->fault, e.text);
	assert_true(put_has(store, "tiny", "data.gguf", data, NET_SIZE));
	assert_true(result.n_fetched >= NET_SIZE);
	store_close(store);
	place_remove(dir);
	return result.n_fetched - NET_SIZE;
}

static void
a_fault_costs_what_it_must(void **state)
{
	(void)state;
	print_message("# bytes fetched again, of %d in ranges of %d\n", NET_SIZE, NET_RANGE);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		uint64_t again = fetch(row);

		print_message("# %-50s %8llu\n", row->fault, (unsigned long long)again);
		if (again > row->most || (row->exact && again != row->most))
			fail_msg("%s: %llu bytes again, %u were expected", row->fault, (unsigned long long)again, row->most);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_costs_what_it_must),
	};

	return cmocka_run_group_tests_name("registry fetch again", tests, start, stop);
}
