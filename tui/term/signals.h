/* Signals become bytes on a pipe that the UI loop polls; a crash puts the terminal back first.  The state is
 * static because a signal handler can reach nothing else. */
#ifndef TUI_TERM_SIGNALS_H
#define TUI_TERM_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

/* Catch SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP unless ignored already, and ignore SIGPIPE.
 * The descriptor to poll, or -1. */
int signals_open(struct err *e) MUST_CHECK;
void signals_close(void);			/* the default actions again */
int signals_next(void);				/* the next signal that came; 0: none */

/* On a fatal signal or exit(3) while armed: write BYTES (copied) to FD and set its modes back to what they
 * are now. */
void signals_arm(int fd, const char *bytes, size_t n);
void signals_disarm(void);

/* Stop this process as Ctrl-Z does; returns when it is continued. */
void signals_stop_self(void);
/* End this process by SIG, so that the parent sees why. */
void signals_end_by(int sig);

#endif
