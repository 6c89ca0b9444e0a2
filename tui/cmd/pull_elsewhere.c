/* Models that need not be downloaded; see pull_elsewhere.h. */
#include "tui/cmd/pull_elsewhere.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"

static void
look(struct pull_elsewhere *w, const struct models *m)
{
	if (w->looked)
		return;
	w->looked = true;
	w->m = m;
	if (!models_store_dir(&m->config, &w->root, NULL) || !adopt_index_load(&w->used, buf_str(&w->root), NULL))
		w->used = (struct adopt_index){0};
	adopt_scan(&m->config.places, &w->found);
	adopt_name(&w->found, m->catalog, &w->used);
}

static bool
has_digest(const struct adopt_file *a, const struct entry_file *f)
{
	return a->has_sha256 && memcmp(a->sha256, f->sha256, sizeof f->sha256) == 0;
}

static bool
has_size(const struct adopt_file *a, const struct entry_file *f)
{
	return !a->has_sha256 && f->size && a->size == f->size;
}

/* The weights of the plan in their order, all of them and nothing else? */
static bool
is_wanted(const struct adopt_model *a, const struct pull_plan *p,
    bool (*same)(const struct adopt_file *a, const struct entry_file *f))
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_files; i++) {
		const struct entry_file *f = &p->files[i].file;

		if (f->role != ENTRY_WEIGHTS)
			continue;
		if (n >= a->n_files || !f->has_sha256 || !same(&a->files[n], f))
			return false;
		n++;
	}
	return n > 0 && n == a->n_files;
}

static const struct adopt_model *
find_found(const struct pull_elsewhere *w, const struct pull_plan *p,
    bool (*same)(const struct adopt_file *a, const struct entry_file *f))
{
	for (size_t i = 0; i < w->found.n_models; i++)
		if (!w->found.models[i].why_not && is_wanted(&w->found.models[i], p, same))
			return &w->found.models[i];
	return NULL;
}

const struct adopt_model *
pull_elsewhere_find(struct pull_elsewhere *w, const struct models *m, const struct pull_plan *p, enum elsewhere_how *how)
{
	const struct adopt_model *model;

	if (p->is_folder || pull_plan_is_done(p))
		return NULL;
	look(w, m);
	*how = ELSEWHERE_IN_USE;
	for (size_t i = 0; i < w->used.n; i++)
		if (is_wanted(&w->used.models[i], p, has_digest) && adopt_check(&w->used.models[i], NULL))
			return &w->used.models[i];
	*how = ELSEWHERE_SAID;
	model = find_found(w, p, has_digest);
	if (model)
		return model;
	*how = ELSEWHERE_SIZE;
	return find_found(w, p, has_size);
}

/* ---- reading what nobody has read yet ---- */

struct reading {
	struct work work;
	struct err why;
	bool is_right;
};

static void
on_progress(void *arg, uint64_t n, uint64_t size)
{
	struct reading *r = arg;

	work_tell(&r->work, n, size, NULL);
}

static void
on_read(void *arg, struct adopt_model *m, const struct err *why)
{
	struct reading *r = arg;

	(void)m;
	r->is_right = !why;
	if (why)
		r->why = *why;
}

static bool
read_it(struct adopt_model *model, struct err *e)
{
	struct reading r = {0};
	struct adopt_hash_options o = {.n_threads = 1, .cancel = &r.work.cancel, .progress = on_progress, .done = on_read,
	    .arg = &r};
	bool ok;

	if (!work_begin(&r.work, _("reading"), e))
		return false;
	ok = adopt_hash(&model, 1, &o, e);
	work_end(&r.work);
	return ok && (r.is_right || err_set(e, r.why.kind ? r.why.kind : ERR_FAILED, "%s", r.why.text));
}

/* What every command calls it from then on: as if it had been downloaded. */
static void
add_name(struct buf *out, const struct pull_plan *p)
{
	if (p->listing.n_chosen == 0 && strcmp(p->registry, CATALOG_BUILTIN) != 0)
		buf_printf(out, "%s/", p->registry);
	buf_add_str(out, p->entry->id);
	if (!p->weights->quant)
		return;
	buf_add_char(out, ':');
	for (const char *c = p->weights->quant; *c; c++)
		buf_add_char(out, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
}

bool
pull_elsewhere_use(struct pull_elsewhere *w, const struct pull_plan *p, const struct adopt_model *model,
    enum elsewhere_how how, struct err *e)
{
	struct adopt_model own = *model;
	struct buf name = {0};
	bool ok;

	if (how != ELSEWHERE_IN_USE && !read_it(&w->found.models[model - w->found.models], e))
		return false;
	if (!is_wanted(model, p, has_digest))
		return err_set(e, ERR_VERIFY, "%s has another file there, of the same size", adopt_kind_title(model->kind));
	add_name(&name, p);
	own.name = name.data;
	if (!own.quant)
		own.quant = p->weights->quant;
	own.date = (uint64_t)time(NULL);
	ok = (how == ELSEWHERE_IN_USE && strcmp(model->name, name.data) == 0) || adopt_index_put(buf_str(&w->root), &own, e);
	buf_done(&name);
	return ok;
}

void
pull_elsewhere_done(struct pull_elsewhere *w)
{
	adopt_found_done(&w->found);
	adopt_index_done(&w->used);
	buf_done(&w->root);
}
