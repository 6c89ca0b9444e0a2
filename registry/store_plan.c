/* Removing from the store: first a plan that says what, how much and who else has it, then the deed; see store.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/store.h"
#include "registry/store_inside.h"

/* All names in models/, with the files behind them. */
struct name {
	char *model, *file;
	struct stat st;
	bool goes;			/* the plan removes it */
};

struct names {
	struct store *store;
	struct name *at;
	size_t n;
	const char *model;
	int dir;
	struct store_plan *plan;
};

static void
add_item(struct store_plan *plan, enum store_item_kind kind, const struct stat *st, char *path)
{
	plan->items = mem_grow(plan->items, plan->n + 1, sizeof *plan->items);
	plan->items[plan->n++] = (struct store_item){.kind = kind, .path = path, .device = (uint64_t)st->st_dev,
	    .inode = (uint64_t)st->st_ino};
}

static char *
join(const char *folder, const char *more, const char *name)
{
	struct buf b = {0};

	buf_printf(&b, "%s/%s%s%s", folder, more, *more ? "/" : "", name);
	return buf_take(&b);
}

/* NAME.new: nobody writes it, as whoever does holds the lock that we hold. */
static bool
see_file(void *arg, const char *name, struct err *e)
{
	struct names *all = arg;
	struct name one = {0};

	(void)e;
	if (fstatat(all->dir, name, &one.st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	if (store_ends_with(name, ".new") && all->plan) {
		add_item(all->plan, STORE_ITEM_LEFT, &one.st, join("models", all->model, name));
		all->plan->items[all->plan->n - 1].bytes = one.st.st_nlink > 1 ? 0 : (uint64_t)one.st.st_blocks * 512;
		return true;
	}
	one.model = mem_dup(all->model);
	one.file = mem_dup(name);
	all->at = mem_grow(all->at, all->n + 1, sizeof one);
	all->at[all->n++] = one;
	return true;
}

static bool
see_model(void *arg, const char *name, struct err *e)
{
	struct names *all = arg;
	bool ok;

	all->model = name;
	all->dir = store_open_folder(all->store->models, name, false, NULL);
	if (all->dir < 0)
		return true;
	ok = store_each(all->dir, see_file, all, e);
	close(all->dir);
	return ok;
}

static void
free_names(struct names *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->at[i].model);
		free(all->at[i].file);
	}
	free(all->at);
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* A link to the file, or a copy of it that its stamp tells of. */
static bool
is_name_of(const struct name *name, const struct stat *st, const struct stamp *stamp)
{
	return is_same(&name->st, st) || stamp_names(stamp, &name->st);
}

/* How many names in models/ the file has; those that stay are put into *STAY. */
static uint64_t
count_names(const struct names *all, const struct stat *st, const struct stamp *stamp, struct buf *stay)
{
	uint64_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (!is_name_of(&all->at[i], st, stamp))
			continue;
		n++;
		if (!all->at[i].goes) {
			if (stay->len)
				buf_add_str(stay, ", ");
			buf_add_str(stay, all->at[i].model);
		}
	}
	return n;
}

struct gc {
	struct store *store;
	struct names *names;
	struct store_plan *plan;
	bool only_freed;		/* only blobs that lose their last name by this plan */
	bool parts;			/* unfinished downloads too */
};

/* The stamp of a blob by its name; an empty one when there is none. */
static void
stamp_of(struct store *s, const char *hex, struct stamp *stamp)
{
	unsigned char sha256[DIGEST_SHA256_SIZE];

	*stamp = (struct stamp){0};
	if (digest_from_hex(sha256, sizeof sha256, hex, strlen(hex)) && !store_read_stamp(s, sha256, stamp))
		*stamp = (struct stamp){0};
}

