/* Copying; see clipboard.h. */
#define _GNU_SOURCE
#include "tui/state/clipboard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/state/jobs.h"

extern char **environ;

/* A program has so long to take the text, and as long again to say that it has it. */
#define FEED_S 3.0
enum { STEP_MS = 10, ARGS_MAX = 5 };

/* In order of choice.  NEEDS: what has to be set in the environment, or 0 for nothing. */
static const struct program {
	enum { NEEDS_NOTHING, NEEDS_WAYLAND, NEEDS_X11, NEEDS_TMUX } needs;
	const char *args[ARGS_MAX];
} programs[] = {
	{NEEDS_WAYLAND, {"wl-copy"}},
	{NEEDS_X11, {"xclip", "-selection", "clipboard", "-in"}},
	{NEEDS_X11, {"xsel", "--clipboard", "--input"}},
	{NEEDS_NOTHING, {"pbcopy"}},
	{NEEDS_TMUX, {"tmux", "load-buffer", "-w", "-"}},	/* -w: on to tmux's own terminal */
};

struct clip_job {
	struct job job;
	const struct program *program;
	char *text;
	size_t n;
};

/* ---- on the thread ---- */

static int
start(const struct program *p, int in, pid_t *pid)
{
	char *args[ARGS_MAX + 1] = {NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(p->args) && p->args[i]; i++)
		args[i] = mem_dup(p->args[i]);
	sigfillset(&all);
	sigemptyset(&none);
	rc = posix_spawnattr_init(&attr);
	if (!rc) {
		/* A group of its own: what it keeps running for the clipboard outlives Ctrl-C. */
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
		posix_spawnattr_setsigdefault(&attr, &all);
		posix_spawnattr_setsigmask(&attr, &none);
		posix_spawnattr_setpgroup(&attr, 0);
		rc = posix_spawn_file_actions_init(&files);
		if (!rc) {
			posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
			posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
			posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
			rc = posix_spawnp(pid, args[0], &files, &attr, args, environ);
			posix_spawn_file_actions_destroy(&files);
		}
		posix_spawnattr_destroy(&attr);
	}
	for (size_t i = 0; i < ARRAY_LEN(args); i++)
		free(args[i]);
	return rc;
}

static bool
is_over(const struct clip_job *c, double until)
{
	return clock_s() > until || atomic_load(jobs_cancelled(c->job.jobs));
}

static bool
feed(struct clip_job *c, int fd)
{
	double until = clock_s() + FEED_S;
	size_t at = 0;

	while (at < c->n) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		ssize_t n = write(fd, c->text + at, c->n - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_set(&c->job.err, ERR_FAILED, "%s did not read the text", c->program->args[0]);
		else if (is_over(c, until))
			return err_set(&c->job.err, ERR_FAILED, "%s does not read the text", c->program->args[0]);
		else
			(void)poll(&p, 1, STEP_MS);
	}
	return true;
}

/* The program of a clipboard goes on in the background by itself: this one ends soon. */
static bool
wait_for(struct clip_job *c, pid_t pid, bool fed)
{
	struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	double until = clock_s() + FEED_S;
	int status = 0;
	pid_t ended;

	while ((ended = waitpid(pid, &status, fed ? WNOHANG : 0)) == 0 || (ended < 0 && errno == EINTR)) {
		if (fed && is_over(c, until)) {
			kill(pid, SIGKILL);
			fed = false;
			err_set(&c->job.err, ERR_FAILED, "%s does not come to an end", c->program->args[0]);
		} else if (fed) {
			nanosleep(&step, NULL);
		}
	}
	if (!fed)
		return false;
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    err_set(&c->job.err, ERR_FAILED, "%s failed", c->program->args[0]);
}

static void
run(struct job *j)
{
	struct clip_job *c = (struct clip_job *)j;
	int fds[2], rc;
	pid_t pid;
	bool fed;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		j->ok = err_set(&j->err, ERR_FAILED, "%s", strerror(errno));
		return;
	}
	rc = start(c->program, fds[0], &pid);
	close(fds[0]);
	if (rc) {
		close(fds[1]);
		j->ok = err_set(&j->err, ERR_FAILED, "%s cannot be started: %s", c->program->args[0], strerror(rc));
		return;
	}
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	fed = feed(c, fds[1]);
	close(fds[1]);
	if (!fed)
		kill(pid, SIGKILL);
	j->ok = wait_for(c, pid, fed);
}

static void
free_job(struct job *j)
{
	free(((struct clip_job *)j)->text);
	free(j);
}

/* ---- on the UI thread ---- */

