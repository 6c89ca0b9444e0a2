/* Keys, roots, signatures and what is remembered: every way to cheat with them is refused, and said by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/digest.h"
#include "registry/key.h"
#include "registry/trust.h"

#define NOW INT64_C(1795687200)		/* 2026-11-26T10:00:00Z */

static struct key keys[6];
static const char *const names[] = {"alice", "bob", "carol", "dave", "erin", "mallory"};
enum { ALICE = 1, BOB = 2, CAROL = 4, DAVE = 8, ERIN = 16, MALLORY = 32 };	/* sets of signers */

/* What a registry serves. */
struct served {
	struct buf root, index, sig;
};

static int
setup(void **state)
{
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!key_make(&keys[i], names[i], &e))
			return -1;
	return 0;
}

static void
served_done(struct served *s)
{
	buf_done(&s->root);
	buf_done(&s->index);
	buf_done(&s->sig);
}

static void
sign_with(struct sigs *sigs, unsigned who, const char *data, size_t n)
{
	unsigned char bytes[SIGN_BYTES];
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!(who & 1u << i))
			continue;
		assert_true(sign_make(bytes, data, n, keys[i].secret, &e));
		assert_true(sigs_add(sigs, keys[i].public_key, bytes, &e));
	}
}

struct root_plan {
	uint64_t version;
	unsigned threshold, keys, revoked, signers;
};

/* Adds a version to the root of S. */
static void
add_root(struct served *s, struct root_plan p)
{
	struct root *r = mem_new0(1, sizeof *r);
	struct buf text = {0};
	struct err e = {0};

	strcpy(r->registry, "core");
	r->version = p.version;
	r->date = NOW;
	r->threshold = p.threshold;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (p.keys & 1u << i) {
			memcpy(r->keys[r->n_keys].public_key, keys[i].public_key, SIGN_KEY_BYTES);
			strcpy(r->keys[r->n_keys++].name, keys[i].name);
		}
		if (p.revoked & 1u << i)
			memcpy(r->revoked[r->n_revoked++], keys[i].public_key, SIGN_KEY_BYTES);
	}
	if (!root_write(r, &text, &e))
		fail_msg("%s", e.text);
	sign_with(&r->sigs, p.signers, text.data, text.len);
	sigs_write(&r->sigs, &text);
	buf_add(&s->root, text.data, text.len);
	buf_done(&text);
	free(r);
}

static void
set_index_of(struct served *s, struct index *ix, unsigned signers)
{
	unsigned char sha256[32];
	struct sigs sigs = {0};
	struct err e = {0};

	assert_true(index_write(ix, &s->index, &e));
	assert_true(digest_bytes(DIGEST_SHA256, s->index.data, s->index.len, sha256, &e));
	sign_with(&sigs, signers, s->index.data, s->index.len);
	trust_sig_write(&sigs, sha256, &s->sig);
}

static void
set_index(struct served *s, const char *registry, uint64_t version, unsigned signers)
{
	struct index ix = {.version = version, .date = NOW, .expires = NOW + 90 * 86400};
	struct index_file file = {.path = "root", .size = 5};

	strcpy(ix.registry, registry);
	ix.files = &file;
	ix.n_files = 1;
	set_index_of(s, &ix, signers);
}

/* The registry most cases begin with: two of alice, bob and carol. */
static struct served
serve(uint64_t version, unsigned signers)
{
	struct served s = {0};

	add_root(&s, (struct root_plan){1, 2, ALICE | BOB | CAROL, 0, ALICE | BOB});
	set_index(&s, "core", version, signers);
	return s;
}

