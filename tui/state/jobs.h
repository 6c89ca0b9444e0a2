/* Work beside the UI: one thread that does what it is given, one thing after the other, and sleeps in between.  Only the
 * UI thread calls this, except where said. */
#ifndef TUI_STATE_JOBS_H
#define TUI_STATE_JOBS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/base/err.h"

struct jobs;

/* Begins a larger struct, from mem_new0(), that holds what is needed and what comes of it. */
struct job {
	void (*run)(struct job *j);			/* on the thread */
	/* On the UI thread, with CTX of jobs_poll(): take what came of it. */
	void (*done)(struct job *j, void *ctx);
	void (*free)(struct job *j);			/* always the last call */
	struct jobs *jobs;				/* set by jobs_add() */
	bool ok;					/* by run(), where it can fail, with err */
	struct err err;
};

struct jobs *jobs_new(struct err *e) MUST_CHECK;
/* Cancels what runs, drops what waits; a thread that does not listen soon is left to the end of the process:
 * false, and what its jobs borrow has to stay. */
bool jobs_free(struct jobs *js);		/* accepts NULL */
void jobs_add(struct jobs *js, struct job *j);	/* taken */
bool jobs_busy(const struct jobs *js);		/* a job waits, runs, or its result was not taken yet */
int jobs_wake_fd(const struct jobs *js);
/* Take results, and hints that something changed.  True when there was any. */
bool jobs_poll(struct jobs *js, void *ctx);
/* What runs now should stop; a job looks at the flag by itself. */
void jobs_cancel(struct jobs *js);

/* From run(): */
const atomic_bool *jobs_cancelled(const struct jobs *js);
void jobs_hint(struct jobs *js);		/* wakes the UI: progress was made */

#endif
