/* Signals; see signals.h. */
#define _GNU_SOURCE
#include "tui/term/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/mem.h"

static const int caught[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP};
static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

static int wake[2] = {-1, -1};
static struct {
	volatile sig_atomic_t armed;
	int fd;
	char bytes[256];
	size_t n;
	bool has_modes;
	struct termios modes;
} restore;

static void
put_back(void)
{
	if (!restore.armed)
		return;
	restore.armed = 0;
	/* Nothing can be done when the terminal is gone. */
	if (write(restore.fd, restore.bytes, restore.n) < 0)
		return;
	if (restore.has_modes)
		tcsetattr(restore.fd, TCSANOW, &restore.modes);
}

static void
on_fatal(int sig)
{
	put_back();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_signal(int sig)
{
	int saved = errno;
	char byte = (char)sig;

	/* A full pipe has plenty of wake-ups in it already. */
	if (write(wake[1], &byte, 1) < 0)
		errno = saved;
	errno = saved;
}

static void
catch(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

/* nohup and the & of a script begin a program with signals ignored, and mean it. */
static bool
is_ignored(int sig)
{
	struct sigaction now;

	return sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

int
signals_open(struct err *e)
{
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0) {
		err_set(e, ERR_FAILED, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(caught); i++)
		if (!is_ignored(caught[i]))
			catch(caught[i], on_signal, SA_RESTART);
	catch(SIGPIPE, SIG_IGN, 0);
	catch(SIGXFSZ, SIG_IGN, 0);	/* a write past the limit fails, and is told as a full disk is */
	return wake[0];
}

void
signals_close(void)
{
	for (size_t i = 0; i < ARRAY_LEN(caught); i++)
		catch(caught[i], SIG_DFL, 0);
	if (wake[0] >= 0) {
		close(wake[0]);
		close(wake[1]);
	}
	wake[0] = wake[1] = -1;
}

int
signals_next(void)
{
	char byte;

	return wake[0] >= 0 && read(wake[0], &byte, 1) == 1 ? byte : 0;
}

void
signals_arm(int fd, const char *bytes, size_t n)
{
	static bool registered;

	restore.armed = 0;
	restore.fd = fd;
	restore.n = n < sizeof restore.bytes ? n : sizeof restore.bytes;
	memcpy(restore.bytes, bytes, restore.n);
	restore.has_modes = tcgetattr(fd, &restore.modes) == 0;
	if (!registered)
		registered = atexit(put_back) == 0;
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		catch(fatal[i], on_fatal, 0);
	restore.armed = 1;
}

void
signals_disarm(void)
{
	restore.armed = 0;
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		catch(fatal[i], SIG_DFL, 0);
}

void
signals_stop_self(void)
{
	raise(SIGSTOP);
}

void
signals_end_by(int sig)
{
	catch(sig, SIG_DFL, 0);
	raise(sig);
}
