/* The configured registries; see registries.h. */
#define _GNU_SOURCE
#include "tui/registries.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/canon.h"
#include "registry/catalog.h"
#include "registry/digest.h"
#include "registry/snapshot.h"
#include "registry/synced.h"
#include "tui/config.h"
#include "tui/config_file.h"
#include "tui/i18n.h"
#include "tui/say.h"

enum { REGISTRIES_MAX = 64 };

bool
registries_check_name(const char *name, struct err *e)
{
	static const char *const taken[] = {CATALOG_BUILTIN, "hf", "models",
	    "local", "hub", "address", "file"};		/* of models that came another way (kept.h) */

	if (!canon_name((struct canon_text){name, strlen(name)}))
		return err_set(e, ERR_USAGE, "\"%.40s\" is no name for a registry: 1 to %d small letters, digits and inner hyphens",
		    name, CANON_NAME_MAX);
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return err_set(e, ERR_USAGE, "\"%s\" means something else already: give the registry another name", name);
	return true;
}

static struct registry_row *
row_of(struct registries *r, const char *name, size_t n)
{
	for (size_t i = 0; i < r->n; i++)
		if (strlen(r->rows[i].name) == n && memcmp(r->rows[i].name, name, n) == 0)
			return &r->rows[i];
	r->rows = mem_grow(r->rows, r->n + 1, sizeof *r->rows);
	r->rows[r->n] = (struct registry_row){.name = mem_dup_bytes(name, n + 1)};
	r->rows[r->n].name[n] = '\0';
	return &r->rows[r->n++];
}

static bool
take_number(struct registry_row *row, const char *value, struct err *e)
{
	return canon_number((struct canon_text){value, strlen(value)}, UINT64_MAX, &row->version_min) ||
	    err_set(e, ERR_USAGE, "is no version: \"%s\"", value);
}

static bool
take_flag(struct registry_row *row, const char *value, struct err *e)
{
	row->replaces_builtin = strcmp(value, "true") == 0;
	return row->replaces_builtin || strcmp(value, "false") == 0 || err_set(e, ERR_USAGE, "is true or false, not \"%s\"", value);
}

static bool
take_member(struct registry_row *row, const char *key, const char *value, struct err *e)
{
	if (strcmp(key, "url") == 0) {
		free(row->url);
		row->url = mem_dup(value);
		return repo_url_check(value, e);
	}
	if (strcmp(key, "fingerprint") == 0) {
		row->has_fingerprint = digest_from_hex(row->fingerprint, sizeof row->fingerprint, value, strlen(value));
		return row->has_fingerprint || err_set(e, ERR_USAGE, "is no fingerprint of 64 hexadecimal digits: \"%.70s\"", value);
	}
	if (strcmp(key, "min-version") == 0)
		return take_number(row, value, e);
	if (strcmp(key, "replaces-builtin") == 0)
		return take_flag(row, value, e);
	return err_set(e, ERR_USAGE, "is not known (url, fingerprint, min-version, replaces-builtin are)");
}

/* registry.NAME.KEY */
static bool
take(void *ctx, const struct config_file_value *v, struct err *e)
{
	struct registries *r = ctx;
	const char *name = v->name, *start = strchr(name, '.'), *end = strrchr(name, '.');
	struct registry_row *row;

	if (config_file_is_include(name))
		return err_set(e, ERR_USAGE, "[include] is not followed; copy what that file holds");
	if (strncmp(name, "registry.", 9) != 0 || !start || end <= start)
		return err_set(e, ERR_USAGE, "%s: only [registry \"NAME\"] is known", name);
	row = row_of(r, start + 1, (size_t)(end - start - 1));
	if (!registries_check_name(row->name, e))
		return false;
	if (r->n > REGISTRIES_MAX)
		return err_set(e, ERR_USAGE, "more than %d registries", REGISTRIES_MAX);
	return take_member(row, end + 1, v->value, e) || err_wrap(e, "registry %s: %s", row->name, end + 1);
}

bool
registries_load(struct registries *r, const struct config *c, struct err *e)
{
	struct buf path = {0};

	*r = (struct registries){0};
	if (!*c->config_dir || !*c->data_dir)
		return true;
	fs_join(&path, c->config_dir, "registries");
	r->file = buf_take(&path);
	if (!config_file_each(r->file, take, r, e))
		return false;
	for (size_t i = 0; i < r->n; i++) {
		struct registry_row *row = &r->rows[i];

		if (!row->url)
			return err_set(e, ERR_USAGE, "%s: registry %s has no url", r->file, row->name);
		buf_printf(&path, "%s/registries/%s", c->data_dir, row->name);
		row->dir = buf_take(&path);
	}
	return true;
}

