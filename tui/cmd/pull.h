/* Downloading from other commands: `minnow run` and `minnow chat` of a model that is known, but not here. */
#ifndef TUI_CMD_PULL_H
#define TUI_CMD_PULL_H

#include <stdbool.h>

#include "core/base/err.h"

/* On a terminal, when NAME means a model that could be downloaded: tell what that brings, ask, and do it.  True: go on, be it
 * that nothing had to be done; opening the model says what is wrong otherwise. */
bool pull_offer(const char *name, struct err *e) MUST_CHECK;

#endif
