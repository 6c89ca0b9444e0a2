/* Messages to a prompt; see chat.h and minnow.h. */
#include "core/chat.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/call.h"
#include "core/gguf.h"
#include "core/jinja/jinja.h"
#include "core/model.h"
#include "core/split.h"
#include "core/standin.h"
#include "core/tok/tok.h"

enum { MARKS_MOST = 32 };

/* Where a template looks for tools. */
enum tools_place { TOOLS_NOWHERE, TOOLS_VARIABLE, TOOLS_MESSAGE };

struct think_variable {
	const char *name, *on, *off;	/* values as JSON */
	const char *note;
};
static const struct think_variable think_variables[] = {
#define THINK(name, on, off, note) {#name, on, off, note},
#include "core/think.def"
#undef THINK
};

struct chat {
	const struct tok *tok;		/* not owned */
	struct jinja *template;		/* NULL: it did not parse */
	struct err broken;		/* why */
	const struct standin *standin;	/* NULL: the template is the model's own */
	/* What the template can be told. */
	const struct think_variable *think;
	enum tools_place tools;
	bool takes_calls;		/* an assistant's tool_calls */
	const char *thinking_field;	/* of an assistant's message; NULL: it takes no thinking back */
	/* How answers are split. */
	uint64_t sections;
	uint32_t marks[MARKS_MOST];
	size_t n_marks;
};

/* How a prompt is tried. */
struct shape {
	bool fold;			/* the system text in front of the first user turn */
	bool plain_answers;		/* earlier ones without thinking, and their calls as text */
	bool closed;			/* without the beginning of an answer */
};

static bool render(const struct chat *c, const struct chat_ask *a, struct shape shape, struct buf *out, struct err *e);

/* ---- what a template knows ---- */

static const char probe[] = "zqprobe";

/* Would the prompt for A be another one with B?  A template that refuses both knows neither. */
static bool
differs(const struct chat *c, const struct chat_ask *a, const struct chat_ask *b)
{
	struct buf x = {0}, y = {0};
	bool ok = render(c, a, (struct shape){0}, &x, NULL) && render(c, b, (struct shape){0}, &y, NULL);

	ok = ok && (x.len != y.len || memcmp(buf_str(&x), buf_str(&y), x.len) != 0);
	buf_done(&x);
	buf_done(&y);
	return ok;
}

static void
find_think(struct chat *c)
{
	static const struct chat_message hello = {.role = "user", .content = probe};
	static const struct tm epoch = {.tm_mday = 1, .tm_year = 100};
	struct chat_ask on = {&hello, 1, NULL, THINK_ON, &epoch}, off = {&hello, 1, NULL, THINK_OFF, &epoch};

	for (size_t i = 0; i < ARRAY_LEN(think_variables); i++) {
		if (!jinja_uses(c->template, think_variables[i].name))
			continue;
		c->think = &think_variables[i];
		if (differs(c, &on, &off))
			return;
	}
	c->think = NULL;
}

/* Does a tool show in the prompt when it is given this way? */
static bool
shows_tools(struct chat *c, enum tools_place place)
{
	static const struct chat_message hello[] = {
		{.role = "system", .content = "S"}, {.role = "user", .content = "U"},
	};
	struct chat_ask a = {.messages = hello, .n = 2};
	json_t *tools = json_pack("[{s:s,s:{s:s,s:s,s:{s:s,s:{},s:[]}}}]", "type", "function", "function", "name", probe,
	    "description", "", "parameters", "type", "object", "properties", "required");
	struct buf out = {0};
	bool shown;

	c->tools = place;
	a.tools = tools;
	shown = render(c, &a, (struct shape){0}, &out, NULL) && strstr(buf_str(&out), probe) != NULL;
	json_decref(tools);
	buf_done(&out);
	return shown;
}

static void
find_tools(struct chat *c)
{
	if (!jinja_uses(c->template, "tools") ||
	    (!shows_tools(c, TOOLS_VARIABLE) && !shows_tools(c, TOOLS_MESSAGE)))
		c->tools = TOOLS_NOWHERE;
}

