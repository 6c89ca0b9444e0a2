/* The models of this machine; see stock.h. */
#include "registry/stock.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/kept.h"
#include "registry/near.h"
#include "registry/resolve.h"
#include "registry/variant.h"

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* ---- one folder ---- */

struct folder {
	struct stock *stock;
	const struct catalog *catalog;
	const char *name;
	size_t begin, end;		/* its files in the list */
	bool *taken;			/* by the index in the list */
	struct kept kept;
	bool has_kept;
	const struct entry *entry;	/* NULL: nothing is known */
	char *label;
};

static const struct entry_file *
file_of_entry(const struct entry *en, const char *name)
{
	for (size_t i = 0; en && i < en->n_files; i++)
		if (strcmp(en->files[i].name, name) == 0)
			return &en->files[i];
	return NULL;
}

/* "REGISTRY/ID" of the model whose folder this is; or NULL. */
static char *
label_of(const char *folder, const char *registry, const char *id)
{
	struct buf own = {0}, label = {0};
	bool is;

	badge_folder(&own, registry, id);
	is = strcmp(buf_str(&own), folder) == 0;
	buf_done(&own);
	if (!is)
		return NULL;
	if (strcmp(registry, CATALOG_BUILTIN) != 0)
		buf_printf(&label, "%s/", registry);
	buf_add_str(&label, id);
	return buf_take(&label);
}

/* What is known of the folder: what was kept with it, else the registries. */
static void
learn(struct folder *f, struct store *store)
{
	const struct catalog_model *m;
	bool missing;

	f->has_kept = kept_read(store, f->name, &f->kept, &missing, NULL);
	if (f->has_kept) {
		f->entry = &f->kept.entry;
		f->label = label_of(f->name, f->kept.registry, f->kept.entry.id);
	}
	for (size_t i = 0; !f->label && (m = catalog_model_at(f->catalog, i)); i++) {
		f->label = label_of(f->name, m->registry, m->entry.id);
		if (f->label && !f->entry)
			f->entry = &m->entry;
	}
	if (!f->label)
		f->label = mem_dup(f->name);
}

static enum entry_role
role_of(const struct folder *f, const char *file)
{
	const struct entry_file *ef = file_of_entry(f->entry, file);

	if (ef)
		return ef->role;
	return ends_with(file, ".gguf") || ends_with(file, ".safetensors") ? ENTRY_WEIGHTS : ENTRY_TOKENIZER;
}

/* The last word of a file's name that looks like a storage format. */
static void
guess_format(const char *file, struct buf *format)
{
	const char *end = strrchr(file, '.'), *at;

	for (at = end; at && at > file && at[-1] != '-' && at[-1] != '.'; at--)
		;
	if (at && at > file && strchr("QqIiFfBbMmTt", *at) && strpbrk(at, "0123456789") && end - at >= 2 && end - at <= 12)
		buf_add(format, at, (size_t)(end - at));
}

static void
add_file(struct folder *f, struct stock_item *item, size_t index)
{
	const struct store_file *file = &f->stock->list.files[index];
	enum badge badge = badge_of(f->catalog, f->name, &file->seen);

	if (item->n_files == 0 || badge < item->badge)
		item->badge = badge;
	if (item->n_files == 0 || file->seen.trust != STORE_VERIFIED)
		item->trust = file->seen.trust;
	item->files = mem_grow(item->files, item->n_files + 1, sizeof *item->files);
	item->files[item->n_files++] = index;
	item->bytes += file->seen.size;
	if (file->used > item->used)
		item->used = file->used;
	f->taken[index] = true;
}

/* Does the file OTHER have to be there to open LEAD? */
static bool
belongs(const struct folder *f, const struct variant *v, const char *lead, const char *other)
{
	if (v) {
		const struct entry_file *ef = file_of_entry(f->entry, other);

		return ef && v->takes[ef - f->entry->files] &&
		    (ef->role == ENTRY_WEIGHTS || (v->is_folder && ef->role == ENTRY_TOKENIZER));
	}
	return variant_same_shards(lead, other) || (ends_with(lead, ".safetensors") && ends_with(other, ".safetensors"));
}

