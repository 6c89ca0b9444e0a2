/* How fast a model that is not here yet should write on this machine.  Generation reads every weight that works on a token
 * once, so its speed is bounded by how fast memory is read.  That is measured (0.2 s, the first five times), never
 * assumed, and the best remembered in $XDG_CACHE_HOME/minnow/bandwidth until the machine, its processors or memory, or
 * the number of threads change. */
#ifndef TUI_FORECAST_H
#define TUI_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/entry.h"
#include "tui/config.h"

struct forecast {
	double bytes_per_s;		/* that memory is read at; 0: could not be measured */
	double low, high;		/* tokens a second: with 4096 tokens of context, and with none; 0: cannot be told */
};

/* FILE are weights of EN. */
void forecast_make(struct forecast *f, const struct config *c, const struct entry *en, const struct entry_file *file);

#endif
