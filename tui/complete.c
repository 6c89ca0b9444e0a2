/* What may stand after the name of a command: one row an action. */
#include <string.h>

#include "core/base/mem.h"
#include "registry/catalog.h"
#include "registry/resolve.h"
#include "tui/app.h"
#include "tui/state/tune.h"
#include "tui/view/chat_parts.h"

static void
add_themes(struct app *app, struct buf *out)
{
	theme_list(app->config->config_dir, out);
}

static void
add_settings(struct app *app, struct buf *out)
{
	(void)app;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		setting_add_name(setting_at(i), out);
		buf_add_char(out, '\n');
	}
}

static void
add_sampling(struct app *app, struct buf *out)
{
	(void)app;
	tune_names(out);
}

/* Of this machine, as far as Explore looked, and those that were opened. */
static void
add_models(struct app *app, struct buf *out)
{
	const struct explore *x = &app->explore;

	buf_printf(out, "%s\n", RESOLVE_GUIDE);
	for (size_t i = 0; i < app->n_models; i++)
		if (strcmp(app->models[i], RESOLVE_GUIDE) != 0)
			buf_printf(out, "%s\n", app->models[i]);
	for (size_t i = 0; x->knows_here && i < x->n_nodes; i++) {
		const struct explore_node *n = &x->nodes[i];
		size_t before = out->len;

		if (n->local)
			buf_printf(out, "%s\n", n->local->name);
		else if (n->kind == EXPLORE_FILE && n->where != EXPLORE_ABSENT && n->file->role == ENTRY_WEIGHTS &&
		    explore_add_name(x, n, out) && out->len > before)
			buf_add_char(out, '\n');
	}
}

static const struct {
	enum action action;
	void (*add)(struct app *app, struct buf *out);
} rows[] = {
	{ACTION_theme, add_themes}, {ACTION_open_settings, add_settings}, {ACTION_reset, add_settings},
	{ACTION_sampling, add_sampling}, {ACTION_attach, chat_attach_complete}, {ACTION_chat_import, chat_attach_complete},
	{ACTION_open_compare, add_models}, {ACTION_compare_add, add_models},
};

void
app_complete(struct app *app, enum action a, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].action == a)
			rows[i].add(app, out);
}
