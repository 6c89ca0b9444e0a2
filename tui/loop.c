/* The one loop: waits for the terminal, the model and signals; at most 60 frames a second, none when nothing
 * changed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/state/history.h"
#include "tui/term/signals.h"
#include "tui/view/chat_parts.h"

/* What a person does is shown at once, and at most so often; what a model writes by itself half as often, so that a key
 * seldom comes just after a frame. */
#define FRAME_S (1.0 / 60)
#define MODEL_FRAME_S (1.0 / 30)
#define STATUS_QUERY "\x1b[5n"

struct loop {
	struct app *app;
	struct display *display;
	int signal_fd;
	bool dirty;			/* the screen no longer shows the state */
	bool answers;			/* … to what the person did */
	double drawn_s;			/* when the last frame was sent */
	double answered_s;		/* when the last one was that answered */
	double typed_s;			/* when the last bytes came */
	bool bare;			/* the normal screen is shown: nothing is drawn until a key */
	bool hung_up;
	char unkept[sizeof ((struct err *)0)->text];	/* said last */
};

/* What a person has seen of an answer is in the history before they see it, unless the disk takes longer than all tries.
 * A key does not wait for that: what it shows is written meanwhile. */
enum { SETTLE_MS = 5, SETTLE_TRIES = 20 };

/* False: the frame has to wait for a key that came first. */
static bool
settle(const struct loop *l)
{
	struct pollfd p = {l->display->in_fd, POLLIN, 0};

	for (int i = 0; i < SETTLE_TRIES && !history_settle(l->app->history, l->answers ? 0 : SETTLE_MS); i++)
		if (l->answers || poll(&p, 1, 0) > 0)
			return l->answers;
	return true;
}

static void
draw_frame(struct loop *l)
{
	/* A draft that is being typed is written now and then. */
	bool settles = l->app->history && (l->app->talk.status == TALK_ANSWERING || !l->answers);
	int rows, cols;

	if (settles && !settle(l))
		return;
	l->display->ops->size(l->display, &rows, &cols);
	app_draw(l->app, rows, cols);
	l->display->ops->show(l->display, &l->app->grid);
	l->drawn_s = clock_s();
	if (l->answers)
		l->answered_s = l->drawn_s;
	l->dirty = l->answers = false;
}

/* When the next frame may be sent. */
static double
frame_due(const struct loop *l)
{
	return l->answers ? l->answered_s + FRAME_S : l->drawn_s + MODEL_FRAME_S;
}

/* ---- screen tests: MINNOW_SYNC names a file that learns how many keys were handled, once the terminal has
 * drawn everything they led to.  The terminal's answer to a status query proves that it has. ---- */

static void
ask_sync(struct loop *l)
{
	struct app *app = l->app;

	if (!*app->config->sync || app->sync_asked || app->n_synced == (long)app->n_keys)
		return;
	if ((l->dirty && !l->bare) || app_busy(app) || input_pending(&app->input))
		return;
	app->sync_asked = true;
	app->n_synced = (long)app->n_keys;
	l->display->ops->send(l->display, STATUS_QUERY, strlen(STATUS_QUERY));
}

static void
tell_sync(struct app *app)
{
	FILE *f = app->sync_asked ? fopen(app->config->sync, "a") : NULL;

	app->sync_asked = false;
	if (!f)
		return;
	fprintf(f, "%ld\n", app->n_synced);
	fclose(f);
}

/* ---- input ---- */

static void
take_background(struct loop *l, const struct input_event *ev)
{
	double light = (0.299 * ev->red + 0.587 * ev->green + 0.114 * ev->blue) / 255;
	struct app *app = l->app;

	if (strcmp(app->config->ui_background, "auto") != 0)
		return;
	app->background = light < 0.5 ? BACKGROUND_DARK : BACKGROUND_LIGHT;
	l->display->ops->set_theme(l->display, &app->theme, app->background);
	l->dirty = true;
}

/* ---- the plain conversation on the normal screen ---- */

static void
enter_bare(struct loop *l)
{
	struct buf text = {0};

	l->app->bare = false;
	l->bare = true;
	app_bare_text(l->app, &text);
	l->display->ops->bare(l->display, buf_str(&text), text.len);
	buf_done(&text);
}

static enum did
leave_bare(struct loop *l)
{
	l->bare = false;
	l->display->ops->resume(l->display);
	return DID_CHANGE;
}

/* Terminals paste a carriage return for each new line, as if Enter were pressed. */
static enum did
take_paste(struct app *app, const char *s, size_t n)
{
	struct buf text = {0};
	enum did did;

	for (size_t i = 0; i < n; i++)
		if (s[i] != '\r')
			buf_add_char(&text, s[i]);
		else if (i + 1 == n || s[i + 1] != '\n')
			buf_add_char(&text, '\n');
	did = app_text(app, buf_str(&text), text.len);
	buf_done(&text);
	return did;
}

