/* Energy counters; see energy.h. */
#include "tui/state/energy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* False with errno. */
static bool
read_number(const char *path, uint64_t *out)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	errno = EINVAL;
	ok = fscanf(f, "%" SCNu64, out) == 1;
	fclose(f);
	return ok;
}

/* Package I under ROOT: its name says that it is one, not a part of one or the memory. */
static bool
is_package(const char *root, int i)
{
	char path[160], name[32] = "";
	FILE *f;

	snprintf(path, sizeof path, "%s/intel-rapl:%d/name", root, i);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(name, sizeof name, f))
		name[0] = '\0';
	fclose(f);
	return strncmp(name, "package", 7) == 0;
}

void
energy_open(struct energy *e, const char *root)
{
	*e = (struct energy){.status = ENERGY_NONE};
	for (int i = 0; i < ENERGY_PACKAGES; i++) {
		char path[160];

		if (!is_package(root, i))
			continue;
		if (snprintf(e->path[e->n], sizeof e->path[0], "%s/intel-rapl:%d/energy_uj", root, i) >=
		    (int)sizeof e->path[0])
			continue;
		snprintf(path, sizeof path, "%s/intel-rapl:%d/max_energy_range_uj", root, i);
		if (!read_number(e->path[e->n], &e->last[e->n])) {
			e->status = errno == EACCES || errno == EPERM ? ENERGY_DENIED : e->status;
			if (e->status == ENERGY_DENIED)
				return;
			continue;
		}
		if (!read_number(path, &e->range[e->n]))
			e->range[e->n] = 0;
		e->status = ENERGY_READ;
		e->n++;
	}
}

bool
energy_update(struct energy *e)
{
	for (int i = 0; e->status == ENERGY_READ && i < e->n; i++) {
		uint64_t now;

		if (!read_number(e->path[i], &now))
			return false;
		if (now >= e->last[i])
			e->joules += (double)(now - e->last[i]) * 1e-6;
		else if (e->range[i] > e->last[i])		/* wrapped around */
			e->joules += (double)(e->range[i] - e->last[i] + now) * 1e-6;
		e->last[i] = now;
	}
	return e->status == ENERGY_READ;
}
