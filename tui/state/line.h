/* The line that opens at the bottom.  To find a command by name: the ":" line and the palette, which are one thing with two
 * marks.  A line "name words" runs the action with that name; otherwise the chosen match runs.  Or to ask for something: a
 * filter, a value.  What the last word may be can be offered, to be completed or walked through. */
#ifndef TUI_STATE_LINE_H
#define TUI_STATE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/keymap.h"
#include "tui/state/editor.h"

enum line_mode {
	LINE_CLOSED, LINE_COMMAND, LINE_PALETTE,
	LINE_FIND, LINE_RENAME, LINE_EXPORT,	/* words for an action, not its name */
	LINE_ASK,				/* see app_ask() */
	LINE_CHOOSE,				/* see app_choose() */
};

/* What can be chosen. */
struct line_choice {
	char *text;			/* one line, harmless */
	char *hint;			/* beside it, dim */
	char *key;			/* what it stands for: a path, a name */
};
enum { LINE_FITS_MAX = 256 };

struct line {
	enum line_mode mode;
	struct editor editor;
	enum action matches[ACTION_COUNT];		/* best first */
	size_t n_matches, chosen;

	struct buf offers;				/* for the last word, one a line */
	size_t fits[LINE_FITS_MAX];			/* those that begin with what is typed: their places in offers */
	size_t n_fits, fit;				/* fit: the one that was taken; n_fits: none */
	size_t n_typed;					/* bytes of the last word that were typed, not taken */
	/* Instead of actions: */
	struct line_choice *choices;
	size_t n_choices;
	size_t *picks;			/* n_matches of them, best first */
};

void line_init(struct line *l);
void line_done(struct line *l);
void line_open(struct line *l, enum line_mode mode);
void line_close(struct line *l);
void line_match(struct line *l);		/* after the text changed */
/* Choices of LINE_CHOOSE, narrowed by what is typed. */
void line_clear_choices(struct line *l);
/* Copied, at the end; then line_match().  HINT may be NULL. */
void line_add_choice(struct line *l, const char *text, const char *hint, const char *key);
const struct line_choice *line_chosen(const struct line *l);	/* NULL: nothing matches */
bool line_choose(struct line *l, int step);
/* Offer LINES for the last word; NULL: nothing. */
void line_offer(struct line *l, const char *lines);
/* The offer at place I of those that fit; *LEN bytes, not ended by NUL. */
const char *line_fit(const struct line *l, size_t i, size_t *len);
/* Take the next or previous of the offers that fit into the text. */
bool line_take(struct line *l, int step);
/* Complete the word that is typed: to the chosen command, to what all offers that fit have in common, or to the next. */
bool line_complete(struct line *l);
/* The command of a line that has gone on to its words; ACTION_NONE: not there yet. */
enum action line_command(const struct line *l);
/* What Enter means; *words, when not NULL, gets the rest of the line (borrowed).  ACTION_NONE: nothing
 * fits. */
enum action line_action(const struct line *l, const char **words);
/* An action by the name a person types: its own, a short form of vi (q, h), or an unambiguous beginning. */
enum action line_find(const char *name, size_t len);

#endif
