/* Trees of models; see lineage.h.  Edges come from outside: they may name models that are not there, or run in a
 * circle, which is cut where it was entered. */
#include "registry/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/mark.h"
#include "core/base/mem.h"

/* Nodes while a tree is made, in the order in which siblings are to stand. */
struct tree {
	struct lineage_node *nodes;
	size_t n, cap;
	struct map by_id;
};

static struct lineage_node *
find_node(struct tree *t, const char *id)
{
	uint32_t i = map_find(&t->by_id, id, strlen(id));

	return i == MAP_NONE ? NULL : &t->nodes[i];
}

static void
add_node(struct tree *t, const char *id, const struct catalog_model *m)
{
	if (find_node(t, id))
		return;
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->nodes = mem_grow(t->nodes, t->cap, sizeof *t->nodes);
	}
	t->nodes[t->n] = (struct lineage_node){.id = id, .model = m, .parent = LINEAGE_NONE};
	map_add(&t->by_id, id, strlen(id), (uint32_t)t->n++);
}

/* The step that led to ID: of several the one from the parent that its entry names, else the first. */
static const struct family_edge *
find_edge(const struct family *f, const char *id, const char *parent)
{
	const struct family_edge *found = NULL;

	for (size_t i = 0; f && i < f->n_edges; i++) {
		const struct family_edge *d = &f->edges[i];

		if (strcmp(d->to, id) == 0 && (!found || (parent && strcmp(d->from, parent) == 0)))
			found = d;
	}
	return found;
}

static void
set_origin(struct lineage_node *n, const struct family *f)
{
	const struct entry *en = n->model ? &n->model->entry : NULL;
	const struct family_edge *d = find_edge(f, n->id, en ? en->parent : NULL);

	if (d) {
		n->from = d->from;
		n->kind = d->kind;
		n->change = d->change;
		n->year = d->year;
		n->unsourced = d->unsourced;
	} else if (en && en->parent) {
		n->from = en->parent;
		n->kind = en->relation;
	}
}

/* The year for the order of siblings. */
static uint64_t
year_of(const struct lineage_node *n)
{
	if (n->model && n->model->entry.released)
		return strtoull(n->model->entry.released, NULL, 10);
	return n->year ? n->year : n->year_after;
}

/* Siblings: by date, then by size. */
static int
compare_nodes(const void *a, const void *b)
{
	const struct lineage_node *x = a, *y = b;
	uint64_t p = x->model ? x->model->entry.n_params : 0, q = y->model ? y->model->entry.n_params : 0;
	const char *d = x->model && x->model->entry.released ? x->model->entry.released : "";
	const char *f = y->model && y->model->entry.released ? y->model->entry.released : "";
	int order;

	if (year_of(x) != year_of(y))
		return year_of(x) < year_of(y) ? -1 : 1;
	if (*d && *f && (order = strcmp(d, f)))
		return order;
	return p != q ? (p < q ? -1 : 1) : strcmp(x->id, y->id);
}

/* Parents by index, after sorting; then every chain of parents has to end. */
static void
link_nodes(struct tree *t)
{
	if (t->n)
		qsort(t->nodes, t->n, sizeof *t->nodes, compare_nodes);
	map_done(&t->by_id);
	map_init(&t->by_id, t->n);
	for (size_t i = 0; i < t->n; i++)
		map_add(&t->by_id, t->nodes[i].id, strlen(t->nodes[i].id), (uint32_t)i);
	for (size_t i = 0; i < t->n; i++) {
		struct lineage_node *from = t->nodes[i].from ? find_node(t, t->nodes[i].from) : NULL;
		size_t steps = 0, k;

		if (!from || from == &t->nodes[i])
			continue;
		for (k = (size_t)(from - t->nodes); k != LINEAGE_NONE && k != i && steps <= t->n; steps++)
			k = t->nodes[k].parent;
		if (k == LINEAGE_NONE)
			t->nodes[i].parent = (size_t)(from - t->nodes);
	}
}

/* Copy node I and what grew from it to the end of L, without recursion: a chain may be as long as a registry. */
static void
draw_from(struct lineage *l, const struct tree *t, size_t root, const size_t *child, const size_t *next, size_t *place)
{
	for (size_t i = root;;) {
		struct lineage_node *n = &l->nodes[l->n];

		place[i] = l->n++;
		*n = t->nodes[i];
		if (n->parent != LINEAGE_NONE) {
			n->parent = place[n->parent];
			n->depth = l->nodes[n->parent].depth + 1;
		}
		n->is_last = next[i] == LINEAGE_NONE;
		if (child[i] != LINEAGE_NONE) {
			i = child[i];
			continue;
		}
		while (i != root && next[i] == LINEAGE_NONE)
			i = t->nodes[i].parent;
		if (i == root)
			return;
		i = next[i];
	}
}

