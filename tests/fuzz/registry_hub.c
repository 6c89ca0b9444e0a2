/* The hub's answers.  Input: the name of a model, then the answer about the revision, then pages of the tree, with a line
 * of "---" between.  Whatever comes of it is an entry that a registry could have. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/hub_facts.h"
#include "registry/near.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_sentence(const struct err *e)
{
	if (!*e->text || strchr(e->text, '\n') || strchr(e->text, '\033'))
		abort();
}

static void
check_listing(struct hub_listing *l)
{
	struct entry again;
	struct buf text = {0};
	struct err e = {0};

	if (l->n_chosen == 0 || l->n_chosen > l->entry.n_files)
		abort();
	for (size_t i = 0; i < l->entry.n_files; i++) {
		if (i > 0 && i != l->n_chosen && l->group[i] < l->group[i - 1])
			abort();
		if ((i < l->n_chosen) != (l->group[i] == l->group[0]))
			abort();
	}
	if (l->entry.n_files <= ENTRY_FILES_MAX) {
		entry_write(&l->entry, &text);
		if (!entry_parse(&again, text.data, text.len, &e))
			abort();
		entry_done(&again);
		buf_done(&text);
	}
	hub_listing_done(l);
}

/* The next part of TEXT, which ends before a line of "---". */
static bool
next_part(const char **text, const char *end, const char **part, size_t *n)
{
	static const char line[] = "\n---\n";
	const char *stop;

	if (!*text)
		return false;
	*part = *text;
	stop = memmem(*text, (size_t)(end - *text), line, sizeof line - 1);
	*n = (size_t)((stop ? stop : end) - *text);
	*text = stop ? stop + sizeof line - 1 : NULL;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *part;
	struct hub_facts f = {0};
	struct hub_listing l;
	struct hub_ref ref;
	struct err e = {0};
	bool ok = true;
	char *name;
	size_t n;

	if (size == 0 || !next_part(&text, end, &part, &n))
		return 0;
	name = mem_new0(n + 1, 1);
	memcpy(name, part, n);
	ok = hub_ref_parse(&ref, name, NULL);
	free(name);
	if (!ok || ref.kind != HUB_REPO || !next_part(&text, end, &part, &n)) {
		hub_ref_done(&ref);
		return 0;
	}
	ok = hub_facts_read_info(&f, part, n, &e);
	if (ok && f.lacks_sizes)
		hub_facts_forget_files(&f);
	while (ok && next_part(&text, end, &part, &n))
		ok = hub_facts_read_tree(&f, part, n, &e);
	ok = ok && hub_facts_list(&f, &ref, &l, &e);
	if (ok)
		check_listing(&l);
	else
		check_sentence(&e);
	hub_facts_done(&f);
	hub_ref_done(&ref);
	return 0;
}
