/* minnow chat: the terminal UI, in a conversation with a model.  Chooses the renderer: a full screen, or
 * plain lines. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/cmd/chat.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/load.h"
#include "tui/cmd/models.h"
#include "tui/cmd/vet.h"
#include "tui/say.h"
#include "tui/state/apply.h"
#include "tui/state/history_import.h"
#include "tui/cmd/pull.h"
#include "tui/i18n.h"
#include "tui/state/load.h"
#include "tui/term/signals.h"
#include "tui/view/chat_parts.h"

struct chat_opts {
	const char *const *compared;	/* Compare comes first, with these; NULL: the conversation does */
	int n_compared;
	bool linear, last;
	const char *import;
	const char *system, *theme, *color, *kv, *speculate, *draft;
	double temp;
	int64_t seed, max_tokens, ctx, threads;
	bool unnamed;			/* plain "minnow": what was open last */
};

enum { NOT_GIVEN = -1 };

static const struct opt opts[] = {
	{"linear", 0, OPT_FLAG, NULL, N_("plain lines instead of a full screen"), offsetof(struct chat_opts, linear),
	    0, 0, NULL},
	{"last", 0, OPT_FLAG, NULL, N_("go on with the conversation that changed last"), offsetof(struct chat_opts, last), 0, 0,
	    NULL},
	{"import", 0, OPT_TEXT, "FILE", N_("take in conversations that were exported as JSON, by minnow or another program; open the first"),
	    offsetof(struct chat_opts, import), 0, 0, NULL},
	{"system", 's', OPT_TEXT, "TEXT", N_("system prompt"), offsetof(struct chat_opts, system), 0, 0, NULL},
	{"theme", 0, OPT_TEXT, "NAME", N_("colour theme"), offsetof(struct chat_opts, theme), 0, 0, NULL},
	{"color", 0, OPT_CHOICE, "WHEN", N_("how many colours to use"), offsetof(struct chat_opts, color), 0, 0,
	    "auto never 16 256 truecolor"},
	{"temp", 0, OPT_REAL, "T", N_("temperature; 0 always takes the most probable token"),
	    offsetof(struct chat_opts, temp), NOT_GIVEN, 10, NULL},
	{"seed", 0, OPT_INT, "N", N_("the same seed gives the same answer"), offsetof(struct chat_opts, seed), NOT_GIVEN,
	    9e15, NULL},
	{"max-tokens", 'n', OPT_INT, "N", N_("longest answer"), offsetof(struct chat_opts, max_tokens), NOT_GIVEN,
	    1048576, NULL},
	{"ctx", 'c', OPT_INT, "N", N_("positions of the context window"), offsetof(struct chat_opts, ctx), NOT_GIVEN,
	    1048576, NULL},
	{"kv", 0, OPT_CHOICE, "TYPE", N_("format of the key and value cache"), offsetof(struct chat_opts, kv), 0, 0,
	    "f32 f16 q8_0"},
	{"speculate", 0, OPT_CHOICE, "WHEN", N_("guess coming tokens and check them together, where that is faster: auto or off"),
	    offsetof(struct chat_opts, speculate), 0, 0, "auto off"},
	{"draft", 0, OPT_TEXT, "MODEL", N_("a small model with the same vocabulary that guesses"),
	    offsetof(struct chat_opts, draft), 0, 0, NULL},
	{"threads", 't', OPT_INT, "N", N_("compute threads"), offsetof(struct chat_opts, threads), NOT_GIVEN, 1024, NULL},
	{0},
};

static void
defaults(void *p)
{
	struct chat_opts *o = p;

	o->temp = o->seed = o->max_tokens = o->ctx = o->threads = NOT_GIVEN;
	o->temp = NOT_GIVEN;
}

/* Options go over the settings. */
static void
merge(struct config *c, const struct chat_opts *o)
{
	c->ui_linear |= o->linear;
	c->chat_system = o->system ? o->system : c->chat_system;
	c->ui_theme = o->theme ? o->theme : c->ui_theme;
	/* --color beats the file, the file beats NO_COLOR. */
	if (o->color)
		c->ui_color = o->color;
	else if (c->no_color && strcmp(c->ui_color, "auto") == 0)
		c->ui_color = "never";
	c->chat_kv = o->kv ? o->kv : c->chat_kv;
	c->chat_speculate = o->speculate ? o->speculate : c->chat_speculate;
	c->chat_draft = o->draft ? o->draft : c->chat_draft;
	c->sampling_temp = o->temp >= 0 ? o->temp : c->sampling_temp;
	c->sampling_seed = o->seed >= 0 ? o->seed : c->sampling_seed;
	c->sampling_max_tokens = o->max_tokens >= 0 ? o->max_tokens : c->sampling_max_tokens;
	c->chat_context = o->ctx >= 0 ? o->ctx : c->chat_context;
	c->compute_threads = o->threads >= 0 ? o->threads : c->compute_threads;
}

