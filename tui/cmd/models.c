/* Shared by the commands that show registries; see models.h. */
#include "tui/cmd/models.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/arch/arch.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "registry/search.h"
#include "registry/store.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/wrap.h"

enum { PLAIN_WIDTH = 79 };

static const struct models_glyphs unicode = {
	.tee = "├─ ", .end = "└─ ", .pipe = "│  ", .ellipsis = "…", .arrow = "→", .yes = "✓", .no = "✗", .dot = "·",
};

static const struct models_glyphs ascii_only = {
	.tee = "|- ", .end = "`- ", .pipe = "|  ", .ellipsis = "~", .arrow = "->", .yes = "+", .no = "-", .dot = "-",
};

bool
models_open(struct models *m, struct err *e)
{
	struct winsize size = {0};
	bool ascii;

	*m = (struct models){.is_terminal = isatty(STDOUT_FILENO), .width = PLAIN_WIDTH};
	if (!config_load(&m->config, e))
		return false;
	setlocale(LC_CTYPE, "");
	ascii = strcmp(m->config.ui_glyphs, "ascii") == 0 ||
	    (strcmp(m->config.ui_glyphs, "auto") == 0 && strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	m->glyphs = ascii ? &ascii_only : &unicode;
	if (m->is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		m->width = size.ws_col - 1;
	m->catalog = models_open_catalog(&m->config, e);
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
	struct catalog *catalog = catalog_new();

	(void)c;
	if (catalog_add_builtin(catalog, e))
		return catalog;
	catalog_free(catalog);
	return NULL;
}

bool
models_store_dir(const struct config *c, struct buf *dir, struct err *e)
{
	buf_clear(dir);
	if (*c->store_dir)
		buf_add_str(dir, c->store_dir);
	else if (*c->data_dir)
		buf_add_str(dir, c->data_dir);
	else
		return err_set(e, ERR_USAGE, "there is no home folder to keep models in; set store.dir or MINNOW_STORE");
	return true;
}

bool
models_open_store(const struct config *c, bool make, struct store **store, struct err *e)
{
	struct buf dir = {0};
	bool ok = models_store_dir(c, &dir, make ? e : NULL);

	*store = NULL;
	if (!make && (!ok || !fs_exists(dir.data))) {
		ok = true;
	} else if (ok) {
		*store = store_open(dir.data, e);
		ok = *store != NULL;
	}
	buf_done(&dir);
	return ok;
}

/* With a catalogue, which paths do not need. */
static bool
find_by_name(const struct config *c, const char *name, struct buf *path, struct err *e)
{
	struct catalog *catalog = models_open_catalog(c, e);
	struct resolve_from from = {.catalog = catalog, .memory_bytes = models_memory()};
	struct resolved r = {0};
	struct buf root = {0};
	bool ok;

	from.root = models_store_dir(c, &root, NULL) ? buf_str(&root) : NULL;
	ok = catalog && models_open_store(c, false, &from.store, e) && resolve(&from, name, &r, e) &&
	    resolve_is_here(&r, name, e);
	if (ok) {
		buf_clear(path);
		buf_add_str(path, buf_str(&r.path));
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
	ok = (c || config_load(&own, e)) && find_by_name(c ? c : &own, name, path, e);
	config_done(&own);
	return ok;
}

static bool
has_word(const struct entry_words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->at[i], word) == 0)
			return true;
	return false;
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
add_value(struct buf *out, const struct lineage_change *d, bool from)
{
	const char *text = from ? d->from_text : d->to_text;
	uint64_t n = from ? d->from : d->to;

	if (d->from_text || d->to_text)
		buf_add_str(out, text ? text : "?");
	else if (!n)
		buf_add_str(out, "?");
	else if (strcmp(d->what, "context") == 0)
		models_add_context(out, n);
	else
		models_add_params(out, n);
}

void
models_add_changes(const struct models *m, struct buf *out, const struct entry *a, const struct entry *b)
{
	struct lineage_change *d;
	size_t n = lineage_changes(a, b, &d);

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_printf(out, " %s ", m->glyphs->dot);
		buf_printf(out, "%s ", d[i].what);
		add_value(out, &d[i], true);
		buf_printf(out, " %s ", m->glyphs->arrow);
		add_value(out, &d[i], false);
	}
	lineage_changes_done(d, n);
}

/* ---- JSON ---- */

static json_t *
file_json(const struct entry *en, size_t i, json_t *file)
{
	const struct entry_file *f = &en->files[i];
	uint64_t memory = f->role == ENTRY_WEIGHTS ? search_memory(en, f, 0) : 0;

	if (memory)
		json_object_set_new(file, "memory", json_integer((json_int_t)memory));
	json_object_set_new(file, "badge", json_string(f->has_sha256 ? "registry" : "unverified"));
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
		file_json(&m->entry, i, json_array_get(files, i));
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

json_t *
models_changes_json(const struct entry *a, const struct entry *b)
{
	struct lineage_change *d;
	size_t n = lineage_changes(a, b, &d);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "what", d[i].what, "from", value_json(&d[i], true),
		    "to", value_json(&d[i], false)));
	lineage_changes_done(d, n);
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