static void
add_item(struct folder *f, size_t lead, enum entry_role role)
{
	const struct store_list *list = &f->stock->list;
	const char *name = list->files[lead].file;
	const struct entry_file *ef = file_of_entry(f->entry, name);
	struct stock_item item = {.name = mem_dup(f->label), .folder = list->files[lead].model, .file = name};
	struct buf format = {0};
	struct variant v;

	if (ef && role == ENTRY_WEIGHTS)
		variant_of(&v, f->entry, ef, false, false);
	add_file(f, &item, lead);
	for (size_t i = f->begin; role == ENTRY_WEIGHTS && i < f->end; i++)
		if (!f->taken[i] && belongs(f, ef ? &v : NULL, name, list->files[i].file))
			add_file(f, &item, i);
	if (role != ENTRY_WEIGHTS)
		buf_add_str(&format, entry_role_name(role));
	else if (ef && ef->quant)
		buf_add_str(&format, ef->quant);
	else
		guess_format(name, &format);
	item.format = mem_dup(buf_str(&format));
	buf_done(&format);
	f->stock->items = mem_grow(f->stock->items, f->stock->n + 1, sizeof item);
	f->stock->items[f->stock->n++] = item;
}

/* First what is opened, then shards that have lost their first one. */
static void
add_items(struct folder *f)
{
	const struct store_list *list = &f->stock->list;

	for (int later = 0; later < 2; later++)
		for (size_t i = f->begin; i < f->end; i++) {
			enum entry_role role = role_of(f, list->files[i].file);

			if (!f->taken[i] && role <= ENTRY_DRAFT && variant_is_later_shard(list->files[i].file) == later)
				add_item(f, i, role);
		}
}

static int
by_name(const void *pa, const void *pb)
{
	const struct stock_item *a = pa, *b = pb;
	int order = strcmp(a->name, b->name);

	return order ? order : strcmp(a->file, b->file);
}

/* Where another program has them; the last use is that program's affair. */
static void
add_adopted(struct stock *stock, const struct catalog *catalog, const struct adopt_model *m)
{
	struct store_seen seen = {.trust = STORE_VERIFIED};
	struct stock_item item = {.name = mem_dup(m->name), .format = mem_dup(m->quant ? m->quant : ""), .folder = "",
	    .file = m->path, .adopted = m, .bytes = m->size, .trust = STORE_VERIFIED, .badge = BADGE_SIGNED};
	bool changed = !adopt_check(m, NULL);

	item.name[strcspn(item.name, ":")] = '\0';		/* the format has a column of its own */
	for (size_t i = 0; i < m->n_files; i++) {
		enum badge badge = BADGE_UNVERIFIED;

		memcpy(seen.sha256, m->files[i].sha256, sizeof seen.sha256);
		if (m->files[i].has_sha256 && !changed)
			badge = badge_of(catalog, NULL, &seen);
		item.badge = badge < item.badge ? badge : item.badge;
	}
	if (changed || m->n_files == 0) {
		item.trust = STORE_CHANGED;
		item.badge = BADGE_UNVERIFIED;
	}
	stock->items = mem_grow(stock->items, stock->n + 1, sizeof item);
	stock->items[stock->n++] = item;
}

static bool
open_store(struct stock *stock, struct store *store, const struct catalog *catalog, struct err *e)
{
	bool *taken;

	if (!store_list(store, &stock->list, e))
		return false;
	taken = mem_new0(stock->list.n + 1, sizeof *taken);
	for (size_t i = 0, next; i < stock->list.n; i = next) {
		struct folder f = {.stock = stock, .catalog = catalog, .name = stock->list.files[i].model, .begin = i,
		    .taken = taken};

		for (next = i; next < stock->list.n && strcmp(stock->list.files[next].model, f.name) == 0; next++)
			;
		f.end = next;
		learn(&f, store);
		add_items(&f);
		free(f.label);
		kept_done(&f.kept);
	}
	free(taken);
	return true;
}

