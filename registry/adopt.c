/* Looking for the models of other programs; see adopt.h. */
#define _GNU_SOURCE
#include "registry/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"
#include "registry/digest.h"

#define ADOPT(id) extern const struct adopt_kind adopt_##id;
#include "registry/adopt.def"
#undef ADOPT

static const struct adopt_kind *const kinds[] = {
#define ADOPT(id) &adopt_##id,
#include "registry/adopt.def"
#undef ADOPT
};

/* A file that a person named. */
static const struct adopt_kind named_file = {.name = "file", .title = "file"};

const struct adopt_kind *
adopt_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return strcmp(name, named_file.name) == 0 ? &named_file : NULL;
}

const char *
adopt_kind_name(const struct adopt_kind *k)
{
	return k->name;
}

const char *
adopt_kind_title(const struct adopt_kind *k)
{
	return k->title;
}

void
adopt_model_done(struct adopt_model *m)
{
	for (size_t i = 0; i < m->n_files; i++)
		free(m->files[i].path);
	free(m->files);
	free(m->title);
	free(m->owner);
	free(m->name);
	free(m->quant);
	free(m->path);
	free(m->why_not);
	*m = (struct adopt_model){0};
}

bool
adopt_is_same(const struct adopt_model *a, const struct adopt_model *b)
{
	return strcmp(a->path, b->path) == 0 && strcmp(a->title, b->title) == 0;
}

void
adopt_found_done(struct adopt_found *f)
{
	for (size_t i = 0; i < f->n_models; i++)
		adopt_model_done(&f->models[i]);
	for (size_t i = 0; i < f->n_sources; i++) {
		free(f->sources[i].root);
		free(f->sources[i].note);
	}
	free(f->models);
	free(f->sources);
	*f = (struct adopt_found){0};
}

/* ---- what the kinds add ---- */

void
adopt_roots_add(struct adopt_roots *r, const char *folder, const char *below)
{
	struct buf path = {0};
	struct stat st, other;
	bool is_new;

	if (!folder || folder[0] != '/')
		return;
	buf_printf(&path, "%s%s%s", folder, *below ? "/" : "", below);
	/* One that may not be looked at is told. */
	is_new = stat(path.data, &st) == 0 ? S_ISDIR(st.st_mode) : errno == EACCES;
	if (is_new && errno != EACCES)
		for (size_t i = 0; i < r->n; i++)
			if (stat(r->at[i], &other) == 0 && other.st_ino == st.st_ino && other.st_dev == st.st_dev)
				is_new = false;
	if (is_new) {
		r->at = mem_grow(r->at, r->n + 1, sizeof *r->at);
		r->at[r->n++] = buf_take(&path);
	}
	buf_done(&path);
}

void
adopt_note(struct adopt_scan *s, const char *what, const struct err *why)
{
	struct adopt_source *source = &s->out->sources[s->source];
	struct buf text = {0};

	if (s->n_notes++ == 0) {
		buf_printf(&text, "%s%s%s", what, *what ? ": " : "", why->text);
		source->note = buf_take(&text);
	}
}

static char *
dup_or_null(const char *s)
{
	return s && *s ? mem_dup(s) : NULL;
}

static void
set_claim(struct adopt_file *f, const char *sha256)
{
	f->has_sha256 = sha256 && digest_from_hex(f->sha256, sizeof f->sha256, sha256, strlen(sha256));
}

static struct adopt_model *
add_model(struct adopt_scan *s)
{
	struct adopt_found *out = s->out;
	struct adopt_source *source = &out->sources[s->source];
	struct err full = {0};

	if (source->n_models == ADOPT_MODELS_MAX) {
		err_set(&full, ERR_FAILED, "more than %d models: the others are left out", ADOPT_MODELS_MAX);
		adopt_note(s, "", &full);
		return NULL;
	}
	source->n_models++;
	out->models = mem_grow(out->models, out->n_models + 1, sizeof *out->models);
	out->models[out->n_models] = (struct adopt_model){.kind = s->kind, .source = s->source};
	return &out->models[out->n_models++];
}

