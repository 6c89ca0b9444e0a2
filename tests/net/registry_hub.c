/* Asking a hub what a repository holds, from a server that answers as hubs do, and as they should not. */
#define _GNU_SOURCE
#include "core/base/clock.h"
#include "registry/hub.h"
#include "tests/net/server.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static unsigned char data[NET_SIZE], sha256[DIGEST_SHA256_SIZE];
static char folder[32], hub[64];
static struct server server;
static struct fetch_options quick = {.allow_loopback_http = true, .retry_ms = 1, .stall_ms = 5000, .n_rounds = 2, .hub = hub,
    .token = "secret"};

static int
start(void **state)
{
	(void)state;
	if (!server_fill(folder, data, sha256, 5) || !server_start(&server, folder, NULL, NULL))
		return -1;
	snprintf(hub, sizeof hub, "http://127.0.0.1:%u/", server.port);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	server_stop(&server);
	place_remove(folder);
	return 0;
}

/* Answers to PATH, and how many of them came with the token. */
static unsigned
logged(const char *path, unsigned *n_tokens)
{
	char name[64], line[400], got[300], token[16];
	unsigned n = 0;
	FILE *f;

	snprintf(name, sizeof name, "%s/log", folder);
	f = fopen(name, "r");
	assert_non_null(f);
	*n_tokens = 0;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%299s %*d %*d %*u %15s", got, token) != 2 || strncmp(got, path, strlen(path)) != 0)
			continue;
		n++;
		*n_tokens += strcmp(token, "token") == 0;
	}
	fclose(f);
	return n;
}

static bool
list(const char *name, const struct fetch_options *o, struct hub_listing *l, struct err *e)
{
	struct hub_ref ref;
	bool ok;

	*e = (struct err){0};
	if (!hub_ref_parse(&ref, name, e))
		fail_msg("%s", e->text);
	ok = hub_list(&ref, o, l, e);
	hub_ref_done(&ref);
	return ok;
}

static void
lists(const char *name, struct hub_listing *l)
{
	struct err e;

	if (!list(name, &quick, l, &e))
		fail_msg("%s", e.text);
	assert_string_equal(l->commit, COMMIT);
	assert_int_equal(l->n_chosen, 1);
	assert_memory_equal(l->entry.files->sha256, sha256, sizeof sha256);
}

/* What goes wrong is said in one line, with the repository's name and without the token. */
static void
fails(const char *name, const struct fetch_options *o, enum err_kind kind, const char *word)
{
	struct hub_listing l;
	struct err e;

	if (list(name, o, &l, &e) || e.kind != kind || !strstr(e.text, word) || strchr(e.text, '\033') || strchr(e.text, '\n') ||
	    strstr(e.text, "secret") || strncmp(e.text, "hf:", 3) != 0)
		fail_msg("%s: kind %d: %s", name, (int)e.kind, e.text);
	assert_null(l.entry.files);
	assert_null(l.group);
}

static void
a_repository_is_listed_and_its_file_arrives(void **state)
{
	struct fetch_result result;
	struct hub_listing l;
	struct store *store;
	struct err e = {0};
	unsigned n_tokens;
	char dir[32];
	bool had;

	(void)state;
	lists("hf:fine/tiny@v1/x", &l);
	assert_string_equal(l.entry.license, "mit");
	assert_int_equal(l.entry.files->size, NET_SIZE);
	assert_string_equal(l.entry.files->sources->path, "q/data.gguf");
	assert_int_equal(logged("/api/models/fine/tiny/revision/v1%2Fx?blobs=true", &n_tokens), 1);
	assert_int_equal(n_tokens, 1);
	place_make(dir);
	store = store_open(dir, &e);
	assert_non_null(store);
	if (!fetch_into(store, l.entry.id, l.entry.files, NET_RANGE, &quick, &result, &had, &e))
		fail_msg("%s", e.text);
	assert_true(put_has(store, "hf.fine--tiny", "data.gguf", data, NET_SIZE));
	assert_true(logged("/fine/tiny/resolve/" COMMIT "/q/data.gguf", &n_tokens) > 1);
	store_close(store);
	place_remove(dir);
	hub_listing_done(&l);
}

