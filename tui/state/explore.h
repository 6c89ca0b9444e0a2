/* What there is to explore: the models of the registries as a tree of families, generations, models and files, what of
 * them is on this machine, and what a person looks at.  Everything that reads a disk is done beside the UI. */
#ifndef TUI_STATE_EXPLORE_H
#define TUI_STATE_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/adopt.h"
#include "registry/badge.h"
#include "registry/catalog.h"
#include "registry/search.h"
#include "registry/store.h"
#include "tui/config.h"
#include "tui/keymap.h"
#include "tui/state/editor.h"
#include "tui/state/jobs.h"
#include "tui/state/inside.h"
#include "tui/state/machine.h"
#include "tui/widget/sheet.h"

#define EXPLORE_NONE UINT32_MAX
enum { EXPLORE_PICKED_MAX = 4, EXPLORE_BEGIN_MAX = 3 };

struct app;
struct pull_plan;

enum explore_kind { EXPLORE_FAMILY, EXPLORE_GENERATION, EXPLORE_MODEL, EXPLORE_FILE };

/* Where a file is. */
enum explore_where {
	EXPLORE_ABSENT,
	EXPLORE_HERE,			/* downloaded and verified */
	EXPLORE_CHANGED,		/* downloaded, but to be verified before it is used */
	EXPLORE_ELSEWHERE,		/* in the folder of another program, used where it is */
};

/* A model of this machine that no registry knows. */
struct explore_local {
	char *name;			/* what every command takes */
	char *folder, *file;		/* in the store; NULL: it is not there */
	char *from;			/* "part of minnow", "Ollama", "downloaded" */
	uint64_t size;
};

struct explore_node {
	enum explore_kind kind;
	uint32_t parent;		/* stands before it; EXPLORE_NONE: a family */
	uint32_t n_models;		/* below a family or generation, as the filter has it */
	bool open, was_open;		/* now; and without the filter */
	bool shown;			/* the filter lets it through */
	enum explore_where where;	/* of a file; of a model, the best of its files */
	enum badge badge;		/* of the bytes that are there; not for _ABSENT */
	const char *title;		/* of a family; the generation */
	const struct catalog_model *model;	/* _MODEL and _FILE of a registry */
	/* _FILE; _MODEL: the one on this machine, else the one to take; NULL: none is known */
	const struct entry_file *file;
	const struct explore_local *local;	/* _MODEL of no registry */
};

/* What is on this machine. */
struct explore_here {
	struct store_list store;
	struct adopt_index adopted;
	struct explore_local *locals;
	size_t n_locals;
};

/* What the right pane shows of what is marked. */
enum explore_page { EXPLORE_CARD, EXPLORE_LINEAGE, EXPLORE_CHANGES, EXPLORE_LICENCE, EXPLORE_INSIDE };

/* A question that the same key answers with yes, and any other with no. */
enum explore_ask { EXPLORE_ASK_NOTHING, EXPLORE_ASK_DOWNLOAD, EXPLORE_ASK_REMOVE };

/* Something long that runs beside the UI. */
struct explore_work {
	char *what;			/* "checking qwen3-0.6b" */
	_Atomic uint64_t n, size;	/* bytes */
};

struct explore {
	const struct config *config;	/* not owned; NULL: not started */
	struct jobs *jobs;
	struct err err;			/* nothing can be explored */
	struct catalog *catalog;	/* NULL: not read yet */
	struct buf warnings;		/* of registries that are left out, one a line */
	struct search *search;
	const struct catalog_model **models;	/* in the order of the tree */
	size_t n_models;
	struct explore_here here;
	bool knows_here;
	struct machine machine;
	bool wants_roof;

	struct explore_node *nodes;	/* each before what is below it */
	size_t n_nodes;
	uint32_t *rows;			/* nodes that can be seen, one a row */
	size_t n_rows;
	size_t mark, top;		/* rows */

	struct editor filter;
	bool filtering;			/* it has the keyboard */
	bool filtered;			/* it lets not all through */
	struct err filter_err;		/* a word of it cannot be understood */
	size_t n_hits;

