/* What is done with a model or file: each a job beside the UI that ends in a note; see explore.h. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/badge.h"
#include "registry/resolve.h"
#include "tui/app.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"

enum { LICENCE_BYTES_MAX = 256 << 10 };

static struct explore *
state_of(void *ctx)
{
	return &((struct app *)ctx)->explore;
}

static bool
needs_model(const struct explore *x, const struct explore_node *n, struct buf *name, struct err *e)
{
	if (!x->catalog || !x->knows_here)
		return err_set(e, ERR_FAILED, "a moment: this machine is still being looked at");
	return explore_add_name(x, n, name) || err_set(e, ERR_USAGE, "mark a model or a file first");
}

static bool
needs_here(const struct explore *x, const struct explore_node *n, struct buf *name, struct err *e)
{
	if (!needs_model(x, n, name, e))
		return false;
	if (n->where == EXPLORE_ABSENT)
		return err_set(e, ERR_NOT_FOUND, "%s is not on this machine", buf_str(name));
	return true;
}

static bool
is_guide(const struct explore_node *n)
{
	return n->local && strcmp(n->local->name, RESOLVE_GUIDE) == 0;
}

/* ---- verifying ---- */

struct verify_job {
	struct job job;
	struct explore_work work;
	const struct config *config;
	char *name, *folder;
	char **files;			/* of the folder */
	size_t n_files, n_damaged;
	uint64_t before;		/* bytes of files that were read */
	struct buf damaged;		/* their names */
	bool is_elsewhere;		/* of another program: whether it is as it was */
};

static void
verify_progress(void *arg, uint64_t n, uint64_t size)
{
	struct verify_job *j = arg;

	(void)size;
	atomic_store(&j->work.n, j->before + n);
	jobs_hint(j->job.jobs);
}

static bool
verify_file(struct verify_job *j, struct store *s, const char *file, struct err *e)
{
	struct store_verify_options o = {.cancel = jobs_cancelled(j->job.jobs), .progress = verify_progress, .arg = j};
	struct store_report r = {0};
	bool ok = store_verify(s, j->folder, file, &o, &r, e);

	if (ok && !r.whole) {
		buf_printf(&j->damaged, "%s%s", j->n_damaged ? ", " : "", file);
		j->n_damaged++;
	}
	store_report_done(&r);
	return ok;
}

static bool
check_elsewhere(struct verify_job *j, struct err *e)
{
	struct adopt_index x = {0};
	const struct adopt_model *m;
	struct buf root = {0};
	bool ok = models_store_dir(j->config, &root, e) && adopt_index_load(&x, buf_str(&root), e);

	m = ok ? adopt_index_find(&x, j->name, e) : NULL;
	ok = m && adopt_check(m, e);
	adopt_index_done(&x);
	buf_done(&root);
	return ok;
}

static void
run_verify(struct job *job)
{
	struct verify_job *j = (struct verify_job *)job;
	struct store *s = NULL;
	struct store_seen seen;

	if (j->is_elsewhere) {
		job->ok = check_elsewhere(j, &job->err);
		return;
	}
	job->ok = models_open_store(j->config, false, &s, &job->err);
	if (job->ok && !s)
		job->ok = err_set(&job->err, ERR_NOT_FOUND, "%s is not on this machine any more", j->name);
	for (size_t i = 0; job->ok && i < j->n_files; i++)
		if (store_look(s, j->folder, j->files[i], &seen, NULL))
			atomic_fetch_add(&j->work.size, seen.size);
	for (size_t i = 0; job->ok && i < j->n_files; i++) {
		job->ok = verify_file(j, s, j->files[i], &job->err);
		j->before = atomic_load(&j->work.n);
	}
	store_close(s);
}

static void
take_verify(struct job *job, void *ctx)
{
	struct verify_job *j = (struct verify_job *)job;

	state_of(ctx)->work = NULL;
	if (!job->ok && job->err.kind == ERR_CANCELLED)
		app_note(ctx, ROLE_dim, "stopped; nothing was changed");
	else if (!job->ok)
		app_note(ctx, ROLE_bad, "%s: %s", j->name, job->err.text);
	else if (j->n_damaged)
		app_note(ctx, ROLE_bad, "%s is damaged: %s. minnow verify %s repairs it", j->name, j->damaged.data, j->name);
	else if (j->is_elsewhere)
		app_note(ctx, ROLE_good, "%s is as it was when it was imported", j->name);
	else
		app_note(ctx, ROLE_good, ngettext("%s is whole: %zu file checked", "%s is whole: %zu files checked", j->n_files), j->name,
		    j->n_files);
	explore_look(state_of(ctx));
}

