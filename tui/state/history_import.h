/* Conversations from files of minnow and of other programs.
 *
 * Read are: what "export" writes (history_file.h); what "llm logs --json" prints, a list of {"prompt", "response",
 * "conversation_id", "model"}; and what most others export, one conversation or a list of them, each with "messages" (or
 * "conversations", or a list alone) of {"role" or "from" or "sender", "content" or "text" or "value"}: Open WebUI, LibreChat,
 * the data sets of fine-tuning.  Messages with "parentId" or "parentMessageId" keep their branches.  Of others' files only text
 * is taken, made clean (text_clean); what tools were told and what is no text is left out and counted. */
#ifndef TUI_STATE_HISTORY_IMPORT_H
#define TUI_STATE_HISTORY_IMPORT_H

#include "tui/state/history.h"

#define HISTORY_FILE_CHATS_MAX 1000

struct history_trees {
	struct history_tree *trees;
	size_t n;
	size_t left_out;		/* messages and parts of messages */
};

/* Zero trees are an error.  One sentence in *e that names conversation, message and field. */
bool history_parse_any(const char *s, size_t n, struct history_trees *out, struct err *e) MUST_CHECK;
void history_trees_done(struct history_trees *t);

struct history_imported {
	size_t chats, messages, left_out;
	int64_t chat;			/* the first */
};
/* Read PATH, and add what is in it once all of it was found good. */
bool history_import_file(struct history *h, const char *path, struct history_imported *out, struct err *e) MUST_CHECK;
/* "2 conversations were read from PATH: 14 messages", for a person. */
void history_imported_tell(const struct history_imported *i, const char *path, struct buf *out);

#endif
