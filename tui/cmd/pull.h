/* Downloading from other commands: `minnow run` and `minnow chat` of a model that is known, but not here. */
#ifndef TUI_CMD_PULL_H
#define TUI_CMD_PULL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/base/err.h"
#include "registry/fetch.h"

struct config;

/* How files are fetched, as the settings have it.  Strings are the settings'. */
struct fetch_options pull_fetch_options(const struct config *c, const atomic_bool *cancel);

/* On a terminal, when NAME means a model that could be downloaded: tell what that brings, ask, and do it.  True: go on, be it
 * that nothing had to be done; opening the model says what is wrong otherwise. */
bool pull_offer(const char *name, struct err *e) MUST_CHECK;

#endif
