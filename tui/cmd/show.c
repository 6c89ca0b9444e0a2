/* minnow show: what the registries say of one model, what changed since its parent, its files and what they need. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/adopt.h"
#include "registry/resolve.h"
#include "registry/search.h"
#include "registry/variant.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/models.h"
#include "tui/cmd/show_here.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/text_clean.h"

struct show_opts {
	bool json;
};

static const char margin[] = "                ";		/* where the right side of a fact begins */

static bool
is_unsourced(const struct entry *en, const char *member)
{
	for (size_t i = 0; i < en->unsourced.n; i++)
		if (strcmp(en->unsourced.at[i], member) == 0)
			return true;
	return false;
}

/* A line "  label  value"; MEMBER: whose source is in question, or NULL.  Nothing for an empty value. */
static void
add_fact(const struct models *m, struct buf *out, const struct entry *en, const char *label, const char *member,
    const char *value)
{
	struct buf text = {0}, first = {0};

	if (value && *value) {
		buf_printf(&first, "  %-*s", text_field(label, (int)sizeof margin - 3), label);
		buf_printf(&text, "%s%s", value, member && is_unsourced(en, member) ? _(" (not confirmed)") : "");
		models_add_paragraph(m, out, buf_str(&first), margin, buf_str(&text));
	}
	buf_done(&text);
	buf_done(&first);
}

static void
add_words(struct buf *out, const struct entry_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", strcmp(w->at[i], "mul") == 0 ? _("and more") : w->at[i]);
}

static void
add_languages(struct buf *out, const struct entry *en)
{
	if (en->n_languages)
		buf_printf(out, _("%" PRIu64), en->n_languages);
	else if (en->languages.n == 1 && strcmp(en->languages.at[0], "mul") == 0)
		buf_add_str(out, _("several"));
	else
		add_words(out, &en->languages);
}

static void
add_family(const struct models *m, struct buf *out, const struct entry *en)
{
	const struct family *f = catalog_find_family(m->catalog, en->family);
	struct buf text = {0};

	buf_add_str(&text, f ? f->name : en->family);
	if (en->generation)
		buf_printf(&text, " %s", en->generation);
	if (f)
		buf_printf(&text, _(", by %s"), f->maker);
	add_fact(m, out, en, _("family"), NULL, buf_str(&text));
	buf_done(&text);
}

static void
add_origin(const struct models *m, struct buf *out, const struct catalog_model *model)
{
	const struct lineage_node *n = NULL;
	const struct catalog_model *from;
	struct buf text = {0};
	struct lineage l;

	lineage_of_model(&l, m->catalog, model);
	for (size_t i = 0; i < l.n; i++)
		if (strcmp(l.nodes[i].id, model->entry.id) == 0)
			n = &l.nodes[i];
	if (n && n->from) {
		buf_printf(&text, "%s%s%s", n->from, n->kind ? _(", as ") : "", n->kind ? n->kind : "");
		if (n->change)
			buf_printf(&text, ": %s", n->change);
		add_fact(m, out, &model->entry, _("grew from"), NULL, buf_str(&text));
		from = catalog_get(m->catalog, NULL, n->from);
		buf_clear(&text);
		if (from)
			models_add_changes(m, &text, &from->entry, &model->entry);
		add_fact(m, out, &model->entry, _("changed"), NULL, buf_str(&text));
	}
	lineage_done(&l);
	buf_done(&text);
}