static void
free_verify(struct job *job)
{
	struct verify_job *j = (struct verify_job *)job;

	for (size_t i = 0; i < j->n_files; i++)
		free(j->files[i]);
	free(j->files);
	free(j->name);
	free(j->folder);
	free(j->work.what);
	buf_done(&j->damaged);
	free(j);
}

static void
add_file(struct verify_job *j, const char *file)
{
	j->files = mem_grow(j->files, j->n_files + 1, sizeof *j->files);
	j->files[j->n_files++] = mem_dup(file);
}

bool
explore_verify(struct explore *x, const struct explore_node *n, struct err *e)
{
	struct buf name = {0}, folder = {0}, what = {0};
	struct verify_job *j;
	const char *file = NULL;
	bool ok = needs_here(x, n, &name, e);

	if (ok && is_guide(n))
		ok = err_set(e, ERR_USAGE, "the guide is part of minnow: there is nothing to check it against");
	else if (ok && x->work)
		ok = err_set(e, ERR_FAILED, "%s first; Esc stops that", x->work->what);
	if (ok) {
		j = mem_new0(1, sizeof *j);
		j->job = (struct job){.run = run_verify, .done = take_verify, .free = free_verify};
		j->config = x->config;
		buf_printf(&what, _("checking %s"), buf_str(&name));
		j->work.what = buf_take(&what);
		j->is_elsewhere = !explore_in_store(x, n, &folder, &file);
		for (size_t i = 0; !j->is_elsewhere && n->kind == EXPLORE_MODEL && n->model && i < x->here.store.n; i++)
			if (strcmp(x->here.store.files[i].model, buf_str(&folder)) == 0)
				add_file(j, x->here.store.files[i].file);
		if (!j->is_elsewhere && !j->n_files)
			add_file(j, file);
		j->name = buf_take(&name);
		j->folder = buf_take(&folder);
		x->work = &j->work;
		jobs_add(x->jobs, &j->job);
	}
	buf_done(&name);
	buf_done(&folder);
	return ok;
}

bool
explore_stop(struct explore *x)
{
	if (!x->work)
		return false;
	jobs_cancel(x->jobs);
	return true;
}

/* ---- removing ---- */

struct remove_job {
	struct job job;
	const struct config *config;
	char *name, *folder;
	char *file;			/* NULL: the whole model */
	bool is_elsewhere;		/* of another program: forgotten, not removed */
	bool does;			/* what was planned; else only plan */
	struct store_plan plan;
	size_t n_removed;
};

static bool
forget(struct remove_job *j, struct err *e)
{
	struct buf root = {0};
	bool ok = models_store_dir(j->config, &root, e) && adopt_index_forget(buf_str(&root), j->name, e);

	buf_done(&root);
	return ok;
}

static void
run_remove(struct job *job)
{
	struct remove_job *j = (struct remove_job *)job;
	struct store *s = NULL;

	if (j->is_elsewhere) {
		job->ok = !j->does || forget(j, &job->err);
		return;
	}
	job->ok = models_open_store(j->config, false, &s, &job->err);
	if (job->ok && !s)
		job->ok = err_set(&job->err, ERR_NOT_FOUND, "%s is not on this machine any more", j->name);
	job->ok = job->ok && (j->does ? store_run_plan(s, &j->plan, &j->n_removed, &job->err) :
	    store_plan_remove(s, j->folder, j->file, &j->plan, &job->err));
	store_close(s);
}

void
explore_add_yes(const struct app *app, enum action a, struct buf *out)
{
	struct key k = keymap_key(&app->keys, CONTEXT_explore, a);

	if (!app->display)
		return;				/* it is asked for there */
	if (!k.code) {
		buf_printf(out, _(" :%s yes does it."), action_name(a));
		return;
	}
	buf_add_char(out, ' ');
	key_format(k, out);
	buf_add_str(out, _(" again: yes; any other key: no"));
}

