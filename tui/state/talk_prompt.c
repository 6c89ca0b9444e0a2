/* What the model is sent of a conversation: the messages, how long they are, and what fills the window. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/tok/tok.h"
#include "tui/state/attach.h"
#include "tui/state/talk_impl.h"

/* What the model said, as it is sent again.  LIST is scratch that must live as long. */
static struct chat_message
answer_message(const struct turn *t, struct buf *list)
{
	struct chat_message m = {.role = "assistant", .content = buf_str(&t->raw)};

	if (t->thinking.len)
		m.thinking = buf_str(&t->thinking);
	if (t->n_calls) {
		buf_printf(list, "[%s]", buf_str(&t->calls_json));
		m.tool_calls = buf_str(list);
		m.tool_text = buf_str(&t->calls_raw);
	}
	return m;
}

/* The turns as the template takes them; an exchange that failed before it said anything is left out. */
static size_t
collect(const struct talk *c, const struct talk_prompt *p, struct chat_message *out, struct buf *lists)
{
	size_t n = 0;

	if (*c->system)
		out[n++] = (struct chat_message){"system", c->system};
	for (size_t i = p->left_out; i < p->at; i++) {
		const struct turn *t = c->turns[i], *next = i + 1 < p->at ? c->turns[i + 1] : NULL;
		bool last = !p->text && (!next || (i + 2 == p->at && !turn_has_said(next)));

		if (t->role == TURN_USER && (last || (next && turn_has_said(next))))
			out[n++] = (struct chat_message){"user", buf_str(&t->raw)};
		else if (t->role == TURN_MODEL && turn_has_said(t))
			out[n++] = answer_message(t, &lists[i]);
	}
	if (p->text)
		out[n++] = (struct chat_message){"user", p->text};
	return n;
}

/* What P is for the session: COUNT says how long that is, or with NULL it is asked. */
static bool
give(const struct talk *c, const struct talk_prompt *p, bool only_prompt, uint32_t *count, struct err *e)
{
	struct tok_ids ids = {0};
	struct chat_message *messages;
	struct request r = {.sampling = c->sampling, .max_tokens = c->max_tokens, .think = c->think,
	    .only_prompt = only_prompt};
	struct buf *lists;
	bool ok;

	if (!c->session)
		return err_set(e, ERR_FAILED, "no model is loaded");
	messages = mem_new0(p->at + 2, sizeof *messages);
	lists = mem_new0(p->at + 1, sizeof *lists);
	r.messages = messages;
	r.n_messages = collect(c, p, messages, lists);
	for (size_t i = 0; p->begun && i < p->begun->n_tokens; i++)
		tok_ids_add(&ids, p->begun->tokens[i].id);
	r.begin = ids.ids;
	r.n_begin = ids.n;
	ok = count ? session_count(c->session, &r, count, e) : session_ask(c->session, &r, e);
	for (size_t i = 0; i < p->at; i++)
		buf_done(&lists[i]);
	free(lists);
	free(messages);
	tok_ids_done(&ids);
	return ok;
}

bool
talk_count(const struct talk *c, const struct talk_prompt *p, uint32_t *n, struct err *e)
{
	return give(c, p, false, n, e);
}

static bool
is_too_long(const struct talk *c, uint32_t n)
{
	return n >= c->n_ctx && !model_info(c->model)->has_encoder;
}

/* Before anything is taken away for P: is there room for it? */
bool
talk_has_room(struct talk *c, const struct talk_prompt *p, struct err *e)
{
	uint32_t n;

	c->n_needed = 0;
	if (!talk_count(c, p, &n, e))
		return false;
	if (!is_too_long(c, n))
		return true;
	c->n_needed = n;
	return err_set(e, ERR_FAILED, "the prompt is %u tokens long and the context holds %u: nothing would be left for an "
	    "answer; shorten it or choose a longer context", n, c->n_ctx);
}

/* Send the conversation, whose last turn is a question; the answer begins with the tokens of BEGUN, or NULL. */
bool
talk_request(struct talk *c, const struct turn *begun, bool only_prompt, struct err *e)
{
	struct talk_prompt p = {.at = c->n_turns, .left_out = c->n_left_out, .begun = begun};

	c->n_needed = 0;
	if (give(c, &p, only_prompt, NULL, e))
		return true;
	/* Only what was refused is counted: that it fits is the rule. */
	if (c->session)
		(void)!talk_has_room(c, &p, e);
	return false;
}

static uint32_t
count_text(const struct talk *c, const char *s, size_t n)
{
	struct tok_ids ids = {0};
	struct tok_flags flags = {0};
	uint32_t count = 0;

	if (tok_encode(model_tok(c->model), s, n, flags, &ids, NULL))
		count = (uint32_t)ids.n;
	tok_ids_done(&ids);
	return count;
}

static uint32_t
count_files_of(const struct talk *c, const struct turn *t)
{
	struct attaches as = {0};
	struct buf folded = {0};
	uint32_t n = 0;

	if (t->raw.len)
		attach_fold(&as, t->raw.data, t->raw.len, &folded);
	for (size_t i = 0; i < as.n; i++)
		n += count_text(c, as.items[i].text, as.items[i].len);
	attach_done(&as);
	buf_done(&folded);
	return n;
}

/* Files of the questions that are sent. */
void
talk_count_files(struct talk *c)
{
	c->n_files = 0;
	if (!c->model || !model_tok(c->model))
		return;
	for (size_t i = c->n_left_out; i < c->n_turns; i++) {
		struct turn *t = c->turns[i];

		if (t->role != TURN_USER)
			continue;
		if (t->n_files == TURN_UNCOUNTED)
			t->n_files = count_files_of(c, t);
		c->n_files += t->n_files;
	}
}

void
talk_leave_out(struct talk *c, size_t n)
{
	c->n_left_out = n <= c->n_turns ? n : 0;
	talk_count_files(c);
}
