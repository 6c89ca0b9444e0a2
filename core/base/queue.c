/* Bounded queue; see queue.h.  `lock` guards every field below it. */
#define _GNU_SOURCE
#include "core/base/queue.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *items;
	size_t n_items, item_size;
	size_t head, n_used;
	int wake[2];			/* holds one byte exactly while n_used > 0 */
	bool closed;
};

struct queue *
queue_new(size_t n_items, size_t item_size, struct err *e)
{
	struct queue *q = mem_new0(1, sizeof *q);

	if (pipe2(q->wake, O_CLOEXEC | O_NONBLOCK) < 0) {
		err_set(e, ERR_FAILED, "cannot make a pipe: %s", strerror(errno));
		free(q);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	q->items = mem_new0(n_items, item_size);
	q->n_items = n_items;
	q->item_size = item_size;
	return q;
}

void
queue_free(struct queue *q)
{
	if (!q)
		return;
	close(q->wake[0]);
	close(q->wake[1]);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->changed);
	free(q->items);
	free(q);
}

bool
queue_push(struct queue *q, const void *item)
{
	bool ok;

	pthread_mutex_lock(&q->lock);
	while (q->n_used == q->n_items && !q->closed)
		pthread_cond_wait(&q->changed, &q->lock);
	ok = !q->closed;
	if (ok) {
		size_t at = (q->head + q->n_used) % q->n_items;

		memcpy(q->items + at * q->item_size, item, q->item_size);
		/* An empty pipe takes one byte: the write cannot fail. */
		if (q->n_used++ == 0)
			ok = write(q->wake[1], "", 1) == 1;
		pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return ok;
}

static bool
pop_locked(struct queue *q, void *item)
{
	char byte;
	ssize_t n;

	if (q->n_used == 0)
		return false;
	memcpy(item, q->items + q->head * q->item_size, q->item_size);
	q->head = (q->head + 1) % q->n_items;
	if (--q->n_used == 0) {
		n = read(q->wake[0], &byte, 1);
		assert(n == 1);
	}
	/* Room for one is not worth waking who waits for it: the two would take turns at each item. */
	if (q->n_used == q->n_items / 2)
		pthread_cond_broadcast(&q->changed);
	return true;
}

bool
queue_pop(struct queue *q, void *item)
{
	bool ok;

	pthread_mutex_lock(&q->lock);
	ok = pop_locked(q, item);
	pthread_mutex_unlock(&q->lock);
	return ok;
}

bool
queue_pop_wait(struct queue *q, void *item)
{
	bool ok;

	pthread_mutex_lock(&q->lock);
	while (q->n_used == 0 && !q->closed)
		pthread_cond_wait(&q->changed, &q->lock);
	ok = pop_locked(q, item);
	pthread_mutex_unlock(&q->lock);
	return ok;
}

int
queue_wake_fd(const struct queue *q)
{
	return q->wake[0];
}

void
queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}
