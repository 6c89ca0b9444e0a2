/* The hub cache of Hugging Face's library, which llama.cpp and others use as well: models--OWNER--NAME/blobs/ holds bytes
 * by their etag (for large files their SHA-256), snapshots/COMMIT/… their names as links, refs/main the newest commit.
 * Sources: huggingface_hub docs/guides/manage-cache, constants.py; ggml-org/llama.cpp common/hf-cache.cpp. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"

#define PREFIX "models--"

static void
find_roots(const struct adopt_places *p, struct adopt_roots *r)
{
	if (p->hf_hub_cache && *p->hf_hub_cache)
		adopt_roots_add(r, p->hf_hub_cache, "");
	else if (p->hf_home && *p->hf_home)
		adopt_roots_add(r, p->hf_home, "hub");
	else if (p->cache_home && *p->cache_home)
		adopt_roots_add(r, p->cache_home, "huggingface/hub");
	else
		adopt_roots_add(r, p->home, ".cache/huggingface/hub");
}

struct repo {
	struct adopt_scan *s;
	char *owner, *id;		/* "Qwen", "Qwen/Qwen3-0.6B-GGUF" */
	const char *commit;
	bool newest;			/* it is the one of refs/main */
	size_t first;			/* of the models that were found in it */
};

/* Repositories have at most one slash; "--" in a name itself is ambiguous there as well, and taken for it too. */
static bool
repo_open(struct repo *r, struct adopt_scan *s, const char *folder)
{
	const char *name = folder + strlen(PREFIX), *split;
	struct buf id = {0};

	if (strncmp(folder, PREFIX, strlen(PREFIX)) != 0 || !*name)
		return false;
	split = strstr(name, "--");
	*r = (struct repo){.s = s, .first = s->out->n_models};
	if (split && split != name && split[2]) {
		r->owner = mem_dup(name);
		r->owner[split - name] = '\0';
		buf_printf(&id, "%s/%s", r->owner, split + 2);
	} else {
		buf_add_str(&id, name);
	}
	r->id = buf_take(&id);
	return true;
}

/* The same bytes in another snapshot are one model. */
static bool
is_listed(const struct repo *r, const struct adopt_model *m)
{
	for (const struct adopt_model *o = r->s->out->models + r->first; o < m; o++)
		if (o->n_files == m->n_files && m->n_files && o->files[0].inode == m->files[0].inode &&
		    o->files[0].size == m->files[0].size && strcmp(o->name, m->name) == 0)
			return true;
	return false;
}

static void
drop_if_listed(struct repo *r, size_t n_before)
{
	struct adopt_found *out = r->s->out;

	if (out->n_models > n_before && is_listed(r, &out->models[out->n_models - 1])) {
		adopt_model_done(&out->models[--out->n_models]);
		out->sources[r->s->source].n_models--;
	}
}

static void
add_file(struct repo *r, const char *rel, const char *below)
{
	struct buf title = {0}, real = {0};
	size_t n = r->s->out->n_models;
	const char *slash;

	adopt_is_folder(adopt_dir_at(&r->s->dir, rel, &real, NULL));
	buf_printf(&title, "%s%s%.8s/%s", r->id, r->newest ? "" : "@", r->newest ? "" : r->commit, below);
	slash = real.len ? strrchr(real.data, '/') : NULL;
	adopt_add(r->s, &(struct adopt_item){.rel = rel, .title = title.data, .owner = r->owner, .call = r->id,
	    .sha256 = slash ? slash + 1 : NULL});
	drop_if_listed(r, n);
	buf_done(&title);
	buf_done(&real);
}

static void
walk(struct repo *r, const char *rel, size_t below, int depth)
{
	struct adopt_names names;
	struct err e = {0};

	if (depth > ADOPT_DEPTH_MAX || !adopt_dir_names(&r->s->dir, rel, &names, &e)) {
		if (depth == 0)
			adopt_note(r->s, rel, &e);
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		struct buf path = {0};

		buf_printf(&path, "%s/%s", rel, names.at[i]);
		if (adopt_is_gguf(names.at[i]))
			add_file(r, path.data, path.data + below);
		else if (adopt_is_folder(adopt_dir_at(&r->s->dir, path.data, NULL, NULL)))
			walk(r, path.data, below, depth + 1);
		buf_done(&path);
	}
	adopt_names_done(&names);
}

static void
add_snapshot(struct repo *r, const char *folder, const char *commit)
{
	struct buf rel = {0}, title = {0};
	size_t n = r->s->out->n_models;

	r->commit = commit;
	buf_printf(&rel, "%s/snapshots/%s", folder, commit);
	buf_printf(&title, "%s%s%.8s", r->id, r->newest ? "" : "@", r->newest ? "" : commit);
	adopt_add_folder(r->s, rel.data, title.data, r->owner, r->id);
	drop_if_listed(r, n);
	walk(r, rel.data, rel.len + 1, 0);
	buf_done(&rel);
	buf_done(&title);
}

static void
add_repo(struct adopt_scan *s, const char *folder)
{
	struct buf rel = {0}, main = {0};
	struct adopt_names commits;
	struct repo r;

	if (!repo_open(&r, s, folder))
		return;
	buf_printf(&rel, "%s/refs/main", folder);
	if (adopt_dir_read(&s->dir, rel.data, 256, &main, NULL))
		buf_truncate(&main, strcspn(buf_str(&main), " \r\n"));
	buf_clear(&rel);
	buf_printf(&rel, "%s/snapshots", folder);
	if (adopt_dir_names(&s->dir, rel.data, &commits, NULL)) {
		for (int newest = 1; newest >= 0; newest--)
			for (size_t i = 0; i < commits.n; i++) {
				r.newest = strcmp(commits.at[i], buf_str(&main)) == 0;
				if (r.newest == (newest == 1))
					add_snapshot(&r, folder, commits.at[i]);
			}
		adopt_names_done(&commits);
	}
	free(r.owner);
	free(r.id);
	buf_done(&rel);
	buf_done(&main);
}

void
adopt_add_hub(struct adopt_scan *s)
{
	struct adopt_names names;
	struct err e = {0};

	if (!adopt_dir_names(&s->dir, "", &names, &e)) {
		adopt_note(s, "", &e);
		return;
	}
	for (size_t i = 0; i < names.n; i++)
		add_repo(s, names.at[i]);
	adopt_names_done(&names);
}

const struct adopt_kind adopt_huggingface = {
	.name = "huggingface",
	.title = "Hugging Face",
	.find_roots = find_roots,
	.scan = adopt_add_hub,
};
