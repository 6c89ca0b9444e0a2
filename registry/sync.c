/* Keeping a registry up to date; see sync.h. */
#define _GNU_SOURCE
#include "registry/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/digest.h"

#define CLOCK_SLACK_S (INT64_C(24) * 3600)

/* One sync under way. */
struct syncing {
	const struct sync_source *source;
	struct sync_result *out;
	int lock_fd;
	struct buf trust_path;
	struct trust now;
	struct repo *repo;
	const unsigned char *have;	/* commit in NOW, when the clone has it still; not owned */
};

struct synced {
	struct trust trust;
	struct repo *repo;
	struct repo_tree *tree;
	struct index *ix;
};

static bool
open_clone(struct repo **repo, const char *dir, struct err *e)
{
	struct buf path = {0};

	fs_join(&path, dir, "repo.git");
	*repo = repo_open(path.data, e);
	buf_done(&path);
	return *repo != NULL;
}

/* Is what FD has open still called PATH?  Its folder may have been exchanged before the lock was ours. */
static bool
is_still(int fd, const char *path)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

int
sync_lock(const char *dir, struct err *e)
{
	struct buf path = {0};
	bool ok = true;
	int fd;

	fs_join(&path, dir, "lock");
	fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		ok = err_set_errno(e, errno, path.data);
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0 || !is_still(fd, path.data))
		ok = err_set(e, ERR_FAILED, "another program syncs or changes it right now");
	buf_done(&path);
	if (ok)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
start(struct syncing *s, struct err *e)
{
	const struct root *root;

	if (!fs_make_dirs(s->source->dir, e) || (s->lock_fd = sync_lock(s->source->dir, e)) < 0)
		return false;
	fs_join(&s->trust_path, s->source->dir, "trust");
	if (!trust_load(&s->now, s->trust_path.data, e) || !open_clone(&s->repo, s->source->dir, e))
		return false;
	/* A clone that was removed is fetched whole again; what is remembered still holds. */
	if (s->now.version > 0 && repo_has(s->repo, s->now.commit))
		s->have = s->now.commit;
	root = trust_root(&s->now);
	s->out->is_first = root == NULL;
	s->out->version_before = s->out->version = s->now.version;
	s->out->root_before = s->out->root = root ? root->version : 0;
	memcpy(s->out->commit_before, s->now.commit, REPO_ID_BYTES);
	memcpy(s->out->commit, s->now.commit, REPO_ID_BYTES);
	return true;
}

static void
finish(struct syncing *s)
{
	repo_close(s->repo);
	trust_done(&s->now);
	buf_done(&s->trust_path);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
}

/* A file that must be there: its absence is the registry's fault, not the caller's. */
static bool
read_needed(struct repo_tree *t, const char *path, uint64_t limit, struct buf *out, struct err *e)
{
	if (repo_tree_read(t, path, limit, out, e))
		return true;
	if (e && e->kind == ERR_NOT_FOUND)
		e->kind = ERR_VERIFY;
	return false;
}

static bool
is_as_listed(const struct index_file *f, const struct buf *content, struct err *e)
{
	unsigned char sha256[32];

	if (content->len != f->size)
		return err_set(e, ERR_VERIFY, "%s: has %zu bytes, the index lists %llu", f->path, content->len,
		    (unsigned long long)f->size);
	if (!digest_bytes(DIGEST_SHA256, buf_str(content), content->len, sha256, e))
		return false;
	return memcmp(sha256, f->sha256, sizeof sha256) == 0 ||
	    err_set(e, ERR_VERIFY, "%s: is not what the index lists (its SHA-256 differs)", f->path);
}

/* ---- which files must be read ---- */

struct needs {
	const struct index *ix;
	bool *list;		/* one a file of IX */
};

static bool
on_change(void *ctx, const char *path)
{
	struct needs *n = ctx;
	const struct index_file *f = index_find(n->ix, path);

	if (f)
		n->list[f - n->ix->files] = true;
	return true;
}

/* Those listed otherwise than before; both lists ascend. */
static void
compare_lists(struct needs *n, const struct index *old)
{
	size_t j = 0;

	for (size_t i = 0; i < n->ix->n_files; i++) {
		const struct index_file *f = &n->ix->files[i];

		while (j < old->n_files && strcmp(old->files[j].path, f->path) < 0)
			j++;
		if (j == old->n_files || strcmp(old->files[j].path, f->path) != 0 || old->files[j].size != f->size ||
		    memcmp(old->files[j].sha256, f->sha256, sizeof f->sha256) != 0)
			n->list[i] = true;
	}
}

