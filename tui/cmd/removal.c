/* Removing from the store, with somebody to ask; see removal.h. */
#include "tui/cmd/removal.h"

#include <stdio.h>

#include "tui/cmd/ask.h"
#include "tui/i18n.h"

static bool
confirm(const struct store_plan *plan)
{
	struct buf question = {0};
	bool yes;

	models_add_size(&question, plan->bytes);
	buf_add_str(&question, _(" of disk come free. Remove it?"));
	yes = ask_yes(buf_str(&question), false);
	buf_done(&question);
	return yes;
}

/* What was not removed: somebody took it into use meanwhile. */
static void
tell(const struct store_plan *plan, size_t n_removed, const struct removal_opts *o)
{
	struct buf text = {0};

	if (o->dry_run) {
		models_add_size(&text, plan->bytes);
		buf_add_str(&text, _(" would come free; nothing was removed"));
	} else {
		buf_add_str(&text, _("removed"));
		if (n_removed == plan->n) {
			buf_add_str(&text, ", ");
			models_add_size(&text, plan->bytes);
			buf_add_str(&text, _(" came free"));
		} else {
			buf_printf(&text, _(" %zu of %zu; the others are in use again"), n_removed, plan->n);
		}
	}
	printf("%s\n", buf_str(&text));
	buf_done(&text);
}

static bool
print_json(const struct store_plan *plan, size_t n_removed, const struct removal_opts *o, json_t *items, struct err *e)
{
	return models_print_json(json_pack("{s:o, s:I, s:I, s:b}", "items", items, "bytes", (json_int_t)plan->bytes, "removed",
	    (json_int_t)n_removed, "dry_run", o->dry_run), e);
}

bool
removal_run(const struct models *m, struct store *store, const struct store_plan *plan, const struct removal_opts *o,
    struct buf *out, json_t *items, struct err *e)
{
	size_t n_removed = 0;
	bool asks = !o->yes && !o->dry_run && ask_can(), ok = true;

	if (o->json)
		buf_done(out);
	else
		ok = models_print(out, e);
	if (ok && asks && !confirm(plan)) {
		json_decref(items);
		return err_set(e, ERR_CANCELLED, "nothing was removed");
	}
	if (ok && !o->dry_run && plan->n)
		ok = store_run_plan(store, plan, &n_removed, e);
	if (ok && o->json)
		return print_json(plan, n_removed, o, items, e);
	json_decref(items);
	if (ok && m->is_terminal)
		tell(plan, n_removed, o);
	return ok;
}
