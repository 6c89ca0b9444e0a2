/* Signals during work that nobody can interrupt by polling (a question to a server, waiting for another process): a
 * thread waits for them and sets a flag.  It stops the program on Ctrl-Z as usual. */
#ifndef TUI_CMD_WATCH_H
#define TUI_CMD_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/base/err.h"

struct watch {
	atomic_bool cancel;		/* for the work to look at */
	atomic_int sig;			/* that set it; 0: none */
	int fd, wake[2];
	pthread_t thread;
	bool runs;
};

bool watch_begin(struct watch *w, struct err *e) MUST_CHECK;
/* Signals have their usual actions again; one other than SIGINT that came ends the program here. */
void watch_end(struct watch *w);

#endif
