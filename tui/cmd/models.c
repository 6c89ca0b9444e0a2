/* Shared by the commands that show registries; see models.h. */
#include "tui/cmd/models.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/arch/arch.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/badge.h"
#include "registry/digest.h"
#include "registry/resolve.h"
#include "registry/search.h"
#include "registry/stock.h"
#include "registry/store.h"
#include "tui/registries.h"
#include "tui/text.h"
#include "tui/cmd/vet.h"
#include "tui/i18n.h"
#include "tui/text_clean.h"
#include "tui/widget/wrap.h"

enum { PLAIN_WIDTH = 79 };

static const struct models_glyphs unicode = {
	.tee = "├─ ", .end = "└─ ", .pipe = "│  ", .ellipsis = "…", .arrow = "→", .yes = "✓", .no = "✗", .dot = "·",
};

static const struct models_glyphs ascii_only = {
	.tee = "|- ", .end = "`- ", .pipe = "|  ", .ellipsis = "~", .arrow = "->", .yes = "+", .no = "-", .dot = "-",
};

const struct models_glyphs *
models_glyphs_get(bool ascii)
{
	return ascii ? &ascii_only : &unicode;
}

bool
models_start(struct models *m, struct err *e)
{
	struct winsize size = {0};
	bool ascii;

	*m = (struct models){.is_terminal = isatty(STDOUT_FILENO), .width = PLAIN_WIDTH};
	if (!config_load(&m->config, e))
		return false;
	ascii = strcmp(m->config.ui_glyphs, "ascii") == 0 ||
	    (strcmp(m->config.ui_glyphs, "auto") == 0 && strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	if (!m->is_terminal)
		i18n_off();
	m->glyphs = ascii ? &ascii_only : &unicode;
	if (m->is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		m->width = size.ws_col - 1;
	return true;
}

bool
models_open(struct models *m, struct err *e)
{
	if (!models_start(m, e))
		return false;
	m->catalog = registries_open_catalog_warning(&m->config, e);
	return m->catalog != NULL;
}

void
models_close(struct models *m)
{
	catalog_free(m->catalog);
	config_done(&m->config);
}

struct catalog *
models_open_catalog(const struct config *c, struct err *e)
{
	return registries_open_catalog(c, e);
}

bool
models_store_dir(const struct config *c, struct buf *dir, struct err *e)
{
	buf_clear(dir);
	if (*c->store_dir)
		buf_add_str(dir, c->store_dir);
	else if (*c->data_dir)
		buf_printf(dir, "%s/store", c->data_dir);	/* beside what backups should not leave out */
	else
		return err_set(e, ERR_USAGE, "there is no home folder to keep models in; set store.dir or MINNOW_STORE");
	return true;
}

bool
models_open_store(const struct config *c, bool make, struct store **store, struct err *e)
{
	struct buf dir = {0};
	bool missing = false, ok = models_store_dir(c, &dir, make ? e : NULL);

	*store = NULL;
	if (ok)
		*store = make ? store_open(dir.data, e) : store_open_made(dir.data, &missing, e);
	ok = *store || (!make && (!ok || missing));
	buf_done(&dir);
	return ok;
}

bool
models_stock(const struct models *m, struct store *store, struct stock *stock, struct err *e)
{
	struct buf root = {0};
	bool has_root = models_store_dir(&m->config, &root, NULL), ok;

	ok = stock_open(stock, store, has_root ? root.data : NULL, m->catalog, e);
	buf_done(&root);
	return ok;
}

static void
read_promise(const struct resolved *r, struct models_promise *promise)
{
	const struct entry *en = r->kept ? &r->kept->entry : r->model ? &r->model->entry : NULL;

	for (size_t i = 0; en && i < en->n_files; i++) {
		const struct entry_file *f = &en->files[i];

		if (f->role != ENTRY_TEMPLATE || !f->has_sha256 || promise->has_template)
			continue;
		promise->has_template = true;
		memcpy(promise->template_sha256, f->sha256, sizeof promise->template_sha256);
	}
}

/* With a catalogue, which paths do not need. */
static bool
find_by_name(const struct config *c, const char *name, struct buf *path, struct models_promise *promise, struct err *e)
{
	struct catalog *catalog = models_open_catalog(c, e);
	struct resolve_from from = {.catalog = catalog, .memory_bytes = models_memory()};
	struct resolved r = {0};
	struct buf root = {0};
	bool ok;

	from.root = models_store_dir(c, &root, NULL) ? buf_str(&root) : NULL;
	ok = catalog && models_open_store(c, false, &from.store, e) && resolve(&from, name, &r, e) &&
	    vet_installed(from.store, &r, e) && resolve_is_here(&r, name, e);
	if (ok) {
		buf_clear(path);
		buf_add_str(path, buf_str(&r.path));
		if (promise && r.kind == RESOLVE_INSTALLED)
			read_promise(&r, promise);
		if (r.kind == RESOLVE_INSTALLED && r.seen.trust == STORE_VERIFIED)
			store_touch(from.store, r.seen.sha256);
	}
	resolve_done(&r);
	buf_done(&root);
	store_close(from.store);
	catalog_free(catalog);
	return ok;
}

bool
models_find(const struct config *c, const char *name, struct buf *path, struct err *e)
{
	return models_find_promise(c, name, path, NULL, e);
}

bool
models_find_promise(const struct config *c, const char *name, struct buf *path, struct models_promise *promise,
    struct err *e)
{
	struct config own = {0};
	struct resolved r = {0};
	bool ok;

	if (resolve_is_plain(name)) {
		ok = resolve(&(struct resolve_from){0}, name, &r, e) && resolve_is_here(&r, name, e);
		if (ok) {
			buf_clear(path);
			buf_add_str(path, buf_str(&r.path));
		}
		resolve_done(&r);
		return ok;
	}
	ok = (c || config_load(&own, e)) && find_by_name(c ? c : &own, name, path, promise, e);
	config_done(&own);
	return ok;
}

void
models_add_name(const struct models *m, struct buf *out, const struct catalog_model *model)
{
	if (!models_is_main(m, model))
		buf_printf(out, "%s/", model->registry);
	buf_add_str(out, model->entry.id);
}

/* The registry that comes first is the built-in one, or that in its place. */
bool
models_is_main(const struct models *m, const struct catalog_model *model)
{
	return strcmp(model->registry, catalog_model_at(m->catalog, 0)->registry) == 0;
}

const char *
models_badge(const struct catalog_model *model, const struct entry_file *file)
{
	return badge_name(!file->has_sha256 ? BADGE_UNVERIFIED : strcmp(model->registry, CATALOG_BUILTIN) == 0 ? BADGE_REGISTRY :
	    BADGE_SIGNED);
}

static bool
has_word(const struct entry_words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->at[i], word) == 0)
			return true;
	return false;
}

