/* Tool calls written as Python: Gemma 3's tool_code blocks and Llama's built-in tools.
 *	name(key=value, key=value)   [name(…), other(…)]   print(name(…))   name.call(…)
 * Values are literals: strings, numbers, True, False, None, lists, tuples, dictionaries.  Nothing is evaluated. */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/call.h"

static json_t *read_value(struct call_reader *r);

static bool
fail(struct call_reader *r, const char *what)
{
	return err_set(r->e, ERR_FAILED, "it is broken at byte %zu: %s", r->at, what);
}

static bool
read_hex(struct call_reader *r, unsigned digits, uint32_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < digits; i++) {
		const char *hex = "0123456789abcdef0123456789ABCDEF";
		const char *d = r->at < r->n && r->s[r->at] ? strchr(hex, r->s[r->at]) : NULL;

		if (!d)
			return false;
		*out = *out * 16 + (uint32_t)((d - hex) % 16);
		r->at++;
	}
	return true;
}

/* After the backslash.  Unknown ones stay as they are, as in Python. */
static bool
read_escape(struct call_reader *r, struct buf *out)
{
	static const char from[] = "ntrabfv0", to[] = "\n\t\r\a\b\f\v";
	char c = r->s[r->at++];
	const char *known = c ? strchr(from, c) : NULL;
	uint32_t code;

	if (c == 'x' || c == 'u' || c == 'U') {
		if (!read_hex(r, c == 'x' ? 2 : c == 'u' ? 4 : 8, &code) || code > 0x10ffff ||
		    (code >= 0xd800 && code < 0xe000))
			return fail(r, "an escape that is no character");
		buf_add_utf8(out, code);
	} else if (known) {
		buf_add_char(out, to[known - from]);
	} else if (c == '\\' || c == '\'' || c == '"') {
		buf_add_char(out, c);
	} else if (c != '\n') {
		buf_add_char(out, '\\');
		buf_add_char(out, c);
	}
	return true;
}

static json_t *
read_string(struct call_reader *r)
{
	const char quote[4] = {r->s[r->at], r->s[r->at], r->s[r->at], '\0'};
	bool triple = call_is(r, quote), ok = true;
	struct buf text = {0};
	json_t *j = NULL;

	r->at += triple ? 3 : 1;
	while (ok && r->at < r->n) {
		if (triple ? call_is(r, quote) : r->s[r->at] == *quote)
			break;
		if (r->s[r->at] == '\\' && r->at + 1 < r->n) {
			r->at++;
			ok = read_escape(r, &text);
		} else {
			buf_add_char(&text, r->s[r->at++]);
		}
	}
	if (ok && r->at >= r->n)
		ok = fail(r, "a string is not closed");
	if (ok)
		r->at += triple ? 3 : 1;
	if (ok)
		j = json_stringn(buf_str(&text), text.len);
	if (ok && !j)
		fail(r, "text that is not valid UTF-8");
	buf_done(&text);
	return j;
}

/* Items up to CLOSE: of a list or tuple. */
static json_t *
read_list(struct call_reader *r, const char *close)
{
	json_t *list = json_array();

	for (;;) {
		json_t *value;

		call_skip_blanks(r);
		if (call_take(r, close))
			return list;
		value = read_value(r);
		if (!value || json_array_append_new(list, value) != 0)
			break;
		call_skip_blanks(r);
		if (!call_take(r, ",") && !call_is(r, close)) {
			fail(r, "a comma was expected");
			break;
		}
	}
	json_decref(list);
	return NULL;
}

static json_t *
read_dict(struct call_reader *r)
{
	json_t *dict = json_object();

	for (;;) {
		json_t *key, *value;
		bool ok;

		call_skip_blanks(r);
		if (call_take(r, "}"))
			return dict;
		key = read_value(r);
		call_skip_blanks(r);
		value = key && call_take(r, ":") ? read_value(r) : NULL;
		ok = value && json_is_string(key);
		if (ok)
			ok = json_object_set(dict, json_string_value(key), value) == 0;
		json_decref(key);
		json_decref(value);
		call_skip_blanks(r);
		if (!ok || (!call_take(r, ",") && !call_is(r, "}"))) {
			fail(r, "a dictionary of strings was expected");
			break;
		}
	}
	json_decref(dict);
	return NULL;
}

