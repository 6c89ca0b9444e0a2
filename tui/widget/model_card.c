/* Pages about models; see model_card.h. */
#include "tui/widget/model_card.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/lineage.h"
#include "registry/search.h"
#include "tui/cmd/meaning.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/state/explore.h"
#include "tui/text.h"
#include "tui/widget/model_row.h"

enum { LABEL = 12 };

/* "label       text", the text over as many rows as it needs; nothing for an empty one. */
static void
add_fact(struct sheet *p, const char *label, enum role role, const char *text)
{
	int x = p->columns >= 40 ? LABEL : 2;

	if (!*text)
		return;
	sheet_row(p);
	sheet_put(p, 0, ROLE_dim, 0, label);
	if (x < LABEL)
		sheet_row(p);
	sheet_wrap(p, x, x, role, text);
}

/* ---- what stands on top ---- */

/* "March 2025" of "2025-03-12". */
static void
add_date(struct buf *out, const char *date)
{
	static const char *const months[] = {N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"),
	    N_("August"), N_("September"), N_("October"), N_("November"), N_("December")};
	unsigned year, month = 0;

	if (date && sscanf(date, "%4u-%2u", &year, &month) >= 1)
		/* TRANSLATORS: a month and a year */
		buf_printf(out, month >= 1 && month <= 12 ? _("%s %u") : "%s%u", month >= 1 && month <= 12 ? _(months[month - 1]) : "", year);
}

static void
add_part(struct buf *out, const char *dot, const char *part)
{
	if (*part)
		buf_printf(out, "%s%s%s%s", out->len ? " " : "", out->len ? dot : "", out->len ? " " : "", part);
}

static void
add_title(struct sheet *p, const char *title, const char *right)
{
	int w = text_width(right, strlen(right)), room = p->columns;

	sheet_row(p);
	sheet_put(p, 0, ROLE_text, ATTR_BOLD, title);
	if (*right && text_width(title, strlen(title)) + 2 + w <= room)
		sheet_put(p, room - w, ROLE_dim, 0, right);
}

static void
add_head(struct sheet *p, const struct card_of *c)
{
	const struct catalog_model *model = c->node->model;
	const struct entry *en = &model->entry;
	const struct family *f = catalog_find_family(c->m->catalog, en->family);
	struct buf line = {0}, part = {0};

	if (c->node->where != EXPLORE_ABSENT)
		buf_printf(&part, "%s %s", _(badge_name(c->node->badge)), c->node->badge != BADGE_UNVERIFIED ? c->m->glyphs->yes : "");
	else if (c->node->file)
		buf_printf(&part, "%s %s", _(models_badge(model, c->node->file)), c->node->file->has_sha256 ? c->m->glyphs->yes : "");
	add_title(p, en->name, buf_str(&part));
	add_part(&line, c->glyphs->dot, f ? f->maker : "");
	buf_clear(&part);
	add_date(&part, en->released);
	add_part(&line, c->glyphs->dot, buf_str(&part));
	buf_clear(&part);
	models_add_params(&part, en->n_params);
	add_part(&line, c->glyphs->dot, buf_str(&part));
	buf_clear(&part);
	if (en->n_ctx) {
		format_count(&part, en->n_ctx);
		buf_add_str(&part, _(" tokens"));
	}
	add_part(&line, c->glyphs->dot, buf_str(&part));
	add_part(&line, c->glyphs->dot, en->license ? en->license : "");
	sheet_row(p);
	sheet_wrap(p, 0, 0, ROLE_dim, buf_str(&line));
	buf_done(&line);
	buf_done(&part);
}

/* Does the line S[0..n) stand for itself, so that what follows it is no part of it? */
static bool
stands_alone(const char *s, size_t n)
{
	return n == 0 || strchr("#|>-*+`\t", *s) || (*s >= '0' && *s <= '9' && memchr(s, '.', n < 4 ? n : 4)) || strncmp(s, "    ", 4) == 0;
}

