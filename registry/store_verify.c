/* Reading what is in the store to see whether it is still what was verified, and what to do when it is not; see store.h. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/store.h"
#include "registry/store_inside.h"

struct reading {
	int fd;
	struct stat st;
	const struct stamp *stamp;
	const struct store_verify_options *options;
	struct store_report *report;
};

static void
add_damage(struct store_report *r, uint64_t offset, uint64_t size)
{
	r->damaged = mem_grow(r->damaged, r->n_damaged + 1, sizeof *r->damaged);
	r->damaged[r->n_damaged++] = (struct store_damage){.offset = offset, .size = size};
	r->whole = false;
}

static bool
read_file(struct reading *r, bool with_sha256, struct err *e)
{
	const struct stamp *stamp = r->stamp;
	struct store_read read = {.fd = r->fd, .stamp = stamp, .options = r->options, .with_sha256 = with_sha256};

	if (!store_read(&read, e))
		return false;
	for (size_t i = 0; i < stamp->n_ranges; i++) {
		uint64_t offset = i * stamp->range_size, left = stamp->size - offset;

		if (read.damaged[i])
			add_damage(r->report, offset, left < stamp->range_size ? left : stamp->range_size);
	}
	if (with_sha256 && r->report->n_damaged == 0) {
		r->report->read_all = true;
		if (memcmp(read.sha256, stamp->sha256, DIGEST_SHA256_SIZE) != 0)
			r->report->whole = false;
	}
	if ((uint64_t)r->st.st_size != stamp->size)
		r->report->whole = false;
	free(read.damaged);
	return true;
}

/* A file that was touched is trusted again only by its SHA-256: the digests of the ranges can be forged.  One that
 * is damaged is not trusted any more.  What was read must not have changed meanwhile. */
static bool
renew_stamp(struct store *s, const struct reading *r, struct err *e)
{
	struct stat now;
	struct stamp stamp;
	bool ok = true;
	int lock;

	if (r->report->whole && !r->report->read_all)
		return true;
	lock = store_lock(s, true, e);
	if (lock < 0)
		return false;
	if (store_read_stamp(s, r->stamp->sha256, &stamp)) {
		if (!r->report->whole) {
			stamp_damage_file(&stamp, &r->st);
			ok = store_save_stamp(s, &stamp, e);
		} else if (fstat(r->fd, &now) == 0 && now.st_mtim.tv_sec == r->st.st_mtim.tv_sec &&
		    now.st_mtim.tv_nsec == r->st.st_mtim.tv_nsec && now.st_size == r->st.st_size) {
			stamp_add_file(&stamp, &now);
			stamp.date = (uint64_t)time(NULL);
			ok = store_save_stamp(s, &stamp, e);
		}
		stamp_done(&stamp);
	}
	close(lock);
	return ok;
}

/* The name says nothing of the digest: the stamp does, by the inode.  Where the file was replaced under its name there is
 * none. */
static bool
open_file(struct store *s, const char *model, const char *file, struct reading *r, struct stamp *stamp, struct err *e)
{
	struct err why = {0};
	int dir;

	*stamp = (struct stamp){0};
	if (!store_check_names(model, file, e))
		return false;
	dir = store_open_folder(s->models, model, false, e);
	if (dir < 0)
		return false;
	r->fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (r->fd < 0)
		err_set_errno(e, errno, file);
	close(dir);
	if (r->fd < 0)
		return false;
	if (fstat(r->fd, &r->st) < 0)
		return err_set_errno(e, errno, file);
	if (store_find_stamp(s, &r->st, stamp, &why))
		return true;
	return err_set(e, why.kind ? why.kind : ERR_VERIFY, "%s: %s", file, why.kind ? why.text :
	    "nothing is known of its bytes: it was not put there by minnow");
}

bool
store_verify(struct store *s, const char *model, const char *file, const struct store_verify_options *o,
    struct store_report *report, struct err *e)
{
	struct stamp stamp;
	struct reading r = {.fd = -1, .stamp = &stamp, .options = o, .report = report};
	bool ok;

	*report = (struct store_report){.whole = true};
	ok = open_file(s, model, file, &r, &stamp, e);
	if (ok) {
		memcpy(report->sha256, stamp.sha256, sizeof report->sha256);
		report->n_ranges = stamp.n_ranges;
		report->ranges = mem_dup_bytes(stamp.ranges, (stamp.n_ranges + 1) * sizeof *stamp.ranges);
		ok = read_file(&r, o->deep || !stamp_holds(&stamp, &r.st), e) && renew_stamp(s, &r, e);
	}
	if (r.fd >= 0)
		close(r.fd);
	stamp_done(&stamp);
	if (!ok)
		store_report_done(report);
	return ok;
}

void
store_report_done(struct store_report *r)
{
	free(r->damaged);
	free(r->ranges);
	*r = (struct store_report){0};
}

/* ---- repair ---- */

static bool
is_damaged(const struct store_report *report, uint64_t offset)
{
	for (size_t i = 0; i < report->n_damaged; i++)
		if (report->damaged[i].offset == offset)
			return true;
	return false;
}

/* The good ranges, with their digests: whoever goes on with the part reads them again. */
static bool
fill_part(struct store *s, const char *model, const char *file, const struct stamp *stamp,
    const struct store_report *report, struct store_part *p, struct err *e)
{
	int dir = store_open_folder(s->models, model, false, e), fd;
	bool ok;

	if (dir < 0)
		return false;
	fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(dir);
	if (fd < 0)
		return err_set_errno(e, errno, file);
	part_forget(&p->part);
	for (size_t i = 0; report->n_damaged && i < stamp->n_ranges; i++) {
		if (is_damaged(report, i * stamp->range_size))
			continue;
		p->part.ranges[i].n = part_range_length(&p->part, i);
		memcpy(p->part.ranges[i].xxh3, stamp->ranges[i], DIGEST_XXH3_SIZE);
	}
	/* What the file is too short for is damaged, and stays a hole. */
	ok = ftruncate(p->fd, 0) == 0 || err_set_errno(e, errno, "the part");
	if (ok) {
		struct stat st;
		uint64_t size = fstat(fd, &st) == 0 && (uint64_t)st.st_size < stamp->size ? (uint64_t)st.st_size : stamp->size;

		ok = store_copy_bytes(fd, p->fd, size, e) && store_part_save(p, e);
	}
	close(fd);
	return ok;
}

bool
store_repair(struct store *s, const char *model, const char *file, const struct store_report *report,
    struct store_part *p, bool *have, struct err *e)
{
	struct store_want want = {.model = model, .file = file, .sha256 = report->sha256};
	struct stamp stamp;
	bool ok;

	assert(!report->whole);
	*p = (struct store_part){.fd = -1};
	*have = false;
	if (!store_read_stamp(s, report->sha256, &stamp))
		return err_set(e, ERR_NOT_FOUND, "%s: nothing is known of its bytes any more", file);
	want.size = stamp.size;
	want.range_size = stamp.range_size;
	ok = store_part_open(s, &want, p, have, e);
	if (ok && !*have) {
		ok = fill_part(s, model, file, &stamp, report, p, e);
		if (!ok)
			store_part_close(p);
	}
	stamp_done(&stamp);
	return ok;
}