static void
done(struct job *j, void *ctx)
{
	if (!j->ok)
		app_note(ctx, ROLE_warn, "%s: the text may not be in the clipboard", j->err.text);
}

void
clipboard_done(struct clipboard *c)
{
	(void)jobs_free(c->jobs);
	*c = (struct clipboard){0};
}

static void
add_base64(struct buf *out, const char *s, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)s[i] << 16;

		v |= i + 1 < n ? (uint32_t)(unsigned char)s[i + 1] << 8 : 0;
		v |= i + 2 < n ? (unsigned char)s[i + 2] : 0;
		buf_add_char(out, digits[v >> 18]);
		buf_add_char(out, digits[v >> 12 & 63]);
		buf_add_char(out, i + 1 < n ? digits[v >> 6 & 63] : '=');
		buf_add_char(out, i + 2 < n ? digits[v & 63] : '=');
	}
}

bool
clipboard_sequence(struct buf *out, const char *s, size_t n, bool in_tmux)
{
	struct buf one = {0};
	bool fits = n <= (CLIPBOARD_SEQUENCE_MAX - 8) / 4 * 3;

	if (!fits)
		return false;
	buf_add_str(&one, "]52;c;");
	add_base64(&one, s, n);
	buf_printf(out, "\x1b%s\a", one.data);
	/* tmux takes the first with set-clipboard on, and lets the second through with allow-passthrough on. */
	if (in_tmux)
		buf_printf(out, "\x1bPtmux;\x1b\x1b%s\a\x1b\\", one.data);
	buf_done(&one);
	return true;
}

static bool
is_in_path(const struct config *c, const char *name)
{
	struct buf dir = {0}, path = {0};
	bool found = false;

	for (const char *p = c->path; *p && !found; p += *p == ':') {
		size_t len = strcspn(p, ":");

		buf_clear(&dir);
		buf_add(&dir, p, len);
		fs_join(&path, len ? dir.data : ".", name);
		found = access(path.data, X_OK) == 0;
		p += len;
	}
	buf_done(&dir);
	buf_done(&path);
	return found;
}

static const struct program *
find_program(const struct config *c)
{
	bool has[] = {[NEEDS_NOTHING] = true, [NEEDS_WAYLAND] = c->wayland, [NEEDS_X11] = c->x11, [NEEDS_TMUX] = c->in_tmux};

	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (has[programs[i].needs] && is_in_path(c, programs[i].args[0]))
			return &programs[i];
	return NULL;
}

const char *
clipboard_program(const struct config *c)
{
	const struct program *p = find_program(c);

	return p ? p->args[0] : NULL;
}

static bool
give(struct clipboard *c, const struct program *p, const char *s, size_t n, struct err *e)
{
	struct clip_job *job;

	if (!c->jobs)
		c->jobs = jobs_new(e);
	if (!c->jobs)
		return false;
	job = mem_new0(1, sizeof *job);
	job->job = (struct job){.run = run, .done = done, .free = free_job};
	job->program = p;
	job->text = mem_dup_bytes(s, n);
	job->n = n;
	jobs_add(c->jobs, &job->job);
	return true;
}

void
clipboard_copy(struct app *app, const char *s, size_t n, const char *what)
{
	const struct program *p = find_program(app->config);
	struct buf b = {0}, size = {0};
	struct err e = {0};
	/* Plain lines have no escape codes. */
	bool sent = app->display && clipboard_sequence(&b, s, n, app->config->in_tmux);

	if (sent)
		app->display->ops->send(app->display, b.data, b.len);
	if (p && !give(&app->clipboard, p, s, n, &e))
		p = NULL;
	format_count(&size, n);
	if (sent && p)
		app_note(app, ROLE_good, "copied the %s through the terminal and %s: %s bytes", what, p->args[0], buf_str(&size));
	else if (sent)
		app_note(app, ROLE_good, "copied the %s through the terminal: %s bytes", what, buf_str(&size));
	else if (p)
		app_note(app, ROLE_good, "copied the %s through %s: %s bytes", what, p->args[0], buf_str(&size));
	else
		app_note(app, ROLE_warn, "not copied: the %s has %s bytes, more than a terminal takes, and no wl-copy, xclip or xsel "
		    "is there", what, buf_str(&size));
	buf_done(&b);
	buf_done(&size);
}

int
clipboard_fds(const struct clipboard *c, int *fds)
{
	if (!c->jobs)
		return 0;
	*fds = jobs_wake_fd(c->jobs);
	return 1;
}

bool
clipboard_poll(struct clipboard *c, struct app *app)
{
	return c->jobs && jobs_poll(c->jobs, app);
}

bool
clipboard_busy(const struct clipboard *c)
{
	return c->jobs && jobs_busy(c->jobs);
}