static void
learn_template(struct chat *c)
{
	static const char *const fields[] = {"reasoning_content", "reasoning", "thinking"};

	if (!c->template)
		return;
	for (size_t i = 0; !c->thinking_field && i < ARRAY_LEN(fields); i++)
		if (jinja_uses(c->template, fields[i]))
			c->thinking_field = fields[i];
	c->takes_calls = jinja_uses(c->template, "tool_calls");
	find_think(c);
	find_tools(c);
}

/* ---- how answers are split ---- */

bool
chat_is_mark(const struct chat *c, uint32_t id)
{
	for (size_t i = 0; i < c->n_marks; i++)
		if (c->marks[i] == id)
			return true;
	return false;
}

/* The control tokens that TEXT is made of are marks. */
static void
add_marks(struct chat *c, const char *text)
{
	const struct tok_flags flags = {.parse_special = true};
	struct tok_ids ids = {0};

	if (tok_encode(c->tok, text, strlen(text), flags, &ids, NULL))
		for (size_t i = 0; i < ids.n; i++)
			if (tok_kind_of(c->tok, ids.ids[i]) == TOK_CONTROL && c->n_marks < MARKS_MOST &&
			    !tok_is_end(c->tok, ids.ids[i]) && !chat_is_mark(c, ids.ids[i]))
				c->marks[c->n_marks++] = ids.ids[i];
	tok_ids_done(&ids);
}

static void
find_sections(struct chat *c)
{
	const struct section *s;

	for (size_t i = 0; (s = section_at(i)) != NULL; i++) {
		if (*s->needs && tok_find(c->tok, s->needs) == TOK_NONE)
			continue;
		c->sections |= (uint64_t)1 << i;
		add_marks(c, s->open);
		add_marks(c, s->close);
		add_marks(c, s->inner);
	}
}

/* ---- opening ---- */

