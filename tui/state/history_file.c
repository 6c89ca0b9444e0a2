/* Conversations as files; see history_file.h. */
#include "tui/state/history_file.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/i18n.h"

enum { VERSION = 1 };

/* ---- writing JSON ---- */

/* A string may hold what JSON cannot: broken UTF-8 becomes U+FFFD. */
static json_t *
make_string(const char *s, size_t n)
{
	json_t *j = json_stringn(s, n);
	struct buf good = {0};

	if (j)
		return j;
	for (size_t at = 0; at < n;) {
		uint32_t cp;
		bool ok;

		at += utf8_decode(s + at, n - at, &cp, &ok);
		buf_add_utf8(&good, cp);
	}
	j = json_stringn(buf_str(&good), good.len);
	buf_done(&good);
	return j;
}

static void
set_text(json_t *o, const char *name, const char *s)
{
	if (s && *s)
		json_object_set_new(o, name, make_string(s, strlen(s)));
}

static void
set_buf(json_t *o, const char *name, const struct buf *b)
{
	if (b->len)
		json_object_set_new(o, name, make_string(b->data, b->len));
}

/* What is JSON already; left out when it is not. */
static void
set_json(json_t *o, const char *name, const char *s, size_t n, json_type type)
{
	json_t *j = s && n ? json_loadb(s, n, JSON_ALLOW_NUL, NULL) : NULL;

	if (j && json_typeof(j) == type)
		json_object_set(o, name, j);
	json_decref(j);
}

static void
set_number(json_t *o, const char *name, double v)
{
	if (v > 0 && isfinite(v))
		json_object_set_new(o, name, json_real(v));
}

static void
set_count(json_t *o, const char *name, int64_t v)
{
	if (v > 0)
		json_object_set_new(o, name, json_integer(v));
}

static size_t
index_of(const struct history_tree *t, int64_t id)
{
	const struct history_message *m = id ? history_message_find(t, id) : NULL;

	return m ? (size_t)(m - t->messages) : SIZE_MAX;
}

static void
set_index(json_t *o, const char *name, size_t i)
{
	json_object_set_new(o, name, i == SIZE_MAX ? json_null() : json_integer((json_int_t)i));
}

static json_t *
message_json(const struct history_tree *t, size_t i)
{
	const struct history_message *m = &t->messages[i];
	size_t parent = index_of(t, m->parent);
	json_t *o = json_object();
	struct buf list = {0};

	set_index(o, "parent", parent < i ? parent : SIZE_MAX);
	json_object_set_new(o, "role", json_string(m->by_model ? "assistant" : "user"));
	json_object_set_new(o, "text", make_string(buf_str(&m->text), m->text.len));
	set_buf(o, "thinking", &m->thinking);
	if (m->calls.len) {
		buf_printf(&list, "[%s]", m->calls.data);
		set_json(o, "calls", list.data, list.len, JSON_ARRAY);
		buf_done(&list);
	}
	set_buf(o, "calls_text", &m->calls_raw);
	set_text(o, "model", m->model);
	set_text(o, "digest", m->digest);
	set_json(o, "sampling", m->sampling, m->sampling ? strlen(m->sampling) : 0, JSON_OBJECT);
	set_count(o, "created", m->created_ms);
	set_text(o, "ended", m->ended);
	set_text(o, "error", m->error);
	set_count(o, "prompt_tokens", m->n_prompt);
	set_count(o, "tokens", m->n_tokens);
	set_number(o, "prompt_seconds", m->prompt_s);
	set_number(o, "first_seconds", m->first_s);
	set_number(o, "seconds", m->generate_s);
	set_number(o, "thinking_seconds", m->thinking_s);
	return o;
}

bool
history_write_json(const struct history_tree *t, struct buf *out, struct err *e)
{
	const struct history_chat *c = &t->chat;
	json_t *o = json_object(), *list = json_array();
	char *text;

	json_object_set_new(o, "minnow", json_string("conversation"));
	json_object_set_new(o, "version", json_integer(VERSION));
	json_object_set_new(o, "title", make_string(c->title ? c->title : "", c->title ? strlen(c->title) : 0));
	json_object_set_new(o, "titled", json_boolean(c->titled));
	set_count(o, "created", c->created_ms);
	set_count(o, "changed", c->changed_ms);
	set_text(o, "model", c->model);
	set_text(o, "digest", c->digest);
	set_text(o, "system", c->system);
	set_json(o, "sampling", c->sampling, c->sampling ? strlen(c->sampling) : 0, JSON_OBJECT);
	set_index(o, "chosen", index_of(t, c->leaf));
	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(list, message_json(t, i));
	json_object_set_new(o, "messages", list);
	text = json_dumps(o, JSON_INDENT(1));
	json_decref(o);
	if (!text)
		return err_set(e, ERR_NO_SPACE, "there is no memory for the conversation as JSON");
	buf_add_str(out, text);
	buf_add_char(out, '\n');
	free(text);
	return true;
}

/* ---- Markdown ---- */

