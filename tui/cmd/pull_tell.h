/* What a download says: the plan before it, how far it is, and what came of it.  On a terminal one live line on standard
 * error; otherwise, and in the linear mode, whole lines rarely; for scripts JSON lines on standard output. */
#ifndef TUI_CMD_PULL_TELL_H
#define TUI_CMD_PULL_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/pull.h"
#include "tui/cmd/models.h"

struct pull_tell {
	const struct models *m;
	bool json;
	bool live;			/* the line may be written over */
	int width;			/* of it */
	bool shown;
	double told_s, began_s;
	int tenth;			/* the last tenth of the whole that was told */
};

void pull_tell_begin(struct pull_tell *t, const struct models *m, bool json);
void pull_tell_plan(struct pull_tell *t, const struct pull_plan *p);
/* For pull_options.event. */
void pull_tell_event(void *arg, const struct pull_event *ev);
/* Takes the live line away. */
void pull_tell_clear(struct pull_tell *t);
/* P is done: on standard output its name, and for scripts the path to open, bytes and SHA-256. */
bool pull_tell_done(struct pull_tell *t, const struct pull_plan *p, struct store *s, struct err *e) MUST_CHECK;
/* The same where another program has it. */
struct adopt_model;
void pull_tell_elsewhere(struct pull_tell *t, const struct pull_plan *p, const struct adopt_model *model);
/* It failed or was interrupted: what is there of it stays. */
void pull_tell_stopped(struct pull_tell *t, const struct pull_plan *p, struct store *s, const struct err *e);

#endif
