/* A model in its registry's history; see past.h. */
#include "tui/cmd/past.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/canon.h"
#include "registry/digest.h"

bool
past_open(struct past *p, const struct models *m, const char *name, struct err *e)
{
	const struct registry_row *row;

	*p = (struct past){0};
	p->model = catalog_find(m->catalog, name, e);
	if (!p->model)
		return false;
	buf_printf(&p->folder, "models/%s/%s", p->model->entry.family, p->model->entry.id);
	if (strcmp(p->model->registry, CATALOG_BUILTIN) == 0)
		return true;
	if (!registries_load(&p->all, &m->config, e))
		return false;
	row = registries_find(&p->all, p->model->registry, e);
	p->synced = row ? synced_open(row->dir, e) : NULL;
	return p->synced || err_wrap(e, "%s", p->model->registry);
}

void
past_close(struct past *p)
{
	synced_close(p->synced);
	registries_done(&p->all);
	buf_done(&p->folder);
	*p = (struct past){0};
}

bool
past_has_history(const struct past *p, struct err *e)
{
	return p->synced || err_set(e, ERR_NOT_FOUND, "%s is of the built-in registry, which has no history; registries that were "
	    "synced have one, and minnow diff compares two models of any", p->model->entry.id);
}

/* ---- commits ---- */

struct collecting {
	struct past_commit *list;
	size_t n, max;
};

static bool
collect(void *ctx, const struct repo_commit *c)
{
	struct collecting *l = ctx;
	struct past_commit *new;

	l->list = mem_grow(l->list, l->n + 1, sizeof *l->list);
	new = &l->list[l->n++];
	*new = (struct past_commit){.when = c->when, .author = mem_dup(c->author), .subject = mem_dup(c->subject)};
	memcpy(new->id, c->id, sizeof new->id);
	return l->n < l->max;
}

static const unsigned char *
newest(const struct past *p)
{
	return synced_trust(p->synced)->commit;
}

struct looking {
	const char *id;
	struct buf *folder;
};

/* "models/FAMILY/ID/entry.json" of the id that is looked for. */
static bool
is_other_place(void *ctx, const char *path)
{
	struct looking *l = ctx;
	const char *family = path + strlen("models/"), *slash;
	size_t n = strlen(l->id);

	if (strncmp(path, "models/", strlen("models/")) != 0 || !(slash = strchr(family, '/')) ||
	    strncmp(slash + 1, l->id, n) != 0 || strcmp(slash + 1 + n, "/entry.json") != 0)
		return true;
	buf_add(l->folder, path, (size_t)(slash + 1 + n - path));
	return false;
}

/* The folder of the model in T, which may be that of another family; empty: it is not there. */
static void
folder_in(const struct past *p, struct repo_tree *t, struct buf *folder)
{
	struct looking l = {p->model->entry.id, folder};
	struct buf path = {0}, text = {0};

	buf_clear(folder);
	buf_printf(&path, "%s/entry.json", buf_str(&p->folder));
	if (repo_tree_read(t, path.data, ENTRY_BYTES_MAX, &text, NULL))
		buf_add_str(folder, buf_str(&p->folder));
	else if (!repo_tree_changes(NULL, t, is_other_place, &l, NULL))
		buf_clear(folder);
	buf_done(&path);
	buf_done(&text);
}

struct before {
	const unsigned char *after;
	unsigned char id[REPO_ID_BYTES];
	bool found;
};

static bool
is_before(void *ctx, const struct repo_commit *c)
{
	struct before *b = ctx;

	b->found = memcmp(c->id, b->after, sizeof b->id) != 0;
	memcpy(b->id, c->id, sizeof b->id);
	return !b->found;
}