void
history_write_markdown(const struct history_tree *t, struct buf *out)
{
	size_t *path = mem_new0(t->n, sizeof *path), n = history_path(t, t->chat.leaf, path);

	buf_printf(out, "# %s\n", t->chat.title && *t->chat.title ? t->chat.title : _("Conversation"));
	if (t->chat.system && *t->chat.system)
		buf_printf(out, _("\n## System\n\n%s\n"), t->chat.system);
	for (size_t i = 0; i < n; i++) {
		const struct history_message *m = &t->messages[path[i]];

		buf_printf(out, "\n## %s\n\n", !m->by_model ? _("You") : m->model && *m->model ? m->model : _("Model"));
		if (m->thinking.len) {
			buf_printf(out, "<details><summary>thought for %.1f s</summary>\n\n", m->thinking_s);
			buf_add(out, m->thinking.data, m->thinking.len);
			buf_add_str(out, "\n\n</details>\n\n");
		}
		buf_add(out, buf_str(&m->text), m->text.len);
		if (m->calls_raw.len)
			buf_printf(out, "%s```\n%s\n```", m->text.len ? "\n\n" : "", m->calls_raw.data);
		if (out->data[out->len - 1] != '\n')
			buf_add_char(out, '\n');
	}
	free(path);
}

/* ---- reading JSON: everything is checked, nothing is believed ---- */

struct reader {
	struct err *e;
	size_t at;			/* of the message, for messages */
	bool in_message;
};

static bool
wrong(const struct reader *r, const char *name, const char *want)
{
	if (r->in_message)
		return err_set(r->e, ERR_FAILED, "message %zu: \"%s\" is not %s", r->at, name, want);
	return err_set(r->e, ERR_FAILED, "\"%s\" is not %s", name, want);
}

static bool
read_buf(const struct reader *r, const json_t *o, const char *name, bool needed, struct buf *out)
{
	const json_t *j = json_object_get(o, name);

	if (!j && !needed)
		return true;
	if (!json_is_string(j))
		return wrong(r, name, "a text");
	if (json_string_length(j))
		buf_add(out, json_string_value(j), json_string_length(j));
	return true;
}

static bool
read_text(const struct reader *r, const json_t *o, const char *name, char **out)
{
	const json_t *j = json_object_get(o, name);

	if (!j)
		return true;
	if (!json_is_string(j) || strlen(json_string_value(j)) != json_string_length(j))
		return wrong(r, name, "a text");
	*out = mem_dup(json_string_value(j));
	return true;
}

static bool
read_count(const struct reader *r, const json_t *o, const char *name, int64_t most, int64_t *out)
{
	const json_t *j = json_object_get(o, name);

	if (!j)
		return true;
	if (!json_is_integer(j) || json_integer_value(j) < 0 || json_integer_value(j) > most)
		return wrong(r, name, "a whole number that fits");
	*out = json_integer_value(j);
	return true;
}

static bool
read_number(const struct reader *r, const json_t *o, const char *name, double *out)
{
	const json_t *j = json_object_get(o, name);

	if (!j)
		return true;
	if (!json_is_number(j) || json_number_value(j) < 0 || !isfinite(json_number_value(j)))
		return wrong(r, name, "a number of seconds");
	*out = json_number_value(j);
	return true;
}

static bool
read_settings(const struct reader *r, const json_t *o, char **out)
{
	const json_t *j = json_object_get(o, "sampling");

	if (!j)
		return true;
	if (!json_is_object(j))
		return wrong(r, "sampling", "an object");
	*out = json_dumps(j, JSON_COMPACT);
	return *out || wrong(r, "sampling", "an object");
}

/* [{"name", "arguments"}, …] as the elements of a list. */
static bool
read_calls(const struct reader *r, const json_t *o, struct buf *out)
{
	const json_t *list = json_object_get(o, "calls"), *j;
	size_t i;

	if (!list)
		return true;
	if (!json_is_array(list))
		return wrong(r, "calls", "a list");
	json_array_foreach(list, i, j) {
		char *text;

		if (!json_is_string(json_object_get(j, "name")) || !json_is_object(json_object_get(j, "arguments")))
			return wrong(r, "calls", "a list of calls with \"name\" and \"arguments\"");
		text = json_dumps(j, 0);
		buf_add_str(out, i ? ", " : "");
		buf_add_str(out, text ? text : "");
		free(text);
	}
	return true;
}

static bool
read_role(const struct reader *r, const json_t *o, bool *by_model)
{
	const char *role = json_string_value(json_object_get(o, "role"));

	if (!role || (strcmp(role, "user") != 0 && strcmp(role, "assistant") != 0))
		return wrong(r, "role", "\"user\" or \"assistant\"");
	*by_model = *role == 'a';
	return true;
}

static bool
read_index(const struct reader *r, const json_t *o, const char *name, size_t below, int64_t *id)
{
	const json_t *j = json_object_get(o, name);

	*id = 0;
	if (!j || json_is_null(j))
		return true;
	if (!json_is_integer(j) || json_integer_value(j) < 0 || (uint64_t)json_integer_value(j) >= below)
		return wrong(r, name, r->in_message ? "the number of an earlier message" : "the number of a message");
	*id = json_integer_value(j) + 1;
	return true;
}

