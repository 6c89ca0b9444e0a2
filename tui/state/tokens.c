/* Tokens as people read them; see tokens.h. */
#include "tui/state/tokens.h"

#include "core/tok/tok.h"
#include "tui/i18n.h"
#include "tui/state/talk.h"
#include "tui/text_clean.h"

#define HEAT_PER_BIT 1.5f

size_t
tokens_turn(const struct talk *c)
{
	for (size_t i = c->n_turns; c->model && i-- > 0;)
		if (c->turns[i]->role == TURN_MODEL && c->turns[i]->n_tokens)
			return i;
	return c->n_turns;
}

const char *
tokens_why_not(const struct talk *c)
{
	if (!c->model)
		return _("no model is loaded");
	if (tokens_turn(c) < c->n_turns)
		return NULL;
	return talk_last_answer(c) ? _("the tokens of an answer that was brought back are not kept: answer again (:regenerate)") :
	    _("there is no answer yet");
}

/* Clean, on one line, and what a person would not see as an escape. */
static void
quote(const struct buf *raw, struct buf *out)
{
	struct buf clean = {0};

	buf_add_char(out, '"');
	for (size_t i = 0; i <= raw->len; i++) {
		const char *escape = i < raw->len && raw->data[i] == '\n' ? "\\n" : i < raw->len && raw->data[i] == '\t' ? "\\t" : NULL;

		if (i < raw->len && !escape) {
			buf_add_char(&clean, raw->data[i]);
			continue;
		}
		text_clean_line(out, buf_str(&clean), clean.len);
		buf_clear(&clean);
		if (escape)
			buf_add_str(out, escape);
	}
	buf_add_char(out, '"');
	buf_done(&clean);
}

void
tokens_quote(const struct talk *c, uint32_t id, struct buf *out)
{
	struct buf raw = {0};

	tok_bytes(model_tok(c->model), id, true, &raw);
	quote(&raw, out);
	buf_done(&raw);
}

void
tokens_quote_all(const struct talk *c, const struct turn *t, size_t from, size_t to, struct buf *out)
{
	struct buf raw = {0};

	for (size_t i = from; i < to; i++)
		tok_bytes(model_tok(c->model), t->tokens[i].id, true, &raw);
	quote(&raw, out);
	buf_done(&raw);
}

size_t
tokens_size(const struct talk *c, uint32_t id)
{
	struct buf raw = {0};
	size_t n;

	tok_bytes(model_tok(c->model), id, true, &raw);
	n = raw.len;
	buf_done(&raw);
	return n;
}

int
tokens_heat(const struct turn_token *t)
{
	int heat = (int)(t->entropy * HEAT_PER_BIT);

	return heat < 0 ? 0 : heat > 9 ? 9 : heat;
}