/* Cards break their lines where an editor did; here they are broken anew. */
static void
join_lines(struct buf *out, const char *s)
{
	bool in_code = false;

	while (*s) {
		size_t n = strcspn(s, "\n");
		const char *next = s + n + (s[n] == '\n');

		in_code ^= n >= 3 && memcmp(s, "```", 3) == 0;
		buf_add(out, s, n);
		if (!in_code && !stands_alone(s, n) && !stands_alone(next, strcspn(next, "\n")))
			buf_add_char(out, ' ');
		else
			buf_add_char(out, '\n');
		s = next;
	}
}

/* The card without its heading, which is the title. */
static void
add_text(struct sheet *p, const struct catalog_model *model)
{
	const char *s = model->card ? model->card : model->entry.summary;
	struct buf joined = {0};

	if (model->card && *s == '#') {
		s += strcspn(s, "\n");
		s += strspn(s, "\n");
	}
	join_lines(&joined, s);
	sheet_row(p);
	sheet_markdown(p, buf_str(&joined));
	buf_done(&joined);
}

/* ---- where it comes from ---- */

static const struct lineage_node *
find_node(const struct lineage *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->nodes[i].id, id) == 0)
			return &l->nodes[i];
	return NULL;
}

/* "gemma-2 ─ refresh ─ gemma-3-1b ─ instruct ─ this" */
static void
add_line(struct buf *out, const struct lineage *l, const struct lineage_node *n, const char *rule)
{
	if (n->parent != LINEAGE_NONE)
		add_line(out, l, &l->nodes[n->parent], rule);
	if (n->from)
		buf_printf(out, "%s %s %s%s%s ", n->from, rule, n->kind ? n->kind : "", n->kind ? " " : "", n->kind ? rule : "");
}

static void
add_origin(struct sheet *p, const struct card_of *c)
{
	const struct catalog_model *model = c->node->model, *from = card_parent(c);
	const struct lineage_node *n;
	struct buf text = {0};
	struct lineage l;

	lineage_of_model(&l, c->m->catalog, model);
	n = find_node(&l, model->entry.id);
	sheet_row(p);
	if (n && n->from) {
		add_line(&text, &l, n, c->glyphs->rule);
		buf_add_str(&text, _("this"));
		add_fact(p, _("lineage"), ROLE_text, buf_str(&text));
		buf_clear(&text);
		if (n->change)
			buf_add_str(&text, n->change);
		if (from) {
			struct buf d = {0};

			models_add_changes(c->m, &d, &from->entry, &model->entry);
			add_part(&text, c->glyphs->dot, buf_str(&d));
			buf_done(&d);
		}
		add_fact(p, _("new since"), ROLE_text, buf_str(&text));
	}
	add_fact(p, _("note"), ROLE_warn, model->entry.note ? model->entry.note : "");
	if (!models_runs(&model->entry))
		add_fact(p, _("runs"), ROLE_warn, _("not with this minnow"));
	else if (models_has_more_than_text(&model->entry))
		add_fact(p, _("runs"), ROLE_text, _("with text only"));
	buf_done(&text);
	lineage_done(&l);
}

const struct catalog_model *
card_parent(const struct card_of *c)
{
	const struct catalog_model *from = NULL;
	const struct lineage_node *n;
	struct lineage l;

	if (!c->node->model)
		return NULL;
	lineage_of_model(&l, c->m->catalog, c->node->model);
	n = find_node(&l, c->node->model->entry.id);
	if (n && n->from)
		from = catalog_get(c->m->catalog, NULL, n->from);
	lineage_done(&l);
	return from;
}

/* ---- files ---- */

static void
put_right(struct sheet *p, int end, enum role role, const char *s)
{
	sheet_put(p, end - text_width(s, strlen(s)), role, 0, s);
}

/* Columns of a page this wide: where each ends, or begins; 0: left out. */
struct file_columns {
	int size, speed, check, here;
};

static struct file_columns
columns_for(int columns)
{
	return (struct file_columns){
		.size = 21, .speed = columns >= 34 ? 33 : 0, .check = columns >= 58 ? 36 : 0, .here = columns >= 46 ? columns : 0,
	};
}

static const char *
where_words(enum explore_where w)
{
	static const char *const words[] = {[EXPLORE_ABSENT] = "", [EXPLORE_HERE] = N_("on disk"), [EXPLORE_CHANGED] = N_("verify it"),
	    [EXPLORE_ELSEWHERE] = N_("in use")};

	return i18n_text(words[w]);
}

