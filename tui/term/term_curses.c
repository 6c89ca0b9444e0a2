/* The grid on a real terminal, through curses' cell difference.  The only file with curses calls.  Input is
 * not curses' business here: term/input.c reads the bytes, because curses knows neither bracketed paste nor
 * the answers to queries. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/term/signals.h"
#include "tui/term/term.h"

#define PASTE_ON "\x1b[?2004h"
#define PASTE_OFF "\x1b[?2004l"
#define SHAPE_OWN "\x1b[0 q"
#define FRAME_BEGIN "\x1b[?2026h"
#define FRAME_END "\x1b[?2026l"
/* Clicks and the wheel, not moves, in the form without a limit of columns. */
#define MOUSE_ON "\x1b[?1000h\x1b[?1006h"
#define MOUSE_OFF "\x1b[?1006l\x1b[?1000l"

struct term_curses {
	struct display term;
	SCREEN *screen;
	FILE *out;			/* what curses writes to */
	int tty, gather;		/* the terminal; where a frame is put together, or -1 */
	struct buf frame;
	struct grid shown;		/* the last frame */
	bool stale;			/* shown says nothing about the screen */
	bool direct;			/* colour numbers are RGB values */
	bool mouse;			/* asked for */
	enum cursor_shape shape;	/* told to the terminal */
	struct style styles[ROLE_COUNT];
};

static struct term_curses *
curses_of(struct display *t)
{
	return (struct term_curses *)t;
}

bool
term_can_draw(const char *name, struct err *e)
{
	int status;
	bool ok;

	if (!*name || strcmp(name, "dumb") == 0)
		return err_set(e, ERR_FAILED, "TERM is \"%s\": no full screen there", name);
	if (setupterm(name, STDOUT_FILENO, &status) != OK)
		return err_set(e, ERR_FAILED, "the terminal \"%s\" is not known here", name);
	ok = tigetstr("cup") && tigetstr("clear");
	del_curterm(cur_term);
	return ok || err_set(e, ERR_FAILED, "the terminal \"%s\" cannot place text", name);
}

int
term_n_colors(const char *name)
{
	int status, n;

	if (!*name || setupterm(name, STDOUT_FILENO, &status) != OK)
		return 0;
	n = tigetnum("colors");
	del_curterm(cur_term);
	return n > 0 ? n : 0;
}

/* Everything, also when the other side is slow to read. */
static void
write_all(const char *s, size_t n)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, s, n);

		if (done < 0 && errno == EAGAIN)
			done = poll(&p, 1, 1000) > 0 ? 0 : -1;
		else if (done < 0 && errno == EINTR)
			done = 0;
		if (done < 0)
			return;
		s += done;
		n -= (size_t)done;
	}
}

static void
curses_send(struct display *t, const char *bytes, size_t n)
{
	(void)t;
	write_all(bytes, n);
}

static void
curses_size(struct display *t, int *rows, int *cols)
{
	struct winsize ws;

	(void)t;
	*rows = LINES;
	*cols = COLS;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row && ws.ws_col) {
		*rows = ws.ws_row;
		*cols = ws.ws_col;
	}
}

/* ---- colours ---- */

static enum depth
find_depth(const struct term_curses *c, const char *wanted)
{
	if (!has_colors() || strcmp(wanted, "never") == 0)
		return DEPTH_MONO;
	if (c->direct)
		return DEPTH_TRUE;
	return COLORS >= 256 && strcmp(wanted, "16") != 0 ? DEPTH_256 : DEPTH_16;
}

/* The curses colour number, and bold where a terminal has only eight. */
static int
colour_number(const struct term_curses *c, struct style st, unsigned *attr)
{
	int number;

	if (st.rgb == COLOUR_DEFAULT)
		return -1;
	/* Where colours are told directly, only the first eight of the palette can be. */
	if (st.rgb >= COLOUR_OWN && c->term.depth == DEPTH_TRUE && st.rgb - COLOUR_OWN >= 8)
		return colour_of_256(st.rgb - COLOUR_OWN);
	if (st.rgb >= COLOUR_OWN && (c->term.depth == DEPTH_TRUE || COLORS >= 16))
		return st.rgb - COLOUR_OWN;
	if (c->term.depth == DEPTH_TRUE)
		return st.rgb < 8 ? 0 : st.rgb;	/* 1 to 7 mean palette colours there */
	if (c->term.depth == DEPTH_256)
		return colour_256(st.rgb);
	number = st.rgb >= COLOUR_OWN ? st.rgb - COLOUR_OWN : colour_16(st.rgb);
	if (number >= 8 && COLORS < 16) {
		*attr |= ATTR_BOLD;
		number -= 8;
	}
	return number;
}

