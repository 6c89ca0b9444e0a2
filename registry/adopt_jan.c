/* Jan: DATA/llamacpp/models/…/model.yml describes a model; its model_path is relative to DATA, or that of a file of the
 * user's own.  DATA is ~/.local/share/Jan/data, or what settings.json in ~/.config/Jan or jan.ai.app names.  Sources:
 * janhq/jan src-tauri/src/core/app/commands.rs, extensions/llamacpp-extension/src/index.ts. */
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt_kind.h"

#define MODELS "llamacpp/models"

static void
add_setting(struct adopt_roots *r, const char *folder, const char *file)
{
	struct buf path = {0}, text = {0};
	char *data = NULL;

	if (folder && folder[0] == '/') {
		fs_join(&path, folder, file);
		if (adopt_read_setting(path.data, &text))
			data = adopt_json_get(buf_str(&text), text.len, "data_folder");
	}
	if (data)
		adopt_roots_add(r, data, "");
	free(data);
	buf_done(&path);
	buf_done(&text);
}

static void
find_roots(const struct adopt_places *p, struct adopt_roots *r)
{
	bool data = p->data_home && *p->data_home, config = p->config_home && *p->config_home;

	add_setting(r, config ? p->config_home : p->home, config ? "Jan/settings.json" : ".config/Jan/settings.json");
	add_setting(r, data ? p->data_home : p->home, data ? "jan.ai.app/settings.json" : ".local/share/jan.ai.app/settings.json");
	add_setting(r, p->home, "Library/Application Support/Jan/settings.json");
	add_setting(r, p->home, "Library/Application Support/jan.ai.app/settings.json");
	adopt_roots_add(r, data ? p->data_home : p->home, data ? "Jan/data" : ".local/share/Jan/data");
	adopt_roots_add(r, p->home, "Library/Application Support/Jan/data");
}

/* Where the weights are, below the root; NULL: elsewhere. */
static char *
path_below(const struct adopt_scan *s, const char *path)
{
	const char *const roots[] = {s->dir.root, s->dir.real};

	if (path[0] != '/')
		return mem_dup(path);
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		size_t n = strlen(roots[i]);

		if (strncmp(path, roots[i], n) == 0 && path[n] == '/')
			return mem_dup(path + n + 1);
	}
	return NULL;
}

static void
add_described(struct adopt_scan *s, const char *id, const struct buf *yml, const char *rel)
{
	char *path = adopt_yaml_get(buf_str(yml), yml->len, "model_path"), *below = path ? path_below(s, path) : NULL;
	char *sha256 = adopt_yaml_get(buf_str(yml), yml->len, "model_sha256");
	struct err e = {0};
	struct adopt_item item = {.title = id, .call = id, .sha256 = sha256};
	const char *slash = strchr(id, '/');
	struct buf owner = {0};

	if (slash) {
		buf_add(&owner, id, (size_t)(slash - id));
		item.owner = owner.data;
	}
	if (!path) {
		err_set(&e, ERR_FAILED, "names no model_path");
		adopt_note(s, rel, &e);
	} else {
		item.rel = below ? below : rel;
		if (!below)
			item.why_not = "is elsewhere: minnow import FILE takes it";
		adopt_add(s, &item);
	}
	buf_done(&owner);
	free(path);
	free(below);
	free(sha256);
}

static void
walk(struct adopt_scan *s, const char *rel, int depth)
{
	struct adopt_names names;
	struct buf yml = {0}, path = {0};
	struct err e = {0};

	buf_printf(&path, "%s/model.yml", rel);
	if (depth > 0 && adopt_dir_read(&s->dir, path.data, ADOPT_SETTING_MAX, &yml, &e)) {
		add_described(s, rel + strlen(MODELS) + 1, &yml, path.data);
	} else if (depth > 0 && e.kind != ERR_NOT_FOUND) {
		adopt_note(s, path.data, &e);
	} else if (depth < ADOPT_DEPTH_MAX && adopt_dir_names(&s->dir, rel, &names, NULL)) {
		for (size_t i = 0; i < names.n; i++) {
			buf_clear(&path);
			buf_printf(&path, "%s/%s", rel, names.at[i]);
			if (adopt_is_folder(adopt_dir_at(&s->dir, path.data, NULL, NULL)))
				walk(s, path.data, depth + 1);
		}
		adopt_names_done(&names);
	}
	buf_done(&yml);
	buf_done(&path);
}

static void
scan(struct adopt_scan *s)
{
	walk(s, MODELS, 0);
}

const struct adopt_kind adopt_jan = {
	.name = "jan",
	.title = "Jan",
	.find_roots = find_roots,
	.scan = scan,
};
