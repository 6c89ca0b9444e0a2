/* A conversation as a file: Markdown for people (the chosen branch), JSON for programs (all branches), which can be read
 * back.
 *
 * JSON: {"minnow": "conversation", "version": 1, "title", "titled", "created", "changed" (milliseconds since 1970),
 * "model", "digest", "system", "sampling": {…}, "chosen": index, "messages": [{"parent": index of an earlier message or
 * null, "role": "user" or "assistant", "text", "thinking", "calls": [{"name", "arguments"}], "calls_text", "model",
 * "digest", "sampling": {…}, "created", "ended", "error", "prompt_tokens", "tokens", "prompt_seconds", "first_seconds",
 * "seconds", "thinking_seconds"}]}.  What is not known is left out. */
#ifndef TUI_STATE_HISTORY_FILE_H
#define TUI_STATE_HISTORY_FILE_H

#include "tui/state/history.h"

/* Limits of what is read. */
#define HISTORY_FILE_BYTES_MAX (64u << 20)
#define HISTORY_MESSAGES_MAX 100000

bool history_write_json(const struct history_tree *t, struct buf *out, struct err *e) MUST_CHECK;
void history_write_markdown(const struct history_tree *t, struct buf *out);
/* The tree gets ids from 1 on.  One sentence in *e that names the field on any defect. */
bool history_parse_json(const char *s, size_t n, struct history_tree *out, struct err *e) MUST_CHECK;

/* Write the conversation to PATH, as JSON where it ends in .json; a file that is there is not replaced. */
bool history_export(const struct history_tree *t, const char *path, struct err *e) MUST_CHECK;

#endif