static void
curses_set_theme(struct display *t, const struct theme *theme, enum background bg)
{
	struct term_curses *c = curses_of(t);

	for (int r = 0; r < ROLE_COUNT; r++) {
		struct style st = theme->styles[bg][r];
		unsigned attr = st.attr;

		if (t->depth != DEPTH_MONO)
			init_extended_pair(r + 1, colour_number(c, st, &attr), -1);
		c->styles[r] = (struct style){st.rgb, (uint8_t)attr};
	}
	c->stale = true;
}

static attr_t
attributes(unsigned a)
{
	return (a & ATTR_BOLD ? A_BOLD : 0) | (a & ATTR_REVERSE ? A_REVERSE : 0) |
	    (a & ATTR_UNDERLINE ? A_UNDERLINE : 0) | (a & ATTR_ITALIC ? A_ITALIC : 0);
}

/* ---- cells ---- */

static bool
is_odd(const struct probe *p, uint32_t cp, int width)
{
	return width == 2 ? p->odd_from && cp >= p->odd_from : width == 0 && p->odd_marks;
}

/* The characters of a cell as libc agrees they are wide; what it does not know or counts differently becomes
 * "?". */
static size_t
cell_chars(const struct term_curses *c, const struct cell *cell, wchar_t *out)
{
	size_t n = 0;

	for (size_t at = 0; at < cell->len && n < CCHARW_MAX;) {
		uint32_t cp;
		bool ok;

		at += utf8_decode(cell->text + at, cell->len - at, &cp, &ok);
		if (cp >= 0x80 && !c->term.utf8)
			cp = n ? 0 : '?';
		else if (wcwidth((wchar_t)cp) != (n ? 0 : cell->width) || is_odd(&c->term.probe, cp, n ? 0 : cell->width))
			cp = n ? 0 : '?';
		if (cp)
			out[n++] = (wchar_t)cp;
	}
	out[n] = L'\0';
	return n;
}

static void
show_cell(const struct term_curses *c, int y, int x, const struct cell *cell)
{
	const struct style *st = &c->styles[cell->role];
	attr_t attr = attributes(cell->attr | st->attr);
	int pair = c->term.depth == DEPTH_MONO ? 0 : cell->role + 1;
	wchar_t chars[CCHARW_MAX + 1];
	cchar_t cc;

	cell_chars(c, cell, chars);
	if (setcchar(&cc, chars, attr, 0, &pair) != OK)
		return;
	mvadd_wch(y, x, &cc);
	if (chars[0] == L'?' && cell->width == 2)
		mvadd_wch(y, x + 1, &cc);
}

static void
show_row(struct term_curses *c, const struct grid *g, int y)
{
	size_t at = (size_t)y * (size_t)g->cols, bytes = (size_t)g->cols * sizeof *g->cells;

	if (!c->stale && memcmp(g->cells + at, c->shown.cells + at, bytes) == 0)
		return;
	memcpy(c->shown.cells + at, g->cells + at, bytes);
	for (int x = 0; x < g->cols; x++)
		if (g->cells[at + (size_t)x].width)
			show_cell(c, y, x, &g->cells[at + (size_t)x]);
}

/* ---- for the worst case ---- */

static void
add_capability(struct buf *out, const char *name)
{
	char copy[8];
	const char *s;

	snprintf(copy, sizeof copy, "%s", name);
	s = tigetstr(copy);
	/* Padding ($<5>) is of no use to a crash handler. */
	for (; s && s != (const char *)-1 && *s; s++) {
		if (s[0] == '$' && s[1] == '<')
			s += strcspn(s, ">");
		else
			buf_add_char(out, *s);
	}
}

static void
arm(bool shaped)
{
	struct buf b = {0};

	buf_add_str(&b, PASTE_OFF MOUSE_OFF);
	add_capability(&b, "sgr0");
	add_capability(&b, "cnorm");
	if (shaped)
		buf_add_str(&b, SHAPE_OWN);
	add_capability(&b, "rmcup");
	signals_arm(STDOUT_FILENO, b.data, b.len);
	buf_done(&b);
}

