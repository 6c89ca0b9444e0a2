/* minnow rm: remove models from this machine. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/near.h"
#include "registry/stock.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/models.h"
#include "tui/cmd/removal.h"
#include "tui/i18n.h"

struct rm {
	struct models m;
	struct store *store;
	struct stock stock;
	bool *picked;			/* by item */
	struct store_name *names;	/* what goes */
	size_t n_names;
	struct store_plan plan;
	bool *counted;			/* by item of the plan */
};

static void
add_name(struct rm *r, const char *folder, const char *file)
{
	for (size_t i = 0; i < r->n_names; i++)
		if (strcmp(r->names[i].model, folder) == 0 && r->names[i].file == file)
			return;
	r->names = mem_grow(r->names, r->n_names + 1, sizeof *r->names);
	r->names[r->n_names++] = (struct store_name){folder, file};
}

/* What lies beside the weights of a model goes with the last of them. */
static bool
keeps_some(const struct rm *r, const char *folder)
{
	for (size_t i = 0; i < r->stock.n; i++)
		if (!r->picked[i] && strcmp(r->stock.items[i].folder, folder) == 0)
			return true;
	return false;
}

/* A folder that has no model any more: what is left of a removal that was cut off. */
static bool
pick_rest(struct rm *r, const char *name)
{
	for (size_t i = 0; i < r->stock.list.n; i++) {
		const char *folder = r->stock.list.files[i].model;

		if (near_same(folder, name) && !stock_find(&r->stock, folder, r->stock.list.files[i].file)) {
			add_name(r, folder, NULL);
			return true;
		}
	}
	return false;
}

static bool
pick(struct rm *r, const struct cmd_call *call, struct err *e)
{
	r->picked = mem_new0(r->stock.n + 1, sizeof *r->picked);
	for (int i = 0; i < call->n_args; i++)
		if (!stock_pick(&r->stock, call->args[i], r->picked, NULL, e) &&
		    (e->kind != ERR_NOT_FOUND || !pick_rest(r, call->args[i])))
			return false;
	for (size_t i = 0; i < r->stock.n; i++) {
		const struct stock_item *item = &r->stock.items[i];

		if (!r->picked[i] || item->adopted)
			continue;
		if (!keeps_some(r, item->folder))
			add_name(r, item->folder, NULL);
		for (size_t k = 0; keeps_some(r, item->folder) && k < item->n_files; k++)
			add_name(r, item->folder, r->stock.list.files[item->files[k]].file);
	}
	return true;
}

/* The part of the plan that is about FILE: its name here, or its bytes. */
static bool
is_about(const struct store_item *planned, const struct store_file *file)
{
	char hex[DIGEST_HEX_MAX];
	struct buf path = {0};
	bool is;

	if (planned->kind == STORE_ITEM_BLOB && file->seen.trust != STORE_UNKNOWN) {
		digest_hex(hex, file->seen.sha256, sizeof file->seen.sha256);
		buf_printf(&path, "blobs/sha256/%s", hex);
	} else {
		buf_printf(&path, "models/%s/%s", file->model, file->file);
	}
	is = strcmp(planned->path, buf_str(&path)) == 0;
	buf_done(&path);
	return is;
}

/* What comes free by ITEM, and the part of the plan that tells who keeps it.  Bytes that several share come free once. */
static uint64_t
look_at(struct rm *r, const struct stock_item *item, const struct store_item **kept)
{
	uint64_t bytes = 0;

	if (!r->counted)
		r->counted = mem_new0(r->plan.n + 1, sizeof *r->counted);
	*kept = NULL;
	for (size_t i = 0; i < r->plan.n; i++)
		for (size_t k = 0; k < item->n_files; k++) {
			const struct store_item *planned = &r->plan.items[i];

			if (!is_about(planned, &r->stock.list.files[item->files[k]]))
				continue;
			bytes += r->counted[i] ? 0 : planned->bytes;
			r->counted[i] = true;
			if (planned->others || planned->n_others)
				*kept = planned;
		}
	return bytes;
}

static void
add_keepers(struct rm *r, struct buf *out, const struct store_item *kept)
{
	struct buf text = {0};

	if (kept->others)
		buf_printf(&text, _("its bytes stay on the disk: %s has the same"), kept->others);
	else
		buf_printf(&text, ngettext("its bytes stay on the disk: %u name outside the store keeps them",
		    "its bytes stay on the disk: %u names outside the store keep them", kept->n_others), (unsigned)kept->n_others);
	models_add_paragraph(&r->m, out, "    ", "    ", buf_str(&text));
	buf_done(&text);
}

