/* minnow verify: read the files of models, name what is damaged, and fetch it again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/fetch.h"
#include "registry/stock.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/fetching.h"
#include "tui/cmd/known.h"
#include "tui/cmd/models.h"
#include "tui/cmd/vet.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"
#include "tui/text.h"

struct verify_opts {
	struct fetching_opts fetching;
	bool repair, deep, json;
};

enum state { STATE_WHOLE, STATE_REPAIRED, STATE_DAMAGED, STATE_UNKNOWN, STATE_PATH };
static const char *const state_words[] = {N_("whole"), N_("repaired"), N_("damaged"), N_("unverified"), N_("hashed")};

enum { SHOWN_MAX = 3 };		/* damaged places in a line */

struct outside {
	const char *path;		/* not owned */
	const struct stock_item *item;	/* of another program; NULL: named by its path */
	const unsigned char *sha256;	/* that it had when it was imported; NULL: not known */
};

struct verify {
	struct models m;
	const struct verify_opts *o;
	struct store *store;		/* NULL: nothing was ever downloaded */
	struct stock stock;
	bool *wanted;			/* by file of the list */
	struct outside *outside;	/* files outside the store */
	size_t n_outside;
	struct work work;
	struct buf what;		/* of the work */
	uint64_t base, total;		/* bytes read before this file, and of all */
	json_t *list;			/* NULL: text */
	size_t n_damaged, n_checked;
	char *damaged;			/* the first model that is */
	struct err why;			/* the first that could not be repaired */
};

/* What became of one file. */
struct outcome {
	const char *model, *file;	/* model "": outside the store */
	const char *format, *badge;
	uint64_t size;
	enum state state;
	struct store_report report;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	char *note;			/* why it was not repaired, what it is; may be NULL */
};

static void
progress(void *arg, uint64_t n, uint64_t size)
{
	struct verify *v = arg;

	(void)size;
	work_tell(&v->work, v->base + n, v->total, NULL);
}

/* ---- what is to be read ---- */