static void
take_event(struct loop *l, const struct input_event *ev)
{
	struct app *app = l->app;
	enum did did = DID_NOTHING;

	switch (ev->kind) {
	case INPUT_KEY:
		did = l->bare ? leave_bare(l) : app_key(app, ev->key);
		app->n_keys++;
		break;
	case INPUT_PASTE:
		did = take_paste(app, ev->text, ev->len);
		app->n_keys++;
		break;
	case INPUT_STATUS:
		tell_sync(app);
		break;
	case INPUT_BACKGROUND:
		take_background(l, ev);
		break;
	case INPUT_PLACE:
		if (probe_answer(&l->display->probe, ev->row, ev->col)) {
			l->display->ops->redraw(l->display);
			l->dirty = true;
		}
		break;
	case INPUT_SYNC:
		l->display->sync = true;
		break;
	case INPUT_CLICK:
	case INPUT_WHEEL:
		did = app_mouse(app, ev->row, ev->col, ev->kind == INPUT_WHEEL ? ev->step : 0);
		app->n_keys++;
		break;
	}
	if (did == DID_CHANGE)
		l->dirty = l->answers = true;
}

static void
read_terminal(struct loop *l)
{
	char bytes[16384];
	struct input_event ev;
	ssize_t n = read(l->display->in_fd, bytes, sizeof bytes);

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		l->hung_up = true;
	if (n <= 0)
		return;
	l->typed_s = clock_s();
	input_feed(&l->app->input, bytes, (size_t)n);
	while (!l->app->quit && input_next(&l->app->input, false, &ev))
		take_event(l, &ev);
}

static void
flush_escape(struct loop *l)
{
	struct input_event ev;

	if (!input_pending(&l->app->input) || clock_s() - l->typed_s < INPUT_ESC_MS / 1e3)
		return;
	while (!l->app->quit && input_next(&l->app->input, true, &ev))
		take_event(l, &ev);
}

/* ---- signals ---- */

static void
suspend(struct loop *l)
{
	l->app->suspend = false;
	l->display->ops->pause(l->display);
	signals_stop_self();
	l->display->ops->resume(l->display);
	l->dirty = true;
}

static void
take_signals(struct loop *l)
{
	int sig;

	while ((sig = signals_next())) {
		switch (sig) {
		case SIGTSTP:
			l->app->suspend = true;
			break;
		case SIGTERM:
		case SIGHUP:
		case SIGINT:
			l->app->quit = true;
			l->app->quit_signal = sig;
			break;
		case SIGCONT:		/* the shell has used the terminal meanwhile */
			l->display->ops->resume(l->display);
			l->bare = false;
			l->dirty = l->answers = true;
			break;
		default:		/* SIGWINCH */
			l->dirty = l->answers = true;
			break;
		}
	}
}

/* ---- waiting ---- */

/* Milliseconds until something is due without any descriptor becoming ready; -1: nothing is. */
static int
time_to_wait(const struct loop *l)
{
	double now = clock_s(), wait = -1;
	bool draws = l->dirty && !l->bare;
	double due = app_due(l->app);

	if (draws)
		wait = frame_due(l) - now;
	else if (due > 0)
		wait = due - now;
	if (input_pending(&l->app->input)) {
		double esc = l->typed_s + INPUT_ESC_MS / 1e3 - now;

		wait = (draws || due > 0) && wait < esc ? wait : esc;
	} else if (!draws && due <= 0) {
		return -1;
	}
	return wait <= 0 ? 0 : (int)(wait * 1000) + 1;
}

/* A question that waits for the model is still being written: killed now, it would be lost. */
static void
keep_all(struct app *app)
{
	const char *pending = app->talk.pending;
	struct buf text = {0};

	keep_update(&app->keep, &app->talk);
	if (pending)
		keep_draft(&app->keep, pending, strlen(pending), false);
	if (!pending && app->editing == EDITING_NONE) {
		chat_prompt_text(app, &text);
		keep_draft(&app->keep, buf_str(&text), text.len, false);
	}
	buf_done(&text);
}

/* Once for each reason why conversations cannot be kept. */
static void
tell_unkept(struct loop *l)
{
	struct err e = {0};

	if (!l->app->history || !history_failed(l->app->history, &e)) {
		l->unkept[0] = '\0';
	} else if (strcmp(l->unkept, e.text) != 0) {
		snprintf(l->unkept, sizeof l->unkept, "%s", e.text);
		app_note(l->app, ROLE_warn, "not saved for now: %s", e.text);
		l->dirty = true;
	}
}

static void
wait_once(struct loop *l)
{
	struct pollfd p[2 + APP_FDS_MAX] = {{l->display->in_fd, POLLIN, 0}, {l->signal_fd, POLLIN, 0}};
	int fds[APP_FDS_MAX], n = app_fds(l->app, fds);

	for (int i = 0; i < n; i++)
		p[2 + i] = (struct pollfd){fds[i], POLLIN, 0};
	if (poll(p, (nfds_t)(2 + n), time_to_wait(l)) < 0 && errno != EINTR)
		l->hung_up = true;
	if (p[1].revents)
		take_signals(l);
	if (p[0].revents)
		read_terminal(l);
	flush_escape(l);
	if (app_poll(l->app))
		l->dirty = true;
	keep_all(l->app);
	tell_unkept(l);
}

bool
app_run(struct app *app, struct display *d, struct err *e)
{
	struct loop l = {.app = app, .display = d, .dirty = true};

	app->display = d;
	l.signal_fd = signals_open(e);
	if (l.signal_fd < 0)
		return false;
	while (!app->quit && !l.hung_up) {
		if (app->bare)
			enter_bare(&l);
		if (l.dirty && !l.bare && clock_s() >= frame_due(&l))
			draw_frame(&l);
		ask_sync(&l);
		wait_once(&l);
		if (app->suspend)
			suspend(&l);
	}
	keep_all(app);
	if (!app->talk.pending)
		app_leave_chat(app);
	signals_close();
	app->display = NULL;
	return true;
}