const char *
models_why_none(const char *weights)
{
	static const char *const why[][2] = {
		{"closed", "The weights are not public."},
		{"convert", "There is no ready file; minnow reads the directory that its makers publish."},
		{"unconfirmed", "No public source shows a file."},
		{"unavailable", "No GGUF file is known."},
	};

	for (size_t i = 0; weights && i < ARRAY_LEN(why); i++)
		if (strcmp(weights, why[i][0]) == 0)
			return why[i][1];
	return "No file is known.";
}

bool
models_runs(const struct entry *en)
{
	return en->arch && arch_find(en->arch) && (en->outputs.n == 0 || has_word(&en->outputs, "text"));
}

bool
models_has_more_than_text(const struct entry *en)
{
	return en->inputs.n > has_word(&en->inputs, "text");
}

/* A limit of the container, or UINT64_MAX. */
static uint64_t
container_limit(void)
{
	struct buf text = {0};
	uint64_t limit = 0;

	if (fs_read(&text, "/sys/fs/cgroup/memory.max", 64, NULL))
		limit = strtoull(buf_str(&text), NULL, 10);		/* "max": 0 */
	buf_done(&text);
	return limit ? limit : UINT64_MAX;
}

uint64_t
models_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	uint64_t bytes = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0, limit = container_limit();

	return (bytes < limit ? bytes : limit) / 5 * 4;
}

/* ---- facts as words ---- */

void
models_add_params(struct buf *out, uint64_t n)
{
	if (n >= 999500000)
		buf_printf(out, "%.3gB", (double)n * 1e-9);
	else if (n)
		buf_printf(out, "%.0fM", (double)n * 1e-6);
}

