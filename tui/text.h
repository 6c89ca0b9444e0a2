/* What a person calls a character: grapheme clusters (UAX #29) and the columns they take.
 * Text here is valid UTF-8; broken bytes are taken one by one as U+FFFD, one column wide. */
#ifndef TUI_TEXT_H
#define TUI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Columns of one code point when it stands alone: 0, 1 or 2. */
int text_width_of(uint32_t cp);

/* Bytes of the cluster at S[0..n), n > 0; *width, when asked for, is its columns as the grid draws it: a
 * sequence joined by ZWJ takes the columns of its parts, because a terminal that cannot join them shows them
 * side by side. */
size_t text_cluster(const char *s, size_t n, int *width);

/* The cluster boundary after and before AT. */
size_t text_next(const char *s, size_t n, size_t at);
size_t text_prev(const char *s, size_t n, size_t at);

/* Columns of S[0..n); newlines and tabs count as one. */
int text_width(const char *s, size_t n);

/* The width to give to printf's %*s, which counts bytes, so that S fills COLUMNS. */
int text_field(const char *s, int columns);

/* How many bytes of S[0..n) fit into COLUMNS, in whole clusters; *used, when asked for, is the columns
 * taken. */
size_t text_fit(const char *s, size_t n, int columns, int *used);

/* Is the cluster at S part of a word (letter, digit, mark, underscore)? */
bool text_is_word(const char *s, size_t n);
/* Append S[0..n) in small letters, one code point for each: to compare without regard to case. */
void text_fold(struct buf *out, const char *s, size_t n);
/* Has it a letter that is not small?  Who types one means it. */
bool text_has_capital(const char *s, size_t n);
/* May a line break before and after it (ideographs, kana, syllables are breakable; so are wide symbols)? */
bool text_is_breakable(const char *s, size_t n);

#endif
