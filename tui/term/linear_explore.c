/* Explore in plain lines: numbered lists to go into, and whole sentences. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/pull.h"
#include "tui/app.h"
#include "tui/cmd/models.h"
#include "tui/forecast.h"
#include "tui/i18n.h"
#include "tui/term/linear.h"
#include "tui/widget/model_card.h"
#include "tui/widget/model_row.h"

enum { COLUMNS = 78, FOUND_MAX = 40 };

void
linear_explore_done(struct linear_explore *le)
{
	free(le->listed);
	*le = (struct linear_explore){0};
}

/* ---- waiting ---- */

/* Until what runs beside is done; Ctrl-C stops it. */
static void
wait_done(struct linear *l)
{
	struct explore *x = &l->app->explore;
	struct linear_progress p = {0};

	l->takes_interrupt = true;
	l->interrupted = false;
	while (explore_busy(x) && !l->signal) {
		uint64_t n = x->work ? atomic_load(&x->work->n) : 0, size = x->work ? atomic_load(&x->work->size) : 0;

		if (linear_is_due(&p, (double)n, (double)size) && x->work && size)
			linear_say(_("%s: %.0f percent.\n"), x->work->what, 100.0 * (double)n / (double)size);
		else if (x->work && l->interrupted && !explore_stop(x))
			break;
		fflush(stdout);
		l->interrupted = false;
		linear_wait(l, false, 1000);
	}
	l->takes_interrupt = false;
}

/* ---- lists ---- */

static void
add_node(const struct explore *x, const struct explore_node *n, struct buf *out)
{
	uint64_t size = n->local ? n->local->size : n->file ? n->file->size : 0;
	double low, high;

	model_row_title(x, n, out);
	if (n->kind <= EXPLORE_GENERATION) {
		buf_printf(out, ngettext(", %u model", ", %u models", n->n_models), n->n_models);
		return;
	}
	if (n->kind == EXPLORE_MODEL && n->model && n->model->entry.n_params) {
		buf_add_str(out, ", ");
		models_add_params(out, n->model->entry.n_params);
		buf_add_str(out, _(" parameters"));
	}
	if (size) {
		buf_add_str(out, ", ");
		models_add_size(out, size);
	}
	if (n->kind == EXPLORE_MODEL && n->file && n->file->quant)
		buf_printf(out, _(" as %s"), n->file->quant);
	if (n->file && n->file->role == ENTRY_WEIGHTS && models_runs(&n->model->entry) &&
	    forecast_speed(x->machine.roof, &n->model->entry, n->file, &low, &high)) {
		if (low >= 999.5)
			buf_add_str(out, _(", more than 1000 tokens a second here"));
		else
			buf_printf(out, _(", %.*f to %.*f tokens a second here"), high < 9.95, low, high < 9.95, high);
	}
	if (n->kind == EXPLORE_MODEL && !n->file && !n->local)
		buf_add_str(out, _(", without a file to download"));
	else if (n->where == EXPLORE_CHANGED)
		buf_add_str(out, _(", on this machine, to be verified"));
	else if (n->where != EXPLORE_ABSENT)
		buf_add_str(out, _(", on this machine"));
}

/* Those that ACCEPT takes get numbers. */
static void
list_nodes(struct linear_explore *le, const struct explore *x, bool (*accept)(const struct explore *x, uint32_t i, uint32_t arg),
    uint32_t arg)
{
	le->listed = mem_grow(le->listed, x->n_nodes + 1, sizeof *le->listed);
	le->n_listed = 0;
	le->n_nodes = x->n_nodes;
	for (uint32_t i = 0; i < x->n_nodes; i++)
		if (x->nodes[i].shown && accept(x, i, arg))
			le->listed[le->n_listed++] = i;
}

static void
add_listed(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct linear *l = m->arg;
	const struct explore *x = &l->app->explore;

	if (l->explore.n_nodes == x->n_nodes)
		add_node(x, &x->nodes[l->explore.listed[i]], out);
}

static bool
is_child(const struct explore *x, uint32_t i, uint32_t parent)
{
	return x->nodes[i].parent == parent;
}

static bool
is_model(const struct explore *x, uint32_t i, uint32_t arg)
{
	(void)arg;
	return x->nodes[i].kind == EXPLORE_MODEL;
}

static void
print_sheet(const struct sheet *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		struct buf row = {0};

		sheet_row_text(p, i, &row);
		linear_say("%s\n", buf_str(&row));
		buf_done(&row);
	}
}

static void
print_page(struct app *app, uint32_t node, void (*lay)(struct sheet *p, const struct card_of *c, int columns))
{
	struct explore *x = &app->explore;
	struct models m = {.catalog = x->catalog, .glyphs = models_glyphs_get(true), .width = COLUMNS};
	struct card_of c = {.x = x, .node = &x->nodes[node], .m = &m, .glyphs = glyphs_get(true), .without_files = true};
	struct sheet p = {0};

	lay(&p, &c, COLUMNS);
	print_sheet(&p);
	sheet_done(&p);
}

