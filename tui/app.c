/* State of the program and what keys do to it; see app.h.  The loop is in loop.c, the frame in frame.c. */
#include "tui/app.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/state/editor_keys.h"
#include "tui/view/chat_list.h"
#include "tui/view/chat_parts.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/state/downloads.h"
#include "tui/state/snapshot.h"

static const struct view *const views[] = {
#define VIEW(id, title, what) &view_##id,
#include "tui/view.def"
#undef VIEW
};

static const char *const titles[] = {
#define VIEW(id, title, what) title,
#include "tui/view.def"
#undef VIEW
};

void
app_init(struct app *app, struct config *c)
{
	*app = (struct app){.config = c, .n_synced = -1, .editing = EDITING_NONE, .glyphs = glyphs_get(false)};
	keymap_init(&app->keys);
	editor_init(&app->prompt);
	line_init(&app->line);
	grid_init(&app->grid, 0, 0);
}

void
app_done(struct app *app)
{
	clipboard_done(&app->clipboard);
	explore_done(&app->explore);
	for (enum view_id v = 0; v < VIEW_COUNT; v++)
		if (app->states[v])
			views[v]->done(app->states[v]);
	catalog_free(app->catalog);
	app_reopen_end(app);
	talk_done(&app->talk);
	keep_done(&app->keep);
	chats_done(&app->chats);
	history_close(app->history);
	for (size_t i = 0; i < app->n_models; i++)
		free(app->models[i]);
	free(app->models);
	keymap_done(&app->keys);
	editor_done(&app->prompt);
	attach_done(&app->attaches);
	line_done(&app->line);
	transcript_done(&app->transcript);
	grid_done(&app->grid);
	free(app->full.text);
	input_done(&app->input);
	buf_done(&app->note);
}

const struct view *
view_at(enum view_id id)
{
	return views[id];
}

const struct view *
app_view(const struct app *app)
{
	return views[app->view];
}

const char *
app_view_title(enum view_id v)
{
	return _(titles[v]);
}

enum view_id
app_view_of(enum action a)
{
	enum view_id v = 0;

	while (v < VIEW_COUNT && (a == ACTION_NONE || views[v]->open != a))
		v++;
	return v;
}

void *
app_state(const struct app *app, enum view_id v)
{
	return app->states[v];
}

void
app_close(struct app *app)
{
	if (app_view(app)->over)
		app->view = app->under[app->view];
}

void
app_need(struct app *app, enum view_id v)
{
	if (!app->states[v] && views[v]->make)
		app->states[v] = views[v]->make(app);
}

/* Is V the open view, or under it? */
static bool
stands(const struct app *app, enum view_id v)
{
	enum view_id at = app->view;

	while (at != v && views[at]->over)
		at = app->under[at];
	return at == v;
}

void
app_show(struct app *app, enum view_id v)
{
	if (views[v]->over && !stands(app, v))
		app->under[v] = app->view;
	app_need(app, v);
	app->view = v;
	if (views[v]->shown)
		views[v]->shown(app);
}

bool
app_download(struct app *app, const char *name, bool accepted, struct err *e)
{
	size_t at;

	app_need(app, VIEW_downloads);
	return downloads_add(downloads_of(app), app, name, accepted, &at, e);
}

/* ":download NAME", from anywhere. */
static enum did
download(struct app *app, const char *name)
{
	struct err e = {0};

	if (!name || !*name)
		return DID_NOT;
	if (app_download(app, name, false, &e))
		app_note(app, ROLE_dim, "%s is in the queue of downloads", name);
	else
		app_note(app, ROLE_warn, "%s", e.text);
	return DID_CHANGE;
}

struct catalog *
app_catalog(struct app *app, struct err *e)
{
	if (!app->catalog)
		app->catalog = models_open_catalog(app->config, e);
	return app->catalog;
}

/* What became of loading and of answers, for the log. */
static void
watch_talk(struct app *app)
{
	const struct talk *t = &app->talk;
	const struct turn *turn = t->n_turns ? t->turns[t->n_turns - 1] : NULL;
	enum talk_status before = app->status;

	app->status = t->status;
	if (before == t->status)
		return;
	if (t->status == TALK_FAILED)
		log_add(LOG_FAILED, "%s could not be opened: %s", t->name, t->err.text);
	else if (before == TALK_LOADING && t->status == TALK_READY)
		log_add(LOG_DONE, "%s is loaded", t->name);
	else if (t->status == TALK_READY && turn && turn->err.kind)
		log_add(LOG_FAILED, "the answer of %s failed: %s", t->name, turn->err.text);
	else if (t->status == TALK_READY && turn && turn->role == TURN_MODEL)
		log_add(LOG_DONE, "%s answered: %u tokens in %.1f s after %.2f s", t->name, (unsigned)t->stats.n_generated,
		    t->stats.generate_s, t->stats.first_s);
}