void
models_add_size(struct buf *out, uint64_t n)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double x = (double)n;
	size_t u = 0;

	for (; x >= 999.5 && u + 1 < ARRAY_LEN(units); u++)
		x /= 1000;
	buf_printf(out, u < 3 ? "%.0f %s" : x < 9.995 ? "%.2f %s" : "%.1f %s", x, units[u]);
}

void
models_add_context(struct buf *out, uint64_t n)
{
	if (n % 1024 == 0 && n)
		buf_printf(out, "%" PRIu64 "K", n / 1024);
	else if (n >= 1000)
		buf_printf(out, "%" PRIu64 "k", n / 1000);
	else if (n)
		buf_printf(out, "%" PRIu64, n);
}

static void
add_blanks(struct buf *out, int n)
{
	for (; n > 0; n--)
		buf_add_char(out, ' ');
}

void
models_add_cell(const struct models *m, struct buf *out, const char *s, int columns, bool right)
{
	struct buf clean = {0};
	int width;

	text_clean_line(&clean, s, strlen(s));
	width = text_width(buf_str(&clean), clean.len);
	if (right)
		add_blanks(out, columns - width);
	if (columns && width > columns) {
		buf_add(out, clean.data, text_fit(clean.data, clean.len, columns - 1, &width));
		buf_add_str(out, m->glyphs->ellipsis);
		width++;
	} else {
		buf_add(out, buf_str(&clean), clean.len);
	}
	if (!right)
		add_blanks(out, columns - width);
	buf_done(&clean);
}

void
models_add_paragraph(const struct models *m, struct buf *out, const char *first, const char *next, const char *s)
{
	struct buf clean = {0};
	const char *before = first;

	text_clean_line(&clean, s, strlen(s));
	for (size_t at = 0; at < clean.len;) {
		int room = m->width - text_width(before, strlen(before));
		size_t n = wrap_row(clean.data + at, clean.len - at, room > 16 ? room : 16), shown = n;

		while (shown > 0 && clean.data[at + shown - 1] == ' ')
			shown--;
		buf_printf(out, "%s%.*s\n", before, (int)shown, clean.data + at);
		before = next;
		at += n;
	}
	buf_done(&clean);
}

static void
add_number(struct buf *out, const char *what, uint64_t n)
{
	if (!n)
		buf_add_char(out, '?');
	else if (strcmp(what, "context") == 0)
		models_add_context(out, n);
	else if (strcmp(what, "keys and values of 1024 tokens") == 0)
		models_add_size(out, n);
	else if (strcmp(what, "number of languages") == 0)
		buf_printf(out, "%" PRIu64, n);
	else
		models_add_params(out, n);
}

void
models_add_change(const struct models *m, struct buf *out, const struct lineage_change *d)
{
	buf_printf(out, "%s ", _(d->what));
	if (d->from_text || d->to_text)
		buf_printf(out, "%s %s %s", d->from_text ? d->from_text : "?", m->glyphs->arrow, d->to_text ? d->to_text : "?");
	if (d->from_text || d->to_text)
		return;
	add_number(out, d->what, d->from);
	buf_printf(out, " %s ", m->glyphs->arrow);
	add_number(out, d->what, d->to);
}

void
models_add_changes(const struct models *m, struct buf *out, const struct entry *a, const struct entry *b)
{
	struct lineage_change *d;
	size_t n = lineage_changes(a, b, &d);

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_printf(out, " %s ", m->glyphs->dot);
		models_add_change(m, out, &d[i]);
	}
	lineage_changes_done(d, n);
}

static void
add_short_hash(struct buf *out, const struct entry_file *f)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(hex, f->sha256, sizeof f->sha256);
	buf_printf(out, "%.12s", f->has_sha256 ? hex : _("unknown"));
}

void
models_add_file_change(const struct models *m, struct buf *out, const struct lineage_file_change *d)
{
	const struct entry_file *f = d->after ? d->after : d->before;

	buf_printf(out, _("file %s "), f->name);
	if (d->before && d->after && !d->other_bytes) {
		buf_add_str(out, _("has the same bytes, described otherwise"));
	} else if (d->before && d->after) {
		buf_add_str(out, _("has other bytes: sha256 "));
		add_short_hash(out, d->before);
		buf_printf(out, " %s ", m->glyphs->arrow);
		add_short_hash(out, d->after);
	} else {
		buf_add_str(out, d->after ? _("is new") : _("is gone"));
		if (d->after && f->size) {
			buf_add_str(out, ", ");
			models_add_size(out, f->size);
		}
	}
}

