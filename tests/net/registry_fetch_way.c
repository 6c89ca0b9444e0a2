/* The ways that a download may take: through proxies, over HTTP/2. */
#define _GNU_SOURCE
#include "tests/net/server.h"

static unsigned char data[NET_SIZE], sha256[DIGEST_SHA256_SIZE];
static char folder[32], certificate[64], key[64];
static struct server server, tls;

static const struct fetch_options quick = {.allow_loopback_http = true, .retry_ms = 2, .stall_ms = 20000, .n_rounds = 1};

static int
start(void **state)
{
	char path[64];
	FILE *f;

	(void)state;
	place_make(folder);
	put_fill(data, NET_SIZE, 11);
	put_sha256(data, NET_SIZE, sha256);
	snprintf(path, sizeof path, "%s/data.bin", folder);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, NET_SIZE, f) != NET_SIZE || fclose(f) != 0)
		return -1;
	return server_make_certificate(folder, certificate, key, sizeof key) && server_start(&server, folder, NULL, NULL) &&
	    server_start(&tls, folder, certificate, key) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	server_stop(&server);
	server_stop(&tls);
	place_remove(folder);
	return 0;
}

/* How many lines of FOLDER/LOG begin with WORD, and how many there are. */
static unsigned
count_log(const char *log, const char *word, unsigned *n_all)
{
	char path[64], line[400];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, log);
	f = fopen(path, "r+");
	*n_all = 0;
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		++*n_all;
		n += strncmp(line, word, strlen(word)) == 0;
	}
	fclose(f);
	return n;
}

static void
forget_log(const char *log)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", folder, log);
	if (truncate(path, 0) < 0)
		unlink(path);
}

/* SCHEME://127.0.0.1:PORT/plain/x into a store of its own. */
static bool
arrives(const char *scheme, unsigned port, const struct fetch_options *o, struct err *e)
{
	struct fetch_result result;
	struct net_file f;
	struct store *store;
	char dir[32];
	bool had, ok;

	*e = (struct err){0};
	place_make(dir);
	store = store_open(dir, e);
	assert_non_null(store);
	net_make(&f, data, NET_SIZE, NET_RANGE);
	f.file.n_sources = 1;
	f.sources[0] = (struct entry_source){.kind = ENTRY_URL, .url_or_repo = f.urls[0]};
	snprintf(f.urls[0], sizeof f.urls[0], "%s://127.0.0.1:%u/plain/x", scheme, port);
	ok = fetch_into(store, "tiny", &f.file, NET_RANGE, o, &result, &had, e);
	assert_true(!ok || put_has(store, "tiny", "data.gguf", data, NET_SIZE));
	store_close(store);
	place_remove(dir);
	return ok;
}

static void
use_proxy(const char *variable, unsigned port)
{
	char address[64];

	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	if (!variable)
		return;
	snprintf(address, sizeof address, "http://127.0.0.1:%u", port);
	setenv(variable, address, 1);
}

static void
http_goes_through_its_proxy(void **state)
{
	struct server proxy;
	unsigned n_all;
	struct err e;

	(void)state;
	assert_true(server_run(&proxy, (char *[]){"python3", "tests/net/proxy.py", folder, NULL}));
	use_proxy("http_proxy", proxy.port);
	forget_log("proxy-log");
	if (!arrives("http", server.port, &quick, &e))
		fail_msg("%s", e.text);
	assert_int_equal(count_log("proxy-log", "GET http://127.0.0.1:", &n_all), NET_RANGES + 1);
	assert_int_equal(n_all, NET_RANGES + 1);
	setenv("no_proxy", "127.0.0.1", 1);
	forget_log("proxy-log");
	assert_true(arrives("http", server.port, &quick, &e));
	count_log("proxy-log", "", &n_all);
	assert_int_equal(n_all, 0);
	server_stop(&proxy);
}

/* TLS ends at the server, not at the proxy. */
static void
https_goes_through_its_proxy_unseen(void **state)
{
	struct fetch_options o = quick;
	struct server proxy;
	unsigned n_all;
	struct err e;

	(void)state;
	assert_true(server_run(&proxy, (char *[]){"python3", "tests/net/proxy.py", folder, NULL}));
	use_proxy("https_proxy", proxy.port);
	forget_log("proxy-log");
	assert_false(arrives("https", tls.port, &o, &e));
	assert_non_null(strstr(e.text, "certificate"));
	o.ca_file = certificate;
	o.token = "secret";
	if (!arrives("https", tls.port, &o, &e))
		fail_msg("%s", e.text);
	assert_true(count_log("proxy-log", "CONNECT 127.0.0.1:", &n_all) > 0);
	assert_int_equal(count_log("proxy-log", "GET", &n_all), 0);
	assert_int_equal(count_log("proxy-log", "token", &n_all), 0);
	server_stop(&proxy);
}

static void
a_proxy_that_refuses_is_no_way_around(void **state)
{
	struct fetch_options o = quick;
	struct server proxy;
	struct err e;

	(void)state;
	o.ca_file = certificate;
	assert_true(server_run(&proxy, (char *[]){"python3", "tests/net/proxy.py", folder, "refuse", NULL}));
	use_proxy("https_proxy", proxy.port);
	assert_false(arrives("https", tls.port, &o, &e));
	assert_int_equal(e.kind, ERR_NETWORK);
	server_stop(&proxy);
	assert_false(arrives("https", tls.port, &o, &e));		/* nor one that is not there */
	assert_int_equal(e.kind, ERR_NETWORK);
}

/* All ranges, four at a time, on one connection. */
static void
ranges_share_a_connection_of_http2(void **state)
{
	struct fetch_options o = quick;
	char *python = "python3";
	struct server h2;
	unsigned n_all;
	struct err e;

	(void)state;
	if (system("python3 -c 'import h2' 2>/dev/null") != 0)
		python = "/usr/bin/python3";		/* where packages of the system are found */
	if (system("python3 -c 'import h2' 2>/dev/null || /usr/bin/python3 -c 'import h2' 2>/dev/null") != 0)
		skip();
	use_proxy(NULL, 0);
	o.ca_file = certificate;
	assert_true(server_run(&h2, (char *[]){python, "tests/net/h2_server.py", folder, certificate, key, NULL}));
	if (!arrives("https", h2.port, &o, &e))
		fail_msg("%s", e.text);
	assert_int_equal(count_log("h2-log", "connection", &n_all), 1);
	assert_int_equal(n_all, 1 + 1 + NET_RANGES);
	server_stop(&h2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_goes_through_its_proxy),
		cmocka_unit_test(https_goes_through_its_proxy_unseen),
		cmocka_unit_test(a_proxy_that_refuses_is_no_way_around),
		cmocka_unit_test(ranges_share_a_connection_of_http2),
	};

	return cmocka_run_group_tests_name("registry fetch way", tests, start, stop);
}
