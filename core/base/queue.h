/* A bounded queue of fixed-size items between two threads, with a wake descriptor for poll().
 * Full: the pusher waits until half of it was taken, so a stalled reader slows the writer instead of growing memory. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct queue;

struct queue *queue_new(size_t n_items, size_t item_size, struct err *e) MUST_CHECK;
void queue_free(struct queue *q);
/* Copies *item in.  False when the queue was closed. */
bool queue_push(struct queue *q, const void *item);
/* Copies the oldest item out; false when there is none. */
bool queue_pop(struct queue *q, void *item);
/* As queue_pop, but waits.  False once the queue is closed and empty. */
bool queue_pop_wait(struct queue *q, void *item);
/* Readable while there is something to pop. */
int queue_wake_fd(const struct queue *q);
/* Pushers give up from now on; what is inside can still be popped. */
void queue_close(struct queue *q);

#endif
