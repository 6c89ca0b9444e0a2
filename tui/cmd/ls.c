/* minnow ls: the models on this machine. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/base/mem.h"
#include "registry/hub_facts.h"
#include "registry/resolve.h"
#include "registry/stock.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/known.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/text.h"

struct ls_opts {
	bool json;
};

enum { GAP = 2, FORMAT_MOST = 16, NAME_LEAST = 12, DAY = 24 * 60 * 60 };

static bool
is_stored(const struct stock_item *item)
{
	return *item->folder;
}

static const char *
place_of(const struct stock_item *item)
{
	return is_stored(item) ? "minnow" : item->adopted ? adopt_kind_title(item->adopted->kind) : N_("a path");
}

/* "3 days ago", as precise as anybody asks. */
static void
add_age(struct buf *out, uint64_t used, uint64_t now)
{
	uint64_t days = used < now ? (now - used) / DAY : 0;

	if (!used)
		buf_add_str(out, _("never"));
	else if (now < used + 60 * 60)
		buf_add_str(out, _("just now"));
	else if (days == 0)
		buf_add_str(out, _("today"));
	else if (days < 60)
		buf_printf(out, ngettext("%u day ago", "%u days ago", days), (unsigned)days);
	else
		buf_printf(out, _("%u months ago"), (unsigned)(days / 30));
}

static void
add_time(struct buf *out, uint64_t t)
{
	time_t when = (time_t)t;
	char text[32];
	struct tm tm;

	if (t && gmtime_r(&when, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		buf_add_str(out, text);
}

static bool
path_of(struct store *store, const struct stock_item *item, struct buf *path, struct err *e)
{
	if (is_stored(item))
		return store_path(store, item->folder, item->file, path, e);
	buf_add_str(path, item->file);
	return true;
}

/* ---- the table ---- */

static void
put_cells(const struct stock_item *item, uint64_t now, struct buf cells[6])
{
	for (int c = 0; c < 6; c++)
		buf_clear(&cells[c]);
	buf_add_str(&cells[0], item->name);
	buf_add_str(&cells[1], *item->format ? item->format : "?");
	models_add_size(&cells[2], item->bytes);
	buf_add_str(&cells[3], _(badge_name(item->badge)));
	if (is_stored(item))
		add_age(&cells[4], item->used, now);
	buf_add_str(&cells[5], i18n_text(place_of(item)));
}

static void
add_row(const struct models *m, struct buf *out, const struct buf cells[6], const int *width)
{
	for (int c = 0; c < 6; c++) {
		buf_printf(out, "%*s", c ? GAP : 0, "");
		models_add_cell(m, out, buf_str(&cells[c]), c < 5 ? width[c] : 0, c == 2);
	}
	buf_add_char(out, '\n');
}

static void
lay_out(const struct models *m, const struct stock *stock, const bool *picked, uint64_t now, struct buf cells[6], int *width)
{
	int total = 5 * GAP;

	for (size_t i = 0; i < stock->n; i++) {
		if (!picked[i])
			continue;
		put_cells(&stock->items[i], now, cells);
		for (int c = 0; c < 6; c++) {
			int w = text_width(buf_str(&cells[c]), cells[c].len);

			width[c] = w > width[c] ? w : width[c];
		}
	}
	if (width[1] > FORMAT_MOST)
		width[1] = FORMAT_MOST;
	for (int c = 0; c < 6; c++)
		total += width[c];
	if (m->is_terminal && total > m->width)
		width[0] = width[0] - (total - m->width) < NAME_LEAST ? NAME_LEAST : width[0] - (total - m->width);
}

static void
add_table(const struct models *m, struct buf *out, const struct stock *stock, const bool *picked)
{
	static const char *const titles[] = {N_("model"), N_("format"), N_("size"), N_("badge"), N_("last use"), N_("where")};
	uint64_t now = (uint64_t)time(NULL), bytes = 0;
	struct buf cells[6] = {0};
	int width[6];
	size_t n = 0;

	for (int c = 0; c < 6; c++)
		width[c] = text_width(_(titles[c]), strlen(_(titles[c])));
	lay_out(m, stock, picked, now, cells, width);
	for (int c = 0; c < 6; c++) {
		buf_clear(&cells[c]);
		buf_add_str(&cells[c], _(titles[c]));
	}
	add_row(m, out, cells, width);
	for (size_t i = 0; i < stock->n; i++) {
		if (!picked[i])
			continue;
		put_cells(&stock->items[i], now, cells);
		add_row(m, out, cells, width);
		bytes += stock->items[i].bytes;
		n++;
	}
	buf_printf(out, ngettext("\n%zu model, ", "\n%zu models, ", n), n);
	models_add_size(out, bytes);
	buf_add_char(out, '\n');
	for (int c = 0; c < 6; c++)
		buf_done(&cells[c]);
}

/* ---- for programs ---- */

static bool
add_plain(struct store *store, struct buf *out, const struct stock_item *item, struct err *e)
{
	struct buf path = {0}, used = {0};
	bool ok = path_of(store, item, &path, e);

	add_time(&used, item->used);
	if (ok)
		buf_printf(out, "%s\t%s\t%" PRIu64 "\t%s\t%s\t%s\t%s\n", item->name, item->format, item->bytes,
		    badge_name(item->badge), buf_str(&used), place_of(item), buf_str(&path));
	buf_done(&path);
	buf_done(&used);
	return ok;
}

static json_t *
files_json(const struct stock *stock, const struct stock_item *item)
{
	static const char *const trusts[] = {"absent", "verified", "changed", "unknown"};
	json_t *list = json_array();

	for (size_t i = 0; i < item->n_files; i++) {
		const struct store_file *f = &stock->list.files[item->files[i]];
		json_t *j = json_pack("{s:s, s:I, s:s}", "name", f->file, "size", (json_int_t)f->seen.size, "state",
		    trusts[f->seen.trust]);
		char hex[DIGEST_HEX_MAX];
		struct buf date = {0};

		if (f->seen.trust == STORE_VERIFIED) {
			digest_hex(hex, f->seen.sha256, sizeof f->seen.sha256);
			add_time(&date, f->seen.date);
			json_object_set_new(j, "sha256", json_string(hex));
			json_object_set_new(j, "verified", json_string(buf_str(&date)));
			json_object_set_new(j, "pinned", json_boolean(f->seen.pinned));
		}
		buf_done(&date);
		json_array_append_new(list, j);
	}
	return list;
}

static bool
add_json(struct store *store, json_t *list, const struct stock *stock, const struct stock_item *item, struct err *e)
{
	struct buf path = {0}, used = {0};
	bool ok = path_of(store, item, &path, e);

	add_time(&used, item->used);
	if (ok)
		json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s, s:o, s:s, s:s, s:o}", "model", item->name, "format",
		    item->format, "size", (json_int_t)item->bytes, "badge", badge_name(item->badge), "last_use",
		    used.len ? json_string(used.data) : json_null(), "where", place_of(item), "path", buf_str(&path), "files",
		    files_json(stock, item)));
	buf_done(&path);
	buf_done(&used);
	return ok;
}

