/* What the repository says about its own past; see git.h. */
#include "registry/git_impl.h"

#include <string.h>

#include "core/base/mem.h"

/* The id of PATH in a commit's tree; false: it is not there. */
static bool
entry_id(git_commit *c, const char *path, git_oid *id)
{
	git_tree *tree = NULL;
	git_tree_entry *entry = NULL;
	bool there = libgit2.commit_tree(&tree, c) == 0 && libgit2.tree_entry_bypath(&entry, tree, path) == 0;

	if (there)
		libgit2.oid_cpy(id, libgit2.tree_entry_id(entry));
	libgit2.tree_entry_free(entry);
	libgit2.tree_free(tree);
	return there;
}

/* A commit changed PATH when it is not as in any of its parents (a merge that took one side changed nothing). */
static bool
changed(git_commit *c, const char *path)
{
	git_oid mine, theirs;
	bool there = entry_id(c, path, &mine);
	unsigned n = libgit2.commit_parentcount(c);

	for (unsigned i = 0; i < n; i++) {
		git_commit *parent = NULL;
		bool was, same;

		if (libgit2.commit_parent(&parent, c, i) < 0)
			continue;
		was = entry_id(parent, path, &theirs);
		libgit2.commit_free(parent);
		same = was == there && (!there || libgit2.oid_equal(&mine, &theirs));
		if (same)
			return false;
	}
	return n > 0 || there;
}

static struct repo_commit
describe(git_commit *c)
{
	const git_signature *author = libgit2.commit_author(c);
	const char *subject = libgit2.commit_summary(c);
	struct repo_commit out = {
		.when = libgit2.commit_time(c),
		.author = author && author->name ? author->name : "",
		.subject = subject ? subject : "",
	};

	memcpy(out.id, libgit2.commit_id(c)->id, REPO_ID_BYTES);
	return out;
}

bool
repo_log(struct repo *r, const unsigned char commit[REPO_ID_BYTES], const char *path, size_t max,
    bool (*each)(void *ctx, const struct repo_commit *c), void *ctx, struct err *e)
{
	git_revwalk *walk = NULL;
	git_oid id;
	size_t n = 0;
	int rc;

	memcpy(id.id, commit, REPO_ID_BYTES);
	rc = libgit2.revwalk_new(&walk, r->git) < 0 || libgit2.revwalk_push(walk, &id) < 0 ? -1 : 0;
	if (rc == 0)
		libgit2.revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
	while (rc == 0 && n < max && (rc = libgit2.revwalk_next(&id, walk)) == 0) {
		git_commit *c = NULL;
		bool go_on = true;

		rc = libgit2.commit_lookup(&c, r->git, &id);
		if (rc == 0 && (!path || changed(c, path))) {
			struct repo_commit said = describe(c);

			go_on = each(ctx, &said);
			n++;
		}
		libgit2.commit_free(c);
		if (!go_on)
			break;
	}
	libgit2.revwalk_free(walk);
	return rc == 0 || rc == GIT_ITEROVER || git_failed(e, ERR_FAILED, "the history cannot be read");
}

static int
find_tree(struct repo *r, const unsigned char *commit, git_tree **tree)
{
	git_commit *c = NULL;
	git_oid id;
	int rc;

	if (!commit)
		return 0;
	memcpy(id.id, commit, REPO_ID_BYTES);
	rc = libgit2.commit_lookup(&c, r->git, &id);
	if (rc == 0)
		rc = libgit2.commit_tree(tree, c);
	libgit2.commit_free(c);
	return rc;
}

struct diff_out {
	struct buf *out;
	size_t limit;
};

static int
on_line(const git_diff_delta *delta, const git_diff_hunk *hunk, const git_diff_line *line, void *payload)
{
	struct diff_out *d = payload;

	(void)delta;
	(void)hunk;
	if (d->out->len + line->content_len + 1 > d->limit)
		return GIT_EUSER;
	if (line->origin == ' ' || line->origin == '+' || line->origin == '-')
		buf_add_char(d->out, line->origin);
	buf_add(d->out, line->content, line->content_len);
	return 0;
}

