/* minnow families: the families, one as a tree, or the line that leads to a model and on from it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/text.h"

struct families_opts {
	bool json;
};

/* ---- the list ---- */

static size_t
count_models(const struct models *m, const struct family *f)
{
	size_t n = 0;

	for (size_t i = 0; catalog_model_at(m->catalog, i); i++)
		n += strcmp(catalog_model_at(m->catalog, i)->entry.family, f->id) == 0;
	return n;
}

static void
add_list(const struct models *m, struct buf *out)
{
	const struct family *f;
	int names = text_width(_("family"), strlen(_("family"))), rest;

	for (size_t i = 0; (f = catalog_family_at(m->catalog, i)); i++)
		names = (int)strlen(f->id) > names ? (int)strlen(f->id) : names;
	if (names > m->width / 2)
		names = m->width / 2;
	rest = m->width - names - 17;
	if (m->is_terminal)
		buf_printf(out, "%-*s  %*s  %*s\n", text_field(_("family"), names), _("family"), text_field(_("models"), 6), _("models"),
		    text_field(_("since"), 5), _("since"));
	for (size_t i = 0; (f = catalog_family_at(m->catalog, i)); i++) {
		if (!m->is_terminal) {
			buf_printf(out, "%s\t%zu\t%" PRIu64 "\t%s\t%s\n", f->id, count_models(m, f), f->first_year, f->maker, f->idea);
			continue;
		}
		models_add_cell(m, out, f->id, names, false);
		buf_printf(out, "  %6zu  %5" PRIu64, count_models(m, f), f->first_year);
		if (rest >= 16) {
			buf_add_str(out, "  ");
			models_add_cell(m, out, f->idea, rest, false);
			while (out->data[out->len - 1] == ' ')
				buf_truncate(out, out->len - 1);
		}
		buf_add_char(out, '\n');
	}
	if (m->is_terminal)
		models_add_paragraph(m, out, "\n", "", _("minnow families NAME draws the tree of a family, or the line of a model."));
}

/* ---- trees ---- */

/* What stands before node I: bars of the branches that go on, then its own; BELOW: before lines under it. */
static void
add_branches(const struct models *m, struct buf *out, const struct lineage *l, size_t i, bool below)
{
	size_t depth = l->nodes[i].depth, *line = mem_new0(depth + 1, sizeof *line);
	bool has_child = i + 1 < l->n && l->nodes[i + 1].parent == i;

	for (size_t k = i, d = depth + 1; d-- > 0; k = l->nodes[k].parent)
		line[d] = k;
	for (size_t d = 1; d < depth; d++)
		buf_add_str(out, l->nodes[line[d]].is_last ? "   " : m->glyphs->pipe);
	if (depth)
		buf_add_str(out, below ? l->nodes[i].is_last ? "   " : m->glyphs->pipe :
		    l->nodes[i].is_last ? m->glyphs->end : m->glyphs->tee);
	if (below)
		buf_add_str(out, has_child ? m->glyphs->pipe : "   ");
	free(line);
}

/* "successor: grown to 2.7B"; of a parent that is not in the tree, its name too. */
static void
add_step(struct buf *out, const struct lineage_node *n)
{
	if (n->from && n->parent == LINEAGE_NONE)
		buf_printf(out, _("from %s%s"), n->from, n->kind ? ", " : "");
	if (n->from && n->kind)
		buf_add_str(out, n->kind);
	if (n->change)
		buf_printf(out, ": %s", n->change);
	if (!n->model)
		buf_printf(out, _("%s(not in the registries)"), out->len ? " " : "");
}

static uint64_t
year_of(const struct lineage_node *n)
{
	if (n->model && n->model->entry.released)
		return strtoull(n->model->entry.released, NULL, 10);
	return n->year;
}

static int
left_width(const struct models *m, const struct lineage *l)
{
	int left = 0;

	for (size_t i = 0; i < l->n; i++) {
		int w = 3 * (int)l->nodes[i].depth + (int)strlen(l->nodes[i].id);

		left = w > left ? w : left;
	}
	return m->is_terminal && left > m->width * 3 / 5 ? m->width * 3 / 5 : left;
}

/* Branches, id, parameters and year of a node, without the end of the line. */
static void
add_node(const struct models *m, struct buf *out, const struct lineage *l, size_t i, int left)
{
	const struct lineage_node *n = &l->nodes[i];
	struct buf text = {0};

	add_branches(m, &text, l, i, false);
	buf_add_str(&text, n->id);
	models_add_cell(m, out, buf_str(&text), left, false);
	buf_clear(&text);
	if (n->model)
		models_add_params(&text, n->model->entry.n_params);
	models_add_cell(m, out, buf_str(&text), 7, true);
	buf_clear(&text);
	if (year_of(n))
		buf_printf(&text, "%" PRIu64, year_of(n));
	models_add_cell(m, out, buf_str(&text), 6, true);
	buf_done(&text);
}

static void
end_line(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		buf_truncate(out, out->len - 1);
	buf_add_char(out, '\n');
}

static void
add_tree(const struct models *m, struct buf *out, const struct family *f)
{
	struct buf head = {0};
	struct lineage l;
	int left, rest;

	buf_printf(&head, _("%s, by %s"), f->name, f->maker);
	if (f->first_year)
		buf_printf(&head, _(", since %u"), (unsigned)f->first_year);
	if (f->newest)
		buf_printf(&head, _("; newest open generation: %s"), f->newest);
	models_add_paragraph(m, out, "", "", buf_str(&head));
	models_add_paragraph(m, out, "", "", f->idea);
	buf_add_char(out, '\n');
	lineage_of_family(&l, m->catalog, f);
	left = left_width(m, &l);
	rest = m->is_terminal ? m->width - left - 15 : 0;
	for (size_t i = 0; i < l.n; i++) {
		struct buf step = {0};

		add_node(m, out, &l, i, left);
		add_step(&step, &l.nodes[i]);
		if (!m->is_terminal || rest >= 8) {
			buf_add_str(out, "  ");
			models_add_cell(m, out, buf_str(&step), rest, false);
		}
		end_line(out);
		buf_done(&step);
	}
	lineage_done(&l);
	buf_done(&head);
}

