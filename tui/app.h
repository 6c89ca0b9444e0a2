/* The program while a person uses it: state, keys, the view that is open, and the one loop that waits for
 * the terminal, the model and signals.  Both renderers, the screen and plain lines, work from this. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/config.h"
#include "tui/draw.h"
#include "tui/keymap.h"
#include "tui/state/attach.h"
#include "tui/state/chats.h"
#include "tui/state/history_file.h"
#include "tui/state/keep.h"
#include "tui/state/explore.h"
#include "tui/state/fit.h"
#include "tui/state/talk.h"
#include "tui/state/clipboard.h"
#include "tui/state/editor.h"
#include "tui/state/line.h"
#include "tui/state/vim.h"
#include "tui/term/input.h"
#include "tui/term/term.h"
#include "tui/view/view.h"
#include "tui/widget/transcript.h"

#define EDITING_NONE SIZE_MAX
struct catalog;
struct snapshots;

/* The state of conversations on disk; reopen.c alone changes it. */
struct reopen {
	struct snapshots *snapshots;	/* NULL: none is kept */
	int64_t chat;			/* whose tokens the session has; 0: nobody's */
	uint32_t n_saved;		/* of them on disk */
	int64_t wanted;			/* whose state is to be read as soon as that is possible */
	unsigned n_held, n_stale;	/* saves and reads under way; of the model before */
	unsigned n_owned, n_quiet;	/* requests of the talk that were looked at */
	bool drains;			/* a model that is opened waits until the one before is closed */
	double rate;			/* the fastest prompt so far, tokens/s; 0: not known */
	double quiet_s;			/* when nothing will have happened for a while, on clock_s(); 0: all is done */
};

/* What a line at the bottom is asked for. */
struct ask {
	char label[80];
	/* As it is typed; may be NULL. */
	void (*changed)(struct app *app, const char *text);
	/* Enter; NULL: it was given up. */
	void (*taken)(struct app *app, const char *text);
	void *arg;			/* theirs */
	bool moves;			/* up and down are the view's, where there is nothing to choose from in the line */
};

/* What did not fit into the context, while the person is asked what to do. */
enum full_what {
	FULL_ASK,			/* a message */
	FULL_AGAIN,			/* the last question, to be answered again */
	FULL_GO_ON,			/* the last answer has filled it */
};
struct full {
	enum full_what what;
	char *text;			/* FULL_ASK */
	struct fit fit;
};

struct app {
	struct config *config;		/* not owned */
	struct keymap keys;
	struct theme theme;
	enum background background;
	const struct glyphs *glyphs;
	struct display *display;	/* not owned; NULL in linear mode */
	struct grid grid;

	/* State the views draw. */
	struct talk talk;
	struct history *history;	/* of all conversations; NULL in tests of other things */
	struct keep keep;
	struct reopen reopen;
	struct full full;
	struct chats chats;
	bool temp_given;		/* on the command line: no model brings its own */
	bool measures;			/* models that are opened measure the machine */
	size_t editing;			/* the turn the prompt will take the place of, or EDITING_NONE */
	enum action before;		/* what was done before this action */
	size_t code_back;		/* of the last answer's code blocks, copied last: 0 is the last one */
	const char *words;		/* what follows the name of the action that runs, or NULL */
	struct editor prompt;
	struct clipboard clipboard;
	struct vim vim;			/* of the prompt, where ui.editing is vim */
	struct attaches attaches;	/* behind the chips in it */
	int prompt_columns;		/* as last laid out: up and down move by rows */
	bool reading;			/* the transcript has the keyboard, not the prompt */
	struct transcript transcript;
	struct line line;
	struct explore explore;
	char **models;			/* that were opened so far */
	size_t n_models;
	bool models_listed;		/* the choices of the open line are those of this machine */
	enum view_id view;
	enum view_id under[VIEW_COUNT];	/* what each view that is over another was opened over */
	void *states[VIEW_COUNT];	/* what views made */
	struct ask ask;
	struct catalog *catalog;	/* see app_catalog() */
	size_t help_top, help_rows;
	int help_height;
	int rows, cols;			/* as last drawn */

	struct buf note;		/* one sentence for the person, until the next key */
	enum role note_role;
	bool leaving;			/* Ctrl-C was pressed once with nothing to stop */

	bool quit;
	int quit_signal;		/* 0, or the signal that ended it */
	bool suspend;
	bool mouse;			/* minnow has it, not the terminal */
	bool bare;			/* the plain conversation is to be shown, until a key */

	struct input input;
	enum talk_status status;	/* of talk, as it was last looked at */
	unsigned long n_keys;		/* handled so far, for MINNOW_SYNC */
	long n_synced;			/* told to the file; -1: nothing yet */
	bool sync_asked;
};

void app_init(struct app *app, struct config *c);
void app_done(struct app *app);

/* Run on a display until the person leaves.  False with *e only when it could not start. */
bool app_run(struct app *app, struct display *d, struct err *e) MUST_CHECK;

