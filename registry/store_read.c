/* Reading a file of the store range by range: the ranges are independent, so every processor takes the next one; SHA-256
 * has to see all bytes in their order, so with it one thread does both.  The calling thread only tells how far it is, and
 * looks whether somebody wants it to end; see store_inside.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/store.h"
#include "registry/store_inside.h"

enum {
	PIECE = 1 << 18,		/* stays in a processor's second-level cache between read and hash */
	THREADS_MAX = 16,		/* memory is the limit long before */
	TELL_MS = 100,
};

struct job {
	struct store_read *read;
	atomic_size_t next;		/* range */
	atomic_uint_fast64_t n_read;
	atomic_bool stop;
	pthread_mutex_t lock;		/* guards what follows */
	pthread_cond_t done;
	unsigned n_running;
	struct err err;
};

/* What one thread works with. */
struct tools {
	unsigned char *piece;
	struct digest *xxh3, *sha256;	/* sha256: NULL unless it is wanted */
};

static void
tools_done(struct tools *t)
{
	free(t->piece);
	digest_free(t->xxh3);
	digest_free(t->sha256);
}

static bool
tools_init(struct tools *t, bool with_sha256, struct err *e)
{
	*t = (struct tools){.piece = mem_try(1, PIECE, "a piece of the file", e)};
	t->xxh3 = t->piece ? digest_new(DIGEST_XXH3, e) : NULL;
	t->sha256 = t->xxh3 && with_sha256 ? digest_new(DIGEST_SHA256, e) : NULL;
	if (t->xxh3 && (t->sha256 || !with_sha256))
		return true;
	tools_done(t);
	return false;
}

/* Bytes that cannot be read, or that are not there, are damaged ones: no reason to give up on the others. */
static bool
read_range(struct job *j, struct tools *t, uint64_t offset, uint64_t size)
{
	for (uint64_t at = 0; at < size && !atomic_load_explicit(&j->stop, memory_order_relaxed);) {
		size_t want = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t n = pread(j->read->fd, t->piece, want, (off_t)(offset + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		digest_add(t->xxh3, t->piece, (size_t)n);
		if (t->sha256)
			digest_add(t->sha256, t->piece, (size_t)n);
		at += (uint64_t)n;
		atomic_fetch_add_explicit(&j->n_read, (uint64_t)n, memory_order_relaxed);
	}
	return true;
}

static void
read_ranges(struct job *j, struct tools *t)
{
	const struct stamp *stamp = j->read->stamp;
	unsigned char value[DIGEST_SIZE_MAX];

	for (;;) {
		size_t i = atomic_fetch_add(&j->next, 1);
		uint64_t offset, left;
		bool readable;

		if (i >= stamp->n_ranges || atomic_load(&j->stop))
			break;
		offset = i * stamp->range_size;
		left = stamp->size - offset;
		left = left < stamp->range_size ? left : stamp->range_size;
		posix_fadvise(j->read->fd, (off_t)offset, (off_t)left, POSIX_FADV_WILLNEED);
		digest_reset(t->xxh3);
		readable = read_range(j, t, offset, left);
		digest_value(t->xxh3, value);
		j->read->damaged[i] = !readable || memcmp(value, stamp->ranges[i], DIGEST_XXH3_SIZE) != 0;
	}
	if (t->sha256)
		digest_value(t->sha256, j->read->sha256);
}

static void *
work(void *arg)
{
	struct job *j = arg;
	struct tools t;
	struct err why = {0};
	bool ok = tools_init(&t, j->read->with_sha256, &why);

	if (ok) {
		read_ranges(j, &t);
		tools_done(&t);
	}
	pthread_mutex_lock(&j->lock);
	if (!ok && !j->err.kind)
		j->err = why;
	j->n_running--;
	pthread_cond_signal(&j->done);
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

static unsigned
count_threads(const struct store_read *r)
{
	long n = r->options->n_threads ? (long)r->options->n_threads : sysconf(_SC_NPROCESSORS_ONLN);

	if (r->with_sha256 || n < 1)
		n = 1;
	if (n > THREADS_MAX)
		n = THREADS_MAX;
	return (size_t)n > r->stamp->n_ranges ? (unsigned)r->stamp->n_ranges : (unsigned)n;
}

/* Until the last thread has ended. */
static void
follow(struct job *j)
{
	const struct store_verify_options *o = j->read->options;
	struct timespec until;

	pthread_mutex_lock(&j->lock);
	while (j->n_running) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TELL_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&j->done, &j->lock, &until);
		pthread_mutex_unlock(&j->lock);
		if (o->progress)
			o->progress(o->arg, atomic_load(&j->n_read), j->read->stamp->size);
		if (o->cancel && atomic_load(o->cancel))
			atomic_store(&j->stop, true);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
}

static void
run_threads(struct job *j)
{
	unsigned n = count_threads(j->read), n_started = 0;
	pthread_t threads[THREADS_MAX];

	j->n_running = n;
	for (; n_started < n && pthread_create(&threads[n_started], NULL, work, j) == 0; n_started++)
		;
	if (n && n_started == 0) {
		j->n_running = 1;
		work(j);
	} else if (n_started < n) {
		pthread_mutex_lock(&j->lock);
		j->n_running -= n - n_started;
		pthread_mutex_unlock(&j->lock);
	}
	follow(j);
	for (unsigned i = 0; i < n_started; i++)
		pthread_join(threads[i], NULL);
}

bool
store_read(struct store_read *r, struct err *e)
{
	struct job j = {.read = r};
	pthread_condattr_t attributes;
	bool ok;

	if (r->options->cancel && atomic_load(r->options->cancel))
		return err_set(e, ERR_CANCELLED, "cancelled");
	r->damaged = mem_try(r->stamp->n_ranges + 1, sizeof *r->damaged, "the list of the ranges", e);
	if (!r->damaged)
		return false;
	pthread_mutex_init(&j.lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&j.done, &attributes);
	pthread_condattr_destroy(&attributes);
	run_threads(&j);
	pthread_cond_destroy(&j.done);
	pthread_mutex_destroy(&j.lock);
	ok = j.err.kind == ERR_NONE && !atomic_load(&j.stop);
	if (ok && r->stamp->n_ranges == 0 && r->with_sha256)
		ok = digest_bytes(DIGEST_SHA256, "", 0, r->sha256, &j.err);
	if (ok)
		return true;
	free(r->damaged);
	r->damaged = NULL;
	if (j.err.kind && e)
		*e = j.err;
	return j.err.kind ? false : err_set(e, ERR_CANCELLED, "cancelled");
}
