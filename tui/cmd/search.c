/* minnow search: models of the registries, as a table for a person and as plain columns or JSON for a script. */
#include "registry/search.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/text.h"

struct search_opts {
	const char *family, *max_size, *licence, *language, *input;
	bool fits, thinking, json;
};

enum { GAP = 2, SUMMARY_LEAST = 16, SUMMARY_GOOD = 40, NARROW = 100, RANK_EXTRA = 4, RANK_MAX = 7 };

static void
put_runs(const struct models *m, struct buf *out, const struct search_hit *h)
{
	buf_add_str(out, models_runs(&h->model->entry) && h->file ? m->glyphs->yes : "");
}

static void
put_id(const struct models *m, struct buf *out, const struct search_hit *h)
{
	models_add_name(m, out, h->model);
}

static void
put_params(const struct models *m, struct buf *out, const struct search_hit *h)
{
	(void)m;
	models_add_params(out, h->model->entry.n_params);
}

static void
put_quant(const struct models *m, struct buf *out, const struct search_hit *h)
{
	(void)m;
	if (h->file && h->file->quant)
		buf_add_str(out, h->file->quant);
}

/* What a download brings, or why there is none. */
static void
put_size(const struct models *m, struct buf *out, const struct search_hit *h)
{
	(void)m;
	if (h->file && h->file->size)
		models_add_size(out, h->file->size);
	else
		buf_add_str(out, h->file ? "?" : strcmp(h->model->entry.weights ? h->model->entry.weights : "", "closed") == 0 ?
		    _("closed") : _("no file"));
}

static void
put_licence(const struct models *m, struct buf *out, const struct search_hit *h)
{
	(void)m;
	buf_add_str(out, h->model->entry.license ? h->model->entry.license : "");
}

static void
put_context(const struct models *m, struct buf *out, const struct search_hit *h)
{
	(void)m;
	models_add_context(out, h->model->entry.n_ctx);
}

static void
put_thinks(const struct models *m, struct buf *out, const struct search_hit *h)
{
	const char *thinking = h->model->entry.thinking;

	(void)m;
	if (thinking && strcmp(thinking, "none") != 0)
		buf_add_str(out, strcmp(thinking, "always") == 0 ? _("always") : _("on/off"));
}

static void
put_released(const struct models *m, struct buf *out, const struct search_hit *h)
{
	const char *date = h->model->entry.released;

	(void)m;
	if (date)
		buf_printf(out, "%.7s", date);
}

static void
put_summary(const struct models *m, struct buf *out, const struct search_hit *h)
{
	(void)m;
	buf_add_str(out, h->model->entry.summary);
}

/* In the order of the table; those with the highest rank are the first to go when it is too wide. */
static const struct column {
	const char *title;
	int rank;		/* from RANK_EXTRA on: goes before the summary gets shorter than is good */
	bool right;
	int most;		/* columns when the terminal is narrow; 0: what it takes */
	void (*put)(const struct models *m, struct buf *out, const struct search_hit *h);
} columns[] = {
	{"", 0, false, 0, put_runs},
	{N_("model"), 0, false, 0, put_id},
	{N_("params"), 1, true, 0, put_params},
	{N_("size"), 0, true, 0, put_size},
	{N_("as"), 5, false, 0, put_quant},
	{N_("context"), 4, true, 0, put_context},
	{N_("thinks"), 6, false, 0, put_thinks},
	{N_("licence"), 3, false, 10, put_licence},
	{N_("released"), 7, false, 0, put_released},
	{"", 2, false, 0, put_summary},
};
enum { N_COLUMNS = ARRAY_LEN(columns), LAST = N_COLUMNS - 1 };

static int
cell_width(const struct models *m, size_t c, const struct search_hit *h)
{
	struct buf text = {0};
	int width;

	columns[c].put(m, &text, h);
	width = text_width(buf_str(&text), text.len);
	buf_done(&text);
	return m->width < NARROW && columns[c].most && width > columns[c].most ? columns[c].most : width;
}

static int
total_width(const int *width)
{
	int total = -GAP;

	for (size_t c = 0; c < N_COLUMNS; c++)
		if (width[c])
			total += width[c] + GAP;
	return total;
}

