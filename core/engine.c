/* The engine: compute pool and kernel table; see minnow.h. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/engine.h"

struct engine *
engine_new(const struct engine_options *o, struct err *e)
{
	struct engine *g = mem_new0(1, sizeof *g);

	if (!kern_init(&g->kern, o ? o->isa : NULL)) {
		err_set(e, ERR_USAGE, "there is no instruction set \"%s\" here (see: minnow doctor)", o->isa);
		goto fail;
	}
	g->pool = pool_new(o ? o->n_threads : 0, e);
	if (!g->pool)
		goto fail;
	pthread_mutex_init(&g->lock, NULL);
	return g;
fail:
	free(g);
	return NULL;
}

void
engine_free(struct engine *g)
{
	if (!g)
		return;
	pool_free(g->pool);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

int
engine_n_threads(const struct engine *g)
{
	return pool_n_threads(g->pool);
}

const struct kern *
engine_kern(const struct engine *g)
{
	return &g->kern;
}

/* ---- how fast this machine reads ---- */

#define READ_BYTES ((size_t)256 << 20)	/* several times the caches of common machines */
#define READ_CHUNK ((size_t)1 << 20)

struct read_job {
	const struct kern *k;
	unsigned char *data;
	_Atomic uint64_t sum;		/* keeps the reads from being optimised away */
};

static void
touch_chunk(void *ctx, size_t chunk, int worker)
{
	struct read_job *j = ctx;
	unsigned char *p = j->data + chunk * READ_CHUNK;

	(void)worker;
	for (size_t i = 0; i < READ_CHUNK; i += 4096)
		p[i] = (unsigned char)(i + chunk);
}

static void
read_chunk(void *ctx, size_t chunk, int worker)
{
	struct read_job *j = ctx;

	(void)worker;
	j->sum += j->k->vec.read_bytes(j->data + chunk * READ_CHUNK, READ_CHUNK);
}

static double
measure(const struct kern *k, struct pool *p)
{
	struct read_job j = {.k = k};
	double best = 0, until;

	j.data = mem_try_pages(READ_BYTES, true, "a measurement", NULL);
	if (!j.data)
		return 0;
	pool_run(p, READ_BYTES / READ_CHUNK, touch_chunk, &j);
	until = clock_s() + 0.15;
	do {
		double start = clock_s(), took;

		pool_run(p, READ_BYTES / READ_CHUNK, read_chunk, &j);
		took = clock_s() - start;
		if (took > 0 && READ_BYTES / took > best)
			best = (double)READ_BYTES / took;
	} while (clock_s() < until);
	mem_free_pages(j.data, READ_BYTES);
	return best;
}

double
engine_read_bandwidth(struct engine *g, int n_threads)
{
	struct pool *p;
	double rate;

	if (n_threads == pool_n_threads(g->pool))
		return engine_roof(g);
	p = pool_new(n_threads, NULL);
	if (!p)
		return 0;
	rate = measure(&g->kern, p);
	pool_free(p);
	return rate;
}

double
engine_roof(struct engine *g)
{
	double roof;

	pthread_mutex_lock(&g->lock);
	if (g->roof == 0)
		g->roof = measure(&g->kern, g->pool);
	roof = g->roof;
	pthread_mutex_unlock(&g->lock);
	return roof;
}
