/* Opening models and conversations, for both renderers; see app.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "tui/app.h"
#include "tui/cmd/models.h"
#include "tui/cmd/vet.h"
#include "tui/state/load.h"
#include "tui/state/snapshot.h"
#include "tui/view/chat_parts.h"

/* What opens the model again from another folder. */
static char *
lasting_name(const char *name)
{
	char *path = strcmp(name, RESOLVE_GUIDE) == 0 ? NULL : realpath(name, NULL);

	return path ? path : mem_dup(name);
}

/* What a new conversation with the model NAME begins with. */
static void
take_sampling(const struct app *app, const char *name, struct sampler_params *p)
{
	struct config c = *app->config;

	if (!app->temp_given)
		config_for_model(&c, name);
	config_sampling(&c, p);
}

/* The settings' draft model; the path stays empty where there is none. */
static void
find_draft(const struct config *c, struct vetted *v, struct err *why)
{
	if (!*c->chat_draft || speculate_find(c->chat_speculate) == SPECULATE_OFF || vet_find(c, c->chat_draft, v, why))
		return;
	log_add(LOG_WARN, "answers without a draft model (chat.draft): %s", why->text);
	vet_done(v);
}

void
app_open_model(struct app *app, const char *name)
{
	const struct config *c = app->config;
	struct load_options lo = {
		.engine = {.n_threads = (int)c->compute_threads, .isa = *c->compute_isa ? c->compute_isa : NULL},
		.session = {.n_ctx = (uint32_t)c->chat_context, .kv = kvtype_find(c->chat_kv),
		    .speculate = speculate_find(c->chat_speculate)},
		.measure = app->measures,
		.sound_file = c->sound_file,
	};
	struct talk_options o = {.name = name, .system = c->chat_system,
	    .max_tokens = (uint32_t)c->sampling_max_tokens, .think = think_find(c->chat_think),
	    .speculate = speculate_find(c->chat_speculate)};
	const char *slash = strrchr(name, '/');
	char *lasting = lasting_name(name);
	struct vetted v, draft = {0};
	struct err why = {0};
	struct load *load = NULL;

	if (slash && slash[1])
		o.name = slash + 1;
	take_sampling(app, name, &o.sampling);
	talk_init(&app->talk, &o);
	if (vet_find(c, name, &v, &why)) {
		lo.path = buf_str(&v.path);
		find_draft(c, &draft, &app->talk.no_draft);
		lo.draft = buf_str(&draft.path);
		lo.vouched = strcmp(name, RESOLVE_GUIDE) == 0;
		if (app->reopen.drains)			/* two models need not fit at once */
			lo.first = snapshots_drain;
		lo.arg = app->reopen.snapshots;
		load = load_start(&lo, &why);
		app->talk.badge = v.badge;
	}
	talk_open(&app->talk, load, &why);
	vet_done(&draft);
	vet_done(&v);
	free(app->keep.model);
	app->keep.model = lasting;
	app->models = mem_grow(app->models, app->n_models + 1, sizeof *app->models);
	app->models[app->n_models++] = mem_dup(lasting);
}

/* The machine's bandwidth is measured on the model's threads: a moment only. */
static void
wait_measured(struct talk *c)
{
	while (c->measuring) {
		struct pollfd p[2];
		int fds[2], n = talk_fds(c, fds);

		for (int i = 0; i < n; i++)
			p[i] = (struct pollfd){fds[i], POLLIN, 0};
		if (poll(p, (nfds_t)n, 2000) == 0)
			return;
		(void)talk_poll(c);
	}
}

/* Nothing is on its way that another model would come in between. */
static bool
may_replace(const struct app *app, struct err *e)
{
	const struct talk *c = &app->talk;

	if (c->load && !c->session && c->status != TALK_FAILED)
		return err_set(e, ERR_FAILED, "the model is still being loaded: a moment, please");
	return talk_is_free(c, e);
}

/* What was said is not taken over. */
static void
replace_model(struct app *app, const char *name)
{
	unsigned generation = app->talk.generation;
	double roof;

	wait_measured(&app->talk);
	roof = app->talk.roof;
	app->reopen.drains = app_reopen_retire(app);
	talk_done(&app->talk);
	app_open_model(app, name);
	app->talk.generation = generation + 2;		/* or layouts would take its turns for those before */
	app->talk.roof = roof;				/* of the machine, not of the model */
}

