/* The list of what is in the store: every stamp is read once, whatever the number of files; see store.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/store.h"
#include "registry/store_inside.h"

/* A file that a stamp tells of. */
struct stamped {
	uint64_t device, inode;
	size_t stamp;
};

struct listing {
	struct store *store;
	struct store_list *list;
	struct stamp *stamps;
	size_t n_stamps;
	struct stamped *stamped;		/* by device and inode */
	size_t n_stamped;
	const char *model;
	int dir;
};

static int
by_inode(const void *pa, const void *pb)
{
	const struct stamped *a = pa, *b = pb;

	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return (a->inode > b->inode) - (a->inode < b->inode);
}

static bool
load_stamp(void *arg, const char *name, struct err *e)
{
	struct listing *l = arg;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct stamp stamp;

	(void)e;
	if (!digest_from_hex(sha256, sizeof sha256, name, strlen(name)) || !store_read_stamp(l->store, sha256, &stamp))
		return true;
	l->stamped = mem_grow(l->stamped, l->n_stamped + stamp.n_files + 1, sizeof *l->stamped);
	for (size_t i = 0; i < stamp.n_files; i++)
		l->stamped[l->n_stamped++] = (struct stamped){stamp.files[i].device, stamp.files[i].inode, l->n_stamps};
	l->stamps = mem_grow(l->stamps, l->n_stamps + 1, sizeof *l->stamps);
	l->stamps[l->n_stamps++] = stamp;
	return true;
}

static const struct stamp *
stamp_of(const struct listing *l, const struct stat *st)
{
	struct stamped key = {.device = (uint64_t)st->st_dev, .inode = (uint64_t)st->st_ino};
	const struct stamped *found = NULL;

	if (l->n_stamped && S_ISREG(st->st_mode))
		found = bsearch(&key, l->stamped, l->n_stamped, sizeof key, by_inode);
	return found ? &l->stamps[found->stamp] : NULL;
}

static uint64_t
used_at(const struct store *s, const unsigned char *sha256)
{
	char hex[DIGEST_HEX_MAX];
	struct stat st;

	digest_hex(hex, sha256, DIGEST_SHA256_SIZE);
	return fstatat(s->used, hex, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtim.tv_sec > 0 ? (uint64_t)st.st_mtim.tv_sec : 0;
}

static bool
list_file(void *arg, const char *name, struct err *e)
{
	struct listing *l = arg;
	struct store_file f = {0};
	const struct stamp *stamp;
	struct stat st;

	(void)e;
	if (!check_file_name(name, NULL) || fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	stamp = stamp_of(l, &st);
	store_see(&st, stamp, &f.seen);
	f.used = stamp ? used_at(l->store, stamp->sha256) : 0;
	f.model = mem_dup(l->model);
	f.file = mem_dup(name);
	f.n_links = (uint64_t)st.st_nlink;
	l->list->files = mem_grow(l->list->files, l->list->n + 1, sizeof f);
	l->list->files[l->list->n++] = f;
	return true;
}

static bool
list_model(void *arg, const char *name, struct err *e)
{
	struct listing *l = arg;
	bool ok;

	if (!check_id(name, NULL))
		return true;
	l->model = name;
	l->dir = store_open_folder(l->store->models, name, false, NULL);
	if (l->dir < 0)
		return true;
	ok = store_each(l->dir, list_file, l, e);
	close(l->dir);
	return ok;
}

bool
store_list(struct store *s, struct store_list *list, struct err *e)
{
	struct listing l = {.store = s, .list = list};
	bool ok;

	*list = (struct store_list){0};
	ok = store_each(s->stamps, load_stamp, &l, e);
	if (ok && l.n_stamped)
		qsort(l.stamped, l.n_stamped, sizeof *l.stamped, by_inode);
	ok = ok && store_each(s->models, list_model, &l, e);
	for (size_t i = 0; i < l.n_stamps; i++)
		stamp_done(&l.stamps[i]);
	free(l.stamps);
	free(l.stamped);
	if (!ok)
		store_list_done(list);
	return ok;
}

void
store_list_done(struct store_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->files[i].model);
		free(list->files[i].file);
	}
	free(list->files);
	*list = (struct store_list){0};
}