static void
want_outside(struct verify *v, const char *path, const struct stock_item *item, const unsigned char *sha256)
{
	struct stat st;

	v->outside = mem_grow(v->outside, v->n_outside + 1, sizeof *v->outside);
	v->outside[v->n_outside++] = (struct outside){path, item, sha256};
	v->total += stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void
want_adopted(struct verify *v, const struct stock_item *item)
{
	for (size_t i = 0; item->adopted && i < item->adopted->n_files; i++) {
		const struct adopt_file *f = &item->adopted->files[i];

		want_outside(v, f->path, item, f->has_sha256 ? f->sha256 : NULL);
	}
}

/* A file that lies beside the weights goes with its model, if no format was asked for. */
static void
want_folder(struct verify *v, const char *folder)
{
	for (size_t i = 0; i < v->stock.list.n; i++)
		if (strcmp(v->stock.list.files[i].model, folder) == 0)
			v->wanted[i] = true;
}

static bool
want_model(struct verify *v, const char *name, struct err *e)
{
	bool *picked = mem_new0(v->stock.n + 1, sizeof *picked), whole;
	bool ok = stock_pick(&v->stock, name, picked, &whole, e);

	for (size_t i = 0; ok && i < v->stock.n; i++) {
		if (!picked[i])
			continue;
		for (size_t k = 0; k < v->stock.items[i].n_files; k++)
			v->wanted[v->stock.items[i].files[k]] = true;
		want_adopted(v, &v->stock.items[i]);
		if (whole)
			want_folder(v, v->stock.items[i].folder);
	}
	free(picked);
	return ok;
}

/* A file of the store is checked as its model's, by whatever path it is called. */
static void
want_path(struct verify *v, const char *path)
{
	const struct store_file *f = stock_file_at(&v->stock, v->store, path);

	if (f)
		v->wanted[f - v->stock.list.files] = true;
	else
		want_outside(v, path, NULL, NULL);
}

static bool
choose(struct verify *v, const struct cmd_call *call, struct err *e)
{
	v->wanted = mem_new0(v->stock.list.n + 1, sizeof *v->wanted);
	for (size_t i = 0; call->n_args == 0 && i < v->stock.list.n; i++)
		v->wanted[i] = true;
	for (int i = 0; i < call->n_args; i++) {
		const char *name = call->args[i];

		if (resolve_is_path(name))
			want_path(v, name);
		else if (!want_model(v, name, e))
			return false;
	}
	for (size_t i = 0; i < v->stock.list.n; i++)
		v->total += v->wanted[i] ? v->stock.list.files[i].seen.size : 0;
	for (size_t i = 0; call->n_args == 0 && i < v->stock.n; i++)
		want_adopted(v, &v->stock.items[i]);
	return true;
}

/* ---- saying what became of a file ---- */

static void
add_place(struct buf *out, uint64_t offset)
{
	if (offset)
		models_add_size(out, offset);
	else
		buf_add_char(out, '0');
}

/* "67 MB to 134 MB, 2.01 GB to 2.08 GB"; ranges that touch are one. */
static void
add_places(struct buf *out, const struct store_report *r)
{
	size_t n = 0;

	for (size_t i = 0, k; i < r->n_damaged; i = k, n++) {
		uint64_t end = r->damaged[i].offset + r->damaged[i].size;

		for (k = i + 1; k < r->n_damaged && r->damaged[k].offset == end; k++)
			end += r->damaged[k].size;
		if (n >= SHOWN_MAX)
			continue;
		buf_add_str(out, n ? ", " : "");
		add_place(out, r->damaged[i].offset);
		buf_add_str(out, _(" to "));
		models_add_size(out, end);
	}
	if (n > SHOWN_MAX)
		buf_printf(out, _(" and %zu places more"), n - SHOWN_MAX);
}

static void
add_words(struct buf *out, const struct outcome *o)
{
	buf_add_str(out, _(state_words[o->state]));
	if (o->state == STATE_DAMAGED || o->state == STATE_REPAIRED) {
		if (o->report.n_damaged) {
			buf_add_str(out, o->state == STATE_DAMAGED ? _(" from ") : ": ");
			add_places(out, &o->report);
		} else if (o->state == STATE_DAMAGED) {
			buf_add_str(out, _(", where is not known"));
		}
	}
	if (o->note)
		buf_printf(out, "; %s", o->note);
}

static void
add_line(const struct verify *v, struct buf *out, const struct outcome *o)
{
	struct buf size = {0}, words = {0};

	models_add_size(&size, o->size);
	add_words(&words, o);
	models_add_cell(&v->m, out, *o->model ? o->model : o->file, 28, false);
	buf_add_char(out, ' ');
	models_add_cell(&v->m, out, *o->format ? o->format : *o->model ? o->file : "", 12, false);
	buf_add_char(out, ' ');
	models_add_cell(&v->m, out, buf_str(&size), 8, true);
	buf_add_str(out, "  ");
	if (text_width(buf_str(&words), words.len) <= 28)
		buf_printf(out, "%s\n", buf_str(&words));
	else {
		buf_printf(out, "%s\n", _(state_words[o->state]));
		models_add_paragraph(&v->m, out, "    ", "    ", buf_str(&words));
	}
	buf_done(&size);
	buf_done(&words);
}

static void
add_plain(struct buf *out, const struct outcome *o)
{
	buf_printf(out, "%s\t%s\t%" PRIu64 "\t%s\t", o->model, o->file, o->size, state_words[o->state]);
	for (size_t i = 0; i < o->report.n_damaged; i++)
		buf_printf(out, "%s%" PRIu64 "+%" PRIu64, i ? "," : "", o->report.damaged[i].offset, o->report.damaged[i].size);
	buf_printf(out, "\t%s\n", o->badge);
}

static json_t *
outcome_json(const struct outcome *o)
{
	json_t *damaged = json_array(), *j;
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; i < o->report.n_damaged; i++)
		json_array_append_new(damaged, json_pack("{s:I, s:I}", "offset", (json_int_t)o->report.damaged[i].offset, "size",
		    (json_int_t)o->report.damaged[i].size));
	j = json_pack("{s:s, s:s, s:I, s:s, s:s, s:b, s:o, s:s?}", "model", o->model, "file", o->file, "size", (json_int_t)o->size,
	    "state", state_words[o->state], "badge", o->badge, "sha256_read", o->report.read_all || o->state == STATE_PATH,
	    "damaged", damaged, "note", o->note);
	if (o->state != STATE_UNKNOWN) {
		digest_hex(hex, o->sha256, sizeof o->sha256);
		json_object_set_new(j, "sha256", json_string(hex));
	}
	return j;
}

