/* Keys, what they are called, and what they do.  Rows of keys.def, then the bindings of the configuration
 * file. */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

struct config_bind;

enum action {
	ACTION_NONE,
#define ACTION(id, name, what) ACTION_##id,
#include "tui/action.def"
#undef ACTION
	ACTION_COUNT
};

enum context {
#define CONTEXT(id, parent, what) CONTEXT_##id,
#include "tui/context.def"
#undef CONTEXT
	CONTEXT_COUNT
};

/* Keys without a character of their own stand past Unicode. */
enum {
	KEYCODE_ENTER = 0x110000, KEYCODE_TAB, KEYCODE_ESC, KEYCODE_BACKSPACE, KEYCODE_DELETE, KEYCODE_INSERT,
	KEYCODE_UP, KEYCODE_DOWN, KEYCODE_LEFT, KEYCODE_RIGHT, KEYCODE_HOME, KEYCODE_END, KEYCODE_PGUP,
	KEYCODE_PGDN, KEYCODE_F1, KEYCODE_F12 = KEYCODE_F1 + 11,
};

enum { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4 };

struct key {
	uint32_t code;			/* a code point or KEYCODE_*; 0: no key */
	unsigned mods;
};

/* "C-r", "M-Enter", "PgUp", "?", "한".  False when S is none of these. */
bool key_parse(const char *s, struct key *out);
/* As people read it: "^R", "Alt-Enter", "PgUp". */
void key_format(struct key k, struct buf *out);
bool key_same(struct key a, struct key b);
/* The character it types; 0 for none. */
uint32_t key_text(struct key k);

const char *action_name(enum action a);
const char *action_help(enum action a);
enum action action_find(const char *name);		/* ACTION_NONE when there is none */
const char *context_name(enum context c);
const char *context_help(enum context c);
enum context context_parent(enum context c);
bool context_within(enum context c, enum context outer);	/* the same one, or one inside it */

struct binding {
	enum context context;
	struct key key;
	enum action action;
	unsigned line;			/* of the configuration file; 0: built in */
};

struct keymap {
	struct binding *rows;		/* a key stands once in a context */
	size_t n_rows;
};

void keymap_init(struct keymap *m);
void keymap_done(struct keymap *m);
/* Bindings from the configuration; "none" as the key takes the action's keys away.  Unknown names and keys
 * bound twice are reported to WARNINGS, one a line, with FILE and line. */
void keymap_configure(struct keymap *m, const struct config_bind *binds, size_t n, const char *file,
    struct buf *warnings);

enum action keymap_find(const struct keymap *m, enum context c, struct key k);
/* The key to show for an action that is valid in C: the first one bound; code 0 when there is none. */
struct key keymap_key(const struct keymap *m, enum context c, enum action a);

#endif
