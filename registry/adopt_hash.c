/* SHA-256 of many files, side by side; see adopt.h.  A digest is one thread's work from the first byte to the last, so a
 * machine is busy only when there are as many files as cores: threads take file by file, the largest first. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"

enum { PIECE = 1 << 20, TELL_MS = 100, THREADS_MAX = 64 };

struct task {
	size_t model;
	struct adopt_file *file;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct err why;
};

struct crew {
	struct adopt_model *const *models;
	const struct adopt_hash_options *o;
	struct task *tasks;
	size_t n_tasks;
	atomic_size_t next;
	atomic_uint_fast64_t n_bytes;
	pthread_mutex_t lock;		/* of n_left and n_running */
	size_t *n_left;			/* files of each model that are not read yet */
	pthread_cond_t changed;
	size_t n_running;
};

static bool
is_cancelled(const struct crew *c)
{
	return c->o->cancel && atomic_load(c->o->cancel);
}

static bool
hash_fd(struct crew *c, struct task *t, int fd, struct digest *d, char *piece)
{
	uint64_t at = 0;

	while (at < t->file->size) {
		ssize_t n = read(fd, piece, PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(&t->why, errno, t->file->path);
		if (n == 0)
			break;
		if (is_cancelled(c))
			return err_set(&t->why, ERR_CANCELLED, "cancelled");
		digest_add(d, piece, (size_t)n);
		at += (uint64_t)n;
		atomic_fetch_add(&c->n_bytes, (uint64_t)n);
	}
	digest_value(d, t->sha256);
	return true;
}

/* The very file that was seen, the same before and after. */
static bool
hash_file(struct crew *c, struct task *t, struct digest *d, char *piece)
{
	int fd = adopt_open(AT_FDCWD, t->file->path, O_RDONLY);
	struct stat st;
	bool ok;

	if (fd < 0)
		return err_set_errno(&t->why, errno, t->file->path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	digest_reset(d);
	ok = fstat(fd, &st) == 0 && adopt_file_is(t->file, &st);
	if (ok && hash_fd(c, t, fd, d, piece))
		ok = fstat(fd, &st) == 0 && adopt_file_is(t->file, &st);
	close(fd);
	if (!ok && t->why.kind == ERR_NONE)
		err_set(&t->why, ERR_FAILED, "%s: is changing: try again when it is whole", t->file->path);
	return ok && t->why.kind == ERR_NONE;
}

static void *
work(void *arg)
{
	struct crew *c = arg;
	struct err e = {0};
	struct digest *d = digest_new(DIGEST_SHA256, &e);
	char *piece = mem_try(1, PIECE, "a piece of a file", &e);

	for (size_t i; (i = atomic_fetch_add(&c->next, 1)) < c->n_tasks;) {
		struct task *t = &c->tasks[i];

		if (!d || !piece)
			t->why = e;
		else if (is_cancelled(c))
			err_set(&t->why, ERR_CANCELLED, "cancelled");
		else if (hash_file(c, t, d, piece) && t->file->has_sha256 &&
		    memcmp(t->file->sha256, t->sha256, sizeof t->sha256) != 0)
			err_set(&t->why, ERR_VERIFY, "%s: these are not the bytes that %s names by their hash: the file is damaged",
			    t->file->path, c->models[t->model]->kind->title);
		pthread_mutex_lock(&c->lock);
		c->n_left[t->model]--;
		pthread_cond_signal(&c->changed);
		pthread_mutex_unlock(&c->lock);
	}
	free(piece);
	digest_free(d);
	pthread_mutex_lock(&c->lock);
	c->n_running--;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Tell of the models whose files are all read and that were not told of yet; the lock is held, and let go meanwhile. */
static void
tell_done(struct crew *c, bool *told, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct err *why = NULL;

		if (told[i] || c->n_left[i] > 0)
			continue;
		told[i] = true;
		pthread_mutex_unlock(&c->lock);
		for (size_t k = 0; !why && k < c->n_tasks; k++)
			if (c->tasks[k].model == i && c->tasks[k].why.kind != ERR_NONE)
				why = &c->tasks[k].why;
		for (size_t k = 0; !why && k < c->n_tasks; k++)
			if (c->tasks[k].model == i) {
				memcpy(c->tasks[k].file->sha256, c->tasks[k].sha256, DIGEST_SHA256_SIZE);
				c->tasks[k].file->has_sha256 = true;
			}
		if (!why || why->kind != ERR_CANCELLED)
			c->o->done(c->o->arg, c->models[i], why);
		pthread_mutex_lock(&c->lock);
	}
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = ((const struct task *)a)->file->size, y = ((const struct task *)b)->file->size;

	return x > y ? -1 : x < y;
}

static uint64_t
make_tasks(struct crew *c, size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++) {
		c->n_left[i] = c->models[i]->n_files;
		for (size_t k = 0; k < c->models[i]->n_files; k++) {
			c->tasks = mem_grow(c->tasks, c->n_tasks + 1, sizeof *c->tasks);
			c->tasks[c->n_tasks++] = (struct task){.model = i, .file = &c->models[i]->files[k]};
			total += c->models[i]->files[k].size;
		}
	}
	if (c->n_tasks)
		qsort(c->tasks, c->n_tasks, sizeof *c->tasks, by_size);
	return total;
}

static void
watch(struct crew *c, bool *told, size_t n, uint64_t total)
{
	pthread_mutex_lock(&c->lock);
	for (bool running = true; running;) {
		struct timespec until;

		running = c->n_running > 0;
		tell_done(c, told, n);
		if (c->o->progress) {
			pthread_mutex_unlock(&c->lock);
			c->o->progress(c->o->arg, atomic_load(&c->n_bytes), total);
			pthread_mutex_lock(&c->lock);
		}
		if (!running || c->n_running == 0)
			continue;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TELL_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&c->changed, &c->lock, &until);
	}
	pthread_mutex_unlock(&c->lock);
}

bool
adopt_hash(struct adopt_model *const *models, size_t n, const struct adopt_hash_options *o, struct err *e)
{
	struct crew c = {.models = models, .o = o, .n_left = mem_new0(n + 1, sizeof *c.n_left),
	    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	uint64_t total = make_tasks(&c, n);
	bool *told = mem_new0(n + 1, sizeof *told);
	pthread_t threads[THREADS_MAX];
	size_t n_threads = 0, wanted = o->n_threads < c.n_tasks ? o->n_threads : c.n_tasks;
	bool ok;

	if (wanted > THREADS_MAX)
		wanted = THREADS_MAX;
	pthread_mutex_lock(&c.lock);
	while (n_threads < wanted && pthread_create(&threads[n_threads], NULL, work, &c) == 0)
		n_threads++;
	c.n_running = n_threads;
	pthread_mutex_unlock(&c.lock);
	ok = n_threads > 0 || c.n_tasks == 0 || err_set(e, ERR_FAILED, "no thread can be started to read the files");
	if (ok)
		watch(&c, told, n, total);
	for (size_t i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	if (ok && is_cancelled(&c))
		ok = err_set(e, ERR_CANCELLED, "cancelled");
	free(told);
	free(c.tasks);
	free(c.n_left);
	pthread_mutex_destroy(&c.lock);
	pthread_cond_destroy(&c.changed);
	return ok;
}