/* A line at once: whoever waits sees what is done. */
static bool
tell(struct verify *v, const struct outcome *o, struct err *e)
{
	struct buf out = {0};

	v->n_checked++;
	if (o->state == STATE_DAMAGED && v->n_damaged++ == 0)
		v->damaged = mem_dup(*o->model ? o->model : o->file);
	if (v->list) {
		json_array_append_new(v->list, outcome_json(o));
		return true;
	}
	if (v->m.is_terminal)
		add_line(v, &out, o);
	else
		add_plain(&out, o);
	if (v->work.shown)
		fprintf(stderr, "\r\033[K");
	if (!models_print(&out, e))
		return false;
	fflush(stdout);
	return true;
}

/* ---- repair ---- */

static void
fetched(void *arg, const struct fetch_progress *p)
{
	struct verify *v = arg;
	struct buf note = {0};

	if (p->bytes_per_s > 0) {
		models_add_size(&note, (uint64_t)p->bytes_per_s);
		buf_add_str(&note, "/s");
	}
	work_tell(&v->work, p->n, p->size, note.len ? note.data : NULL);
	buf_done(&note);
}

static bool
fetch_part(struct verify *v, struct store_part *part, struct stock_source *source, const struct store_file *f,
    const struct outcome *o, struct err *e)
{
	struct fetch_options fo = fetching_options(&v->m.config, &v->work.cancel);
	struct fetch_result result;

	fo.progress = fetched;
	fo.arg = v;
	fo.allow_file = strcmp(source->registry, "address") == 0;	/* the person named it */
	source->file.size = part->part.size;
	source->file.ranges = o->report.ranges;
	source->file.n_ranges = o->report.n_ranges;
	return fetch_run(part, &source->file, &fo, &result, e) &&
	    store_part_commit(part, o->report.sha256, f->seen.pinned, f->model, f->file, e);
}

static bool
repair_from(struct verify *v, struct stock_source *source, const struct store_file *f, const struct outcome *o, struct err *e)
{
	struct store_part part;
	bool have, ok;

	if (!store_repair(v->store, f->model, f->file, &o->report, &part, &have, e))
		return false;
	if (have)
		return true;
	ok = fetch_part(v, &part, source, f, o, e);
	store_part_close(&part);
	return ok;
}

/* Without a source, only a copy can be made good, from the bytes that it was copied from. */
static bool
repair_file(struct verify *v, const struct store_file *f, const struct outcome *o, struct err *e)
{
	struct stock_source source;
	bool ok;

	if (store_link(v->store, o->report.sha256, f->model, f->file, NULL))
		return true;
	if (!stock_source(v->store, v->m.catalog, f->model, f->file, o->report.sha256, &source, e))
		return false;
	ok = repair_from(v, &source, f, o, e);
	stock_source_done(&source);
	return ok;
}

/* False: interrupted.  Whatever else goes wrong is told with the file. */
static bool
repair(struct verify *v, const struct store_file *f, struct outcome *o, struct err *e)
{
	struct err why = {0};
	bool ok;

	buf_clear(&v->what);
	buf_printf(&v->what, _("repairing %s"), f->model);
	v->work.what = v->what.data;
	v->work.start = clock_s();
	ok = repair_file(v, f, o, &why);
	v->work.what = _("verifying");
	if (ok) {
		o->state = STATE_REPAIRED;
	} else if (why.kind == ERR_CANCELLED) {
		*e = why;
		return false;
	} else {
		o->note = mem_dup(why.text);
		if (!v->why.kind)
			v->why = why;
	}
	return true;
}

/* ---- reading ---- */

static const char *
badge_now(const struct verify *v, const struct store_file *f)
{
	struct store_seen seen;

	if (!store_look(v->store, f->model, f->file, &seen, NULL))
		seen = f->seen;
	return badge_name(badge_of(v->m.catalog, f->model, &seen));
}

