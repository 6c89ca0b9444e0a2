/* The models of other programs as a table, as plain columns and as JSON; see import.h. */
#include <inttypes.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/badge.h"
#include "registry/near.h"
#include "tui/cmd/import.h"
#include "tui/i18n.h"
#include "tui/text.h"

enum { NAME_MOST = 38, FORMAT_WIDTH = 8, SIZE_WIDTH = 8, REMARK_LEAST = 12 };

void
import_row_set(struct import_row *row, const struct adopt_model *m, const struct adopt_index *used)
{
	*row = (struct import_row){.model = m, .state = m->why_not ? IMPORT_UNUSABLE : IMPORT_NEW};
	/* One file may be in use under several names. */
	for (size_t i = 0; i < used->n; i++)
		if (adopt_is_same(&used->models[i], m) && (!row->used || strcmp(used->models[i].name, m->name) == 0))
			row->used = &used->models[i];
	if (row->used)
		row->state = adopt_check(row->used, &row->problem) ? IMPORT_IN_USE :
		    row->problem.kind == ERR_NOT_FOUND ? IMPORT_GONE : IMPORT_CHANGED;
	else if (m->why_not)
		err_set(&row->problem, ERR_FAILED, "%s", m->why_not);
}

static const char *
state_name(enum import_state s)
{
	static const char *const names[] = {"new", "in use", "changed", "gone", "unusable"};

	return names[s];
}

/* Of one in use what was computed, else what its program says. */
static enum badge
badge(const struct models *m, const struct import_row *row)
{
	const struct adopt_model *a = row->used ? row->used : row->model;

	if (row->state == IMPORT_CHANGED || row->state == IMPORT_GONE || !adopt_catalog_file(m->catalog, a, NULL))
		return BADGE_UNVERIFIED;
	return BADGE_HASH_KNOWN;
}

/* How its program calls it, when that is another name and there is room; else who published it. */
static void
add_remark(struct buf *out, const struct import_row *row, int room)
{
	const struct adopt_model *a = row->model;

	if (near_same(a->title, row->used ? row->used->name : a->name))
		return;
	if (text_width(a->title, strlen(a->title)) <= room)
		buf_add_str(out, a->title);
	else if (a->owner && text_width(a->owner, strlen(a->owner)) + 3 <= room)
		buf_printf(out, _("by %s"), a->owner);
}

static const char *
problem(const struct import_row *row)
{
	return row->state == IMPORT_CHANGED ? "changed since it was imported; import it again" :
	    row->state == IMPORT_GONE ? "gone; minnow import --forget takes it off this list" : row->problem.text;
}

static void
add_row(const struct models *m, struct buf *out, const struct import_row *row, int names)
{
	struct buf text = {0};
	int left = m->width - 2 - names - 2 - FORMAT_WIDTH - SIZE_WIDTH - 4;

	models_add_cell(m, out, row->state == IMPORT_IN_USE ? m->glyphs->yes : row->state == IMPORT_NEW ? "" : m->glyphs->no, 2, false);
	models_add_cell(m, out, row->used ? row->used->name : row->model->name, names, false);
	buf_add_str(out, "  ");
	models_add_cell(m, out, row->model->quant ? row->model->quant : "", FORMAT_WIDTH, false);
	if (row->model->size)
		models_add_size(&text, row->model->size);
	buf_add_str(out, "  ");
	models_add_cell(m, out, buf_str(&text), SIZE_WIDTH, true);
	buf_clear(&text);
	add_remark(&text, row, left);
	if (text.len)
		buf_add_str(out, "  ");
	models_add_cell(m, out, buf_str(&text), 0, false);
	while (out->len && out->data[out->len - 1] == ' ')
		buf_truncate(out, out->len - 1);
	buf_add_char(out, '\n');
	if (row->problem.kind != ERR_NONE)
		models_add_paragraph(m, out, "    ", "    ", problem(row));
	buf_done(&text);
}

/* In use, and in none of the folders that were looked at. */
static bool
is_elsewhere(const struct adopt_found *found, const struct adopt_model *used)
{
	for (size_t i = 0; i < found->n_models; i++)
		if (adopt_is_same(&found->models[i], used))
			return false;
	return true;
}

bool
import_row_at(struct import_row *row, size_t i, const struct adopt_found *found, const struct adopt_index *used)
{
	const struct adopt_model *m = i < found->n_models ? &found->models[i] : NULL;

	for (size_t k = 0, left = i - found->n_models; !m && k < used->n; k++)
		if (is_elsewhere(found, &used->models[k]) && left-- == 0)
			m = &used->models[k];
	if (m)
		import_row_set(row, m, used);
	return m != NULL;
}

static void
widen(int *names, const char *name)
{
	int width = text_width(name, strlen(name));

	*names = width > *names ? width : *names;
}

static int
names_width(const struct models *m, const struct adopt_found *found, const struct adopt_index *used)
{
	int names = 8, most = m->width - 2 - 2 - FORMAT_WIDTH - SIZE_WIDTH - 4 - REMARK_LEAST;

	for (size_t i = 0; i < found->n_models; i++)
		widen(&names, found->models[i].name);
	for (size_t i = 0; i < used->n; i++)
		widen(&names, used->models[i].name);
	if (most > NAME_MOST && m->width < 100)
		most = NAME_MOST;
	return names > most ? most : names;
}

