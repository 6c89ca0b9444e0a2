/* The queue of downloads; see downloads.h.  What the thread tells is in the job, behind its lock. */
#include "tui/state/downloads.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "registry/pull.h"
#include "tui/app.h"
#include "tui/cmd/fetching.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/state/jobs.h"
#include "tui/text_clean.h"

enum { FILE_BYTES_MAX = 64 << 10, NAME_BYTES_MAX = 1024, ITEMS_MAX = 200 };

struct download_job {
	struct job job;
	char *name;
	struct config config;		/* as it was when it began; its strings are the program's */
	bool accepted;
	struct buf question;
	bool had;
	/* told while it runs */
	pthread_mutex_t lock;		/* guards what follows */
	bool running, verifying, others;
	uint64_t n, size;
	double bytes_per_s, seconds_left;
};

static struct download_job *
job_of(struct job *j)
{
	return (struct download_job *)j;
}

/* ---- on the thread ---- */

static void
on_event(void *arg, const struct pull_event *ev)
{
	struct download_job *d = arg;

	pthread_mutex_lock(&d->lock);
	d->running = true;
	d->others = ev->kind == PULL_WAIT;
	d->n = ev->n;
	d->size = ev->size;
	d->bytes_per_s = ev->progress.bytes_per_s;
	d->seconds_left = ev->seconds_left;
	d->verifying = ev->progress.verifying;
	pthread_mutex_unlock(&d->lock);
	jobs_hint(d->job.jobs);
}

/* What a person has to say yes to; false: nothing. */
static bool
must_ask(struct download_job *d, const struct pull_plan *p)
{
	struct buf text = {0};

	if (p->must_accept && p->entry && p->entry->license)
		buf_printf(&text, _("the licence \"%s\" has terms"), p->entry->license);
	else if (p->must_accept)
		buf_add_str(&text, _("the licence has terms"));
	if (p->changes.len)
		buf_printf(&text, _("%ssince the last time this changed: %s"), text.len ? "; " : "", p->changes.data);
	text_clean_line(&d->question, buf_str(&text), text.len);
	buf_done(&text);
	return d->question.len > 0 && !d->accepted;
}

static bool
pull_it(struct download_job *d, struct catalog *catalog, struct store *store, struct err *e)
{
	struct fetch_options fetch = fetching_options(&d->config, jobs_cancelled(d->job.jobs));
	struct pull_from from = {.catalog = catalog, .store = store, .memory_bytes = models_memory(),
	    .offline = d->config.network_offline};
	struct pull_options o = {.event = on_event, .arg = d, .accepted = d->accepted};
	struct pull_plan plan = {0};
	bool ok;

	from.fetch = o.fetch = fetch;
	ok = pull_plan_make(&plan, &from, d->name, e);
	if (ok) {
		pthread_mutex_lock(&d->lock);
		d->n = plan.bytes_here;
		d->size = plan.has_unknown ? 0 : plan.bytes;
		pthread_mutex_unlock(&d->lock);
		d->had = pull_plan_is_done(&plan);
		if (must_ask(d, &plan))
			ok = err_set(e, ERR_USAGE, "%s", d->question.data);
		else
			buf_clear(&d->question);
	}
	ok = ok && pull_run(&plan, store, &o, e);
	pull_plan_done(&plan);
	return ok;
}

static void
run(struct job *j)
{
	struct download_job *d = job_of(j);
	struct catalog *catalog = models_open_catalog(&d->config, &j->err);
	struct store *store = NULL;

	j->ok = catalog && models_open_store(&d->config, true, &store, &j->err) && pull_it(d, catalog, store, &j->err);
	store_close(store);
	catalog_free(catalog);
}

static void
free_job(struct job *j)
{
	struct download_job *d = job_of(j);

	pthread_mutex_destroy(&d->lock);
	buf_done(&d->question);
	free(d->name);
	free(d);
}

/* ---- the file of what is not done ---- */

