/* The chat's prompt with the keys of vim (state/vim.h): when they are on, and what is shown of them.  Each mode has a word in
 * the status line, and where the terminal can, a cursor of its own. */
#include <string.h>

#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/view/chat_parts.h"

bool
chat_vim_is_on(const struct app *app)
{
	return strcmp(app->config->ui_editing, "vim") == 0;
}

bool
chat_vim_has_keys(const struct app *app)
{
	return chat_vim_is_on(app) && !app->reading && !app->chats.focus;
}

enum did
chat_vim_act(struct app *app, enum action a)
{
	bool changed;

	if (!chat_vim_has_keys(app))
		return DID_NOT;
	if (app->vim.mode == VIM_NORMAL && a == ACTION_delete_left && chat_delete_chip(app))
		return DID_CHANGE;
	if (!vim_act(&app->vim, &app->prompt, a, &changed))
		return DID_NOT;
	return changed ? DID_CHANGE : DID_NOTHING;
}

bool
chat_vim_other_key(struct app *app, struct key k)
{
	(void)k;
	return chat_vim_has_keys(app) && vim_other_key(&app->vim);
}

bool
chat_vim_waits(const struct app *app)
{
	return chat_vim_has_keys(app) && vim_waits(&app->vim);
}

void
chat_vim_settle(struct app *app)
{
	if (chat_vim_is_on(app))
		vim_settle(&app->vim, &app->prompt);
}

const enum action *
chat_vim_hints(const struct app *app)
{
	static const enum action insert[] = {
		ACTION_send, ACTION_vim_normal, ACTION_newline, ACTION_regenerate, ACTION_chats, ACTION_palette, ACTION_focus,
		ACTION_quit, ACTION_help, ACTION_NONE,
	};
	static const enum action insert_running[] = {
		ACTION_interrupt, ACTION_vim_normal, ACTION_newline, ACTION_page_up, ACTION_focus, ACTION_palette, ACTION_help,
		ACTION_NONE,
	};
	static const enum action normal[] = {
		ACTION_vim_insert, ACTION_vim_append, ACTION_vim_cut, ACTION_vim_change, ACTION_yank, ACTION_undo, ACTION_find,
		ACTION_back, ACTION_send, ACTION_help, ACTION_NONE,
	};
	static const enum action normal_running[] = {
		ACTION_back, ACTION_vim_insert, ACTION_vim_cut, ACTION_find, ACTION_page_up, ACTION_focus, ACTION_help,
		ACTION_NONE,
	};
	bool running = talk_running(&app->talk);

	if (app->vim.mode == VIM_INSERT)
		return running ? insert_running : insert;
	return running ? normal_running : normal;
}

const char *
chat_vim_word(const struct app *app, enum action a)
{
	if (!chat_vim_has_keys(app))
		return NULL;
	switch (a) {
	case ACTION_vim_normal:
		return _("normal mode");
	case ACTION_vim_cut:
		return _("cut");
	case ACTION_vim_change:
		return _("change");
	case ACTION_yank:
		return _("put back");
	case ACTION_interrupt:
		return _("stop");
	case ACTION_back:
		return talk_running(&app->talk) ? _("stop") : _("read");
	case ACTION_kill_word_right:
		return _("word");
	case ACTION_kill_word_left:
		return _("word before");
	case ACTION_kill_line:
		return _("end of line");
	case ACTION_kill_line_left:
		return _("beginning");
	case ACTION_kill_whole_line:
		return _("line");
	default:
		return NULL;
	}
}

int
chat_vim_draw(const struct app *app, const struct canvas *c)
{
	bool types = app->vim.mode == VIM_INSERT;

	if (!chat_vim_has_keys(app))
		return 0;
	return draw_text(c, 0, 0, _(vim_mode_name(&app->vim)), types ? ROLE_dim : ROLE_accent, types ? 0 : ATTR_BOLD) + 2;
}

bool
chat_vim_hides(const struct app *app, enum view_id v, enum context c)
{
	if (c == CONTEXT_empty)
		return chat_vim_is_on(app);
	if (c != CONTEXT_vim && c != CONTEXT_vim_insert && c != CONTEXT_vim_pending)
		return false;
	return v != VIEW_chat || !chat_vim_is_on(app);
}
