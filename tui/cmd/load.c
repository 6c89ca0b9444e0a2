/* Settings, engine, model; see load.h. */
#include "tui/cmd/load.h"

#include "tui/cmd/models.h"

bool
load_open(struct loaded *l, const char *name, int64_t threads, struct err *e)
{
	struct engine_options o = {.n_threads = (int)threads};
	struct buf path = {0};

	*l = (struct loaded){0};
	if (!config_load(&l->config, e))
		return false;
	config_for_model(&l->config, name);
	if (o.n_threads == 0)
		o.n_threads = (int)l->config.compute_threads;
	if (l->config.compute_isa[0])
		o.isa = l->config.compute_isa;
	if (models_find(&l->config, name, &path, e) && (l->engine = engine_new(&o, e)))
		l->model = model_open(l->engine, buf_str(&path), e);
	buf_done(&path);
	return l->model != NULL;
}

void
load_done(struct loaded *l)
{
	model_close(l->model);
	engine_free(l->engine);
	config_done(&l->config);
}
