/* What this machine has for a model: memory, how fast it is read, disk.  A forecast (tui/forecast.h) is made of
 * these, never of constants for kinds of machines. */
#ifndef TUI_STATE_MACHINE_H
#define TUI_STATE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct config;

struct machine {
	uint64_t memory_bytes;		/* that a model may take */
	uint64_t disk_free;		/* where the store is or would be; 0: not known */
	double roof;			/* bytes/s read by all threads; 0: not measured */
};

/* Without the roof, which forecast_bandwidth() tells.  MINNOW_MACHINE="MEMORY,ROOF,DISK", in bytes (a second), takes the place of all of it for screen tests;
 * true: it did. */
bool machine_look(struct machine *m, const struct config *c);

#endif
