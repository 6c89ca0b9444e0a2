/* Reading what there is to explore, beside the UI; see explore.h. */
#define _GNU_SOURCE
#include "tui/state/explore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "registry/badge.h"
#include "registry/kept.h"
#include "registry/resolve.h"
#include "tui/app.h"
#include "tui/cmd/models.h"
#include "tui/forecast.h"
#include "tui/i18n.h"
#include "tui/registries.h"

/* ---- the registries ---- */

struct open_job {
	struct job job;
	const struct config *config;
	struct explore found;		/* catalog, search, models, warnings */
};

static void
run_open(struct job *job)
{
	struct open_job *j = (struct open_job *)job;

	j->found.catalog = registries_open_catalog_quietly(j->config, &j->found.warnings, &j->found.warnings,
	    &job->err);
	if (!j->found.catalog)
		return;
	j->found.search = search_new(j->found.catalog);
	explore_order(&j->found);
	job->ok = true;
}

static void
take_open(struct job *job, void *ctx)
{
	struct explore *x = &((struct app *)ctx)->explore, *found = &((struct open_job *)job)->found;

	if (!job->ok) {
		x->err = job->err;
		return;
	}
	x->catalog = found->catalog;
	x->search = found->search;
	x->models = found->models;
	x->n_models = found->n_models;
	x->warnings = found->warnings;
	*found = (struct explore){0};
	explore_build(x);
	if (x->warnings.len)
		app_note(ctx, ROLE_warn, "%.*s", (int)strcspn(x->warnings.data, "\n"), x->warnings.data);
}

static void
free_open(struct job *job)
{
	struct open_job *j = (struct open_job *)job;

	search_free(j->found.search);
	free(j->found.models);
	catalog_free(j->found.catalog);
	buf_done(&j->found.warnings);
	free(j);
}

/* ---- this machine ---- */

struct look_job {
	struct job job;
	const struct config *config;
	const struct catalog *catalog;	/* of the explore state, which outlives the thread's work */
	struct explore_here here;
	struct machine machine;
	bool measure;			/* that alone */
};

static struct explore_local *
add_local(struct explore_here *h)
{
	h->locals = mem_grow(h->locals, h->n_locals + 1, sizeof *h->locals);
	h->locals[h->n_locals] = (struct explore_local){0};
	return &h->locals[h->n_locals++];
}

static void
add_guide(struct explore_here *h)
{
	struct buf path = {0};
	struct explore_local *l;
	struct stat st;

	if (resolve_guide(&path, NULL) && stat(buf_str(&path), &st) == 0) {
		l = add_local(h);
		l->name = mem_dup(RESOLVE_GUIDE);
		l->from = mem_dup(_("part of minnow"));
		l->size = (uint64_t)st.st_size;
	}
	buf_done(&path);
}

static bool
has_folder(const struct catalog *c, const char *folder)
{
	struct buf own = {0};
	bool found = false;

	for (size_t i = 0; !found && catalog_model_at(c, i); i++) {
		buf_clear(&own);
		badge_folder(&own, catalog_model_at(c, i)->registry, catalog_model_at(c, i)->entry.id);
		found = strcmp(buf_str(&own), folder) == 0;
	}
	buf_done(&own);
	return found;
}

static bool
is_weights(const char *file)
{
	size_t n = strlen(file);

	return (n > 5 && strcmp(file + n - 5, ".gguf") == 0);
}

/* Downloads of models that no registry has (any more). */
static void
add_downloads(struct explore_here *h, const struct catalog *c)
{
	for (size_t i = 0; i < h->store.n; i++) {
		const struct store_file *f = &h->store.files[i];
		struct explore_local *l;
		struct buf name = {0};

		if (!is_weights(f->file) || has_folder(c, f->model))
			continue;
		buf_printf(&name, "%s:%s", f->model, f->file);
		l = add_local(h);
		l->name = buf_take(&name);
		l->folder = mem_dup(f->model);
		l->file = mem_dup(f->file);
		l->from = mem_dup(_("downloaded"));
		l->size = f->seen.size;
	}
}

static void
add_adopted(struct explore_here *h, const struct catalog *c)
{
	for (size_t i = 0; i < h->adopted.n; i++) {
		const struct adopt_model *a = &h->adopted.models[i];
		struct explore_local *l;

		if (adopt_catalog_file(c, a, NULL))
			continue;
		l = add_local(h);
		l->name = mem_dup(a->name);
		l->from = mem_dup(adopt_kind_title(a->kind));
		l->size = a->size;
	}
}