static bool
check_file(struct verify *v, const struct store_file *f, struct err *e)
{
	const struct stock_item *item = stock_find(&v->stock, f->model, f->file);
	struct store_verify_options so = {.deep = v->o->deep, .cancel = &v->work.cancel, .progress = progress, .arg = v};
	struct outcome o = {.model = item ? item->name : f->model, .file = f->file, .format = item ? item->format : "",
	    .size = f->seen.size, .state = STATE_UNKNOWN};
	struct err why = {0};
	bool ok = true;

	if (f->seen.trust == STORE_UNKNOWN) {
		o.note = mem_dup(_("minnow did not put it there"));
	} else if (store_verify(v->store, f->model, f->file, &so, &o.report, &why)) {
		o.state = o.report.whole ? STATE_WHOLE : STATE_DAMAGED;
		memcpy(o.sha256, o.report.sha256, sizeof o.sha256);
		if (!o.report.whole && v->o->repair)
			ok = repair(v, f, &o, e);
	} else if (why.kind == ERR_CANCELLED) {
		*e = why;
		ok = false;
	} else {
		o.state = STATE_DAMAGED;
		memcpy(o.sha256, f->seen.sha256, sizeof o.sha256);
		o.note = mem_dup(why.text);
		v->why = why;
	}
	if (ok) {
		o.badge = badge_now(v, f);
		ok = tell(v, &o, e);
	}
	store_report_done(&o.report);
	free(o.note);
	v->base += f->seen.size;
	return ok;
}

/* What is to be said of the bytes of a file outside the store, whose digest is computed now.  WAS: that it had; NULL: not
 * known. */
static void
judge_outside(struct verify *v, const struct outside *outside, const unsigned char *was, struct outcome *o)
{
	const struct entry_file *f;
	const struct catalog_model *m = known_model(v->m.catalog, o->sha256, &f);
	struct buf note = {0};

	if (was && memcmp(was, o->sha256, sizeof o->sha256) != 0) {
		o->state = STATE_DAMAGED;
		buf_printf(&note, _("not what it was when it was %s"), outside->item ? _("imported") : _("hashed before"));
		if (!v->why.kind)
			err_set(&v->why, ERR_VERIFY, outside->item ? "%s belongs to another program, which has to fetch it again" :
			    _("%s: minnow does not know where it comes from"), outside->path);
	} else if (was && outside->item) {
		o->state = STATE_WHOLE;
	} else if (m) {
		buf_printf(&note, _("it is %s/%s%s%s"), m->registry, m->entry.id, f->quant ? ":" : "", f->quant ? f->quant : "");
	} else {
		buf_add_str(&note, _("no registry of this machine knows these bytes"));
	}
	o->note = note.len ? buf_take(&note) : NULL;
	buf_done(&note);
}

/* A file outside the store: which bytes are it? */
static bool
check_outside(struct verify *v, const struct outside *outside, struct err *e)
{
	const struct stock_item *item = outside->item;
	const char *path = outside->path;
	struct outcome o = {.model = item ? item->name : "", .file = path, .format = item ? item->format : "",
	    .state = STATE_PATH};
	struct known before, now;
	struct stat st;
	bool ok;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return stat(path, &st) < 0 ? err_set_errno(e, errno, path) :
		    err_set(e, ERR_FAILED, "%s: is no regular file; of a directory, name the files", path);
	o.size = (uint64_t)st.st_size;
	known_look(&v->m.config, v->m.catalog, path, &before);
	if (!vet_hash(path, &v->work, v->base, v->total, o.sha256, e))
		return false;
	v->base += o.size;
	judge_outside(v, outside, outside->sha256 ? outside->sha256 : before.has_sha256 ? before.sha256 : NULL, &o);
	if (o.state == STATE_DAMAGED)
		known_forget(&v->m.config, path);
	else
		known_remember(&v->m.config, path, o.sha256);
	known_look(&v->m.config, v->m.catalog, path, &now);
	o.badge = badge_name(o.state == STATE_DAMAGED ? BADGE_UNVERIFIED : now.badge);
	ok = tell(v, &o, e);
	free(o.note);
	return ok;
}

static bool
check_all(struct verify *v, struct err *e)
{
	bool ok = work_begin(&v->work, _("verifying"), e);

	for (size_t i = 0; ok && i < v->stock.list.n; i++)
		ok = !v->wanted[i] || check_file(v, &v->stock.list.files[i], e);
	for (size_t i = 0; ok && i < v->n_outside; i++)
		ok = check_outside(v, &v->outside[i], e);
	work_end(&v->work);
	if (!ok && e->kind == ERR_CANCELLED)
		err_set(e, ERR_CANCELLED, ngettext("interrupted after %zu file", "interrupted after %zu files", v->n_checked), v->n_checked);
	return ok;
}

