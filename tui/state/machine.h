/* What this machine has for a model: memory, how fast it is read, disk.  A forecast is made of these, never of constants
 * for kinds of machines. */
#ifndef TUI_STATE_MACHINE_H
#define TUI_STATE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/entry.h"

struct config;

struct machine {
	uint64_t memory_bytes;		/* that a model may take */
	uint64_t disk_free;		/* where the store is or would be; 0: not known */
	double roof;			/* bytes/s read by all threads; 0: not measured */
};

/* Without the roof.  MINNOW_MACHINE="MEMORY,ROOF,DISK", in bytes (a second), takes the place of all of it for screen tests;
 * true: it did. */
bool machine_look(struct machine *m, const struct config *c);
/* Measure the roof: a fraction of a second on all threads. */
void machine_measure(struct machine *m, const struct config *c);

/* Tokens a second that FILE of EN will give at short context: from LOW, where the arithmetic and not the memory is what
 * binds, to HIGH, near the roof.  False: the size of the file, or the roof, is not known. */
bool machine_forecast(const struct machine *m, const struct entry *en, const struct entry_file *file, double *low, double *high);

#endif