/* Where merge() changed a value, the Settings view says so. */
static void
merge_and_tell(struct config *c, const struct chat_opts *o)
{
	struct config before = *c;

	merge(c, o);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		struct buf was = {0}, is = {0};

		setting_add_value(&before, setting_at(i), &was);
		setting_add_value(c, setting_at(i), &is);
		if (strcmp(buf_str(&was), buf_str(&is)) != 0)
			c->from[i] = (struct config_from){.source = CONFIG_OPTION};
		buf_done(&was);
		buf_done(&is);
	}
}

/* A file that cannot be used is a sentence for the person; the conversations of this time are in memory then. */
static void
open_history(struct app *app, const struct config *c)
{
	struct buf path = {0};
	struct err e = {0};

	if (c->history_save && *c->data_dir) {
		fs_join(&path, c->data_dir, "history.db");
		app->history = history_open(buf_str(&path), &e);
		if (!app->history)
			app_note(app, ROLE_warn, "conversations are not saved: %s", e.text);
		buf_done(&path);
	}
	if (!app->history)
		app->history = history_open(NULL, &e);
	app->keep.history = app->history;
}

/* Settings that were given are of a new conversation. */
static bool
goes_on(const struct chat_opts *o)
{
	return o->unnamed && !o->system && o->temp < 0 && o->seed < 0 && o->max_tokens < 0;
}

static bool
import(struct app *app, const char *path, int64_t *chat, struct err *e)
{
	struct history_imported i;
	struct buf told = {0};

	if (!history_import_file(app->history, path, &i, e))
		return false;
	*chat = i.chat;
	history_imported_tell(&i, path, &told);
	if (i.chats > 1 || i.left_out)
		app_note(app, ROLE_good, "%s", buf_str(&told));
	buf_done(&told);
	return true;
}

/* The conversation that is to be open at once; 0: a new one. */
static bool
find_first(struct app *app, const struct chat_opts *o, int64_t *chat, struct err *e)
{
	*chat = 0;
	if (!o->last && !o->import && (!app->history || !goes_on(o)))
		return true;
	if (!app->history)
		return err_set(e, ERR_USAGE, "%s needs a terminal to chat in", o->last ? "--last" : "--import");
	if (o->import)
		return import(app, o->import, chat, e);
	*chat = history_last(app->history);
	return *chat || !o->last || err_set(e, ERR_NOT_FOUND, "there is no conversation yet");
}

/* A file that nobody met before is met while questions can be asked.  One that cannot be opened is a state of the chat,
 * with its reason. */
static bool
open_model(struct app *app, const char *name, struct err *e)
{
	struct vetted v;
	struct err why = {0};

	if (vet_find(app->config, name, &v, &why) && !vet_meet(app->config, &v, &why) && why.kind == ERR_CANCELLED)
		*e = why;
	vet_done(&v);
	if (why.kind == ERR_CANCELLED)
		return false;
	app_open_model(app, name);
	return true;
}

/* Whoever set chat.model gets that one. */
static bool
is_set_otherwise(const struct config *c, const char *model)
{
	char *path;
	bool other;

	if (c->from[SETTING_chat_model].source == CONFIG_DEFAULT || !model || strcmp(model, c->chat_model) == 0)
		return false;
	path = realpath(c->chat_model, NULL);
	other = !path || strcmp(path, model) != 0;
	free(path);
	return other;
}

/* With its own model, when that is there and no other was asked for.  One that nobody asked for stands back. */
static bool
open_with_chat(struct app *app, int64_t chat, const char *given, bool asked, struct err *e)
{
	const struct config *c = app->config;
	struct history_tree t = {0};
	struct buf path = {0};
	struct err why = {0};
	bool ok, own, shows = history_read(app->history, chat, &t, &why);

	if (!shows && asked) {
		*e = why;
		return false;
	}
	if (!shows)
		app_note(app, ROLE_warn, "%s", why.text);
	if (!asked && is_set_otherwise(c, t.chat.model))
		shows = false;
	own = shows && !given && t.chat.model && *t.chat.model && models_find(c, t.chat.model, &path, &why);
	if (shows && !given && t.chat.model && *t.chat.model && !own)
		app_note(app, ROLE_warn, "its model is not here any more (%s)", why.text);
	ok = open_model(app, own ? t.chat.model : given ? given : c->chat_model, e);
	history_tree_done(&t);
	buf_done(&path);
	return ok && (!shows || app_open_chat(app, chat, false, e));
}

static bool
open_first(struct app *app, int64_t chat, const char *given, bool asked, struct err *e)
{
	return chat ? open_with_chat(app, chat, given, asked, e) :
	    open_model(app, given ? given : app->config->chat_model, e);
}

/* The first line of what the configuration file got wrong is shown, without the folder; all of it goes to
 * standard error when leaving. */