static void
lay_licence(struct sheet *p, const struct card_of *c, int columns)
{
	card_lay_licence(p, c, columns, c->x->licence);
}

/* ---- inside a file ---- */

static void
print_inside(struct app *app, const char *words)
{
	struct inside *in = app->explore.inside;
	size_t shown = 0, left = 0;

	inside_filter(in, words);
	for (enum inside_section s = 0; s < INSIDE_SECTIONS; s++) {
		bool is_long = s == INSIDE_METADATA || s == INSIDE_TENSORS || s == INSIDE_VOCABULARY;

		linear_say("%s: %zu.\n", inside_title(s), inside_count(in, s));
		if (is_long && !*words)
			continue;
		for (size_t i = 0; i < inside_count(in, s); i++) {
			struct buf a = {0}, b = {0};

			if (is_long && shown++ >= FOUND_MAX) {
				left++;
				continue;
			}
			inside_row(in, s, i, &a, &b);
			linear_say("  %s%s%s\n", buf_str(&a), b.len ? ": " : "", buf_str(&b));
			buf_done(&a);
			buf_done(&b);
		}
	}
	if (left)
		linear_say(_("And %zu more.\n"), left);
	if (!*words)
		puts(_("Type :details and a part of a key, a tensor or a token, or a token's number, to find it."));
}

static void
look_inside(struct linear *l, uint32_t node)
{
	struct explore *x = &l->app->explore;
	struct err e = {0};

	if (!explore_look_inside(x, &x->nodes[node], &e)) {
		linear_fail(&e);
		return;
	}
	wait_done(l);
	linear_tell_note(l);
	if (x->showing == EXPLORE_INSIDE)
		print_inside(l->app, "");
}

/* ---- actions ---- */

/* The question of the program, which is its note. */
static bool
agrees(struct linear *l)
{
	char *question = mem_dup(buf_str(&l->app->note));
	bool yes;

	buf_clear(&l->app->note);
	yes = linear_yes(l, question);
	free(question);
	return yes;
}

static void
remove_model(struct linear *l, uint32_t node, bool yes)
{
	struct explore *x = &l->app->explore;
	struct err e = {0};

	if (!yes) {
		x->ask = EXPLORE_ASK_NOTHING;
		if (!explore_plan_removal(x, &x->nodes[node], &e))
			linear_fail(&e);
		wait_done(l);
		yes = x->ask == EXPLORE_ASK_REMOVE && agrees(l);
	}
	if (yes && !explore_remove(x, &e))
		linear_fail(&e);
	wait_done(l);
}

static void
download_model(struct linear *l, uint32_t node, bool yes)
{
	struct explore *x = &l->app->explore;
	struct err e = {0};
	char *name;

	if (!yes) {
		x->ask = EXPLORE_ASK_NOTHING;
		if (!explore_offer(x, &x->nodes[node], &e))
			linear_fail(&e);
		wait_done(l);
		yes = x->ask == EXPLORE_ASK_DOWNLOAD && agrees(l);
	}
	name = yes && x->pull ? mem_dup(x->pull->name) : NULL;
	if (yes && !explore_download(l->app, &e))
		linear_fail(&e);
	else if (name)
		linear_downloads_watch(l, name);
	free(name);
	wait_done(l);
}

static void
chat_with(struct linear *l, uint32_t node)
{
	struct explore *x = &l->app->explore;
	const struct explore_node *n = &x->nodes[node];
	struct buf name = {0};
	struct err e = {0};

	if (n->kind < EXPLORE_MODEL || n->where == EXPLORE_ABSENT)
		err_set(&e, ERR_NOT_FOUND, "only a model on this machine can be chatted with");
	else if (explore_add_name(x, n, &name) && app_change_model(l->app, buf_str(&name), &e))
		linear_say(_("A new conversation with %s begins.\n"), l->app->talk.name);
	if (e.kind)
		linear_fail(&e);
	buf_done(&name);
}

static void
compare_with(struct explore *x, uint32_t node)
{
	struct err e = {0};

	if (!explore_pick(x, &x->nodes[node], &e)) {
		linear_fail(&e);
		return;
	}
	linear_say(_("To be compared: %zu.\n"), x->n_picked);
	for (size_t i = 0; i < x->n_picked; i++)
		linear_say("%3zu. %s.\n", i + 1, x->picked[i]);
}

