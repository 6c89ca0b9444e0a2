/* Themes: from roles to colours.  A theme is a small text file, NAME.theme:
 *
 *   # a comment
 *   [any]                      for a background that is not known
 *   accent = #5f87af bold
 *   text = default             the terminal's own colour
 *   [dark]                     what differs on a dark background; likewise [light]
 *
 * A colour is "default", #rrggbb, or one of the terminal's own sixteen by name: black red green yellow blue magenta cyan
 * white, and bright- before any of them.  Then any of bold, underline, italic, reverse.  Every depth of colour is computed
 * from that one source. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "tui/grid.h"

enum background { BACKGROUND_UNKNOWN, BACKGROUND_DARK, BACKGROUND_LIGHT, BACKGROUND_COUNT };
enum depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_TRUE };

#define COLOUR_DEFAULT (-1)
#define COLOUR_OWN 0x1000000		/* + 0..15: a colour of the terminal's own palette, whatever it is there */

struct style {
	int32_t rgb;		/* 0xRRGGBB, COLOUR_DEFAULT, or from COLOUR_OWN on */
	uint8_t attr;		/* ATTR_* */
};

struct theme {
	char name[64];
	struct style styles[BACKGROUND_COUNT][ROLE_COUNT];
};

/* Parse S[0..n).  False with *e = "NAME line N: …". */
bool theme_parse(struct theme *t, const char *name, const char *s, size_t n, struct err *e) MUST_CHECK;
/* Find NAME.theme: in CONFIG_DIR/themes, beside the program, in its share directory; those of theme.def are part of the
 * program. */
bool theme_load(struct theme *t, const char *name, const char *config_dir, struct err *e) MUST_CHECK;
/* Names of all themes that would be found, sorted, one a line. */
void theme_list(const char *config_dir, struct buf *out);

const char *role_name(enum role r);
bool role_is_text(enum role r);		/* must stand out from the background */

/* The nearest colour of xterm's palette: 16..255, or 0..15 of the usual sixteen. */
int colour_256(int32_t rgb);
int colour_16(int32_t rgb);
int32_t colour_of_256(int index);
/* WCAG 2.1 contrast, 1..21. */
double colour_contrast(int32_t a, int32_t b);

#endif
