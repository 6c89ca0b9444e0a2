/* minnow registry export, import: a registry, and files of its models, for a machine without a network.  Beside FILE, the
 * bundle, stands FILE.models/ID/NAME for each file. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/fs.h"
#include "core/base/fs_out.h"
#include "core/base/mem.h"
#include "registry/badge.h"
#include "registry/fetch.h"
#include "registry/kept.h"
#include "registry/resolve.h"
#include "registry/snapshot.h"
#include "tui/cmd/outcome.h"
#include "tui/cmd/registry.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"
#include "tui/say.h"

enum { PIECE = 4 << 20 };

/* ---- export ---- */

static bool
copy_pieces(struct fs_out *out, const struct fs_map *in, struct work *w, struct err *e)
{
	for (size_t at = 0; at < in->size;) {
		size_t n = in->size - at < PIECE ? in->size - at : PIECE;

		if (!fs_out_add(out, in->data + at, n, e))
			return false;
		fs_map_drop(in, at, n);
		at += n;
		work_tell(w, at, in->size, NULL);
		if (atomic_load(&w->cancel))
			return err_set(e, ERR_CANCELLED, "cancelled");
	}
	return true;
}

static bool
copy_file(const char *from, const char *to, struct err *e)
{
	struct fs_map in = {0};
	struct fs_out *out = NULL;
	struct work w;
	bool ok = work_begin(&w, _("copying"), e);

	if (!ok)
		return false;
	ok = fs_map_open(&in, from, e) && (out = fs_out_open(to, in.size, e)) != NULL && copy_pieces(out, &in, &w, e);
	if (ok)
		ok = fs_out_commit(out, e);
	else
		fs_out_abort(out);
	fs_map_close(&in);
	work_end(&w);
	return ok;
}

static bool
is_of(const struct resolved *r, const char *registry, const char *name, struct err *e)
{
	if (!resolve_is_here(r, name, e))
		return false;
	if (r->kind != RESOLVE_INSTALLED || !r->model || strcmp(r->model->registry, registry) != 0 || !r->file)
		return err_set(e, ERR_NOT_FOUND, "%s: is no downloaded file of the registry %s", name, registry);
	return true;
}

static bool
export_file(const struct resolved *r, const char *bundle, struct err *e)
{
	struct buf to = {0};
	bool ok;

	buf_printf(&to, "%s.models/%s", bundle, r->model->entry.id);
	ok = fs_make_dirs(to.data, e);
	buf_printf(&to, "/%s", r->file->name);
	ok = ok && copy_file(buf_str(&r->path), to.data, e);
	if (ok) {
		say_name(to.data);
		putchar('\n');
	}
	buf_done(&to);
	return ok;
}

/* All names first: a wrong one leaves nothing behind. */
static bool
export_models(const struct registry_call *c, struct err *e)
{
	size_t n = (size_t)c->n_args - 2;
	struct resolved *found = mem_new0(n, sizeof *found);
	struct resolve_from from = {.memory_bytes = models_memory()};
	struct catalog *catalog = models_open_catalog(&c->m->config, e);
	bool ok = catalog && models_open_store(&c->m->config, false, &from.store, e);

	from.catalog = catalog;
	for (size_t i = 0; ok && i < n; i++) {
		const char *name = c->args[2 + i];
		struct buf whole = {0};

		buf_printf(&whole, strchr(name, '/') ? "%s%s" : "%s/%s", strchr(name, '/') ? "" : c->args[0], name);
		ok = resolve(&from, whole.data, &found[i], e) && is_of(&found[i], c->args[0], whole.data, e);
		buf_done(&whole);
	}
	for (size_t i = 0; ok && i < n; i++)
		ok = export_file(&found[i], c->args[1], e);
	for (size_t i = 0; i < n; i++)
		resolve_done(&found[i]);
	free(found);
	store_close(from.store);
	catalog_free(catalog);
	return ok;
}

bool
registry_export(const struct registry_call *c, struct err *e)
{
	const struct registry_row *row = registries_find(c->all, c->args[0], e);
	struct sync_source source;

	if (!row)
		return false;
	source = registries_source(row);
	if (c->n_args > 2 && !export_models(c, e))
		return false;
	if (!sync_export(&source, c->args[1], e))
		return false;
	say_name(c->args[1]);
	putchar('\n');
	return true;
}

/* ---- import ---- */

struct importing {
	const struct registry_call *call;
	const struct registry_row *row;
	const struct snapshot *models;
	struct store *store;
	const char *dir;		/* FILE.models */
	struct work work;
	size_t n;			/* files that are in the store now */
};

static const struct catalog_model *
find_model(const struct snapshot *s, const char *id)
{
	for (size_t i = 0; i < snapshot_n_models(s); i++)
		if (strcmp(snapshot_model(s, i)->entry.id, id) == 0)
			return snapshot_model(s, i);
	return NULL;
}

static const struct entry_file *
find_file(const struct entry *en, const char *name)
{
	for (size_t i = 0; i < en->n_files; i++)
		if (strcmp(en->files[i].name, name) == 0)
			return &en->files[i];
	return NULL;
}