static void
print_about(struct linear *l, enum action a, uint32_t node)
{
	struct explore *x = &l->app->explore;

	if (a == ACTION_licence) {
		explore_read_licence(x, &x->nodes[node]);
		wait_done(l);
	}
	if (a != ACTION_lineage && !x->nodes[node].model)
		puts(_("No registry knows this model."));
	else
		print_page(l->app, node, a == ACTION_lineage ? card_lay_lineage :
		    a == ACTION_licence ? lay_licence : card_lay_changes);
}

/* YES: what was asked before is agreed to. */
static void
act_on(struct linear *l, enum action a, uint32_t node, bool yes)
{
	struct explore *x = &l->app->explore;
	struct err e = {0};

	l->explore.at = node + 1;
	switch (a) {
	case ACTION_verify:
		if (!explore_verify(x, &x->nodes[node], &e))
			linear_fail(&e);
		wait_done(l);
		break;
	case ACTION_remove:
		remove_model(l, node, yes);
		break;
	case ACTION_download:
		download_model(l, node, yes);
		break;
	case ACTION_compare_add:
		compare_with(x, node);
		break;
	case ACTION_open:
		chat_with(l, node);
		break;
	case ACTION_file_details:
		look_inside(l, node);
		break;
	default:
		print_about(l, a, node);
	}
	linear_tell_note(l);
}

/* ---- going in ---- */

static const struct way {
	enum action a;			/* ACTION_NONE: the files of the model */
	bool here, absent;		/* where it can be done */
	bool ends;			/* the list of what can be done is over */
	const char *text;
} ways[] = {
	{ACTION_open, true, false, true, N_("Chat with it")},
	{ACTION_download, false, true, true, N_("Download it")},
	{ACTION_NONE, true, true, false, N_("See its files")},
	{ACTION_file_details, true, false, false, N_("Look inside: tensors, metadata, vocabulary, template")},
	{ACTION_verify, true, false, false, N_("Verify it")},
	{ACTION_compare_add, true, false, false, N_("Take it into the comparison, or out again")},
	{ACTION_lineage, true, true, false, N_("See where it comes from")},
	{ACTION_what_changed, true, true, false, N_("See what changed from the model before")},
	{ACTION_licence, true, true, false, N_("Read its licence")},
	{ACTION_remove, true, false, true, N_("Remove it from this machine")},
};

struct possible {
	const struct way *ways[ARRAY_LEN(ways)];
	size_t n;
};

static struct possible
find_ways(const struct explore *x, uint32_t node)
{
	const struct explore_node *n = &x->nodes[node];
	bool is_here = n->where != EXPLORE_ABSENT;
	struct possible p = {0};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if ((is_here ? ways[i].here : ways[i].absent) &&
		    (ways[i].a != ACTION_NONE || (n->kind == EXPLORE_MODEL && explore_has_children(x, n))))
			p.ways[p.n++] = &ways[i];
	return p;
}

static void
add_way(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct way *w = ((const struct possible *)m->arg)->ways[i];

	buf_printf(out, "%s%s%s", _(w->text), w->a ? ", :" : "", w->a ? action_name(w->a) : "");
}

/* A model or a file: what can be done with it, until nothing more is wanted.  Where to go then; EXPLORE_NONE: nowhere. */
static uint32_t
choose_way(struct linear *l, uint32_t node)
{
	struct explore *x = &l->app->explore;
	const struct way *way = NULL;

	while (!way || (!way->ends && way->a)) {
		struct possible p = find_ways(x, node);
		struct linear_menu m = {.question = _("What do you want to do?"), .n = p.n, .add = add_way, .arg = &p, .word = "up",
		    .means = _("up for what it is in")};
		size_t chosen = linear_menu(l, &m), before = x->n_nodes;

		if (chosen == LINEAR_NONE)
			return EXPLORE_NONE;
		if (chosen == p.n)
			return x->nodes[node].parent;
		way = p.ways[chosen];
		if (way->a)
			act_on(l, way->a, node, false);
		if (before != x->n_nodes)
			return EXPLORE_NONE;
	}
	return way->a ? EXPLORE_NONE : node;
}

/* One of what is below NODE, or of what is above it; EXPLORE_NONE: nowhere. */
static uint32_t
choose_below(struct linear *l, uint32_t node)
{
	struct explore *x = &l->app->explore;
	struct linear_menu m = {.question = _("Which one do you want to see?"), .add = add_listed, .arg = l};
	uint32_t parent = node == EXPLORE_NONE ? EXPLORE_NONE : x->nodes[node].parent;
	size_t chosen;

	if (parent != EXPLORE_NONE) {
		m.word = "up";
		m.means = _("up for what it is in");
	}
	list_nodes(&l->explore, x, is_child, node);
	m.n = l->explore.n_listed;
	chosen = linear_menu(l, &m);
	if (chosen == LINEAR_NONE || l->explore.n_nodes != x->n_nodes)
		return EXPLORE_NONE;
	return chosen == m.n ? parent : l->explore.listed[chosen];
}

