/* From what a person calls a model to the file or directory it is in; see resolve.h. */
#include "registry/resolve.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt.h"
#include "registry/badge.h"
#include "registry/check.h"
#include "registry/hub.h"
#include "registry/hub_facts.h"
#include "registry/near.h"
#include "registry/search.h"
#include "registry/variant.h"

/* Seen from the program's directory: in its source tree, under build/<kind>/, or installed under a prefix. */
static const char *const guide_places[] = {
	"registry/guide/guide.gguf",
	"../../registry/guide/guide.gguf",
	"../share/minnow/guide/guide.gguf",
};

/* NAME taken apart. */
struct asked {
	const char *name;		/* as it was given */
	char *registry;			/* NULL: any */
	char *id;			/* in lower case */
	const char *format;		/* NULL: none was named */
};

bool
resolve_guide(struct buf *path, struct err *e)
{
	struct buf dir = {0};
	bool found = false;

	if (!fs_program_dir(&dir))
		buf_add_str(&dir, ".");
	for (size_t i = 0; !found && i < ARRAY_LEN(guide_places); i++) {
		fs_join(path, buf_str(&dir), guide_places[i]);
		found = fs_exists(path->data);
	}
	if (!found)
		err_set(e, ERR_NOT_FOUND, "the bundled model is missing: no guide.gguf in %s/../share/minnow/guide "
		    "(install minnow again, or run make guide)", buf_str(&dir));
	buf_done(&dir);
	return found;
}

/* ---- taking names apart ---- */

