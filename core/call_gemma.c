/* Tool calls of Gemma 4:  call:NAME{key:value,key:value}
 * Strings stand between two <|"|>, a token of its own; keys are bare or such strings; numbers, true, false and null as in
 * JSON; {…} and […] nest.  Arguments that are JSON as a whole are understood too. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/call.h"

#define QUOTE "<|\"|>"

static json_t *read_value(struct call_reader *r);

static bool
fail(struct call_reader *r, const char *what)
{
	return err_set(r->e, ERR_FAILED, "its arguments are broken at byte %zu: %s", r->at, what);
}

/* After the opening quote. */
static json_t *
read_string(struct call_reader *r)
{
	size_t from = r->at, end = call_find(r, r->at, QUOTE);
	json_t *j = end < r->n ? json_stringn(r->s + from, end - from) : NULL;

	if (!j) {
		fail(r, end < r->n ? "text that is not valid UTF-8" : "a string is not closed");
		return NULL;
	}
	r->at = end + strlen(QUOTE);
	return j;
}

/* A key up to its colon; the caller owns it. */
static char *
read_key(struct call_reader *r)
{
	json_t *quoted = NULL;
	size_t from, end;
	char *key;

	call_skip_blanks(r);
	if (call_take(r, QUOTE))
		quoted = read_string(r);
	else if (call_is(r, "\""))
		quoted = call_read_json(r);
	else
		goto bare;
	key = json_is_string(quoted) ? mem_dup(json_string_value(quoted)) : NULL;
	json_decref(quoted);
	call_skip_blanks(r);
	if (key && call_take(r, ":"))
		return key;
	fail(r, "a key and a colon were expected");
	free(key);
	return NULL;
bare:
	from = r->at;
	end = call_find(r, from, ":");
	if (end == r->n || end == from) {
		fail(r, "a key and a colon were expected");
		return NULL;
	}
	key = mem_new0(end - from + 1, 1);
	memcpy(key, r->s + from, end - from);
	r->at = end + 1;
	return key;
}

/* After "{". */
static json_t *
read_object(struct call_reader *r)
{
	json_t *object = json_object();

	call_skip_blanks(r);
	if (call_take(r, "}"))
		return object;
	for (;;) {
		char *key = read_key(r);
		json_t *value = key ? read_value(r) : NULL;
		bool ok = value && json_object_set_new(object, key, value) == 0;

		free(key);
		if (value && !ok)
			fail(r, "a key is not valid UTF-8");
		call_skip_blanks(r);
		if (ok && call_take(r, "}"))
			return object;
		if (ok && !call_take(r, ","))
			ok = fail(r, "a comma or } was expected");
		if (!ok)
			break;
	}
	json_decref(object);
	return NULL;
}

/* After "[". */
static json_t *
read_list(struct call_reader *r)
{
	json_t *list = json_array();

	call_skip_blanks(r);
	if (call_take(r, "]"))
		return list;
	for (;;) {
		json_t *value = read_value(r);
		bool ok = value && json_array_append_new(list, value) == 0;

		call_skip_blanks(r);
		if (ok && call_take(r, "]"))
			return list;
		if (ok && !call_take(r, ","))
			ok = fail(r, "a comma or ] was expected");
		if (!ok)
			break;
	}
	json_decref(list);
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
	if (call_take(r, QUOTE))
		j = read_string(r);
	else if (call_take(r, "{"))
		j = read_object(r);
	else if (call_take(r, "["))
		j = read_list(r);
	else if (call_take(r, "None"))		/* how the template writes null */
		j = json_null();
	else
		j = call_read_json(r);
	r->depth--;
	return j;
}

/* After "{": arguments that were given as one JSON object. */
static json_t *
read_json_object(struct call_reader *r)
{
	struct call_reader trial = *r;
	json_t *j;

	trial.e = NULL;
	j = call_is(&trial, "{") ? call_read_json(&trial) : NULL;
	if (json_is_object(j) && call_take(&trial, "}")) {
		r->at = trial.at;
		return j;
	}
	json_decref(j);
	return NULL;
}

static bool
gemma_parse(const char *s, size_t n, const json_t *tools, struct calls *out, struct err *e)
{
	struct call_reader r = {.s = s, .n = n, .tools = tools, .e = e};
	json_t *arguments;
	size_t from, len;

	call_skip_blanks(&r);
	if (!call_take(&r, "call:"))
		return err_set(e, ERR_FAILED, "it does not begin with call:");
	from = r.at;
	len = call_name_len(&r);
	r.at += len;
	if (len == 0 || !call_take(&r, "{"))
		return err_set(e, ERR_FAILED, "it names no function");
	arguments = read_json_object(&r);
	if (!arguments)
		arguments = read_object(&r);
	call_skip_blanks(&r);
	if (arguments && r.at == n) {
		calls_add(out, s + from, len, arguments);
		return true;
	}
	if (arguments)
		fail(&r, "there is text after them");
	json_decref(arguments);
	return false;
}

static bool
gemma_quoted(const char *s, size_t n)
{
	struct call_reader r = {.s = s, .n = n};
	bool in = false;

	for (size_t at = call_find(&r, 0, QUOTE); at < n; at = call_find(&r, at + 1, QUOTE))
		in = !in;
	return in;
}

const struct call_syntax call_syntax_gemma = {gemma_parse, gemma_quoted};