static void
add_facts(const struct models *m, struct buf *out, const struct catalog_model *model)
{
	const struct entry *en = &model->entry;
	struct buf text = {0};

	add_family(m, out, en);
	add_origin(m, out, model);
	models_add_params(&text, en->n_params);
	if (en->n_active) {
		buf_add_str(&text, _(", of which "));
		models_add_params(&text, en->n_active);
		buf_add_str(&text, _(" work on each token"));
	}
	add_fact(m, out, en, _("parameters"), "params", buf_str(&text));
	buf_clear(&text);
	if (en->n_ctx)
		buf_printf(&text, _("%" PRIu64 " tokens"), en->n_ctx);
	add_fact(m, out, en, _("context"), "context", buf_str(&text));
	buf_clear(&text);
	if (en->arch)
		buf_printf(&text, _("%s, which this minnow %s"), en->arch, !models_runs(en) ? _("does not run") :
		    models_has_more_than_text(en) ? _("runs with text") : _("runs"));
	add_fact(m, out, en, _("architecture"), "arch", buf_str(&text));
	buf_clear(&text);
	add_words(&text, &en->inputs);
	buf_printf(&text, " %s ", m->glyphs->arrow);
	add_words(&text, &en->outputs);
	add_fact(m, out, en, _("kind"), NULL, en->inputs.n && en->outputs.n ? buf_str(&text) : "");
	buf_clear(&text);
	add_fact(m, out, en, _("task"), NULL, en->task);
	add_fact(m, out, en, _("thinking"), "thinking", en->thinking);
	add_languages(&text, en);
	add_fact(m, out, en, _("languages"), "languages", buf_str(&text));
	add_fact(m, out, en, _("chat format"), "template", en->template);
	add_fact(m, out, en, _("licence"), "license", en->license);
	add_fact(m, out, en, _("released"), "released", en->released);
	add_fact(m, out, en, _("note"), NULL, en->note);
	buf_done(&text);
}

/* The card's paragraphs, broken anew; its heading is the line above. */
static void
add_card(const struct models *m, struct buf *out, const char *card)
{
	struct buf paragraph = {0};

	for (const char *p = card; *p;) {
		size_t n = strcspn(p, "\n");
		bool is_text = n && *p != '#' && *p != '|' && *p != '-' && *p != ' ';

		if (is_text) {
			buf_printf(&paragraph, "%s%.*s", paragraph.len ? " " : "", (int)n, p);
		} else if (n && *p != '#') {
			text_clean_line(out, p, n);
			buf_add_char(out, '\n');
		}
		p += n + (p[n] == '\n');
		if (paragraph.len && (!is_text || !*p)) {
			buf_add_char(out, '\n');
			models_add_paragraph(m, out, "", "", buf_str(&paragraph));
			buf_clear(&paragraph);
		}
	}
	buf_done(&paragraph);
}

static void
add_hex(struct buf *out, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02x", bytes[i]);
}

static void
add_hash(struct buf *out, const struct entry_file *f)
{
	if (f->has_sha256) {
		buf_add_str(out, "sha256 ");
		add_hex(out, f->sha256, sizeof f->sha256);
		if (f->single_source)
			buf_add_str(out, _(" (seen in one place only)"));
	} else {
		buf_add_str(out, _("hash learnt on first download"));
	}
}

static void
add_source(struct buf *out, const struct entry_source *s)
{
	if (s->kind == ENTRY_HUB)
		buf_printf(out, "https://huggingface.co/%s/resolve/%s/%s", s->url_or_repo, s->revision ? s->revision : "main", s->path);
	else
		buf_add_str(out, s->url_or_repo);
}

/* One line, and with WHOLE where it comes from and how it is known. */
static void
add_file(const struct models *m, struct buf *out, const struct catalog_model *model, const struct entry_file *f, int names,
    bool whole)
{
	const struct entry *en = &model->entry;
	uint64_t memory = f->role == ENTRY_WEIGHTS ? search_memory(en, f, 0) : 0;
	struct buf text = {0};

	buf_add_str(out, "  ");
	models_add_cell(m, out, f->role == ENTRY_WEIGHTS ? f->quant ? f->quant : "" : entry_role_name(f->role), 11, false);
	buf_add_char(out, ' ');
	models_add_cell(m, out, f->name, names, false);
	if (f->size)
		models_add_size(&text, f->size);
	models_add_cell(m, out, f->size ? buf_str(&text) : "?", 9, true);
	buf_clear(&text);
	if (memory)
		models_add_size(&text, memory);
	models_add_cell(m, out, buf_str(&text), 9, true);
	buf_printf(out, " %s  %s\n", !memory ? " " : memory <= models_memory() ? m->glyphs->yes : m->glyphs->no,
	    _(models_badge(model, f)));
	buf_clear(&text);
	if (whole) {
		add_hash(&text, f);
		models_add_paragraph(m, out, "    ", "    ", buf_str(&text));
		for (size_t i = 0; i < f->n_sources; i++) {
			buf_add_str(out, "    ");
			add_source(out, &f->sources[i]);
			buf_printf(out, "%s\n", f->sources[i].kind == ENTRY_HUB && !f->sources[i].revision ? _(" (no commit known)") : "");
		}
		if (f->note)
			models_add_paragraph(m, out, "    ", "    ", f->note);
	}
	buf_done(&text);
}