static bool
begins_with(const char *s, const char *begin)
{
	return strncmp(s, begin, strlen(begin)) == 0;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

bool
resolve_is_address(const char *name)
{
	return begins_with(name, "hf:") || begins_with(name, "https://") || begins_with(name, "http://") ||
	    begins_with(name, "file://");
}

bool
resolve_is_path(const char *name)
{
	if (resolve_is_address(name))
		return false;
	return name[0] == '/' || begins_with(name, "./") || begins_with(name, "../") || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0 || (ends_with(name, ".gguf") && !strchr(name, ':'));
}

bool
resolve_is_plain(const char *name)
{
	return strcmp(name, RESOLVE_GUIDE) == 0 || resolve_is_path(name);
}

const char *
resolve_format(const char *name, size_t *n)
{
	const char *colon = strchr(name, ':');

	*n = colon ? (size_t)(colon - name) : strlen(name);
	return colon && colon[1] ? colon + 1 : NULL;
}

static char *
lower(const char *s, size_t n)
{
	char *copy = mem_dup_bytes(s, n + 1);

	copy[n] = '\0';
	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

/* False: it cannot be the name of a model. */
static bool
take_apart(struct asked *a, const char *name)
{
	size_t n, before = 0;
	const char *slash;

	*a = (struct asked){.name = name, .format = resolve_format(name, &n)};
	slash = memchr(name, '/', n);
	if (slash) {
		before = (size_t)(slash - name) + 1;
		a->registry = lower(name, before - 1);
	}
	a->id = lower(name + before, n - before);
	return check_id(a->id, NULL) && (!a->registry || check_id(a->registry, NULL));
}

static void
asked_done(struct asked *a)
{
	free(a->registry);
	free(a->id);
}

/* ---- what is on this machine ---- */

struct found {
	char *file;			/* NULL: none */
	const struct entry_file *entry_file;
	struct store_seen seen;
};

static bool
is_there(struct store *s, const char *folder, const char *file, struct store_seen *seen)
{
	return store_look(s, folder, file, seen, NULL) && seen->trust != STORE_ABSENT;
}

/* All files that have to be opened together are there. */
static bool
is_whole(struct store *s, const char *folder, const struct entry *en, const struct entry_file *file)
{
	struct store_seen seen;
	struct variant v;

	variant_of(&v, en, file, false, false);
	for (size_t i = 0; i < en->n_files; i++)
		if (v.takes[i] && (en->files[i].role == ENTRY_WEIGHTS || v.is_folder) &&
		    !is_there(s, folder, en->files[i].name, &seen))
			return false;
	return true;
}

/* Of the entry's weights, in its order, the first that are here and are called so. */
static void
find_by_entry(struct store *s, const char *folder, const struct entry *en, const char *format, struct found *found)
{
	for (size_t i = 0; !found->file && i < en->n_files; i++) {
		const struct entry_file *f = &en->files[i];

		if (f->role != ENTRY_WEIGHTS || variant_is_later_shard(f->name) ||
		    (format && !near_same(f->name, format) && !(f->quant && near_same(f->quant, format))) ||
		    !is_there(s, folder, f->name, &found->seen) || !is_whole(s, folder, en, f))
			continue;
		found->file = mem_dup(f->name);
		found->entry_file = f;
	}
}

static bool
has_file(const struct entry *en, const char *file)
{
	for (size_t i = 0; en && i < en->n_files; i++)
		if (near_same(en->files[i].name, file))
			return true;
	return false;
}

static bool
can_be_meant(const struct entry *en, const char *file, const char *format)
{
	return ends_with(file, ".gguf") && check_file_name(file, NULL) && !variant_is_later_shard(file) && !has_file(en, file) &&
	    (!format || near_same(file, format) || variant_names_quant(file, format));
}

/* Files that the entry, if there is one, does not tell of: the first by name. */
static void
find_by_name(struct store *s, const char *folder, const char *path, const struct entry *en, const char *format,
    struct found *found)
{
	DIR *d = opendir(path);

	for (struct dirent *entry; d && (entry = readdir(d));) {
		if (!can_be_meant(en, entry->d_name, format) || (found->file && strcmp(entry->d_name, found->file) >= 0))
			continue;
		free(found->file);
		found->file = mem_dup(entry->d_name);
	}
	if (d)
		closedir(d);
	if (found->file && !is_there(s, folder, found->file, &found->seen)) {
		free(found->file);
		found->file = NULL;
	}
}

/* What the store holds of FOLDER. */
static bool
find_in_folder(const struct resolve_from *from, const char *folder, const char *format, struct resolved *r)
{
	struct kept *kept = mem_new0(1, sizeof *kept);
	const struct entry *en = r->model ? &r->model->entry : NULL;
	struct found found = {0};
	bool missing, has_kept;

	if (!from->store || !store_folder(from->store, folder, &r->path, NULL) || !fs_exists(r->path.data)) {
		free(kept);
		return false;
	}
	has_kept = kept_read(from->store, folder, kept, &missing, NULL);
	if (has_kept)
		en = &kept->entry;
	if (en)
		find_by_entry(from->store, folder, en, format, &found);
	if (!found.file)
		find_by_name(from->store, folder, r->path.data, en, format, &found);
	if (!found.file || !has_kept) {
		kept_done(kept);
		free(kept);
		kept = NULL;
	}
	if (!found.file)
		return false;
	if (!ends_with(found.file, ".safetensors"))
		buf_printf(&r->path, "/%s", found.file);
	r->kind = RESOLVE_INSTALLED;
	r->folder = mem_dup(folder);
	r->file_name = found.file;
	r->file = found.entry_file;
	r->seen = found.seen;
	r->kept = kept;
	return true;
}

static bool
find_installed(const struct resolve_from *from, const struct asked *a, struct resolved *r)
{
	struct buf folder = {0};
	bool ok;

	badge_folder(&folder, a->registry ? a->registry : CATALOG_BUILTIN, a->id);
	ok = find_in_folder(from, buf_str(&folder), a->format, r);
	buf_done(&folder);
	return ok;
}

/* ---- what other programs have ---- */

/* False: *e is set when it may be one of several, or the list of them cannot be read. */
static bool
find_adopted(const struct resolve_from *from, const char *name, struct resolved *r, struct err *e)
{
	const struct adopt_model *m;
	struct adopt_index x;

	if (!from->root || !adopt_index_load(&x, from->root, e))
		return false;
	m = adopt_index_find(&x, name, e);
	if (m) {
		r->kind = RESOLVE_ADOPTED;
		buf_clear(&r->path);
		buf_add_str(&r->path, m->path);
		if (adopt_check(m, &r->changed))
			r->changed = (struct err){0};
	} else if (e->kind == ERR_NOT_FOUND) {
		*e = (struct err){0};
	}
	adopt_index_done(&x);
	return m != NULL;
}

/* ---- what the registries have ---- */

/* MODEL is known: on this machine in the folder of its registry, or not. */
static bool
find_known(const struct resolve_from *from, const struct asked *a, const struct catalog_model *model, struct resolved *r,
    struct err *e)
{
	struct search_query q = {.memory_bytes = from->memory_bytes};
	struct buf folder = {0};
	bool ok = true;

	r->model = model;
	badge_folder(&folder, model->registry, model->entry.id);
	if (!find_in_folder(from, buf_str(&folder), a->format, r)) {
		r->kind = RESOLVE_KNOWN;
		buf_clear(&r->path);
		r->folder = mem_dup(buf_str(&folder));
		r->file = a->format ? variant_find(&model->entry, a->format) : search_file(&model->entry, &q);
		if (!r->file)
			r->file = a->format ? NULL : entry_find_file(&model->entry, NULL);
		ok = r->file || !a->format || variant_is_missing(&model->entry, a->format, e);
	}
	buf_done(&folder);
	return ok;
}

/* REGISTRY/ID or ID without the format. */
static const struct catalog_model *
look_up(const struct resolve_from *from, const struct asked *a, struct err *why)
{
	const struct catalog_model *m;
	struct buf name = {0};

	if (a->registry)
		buf_printf(&name, "%s/", a->registry);
	buf_add_str(&name, a->id);
	m = catalog_find(from->catalog, buf_str(&name), why);
	buf_done(&name);
	return m;
}

/* ---- nothing ---- */

/* "Q4_0, Q8_0": what the folder of the store has; a file whose name tells no quantization stands with its name. */
static void
list_formats(const char *path, struct buf *out)
{
	struct dirent **files;
	int n = scandir(path, &files, NULL, alphasort);
	char quant[32];

	for (int i = 0; i < n; i++) {
		if (can_be_meant(NULL, files[i]->d_name, NULL))
			buf_printf(out, "%s%s", out->len ? ", " : "", hub_quant_of(files[i]->d_name, quant) ? quant :
			    files[i]->d_name);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
}

/* It is here, but no registry tells of it, and not in the format that was asked for. */
static bool
lacks_format(const struct resolve_from *from, const struct asked *a, struct err *e)
{
	struct buf folder = {0}, path = {0}, known = {0};
	bool lacks;

	badge_folder(&folder, a->registry ? a->registry : CATALOG_BUILTIN, a->id);
	if (a->format && from->store && store_folder(from->store, buf_str(&folder), &path, NULL))
		list_formats(path.data, &known);
	lacks = known.len > 0;
	if (lacks)
		err_set(e, ERR_NOT_FOUND, "%s%s%s is on this machine, but not in the format \"%s\"; there is %s",
		    a->registry ? a->registry : "", a->registry ? "/" : "", a->id, a->format, known.data);
	buf_done(&folder);
	buf_done(&path);
	buf_done(&known);
	return lacks;
}

static bool
not_found(const struct resolve_from *from, const char *name, struct err *e)
{
	struct buf file = {0}, near = {0};
	char *bare = mem_dup(name);

	bare[strcspn(bare, ":")] = '\0';
	buf_printf(&file, "%s.gguf", name);
	if (fs_exists(file.data))
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\"; did you mean the file %s?", name, file.data);
	else if (near_distance(name, RESOLVE_GUIDE, 3) < 3)
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\"; did you mean \"" RESOLVE_GUIDE "\"?", name);
	else if (catalog_near(from->catalog, bare, 3, &near))
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\"; did you mean %s?", name, buf_str(&near));
	else
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\": give the path of a GGUF file or model directory, a name of "
		    "minnow ls or minnow search, or \"" RESOLVE_GUIDE "\" for the bundled one", name);
	free(bare);
	buf_done(&file);
	buf_done(&near);
	return false;
}