int
app_fds(const struct app *app, int fds[APP_FDS_MAX])
{
	int n = talk_fds(&app->talk, fds);

	if (app->reopen.snapshots)
		fds[n++] = snapshots_wake_fd(app->reopen.snapshots);
	n += clipboard_fds(&app->clipboard, fds + n);
	for (enum view_id v = 0; v < VIEW_COUNT; v++)
		if (views[v]->fds)
			n += views[v]->fds(app, fds + n);
	return n;
}

bool
app_poll(struct app *app)
{
	bool changed = talk_poll(&app->talk);

	changed |= clipboard_poll(&app->clipboard, app);
	watch_talk(app);
	changed |= app_reopen_poll(app);
	if (app->talk.pending && !app->talk.held)	/* it waited for that */
		changed |= talk_poll(&app->talk);
	chat_fit_poll(app);
	for (enum view_id v = 0; v < VIEW_COUNT; v++)
		if (views[v]->poll)
			changed |= views[v]->poll(app);
	return changed;
}

bool
app_busy(const struct app *app)
{
	bool busy = talk_busy(&app->talk) || clipboard_busy(&app->clipboard);

	for (enum view_id v = 0; v < VIEW_COUNT; v++)
		if (views[v]->busy)
			busy |= views[v]->busy(app);
	return busy;
}

double
app_due(const struct app *app)
{
	double first = app_reopen_due(app);

	for (enum view_id v = 0; v < VIEW_COUNT; v++) {
		double due = views[v]->due ? views[v]->due(app) : 0;

		if (due > 0 && (first <= 0 || due < first))
			first = due;
	}
	return first;
}

enum context
app_context(const struct app *app)
{
	return app->line.mode != LINE_CLOSED ? CONTEXT_line : app_view(app)->context(app);
}

void
app_note(struct app *app, enum role role, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, i18n_text(fmt), ap);
	va_end(ap);
	text[strlen(text) - utf8_incomplete_tail(text, strlen(text))] = '\0';
	buf_clear(&app->note);
	buf_add_str(&app->note, text);
	app->note_role = role;
	if (role == ROLE_warn || role == ROLE_bad)
		log_add(role == ROLE_bad ? LOG_FAILED : LOG_WARN, "%s", text);
}

enum did
app_tell(struct app *app, bool ok, const struct err *e)
{
	if (!ok)
		app_note(app, ROLE_warn, "%s", e->text);
	return DID_CHANGE;
}

bool
app_set_theme(struct app *app, const char *name, struct err *e)
{
	struct theme t;

	if (!theme_load(&t, name, app->config->config_dir, e))
		return false;
	app->theme = t;
	if (app->display)
		app->display->ops->set_theme(app->display, &app->theme, app->background);
	return true;
}

/* The theme after the current one in the list of all. */
static void
next_theme(struct app *app, struct buf *out)
{
	struct buf names = {0};
	const char *p, *next = NULL;
	size_t len = strlen(app->theme.name);

	theme_list(app->config->config_dir, &names);
	for (p = buf_str(&names); *p && !next; p += strcspn(p, "\n") + 1)
		if (strncmp(p, app->theme.name, len) == 0 && p[len] == '\n')
			next = p + len + 1;
	if (!next || !*next)
		next = buf_str(&names);
	buf_add(out, next, strcspn(next, "\n"));
	buf_done(&names);
}

static enum did
change_theme(struct app *app, const char *name)
{
	struct buf next = {0};
	struct err e = {0};

	if (!name || !*name)
		next_theme(app, &next);
	else
		buf_add_str(&next, name);
	if (app_set_theme(app, buf_str(&next), &e))
		app_note(app, ROLE_dim, "theme %s", app->theme.name);
	else
		app_note(app, ROLE_warn, "%s", e.text);
	buf_done(&next);
	return DID_CHANGE;
}