bool
stock_open(struct stock *stock, struct store *store, const char *root, const struct catalog *catalog, struct err *e)
{
	*stock = (struct stock){0};
	if ((store && !open_store(stock, store, catalog, e)) || (root && !adopt_index_load(&stock->adopted, root, e)))
		return false;
	for (size_t i = 0; i < stock->adopted.n; i++)
		add_adopted(stock, catalog, &stock->adopted.models[i]);
	if (stock->n)
		qsort(stock->items, stock->n, sizeof *stock->items, by_name);
	return true;
}

void
stock_done(struct stock *stock)
{
	for (size_t i = 0; i < stock->n; i++) {
		free(stock->items[i].name);
		free(stock->items[i].format);
		free(stock->items[i].files);
	}
	free(stock->items);
	store_list_done(&stock->list);
	adopt_index_done(&stock->adopted);
	*stock = (struct stock){0};
}

/* ---- by name ---- */

/* Is NAME[0..n) the item's model: its whole name, its folder, or the id without the registry (*ONLY_ID)? */
static bool
is_called(const struct stock_item *item, const char *name, bool *only_id)
{
	const char *slash = strchr(item->name, '/');

	*only_id = false;
	if (near_same(item->name, name) || (*item->folder && near_same(item->folder, name)) ||
	    (item->adopted && near_same(item->adopted->title, name)))
		return true;
	*only_id = slash && near_same(slash + 1, name);
	return *only_id;
}

static bool
has_format(const struct stock_item *item, const char *format)
{
	return !format || near_same(item->format, format) || near_same(item->file, format);
}

/* A model of another program is its own folder. */
static bool
is_together(const struct stock_item *a, const struct stock_item *b)
{
	return strcmp(a->folder, b->folder) == 0 && (*a->folder || strcmp(a->name, b->name) == 0);
}

/* An item of the model that NAME means; NULL with *e. */
static const struct stock_item *
find_model(const struct stock *stock, const char *name, struct err *e)
{
	const struct stock_item *found = NULL;
	bool only_id;

	for (size_t i = 0; i < stock->n; i++)
		if (is_called(&stock->items[i], name, &only_id) && !only_id)
			return &stock->items[i];
	for (size_t i = 0; i < stock->n; i++) {
		const struct stock_item *item = &stock->items[i];

		if (!is_called(item, name, &only_id) || (found && is_together(found, item)))
			continue;
		if (found) {
			err_set(e, ERR_USAGE, "several models are called \"%s\": name one with its registry, as %s", name, item->name);
			return NULL;
		}
		found = item;
	}
	if (!found)
		err_set(e, ERR_NOT_FOUND, "the model \"%s\" is not on this machine (minnow ls lists what is)", name);
	return found;
}

bool
stock_pick(const struct stock *stock, const char *name, bool *picked, bool *whole, struct err *e)
{
	size_t n, n_picked = 0, n_left = 0;
	const char *format = resolve_format(name, &n);
	const struct stock_item *model;
	char *bare = mem_dup_bytes(name, n + 1);

	bare[n] = '\0';
	model = find_model(stock, bare, e);
	for (size_t i = 0; model && i < stock->n; i++) {
		if (!is_together(&stock->items[i], model))
			continue;
		if (has_format(&stock->items[i], format)) {
			picked[i] = true;
			n_picked++;
		}
		n_left += !picked[i];
	}
	if (whole)
		*whole = n_left == 0;
	if (model && !n_picked)
		err_set(e, ERR_NOT_FOUND, "%s is on this machine, but not in the format \"%s\" (minnow ls %s lists what is)", bare,
		    format, bare);
	free(bare);
	return n_picked > 0;
}

const struct stock_item *
stock_find(const struct stock *stock, const char *folder, const char *file)
{
	for (size_t i = 0; i < stock->n; i++)
		for (size_t k = 0; k < stock->items[i].n_files; k++) {
			const struct store_file *f = &stock->list.files[stock->items[i].files[k]];

			if (strcmp(f->model, folder) == 0 && strcmp(f->file, file) == 0)
				return &stock->items[i];
		}
	return NULL;
}