struct chat *
chat_open(const struct gguf *g, const struct tok *t)
{
	struct chat *c = mem_new0(1, sizeof *c);
	struct gguf_str s;

	c->tok = t;
	if (!gguf_get_str(g, "tokenizer.chat_template", &s)) {
		c->standin = standin_find(g, t);
		s = (struct gguf_str){c->standin->template, strlen(c->standin->template)};
	}
	c->template = jinja_open(s.data, s.len, &c->broken);
	if (!c->template)
		err_wrap(&c->broken, "the model's chat template cannot be used");
	learn_template(c);
	if (!c->standin || c->standin->marks)
		find_sections(c);
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
	return c->standin ? c->standin->sentence : NULL;
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

/* What an assistant's turn has beside its content, as far as the template takes it. */
static void
add_assistant_fields(const struct chat *c, const struct chat_message *m, json_t *message)
{
	json_t *calls = m->tool_calls ? json_loads(m->tool_calls, 0, NULL) : NULL, *call;
	json_t *list = json_array();
	size_t i;

	if (m->thinking && *m->thinking && c->thinking_field)
		json_object_set_new(message, c->thinking_field, text_to_json(m->thinking, strlen(m->thinking)));
	json_array_foreach(calls, i, call) {
		char id[32];

		snprintf(id, sizeof id, "call%05zu", i);
		json_array_append_new(list, json_pack("{s:s,s:s,s:O}", "id", id, "type", "function", "function", call));
	}
	if (json_array_size(list))
		json_object_set(message, "tool_calls", list);
	json_decref(list);
	json_decref(calls);
}

static json_t *
message_to_json(const struct chat *c, const struct chat_message *m, struct shape shape)
{
	bool as_text = m->tool_text && (shape.plain_answers || !c->takes_calls);
	struct buf content = {0};
	json_t *j;

	buf_add_str(&content, m->content);
	if (as_text)
		buf_printf(&content, "%s%s", content.len ? "\n" : "", m->tool_text);
	j = json_pack("{s:o,s:o}", "role", text_to_json(m->role, strlen(m->role)), "content",
	    text_to_json(buf_str(&content), content.len));
	if (strcmp(m->role, "assistant") == 0) {
		struct chat_message rest = *m;

		rest.tool_calls = as_text ? NULL : m->tool_calls;
		rest.thinking = shape.plain_answers ? NULL : m->thinking;
		add_assistant_fields(c, &rest, j);
	}
	buf_done(&content);
	return j;
}

/* Phi-4-mini: the functions alone, as text in a field of the system message. */
static json_t *
tools_field(const json_t *tools)
{
	json_t *functions = json_array(), *field;
	const json_t *tool;
	size_t i;
	char *text;

	json_array_foreach(tools, i, tool)
		json_array_append(functions, json_object_get(tool, "function"));
	text = json_dumps(functions, 0);
	field = json_string(text ? text : "");
	free(text);
	json_decref(functions);
	return field;
}

/* For templates without a place for tools: Google's text for Gemma 3 ("Function calling with Gemma"). */
static void
describe_tools(const json_t *tools, struct buf *out)
{
	char *text = json_dumps(tools, 0);

	buf_printf(out, "%sYou have access to functions. If you decide to invoke any of the function(s), you MUST put it in "
	    "the format of {\"name\": function name, \"parameters\": dictionary of argument name and its value}\n\n"
	    "You SHOULD NOT include any other text in the response if you call a function\n%s", out->len ? "\n\n" : "",
	    text ? text : "");
	free(text);
}

static bool
has_system(const struct chat_ask *a)
{
	return a->n > 0 && strcmp(a->messages[0].role, "system") == 0;
}

/* The system text: the first message, and tools that have no other place. */
static void
system_text(const struct chat *c, const struct chat_ask *a, struct buf *out)
{
	if (has_system(a))
		buf_add_str(out, a->messages[0].content);
	if (a->tools && c->tools == TOOLS_NOWHERE)
		describe_tools(a->tools, out);
	/* As its model card does. */
	if (a->tools && c->tools == TOOLS_MESSAGE && out->len == 0)
		buf_add_str(out, "You are a helpful assistant with some tools.");
}

static json_t *
make_messages(const struct chat *c, const struct chat_ask *a, struct shape shape)
{
	json_t *list = json_array();
	struct buf system = {0};
	bool fold = shape.fold;

	system_text(c, a, &system);
	if (!fold && (has_system(a) || system.len)) {
		struct chat_message m = {.role = "system", .content = buf_str(&system)};
		json_t *message = message_to_json(c, &m, shape);

		if (a->tools && c->tools == TOOLS_MESSAGE)
			json_object_set_new(message, "tools", tools_field(a->tools));
		json_array_append_new(list, message);
	}
	for (size_t i = has_system(a); i < a->n; i++) {
		struct chat_message m = a->messages[i];

		if (fold && strcmp(m.role, "user") == 0) {
			buf_printf(&system, "\n\n%s", m.content);
			m.content = buf_str(&system);
			fold = false;
		}
		json_array_append_new(list, message_to_json(c, &m, shape));
	}
	buf_done(&system);
	return list;
}

static bool
render(const struct chat *c, const struct chat_ask *a, struct shape shape, struct buf *out, struct err *e)
{
	json_t *vars = json_pack("{s:o,s:b,s:n}", "messages", make_messages(c, a, shape), "add_generation_prompt",
	    !shape.closed, "tools");
	bool ok;

	if (a->tools && c->tools == TOOLS_VARIABLE)
		json_object_set_new(vars, "tools", json_deep_copy(a->tools));
	if (a->think != THINK_AUTO && c->think)
		json_object_set_new(vars, c->think->name, json_loads(a->think == THINK_ON ? c->think->on : c->think->off,
		    JSON_DECODE_ANY, NULL));
	set_token(vars, "bos_token", c->tok, tok_bos(c->tok));
	set_token(vars, "eos_token", c->tok, tok_eos(c->tok));
	ok = jinja_render(c->template, vars, a->now, NULL, out, e);
	json_decref(vars);
	return ok;
}

/* ---- rendering ---- */

static bool
can_fold(const struct chat *c, const struct chat_ask *a)
{
	if (!has_system(a) && !(a->tools && c->tools == TOOLS_NOWHERE))
		return false;
	for (size_t i = has_system(a); i < a->n; i++)
		if (strcmp(a->messages[i].role, "user") == 0)
			return true;
	return false;
}

static bool
has_more_than_answers(const struct chat_ask *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->messages[i].tool_calls || a->messages[i].thinking)
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
chat_render_ask(const struct chat *c, const struct chat_ask *a, struct buf *out, struct err *e)
{
	struct buf text = {0}, folded = {0}, system = {0};
	struct shape shape = {0};
	bool ok;

	if (!chat_template(c, e))
		return false;
	ok = render(c, a, shape, &text, e);
	/* Calls without their results, several at once, thinking beside a call: not every template has them. */
	if (!ok && has_more_than_answers(a)) {
		shape.plain_answers = true;
		ok = render(c, a, shape, &text, NULL);
	}
	system_text(c, a, &system);
	if (can_fold(c, a) && (!ok || !holds(&text, buf_str(&system)))) {
		shape.fold = true;
		if (render(c, a, shape, &folded, NULL)) {
			ok = true;
			buf_clear(&text);
			buf_add(&text, buf_str(&folded), folded.len);
		}
	}
	if (ok)
		buf_add(out, buf_str(&text), text.len);
	buf_done(&text);
	buf_done(&folded);
	buf_done(&system);
	return ok;
}

bool
chat_render_text(const struct chat *c, const struct chat_message *messages, size_t n, const struct tm *now,
    struct buf *out, struct err *e)
{
	struct chat_ask a = {.messages = messages, .n = n, .now = now};

	return chat_render_ask(c, &a, out, e);
}

static bool
ends_with(const struct buf *text, const char *mark)
{
	size_t n = text->len, len = strlen(mark);

	while (n > 0 && strchr(" \t\r\n", text->data[n - 1]))
		n--;
	return n >= len && memcmp(text->data + n - len, mark, len) == 0;
}

/* The marker of a section that the prompt TEXT leaves open for the answer.  What a message ends with is none: it is there
 * without the beginning of an answer too. */
static const char *
open_marker(const struct chat *c, const struct chat_ask *a, const struct buf *text)
{
	const struct section *s;

	for (size_t i = 0; (s = section_at(i)) != NULL; i++) {
		struct buf before = {0};
		bool ok;

		if (!(c->sections >> i & 1) || s->part != PART_THINK || !ends_with(text, s->open))
			continue;
		ok = render(c, a, (struct shape){.closed = true}, &before, NULL) && !ends_with(&before, s->open);
		buf_done(&before);
		return ok ? s->open : NULL;
	}
	return NULL;
}

static void
fill_start(const struct chat *c, const struct chat_ask *a, const struct buf *text, struct split_start *start)
{
	const struct section *s;

	*start = (struct split_start){.sections = c->sections, .open = open_marker(c, a, text), .tools = a->tools};
	for (size_t i = 0; (s = section_at(i)) != NULL; i++)
		if (!a->tools && (s->place == SECTION_TOOLS || s->place == SECTION_WHOLE))
			start->sections &= ~((uint64_t)1 << i);
}

static bool
begins_with_token(const struct buf *text, const struct tok *t, uint32_t id)
{
	size_t n;
	const char *s = tok_spelling(t, id, &n);

	return n > 0 && n <= text->len && memcmp(text->data, s, n) == 0;
}

bool
chat_encode(const struct chat *c, const struct chat_ask *a, struct tok_ids *out, struct split_start *start, struct err *e)
{
	const struct tok_flags flags = {.parse_special = true};
	uint32_t bos = tok_bos(c->tok);
	struct buf text = {0};
	bool ok = chat_render_ask(c, a, &text, e);

	if (ok && start)
		fill_start(c, a, &text, start);
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

enum think
think_find(const char *name)
{
	return strcmp(name, "on") == 0 ? THINK_ON : strcmp(name, "off") == 0 ? THINK_OFF : THINK_AUTO;
}

const char *
chat_note_think(const struct chat *c, enum think t)
{
	if (t == THINK_AUTO)
		return NULL;
	if (!c->think)
		return "the model's chat template has no switch for thinking, so it answers as it always does";
	return t == THINK_OFF ? c->think->note : NULL;
}

const char *
chat_note_tools(const struct chat *c)
{
	return c->tools == TOOLS_NOWHERE ?
	    "the model's chat template has no place for tools, so they are described in the system message" : NULL;
}

const char *
chat_think_note(const struct model *m, enum think t)
{
	return m->chat ? chat_note_think(m->chat, t) : NULL;
}

const char *
chat_tools_note(const struct model *m)
{
	return m->chat ? chat_note_tools(m->chat) : NULL;
}