/* The file REL as it looks now; false with *e. */
static bool
look(struct adopt_scan *s, const char *rel, struct adopt_file *f, struct buf *real, struct err *e)
{
	int fd = adopt_dir_at(&s->dir, rel, real, e);
	struct buf path = {0};
	struct stat st;
	bool ok;

	*f = (struct adopt_file){0};
	if (fd < 0)
		return false;
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	close(fd);
	if (!ok)
		return err_set(e, ERR_FAILED, "is no regular file");
	adopt_file_set(f, &st);
	buf_printf(&path, "%s/%s", s->dir.root, rel);
	f->path = buf_take(&path);
	return true;
}

void
adopt_add(struct adopt_scan *s, const struct adopt_item *item)
{
	struct buf quant = {0}, name = {0}, path = {0};
	struct adopt_file f = {0};
	const char *file = item->file ? item->file : item->rel;
	struct adopt_model *m = add_model(s);
	struct err e = {0};
	bool seen;

	if (!m)
		return;
	seen = look(s, item->rel, &f, NULL, &e);
	m->title = mem_dup(item->title);
	m->owner = dup_or_null(item->owner);
	buf_printf(&path, "%s/%s", s->dir.root, item->rel);
	m->path = buf_take(&path);
	if (item->quant && *item->quant)
		m->quant = mem_dup(item->quant);
	else if (adopt_quant_of(file, &quant) || adopt_quant_of(item->title, &quant))
		m->quant = mem_dup(quant.data);
	if (item->name)
		adopt_clean_name(&name, item->name);
	else
		adopt_make_name(&name, file, item->call, m->quant);
	m->name = buf_take(&name);
	if (seen) {
		set_claim(&f, item->sha256);
		m->size = f.size;
		m->files = mem_new0(1, sizeof f);
		m->files[m->n_files++] = f;
	}
	m->why_not = item->why_not ? mem_dup(item->why_not) : !seen ? mem_dup(e.text) : m->size == 0 ? mem_dup("is empty") : NULL;
	buf_done(&quant);
}

/* ---- a model in a folder, as Hugging Face publishes it ---- */

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

static bool
is_of_folder(const char *name)
{
	static const char *const ends[] = {".safetensors", ".json", ".jinja", ".txt", ".model"};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

/* Hubs name a blob of the large file storage by its SHA-256. */
static void
add_folder_file(struct adopt_scan *s, struct adopt_model *m, const char *rel, const char *name, struct err *e)
{
	struct buf path = {0}, real = {0};
	struct adopt_file f = {0};

	buf_printf(&path, "%s%s%s", rel, *rel ? "/" : "", name);
	if (m->n_files == ADOPT_FILES_MAX) {
		err_set(e, ERR_FAILED, "has more than %d files", ADOPT_FILES_MAX);
	} else if (look(s, path.data, &f, &real, e)) {
		const char *slash = real.len ? strrchr(real.data, '/') : NULL;

		set_claim(&f, slash ? slash + 1 : NULL);
		m->files = mem_grow(m->files, m->n_files + 1, sizeof f);
		m->files[m->n_files++] = f;
		m->size += f.size;
	} else {
		err_wrap(e, "%s", name);
	}
	buf_done(&path);
	buf_done(&real);
}

static bool
has_weights(const struct adopt_names *names)
{
	bool config = false, weights = false;

	for (size_t i = 0; i < names->n; i++) {
		config = config || strcmp(names->at[i], "config.json") == 0;
		weights = weights || ends_with(names->at[i], ".safetensors");
	}
	return config && weights;
}

void
adopt_add_folder(struct adopt_scan *s, const char *rel, const char *title, const char *owner, const char *call)
{
	struct adopt_names names;
	struct adopt_model *m;
	struct buf name = {0}, path = {0};
	struct err e = {0};

	if (!adopt_dir_names(&s->dir, rel, &names, NULL))
		return;
	m = has_weights(&names) ? add_model(s) : NULL;
	if (m) {
		m->title = mem_dup(title);
		m->owner = dup_or_null(owner);
		buf_printf(&path, "%s%s%s", s->dir.root, *rel ? "/" : "", rel);
		m->path = buf_take(&path);
		adopt_make_name(&name, call, NULL, NULL);
		m->name = buf_take(&name);
		for (size_t i = 0; i < names.n && e.kind == ERR_NONE; i++)
			if (is_of_folder(names.at[i]))
				add_folder_file(s, m, rel, names.at[i], &e);
		if (e.kind != ERR_NONE)
			m->why_not = mem_dup(e.text);
	}
	adopt_names_done(&names);
}

/* ---- parts of one model ---- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_part(const struct adopt_model *m)
{
	unsigned index, count;
	size_t n;

	return adopt_part_of(base_name(m->path), &n, &index, &count);
}

/* Both are parts of one model, in one folder. */
static bool
is_with(const struct adopt_model *a, const struct adopt_model *b)
{
	size_t n_a, n_b, dir_a = (size_t)(base_name(a->path) - a->path), dir_b = (size_t)(base_name(b->path) - b->path);
	unsigned i, count_a, count_b;

	return a->source == b->source && dir_a == dir_b && strncmp(a->path, b->path, dir_a) == 0 &&
	    adopt_part_of(base_name(a->path), &n_a, &i, &count_a) && adopt_part_of(base_name(b->path), &n_b, &i, &count_b) &&
	    n_a == n_b && count_a == count_b && strncmp(a->path, b->path, dir_a + n_a) == 0;
}

/* B, which is another part of A, becomes part of it. */
static void
take_part(struct adopt_model *a, struct adopt_model *b)
{
	a->files = mem_grow(a->files, a->n_files + b->n_files, sizeof *a->files);
	for (size_t i = 0; i < b->n_files; i++)
		a->files[a->n_files++] = b->files[i];
	a->size += b->size;
	if (!a->why_not && b->why_not) {
		a->why_not = b->why_not;
		b->why_not = NULL;
	}
	b->n_files = 0;
	adopt_model_done(b);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct adopt_file *)a)->path, ((const struct adopt_file *)b)->path);
}

