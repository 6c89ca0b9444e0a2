/* Work that takes its time: how far it is and how long it will take, on standard error when that is a terminal, and
 * signals that end it early.  The flag is for the work itself to look at. */
#ifndef TUI_CMD_WORK_H
#define TUI_CMD_WORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct work {
	const char *what;		/* "quantizing" */
	bool shows, shown;
	double start, told;
	int sig;			/* that ended it; 0: none */
	atomic_bool cancel;
};

bool work_begin(struct work *w, const char *what, struct err *e) MUST_CHECK;
/* DONE of TOTAL; NOTE: what is known so far, or NULL.  Call it often: it looks for signals, and shows little. */
void work_tell(struct work *w, uint64_t done, uint64_t total, const char *note);
/* Append "2 min 05 s left". */
void work_add_left(struct buf *out, double seconds);
/* Takes the line away.  A signal other than SIGINT ends the program here as if it had not been caught. */
void work_end(struct work *w);

#endif
