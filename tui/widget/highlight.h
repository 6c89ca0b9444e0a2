/* Colours for code, line by line: words, strings, comments and numbers of the languages in lang.def.  No parser: what looks
 * right to a reader is right. */
#ifndef TUI_WIDGET_HIGHLIGHT_H
#define TUI_WIDGET_HIGHLIGHT_H

#include <stddef.h>

enum hl_kind { HL_PLAIN, HL_KEYWORD, HL_STRING, HL_COMMENT, HL_NUMBER, HL_META, HL_ADDED, HL_REMOVED };

struct lang;

/* By a name of lang.def in letters of any case; what follows a space or a brace in NAME is left out.  NULL: not known. */
const struct lang *lang_find(const char *name, size_t n);
const char *lang_name(const struct lang *l);

typedef void hl_emit(void *arg, enum hl_kind kind, size_t n);

/* Tell EMIT the pieces of one line (no newline), which are all of it in order.  *STATE is 0 before the first line of a
 * block, and what is open at the end of the last one. */
void highlight_line(const struct lang *l, unsigned *state, const char *s, size_t n, hl_emit *emit, void *arg);

#endif