static bool
take_path(const char *name, struct resolved *r)
{
	r->kind = RESOLVE_PATH;
	buf_clear(&r->path);
	buf_add_str(&r->path, name);
	return true;
}

/* A word, with or without a registry. */
static bool
resolve_word(const struct resolve_from *from, const struct asked *a, struct resolved *r, struct err *e)
{
	const struct catalog_model *model;
	struct err why = {0};

	/* What is here under this very name, whatever other registries have. */
	r->model = catalog_get(from->catalog, a->registry ? a->registry : CATALOG_BUILTIN, a->id);
	if (find_installed(from, a, r))
		return true;
	r->model = NULL;
	if (find_adopted(from, a->name, r, &why))
		return true;
	if (why.kind != ERR_NONE) {
		if (e)
			*e = why;
		return false;
	}
	model = look_up(from, a, &why);
	if (model)
		return find_known(from, a, model, r, e);
	if (why.kind == ERR_USAGE) {
		if (e)
			*e = why;
		return false;
	}
	if (fs_exists(a->name))
		return take_path(a->name, r);
	if (lacks_format(from, a, e))
		return false;
	/* "folder/model": a path, unless it begins with the name of a registry. */
	if (a->registry && !catalog_has_registry(from->catalog, a->registry, strlen(a->registry)) && !a->format)
		return take_path(a->name, r);
	return not_found(from, a->name, e);
}

