/* This machine; see machine.h. */
#include "tui/state/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "core/minnow.h"
#include "tui/cmd/models.h"

/* Shares of the roof that generation reaches, from a model whose arithmetic is heavy for its bytes to one that only
 * waits for memory. */
#define SHARE_LOW 0.70
#define SHARE_HIGH 0.95

/* The disk of the store, or of the folder in which it would be made. */
static uint64_t
disk_of(const struct config *c)
{
	struct buf dir = {0};
	struct statvfs v;
	uint64_t n = 0;

	if (models_store_dir(c, &dir, NULL)) {
		while (!fs_exists(buf_str(&dir)) && strchr(buf_str(&dir) + 1, '/'))
			buf_truncate(&dir, (size_t)(strrchr(buf_str(&dir), '/') - dir.data));
		if (statvfs(buf_str(&dir), &v) == 0)
			n = (uint64_t)v.f_bavail * v.f_frsize;
	}
	buf_done(&dir);
	return n;
}

bool
machine_look(struct machine *m, const struct config *c)
{
	double roof;

	if (sscanf(c->machine, "%" SCNu64 ",%lf,%" SCNu64, &m->memory_bytes, &roof, &m->disk_free) == 3) {
		m->roof = roof;
		return true;
	}
	m->memory_bytes = models_memory();
	m->disk_free = disk_of(c);
	return false;
}

void
machine_measure(struct machine *m, const struct config *c)
{
	struct engine_options o = {.n_threads = (int)c->compute_threads, .isa = *c->compute_isa ? c->compute_isa : NULL};
	struct engine *g = engine_new(&o, NULL);

	if (g)
		m->roof = engine_roof(g, ROOF_READ);
	engine_free(g);
}

bool
machine_forecast(const struct machine *m, const struct entry *en, const struct entry_file *file, double *low, double *high)
{
	double bytes = (double)file->size;

	if (!file->size || m->roof <= 0)
		return false;
	/* Of a sparse model, only the experts that were chosen are read. */
	if (en->n_active && en->n_params)
		bytes *= (double)en->n_active / (double)en->n_params;
	*low = SHARE_LOW * m->roof / bytes;
	*high = SHARE_HIGH * m->roof / bytes;
	return true;
}