/* Was the model in another folder before COMMIT put it where it then was?  *BEFORE: the commit before. */
static bool
came_from(struct past *p, const unsigned char *commit, unsigned char before[REPO_ID_BYTES], struct buf *folder)
{
	struct before b = {.after = commit};
	struct buf then = {0};
	struct repo_tree *t = NULL;
	bool moved;

	if (repo_log(synced_repo(p->synced), commit, NULL, 2, is_before, &b, NULL) && b.found)
		t = repo_tree_open(synced_repo(p->synced), b.id, NULL);
	if (t)
		folder_in(p, t, &then);
	repo_tree_close(t);
	moved = then.len && strcmp(then.data, buf_str(folder)) != 0;
	memcpy(before, b.id, sizeof b.id);
	if (moved) {
		buf_clear(folder);
		buf_add_str(folder, then.data);
	}
	buf_done(&then);
	return moved;
}

/* The history of a model's folder, then that of the one from which it was moved there. */
bool
past_log(struct past *p, size_t max, struct past_commit **list, size_t *n, struct err *e)
{
	struct collecting l = {.max = max};
	unsigned char from[REPO_ID_BYTES];
	struct buf folder = {0};
	bool ok = past_has_history(p, e), more = ok;

	buf_add_str(&folder, buf_str(&p->folder));
	if (ok)
		memcpy(from, newest(p), sizeof from);
	while (ok && more) {
		size_t had = l.n;

		ok = repo_log(synced_repo(p->synced), from, buf_str(&folder), max - l.n, collect, &l, e);
		more = ok && l.n > had && l.n < max && came_from(p, l.list[l.n - 1].id, from, &folder);
	}
	buf_done(&folder);
	*list = l.list;
	*n = l.n;
	return ok;
}

void
past_commits_done(struct past_commit *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].author);
		free(list[i].subject);
	}
	free(list);
}

uint64_t
past_version(struct past *p, const unsigned char commit[REPO_ID_BYTES])
{
	struct repo_tree *t = repo_tree_open(synced_repo(p->synced), commit, NULL);
	char name[CANON_NAME_MAX + 1];
	struct buf text = {0};
	uint64_t version = 0;

	if (t && repo_tree_read(t, "index", INDEX_BYTES_MAX, &text, NULL)) {
		struct canon c = canon_start(buf_str(&text), text.len);

		if (!canon_exact(&c, "minnow index", NULL) || !canon_field_name(&c, "registry", name, NULL) ||
		    !canon_field_number(&c, "version", UINT64_MAX, &version, NULL))
			version = 0;
	}
	repo_tree_close(t);
	buf_done(&text);
	return version;
}

struct finding {
	struct past *past;
	const char *revision;		/* hexadecimal digits, or */
	uint64_t version;		/* of the index */
	unsigned char id[REPO_ID_BYTES];
	size_t n;			/* that fit */
};

static bool
find_digits(void *ctx, const struct repo_commit *c)
{
	struct finding *f = ctx;
	char hex[2 * REPO_ID_BYTES + 1];

	digest_hex(hex, c->id, REPO_ID_BYTES);
	if (strncmp(hex, f->revision, strlen(f->revision)) == 0) {
		memcpy(f->id, c->id, sizeof f->id);
		f->n++;
	}
	return f->n < 2;
}

/* Of several commits with one version, the newest. */
static bool
find_version(void *ctx, const struct repo_commit *c)
{
	struct finding *f = ctx;
	uint64_t version = past_version(f->past, c->id);

	if (version == f->version) {
		memcpy(f->id, c->id, sizeof f->id);
		f->n = 1;
	}
	return !f->n && (!version || version > f->version);
}

static bool
is_number(const char *s, uint64_t *n)
{
	return canon_number((struct canon_text){s, strlen(s)}, UINT64_MAX, n);
}

