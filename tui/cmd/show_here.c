/* Files on this machine; see show_here.h. */
#include "tui/cmd/show_here.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "registry/near.h"
#include "tui/cmd/known.h"
#include "tui/i18n.h"
#include "tui/text_clean.h"

enum { LABEL = 12, FORMAT = 11, BADGE = 11, SIZE = 9 };

bool
show_here_open(struct show_here *h, const struct models *m, struct err *e)
{
	*h = (struct show_here){0};
	if (!models_open_store(&m->config, false, &h->store, e) || !models_stock(m, h->store, &h->stock, e))
		return false;
	h->picked = mem_new0(h->stock.n + 1, sizeof *h->picked);
	return true;
}

void
show_here_close(struct show_here *h)
{
	free(h->picked);
	stock_done(&h->stock);
	store_close(h->store);
}

void
show_here_pick(struct show_here *h, const struct catalog_model *model, const char *quant)
{
	struct buf name = {0};

	if (strcmp(model->registry, CATALOG_BUILTIN) != 0)
		buf_printf(&name, "%s/", model->registry);
	buf_add_str(&name, model->entry.id);
	for (size_t i = 0; i < h->stock.n; i++) {
		const struct stock_item *item = &h->stock.items[i];

		h->picked[i] = strcmp(item->name, name.data) == 0 &&
		    (!quant || near_same(item->format, quant) || near_same(item->file, quant));
	}
	buf_done(&name);
}

bool
show_here_find(struct show_here *h, const char *name, struct kept *kept, struct err *e)
{
	bool missing, found = false;

	*kept = (struct kept){0};
	if (!stock_pick(&h->stock, name, h->picked, NULL, e))
		return false;
	for (size_t i = 0; i < h->stock.n && !found; i++)
		found = h->picked[i] && *h->stock.items[i].folder &&
		    kept_read(h->store, h->stock.items[i].folder, kept, &missing, NULL);
	return true;
}

static const char *
place_of(const struct stock_item *item)
{
	return item->adopted ? adopt_kind_title(item->adopted->kind) : "minnow";
}

static bool
is_as_it_was(const struct stock_item *item)
{
	return item->trust == STORE_VERIFIED;
}

void
show_here_add(const struct models *m, struct buf *out, const struct show_here *h)
{
	struct buf size = {0};
	bool any = false, changed = false;

	for (size_t i = 0; i < h->stock.n; i++) {
		const struct stock_item *item = &h->stock.items[i];

		if (!h->picked[i])
			continue;
		buf_add_str(out, any ? "" : _("\nOn this machine:\n"));
		any = true;
		buf_clear(&size);
		models_add_size(&size, item->bytes);
		buf_add_str(out, "  ");
		models_add_cell(m, out, item->format, FORMAT, false);
		models_add_cell(m, out, buf_str(&size), SIZE, true);
		buf_add_str(out, "  ");
		models_add_cell(m, out, _(badge_name(item->badge)), BADGE, false);
		buf_add_str(out, "  ");
		models_add_cell(m, out, place_of(item), 0, false);
		buf_add_str(out, is_as_it_was(item) ? "\n" : _(", changed\n"));
		changed |= !is_as_it_was(item) && !item->adopted;
	}
	if (changed)
		models_add_paragraph(m, out, "", "", _("What changed since it was verified is read before it is used; minnow verify "
		    "does it now."));
	buf_done(&size);
}

json_t *
show_here_json(const struct show_here *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->stock.n; i++) {
		const struct stock_item *item = &h->stock.items[i];
		struct buf path = {0};

		if (!h->picked[i])
			continue;
		if (item->adopted || !store_path(h->store, item->folder, item->file, &path, NULL)) {
			buf_clear(&path);
			buf_add_str(&path, item->file);
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s, s:s, s:b, s:s}", "model", item->name, "format",
		    item->format, "size", (json_int_t)item->bytes, "badge", badge_name(item->badge), "where", place_of(item),
		    "changed", !is_as_it_was(item), "path", buf_str(&path)));
		buf_done(&path);
	}
	return list;
}

/* ---- by path ---- */

static uint64_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* "core/qwen3-0.6b:Q8_0", whose bytes these are; nothing when nobody knows. */
static void
add_name(const struct models *m, struct buf *out, const struct known *k)
{
	const struct entry_file *f;
	const struct catalog_model *model = k->has_sha256 ? known_model(m->catalog, k->sha256, &f) : NULL;

	if (!model)
		return;
	models_add_name(m, out, model);
	if (f->quant)
		buf_printf(out, ":%s", f->quant);
}

static void
add_fact(const struct models *m, struct buf *out, const char *label, const char *value)
{
	struct buf first = {0};

	buf_printf(&first, "  %-*s", LABEL - 2, label);
	models_add_paragraph(m, out, buf_str(&first), "            ", value);
	buf_done(&first);
}

void
show_here_add_path(const struct models *m, struct buf *out, const char *path)
{
	char hex[DIGEST_HEX_MAX];
	struct buf text = {0};
	struct known k;

	known_look(&m->config, m->catalog, path, &k);
	text_clean_line(out, path, strlen(path));
	buf_add_char(out, '\n');
	add_fact(m, out, _("badge"), _(badge_name(k.badge)));
	add_name(m, &text, &k);
	if (text.len)
		add_fact(m, out, _("bytes of"), text.data);
	if (k.has_sha256) {
		digest_hex(hex, k.sha256, sizeof k.sha256);
		add_fact(m, out, _("sha256"), hex);
	}
	buf_clear(&text);
	if (size_of(path)) {
		models_add_size(&text, size_of(path));
		add_fact(m, out, _("size"), text.data);
	}
	buf_clear(&text);
	if (!k.has_sha256 && size_of(path))
		buf_printf(&text, _("minnow verify %s reads it and tells whether a registry knows its bytes; "), path);
	buf_printf(&text, _("minnow inspect %s shows what is in it."), path);
	models_add_paragraph(m, out, "\n", "", text.data);
	buf_done(&text);
}

json_t *
show_here_path_json(const struct models *m, const char *path)
{
	char hex[DIGEST_HEX_MAX];
	struct buf name = {0};
	struct known k;
	json_t *j;

	known_look(&m->config, m->catalog, path, &k);
	add_name(m, &name, &k);
	digest_hex(hex, k.sha256, sizeof k.sha256);
	j = json_pack("{s:s, s:I, s:s, s:s?, s:s?}", "path", path, "size", (json_int_t)size_of(path), "badge",
	    badge_name(k.badge), "sha256", k.has_sha256 ? hex : NULL, "bytes_of", name.data);
	buf_done(&name);
	return j;
}
