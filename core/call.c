/* Tool calls: what the syntaxes share, and those that are JSON with something around it; see call.h. */
#define _GNU_SOURCE
#include "core/call.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define CALLS_MOST 256			/* of one section */
#define JSON_FLAGS (JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK)

void
calls_done(struct calls *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->items[i].name);
		json_decref(c->items[i].arguments);
	}
	free(c->items);
	*c = (struct calls){0};
}

void
calls_add(struct calls *c, const char *name, size_t n, json_t *arguments)
{
	c->items = mem_grow(c->items, c->n + 1, sizeof *c->items);
	c->items[c->n].name = mem_new0(n + 1, 1);
	memcpy(c->items[c->n].name, name, n);
	c->items[c->n++].arguments = arguments;
}

/* ---- tools ---- */

static const json_t *
function_of(const json_t *tool)
{
	const json_t *f = json_object_get(tool, "function");

	return json_is_object(f) ? f : tool;
}

json_t *
call_tools_read(const char *json, size_t n, struct err *e)
{
	json_error_t why;
	json_t *list = json_loadb(json, n, 0, &why);
	const json_t *tool;
	size_t i;

	if (!list) {
		err_set(e, ERR_FAILED, "not JSON: %s in line %d", why.text, why.line);
		return NULL;
	}
	if (!json_is_array(list) || json_array_size(list) == 0) {
		err_set(e, ERR_FAILED, "a JSON list of tools was expected");
		goto fail;
	}
	json_array_foreach(list, i, tool) {
		const char *name = json_string_value(json_object_get(function_of(tool), "name"));

		if (!name || !*name) {
			err_set(e, ERR_FAILED, "tool %zu of the list has no \"name\"", i + 1);
			goto fail;
		}
		/* Templates want the outer object; a list of functions alone gets it. */
		if (function_of(tool) == tool)
			json_array_set_new(list, i, json_pack("{s:s,s:O}", "type", "function", "function", tool));
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

const json_t *
call_tool_find(const json_t *tools, const char *name)
{
	const json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		const char *known = json_string_value(json_object_get(function_of(tool), "name"));

		if (known && strcmp(known, name) == 0)
			return function_of(tool);
	}
	return NULL;
}

const json_t *
call_parameter(const json_t *tools, const char *name, const char *key)
{
	const json_t *parameters = json_object_get(call_tool_find(tools, name), "parameters");

	return json_object_get(json_object_get(parameters, "properties"), key);
}

/* ---- reading ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void
call_skip_blanks(struct call_reader *r)
{
	while (r->at < r->n && is_blank(r->s[r->at]))
		r->at++;
}

bool
call_is(const struct call_reader *r, const char *what)
{
	size_t len = strlen(what);

	return r->n - r->at >= len && memcmp(r->s + r->at, what, len) == 0;
}

bool
call_take(struct call_reader *r, const char *what)
{
	if (!call_is(r, what))
		return false;
	r->at += strlen(what);
	return true;
}

size_t
call_find(const struct call_reader *r, size_t from, const char *what)
{
	const char *p = from < r->n ? memmem(r->s + from, r->n - from, what, strlen(what)) : NULL;

	return p ? (size_t)(p - r->s) : r->n;
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	    c == '-';
}

size_t
call_name_len(const struct call_reader *r)
{
	size_t n = 0;

	while (r->at + n < r->n && is_name_char(r->s[r->at + n]))
		n++;
	return n;
}

json_t *
call_read_json(struct call_reader *r)
{
	json_error_t why;
	json_t *j;

	call_skip_blanks(r);
	j = json_loadb(r->s + r->at, r->n - r->at, JSON_FLAGS, &why);
	if (j)
		r->at += (size_t)why.position;
	else		/* without "near …": what the model wrote has no place in a sentence of ours */
		err_set(r->e, ERR_FAILED, "its JSON is broken: %.*s",
		    strstr(why.text, " near ") ? (int)(strstr(why.text, " near ") - why.text) : (int)strlen(why.text),
		    why.text);
	return j;
}

