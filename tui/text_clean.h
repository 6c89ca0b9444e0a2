/* The one place where text from outside (model output, file names, model cards) is made harmless before it
 * reaches a grid or a terminal.  Nothing disappears in silence: what a terminal would obey or an eye would miss
 * becomes visible.
 *
 *   C0 controls, DEL        their picture: ESC is ␛ (U+2400 block).  Newline and tab stay; CR LF becomes LF
 *   C1 controls             <U+009B>
 *   bidi controls and marks, zero-width and invisible format characters, tag characters
 *                           <U+202E>; ZWJ and ZWNJ stay between two characters outside ASCII, where scripts
 *                           and emoji need them
 *   line and paragraph separators   newline
 *   noncharacters, broken UTF-8     U+FFFD
 *
 * The result is valid UTF-8 and cleaning it again changes nothing. */
#ifndef TUI_TEXT_CLEAN_H
#define TUI_TEXT_CLEAN_H

#include <stddef.h>

#include "core/base/buf.h"

/* Append S[0..n) to OUT.  Pieces of a stream may be given one by one when each holds whole characters. */
void text_clean(struct buf *out, const char *s, size_t n);

/* The same on one line, for titles and names: newlines and tabs become one space. */
void text_clean_line(struct buf *out, const char *s, size_t n);

#endif
