/* Models and families of all registries; see catalog.h. */
#include "registry/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "registry/check.h"
#include "registry/near.h"
#include "registry/snapshot.h"

enum { ID_BYTES = 80 };		/* more than check_id lets through */

/* What stands at one path models/<family>/<id>. */
struct slot {
	struct catalog_model model;
	char *key;			/* "REGISTRY/ID" */
	char *skeleton;			/* "REGISTRY/SKELETON"; NULL until its entry came */
	bool borrowed;			/* entry and card are somebody else's */
};

/* A registry that came whole. */
struct whole {
	struct snapshot *snapshot;
	char *registry;
	size_t first;			/* of its models */
};

struct catalog {
	struct slot **slots;
	size_t n_slots, cap_slots;
	const struct catalog_model **models;	/* those of slots that have an entry */
	uint32_t *same;			/* for each of models: another of its id, or MAP_NONE */
	size_t n_models, cap_models;
	struct family **families;
	size_t n_families, cap_families;
	size_t n_bytes;
	struct map by_key, by_skeleton;		/* slots */
	struct map by_id, families_by_id;	/* by_id: the first of models */
	struct whole *wholes;
	size_t n_wholes;
};

/* models/<family>/<id>/<file>, or models/<family>/<file> with an empty id. */
struct place {
	char family[ID_BYTES], id[ID_BYTES];
	const char *file;
};

struct catalog *
catalog_new(void)
{
	struct catalog *c = mem_new0(1, sizeof *c);

	map_init(&c->by_key, 256);
	map_init(&c->by_skeleton, 256);
	map_init(&c->by_id, 256);
	map_init(&c->families_by_id, 64);
	return c;
}

static void
free_slot(struct slot *s)
{
	if (!s->borrowed) {
		entry_done(&s->model.entry);
		free(s->model.card);
	}
	free(s->model.registry);
	free(s->skeleton);
	free(s->key);
	free(s);
}

void
catalog_free(struct catalog *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_slots; i++)
		free_slot(c->slots[i]);
	for (size_t i = 0; i < c->n_families; i++) {
		family_done(c->families[i]);
		free(c->families[i]);
	}
	for (size_t i = 0; i < c->n_wholes; i++) {
		snapshot_close(c->wholes[i].snapshot);
		free(c->wholes[i].registry);
	}
	free(c->wholes);
	map_done(&c->by_key);
	map_done(&c->by_skeleton);
	map_done(&c->by_id);
	map_done(&c->families_by_id);
	free(c->slots);
	free(c->models);
	free(c->same);
	free(c->families);
	free(c);
}

