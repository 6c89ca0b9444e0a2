/* Downloads from Explore: what one brings is found out and told first, and done when the person says so; see explore.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/pull.h"
#include "tui/app.h"
#include "tui/cmd/fetching.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"

/* ---- finding out ---- */

struct offer_job {
	struct job job;
	const struct config *config;
	const struct catalog *catalog;
	uint64_t memory_bytes;
	char *name;
	struct pull_plan *plan;
};

static void
run_offer(struct job *job)
{
	struct offer_job *j = (struct offer_job *)job;
	struct pull_from from = {.catalog = j->catalog, .memory_bytes = j->memory_bytes, .offline = j->config->network_offline,
	    .fetch = fetching_options(j->config, jobs_cancelled(job->jobs))};
	struct store *s = NULL;

	j->plan = mem_new0(1, sizeof *j->plan);
	if (models_open_store(j->config, true, &s, &job->err)) {
		from.store = s;
		job->ok = pull_plan_make(j->plan, &from, j->name, &job->err);
	}
	store_close(s);
}

void
explore_drop_offer(struct explore *x)
{
	if (x->pull)
		pull_plan_done(x->pull);
	free(x->pull);
	x->pull = NULL;
}

static void
add_question(const struct app *app, struct buf *out, const struct pull_plan *p)
{
	buf_printf(out, _("Download %s"), p->name);
	if (pull_plan_bytes_left(p)) {
		buf_add_str(out, ", ");
		models_add_size(out, pull_plan_bytes_left(p));
		buf_add_str(out, p->has_unknown ? _(" and more") : "");
	}
	if (p->must_accept)
		buf_printf(out, _(", and accept its licence, %s (%s tells of it)"),
		    p->entry->license ? p->entry->license : _("which is not known"), app->display ? "l" : ":licence");
	buf_add_str(out, "?");
	if (p->is_gated)
		buf_add_str(out, _(" The hub wants you to agree there first."));
	for (const char *c = buf_str(&p->changes); *c; c += strcspn(c, "\n") + (c[strcspn(c, "\n")] == '\n'))
		buf_printf(out, _(" Changed since: %.*s."), (int)strcspn(c, "\n"), c);
}

static void
take_offer(struct job *job, void *ctx)
{
	struct offer_job *j = (struct offer_job *)job;
	struct app *app = ctx;
	struct explore *x = &app->explore;
	struct buf text = {0};

	if (!job->ok) {
		app_note(app, ROLE_warn, "%s", job->err.text);
		return;
	}
	if (pull_plan_is_done(j->plan)) {
		app_note(app, ROLE_good, "%s is on this machine", j->name);
		explore_look(x);
		return;
	}
	explore_drop_offer(x);
	x->pull = j->plan;
	j->plan = NULL;
	x->ask = EXPLORE_ASK_DOWNLOAD;
	add_question(app, &text, x->pull);
	explore_add_yes(app, ACTION_download, &text);
	app_note(app, x->pull->must_accept ? ROLE_warn : ROLE_text, "%s", buf_str(&text));
	buf_done(&text);
}

static void
free_offer(struct job *job)
{
	struct offer_job *j = (struct offer_job *)job;

	if (j->plan)
		pull_plan_done(j->plan);
	free(j->plan);
	free(j->name);
	free(j);
}

bool
explore_offer(struct explore *x, const struct explore_node *n, struct err *e)
{
	struct offer_job *j;
	struct buf name = {0};

	if (!x->catalog || !x->knows_here)
		return err_set(e, ERR_FAILED, "a moment: this machine is still being looked at");
	if (!n || !explore_add_name(x, n, &name))
		return err_set(e, ERR_USAGE, "mark a model or a file first");
	if (n->local || n->where == EXPLORE_HERE || n->where == EXPLORE_ELSEWHERE)
		err_set(e, ERR_USAGE, "%s is on this machine", buf_str(&name));
	else if (n->kind == EXPLORE_FILE && n->file->role != ENTRY_WEIGHTS)
		err_set(e, ERR_USAGE, "mark a file of weights: minnow pull --projector or --draft brings the others along");
	else if (!n->file)
		err_set(e, ERR_NOT_FOUND, "there is no file of %s that could be downloaded", buf_str(&name));
	else {
		if (n->kind == EXPLORE_MODEL && n->file)	/* the one whose size is shown */
			explore_add_format(n, &name);
		j = mem_new0(1, sizeof *j);
		j->job = (struct job){.run = run_offer, .done = take_offer, .free = free_offer};
		j->config = x->config;
		j->catalog = x->catalog;
		j->memory_bytes = x->machine.memory_bytes;
		j->name = buf_take(&name);
		jobs_add(x->fetches, &j->job);
		return true;
	}
	buf_done(&name);
	return false;
}

/* ---- doing it ---- */

/* Into the queue of downloads: the person has seen the licence and agreed. */
bool
explore_download(struct app *app, struct err *e)
{
	struct explore *x = &app->explore;
	bool ok;

	if (!x->pull)
		return err_set(e, ERR_USAGE, "mark a model or a file first");
	ok = app_download(app, x->pull->name, true, e);
	if (ok)
		app_note(app, ROLE_dim, "%s is in the queue of downloads", x->pull->name);
	explore_drop_offer(x);
	return ok;
}