/* The nodes of T in the order of drawing, from the roots on; frees T. */
static void
finish(struct lineage *l, struct tree *t)
{
	size_t *child = mem_new0(t->n + 1, sizeof *child), *next = mem_new0(t->n + 1, sizeof *next);
	size_t *place = mem_new0(t->n + 1, sizeof *place), first = LINEAGE_NONE;

	link_nodes(t);
	for (size_t i = 0; i < t->n; i++)
		child[i] = LINEAGE_NONE;
	for (size_t i = t->n; i-- > 0;) {
		size_t *head = t->nodes[i].parent == LINEAGE_NONE ? &first : &child[t->nodes[i].parent];

		next[i] = *head;
		*head = i;
	}
	*l = (struct lineage){.nodes = mem_new0(t->n + 1, sizeof *l->nodes)};
	for (size_t i = first; i != LINEAGE_NONE; i = next[i])
		draw_from(l, t, i, child, next, place);
	free(child);
	free(next);
	free(place);
	free(t->nodes);
	map_done(&t->by_id);
}

static void
set_origins(struct tree *t, const struct catalog *c, const struct family *f)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct catalog_model *m = t->nodes[i].model;

		set_origin(&t->nodes[i], m ? catalog_find_family(c, m->entry.family) : f);
	}
	for (size_t i = 0; i < t->n; i++) {
		struct lineage_node *from = t->nodes[i].from ? find_node(t, t->nodes[i].from) : NULL;
		uint64_t year = year_of(&t->nodes[i]);

		if (from && !from->model && year && (!from->year_after || year < from->year_after))
			from->year_after = year;
	}
}

/* A model that only an edge or an entry names. */
static void
add_absent(struct tree *t, const struct catalog *c, const char *id)
{
	if (id && !catalog_get(c, NULL, id))
		add_node(t, id, NULL);
}

void
lineage_of_family(struct lineage *l, const struct catalog *c, const struct family *f)
{
	const struct catalog_model *m;
	struct tree t = {0};

	map_init(&t.by_id, 64);
	for (size_t i = 0; (m = catalog_model_at(c, i)); i++) {
		if (strcmp(m->entry.family, f->id) != 0)
			continue;
		add_node(&t, m->entry.id, m);
		add_absent(&t, c, m->entry.parent);
	}
	for (size_t i = 0; i < f->n_edges; i++) {
		add_absent(&t, c, f->edges[i].from);
		add_absent(&t, c, f->edges[i].to);
	}
	set_origins(&t, c, f);
	finish(l, &t);
}

void
lineage_of_model(struct lineage *l, const struct catalog *c, const struct catalog_model *m)
{
	const struct family *f = catalog_find_family(c, m->entry.family);
	const struct catalog_model *other;
	struct lineage_node up = {.id = m->entry.id, .model = m};
	struct tree t = {0};

	map_init(&t.by_id, 64);
	/* What is known already ends a circle. */
	while (!find_node(&t, up.id)) {
		add_node(&t, up.id, up.model);
		set_origin(&up, up.model ? catalog_find_family(c, up.model->entry.family) : f);
		if (!up.from)
			break;
		other = catalog_get(c, NULL, up.from);
		up = (struct lineage_node){.id = other ? other->entry.id : up.from, .model = other};
	}
	for (size_t i = 0; (other = catalog_model_at(c, i)); i++) {
		struct lineage_node down = {.id = other->entry.id, .model = other};

		set_origin(&down, catalog_find_family(c, other->entry.family));
		if (down.from && strcmp(down.from, m->entry.id) == 0)
			add_node(&t, down.id, other);
	}
	for (size_t i = 0; f && i < f->n_edges; i++)
		if (strcmp(f->edges[i].from, m->entry.id) == 0)
			add_absent(&t, c, f->edges[i].to);
	set_origins(&t, c, f);
	finish(l, &t);
}

void
lineage_done(struct lineage *l)
{
	free(l->nodes);
	*l = (struct lineage){0};
}

/* ---- what changed ---- */

static const struct {
	const char *what;
	size_t offset;
	enum { NUMBER, TEXT, WORDS } kind;
} compared[] = {
	{N_("generation"), offsetof(struct entry, generation), TEXT},
	{N_("parameters"), offsetof(struct entry, n_params), NUMBER},
	{N_("active parameters"), offsetof(struct entry, n_active), NUMBER},
	{N_("context"), offsetof(struct entry, n_ctx), NUMBER},
	{N_("architecture"), offsetof(struct entry, arch), TEXT},
	{N_("task"), offsetof(struct entry, task), TEXT},
	{N_("thinking"), offsetof(struct entry, thinking), TEXT},
	{N_("takes"), offsetof(struct entry, inputs), WORDS},
	{N_("gives"), offsetof(struct entry, outputs), WORDS},
	{N_("chat format"), offsetof(struct entry, template), TEXT},
	{N_("licence"), offsetof(struct entry, license), TEXT},
	/* From here on: what only matters between two versions of one entry. */
	{N_("grew from"), offsetof(struct entry, parent), TEXT},
	{N_("as"), offsetof(struct entry, relation), TEXT},
	{N_("family"), offsetof(struct entry, family), TEXT},
	{N_("name"), offsetof(struct entry, name), TEXT},
	{N_("summary"), offsetof(struct entry, summary), TEXT},
	{N_("note"), offsetof(struct entry, note), TEXT},
	{N_("released"), offsetof(struct entry, released), TEXT},
	{N_("weights"), offsetof(struct entry, weights), TEXT},
	{N_("keys and values of 1024 tokens"), offsetof(struct entry, kv_bytes), NUMBER},
	{N_("languages"), offsetof(struct entry, languages), WORDS},
	{N_("number of languages"), offsetof(struct entry, n_languages), NUMBER},
	{N_("not confirmed"), offsetof(struct entry, unsourced), WORDS},
};
enum { N_COMPARED_SHORT = 11 };

