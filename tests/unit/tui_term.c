/* The screen of curses on a pseudo-terminal: what a frame sends, and what is left of it when the program is gone. */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "tui/term/term.h"

enum { ROWS = 6, COLS = 20 };

/* Runs in a child whose terminal the pair is. */
typedef void play(struct display *d, struct grid *g);

static void
child(play *p)
{
	struct err e = {0};
	struct display *d;
	struct grid g;

	setlocale(LC_CTYPE, "C.UTF-8");
	d = term_curses_open("xterm-256color", "auto", "", &e);
	if (!d)
		_exit(9);
	grid_init(&g, ROWS, COLS);
	p(d, &g);
	d->ops->close(d);
	grid_done(&g);
	exit(0);
}

/* All that the terminal was sent; *status is that of the child.  *MODES: as they were left. */
static void
watch(play *p, struct buf *out, int *status, struct termios *modes)
{
	struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
	char bytes[4096];
	int fd, tty;
	ssize_t n;
	pid_t pid;

	/* The other side stays open, so that its modes can be read when the child is gone. */
	assert_int_equal(openpty(&fd, &tty, NULL, NULL, &size), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(fd);
		if (login_tty(tty) != 0)
			_exit(8);
		child(p);
	}
	assert_true(pid > 0);
	for (struct pollfd r = {fd, POLLIN, 0}; waitpid(pid, status, WNOHANG) == 0 || poll(&r, 1, 0) > 0;) {
		n = poll(&r, 1, 20) > 0 ? read(fd, bytes, sizeof bytes) : 0;
		if (n > 0)
			buf_add(out, bytes, (size_t)n);
	}
	assert_int_equal(tcgetattr(tty, modes), 0);
	close(fd);
	close(tty);
}

static void
put(struct grid *g, const char *s)
{
	grid_clear(g);
	for (int y = 0; y < ROWS; y += 2)
		grid_puts(g, y, 0, COLS, s, ROLE_text, 0);
}

static void
mark(const char *s)
{
	assert_true(write(STDOUT_FILENO, s, strlen(s)) == (ssize_t)strlen(s));
}

static void
two_frames(struct display *d, struct grid *g)
{
	d->sync = true;
	put(g, "one");
	d->ops->show(d, g);
	mark("<1>");
	d->ops->show(d, g);
	mark("<2>");
	put(g, "two");
	d->ops->show(d, g);
	mark("<3>");
}

/* What a terminal draws in its own way stands as question marks of the same width. */
static void
odd_cells(struct display *d, struct grid *g)
{
	probe_answer(&d->probe, 1, 2);
	probe_answer(&d->probe, 1, 2);
	probe_answer(&d->probe, 1, 1);
	probe_answer(&d->probe, 1, 2);
	mark("<1>");
	put(g, "\uac00\U0001f600\U0001fae0e\u0301.");
	d->ops->show(d, g);
	mark("<2>");
}

static size_t
times(const char *from, const char *to, const char *what)
{
	size_t n = 0;

	for (const char *at = from; (at = strstr(at, what)) && at < to; at++)
		n++;
	return n;
}

static void
odd_cells_are_told(void **state)
{
	struct buf out = {0};
	struct probe p = {0};
	struct termios modes;
	const char *a, *b;
	int status;

	(void)state;
	watch(odd_cells, &out, &status, &modes);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	a = strstr(buf_str(&out), "<1>");
	b = strstr(buf_str(&out), "<2>");
	assert_true(a && b);
	assert_int_equal(times(a, b, "\uac00\U0001f600\?\?e."), 3);
	buf_done(&out);
	/* A terminal as libc thinks, one that says more than it was asked, and other rows change nothing. */
	for (int i = 0; i < 3; i++)
		assert_false(probe_answer(&p, 1, 2));
	assert_false(probe_answer(&p, 7, 70));
	assert_false(probe_answer(&p, 1, 1));
	assert_false(probe_answer(&p, 1, 70));
	assert_true(!p.odd_from && !p.odd_marks);
}

static void
frames_are_whole(void **state)
{
	struct buf out = {0};
	struct termios modes;
	const char *a, *b, *c;
	int status;

	watch(two_frames, &out, &status, &modes);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	a = strstr(buf_str(&out), "<1>");
	b = strstr(buf_str(&out), "<2>");
	c = strstr(buf_str(&out), "<3>");
	assert_true(a && b && c);
	/* One mark each before and after the rows. */
	assert_int_equal(times(out.data, a, "one"), 3);
	assert_int_equal(times(out.data, a, "\x1b[?2026h"), 1);
	assert_int_equal(times(out.data, a, "\x1b[?2026l"), 1);
	assert_true(strstr(out.data, "\x1b[?2026h") < strstr(out.data, "one"));
	assert_memory_equal(a - 8, "\x1b[?2026l", 8);
	/* The same picture again is nothing at all. */
	assert_int_equal(b - a, 3);
	assert_int_equal(times(b, c, "two"), 3);
	assert_memory_equal(b + 3, "\x1b[?2026h", 8);
	buf_done(&out);
	(void)state;
}

static void
plain_frame(struct display *d, struct grid *g)
{
	put(g, "one");
	d->ops->show(d, g);
}

static void
unmarked_where_nobody_said_so(void **state)
{
	struct buf out = {0};
	struct termios modes;
	int status;

	watch(plain_frame, &out, &status, &modes);
	assert_int_equal(times(buf_str(&out), out.data + out.len, "one"), 3);
	assert_null(strstr(out.data, "?2026"));
	buf_done(&out);
	(void)state;
}

/* ---- every way out ---- */

static void by_exit(struct display *d, struct grid *g) { plain_frame(d, g); exit(3); }
static void by_abort(struct display *d, struct grid *g) { plain_frame(d, g); abort(); }
static void by_segv(struct display *d, struct grid *g) { plain_frame(d, g); raise(SIGSEGV); }
static void by_bus(struct display *d, struct grid *g) { plain_frame(d, g); raise(SIGBUS); }
static void by_fpe(struct display *d, struct grid *g) { plain_frame(d, g); raise(SIGFPE); }
static void by_ill(struct display *d, struct grid *g) { plain_frame(d, g); raise(SIGILL); }
static void by_quit(struct display *d, struct grid *g) { plain_frame(d, g); raise(SIGQUIT); }

static void
in_a_frame(struct display *d, struct grid *g)
{
	d->sync = true;
	d->ops->mouse(d, true);
	g->cursor_shape = CURSOR_BAR;
	plain_frame(d, g);
	raise(SIGSEGV);
}

static void
the_terminal_is_given_back(void **state)
{
	static play *const ways[] = {plain_frame, by_exit, by_abort, by_segv, by_bus, by_fpe, by_ill, by_quit, in_a_frame};
	static const char *const back[] = {"\x1b[?2004l", "\x1b[?1000l", "\x1b[?1049l", "\x1b[?12l\x1b[?25h"};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct buf out = {0};
		struct termios modes;
		int status;

		watch(ways[i], &out, &status, &modes);
		for (size_t k = 0; k < sizeof back / sizeof *back; k++)
			if (k != 1 || ways[i] == in_a_frame)
				assert_non_null(strstr(strstr(buf_str(&out), "one"), back[k]));
		assert_true(modes.c_lflag & ICANON && modes.c_lflag & ECHO && modes.c_lflag & ISIG);
		assert_true(modes.c_oflag & OPOST);
		buf_done(&out);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_whole),
		cmocka_unit_test(odd_cells_are_told),
		cmocka_unit_test(unmarked_where_nobody_said_so),
		cmocka_unit_test(the_terminal_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
