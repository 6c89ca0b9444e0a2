/* LM Studio: HOME/models/PUBLISHER/MODEL/FILE.gguf, where HOME is what ~/.lmstudio-home-pointer says, ~/.lmstudio, or
 * ~/.cache/lm-studio of older ones, unless HOME/settings.json names another folder.  Sources: lmstudio.ai/docs (import
 * models), lmstudio-ai/lmstudio.js findLMStudioHome.ts. */
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt_kind.h"

static void
add_home(struct adopt_roots *r, const char *home)
{
	struct buf path = {0}, text = {0};
	char *folder = NULL;

	fs_join(&path, home, "settings.json");
	if (adopt_read_setting(path.data, &text))
		folder = adopt_json_get(buf_str(&text), text.len, "downloadsFolder");
	if (folder)
		adopt_roots_add(r, folder, "");
	adopt_roots_add(r, home, "models");
	free(folder);
	buf_done(&path);
	buf_done(&text);
}

static void
find_roots(const struct adopt_places *p, struct adopt_roots *r)
{
	static const char *const homes[] = {".lmstudio", ".cache/lm-studio"};
	struct buf path = {0}, text = {0};

	if (!p->home || p->home[0] != '/')
		return;
	fs_join(&path, p->home, ".lmstudio-home-pointer");
	if (adopt_read_setting(path.data, &text)) {
		buf_truncate(&text, strcspn(buf_str(&text), "\r\n"));
		if (*buf_str(&text) == '/')
			add_home(r, text.data);
	}
	for (size_t i = 0; i < ARRAY_LEN(homes); i++) {
		fs_join(&path, p->home, homes[i]);
		add_home(r, path.data);
	}
	buf_done(&path);
	buf_done(&text);
}

static void
walk(struct adopt_scan *s, const char *rel, size_t below, int depth)
{
	struct adopt_names names;
	struct err e = {0};

	if (!adopt_dir_names(&s->dir, rel, &names, &e)) {
		if (depth == 0)
			adopt_note(s, rel, &e);
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		struct buf path = {0}, owner = {0};
		const char *title;

		buf_printf(&path, "%s%s%s", rel, *rel ? "/" : "", names.at[i]);
		title = path.data + below;
		if (adopt_is_gguf(names.at[i])) {
			if (strchr(title, '/'))
				buf_add(&owner, title, strcspn(title, "/"));
			adopt_add(s, &(struct adopt_item){.rel = path.data, .title = title, .owner = buf_str(&owner),
			    .call = *rel ? rel : NULL});
		} else if (depth < ADOPT_DEPTH_MAX && adopt_is_folder(adopt_dir_at(&s->dir, path.data, NULL, NULL))) {
			walk(s, path.data, below, depth + 1);
		}
		buf_done(&path);
		buf_done(&owner);
	}
	adopt_names_done(&names);
}

void
adopt_add_tree(struct adopt_scan *s, const char *rel)
{
	walk(s, rel, *rel ? strlen(rel) + 1 : 0, 0);
}

static void
scan(struct adopt_scan *s)
{
	adopt_add_tree(s, "");
}

const struct adopt_kind adopt_lmstudio = {
	.name = "lmstudio",
	.title = "LM Studio",
	.find_roots = find_roots,
	.scan = scan,
};
