/* Settings, engine, model; see load.h. */
#include "tui/cmd/load.h"

#include <string.h>

#include "core/base/seal.h"
#include "registry/resolve.h"
#include "tui/cmd/models.h"
#include "tui/state/guard.h"

bool
load_find(const struct config *c, const char *name, bool to_run, struct buf *path, struct err *e)
{
	struct config places;
	bool ok;

	if (!models_find(c, name, path, e))
		return false;
	config_places(&places);
	ok = strcmp(name, RESOLVE_GUIDE) == 0 ||
	    guard_file(buf_str(path), to_run ? GUARD_MODEL : GUARD_LISTING, places.sound_file, e);
	config_done(&places);
	return ok;
}

struct gguf *
load_listing(const char *name, struct buf *path, struct err *e)
{
	if (!load_find(NULL, name, false, path, e))
		return NULL;
	seal_process(SEAL_NETWORK | SEAL_PROGRAMS | SEAL_WRITES);
	return model_file_open(buf_str(path), HF_METADATA, e);
}

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
	if (load_find(&l->config, name, true, &path, e)) {
		/* Before there are threads: they inherit it. */
		seal_process(SEAL_NETWORK | SEAL_PROGRAMS | SEAL_WRITES);
		l->engine = engine_new(&o, e);
	}
	if (l->engine)
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
