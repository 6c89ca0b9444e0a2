/* Signals during work; see watch.h. */
#define _GNU_SOURCE
#include "tui/cmd/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tui/term/signals.h"

static void
take_signals(struct watch *w)
{
	int sig;

	while ((sig = signals_next()) != 0) {
		if (sig == SIGTSTP) {
			signals_stop_self();
		} else if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
			atomic_store(&w->sig, sig);
			atomic_store(&w->cancel, true);
		}
	}
}

static void *
run(void *arg)
{
	struct watch *w = arg;
	struct pollfd fds[] = {{.fd = w->fd, .events = POLLIN}, {.fd = w->wake[0], .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[0].revents)
			take_signals(w);
		if (fds[1].revents)
			return NULL;
	}
}

bool
watch_begin(struct watch *w, struct err *e)
{
	int rc;

	*w = (struct watch){.wake = {-1, -1}};
	w->fd = signals_open(e);
	if (w->fd < 0)
		return false;
	rc = pipe2(w->wake, O_CLOEXEC) < 0 ? errno : pthread_create(&w->thread, NULL, run, w);
	w->runs = rc == 0;
	if (w->runs)
		return true;
	watch_end(w);
	return err_set(e, ERR_FAILED, "cannot watch for signals: %s", strerror(rc));
}

void
watch_end(struct watch *w)
{
	if (w->runs) {
		if (write(w->wake[1], "", 1) == 1)
			pthread_join(w->thread, NULL);
		take_signals(w);
	}
	for (int i = 0; i < 2; i++)
		if (w->wake[i] >= 0)
			close(w->wake[i]);
	signals_close();
	w->runs = false;
	if (atomic_load(&w->sig) && atomic_load(&w->sig) != SIGINT)
		signals_end_by(atomic_load(&w->sig));
}