/* Is FILE of FOLDER at REAL, which has no links in it? */
static bool
is_at(const struct store *store, const struct store_file *f, const char *real)
{
	struct buf path = {0};
	char *own = NULL;
	bool is;

	if (store_path(store, f->model, f->file, &path, NULL))
		own = realpath(path.data, NULL);
	is = own && strcmp(own, real) == 0;
	free(own);
	buf_done(&path);
	return is;
}

const struct store_file *
stock_file_at(const struct stock *stock, const struct store *store, const char *path)
{
	char *real = store ? realpath(path, NULL) : NULL;
	const struct store_file *found = NULL;

	for (size_t i = 0; real && i < stock->list.n && !found; i++)
		if (ends_with(real, stock->list.files[i].file) && is_at(store, &stock->list.files[i], real))
			found = &stock->list.files[i];
	free(real);
	return found;
}

static const struct stock_item *
find_adopted(const struct stock *stock, const char *path)
{
	char *real = realpath(path, NULL);
	const struct stock_item *found = NULL;

	for (size_t i = 0; real && i < stock->n && !found; i++) {
		const struct adopt_model *m = stock->items[i].adopted;

		for (size_t k = 0; m && k < m->n_files && !found; k++)
			if (strcmp(m->files[k].path, real) == 0)
				found = &stock->items[i];
		if (m && strcmp(m->path, real) == 0)
			found = &stock->items[i];
	}
	free(real);
	return found;
}

const struct stock_item *
stock_find_path(const struct stock *stock, const struct store *store, const char *path)
{
	const struct store_file *f = stock_file_at(stock, store, path);

	return f ? stock_find(stock, f->model, f->file) : find_adopted(stock, path);
}

/* ---- where damaged files come from ---- */

static const struct entry_file *
file_by_bytes(const struct entry *en, const unsigned char *sha256)
{
	for (size_t i = 0; i < en->n_files; i++)
		if (en->files[i].has_sha256 && memcmp(en->files[i].sha256, sha256, DIGEST_SHA256_SIZE) == 0)
			return &en->files[i];
	return NULL;
}

/* An entry of our own to borrow from: written and read again. */
static bool
copy_entry(struct entry *to, const struct entry *from, struct err *e)
{
	struct buf text = {0};
	bool ok;

	entry_write(from, &text);
	ok = entry_parse(to, text.data, text.len, e);
	buf_done(&text);
	return ok;
}

bool
stock_source(struct store *store, const struct catalog *catalog, const char *folder, const char *file,
    const unsigned char *sha256, struct stock_source *source, struct err *e)
{
	const struct catalog_model *m = NULL;
	const struct entry_file *ef = NULL;
	struct kept kept;
	bool missing;

	*source = (struct stock_source){0};
	if (kept_read(store, folder, &kept, &missing, NULL)) {
		source->entry = kept.entry;
		source->registry = kept.registry;
		kept.entry = (struct entry){0};
		kept.registry = NULL;
		kept_done(&kept);
		ef = file_by_bytes(&source->entry, sha256);
		if (!ef)
			ef = file_of_entry(&source->entry, file);
		if (ef && ef->has_sha256 && memcmp(ef->sha256, sha256, DIGEST_SHA256_SIZE) != 0)
			ef = NULL;
	}
	for (size_t i = 0; !ef && (m = catalog_model_at(catalog, i)); i++) {
		if (!file_by_bytes(&m->entry, sha256))
			continue;
		stock_source_done(source);
		if (!copy_entry(&source->entry, &m->entry, e))
			return false;
		source->registry = mem_dup(m->registry);
		ef = file_by_bytes(&source->entry, sha256);
	}
	if (!ef || ef->n_sources == 0) {
		stock_source_done(source);
		return err_set(e, ERR_NOT_FOUND, "no registry tells where %s comes from", file);
	}
	source->file = *ef;
	source->file.has_sha256 = true;
	memcpy(source->file.sha256, sha256, DIGEST_SHA256_SIZE);
	return true;
}

void
stock_source_done(struct stock_source *source)
{
	entry_done(&source->entry);
	free(source->registry);
	*source = (struct stock_source){0};
}