/* file:// and the absolute path, with everything but letters, digits and "/._-" as %XX. */
static bool
make_url(const char *path, struct buf *url, struct err *e)
{
	char *real = realpath(path, NULL);

	if (!real)
		return err_set_errno(e, errno, path);
	buf_clear(url);
	buf_add_str(url, "file://");
	for (const unsigned char *p = (const unsigned char *)real; *p; p++) {
		if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || strchr("/._-", *p))
			buf_add_char(url, (char)*p);
		else
			buf_printf(url, "%%%02X", *p);
	}
	free(real);
	return true;
}

static void
on_progress(void *arg, const struct fetch_progress *p)
{
	struct work *w = arg;

	work_tell(w, p->n, p->size ? p->size : 1, NULL);
}

static bool
keep(struct importing *im, const char *folder, const struct catalog_model *m, struct err *e)
{
	struct kept k = {.registry = im->row->name, .card = m->card, .date = (uint64_t)time(NULL), .entry = m->entry};

	return kept_save(im->store, folder, &k, e);
}

/* The file is held against the entry as a download would be. */
static bool
import_file(struct importing *im, const struct catalog_model *m, const struct entry_file *f, const char *path, struct err *e)
{
	struct entry_source source = {.kind = ENTRY_URL};
	struct entry_file from = *f;
	struct fetch_options o = {.allow_file = true, .cancel = &im->work.cancel, .progress = on_progress, .arg = &im->work};
	struct fetch_result result;
	struct buf url = {0}, folder = {0};
	bool had, ok = make_url(path, &url, e);

	source.url_or_repo = url.data;
	from.sources = &source;
	from.n_sources = 1;
	badge_folder(&folder, im->row->name, m->entry.id);
	if (ok && !f->has_sha256)
		ok = err_set(e, ERR_VERIFY, "%s: the registry knows no hash of it, so it can only be fetched from its source", path);
	ok = ok && fetch_into(im->store, folder.data, &from, 0, &o, &result, &had, e) && keep(im, folder.data, m, e);
	im->n += ok;
	buf_done(&url);
	buf_done(&folder);
	return ok;
}

static bool
import_model(struct importing *im, const char *id, struct err *e)
{
	const struct catalog_model *m = find_model(im->models, id);
	struct buf dir = {0}, path = {0};
	struct dirent *d;
	DIR *folder;
	bool ok = true;

	fs_join(&dir, im->dir, id);
	if (!m) {
		buf_done(&dir);
		return err_set(e, ERR_NOT_FOUND, "%s/%.80s: the registry %s has no such model", im->dir, id, im->row->name);
	}
	folder = opendir(dir.data);
	if (!folder)
		ok = err_set_errno(e, errno, dir.data);
	while (ok && (d = readdir(folder)) != NULL) {
		const struct entry_file *f = *d->d_name == '.' ? NULL : find_file(&m->entry, d->d_name);

		if (*d->d_name == '.')
			continue;
		fs_join(&path, dir.data, d->d_name);
		ok = f ? import_file(im, m, f, path.data, e) :
		    err_set(e, ERR_NOT_FOUND, "%s: the entry of %s has no such file", path.data, id);
	}
	if (folder)
		closedir(folder);
	buf_done(&path);
	buf_done(&dir);
	return ok;
}

static bool
import_models(struct importing *im, struct err *e)
{
	DIR *folder = opendir(im->dir);
	struct dirent *d;
	bool ok = true;

	if (!folder)
		return errno == ENOENT || err_set_errno(e, errno, im->dir);
	ok = work_begin(&im->work, _("verifying"), e);
	if (ok) {
		ok = models_open_store(&im->call->m->config, true, &im->store, e);
		while (ok && (d = readdir(folder)) != NULL)
			ok = *d->d_name == '.' || import_model(im, d->d_name, e);
		work_end(&im->work);
	}
	store_close(im->store);
	closedir(folder);
	return ok;
}

static bool
print_import(const struct importing *im, const struct outcome *o, struct err *e)
{
	struct buf out = {0};
	json_t *j;

	outcome_warn(o);
	if (im->call->opts->json) {
		j = outcome_json(o);
		json_object_set_new(j, "files", json_integer((json_int_t)im->n));
		return models_print_json(j, e);
	}
	outcome_add(im->call->m, &out, o, 0);
	if (im->n)
		buf_printf(&out, im->call->m->is_terminal ? ngettext("%s: %zu file put into the store\n", "%s: %zu files put into the store\n",
		    im->n) : "%s\tfiles\t%zu\n", im->row->name, im->n);
	return models_print(&out, e);
}

bool
registry_import(const struct registry_call *c, struct err *e)
{
	const struct registry_row *row = registries_find(c->all, c->args[0], e);
	struct importing im = {.call = c, .row = row};
	struct buf dir = {0};
	struct outcome o;
	bool ok;

	if (!row)
		return false;
	outcome_run(&o, row, c->args[1]);
	ok = o.ok || err_set(e, o.why.kind, "%s", o.why.text);
	if (ok) {
		buf_printf(&dir, "%s.models", c->args[1]);
		im.dir = dir.data;
		im.models = o.after;
		ok = import_models(&im, e) && print_import(&im, &o, e);
	}
	buf_done(&dir);
	outcome_done(&o);
	return ok;
}