	enum explore_page showing;
	bool in_page;			/* the right pane has the keyboard */
	struct sheet page;
	unsigned version;		/* changes with what pages are made of */
	struct {
		uint32_t node;
		unsigned version;
		int columns;
		enum explore_page showing;
	} laid;				/* what the page shows */
	int tree_height;
	char *licence;			/* its text, where it is here, of the model that is marked; or NULL */
	struct inside *inside;		/* NULL: not open */
	struct editor find;		/* what of it is shown */

	enum explore_ask ask;
	struct store_plan plan;		/* of a removal that is asked for */
	char *plan_name;
	const struct explore_work *work;	/* NULL: nothing long runs */
	struct jobs *fetches;		/* a thread of their own */
	struct pull_plan *pull;		/* of a download that is asked for */

	char **picked;			/* for the comparison */
	size_t n_picked;
};

/* Begin to read; does nothing when that was done before. */
void explore_start(struct explore *x, const struct config *c);
void explore_done(struct explore *x);		/* accepts a zeroed one */
int explore_fds(const struct explore *x, int *fds);
bool explore_poll(struct explore *x, struct app *app);
bool explore_busy(const struct explore *x);
/* Look again at what is on this machine. */
void explore_look(struct explore *x);

/* ---- the tree ---- */

/* The one that is marked; NULL: the tree is empty. */
const struct explore_node *explore_marked(const struct explore *x);
int explore_depth(const struct explore *x, const struct explore_node *n);
bool explore_has_children(const struct explore *x, const struct explore_node *n);
bool explore_move(struct explore *x, long rows);
/* Of a leaf, what it is in is folded. */
bool explore_fold(struct explore *x);
/* Mark a model, wherever it is, and unfold what it is in.  False: it is not in the tree. */
bool explore_show(struct explore *x, const struct catalog_model *m);
/* After the filter's text changed. */
void explore_filter(struct explore *x);

/* What commands take for it: "qwen3-0.6b", "core/qwen3-0.6b:FILE".  False: it is no model or file. */
bool explore_add_name(const struct explore *x, const struct explore_node *n, struct buf *out);
/* ":Q8_0", or with the name of the file where several are that. */
void explore_add_format(const struct explore_node *n, struct buf *out);
/* Its folder and file in the store.  False: it is not there. */
bool explore_in_store(const struct explore *x, const struct explore_node *n, struct buf *folder, const char **file);

/* Models to begin with, the quickest first; how many: none where nothing is known of this machine.  Each comes as the
 * file entry_find_file() recommends. */
size_t explore_begin(const struct explore *x, const struct catalog_model *out[EXPLORE_BEGIN_MAX]);

/* ---- what is done with a model or file: explore_work.c; false with *e: it cannot be.  What comes of it is a note ---- */

bool explore_verify(struct explore *x, const struct explore_node *n, struct err *e) MUST_CHECK;
bool explore_stop(struct explore *x);		/* what is long; false: nothing is */
/* Find out what removing it brings; the question follows as a note. */
bool explore_plan_removal(struct explore *x, const struct explore_node *n, struct err *e) MUST_CHECK;
bool explore_remove(struct explore *x, struct err *e) MUST_CHECK;		/* what was planned */
/* Find out what a download brings; the question follows as a note. */
bool explore_offer(struct explore *x, const struct explore_node *n, struct err *e) MUST_CHECK;
bool explore_download(struct app *app, struct err *e) MUST_CHECK;	/* what was offered */
void explore_drop_offer(struct explore *x);
bool explore_look_inside(struct explore *x, const struct explore_node *n, struct err *e) MUST_CHECK;
void explore_read_licence(struct explore *x, const struct explore_node *n);
/* Take it into the comparison, or out of it again. */
bool explore_pick(struct explore *x, const struct explore_node *n, struct err *e) MUST_CHECK;

/* How a question is answered with yes: by the key of A again, or by its name where it has none.  Plain lines ask themselves. */
void explore_add_yes(const struct app *app, enum action a, struct buf *out);

/* ---- inside: explore_tree.c, for explore_jobs.c and each other ---- */

void explore_order(struct explore *x);		/* x->models from x->catalog */
void explore_build(struct explore *x);		/* x->nodes and rows from x->models and x->here */
void explore_here_done(struct explore_here *h);

#endif
