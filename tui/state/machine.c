/* This machine; see machine.h. */
#include "tui/state/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "tui/cmd/models.h"

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