/* Room for one more pointer in *ARRAY. */
static void *
grow(void *array, size_t n, size_t *cap)
{
	if (n < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 64;
	return mem_grow(array, *cap, sizeof(void *));
}

static void
list_model(struct catalog *c, const struct catalog_model *m)
{
	uint32_t i = (uint32_t)c->n_models, first;

	if (c->n_models == c->cap_models) {
		c->models = grow(c->models, c->n_models, &c->cap_models);
		c->same = mem_grow(c->same, c->cap_models, sizeof *c->same);
	}
	first = map_add(&c->by_id, m->entry.id, strlen(m->entry.id), i);
	c->same[i] = first == i ? MAP_NONE : c->same[first];
	if (first != i)
		c->same[first] = i;
	c->models[c->n_models++] = m;
}

static bool
read_part(const char **p, char *out, size_t size)
{
	size_t n = strcspn(*p, "/");

	if (n == 0 || n >= size || !(*p)[n])
		return false;
	memcpy(out, *p, n);
	out[n] = '\0';
	*p += n + 1;
	return check_id(out, NULL);
}

static bool
read_place(struct place *at, const char *path, struct err *e)
{
	static const char top[] = "models/";
	const char *p = path + sizeof top - 1;

	*at = (struct place){0};
	if (strncmp(path, top, sizeof top - 1) != 0 || !read_part(&p, at->family, sizeof at->family) ||
	    (strchr(p, '/') && !read_part(&p, at->id, sizeof at->id)) || strchr(p, '/'))
		return err_set(e, ERR_FAILED, "a file of a registry is not at models/FAMILY/ID/FILE");
	at->file = p;
	return true;
}

static struct slot *
find_slot(const struct catalog *c, const struct map *m, const char *key)
{
	uint32_t i = map_find(m, key, strlen(key));

	return i == MAP_NONE ? NULL : c->slots[i];
}

static struct slot *
make_slot(struct catalog *c, const char *registry, const char *id, struct err *e)
{
	struct buf key = {0};
	struct slot *s;

	buf_printf(&key, "%s/%s", registry, id);
	s = find_slot(c, &c->by_key, buf_str(&key));
	if (!s && c->n_slots == CATALOG_MODELS_MAX) {
		err_set(e, ERR_FAILED, "there are more than %d models", CATALOG_MODELS_MAX);
	} else if (!s) {
		s = mem_new0(1, sizeof *s);
		s->key = buf_take(&key);
		s->model.registry = mem_dup(registry);
		c->slots = grow(c->slots, c->n_slots, &c->cap_slots);
		map_add(&c->by_key, s->key, strlen(s->key), (uint32_t)c->n_slots);
		c->slots[c->n_slots++] = s;
	}
	buf_done(&key);
	return s;
}

/* A second id that looks like the first would get the trust of the first. */
static bool
is_distinct(const struct catalog *c, const char *skeleton, const char *id, struct err *e)
{
	const struct slot *s = find_slot(c, &c->by_skeleton, skeleton);

	if (!s)
		return true;
	if (strcmp(s->model.entry.id, id) == 0)
		return err_set(e, ERR_FAILED, "there are two models %s", id);
	return err_set(e, ERR_FAILED, "%s looks like %s, which is another model", id, s->model.entry.id);
}

/* The place of an entry in its registry, with EN there, which is taken when it is given one. */
static struct slot *
place_entry(struct catalog *c, const char *registry, const struct entry *en, struct err *e)
{
	struct buf skeleton = {0}, key = {0};
	struct slot *s = NULL;

	entry_id_skeleton(&skeleton, en->id);
	buf_printf(&key, "%s/%s", registry, buf_str(&skeleton));
	if (is_distinct(c, buf_str(&key), en->id, e))
		s = make_slot(c, registry, en->id, e);
	if (s) {
		s->model.entry = *en;
		s->skeleton = buf_take(&key);
		map_add(&c->by_skeleton, s->skeleton, strlen(s->skeleton), map_find(&c->by_key, s->key, strlen(s->key)));
		list_model(c, &s->model);
	}
	buf_done(&skeleton);
	buf_done(&key);
	return s;
}

static bool
add_entry(struct catalog *c, const char *registry, const struct place *at, const char *text, size_t n, struct err *e)
{
	struct entry en;

	if (!entry_parse(&en, text, n, e))
		return false;
	if (strcmp(en.id, at->id) != 0 || strcmp(en.family, at->family) != 0)
		err_set(e, ERR_FAILED, "the entry is that of %s in the family %s", en.id, en.family);
	else if (place_entry(c, registry, &en, e))
		return true;
	entry_done(&en);
	return false;
}

bool
catalog_add_known(struct catalog *c, const char *registry, const struct catalog_model *m, struct err *e)
{
	struct slot *s = place_entry(c, registry, &m->entry, e);

	if (!s)
		return false;
	free(s->model.card);
	s->model.card = m->card;
	s->borrowed = true;
	return true;
}

static bool
add_card(struct catalog *c, const char *registry, const struct place *at, const char *text, size_t n, struct err *e)
{
	struct slot *s;

	if (n > CATALOG_CARD_MAX)
		return err_set(e, ERR_FAILED, "has %zu bytes; at most %d are allowed", n, CATALOG_CARD_MAX);
	if (!utf8_is_valid(text, n) || memchr(text, '\0', n))
		return err_set(e, ERR_FAILED, "is no UTF-8 text");
	s = make_slot(c, registry, at->id, e);
	if (!s)
		return false;
	if (s->model.card)
		return err_set(e, ERR_FAILED, "there are two cards of %s", at->id);
	s->model.card = mem_new0(n + 1, 1);
	memcpy(s->model.card, text, n);
	return true;
}

/* A family of several registries is that of the first. */
static void
take_family(struct catalog *c, struct family *f)
{
	if (catalog_find_family(c, f->id)) {
		family_done(f);
		return;
	}
	c->families = grow(c->families, c->n_families, &c->cap_families);
	c->families[c->n_families] = mem_new0(1, sizeof *f);
	*c->families[c->n_families] = *f;
	map_add(&c->families_by_id, f->id, strlen(f->id), (uint32_t)c->n_families++);
}

static bool
add_family(struct catalog *c, const struct place *at, const char *text, size_t n, struct err *e)
{
	struct family f;

	if (!family_parse(&f, text, n, e))
		return false;
	if (strcmp(f.id, at->family) != 0) {
		err_set(e, ERR_FAILED, "the family is %s", f.id);
		family_done(&f);
		return false;
	}
	take_family(c, &f);
	return true;
}

static bool
add_file(struct catalog *c, const char *registry, const char *path, const char *text, size_t n, struct err *e)
{
	struct place at;

	if (!read_place(&at, path, e))
		return false;
	if (n > CATALOG_BYTES_MAX - c->n_bytes)
		return err_set(e, ERR_FAILED, "the registries hold more than %d MB of text", CATALOG_BYTES_MAX >> 20);
	if (*at.id && strcmp(at.file, "entry.json") == 0)
		return add_entry(c, registry, &at, text, n, e);
	if (*at.id && strcmp(at.file, "card.md") == 0)
		return add_card(c, registry, &at, text, n, e);
	if (!*at.id && strcmp(at.file, "family.json") == 0)
		return add_family(c, &at, text, n, e);
	return err_set(e, ERR_FAILED, "is none of entry.json, card.md and family.json");
}

bool
catalog_add(struct catalog *c, const char *registry, const char *path, const char *text, size_t n, struct err *e)
{
	if (add_file(c, registry, path, text, n, e)) {
		c->n_bytes += n;
		return true;
	}
	/* Of a path that is not as it should be, only so much as a person can read. */
	return check_file_path(path, NULL) ? err_wrap(e, "%s", path) : err_wrap(e, "registry %s", registry);
}

bool
catalog_each_packed(const char *text, size_t n,
    bool (*each)(void *ctx, const char *path, const char *text, size_t n, struct err *e), void *ctx, struct err *e)
{
	for (size_t at = 0; at < n;) {
		const char *line = text + at, *end = memchr(line, '\n', n - at), *body, *next;
		char path[256];

		if (*line != '\036' || !end || (size_t)(end - line) > sizeof path)
			return err_set(e, ERR_FAILED, "is no pack of files");
		memcpy(path, line + 1, (size_t)(end - line - 1));
		path[end - line - 1] = '\0';
		body = end + 1;
		next = memchr(body, '\036', n - (size_t)(body - text));
		if (!next)
			next = text + n;
		if (!each(ctx, path, body, (size_t)(next - body), e))
			return false;
		at = (size_t)(next - text);
	}
	return true;
}

struct packed {
	struct catalog *catalog;
	const char *registry;
	bool refused;			/* a file, which *e names already */
};

static bool
add_packed(void *ctx, const char *path, const char *text, size_t n, struct err *e)
{
	struct packed *p = ctx;

	p->refused = !catalog_add(p->catalog, p->registry, path, text, n, e);
	return !p->refused;
}

bool
catalog_add_pack(struct catalog *c, const char *registry, const char *text, size_t n, struct err *e)
{
	struct packed p = {c, registry, false};

	return catalog_each_packed(text, n, add_packed, &p, e) || (!p.refused && err_wrap(e, "the registry %s", registry));
}

static bool
add_families(struct catalog *c, const struct snapshot *from, struct err *e)
{
	for (size_t i = 0; i < snapshot_n_families(from); i++) {
		const char *text = snapshot_family(from, i);
		struct family f;

		if (!family_parse(&f, text, strlen(text), e))
			return false;
		take_family(c, &f);
	}
	return true;
}

bool
catalog_add_snapshot(struct catalog *c, const char *registry, struct snapshot *taken, struct err *e)
{
	struct whole *w;

	c->wholes = mem_grow(c->wholes, c->n_wholes + 1, sizeof *c->wholes);
	w = &c->wholes[c->n_wholes++];
	*w = (struct whole){taken, mem_dup(registry), c->n_models};
	if (snapshot_n_models(taken) > CATALOG_MODELS_MAX - c->n_models)
		err_set(e, ERR_FAILED, "there are more than %d models", CATALOG_MODELS_MAX);
	else if (add_families(c, taken, e)) {
		for (size_t i = 0; i < snapshot_n_models(taken); i++) {
			snapshot_model(taken, i)->registry = w->registry;
			list_model(c, snapshot_model(taken, i));
		}
		return true;
	}
	snapshot_close(w->snapshot);
	free(w->registry);
	c->n_wholes--;
	return err_wrap(e, "registry %s", registry);
}

const struct snapshot *
catalog_snapshot_at(const struct catalog *c, size_t i, size_t *first)
{
	if (i >= c->n_wholes)
		return NULL;
	*first = c->wholes[i].first;
	return c->wholes[i].snapshot;
}

const struct catalog_model *
catalog_model_at(const struct catalog *c, size_t i)
{
	return i < c->n_models ? c->models[i] : NULL;
}

const struct family *
catalog_family_at(const struct catalog *c, size_t i)
{
	return i < c->n_families ? c->families[i] : NULL;
}

/* Ids are in small letters (check_id); who asks may write others.  False: too long for one. */
static bool
fold_id(char lower[ID_BYTES], const char *id)
{
	size_t n = strlen(id);

	if (n >= ID_BYTES)
		return false;
	for (size_t i = 0; i <= n; i++)
		lower[i] = (char)(id[i] >= 'A' && id[i] <= 'Z' ? id[i] - 'A' + 'a' : id[i]);
	return true;
}

static uint32_t
find_id(const struct map *ids, const char *id)
{
	char lower[ID_BYTES];

	return fold_id(lower, id) ? map_find(ids, lower, strlen(lower)) : MAP_NONE;
}

const struct family *
catalog_find_family(const struct catalog *c, const char *id)
{
	uint32_t i = find_id(&c->families_by_id, id);

	return i == MAP_NONE ? NULL : c->families[i];
}

const struct catalog_model *
catalog_get(const struct catalog *c, const char *from, const char *id)
{
	for (uint32_t i = find_id(&c->by_id, id); i != MAP_NONE; i = c->same[i])
		if (!from || strcmp(c->models[i]->registry, from) == 0)
			return c->models[i];
	return NULL;
}

/* ---- names that are near ---- */

struct near {
	const char *name;
	size_t distance;
};

static int
compare_near(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	return x->distance != y->distance ? (x->distance < y->distance ? -1 : 1) : strcmp(x->name, y->name);
}

static bool
holds(const char *name, const char *part)
{
	size_t n = strlen(part);

	for (; *name; name++)
		if (strncasecmp(name, part, n) == 0)
			return true;
	return false;
}

/* Nearest is a name one slip away, then one that begins with what was asked, then more slips or a name that has it
 * inside.  A slip in a digit is rarely one. */
static size_t
how_far(const char *name, const char *asked)
{
	enum { FAR = 1000, BEGINS = 10, SLIP = 40, HOLDS = 100 };
	size_t n = strlen(asked), limit = n < 6 ? 3 : 4, far;
	char lower[ID_BYTES];

	if (n == 0 || !fold_id(lower, asked))
		return FAR;
	far = near_distance(name, lower, limit);
	if (far <= 1 && near_same_digits(name, lower))
		return far;
	if (n >= 3 && strncmp(name, lower, n) == 0)
		return BEGINS + strlen(name) - n;
	if (far < limit)
		return far * SLIP + (near_same_digits(name, lower) ? 0 : SLIP / 2);
	return n >= 3 && holds(name, lower) ? HOLDS + strlen(name) - n : FAR;
}

size_t
catalog_near(const struct catalog *c, const char *name, size_t max, struct buf *out)
{
	struct near *all = mem_new0(c->n_models + c->n_families + 1, sizeof *all);
	size_t n = 0, shown = 0;

	for (size_t i = 0; i < c->n_models + c->n_families; i++) {
		const char *other = i < c->n_models ? c->models[i]->entry.id : c->families[i - c->n_models]->id;
		size_t far = how_far(other, name);

		if (far < 1000)
			all[n++] = (struct near){other, far};
	}
	qsort(all, n, sizeof *all, compare_near);
	for (size_t i = 0; i < n && shown < max; i++) {
		if (i > 0 && strcmp(all[i].name, all[i - 1].name) == 0)
			continue;
		buf_printf(out, "%s\"%s\"", shown == 0 ? "" : shown + 1 == max || i + 1 == n ? " or " : ", ", all[i].name);
		shown++;
	}
	free(all);
	return shown;
}

static const struct catalog_model *
not_found(const struct catalog *c, const char *name, struct err *e)
{
	struct buf near = {0};

	if (catalog_near(c, name, 3, &near))
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\"; did you mean %s?", name, buf_str(&near));
	else
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\" in the registries (see: minnow search)", name);
	buf_done(&near);
	return NULL;
}

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool
same_sources(const struct entry_file *a, const struct entry_file *b)
{
	bool same = a->n_sources == b->n_sources && a->n_sources > 0;

	for (size_t i = 0; same && i < a->n_sources; i++) {
		const struct entry_source *x = &a->sources[i], *y = &b->sources[i];

		same = x->kind == y->kind && same_text(x->url_or_repo, y->url_or_repo) && same_text(x->path, y->path) &&
		    same_text(x->revision, y->revision);
	}
	return same;
}