static bool
read_message(const struct reader *r, const json_t *o, struct history_message *m)
{
	int64_t n_prompt = 0, n_tokens = 0;
	bool ok;

	if (!json_is_object(o))
		return err_set(r->e, ERR_FAILED, "message %zu is not an object", r->at);
	ok = read_index(r, o, "parent", r->at, &m->parent) && read_role(r, o, &m->by_model) &&
	    read_buf(r, o, "text", true, &m->text) && read_buf(r, o, "thinking", false, &m->thinking) &&
	    read_calls(r, o, &m->calls) && read_buf(r, o, "calls_text", false, &m->calls_raw) &&
	    read_text(r, o, "model", &m->model) && read_text(r, o, "digest", &m->digest) &&
	    read_settings(r, o, &m->sampling) && read_count(r, o, "created", INT64_MAX, &m->created_ms) &&
	    read_text(r, o, "ended", &m->ended) && read_text(r, o, "error", &m->error) &&
	    read_count(r, o, "prompt_tokens", UINT32_MAX, &n_prompt) && read_count(r, o, "tokens", UINT32_MAX, &n_tokens) &&
	    read_number(r, o, "prompt_seconds", &m->prompt_s) && read_number(r, o, "first_seconds", &m->first_s) &&
	    read_number(r, o, "seconds", &m->generate_s) && read_number(r, o, "thinking_seconds", &m->thinking_s);
	m->n_prompt = (uint32_t)n_prompt;
	m->n_tokens = (uint32_t)n_tokens;
	return ok;
}

static bool
read_messages(struct reader *r, const json_t *list, struct history_tree *t)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n == 0)
		return wrong(r, "messages", "a list of messages");
	if (n > HISTORY_MESSAGES_MAX)
		return err_set(r->e, ERR_FAILED, "it has %zu messages, more than the %d allowed", n, HISTORY_MESSAGES_MAX);
	t->messages = mem_new0(n, sizeof *t->messages);
	r->in_message = true;
	for (; t->n < n; t->n++) {
		struct history_message *m = &t->messages[t->n];

		r->at = t->n;
		m->id = (int64_t)t->n + 1;
		if (!read_message(r, json_array_get(list, t->n), m)) {
			history_message_done(m);
			return false;
		}
	}
	r->in_message = false;
	return true;
}

static bool
read_conversation(const json_t *o, struct history_tree *t, struct err *e)
{
	struct reader r = {.e = e};
	struct history_chat *c = &t->chat;
	const json_t *kind = json_object_get(o, "minnow"), *version = json_object_get(o, "version");
	bool ok;

	if (!json_is_string(kind) || strcmp(json_string_value(kind), "conversation") != 0)
		return err_set(e, ERR_FAILED, "this is no conversation of minnow: \"minnow\" is not \"conversation\"");
	if (!json_is_integer(version) || json_integer_value(version) != VERSION)
		return err_set(e, ERR_FAILED, "its version is not %d: a newer minnow wrote it", VERSION);
	ok = read_text(&r, o, "title", &c->title) && read_count(&r, o, "created", INT64_MAX, &c->created_ms) &&
	    read_count(&r, o, "changed", INT64_MAX, &c->changed_ms) && read_text(&r, o, "model", &c->model) &&
	    read_text(&r, o, "digest", &c->digest) && read_text(&r, o, "system", &c->system) &&
	    read_settings(&r, o, &c->sampling) && read_messages(&r, json_object_get(o, "messages"), t) &&
	    read_index(&r, o, "chosen", t->n, &c->leaf);
	c->titled = json_is_true(json_object_get(o, "titled"));
	if (!c->title)
		c->title = mem_dup("");
	return ok;
}

bool
history_parse_json(const char *s, size_t n, struct history_tree *out, struct err *e)
{
	json_error_t je;
	json_t *o;
	bool ok;

	*out = (struct history_tree){0};
	if (n > HISTORY_FILE_BYTES_MAX)
		return err_set(e, ERR_FAILED, "longer than the %u bytes allowed", HISTORY_FILE_BYTES_MAX);
	o = json_loadb(s, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &je);
	/* jansson's own words may quote the file. */
	ok = o ? read_conversation(o, out, e) :
	    err_set(e, ERR_FAILED, "line %d is not JSON", je.line > 0 ? je.line : 1);
	json_decref(o);
	if (!ok)
		history_tree_done(out);
	return ok;
}

/* ---- files ---- */

bool
history_export(const struct history_tree *t, const char *path, struct err *e)
{
	const char *dot = strrchr(path, '.');
	struct buf out = {0};
	bool ok = true;

	if (fs_exists(path))
		return err_set(e, ERR_FAILED, "%s is there already: give another name", path);
	if (dot && strcmp(dot, ".json") == 0)
		ok = history_write_json(t, &out, e);
	else
		history_write_markdown(t, &out);
	ok = ok && fs_write_atomic(path, buf_str(&out), out.len, e);
	buf_done(&out);
	return ok;
}
