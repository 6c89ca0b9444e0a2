/* Explore in plain lines; see linear_explore.h. */
#define _GNU_SOURCE
#include "tui/term/linear_explore.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/term/signals.h"
#include "tui/widget/model_card.h"
#include "tui/widget/model_row.h"

enum { COLUMNS = 78, FOUND_MAX = 40 };

bool
linear_explore_has(enum action a)
{
	static const enum action mine[] = {
		ACTION_open_explore, ACTION_filter, ACTION_open, ACTION_download, ACTION_verify,
		ACTION_remove, ACTION_compare_add,
		ACTION_lineage, ACTION_what_changed, ACTION_licence, ACTION_file_details,
	};

	for (size_t i = 0; i < ARRAY_LEN(mine); i++)
		if (mine[i] == a)
			return true;
	return false;
}

void
linear_explore_done(struct linear_explore *le)
{
	free(le->listed);
	*le = (struct linear_explore){0};
}

/* ---- waiting ---- */

/* Every tenth of something long. */
static void
tell_work(const struct explore *x, int *tenth)
{
	const struct explore_work *w = x->work ? x->work : x->fetch;
	uint64_t n = w ? atomic_load(&w->n) : 0, size = w ? atomic_load(&w->size) : 0;
	int now = size ? (int)(10.0 * (double)n / (double)size) : 0;

	if (now <= *tenth)
		return;
	*tenth = now;
	printf(_("%s: %d percent.\n"), w->what, now * 10);
	fflush(stdout);
}

static void
tell_note(struct app *app)
{
	if (app->note.len)
		printf("%s%s\n", buf_str(&app->note), strchr(".?!:", app->note.data[app->note.len - 1]) ? "" : ".");
	buf_clear(&app->note);
}

/* Until what runs beside is done; Ctrl-C stops it. */
static void
wait_done(struct app *app, int signal_fd, int *signal)
{
	struct explore *x = &app->explore;
	int tenth = 0, sig;

	while (explore_busy(x) && !*signal) {
		struct pollfd p[3] = {{signal_fd, POLLIN, 0}};
		int fds[VIEW_FDS_MAX], n = explore_fds(x, fds);

		for (int i = 0; i < n; i++)
			p[1 + i] = (struct pollfd){fds[i], POLLIN, 0};
		if (poll(p, (nfds_t)(1 + n), -1) < 0 && errno != EINTR)
			return;
		while ((sig = signals_next())) {
			if (sig == SIGTSTP)
				signals_stop_self();
			else if (sig != SIGINT || !explore_stop(x))
				*signal = sig == SIGINT || sig == SIGTERM || sig == SIGHUP ? sig : *signal;
		}
		(void)explore_poll(x, app);
		tell_work(x, &tenth);
	}
	tell_note(app);
}

/* ---- lists ---- */