/* Once stops or clears; on an empty prompt with nothing to stop, twice leaves. */
static enum did
interrupt(struct app *app)
{
	if (talk_stop(&app->talk))
		return DID_CHANGE;
	if (app->view == VIEW_chat && app->prompt.text.len && !app->reading && !app->chats.focus) {
		editor_set(&app->prompt, "");
		app->editing = EDITING_NONE;
		return DID_CHANGE;
	}
	if (app->leaving) {
		app->quit = true;
		return DID_CHANGE;
	}
	app_note(app, ROLE_dim, "press it once more to leave");
	app->leaving = true;
	return DID_CHANGE;
}

bool
app_send(struct app *app, const char *text)
{
	struct err e = {0};
	bool ok = app->editing < app->talk.n_turns ? talk_ask_at(&app->talk, app->editing, text, &e) :
	    talk_ask(&app->talk, text, &e);

	if (ok)
		app->editing = EDITING_NONE;
	else if (app->talk.n_needed)
		chat_fit_ask(app, FULL_ASK, text);
	else
		app_note(app, ROLE_warn, "%s", e.text);
	return ok;
}

static enum did
act_everywhere(struct app *app, enum action a, const char *words)
{
	switch (a) {
	case ACTION_quit:
		app->quit = true;
		return DID_CHANGE;
	case ACTION_palette:
	case ACTION_command:
		line_open(&app->line, a == ACTION_palette ? LINE_PALETTE : LINE_COMMAND);
		return DID_CHANGE;
	case ACTION_interrupt:
		return interrupt(app);
	case ACTION_redraw:
		if (app->display)
			app->display->ops->redraw(app->display);
		return DID_CHANGE;
	case ACTION_suspend:
		app->suspend = true;
		return DID_CHANGE;
	case ACTION_mouse:
		app_set_mouse(app, !app->mouse);
		app_note(app, ROLE_dim, app->mouse ? "the mouse is minnow's: click and wheel; with Shift it selects text" :
		    _("the mouse is the terminal's"));
		return DID_CHANGE;
	case ACTION_bare:
		app->bare = app->display != NULL;
		return DID_CHANGE;
	case ACTION_download:
		return download(app, words);
	case ACTION_theme:
		return change_theme(app, words);
	default:
		if (app_view_of(a) == VIEW_COUNT)
			return DID_NOT;
		app_show(app, app_view_of(a));
		return DID_CHANGE;
	}
}

enum did
app_act(struct app *app, enum action a, const char *words)
{
	struct buf why = {0};
	enum did did = DID_CHANGE;

	app->words = words;
	if (!app_can(app, a, &why)) {
		app_note(app, ROLE_warn, "%s", buf_str(&why));
	} else {
		did = app_view(app)->act(app, a);
		if (did == DID_NOT)
			did = act_everywhere(app, a, words);
		/* What the open view does not know, the one under it may: ":clear" from help. */
		for (enum view_id v = app->view; did == DID_NOT && views[v]->over;) {
			v = app->under[v];
			did = views[v]->act(app, a);
		}
	}
	app->words = NULL;
	app->before = a;
	buf_done(&why);
	return did;
}

void
app_ask(struct app *app, const struct ask *ask, const char *text)
{
	app->ask = *ask;
	line_open(&app->line, LINE_ASK);
	editor_set(&app->line.editor, text);
}

void
app_ask_words(struct app *app, const struct ask *ask, const char *text)
{
	if (app->words && *app->words)
		ask->taken(app, app->words);
	else
		app_ask(app, ask, text);
}

void
app_choose(struct app *app, const struct ask *ask)
{
	app->ask = *ask;
	line_open(&app->line, LINE_CHOOSE);
}

static bool
asks(const struct line *l)
{
	return l->mode == LINE_ASK || l->mode == LINE_CHOOSE;
}

static void
end_ask(struct app *app, bool taken)
{
	const struct line_choice *chosen = line_chosen(&app->line);
	char *text = mem_dup(chosen ? chosen->key : buf_str(&app->line.editor.text));

	line_close(&app->line);
	app->ask.taken(app, taken ? text : NULL);
	free(text);
}

