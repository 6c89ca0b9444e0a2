/* Messages to a prompt; see chat.h and minnow.h. */
#include "core/chat.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/gguf.h"
#include "core/jinja/jinja.h"
#include "core/model.h"
#include "core/tok/tok.h"

struct chat {
	const struct tok *tok;		/* not owned */
	struct jinja *template;		/* NULL: it did not parse */
	struct err broken;		/* why */
	const char *standin;		/* a constant */
};

static const char chatml[] =
    "{% for m in messages %}"
    "{{ '<|im_start|>' ~ m.role ~ '\\n' ~ m.content ~ '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{{ '<|im_start|>assistant\\n' }}";
static const char plain[] = "{{ messages | map(attribute='content') | join('\\n\\n') }}";

struct chat *
chat_open(const struct gguf *g, const struct tok *t)
{
	struct chat *c = mem_new0(1, sizeof *c);
	struct gguf_str s;

	c->tok = t;
	if (!gguf_get_str(g, "tokenizer.chat_template", &s)) {
		if (tok_find(t, "<|im_start|>") != TOK_NONE && tok_find(t, "<|im_end|>") != TOK_NONE) {
			s = (struct gguf_str){chatml, sizeof chatml - 1};
			c->standin = "the model has no chat template; its vocabulary suggests ChatML, which stands in";
		} else {
			s = (struct gguf_str){plain, sizeof plain - 1};
			c->standin = "the model has no chat template; it continues the text as it is, without turns";
		}
	}
	c->template = jinja_open(s.data, s.len, &c->broken);
	if (!c->template)
		err_wrap(&c->broken, "the model's chat template cannot be used");
	return c;
}

void
chat_close(struct chat *c)
{
	if (!c)
		return;
	jinja_close(c->template);
	free(c);
}

const struct jinja *
chat_template(const struct chat *c, struct err *e)
{
	if (!c->template && e)
		*e = c->broken;
	return c->template;
}

const char *
chat_standin(const struct chat *c)
{
	return c->standin;
}

/* ---- variables ---- */

/* Broken UTF-8 becomes U+FFFD. */
static json_t *
text_to_json(const char *s, size_t n)
{
	struct buf fixed = {0};
	json_t *j;

	if (utf8_is_valid(s, n))
		return json_stringn(s, n);
	for (size_t i = 0; i < n; ) {
		uint32_t c;
		bool ok;

		i += utf8_decode(s + i, n - i, &c, &ok);
		buf_add_utf8(&fixed, c);
	}
	j = json_stringn(buf_str(&fixed), fixed.len);
	buf_done(&fixed);
	return j;
}

static void
set_token(json_t *vars, const char *name, const struct tok *t, uint32_t id)
{
	const char *s;
	size_t n;

	if (id == TOK_NONE)
		return;			/* undefined, as in a configuration without it */
	s = tok_spelling(t, id, &n);
	json_object_set_new(vars, name, text_to_json(s, n));
}

static json_t *
message_to_json(const char *role, const char *content)
{
	return json_pack("{s:o,s:o}", "role", text_to_json(role, strlen(role)), "content",
	    text_to_json(content, strlen(content)));
}

/* With FOLD the first message, a system one, goes in front of the first user message. */
static json_t *
make_messages(const struct chat_message *messages, size_t n, bool fold)
{
	json_t *list = json_array();
	struct buf both = {0};

	for (size_t i = fold; i < n; i++) {
		const char *content = messages[i].content;

		if (fold && strcmp(messages[i].role, "user") == 0) {
			buf_printf(&both, "%s\n\n%s", messages[0].content, content);
			content = buf_str(&both);
			fold = false;
		}
		json_array_append_new(list, message_to_json(messages[i].role, content));
	}
	buf_done(&both);
	return list;
}

static bool
render(const struct chat *c, const struct chat_message *messages, size_t n, bool fold, const struct tm *now,
    struct buf *out, struct err *e)
{
	json_t *vars = json_pack("{s:o,s:b,s:n}", "messages", make_messages(messages, n, fold),
	    "add_generation_prompt", 1, "tools");
	bool ok;

	set_token(vars, "bos_token", c->tok, tok_bos(c->tok));
	set_token(vars, "eos_token", c->tok, tok_eos(c->tok));
	ok = jinja_render(c->template, vars, now, NULL, out, e);
	json_decref(vars);
	return ok;
}

/* ---- rendering ---- */

static bool
can_fold(const struct chat_message *messages, size_t n)
{
	if (n < 2 || strcmp(messages[0].role, "system") != 0)
		return false;
	for (size_t i = 1; i < n; i++)
		if (strcmp(messages[i].role, "user") == 0)
			return true;
	return false;
}

/* Does the prompt hold what the system message says?  Templates may trim it. */
static bool
holds(const struct buf *prompt, const char *system)
{
	static const char blanks[] = " \t\r\n";
	const char *from = system + strspn(system, blanks);
	size_t n = strlen(from);
	struct buf words = {0};
	bool found;

	while (n > 0 && strchr(blanks, from[n - 1]))
		n--;
	buf_add(&words, from, n);
	found = n == 0 || !utf8_is_valid(from, n) || strstr(buf_str(prompt), buf_str(&words)) != NULL;
	buf_done(&words);
	return found;
}

bool
chat_render_text(const struct chat *c, const struct chat_message *messages, size_t n, const struct tm *now,
    struct buf *out, struct err *e)
{
	struct buf text = {0}, folded = {0};
	bool ok;

	if (!chat_template(c, e))
		return false;
	ok = render(c, messages, n, false, now, &text, e);
	if (can_fold(messages, n) && (!ok || !holds(&text, messages[0].content)) &&
	    render(c, messages, n, true, now, &folded, NULL)) {
		ok = true;
		buf_add(out, buf_str(&folded), folded.len);
	} else if (ok) {
		buf_add(out, buf_str(&text), text.len);
	}
	buf_done(&text);
	buf_done(&folded);
	return ok;
}

static bool
begins_with_token(const struct buf *text, const struct tok *t, uint32_t id)
{
	size_t n;
	const char *s = tok_spelling(t, id, &n);

	return n > 0 && n <= text->len && memcmp(text->data, s, n) == 0;
}

bool
chat_encode(const struct chat *c, const struct chat_message *messages, size_t n, const struct tm *now,
    struct tok_ids *out, struct err *e)
{
	const struct tok_flags flags = {.parse_special = true};
	uint32_t bos = tok_bos(c->tok);
	struct buf text = {0};
	bool ok = chat_render_text(c, messages, n, now, &text, e);

	if (ok) {
		if (tok_adds_bos(c->tok) && bos != TOK_NONE && !begins_with_token(&text, c->tok, bos))
			tok_ids_add(out, bos);
		ok = tok_encode(c->tok, buf_str(&text), text.len, flags, out, e);
	}
	buf_done(&text);
	return ok;
}

/* ---- of a model ---- */

bool
chat_render(const struct model *m, const struct chat_message *messages, size_t n, const struct tm *now,
    struct buf *out, struct err *e)
{
	if (!m->chat)
		return err_set(e, ERR_FAILED, "the model has no tokenizer, so it cannot chat");
	return chat_render_text(m->chat, messages, n, now, out, e);
}

const char *
chat_fallback(const struct model *m)
{
	return m->chat ? chat_standin(m->chat) : NULL;
}