static void
add_sentence(const struct explore *x, const struct explore_node *n, struct buf *out)
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
	    machine_forecast(&x->machine, &n->model->entry, n->file, &low, &high)) {
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

/* Numbered, those that ACCEPT takes. */
static void
list_nodes(struct linear_explore *le, const struct explore *x, bool (*accept)(const struct explore *x, uint32_t i, uint32_t arg),
    uint32_t arg)
{
	le->listed = mem_grow(le->listed, x->n_nodes + 1, sizeof *le->listed);
	le->n_listed = 0;
	le->n_nodes = x->n_nodes;
	for (uint32_t i = 0; i < x->n_nodes; i++) {
		struct buf line = {0};

		if (!x->nodes[i].shown || !accept(x, i, arg))
			continue;
		le->listed[le->n_listed++] = i;
		add_sentence(x, &x->nodes[i], &line);
		printf("%3zu. %s.\n", le->n_listed, buf_str(&line));
		buf_done(&line);
	}
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
		printf("%s\n", buf_str(&row));
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

static void
look_at(struct app *app, struct linear_explore *le, uint32_t node)
{
	struct explore *x = &app->explore;
	const struct explore_node *n = &x->nodes[node];

	le->at = node + 1;
	le->n_nodes = x->n_nodes;
	print_page(app, node, card_lay);
	if (!explore_has_children(x, n)) {
		le->n_listed = 0;
	} else if (n->kind == EXPLORE_MODEL) {
		puts(_("\nIts files:"));
		list_nodes(le, x, is_child, node);
	} else {
		puts("");
		list_nodes(le, x, is_child, node);
		puts(_("Type :explore and a number to go on."));
		return;
	}
	if (n->where != EXPLORE_ABSENT)
		puts(_("Type :open to chat with it, :details to look inside, :verify, :remove, :add-to-compare, :lineage, :what-changed or "
		    ":licence."));
	else
		puts(_("Type :download to download it (with a number: that file), :lineage, :what-changed or :licence."));
}

static void
list_all(struct app *app, struct linear_explore *le, const char *words)
{
	struct explore *x = &app->explore;

	editor_set(&x->filter, words);
	explore_filter(x);
	if (x->filter_err.kind) {
		printf(_("That is not possible: %s.\n"), x->filter_err.text);
		return;
	}
	if (!*words) {
		printf(_("There are %zu models in these families:\n"), x->n_models);
		list_nodes(le, x, is_child, EXPLORE_NONE);
		puts(_("Type :explore and a number to go into one, or :explore and words to find models: fits, here, <2gb, coder, korean."));
	} else if (!x->n_hits) {
		puts(_("No model matches."));
	} else {
		printf(ngettext("%zu model matches:\n", "%zu models match:\n", x->n_hits), x->n_hits);
		list_nodes(le, x, is_model, 0);
		puts(_("Type :explore and a number to look at one."));
	}
}

/* ---- actions ---- */

/* The node that WORDS begins with the number of, else the one looked at last; EXPLORE_NONE: neither, and that is told. */
static uint32_t
target(const struct linear_explore *le, const char *words)
{
	char *end;
	unsigned long n = strtoul(words, &end, 10);

	if (isdigit((unsigned char)*words) && n >= 1 && n <= le->n_listed)
		return le->listed[n - 1];
	if (isdigit((unsigned char)*words))
		printf(_("There is no number %s in the list printed last.\n"), words);
	else if (le->at)
		return le->at - 1;
	else
		puts(_("Type :explore first, and look at a model by its number."));
	return EXPLORE_NONE;
}

static bool
is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

static void
explore(struct app *app, struct linear_explore *le, const char *words)
{
	uint32_t node = is_number(words) ? target(le, words) : EXPLORE_NONE;

	if (node != EXPLORE_NONE)
		look_at(app, le, node);
	else if (!is_number(words))
		list_all(app, le, words);
}

static void
print_inside(struct app *app, const char *words)
{
	struct inside *in = app->explore.inside;
	size_t shown = 0, left = 0;

	inside_filter(in, words);
	for (enum inside_section s = 0; s < INSIDE_SECTIONS; s++) {
		bool is_long = s == INSIDE_METADATA || s == INSIDE_TENSORS || s == INSIDE_VOCABULARY;

		printf("%s: %zu.\n", inside_title(s), inside_count(in, s));
		if (is_long && !*words)
			continue;
		for (size_t i = 0; i < inside_count(in, s); i++) {
			struct buf a = {0}, b = {0};

			if (is_long && shown++ >= FOUND_MAX) {
				left++;
				continue;
			}
			inside_row(in, s, i, &a, &b);
			printf("  %s%s%s\n", buf_str(&a), b.len ? ": " : "", buf_str(&b));
			buf_done(&a);
			buf_done(&b);
		}
	}
	if (left)
		printf(_("And %zu more.\n"), left);
	if (!*words)
		puts(_("Type :details and a part of a key, a tensor or a token, or a token's number, to find it."));
}

/* False with *e: it cannot be done. */
static bool
do_action(struct app *app, struct linear_explore *le, enum action a, const char *words, uint32_t node, struct err *e)
{
	struct explore *x = &app->explore;
	const struct explore_node *n = &x->nodes[node];
	bool yes = strcmp(words, "yes") == 0;
	struct buf name = {0};
	bool ok = true;

	le->at = node + 1;
	switch (a) {
	case ACTION_verify:
		return explore_verify(x, n, e);
	case ACTION_remove:
		return yes ? explore_remove(x, e) : explore_plan_removal(x, n, e);
	case ACTION_download:
		return yes ? explore_download(app, e) : explore_offer(x, n, e);
	case ACTION_compare_add:
		ok = explore_pick(x, n, e);
		if (ok)
			printf(_("To be compared: %zu.\n"), x->n_picked);
		for (size_t i = 0; ok && i < x->n_picked; i++)
			printf("%3zu. %s.\n", i + 1, x->picked[i]);
		return ok;
	case ACTION_open:
		if (n->kind < EXPLORE_MODEL || n->where == EXPLORE_ABSENT)
			return err_set(e, ERR_NOT_FOUND, "only a model on this machine can be chatted with");
		ok = explore_add_name(x, n, &name) && app_change_model(app, buf_str(&name), e);
		if (ok)
			printf(_("A new conversation with %s begins.\n"), app->talk.name);
		buf_done(&name);
		return ok;
	default:
		return true;
	}
}

static bool
print_about(struct app *app, enum action a, uint32_t node)
{
	const struct explore *x = &app->explore;

	if (a != ACTION_lineage && !x->nodes[node].model)
		puts(_("No registry knows this model."));
	else
		print_page(app, node, a == ACTION_lineage ? card_lay_lineage :
		    a == ACTION_licence ? lay_licence : card_lay_changes);
	return true;
}

bool
linear_explore_act(struct app *app, struct linear_explore *le, int signal_fd, enum action a, const char *words,
    int *signal)
{
	struct explore *x = &app->explore;
	struct err e = {0};
	uint32_t node;

	if (!linear_explore_has(a))
		return false;
	explore_start(x, app->config);
	wait_done(app, signal_fd, signal);
	if (x->err.kind || !x->catalog) {
		printf(_("That is not possible: %s.\n"), x->err.kind ? x->err.text : _("interrupted"));
		return true;
	}
	if (a == ACTION_open_explore || a == ACTION_filter) {
		explore(app, le, words);
		return true;
	}
	if (le->n_nodes != x->n_nodes)		/* something came or went: the numbers are of another tree */
		le->n_listed = le->at = 0;
	node = target(le, words);
	if (node == EXPLORE_NONE)
		return true;
	if (a == ACTION_file_details && !is_number(words) && *words && x->inside && le->at == node + 1) {
		print_inside(app, words);
		return true;
	}
	if (a == ACTION_licence)
		explore_read_licence(x, &x->nodes[node]);
	if (a == ACTION_file_details ? !explore_look_inside(x, &x->nodes[node], &e) : !do_action(app, le, a, words, node, &e))
		printf(_("That is not possible: %s.\n"), e.text);
	le->at = node + 1;
	wait_done(app, signal_fd, signal);
	if (a == ACTION_lineage || a == ACTION_what_changed || a == ACTION_licence)
		return print_about(app, a, node);
	if (a == ACTION_file_details && !e.kind && x->showing == EXPLORE_INSIDE)
		print_inside(app, is_number(words) ? "" : words);
	return true;
}
