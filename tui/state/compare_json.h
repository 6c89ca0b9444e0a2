/* A comparison that is over, as one JSON object: that of minnow compare --json, and of exported files. */
#ifndef TUI_STATE_COMPARE_JSON_H
#define TUI_STATE_COMPARE_JSON_H

#include <jansson.h>
#include <stdbool.h>

struct compare;

/* Without NAMES: only which answer says what. */
json_t *compare_json(const struct compare *c, bool names);

#endif
