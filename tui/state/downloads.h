/* The queue of downloads: one after the other beside the UI, each paused, gone on with, tried again or cancelled.  What is not
 * done is known again at the next start ($XDG_DATA_HOME/minnow/downloads, a name a line), and goes on where it stopped. */
#ifndef TUI_STATE_DOWNLOADS_H
#define TUI_STATE_DOWNLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "tui/keymap.h"

struct app;
struct jobs;
struct download_job;

enum download_is {
	DOWNLOAD_WAITING,
	DOWNLOAD_LOOKING,		/* what it brings is being found out */
	DOWNLOAD_RUNNING,
	DOWNLOAD_ASKING,		/* a licence or a change has to be accepted: .question */
	DOWNLOAD_PAUSED,
	DOWNLOAD_FAILED,		/* .err */
	DOWNLOAD_DONE,
};

struct download {
	char *name;			/* as pull takes it */
	enum download_is is;
	uint64_t n, size;		/* bytes of all files; size 0: not known */
	double bytes_per_s, seconds_left;	/* _RUNNING; seconds_left below 0: not to be told */
	bool verifying, others;		/* the bytes are there; another process fetches them */
	bool had;			/* _DONE: it was here before */
	bool accepted;			/* a person said yes */
	char *question;			/* clean, one line */
	struct err err;
};

struct downloads {
	struct download *items;		/* in the order in which they came */
	size_t n;
	struct jobs *jobs;		/* NULL: nothing ran yet */
	struct download_job *running;	/* jobs'; NULL: nothing runs */
	enum { DOWNLOADS_GO_ON, DOWNLOADS_PAUSE, DOWNLOADS_CANCEL } wish;	/* for what runs */
	char *file;			/* "": there is no home */
};

void downloads_init(struct downloads *d, const struct app *app);
/* The file of what was not done, one name a line: paused.  Lines that are no name are left out. */
void downloads_read(struct downloads *d, const char *s, size_t n);
void downloads_done(struct downloads *d);	/* accepts a zeroed one; what runs goes on next time */

/* Add NAME, or go on with it where it is in the queue already; *AT is its place; ACCEPTED: a person
 * said yes to what it asks.  ERR_USAGE: no name. */
bool downloads_add(struct downloads *d, struct app *app, const char *name, bool accepted, size_t *at, struct err *e)
    MUST_CHECK;
/* Pause what waits or runs; go on with what is paused. */
void downloads_pause(struct downloads *d, struct app *app, size_t i);
void downloads_retry(struct downloads *d, struct app *app, size_t i);
/* The person accepted what was asked. */
void downloads_accept(struct downloads *d, struct app *app, size_t i);
/* Out of the queue; what is on the disk stays. */
void downloads_cancel(struct downloads *d, struct app *app, size_t i);

/* Why A cannot be done with D, for a person; NULL: it can. */
const char *download_why_not(const struct download *d, enum action a);
/* What it is doing, as a sentence without its end, after its name.  _ASKING: what it asks. */
void download_tell(const struct download *d, struct buf *out);
/* "412 of 639 MB"; "12 MB/s  3 min left", where that is known. */
void download_add_bytes(const struct download *d, struct buf *out);
void download_add_speed(const struct download *d, struct buf *out);

int downloads_fds(const struct downloads *d, int *fds);
bool downloads_poll(struct downloads *d, struct app *app);
bool downloads_busy(const struct downloads *d);

/* "↓ qwen3-0.6b 42 % 3 min" of what runs; false: nothing does. */
bool downloads_note(const struct downloads *d, const char *arrow, struct buf *out);
/* Those of the open program; NULL: it never had any. */
struct downloads *downloads_of(const struct app *app);

#endif