static void
the_tree_is_read_page_by_page(void **state)
{
	struct hub_listing l;
	unsigned n_tokens;

	(void)state;
	lists("hf:many/tiny", &l);
	assert_int_equal(l.entry.n_files, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(l.entry.files[i].size, NET_SIZE);
	assert_string_equal(l.entry.files->name, "b-Q4_0.gguf");
	assert_int_equal(logged("/api/models/many/tiny/tree/" COMMIT, &n_tokens), 3);
	assert_int_equal(n_tokens, 3);
	hub_listing_done(&l);
	fails("hf:many/away", &quick, ERR_NETWORK, "another host");
	assert_int_equal(logged("/api/models/many/away/tree/", &n_tokens), 1);
	fails("hf:many/endless", &quick, ERR_FAILED, "more than 64 pages");
}

static void
refusals_say_what_to_do(void **state)
{
	struct fetch_options nobody = quick;

	(void)state;
	nobody.token = NULL;
	fails("hf:gated/tiny", &nobody, ERR_NETWORK, "accept it at ");
	fails("hf:gated/tiny", &nobody, ERR_NETWORK, "/gated/tiny, and set HF_TOKEN");
	fails("hf:gated/tiny", &quick, ERR_NETWORK, "use a token of that account");
	fails("hf:hidden/tiny", &nobody, ERR_NOT_FOUND, "set HF_TOKEN");
	fails("hf:hidden/tiny", &quick, ERR_NOT_FOUND, "may be wrong");
	fails("hf:nobody/tiny", &quick, ERR_NOT_FOUND, "no such repository");
	fails("hf:fine/tiny@v9", &quick, ERR_NOT_FOUND, "no revision \"v9\"");
}

static void
the_token_is_for_the_hub_alone(void **state)
{
	struct hub_listing l;
	unsigned n_tokens, n_before;

	(void)state;
	lists("hf:moved/tiny", &l);
	hub_listing_done(&l);
	n_before = logged("/api/models/fine/tiny/revision/main", &n_tokens);
	assert_int_equal(n_before, 1);
	assert_int_equal(n_tokens, 1);
	lists("hf:away/tiny", &l);
	hub_listing_done(&l);
	assert_int_equal(logged("/api/models/fine/tiny/revision/main", &n_tokens), n_before + 1);
	assert_int_equal(n_tokens, 1);
	fails("hf:stray/tiny", &quick, ERR_NETWORK, "a file of this machine");
	fails("hf:loop/tiny", &quick, ERR_NETWORK, "again and again");
}

static void
http_is_for_tests_alone(void **state)
{
	struct fetch_options o = quick;

	(void)state;
	o.allow_loopback_http = false;
	fails("hf:fine/tiny", &o, ERR_NETWORK, "no encryption");
}

static void
faults_are_sat_out(void **state)
{
	static const char *const names[] = {"hf:busy/tiny", "hf:broken/tiny", "hf:cut/tiny"};
	struct hub_listing l;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		lists(names[i], &l);
		hub_listing_done(&l);
	}
}

static void
nothing_goes_on_for_ever(void **state)
{
	struct fetch_options o = quick;
	static atomic_bool cancel = true;

	(void)state;
	fails("hf:closed/tiny", &quick, ERR_NETWORK, "pause of 3600 s");
	fails("hf:endless/tiny", &quick, ERR_FAILED, "longer than");
	fails("hf:junk/tiny", &quick, ERR_FAILED, "no valid JSON");
	o.stall_ms = 100;
	o.n_rounds = 1;
	fails("hf:silent/tiny", &o, ERR_NETWORK, "sent nothing more");
	o.cancel = &cancel;
	fails("hf:silent/tiny", &o, ERR_CANCELLED, "cancelled");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repository_is_listed_and_its_file_arrives),
		cmocka_unit_test(the_tree_is_read_page_by_page),
		cmocka_unit_test(refusals_say_what_to_do),
		cmocka_unit_test(the_token_is_for_the_hub_alone),
		cmocka_unit_test(http_is_for_tests_alone),
		cmocka_unit_test(faults_are_sat_out),
		cmocka_unit_test(nothing_goes_on_for_ever),
	};

	return cmocka_run_group_tests_name("registry hub", tests, start, stop);
}