/* A, which is taken, as an object: some models write it as JSON in a string.  NULL when it is none. */
static json_t *
as_object(json_t *a)
{
	json_t *inner = NULL;

	if (json_is_object(a))
		return a;
	if (json_is_string(a))
		inner = json_loadb(json_string_value(a), json_string_length(a), 0, NULL);
	json_decref(a);
	if (json_is_object(inner))
		return inner;
	json_decref(inner);
	return NULL;
}

/* ---- json: {"name", "arguments" or "parameters"}, one or more, or a list of them ---- */

static json_t *
arguments_of(const json_t *call)
{
	static const char *const keys[] = {"arguments", "parameters"};
	json_t *a = NULL;

	for (size_t i = 0; !a && i < ARRAY_LEN(keys); i++)
		a = json_object_get(call, keys[i]);
	return !a || json_is_null(a) ? json_object() : as_object(json_incref(a));
}

static bool
add_object(const json_t *j, struct calls *out, struct err *e)
{
	const json_t *call = function_of(j), *name = json_object_get(call, "name");
	json_t *arguments;

	if (!json_is_string(name))
		name = json_object_get(call, "function");
	if (!json_is_string(name) || json_string_length(name) == 0)
		return err_set(e, ERR_FAILED, "it names no function");
	arguments = arguments_of(call);
	if (!arguments)
		return err_set(e, ERR_FAILED, "its arguments are no object");
	calls_add(out, json_string_value(name), json_string_length(name), arguments);
	return true;
}

static bool
add_value(const json_t *j, struct calls *out, struct err *e)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(j))
		return add_object(j, out, e);
	json_array_foreach(j, i, item)
		if (i >= CALLS_MOST || !add_object(item, out, e))
			return i < CALLS_MOST ? false : err_set(e, ERR_FAILED, "it holds more than %d calls", CALLS_MOST);
	return true;
}

static bool
json_parse(const char *s, size_t n, const json_t *tools, struct calls *out, struct err *e)
{
	struct call_reader r = {.s = s, .n = n, .tools = tools, .e = e};
	size_t values = 0;

	for (;;) {
		json_t *j;
		bool ok;

		while (r.at < n && (is_blank(s[r.at]) || (values && (s[r.at] == ';' || s[r.at] == ','))))
			r.at++;
		if (r.at == n)
			return out->n > 0 || err_set(e, ERR_FAILED, "it is empty");
		if (values++ == CALLS_MOST)
			return err_set(e, ERR_FAILED, "it holds more than %d calls", CALLS_MOST);
		j = call_read_json(&r);
		ok = j && add_value(j, out, e);
		json_decref(j);
		if (!ok)
			return false;
	}
}

/* JSON strings hold no raw line break: after one, a broken string no longer hides the closing marker. */
static bool
json_quoted(const char *s, size_t n)
{
	bool in = false;
	size_t i = 0;

	while (i < n && is_blank(s[i]))
		i++;
	if (i == n || (s[i] != '{' && s[i] != '['))
		return false;
	for (; i < n; i++) {
		if (s[i] == '\n')
			in = false;
		else if (s[i] == '"')
			in = !in;
		else if (in && s[i] == '\\')
			i++;
	}
	return in;
}

/* ---- harmony: NAME <|constrain|>json<|message|>{arguments} ---- */

static bool
harmony_parse(const char *s, size_t n, const json_t *tools, struct calls *out, struct err *e)
{
	struct call_reader r = {.s = s, .n = n, .tools = tools, .e = e};
	size_t len = call_name_len(&r);
	json_t *arguments;

	if (len == 0)
		return err_set(e, ERR_FAILED, "it names no function");
	r.at = call_find(&r, 0, "<|message|>");
	if (!call_take(&r, "<|message|>"))
		return err_set(e, ERR_FAILED, "it has no message");
	arguments = call_read_json(&r);
	if (!arguments)
		return false;
	arguments = as_object(arguments);
	call_skip_blanks(&r);
	if (arguments && r.at == n) {
		calls_add(out, s, len, arguments);
		return true;
	}
	json_decref(arguments);
	return err_set(e, ERR_FAILED, "its arguments are no object");
}