bool
past_find_commit(struct past *p, const char *revision, unsigned char id[REPO_ID_BYTES], struct err *e)
{
	struct finding f = {.past = p, .revision = revision};
	bool is_version = revision[0] == 'v' && is_number(revision + 1, &f.version), ok;
	size_t n = strlen(revision);

	if (!past_has_history(p, e))
		return false;
	if (!is_version && (n < 4 || n > 2 * REPO_ID_BYTES || strspn(revision, "0123456789abcdef") != n))
		return err_set(e, ERR_USAGE, "\"%.60s\" is no revision: at least four digits of a commit, or vN for version N of the "
		    "index (minnow log shows both)", revision);
	ok = repo_log(synced_repo(p->synced), newest(p), is_version ? "index" : NULL, is_version ? PAST_COMMITS_MAX : SIZE_MAX,
	    is_version ? find_version : find_digits, &f, e);
	if (ok && f.n == 0)
		ok = err_set(e, ERR_NOT_FOUND, "the registry %s has no commit %.60s in its history", p->model->registry, revision);
	else if (ok && f.n > 1)
		ok = err_set(e, ERR_USAGE, "several commits begin with %s", revision);
	if (ok)
		memcpy(id, f.id, REPO_ID_BYTES);
	return ok;
}

/* ---- a model at a commit ---- */

static bool
read_card(struct repo_tree *t, const char *folder, struct buf *out, struct err *e)
{
	struct buf path = {0};
	struct err why = {0};
	bool ok;

	buf_printf(&path, "%s/card.md", folder);
	ok = repo_tree_read(t, path.data, CATALOG_CARD_MAX, out, &why) || why.kind == ERR_NOT_FOUND ||
	    err_set(e, why.kind, "%s", why.text);
	buf_done(&path);
	return ok;
}

static bool
read_then(struct past *p, const unsigned char *commit, struct past_state *s, struct err *e)
{
	struct repo_tree *t = repo_tree_open(synced_repo(p->synced), commit, e);
	struct buf path = {0}, text = {0}, folder = {0};
	bool ok;

	if (t)
		folder_in(p, t, &folder);
	buf_printf(&path, "%s/entry.json", folder.len ? folder.data : buf_str(&p->folder));
	ok = t && repo_tree_read(t, path.data, ENTRY_BYTES_MAX, &text, e) &&
	    entry_parse(&s->entry, buf_str(&text), text.len, e) && read_card(t, buf_str(&folder), &s->card, e);
	buf_done(&folder);
	repo_tree_close(t);
	buf_done(&path);
	buf_done(&text);
	return ok;
}

/* From its own canonical text, so that both kinds of state are owned in the same way. */
static bool
read_now(const struct catalog_model *m, struct past_state *s, struct err *e)
{
	struct buf text = {0};
	bool ok;

	entry_write(&m->entry, &text);
	ok = entry_parse(&s->entry, text.data, text.len, e);
	if (m->card)
		buf_add_str(&s->card, m->card);
	buf_done(&text);
	return ok;
}

bool
past_read(struct past *p, const unsigned char *commit, struct past_state *s, struct err *e)
{
	*s = (struct past_state){0};
	if (commit ? read_then(p, commit, s, e) : read_now(p->model, s, e))
		return true;
	past_state_done(s);
	return false;
}

void
past_state_done(struct past_state *s)
{
	entry_done(&s->entry);
	buf_done(&s->card);
	*s = (struct past_state){0};
}

/* ---- showing ---- */

void
past_add_commit(struct buf *out, const unsigned char id[REPO_ID_BYTES])
{
	char hex[2 * REPO_ID_BYTES + 1];

	digest_hex(hex, id, REPO_ID_BYTES);
	buf_printf(out, "%.*s", PAST_SHORT, hex);
}

void
past_add_day(struct buf *out, int64_t when)
{
	char date[CANON_DATE_LEN + 1];

	canon_date_text(date, when);
	buf_printf(out, "%.10s", date);
}

json_t *
past_commit_json(const struct past_commit *c)
{
	char hex[2 * REPO_ID_BYTES + 1], date[CANON_DATE_LEN + 1];
	json_t *j = json_object(), *author = json_string(c->author), *subject = json_string(c->subject);

	digest_hex(hex, c->id, REPO_ID_BYTES);
	canon_date_text(date, c->when);
	json_object_set_new(j, "commit", json_string(hex));
	json_object_set_new(j, "date", json_string(date));
	/* Bytes that are no UTF-8 are not told. */
	json_object_set_new(j, "author", author ? author : json_null());
	json_object_set_new(j, "subject", subject ? subject : json_null());
	return j;
}
