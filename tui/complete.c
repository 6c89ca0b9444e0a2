/* What may stand after the name of a command: one row an action. */
#include <string.h>

#include "core/base/mem.h"
#include "registry/catalog.h"
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

static const struct {
	enum action action;
	void (*add)(struct app *app, struct buf *out);
} rows[] = {
	{ACTION_theme, add_themes}, {ACTION_open_settings, add_settings}, {ACTION_reset, add_settings},
	{ACTION_sampling, add_sampling}, {ACTION_attach, chat_attach_complete}, {ACTION_chat_import, chat_attach_complete},
};

void
app_complete(struct app *app, enum action a, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].action == a)
			rows[i].add(app, out);
}
