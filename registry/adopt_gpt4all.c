/* GPT4All: its data folder holds the files.  Source: nomic-ai/gpt4all, the FAQ ("Where are the models?"). */
#include "registry/adopt_kind.h"

static void
find_roots(const struct adopt_places *p, struct adopt_roots *r)
{
	if (p->data_home && *p->data_home)
		adopt_roots_add(r, p->data_home, "nomic.ai/GPT4All");
	else
		adopt_roots_add(r, p->home, ".local/share/nomic.ai/GPT4All");
	adopt_roots_add(r, p->home, "Library/Application Support/nomic.ai/GPT4All");
}

static void
scan(struct adopt_scan *s)
{
	struct adopt_names names;
	struct err e = {0};

	if (!adopt_dir_names(&s->dir, "", &names, &e)) {
		adopt_note(s, "", &e);
		return;
	}
	for (size_t i = 0; i < names.n; i++)
		if (adopt_is_gguf(names.at[i]))
			adopt_add(s, &(struct adopt_item){.rel = names.at[i], .title = names.at[i]});
	adopt_names_done(&names);
}

const struct adopt_kind adopt_gpt4all = {
	.name = "gpt4all",
	.title = "GPT4All",
	.find_roots = find_roots,
	.scan = scan,
};
