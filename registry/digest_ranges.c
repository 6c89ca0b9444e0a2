/* The thread behind a download; see digest_ranges.h.  `lock` guards what both threads touch: the marks of the ranges, the
 * count of jobs done and SHA-256's progress.  Results cannot fill their queue: a range has at most one in it. */
#define _GNU_SOURCE
#include "registry/digest_ranges.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/queue.h"

enum {
	PIECE = 1 << 18,		/* read at once: stays in a core's own cache between the two digests */
	JOBS = 256,
};

enum op { OP_ADD, OP_RESET, OP_ACCEPT };

struct job {
	enum op op;
	unsigned generation;
	uint64_t index, n;
};

struct range {
	struct digest *digest;		/* the thread's alone, like n_read: NULL while nothing of it is open */
	uint64_t n_read;
	bool accepted;			/* the thread's alone */
	unsigned generation;		/* of the two below: counts the resets */
	uint64_t n;
	unsigned char xxh3[DIGEST_XXH3_SIZE];
};

struct digest_ranges {
	int fd;
	uint64_t size, range_size, n_ranges;
	struct range *ranges;
	struct queue *jobs, *done;
	unsigned char *piece;
	struct digest *sha;		/* the thread's, until it is whole */
	uint64_t sha_at;		/* the thread's copy of n_sha */
	pthread_t thread;
	bool started;
	atomic_bool stop;
	uint64_t n_pushed;		/* the caller's */

	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t n_handled;
	uint64_t n_sha;
	int sha_errnum;
};

uint64_t
digest_ranges_count(uint64_t size, uint64_t range_size)
{
	return size / range_size + (size % range_size != 0);
}

static uint64_t
range_length(const struct digest_ranges *r, uint64_t index)
{
	uint64_t left = r->size - index * r->range_size;

	return left < r->range_size ? left : r->range_size;
}

/* N bytes at OFFSET into the piece; an errno, or 0. */
static int
read_piece(struct digest_ranges *r, uint64_t offset, size_t n)
{
	for (size_t have = 0; have < n;) {
		ssize_t got = pread(r->fd, r->piece + have, n - have, (off_t)(offset + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			return EIO;
		have += (size_t)got;
	}
	return 0;
}

static size_t
piece_of(uint64_t left)
{
	return left < PIECE ? (size_t)left : PIECE;
}

/* One piece more of the whole file, as far as its ranges are accepted; false when there is nothing to do. */
static bool
advance_sha256(struct digest_ranges *r)
{
	uint64_t index = r->sha_at / r->range_size;
	size_t n;
	int errnum;

	if (r->sha_at == r->size || r->sha_errnum || !r->ranges[index].accepted)
		return false;
	n = piece_of(index * r->range_size + range_length(r, index) - r->sha_at);
	errnum = read_piece(r, r->sha_at, n);
	if (!errnum) {
		digest_add(r->sha, r->piece, n);
		r->sha_at += n;
	}
	pthread_mutex_lock(&r->lock);
	r->sha_errnum = errnum;
	r->n_sha = r->sha_at;
	pthread_cond_broadcast(&r->moved);
	pthread_mutex_unlock(&r->lock);
	return true;
}

static void
publish(struct digest_ranges *r, const struct job *job, const unsigned char *xxh3)
{
	struct range *range = &r->ranges[job->index];

	pthread_mutex_lock(&r->lock);
	if (range->generation == job->generation) {
		range->n = range->n_read;
		memcpy(range->xxh3, xxh3, DIGEST_XXH3_SIZE);
	}
	pthread_mutex_unlock(&r->lock);
}

static void
end_range(struct range *range)
{
	digest_free(range->digest);
	range->digest = NULL;
	range->n_read = 0;
}

static void
push_done(struct digest_ranges *r, const struct job *job, const unsigned char *xxh3, int errnum)
{
	struct digest_range done = {.index = job->index, .n = r->ranges[job->index].n_read, .errnum = errnum};

	memcpy(done.xxh3, xxh3, DIGEST_XXH3_SIZE);
	end_range(&r->ranges[job->index]);
	queue_push(r->done, &done);
}

/* The whole file's digest goes on between the pieces, so that it is never far behind. */
static void
hash_range(struct digest_ranges *r, const struct job *job)
{
	struct range *range = &r->ranges[job->index];
	uint64_t begin = job->index * r->range_size;
	unsigned char xxh3[DIGEST_XXH3_SIZE] = {0};
	int errnum = 0;

	if (!range->digest)
		range->digest = digest_new(DIGEST_XXH3, NULL);
	if (!range->digest)
		errnum = ENOMEM;
	while (!errnum && range->n_read < job->n && !atomic_load(&r->stop)) {
		size_t n = piece_of(job->n - range->n_read);

		errnum = read_piece(r, begin + range->n_read, n);
		if (errnum)
			break;
		digest_add(range->digest, r->piece, n);
		range->n_read += n;
		advance_sha256(r);
	}
	if (!errnum) {
		digest_value(range->digest, xxh3);
		publish(r, job, xxh3);
	}
	if (errnum || range->n_read == range_length(r, job->index))
		push_done(r, job, xxh3, errnum);
}

static void
handle(struct digest_ranges *r, const struct job *job)
{
	if (job->op == OP_ADD)
		hash_range(r, job);
	else if (job->op == OP_RESET)
		end_range(&r->ranges[job->index]);
	else
		r->ranges[job->index].accepted = true;
	pthread_mutex_lock(&r->lock);
	r->n_handled++;
	pthread_cond_broadcast(&r->moved);
	pthread_mutex_unlock(&r->lock);
}

static void *
run(void *arg)
{
	struct digest_ranges *r = arg;
	struct job job;

	while (!atomic_load(&r->stop)) {
		if (queue_pop(r->jobs, &job))
			handle(r, &job);
		else if (!advance_sha256(r) && queue_pop_wait(r->jobs, &job))
			handle(r, &job);
	}
	return NULL;
}

struct digest_ranges *
digest_ranges_new(int fd, uint64_t size, uint64_t range_size, struct err *e)
{
	struct digest_ranges *r = mem_new0(1, sizeof *r);

	assert(range_size > 0);
	r->fd = fd;
	r->size = size;
	r->range_size = range_size;
	r->n_ranges = digest_ranges_count(size, range_size);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->moved, NULL);
	r->ranges = mem_try((size_t)r->n_ranges + 1, sizeof *r->ranges, "the list of ranges", e);
	r->piece = mem_try(1, PIECE, "a piece of the file", e);
	r->sha = digest_new(DIGEST_SHA256, e);
	if (!r->ranges || !r->piece || !r->sha)
		goto fail;
	r->jobs = queue_new(JOBS, sizeof(struct job), e);
	r->done = r->jobs ? queue_new((size_t)r->n_ranges + 1, sizeof(struct digest_range), e) : NULL;
	if (!r->done)
		goto fail;
	r->started = pthread_create(&r->thread, NULL, run, r) == 0;
	if (r->started)
		return r;
	err_set(e, ERR_FAILED, "cannot start a thread");
fail:
	digest_ranges_free(r);
	return NULL;
}

void
digest_ranges_free(struct digest_ranges *r)
{
	if (!r)
		return;
	atomic_store(&r->stop, true);
	if (r->started) {
		queue_close(r->jobs);
		pthread_join(r->thread, NULL);
	}
	for (uint64_t i = 0; r->ranges && i < r->n_ranges; i++)
		end_range(&r->ranges[i]);
	queue_free(r->jobs);
	queue_free(r->done);
	digest_free(r->sha);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->moved);
	free(r->ranges);
	free(r->piece);
	free(r);
}