/* A blob goes when no name of it stays. */
static bool
see_blob(void *arg, const char *hex, struct err *e)
{
	struct gc *gc = arg;
	struct buf stay = {0};
	struct stamp stamp;
	struct stat st;
	uint64_t n, n_links = 1;

	(void)e;
	if (fstatat(gc->store->blobs, hex, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return true;
	stamp_of(gc->store, hex, &stamp);
	n = count_names(gc->names, &st, &stamp, &stay);
	stamp_done(&stamp);
	for (size_t i = 0; i < gc->names->n; i++)
		n_links += is_same(&gc->names->at[i].st, &st);
	if (stay.len == 0 && (n > 0 || !gc->only_freed)) {
		struct store_item *item;

		add_item(gc->plan, STORE_ITEM_BLOB, &st, join("blobs", "sha256", hex));
		item = &gc->plan->items[gc->plan->n - 1];
		item->n_others = (uint64_t)st.st_nlink > n_links ? (uint64_t)st.st_nlink - n_links : 0;
		item->bytes = item->n_others ? 0 : (uint64_t)st.st_blocks * 512;
	}
	buf_done(&stay);
	return true;
}

/* Needed as long as its blob is there, or a copy of it. */
static bool
see_stamp(void *arg, const char *name, struct err *e)
{
	struct gc *gc = arg;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct stamp stamp;
	struct stat st;
	bool needed = false;

	(void)e;
	if (fstatat(gc->store->stamps, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	if (store_ends_with(name, ".new")) {
		add_item(gc->plan, STORE_ITEM_LEFT, &st, join("stamps", "", name));
		return true;
	}
	if (faccessat(gc->store->blobs, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    !digest_from_hex(sha256, sizeof sha256, name, strlen(name)))
		return true;
	if (store_read_stamp(gc->store, sha256, &stamp)) {
		for (size_t i = 0; i < gc->names->n; i++)
			needed = needed || stamp_names(&stamp, &gc->names->at[i].st);
		stamp_done(&stamp);
	}
	if (!needed)
		add_item(gc->plan, STORE_ITEM_STAMP, &st, join("stamps", "", name));
	return true;
}

/* When bytes were used, though they are gone. */
static bool
see_used(void *arg, const char *name, struct err *e)
{
	struct gc *gc = arg;
	struct stat st;

	(void)e;
	if (faccessat(gc->store->stamps, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    faccessat(gc->store->blobs, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    fstatat(gc->store->used, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		add_item(gc->plan, STORE_ITEM_LEFT, &st, join("used", "", name));
	return true;
}

/* Whoever fetches holds the part's lock. */
static bool
is_fetched_now(struct store *s, const char *part)
{
	int fd = openat(s->parts, part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool busy;

	if (fd < 0)
		return false;
	busy = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return busy;
}

/* The .part a name in parts/ belongs to. */
static void
part_of(char part[STORE_NAME_MAX], const char *name)
{
	const char *dot = strchr(name, '.');

	snprintf(part, STORE_NAME_MAX, "%.*s.part", dot ? (int)(dot - name) : (int)strlen(name), name);
}

/* Where the download came from, as its state tells; or NULL. */
static char *
source_of(struct store *s, const char *part)
{
	char name[STORE_NAME_MAX + 8];
	struct part_state state = {0};
	struct buf text = {0};
	char *source = NULL;
	bool missing;

	snprintf(name, sizeof name, "%.*s.state", (int)(strlen(part) - strlen(".part")), part);
	if (store_read_small(s->parts, name, PART_BYTES_MAX, &text, &missing, NULL) &&
	    part_parse(&state, buf_str(&text), text.len, NULL) && state.source)
		source = mem_dup(state.source);
	part_done(&state);
	buf_done(&text);
	return source;
}

static bool
see_part(void *arg, const char *name, struct err *e)
{
	struct gc *gc = arg;
	char part[STORE_NAME_MAX];
	struct store_item *item;
	struct stat st;

	(void)e;
	part_of(part, name);
	if (fstatat(gc->store->parts, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || is_fetched_now(gc->store, part))
		return true;
	if (faccessat(gc->store->parts, part, F_OK, AT_SYMLINK_NOFOLLOW) < 0 || store_ends_with(name, ".new"))
		add_item(gc->plan, STORE_ITEM_LEFT, &st, join("parts", "", name));
	else if (gc->parts)
		add_item(gc->plan, STORE_ITEM_PART, &st, join("parts", "", name));
	else
		return true;
	item = &gc->plan->items[gc->plan->n - 1];
	item->bytes = (uint64_t)st.st_blocks * 512;
	if (item->kind == STORE_ITEM_PART)
		item->source = source_of(gc->store, part);
	return true;
}

static void
sum_up(struct store_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		plan->bytes += plan->items[i].bytes;
}

/* Mark what goes; false: nothing is of that name. */
static bool
mark_names(struct names *all, const struct store_name *goes)
{
	bool found = false;

	for (size_t i = 0; i < all->n; i++) {
		struct name *one = &all->at[i];

		if (strcmp(one->model, goes->model) != 0 || (goes->file && strcmp(one->file, goes->file) != 0))
			continue;
		one->goes = true;
		found = true;
	}
	return found;
}

/* What is removed of a model: its names, then blobs that have none any more. */
static void
plan_names(struct names *all, struct store_plan *plan)
{
	for (size_t i = 0; i < all->n; i++) {
		struct buf stay = {0};
		struct store_item *item;

		if (!all->at[i].goes)
			continue;
		add_item(plan, STORE_ITEM_LINK, &all->at[i].st, join("models", all->at[i].model, all->at[i].file));
		count_names(all, &all->at[i].st, &(struct stamp){0}, &stay);
		item = &plan->items[plan->n - 1];
		item->others = stay.len ? buf_take(&stay) : NULL;
		/* A copy, or a file that is none of ours. */
		item->bytes = all->at[i].st.st_nlink == 1 ? (uint64_t)all->at[i].st.st_blocks * 512 : 0;
		buf_done(&stay);
	}
}

static bool
mark_all(struct names *all, const struct store_name *goes, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!mark_names(all, &goes[i]))
			return err_set(e, ERR_NOT_FOUND, goes[i].file ? "the model %s has no file of that name in the store" :
			    "the model %s is not in the store", goes[i].model);
	return true;
}

bool
store_plan_remove_names(struct store *s, const struct store_name *goes, size_t n, struct store_plan *plan, struct err *e)
{
	struct names all = {.store = s};
	struct gc gc = {.store = s, .names = &all, .plan = plan, .only_freed = true};
	int lock;
	bool ok;

	*plan = (struct store_plan){0};
	for (size_t i = 0; i < n; i++)
		if (!store_check_names(goes[i].model, goes[i].file, e))
			return false;
	lock = store_lock(s, false, e);
	if (lock < 0)
		return false;
	ok = store_each(s->models, see_model, &all, e) && mark_all(&all, goes, n, e);
	if (ok) {
		plan_names(&all, plan);
		ok = store_each(s->blobs, see_blob, &gc, e);
	}
	close(lock);
	free_names(&all);
	sum_up(plan);
	if (!ok)
		store_plan_done(plan);
	return ok;
}

bool
store_plan_remove(struct store *s, const char *model, const char *file, struct store_plan *plan, struct err *e)
{
	return store_plan_remove_names(s, &(struct store_name){model, file}, 1, plan, e);
}

bool
store_plan_gc(struct store *s, bool parts, struct store_plan *plan, struct err *e)
{
	struct names all = {.store = s, .plan = plan};
	struct gc gc = {.store = s, .names = &all, .plan = plan, .parts = parts};
	int lock = store_lock(s, true, e);
	bool ok;

	*plan = (struct store_plan){0};
	if (lock < 0)
		return false;
	ok = store_each(s->models, see_model, &all, e) && store_each(s->blobs, see_blob, &gc, e) &&
	    store_each(s->stamps, see_stamp, &gc, e) && store_each(s->used, see_used, &gc, e) &&
	    store_each(s->parts, see_part, &gc, e);
	close(lock);
	free_names(&all);
	sum_up(plan);
	if (!ok)
		store_plan_done(plan);
	return ok;
}

/* ---- the deed ---- */

/* The folder of an item's path, and its last word in *name. */
static int
open_folder_of(struct store *s, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char first[STORE_NAME_MAX];
	const char *middle = strchr(path, '/');
	int top, dir;

	*name = slash + 1;
	snprintf(first, sizeof first, "%.*s", (int)(middle - path), path);
	top = store_open_folder(s->root_fd, first, false, NULL);
	if (top < 0 || middle == slash)
		return top;
	snprintf(first, sizeof first, "%.*s", (int)(slash - middle - 1), middle + 1);
	dir = store_open_folder(top, first, false, NULL);
	close(top);
	return dir;
}

static bool
has_model_name(struct store *s, const char *hex, const struct stat *st)
{
	struct names all = {.store = s};
	struct stamp stamp;
	bool found;

	stamp_of(s, hex, &stamp);
	found = !store_each(s->models, see_model, &all, NULL);		/* not to be told: then it stays */
	for (size_t i = 0; i < all.n; i++)
		found = found || is_name_of(&all.at[i], st, &stamp);
	stamp_done(&stamp);
	free_names(&all);
	return found;
}

/* Between plan and deed somebody may have named a blob again, gone on with a part, or put another file there. */
static bool
may_go(struct store *s, const struct store_item *item, int dir, const char *name)
{
	char part[STORE_NAME_MAX];
	struct stat st;
	bool ok = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (uint64_t)st.st_ino == item->inode &&
	    (uint64_t)st.st_dev == item->device;

	if (ok && item->kind == STORE_ITEM_BLOB) {
		ok = !has_model_name(s, name, &st);
	} else if (ok && strncmp(item->path, "parts/", 6) == 0) {
		part_of(part, name);
		ok = !is_fetched_now(s, part);
	} else if (ok && item->kind == STORE_ITEM_STAMP) {
		ok = faccessat(s->blobs, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	}
	return ok;
}

/* The stamp of a blob goes after it; a model's folder goes when it is empty. */
static void
clean_after(struct store *s, const struct store_item *item, const char *name)
{
	char model[STORE_NAME_MAX];
	const char *slash = strrchr(item->path, '/');

	if (item->kind == STORE_ITEM_BLOB) {
		store_step(s, "blob removed");
		unlinkat(s->stamps, name, 0);
		store_step(s, "stamp removed");
		unlinkat(s->used, name, 0);
	} else if (item->kind == STORE_ITEM_STAMP) {
		unlinkat(s->used, name, 0);
	} else if (strncmp(item->path, "models/", 7) == 0) {
		snprintf(model, sizeof model, "%.*s", (int)(slash - item->path - 7), item->path + 7);
		unlinkat(s->models, model, AT_REMOVEDIR);
	}
	store_step(s, "item removed");
}

static bool
remove_item(struct store *s, const struct store_item *item, size_t *n_removed, struct err *e)
{
	const char *name;
	int dir = open_folder_of(s, item->path, &name);
	bool ok = true;

	if (dir < 0)
		return true;
	if (may_go(s, item, dir, name)) {
		ok = unlinkat(dir, name, 0) == 0 || err_set_errno(e, errno, item->path);
		*n_removed += ok;
		if (ok)
			clean_after(s, item, name);
	}
	close(dir);
	return ok;
}

bool
store_run_plan(struct store *s, const struct store_plan *plan, size_t *n_removed, struct err *e)
{
	int lock = store_lock(s, true, e);
	bool ok = true;

	*n_removed = 0;
	if (lock < 0)
		return false;
	for (size_t i = 0; ok && i < plan->n; i++)
		ok = remove_item(s, &plan->items[i], n_removed, e);
	close(lock);
	return ok;
}

void
store_plan_done(struct store_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->items[i].path);
		free(plan->items[i].others);
		free(plan->items[i].source);
	}
	free(plan->items);
	*plan = (struct store_plan){0};
}