static char *
join(const struct entry_words *w)
{
	struct buf text = {0};

	for (size_t i = 0; i < w->n; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", w->at[i]);
	return w->n ? buf_take(&text) : NULL;
}

static char *
text_at(const struct entry *en, size_t i)
{
	const void *field = (const char *)en + compared[i].offset;
	const char *text;

	if (compared[i].kind == WORDS)
		return join(field);
	text = *(char *const *)field;
	return text ? mem_dup(text) : NULL;
}

static size_t
find_changes(const struct entry *a, const struct entry *b, size_t n_compared, struct lineage_change **changes)
{
	size_t n = 0;

	*changes = mem_new0(n_compared, sizeof **changes);
	for (size_t i = 0; i < n_compared; i++) {
		struct lineage_change *d = &(*changes)[n];

		if (compared[i].offset == offsetof(struct entry, generation) && strcmp(a->family, b->family) != 0)
			continue;		/* every family counts for itself */
		*d = (struct lineage_change){.what = compared[i].what};
		if (compared[i].kind == NUMBER) {
			d->from = *(const uint64_t *)(const void *)((const char *)a + compared[i].offset);
			d->to = *(const uint64_t *)(const void *)((const char *)b + compared[i].offset);
			n += d->from != d->to;
			continue;
		}
		d->from_text = text_at(a, i);
		d->to_text = text_at(b, i);
		if (d->from_text && d->to_text ? strcmp(d->from_text, d->to_text) != 0 : d->from_text != d->to_text) {
			n++;
		} else {
			free(d->from_text);
			free(d->to_text);
		}
	}
	return n;
}

size_t
lineage_changes(const struct entry *a, const struct entry *b, struct lineage_change **changes)
{
	return find_changes(a, b, N_COMPARED_SHORT, changes);
}

size_t
lineage_all_changes(const struct entry *a, const struct entry *b, struct lineage_change **changes)
{
	return find_changes(a, b, ARRAY_LEN(compared), changes);
}

void
lineage_changes_done(struct lineage_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(changes[i].from_text);
		free(changes[i].to_text);
	}
	free(changes);
}

static const struct entry_file *
find_file(const struct entry *en, const char *name)
{
	for (size_t i = 0; i < en->n_files; i++)
		if (strcmp(en->files[i].name, name) == 0)
			return &en->files[i];
	return NULL;
}

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool
same_bytes(const struct entry_file *f, const struct entry_file *g)
{
	return f->size == g->size && f->has_sha256 == g->has_sha256 && memcmp(f->sha256, g->sha256, sizeof f->sha256) == 0;
}

static bool
same_sources(const struct entry_file *f, const struct entry_file *g)
{
	bool same = f->n_sources == g->n_sources;

	for (size_t i = 0; same && i < f->n_sources; i++) {
		const struct entry_source *s = &f->sources[i], *t = &g->sources[i];

		same = s->kind == t->kind && same_text(s->url_or_repo, t->url_or_repo) && same_text(s->path, t->path) &&
		    same_text(s->revision, t->revision);
	}
	return same;
}

static bool
same_file(const struct entry_file *f, const struct entry_file *g)
{
	return same_bytes(f, g) && f->role == g->role && f->single_source == g->single_source && same_text(f->quant, g->quant) &&
	    same_text(f->note, g->note) && same_sources(f, g) && f->n_ranges == g->n_ranges &&
	    (!f->n_ranges || memcmp(f->ranges, g->ranges, f->n_ranges * sizeof *f->ranges) == 0);
}

size_t
lineage_file_changes(const struct entry *a, const struct entry *b, struct lineage_file_change **changes)
{
	size_t n = 0;

	*changes = mem_new0(a->n_files + b->n_files + 1, sizeof **changes);
	for (size_t i = 0; i < b->n_files; i++) {
		const struct entry_file *after = &b->files[i], *before = find_file(a, after->name);

		if (!before || !same_file(before, after))
			(*changes)[n++] = (struct lineage_file_change){before, after, before && !same_bytes(before, after)};
	}
	for (size_t i = 0; i < a->n_files; i++)
		if (!find_file(b, a->files[i].name))
			(*changes)[n++] = (struct lineage_file_change){.before = &a->files[i]};
	return n;
}