static void
add_file(struct sheet *p, const struct card_of *c, const struct explore_node *n, const struct file_columns *at)
{
	const struct entry_file *f = n->file;
	struct buf text = {0};
	bool is_marked = n == c->node;

	sheet_row(p);
	model_row_title(c->x, n, &text);
	sheet_put(p, 0, is_marked ? ROLE_accent : ROLE_text, is_marked ? ATTR_BOLD : 0, buf_str(&text));
	buf_clear(&text);
	if (f->size)
		models_add_size(&text, f->size);
	put_right(p, at->size, f->size ? ROLE_text : ROLE_dim, f->size ? buf_str(&text) : "?");
	buf_clear(&text);
	model_row_speed(c->x, n, c->glyphs, &text);
	if (at->speed && text.len) {
		put_right(p, at->speed, ROLE_dim, "/s");
		put_right(p, at->speed - 3, ROLE_text, buf_str(&text));
	}
	buf_clear(&text);
	if (!f->has_sha256)
		buf_add_str(&text, _("learnt"));
	else if (f->n_ranges)
		buf_printf(&text, ngettext("sha256, %zu range", "sha256, %zu ranges", f->n_ranges), f->n_ranges);
	else
		buf_add_str(&text, _("sha256"));
	if (at->check)
		sheet_put(p, at->check, ROLE_dim, 0, buf_str(&text));
	if (at->here)
		put_right(p, at->here, n->where == EXPLORE_CHANGED ? ROLE_warn : ROLE_good, where_words(n->where));
	buf_done(&text);
}

/* The node of the model whose card it is. */
static const struct explore_node *
model_of(const struct card_of *c)
{
	return c->node->kind == EXPLORE_FILE ? &c->x->nodes[c->node->parent] : c->node;
}

static void
add_files(struct sheet *p, const struct card_of *c)
{
	const struct explore_node *model = model_of(c), *n = model + 1, *end = c->x->nodes + c->x->n_nodes;
	struct file_columns at = columns_for(p->columns);

	sheet_row(p);
	if (n == end || n->kind != EXPLORE_FILE) {
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, models_why_none(model->model->entry.weights));
		return;
	}
	sheet_row(p);
	sheet_put(p, 0, ROLE_dim, 0, _("file"));
	put_right(p, at.size, ROLE_dim, _("size"));
	if (at.speed)
		put_right(p, at.speed, ROLE_dim, _("here"));
	if (at.check)
		sheet_put(p, at.check, ROLE_dim, 0, _("check"));
	for (; n < end && n->kind == EXPLORE_FILE; n++)
		add_file(p, c, n, &at);
}

static void
add_need(struct sheet *p, const struct card_of *c)
{
	const struct entry *en = &c->node->model->entry;
	const struct entry_file *f = c->node->file;
	uint64_t n_ctx = c->x->config->chat_context > 0 ? (uint64_t)c->x->config->chat_context : 4096, need;
	struct buf text = {0};
	bool fits;

	if (en->n_ctx && n_ctx > en->n_ctx)
		n_ctx = en->n_ctx;
	need = f && f->role == ENTRY_WEIGHTS ? search_memory(en, f, n_ctx) : 0;
	if (!need)
		return;
	fits = need <= c->x->machine.memory_bytes;
	buf_add_str(&text, f->quant ? f->quant : f->name);
	buf_add_str(&text, _(" needs "));
	models_add_size(&text, need);
	buf_add_str(&text, _(" with "));
	format_count(&text, n_ctx);
	buf_printf(&text, _(" tokens of context: %s"), fits ? _("fits") : _("does not fit this machine"));
	sheet_row(p);
	sheet_row(p);
	sheet_wrap(p, 0, 0, fits ? ROLE_text : ROLE_warn, buf_str(&text));
	buf_done(&text);
}

