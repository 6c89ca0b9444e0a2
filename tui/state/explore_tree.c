/* The tree of what there is to explore, what of it can be seen, and moving in it; see explore.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/badge.h"
#include "registry/variant.h"
#include "tui/i18n.h"
#include "tui/state/explore.h"

/* ---- order ---- */

struct place {
	const struct catalog_model *model;
	size_t family;
	const char *since;		/* of its generation: the first release */
};

static int
compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int
by_generation(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return compare_text(a->model->entry.generation, b->model->entry.generation);
}

static int
by_place(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;
	const struct entry *x = &a->model->entry, *y = &b->model->entry;
	int d;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	/* Without a date: last. */
	d = !a->since != !b->since ? (a->since ? -1 : 1) : compare_text(a->since, b->since);
	if (!d)
		d = compare_text(x->generation, y->generation);
	if (!d && x->n_params != y->n_params)
		d = x->n_params < y->n_params ? -1 : 1;
	return d ? d : strcmp(x->id, y->id);
}

static size_t
family_number(const struct catalog *c, const char *id)
{
	const struct family *f;
	size_t i = 0;

	while ((f = catalog_family_at(c, i)) && strcmp(f->id, id) != 0)
		i++;
	return i;
}

void
explore_order(struct explore *x)
{
	struct place *p = NULL;
	size_t n = 0;

	while (catalog_model_at(x->catalog, n))
		n++;
	p = mem_new0(n + 1, sizeof *p);
	for (size_t i = 0; i < n; i++) {
		const struct catalog_model *m = catalog_model_at(x->catalog, i);

		p[i] = (struct place){m, family_number(x->catalog, m->entry.family), m->entry.released};
	}
	qsort(p, n, sizeof *p, by_generation);
	for (size_t i = 0, j; i < n; i = j) {
		const char *since = NULL;

		for (j = i; j < n && by_generation(&p[i], &p[j]) == 0; j++)
			if (p[j].model->entry.released && (!since || strcmp(p[j].model->entry.released, since) < 0))
				since = p[j].model->entry.released;
		for (size_t k = i; k < j; k++)
			p[k].since = since;
	}
	qsort(p, n, sizeof *p, by_place);
	x->models = mem_new0(n + 1, sizeof *x->models);
	x->n_models = n;
	for (size_t i = 0; i < n; i++)
		x->models[i] = p[i].model;
	free(p);
}

/* ---- what is on this machine ---- */

static int
compare_file(const struct store_file *f, const char *folder, const char *name)
{
	int d = strcmp(f->model, folder);

	return d ? d : strcmp(f->file, name);
}