static void
add_files(const struct models *m, struct buf *out, const struct catalog_model *model, const char *quant)
{
	const struct entry *en = &model->entry;
	int names = 4, most = m->width - 45;

	buf_add_char(out, '\n');
	if (!en->n_files) {
		models_add_paragraph(m, out, "", "", models_why_none(en->weights));
		return;
	}
	for (size_t i = 0; i < en->n_files; i++)
		if (text_width(en->files[i].name, strlen(en->files[i].name)) > names)
			names = text_width(en->files[i].name, strlen(en->files[i].name));
	if (m->is_terminal && names > most)
		names = most < 8 ? 8 : most;
	buf_printf(out, "  %-*s %-*s%*s%*s    %s\n", text_field(_("format"), 11), _("format"), text_field(_("file"), names), _("file"),
	    text_field(_("size"), 9), _("size"), text_field(_("memory"), 9), _("memory"), _("badge"));
	for (size_t i = 0; i < en->n_files; i++)
		if (!quant || &en->files[i] == entry_find_file(en, quant))
			add_file(m, out, model, &en->files[i], names, quant);
	buf_add_char(out, '\n');
	models_add_paragraph(m, out, "", "", quant ?
	    _("Memory is that of weights and 4096 tokens of context, an estimate.") :
	    _("Memory is that of weights and 4096 tokens of context, an estimate. Badge registry: a download has to have the hash "
	    "that the registry names; signed: the registry was signed, too; unverified: no hash is known yet, it is learnt on "
	    "first download. minnow show NAME:FORMAT tells hash and address."));
}

static bool
has_bytes(const struct adopt_model *a, const struct entry_file *f)
{
	return a->n_files == 1 && f->has_sha256 && a->files[0].has_sha256 &&
	    memcmp(a->files[0].sha256, f->sha256, sizeof f->sha256) == 0;
}

/* Whether another program says that it has this file; one that is in use is told of before. */
static void
add_elsewhere(const struct models *m, struct buf *out, const struct entry_file *f, const struct adopt_found *found,
    const struct adopt_index *used)
{
	struct buf text = {0};
	bool in_use = false;

	for (size_t i = 0; i < used->n; i++)
		in_use |= has_bytes(&used->models[i], f) && adopt_check(&used->models[i], NULL);
	for (size_t i = 0; !in_use && !text.len && i < found->n_models; i++)
		if (has_bytes(&found->models[i], f) && !found->models[i].why_not)
			buf_printf(&text, _("%s is on this machine already, says %s: minnow import %s uses it where it is."), f->name,
			    adopt_kind_title(found->models[i].kind), found->models[i].name);
	if (text.len)
		models_add_paragraph(m, out, "", "", text.data);
	buf_done(&text);
}

static void
add_programs(const struct models *m, struct buf *out, const struct entry *en, const char *quant, const struct adopt_index *used)
{
	struct adopt_found found;

	adopt_scan(&m->config.places, &found);
	adopt_name(&found, m->catalog, used);
	for (size_t i = 0; i < en->n_files; i++)
		if (!quant || &en->files[i] == variant_find(en, quant))
			add_elsewhere(m, out, &en->files[i], &found, used);
	adopt_found_done(&found);
}

static void
add_model(const struct models *m, struct buf *out, const struct catalog_model *model, const char *quant,
    const struct show_here *here)
{
	const struct entry *en = &model->entry;

	buf_printf(out, "%s  %s", en->name, en->id);
	if (!models_is_main(m, model))
		buf_printf(out, _("  from %s"), model->registry);
	buf_add_char(out, '\n');
	if (!quant) {
		if (model->card)
			add_card(m, out, model->card);
		else
			models_add_paragraph(m, out, "\n", "", en->summary);
		buf_add_char(out, '\n');
		add_facts(m, out, model);
	}
	add_files(m, out, model, quant);
	show_here_add(m, out, here);
	add_programs(m, out, en, quant, &here->stock.adopted);
}

static bool
find_quant(const struct entry *en, const char *quant, struct err *e)
{
	struct buf known = {0};

	if (!quant || entry_find_file(en, quant))
		return true;
	variant_list(en, &known);
	err_set(e, ERR_NOT_FOUND, "%s has no file of the format \"%s\"; there is %s", en->id, quant,
	    known.len ? buf_str(&known) : "none");
	buf_done(&known);
	return false;
}