static void
run_look(struct job *job)
{
	struct look_job *j = (struct look_job *)job;
	struct store *s = NULL;
	struct buf root = {0};

	if (j->measure) {
		j->machine.roof = forecast_bandwidth(j->config);
		return;
	}
	machine_look(&j->machine, j->config);
	add_guide(&j->here);
	job->ok = models_open_store(j->config, false, &s, &job->err) && (!s || store_list(s, &j->here.store, &job->err));
	if (models_store_dir(j->config, &root, NULL) &&
	    !adopt_index_load(&j->here.adopted, buf_str(&root), job->ok ? &job->err : NULL))
		job->ok = false;
	if (j->catalog) {
		add_downloads(&j->here, j->catalog);
		add_adopted(&j->here, j->catalog);
	}
	buf_done(&root);
	store_close(s);
}

static void
take_look(struct job *job, void *ctx)
{
	struct look_job *j = (struct look_job *)job;
	struct explore *x = &((struct app *)ctx)->explore;
	struct explore_here old = x->here;

	if (j->measure) {
		x->machine.roof = j->machine.roof;
		x->version++;
		return;
	}
	if (j->machine.roof > 0)
		x->wants_roof = false;
	else
		j->machine.roof = x->machine.roof;
	x->machine = j->machine;
	x->here = j->here;
	x->knows_here = true;
	j->here = (struct explore_here){0};
	explore_build(x);
	explore_here_done(&old);
	if (!job->ok)
		app_note(ctx, ROLE_warn, "%s", job->err.text);
}

static void
free_look(struct job *job)
{
	explore_here_done(&((struct look_job *)job)->here);
	free(job);
}

static void
add_look(struct explore *x, bool measure)
{
	struct look_job *j = mem_new0(1, sizeof *j);

	j->job = (struct job){.run = run_look, .done = take_look, .free = free_look};
	j->config = x->config;
	j->catalog = x->catalog;
	j->measure = measure;
	jobs_add(x->jobs, &j->job);
}

void
explore_look(struct explore *x)
{
	if (x->jobs && x->catalog)
		add_look(x, false);
}

/* ---- life ---- */

void
explore_start(struct explore *x, const struct config *c)
{
	struct open_job *j;

	if (x->config)
		return;
	x->config = c;
	editor_init(&x->filter);
	x->filter.one_line = true;
	editor_init(&x->find);
	x->find.one_line = true;
	x->wants_roof = true;
	x->jobs = jobs_new(&x->err);
	x->fetches = x->jobs ? jobs_new(&x->err) : NULL;
	if (!x->fetches) {
		jobs_free(x->jobs);
		x->jobs = NULL;
		return;
	}
	j = mem_new0(1, sizeof *j);
	j->job = (struct job){.run = run_open, .done = take_open, .free = free_open};
	j->config = c;
	jobs_add(x->jobs, &j->job);
}

/* Of a program that ends while a thread works with it. */
static struct explore abandoned;

void
explore_done(struct explore *x)
{
	if (!x->config)
		return;
	if (!jobs_free(x->jobs) || !jobs_free(x->fetches)) {
		abandoned = *x;
		*x = (struct explore){0};
		return;
	}
	explore_drop_offer(x);
	editor_done(&x->filter);
	editor_done(&x->find);
	sheet_done(&x->page);
	inside_close(x->inside);
	free(x->licence);
	store_plan_done(&x->plan);
	free(x->plan_name);
	search_free(x->search);
	free(x->models);
	free(x->nodes);
	free(x->rows);
	explore_here_done(&x->here);
	catalog_free(x->catalog);
	buf_done(&x->warnings);
	for (size_t i = 0; i < x->n_picked; i++)
		free(x->picked[i]);
	free(x->picked);
	*x = (struct explore){0};
}

int
explore_fds(const struct explore *x, int *fds)
{
	if (!x->jobs)
		return 0;
	fds[0] = jobs_wake_fd(x->jobs);
	fds[1] = jobs_wake_fd(x->fetches);
	return 2;
}

/* Nothing else may compute meanwhile: it would say little of the machine, and the answer would wait for it. */
static void
ask_roof(struct explore *x, const struct talk *t)
{
	if (!x->wants_roof || !x->knows_here)
		return;
	if (t->roof > 0) {
		x->machine.roof = t->roof;
		x->wants_roof = false;
		x->version++;
	} else if (!talk_busy(t)) {
		x->wants_roof = false;
		add_look(x, true);
	}
}

bool
explore_poll(struct explore *x, struct app *app)
{
	bool had_catalog = x->catalog != NULL, changed;

	if (!x->jobs)
		return false;
	changed = jobs_poll(x->jobs, app);
	changed |= jobs_poll(x->fetches, app);
	if (!had_catalog && x->catalog)
		explore_look(x);
	ask_roof(x, &app->talk);
	return changed;
}

bool
explore_busy(const struct explore *x)
{
	return x->jobs && (jobs_busy(x->jobs) || jobs_busy(x->fetches));
}