static struct index *
read_accepted_index(const struct trust *t, struct repo_tree *tree, struct err *e)
{
	struct buf text = {0};
	unsigned char sha256[32];
	struct index *ix = NULL;

	if (!read_needed(tree, "index", INDEX_BYTES_MAX, &text, e) ||
	    !digest_bytes(DIGEST_SHA256, buf_str(&text), text.len, sha256, e))
		goto done;
	if (memcmp(sha256, t->index_sha256, sizeof sha256) == 0)
		ix = index_parse(buf_str(&text), text.len, e);
	else
		err_set(e, ERR_VERIFY, "the index in the clone is not the one that was accepted: remove repo.git and sync again");
done:
	buf_done(&text);
	return ix;
}

/* Against what was accepted before, when there is that: a file that is the same object of git at the same place and is
 * listed as before was hashed then.  (And is again whenever it is read: synced_read.) */
static bool
find_needs(struct syncing *s, struct needs *n, struct repo_tree *new, struct err *e)
{
	struct repo_tree *old = NULL;
	struct index *old_ix = NULL;
	struct err none = {0};
	bool ok = true;

	n->list = mem_try(n->ix->n_files + 1, sizeof *n->list, "the list of changed files", e);
	if (!n->list)
		return false;
	if (s->have)
		old = repo_tree_open(s->repo, s->have, &none);
	if (old)
		old_ix = read_accepted_index(&s->now, old, &none);
	if (old_ix) {
		compare_lists(n, old_ix);
		ok = repo_tree_changes(old, new, on_change, n, e);
	} else {
		memset(n->list, true, n->ix->n_files * sizeof *n->list);
	}
	index_free(old_ix);
	repo_tree_close(old);
	return ok;
}

static bool
check_files(struct syncing *s, const struct index *ix, struct repo_tree *new, struct err *e)
{
	struct needs n = {ix, NULL};
	struct buf content = {0};
	bool ok = find_needs(s, &n, new, e);

	for (size_t i = 0; ok && i < ix->n_files; i++) {
		if (!n.list[i])
			continue;
		ok = read_needed(new, ix->files[i].path, INDEX_FILE_BYTES_MAX, &content, e) &&
		    is_as_listed(&ix->files[i], &content, e);
		s->out->n_checked++;
		if (ok && s->source->limits.cancel && atomic_load(s->source->limits.cancel))
			ok = err_set(e, ERR_CANCELLED, "cancelled");
	}
	s->out->n_files = ix->n_files;
	buf_done(&content);
	free(n.list);
	return ok;
}

/* ---- accept or refuse ---- */

static bool
check_trust(struct syncing *s, struct repo_tree *new, struct trust *next, struct index **ix, struct err *e)
{
	struct buf root = {0}, index_text = {0}, sig = {0};
	bool ok = read_needed(new, "root", ROOT_BYTES_MAX, &root, e) &&
	    read_needed(new, "index", INDEX_BYTES_MAX, &index_text, e) &&
	    read_needed(new, "index.sig", TRUST_SIG_BYTES_MAX, &sig, e);

	if (ok) {
		struct trust_files f = {
			{buf_str(&root), root.len}, {buf_str(&index_text), index_text.len}, {buf_str(&sig), sig.len},
		};

		*ix = trust_check(&s->now, &s->source->pin, &f, next, e);
		ok = *ix != NULL;
	}
	buf_done(&root);
	buf_done(&index_text);
	buf_done(&sig);
	return ok;
}

static void
warn(struct syncing *s, const struct trust *t)
{
	struct buf why = {0};

	s->out->is_stale = trust_is_stale(t, s->source->now, &why);
	if (s->out->is_stale)
		snprintf(s->out->warning, sizeof s->out->warning, "%s", why.data);
	else if (t->version > 0 && t->date > s->source->now + CLOCK_SLACK_S)
		snprintf(s->out->warning, sizeof s->out->warning,
		    "its index is dated in the future: is the clock of this machine right?");
	buf_done(&why);
}