static const struct store_file *
find_stored(const struct store_list *l, const char *folder, const char *name)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = compare_file(&l->files[mid], folder, name);

		if (d == 0)
			return &l->files[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool
is_file_of(const struct adopt_model *a, const struct entry_file *f)
{
	return f->has_sha256 && a->n_files == 1 && a->files[0].has_sha256 &&
	    memcmp(a->files[0].sha256, f->sha256, sizeof f->sha256) == 0;
}

/* Where the file of node N is, and what is known of its bytes. */
static void
look_for(const struct explore *x, const char *folder, struct explore_node *n)
{
	const struct explore_here *h = &x->here;
	const struct store_file *s = find_stored(&h->store, folder, n->file->name);

	if (s) {
		n->where = s->seen.trust == STORE_VERIFIED ? EXPLORE_HERE : EXPLORE_CHANGED;
		n->badge = badge_of(x->catalog, folder, &s->seen);
		return;
	}
	for (size_t i = 0; i < h->adopted.n && !n->where; i++)
		if (is_file_of(&h->adopted.models[i], n->file)) {
			n->where = EXPLORE_ELSEWHERE;
			n->badge = BADGE_HASH_KNOWN;
		}
}

void
explore_here_done(struct explore_here *h)
{
	store_list_done(&h->store);
	adopt_index_done(&h->adopted);
	for (size_t i = 0; i < h->n_locals; i++) {
		free(h->locals[i].name);
		free(h->locals[i].folder);
		free(h->locals[i].file);
		free(h->locals[i].from);
	}
	free(h->locals);
	*h = (struct explore_here){0};
}

/* ---- building ---- */

/* Which of two wheres a model shows. */
static bool
is_better(enum explore_where a, enum explore_where b)
{
	static const int worth[] = {[EXPLORE_ABSENT] = 0, [EXPLORE_CHANGED] = 1, [EXPLORE_ELSEWHERE] = 2, [EXPLORE_HERE] = 3};

	return worth[a] > worth[b];
}

static uint32_t
add_node(struct explore *x, struct explore_node n)
{
	n.shown = true;
	x->nodes = mem_grow(x->nodes, x->n_nodes + 1, sizeof *x->nodes);
	x->nodes[x->n_nodes] = n;
	return (uint32_t)x->n_nodes++;
}

static void
add_model(struct explore *x, const struct catalog_model *m, uint32_t parent)
{
	const struct entry *en = &m->entry;
	uint32_t at = add_node(x, (struct explore_node){.kind = EXPLORE_MODEL, .parent = parent, .model = m});
	struct buf folder = {0};

	badge_folder(&folder, m->registry, en->id);
	x->nodes[at].file = entry_find_file(en, NULL);
	for (size_t i = 0; i < en->n_files; i++) {
		struct explore_node n = {.kind = EXPLORE_FILE, .parent = at, .model = m, .file = &en->files[i]};

		look_for(x, buf_str(&folder), &n);
		add_node(x, n);
		if (n.file->role == ENTRY_WEIGHTS && is_better(n.where, x->nodes[at].where)) {
			x->nodes[at].where = n.where;
			x->nodes[at].badge = n.badge;
			x->nodes[at].file = n.file;
		}
	}
	buf_done(&folder);
}

static void
add_locals(struct explore *x)
{
	uint32_t family;

	if (!x->here.n_locals)
		return;
	family = add_node(x, (struct explore_node){.kind = EXPLORE_FAMILY, .parent = EXPLORE_NONE, .title = _("On this machine"),
	    .open = true, .was_open = true});
	for (size_t i = 0; i < x->here.n_locals; i++)
		add_node(x, (struct explore_node){.kind = EXPLORE_MODEL, .parent = family, .local = &x->here.locals[i],
		    .where = x->here.locals[i].folder ? EXPLORE_HERE : EXPLORE_ELSEWHERE});
}

static bool
same_family(const struct catalog_model *a, const struct catalog_model *b)
{
	return strcmp(a->entry.family, b->entry.family) == 0;
}

static bool
same_generation(const struct catalog_model *a, const struct catalog_model *b)
{
	return compare_text(a->entry.generation, b->entry.generation) == 0;
}

/* Models [first, end) are a family. */
static void
add_family(struct explore *x, size_t first, size_t end)
{
	const struct family *f = catalog_find_family(x->catalog, x->models[first]->entry.family);
	uint32_t family = add_node(x, (struct explore_node){.kind = EXPLORE_FAMILY, .parent = EXPLORE_NONE,
	    .title = f ? f->name : x->models[first]->entry.family}), parent = family;
	bool has_several = !same_generation(x->models[first], x->models[end - 1]);

	for (size_t i = first; i < end; i++) {
		const char *generation = x->models[i]->entry.generation;

		if (has_several && (i == first || !same_generation(x->models[i], x->models[i - 1])))
			parent = !generation ? family : add_node(x, (struct explore_node){.kind = EXPLORE_GENERATION,
			    .parent = family, .title = generation});
		add_model(x, x->models[i], parent);
	}
}

/* The node of another array that stands for the same. */
static bool
is_same(const struct explore *x, const struct explore_node *a, const struct explore_node *old, const struct explore_node *b)
{
	if (a->kind != b->kind || a->model != b->model || !a->local != !b->local)
		return false;
	if (a->kind == EXPLORE_FILE)
		return a->file == b->file;
	if (a->kind == EXPLORE_MODEL)
		return !a->local || strcmp(a->local->name, b->local->name) == 0;
	if (a->kind == EXPLORE_GENERATION && strcmp(x->nodes[a->parent].title, old[b->parent].title) != 0)
		return false;
	return strcmp(a->title, b->title) == 0;
}

/* What was unfolded stays so, and what was marked.  Both arrays have the same order. */
static uint32_t
carry_over(struct explore *x, const struct explore_node *old, size_t n_old, uint32_t marked)
{
	uint32_t to = EXPLORE_NONE;
	size_t from = 0;

	for (size_t i = 0; i < x->n_nodes; i++) {
		size_t k = from;

		while (k < n_old && !is_same(x, &x->nodes[i], old, &old[k]))
			k++;
		if (k == n_old)
			continue;
		x->nodes[i].open = old[k].open;
		x->nodes[i].was_open = old[k].was_open;
		if (k == marked)
			to = (uint32_t)i;
		from = k + 1;
	}
	return to;
}

/* Rows from nodes; NODE (EXPLORE_NONE: none), or what it is in, is marked. */
static void
list_rows(struct explore *x, uint32_t node)
{
	bool *seen = mem_new0(x->n_nodes + 1, sizeof *seen);

	x->rows = mem_grow(x->rows, x->n_nodes + 1, sizeof *x->rows);
	x->n_rows = 0;
	for (size_t i = 0; i < x->n_nodes; i++) {
		const struct explore_node *n = &x->nodes[i];

		seen[i] = n->shown && (n->parent == EXPLORE_NONE || (seen[n->parent] && x->nodes[n->parent].open));
		if (seen[i])
			x->rows[x->n_rows++] = (uint32_t)i;
	}
	while (node != EXPLORE_NONE && !seen[node])
		node = x->nodes[node].parent;
	if (x->mark >= x->n_rows)
		x->mark = x->n_rows ? x->n_rows - 1 : 0;
	for (size_t i = 0; node != EXPLORE_NONE && i < x->n_rows; i++)
		if (x->rows[i] == node)
			x->mark = i;
	free(seen);
}

static uint32_t
marked(const struct explore *x)
{
	return x->mark < x->n_rows ? x->rows[x->mark] : EXPLORE_NONE;
}

void
explore_build(struct explore *x)
{
	struct explore_node *old = x->nodes;
	size_t n_old = x->n_nodes;
	uint32_t mark = x->mark ? marked(x) : EXPLORE_NONE;		/* the top stays the top */

	x->nodes = NULL;
	x->n_nodes = 0;
	add_locals(x);
	for (size_t i = 0, end; i < x->n_models; i = end) {
		for (end = i + 1; end < x->n_models && same_family(x->models[i], x->models[end]);)
			end++;
		add_family(x, i, end);
	}
	mark = carry_over(x, old, n_old, mark);
	x->version++;
	free(old);
	list_rows(x, mark);
	explore_filter(x);
}

/* ---- the filter ---- */

struct terms {
	struct search_query query;
	char *words[32];
	size_t n_words;
	bool here;
};

static bool
take_term(const struct explore *x, struct terms *t, char *word, struct err *e)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
		{"family:", offsetof(struct search_query, family)}, {"licence:", offsetof(struct search_query, license)},
		{"language:", offsetof(struct search_query, language)}, {"input:", offsetof(struct search_query, input)},
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		size_t n = strlen(fields[i].name);

		if (strncmp(word, fields[i].name, n) == 0) {
			if (word[n])
				*(const char **)(void *)((char *)&t->query + fields[i].offset) = word + n;
			return true;
		}
	}
	if (strcmp(word, "fits") == 0) {
		t->query.memory_bytes = x->machine.memory_bytes;
	} else if (strcmp(word, "here") == 0) {
		t->here = true;
	} else if (strcmp(word, "thinking") == 0) {
		t->query.thinking = "any";
	} else if (*word == '<') {
		const char *size = word + 1 + (word[1] == '=');

		t->query.max_bytes = search_parse_size(size);
		if (*size && !t->query.max_bytes)
			return err_set(e, ERR_USAGE, "after \"<\" comes a size as 800M or 2.5GB, not \"%s\"", size);
	} else {
		t->words[t->n_words++] = word;
	}
	return true;
}

