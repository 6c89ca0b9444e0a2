/* Tool calls of Qwen3-Coder and Qwen3.5:
 *	<function=NAME>
 *	<parameter=KEY>
 *	VALUE
 *	</parameter>
 *	</function>
 * Values are unquoted; what they are, the tool's schema says.  One line break on each side belongs to the tags. */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/call.h"

/* "string", or a list of types that holds it. */
static bool
is_string_type(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type"), *t;
	size_t i;

	if (json_is_string(type))
		return strcmp(json_string_value(type), "string") == 0;
	json_array_foreach(type, i, t)
		if (json_is_string(t) && strcmp(json_string_value(t), "string") == 0)
			return true;
	return false;
}

static bool
is_word(const char *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

/* The models are shown Python's True, False and None. */
static json_t *
read_value(const char *s, size_t n)
{
	json_t *j;

	if (is_word(s, n, "True"))
		return json_true();
	if (is_word(s, n, "False"))
		return json_false();
	if (is_word(s, n, "None"))
		return json_null();
	j = json_loadb(s, n, JSON_DECODE_ANY, NULL);
	return j;
}

/* NULL: not valid UTF-8. */
static json_t *
make_value(const struct call_reader *r, const char *function, const char *key, const char *s, size_t n)
{
	const json_t *schema = call_parameter(r->tools, function, key);
	json_t *j = NULL;

	/* Without a schema a number may be a string; the rest is hardly one. */
	if (schema ? !is_string_type(schema) : n > 0 && strchr("{[TFN", *s) != NULL)
		j = read_value(s, n);
	return j ? j : json_stringn(s, n);
}

/* The end tag that is followed by what may follow one: a value may spell it too. */
static size_t
find_end(const struct call_reader *r)
{
	static const char end[] = "</parameter>";
	size_t at = call_find(r, r->at, end);

	while (at < r->n) {
		struct call_reader after = *r;

		after.at = at + strlen(end);
		call_skip_blanks(&after);
		if (after.at == r->n || call_is(&after, "<parameter=") || call_is(&after, "</function>"))
			break;
		at = call_find(r, at + 1, end);
	}
	return at;
}

static bool
read_parameter(struct call_reader *r, const char *function, json_t *arguments)
{
	size_t close = call_find(r, r->at, ">"), end, from;
	char *key;
	json_t *value;

	if (close == r->n)
		return err_set(r->e, ERR_FAILED, "a parameter's tag is not closed");
	key = mem_new0(close - r->at + 1, 1);
	memcpy(key, r->s + r->at, close - r->at);
	r->at = from = close + 1;
	end = find_end(r);
	if (end == r->n) {
		free(key);
		return err_set(r->e, ERR_FAILED, "a parameter is not closed");
	}
	r->at = end + strlen("</parameter>");
	if (from < end && r->s[from] == '\n')
		from++;
	if (from < end && r->s[end - 1] == '\n')
		end--;
	value = make_value(r, function, key, r->s + from, end - from);
	if (!value || json_object_set_new(arguments, key, value) != 0) {
		free(key);
		return err_set(r->e, ERR_FAILED, "a parameter is not valid UTF-8");
	}
	free(key);
	return true;
}

static bool
read_function(struct call_reader *r, struct calls *out)
{
	json_t *arguments = json_object();
	size_t len = call_name_len(r), at = r->at;
	char *name = mem_new0(len + 1, 1);
	bool ok;

	memcpy(name, r->s + at, len);
	r->at += len;
	ok = len > 0 && call_take(r, ">");
	if (!ok)
		err_set(r->e, ERR_FAILED, "it names no function");
	for (call_skip_blanks(r); ok && call_take(r, "<parameter="); call_skip_blanks(r))
		ok = read_parameter(r, name, arguments);
	/* The end of a section without the outer tag is its closing marker. */
	if (ok && !call_take(r, "</function>") && r->at < r->n)
		ok = err_set(r->e, ERR_FAILED, "there is text between its parameters");
	if (ok)
		calls_add(out, name, len, arguments);
	else
		json_decref(arguments);
	free(name);
	return ok;
}

static bool
xml_parse(const char *s, size_t n, const json_t *tools, struct calls *out, struct err *e)
{
	struct call_reader r = {.s = s, .n = n, .tools = tools, .e = e};

	call_skip_blanks(&r);
	while (r.at < n) {
		if (!call_take(&r, "<function="))
			return err_set(e, ERR_FAILED, "a call does not begin with <function=");
		if (!read_function(&r, out))
			return false;
		call_skip_blanks(&r);
	}
	return out->n > 0 || err_set(e, ERR_FAILED, "it is empty");
}

/* Inside a value, where any text may stand. */
static bool
xml_quoted(const char *s, size_t n)
{
	struct call_reader r = {.s = s, .n = n};
	size_t open = n, at = 0;

	call_skip_blanks(&r);
	if (!call_is(&r, "<function="))
		return false;
	while ((at = call_find(&r, at, "<parameter=")) < n)
		open = at++;
	return open < n && call_find(&r, open, "</parameter>") == n;
}

const struct call_syntax call_syntax_xml = {xml_parse, xml_quoted};
