/* The energy counters of the processor's packages, as Linux shows them (powercap, intel_rapl): microjoules that wrap around
 * at max_energy_range_uj.  Documentation/power/powercap/powercap.rst. */
#ifndef TUI_STATE_ENERGY_H
#define TUI_STATE_ENERGY_H

#include <stdbool.h>
#include <stdint.h>

enum { ENERGY_PACKAGES = 8 };
#define ENERGY_ROOT "/sys/class/powercap"

enum energy_status {
	ENERGY_NONE,			/* this machine has no such counters */
	ENERGY_DENIED,			/* it has, and they may not be read */
	ENERGY_READ,
};

struct energy {
	enum energy_status status;
	char path[ENERGY_PACKAGES][128];	/* of the counters; of the first also when DENIED */
	uint64_t last[ENERGY_PACKAGES], range[ENERGY_PACKAGES];
	int n;
	double joules;			/* since it was opened, as of the last update */
};

void energy_open(struct energy *e, const char *root);
/* Often enough that no counter wraps around twice (a minute is).  False: nothing can be read. */
bool energy_update(struct energy *e);

#endif