static bool
parse_terms(const struct explore *x, struct terms *t, char *text, struct err *e)
{
	bool ok = true;

	for (char *p = text; ok && *p && t->n_words < ARRAY_LEN(t->words);) {
		size_t n;

		p += strspn(p, " \t\n");
		n = strcspn(p, " \t\n");
		if (n) {
			char *word = p;

			p += n + (p[n] != '\0');
			word[n] = '\0';
			ok = take_term(x, t, word, e);
		}
	}
	t->query.words = (const char *const *)t->words;
	t->query.n_words = t->n_words;
	return ok;
}

static void
show_all(struct explore *x)
{
	for (size_t i = 0; i < x->n_nodes; i++) {
		struct explore_node *n = &x->nodes[i];

		n->shown = true;
		if (x->filtered)
			n->open = n->was_open;
		if (n->kind == EXPLORE_MODEL && n->model && n->where == EXPLORE_ABSENT)
			n->file = entry_find_file(&n->model->entry, NULL);
		if (n->kind <= EXPLORE_GENERATION)
			n->n_models = 0;
	}
	x->filtered = false;
	x->n_hits = x->n_models;
}

/* Where a model that a person marked stays in sight. */
static void
unfold_to(struct explore *x, uint32_t node)
{
	for (uint32_t p = node == EXPLORE_NONE ? node : x->nodes[node].parent; p != EXPLORE_NONE; p = x->nodes[p].parent)
		x->nodes[p].open = true;
}