static void
save(struct downloads *d)
{
	struct buf text = {0};
	struct err e = {0};

	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].is != DOWNLOAD_DONE)
			buf_printf(&text, "%s\n", d->items[i].name);
	if (*d->file && (text.len || fs_exists(d->file)) && !fs_write_atomic(d->file, buf_str(&text), text.len, &e))
		log_add(LOG_WARN, "the queue of downloads cannot be kept: %s", e.text);
	buf_done(&text);
}

static struct download *
add(struct downloads *d, const char *name, size_t len, enum download_is is)
{
	struct download *item;

	d->items = mem_grow(d->items, d->n + 1, sizeof *d->items);
	item = &d->items[d->n++];
	*item = (struct download){.name = mem_new0(len + 1, 1), .is = is, .seconds_left = -1};
	memcpy(item->name, name, len);
	return item;
}

static bool
is_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return false;
	return len > 0 && len <= NAME_BYTES_MAX && *s != '-';
}

void
downloads_read(struct downloads *d, const char *s, size_t n)
{
	for (const char *end = s + n, *p = s; p < end && d->n < ITEMS_MAX;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((eol ? eol : end) - p);

		if (is_name(p, len))
			add(d, p, len, DOWNLOAD_PAUSED);
		p += len + 1;
	}
}

static void
load(struct downloads *d)
{
	struct buf text = {0};
	struct err e = {0};

	if (*d->file && fs_exists(d->file) && !fs_read(&text, d->file, FILE_BYTES_MAX, &e))
		log_add(LOG_WARN, "%s", e.text);
	downloads_read(d, buf_str(&text), text.len);
	buf_done(&text);
}

void
downloads_init(struct downloads *d, const struct app *app)
{
	struct buf file = {0};

	*d = (struct downloads){0};
	if (*app->config->data_dir)
		buf_printf(&file, "%s/downloads", app->config->data_dir);
	d->file = mem_dup(buf_str(&file));
	buf_done(&file);
	load(d);
}

static void
item_done(struct download *item)
{
	free(item->name);
	free(item->question);
}

void
downloads_done(struct downloads *d)
{
	jobs_free(d->jobs);
	for (size_t i = 0; i < d->n; i++)
		item_done(&d->items[i]);
	free(d->items);
	free(d->file);
	*d = (struct downloads){0};
}

/* ---- one after the other ---- */

static struct download *
find(struct downloads *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->items[i].name, name) == 0)
			return &d->items[i];
	return NULL;
}

static void
drop(struct downloads *d, struct download *item)
{
	size_t i = (size_t)(item - d->items);

	item_done(item);
	memmove(item, item + 1, (d->n - i - 1) * sizeof *item);
	d->n--;
	save(d);
}

static void start_next(struct downloads *d, struct app *app);

static void
take_failure(struct downloads *d, struct download *item, const struct download_job *j)
{
	if (j->job.err.kind == ERR_CANCELLED && d->wish != DOWNLOADS_GO_ON) {
		item->is = DOWNLOAD_PAUSED;
	} else if (j->question.len) {
		item->is = DOWNLOAD_ASKING;
		free(item->question);
		item->question = mem_dup(j->question.data);
	} else {
		item->is = DOWNLOAD_FAILED;
		item->err = j->job.err;
		log_add(LOG_FAILED, "the download of %s failed: %s", item->name, j->job.err.text);
	}
}

static void
take_end(struct job *job, void *ctx)
{
	struct app *app = ctx;
	struct downloads *d = downloads_of(app);
	struct download_job *j = job_of(job);
	struct download *item = find(d, j->name);

	d->running = NULL;
	if (item && d->wish == DOWNLOADS_CANCEL) {
		drop(d, item);
	} else if (item) {
		item->n = j->n;
		item->size = j->size;
		item->bytes_per_s = 0;
		item->verifying = item->others = false;
		if (job->ok) {
			item->is = DOWNLOAD_DONE;
			item->had = j->had;
			log_add(LOG_DONE, "%s is downloaded and verified", item->name);
			if (app->explore.config)
				explore_look(&app->explore);
			app_note(app, ROLE_good, j->had ? "%s is here already" : _("%s is downloaded"), item->name);
		} else {
			take_failure(d, item, j);
		}
		if (item->is == DOWNLOAD_FAILED || item->is == DOWNLOAD_ASKING)
			app_note(app, ROLE_warn, item->is == DOWNLOAD_ASKING ? "the download of %s asks something" :
			    _("the download of %s failed"), item->name);
		save(d);
	}
	d->wish = DOWNLOADS_GO_ON;
	start_next(d, app);
}

