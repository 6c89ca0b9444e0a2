/* The terminal UI from other commands. */
#ifndef TUI_CMD_CHAT_H
#define TUI_CMD_CHAT_H

#include <stdbool.h>

#include "core/base/err.h"

/* As minnow chat without arguments, with Compare in front and these N models in it (as compare_spec.h has them). */
bool chat_compare(const char *const *specs, int n, struct err *e) MUST_CHECK;

#endif