/* IN ends here. */
static bool
accept_incoming(struct syncing *s, struct repo_incoming *in, struct err *e)
{
	struct repo_tree *new = repo_tree_open(repo_incoming_repo(in), repo_incoming_commit(in), e);
	struct trust next = {0};
	struct index *ix = NULL;
	bool ok = new && check_trust(s, new, &next, &ix, e) && check_files(s, ix, new, e);

	repo_tree_close(new);
	index_free(ix);
	if (ok) {
		memcpy(next.commit, repo_incoming_commit(in), REPO_ID_BYTES);
		ok = repo_incoming_keep(in, e) && repo_set_head(s->repo, next.commit, e) &&
		    trust_save(&next, s->trust_path.data, e);
	} else {
		repo_incoming_drop(in);
	}
	if (ok) {
		trust_done(&s->now);
		s->now = next;
		s->out->has_changed = true;
		s->out->version = s->now.version;
		s->out->root = trust_root(&s->now)->version;
		memcpy(s->out->commit, s->now.commit, REPO_ID_BYTES);
	} else {
		trust_done(&next);
	}
	return ok;
}

/* From the host, or from FILE when it is not NULL. */
static bool
sync_from(const struct sync_source *source, const char *file, struct sync_result *out, struct err *e)
{
	struct syncing s = {.source = source, .out = out, .lock_fd = -1};
	struct repo_incoming *in = NULL;
	bool ok;

	*out = (struct sync_result){0};
	ok = start(&s, e) && (file ? repo_import(s.repo, file, s.have, &source->limits, &in, e) :
	    repo_fetch(s.repo, source->url, s.have, &source->limits, &in, e));
	if (ok && in)
		ok = accept_incoming(&s, in, e);
	if (ok)
		ok = root_fingerprint(trust_root(&s.now), out->fingerprint, e);
	if (ok)
		warn(&s, &s.now);
	finish(&s);
	if (!ok)
		err_wrap(e, "%s", source->name);
	return ok;
}

bool
sync_fetch(const struct sync_source *s, struct sync_result *out, struct err *e)
{
	return sync_from(s, NULL, out, e);
}

bool
sync_import(const struct sync_source *s, const char *file, struct sync_result *out, struct err *e)
{
	return sync_from(s, file, out, e);
}

bool
sync_export(const struct sync_source *s, const char *file, struct err *e)
{
	struct synced *from = synced_open(s->dir, e);
	bool ok = from && repo_export(from->repo, from->trust.commit, NULL, file, e);

	synced_close(from);
	if (!ok)
		err_wrap(e, "%s", s->name);
	return ok;
}

/* ---- reading what was accepted ---- */

struct synced *
synced_open(const char *dir, struct err *e)
{
	struct synced *s = mem_new0(1, sizeof *s);
	struct buf path = {0};
	bool ok;

	fs_join(&path, dir, "trust");
	ok = trust_load(&s->trust, path.data, e);
	buf_done(&path);
	if (ok && s->trust.version == 0)
		ok = err_set(e, ERR_NOT_FOUND, "%s: no registry was synced here yet", dir);
	if (ok && open_clone(&s->repo, dir, e)) {
		s->tree = repo_tree_open(s->repo, s->trust.commit, e);
		if (s->tree)
			s->ix = read_accepted_index(&s->trust, s->tree, e);
	}
	if (s->ix)
		return s;
	synced_close(s);
	return NULL;
}

void
synced_close(struct synced *s)
{
	if (!s)
		return;
	index_free(s->ix);
	repo_tree_close(s->tree);
	repo_close(s->repo);
	trust_done(&s->trust);
	free(s);
}

const struct index *
synced_index(const struct synced *s)
{
	return s->ix;
}

const struct trust *
synced_trust(const struct synced *s)
{
	return &s->trust;
}

struct repo *
synced_repo(const struct synced *s)
{
	return s->repo;
}

bool
synced_read(struct synced *s, const char *path, struct buf *out, struct err *e)
{
	const struct index_file *f = index_find(s->ix, path);

	if (!f)
		return err_set(e, ERR_NOT_FOUND, "%s: is not in the index of registry %s", path, s->ix->registry);
	return read_needed(s->tree, path, f->size, out, e) && is_as_listed(f, out, e);
}
