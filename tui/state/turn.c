/* One turn of a conversation; see talk.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/json_write.h"
#include "tui/state/attach.h"
#include "tui/state/talk_impl.h"
#include "tui/text_clean.h"

void
turn_free(struct turn *t)
{
	buf_done(&t->raw);
	buf_done(&t->clean);
	buf_done(&t->thinking);
	buf_done(&t->thinking_clean);
	for (size_t i = 0; i < t->n_calls; i++) {
		free(t->calls[i].name);
		free(t->calls[i].arguments);
	}
	free(t->calls);
	buf_done(&t->calls_json);
	buf_done(&t->calls_raw);
	buf_done(&t->note);
	free(t->tokens);
	free(t->kept.model);
	free(t);
}

/* Blank lines before the first word are no content. */
static void
add_clean(struct buf *clean, const char *s, size_t n)
{
	size_t skip = 0;

	while (clean->len == 0 && skip < n && (s[skip] == '\n' || s[skip] == ' '))
		skip++;
	text_clean(clean, s + skip, n - skip);
}

void
turn_add_text(struct turn *t, const char *s, size_t n)
{
	struct buf folded = {0};

	buf_add(&t->raw, s, n);
	if (t->role == TURN_USER) {
		attach_fold(NULL, s, n, &folded);
		s = buf_str(&folded);
		n = folded.len;
	}
	add_clean(&t->clean, s, n);
	buf_done(&folded);
}

void
turn_add_thinking(struct turn *t, const char *s, size_t n)
{
	buf_add(&t->thinking, s, n);
	add_clean(&t->thinking_clean, s, n);
}

struct turn *
turn_new(enum turn_role role, const char *text, size_t n)
{
	struct turn *t = mem_new0(1, sizeof *t);

	t->role = role;
	t->n_files = TURN_UNCOUNTED;
	if (n)
		turn_add_text(t, text, n);
	return t;
}

static char *
clean_line(const char *s)
{
	struct buf b = {0};

	text_clean_line(&b, s, strlen(s));
	return b.len ? buf_take(&b) : mem_dup("");
}

void
turn_add_call(struct turn *t, const char *name, const char *arguments)
{
	struct turn_call *call;

	t->calls = mem_grow(t->calls, t->n_calls + 1, sizeof *t->calls);
	call = &t->calls[t->n_calls++];
	call->name = clean_line(name);
	call->arguments = clean_line(arguments);
	if (t->calls_json.len)
		buf_add_str(&t->calls_json, ", ");
	json_add_call(&t->calls_json, name, arguments);
}

bool
turn_has_said(const struct turn *t)
{
	return t->raw.len || t->n_calls;
}

void
turn_add_token(struct turn *t, const struct turn_token *token)
{
	if (t->n_tokens == t->tokens_cap) {
		t->tokens_cap = t->tokens_cap ? t->tokens_cap * 2 : 64;
		t->tokens = mem_grow(t->tokens, t->tokens_cap, sizeof *t->tokens);
	}
	t->tokens[t->n_tokens++] = *token;
}

bool
turn_is_cut(const struct turn *t)
{
	return t->role == TURN_MODEL && t->complete && !t->err.kind && t->reason == STOP_CONTEXT;
}

const char *
turn_ending(const struct turn *t)
{
	if (!t->complete)
		return NULL;
	if (t->err.kind)
		return t->err.text;
	switch (t->reason) {
	case STOP_CANCELLED:
		return "stopped";
	case STOP_LENGTH:
		return "cut at the longest answer allowed (sampling.max-tokens)";
	case STOP_CONTEXT:
		return "the context is full";
	case STOP_END:
	case STOP_STRING:
		break;
	}
	if (t->note.len)
		return t->note.data;
	if (turn_has_said(t))
		return NULL;
	return t->thinking.len ? "the model thought and said nothing" : "the model said nothing";
}

bool
turn_thinks(const struct turn *t)
{
	return !t->complete && t->role == TURN_MODEL && t->part == PART_THINK && t->thinking.len;
}