static bool
conclude(struct verify *v, double seconds, struct err *e)
{
	if (v->list) {
		json_t *list = v->list;

		v->list = NULL;
		if (!models_print_json(list, e))
			return false;
	}
	if (v->n_damaged && v->o->repair)
		return err_set(e, ERR_VERIFY, ngettext("%zu of %zu file could not be repaired: %s", "%zu of %zu files could not be repaired: %s",
		    v->n_checked), v->n_damaged, v->n_checked, v->why.text);
	if (v->n_damaged)
		return err_set(e, ERR_VERIFY, v->n_damaged > 1 ?
		    N_("%zu of %zu files are damaged (minnow verify --repair%s%s fetches the damaged parts again)") :
		    ngettext("%zu of %zu file is damaged (minnow verify --repair%s%s fetches the damaged parts again)",
		    "%zu of %zu files is damaged (minnow verify --repair%s%s fetches the damaged parts again)", v->n_checked),
		    v->n_damaged, v->n_checked, v->n_damaged == 1 ? " " : "", v->n_damaged == 1 ? v->damaged : "");
	if (v->m.is_terminal && !v->o->json && v->n_checked == 0)
		printf(_("There is no model to verify: minnow pull MODEL downloads one.\n"));
	else if (v->m.is_terminal && !v->o->json && seconds > 0 && v->base > 0)
		printf(_("%.2f GB in %.1f s, %.1f GB/s\n"), (double)v->base * 1e-9, seconds, (double)v->base * 1e-9 / seconds);
	return true;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct verify v = {.o = call->opts};
	bool ok = models_open(&v.m, e) && models_open_store(&v.m.config, false, &v.store, e) &&
	    models_stock(&v.m, v.store, &v.stock, e) && choose(&v, call, e);
	double start = clock_s();

	if (ok)
		fetching_apply(&v.o->fetching, &v.m.config);
	if (ok && v.o->json)
		v.list = json_array();
	ok = ok && check_all(&v, e) && conclude(&v, clock_s() - start, e);
	json_decref(v.list);
	free(v.wanted);
	free(v.outside);
	free(v.damaged);
	buf_done(&v.what);
	stock_done(&v.stock);
	store_close(v.store);
	models_close(&v.m);
	return ok;
}

static void
defaults(void *p)
{
	struct verify_opts *o = p;

	o->fetching = FETCHING_NONE;
}

#define AT(field) offsetof(struct verify_opts, field)

static const struct opt opts[] = {
	{"repair", 0, OPT_FLAG, NULL, N_("fetch the damaged parts again, and only those"), AT(repair), 0, 0, NULL},
	{"deep", 0, OPT_FLAG, NULL, N_("compute SHA-256 as well, which takes longer"), AT(deep), 0, 0, NULL},
#define FETCHING(name, kind, arg, help, field, min, max) {name, 0, OPT_##kind, arg, help, AT(fetching.field), min, max, NULL},
#include "tui/cmd/fetching.def"
#undef FETCHING
	{"json", 0, OPT_FLAG, NULL, N_("print a JSON list"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_verify = {
	.name = "verify",
	.args = "[MODEL...]",
	.summary = N_("check the files of models for damage, and repair them"),
	.details = N_("Without MODEL, all models of this machine are read. MODEL is a name of minnow ls, with a format or without, "
	    "or the path of a file elsewhere, whose SHA-256 is then looked for in the registries.\n"
	    "A file that looks as it did when it was verified is held against the XXH3 of its parts, by all processors at "
	    "once: that finds bytes that rotted, not those that somebody forged. With --deep, and where a file was touched, "
	    "SHA-256 is computed as well. Damaged parts are named; --repair fetches them alone from where the model came "
	    "from, with the options of a download. Status 4: something is damaged and was not repaired.\n"
	    "When standard output is no terminal, each line holds model, file, bytes, state (whole, repaired, damaged, "
	    "unverified, hashed), the damaged parts as OFFSET+BYTES, and the badge, with tabs between."),
	.opts = opts,
	.opts_size = sizeof(struct verify_opts),
	.defaults = defaults,
	.max_args = -1,
	.run = run,
};
