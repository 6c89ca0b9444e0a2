/* The thread and the files; see snapshot.h. */
#define _GNU_SOURCE
#include "tui/state/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/queue.h"

#define SUFFIX ".state"
/* A file that is being written is not older than this: what is was left behind by a process that died. */
enum { PART_SECONDS = 600, EVENTS = 64 };

enum job_kind { JOB_SAVE, JOB_READ, JOB_FORGET, JOB_TRIM, JOB_RETIRE };

struct job {
	struct job *next;
	enum job_kind kind;
	struct session *session;
	struct model *model;		/* JOB_RETIRE */
	struct engine *engine;
	int64_t chat;
	uint64_t origin;
	bool yields;
	_Atomic bool stop;		/* given up */
};

struct snapshots {
	char *dir;
	_Atomic uint64_t budget;
	struct queue *events;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;		/* guards all below */
	pthread_cond_t changed;
	struct job *first, *running;
	unsigned n_waiting;		/* in snapshots_drain() */
	bool quit;
};

/* ---- files ---- */

struct file {
	char *name;
	uint64_t size;
	struct timespec used;
};

struct files {
	struct file *items;
	size_t n;
	uint64_t bytes;
};

static void
files_done(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].name);
	free(f->items);
	*f = (struct files){0};
}

static int
by_use(const void *a, const void *b)
{
	const struct timespec *x = &((const struct file *)a)->used, *y = &((const struct file *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

static bool
is_part(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".part") == 0;
}

/* Those that are ours, the one that was not used for longest first. */
static void
files_read(const char *dir, struct files *out)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	*out = (struct files){0};
	while (d && (entry = readdir(d))) {
		struct stat st;

		if (!strstr(entry->d_name, SUFFIX) || fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		out->items = mem_grow(out->items, out->n + 1, sizeof *out->items);
		out->items[out->n++] = (struct file){mem_dup(entry->d_name), (uint64_t)st.st_size, st.st_mtim};
		out->bytes += (uint64_t)st.st_size;
	}
	if (d)
		closedir(d);
	if (out->n)
		qsort(out->items, out->n, sizeof *out->items, by_use);
}

static void
remove_file(const char *dir, const char *name)
{
	struct buf path = {0};

	fs_join(&path, dir, name);
	unlink(buf_str(&path));
	buf_done(&path);
}

static void
file_name(int64_t chat, uint64_t origin, struct buf *out)
{
	buf_clear(out);
	buf_printf(out, "%016llx-%016llx" SUFFIX, (unsigned long long)chat, (unsigned long long)origin);
}

static void
file_path(const struct snapshots *s, int64_t chat, uint64_t origin, struct buf *out)
{
	struct buf name = {0};

	file_name(chat, origin, &name);
	fs_join(out, s->dir, buf_str(&name));
	buf_done(&name);
}

/* Until all but KEPT (NULL: none) take at most BYTES. */
static void
trim(const struct snapshots *s, uint64_t bytes, const char *kept)
{
	struct files f;
	time_t now = time(NULL);

	files_read(s->dir, &f);
	for (size_t i = 0; kept && i < f.n; i++)
		f.bytes -= strcmp(f.items[i].name, kept) == 0 ? f.items[i].size : 0;
	for (size_t i = 0; i < f.n; i++) {
		const struct file *x = &f.items[i];
		bool left_behind = is_part(x->name) && now - x->used.tv_sec > PART_SECONDS;

		if (kept && strcmp(x->name, kept) == 0)
			continue;
		if (left_behind || (f.bytes > bytes && !is_part(x->name))) {
			remove_file(s->dir, x->name);
			f.bytes -= x->size;
		}
	}
	files_done(&f);
}

static void
forget(const struct snapshots *s, int64_t chat)
{
	struct files f;
	char begin[20];

	snprintf(begin, sizeof begin, "%016llx-", (unsigned long long)chat);
	files_read(s->dir, &f);
	for (size_t i = 0; i < f.n; i++)
		if (strncmp(f.items[i].name, begin, strlen(begin)) == 0)
			remove_file(s->dir, f.items[i].name);
	files_done(&f);
}

void
snapshots_used(const char *dir, uint64_t *bytes, unsigned *n)
{
	struct files f;

	files_read(dir, &f);
	*bytes = f.bytes;
	*n = 0;
	for (size_t i = 0; i < f.n; i++)
		*n += !is_part(f.items[i].name);
	files_done(&f);
}

/* ---- jobs ---- */

static bool
save(const struct snapshots *s, struct job *j, struct err *e)
{
	uint64_t need = session_cache_bytes(j->session), budget = atomic_load(&s->budget);
	struct session_cache c = {.origin = j->origin, .stop = &j->stop};
	struct buf name = {0}, path = {0};
	bool ok;

	if (need > budget)
		return err_set(e, ERR_NO_SPACE, "it takes %.0f MB, and history.cache is %.0f", (double)need * 1e-6,
		    (double)budget * 1e-6);
	file_name(j->chat, j->origin, &name);
	file_path(s, j->chat, j->origin, &path);
	c.path = buf_str(&path);
	ok = fs_make_dirs(s->dir, e);
	if (ok) {
		trim(s, budget - need, buf_str(&name));
		ok = session_cache_write(j->session, &c, e);
	}
	buf_done(&name);
	buf_done(&path);
	return ok;
}

static bool
read_back(const struct snapshots *s, struct job *j, struct err *e)
{
	struct session_cache c = {.origin = j->origin};
	struct buf path = {0};
	bool ok;

	if (atomic_load(&j->stop))
		return err_set(e, ERR_CANCELLED, "given up");
	file_path(s, j->chat, j->origin, &path);
	c.path = buf_str(&path);
	ok = session_cache_read(j->session, &c, e);
	if (ok)
		utimensat(AT_FDCWD, c.path, NULL, 0);
	else
		unlink(c.path);
	buf_done(&path);
	return ok;
}

static void
run_job(struct snapshots *s, struct job *j)
{
	struct snapshot_event ev = {.kind = j->kind == JOB_SAVE ? SNAPSHOT_SAVED : SNAPSHOT_READ, .chat = j->chat};
	double start = clock_s();

	switch (j->kind) {
	case JOB_SAVE:
	case JOB_READ:
		ev.ok = j->kind == JOB_SAVE ? save(s, j, &ev.err) : read_back(s, j, &ev.err);
		ev.n_tokens = session_n_past(j->session);
		ev.bytes = session_cache_bytes(j->session);
		ev.seconds = clock_s() - start;
		queue_push(s->events, &ev);
		break;
	case JOB_FORGET:
		forget(s, j->chat);
		break;
	case JOB_TRIM:
		trim(s, atomic_load(&s->budget), NULL);
		break;
	case JOB_RETIRE:
		session_close(j->session);
		model_close(j->model);
		engine_free(j->engine);
		break;
	}
}

static void *
work(void *arg)
{
	struct snapshots *s = arg;

	pthread_mutex_lock(&s->lock);
	while (s->first || !s->quit) {
		struct job *j = s->first;

		if (!j) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		s->first = j->next;
		s->running = j;
		pthread_mutex_unlock(&s->lock);
		run_job(s, j);
		pthread_mutex_lock(&s->lock);
		s->running = NULL;
		free(j);
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Without a thread it is done here: slower, and right. */
static void
add(struct snapshots *s, struct job given)
{
	struct job *j = mem_new0(1, sizeof *j), **end;

	j->kind = given.kind;
	j->session = given.session;
	j->model = given.model;
	j->engine = given.engine;
	j->chat = given.chat;
	j->origin = given.origin;
	j->yields = given.yields;
	if (!s->has_thread)
		s->has_thread = pthread_create(&s->thread, NULL, work, s) == 0;
	if (!s->has_thread) {
		run_job(s, j);
		free(j);
		return;
	}
	pthread_mutex_lock(&s->lock);
	for (end = &s->first; *end; end = &(*end)->next)
		;
	*end = j;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* Give up those that FN says. */
typedef bool pick_fn(const struct job *j, int64_t chat);

static void
give_up(struct snapshots *s, pick_fn *fn, int64_t chat)
{
	pthread_mutex_lock(&s->lock);
	for (struct job *j = s->first; j; j = j->next)
		if (fn(j, chat))
			atomic_store(&j->stop, true);
	if (s->running && fn(s->running, chat))
		atomic_store(&s->running->stop, true);
	pthread_mutex_unlock(&s->lock);
}

static bool
yields(const struct job *j, int64_t chat)
{
	(void)chat;
	return j->kind == JOB_SAVE && j->yields;
}

static bool
is_of(const struct job *j, int64_t chat)
{
	return j->kind <= JOB_READ && j->chat == chat;
}

static bool
is_save(const struct job *j, int64_t chat)
{
	(void)chat;
	return j->kind <= JOB_READ;
}

/* ---- the caller's side ---- */

struct snapshots *
snapshots_open(const char *dir, uint64_t budget, struct err *e)
{
	struct snapshots *s = mem_new0(1, sizeof *s);

	s->events = queue_new(EVENTS, sizeof(struct snapshot_event), e);
	if (!s->events) {
		free(s);
		return NULL;
	}
	s->dir = mem_dup(dir);
	atomic_init(&s->budget, budget);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	if (fs_exists(dir))
		add(s, (struct job){.kind = JOB_TRIM});
	return s;
}

void
snapshots_close(struct snapshots *s)
{
	if (!s)
		return;
	give_up(s, is_save, 0);
	queue_close(s->events);
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (s->has_thread)
		pthread_join(s->thread, NULL);
	pthread_mutex_lock(&s->lock);
	while (s->n_waiting)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	queue_free(s->events);
	free(s->dir);
	free(s);
}

void
snapshots_set_budget(struct snapshots *s, uint64_t budget)
{
	atomic_store(&s->budget, budget);
	add(s, (struct job){.kind = JOB_TRIM});
}

int
snapshots_wake_fd(const struct snapshots *s)
{
	return queue_wake_fd(s->events);
}

bool
snapshots_next(struct snapshots *s, struct snapshot_event *out)
{
	return queue_pop(s->events, out);
}

void
snapshots_save(struct snapshots *s, struct session *session, int64_t chat, uint64_t origin, bool yields)
{
	add(s, (struct job){.kind = JOB_SAVE, .session = session, .chat = chat, .origin = origin, .yields = yields});
}

void
snapshots_yield(struct snapshots *s)
{
	give_up(s, yields, 0);
}

bool
snapshots_has(const struct snapshots *s, int64_t chat, uint64_t origin)
{
	struct buf path = {0};
	bool has;

	file_path(s, chat, origin, &path);
	has = fs_exists(buf_str(&path));
	buf_done(&path);
	return has;
}

void
snapshots_read(struct snapshots *s, struct session *session, int64_t chat, uint64_t origin)
{
	add(s, (struct job){.kind = JOB_READ, .session = session, .chat = chat, .origin = origin});
}

void
snapshots_forget(struct snapshots *s, int64_t chat)
{
	give_up(s, is_of, chat);
	add(s, (struct job){.kind = JOB_FORGET, .chat = chat});
}

void
snapshots_retire(struct snapshots *s, struct session *session, struct model *model, struct engine *engine)
{
	add(s, (struct job){.kind = JOB_RETIRE, .session = session, .model = model, .engine = engine});
}

void
snapshots_finish(struct snapshots *s, double seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)seconds;
	until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&s->lock);
	while (s->first || s->running)
		if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&s->lock);
	give_up(s, is_save, 0);
	snapshots_drain(s);
}

void
snapshots_drain(void *snapshots)
{
	struct snapshots *s = snapshots;

	pthread_mutex_lock(&s->lock);
	s->n_waiting++;
	while (s->first || s->running)
		pthread_cond_wait(&s->changed, &s->lock);
	s->n_waiting--;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}