static void
push(struct digest_ranges *r, enum op op, uint64_t index, uint64_t n)
{
	struct job job = {.op = op, .index = index, .n = n};

	assert(index < r->n_ranges && n <= range_length(r, index));
	pthread_mutex_lock(&r->lock);
	if (op == OP_RESET) {
		r->ranges[index].generation++;
		r->ranges[index].n = 0;
	}
	job.generation = r->ranges[index].generation;
	pthread_mutex_unlock(&r->lock);
	r->n_pushed += queue_push(r->jobs, &job);
}

void
digest_ranges_add(struct digest_ranges *r, uint64_t index, uint64_t n)
{
	push(r, OP_ADD, index, n);
}

void
digest_ranges_reset(struct digest_ranges *r, uint64_t index)
{
	push(r, OP_RESET, index, 0);
}

void
digest_ranges_accept(struct digest_ranges *r, uint64_t index)
{
	push(r, OP_ACCEPT, index, 0);
}

bool
digest_ranges_next(struct digest_ranges *r, struct digest_range *done)
{
	return queue_pop(r->done, done);
}

int
digest_ranges_wake_fd(const struct digest_ranges *r)
{
	return queue_wake_fd(r->done);
}

void
digest_ranges_at(struct digest_ranges *r, uint64_t index, bool wait, struct digest_range *at)
{
	*at = (struct digest_range){.index = index};
	pthread_mutex_lock(&r->lock);
	while (wait && r->n_handled < r->n_pushed)
		pthread_cond_wait(&r->moved, &r->lock);
	at->n = r->ranges[index].n;
	memcpy(at->xxh3, r->ranges[index].xxh3, DIGEST_XXH3_SIZE);
	pthread_mutex_unlock(&r->lock);
}

uint64_t
digest_ranges_n_sha256(struct digest_ranges *r)
{
	uint64_t n;

	pthread_mutex_lock(&r->lock);
	n = r->n_sha;
	pthread_mutex_unlock(&r->lock);
	return n;
}

bool
digest_ranges_sha256(struct digest_ranges *r, unsigned char out[DIGEST_SHA256_SIZE], int *errnum)
{
	bool whole;

	pthread_mutex_lock(&r->lock);
	*errnum = r->sha_errnum;
	whole = r->n_sha == r->size;
	pthread_mutex_unlock(&r->lock);
	/* Whole: the thread does not touch it any more. */
	if (whole)
		digest_value(r->sha, out);
	return whole;
}