/* All parts are there and the first one is the path; or the model says what is missing. */
static void
check_parts(struct adopt_model *m)
{
	struct buf text = {0};
	unsigned index, count;
	size_t n;

	if (!m->path || !adopt_part_of(base_name(m->path), &n, &index, &count))
		return;
	if (m->n_files)
		qsort(m->files, m->n_files, sizeof *m->files, by_path);
	if (m->n_files < count && !m->why_not) {
		buf_printf(&text, "only %zu of its %u parts are there", m->n_files, count);
		m->why_not = buf_take(&text);
	} else if (m->n_files == count) {
		free(m->path);
		m->path = mem_dup(m->files[0].path);
	}
	/* "…-00001-of-00003.gguf": the title is that of the whole. */
	if (adopt_part_of(m->title, &n, &index, &count)) {
		m->title[n] = '\0';
		buf_printf(&text, "%s.gguf", m->title);
		free(m->title);
		m->title = buf_take(&text);
	}
	buf_done(&text);
}

static void
join_parts(struct adopt_found *f, size_t first)
{
	size_t n = first;

	for (size_t i = first; i < f->n_models; i++) {
		size_t k = is_part(&f->models[i]) ? first : n;

		while (k < n && !is_with(&f->models[k], &f->models[i]))
			k++;
		if (k < n) {
			take_part(&f->models[k], &f->models[i]);
			f->sources[f->models[k].source].n_models--;
		} else {
			f->models[n++] = f->models[i];
		}
	}
	f->n_models = n;
	for (size_t i = first; i < n; i++)
		check_parts(&f->models[i]);
}

/* ---- all of them ---- */

static int
by_title(const void *a, const void *b)
{
	const struct adopt_model *x = a, *y = b;
	int order = strcmp(x->title, y->title);

	return order ? order : strcmp(x->path, y->path);
}

static void
scan_root(struct adopt_found *found, const struct adopt_kind *kind, const char *root)
{
	struct adopt_scan s = {.kind = kind, .out = found, .source = found->n_sources};
	size_t first = found->n_models;
	struct adopt_source *source;
	struct buf more = {0};
	struct err e = {0};

	found->sources = mem_grow(found->sources, found->n_sources + 1, sizeof *found->sources);
	found->sources[found->n_sources++] = (struct adopt_source){.kind = kind, .root = mem_dup(root)};
	if (adopt_dir_open(&s.dir, root, &e))
		kind->scan(&s);
	else
		adopt_note(&s, "", &e);
	adopt_dir_close(&s.dir);
	join_parts(found, first);
	if (found->n_models > first)
		qsort(found->models + first, found->n_models - first, sizeof *found->models, by_title);
	source = &found->sources[s.source];
	for (size_t i = first; i < found->n_models; i++)
		source->size += found->models[i].size;
	if (s.n_notes > 1) {
		buf_printf(&more, "%s (and %zu more)", source->note, s.n_notes - 1);
		free(source->note);
		source->note = buf_take(&more);
	}
}

