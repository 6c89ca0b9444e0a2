/* Conversations on disk (SQLite): each is a tree of messages, so that an edited question or another answer stands beside
 * the one before it.  Writing is done by a thread of its own, in the order given, and never waits on the caller's side;
 * what was appended is committed within about HISTORY_PACE_MS, so a process that is killed loses nothing that was on
 * the screen longer than that.  Several processes may have the file open.
 *
 * Format: user_version counts the schema; tables and triggers are in history_db.c.  Only history*.c know SQLite. */
#ifndef TUI_STATE_HISTORY_H
#define TUI_STATE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum { HISTORY_PACE_MS = 50 };

struct history;

/* One turn.  Strings may be NULL where nothing is known; none needs to be UTF-8. */
struct history_message {
	int64_t id, parent;		/* parent 0: the first of its conversation; else parent < id */
	bool by_model;
	struct buf text, thinking;	/* exactly as typed or generated */
	struct buf calls, calls_raw;	/* elements of a JSON list, and as the model wrote them */
	char *model, *digest;		/* who answered; digest of its file where that is known */
	char *sampling;			/* JSON object of the settings it answered with */
	int64_t created_ms;		/* since 1970 */
	char *ended;			/* "end", "cancelled", …; NULL: it was never ended, the process died or still works */
	char *error;			/* why it failed */
	uint32_t n_prompt, n_tokens;
	double prompt_s, first_s, generate_s, thinking_s;
};

struct history_chat {
	int64_t id;
	char *title;
	bool titled;			/* by a person: the first question no longer names it */
	bool pinned;
	int64_t created_ms, changed_ms;
	char *model, *digest, *system, *sampling;
	int64_t leaf;			/* the message the person was at; 0: none */
	char *snippet;			/* of a search: text around what was found, on one line of raw text */
};

struct history_list {
	struct history_chat *chats;
	size_t n;
};

/* A whole conversation; messages by id, so parents stand before their children. */
struct history_tree {
	struct history_chat chat;
	struct history_message *messages;
	size_t n;
};

/* Open or make PATH (mode 0600; its directory 0700).  PATH NULL: in memory, nothing is kept.  NULL with a sentence when
 * the file is damaged, of a newer minnow, or cannot be written. */
struct history *history_open(const char *path, struct err *e) MUST_CHECK;
/* Waits for what is to be written, some seconds at most where another process holds the file.  Accepts NULL. */
void history_close(struct history *h);
bool history_is_kept(const struct history *h);		/* false: in memory */
/* What last went wrong with writing; false: nothing.  Work goes on in memory of the queue and is tried again. */
bool history_failed(struct history *h, struct err *e);

/* Ids grow with time; the new one is above AFTER (a parent), and not that of another process. */
int64_t history_new_id(int64_t after);
int64_t history_now_ms(void);

/* ---- queued: these return at once, and copy what they are given ---- */
void history_add_chat(struct history *h, const struct history_chat *c);
/* M belongs to CHAT, whose leaf it becomes. */
void history_add_message(struct history *h, int64_t chat, const struct history_message *m);
enum history_part { HISTORY_TEXT, HISTORY_THINKING };
void history_append(struct history *h, int64_t message, enum history_part part, const char *s, size_t n);
/* The message grows no more; of M all but its texts, creation and place is stored. */
void history_end_message(struct history *h, int64_t chat, const struct history_message *m);
/* Who answers from now on, and how. */
void history_set_chat(struct history *h, int64_t chat, const char *model, const char *system, const char *sampling);
void history_set_leaf(struct history *h, int64_t chat, int64_t message);
/* What is being written in CHAT (0: in a new one); "" forgets it. */
void history_set_draft(struct history *h, int64_t chat, const char *text);

/* Give what is queued up to MS milliseconds to be written: before it is shown, so that what was on the screen is there
 * after a crash.  False: it takes longer.  Where writing fails there is nothing to wait for. */
bool history_settle(struct history *h, int ms);

/* ---- these wait until it is done ---- */
bool history_flush(struct history *h, struct err *e) MUST_CHECK;
bool history_rename(struct history *h, int64_t chat, const char *title, struct err *e) MUST_CHECK;
bool history_pin(struct history *h, int64_t chat, bool pinned, struct err *e) MUST_CHECK;
/* Marked only, so that it can come back; a day later it is gone for good. */
bool history_delete(struct history *h, int64_t chat, struct err *e) MUST_CHECK;
bool history_undelete(struct history *h, int64_t chat, struct err *e) MUST_CHECK;
/* A tree under new ids; *CHAT is its new id. */
bool history_import(struct history *h, const struct history_tree *t, int64_t *chat, struct err *e) MUST_CHECK;

/* ---- reading; the caller's thread only ---- */
/* Conversations, pinned ones first, then by last change.  WORDS: those that hold all of them in one message or in the
 * title, letters of either case; "" or NULL: all. */
bool history_find(struct history *h, const char *words, size_t limit, struct history_list *out, struct err *e) MUST_CHECK;
bool history_read(struct history *h, int64_t chat, struct history_tree *out, struct err *e) MUST_CHECK;
/* Appends to OUT; false: there is none. */
bool history_draft(struct history *h, int64_t chat, struct buf *out);
/* The conversation deleted last of those that can come back; 0: none. */
int64_t history_deleted_last(struct history *h);
int64_t history_last(struct history *h);		/* the conversation that changed last; 0: none */

/* Answers that were measured, of all models, the newest first. */
struct history_run {
	char *model;			/* as messages have it; may be NULL */
	int64_t created_ms;
	uint32_t n_prompt, n_tokens;
	double prompt_s, first_s, generate_s;
};
struct history_runs {
	struct history_run *runs;
	size_t n;
};
bool history_runs(struct history *h, size_t limit, struct history_runs *out, struct err *e) MUST_CHECK;
void history_runs_done(struct history_runs *r);

void history_list_done(struct history_list *l);
void history_tree_done(struct history_tree *t);
void history_chat_done(struct history_chat *c);
void history_message_done(struct history_message *m);

/* Messages with the parent PARENT (0: first ones), in order of their making, into IDS; how many (at most MAX are
 * stored). */
size_t history_branches(const struct history_tree *t, int64_t parent, int64_t *ids, size_t max);
/* The newest leaf under MESSAGE, itself if nothing follows it. */
int64_t history_leaf_under(const struct history_tree *t, int64_t message);
const struct history_message *history_message_find(const struct history_tree *t, int64_t id);
/* From the first message to LEAF, as indices into T; how many.  PATH: room for t->n. */
size_t history_path(const struct history_tree *t, int64_t leaf, size_t *path);

#endif