/* After the text of the line changed, by typing or otherwise. */
static void
line_changed(struct app *app, bool typed)
{
	struct line *l = &app->line;
	enum action a;

	if (typed)
		line_match(l);
	a = line_command(l);
	if (typed && l->mode == LINE_COMMAND) {
		struct buf offers = {0};

		if (a != ACTION_NONE)
			app_complete(app, a, &offers);
		line_offer(l, buf_str(&offers));
		buf_done(&offers);
	}
	if (asks(l) && app->ask.changed)
		app->ask.changed(app, buf_str(&l->editor.text));
	chat_list_line_changed(app);
}

static enum did
run_line(struct app *app)
{
	const char *words;
	enum line_mode mode = app->line.mode;
	enum action a = line_action(&app->line, &words);
	char *copy;
	enum did did;

	line_close(&app->line);
	if (mode > LINE_PALETTE)
		return chat_list_line_done(app, mode);
	copy = mem_dup(words);
	if (a == ACTION_NONE && app->line.editor.text.len)
		app_note(app, ROLE_warn, "there is no command \"%s\"", buf_str(&app->line.editor.text));
	did = a == ACTION_NONE ? DID_CHANGE : app_act(app, a, copy);
	free(copy);
	return did == DID_NOT ? DID_CHANGE : did;
}

static enum did
move_in_line(struct app *app, enum action a)
{
	struct line *l = &app->line;
	int step = a == ACTION_up ? -1 : 1;
	bool moved;

	if (a == ACTION_complete) {
		bool name = l->mode == LINE_COMMAND && line_command(l) == ACTION_NONE;

		moved = line_complete(l);
		line_changed(app, name);
	} else if (l->n_fits) {
		moved = line_take(l, step);
		line_changed(app, false);
	} else if (l->mode == LINE_ASK && app->ask.moves) {
		return app_view(app)->act(app, a);
	} else {
		moved = line_choose(l, step);
	}
	return moved ? DID_CHANGE : DID_NOTHING;
}

static enum did
act_line(struct app *app, enum action a)
{
	struct line *l = &app->line;
	size_t before = l->editor.text.len;
	bool changed;

	if (a == ACTION_send && asks(l)) {
		end_ask(app, true);
		return DID_CHANGE;
	}
	if (a == ACTION_send)
		return run_line(app);
	if (l->mode == LINE_FIND && (a == ACTION_up || a == ACTION_down))
		return chats_move(&app->chats, a == ACTION_up ? -1 : 1) ? DID_CHANGE : DID_NOTHING;
	if (a == ACTION_up || a == ACTION_down || a == ACTION_complete)
		return move_in_line(app, a);
	if (a == ACTION_back || a == ACTION_interrupt || a == ACTION_palette || (a == ACTION_delete_left && before == 0)) {
		if (asks(l)) {
			end_ask(app, false);
		} else {
			chat_list_line_left(app);
			line_close(l);
		}
		return DID_CHANGE;
	}
	if (!editor_act(&l->editor, a, &changed))
		return asks(l) && app_view_of(a) != VIEW_COUNT ? DID_NOTHING : act_everywhere(app, a, NULL);
	if (!changed)
		return DID_NOTHING;
	if (l->editor.text.len != before)
		line_changed(app, true);
	return DID_CHANGE;
}

enum did
app_text(struct app *app, const char *s, size_t n)
{
	if (app->line.mode != LINE_CLOSED) {
		if (!editor_insert(&app->line.editor, s, n))
			return DID_NOTHING;
		line_changed(app, true);
		return DID_CHANGE;
	}
	return app_view(app)->text ? app_view(app)->text(app, s, n) : DID_NOT;
}

enum did
app_key(struct app *app, struct key k)
{
	enum action a = keymap_find(&app->keys, app_context(app), k);
	bool noted = app->note.len > 0, was_leaving = app->leaving;
	enum did did;

	buf_clear(&app->note);
	if (a == ACTION_NONE && app->line.mode == LINE_CLOSED && app_view(app)->other_key && app_view(app)->other_key(app, k)) {
		did = DID_CHANGE;
	} else if (a == ACTION_NONE && key_text(k)) {
		char utf8[4];

		did = app_text(app, utf8, utf8_encode(utf8, key_text(k)));
	} else if (a == ACTION_NONE) {
		did = DID_NOT;
	} else if (app->line.mode != LINE_CLOSED) {
		did = act_line(app, a);
	} else {
		did = app_act(app, a, NULL);
	}
	if (was_leaving)
		app->leaving = false;
	return noted ? DID_CHANGE : did;
}