static void
start_next(struct downloads *d, struct app *app)
{
	struct download_job *j;
	struct err e = {0};
	size_t i = 0;

	while (i < d->n && d->items[i].is != DOWNLOAD_WAITING)
		i++;
	if (d->running || i == d->n)
		return;
	if (!d->jobs)
		d->jobs = jobs_new(&e);
	if (!d->jobs) {
		d->items[i].is = DOWNLOAD_FAILED;
		d->items[i].err = e;
		return;
	}
	j = mem_new0(1, sizeof *j);
	j->job = (struct job){.run = run, .done = take_end, .free = free_job};
	j->name = mem_dup(d->items[i].name);
	j->config = *app->config;
	j->accepted = d->items[i].accepted;
	j->seconds_left = -1;
	pthread_mutex_init(&j->lock, NULL);
	d->running = j;
	d->wish = DOWNLOADS_GO_ON;
	d->items[i].is = DOWNLOAD_LOOKING;
	log_add(LOG_DONE, "the download of %s begins", j->name);
	jobs_add(d->jobs, &j->job);
}

static void
go(struct downloads *d, struct app *app, size_t i)
{
	d->items[i].is = DOWNLOAD_WAITING;
	d->items[i].err = (struct err){0};
	start_next(d, app);
}

bool
downloads_add(struct downloads *d, struct app *app, const char *name, bool accepted, size_t *at, struct err *e)
{
	struct download *item = find(d, name);

	if (!is_name(name, strlen(name)))
		return err_set(e, ERR_USAGE, "a download wants the name of a model");
	if (!item && d->n >= ITEMS_MAX)
		return err_set(e, ERR_USAGE, "there are %d downloads already: cancel some", ITEMS_MAX);
	if (!item) {
		item = add(d, name, strlen(name), DOWNLOAD_WAITING);
		save(d);
	}
	item->accepted |= accepted;
	*at = (size_t)(item - d->items);
	if (item->is != DOWNLOAD_LOOKING && item->is != DOWNLOAD_RUNNING && item->is != DOWNLOAD_ASKING)
		go(d, app, *at);
	return true;
}

static bool
runs(const struct download *item)
{
	return item->is == DOWNLOAD_LOOKING || item->is == DOWNLOAD_RUNNING;
}

void
downloads_pause(struct downloads *d, struct app *app, size_t i)
{
	struct download *item = &d->items[i];

	if (runs(item)) {
		d->wish = DOWNLOADS_PAUSE;
		jobs_cancel(d->jobs);
	} else if (item->is == DOWNLOAD_WAITING) {
		item->is = DOWNLOAD_PAUSED;
	} else if (item->is == DOWNLOAD_PAUSED) {
		go(d, app, i);
	}
}

void
downloads_retry(struct downloads *d, struct app *app, size_t i)
{
	if (d->items[i].is == DOWNLOAD_FAILED || d->items[i].is == DOWNLOAD_PAUSED)
		go(d, app, i);
}

void
downloads_accept(struct downloads *d, struct app *app, size_t i)
{
	if (d->items[i].is != DOWNLOAD_ASKING)
		return;
	d->items[i].accepted = true;
	log_add(LOG_DONE, "accepted for %s: %s", d->items[i].name, d->items[i].question);
	go(d, app, i);
}

void
downloads_cancel(struct downloads *d, struct app *app, size_t i)
{
	(void)app;
	if (runs(&d->items[i])) {
		d->wish = DOWNLOADS_CANCEL;
		jobs_cancel(d->jobs);
	} else {
		drop(d, &d->items[i]);
	}
}

