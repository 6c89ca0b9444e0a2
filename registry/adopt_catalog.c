/* Which names models of other programs get; see adopt.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"
#include "registry/catalog.h"
#include "registry/resolve.h"

static const struct entry_file *
find_file(const struct entry *en, const struct adopt_file *f)
{
	for (size_t i = 0; i < en->n_files; i++) {
		const struct entry_file *k = &en->files[i];

		if (k->role == ENTRY_WEIGHTS && k->has_sha256 && (k->size == 0 || k->size == f->size) &&
		    memcmp(k->sha256, f->sha256, sizeof k->sha256) == 0)
			return k;
	}
	return NULL;
}

const struct entry_file *
adopt_catalog_file(const struct catalog *c, const struct adopt_model *m, const struct catalog_model **model)
{
	const struct catalog_model *known;

	if (!c || m->n_files != 1 || !m->files[0].has_sha256)
		return NULL;
	for (size_t i = 0; (known = catalog_model_at(c, i)); i++) {
		const struct entry_file *f = find_file(&known->entry, &m->files[0]);

		if (f && model)
			*model = known;
		if (f)
			return f;
	}
	return NULL;
}

bool
adopt_catalog_name(const struct catalog *c, const struct adopt_model *m, struct buf *out)
{
	const struct catalog_model *known;
	const struct entry_file *f = adopt_catalog_file(c, m, &known);
	struct buf name = {0};

	if (!f)
		return false;
	if (strcmp(known->registry, CATALOG_BUILTIN) != 0)
		buf_printf(&name, "%s/", known->registry);
	buf_add_str(&name, known->entry.id);
	if (f->quant)
		buf_printf(&name, ":%s", f->quant);
	adopt_clean_name(out, name.data);
	buf_done(&name);
	return true;
}

struct naming {
	const struct adopt_found *found;
	const struct catalog *catalog;
	const struct adopt_index *index;
	size_t n_done;				/* models that have their names */
};

static bool
is_free(const struct naming *n, const char *name)
{
	char *id = mem_dup(name);
	bool taken;

	id[strcspn(id, ":")] = '\0';
	taken = strcmp(name, RESOLVE_GUIDE) == 0 || (n->catalog && catalog_get(n->catalog, NULL, id));
	free(id);
	for (size_t i = 0; !taken && i < n->index->n; i++)
		taken = strcmp(n->index->models[i].name, name) == 0;
	for (size_t i = 0; !taken && i < n->n_done; i++)
		taken = strcmp(n->found->models[i].name, name) == 0;
	return !taken;
}

/* NAME, OWNER/NAME, KIND/NAME, or that with a number. */
static char *
free_name(const struct naming *n, const struct adopt_model *m)
{
	const char *const before[] = {NULL, m->owner, m->kind->name};
	struct buf raw = {0}, name = {0};

	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		if (i > 0 && !before[i])
			continue;
		buf_clear(&raw);
		buf_printf(&raw, "%s%s%s", i ? before[i] : "", i ? "/" : "", m->name);
		adopt_clean_name(&name, raw.data);
		if (is_free(n, name.data))
			goto found;
	}
	for (unsigned k = 2;; k++) {
		size_t colon = strcspn(m->name, ":");

		buf_clear(&raw);
		buf_printf(&raw, "%s/%.*s-%u%s", m->kind->name, (int)colon, m->name, k, m->name + colon);
		adopt_clean_name(&name, raw.data);
		if (is_free(n, name.data))
			goto found;
	}
found:
	buf_done(&raw);
	return buf_take(&name);
}

static void
name_one(const struct naming *n, struct adopt_model *m)
{
	struct buf known = {0};
	char *name = NULL;

	for (size_t i = 0; !name && i < n->index->n; i++)
		if (adopt_is_same(&n->index->models[i], m))
			name = mem_dup(n->index->models[i].name);
	if (!name && adopt_catalog_name(n->catalog, m, &known))
		name = buf_take(&known);
	if (!name)
		name = free_name(n, m);
	free(m->name);
	m->name = name;
	buf_done(&known);
}

void
adopt_name(struct adopt_found *found, const struct catalog *c, const struct adopt_index *x)
{
	struct naming n = {.found = found, .catalog = c, .index = x};

	for (; n.n_done < found->n_models; n.n_done++)
		name_one(&n, &found->models[n.n_done]);
}
