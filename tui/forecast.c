/* Speed before a download; see forecast.h. */
#include "tui/forecast.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/hash.h"
#include "core/minnow.h"
#include "registry/search.h"

enum { SMALL_FILE = 4096, MEASUREMENTS = 5 };

/* Shares of the bandwidth that generation was seen to reach (61 to 89 %, most of it below 70 without a context). */
#define SHARE_LOW 0.60
#define SHARE_HIGH 0.80

/* What, when it changes, makes the figure worthless. */
static uint64_t
machine_id(const struct config *c, int n_threads)
{
	struct buf all = {0}, text = {0};
	uint64_t id;

	if (fs_read(&text, "/etc/machine-id", SMALL_FILE, NULL))
		buf_add_str(&all, buf_str(&text));
	for (size_t i = 0;; i++) {
		const char *name;
		bool present;

		if (!cpu_feature_at(i, &name, &present))
			break;
		if (present)
			buf_printf(&all, " %s", name);
	}
	buf_printf(&all, " %ld %ld %d %s", sysconf(_SC_NPROCESSORS_ONLN), sysconf(_SC_PHYS_PAGES), n_threads, c->compute_isa);
	id = hash_bytes(buf_str(&all), all.len);
	buf_done(&all);
	buf_done(&text);
	return id;
}

/* "ID BYTES_PER_S N\n": the best of N measurements, because whatever else runs makes one worse and nothing better. */
struct cached {
	double rate;
	unsigned n;
};

static struct cached
read_cached(const char *path, uint64_t id)
{
	struct cached c = {0};
	struct buf text = {0};
	uint64_t known = 0;

	if (!fs_read(&text, path, SMALL_FILE, NULL) ||
	    sscanf(buf_str(&text), "%" SCNx64 " %lf %u", &known, &c.rate, &c.n) != 3 || known != id ||
	    !(c.rate > 1e6 && c.rate < 1e14))
		c = (struct cached){0};
	buf_done(&text);
	return c;
}

static double
measure(const struct config *c)
{
	struct engine_options o = {.n_threads = (int)c->compute_threads, .isa = *c->compute_isa ? c->compute_isa : NULL};
	struct engine *g = engine_new(&o, NULL);
	double rate = g ? engine_roof(g, ROOF_READ) : 0;

	engine_free(g);
	return rate;
}

double
forecast_bandwidth(const struct config *c)
{
	uint64_t id = machine_id(c, (int)c->compute_threads);
	struct buf path = {0}, text = {0};
	struct cached known = {0};
	double rate;

	if (*c->cache_dir) {
		fs_join(&path, c->cache_dir, "bandwidth");
		known = read_cached(path.data, id);
	}
	if (known.n < MEASUREMENTS) {
		rate = measure(c);
		known.rate = rate > known.rate ? rate : known.rate;
		buf_printf(&text, "%" PRIx64 " %.4g %u\n", id, known.rate, known.n + 1);
		/* Not to remember it costs a fifth of a second the next time. */
		if (known.rate > 0 && *c->cache_dir && fs_make_dirs(c->cache_dir, NULL) &&
		    !fs_write_atomic(path.data, text.data, text.len, NULL))
			remove(path.data);
	}
	buf_done(&path);
	buf_done(&text);
	return known.rate;
}

bool
forecast_speed(double bytes_per_s, const struct entry *en, const struct entry_file *file, double *low, double *high)
{
	double weights = (double)file->size, context;

	if (!file->size || bytes_per_s <= 0)
		return false;
	/* Of a sparse model, only the experts that were chosen are read. */
	if (en->n_active && en->n_params > en->n_active)
		weights *= (double)en->n_active / (double)en->n_params;
	/* search_memory() is weights, keys and values of 4096 tokens, and 64 MB for the rest. */
	context = (double)search_memory(en, file, 0) - (double)file->size - 64 * 1048576.0;
	*low = SHARE_LOW * bytes_per_s / (weights + context);
	*high = SHARE_HIGH * bytes_per_s / weights;
	return true;
}