static bool
print_model(const struct models *m, const struct catalog_model *model, const char *quant, const struct show_here *here,
    bool json, struct err *e)
{
	struct buf out = {0};
	json_t *j;

	if (!json) {
		add_model(m, &out, model, quant, here);
		return models_print(&out, e);
	}
	j = models_json(model);
	if (model->card)
		json_object_set_new(j, "card", json_string(model->card));
	json_object_set_new(j, "here", show_here_json(here));
	return models_print_json(j, e);
}

/* What came another way than from a registry that is known here: what was kept with it, else its files alone. */
static bool
print_unlisted(const struct models *m, const char *name, struct show_here *here, bool json, struct err *e)
{
	struct catalog_model model = {0};
	struct buf out = {0};
	struct kept kept;
	bool ok = show_here_find(here, name, &kept, e);

	if (ok && kept.registry) {
		model = (struct catalog_model){.registry = kept.registry, .card = kept.card, .entry = kept.entry};
		ok = print_model(m, &model, NULL, here, json, e);
	} else if (ok && json) {
		ok = models_print_json(json_pack("{s:o}", "here", show_here_json(here)), e);
	} else if (ok) {
		buf_printf(&out, _("No registry of this machine has %s.\n"), name);
		show_here_add(m, &out, here);
		ok = models_print(&out, e);
	}
	kept_done(&kept);
	return ok;
}

static bool
print_path(const struct models *m, const char *path, bool json, struct err *e)
{
	struct buf out = {0};

	if (access(path, F_OK) < 0)
		return err_set_errno(e, errno, path);
	if (json)
		return models_print_json(show_here_path_json(m, path), e);
	show_here_add_path(m, &out, path);
	return models_print(&out, e);
}

static bool
print_name(const struct models *m, const char *name, struct show_here *here, bool json, struct err *e)
{
	size_t n;
	const char *quant = resolve_format(name, &n);
	char *bare = mem_dup_bytes(name, n + 1);
	const struct catalog_model *model;
	struct err why = {0};
	bool ok;

	bare[n] = '\0';
	model = catalog_find(m->catalog, bare, &why);
	free(bare);
	if (model) {
		show_here_pick(here, model, quant);
		return find_quant(&model->entry, quant, e) && print_model(m, model, quant, here, json, e);
	}
	ok = why.kind == ERR_NOT_FOUND && print_unlisted(m, name, here, json, NULL);
	if (!ok && e)
		*e = why;
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct show_opts *o = call->opts;
	const char *name = call->args[0];
	struct show_here here = {0};
	struct models m;
	bool ok = models_open(&m, e);

	if (ok && strcmp(name, RESOLVE_GUIDE) == 0)
		ok = err_set(e, ERR_NOT_FOUND, "the guide is part of minnow and in no registry; minnow inspect guide shows what is in it");
	else if (ok && resolve_is_path(name))
		ok = print_path(&m, name, o->json, e);
	else
		ok = ok && show_here_open(&here, &m, e) && print_name(&m, name, &here, o->json, e);
	show_here_close(&here);
	models_close(&m);
	return ok;
}

static const struct opt opts[] = {
	{"json", 0, OPT_FLAG, NULL, N_("print the entry with its card as one JSON object"), offsetof(struct show_opts, json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_show = {
	.name = "show",
	.args = "NAME",
	.summary = N_("show a model's card, files and what it needs"),
	.details = N_("NAME is a name of minnow search, as qwen3-0.6b; with a format, as qwen3-0.6b:q4_k_m, that file alone is "
	    "shown with its hash and address. REGISTRY/NAME chooses among several registries. Of a model that no registry has, "
	    "what is on this machine is shown; of a path, what is known of that file's bytes, without reading them.\n"
	    "What is marked as not confirmed is from general knowledge and in no public source. The badge of a "
	    "file is the one that a download would get: registry when its hash is that of the registry that is part of the "
	    "program, signed when it is that of a registry whose signatures were checked, unverified when none is known yet. "
	    "Files on this machine are listed below with their own (see minnow-registry(5)). It says which bytes these are, not "
	    "that they are harmless."),
	.opts = opts,
	.opts_size = sizeof(struct show_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