/* Of one file that is marked: what is known of it. */
static void
add_file_facts(struct sheet *p, const struct card_of *c)
{
	const struct entry_file *f = c->node->file;
	struct buf text = {0};

	sheet_row(p);
	add_fact(p, _("name"), ROLE_text, f->name);
	for (size_t i = 0; f->has_sha256 && i < sizeof f->sha256; i++)
		buf_printf(&text, "%02x", f->sha256[i]);
	add_fact(p, _("sha256"), ROLE_text, f->has_sha256 ? buf_str(&text) : _("not known: learnt by the first download"));
	for (size_t i = 0; i < f->n_sources; i++) {
		const struct entry_source *s = &f->sources[i];

		buf_clear(&text);
		if (s->kind == ENTRY_HUB)
			buf_printf(&text, "hf:%s", s->url_or_repo);
		else
			buf_add_str(&text, s->url_or_repo);
		add_fact(p, i ? "" : _("from"), ROLE_text, buf_str(&text));
	}
	add_fact(p, _("note"), ROLE_text, f->note ? f->note : "");
	buf_done(&text);
}

/* ---- families, generations, what no registry knows ---- */

/* "qwen3-0.6b      397 MB   44–58 /s" and what it is, each a link. */
static void
add_begin(struct sheet *p, const struct card_of *c)
{
	const struct catalog_model *begin[EXPLORE_BEGIN_MAX];
	size_t n = explore_begin(c->x, begin);

	if (n == 0)
		return;
	sheet_row(p);
	sheet_row(p);
	sheet_put(p, 0, ROLE_text, 0, _("To begin with, on this machine:"));
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &begin[i]->entry;
		struct explore_node node = {.kind = EXPLORE_MODEL, .model = begin[i], .file = entry_find_file(en, NULL)};
		struct buf text = {0};

		sheet_row(p);
		sheet_row(p);
		sheet_link(p, begin[i]);
		sheet_put(p, 0, ROLE_accent, 0, en->id);
		models_add_size(&text, node.file->size);
		buf_add_str(&text, "   ");
		model_row_speed(c->x, &node, c->glyphs, &text);
		buf_add_str(&text, " /s");
		put_right(p, p->columns, ROLE_text, buf_str(&text));
		sheet_row(p);
		sheet_wrap(p, 2, 2, ROLE_dim, en->summary);
		buf_done(&text);
	}
}

static void
lay_family(struct sheet *p, const struct card_of *c)
{
	const struct explore_node *n = c->node + 1, *end = c->x->nodes + c->x->n_nodes;
	const struct family *f = NULL;
	struct buf text = {0};

	if (n < end && n->kind == EXPLORE_GENERATION)
		n++;
	if (n < end && n->model)
		f = catalog_find_family(c->m->catalog, n->model->entry.family);
	add_title(p, f ? f->name : c->node->title, "");
	if (!f) {
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, _("Models of this machine that no registry knows."));
		add_begin(p, c);
		return;
	}
	buf_add_str(&text, f->maker);
	if (f->first_year)
		buf_printf(&text, _(" %s since %u"), c->glyphs->dot, (unsigned)f->first_year);
	if (f->newest)
		buf_printf(&text, _(" %s newest: %s"), c->glyphs->dot, f->newest);
	sheet_row(p);
	sheet_wrap(p, 0, 0, ROLE_dim, buf_str(&text));
	sheet_row(p);
	sheet_row(p);
	sheet_wrap(p, 0, 0, ROLE_text, f->idea);
	buf_done(&text);
}

static void
lay_generation(struct sheet *p, const struct card_of *c)
{
	struct buf title = {0};
	size_t self = (size_t)(c->node - c->x->nodes);

	model_row_title(c->x, c->node, &title);
	add_title(p, buf_str(&title), "");
	for (size_t i = self + 1; i < c->x->n_nodes && c->x->nodes[i].kind >= EXPLORE_MODEL; i++) {
		const struct explore_node *n = &c->x->nodes[i];

		if (n->parent != self || !n->model)
			continue;
		sheet_row(p);
		sheet_row(p);
		sheet_put(p, 0, ROLE_text, 0, n->model->entry.id);
		sheet_row(p);
		sheet_wrap(p, 2, 2, ROLE_dim, n->model->entry.summary);
	}
	buf_done(&title);
}