int
downloads_fds(const struct downloads *d, int *fds)
{
	if (!d->jobs)
		return 0;
	fds[0] = jobs_wake_fd(d->jobs);
	return 1;
}

static void
take_progress(struct downloads *d)
{
	struct download_job *j = d->running;
	struct download *item = j ? find(d, j->name) : NULL;

	if (!item)
		return;
	pthread_mutex_lock(&j->lock);
	item->is = j->running ? DOWNLOAD_RUNNING : DOWNLOAD_LOOKING;
	item->n = j->n;
	item->size = j->size;
	item->bytes_per_s = j->bytes_per_s;
	item->seconds_left = j->seconds_left;
	item->verifying = j->verifying;
	item->others = j->others;
	pthread_mutex_unlock(&j->lock);
}

bool
downloads_poll(struct downloads *d, struct app *app)
{
	if (!d->jobs || !jobs_poll(d->jobs, app))
		return false;
	take_progress(d);
	return true;
}

bool
downloads_busy(const struct downloads *d)
{
	return d->running != NULL;
}

bool
downloads_note(const struct downloads *d, const char *arrow, struct buf *out)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct download *item = &d->items[i];

		if (!runs(item))
			continue;
		buf_printf(out, "%s", arrow);
		if (item->size)
			buf_printf(out, " %.0f %%", 100.0 * (double)item->n / (double)item->size);
		if (item->seconds_left >= 0) {
			buf_add_char(out, ' ');
			format_seconds(out, item->seconds_left);
		}
		return true;
	}
	return false;
}

/* ---- in words ---- */

void
download_add_bytes(const struct download *d, struct buf *out)
{
	struct buf size = {0};

	if (d->size && d->n < d->size) {
		format_bytes(out, d->n);
		format_bytes(&size, d->size);
		buf_printf(out, _(" of %s"), buf_str(&size));
	} else if (d->size || d->n) {
		format_bytes(out, d->size ? d->size : d->n);
	}
	buf_done(&size);
}

void
download_add_speed(const struct download *d, struct buf *out)
{
	if (d->is != DOWNLOAD_RUNNING || d->bytes_per_s <= 0)
		return;
	format_bytes(out, (uint64_t)d->bytes_per_s);
	buf_add_str(out, "/s");
	if (d->seconds_left >= 0) {
		buf_add_str(out, "  ");
		format_seconds(out, d->seconds_left);
		buf_add_str(out, _(" left"));
	}
}

void
download_tell(const struct download *d, struct buf *out)
{
	buf_printf(out, "%s: ", d->name);
	switch (d->is) {
	case DOWNLOAD_WAITING:
		buf_add_str(out, _("waits for those before it"));
		break;
	case DOWNLOAD_LOOKING:
		buf_add_str(out, _("finding out what it brings"));
		break;
	case DOWNLOAD_RUNNING:
		download_add_bytes(d, out);
		if (d->bytes_per_s > 0)
			buf_add_str(out, "  ");
		download_add_speed(d, out);
		if (d->others)
			buf_add_str(out, _("; another minnow fetches the same file, this one waits for it"));
		break;
	case DOWNLOAD_ASKING:
		buf_add_str(out, d->question);
		break;
	case DOWNLOAD_PAUSED:
		buf_add_str(out, _("paused; it goes on where it stopped"));
		break;
	case DOWNLOAD_FAILED:
		buf_add_str(out, d->err.text);
		break;
	case DOWNLOAD_DONE:
		buf_add_str(out, d->had ? _("was here already, verified") : _("downloaded and verified"));
		break;
	}
}

const char *
download_why_not(const struct download *d, enum action a)
{
	if (a == ACTION_open && d->is != DOWNLOAD_ASKING)
		return _("this download asks nothing");
	if (a == ACTION_pause && d->is == DOWNLOAD_DONE)
		return _("this download is done");
	if (a == ACTION_pause && d->is == DOWNLOAD_FAILED)
		return _("this download failed: try it again instead");
	if (a == ACTION_retry && d->is != DOWNLOAD_FAILED && d->is != DOWNLOAD_PAUSED)
		return _("this download did not fail");
	return NULL;
}