bool
repo_diff(struct repo *r, const unsigned char *old, const unsigned char new[REPO_ID_BYTES], const char *path, size_t limit,
    struct buf *out, struct err *e)
{
	git_diff_options opts = GIT_DIFF_OPTIONS_INIT;
	struct diff_out d = {out, limit};
	git_tree *a = NULL, *b = NULL;
	git_diff *diff = NULL;
	char *paths[] = {(char *)(uintptr_t)path};
	int rc;

	buf_clear(out);
	if (path) {
		opts.pathspec = (git_strarray){paths, 1};
		opts.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH;
	}
	rc = find_tree(r, old, &a);
	if (rc == 0)
		rc = find_tree(r, new, &b);
	if (rc == 0)
		rc = libgit2.diff_tree_to_tree(&diff, r->git, a, b, &opts);
	if (rc == 0)
		rc = libgit2.diff_print(diff, GIT_DIFF_FORMAT_PATCH, on_line, &d);
	libgit2.diff_free(diff);
	libgit2.tree_free(a);
	libgit2.tree_free(b);
	return rc == 0 || rc == GIT_EUSER || git_failed(e, ERR_FAILED, "two commits cannot be compared");
}

static int
on_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *payload)
{
	struct diff_out *d = payload;

	(void)delta;
	if (d->out->len + hunk->header_len > d->limit)
		return GIT_EUSER;
	buf_add(d->out, hunk->header, hunk->header_len);
	return 0;
}

bool
repo_diff_texts(const char *a, size_t n, const char *b, size_t m, size_t limit, struct buf *out, struct err *e)
{
	struct diff_out d = {out, limit};
	int rc;

	buf_clear(out);
	if (!late_git(e))
		return false;
	libgit2.libgit2_init();
	rc = libgit2.diff_buffers(a, n, NULL, b, m, NULL, NULL, NULL, NULL, on_hunk, on_line, &d);
	libgit2.libgit2_shutdown();
	return rc == 0 || rc == GIT_EUSER || git_failed(e, ERR_FAILED, "two texts cannot be compared");
}

bool
repo_blame(struct repo *r, const unsigned char commit[REPO_ID_BYTES], const char *path,
    bool (*each)(void *ctx, size_t line, size_t n_lines, const struct repo_commit *c), void *ctx, struct err *e)
{
	git_blame_options opts = GIT_BLAME_OPTIONS_INIT;
	git_blame *blame = NULL;
	git_commit *newest = NULL;
	git_oid id;
	bool go_on = true, there;
	int rc;

	memcpy(opts.newest_commit.id, commit, REPO_ID_BYTES);
	/* Asked first: libgit2 1.5 loses a commit's memory when the file is not there. */
	there = libgit2.commit_lookup(&newest, r->git, &opts.newest_commit) == 0 && entry_id(newest, path, &id);
	libgit2.commit_free(newest);
	if (!there)
		return err_set(e, ERR_NOT_FOUND, "%s: is not there", path);
	if (libgit2.blame_file(&blame, r->git, path, &opts) < 0)
		return git_failed(e, ERR_FAILED, path);
	rc = 0;
	for (uint32_t i = 0; go_on && rc == 0 && i < libgit2.blame_get_hunk_count(blame); i++) {
		const git_blame_hunk *hunk = libgit2.blame_get_hunk_byindex(blame, i);
		git_commit *c = NULL;

		rc = libgit2.commit_lookup(&c, r->git, &hunk->final_commit_id);
		if (rc == 0) {
			struct repo_commit said = describe(c);

			go_on = each(ctx, hunk->final_start_line_number, hunk->lines_in_hunk, &said);
		}
		libgit2.commit_free(c);
	}
	libgit2.blame_free(blame);
	return rc == 0 || git_failed(e, ERR_FAILED, path);
}
