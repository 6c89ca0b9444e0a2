/* Bytes from a terminal to events.  No I/O and no clock: the caller says when a lone ESC has waited long
 * enough.  Sequences: ECMA-48, xterm's ctlseqs, the kitty keyboard protocol's CSI u, bracketed paste. */
#ifndef TUI_TERM_INPUT_H
#define TUI_TERM_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "tui/keymap.h"

/* A lone ESC is the Esc key after this long. */
#define INPUT_ESC_MS 25

enum input_kind {
	INPUT_KEY,
	INPUT_PASTE,		/* text is the whole paste, as it came */
	INPUT_STATUS,		/* the answer to ESC [ 5 n */
	INPUT_BACKGROUND,	/* the answer to OSC 11: red, green, blue 0..255 */
	INPUT_PLACE,		/* where the cursor is, from row 1 on: the answer to ESC [ 6 n */
	INPUT_SYNC,		/* the terminal can hold back a frame until it is whole (the answer to DECRQM 2026) */
	INPUT_CLICK,		/* the left button went down at row, col, from 0 */
	INPUT_WHEEL,		/* step -1: up, 1: down, at row, col */
};

struct input_event {
	enum input_kind kind;
	struct key key;
	const char *text;	/* until the next call */
	size_t len;
	int red, green, blue;
	int row, col, step;
};

struct input {
	struct buf held;	/* bytes not yet decoded */
	size_t at;		/* of them, these are done */
	struct buf paste;
	bool pasting;
};

void input_done(struct input *in);
void input_feed(struct input *in, const char *bytes, size_t n);
/* The next event; false when the rest is empty or incomplete.  FLUSH: nothing more will come soon, so take
 * an incomplete sequence as the keys it spells. */
bool input_next(struct input *in, bool flush, struct input_event *ev);
/* Does something incomplete wait for more bytes or for a flush? */
bool input_pending(const struct input *in);

#endif