static void
lay_local(struct sheet *p, const struct card_of *c)
{
	const struct explore_local *l = c->node->local;
	struct buf text = {0};

	add_title(p, l->name, "");
	sheet_row(p);
	add_fact(p, _("from"), ROLE_text, l->from);
	models_add_size(&text, l->size);
	add_fact(p, _("size"), ROLE_text, buf_str(&text));
	buf_done(&text);
}

void
card_lay(struct sheet *p, const struct card_of *c, int columns)
{
	sheet_clear(p, columns);
	if (c->node->kind == EXPLORE_FAMILY) {
		lay_family(p, c);
	} else if (c->node->kind == EXPLORE_GENERATION) {
		lay_generation(p, c);
	} else if (c->node->local) {
		lay_local(p, c);
	} else {
		add_head(p, c);
		if (c->node->kind == EXPLORE_MODEL)
			add_text(p, c->node->model);
		if (c->node->kind == EXPLORE_MODEL)
			add_origin(p, c);
		else
			add_file_facts(p, c);
		if (!c->without_files)
			add_files(p, c);
		add_need(p, c);
	}
}

/* ---- lineage ---- */

/* What stands before node I: bars of the branches that go on, then its own. */
static void
add_branches(const struct card_of *c, struct buf *out, const struct lineage *l, size_t i, bool below)
{
	size_t depth = l->nodes[i].depth, *line = mem_new0(depth + 1, sizeof *line);

	for (size_t k = i, d = depth + 1; d-- > 0; k = l->nodes[k].parent)
		line[d] = k;
	for (size_t d = 1; d < depth; d++)
		buf_add_str(out, l->nodes[line[d]].is_last ? "   " : c->m->glyphs->pipe);
	if (depth && below)
		buf_add_str(out, l->nodes[i].is_last ? "   " : c->m->glyphs->pipe);
	else if (depth)
		buf_add_str(out, l->nodes[i].is_last ? c->m->glyphs->end : c->m->glyphs->tee);
	if (below)
		buf_add_str(out, i + 1 < l->n && l->nodes[i + 1].parent == i ? c->m->glyphs->pipe : "   ");
	free(line);
}

static uint64_t
year_of(const struct lineage_node *n)
{
	return n->model && n->model->entry.released ? strtoull(n->model->entry.released, NULL, 10) : n->year;
}

static void
add_lineage_node(struct sheet *p, const struct card_of *c, const struct lineage *l, size_t i)
{
	const struct lineage_node *n = &l->nodes[i];
	const struct catalog_model *self = c->node->model;
	bool is_self = self && n->model == self;
	struct buf text = {0};
	int x;

	sheet_row(p);
	add_branches(c, &text, l, i, false);
	x = sheet_put(p, 2, ROLE_dim, 0, buf_str(&text));
	x = x > 2 ? x : 2;
	x = sheet_put(p, x, is_self ? ROLE_accent : n->model ? ROLE_text : ROLE_dim, is_self ? ATTR_BOLD : 0, n->id);
	buf_clear(&text);
	if (n->model)
		models_add_params(&text, n->model->entry.n_params);
	if (year_of(n))
		buf_printf(&text, _("%s%" PRIu64), text.len ? "  " : "", year_of(n));
	if (text.len && x + 2 + text_width(text.data, text.len) <= p->columns)
		put_right(p, p->columns, ROLE_dim, buf_str(&text));
	if (n->model)
		sheet_link(p, n->model);
	if (is_self && p->mark == 0)
		p->mark = p->n_rows - 1;
	buf_clear(&text);
	if (n->from && n->parent == LINEAGE_NONE)
		buf_printf(&text, _("from %s%s"), n->from, n->kind ? ", " : "");
	if (n->from && n->kind)
		buf_add_str(&text, n->kind);
	if (n->change)
		buf_printf(&text, "%s%s", text.len ? ": " : "", n->change);
	if (text.len) {
		struct buf before = {0};

		add_branches(c, &before, l, i, true);
		sheet_row(p);
		x = 2 + text_width(buf_str(&before), before.len);
		sheet_put(p, 2, ROLE_dim, 0, buf_str(&before));
		sheet_wrap(p, x, x, ROLE_dim, buf_str(&text));
		buf_done(&before);
	}
	buf_done(&text);
}

