/* Settings, engine, model; see load.h. */
#include "tui/cmd/load.h"

#include <string.h>

#include "core/base/seal.h"
#include "core/gguf.h"
#include "registry/digest.h"
#include "registry/resolve.h"
#include "tui/cmd/known.h"
#include "tui/cmd/models.h"
#include "tui/cmd/vet.h"
#include "tui/state/guard.h"

static bool
find(const struct config *c, const char *name, bool to_run, struct buf *path, struct models_promise *promise,
    struct err *e)
{
	struct config places;
	struct vetted v = {0};
	bool ok;

	config_places(&places);
	ok = models_find_promise(c, name, &v.path, promise, e);
	v.is_path = to_run && c && resolve_is_path(name);
	ok = ok && (strcmp(name, RESOLVE_GUIDE) == 0 ||
	    guard_file(buf_str(&v.path), to_run ? GUARD_MODEL : GUARD_LISTING, places.sound_file, e));
	ok = ok && (!v.is_path || vet_meet(c, &v, e));
	buf_clear(path);
	buf_add_str(path, buf_str(&v.path));
	vet_done(&v);
	config_done(&places);
	return ok;
}

bool
load_find(const struct config *c, const char *name, bool to_run, struct buf *path, struct err *e)
{
	return find(c, name, to_run, path, NULL, e);
}

/* A file of its own ends in a newline more often than a value in a model does. */
static bool
is_template(const struct gguf_str *t, size_t n, bool newline, const unsigned char *sha256)
{
	unsigned char has[DIGEST_SHA256_SIZE];
	struct buf text = {0};
	bool ok;

	buf_add(&text, t->data, n);
	if (newline)
		buf_add_char(&text, '\n');
	ok = digest_bytes(DIGEST_SHA256, buf_str(&text), text.len, has, NULL) && memcmp(has, sha256, sizeof has) == 0;
	buf_done(&text);
	return ok;
}

static bool
template_differs(const struct models_promise *promise, const struct gguf *g)
{
	struct gguf_str t;
	size_t bare;

	if (!promise->has_template || !gguf_get_str(g, "tokenizer.chat_template", &t))
		return false;
	for (bare = t.len; bare > 0 && t.data[bare - 1] == '\n'; )
		bare--;
	return !is_template(&t, t.len, false, promise->template_sha256) &&
	    !is_template(&t, bare, false, promise->template_sha256) && !is_template(&t, bare, true, promise->template_sha256);
}

/* Looked up before files can be opened no more. */
static const char *
look_up_badge(const char *name, const char *path)
{
	const char *badge = NULL;
	struct config c;

	if (strcmp(name, RESOLVE_GUIDE) == 0)
		return NULL;
	if (config_load(&c, NULL))
		badge = known_badge(&c, path);
	config_done(&c);
	return badge;
}

struct gguf *
load_listing(const char *name, struct buf *path, bool *differs, const char **badge, struct err *e)
{
	struct models_promise promise = {0};
	struct gguf *g;

	if (!find(NULL, name, false, path, &promise, e))
		return NULL;
	if (badge)
		*badge = look_up_badge(name, buf_str(path));
	seal_process(SEAL_NETWORK | SEAL_PROGRAMS | SEAL_WRITES);
	g = model_file_open(buf_str(path), HF_METADATA, e);
	if (g && differs)
		*differs = template_differs(&promise, g);
	return g;
}

/* The model at PATH drafts for L's. */
static bool
take_draft(struct loaded *l, const char *path, struct err *e)
{
	struct model *draft = model_open(l->engine, path, e);

	if (draft && model_take_draft(l->model, draft, e))
		return true;
	model_close(draft);
	return false;
}

/* What opens beside the model. */
struct second {
	const char *name;		/* of the draft model; "": none; NULL: that of the settings, where it suits */
	struct buf path;		/* empty where there is none, or it is the model itself */
};

static bool
find_second(struct loaded *l, struct second *d, struct err *e)
{
	bool asked = d->name != NULL;
	const char *name = asked ? d->name : l->config.chat_draft;

	if (!*name)
		return true;
	if (!find(&l->config, name, true, &d->path, NULL, asked ? e : &l->draft)) {
		buf_clear(&d->path);
		return !asked;
	}
	if (strcmp(buf_str(&d->path), buf_str(&l->path)) == 0)
		buf_clear(&d->path);
	return true;
}

/* All but the models: *promise is what its registry says of it. */
static bool
open_engine(struct loaded *l, const char *name, int64_t threads, struct second *d, struct models_promise *promise,
    struct err *e)
{
	struct engine_options o = {.n_threads = (int)threads};

	*l = (struct loaded){0};
	if (!config_load(&l->config, e))
		return false;
	config_for_model(&l->config, name);
	if (o.n_threads == 0)
		o.n_threads = (int)l->config.compute_threads;
	if (l->config.compute_isa[0])
		o.isa = l->config.compute_isa;
	if (!find(&l->config, name, true, &l->path, promise, e) || !find_second(l, d, e))
		return false;
	/* Before there are threads: they inherit it. */
	seal_process(SEAL_NETWORK | SEAL_PROGRAMS | SEAL_WRITES);
	l->engine = engine_new(&o, e);
	return l->engine != NULL;
}

bool
load_engine(struct loaded *l, const char *name, int64_t threads, struct err *e)
{
	struct models_promise promise = {0};

	return open_engine(l, name, threads, &(struct second){.name = ""}, &promise, e);
}

bool
load_open(struct loaded *l, const char *name, int64_t threads, struct err *e)
{
	return load_open_drafted(l, name, "", threads, e);
}

bool
load_open_drafted(struct loaded *l, const char *name, const char *draft, int64_t threads, struct err *e)
{
	struct models_promise promise = {0};
	struct second d = {.name = draft};
	bool ok;

	if (open_engine(l, name, threads, &d, &promise, e))
		l->model = model_open(l->engine, buf_str(&l->path), e);
	if (l->model)
		l->template_differs = template_differs(&promise, model_gguf(l->model));
	ok = l->model != NULL;
	if (ok && d.path.len)
		ok = take_draft(l, buf_str(&d.path), draft ? e : &l->draft) || !draft;
	buf_done(&d.path);
	return ok;
}

void
load_done(struct loaded *l)
{
	model_close(l->model);
	engine_free(l->engine);
	buf_done(&l->path);
	config_done(&l->config);
}