/* ---- deepseek: any number of  <call begin>function<sep>NAME, a fenced JSON object, <call end>; or one without these
 * two, which are its section's then ---- */

static bool
deepseek_one(struct call_reader *r, struct calls *out)
{
	const char *name;
	size_t len;
	json_t *arguments;

	(void)call_take(r, "<｜tool▁call▁begin｜>");
	r->at = call_find(r, r->at, "<｜tool▁sep｜>");
	if (!call_take(r, "<｜tool▁sep｜>"))
		return err_set(r->e, ERR_FAILED, "a call has no name");
	name = r->s + r->at;
	len = call_name_len(r);
	r->at += len;
	call_skip_blanks(r);
	if (call_take(r, "```"))
		(void)call_take(r, "json");
	arguments = call_read_json(r);
	if (!arguments)
		return false;
	arguments = as_object(arguments);
	call_skip_blanks(r);
	(void)call_take(r, "```");
	call_skip_blanks(r);
	if (arguments && len && (call_take(r, "<｜tool▁call▁end｜>") || r->at == r->n)) {
		calls_add(out, name, len, arguments);
		return true;
	}
	json_decref(arguments);
	return err_set(r->e, ERR_FAILED, "a call is not complete");
}

static bool
deepseek_parse(const char *s, size_t n, const json_t *tools, struct calls *out, struct err *e)
{
	struct call_reader r = {.s = s, .n = n, .tools = tools, .e = e};

	for (call_skip_blanks(&r); r.at < n; call_skip_blanks(&r))
		if (out->n >= CALLS_MOST || !deepseek_one(&r, out))
			return out->n < CALLS_MOST ? false :
			    err_set(e, ERR_FAILED, "it holds more than %d calls", CALLS_MOST);
	return out->n > 0 || err_set(e, ERR_FAILED, "it is empty");
}

/* ---- bare calls ---- */

/* The key that TEXT, after {, begins with: one of those a call may begin with, as far as it is there. */
static bool
key_may_begin(const char *s, size_t n)
{
	static const char *const keys[] = {"name", "type", "function", "arguments", "parameters", "id"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		size_t len = strlen(keys[i]);

		if (n <= len ? memcmp(keys[i], s, n) == 0 : memcmp(keys[i], s, len) == 0 && s[len] == '"')
			return true;
	}
	return false;
}

bool
call_may_begin(const char *s, size_t n)
{
	struct call_reader r = {.s = s, .n = n};
	bool list;

	call_skip_blanks(&r);
	list = call_take(&r, "[");
	call_skip_blanks(&r);
	if (r.at == n)
		return true;
	if (call_take(&r, "{")) {
		call_skip_blanks(&r);
		return r.at == n || (s[r.at] == '"' && key_may_begin(s + r.at + 1, n - r.at - 1));
	}
	if (!list || !call_name_len(&r) || (s[r.at] >= '0' && s[r.at] <= '9'))
		return false;
	r.at += call_name_len(&r);
	return r.at == n || s[r.at] == '(';
}

/* ---- the table ---- */

static const struct call_syntax call_syntax_none = {0};
static const struct call_syntax call_syntax_json = {json_parse, json_quoted};
static const struct call_syntax call_syntax_harmony = {harmony_parse, NULL};
static const struct call_syntax call_syntax_deepseek = {deepseek_parse, NULL};

const struct call_syntax *
call_syntax(enum call_syntax_id id)
{
	static const struct call_syntax *const all[CALL_SYNTAX_COUNT] = {
#define CALL_SYNTAX(name) [CALL_##name] = &call_syntax_##name,
#include "core/call.def"
#undef CALL_SYNTAX
	};

	return id == CALL_none ? NULL : all[id];
}