/* Columns as wide as their widest cell; the summary gets what is left, or columns go until it has enough. */
static void
lay_out(const struct models *m, const struct search_hit *hits, size_t n, int *width)
{
	for (size_t c = 0; c < N_COLUMNS; c++) {
		width[c] = c == LAST ? SUMMARY_GOOD : text_width(_(columns[c].title), strlen(_(columns[c].title)));
		for (size_t i = 0; c != LAST && i < n; i++) {
			int w = cell_width(m, c, &hits[i]);

			width[c] = w > width[c] ? w : width[c];
		}
	}
	for (int rank = RANK_MAX; rank > 0 && total_width(width) > m->width; rank--) {
		for (size_t c = 0; c < N_COLUMNS; c++)
			if (columns[c].rank == rank)
				width[c] = 0;
		if (rank == RANK_EXTRA)
			width[LAST] = SUMMARY_LEAST;
	}
	if (total_width(width) > m->width)
		width[1] -= total_width(width) - m->width;
	if (width[1] < 8)
		width[1] = 8;
	if (width[LAST] && total_width(width) < m->width)
		width[LAST] += m->width - total_width(width);
}

static void
end_line(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		buf_truncate(out, out->len - 1);
	buf_add_char(out, '\n');
}

static void
add_line(const struct models *m, struct buf *out, const int *width, const struct search_hit *h)
{
	bool first = true;

	for (size_t c = 0; c < N_COLUMNS; c++) {
		struct buf text = {0};

		if (!width[c])
			continue;
		buf_printf(out, "%*s", first ? 0 : GAP, "");
		first = false;
		if (h)
			columns[c].put(m, &text, h);
		else
			buf_add_str(&text, _(columns[c].title));
		models_add_cell(m, out, buf_str(&text), width[c], columns[c].right);
		buf_done(&text);
	}
	end_line(out);
}

static void
add_table(const struct models *m, struct buf *out, const struct search_query *q, const struct search_hit *hits, size_t n)
{
	struct buf foot = {0};
	int width[N_COLUMNS];
	bool runs = false;

	lay_out(m, hits, n, width);
	add_line(m, out, width, NULL);
	for (size_t i = 0; i < n; i++) {
		add_line(m, out, width, &hits[i]);
		runs |= hits[i].file && models_runs(&hits[i].model->entry);
	}
	buf_printf(&foot, ngettext("%zu model", "%zu models", n), n);
	if (q->memory_bytes) {
		buf_add_str(&foot, _(" that fit in "));
		models_add_size(&foot, q->memory_bytes);
		buf_add_str(&foot, _(" of memory"));
	}
	if (runs)
		buf_printf(&foot, _("; %s this minnow runs it, with text"), m->glyphs->yes);
	buf_add_str(&foot, _("; minnow show NAME tells more"));
	buf_add_char(out, '\n');
	models_add_paragraph(m, out, "", "", buf_str(&foot));
	buf_done(&foot);
}

/* Tab-separated, numbers whole. */
static void
add_plain(const struct models *m, struct buf *out, const struct search_hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &hits[i].model->entry;
		const struct entry_file *f = hits[i].file;

		models_add_name(m, out, hits[i].model);
		buf_printf(out, "\t%" PRIu64 "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%s\n", en->n_params,
		    f && f->quant ? f->quant : "", f ? f->size : 0, en->n_ctx, en->license ? en->license : "",
		    models_runs(en) ? "yes" : "no", en->arch ? en->arch : "");
	}
}

static json_t *
hits_json(const struct search_hit *hits, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = models_json(hits[i].model);

		if (hits[i].file)
			json_object_set_new(j, "file", json_string(hits[i].file->name));
		json_array_append_new(list, j);
	}
	return list;
}

static bool
nothing_found(const struct models *m, const struct search_query *q, struct err *e)
{
	struct buf words = {0}, near = {0};
	const char *what = q->n_words ? q->words[0] : q->family;

	for (size_t i = 0; i < q->n_words; i++)
		buf_printf(&words, "%s%s", i ? " " : "", q->words[i]);
	if (what && catalog_near(m->catalog, what, 3, &near) && strcmp(buf_str(&near) + 1, what) != '"')
		err_set(e, ERR_NOT_FOUND, "no model matches%s%s%s; did you mean %s?", words.len ? " \"" : "", buf_str(&words),
		    words.len ? "\"" : "", buf_str(&near));
	else if (q->n_words)
		err_set(e, ERR_NOT_FOUND, "no model matches \"%s\" (minnow families lists what there is)", buf_str(&words));
	else
		err_set(e, ERR_NOT_FOUND, "no model meets these conditions");
	buf_done(&words);
	buf_done(&near);
	return false;
}

