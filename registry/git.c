/* The clone, and the files of its commits; see git.h.  Fetching: git_fetch.c; history: git_history.c. */
#define _GNU_SOURCE
#include "registry/git_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"

struct repo_tree {
	struct repo *repo;		/* not owned */
	git_tree *tree;
};

/* ---- guard and errors ---- */

void
git_guard_start(struct git_guard *g, const struct repo_limits *limits)
{
	*g = (struct git_guard){.start_ns = clock_ns()};
	if (limits)
		g->limits = *limits;
	if (!g->limits.bytes_max)
		g->limits.bytes_max = REPO_BYTES_MAX;
	if (!g->limits.objects_max)
		g->limits.objects_max = REPO_OBJECTS_MAX;
	if (!g->limits.timeout_s)
		g->limits.timeout_s = REPO_TIMEOUT_S;
	if (!g->limits.total_s)
		g->limits.total_s = REPO_TOTAL_S;
}

static uint64_t
spent_ms(const struct git_guard *g)
{
	return (clock_ns() - g->start_ns) / 1000000;
}

bool
git_guard_check(struct git_guard *g)
{
	if (g->why.kind != ERR_NONE)
		return false;
	if (g->limits.cancel && atomic_load(g->limits.cancel))
		return err_set(&g->why, ERR_CANCELLED, "cancelled");
	if (spent_ms(g) > (uint64_t)g->limits.total_s * 1000)
		return err_set(&g->why, ERR_NETWORK, "not done within the %u seconds allowed", g->limits.total_s);
	return true;
}

bool
git_guard_add(struct git_guard *g, size_t n)
{
	if (!git_guard_check(g))
		return false;
	g->bytes += n;
	if (g->bytes > g->limits.bytes_max)
		return err_set(&g->why, ERR_VERIFY, "the host sends more than the %llu bytes allowed",
		    (unsigned long long)g->limits.bytes_max);
	return true;
}

unsigned
git_guard_left_ms(const struct git_guard *g)
{
	uint64_t silence = (uint64_t)g->limits.timeout_s * 1000, total = (uint64_t)g->limits.total_s * 1000, spent = spent_ms(g);
	uint64_t left = total > spent ? total - spent : 1;

	left = left < silence ? left : silence;
	return left < 1u << 30 ? (unsigned)left + 1 : 1u << 30;
}

void
git_clean_text(char *out, size_t size, const char *text, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n && text[i] && len + 1 < size; i++)
		out[len++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : text[i] == '\n' ? ' ' : '?';
	while (len > 0 && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
}

bool
git_failed(struct err *e, enum err_kind kind, const char *what)
{
	const git_error *last = libgit2.error_last();
	const char *text = last && last->message ? last->message : "for no reason given";
	char clean[240];

	git_clean_text(clean, sizeof clean, text, strlen(text));
	return err_set(e, kind, "%s: %s", what, clean);
}

/* ---- the clone ---- */

/* Process-wide; setting them again changes nothing. */
static void
set_options(void)
{
	libgit2.libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
	libgit2.libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)REPO_OBJECTS_MAX);
	libgit2.libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	/* A folder of thousands of models is asked for once a file: not kept (the default ends at 4 kB), it would be unpacked
	 * and hashed as often. */
	libgit2.libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)4 << 20);
}

static bool
init_clone(const char *dir, struct err *e)
{
	git_repository_init_options opts = GIT_REPOSITORY_INIT_OPTIONS_INIT;
	git_repository *git = NULL;

	/* Without a template: no hooks from the machine's own. */
	opts.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKPATH;
	opts.initial_head = "main";
	if (libgit2.repository_init_ext(&git, dir, &opts) < 0)
		return git_failed(e, ERR_FAILED, dir);
	libgit2.repository_free(git);
	return true;
}

/* Whole or not at all: libgit2 makes nothing of one that was begun, but finds its locks. */
static bool
make_clone(const char *dir, struct err *e)
{
	struct buf new = {0};
	bool ok;

	if (fs_exists(dir))		/* a quarantine, which is thrown away when it was begun */
		return init_clone(dir, e);
	buf_printf(&new, "%s.new", dir);
	ok = fs_remove_tree(new.data, e) && init_clone(new.data, e) &&
	    (rename(new.data, dir) == 0 || err_set_errno(e, errno, dir));
	buf_done(&new);
	return ok;
}

struct repo *
repo_open(const char *dir, struct err *e)
{
	struct repo *r;
	struct buf head = {0};

	if (!late_git(e))
		return NULL;
	r = mem_new0(1, sizeof *r);
	libgit2.libgit2_init();
	set_options();
	fs_join(&head, dir, "HEAD");
	if (!fs_exists(head.data) && !make_clone(dir, e))
		goto fail;
	if (libgit2.repository_open_ext(&r->git, dir, GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE, NULL) < 0) {
		git_failed(e, ERR_FAILED, dir);
		goto fail;
	}
	r->dir = realpath(dir, NULL);
	if (!r->dir) {
		err_set(e, ERR_FAILED, "%s: has no place of its own", dir);
		goto fail;
	}
	buf_done(&head);
	return r;
fail:
	buf_done(&head);
	repo_close(r);
	return NULL;
}

