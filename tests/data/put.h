/* Bytes into a store as a download would bring them, and what must be true of a store whatever happened to it. */
#ifndef TESTS_PUT_H
#define TESTS_PUT_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/fs.h"
#include "registry/store.h"
#include "registry/store_inside.h"

enum { PUT_RANGE = 1000 };

/* N bytes that differ with SEED. */
static inline void
put_fill(unsigned char *p, size_t n, unsigned seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (unsigned char)(x >> 24);
	}
}

static inline void
put_sha256(const void *data, size_t n, unsigned char sha256[DIGEST_SHA256_SIZE])
{
	if (!digest_bytes(DIGEST_SHA256, data, n, sha256, NULL))
		abort();
}

/* The ranges that are missing, each written down; *SAVED grows by what is. */
static inline bool
put_ranges(struct store_part *p, const unsigned char *data, volatile uint64_t *saved, struct err *e)
{
	for (size_t i = 0; i < p->part.n_ranges; i++) {
		size_t at = i * PUT_RANGE, n = (size_t)part_range_length(&p->part, i);

		if (part_range_is_whole(&p->part, i))
			continue;
		if (pwrite(p->fd, data + at, n, (off_t)at) != (ssize_t)n ||
		    !digest_bytes(DIGEST_XXH3, data + at, n, p->part.ranges[i].xxh3, e))
			return false;
		p->part.ranges[i].n = n;
		if (!store_part_save(p, e))
			return false;
		if (saved)
			*saved = part_n_bytes(&p->part);
	}
	return true;
}

/* SAVED may be NULL. */
static inline bool
put_bytes(struct store *s, const char *model, const char *file, const unsigned char *data, size_t n,
    volatile uint64_t *saved, struct err *e)
{
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct store_want want = {.model = model, .file = file, .size = n, .range_size = PUT_RANGE, .sha256 = sha256};
	struct store_part p;
	bool have;

	put_sha256(data, n, sha256);
	if (!store_part_open(s, &want, &p, &have, e))
		return false;
	if (have)
		return true;
	if (put_ranges(&p, data, saved, e) && store_part_commit(&p, sha256, false, model, file, e))
		return true;
	store_part_close(&p);
	return false;
}

static inline enum store_trust
put_trust(struct store *s, const char *model, const char *file)
{
	struct store_seen seen;
	struct err e = {0};

	if (!store_look(s, model, file, &seen, &e))
		fail_msg("%s", e.text);
	return seen.trust;
}

static inline bool
put_has(struct store *s, const char *model, const char *file, const unsigned char *data, size_t n)
{
	struct buf path = {0}, b = {0};
	bool ok = store_path(s, model, file, &path, NULL) && fs_read(&b, path.data, 1 << 20, NULL) && b.len == n &&
	    (n == 0 || memcmp(b.data, data, n) == 0);

	buf_done(&path);
	buf_done(&b);
	return ok;
}

/* Whatever the store trusts has the bytes that it says. */
static inline void
put_check_trusted(struct store *s)
{
	struct store_list list;
	struct err e = {0};

	if (!store_list(s, &list, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < list.n; i++) {
		const struct store_file *f = &list.files[i];
		unsigned char sha256[DIGEST_SHA256_SIZE];
		struct buf path = {0}, b = {0};

		if (f->seen.trust != STORE_VERIFIED)
			continue;
		assert_true(store_path(s, f->model, f->file, &path, &e));
		assert_true(fs_read(&b, path.data, 1 << 20, &e));
		put_sha256(buf_str(&b), b.len, sha256);
		assert_memory_equal(sha256, f->seen.sha256, sizeof sha256);
		buf_done(&path);
		buf_done(&b);
	}
	store_list_done(&list);
}

#endif
