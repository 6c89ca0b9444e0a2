/* Taking another model in the middle of a conversation: the models of this machine in a list at the bottom, narrowed by
 * what is typed. */
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text_clean.h"
#include "tui/view/chat_parts.h"

static bool
is_listed(const struct line *l, const char *key)
{
	for (size_t i = 0; i < l->n_choices; i++)
		if (strcmp(l->choices[i].key, key) == 0)
			return true;
	return false;
}

static void
add(struct app *app, const char *title, const char *hint, const char *key)
{
	struct buf text = {0}, beside = {0};

	text_clean_line(&text, title, strlen(title));
	text_clean_line(&beside, hint, strlen(hint));
	if (app->keep.model && strcmp(app->keep.model, key) == 0)
		buf_printf(&beside, _("%sanswers now"), beside.len ? ", " : "");
	if (!is_listed(&app->line, key))
		line_add_choice(&app->line, buf_str(&text), buf_str(&beside), key);
	buf_done(&text);
	buf_done(&beside);
}

static void
add_local(struct app *app, const struct explore_local *l)
{
	struct buf hint = {0};

	format_bytes(&hint, l->size);
	buf_printf(&hint, ", %s", l->from);
	add(app, l->name, buf_str(&hint), l->name);
	buf_done(&hint);
}

static void
add_file(struct app *app, const struct explore_node *n)
{
	struct buf name = {0}, title = {0}, hint = {0};

	format_bytes(&hint, n->file->size);
	if (n->where == EXPLORE_CHANGED)
		buf_add_str(&hint, _(", changed: it is verified first"));
	if (explore_add_name(&app->explore, n, &name)) {
		buf_add(&title, buf_str(&name), strcspn(buf_str(&name), ":"));
		buf_printf(&title, " %s", n->file->quant ? n->file->quant : n->file->name);
		add(app, buf_str(&title), buf_str(&hint), buf_str(&name));
	}
	buf_done(&name);
	buf_done(&title);
	buf_done(&hint);
}

static void
add_here(struct app *app)
{
	const struct explore *x = &app->explore;

	for (size_t i = 0; i < x->n_nodes; i++) {
		const struct explore_node *n = &x->nodes[i];

		if (n->local)
			add_local(app, n->local);
		else if (n->kind == EXPLORE_FILE && n->where != EXPLORE_ABSENT && n->file->role == ENTRY_WEIGHTS)
			add_file(app, n);
	}
}

static void
add_path(struct app *app, const char *path)
{
	if (path && *path == '/' && fs_exists(path))
		add(app, strrchr(path, '/') + 1, path, path);
}

/* Files that conversations were held with. */
static void
add_paths(struct app *app)
{
	const struct history_list *list = &app->chats.list;
	struct err e = {0};

	if (app->history && !app->chats.loaded && !chats_load(&app->chats, app->history, app->keep.chat, &e))
		list = &(struct history_list){0};
	for (size_t i = app->n_models; i-- > 0;)
		add_path(app, app->models[i]);
	for (size_t i = 0; i < list->n; i++)
		add_path(app, list->chats[i].model);
}

void
chat_model_list(struct app *app)
{
	line_clear_choices(&app->line);
	if (app->explore.knows_here)
		add_here(app);
	add_paths(app);
	app->models_listed = app->explore.knows_here;
	line_match(&app->line);
}

static void
change(struct app *app, const char *name)
{
	struct err e = {0};

	if (app->keep.model && strcmp(app->keep.model, name) == 0 && app->talk.status != TALK_FAILED)
		app_note(app, ROLE_dim, "%s answers already", app->talk.name);
	else if (!app_switch_model(app, name, &e))
		app_note(app, ROLE_warn, "%s", e.text);
	else
		app_note(app, ROLE_dim, app->talk.n_turns ? "%s answers from now on, and reads what was said" :
		    _("%s answers from now on"), app->talk.name);
}

/* What is in no list may still be a path, or a name. */
static void
taken(struct app *app, const char *name)
{
	if (name && *name)
		change(app, name);
}

static const struct ask ask = {.label = N_("model"), .taken = taken};

void
chat_model_refresh(struct app *app)
{
	if (app->line.mode == LINE_CHOOSE && app->ask.taken == taken && !app->models_listed && app->explore.knows_here)
		chat_model_list(app);
}

enum did
chat_model_act(struct app *app, enum action a)
{
	struct err e = {0};

	if (a != ACTION_model)
		return DID_NOT;
	if (app->words && *app->words) {
		change(app, app->words);
		return DID_CHANGE;
	}
	if (!talk_is_free(&app->talk, &e)) {
		app_note(app, ROLE_warn, "%s", e.text);
		return DID_CHANGE;
	}
	if (app->explore.config)
		explore_look(&app->explore);
	explore_start(&app->explore, app->config);
	app_choose(app, &ask);
	chat_model_list(app);
	return DID_CHANGE;
}