/* The model a conversation was held with; where it is gone, the one that is there goes on. */
static bool
take_model(struct app *app, const struct history_tree *t, struct err *e)
{
	const char *name = t->chat.model;
	struct buf path = {0};
	struct err why = {0};
	bool there;

	if (!name || !*name || (app->keep.model && strcmp(name, app->keep.model) == 0))
		return true;
	there = models_find(app->config, name, &path, &why);
	buf_done(&path);
	if (!there) {
		app_note(app, ROLE_warn, "its model is not here any more (%s): %s answers from now on", why.text, app->talk.name);
		return true;
	}
	if (!may_replace(app, e))
		return false;
	replace_model(app, name);
	return true;
}

bool
app_change_model(struct app *app, const char *name, struct err *e)
{
	if (!may_replace(app, e))
		return false;
	if (app->keep.model && strcmp(name, app->keep.model) == 0 && app->talk.status != TALK_FAILED)
		return app_new_chat(app, e);
	app_leave_chat(app);
	app_reopen_leave(app);
	if (!talk_clear(&app->talk, e))
		return false;
	keep_update(&app->keep, &app->talk);
	chat_set_prompt(app, keep_take_draft(&app->keep));
	replace_model(app, name);
	return true;
}

bool
app_switch_model(struct app *app, const char *name, struct err *e)
{
	struct sampler_params own = {0};
	struct talk said = {0};
	struct buf path = {0};
	bool as_model, there = models_find(app->config, name, &path, e);

	if (there && !fs_exists(buf_str(&path)))
		there = err_set(e, ERR_NOT_FOUND, "%s: is not there", name);
	buf_done(&path);
	if (!there || !may_replace(app, e))
		return false;
	keep_update(&app->keep, &app->talk);
	app_reopen_leave(app);
	take_sampling(app, app->keep.model, &own);
	as_model = memcmp(&own, &app->talk.sampling, sizeof own) == 0;
	talk_move_said(&said, &app->talk);
	replace_model(app, name);
	own = app->talk.sampling;
	talk_move_said(&app->talk, &said);
	talk_done(&said);
	/* A setting that nobody touched is the model's own. */
	if (as_model)
		app->talk.sampling = own;
	keep_settings(&app->keep, &app->talk);
	app_reopen_take(app);
	talk_reread(&app->talk);
	return true;
}

bool
app_open_chat(struct app *app, int64_t id, bool with_model, struct err *e)
{
	struct history_tree t;

	if (!app->history)
		return err_set(e, ERR_FAILED, "conversations are not kept");
	if (!talk_is_free(&app->talk, e) || !history_flush(app->history, e) || !history_read(app->history, id, &t, e))
		return false;
	app_reopen_leave(app);
	if (with_model && !take_model(app, &t, e)) {
		history_tree_done(&t);
		return false;
	}
	app_leave_chat(app);
	talk_set_system(&app->talk, t.chat.system);
	app->talk.wide = 0;
	keep_read_sampling(&app->talk, t.chat.sampling);
	keep_show(&app->keep, &app->talk, &t);
	history_tree_done(&t);
	chat_set_prompt(app, keep_take_draft(&app->keep));
	app->keep.changes++;
	app_reopen_take(app);
	return true;
}

bool
app_new_chat(struct app *app, struct err *e)
{
	const struct config *c = app->config;

	if (!talk_is_free(&app->talk, e))
		return false;
	app_leave_chat(app);
	app_reopen_leave(app);
	if (!talk_clear(&app->talk, e))
		return false;
	keep_update(&app->keep, &app->talk);
	chat_set_prompt(app, keep_take_draft(&app->keep));
	talk_set_system(&app->talk, c->chat_system);
	take_sampling(app, app->keep.model ? app->keep.model : c->chat_model, &app->talk.sampling);
	app->talk.max_tokens = (uint32_t)c->sampling_max_tokens;
	app->talk.think = think_find(c->chat_think);
	app->talk.wide = 0;
	return true;
}

/* What is being written stays with the conversation it was written in. */
void
app_leave_chat(struct app *app)
{
	struct buf text = {0};

	if (app->editing == EDITING_NONE) {
		chat_prompt_text(app, &text);
		keep_draft(&app->keep, buf_str(&text), text.len, true);
	}
	buf_done(&text);
	app->editing = EDITING_NONE;
}

bool
app_export(struct app *app, const char *path, struct err *e)
{
	struct history_tree t;
	bool ok = keep_read(&app->keep, &t, e);

	if (!ok)
		return false;
	ok = history_export(&t, path, e);
	history_tree_done(&t);
	return ok;
}