/* DECSCUSR, where terminfo has it ("Ss" takes the number; 0 is the person's own shape). */
static void
set_shape(struct term_curses *c, enum cursor_shape shape)
{
	static const int numbers[] = {[CURSOR_OWN] = 0, [CURSOR_BLOCK] = 2, [CURSOR_BAR] = 6};
	char name[] = "Ss";
	const char *set = shape != c->shape ? tigetstr(name) : NULL;

	if (!set || set == (const char *)-1 || !(set = tparm(set, numbers[shape])))
		return;
	if (c->shape == CURSOR_OWN)
		arm(true);
	c->shape = shape;
	write_all(set, strlen(set));
}

/* ---- a frame in one piece ---- */

/* Curses writes whenever it has moved the cursor, a row at a time: over a slow line one sees it, and between two writes the
 * model may take the processor.  While a frame is made, its descriptor is that of a file in memory. */
static int
open_gather(void)
{
#ifdef __linux__
	return memfd_create("minnow frame", MFD_CLOEXEC);
#else
	return -1;
#endif
}

static void
close_gather(struct term_curses *c)
{
	if (c->gather >= 0)
		close(c->gather);
	c->gather = -1;
}

static void
close_output(struct term_curses *c)
{
	if (c->out)
		fclose(c->out);
	if (c->tty >= 0)
		close(c->tty);
	close_gather(c);
}

static void
mark_frame(const struct term_curses *c, const char *mark)
{
	if (c->term.sync)
		write_all(mark, strlen(mark));
}

static bool
turn_output(const struct term_curses *c, int fd)
{
	return dup2(fd, fileno(c->out)) >= 0 && fcntl(fileno(c->out), F_SETFD, FD_CLOEXEC) >= 0;
}

static void
begin_frame(struct term_curses *c)
{
	if (c->gather >= 0 && !turn_output(c, c->gather))
		close_gather(c);
	if (c->gather < 0)
		mark_frame(c, FRAME_BEGIN);
}

/* Nothing is written when nothing changed. */
static void
end_frame(struct term_curses *c)
{
	off_t n = c->gather >= 0 ? lseek(c->gather, 0, SEEK_END) : 0;
	ssize_t got;

	if (c->gather < 0) {
		mark_frame(c, FRAME_END);
		return;
	}
	(void)turn_output(c, c->tty);
	if (n <= 0)
		return;
	buf_clear(&c->frame);
	if (c->term.sync)
		buf_add_str(&c->frame, FRAME_BEGIN);
	buf_reserve(&c->frame, (size_t)n);
	got = pread(c->gather, c->frame.data + c->frame.len, (size_t)n, 0);
	c->frame.len += got > 0 ? (size_t)got : 0;
	if (c->term.sync)
		buf_add_str(&c->frame, FRAME_END);
	write_all(c->frame.data, c->frame.len);
	if (ftruncate(c->gather, 0) < 0 || lseek(c->gather, 0, SEEK_SET) < 0)
		close_gather(c);
}

static void
curses_show(struct display *t, const struct grid *g)
{
	struct term_curses *c = curses_of(t);

	if (g->rows != LINES || g->cols != COLS)
		resizeterm(g->rows, g->cols);
	if (g->rows != c->shown.rows || g->cols != c->shown.cols) {
		grid_resize(&c->shown, g->rows, g->cols);
		c->stale = true;
	}
	if (c->stale)
		erase();
	for (int y = 0; y < g->rows; y++)
		show_row(c, g, y);
	c->stale = false;
	begin_frame(c);
	if (g->cursor_y >= 0) {
		curs_set(1);
		move(g->cursor_y, g->cursor_x);
	} else {
		curs_set(0);
	}
	wnoutrefresh(stdscr);
	doupdate();
	end_frame(c);
	set_shape(c, g->cursor_shape);
}

/* ---- taking and giving back ---- */

static void
set_modes(void)
{
	raw();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	typeahead(-1);
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
}

static void
curses_pause(struct display *t)
{
	set_shape(curses_of(t), CURSOR_OWN);
	write_all(PASTE_OFF, strlen(PASTE_OFF));
	if (curses_of(t)->mouse)
		write_all(MOUSE_OFF, strlen(MOUSE_OFF));
	endwin();
}

