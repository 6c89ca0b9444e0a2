/* The chat format of a model: its own template, or what stands in for a missing one. */
#ifndef CORE_CHAT_H
#define CORE_CHAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/minnow.h"

struct chat;
struct gguf;
struct jinja;
struct tok;
struct split_start;
struct tok_ids;

/* Compile the template of G ("tokenizer.chat_template") and find out what it can be told.  T must outlive the chat.  One
 * that does not parse is no error yet: the sentence is kept for whoever asks for a prompt, so that the model still serves
 * everything else. */
struct chat *chat_open(const struct gguf *g, const struct tok *t);
void chat_close(struct chat *c);

/* What prompts are rendered through; NULL with *e set when the template did not parse.  Borrowed. */
const struct jinja *chat_template(const struct chat *c, struct err *e);
/* NULL, or one sentence saying which format stands in for a missing template. */
const char *chat_standin(const struct chat *c);

/* What minnow.h's chat_think_note() and chat_tools_note() say of a model. */
const char *chat_note_think(const struct chat *c, enum think t);
const char *chat_note_tools(const struct chat *c);

/* What a prompt is made of. */
struct chat_ask {
	const struct chat_message *messages;
	size_t n;
	const json_t *tools;		/* as call_tools_read() gives them, or NULL */
	enum think think;		/* where the template does not know it: as if AUTO */
	const struct tm *now;		/* NULL: the real clock */
};

/* The exact prompt, up to where the answer begins.
 * A template that refuses a system message, or drops it, gets its text in front of the first user turn instead, as the
 * families with such templates (Gemma) document.  Tools go where the template has a place for them: its variable "tools",
 * the system message's field of that name (Phi-4-mini), or else into the system message as text. */
bool chat_render_ask(const struct chat *c, const struct chat_ask *a, struct buf *out, struct err *e) MUST_CHECK;
/* The same of messages alone. */
bool chat_render_text(const struct chat *c, const struct chat_message *messages, size_t n, const struct tm *now,
    struct buf *out, struct err *e) MUST_CHECK;

/* The same as token ids, appended to OUT.  The begin token is put in front when the model asks for one and the template
 * did not write it.  Control tokens are recognised everywhere in the text: a message that spells one, "<|im_end|>" say,
 * is understood as that token, as with other programs; the template alone knows where contents begin and end.
 * START, when not NULL: how the answer to it is to be split into parts. */
bool chat_encode(const struct chat *c, const struct chat_ask *a, struct tok_ids *out, struct split_start *start,
    struct err *e) MUST_CHECK;
/* A control token that marks parts of an answer: its spelling belongs to the text that is split. */
bool chat_is_mark(const struct chat *c, uint32_t id);

#endif