static void
add_item(struct rm *r, struct buf *out, const struct stock_item *item)
{
	const struct store_item *kept;
	uint64_t bytes = look_at(r, item, &kept);

	if (item->adopted && r->m.is_terminal) {
		struct buf text = {0};

		buf_printf(&text, _("%s: minnow forgets it; its files stay with %s"), item->adopted->name,
		    adopt_kind_title(item->adopted->kind));
		models_add_paragraph(&r->m, out, "  ", "    ", buf_str(&text));
		buf_done(&text);
		return;
	}
	if (!r->m.is_terminal) {
		buf_printf(out, "%s\t%s\t%" PRIu64 "\t%s\n", item->name, item->format, bytes,
		    kept && kept->others ? kept->others : "");
		return;
	}
	buf_add_str(out, "  ");
	models_add_cell(&r->m, out, item->name, 28, false);
	buf_add_char(out, ' ');
	models_add_cell(&r->m, out, item->format, 12, false);
	buf_add_char(out, ' ');
	models_add_size(out, item->bytes);
	buf_add_char(out, '\n');
	if (kept)
		add_keepers(r, out, kept);
}

static json_t *
item_json(struct rm *r, const struct stock_item *item)
{
	const struct store_item *kept;
	uint64_t bytes = look_at(r, item, &kept);

	return json_pack("{s:s, s:s, s:I, s:I, s:s?, s:I}", "model", item->name, "format", item->format, "size",
	    (json_int_t)item->bytes, "freed", (json_int_t)bytes, "kept_by", kept ? kept->others : NULL, "names_outside",
	    (json_int_t)(kept ? kept->n_others : 0));
}

static bool
forget(struct rm *r, struct err *e)
{
	struct buf root = {0};
	bool ok = models_store_dir(&r->m.config, &root, e);

	for (size_t i = 0; ok && i < r->stock.n; i++)
		if (r->picked[i] && r->stock.items[i].adopted)
			ok = adopt_index_forget(root.data, r->stock.items[i].adopted->name, e);
	buf_done(&root);
	return ok;
}

static bool
remove_them(struct rm *r, const struct removal_opts *o, struct err *e)
{
	json_t *items = o->json ? json_array() : NULL;
	struct buf out = {0};

	if (r->n_names && !store_plan_remove_names(r->store, r->names, r->n_names, &r->plan, e)) {
		json_decref(items);
		return false;
	}
	if (r->m.is_terminal)
		buf_add_str(&out, o->dry_run ? _("Would be removed from this machine:\n") : _("To be removed from this machine:\n"));
	for (size_t i = 0; i < r->stock.n; i++) {
		if (!r->picked[i])
			continue;
		if (items)
			json_array_append_new(items, item_json(r, &r->stock.items[i]));
		else
			add_item(r, &out, &r->stock.items[i]);
	}
	return removal_run(&r->m, r->store, &r->plan, o, &out, items, e) && (o->dry_run || forget(r, e));
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct rm r = {0};
	bool ok = models_open(&r.m, e) && models_open_store(&r.m.config, false, &r.store, e) &&
	    models_stock(&r.m, r.store, &r.stock, e) && pick(&r, call, e) && remove_them(&r, call->opts, e);

	store_plan_done(&r.plan);
	free(r.names);
	free(r.counted);
	free(r.picked);
	stock_done(&r.stock);
	store_close(r.store);
	models_close(&r.m);
	return ok;
}

static const struct opt opts[] = {REMOVAL_OPTS};

const struct cmd cmd_rm = {
	.name = "rm",
	.args = "MODEL...",
	.summary = N_("remove models from this machine"),
	.details = N_("MODEL is a name of minnow ls; with a format, as qwen3-0.6b:q8_0, that one alone goes. Bytes that another "
	    "model uses too, or that have a name outside the store, stay on the disk; this is said beforehand. On a "
	    "terminal it asks; elsewhere it does not.\n"
	    "When standard output is no terminal, each line holds name, format, bytes that come free, and the models that "
	    "keep the others, with tabs between."),
	.opts = opts,
	.opts_size = sizeof(struct removal_opts),
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
