/* The engine: compute pool and kernel table; see minnow.h. */
#include <stdlib.h>

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