static void
curses_mouse(struct display *t, bool on)
{
	curses_of(t)->mouse = on;
	if (on)
		write_all(MOUSE_ON, strlen(MOUSE_ON));
	else
		write_all(MOUSE_OFF, strlen(MOUSE_OFF));
}

/* The modes of the program without its screen: newlines are not translated then. */
static void
curses_bare(struct display *t, const char *text, size_t n)
{
	curses_pause(t);
	reset_prog_mode();
	for (size_t at = 0, len; at < n; at += len + 1) {
		const char *end = memchr(text + at, '\n', n - at);

		len = end ? (size_t)(end - text) - at : n - at;
		write_all(text + at, len);
		write_all("\r\n", 2);
	}
}

static void
curses_resume(struct display *t)
{
	curses_of(t)->stale = true;
	reset_prog_mode();
	clearok(curscr, TRUE);
	refresh();
	write_all(PASTE_ON, strlen(PASTE_ON));
	if (curses_of(t)->mouse)
		write_all(MOUSE_ON, strlen(MOUSE_ON));
}

static void
curses_redraw(struct display *t)
{
	curses_of(t)->stale = true;
	clearok(curscr, TRUE);
}

static void
curses_close(struct display *t)
{
	struct term_curses *c = curses_of(t);

	curses_pause(t);
	tcflush(STDIN_FILENO, TCIFLUSH);	/* answers that came too late are not for the shell */
	signals_disarm();
	delscreen(c->screen);
	close_output(c);
	buf_done(&c->frame);
	grid_done(&c->shown);
	free(c);
}

static const struct term_ops curses_ops = {
	.size = curses_size, .show = curses_show, .set_theme = curses_set_theme, .send = curses_send,
	.pause = curses_pause, .resume = curses_resume, .redraw = curses_redraw,
	.mouse = curses_mouse, .bare = curses_bare, .close = curses_close,
};

/* Curses sends RGB only where terminfo says so: "xterm-direct" does, where a terminal promises truecolor. */
static SCREEN *
open_screen(struct term_curses *c, const char *name, const char *depth, const char *colorterm)
{
	bool promised = strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0;
	bool wanted = strcmp(depth, "truecolor") == 0 || (strcmp(depth, "auto") == 0 && promised);
	SCREEN *s = NULL;

	if (wanted && strncmp(name, "xterm", 5) == 0)
		s = newterm("xterm-direct", c->out, stdin);
	c->direct = s != NULL;
	return s ? s : newterm(name, c->out, stdin);
}

/* Curses gets a descriptor of its own, which end_frame() and begin_frame() turn. */
static bool
open_output(struct term_curses *c, struct err *e)
{
	int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	c->gather = open_gather();
	c->tty = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	c->out = own >= 0 ? fdopen(own, "w") : NULL;
	return (c->tty >= 0 && c->out) || err_set(e, ERR_FAILED, "the terminal cannot be opened: %s", strerror(errno));
}

struct display *
term_curses_open(const char *name, const char *depth, const char *colorterm, struct err *e)
{
	struct term_curses *c = mem_new0(1, sizeof *c);
	TERMINAL *described = NULL;
	int status;

	c->term = (struct display){.ops = &curses_ops, .in_fd = STDIN_FILENO};
	if (setupterm(name, STDOUT_FILENO, &status) == OK) {
		described = cur_term;
		arm(false);			/* before curses changes the modes */
	}
	if (open_output(c, e)) {
		c->screen = open_screen(c, name, depth, colorterm);
		if (!c->screen)
			err_set(e, ERR_FAILED, "the terminal \"%s\" cannot be opened", name);
	}
	if (!c->screen) {
		signals_disarm();
		close_output(c);
		free(c);
		return NULL;
	}
	if (described && described != cur_term)
		del_curterm(described);		/* newterm made its own */
	set_modes();
	c->term.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	start_color();
	if (use_default_colors() != OK)
		depth = "never";
	c->term.depth = find_depth(c, depth);
	c->stale = true;
	refresh();			/* the screen is ours from here on: questions before the first frame write on it */
	write_all(PASTE_ON, strlen(PASTE_ON));
	return &c->term;
}
