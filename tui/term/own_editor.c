/* The person's own editor; see own_editor.h. */
#define _GNU_SOURCE
#include "tui/term/own_editor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "tui/state/editor.h"
#include "tui/term/signals.h"
#include "tui/term/term.h"

extern char **environ;

enum { NOT_FOUND = 127, NOT_RUN = 126 };

/* Readable by the person alone: mkstemps() sees to that. */
static bool
write_file(char *path, const struct buf *text, struct err *e)
{
	int fd = mkstemps(path, 3);
	bool ok = fd >= 0;

	for (size_t at = 0; ok && at < text->len;) {
		ssize_t n = write(fd, text->data + at, text->len - at);

		ok = n > 0 || (n < 0 && errno == EINTR);
		at += n > 0 ? (size_t)n : 0;
	}
	ok = (fd < 0 || close(fd) == 0) && ok;
	return ok || err_set_errno(e, errno, path);
}

/* Ctrl-C and Ctrl-\ are the editor's. */
static int
start(const char *command, char *path, pid_t *pid)
{
	char *script = NULL;
	posix_spawnattr_t attr;
	sigset_t plain;
	int rc;

	if (asprintf(&script, "%s \"$1\"", command) < 0)
		return ENOMEM;
	sigemptyset(&plain);
	sigaddset(&plain, SIGINT);
	sigaddset(&plain, SIGQUIT);
	sigaddset(&plain, SIGPIPE);
	sigaddset(&plain, SIGXFSZ);
	rc = posix_spawnattr_init(&attr);
	if (!rc) {
		char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, script, (char[]){"sh"}, path, NULL};

		posix_spawnattr_setsigdefault(&attr, &plain);
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
		rc = posix_spawn(pid, "/bin/sh", NULL, &attr, argv, environ);
		posix_spawnattr_destroy(&attr);
	}
	free(script);
	return rc;
}

/* What the terminal sent to both meanwhile was meant for the editor. */
static void
forget_signals(void)
{
	int sig;

	while ((sig = signals_next()))
		if (sig == SIGTERM || sig == SIGHUP) {
			raise(sig);		/* to be taken by the loop */
			return;
		}
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, WUNTRACED) < 0 || WIFSTOPPED(status)) {
		if (errno != EINTR && !WIFSTOPPED(status))
			return -1;
		if (WIFSTOPPED(status)) {
			signals_stop_self();
			kill(pid, SIGCONT);
			status = 0;
		}
	}
	return status;
}

static bool
run(const char *command, char *path, struct err *e)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, quit, intr;
	pid_t pid;
	int rc, status = -1;

	sigaction(SIGINT, &ignore, &intr);
	sigaction(SIGQUIT, &ignore, &quit);
	rc = start(command, path, &pid);
	if (!rc)
		status = wait_for(pid);
	sigaction(SIGINT, &intr, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	forget_signals();
	if (rc)
		return err_set(e, ERR_FAILED, "the editor \"%.60s\" cannot be started: %s", command, strerror(rc));
	if (WIFEXITED(status) && (WEXITSTATUS(status) == NOT_FOUND || WEXITSTATUS(status) == NOT_RUN))
		return err_set(e, ERR_FAILED, "there is no editor \"%.60s\": set VISUAL or EDITOR to yours", command);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_FAILED, "the editor \"%.60s\" was ended by signal %d: nothing is changed", command,
		    WTERMSIG(status));
	return WEXITSTATUS(status) == 0 ||
	    err_set(e, ERR_FAILED, "the editor \"%.60s\" ended with status %d: nothing is changed", command,
		WEXITSTATUS(status));
}

bool
own_editor_run(struct display *d, const char *command, struct buf *text, struct err *e)
{
	char path[] = "/tmp/minnow-XXXXXX.md";
	struct buf written = {0};
	bool ok = write_file(path, text, e);

	if (ok) {
		if (d)
			d->ops->pause(d);
		ok = run(command, path, e);
		if (d)
			d->ops->resume(d);
		ok = ok && fs_read(&written, path, EDITOR_BYTES_MAX, e);
	}
	unlink(path);
	/* Editors end the last line. */
	if (ok && written.len && written.data[written.len - 1] == '\n')
		buf_truncate(&written, written.len - 1);
	if (ok) {
		buf_clear(text);
		buf_add(text, buf_str(&written), written.len);
	}
	buf_done(&written);
	return ok;
}