void
adopt_scan(const struct adopt_places *p, struct adopt_found *found)
{
	*found = (struct adopt_found){0};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct adopt_roots roots = {0};

		kinds[i]->find_roots(p, &roots);
		for (size_t k = 0; k < roots.n; k++) {
			scan_root(found, kinds[i], roots.at[k]);
			free(roots.at[k]);
		}
		free(roots.at);
	}
}

/* ---- what a person names ---- */

/* The folder of a file, in which its other parts are, is looked at like that of a program. */
static bool
take_from_folder(struct adopt_model *m, const char *path, struct err *e)
{
	struct adopt_found found = {0};
	struct adopt_scan s = {.kind = &named_file, .out = &found};
	struct adopt_names names = {0};
	char *dir = mem_dup(path), *file = strrchr(dir, '/');
	size_t prefix = 0, n;
	unsigned index, count, other;
	bool part, ok;

	*file++ = '\0';
	part = adopt_part_of(file, &prefix, &index, &count);
	found.sources = mem_new0(1, sizeof *found.sources);
	found.n_sources = 1;
	ok = adopt_dir_open(&s.dir, *dir ? dir : "/", e) && (!part || adopt_dir_names(&s.dir, "", &names, e));
	if (ok && !part)
		adopt_add(&s, &(struct adopt_item){.rel = file, .title = file});
	for (size_t i = 0; ok && i < names.n; i++)
		if (adopt_part_of(names.at[i], &n, &index, &other) && n == prefix && other == count &&
		    strncmp(names.at[i], file, n) == 0)
			adopt_add(&s, &(struct adopt_item){.rel = names.at[i], .title = names.at[i]});
	join_parts(&found, 0);
	if (ok && found.n_models == 1) {
		*m = found.models[0];
		found.n_models = 0;
	}
	ok = ok && m->path;
	adopt_names_done(&names);
	adopt_dir_close(&s.dir);
	adopt_found_done(&found);
	free(dir);
	return ok;
}

static bool
take_folder(struct adopt_model *m, const char *path, struct err *e)
{
	struct adopt_found found = {0};
	struct adopt_scan s = {.kind = &named_file, .out = &found};
	bool ok;

	found.sources = mem_new0(1, sizeof *found.sources);
	found.n_sources = 1;
	ok = adopt_dir_open(&s.dir, path, e);
	if (ok)
		adopt_add_folder(&s, "", base_name(path), NULL, base_name(path));
	if (ok && found.n_models == 1) {
		*m = found.models[0];
		found.n_models = 0;
	}
	ok = ok && (m->path || err_set(e, ERR_FAILED, "is no model: a folder has to hold config.json and *.safetensors"));
	adopt_dir_close(&s.dir);
	adopt_found_done(&found);
	return ok;
}

/* What a file of weights begins with; core/ looks at the rest when it is loaded. */
static bool
check_gguf(const struct adopt_model *m, struct err *e)
{
	char magic[4] = "";
	int fd = adopt_open(AT_FDCWD, m->path, O_RDONLY);
	bool ok = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "GGUF", 4) == 0;

	if (fd >= 0)
		close(fd);
	return ok || err_set(e, ERR_FAILED, "is no GGUF file: it does not begin with \"GGUF\"");
}

bool
adopt_from_file(struct adopt_model *m, const char *path, struct err *e)
{
	char *real = realpath(path, NULL);
	struct stat st;
	bool ok = false;

	*m = (struct adopt_model){0};
	if (!real || stat(real, &st) < 0)
		err_set_errno(e, errno, path);
	else if (S_ISDIR(st.st_mode))
		ok = take_folder(m, real, e) || err_wrap(e, "%s", path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_FAILED, "%s: is no regular file", path);
	else
		ok = take_from_folder(m, real, e);
	if (ok && m->why_not)
		ok = err_set(e, ERR_FAILED, "%s: %s", path, m->why_not);
	if (ok && S_ISREG(st.st_mode))
		ok = check_gguf(m, e) || err_wrap(e, "%s", path);
	if (!ok)
		adopt_model_done(m);
	free(real);
	return ok;
}
