/* Parts of the chat view that have files of their own; view/chat.c asks each whether an action is its. */
#ifndef TUI_VIEW_CHAT_PARTS_H
#define TUI_VIEW_CHAT_PARTS_H

#include "tui/app.h"
#include "tui/view/view.h"

/* chat.c: the last answer, or its last code block (the BACKth before that), exactly as the model wrote it, and WHAT it is. */
bool chat_copy_text(const struct app *app, bool code, size_t back, struct buf *out, struct buf *what, struct err *e)
    MUST_CHECK;

/* chat_model.c: another model in the middle of a conversation. */
enum did chat_model_act(struct app *app, enum action a);
/* The models of this machine as choices of the line; what is known of it now. */
void chat_model_list(struct app *app);
void chat_model_refresh(struct app *app);	/* the list, when more is known of this machine */

/* chat_tune.c: the system prompt and the settings of a conversation, for both renderers.  LINE: as state/tune.h has it. */
enum did chat_tune_act(struct app *app, enum action a);
bool chat_set_system(struct app *app, const char *line, struct err *e) MUST_CHECK;
bool chat_set_sampling(struct app *app, const char *words, struct err *e) MUST_CHECK;

/* chat_fit.c: what does not fit into the context, for both renderers.  First app->full is made for it, then one of its
 * choices is done.  TEXT: of FULL_ASK, what is asked (in the place of app->editing). */
bool chat_fit_find(struct app *app, enum full_what what, const char *text, struct err *e) MUST_CHECK;
bool chat_fit_do(struct app *app, enum fit_kind kind, struct err *e) MUST_CHECK;
void chat_fit_ask(struct app *app, enum full_what what, const char *text);	/* on the screen */
void chat_fit_poll(struct app *app);		/* a question that waited was refused */
bool chat_is_cut(const struct app *app);	/* the last answer has filled the context, and may go on */

/* chat_attach.c: text files and long pastes in the prompt. */
enum did chat_attach_act(struct app *app, enum action a);
bool chat_attach(struct app *app, const char *path, struct err *e) MUST_CHECK;
bool chat_paste(struct app *app, const char *s, size_t n);	/* false: it is short, and is text as any other */
void chat_prompt_text(const struct app *app, struct buf *out);	/* what the prompt stands for: what is sent and kept */
void chat_set_prompt(struct app *app, const char *text);	/* the reverse */
bool chat_delete_chip(struct app *app);		/* the one before the cursor; false: there is none */
bool chat_write(struct app *app, struct err *e) MUST_CHECK;	/* the prompt, in the person's own editor */
void chat_attach_complete(struct app *app, struct buf *out);

/* chat_import.c: conversations from files. */
enum did chat_import_act(struct app *app, enum action a);

/* chat_find.c: words in the conversation. */
enum did chat_find_act(struct app *app, enum action a);
bool chat_find_end(struct app *app);		/* no marks any more; false: there were none */
/* What is looked for and which place it is, at the right of row Y. */
void chat_find_draw(const struct app *app, const struct canvas *c, int y);

/* chat_vim.c: the keys of vim in the prompt, when ui.editing says so. */
bool chat_vim_is_on(const struct app *app);
/* The prompt has the keyboard, and vim's keys. */
bool chat_vim_has_keys(const struct app *app);
enum did chat_vim_act(struct app *app, enum action a);
bool chat_vim_other_key(struct app *app, struct key k);
bool chat_vim_waits(const struct app *app);
void chat_vim_settle(struct app *app);		/* after the prompt changed by anything else */
const enum action *chat_vim_hints(const struct app *app);
const char *chat_vim_word(const struct app *app, enum action a);
/* The mode, at the left of the status line; the columns it takes. */
int chat_vim_draw(const struct app *app, const struct canvas *c);
/* Are keys of C not for this person, or not in view V? */
bool chat_vim_hides(const struct app *app, enum view_id v, enum context c);

#endif