void
repo_close(struct repo *r)
{
	if (!r)
		return;
	libgit2.repository_free(r->git);
	libgit2.libgit2_shutdown();
	free(r->dir);
	free(r);
}

bool
repo_set_head(struct repo *r, const unsigned char commit[REPO_ID_BYTES], struct err *e)
{
	git_reference *ref = NULL;
	struct buf lock = {0};
	git_oid id;

	/* Who comes here has the registry for itself (sync_lock): a lock of git is one that a killed program left. */
	fs_join(&lock, r->dir, "refs/heads/main.lock");
	unlink(lock.data);
	buf_done(&lock);
	memcpy(id.id, commit, REPO_ID_BYTES);
	if (libgit2.reference_create(&ref, r->git, "refs/heads/main", &id, 1, "sync") < 0)
		return git_failed(e, ERR_FAILED, "the branch cannot be set");
	libgit2.reference_free(ref);
	return true;
}

bool
repo_has(const struct repo *r, const unsigned char commit[REPO_ID_BYTES])
{
	git_commit *c = NULL;
	git_oid id;
	bool there;

	memcpy(id.id, commit, REPO_ID_BYTES);
	there = libgit2.commit_lookup(&c, r->git, &id) == 0;
	libgit2.commit_free(c);
	return there;
}

/* ---- the files of a commit ---- */

struct repo_tree *
repo_tree_open(struct repo *r, const unsigned char commit[REPO_ID_BYTES], struct err *e)
{
	struct repo_tree *t = mem_new0(1, sizeof *t);
	git_commit *c = NULL;
	git_oid id;

	t->repo = r;
	memcpy(id.id, commit, REPO_ID_BYTES);
	if (libgit2.commit_lookup(&c, r->git, &id) < 0 || libgit2.commit_tree(&t->tree, c) < 0) {
		git_failed(e, ERR_VERIFY, "a commit cannot be read");
		repo_tree_close(t);
		t = NULL;
	}
	libgit2.commit_free(c);
	return t;
}

void
repo_tree_close(struct repo_tree *t)
{
	if (!t)
		return;
	libgit2.tree_free(t->tree);
	free(t);
}

/* The size is asked for before anything is unpacked. */
static bool
read_blob(struct repo *r, const git_oid *id, const char *path, uint64_t limit, struct buf *out, struct err *e)
{
	git_odb *odb = NULL;
	git_odb_object *object = NULL;
	git_object_t type = GIT_OBJECT_INVALID;
	size_t size = 0;
	bool ok = false;

	if (libgit2.repository_odb(&odb, r->git) < 0 || libgit2.odb_read_header(&size, &type, odb, id) < 0)
		git_failed(e, ERR_VERIFY, path);
	else if (type != GIT_OBJECT_BLOB)
		err_set(e, ERR_VERIFY, "%s: is no file", path);
	else if (size > limit)
		err_set(e, ERR_VERIFY, "%s: has %zu bytes, at most %llu were expected", path, size, (unsigned long long)limit);
	else if (libgit2.odb_read(&object, odb, id) < 0)
		git_failed(e, ERR_VERIFY, path);
	else
		ok = true;
	if (ok) {
		buf_clear(out);
		buf_add(out, libgit2.odb_object_data(object), libgit2.odb_object_size(object));
	}
	libgit2.odb_object_free(object);
	libgit2.odb_free(odb);
	return ok;
}

bool
repo_tree_read(struct repo_tree *t, const char *path, uint64_t limit, struct buf *out, struct err *e)
{
	git_tree_entry *entry = NULL;
	git_filemode_t mode;
	bool ok = false;
	int rc = libgit2.tree_entry_bypath(&entry, t->tree, path);

	if (rc == GIT_ENOTFOUND)
		return err_set(e, ERR_NOT_FOUND, "%s: is not there", path);
	if (rc < 0)
		return git_failed(e, ERR_VERIFY, path);
	mode = libgit2.tree_entry_filemode(entry);
	if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE)
		err_set(e, ERR_VERIFY, "%s: is no file but a folder, link or submodule", path);
	else
		ok = read_blob(t->repo, libgit2.tree_entry_id(entry), path, limit, out, e);
	libgit2.tree_entry_free(entry);
	return ok;
}

bool
repo_tree_changes(struct repo_tree *old, struct repo_tree *new, bool (*each)(void *ctx, const char *path), void *ctx,
    struct err *e)
{
	git_diff_options opts = GIT_DIFF_OPTIONS_INIT;
	git_diff *diff = NULL;
	size_t n;

	opts.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
	if (libgit2.diff_tree_to_tree(&diff, new->repo->git, old ? old->tree : NULL, new->tree, &opts) < 0)
		return git_failed(e, ERR_VERIFY, "two commits cannot be compared");
	n = libgit2.diff_num_deltas(diff);
	for (size_t i = 0; i < n; i++)
		if (!each(ctx, libgit2.diff_get_delta(diff, i)->new_file.path))
			break;
	libgit2.diff_free(diff);
	return true;
}