void
models_each_change(const struct models *m, const struct entry *a, const struct entry *b,
    void (*each)(void *ctx, const char *text), void *ctx)
{
	struct lineage_file_change *files;
	struct lineage_change *members;
	size_t n = lineage_all_changes(a, b, &members), n_files = lineage_file_changes(a, b, &files);
	struct buf text = {0};

	for (size_t i = 0; i < n + n_files; i++) {
		buf_clear(&text);
		if (i < n)
			models_add_change(m, &text, &members[i]);
		else
			models_add_file_change(m, &text, &files[i - n]);
		each(ctx, buf_str(&text));
	}
	buf_done(&text);
	lineage_changes_done(members, n);
	free(files);
}

/* ---- JSON ---- */

static json_t *
file_json(const struct catalog_model *m, size_t i, json_t *file)
{
	const struct entry_file *f = &m->entry.files[i];
	uint64_t memory = f->role == ENTRY_WEIGHTS ? search_memory(&m->entry, f, 0) : 0;

	if (memory)
		json_object_set_new(file, "memory", json_integer((json_int_t)memory));
	json_object_set_new(file, "badge", json_string(models_badge(m, f)));
	return file;
}

json_t *
models_json(const struct catalog_model *m)
{
	struct buf text = {0};
	json_t *j, *files;

	entry_write(&m->entry, &text);
	j = json_loadb(text.data, text.len, 0, NULL);
	buf_done(&text);
	json_object_del(j, "format");
	json_object_set_new(j, "registry", json_string(m->registry));
	json_object_set_new(j, "runs", json_boolean(models_runs(&m->entry)));
	files = json_object_get(j, "files");
	for (size_t i = 0; i < m->entry.n_files; i++)
		file_json(m, i, json_array_get(files, i));
	return j;
}

static json_t *
value_json(const struct lineage_change *d, bool from)
{
	const char *text = from ? d->from_text : d->to_text;
	uint64_t n = from ? d->from : d->to;

	if (text)
		return json_string(text);
	return d->from_text || d->to_text || !n ? json_null() : json_integer((json_int_t)n);
}

static json_t *
changes_json(struct lineage_change *d, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "what", d[i].what, "from", value_json(&d[i], true),
		    "to", value_json(&d[i], false)));
	lineage_changes_done(d, n);
	return list;
}

json_t *
models_changes_json(const struct entry *a, const struct entry *b)
{
	struct lineage_change *d;
	size_t n = lineage_changes(a, b, &d);

	return changes_json(d, n);
}

static json_t *
hash_json(const struct entry_file *f)
{
	char hex[DIGEST_HEX_MAX];

	if (!f || !f->has_sha256)
		return json_null();
	digest_hex(hex, f->sha256, sizeof f->sha256);
	return json_string(hex);
}

json_t *
models_all_changes_json(const struct entry *a, const struct entry *b)
{
	struct lineage_file_change *files;
	struct lineage_change *members;
	size_t n = lineage_all_changes(a, b, &members), n_files = lineage_file_changes(a, b, &files);
	json_t *list = changes_json(members, n);

	for (size_t i = 0; i < n_files; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "what", "file",
		    "file", (files[i].after ? files[i].after : files[i].before)->name, "from", hash_json(files[i].before),
		    "to", hash_json(files[i].after)));
	free(files);
	return list;
}

/* ---- printing ---- */

bool
models_print_json(json_t *j, struct err *e)
{
	bool ok = j && json_dumpf(j, stdout, JSON_INDENT(2)) == 0 && putchar('\n') == '\n';

	json_decref(j);
	return ok || err_set(e, ERR_NO_SPACE, "cannot write to standard output");
}

bool
models_print(struct buf *out, struct err *e)
{
	bool ok = fwrite(buf_str(out), 1, out->len, stdout) == out->len;

	buf_done(out);
	return ok || err_set(e, ERR_NO_SPACE, "cannot write to standard output");
}
