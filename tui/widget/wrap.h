/* Breaking plain text into rows: between words where possible, never inside a grapheme cluster.  Every byte
 * belongs to exactly one row, so that a cursor has a place everywhere. */
#ifndef TUI_WIDGET_WRAP_H
#define TUI_WIDGET_WRAP_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the row that begins at S[0..n) and is at most COLUMNS wide (at least one cluster); a newline ends
 * it and is counted, though not drawn. */
size_t wrap_row(const char *s, size_t n, int columns);

/* Rows of the whole text: at least 1; a text ending in a newline has an empty last row. */
int wrap_count(const char *s, size_t n, int columns);

/* The row and column of byte AT.  A cursor after the last column of a full row goes to the next one; where the line ends
 * there it stays, in column COLUMNS, or it would stand on another line. */
void wrap_locate(const char *s, size_t n, int columns, size_t at, int *row, int *col);

/* wrap_count() and wrap_locate() in one walk. */
int wrap_measure(const char *s, size_t n, int columns, size_t at, int *row, int *col);

/* The byte nearest to (row, col). */
size_t wrap_at(const char *s, size_t n, int columns, int row, int col);

/* May a line break between the clusters A and B (both at least one byte)? */
bool wrap_allowed(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