/* Every step in full, with what the entries tell of the difference. */
static void
add_line_of(const struct models *m, struct buf *out, const struct catalog_model *model)
{
	struct lineage l;
	int left;

	lineage_of_model(&l, m->catalog, model);
	left = left_width(m, &l);
	for (size_t i = 0; i < l.n; i++) {
		const struct lineage_node *n = &l.nodes[i];
		const struct catalog_model *from = n->from ? catalog_get(m->catalog, NULL, n->from) : NULL;
		struct buf text = {0}, before = {0};

		add_node(m, out, &l, i, left);
		end_line(out);
		add_branches(m, &before, &l, i, true);
		add_step(&text, n);
		models_add_paragraph(m, out, buf_str(&before), buf_str(&before), buf_str(&text));
		buf_clear(&text);
		if (from && n->model)
			models_add_changes(m, &text, &from->entry, &n->model->entry);
		models_add_paragraph(m, out, buf_str(&before), buf_str(&before), buf_str(&text));
		buf_done(&text);
		buf_done(&before);
	}
	lineage_done(&l);
}

/* ---- JSON ---- */

static json_t *
family_json(const struct models *m, const struct family *f)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "id", f->id, "name", f->name, "maker", f->maker, "idea", f->idea,
	    "first_year", (json_int_t)f->first_year, "models", (json_int_t)count_models(m, f));

	if (f->newest)
		json_object_set_new(j, "newest", json_string(f->newest));
	return j;
}

static void
set_text(json_t *j, const char *key, const char *s)
{
	json_object_set_new(j, key, s ? json_string(s) : json_null());
}

static json_t *
nodes_json(const struct models *m, const struct lineage *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct lineage_node *n = &l->nodes[i];
		const struct catalog_model *from = n->from ? catalog_get(m->catalog, NULL, n->from) : NULL;
		json_t *j = json_object();

		set_text(j, "id", n->id);
		set_text(j, "from", n->from);
		set_text(j, "kind", n->kind);
		set_text(j, "change", n->change);
		json_object_set_new(j, "year", year_of(n) ? json_integer((json_int_t)year_of(n)) : json_null());
		json_object_set_new(j, "depth", json_integer((json_int_t)n->depth));
		json_object_set_new(j, "sourced", json_boolean(n->change && !n->unsourced));
		json_object_set_new(j, "has_entry", json_boolean(n->model));
		if (from && n->model)
			json_object_set_new(j, "differences", models_changes_json(&from->entry, &n->model->entry));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
answer_json(const struct models *m, const struct family *f, const struct catalog_model *model)
{
	struct lineage l = {0};
	json_t *j = json_array();

	if (!f && !model) {
		for (size_t i = 0; catalog_family_at(m->catalog, i); i++)
			json_array_append_new(j, family_json(m, catalog_family_at(m->catalog, i)));
		return j;
	}
	json_decref(j);
	if (f) {
		j = family_json(m, f);
		lineage_of_family(&l, m->catalog, f);
	} else {
		j = json_pack("{s:s}", "id", model->entry.id);
		lineage_of_model(&l, m->catalog, model);
	}
	json_object_set_new(j, "tree", nodes_json(m, &l));
	lineage_done(&l);
	return j;
}

/* ---- the command ---- */

static bool
print_families(const struct models *m, const struct cmd_call *call, struct err *e)
{
	const struct families_opts *o = call->opts;
	const char *name = call->n_args ? call->args[0] : NULL;
	const struct family *f = name ? catalog_find_family(m->catalog, name) : NULL;
	const struct catalog_model *model = NULL;
	struct buf out = {0};

	if (name && !f && !(model = catalog_find(m->catalog, name, e))) {
		struct buf near = {0};

		if (e->kind == ERR_NOT_FOUND && catalog_near(m->catalog, name, 3, &near))
			err_set(e, ERR_NOT_FOUND, "there is no family or model \"%s\"; did you mean %s?", name, buf_str(&near));
		else if (e->kind == ERR_NOT_FOUND)
			err_set(e, ERR_NOT_FOUND, "there is no family or model \"%s\" (see: minnow families)", name);
		buf_done(&near);
		return false;
	}
	if (o->json)
		return models_print_json(answer_json(m, f, model), e);
	if (f)
		add_tree(m, &out, f);
	else if (model)
		add_line_of(m, &out, model);
	else
		add_list(m, &out);
	return models_print(&out, e);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct models m;
	bool ok = models_open(&m, e) && print_families(&m, call, e);

	models_close(&m);
	return ok;
}

static const struct opt opts[] = {
	{"json", 0, OPT_FLAG, NULL, N_("print the same as JSON"), offsetof(struct families_opts, json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_families = {
	.name = "families",
	.args = "[NAME]",
	.summary = N_("show how the model families grew"),
	.details = N_("Without NAME, the families with the number of their models, the year of the first and their idea. NAME of "
	    "a family draws its tree: each model with its parameters, its year, how it came from the one above and what "
	    "changed. NAME of a model shows the line that leads to it and what grew from it, every step in full.\n"
	    "Where the output is no terminal, the list has tabs between its columns and nothing is cut.\n"
	    "\n"
	    "  minnow families gemma\n"
	    "  minnow families phi-4-mini"),
	.opts = opts,
	.opts_size = sizeof(struct families_opts),
	.max_args = 1,
	.run = run,
};