void
registries_done(struct registries *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->rows[i].name);
		free(r->rows[i].url);
		free(r->rows[i].dir);
	}
	free(r->rows);
	free(r->file);
	*r = (struct registries){0};
}

const struct registry_row *
registries_find(const struct registries *r, const char *name, struct err *e)
{
	struct buf known = {0};

	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->rows[i].name, name) == 0)
			return &r->rows[i];
	for (size_t i = 0; i < r->n; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", r->rows[i].name);
	if (strcmp(name, CATALOG_BUILTIN) == 0)
		err_set(e, ERR_USAGE, "the built-in registry is part of the program; it has no host, keys or history");
	else if (r->n)
		err_set(e, ERR_NOT_FOUND, "there is no registry \"%.40s\"; added were: %s", name, known.data);
	else
		err_set(e, ERR_NOT_FOUND, "there is no registry \"%.40s\"; none was added (see: minnow help registry)", name);
	buf_done(&known);
	return NULL;
}

enum { N_MEMBERS = 4 };
static const char *const members[N_MEMBERS] = {"url", "fingerprint", "min-version", "replaces-builtin"};

static bool
edit(const struct registries *r, const char *name, const char *const values[N_MEMBERS], struct err *e)
{
	struct config_edit edits[N_MEMBERS];
	struct buf names[N_MEMBERS] = {0};
	bool ok;

	if (!r->file)
		return err_set(e, ERR_FAILED, "there is no home directory to keep registries in");
	for (size_t i = 0; i < N_MEMBERS; i++) {
		buf_printf(&names[i], "registry.%s.%s", name, members[i]);
		edits[i] = (struct config_edit){names[i].data, values[i]};
	}
	ok = config_file_edit(r->file, edits, N_MEMBERS, NULL, e);
	for (size_t i = 0; i < N_MEMBERS; i++)
		buf_done(&names[i]);
	return ok;
}

bool
registries_put(const struct registries *r, const struct registry_row *row, struct err *e)
{
	char fingerprint[2 * sizeof row->fingerprint + 1], version[24];
	const char *values[N_MEMBERS] = {row->url, row->has_fingerprint ? fingerprint : NULL, row->version_min ? version : NULL,
		row->replaces_builtin ? "true" : NULL};

	digest_hex(fingerprint, row->fingerprint, sizeof row->fingerprint);
	snprintf(version, sizeof version, "%" PRIu64, row->version_min);
	return edit(r, row->name, values, e);
}

/* What was cut off left it; whoever makes one has the lock. */
static bool
remove_left(const char *dir, const char *end, struct err *e)
{
	struct buf left = {0};
	bool ok;

	buf_printf(&left, "%s.%s", dir, end);
	ok = fs_remove_tree(left.data, e);
	buf_done(&left);
	return ok;
}

int
registries_lock(const struct registry_row *row, struct err *e)
{
	int fd = fs_make_dirs(row->dir, e) ? sync_lock(row->dir, e) : -1;

	if (fd >= 0 && remove_left(row->dir, "old", e) && remove_left(row->dir, "new", e))
		return fd;
	if (fd >= 0)
		close(fd);
	err_wrap(e, "%s", row->name);
	return -1;
}

/* DIR with all that is in it, under its lock.  First its name: what is half removed is nothing to go on from. */
static bool
forget(const char *dir, struct err *e)
{
	struct buf old = {0};
	bool ok;

	buf_printf(&old, "%s.old", dir);
	ok = (rename(dir, old.data) == 0 || err_set_errno(e, errno, dir)) &&
	    fs_remove_tree(old.data, e);
	buf_done(&old);
	return ok;
}

static bool
is_free(const struct registries *r, const char *name, struct err *e)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->rows[i].name, name) == 0)
			return err_set(e, ERR_FAILED, "there is a registry %s already, at %s (minnow registry remove %s takes it away)",
			    name, r->rows[i].url, name);
	return true;
}

static bool
add_locked(const struct config *c, const struct registry_row *row, struct err *e)
{
	struct registries r;
	bool ok = registries_load(&r, c, e) && is_free(&r, row->name, e) && forget(row->dir, e) && registries_put(&r, row, e);

	registries_done(&r);
	return ok;
}

