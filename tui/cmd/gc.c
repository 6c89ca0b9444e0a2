/* minnow gc: remove what no model uses. */
#include <inttypes.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/models.h"
#include "tui/cmd/removal.h"
#include "tui/i18n.h"
#include "tui/text.h"

enum { KIND_WIDTH = 20, SIZE_WIDTH = 8, KEEPERS_ROOM = 2 };

static const struct {
	const char *word, *json;
} kinds[] = {
	[STORE_ITEM_LINK] = {N_("model"), "model"},
	[STORE_ITEM_BLOB] = {N_("used by no model"), "unused"},
	[STORE_ITEM_STAMP] = {N_("stamp without file"), "stamp"},
	[STORE_ITEM_PART] = {N_("unfinished download"), "part"},
	[STORE_ITEM_LEFT] = {N_("leftover"), "leftover"},
};

/* What a person knows it by: of a download, the end of its address. */
static const char *
name_of(const struct store_item *item)
{
	const char *slash = item->source ? strrchr(item->source, '/') : NULL;

	return slash && slash[1] ? slash + 1 : item->path;
}

static void
add_item(const struct models *m, struct buf *out, const struct store_item *item)
{
	int room = m->width - 2 - KIND_WIDTH - 1 - 1 - SIZE_WIDTH;
	struct buf size = {0};

	if (!m->is_terminal) {
		buf_printf(out, "%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\n", kinds[item->kind].json, item->path, item->bytes,
		    item->n_others, item->source ? item->source : "");
		return;
	}
	buf_add_str(out, "  ");
	models_add_cell(m, out, _(kinds[item->kind].word), KIND_WIDTH, false);
	buf_add_char(out, ' ');
	models_add_cell(m, out, name_of(item), room > 12 ? room : 12, false);
	buf_add_char(out, ' ');
	models_add_size(&size, item->bytes);
	models_add_cell(m, out, buf_str(&size), SIZE_WIDTH, true);
	if (item->n_others)
		buf_printf(out, ngettext("\n    its bytes stay on the disk: %u name outside the store keeps them",
		    "\n    its bytes stay on the disk: %u names outside the store keep them", item->n_others), (unsigned)item->n_others);
	buf_add_char(out, '\n');
	buf_done(&size);
}

static json_t *
item_json(const struct store_item *item)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:s?}", "kind", kinds[item->kind].json, "path", item->path, "freed",
	    (json_int_t)item->bytes, "names_outside", (json_int_t)item->n_others, "source", item->source);
}

/* The state of a download is part of it: one line is enough. */
static bool
is_shown(const struct store_item *item)
{
	size_t n = strlen(item->path);

	return item->kind != STORE_ITEM_PART || n < 6 || strcmp(item->path + n - 6, ".state") != 0;
}

static bool
sweep(const struct models *m, struct store *store, const struct store_plan *plan, const struct removal_opts *o, struct err *e)
{
	json_t *items = o->json ? json_array() : NULL;
	struct buf out = {0};

	if (m->is_terminal)
		buf_add_str(&out, o->dry_run ? _("No model uses this; it would be removed:\n") : _("No model uses this; to be removed:\n"));
	for (size_t i = 0; i < plan->n; i++) {
		if (items)
			json_array_append_new(items, item_json(&plan->items[i]));
		else if (!m->is_terminal || is_shown(&plan->items[i]))
			add_item(m, &out, &plan->items[i]);
	}
	return removal_run(m, store, plan, o, &out, items, e);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct removal_opts *o = call->opts;
	struct store *store = NULL;
	struct store_plan plan = {0};
	struct models m;
	bool ok = models_open(&m, e) && models_open_store(&m.config, false, &store, e) &&
	    (!store || store_plan_gc(store, true, &plan, e));

	if (ok && plan.n == 0 && !o->json) {
		if (m.is_terminal)
			printf(_("There is nothing to remove.\n"));
	} else if (ok && store) {
		ok = sweep(&m, store, &plan, o, e);
	} else if (ok) {
		ok = models_print_json(json_pack("{s:[], s:i, s:i, s:b}", "items", "bytes", 0, "removed", 0, "dry_run", o->dry_run), e);
	}
	store_plan_done(&plan);
	store_close(store);
	models_close(&m);
	return ok;
}

static const struct opt opts[] = {REMOVAL_OPTS};

const struct cmd cmd_gc = {
	.name = "gc",
	.summary = N_("remove what no model uses: leftovers and unfinished downloads"),
	.details = N_("First it says what would go, how much of the disk comes free, and whether names outside the store keep the "
	    "bytes; on a terminal it then asks. A download that runs at this moment is left alone; one that was cut off "
	    "begins anew afterwards.\n"
	    "When standard output is no terminal, each line holds kind (unused, part, leftover, stamp), path, bytes that "
	    "come free, names outside the store, and the address of a download, with tabs between."),
	.opts = opts,
	.opts_size = sizeof(struct removal_opts),
	.run = run,
};