static bool
same_file(const struct entry_file *a, const struct entry_file *b)
{
	if (a->role != b->role || strcmp(a->name, b->name) != 0 || !same_text(a->quant, b->quant) ||
	    a->has_sha256 != b->has_sha256)
		return false;
	return a->has_sha256 ? memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0 : same_sources(a, b);
}

/* A copy: every file has the same digest (or, where none is known, comes from the same place), and what steers or binds is
 * the same.  What is only told of it may differ. */
static bool
same_model(const struct entry *a, const struct entry *b)
{
	bool same = a->n_files == b->n_files && a->n_files > 0 && same_text(a->family, b->family) &&
	    same_text(a->license, b->license) && same_text(a->template, b->template);

	for (size_t i = 0; same && i < a->n_files; i++)
		same = same_file(&a->files[i], &b->files[i]);
	return same;
}

const struct catalog_model *
catalog_find(const struct catalog *c, const char *name, struct err *e)
{
	const struct catalog_model *found = NULL;
	const char *slash = strchr(name, '/');
	size_t from = slash ? (size_t)(slash - name) : 0;

	for (uint32_t i = find_id(&c->by_id, slash ? slash + 1 : name); i != MAP_NONE; i = c->same[i]) {
		const struct catalog_model *m = c->models[i];

		if (slash && (strlen(m->registry) != from || memcmp(m->registry, name, from) != 0))
			continue;
		if (found && same_model(&found->entry, &m->entry))
			continue;
		if (found) {
			err_set(e, ERR_USAGE, "several registries have a model \"%s\": say %s/%s or %s/%s", m->entry.id,
			    found->registry, m->entry.id, m->registry, m->entry.id);
			return NULL;
		}
		found = m;
	}
	return found ? found : not_found(c, name, e);
}

bool
catalog_has_registry(const struct catalog *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->n_models; i++)
		if (strlen(c->models[i]->registry) == len && memcmp(c->models[i]->registry, name, len) == 0)
			return true;
	return false;
}