static void
ask_removal(struct app *app, struct remove_job *j)
{
	struct explore *x = &app->explore;
	struct buf bytes = {0}, text = {0};
	const char *others = NULL;

	x->ask = EXPLORE_ASK_REMOVE;
	store_plan_done(&x->plan);
	x->plan = j->plan;
	j->plan = (struct store_plan){0};
	free(x->plan_name);
	x->plan_name = mem_dup(j->name);
	models_add_size(&bytes, x->plan.bytes);
	for (size_t i = 0; i < x->plan.n && !others; i++)
		others = x->plan.items[i].others;
	if (j->is_elsewhere)
		buf_printf(&text, _("Use %s no longer? Its file stays where it is."), j->name);
	else if (others)
		buf_printf(&text, _("Remove %s? %s come free, the rest belongs to %s too."), j->name, buf_str(&bytes), others);
	else
		buf_printf(&text, _("Remove %s? %s come free."), j->name, buf_str(&bytes));
	explore_add_yes(app, ACTION_remove, &text);
	app_note(app, ROLE_warn, "%s", buf_str(&text));
	buf_done(&bytes);
	buf_done(&text);
}

static void
take_remove(struct job *job, void *ctx)
{
	struct remove_job *j = (struct remove_job *)job;
	struct buf bytes = {0};

	if (!job->ok) {
		app_note(ctx, ROLE_bad, "%s: %s", j->name, job->err.text);
	} else if (!j->does) {
		ask_removal(ctx, j);
		return;
	} else {
		models_add_size(&bytes, j->plan.bytes);
		app_note(ctx, ROLE_good, j->is_elsewhere ? "%s is not used any more" : _("%s is removed: %s came free"), j->name, buf_str(&bytes));
	}
	buf_done(&bytes);
	explore_look(state_of(ctx));
}

static void
free_remove(struct job *job)
{
	struct remove_job *j = (struct remove_job *)job;

	store_plan_done(&j->plan);
	free(j->name);
	free(j->folder);
	free(j->file);
	free(j);
}

static struct remove_job *
new_remove(const struct explore *x, bool does)
{
	struct remove_job *j = mem_new0(1, sizeof *j);

	j->job = (struct job){.run = run_remove, .done = take_remove, .free = free_remove};
	j->config = x->config;
	j->does = does;
	return j;
}

bool
explore_plan_removal(struct explore *x, const struct explore_node *n, struct err *e)
{
	struct buf name = {0}, folder = {0};
	struct remove_job *j;
	const char *file = NULL;
	bool ok = needs_here(x, n, &name, e);

	if (ok && is_guide(n))
		ok = err_set(e, ERR_USAGE, "the guide is part of minnow and stays");
	if (ok) {
		j = new_remove(x, false);
		j->is_elsewhere = !explore_in_store(x, n, &folder, &file);
		if (!j->is_elsewhere && (n->kind == EXPLORE_FILE || n->local))
			j->file = mem_dup(file);
		j->name = buf_take(&name);
		j->folder = buf_take(&folder);
		jobs_add(x->jobs, &j->job);
	}
	buf_done(&name);
	buf_done(&folder);
	return ok;
}

bool
explore_remove(struct explore *x, struct err *e)
{
	struct remove_job *j;

	if (!x->plan_name)
		return err_set(e, ERR_USAGE, "mark a model or a file first");
	j = new_remove(x, true);
	j->is_elsewhere = x->plan.n == 0;
	j->plan = x->plan;
	x->plan = (struct store_plan){0};
	j->name = x->plan_name;
	x->plan_name = NULL;
	jobs_add(x->jobs, &j->job);
	return true;
}

/* ---- looking inside ---- */

struct inside_job {
	struct job job;
	const struct config *config;
	char *name;
	struct inside *inside;
};

static void
run_inside(struct job *job)
{
	struct inside_job *j = (struct inside_job *)job;
	struct buf path = {0};

	if (models_find(j->config, j->name, &path, &job->err))
		j->inside = inside_open(j->name, buf_str(&path),
		    strcmp(j->name, RESOLVE_GUIDE) == 0, j->config->sound_file, &job->err);
	job->ok = j->inside != NULL;
	buf_done(&path);
}

