/* Opening a model on a thread of its own, so that the first frame does not wait for it. */
#ifndef TUI_STATE_LOAD_H
#define TUI_STATE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/minnow.h"

struct load;

struct load_options {
	const char *path;		/* copied */
	struct engine_options engine;	/* isa is borrowed until the load has finished */
	struct session_options session;
	bool measure;			/* the memory's bandwidth too */
};

enum load_kind {
	LOAD_READY,			/* engine, model and session now belong to the taker */
	LOAD_FAILED,			/* err says why */
	LOAD_ROOF,			/* when asked for, after LOAD_READY: roof bytes/s */
};

struct load_event {
	enum load_kind kind;
	struct engine *engine;
	struct model *model;
	struct session *session;
	double roof;
	struct err err;
};

struct load *load_start(const struct load_options *o, struct err *e) MUST_CHECK;
int load_wake_fd(const struct load *l);
bool load_next(struct load *l, struct load_event *out);		/* false: nothing yet */
bool load_finished(const struct load *l);			/* the last event was taken */
void load_free(struct load *l);					/* waits for the thread */

#endif