static void
add_source(const struct models *m, struct buf *out, const struct adopt_found *found, size_t i, const struct adopt_index *used,
    int names)
{
	const struct adopt_source *s = &found->sources[i];
	struct import_row row;

	buf_printf(out, "%s%s  ", i ? "\n" : "", adopt_kind_title(s->kind));
	models_add_cell(m, out, s->root, 0, false);
	if (s->n_models) {
		buf_printf(out, ngettext("  %zu model, ", "  %zu models, ", s->n_models), s->n_models);
		models_add_size(out, s->size);
	} else if (!s->note) {
		buf_add_str(out, _("  no models"));
	}
	buf_add_char(out, '\n');
	for (size_t k = 0; k < found->n_models; k++)
		if (found->models[k].source == i) {
			import_row_set(&row, &found->models[k], used);
			add_row(m, out, &row, names);
		}
	if (s->note)
		models_add_paragraph(m, out, _("  not read: "), "  ", s->note);
}

static void
add_elsewhere(const struct models *m, struct buf *out, const struct adopt_found *found, const struct adopt_index *used, int names)
{
	struct import_row row;

	for (size_t i = found->n_models; import_row_at(&row, i, found, used); i++) {
		if (i == found->n_models)
			buf_printf(out, _("%sIn use from elsewhere\n"), found->n_sources ? "\n" : "");
		add_row(m, out, &row, names);
	}
}

void
import_add_table(const struct models *m, struct buf *out, const struct adopt_found *found, const struct adopt_index *used)
{
	int names = names_width(m, found, used);
	struct buf foot = {0};

	if (!found->n_sources && !used->n) {
		models_add_paragraph(m, out, "", "", _("No models of other programs were found on this machine. minnow import FILE takes a "
		    "file into use where it is."));
		return;
	}
	for (size_t i = 0; i < found->n_sources; i++)
		add_source(m, out, found, i, used, names);
	add_elsewhere(m, out, found, used, names);
	buf_add_char(out, '\n');
	if (used->n)
		buf_printf(&foot, _("%s in use. "), m->glyphs->yes);
	buf_add_str(&foot, _("minnow import NAME... or minnow import --all takes models into use where they are; nothing is copied, and "
	    "nothing is written there."));
	models_add_paragraph(m, out, "", "", buf_str(&foot));
	buf_done(&foot);
}

void
import_add_plain(const struct models *m, struct buf *out, const struct import_row *row)
{
	const struct adopt_model *a = row->model;
	const char *const cells[] = {a->title, a->path, row->problem.text};

	buf_printf(out, "%s\t%s\t%s\t%" PRIu64 "\t%s\t%s", row->used ? row->used->name : a->name, adopt_kind_name(a->kind),
	    a->quant ? a->quant : "", a->size, state_name(row->state), badge_name(badge(m, row)));
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		buf_add_char(out, '\t');
		models_add_cell(m, out, cells[i], 0, false);
	}
	buf_add_char(out, '\n');
}

/* ---- JSON ---- */

/* What comes from file names may be no UTF-8, which JSON cannot hold. */
static json_t *
text_json(const char *s)
{
	struct buf clean = {0};
	json_t *j = json_string(s);

	if (!j) {
		models_add_cell(NULL, &clean, s, 0, false);
		j = json_string(buf_str(&clean));
	}
	buf_done(&clean);
	return j;
}

static json_t *
files_json(const struct adopt_model *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n_files; i++) {
		const struct adopt_file *f = &a->files[i];
		json_t *j = json_pack("{s:o, s:I}", "path", text_json(f->path), "size", (json_int_t)f->size);
		char hex[DIGEST_HEX_MAX];

		if (f->has_sha256) {
			digest_hex(hex, f->sha256, sizeof f->sha256);
			json_object_set_new(j, "sha256", json_string(hex));
		}
		json_array_append_new(list, j);
	}
	return list;
}

json_t *
import_row_json(const struct models *m, const struct import_row *row)
{
	const struct adopt_model *a = row->state == IMPORT_IN_USE ? row->used : row->model;
	json_t *j = json_pack("{s:s, s:s, s:o, s:I, s:s, s:s, s:b, s:o, s:o}", "name", row->used ? row->used->name : a->name,
	    "program", adopt_kind_name(a->kind), "title", text_json(a->title), "size", (json_int_t)a->size,
	    "state", state_name(row->state), "badge", badge_name(badge(m, row)), "hash_computed", row->state == IMPORT_IN_USE,
	    "path", text_json(a->path), "files", files_json(a));

	if (a->quant)
		json_object_set_new(j, "format", text_json(a->quant));
	if (row->problem.kind != ERR_NONE)
		json_object_set_new(j, "problem", text_json(row->problem.text));
	return j;
}

json_t *
import_found_json(const struct models *m, const struct adopt_found *found, const struct adopt_index *used)
{
	json_t *stores = json_array(), *models = json_array();
	struct import_row row;

	for (size_t i = 0; i < found->n_sources; i++) {
		const struct adopt_source *s = &found->sources[i];
		json_t *j = json_pack("{s:s, s:s, s:o, s:I, s:I}", "program", adopt_kind_name(s->kind), "title",
		    adopt_kind_title(s->kind), "path", text_json(s->root), "models", (json_int_t)s->n_models, "size", (json_int_t)s->size);

		if (s->note)
			json_object_set_new(j, "problem", text_json(s->note));
		json_array_append_new(stores, j);
	}
	for (size_t i = 0; import_row_at(&row, i, found, used); i++)
		json_array_append_new(models, import_row_json(m, &row));
	return json_pack("{s:o, s:o}", "stores", stores, "models", models);
}