/* What was asked for by this address is in use where another program has it. */
static bool
find_adopted_address(const struct resolve_from *from, const char *id, const char *want, struct resolved *r)
{
	struct err ignored = {0};
	struct buf name = {0};
	char *format = want ? lower(want, strlen(want)) : NULL;
	bool found;

	buf_printf(&name, "%s%s%s", id, format ? ":" : "", format ? format : "");
	found = find_adopted(from, name.data, r, &ignored);
	free(format);
	buf_done(&name);
	return found;
}

/* An address that was downloaded before is on this machine. */
static bool
resolve_address(const struct resolve_from *from, const char *name, struct resolved *r, struct err *e)
{
	struct hub_ref ref;
	const char *want;
	char *id;

	if (!hub_ref_parse(&ref, name, e))
		return false;
	id = hub_ref_id(&ref);
	want = ref.kind == HUB_REPO ? ref.want : NULL;
	if (!find_in_folder(from, id, want, r) && !find_adopted_address(from, id, want, r)) {
		r->kind = RESOLVE_ADDRESS;
		buf_clear(&r->path);
	}
	free(id);
	hub_ref_done(&ref);
	return true;
}

bool
resolve(const struct resolve_from *from, const char *name, struct resolved *r, struct err *e)
{
	struct err why = {0};
	struct asked a;
	bool ok;

	*r = (struct resolved){0};
	if (!*name)
		return err_set(e, ERR_NOT_FOUND, "the name of the model is empty");
	if (strcmp(name, RESOLVE_GUIDE) == 0)
		return resolve_guide(&r->path, e);
	if (resolve_is_address(name))
		return resolve_address(from, name, r, e);
	if (resolve_is_path(name))
		return take_path(name, r);
	if (take_apart(&a, name))
		ok = resolve_word(from, &a, r, e);
	else if (find_adopted(from, name, r, &why))
		ok = true;
	else if (why.kind != ERR_NONE)
		ok = err_set(e, why.kind, "%s", why.text);
	else
		ok = strchr(name, '/') || fs_exists(name) ? take_path(name, r) : not_found(from, name, e);
	asked_done(&a);
	return ok;
}

void
resolve_done(struct resolved *r)
{
	buf_done(&r->path);
	free(r->folder);
	free(r->file_name);
	if (r->kept)
		kept_done(r->kept);
	free(r->kept);
	*r = (struct resolved){0};
}

/* ---- what to say ---- */

static void
add_size(struct buf *out, const struct entry_file *f)
{
	if (f->quant)
		buf_printf(out, "%s", f->quant);
	if (f->size)
		buf_printf(out, "%s%.*f %s", f->quant ? ", " : "", f->size < 999500000 ? 0 : 2,
		    (double)f->size / (f->size < 999500000 ? 1e6 : 1e9), f->size < 999500000 ? "MB" : "GB");
	else
		buf_printf(out, "%ssize not known", f->quant ? ", " : "");
}

static bool
is_only_known(const struct resolved *r, const char *name, struct err *e)
{
	struct buf what = {0};
	bool is_path = fs_exists(name);

	if (!r->file) {
		err_set(e, ERR_NOT_FOUND, "%s has no file that can be downloaded (minnow show %s tells why)", name, name);
	} else {
		add_size(&what, r->file);
		err_set(e, ERR_NOT_FOUND, "%s is not on this machine; minnow pull %s downloads it (%s)%s%s", name, name,
		    buf_str(&what), is_path ? "; what is here under that name is ./" : "", is_path ? name : "");
	}
	buf_done(&what);
	return false;
}

bool
resolve_is_here(const struct resolved *r, const char *name, struct err *e)
{
	switch (r->kind) {
	case RESOLVE_PATH:
		return true;
	case RESOLVE_KNOWN:
		return is_only_known(r, name, e);
	case RESOLVE_ADOPTED:
		return r->changed.kind == ERR_NONE || err_set(e, r->changed.kind, "%s", r->changed.text);
	case RESOLVE_ADDRESS:
		return err_set(e, ERR_NOT_FOUND, "%s is an address: minnow pull %s downloads it, minnow ls then tells its name",
		    name, name);
	case RESOLVE_INSTALLED:
		break;
	}
	if (r->seen.trust == STORE_CHANGED)
		return err_set(e, ERR_VERIFY, "%s: the file changed since it was verified, or is damaged; minnow verify %s tells "
		    "which and repairs it", r->file_name, r->folder);
	return true;
}
