/* What the parts of linear mode share: the conversation as plain lines that only ever grow, for screen readers, pipes and
 * terminals that cannot place text.  Every question names what may be answered and what Enter means; a line that begins with
 * a colon is a command wherever something is asked. */
#ifndef TUI_TERM_LINEAR_H
#define TUI_TERM_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/minnow.h"
#include "tui/app.h"
#include "tui/term/linear_explore.h"


/* Not mine; done and told; an answer will come. */
enum linear_did { LINEAR_NOT, LINEAR_DONE, LINEAR_ASKED };

struct linear {
	struct app *app;
	int in_fd, signal_fd;
	struct buf in;			/* typed, not yet taken */
	bool ended;			/* no more input */
	bool interactive;		/* else all of the input is one question */
	bool echoes;			/* the input is no terminal: lines are shown as they are taken */
	bool left;			/* the person said so */
	int signal;			/* that asks to end */
	bool takes_interrupt, interrupted;	/* Ctrl-C is for what is going on, and came */
	char *next;			/* a command that was typed where something else was asked; NULL: none */

	struct linear_explore explore;
	struct history_list listed;	/* the conversations printed last */
	size_t token;			/* looked at last, from 1; 0: none */
	struct buf found;		/* words that were looked for */
	size_t place;			/* … and the place looked at last, from 1 */
	enum action before;		/* the command before; ACTION_NONE: a question */
	size_t code_back;		/* the code block copied last; 0 is the last one of the answer */
	bool hides_thinking;
	bool told_unkept;
	/* What is printed of the last answer. */
	size_t printed, printed_thinking, printed_calls;
	bool begun, in_line;		/* the last line is not ended */
	enum part part;			/* what came last */
};

/* ---- asking: linear_ask.c ---- */

/* A line after LABEL, as it was typed.  False: the input ended or Ctrl-C was pressed. */
bool linear_line(struct linear *l, const char *label, struct buf *line);
/* The same without blanks around it.  False also when it is a command, which runs next. */
bool linear_ask(struct linear *l, const char *label, struct buf *answer);
/* WORDS, or what is asked for with QUESTION where they are empty.  False: nothing was said. */
bool linear_words(struct linear *l, const char *words, const char *question, struct buf *answer);
/* "yes", after QUESTION; all else is no. */
bool linear_yes(struct linear *l, const char *question);

enum { LINEAR_PAGE = 20 };		/* a list longer than that goes on by "more" */
#define LINEAR_NONE SIZE_MAX

/* A numbered list to choose from. */
struct linear_menu {
	const char *question;		/* "Which one do you want to open?"; NULL: it is only read */
	size_t n;
	void (*add)(const struct linear_menu *m, size_t i, struct buf *out);	/* one line: clean, without its number */
	void *arg;			/* add()'s */
	const char *word;		/* may be answered as well, as "up"; NULL: none */
	const char *means;		/* what that does: "up to go back" */
	bool takes_questions;		/* all else is the next thing that is asked */
};
/* The place of the one that is chosen; m->n: WORD was typed; m->n + 1: a question was; LINEAR_NONE: none. */
size_t linear_menu(struct linear *l, const struct linear_menu *m);

/* As printf(3), with everything made harmless: names and messages quote what comes from outside. */
void linear_say(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* "That is not possible: …" */
enum linear_did linear_fail(const struct err *e);
/* The note of the program, if there is one. */
void linear_tell_note(struct linear *l);
/* The number that *WORDS begins with, which is taken off; 0: none. */
unsigned long linear_number(const char **words);

/* ---- waiting: term_linear.c ---- */

/* Once, for a line (WANT_INPUT), a signal, the model or a download, TIMEOUT_MS at most; -1: as long as it takes. */
void linear_wait(struct linear *l, bool want_input, int timeout_ms);
/* Run ":NAME WORDS", without its colon. */
void linear_command(struct linear *l, const char *line);
/* What is on its way, seldom enough to be read out: each tenth, not more often than every few seconds, and now and then
 * where a tenth takes long. */
struct linear_progress {
	double told_s;			/* on clock_s(); 0: not begun */
	int tenth;
};
bool linear_is_due(struct linear_progress *p, double done, double all);

/* ---- the parts: each knows its actions ---- */
enum linear_did linear_chat_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_chats_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_figures_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_lens_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_explore_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_downloads_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_settings_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_log_act(struct linear *l, enum action a, const char *words);
enum linear_did linear_help_act(struct linear *l, enum action a, const char *words);

/* Why A has no meaning in plain lines; NULL: it has one. */
const char *linear_why_not(enum action a);
/* Ask LINE, after what was put into the prompt before. */
enum linear_did linear_chat_ask(struct linear *l, const char *line);
/* Tell what does not fit into the context, and ask for a way out; TEXT: as chat_fit_find() has it. */
enum linear_did linear_chat_full(struct linear *l, enum full_what what, const char *text);
/* The turns of the conversation from FROM to before TO. */
void linear_print_turns(const struct linear *l, size_t from, size_t to);
/* The last question and its answer, of a conversation that was open when minnow began. */
void linear_chats_begin(const struct linear *l);
/* Tell of the download NAME until it is done, asks something or fails; Ctrl-C leaves it to itself. */
void linear_downloads_watch(struct linear *l, const char *name);

#endif