static bool
make_query(const struct models *m, const struct cmd_call *call, struct search_query *q, struct err *e)
{
	const struct search_opts *o = call->opts;

	*q = (struct search_query){
		.words = call->args,
		.n_words = (size_t)call->n_args,
		.family = o->family,
		.license = o->licence,
		.language = o->language,
		.thinking = o->thinking ? "any" : NULL,
		.input = o->input,
		.memory_bytes = o->fits ? models_memory() : 0,
	};
	if (o->max_size && !(q->max_bytes = search_parse_size(o->max_size)))
		return err_set(e, ERR_USAGE, "--max-size wants a size as 800M or 2.5GB, not \"%s\"", o->max_size);
	if (o->family && !catalog_find_family(m->catalog, o->family)) {
		struct buf near = {0};

		catalog_near(m->catalog, o->family, 3, &near);
		err_set(e, ERR_NOT_FOUND, "there is no family \"%s\"%s%s (see: minnow families)", o->family,
		    near.len ? _("; near are ") : "", buf_str(&near));
		buf_done(&near);
		return false;
	}
	return true;
}

static bool
print_hits(const struct models *m, const struct cmd_call *call, struct err *e)
{
	const struct search_opts *o = call->opts;
	struct search *s = NULL;
	struct search_hit *hits = NULL;
	struct search_query q;
	struct buf out = {0};
	size_t n;
	bool ok = false;

	if (!make_query(m, call, &q, e))
		return false;
	s = search_new(m->catalog);
	n = search_run(s, &q, &hits);
	if (n == 0) {
		nothing_found(m, &q, e);
	} else if (o->json) {
		ok = models_print_json(hits_json(hits, n), e);
	} else {
		if (m->is_terminal)
			add_table(m, &out, &q, hits, n);
		else
			add_plain(m, &out, hits, n);
		ok = models_print(&out, e);
	}
	free(hits);
	search_free(s);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct models m;
	bool ok = models_open(&m, e) && print_hits(&m, call, e);

	models_close(&m);
	return ok;
}

#define AT(field) offsetof(struct search_opts, field)

static const struct opt opts[] = {
	{"family", 'f', OPT_TEXT, "NAME", N_("only this family (minnow families lists them)"), AT(family), 0, 0, NULL},
	{"fits", 0, OPT_FLAG, NULL, N_("only what fits in four fifths of this machine's memory"), AT(fits), 0, 0, NULL},
	{"max-size", 0, OPT_TEXT, "SIZE", N_("only files of at most this size: 800M, 2.5GB"), AT(max_size), 0, 0, NULL},
	{N_("licence"), 0, OPT_TEXT, "NAME", N_("only licences whose name begins so: apache, mit"), AT(licence), 0, 0, NULL},
	{"language", 0, OPT_TEXT, "CODE", N_("only models that know this language (ISO 639: en, ko)"), AT(language), 0, 0, NULL},
	{"thinking", 0, OPT_FLAG, NULL, N_("only models that can think before they answer"), AT(thinking), 0, 0, NULL},
	{"input", 0, OPT_CHOICE, "KIND", N_("only models that take this besides text"), AT(input), 0, 0, "text image audio video"},
	{"json", 0, OPT_FLAG, NULL, N_("print a JSON list of entries, best first"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_search = {
	.name = "search",
	.args = "[WORD...]",
	.summary = N_("find models in the registries"),
	.details = N_("Every WORD has to match the name, family, maker, task, licence, language or description of a model; "
	    "beginnings, parts and small slips of the finger count, so does what it is for: code, reasoning, korean, vision. "
	    "Without words, everything that meets the options is listed.\n"
	    "A file is chosen that meets --fits and --max-size; where none is known to, the model is left out. A model of many "
	    "languages is listed for any of them.\n"
	    "On a terminal, a table that adapts to its width. Otherwise one line a model, with tabs between: name, "
	    "parameters, format, bytes (0: not known), context, licence, whether this minnow runs it (with text), architecture.\n"
	    "\n"
	    "  minnow search qwen coder --max-size 2GB\n"
	    "  minnow search korean --fits --licence apache"),
	.opts = opts,
	.opts_size = sizeof(struct search_opts),
	.max_args = -1,
	.run = run,
};
