/* What is kept with a model; see kept.h. */
#include "registry/kept.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/catalog.h"
#include "registry/check.h"
#include "registry/member.h"
#include "registry/near.h"

enum { KEPT_BYTES_MAX = ENTRY_BYTES_MAX + 6 * CATALOG_CARD_MAX + 4096 };

static bool
read_entry(struct kept *k, const json_t *j, struct err *e)
{
	char *text = json_dumps(json_object_get(j, "entry"), 0);
	bool ok = text ? entry_parse(&k->entry, text, strlen(text), e) : err_set(e, ERR_FAILED, "\"entry\" is missing");

	free(text);
	return ok;
}

static bool
read_members(struct kept *k, const json_t *j, struct err *e)
{
	const char *card = NULL;

	if (!json_is_object(j))
		return err_set(e, ERR_FAILED, "is no object");
	if (!member_format(j, KEPT_FORMAT, e) ||
	    !member_only(j, "accepted card date entry format registry", NULL, e) ||
	    !member_text(j, "registry", true, check_id, &k->registry, e) || !member_string(j, "card", false, &card, e) ||
	    !member_number(j, "date", INT64_MAX, &k->date, e))
		return false;
	k->accepted = json_is_true(json_object_get(j, "accepted"));
	if (card)
		k->card = mem_dup(card);
	return read_entry(k, j, e);
}

bool
kept_parse(struct kept *k, const char *text, size_t n, struct err *e)
{
	json_t *j = member_parse(text, n, KEPT_BYTES_MAX, e);
	bool ok;

	*k = (struct kept){0};
	ok = j && read_members(k, j, e);
	json_decref(j);
	if (!ok)
		kept_done(k);
	return ok;
}

void
kept_write(const struct kept *k, struct buf *out)
{
	json_t *j = json_object();
	struct buf entry = {0};

	entry_write(&k->entry, &entry);
	json_object_set_new(j, "format", json_integer(KEPT_FORMAT));
	json_object_set_new(j, "entry", json_loadb(entry.data, entry.len, 0, NULL));
	member_set_text(j, "registry", k->registry);
	member_set_text(j, "card", k->card);
	member_set_number(j, "date", k->date);
	if (k->accepted)
		json_object_set_new(j, "accepted", json_true());
	member_write(out, j);
	buf_done(&entry);
}

void
kept_done(struct kept *k)
{
	free(k->registry);
	free(k->card);
	entry_done(&k->entry);
	*k = (struct kept){0};
}

bool
kept_read(struct store *s, const char *folder, struct kept *k, bool *missing, struct err *e)
{
	struct buf path = {0}, text = {0};
	bool ok = false;

	*k = (struct kept){0};
	*missing = false;
	if (store_path(s, folder, KEPT_FILE, &path, e)) {
		*missing = !fs_exists(path.data);
		ok = !*missing && fs_read(&text, path.data, KEPT_BYTES_MAX, e) &&
		    (kept_parse(k, buf_str(&text), text.len, e) || err_wrap(e, "%s", path.data));
		if (*missing)
			err_set(e, ERR_NOT_FOUND, "%s: nothing is kept of it", folder);
	}
	buf_done(&path);
	buf_done(&text);
	return ok;
}

bool
kept_save(struct store *s, const char *folder, const struct kept *k, struct err *e)
{
	struct buf text = {0};
	bool ok;

	kept_write(k, &text);
	ok = store_put(s, folder, KEPT_FILE, text.data, text.len, e);
	buf_done(&text);
	return ok;
}

/* ---- what changed ---- */

static bool
differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static size_t
compare_texts(struct buf *out, const char *what, const char *from, const char *to)
{
	if (!differs(from, to))
		return 0;
	buf_printf(out, "%s: was %s, is %s\n", what, from ? from : "not told", to ? to : "not told");
	return 1;
}

/* Files of ROLE by their bytes: a digest that neither knows changed nothing. */
static size_t
compare_files(struct buf *out, const char *what, const struct entry *from, const struct entry *to, enum entry_role role)
{
	size_t n = 0;

	for (size_t i = 0; i < to->n_files; i++) {
		const struct entry_file *new = &to->files[i];

		for (size_t k = 0; new->role == role && k < from->n_files; k++) {
			const struct entry_file *old = &from->files[k];

			if (old->role != role || !near_same(old->name, new->name) || !old->has_sha256 || !new->has_sha256 ||
			    memcmp(old->sha256, new->sha256, sizeof old->sha256) == 0)
				continue;
			buf_printf(out, "%s: %s has another text\n", what, new->name);
			n++;
		}
	}
	return n;
}

size_t
kept_changes(const struct entry *from, const struct entry *to, struct buf *out)
{
	return compare_texts(out, "licence", from->license, to->license) +
	    compare_files(out, "licence", from, to, ENTRY_LICENSE) +
	    compare_texts(out, "chat format", from->template, to->template) +
	    compare_files(out, "chat template", from, to, ENTRY_TEMPLATE) +
	    compare_texts(out, "derived from", from->parent, to->parent) +
	    compare_texts(out, "derived how", from->relation, to->relation);
}