static void
show_warnings(struct app *app)
{
	const char *s = buf_str(&app->config->warnings);
	size_t dir = strlen(app->config->config_dir);

	if (strncmp(s, app->config->config_dir, dir) == 0 && s[dir] == '/')
		s += dir + 1;
	/* The note itself is logged too. */
	for (const char *p = s + strcspn(s, "\n"); *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (*p != '\n')
			log_add(LOG_WARN, "%.*s", (int)strcspn(p, "\n"), p);
	if (*s)
		app_note(app, ROLE_warn, "%.*s", (int)strcspn(s, "\n"), s);
}

static bool
run_screen(struct app *app, const struct config *c, struct err *e)
{
	static const char ask_background[] = "\x1b]11;?\x1b\\", ask_sync[] = "\x1b[?2026$p";
	struct display *d = term_curses_open(c->term, c->ui_color, c->colorterm, e);
	bool ok;

	if (!d)
		return false;
	app->display = d;
	ok = apply_looks(app, e);
	apply_mouse(app);
	if (ok) {
		if (app->background == BACKGROUND_UNKNOWN && d->depth != DEPTH_MONO &&
		    strcmp(c->term, "linux") != 0)
			d->ops->send(d, ask_background, strlen(ask_background));
		if (strcmp(c->term, "linux") != 0)	/* the console would show part of it */
			d->ops->send(d, ask_sync, strlen(ask_sync));
		if (strcmp(c->term, "linux") != 0 && d->utf8)
			d->ops->send(d, probe_question, strlen(probe_question));
		show_warnings(app);
		say_to_log(true);
		ok = app_run(app, d, e);
		say_to_log(false);
	}
	d->ops->close(d);
	app->display = NULL;
	return ok;
}

/* As if they had been marked in Explore. */
static void
show_compare(struct app *app, const struct chat_opts *o)
{
	struct explore *x = &app->explore;

	for (int i = 0; i < o->n_compared && x->n_picked < EXPLORE_PICKED_MAX; i++) {
		x->picked = mem_grow(x->picked, x->n_picked + 1, sizeof *x->picked);
		x->picked[x->n_picked++] = mem_dup(o->compared[i]);
	}
	app_show(app, VIEW_compare);
}

static bool
run_app(struct app *app, struct config *c, const char *model, const struct chat_opts *o, struct err *e)
{
	bool in = isatty(STDIN_FILENO), out = isatty(STDOUT_FILENO);
	struct err why = {0};
	bool screen = in && out && !c->ui_linear && term_can_draw(c->term, &why);
	int64_t chat;
	bool ok;

	/* Whoever asks for plain lines gets a conversation, also from a file. */
	in |= o->linear;
	keymap_configure(&app->keys, c->binds, c->n_binds, c->file, &c->warnings);
	app->measures = screen;
	app->temp_given = o->temp >= 0;
	if (in)				/* one question of a pipe is no conversation */
		open_history(app, c);
	app_reopen_begin(app);
	if (!find_first(app, o, &chat, e) || !open_first(app, chat, model, o->last || o->import, e))
		return false;
	if (screen)
		chat_set_prompt(app, keep_take_draft(&app->keep));
	if (o->compared)
		show_compare(app, o);
	ok = screen ? run_screen(app, c, e) : term_linear_run(app, STDIN_FILENO, in, e);
	if (c->warnings.len)
		say_lines(c->warnings.data);
	return ok;
}

/* A draft model that was asked for is there, and met; one that is only set may be missing. */
static bool
meet_draft(const struct config *c, const struct chat_opts *o, struct err *e)
{
	struct buf path = {0};
	bool ok = !o->draft || !*o->draft || load_find(c, o->draft, true, &path, e);

	buf_done(&path);
	return ok;
}

static bool
start(const char *model, const struct chat_opts *o, struct err *e)
{
	struct config c;
	struct app app;
	int sig = 0;
	bool ok = config_load(&c, e);

	if (ok) {
		setlocale(LC_CTYPE, "");
		merge_and_tell(&c, o);
		ok = (!model || pull_offer(model, e)) && meet_draft(&c, o, e);
		if (ok) {
			app_init(&app, &c);
			ok = run_app(&app, &c, model, o, e);
			sig = app.quit_signal;
			app_done(&app);
		}
	}
	config_done(&c);
	if (sig)
		signals_end_by(sig);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct chat_opts *o = call->opts;

	o->unnamed = call->unnamed;
	return start(call->n_args ? call->args[0] : NULL, o, e);
}

bool
chat_compare(const char *const *specs, int n, struct err *e)
{
	struct chat_opts o = {.compared = specs, .n_compared = n};

	defaults(&o);
	return start(NULL, &o, e);
}

const struct cmd cmd_chat = {
	.name = "chat",
	.args = "[MODEL]",
	.summary = N_("chat with a model in the terminal (the guide when none is named)"),
	.details = N_("MODEL is a name, or the path of a GGUF file or of a directory as Hugging Face publishes it. With "
	    "standard input or output redirected, with --linear or with ACCESSIBLE=1 it works in plain lines: what is piped in is one question, and only the answer is "
	    "printed; with --linear each line is taken as if it were typed. In the full screen, ? lists every key. Conversations are saved as they grow, unless history.save is "
	    "false: Ctrl-O lists them."),
	.opts = opts,
	.opts_size = sizeof(struct chat_opts),
	.defaults = defaults,
	.max_args = 1,
	.run = run,
};
