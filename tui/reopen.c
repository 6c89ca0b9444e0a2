/* When the state of a conversation is written to disk and when it is read back (state/snapshot.h), so that one that is
 * opened again goes on at once; see app.h.  Nothing here is needed for a right answer. */
#include "tui/app.h"
#include "tui/i18n.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "tui/state/snapshot.h"
#include "tui/version.h"

/* An answer is followed by a question soon, or not for a while. */
#define QUIET_S 3.0
/* What is read again within this is not worth a file … */
#define WORTH_S 0.5
/* … nor what is read from a disk hardly faster than by the model. */
#define DISK_BYTES_S 5e8
/* A person who leaves waits this long at most. */
#define LEAVE_S 2.0
enum { WORTH_TOKENS = 256 };

void
reopen_folder(const struct config *c, struct buf *out)
{
	fs_join(out, c->cache_dir, "state");
}

void
app_reopen_begin(struct app *app)
{
	const struct config *c = app->config;
	struct buf dir = {0};
	struct err e = {0};

	if (!app->history || !history_is_kept(app->history) || !*c->cache_dir)
		return;
	reopen_folder(c, &dir);
	app->reopen.snapshots = snapshots_open(buf_str(&dir), (uint64_t)c->history_cache * 1000000, &e);
	if (!app->reopen.snapshots)
		log_add(LOG_WARN, "the state of conversations is not kept: %s", e.text);
	buf_done(&dir);
}

void
app_reopen_budget(struct app *app)
{
	if (app->reopen.snapshots)
		snapshots_set_budget(app->reopen.snapshots, (uint64_t)app->config->history_cache * 1000000);
}

/* Of which model and program the state is: what the file itself does not tell. */
static uint64_t
origin(const struct app *app)
{
	const struct config *c = app->config;
	struct buf b = {0};
	uint64_t h;

	buf_printf(&b, "%s\n%s\n%s", MINNOW_VERSION, c->compute_isa, app->keep.model ? app->keep.model : "");
	h = hash_bytes(b.data, b.len);
	buf_done(&b);
	return h;
}

/* Whose timeline the session has: that of the conversation that asked last. */
static void
note_owner(struct app *app)
{
	struct reopen *r = &app->reopen;
	const struct talk *c = &app->talk;
	double rate = talk_prompt_rate(c);

	if (c->n_requests != r->n_owned && app->keep.chat) {
		r->n_owned = c->n_requests;
		if (r->chat != app->keep.chat)
			r->n_saved = 0;
		r->chat = app->keep.chat;
	}
	/* A prompt of a few tokens says little about a long one. */
	if (rate > r->rate && c->status == TALK_READY && c->stats.n_prompt - c->stats.n_reused >= 16)
		r->rate = rate;
}

/* Whoever asks meanwhile waits. */
static void
hold(struct app *app)
{
	app->talk.held = app->reopen.n_held > 0 || app->reopen.wanted;
}

static bool
is_worth(const struct app *app, uint32_t n, uint64_t bytes)
{
	/* The models of screen tests are too small for any of this to be. */
	if (*app->config->sync)
		return n > 0;
	return n >= WORTH_TOKENS &&
	    (app->reopen.rate <= 0 || n / app->reopen.rate >= WORTH_S + (double)bytes / DISK_BYTES_S);
}

/* Write the state of the conversation that is open, if it is there and not on disk.  QUIET: only when much is new, so that
 * a conversation that grows to N tokens is written a few times, not N. */
static void
save(struct app *app, bool quiet)
{
	struct reopen *r = &app->reopen;
	struct talk *c = &app->talk;
	uint32_t n, many;

	if (!r->snapshots || app->config->history_cache == 0 || !c->session || c->held ||
	    c->status != TALK_READY)
		return;
	note_owner(app);
	n = session_n_past(c->session);
	many = r->n_saved / 4 > WORTH_TOKENS ? r->n_saved / 4 : WORTH_TOKENS;
	if (!r->chat || r->chat != app->keep.chat || n == r->n_saved ||
	    (quiet && r->n_saved && n < r->n_saved + many) || !is_worth(app, n, session_cache_bytes(c->session)))
		return;
	snapshots_save(r->snapshots, c->session, r->chat, origin(app), quiet);
	r->n_held++;
	hold(app);
}

void
app_reopen_leave(struct app *app)
{
	note_owner(app);			/* also of a request that still runs: what follows has another owner */
	save(app, false);
}

static bool
is_wide(const struct app *app)
{
	const struct talk *c = &app->talk;

	return c->model && c->wide > c->n_ctx && c->n_ctx < model_info(c->model)->n_ctx_train;
}

