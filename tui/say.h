/* What a command tells a person: sentences on standard error, and names, harmless whatever they quote. */
#ifndef TUI_SAY_H
#define TUI_SAY_H

#include <stdbool.h>

#include "core/base/err.h"

/* "minnow NAME: …" and a newline; NAME NULL: "minnow: …". */
void say(const char *name, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Lines that stand for themselves, each ended by a newline, as struct config collects its warnings. */
void say_lines(const char *text);
/* While a screen is drawn, sentences go to the log instead. */
void say_to_log(bool yes);
/* A name from outside, on standard output and on one line. */
void say_name(const char *s);

#endif