static bool
print(const struct models *m, struct store *store, const struct stock *stock, const bool *picked, bool json, struct err *e)
{
	json_t *list = json ? json_array() : NULL;
	struct buf out = {0};
	bool ok = true;

	if (!json && m->is_terminal)
		add_table(m, &out, stock, picked);
	for (size_t i = 0; ok && (json || !m->is_terminal) && i < stock->n; i++)
		if (picked[i])
			ok = json ? add_json(store, list, stock, &stock->items[i], e) :
			    add_plain(store, &out, &stock->items[i], e);
	if (ok && json)
		return models_print_json(list, e);
	json_decref(list);
	if (ok)
		return models_print(&out, e);
	buf_done(&out);
	return false;
}

/* A file that nobody took into use is an item like the others. */
static bool
add_path(const struct models *m, struct stock *stock, const char *path, struct err *e)
{
	struct stock_item item = {.folder = "", .file = path};
	struct known known;
	struct stat st;
	char format[32] = "";

	if (stat(path, &st) < 0)
		return err_set_errno(e, errno, path);
	known_look(&m->config, m->catalog, path, &known);
	hub_quant_of(path, format);
	item.name = mem_dup(path);
	item.format = mem_dup(format);
	item.bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	item.badge = known.badge;
	stock->items = mem_grow(stock->items, stock->n + 1, sizeof item);
	stock->items[stock->n++] = item;
	return true;
}

/* *PICKED has a place for each item, those that are added here too. */
static bool
pick(const struct cmd_call *call, const struct models *m, const struct store *store, struct stock *stock, bool **picked,
    struct err *e)
{
	*picked = mem_new0(stock->n + (size_t)call->n_args + 1, sizeof **picked);
	for (size_t i = 0; call->n_args == 0 && i < stock->n; i++)
		(*picked)[i] = true;
	for (int i = 0; i < call->n_args; i++) {
		const struct stock_item *item;

		if (!resolve_is_path(call->args[i])) {
			if (!stock_pick(stock, call->args[i], *picked, NULL, e))
				return false;
			continue;
		}
		item = stock_find_path(stock, store, call->args[i]);
		if (!item && !add_path(m, stock, call->args[i], e))
			return false;
		(*picked)[item ? (size_t)(item - stock->items) : stock->n - 1] = true;
	}
	return true;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct ls_opts *o = call->opts;
	struct store *store = NULL;
	struct stock stock = {0};
	struct models m;
	bool *picked = NULL;
	bool ok = models_open(&m, e) && models_open_store(&m.config, false, &store, e) &&
	    models_stock(&m, store, &stock, e) && pick(call, &m, store, &stock, &picked, e);

	if (ok && stock.n == 0 && m.is_terminal && !o->json)
		printf(_("No model was downloaded yet: minnow search finds one, minnow pull MODEL downloads it.\n"
		    "minnow import finds those of other programs.\n"));
	else if (ok)
		ok = print(&m, store, &stock, picked, o->json, e);
	free(picked);
	stock_done(&stock);
	store_close(store);
	models_close(&m);
	return ok;
}

static const struct opt opts[] = {
	{"json", 0, OPT_FLAG, NULL, N_("print a JSON list, with every file, its hash and when it was verified"),
	    offsetof(struct ls_opts, json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_ls = {
	.name = "ls",
	.args = "[MODEL...]",
	.summary = N_("list the models on this machine"),
	.details = N_("MODEL is a name, a name with a format, or a path. The badge tells what is known of the bytes: signed, registry, "
	    "known hash or unverified (see minnow-registry(5)); a file that changed since it was verified is unverified "
	    "until minnow verify has read it.\n"
	    "When standard output is no terminal, each line holds name, format, bytes, badge, time of the last use, place "
	    "and path, with tabs between."),
	.opts = opts,
	.opts_size = sizeof(struct ls_opts),
	.max_args = -1,
	.run = run,
};
