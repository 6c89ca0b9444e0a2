/* Families as JSON; see family.h. */
#include "registry/family.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/member.h"

enum { YEAR_MAX = 2999 };

static bool
read_edge(struct family_edge *d, const json_t *j, struct err *e)
{
	const json_t *unsourced = json_object_get(j, "unsourced");

	if (!json_is_object(j))
		return err_set(e, ERR_FAILED, "is no object");
	if (unsourced && !json_is_true(unsourced))
		return err_set(e, ERR_FAILED, "\"unsourced\" can only be true");
	d->unsourced = unsourced != NULL;
	if (!member_only(j, "change from kind to unsourced year", NULL, e) ||
	    !member_text(j, "from", true, check_id, &d->from, e) || !member_text(j, "to", true, check_id, &d->to, e) ||
	    !member_text(j, "kind", true, check_word, &d->kind, e) ||
	    !member_text(j, "change", true, check_text, &d->change, e) || !member_number(j, "year", YEAR_MAX, &d->year, e))
		return false;
	return strcmp(d->from, d->to) != 0 || err_set(e, ERR_FAILED, "leads from a model to itself");
}

static bool
read_edges(struct family *f, const json_t *j, struct err *e)
{
	const json_t *list;
	size_t n;

	if (!member_list(j, "edges", FAMILY_EDGES_MAX, &list, &n, e))
		return false;
	f->edges = mem_new0(n + 1, sizeof *f->edges);
	for (size_t i = 0; i < n; i++)
		if (!read_edge(&f->edges[f->n_edges++], json_array_get(list, i), e))
			return err_wrap(e, "edge %zu", i + 1);
	return true;
}

static bool
read_family(struct family *f, const json_t *j, struct err *e)
{
	if (!json_is_object(j))
		return err_set(e, ERR_FAILED, "a family is a JSON object");
	return member_format(j, FAMILY_FORMAT, e) &&
	    member_only(j, "edges first_year format id idea maker name newest", NULL, e) &&
	    member_text(j, "id", true, check_id, &f->id, e) && member_text(j, "name", true, check_word, &f->name, e) &&
	    member_text(j, "maker", true, check_word, &f->maker, e) && member_text(j, "idea", true, check_text, &f->idea, e) &&
	    member_text(j, "newest", false, check_word, &f->newest, e) &&
	    member_number(j, "first_year", YEAR_MAX, &f->first_year, e) && read_edges(f, j, e);
}

bool
family_parse(struct family *f, const char *text, size_t n, struct err *e)
{
	json_t *j = member_parse(text, n, FAMILY_BYTES_MAX, e);
	bool ok;

	*f = (struct family){0};
	if (!j)
		return false;
	ok = read_family(f, j, e);
	json_decref(j);
	if (!ok)
		family_done(f);
	return ok;
}

void
family_done(struct family *f)
{
	for (size_t i = 0; i < f->n_edges; i++) {
		free(f->edges[i].from);
		free(f->edges[i].to);
		free(f->edges[i].kind);
		free(f->edges[i].change);
	}
	free(f->edges);
	free(f->id);
	free(f->name);
	free(f->maker);
	free(f->idea);
	free(f->newest);
	*f = (struct family){0};
}

static json_t *
edge_json(const struct family_edge *d)
{
	json_t *j = json_object();

	member_set_text(j, "from", d->from);
	member_set_text(j, "to", d->to);
	member_set_text(j, "kind", d->kind);
	member_set_text(j, "change", d->change);
	member_set_number(j, "year", d->year);
	if (d->unsourced)
		json_object_set_new(j, "unsourced", json_true());
	return j;
}

void
family_write(const struct family *f, struct buf *out)
{
	json_t *j = json_object(), *edges = json_array();

	member_set_number(j, "format", FAMILY_FORMAT);
	member_set_text(j, "id", f->id);
	member_set_text(j, "name", f->name);
	member_set_text(j, "maker", f->maker);
	member_set_text(j, "idea", f->idea);
	member_set_text(j, "newest", f->newest);
	member_set_number(j, "first_year", f->first_year);
	for (size_t i = 0; i < f->n_edges; i++)
		json_array_append_new(edges, edge_json(&f->edges[i]));
	if (f->n_edges)
		json_object_set_new(j, "edges", edges);
	else
		json_decref(edges);
	member_write(out, j);
}