/* SAYS: why it is refused; NULL: it is accepted, and *NOW moves on. */
static void
meet(struct trust *now, const struct trust_pin *pin, const struct served *s, const char *says)
{
	struct trust_files f = {{s->root.data, s->root.len}, {s->index.data, s->index.len}, {s->sig.data, s->sig.len}};
	static const struct trust_pin none;
	struct trust next;
	struct err e = {0};
	struct index *ix = trust_check(now, pin ? pin : &none, &f, &next, &e);

	if ((ix == NULL) != (says != NULL))
		fail_msg("%s", ix ? "accepted" : e.text);
	if (says) {
		assert_int_equal(e.kind, ERR_VERIFY);
		assert_null(next.root);
		if (!strstr(e.text, says))
			fail_msg("\"%s\" does not say \"%s\"", e.text, says);
		return;
	}
	index_free(ix);
	trust_done(now);
	*now = next;
}

static void
test_signatures(void **state)
{
	static const struct { unsigned signers; const char *says; } cases[] = {
		{ALICE | BOB, NULL}, {BOB | CAROL, NULL}, {ALICE | BOB | CAROL, NULL}, {ALICE | BOB | MALLORY, NULL},
		{0, "0 of 2 signatures needed"}, {ALICE, "1 of 2 signatures needed"},
		{ALICE | MALLORY, "is not one of the keys"}, {MALLORY | DAVE, "0 of 2 signatures needed"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct served s = serve(1, cases[i].signers);
		struct trust t = {0};

		meet(&t, NULL, &s, cases[i].says);
		trust_done(&t);
		served_done(&s);
	}
}

static void
test_wrong_signature(void **state)
{
	struct served s = serve(1, ALICE | BOB), other = serve(2, ALICE | BOB);
	struct trust t = {0};
	struct sigs sigs;
	unsigned char sha256[32];
	struct err e = {0};
	char *at;

	(void)state;
	/* One byte of the index changed, with the digest in the file of signatures put right. */
	at = strstr(s.index.data, "root\nend");
	memcpy(at, "rOOt", 4);
	meet(&t, NULL, &s, "signatures are of another index");
	assert_true(trust_sig_parse(&sigs, sha256, s.sig.data, s.sig.len, &e));
	assert_true(digest_bytes(DIGEST_SHA256, s.index.data, s.index.len, sha256, &e));
	trust_sig_write(&sigs, sha256, &s.sig);
	meet(&t, NULL, &s, "is wrong");
	/* The signatures of another index, whole. */
	memcpy(at, "root", 4);
	buf_clear(&s.sig);
	buf_add(&s.sig, other.sig.data, other.sig.len);
	meet(&t, NULL, &s, "signatures are of another index");
	served_done(&s);
	served_done(&other);
	trust_done(&t);
}

/* T7: one stolen key used twice is still one key. */
static void
test_same_key_twice(void **state)
{
	struct served s = serve(1, ALICE);
	struct trust t = {0};
	char *line = strstr(s.sig.data, "sig "), *copy;
	size_t n = (size_t)(strchr(line, '\n') + 1 - line);

	(void)state;
	copy = strndup(line, n);
	buf_insert(&s.sig, (size_t)(line - s.sig.data), copy, n);
	meet(&t, NULL, &s, "the same key signs twice");
	free(copy);
	served_done(&s);
	trust_done(&t);
}

static void
test_rollback(void **state)
{
	struct served v5 = serve(5, ALICE | BOB), v4 = serve(4, ALICE | BOB | CAROL), other = serve(5, BOB | CAROL);
	struct trust_pin pin = {.version_min = 5};
	struct trust t = {0};

	(void)state;
	meet(&t, &pin, &v4, "at least version 5");
	meet(&t, &pin, &v5, NULL);
	meet(&t, &pin, &v5, NULL);
	assert_int_equal(t.version, 5);
	meet(&t, NULL, &v4, "goes back to version 4, version 5 was seen already");
	/* The same version signed by others is the same index; with another content it is not. */
	meet(&t, NULL, &other, NULL);
	set_index_of(&other, &(struct index){.registry = "core", .version = 5, .date = NOW, .expires = NOW + 1}, ALICE | BOB);
	meet(&t, NULL, &other, "is another one than the version 5");
	served_done(&v4);
	served_done(&v5);
	served_done(&other);
	trust_done(&t);
}

static void
test_stale(void **state)
{
	struct served s = serve(1, ALICE | BOB);
	struct trust t = {0};
	struct buf why = {0};

	(void)state;
	assert_false(trust_is_stale(&t, NOW, &why));
	meet(&t, NULL, &s, NULL);
	assert_false(trust_is_stale(&t, NOW + 90 * 86400 - 1, &why));
	assert_true(trust_is_stale(&t, NOW + 90 * 86400, &why));
	assert_non_null(strstr(why.data, "of 2026-11-26 and expired on 2027-02-24"));
	buf_done(&why);
	served_done(&s);
	trust_done(&t);
}

static void
test_pin(void **state)
{
	struct served s = serve(1, ALICE | BOB), fake = {0};
	struct trust_pin pin = {.has_fingerprint = true};
	struct root_chain *chain;
	struct trust t = {0};
	struct err e = {0};

	(void)state;
	chain = root_parse(s.root.data, s.root.len, &e);
	assert_non_null(chain);
	assert_true(root_fingerprint(chain->roots, pin.fingerprint, &e));
	root_free(chain);
	add_root(&fake, (struct root_plan){1, 1, MALLORY, 0, MALLORY});
	set_index(&fake, "core", 1, MALLORY);
	meet(&t, &pin, &fake, "fingerprint");
	meet(&t, &pin, &s, NULL);
	meet(&t, NULL, &fake, "version 1 is not the one that was trusted");
	trust_done(&t);
	/* Without a fingerprint the first root that is met stays. */
	meet(&t, NULL, &fake, NULL);
	meet(&t, NULL, &s, "version 1 is not the one that was trusted");
	trust_done(&t);
	/* The index of another registry of the same signers. */
	set_index(&s, "other", 1, ALICE | BOB);
	meet(&t, NULL, &s, "is of registry other");
	served_done(&s);
	served_done(&fake);
	trust_done(&t);
}

/* T7: carol's key is stolen; alice and bob make a root without it. */
static void
test_rotation(void **state)
{
	struct served s = serve(1, ALICE | BOB);
	struct trust t = {0}, before = {0}, fresh = {0};

	(void)state;
	meet(&t, NULL, &s, NULL);
	meet(&before, NULL, &s, NULL);
	add_root(&s, (struct root_plan){2, 2, ALICE | BOB | DAVE, CAROL, ALICE | BOB | DAVE});
	set_index(&s, "core", 2, BOB | DAVE);
	meet(&t, NULL, &s, NULL);
	assert_int_equal(trust_root(&t)->version, 2);
	/* The thief signs on. */
	set_index(&s, "core", 3, ALICE | CAROL);
	meet(&t, NULL, &s, "is revoked");
	set_index(&s, "core", 3, ALICE | BOB);
	meet(&t, NULL, &s, NULL);
	/* Two roots later than what one remembers: it can follow. */
	add_root(&s, (struct root_plan){3, 2, DAVE | ERIN | BOB, CAROL | ALICE, BOB | DAVE | ERIN});
	set_index(&s, "core", 4, DAVE | ERIN);
	meet(&before, NULL, &s, NULL);
	assert_int_equal(trust_root(&before)->version, 3);
	meet(&fresh, NULL, &s, NULL);
	/* Back to the root before. */
	served_done(&s);
	s = serve(5, ALICE | BOB);
	meet(&before, NULL, &s, "root: goes back to version 1");
	served_done(&s);
	trust_done(&t);
	trust_done(&before);
	trust_done(&fresh);
}

static void
test_bad_rotations(void **state)
{
	static const struct { struct root_plan next; const char *says; } cases[] = {
		/* by the new keys alone, by the old alone, by a stolen one of two */
		{{2, 2, DAVE | ERIN | MALLORY, 0, DAVE | ERIN | MALLORY}, "the keys before it: 0 of 2"},
		{{2, 2, DAVE | ERIN, 0, ALICE | BOB}, "its own keys: 0 of 2"},
		{{2, 1, MALLORY, 0, CAROL | MALLORY}, "the keys before it: 1 of 2"},
		/* a key that is revoked by it does not help it in */
		{{2, 2, ALICE | BOB | DAVE, CAROL, ALICE | CAROL | DAVE}, "is revoked"},
		{{3, 2, ALICE | BOB, 0, ALICE | BOB}, "it follows version 1"},
		{{1, 2, ALICE | BOB, 0, ALICE | BOB}, "it follows version 1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct served s = serve(1, ALICE | BOB);
		struct trust t = {0};

		meet(&t, NULL, &s, NULL);
		add_root(&s, cases[i].next);
		set_index(&s, "core", 2, 63);
		meet(&t, NULL, &s, cases[i].says);
		served_done(&s);
		trust_done(&t);
	}
}

static void
test_revocation_stays(void **state)
{
	struct served s = serve(1, ALICE | BOB);
	struct trust t = {0};

	(void)state;
	add_root(&s, (struct root_plan){2, 2, ALICE | BOB | DAVE, CAROL, ALICE | BOB});
	add_root(&s, (struct root_plan){3, 2, ALICE | BOB | CAROL, 0, ALICE | BOB});
	set_index(&s, "core", 2, ALICE | BOB);
	meet(&t, NULL, &s, "a key that was revoked is no longer");
	served_done(&s);
	trust_done(&t);
}

/* T17: of three keys one is lost; the other two still make a new root.  With two lost nobody can. */
static void
test_lost_keys(void **state)
{
	struct served s = serve(1, ALICE | BOB);
	struct trust t = {0};

	(void)state;
	meet(&t, NULL, &s, NULL);
	add_root(&s, (struct root_plan){2, 2, BOB | DAVE | ERIN, 0, ALICE | BOB | DAVE});
	set_index(&s, "core", 2, DAVE | ERIN);
	meet(&t, NULL, &s, NULL);
	trust_done(&t);
	served_done(&s);
	s = serve(1, ALICE | BOB);
	meet(&t, NULL, &s, NULL);
	add_root(&s, (struct root_plan){2, 2, BOB | DAVE | ERIN, 0, BOB | DAVE | ERIN});
	set_index(&s, "core", 2, DAVE | ERIN);
	meet(&t, NULL, &s, "the keys before it: 1 of 2");
	trust_done(&t);
	served_done(&s);
}

static void
test_bad_roots(void **state)
{
	static const struct { const char *find, *put, *says; } cases[] = {
		{"threshold 2", "threshold 0", "the threshold is 0"}, {"threshold 2", "threshold 9", "the threshold is 9"},
		{"version 1", "version 0", "version is 0"}, {"alice", "bob", "two keys are named bob"},
		{"key ", "kee ", "expected \"end\""}, {"threshold 2", "threshold 1", "is wrong"},
		{"registry core", "registry co_e", "no name"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct served s = serve(1, ALICE | BOB);
		struct trust t = {0};
		char *at = strstr(s.root.data, cases[i].find);
		size_t where = (size_t)(at - s.root.data);

		assert_non_null(at);
		buf_erase(&s.root, where, strlen(cases[i].find));
		buf_insert(&s.root, where, cases[i].put, strlen(cases[i].put));
		meet(&t, NULL, &s, cases[i].says);
		served_done(&s);
		trust_done(&t);
	}
}

static int
enter_directory(void **state)
{
	char *dir = strdup("/tmp/trust.XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave_directory(void **state)
{
	unlink("trust");
	unlink("key");
	rmdir(*state);
	free(*state);
	return 0;
}

static void
test_remembered(void **state)
{
	struct served s = serve(7, ALICE | CAROL);
	struct trust t = {0}, back;
	struct err e = {0};

	(void)state;
	assert_true(trust_load(&back, "trust", &e));
	assert_null(trust_root(&back));
	meet(&t, NULL, &s, NULL);
	t.commit[3] = 0xab;
	assert_true(trust_save(&t, "trust", &e));
	assert_true(trust_save(&t, "trust", &e));		/* over the one before */
	if (!trust_load(&back, "trust", &e))
		fail_msg("%s", e.text);
	assert_int_equal(back.version, 7);
	assert_int_equal(back.date, NOW);
	assert_memory_equal(back.index_sha256, t.index_sha256, 32);
	assert_memory_equal(back.commit, t.commit, TRUST_COMMIT_BYTES);
	assert_int_equal(trust_root(&back)->text_len, trust_root(&t)->text_len);
	set_index(&s, "core", 6, ALICE | BOB);
	meet(&back, NULL, &s, "goes back to version 6");
	trust_done(&back);
	/* A damaged memory is no empty one. */
	assert_int_equal(truncate("trust", 100), 0);
	assert_false(trust_load(&back, "trust", &e));
	assert_null(back.root);
	trust_done(&t);
	served_done(&s);
}

static void
test_key_files(void **state)
{
	struct buf text = {0};
	char *digit;
	struct key k;
	struct stat st;
	struct err e = {0};

	(void)state;
	assert_false(key_make(&k, "Alice B", &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_true(key_write(&keys[0], "key", &e));
	assert_int_equal(stat("key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(key_write(&keys[1], "key", &e));
	assert_non_null(strstr(e.text, "is there already"));
	assert_true(key_read(&k, "key", &e));
	assert_memory_equal(&k, &keys[0], sizeof k);
	key_wipe(&k);
	assert_int_equal(chmod("key", 0640), 0);
	assert_false(key_read(&k, "key", &e));
	assert_non_null(strstr(e.text, "others can read this key (mode 640)"));
	assert_int_equal(chmod("key", 0600), 0);
	assert_true(fs_read(&text, "key", 4096, &e));
	digit = &text.data[strlen("minnow key\nname alice\npublic ")];
	*digit = *digit == '0' ? '1' : '0';
	assert_true(fs_write_atomic("key", text.data, text.len, &e));
	assert_false(key_read(&k, "key", &e));
	assert_non_null(strstr(e.text, "does not belong to the secret one"));
	assert_true(fs_write_atomic("key", text.data, text.len - 3, &e));
	assert_false(key_read(&k, "key", &e));
	buf_done(&text);
	assert_false(key_read(&k, "/dev/null", &e));
}

/* RFC 8032, 7.1, test 2: the library computes what the standard says. */
static void
test_rfc8032(void **state)
{
	static const char secret_hex[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
	static const char public_hex[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
	static const char sig_hex[] = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
	unsigned char secret[32], public_key[32], derived[32], sig[64], made[64];
	struct err e = {0};

	(void)state;
	assert_true(canon_hex((struct canon_text){secret_hex, 64}, secret, 32));
	assert_true(canon_hex((struct canon_text){public_hex, 64}, public_key, 32));
	assert_true(canon_hex((struct canon_text){sig_hex, 128}, sig, 64));
	assert_true(sign_public(derived, secret, &e));
	assert_memory_equal(derived, public_key, 32);
	assert_true(sign_make(made, "\x72", 1, secret, &e));
	assert_memory_equal(made, sig, 64);
	assert_true(sign_check(sig, "\x72", 1, public_key));
	assert_false(sign_check(sig, "\x73", 1, public_key));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc8032),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_wrong_signature),
		cmocka_unit_test(test_same_key_twice),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_bad_rotations),
		cmocka_unit_test(test_revocation_stays),
		cmocka_unit_test(test_lost_keys),
		cmocka_unit_test(test_bad_roots),
		cmocka_unit_test_setup_teardown(test_remembered, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_key_files, enter_directory, leave_directory),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
