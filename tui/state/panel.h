/* The models that are compared: opened each by a loader beside the UI, asked when all are there (compare.h), in an order
 * that hides which is which when the person wants that, and voted on.  What both renderers of Compare work from. */
#ifndef TUI_STATE_PANEL_H
#define TUI_STATE_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "tui/state/compare.h"
#include "tui/state/compare_spec.h"
#include "tui/state/history_votes.h"
#include "tui/state/textdiff.h"

struct app;
struct jobs;
struct load;

/* A model that is wanted. */
struct seat {
	struct compare_spec spec;
	char *settings;			/* of it, for people; "" */
	struct compare_options options;	/* its strings are the spec's and the configuration's */
	char *path;			/* of its file */
	char *digest;			/* SHA-256 of that, hexadecimal; NULL: not known yet */
	struct load *load;		/* until it is there */
	struct engine *engine;
	struct model *model;		/* NULL: another seat of this name has it */
};

struct panel {
	struct app *app;		/* not owned: settings, history, what was marked in Explore */
	struct seat seats[COMPARE_MAX];
	size_t n_seats;
	struct compare c;		/* its panes are the first of the seats: all, once all are loaded */
	struct jobs *jobs;		/* for scores; NULL: no thread could be started */
	struct jobs *hashing;		/* NULL: nothing was hashed yet */
	bool by_default;		/* nobody chose these */
	size_t n_picked;		/* of those marked in Explore, that were taken */

	bool blind;			/* wanted: the next answers come without names */
	bool hidden;			/* these answers have none, until a vote or until they are asked for */
	bool asked_blind;
	struct history_vote vote;	/* on these answers; id 0: none yet.  Its strings are not kept */

	bool marks_words;
	bool marked;			/* words and clean are of the answers as they are */
	struct textdiff words[COMPARE_MAX];
	struct buf clean[COMPARE_MAX];	/* the answers, harmless: what words are of */
};

void panel_init(struct panel *p, struct app *app);
/* False: a thread still reads what it has, which is left to the end of the process. */
bool panel_done(struct panel *p);

/* SPEC (compare_spec.h) takes a seat and is loaded.  Nothing runs. */
bool panel_take(struct panel *p, const char *spec, struct err *e) MUST_CHECK;
void panel_remove(struct panel *p, size_t i);		/* nothing runs, nothing is loaded */
/* Who was marked in Explore and has no seat yet; else, where less than two sit, the model of the conversation as it is and
 * always taking the most probable token. */
bool panel_fill(struct panel *p, struct err *e) MUST_CHECK;
/* These instead: specs between blanks. */
bool panel_set(struct panel *p, const char *specs, struct err *e) MUST_CHECK;

bool panel_loading(const struct panel *p);
bool panel_scoring(const struct panel *p);
int panel_fds(const struct panel *p, int *fds);		/* at most COMPARE_MAX */
/* Take what loaders, sessions and jobs say; notes for the person go to the app.  True: something changed. */
bool panel_poll(struct panel *p);

bool panel_ask(struct panel *p, const char *prompt, struct err *e) MUST_CHECK;
bool panel_answered(const struct panel *p);		/* there are answers, and none is being written */
void panel_score(struct panel *p);

/* "guide temp=0.7"; while the names are hidden, nothing. */
void panel_add_name(const struct panel *p, size_t i, struct buf *out);
void panel_set_blind(struct panel *p, bool on);
/* WINNER: a place, or HISTORY_NO_WINNER.  TOPIC: NULL or "" for what the prompt's words say.  A vote on the same answers takes the
 * place of the one before.  TOLD gets a sentence without a full stop, names in it. */
bool panel_vote(struct panel *p, int winner, const char *topic, struct buf *told, struct err *e) MUST_CHECK;

/* Bring the words that differ up to date, when they are wanted and known. */
void panel_mark(struct panel *p);
/* As JSON where PATH ends in .json (compare_json.h), else as Markdown; without names and figures while those are hidden. */
bool panel_export(const struct panel *p, const char *path, struct err *e) MUST_CHECK;

#endif