static void
take_inside(struct job *job, void *ctx)
{
	struct inside_job *j = (struct inside_job *)job;
	struct explore *x = state_of(ctx);

	if (!job->ok) {
		app_note(ctx, ROLE_bad, "%s", job->err.text);
		return;
	}
	inside_close(x->inside);
	x->inside = j->inside;
	j->inside = NULL;
	editor_set(&x->find, "");
	x->showing = EXPLORE_INSIDE;
	x->in_page = true;
}

static void
free_inside(struct job *job)
{
	struct inside_job *j = (struct inside_job *)job;

	inside_close(j->inside);
	free(j->name);
	free(j);
}

bool
explore_look_inside(struct explore *x, const struct explore_node *n, struct err *e)
{
	struct buf name = {0};
	struct inside_job *j;
	bool ok = needs_here(x, n, &name, e);

	if (ok && n->kind == EXPLORE_FILE && n->file->role != ENTRY_WEIGHTS)
		ok = err_set(e, ERR_USAGE, "only files of weights can be looked into");
	if (ok) {
		j = mem_new0(1, sizeof *j);
		j->job = (struct job){.run = run_inside, .done = take_inside, .free = free_inside};
		j->config = x->config;
		j->name = buf_take(&name);
		jobs_add(x->jobs, &j->job);
	}
	buf_done(&name);
	return ok;
}

/* ---- the licence ---- */

struct licence_job {
	struct job job;
	const struct config *config;
	const struct catalog_model *model;
	struct buf text;
};

static void
run_licence(struct job *job)
{
	struct licence_job *j = (struct licence_job *)job;
	const struct entry *en = &j->model->entry;
	struct store *s = NULL;
	struct buf folder = {0}, path = {0};

	badge_folder(&folder, j->model->registry, en->id);
	if (models_open_store(j->config, false, &s, NULL) && s)
		for (size_t i = 0; i < en->n_files && !job->ok; i++)
			job->ok = en->files[i].role == ENTRY_LICENSE &&
			    store_path(s, buf_str(&folder), en->files[i].name, &path, NULL) &&
			    fs_read(&j->text, buf_str(&path), LICENCE_BYTES_MAX, NULL);
	store_close(s);
	buf_done(&folder);
	buf_done(&path);
}

static void
take_licence(struct job *job, void *ctx)
{
	struct licence_job *j = (struct licence_job *)job;
	struct explore *x = state_of(ctx);
	const struct explore_node *n = explore_marked(x);

	if (!job->ok || !n || n->model != j->model)
		return;
	free(x->licence);
	x->licence = mem_dup(buf_str(&j->text));
	x->version++;
}

static void
free_licence(struct job *job)
{
	buf_done(&((struct licence_job *)job)->text);
	free(job);
}

void
explore_read_licence(struct explore *x, const struct explore_node *n)
{
	struct licence_job *j;

	free(x->licence);
	x->licence = NULL;
	if (!n || !n->model)
		return;
	j = mem_new0(1, sizeof *j);
	j->job = (struct job){.run = run_licence, .done = take_licence, .free = free_licence};
	j->config = x->config;
	j->model = n->model;
	jobs_add(x->jobs, &j->job);
}

/* ---- the comparison ---- */

bool
explore_pick(struct explore *x, const struct explore_node *n, struct err *e)
{
	struct buf name = {0};
	bool ok = needs_here(x, n, &name, e);
	size_t i = 0;

	while (ok && i < x->n_picked && strcmp(x->picked[i], buf_str(&name)) != 0)
		i++;
	if (ok && i < x->n_picked) {
		free(x->picked[i]);
		memmove(&x->picked[i], &x->picked[i + 1], (--x->n_picked - i) * sizeof *x->picked);
	} else if (ok && x->n_picked == EXPLORE_PICKED_MAX) {
		ok = err_set(e, ERR_USAGE, "four models can be compared at once: take one out first");
	} else if (ok) {
		x->picked = mem_grow(x->picked, x->n_picked + 1, sizeof *x->picked);
		x->picked[x->n_picked++] = buf_take(&name);
	}
	buf_done(&name);
	return ok;
}