void
card_lay_lineage(struct sheet *p, const struct card_of *c, int columns)
{
	const struct explore_node *n = c->node, *first = n;
	struct lineage l = {0};

	sheet_clear(p, columns);
	while (first < c->x->nodes + c->x->n_nodes && !first->model && !first->local)
		first++;
	if (n->model) {
		lineage_of_model(&l, c->m->catalog, n->model);
	} else if (first->model && catalog_find_family(c->m->catalog, first->model->entry.family)) {
		lineage_of_family(&l, c->m->catalog, catalog_find_family(c->m->catalog, first->model->entry.family));
	}
	add_title(p, _("Where it comes from"), "");
	sheet_row(p);
	if (!l.n) {
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, _("No registry says where it comes from."));
	}
	for (size_t i = 0; i < l.n; i++)
		add_lineage_node(p, c, &l, i);
	lineage_done(&l);
}

/* ---- what changed ---- */

void
card_lay_changes(struct sheet *p, const struct card_of *c, int columns)
{
	const struct catalog_model *from = card_parent(c);
	struct lineage_change *d;
	struct buf text = {0};
	size_t n, told = 0;

	sheet_clear(p, columns);
	if (!from) {
		add_title(p, _("What changed"), "");
		sheet_row(p);
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, _("No registry has the model before this one, so there is nothing to compare it with."));
		return;
	}
	buf_printf(&text, "%s %s %s", from->entry.id, c->m->glyphs->arrow, c->node->model->entry.id);
	add_title(p, buf_str(&text), "");
	n = lineage_all_changes(&from->entry, &c->node->model->entry, &d);
	for (size_t i = 0; i < n; i++) {
		if (!models_change_is_told(&d[i], true) || strcmp(d[i].what, "grew from") == 0 || strcmp(d[i].what, "as") == 0 ||
		    strcmp(d[i].what, "released") == 0)
			continue;
		buf_clear(&text);
		models_add_change(c->m, &text, &d[i]);
		sheet_row(p);
		sheet_row(p);
		sheet_wrap(p, 0, 2, ROLE_text, buf_str(&text));
		buf_clear(&text);
		models_add_meaning(&text, &d[i]);
		if (text.len) {
			sheet_row(p);
			sheet_wrap(p, 2, 2, ROLE_dim, text.data);
		}
		told++;
	}
	if (!told) {
		sheet_row(p);
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, _("The registry knows of nothing that differs."));
	}
	lineage_changes_done(d, n);
	buf_done(&text);
}

/* ---- licence ---- */

static const struct {
	const char *begins, *says;
} licences[] = {
#define LICENCE(begins, says) {begins, says},
#include "tui/widget/licence.def"
#undef LICENCE
};

static const char *
licence_says(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(licences); i++)
		if (strncmp(name, licences[i].begins, strlen(licences[i].begins)) == 0)
			return licences[i].says;
	return _("Nothing is known of this licence: read it where the model comes from, before you use it.");
}

static void
add_plain(struct sheet *p, const char *text)
{
	for (const char *s = text; *s;) {
		size_t n = strcspn(s, "\n");
		char *line = mem_dup_bytes(s, n + 1);

		line[n] = '\0';
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_text, line + strspn(line, " \t"));
		free(line);
		s += n + (s[n] == '\n');
	}
}

void
card_lay_licence(struct sheet *p, const struct card_of *c, int columns, const char *text)
{
	const struct entry *en = &c->node->model->entry;
	struct buf from = {0};

	sheet_clear(p, columns);
	add_title(p, en->license ? en->license : _("The licence is not known"), "");
	sheet_row(p);
	if (en->license) {
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_text, licence_says(en->license));
		sheet_row(p);
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, _("That is a summary, not the licence."));
	}
	for (size_t i = 0; i < en->n_files && !from.len; i++)
		if (en->files[i].sources[0].kind == ENTRY_HUB)
			buf_printf(&from, "https://huggingface.co/%s", en->files[i].sources[0].url_or_repo);
	if (text) {
		sheet_row(p);
		add_plain(p, text);
	} else if (from.len) {
		sheet_row(p);
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, _("Its text is not on this machine; the model comes from"));
		sheet_row(p);
		sheet_wrap(p, 2, 2, ROLE_text, from.data);
	}
	buf_done(&from);
}