static json_t *
read_value(struct call_reader *r)
{
	json_t *j;

	call_skip_blanks(r);
	if (r->depth++ >= CALL_DEPTH_MOST) {
		fail(r, "it nests too deeply");
		return NULL;
	}
	if (call_is(r, "\"") || call_is(r, "'"))
		j = read_string(r);
	else if (call_take(r, "["))
		j = read_list(r, "]");
	else if (call_take(r, "("))
		j = read_list(r, ")");
	else if (call_take(r, "{"))
		j = read_dict(r);
	else if (call_take(r, "True"))
		j = json_true();
	else if (call_take(r, "False"))
		j = json_false();
	else if (call_take(r, "None"))
		j = json_null();
	else
		j = call_read_json(r);
	r->depth--;
	return j;
}

/* Arguments without a name take those of the tool's description, in its order. */
static const char *
name_of_place(const struct call_reader *r, const char *function, size_t place)
{
	json_t *properties = json_object_get(json_object_get(call_tool_find(r->tools, function), "parameters"),
	    "properties");
	void *it = json_object_iter(properties);

	while (it && place--)
		it = json_object_iter_next(properties, it);
	return it ? json_object_iter_key(it) : NULL;
}

static bool
read_argument(struct call_reader *r, const char *function, size_t place, json_t *arguments)
{
	size_t len = call_name_len(r), from = r->at;
	struct call_reader after = *r;
	const char *placed = NULL;
	json_t *value;
	char *key;
	bool ok;

	after.at += len;
	call_skip_blanks(&after);
	if (len && call_is(&after, "=")) {
		r->at = after.at + 1;
		key = mem_new0(len + 1, 1);
		memcpy(key, r->s + from, len);
	} else {
		placed = name_of_place(r, function, place);
		if (!placed)
			return fail(r, "an argument has no name");
		key = mem_dup(placed);
	}
	value = read_value(r);
	ok = value && json_object_set_new(arguments, key, value) == 0;
	free(key);
	return ok;
}

/* After "(". */
static json_t *
read_arguments(struct call_reader *r, const char *function)
{
	json_t *arguments = json_object();

	for (size_t place = 0; ; place++) {
		call_skip_blanks(r);
		if (call_take(r, ")"))
			return arguments;
		if (!read_argument(r, function, place, arguments))
			break;
		call_skip_blanks(r);
		if (!call_take(r, ",") && !call_is(r, ")")) {
			fail(r, "a comma was expected");
			break;
		}
	}
	json_decref(arguments);
	return NULL;
}

static bool
read_call(struct call_reader *r, struct calls *out)
{
	static const char suffix[] = ".call";
	size_t len = call_name_len(r);
	json_t *arguments = NULL;
	char *name = mem_new0(len + 1, 1);

	memcpy(name, r->s + r->at, len);
	r->at += len;
	if (len > strlen(suffix) && strcmp(name + len - strlen(suffix), suffix) == 0)
		name[len -= strlen(suffix)] = '\0';
	call_skip_blanks(r);
	if (len && call_take(r, "("))
		arguments = read_arguments(r, name);
	else
		fail(r, "name(… was expected");
	if (arguments)
		calls_add(out, name, len, arguments);
	free(name);
	return arguments != NULL;
}

static bool
read_printed(struct call_reader *r, struct calls *out)
{
	if (!call_take(r, "print("))
		return read_call(r, out);
	call_skip_blanks(r);
	if (!read_call(r, out))
		return false;
	call_skip_blanks(r);
	return call_take(r, ")") || fail(r, ") was expected");
}

static bool
python_parse(const char *s, size_t n, const json_t *tools, struct calls *out, struct err *e)
{
	struct call_reader r = {.s = s, .n = n, .tools = tools, .e = e};
	bool list;

	call_skip_blanks(&r);
	list = call_take(&r, "[");
	for (;;) {
		call_skip_blanks(&r);
		if (!read_printed(&r, out))
			return false;
		call_skip_blanks(&r);
		while (r.at < n && (call_take(&r, ",") || call_take(&r, ";")))
			call_skip_blanks(&r);
		if (list && call_take(&r, "]")) {
			call_skip_blanks(&r);
			return r.at == n || fail(&r, "there is text after it");
		}
		if (r.at == n)
			return !list || fail(&r, "the list is not closed");
	}
}

const struct call_syntax call_syntax_python = {python_parse, NULL};
