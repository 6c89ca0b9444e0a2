/* How fast a model that is not here yet should write on this machine: pull and Explore say it.  Generation reads every weight
 * that works on a token once, so its speed is bounded by how fast memory is read, which is measured, never assumed. */
#ifndef TUI_FORECAST_H
#define TUI_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/entry.h"
#include "tui/config.h"

/* Bytes a second that memory is read at by all threads of C; 0: that could not be measured.  It is measured the first five
 * times (0.2 s each) and the best remembered in $XDG_CACHE_HOME/minnow/bandwidth until the machine, its processors or
 * memory, or the number of threads change. */
double forecast_bandwidth(const struct config *c);

/* Tokens a second that FILE, weights of EN, gives where memory is read at BYTES_PER_S: from LOW, with 4096 tokens of
 * context and where arithmetic binds, to HIGH, with none.  False: the size of the file, or the bandwidth, is not known. */
bool forecast_speed(double bytes_per_s, const struct entry *en, const struct entry_file *file, double *low, double *high);

#endif
