/* The clipboard: through the terminal (OSC 52), which works over ssh but never says whether it did, and through a program of
 * the desktop where one is there.  The program is fed by a thread, so that one that does not listen holds nothing up. */
#ifndef TUI_STATE_CLIPBOARD_H
#define TUI_STATE_CLIPBOARD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

struct app;
struct config;
struct jobs;

/* Bytes of one OSC 52 that terminals are known to take; hterm and tmux's older ones take no more. */
enum { CLIPBOARD_SEQUENCE_MAX = 100000 };

/* Zeroed at first. */
struct clipboard {
	struct jobs *jobs;		/* NULL: no program was needed yet */
};

void clipboard_done(struct clipboard *c);
/* Copy S[0..n), WHAT it is for the note that says where it went. */
void clipboard_copy(struct app *app, const char *s, size_t n, const char *what);

/* The sequence, appended; inside tmux also as tmux passes it through.  False: it would be longer than terminals take. */
bool clipboard_sequence(struct buf *out, const char *s, size_t n, bool in_tmux);
/* The program for this session, "wl-copy" and the like; NULL: none is there. */
const char *clipboard_program(const struct config *c);

/* For the loop: see app_fds() and app_poll(). */
int clipboard_fds(const struct clipboard *c, int *fds);
bool clipboard_poll(struct clipboard *c, struct app *app);
bool clipboard_busy(const struct clipboard *c);

#endif
