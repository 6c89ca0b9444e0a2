/* The cache of llama.cpp: OWNER_REPO_FILE.gguf files beside manifest=OWNER=REPO=TAG.json, which names the file and its
 * SHA-256 (FILE.etag is whatever a server said); since 2026 a hub cache (models--OWNER--NAME), which is in LLAMA_CACHE
 * when that is set and else the one of Hugging Face.  Sources: ggml-org/llama.cpp common/common.cpp
 * (fs_get_cache_directory), common/download.cpp, common/hf-cache.cpp. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"

static void
find_roots(const struct adopt_places *p, struct adopt_roots *r)
{
	if (p->llama_cache && *p->llama_cache) {
		adopt_roots_add(r, p->llama_cache, "");
		return;
	}
	if (p->cache_home && *p->cache_home)
		adopt_roots_add(r, p->cache_home, "llama.cpp");
	else
		adopt_roots_add(r, p->home, ".cache/llama.cpp");
	adopt_roots_add(r, p->home, "Library/Caches/llama.cpp");
}

bool
adopt_llamacpp_manifest(struct adopt_cached *c, const char *text, size_t n, struct err *e)
{
	json_t *j = json_loadb(text, n, 0, NULL), *file = json_object_get(j, "ggufFile");
	const char *name = json_string_value(json_object_get(file, "rfilename"));
	const char *sha256 = json_string_value(json_object_get(json_object_get(file, "lfs"), "sha256"));
	bool ok = name && *name && strlen(name) < ADOPT_WORD_MAX;

	*c = (struct adopt_cached){0};
	if (ok)
		c->file = mem_dup(name);
	if (ok && sha256 && strlen(sha256) == 2 * DIGEST_SHA256_SIZE)
		c->sha256 = mem_dup(sha256);
	json_decref(j);
	return ok || err_set(e, ERR_FAILED, "names no file");
}

void
adopt_cached_done(struct adopt_cached *c)
{
	free(c->file);
	free(c->sha256);
	*c = (struct adopt_cached){0};
}

/* What a manifest knows of the file that it names. */
struct known {
	char *file;			/* as it is called in the cache */
	char *owner, *title, *sha256;
};

struct known_list {
	struct known *at;
	size_t n;
};

/* manifest=OWNER=REPO=TAG.json */
static void
read_manifest(struct adopt_scan *s, const char *name, struct known_list *list)
{
	const char *owner = name + strlen("manifest="), *repo = strchr(owner, '='), *tag = repo ? strchr(repo + 1, '=') : NULL;
	struct buf text = {0}, file = {0}, title = {0}, who = {0};
	struct adopt_cached c = {0};
	struct err e = {0};

	if (!tag)
		return;
	if (adopt_dir_read(&s->dir, name, ADOPT_TEXT_MAX, &text, &e) &&
	    adopt_llamacpp_manifest(&c, buf_str(&text), text.len, &e)) {
		buf_add(&who, owner, (size_t)(repo - owner));
		buf_printf(&title, "%s/%.*s", who.data, (int)(tag - repo - 1), repo + 1);
		buf_printf(&file, "%s_%s", title.data, c.file);
		for (size_t i = 0; i < file.len; i++)
			if (file.data[i] == '/')
				file.data[i] = '_';
		buf_printf(&title, "/%s", c.file);
		list->at = mem_grow(list->at, list->n + 1, sizeof *list->at);
		list->at[list->n++] = (struct known){.file = buf_take(&file), .owner = buf_take(&who), .title = buf_take(&title),
		    .sha256 = c.sha256};
		c.sha256 = NULL;
	} else {
		adopt_note(s, name, &e);
	}
	adopt_cached_done(&c);
	buf_done(&text);
}

static const struct known *
find_known(const struct known_list *list, const char *file)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->at[i].file, file) == 0)
			return &list->at[i];
	return NULL;
}

static void
add_file(struct adopt_scan *s, const char *file, const struct known_list *list)
{
	const struct known *k = find_known(list, file);

	adopt_add(s, &(struct adopt_item){.rel = file, .title = k ? k->title : file, .file = k ? k->title : NULL,
	    .owner = k ? k->owner : NULL,
	    .call = k ? k->title : NULL, .sha256 = k ? k->sha256 : NULL});
}

static void
scan(struct adopt_scan *s)
{
	struct known_list list = {0};
	struct adopt_names names;
	struct err e = {0};

	if (!adopt_dir_names(&s->dir, "", &names, &e)) {
		adopt_note(s, "", &e);
		return;
	}
	for (size_t i = 0; i < names.n; i++)
		if (strncmp(names.at[i], "manifest=", 9) == 0 && list.n < ADOPT_MODELS_MAX)
			read_manifest(s, names.at[i], &list);
	for (size_t i = 0; i < names.n; i++)
		if (adopt_is_gguf(names.at[i]))
			add_file(s, names.at[i], &list);
	for (size_t i = 0; i < list.n; i++) {
		free(list.at[i].file);
		free(list.at[i].owner);
		free(list.at[i].title);
		free(list.at[i].sha256);
	}
	free(list.at);
	adopt_names_done(&names);
	adopt_add_hub(s);
}

const struct adopt_kind adopt_llamacpp = {
	.name = "llamacpp",
	.title = "llama.cpp",
	.find_roots = find_roots,
	.scan = scan,
};