/* The window it had, and what the model has read of it. */
static void
read_back(struct app *app)
{
	struct reopen *r = &app->reopen;
	struct talk *c = &app->talk;
	int64_t chat = r->wanted;
	struct err e = {0};

	r->wanted = 0;
	hold(app);
	if (is_wide(app)) {
		uint32_t most = model_info(c->model)->n_ctx_train;

		if (!talk_widen(c, c->wide < most ? c->wide : most, kvtype_find(app->config->chat_kv), &e))
			log_add(LOG_WARN, "the context of the conversation stays at %u positions: %s", c->n_ctx, e.text);
	}
	if (!r->snapshots || chat != app->keep.chat || r->chat == chat || !snapshots_has(r->snapshots, chat, origin(app)))
		return;
	snapshots_read(r->snapshots, c->session, chat, origin(app));
	r->n_held++;
	hold(app);
}

/* What has to wait for the model, or for a save that is under way, is done by app_reopen_poll(). */
static void
read_when_ready(struct app *app)
{
	const struct talk *c = &app->talk;

	if (app->reopen.wanted && c->session && c->status == TALK_READY && (!app->reopen.n_held || !is_wide(app)))
		read_back(app);
}

void
app_reopen_take(struct app *app)
{
	struct reopen *r = &app->reopen;
	const struct talk *c = &app->talk;

	note_owner(app);
	r->wanted = 0;
	if (app->keep.chat && r->chat != app->keep.chat && (c->wide > c->n_ctx ||
	    (r->snapshots && snapshots_has(r->snapshots, app->keep.chat, origin(app)))))
		r->wanted = app->keep.chat;
	hold(app);
	read_when_ready(app);
}

void
app_reopen_forget(struct app *app, int64_t chat)
{
	if (app->reopen.snapshots)
		snapshots_forget(app->reopen.snapshots, chat);
	if (app->reopen.chat == chat)
		app->reopen.chat = 0;
}

bool
app_reopen_retire(struct app *app)
{
	struct reopen *r = &app->reopen;
	struct session *session;
	struct model *model;
	struct engine *engine;

	save(app, false);
	r->n_stale += r->n_held;
	r->n_held = 0;
	r->wanted = r->chat = 0;
	r->n_owned = 0;
	r->rate = 0;
	r->quiet_s = 0;
	if (!r->n_stale)
		return false;
	talk_take_model(&app->talk, &session, &model, &engine);
	snapshots_retire(r->snapshots, session, model, engine);
	return true;
}

static void
take_event(struct app *app, const struct snapshot_event *ev)
{
	struct reopen *r = &app->reopen;
	double mb = (double)ev->bytes * 1e-6;
	bool stale = r->n_stale > 0;

	if (ev->ok)
		log_add(LOG_DONE, ev->kind == SNAPSHOT_READ ?
		    N_("the conversation goes on at once: the state of %u tokens (%.1f MB) was read in %.2f s") :
		    N_("the state of the conversation, %u tokens (%.1f MB), was written in %.2f s"), ev->n_tokens, mb, ev->seconds);
	else if (ev->err.kind != ERR_CANCELLED && ev->err.kind != ERR_NOT_FOUND)
		log_add(LOG_WARN, ev->kind == SNAPSHOT_READ ? N_("the conversation is read anew with the next question: %s") :
		    N_("the state of the conversation is not kept: %s"), ev->err.text);
	if (stale) {			/* of the model before */
		r->n_stale--;
		return;
	}
	r->n_held--;
	if (ev->kind == SNAPSHOT_READ && ev->ok)
		r->chat = ev->chat;
	/* What cannot be written is not tried again and again. */
	if (ev->chat == r->chat && (ev->ok || (ev->kind == SNAPSHOT_SAVED && ev->err.kind != ERR_CANCELLED)))
		r->n_saved = ev->n_tokens;
}

bool
app_reopen_poll(struct app *app)
{
	struct reopen *r = &app->reopen;
	struct talk *c = &app->talk;
	struct snapshot_event ev;
	bool changed = false;

	note_owner(app);
	if (r->snapshots && c->pending)
		snapshots_yield(r->snapshots);
	while (r->snapshots && snapshots_next(r->snapshots, &ev)) {
		take_event(app, &ev);
		changed = true;
	}
	hold(app);
	read_when_ready(app);
	if (talk_running(c)) {
		r->quiet_s = 0;
	} else if (r->n_quiet != c->n_requests) {
		r->n_quiet = c->n_requests;
		r->quiet_s = c->n_requests ? clock_s() + QUIET_S : 0;
	} else if (r->quiet_s > 0 && clock_s() >= r->quiet_s) {
		r->quiet_s = 0;
		save(app, true);
	}
	return changed;
}

double
app_reopen_due(const struct app *app)
{
	return app->reopen.snapshots ? app->reopen.quiet_s : 0;
}

/* A model that is still being loaded waits for what is left to do, on a thread nobody can end: then the end of the process
 * takes all of it. */
static struct snapshots *abandoned;

void
app_reopen_end(struct app *app)
{
	struct reopen *r = &app->reopen;

	if (!r->snapshots)
		return;
	save(app, false);
	snapshots_finish(r->snapshots, LEAVE_S);
	if (app->talk.load)
		abandoned = r->snapshots;
	else
		snapshots_close(r->snapshots);
	r->snapshots = NULL;
}
