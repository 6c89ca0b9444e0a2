/* Opening a model on a thread of its own, so that the first frame does not wait for it. */
#ifndef TUI_STATE_LOAD_H
#define TUI_STATE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/minnow.h"

struct load;

struct load_options {
	const char *path;		/* copied */
	bool vouched;			/* by the program itself: it need not be looked at first (guard.h) */
	const char *draft;		/* copied; the model that drafts, "" or NULL: none.  It may fail: no_draft */
	const char *sound_file;		/* copied; NULL: guard_file() */
	struct engine_options engine;	/* isa is borrowed until the load has finished */
	struct session_options session;
	void (*first)(void *arg);	/* called on the thread before it opens anything; may be NULL */
	void *arg;
	bool measure;			/* the memory's bandwidth later, when load_measure() says so */
};

enum load_kind {
	LOAD_READY,			/* engine, model and session now belong to the taker */
	LOAD_FAILED,			/* err says why */
	LOAD_ROOF,			/* the last event when measure was asked for: roof bytes/s */
};

struct load_event {
	enum load_kind kind;
	struct engine *engine;
	struct model *model;
	struct session *session;
	double roof;
	struct err err;
	struct err no_draft;		/* why the draft model does not help; the session answers without it */
};

struct load *load_start(const struct load_options *o, struct err *e) MUST_CHECK;
int load_wake_fd(const struct load *l);
bool load_next(struct load *l, struct load_event *out);		/* false: nothing yet */
bool load_finished(const struct load *l);			/* the last event was taken */
/* Measure now (a fraction of a second on all threads), when nothing else computes.  False: that was asked
 * before. */
bool load_measure(struct load *l);
/* Waits for the thread unless it computes (loading, measuring): then everything is left to the end of the
 * process, because a person who leaves does not wait.  True: the thread is gone and what it opened may be
 * closed. */
bool load_free(struct load *l);

#endif