bool
registries_add(const struct config *c, const struct registry_row *row, struct err *e)
{
	struct registry_row own = *row;
	struct buf dir = {0};
	int lock;
	bool ok;

	if (!*c->config_dir || !*c->data_dir)
		return err_set(e, ERR_FAILED, "there is no home directory to keep registries in");
	buf_printf(&dir, "%s/registries/%s", c->data_dir, row->name);
	own.dir = dir.data;
	lock = registries_lock(&own, e);
	ok = lock >= 0 && add_locked(c, &own, e);
	if (lock >= 0)
		close(lock);
	buf_done(&dir);
	return ok;
}

/* The row first: whatever is left without it, nobody believes. */
bool
registries_drop(const struct registries *r, const struct registry_row *row, struct err *e)
{
	const char *nothing[N_MEMBERS] = {0};
	int lock = registries_lock(row, e);
	bool ok = lock >= 0 && edit(r, row->name, nothing, e) && forget(row->dir, e);

	if (lock >= 0)
		close(lock);
	return ok;
}

struct sync_source
registries_source(const struct registry_row *row)
{
	struct sync_source s = {.name = row->name, .url = row->url, .dir = row->dir, .now = time(NULL)};

	s.pin.has_fingerprint = row->has_fingerprint;
	memcpy(s.pin.fingerprint, row->fingerprint, sizeof s.pin.fingerprint);
	s.pin.version_min = row->version_min;
	return s;
}

/* ---- all of them as one catalogue ---- */

/* What there is to say of them, a line each. */
struct notes {
	struct buf *left_out, *stale;	/* not owned; STALE may be NULL */
};

/* One that was not synced yet says nothing. */
static bool
add_synced(struct catalog *c, const struct registry_row *row, const struct notes *notes)
{
	struct err why = {0};
	struct buf stale = {0};
	struct snapshot *s = synced_snapshot(row->dir, NULL, &why);
	bool ok = s && catalog_add_snapshot(c, row->name, s, &why);

	if (!ok && why.kind != ERR_NOT_FOUND)
		buf_printf(notes->left_out, _("the registry %s is left out: %s\n"), row->name, why.text);
	if (ok && notes->stale && synced_is_stale(row->dir, time(NULL), &stale))
		buf_printf(notes->stale, "%s: %s\n", row->name, stale.data);
	buf_done(&stale);
	return ok;
}

struct catalog *
registries_open_catalog_quietly(const struct config *c, struct buf *warnings, struct buf *stale, struct err *e)
{
	struct catalog *catalog = catalog_new();
	struct notes notes = {warnings, stale};
	struct registries r;
	struct err why = {0};
	bool has_first = false, ok;
	size_t n = 0;			/* rows looked at in search of the first */

	if (!registries_load(&r, c, &why)) {
		buf_printf(warnings, _("the added registries are left out: %s\n"), why.text);
		registries_done(&r);
	}
	for (; n < r.n && !has_first; n++)
		has_first = r.rows[n].replaces_builtin && add_synced(catalog, &r.rows[n], &notes) &&
		    catalog_model_at(catalog, 0);
	ok = has_first || catalog_add_builtin(catalog, e);
	for (size_t i = 0; ok && i < r.n; i++)
		if (i >= n || !r.rows[i].replaces_builtin)
			add_synced(catalog, &r.rows[i], &notes);
	registries_done(&r);
	if (ok)
		return catalog;
	catalog_free(catalog);
	return NULL;
}

static void
say_each(const struct buf *lines)
{
	for (const char *p = buf_str(lines); *p; p += strcspn(p, "\n") + 1)
		say(NULL, "%.*s", (int)strcspn(p, "\n"), p);
}

struct catalog *
registries_open_catalog(const struct config *c, struct err *e)
{
	struct buf warnings = {0};
	struct catalog *catalog = registries_open_catalog_quietly(c, &warnings, NULL, e);

	say_each(&warnings);
	buf_done(&warnings);
	return catalog;
}

struct catalog *
registries_open_catalog_warning(const struct config *c, struct err *e)
{
	struct buf warnings = {0};
	struct catalog *catalog = registries_open_catalog_quietly(c, &warnings, &warnings, e);

	say_each(&warnings);
	buf_done(&warnings);
	return catalog;
}
