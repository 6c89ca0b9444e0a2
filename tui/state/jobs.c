/* The thread for work beside the UI; see jobs.h. */
#define _GNU_SOURCE
#include "tui/state/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/queue.h"

enum { JOBS_MAX = 64, LEAVE_MS = 300 };

struct jobs {
	struct queue *todo, *results;		/* of struct job *; a NULL among the results is a hint */
	pthread_t thread;
	atomic_bool cancel, leaving, hinted;
	size_t n_open;				/* given and not taken back; UI only */
	struct jobs *next;			/* of those left behind */
};

/* Of a program that ends while the thread is busy; kept so that leak checkers see what it holds on to. */
static struct jobs *abandoned;

static void *
run(void *arg)
{
	struct jobs *js = arg;
	struct job *j;

	while (queue_pop_wait(js->todo, &j)) {
		if (!atomic_load(&js->leaving))
			j->run(j);
		if (!queue_push(js->results, &j))
			j->free(j);
	}
	return NULL;
}

struct jobs *
jobs_new(struct err *e)
{
	struct jobs *js = mem_new0(1, sizeof *js);

	atomic_init(&js->cancel, false);
	atomic_init(&js->leaving, false);
	atomic_init(&js->hinted, false);
	js->todo = queue_new(JOBS_MAX, sizeof(struct job *), e);
	js->results = queue_new(JOBS_MAX, sizeof(struct job *), e);
	if (js->todo && js->results) {
		if (pthread_create(&js->thread, NULL, run, js) == 0)
			return js;
		err_set(e, ERR_NO_SPACE, "cannot start a thread");
	}
	queue_free(js->todo);
	queue_free(js->results);
	free(js);
	return NULL;
}

static void
drop(struct queue *q)
{
	struct job *j;

	while (queue_pop(q, &j))
		if (j)
			j->free(j);
}

bool
jobs_free(struct jobs *js)
{
	struct timespec until;

	if (!js)
		return true;
	atomic_store(&js->leaving, true);
	atomic_store(&js->cancel, true);
	queue_close(js->todo);
	queue_close(js->results);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LEAVE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_timedjoin_np(js->thread, NULL, &until) != 0) {
		js->next = abandoned;
		abandoned = js;
		return false;
	}
	drop(js->todo);
	drop(js->results);
	queue_free(js->todo);
	queue_free(js->results);
	free(js);
	return true;
}

void
jobs_add(struct jobs *js, struct job *j)
{
	j->jobs = js;
	if (js->n_open == 0)
		atomic_store(&js->cancel, false);
	if (js->n_open < JOBS_MAX - 1 && queue_push(js->todo, &j))
		js->n_open++;
	else
		j->free(j);
}

bool
jobs_busy(const struct jobs *js)
{
	return js->n_open > 0;
}

int
jobs_wake_fd(const struct jobs *js)
{
	return queue_wake_fd(js->results);
}

bool
jobs_poll(struct jobs *js, void *ctx)
{
	bool any = false;
	struct job *j;

	while (queue_pop(js->results, &j)) {
		any = true;
		if (!j) {
			atomic_store(&js->hinted, false);
			continue;
		}
		js->n_open--;
		j->done(j, ctx);
		j->free(j);
	}
	return any;
}

void
jobs_cancel(struct jobs *js)
{
	atomic_store(&js->cancel, js->n_open > 0);
}

const atomic_bool *
jobs_cancelled(const struct jobs *js)
{
	return &js->cancel;
}

void
jobs_hint(struct jobs *js)
{
	struct job *none = NULL;

	if (!atomic_exchange(&js->hinted, true))
		(void)queue_push(js->results, &none);
}
