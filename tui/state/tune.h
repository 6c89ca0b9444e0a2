/* Settings of one conversation as a person types them: "temp 0.2 top-k 40", and a system prompt on one line. */
#ifndef TUI_STATE_TUNE_H
#define TUI_STATE_TUNE_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct talk;

/* Settings by the names of the options: pairs of name and value.  False with a sentence: C is as it was. */
bool tune_sampling(struct talk *c, const char *words, struct err *e) MUST_CHECK;
/* The usual ones and those that are not at their default, as tune_sampling() takes them. */
void tune_write_sampling(const struct talk *c, struct buf *out);
/* Names that may be set, one a line. */
void tune_names(struct buf *out);

/* A text of several lines on one, and back: \n is a new line, \\ a backslash. */
void tune_write_line(const char *text, struct buf *out);
void tune_read_line(const char *line, struct buf *out);

#endif
