/* Digests: published vectors, any cut of the bytes, hexadecimal; and the thread that hashes a file out of order. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "registry/digest.h"
#include "registry/digest_ranges.h"

static void
is(enum digest_kind kind, const void *data, size_t n, const char *hex)
{
	unsigned char value[DIGEST_SIZE_MAX];
	char text[DIGEST_HEX_MAX];
	struct err e = {0};

	assert_true(digest_bytes(kind, data, n, value, &e));
	digest_hex(text, value, digest_size(kind));
	assert_string_equal(text, hex);
}

/* FIPS 180-4, the examples of one block, two blocks and a million letters; and nothing. */
static void
sha256_is_as_published(void **state)
{
	char *a = malloc(1000000);

	(void)state;
	memset(a, 'a', 1000000);
	is(DIGEST_SHA256, "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	is(DIGEST_SHA256, "abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	is(DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	is(DIGEST_SHA256, a, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(a);
}

/* The buffer of xxHash's own sanity check: bytes of a multiplicative generator. */
static unsigned char *
sanity_buffer(size_t n)
{
	unsigned char *p = malloc(n);
	uint64_t x = 2654435761U;

	for (size_t i = 0; i < n; i++) {
		p[i] = (unsigned char)(x >> 56);
		x *= 11400714785074694797ULL;
	}
	return p;
}

/* xxHash's sanity_test_vectors.h, XSUM_XXH128 without a seed, as high and low word. */
static void
xxh3_is_as_published(void **state)
{
	unsigned char *p = sanity_buffer(2400);

	(void)state;
	is(DIGEST_XXH3, p, 0, "99aa06d3014798d86001c324468d497f");
	is(DIGEST_XXH3, p, 1, "a6cd5e9392000f6ac44bdff4074eecdb");
	is(DIGEST_XXH3, p, 6, "082afe0b8162d12a3e7039bdda43cfc6");
	is(DIGEST_XXH3, p, 12, "6e3efd8fc7802b18061a192713f69ad9");
	is(DIGEST_XXH3, p, 81, "4952f58181ab00425e8bafb9f95fb803");
	is(DIGEST_XXH3, p, 222, "337e09641b948717f1aebd597cec6b3a");
	is(DIGEST_XXH3, p, 403, "1b6de21e332dd73dcdeb804d65c6dea4");
	free(p);
}

static void
pieces_make_the_same_digest(void **state)
{
	unsigned char *p = sanity_buffer(5000), want[DIGEST_SIZE_MAX], got[DIGEST_SIZE_MAX], half[DIGEST_SIZE_MAX];
	struct err e = {0};

	(void)state;
	for (int kind = DIGEST_SHA256; kind <= DIGEST_XXH3; kind++) {
		struct digest *d = digest_new(kind, &e);
		size_t size = digest_size(kind);

		assert_non_null(d);
		assert_true(digest_bytes(kind, p, 5000, want, &e));
		assert_true(digest_bytes(kind, p, 2500, half, &e));
		for (size_t step = 1; step <= 5000; step = step * 3 + 1) {
			digest_reset(d);
			for (size_t at = 0; at < 5000; at += step)
				digest_add(d, p + at, at + step < 5000 ? step : 5000 - at);
			digest_value(d, got);
			assert_memory_equal(got, want, size);
		}
		digest_reset(d);
		digest_add(d, p, 2500);
		digest_value(d, got);			/* looking at it changes nothing */
		assert_memory_equal(got, half, size);
		digest_add(d, p + 2500, 2500);
		digest_value(d, got);
		assert_memory_equal(got, want, size);
		digest_free(d);
	}
	digest_free(NULL);
	free(p);
}

static void
hexadecimal_is_strict(void **state)
{
	unsigned char bytes[4] = {0};
	char text[9];

	(void)state;
	assert_true(digest_from_hex(bytes, 4, "00ff7fa0", 8));
	digest_hex(text, bytes, 4);
	assert_string_equal(text, "00ff7fa0");
	assert_false(digest_from_hex(bytes, 4, "00ff7fa", 7));
	assert_false(digest_from_hex(bytes, 4, "00ff7fa00", 9));
	assert_false(digest_from_hex(bytes, 4, "00FF7FA0", 8));
	assert_false(digest_from_hex(bytes, 4, "00ff7fg0", 8));
	assert_false(digest_from_hex(bytes, 4, " 0ff7fa0", 8));
}

struct file {
	int fd;
	size_t size;
	unsigned char *data;
};

static int
make_file(void **state)
{
	struct file *f = calloc(1, sizeof *f);
	char path[] = "/tmp/minnow-digest-XXXXXX";

	f->size = 1000003;
	f->data = sanity_buffer(f->size);
	f->fd = mkstemp(path);
	unlink(path);
	*state = f;
	return f->fd < 0 ? -1 : 0;
}

static int
remove_file(void **state)
{
	struct file *f = *state;

	close(f->fd);
	free(f->data);
	free(f);
	return 0;
}

static void
write_at(struct file *f, size_t from, size_t n)
{
	assert_int_equal(pwrite(f->fd, f->data + from, n, (off_t)from), (ssize_t)n);
}

static void
next_done(struct digest_ranges *r, struct digest_range *done)
{
	struct pollfd p = {.fd = digest_ranges_wake_fd(r), .events = POLLIN};

	assert_int_equal(poll(&p, 1, 20000), 1);
	assert_true(digest_ranges_next(r, done));
}

static void
wait_for_sha256(struct digest_ranges *r, const struct file *f)
{
	unsigned char want[DIGEST_SIZE_MAX], got[DIGEST_SIZE_MAX];
	struct err e = {0};
	int errnum = 0;

	for (int i = 0; i < 20000 && !digest_ranges_sha256(r, got, &errnum); i++)
		usleep(1000);
	assert_int_equal(errnum, 0);
	assert_int_equal(digest_ranges_n_sha256(r), f->size);
	assert_true(digest_bytes(DIGEST_SHA256, f->data, f->size, want, &e));
	assert_memory_equal(got, want, DIGEST_SHA256_SIZE);
}

static void
ranges_in_any_order_make_the_whole(void **state)
{
	static const uint64_t order[] = {9, 3, 0, 1, 15, 2, 4, 14, 5, 7, 6, 8, 12, 13, 11, 10};
	const uint64_t size = 65536;
	struct file *f = *state;
	struct err e = {0};
	struct digest_ranges *r = digest_ranges_new(f->fd, f->size, size, &e);
	struct digest_range done;
	unsigned char want[DIGEST_SIZE_MAX];
	int errnum;

	assert_non_null(r);
	assert_int_equal(digest_ranges_count(f->size, size), ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		size_t from = order[i] * size, n = from + size < f->size ? size : f->size - from;

		for (size_t have = 0; have < n; have += 20000) {
			size_t piece = n - have < 20000 ? n - have : 20000;

			write_at(f, from + have, piece);
			digest_ranges_add(r, order[i], have + piece);
		}
		next_done(r, &done);
		assert_int_equal(done.index, order[i]);
		assert_int_equal(done.n, n);
		assert_int_equal(done.errnum, 0);
		assert_true(digest_bytes(DIGEST_XXH3, f->data + from, n, want, &e));
		assert_memory_equal(done.xxh3, want, DIGEST_XXH3_SIZE);
		assert_false(digest_ranges_sha256(r, want, &errnum));
		digest_ranges_accept(r, order[i]);
	}
	wait_for_sha256(r, f);
	digest_ranges_free(r);
}

static void
a_range_written_again_is_hashed_again(void **state)
{
	struct file *f = *state;
	struct err e = {0};
	struct digest_ranges *r = digest_ranges_new(f->fd, f->size, 600000, &e);
	struct digest_range done, at;
	unsigned char want[DIGEST_SIZE_MAX];

	assert_int_equal(pwrite(f->fd, "wrong", 5, 0), 5);
	digest_ranges_add(r, 0, 5);
	digest_ranges_at(r, 0, true, &at);
	assert_int_equal(at.n, 5);
	assert_true(digest_bytes(DIGEST_XXH3, "wrong", 5, want, &e));
	assert_memory_equal(at.xxh3, want, DIGEST_XXH3_SIZE);
	digest_ranges_reset(r, 0);
	digest_ranges_at(r, 0, false, &at);
	assert_int_equal(at.n, 0);
	write_at(f, 0, f->size);
	for (uint64_t i = 0; i < 2; i++) {
		digest_ranges_add(r, i, i ? f->size - 600000 : 600000);
		next_done(r, &done);
		assert_true(digest_bytes(DIGEST_XXH3, f->data + i * 600000, done.n, want, &e));
		assert_memory_equal(done.xxh3, want, DIGEST_XXH3_SIZE);
		digest_ranges_accept(r, i);
	}
	wait_for_sha256(r, f);
	digest_ranges_free(r);
}

static void
a_file_too_short_is_said(void **state)
{
	struct file *f = *state;
	struct err e = {0};
	struct digest_ranges *r = digest_ranges_new(f->fd, f->size, 600000, &e);
	struct digest_range done;

	write_at(f, 0, 1000);
	digest_ranges_add(r, 0, 600000);
	next_done(r, &done);
	assert_int_equal(done.errnum, EIO);
	digest_ranges_free(r);

	r = digest_ranges_new(f->fd, 0, 600000, &e);		/* an empty file has a digest at once */
	f->size = 0;
	wait_for_sha256(r, f);
	digest_ranges_free(r);
	digest_ranges_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_as_published),
		cmocka_unit_test(xxh3_is_as_published),
		cmocka_unit_test(pieces_make_the_same_digest),
		cmocka_unit_test(hexadecimal_is_strict),
		cmocka_unit_test_setup_teardown(ranges_in_any_order_make_the_whole, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_range_written_again_is_hashed_again, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_file_too_short_is_said, make_file, remove_file),
	};

	return cmocka_run_group_tests_name("registry digest", tests, NULL, NULL);
}