/* From NODE on, as far as the person goes. */
static void
go(struct linear *l, uint32_t node)
{
	struct explore *x = &l->app->explore;

	while (node != EXPLORE_NONE) {
		const struct explore_node *n = &x->nodes[node];
		uint32_t before = node;

		l->explore.at = node + 1;
		l->explore.n_nodes = x->n_nodes;
		print_page(l->app, node, card_lay);
		putchar('\n');
		if (n->kind < EXPLORE_MODEL) {
			node = choose_below(l, node);
			continue;
		}
		list_nodes(&l->explore, x, is_child, node);
		node = choose_way(l, node);
		if (node == before)
			node = choose_below(l, node);
	}
}

static void
list_all(struct linear *l, const char *words)
{
	struct explore *x = &l->app->explore;
	struct linear_menu m = {.question = _("Which one do you want to see?"), .add = add_listed, .arg = l};
	uint32_t first = EXPLORE_NONE;
	size_t chosen;

	editor_set(&x->filter, words);
	explore_filter(x);
	if (x->filter_err.kind) {
		linear_fail(&x->filter_err);
		return;
	}
	if (!*words) {
		linear_say(_("There are %zu models in these families; :explore with words finds some: fits, here, <2gb, coder, korean.\n"),
		    x->n_models);
		first = choose_below(l, EXPLORE_NONE);
	} else if (!x->n_hits) {
		puts(_("No model matches."));
	} else {
		linear_say(ngettext("%zu model matches:\n", "%zu models match:\n", x->n_hits), x->n_hits);
		list_nodes(&l->explore, x, is_model, 0);
		m.n = l->explore.n_listed;
		chosen = linear_menu(l, &m);
		if (chosen < m.n && l->explore.n_nodes == x->n_nodes)
			first = l->explore.listed[chosen];
	}
	go(l, first);
}

/* ---- by name ---- */

static bool
is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

/* The node that WORDS begins with the number of, else the one looked at last; EXPLORE_NONE: neither, and that is told. */
static uint32_t
target(const struct linear_explore *le, const char *words)
{
	char *end;
	unsigned long n = strtoul(words, &end, 10);

	if (isdigit((unsigned char)*words) && n >= 1 && n <= le->n_listed)
		return le->listed[n - 1];
	if (isdigit((unsigned char)*words))
		linear_say(_("There is no number %s in the list printed last.\n"), words);
	else if (le->at)
		return le->at - 1;
	else
		puts(_("Type :explore first, and look at a model by its number."));
	return EXPLORE_NONE;
}

static void
explore(struct linear *l, const char *words)
{
	if (is_number(words))
		go(l, target(&l->explore, words));
	else
		list_all(l, words);
}

static bool
is_mine(enum action a)
{
	static const enum action mine[] = {
		ACTION_open_explore, ACTION_filter, ACTION_open, ACTION_download, ACTION_verify, ACTION_remove,
		ACTION_compare_add, ACTION_lineage, ACTION_what_changed, ACTION_licence, ACTION_file_details,
	};

	for (size_t i = 0; i < ARRAY_LEN(mine); i++)
		if (mine[i] == a)
			return true;
	return false;
}

static void
filter(struct linear *l, const char *words)
{
	struct buf answer = {0};

	if (linear_words(l, words, _("Type words that a model must have, as fits, here, <2gb or coder, or press Enter for none."), &answer))
		explore(l, buf_str(&answer));
	buf_done(&answer);
}

enum linear_did
linear_explore_act(struct linear *l, enum action a, const char *words)
{
	struct explore *x = &l->app->explore;
	struct linear_explore *le = &l->explore;
	uint32_t node;

	if (!is_mine(a))
		return LINEAR_NOT;
	explore_start(x, l->app->config);
	wait_done(l);
	if (x->err.kind || !x->catalog) {
		linear_say(_("That is not possible: %s.\n"), x->err.kind ? x->err.text : "interrupted");
		return LINEAR_DONE;
	}
	linear_tell_note(l);
	if (le->n_nodes != x->n_nodes)		/* something came or went: the numbers are of another tree */
		le->n_listed = le->at = 0;
	if (a == ACTION_open_explore || a == ACTION_filter) {
		if (a == ACTION_filter)
			filter(l, words);
		else
			explore(l, words);
		return LINEAR_DONE;
	}
	node = target(le, words);
	if (node == EXPLORE_NONE)
		return LINEAR_DONE;
	if (a == ACTION_file_details && !is_number(words) && *words && x->inside && le->at == node + 1)
		print_inside(l->app, words);
	else
		act_on(l, a, node, strcmp(words, "yes") == 0);
	return LINEAR_DONE;
}
