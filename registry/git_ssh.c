/* git over ssh by the ssh program, as git does it: its configuration, known hosts and agent are the person's own, and
 * it never asks anything (BatchMode).  Every read and write waits only as long as the guard allows. */
#define _GNU_SOURCE
#include "registry/git_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/net.h"

extern char **environ;

struct ssh {
	git_smart_subtransport parent;
	struct git_guard *guard;	/* not owned */
	struct ssh_stream *stream;	/* not owned: the one there is, until libgit2 frees it */
};

struct ssh_stream {
	git_smart_subtransport_stream parent;
	struct ssh *ssh;		/* not owned */
	struct git_guard *guard;	/* not owned */
	pid_t pid;			/* 0: not running */
	int fd, err_fd;			/* both ways; what ssh complains about */
};

/* ssh://[USER@]HOST[:PORT]/PATH, which repo_url_check has passed, as words for the command line. */
struct ssh_address {
	char *text;			/* owns what the others point into */
	const char *user, *host, *port, *path;
};

static void
split_url(struct ssh_address *a, const char *url)
{
	char *at, *host, *slash, *colon;

	*a = (struct ssh_address){.text = mem_dup(url + strlen("ssh://"))};
	host = a->text;
	slash = strchr(host, '/');
	a->path = mem_dup(slash);
	*slash = '\0';
	at = strchr(host, '@');
	if (at) {
		*at = '\0';
		a->user = host;
		host = at + 1;
	}
	colon = strrchr(host, ':');
	if (colon) {
		*colon = '\0';
		a->port = colon + 1;
	}
	a->host = host;
}

static int
fail(struct ssh_stream *s, const char *what)
{
	char text[200] = "", said[160] = "";
	ssize_t n = s->err_fd >= 0 ? read(s->err_fd, text, sizeof text) : 0;

	if (n > 0)
		git_clean_text(said, sizeof said, text, (size_t)n);
	if (s->guard->why.kind == ERR_NONE)
		err_set(&s->guard->why, ERR_NETWORK, "%s%s%s", what, *said ? ": " : "", said);
	libgit2.error_set_str(GIT_ERROR_SSH, s->guard->why.text);
	return -1;
}

/* Waits for EVENT on the stream. */
static bool
wait_for(struct ssh_stream *s, short event)
{
	struct pollfd p = {.fd = s->fd, .events = event};
	int n;

	if (!git_guard_check(s->guard))
		return false;
	do
		n = poll(&p, 1, (int)git_guard_left_ms(s->guard));
	while (n < 0 && errno == EINTR && git_guard_check(s->guard));
	if (n == 0 && s->guard->why.kind == ERR_NONE)
		err_set(&s->guard->why, ERR_NETWORK, "the host is silent or too slow");
	return n > 0;
}

static int
stream_read(git_smart_subtransport_stream *stream, char *buffer, size_t size, size_t *n)
{
	struct ssh_stream *s = (struct ssh_stream *)stream;
	ssize_t got;

	*n = 0;
	if (!wait_for(s, POLLIN))
		return fail(s, "ssh");
	do
		got = recv(s->fd, buffer, size, 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return fail(s, "ssh ended the connection");
	if (!git_guard_add(s->guard, (size_t)got))
		return fail(s, "ssh");
	*n = (size_t)got;
	return 0;
}

static int
stream_write(git_smart_subtransport_stream *stream, const char *data, size_t n)
{
	struct ssh_stream *s = (struct ssh_stream *)stream;

	while (n > 0) {
		ssize_t done;

		if (!wait_for(s, POLLOUT))
			return fail(s, "ssh");
		done = send(s->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (done < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (done < 0)
			return fail(s, "ssh ended the connection");
		data += done;
		n -= (size_t)done;
	}
	return 0;
}

static void
stream_free(git_smart_subtransport_stream *stream)
{
	struct ssh_stream *s = (struct ssh_stream *)stream;

	if (s->ssh->stream == s)
		s->ssh->stream = NULL;
	if (s->fd >= 0)
		close(s->fd);
	if (s->err_fd >= 0)
		close(s->err_fd);
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	free(s);
}

static int
spawn(struct ssh_stream *s, char *const argv[], int fds[2], int errs[2])
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return rc;
	rc = posix_spawn_file_actions_adddup2(&actions, fds[1], 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&actions, errs[1], 2);
	if (!rc)
		rc = posix_spawnp(&s->pid, "ssh", &actions, NULL, argv, environ);
	if (rc)
		s->pid = 0;
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static bool
start_ssh(struct ssh_stream *s, const char *url)
{
	char wait_text[48];
	struct buf command = {0};
	struct ssh_address a;
	const char *argv[16];
	size_t n = 0;
	int fds[2] = {-1, -1}, errs[2] = {-1, -1}, rc;

	if (!net_allowed(url, &s->guard->why))
		return false;
	split_url(&a, url);
	snprintf(wait_text, sizeof wait_text, "ConnectTimeout=%u", s->guard->limits.timeout_s);
	buf_printf(&command, "git-upload-pack '%s'", a.path);	/* no quote passes repo_url_check */
	argv[n++] = "ssh";
	argv[n++] = "-T";
	argv[n++] = "-oBatchMode=yes";
	argv[n++] = "-o";
	argv[n++] = wait_text;
	if (a.port) {
		argv[n++] = "-p";
		argv[n++] = a.port;
	}
	if (a.user) {
		argv[n++] = "-l";
		argv[n++] = a.user;
	}
	argv[n++] = "--";
	argv[n++] = a.host;
	argv[n++] = command.data;
	argv[n] = NULL;
	rc = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 || pipe2(errs, O_CLOEXEC | O_NONBLOCK) < 0 ? errno :
	    spawn(s, (char *const *)(uintptr_t)argv, fds, errs);
	if (fds[1] >= 0)
		close(fds[1]);
	if (errs[1] >= 0)
		close(errs[1]);
	s->fd = fds[0];
	s->err_fd = errs[0];
	free((char *)(uintptr_t)a.path);
	free(a.text);
	buf_done(&command);
	if (rc)
		fail(s, rc == ENOENT ? "the program ssh is not installed" : "ssh could not be started");
	return rc == 0;
}

static int
ssh_action(git_smart_subtransport_stream **out, git_smart_subtransport *t, const char *url, git_smart_service_t action)
{
	struct ssh *h = (struct ssh *)t;
	struct ssh_stream *s;

	/* UPLOADPACK goes on in the stream that UPLOADPACK_LS opened. */
	if (action == GIT_SERVICE_UPLOADPACK && h->stream) {
		*out = &h->stream->parent;
		return 0;
	}
	if (action != GIT_SERVICE_UPLOADPACK_LS || h->stream)
		return -1;
	s = mem_new0(1, sizeof *s);
	s->parent = (git_smart_subtransport_stream){t, stream_read, stream_write, stream_free};
	s->ssh = h;
	s->guard = h->guard;
	s->fd = s->err_fd = -1;
	if (!start_ssh(s, url)) {
		stream_free(&s->parent);
		return -1;
	}
	h->stream = s;
	*out = &s->parent;
	return 0;
}

static int
ssh_close(git_smart_subtransport *t)
{
	(void)t;
	return 0;
}

static void
ssh_free(git_smart_subtransport *t)
{
	free(t);
}

int
git_ssh_new(git_smart_subtransport **out, git_transport *owner, void *param)
{
	struct ssh *h = mem_new0(1, sizeof *h);

	(void)owner;
	h->parent = (git_smart_subtransport){ssh_action, ssh_close, ssh_free};
	h->guard = param;
	*out = &h->parent;
	return 0;
}
