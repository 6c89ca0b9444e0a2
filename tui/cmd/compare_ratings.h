/* minnow compare --ratings: what a person's votes say, as text or as JSON. */
#ifndef TUI_CMD_COMPARE_RATINGS_H
#define TUI_CMD_COMPARE_RATINGS_H

#include <stdbool.h>

#include "core/base/err.h"

bool compare_ratings(bool json, struct err *e) MUST_CHECK;

#endif