static void
count_models(struct explore *x)
{
	for (size_t i = 0; i < x->n_nodes; i++) {
		const struct explore_node *n = &x->nodes[i];

		for (uint32_t p = n->parent; n->kind == EXPLORE_MODEL && n->shown && p != EXPLORE_NONE; p = x->nodes[p].parent)
			x->nodes[p].n_models++;
	}
}

struct hit_of {
	const struct catalog_model *model;
	const struct search_hit *hit;
};

static int
by_model(const void *va, const void *vb)
{
	const struct hit_of *a = va, *b = vb;

	return (a->model > b->model) - (a->model < b->model);
}

static bool
local_matches(const struct explore_node *n, const struct terms *t)
{
	for (size_t i = 0; i < t->n_words; i++)
		if (!strstr(n->local->name, t->words[i]) && !strstr(n->local->from, t->words[i]))
			return false;
	return !t->query.family && !t->query.license && !t->query.language && !t->query.input && !t->query.thinking &&
	    (!t->query.max_bytes || n->local->size <= t->query.max_bytes);
}

/* Models that match, what they are in, and what is in them; *BEST: the node of the best hit. */
static void
show_hits(struct explore *x, const struct terms *t, struct search_hit *hits, size_t n, uint32_t *best)
{
	struct hit_of *map = mem_new0(n + 1, sizeof *map);
	unsigned n_best = 0;

	for (size_t i = 0; i < n; i++)
		map[i] = (struct hit_of){hits[i].model, &hits[i]};
	qsort(map, n, sizeof *map, by_model);
	for (size_t i = 0; i < x->n_nodes; i++) {
		struct explore_node *node = &x->nodes[i];
		struct hit_of key = {node->model, NULL}, *h = NULL;

		node->shown = false;
		if (node->kind == EXPLORE_FILE) {
			node->shown = x->nodes[node->parent].shown;
			continue;
		}
		if (node->kind != EXPLORE_MODEL)
			continue;
		if (node->model)
			h = bsearch(&key, map, n, sizeof *map, by_model);
		if (t->here && node->where == EXPLORE_ABSENT)
			continue;
		node->shown = node->local ? local_matches(node, t) : h != NULL;
		node->open = false;
		if (h && node->where == EXPLORE_ABSENT)
			node->file = h->hit->file;
		if (h && n_best < h->hit->score) {
			n_best = h->hit->score;
			*best = (uint32_t)i;
		}
		x->n_hits += node->shown;
		for (uint32_t p = node->parent; node->shown && p != EXPLORE_NONE; p = x->nodes[p].parent)
			x->nodes[p].shown = x->nodes[p].open = true;
	}
	free(map);
}

