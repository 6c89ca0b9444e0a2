/* Files on their way into the store; see store.h.  A part is locked by its own descriptor, so that it is free again the
 * moment its process is gone, however that ends. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/store.h"
#include "registry/store_inside.h"

enum { WAIT_MS = 50 };

static void
name_of(char name[STORE_NAME_MAX], const struct store_part *p, const char *end)
{
	snprintf(name, STORE_NAME_MAX, "%s%s", p->key, end);
}

/* The digest, or "first-" and that of the source. */
static char *
make_key(const struct store_want *want, struct err *e)
{
	unsigned char sha256[DIGEST_SHA256_SIZE];
	char hex[DIGEST_HEX_MAX];
	struct buf key = {0};

	if (want->sha256)
		memcpy(sha256, want->sha256, sizeof sha256);
	else if (!digest_bytes(DIGEST_SHA256, want->source, strlen(want->source), sha256, e))
		return NULL;
	digest_hex(hex, sha256, sizeof sha256);
	if (!want->sha256)
		buf_add_str(&key, "first-");
	buf_add_str(&key, hex);
	return buf_take(&key);
}

/* 1: locked; 0: another has it; -1: failed.  The name may have moved on between open and lock. */
static int
try_lock(struct store_part *p, struct err *e)
{
	char name[STORE_NAME_MAX];
	struct stat mine, named;

	name_of(name, p, ".part");
	for (;;) {
		p->fd = openat(p->store->parts, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		if (p->fd < 0 || fstat(p->fd, &mine) < 0) {
			err_set_errno(e, errno, name);
			return -1;
		}
		if (flock(p->fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno != EWOULDBLOCK) {
				err_set_errno(e, errno, name);
				return -1;
			}
			close(p->fd);
			p->fd = -1;
			return 0;
		}
		if (fstatat(p->store->parts, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == mine.st_ino &&
		    named.st_dev == mine.st_dev) {
			/* Not before it is ours: one that somebody commits has other names already. */
			if (S_ISREG(named.st_mode) && named.st_nlink == 1)
				return 1;
			err_set(e, ERR_FAILED, "%s: is not a file of its own", name);
			return -1;
		}
		close(p->fd);
		p->fd = -1;
	}
}

static bool
lock_part(struct store_part *p, const struct store_want *want, bool *waited, struct err *e)
{
	const struct timespec pause = {.tv_nsec = WAIT_MS * 1000000L};
	int got;

	for (*waited = false; (got = try_lock(p, e)) == 0; *waited = true) {
		if (want->cancel && atomic_load(want->cancel))
			return err_set(e, ERR_CANCELLED, "cancelled while another process fetched the same file");
		if (!*waited && want->waiting)
			want->waiting(want->arg);
		nanosleep(&pause, NULL);
	}
	return got > 0;
}

/* The bytes may be here already: by their digest, or because the process we waited for has just brought them. */
static bool
look_whether_had(struct store *s, const struct store_want *want, bool waited, bool *have, struct err *e)
{
	struct store_seen seen;
	struct stamp stamp;

	*have = false;
	if (want->sha256 && store_blob_is_verified(s, want->sha256, &stamp)) {
		stamp_done(&stamp);
		*have = true;
		return store_link(s, want->sha256, want->model, want->file, e);
	}
	if (!want->sha256 && waited) {
		int lock = store_lock(s, false, e);		/* a commit that has begun ends first */
		bool ok = lock >= 0 && store_look(s, want->model, want->file, &seen, e);

		if (lock >= 0)
			close(lock);
		*have = ok && seen.trust == STORE_VERIFIED;
		return ok;
	}
	return true;
}

/* What an earlier try left, if it is about the same file. */
static bool
read_state(struct store_part *p, const struct store_want *want)
{
	char name[STORE_NAME_MAX];
	struct buf text = {0};
	struct part_state part = {0};
	bool missing, ok;

	name_of(name, p, ".state");
	ok = store_read_small(p->store->parts, name, PART_BYTES_MAX, &text, &missing, NULL) &&
	    part_parse(&part, buf_str(&text), text.len, NULL) &&
	    part.range_size == want->range_size && (want->size == 0 || part.size == want->size) &&
	    part.has_sha256 == (want->sha256 != NULL) &&
	    (!want->sha256 || memcmp(part.sha256, want->sha256, DIGEST_SHA256_SIZE) == 0);
	buf_done(&text);
	if (ok)
		p->part = part;
	else
		part_done(&part);
	return ok;
}

static bool
load(struct store_part *p, const struct store_want *want, struct err *e)
{
	struct stat st;

	if (fstat(p->fd, &st) < 0)
		return err_set_errno(e, errno, "the part");
	if (st.st_size > 0 && read_state(p, want))
		return true;
	if (!store_part_resize(p, want->size, want->range_size, e))
		return false;
	if (want->sha256) {
		p->part.has_sha256 = true;
		memcpy(p->part.sha256, want->sha256, DIGEST_SHA256_SIZE);
	}
	return true;
}

bool
store_part_open(struct store *s, const struct store_want *want, struct store_part *p, bool *have, struct err *e)
{
	bool waited;

	*p = (struct store_part){.fd = -1, .store = s};
	if (!store_check_names(want->model, want->file, e) || !look_whether_had(s, want, false, have, e))
		return false;
	if (*have)
		return true;
	p->key = make_key(want, e);
	if (!p->key || !lock_part(p, want, &waited, e) || !look_whether_had(s, want, waited, have, e))
		goto fail;
	if (*have) {
		store_part_drop(p);
		return true;
	}
	store_step(s, "part locked");
	if (load(p, want, e))
		return true;
fail:
	store_part_close(p);
	return false;
}

bool
store_part_resize(struct store_part *p, uint64_t size, uint64_t range_size, struct err *e)
{
	struct part_state part;

	if (!part_init(&part, size, range_size, e))
		return false;
	part.has_sha256 = p->part.has_sha256;
	memcpy(part.sha256, p->part.sha256, sizeof part.sha256);
	part_done(&p->part);
	p->part = part;
	return ftruncate(p->fd, 0) == 0 || err_set_errno(e, errno, "the part");
}

bool
store_part_save(struct store_part *p, struct err *e)
{
	char name[STORE_NAME_MAX];
	struct buf text = {0};
	bool ok;

	name_of(name, p, ".state");
	part_write(&p->part, &text);
	ok = store_write_small(p->store, p->store->parts, name, &text, e);
	buf_done(&text);
	return ok;
}

void
store_part_close(struct store_part *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->key);
	part_done(&p->part);
	*p = (struct store_part){.fd = -1};
}

/* The state first: a part without one is begun anew.  Once a part has become a blob, another process may already have a
 * part of that name. */
static void
remove_files(struct store_part *p)
{
	char name[STORE_NAME_MAX], state[STORE_NAME_MAX];
	struct stat mine, named;
	bool is_there;

	name_of(name, p, ".part");
	name_of(state, p, ".state");
	is_there = fstatat(p->store->parts, name, &named, AT_SYMLINK_NOFOLLOW) == 0;
	if (is_there && (fstat(p->fd, &mine) < 0 || mine.st_ino != named.st_ino || mine.st_dev != named.st_dev))
		return;
	unlinkat(p->store->parts, state, 0);
	if (is_there)
		unlinkat(p->store->parts, name, 0);
}

void
store_part_drop(struct store_part *p)
{
	if (p->key && p->fd >= 0)
		remove_files(p);
	store_part_close(p);
}

/* ---- commit ---- */

/* Names of the bytes that were replaced. */
struct relink {
	struct store *store;
	const unsigned char *sha256;
	const struct stat *old;
	const char *model;
	int dir;
};

static bool
relink_file(void *arg, const char *name, struct err *e)
{
	struct relink *r = arg;
	struct stat st;

	if (fstatat(r->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_ino != r->old->st_ino ||
	    st.st_dev != r->old->st_dev || !check_file_name(name, NULL))
		return true;
	return store_link_locked(r->store, r->sha256, r->model, name, e);
}

static bool
relink_model(void *arg, const char *name, struct err *e)
{
	struct relink *r = arg;
	bool ok;

	if (!check_id(name, NULL))
		return true;
	r->model = name;
	r->dir = store_open_folder(r->store->models, name, false, NULL);
	if (r->dir < 0)
		return true;
	ok = store_each(r->dir, relink_file, r, e);
	close(r->dir);
	return ok;
}

static bool
stamp_part(struct store_part *p, const unsigned char *sha256, bool pinned, const struct stat *old, struct err *e)
{
	struct stamp stamp = {.size = p->part.size, .date = (uint64_t)time(NULL), .pinned = pinned,
	    .range_size = p->part.range_size, .n_ranges = p->part.n_ranges}, before;
	struct stat st;
	bool ok;

	if (fstat(p->fd, &st) < 0)
		return err_set_errno(e, errno, "the part");
	memcpy(stamp.sha256, sha256, sizeof stamp.sha256);
	stamp_add_file(&stamp, &st);
	/* Copies in models/ stay what they were.  What is replaced is damaged until its last name is gone: whoever is killed
	 * before that leaves something to repair, not a file that nobody knows. */
	if (store_read_stamp(p->store, sha256, &before)) {
		if (old)
			stamp_damage_file(&before, old);
		for (size_t i = 0; i < before.n_files && stamp.n_files < STAMP_FILES_MAX; i++)
			if (before.files[i].inode != (uint64_t)st.st_ino || before.files[i].device != (uint64_t)st.st_dev)
				stamp.files[stamp.n_files++] = before.files[i];
		stamp_done(&before);
	}
	stamp.ranges = mem_try(stamp.n_ranges + 1, sizeof *stamp.ranges, "the digests of the ranges", e);
	if (!stamp.ranges)
		return false;
	for (size_t i = 0; i < stamp.n_ranges; i++)
		memcpy(stamp.ranges[i], p->part.ranges[i].xxh3, DIGEST_XXH3_SIZE);
	ok = store_save_stamp(p->store, &stamp, e);
	stamp_done(&stamp);
	return ok;
}

/* All names of OLD are exchanged: another file may get its inode.  Where that cannot be written down, the next one that looks
 * finds the stamp that holds. */
static void
forget_old(struct store *s, const unsigned char *sha256, const struct stat *old)
{
	struct stamp stamp;
	struct err ignored = {0};

	if (!store_read_stamp(s, sha256, &stamp))
		return;
	stamp_remove_file(&stamp, old);
	if (store_save_stamp(s, &stamp, &ignored))
		store_step(s, "old file forgotten");
	stamp_done(&stamp);
}

/* On disk first, then the stamp, then the name: whoever sees the name sees verified bytes. */
static bool
name_blob(struct store_part *p, const unsigned char *sha256, bool pinned, struct err *e)
{
	char hex[DIGEST_HEX_MAX], name[STORE_NAME_MAX];
	struct store *s = p->store;
	struct stat st, old;
	bool replaces;

	digest_hex(hex, sha256, DIGEST_SHA256_SIZE);
	name_of(name, p, ".part");
	if (fstat(p->fd, &st) < 0 || fchmod(p->fd, 0400) < 0 || fsync(p->fd) < 0)
		return err_set_errno(e, errno, name);
	if ((uint64_t)st.st_size != p->part.size)
		return err_set(e, ERR_FAILED, "%s: has %lld bytes, %llu were fetched", name, (long long)st.st_size,
		    (unsigned long long)p->part.size);
	store_step(s, "part synced");
	replaces = fstatat(s->blobs, hex, &old, AT_SYMLINK_NOFOLLOW) == 0;
	if (!stamp_part(p, sha256, pinned, replaces ? &old : NULL, e))
		return false;
	store_step(s, "stamp written");
	if (renameat(s->parts, name, s->blobs, hex) < 0)
		return err_set_errno(e, errno, hex);
	store_step(s, "blob named");
	store_sync_folder(s->blobs);
	if (!replaces)
		return true;
	if (!store_each(s->models, relink_model, &(struct relink){.store = s, .sha256 = sha256, .old = &old}, e))
		return false;
	forget_old(s, sha256, &old);
	return true;
}

static bool
commit_locked(struct store_part *p, const unsigned char *sha256, bool pinned, const char *model, const char *file,
    struct err *e)
{
	struct stamp stamp;

	/* Another process may have brought the same bytes under another key. */
	if (store_blob_is_verified(p->store, sha256, &stamp))
		stamp_done(&stamp);
	else if (!name_blob(p, sha256, pinned, e))
		return false;
	if (!store_link_locked(p->store, sha256, model, file, e))
		return false;
	store_step(p->store, "model linked");
	remove_files(p);
	store_step(p->store, "state removed");
	return true;
}

bool
store_part_commit(struct store_part *p, const unsigned char *sha256, bool pinned, const char *model, const char *file,
    struct err *e)
{
	int lock;
	bool ok;

	for (size_t i = 0; i < p->part.n_ranges; i++)
		assert(part_range_is_whole(&p->part, i));
	lock = store_lock(p->store, true, e);
	if (lock < 0)
		return false;
	ok = commit_locked(p, sha256, pinned, model, file, e);
	close(lock);
	if (ok)
		store_part_close(p);
	return ok;
}

bool
store_part_look(struct store *s, const struct store_want *want, bool *have, uint64_t *n, struct err *e)
{
	struct store_part p = {.fd = -1, .store = s};
	struct stamp stamp;
	bool ok;

	*n = 0;
	*have = want->sha256 && store_blob_is_verified(s, want->sha256, &stamp);
	if (*have) {
		stamp_done(&stamp);
		return true;
	}
	p.key = make_key(want, e);
	if (p.key && read_state(&p, want))
		*n = part_n_bytes(&p.part);
	ok = p.key != NULL;
	part_done(&p.part);
	free(p.key);
	return ok;
}

static bool
write_part(struct store_part *p, const void *data, size_t n, struct err *e)
{
	ssize_t done = pwrite(p->fd, data, n, 0);

	if (done < 0)
		return err_set_errno(e, errno, "the part");
	if ((size_t)done != n)
		return err_set(e, ERR_NO_SPACE, "the part: the disk is full");
	if (n == 0)
		return true;
	p->part.ranges[0].n = n;
	return digest_bytes(DIGEST_XXH3, data, n, p->part.ranges[0].xxh3, e);
}

bool
store_put(struct store *s, const char *model, const char *file, const void *data, size_t n, struct err *e)
{
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct store_want want = {.model = model, .file = file, .size = n, .range_size = n ? n : 1, .sha256 = sha256};
	struct store_part p;
	bool have;

	if (!digest_bytes(DIGEST_SHA256, data, n, sha256, e) || !store_part_open(s, &want, &p, &have, e))
		return false;
	if (have)
		return true;
	if (write_part(&p, data, n, e) && store_part_commit(&p, sha256, true, model, file, e))
		return true;
	store_part_drop(&p);
	return false;
}