/* Pieces of the loop, for tests and for linear mode. */
enum did app_act(struct app *app, enum action a, const char *words);
enum did app_key(struct app *app, struct key k);
/* A click (STEP 0) or the wheel at a row and column of the screen. */
enum did app_mouse(struct app *app, int row, int col, int step);
void app_set_mouse(struct app *app, bool on);
/* The conversation as plain text, with a line of how to come back. */
void app_bare_text(const struct app *app, struct buf *out);
enum did app_text(struct app *app, const char *s, size_t n);
void app_draw(struct app *app, int rows, int cols);		/* into app->grid */
void app_note(struct app *app, enum role role, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* What could fail was done; *E is noted when it did. */
enum did app_tell(struct app *app, bool ok, const struct err *e);
enum context app_context(const struct app *app);
const struct view *app_view(const struct app *app);	/* the one that is open */
const struct view *view_at(enum view_id id);
bool app_set_theme(struct app *app, const char *name, struct err *e) MUST_CHECK;

/* open.c.  Never fails as a whole: a model that cannot be opened is a state of the talk, with its reason. */
void app_open_model(struct app *app, const char *name);
/* A kept conversation with its settings and, when asked for, its model; the one that is open stays when that fails. */
bool app_open_chat(struct app *app, int64_t id, bool with_model, struct err *e) MUST_CHECK;
/* The conversation goes on with another model, which reads it first.  It stays with the one it has when NAME is none. */
bool app_switch_model(struct app *app, const char *name, struct err *e) MUST_CHECK;
bool app_new_chat(struct app *app, struct err *e) MUST_CHECK;
void app_leave_chat(struct app *app);		/* keeps what is being written */
bool app_export(struct app *app, const char *path, struct err *e) MUST_CHECK;
/* A new conversation with another model, in the place of the one that is open. */
bool app_change_model(struct app *app, const char *name, struct err *e) MUST_CHECK;

/* reopen.c: the state of conversations on disk, so that they go on at once. */
void app_reopen_begin(struct app *app);		/* conversations are kept: so is their state */
void app_reopen_budget(struct app *app);	/* history.cache is another */
void app_reopen_leave(struct app *app);		/* before another conversation is shown */
void app_reopen_take(struct app *app);		/* a conversation was opened */
void app_reopen_forget(struct app *app, int64_t chat);		/* … is deleted */
/* The model is about to be closed: true, that is done elsewhere, and talk_done() has nothing left of it. */
bool app_reopen_retire(struct app *app);
bool app_reopen_poll(struct app *app);
double app_reopen_due(const struct app *app);
void app_reopen_end(struct app *app);
void reopen_folder(const struct config *c, struct buf *out);	/* where it is; replaces OUT */

/* Open a view, in the place of the one that is open, or over it. */
void app_show(struct app *app, enum view_id v);
void app_close(struct app *app);			/* a view that is over another */
const char *app_view_title(enum view_id v);
/* The view that A goes to; VIEW_COUNT: none. */
enum view_id app_view_of(enum action a);
/* Begin or go on with a download, in the queue of the Downloads view.  ACCEPTED: a person agreed to its licence. */
bool app_download(struct app *app, const char *name, bool accepted, struct err *e) MUST_CHECK;
/* Make what V remembers, where it was never opened. */
void app_need(struct app *app, enum view_id v);
/* What the view made; NULL: it was never opened. */
void *app_state(const struct app *app, enum view_id v);
/* Why A cannot be done in the view that is open, into WHY; true: it can. */
bool app_can(const struct app *app, enum action a, struct buf *why);
/* Ask for a line, beginning with TEXT. */
void app_ask(struct app *app, const struct ask *ask, const char *text);
/* The words behind the command are the line; without any, it is asked for. */
void app_ask_words(struct app *app, const struct ask *ask, const char *text);
/* Ask for one of several: then line_add_choice() each, and line_match().  taken() gets the key of the one that is chosen,
 * or what was typed when nothing fits. */
void app_choose(struct app *app, const struct ask *ask);
/* The models of all registries, read when they are first asked for.  NULL with *e. */
struct catalog *app_catalog(struct app *app, struct err *e) MUST_CHECK;
/* What may stand after the name of A on the command line, one a line, appended. */
void app_complete(struct app *app, enum action a, struct buf *out);

/* What the loop waits for beside the terminal, and what came of it: true draws again. */
enum { APP_FDS_MAX = 4 + VIEW_COUNT * VIEW_FDS_MAX };
int app_fds(const struct app *app, int fds[APP_FDS_MAX]);
bool app_poll(struct app *app);
/* Is anything due without the person doing something? */
bool app_busy(const struct app *app);
/* When app_poll() is to be called at the latest, on clock_s(); 0: only when a descriptor is ready. */
double app_due(const struct app *app);

/* Actions that more than one view or renderer offers. */
bool app_send(struct app *app, const char *text);

#endif