void
explore_filter(struct explore *x)
{
	char *text = mem_dup(buf_str(&x->filter.text));
	uint32_t mark = marked(x), best = EXPLORE_NONE;
	struct terms t = {0};
	struct search_hit *hits = NULL;
	bool is_empty = text[strspn(text, " ")] == '\0';

	x->filter_err = (struct err){0};
	if (!x->filtered)
		for (size_t i = 0; i < x->n_nodes; i++)
			x->nodes[i].was_open = x->nodes[i].open;
	show_all(x);
	if (!is_empty && x->search && parse_terms(x, &t, text, &x->filter_err)) {
		size_t n = search_run(x->search, &t.query, &hits);

		x->filtered = true;
		x->n_hits = 0;
		show_hits(x, &t, hits, n, &best);
		if (t.n_words && best != EXPLORE_NONE && x->filtering)
			mark = best;
	}
	count_models(x);
	if (is_empty)
		unfold_to(x, mark);
	list_rows(x, mark);
	free(hits);
	free(text);
}

/* ---- moving ---- */

const struct explore_node *
explore_marked(const struct explore *x)
{
	uint32_t at = marked(x);

	return at == EXPLORE_NONE ? NULL : &x->nodes[at];
}

int
explore_depth(const struct explore *x, const struct explore_node *n)
{
	int depth = 0;

	for (; n->parent != EXPLORE_NONE; n = &x->nodes[n->parent])
		depth++;
	return depth;
}

bool
explore_has_children(const struct explore *x, const struct explore_node *n)
{
	size_t at = (size_t)(n - x->nodes);

	return at + 1 < x->n_nodes && x->nodes[at + 1].parent == at;
}

bool
explore_move(struct explore *x, long rows)
{
	size_t old = x->mark;
	long to = (long)x->mark + rows, last = (long)x->n_rows - 1;

	x->mark = to < 0 || last < 0 ? 0 : (size_t)(to < last ? to : last);
	return x->mark != old;
}

bool
explore_fold(struct explore *x)
{
	uint32_t at = marked(x);

	if (at == EXPLORE_NONE)
		return false;
	if (!explore_has_children(x, &x->nodes[at])) {
		at = x->nodes[at].parent;
		if (at == EXPLORE_NONE)
			return false;
	}
	x->nodes[at].open = !x->nodes[at].open;
	list_rows(x, at);
	return true;
}

bool
explore_show(struct explore *x, const struct catalog_model *m)
{
	for (size_t i = 0; i < x->n_nodes; i++) {
		if (x->nodes[i].kind != EXPLORE_MODEL || x->nodes[i].model != m)
			continue;
		if (!x->nodes[i].shown) {
			editor_set(&x->filter, "");
			explore_filter(x);
		}
		unfold_to(x, (uint32_t)i);
		list_rows(x, (uint32_t)i);
		return true;
	}
	return false;
}

/* ---- names ---- */

bool
explore_add_name(const struct explore *x, const struct explore_node *n, struct buf *out)
{
	if (n && n->local) {
		buf_add_str(out, n->local->name);
		return true;
	}
	if (!n || !n->model)
		return false;
	for (size_t i = 0; n->where == EXPLORE_ELSEWHERE && i < x->here.adopted.n; i++)
		if (is_file_of(&x->here.adopted.models[i], n->file)) {
			buf_add_str(out, x->here.adopted.models[i].name);
			return true;
		}
	if (strcmp(n->model->registry, catalog_model_at(x->catalog, 0)->registry) != 0)
		buf_printf(out, "%s/", n->model->registry);
	buf_add_str(out, n->model->entry.id);
	if (n->kind == EXPLORE_FILE && n->file->role == ENTRY_WEIGHTS)
		explore_add_format(n, out);
	return true;
}

void
explore_add_format(const struct explore_node *n, struct buf *out)
{
	bool is_plain = n->file->quant && variant_find(&n->model->entry, n->file->quant) == n->file;

	buf_printf(out, ":%s", is_plain ? n->file->quant : n->file->name);
}

bool
explore_in_store(const struct explore *x, const struct explore_node *n, struct buf *folder, const char **file)
{
	(void)x;
	if (!n || (n->where != EXPLORE_HERE && n->where != EXPLORE_CHANGED))
		return false;
	if (n->local) {
		buf_add_str(folder, n->local->folder);
		*file = n->local->file;
	} else {
		badge_folder(folder, n->model->registry, n->model->entry.id);
		*file = n->file->name;
	}
	return true;
}
