/* What the families' templates write for thinking and tool calls is understood when a model writes it: every assistant's
 * turn of ../shared/templates that has them is rendered, cut out, split, and compared with what went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/jinja/jinja.h"
#include "tests/data/parts.h"

#define FOLDER "../shared/templates/"

static const struct tm noon = {.tm_year = 126, .tm_mday = 15, .tm_hour = 12, .tm_wday = 4, .tm_yday = 14};

/* The first N messages of case C, with the beginning of an answer or without. */
static bool
render(const struct jinja *j, const json_t *c, size_t n, bool prompt, struct buf *out)
{
	json_t *vars = json_copy(json_object_get(c, "vars")), *messages = json_array();
	bool ok;

	for (size_t i = 0; i < n; i++)
		json_array_append(messages, json_array_get(json_object_get(c, "messages"), i));
	json_object_set_new(vars, "messages", messages);
	if (json_object_get(c, "tools"))
		json_object_set(vars, "tools", json_object_get(c, "tools"));
	json_object_set_new(vars, "add_generation_prompt", json_boolean(prompt));
	ok = jinja_render(j, vars, &noon, NULL, out, NULL);
	json_decref(vars);
	return ok;
}

/* Where the assistant's text begins in FULL, given the prompt for it.  Where the two part (a template that writes no empty
 * thinking into the past), back to the end of a marker. */
static size_t
turn_start(const struct buf *prompt, const struct buf *full)
{
	size_t n = 0;

	while (n < prompt->len && n < full->len && prompt->data[n] == full->data[n])
		n++;
	if (n < prompt->len)
		while (n > 0 && !strchr("\n>", full->data[n - 1]))
			n--;
	return n;
}

static size_t
turn_end(const struct buf *full, size_t at)
{
	static const char *const ends[] = {"<|im_end|>", "<turn|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|tool_response>",
	    "<｜end▁of▁sentence｜>", "<end_of_turn>"};
	size_t end = full->len;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const char *p = strstr(full->data + at, ends[i]);

		if (p && (size_t)(p - full->data) < end)
			end = (size_t)(p - full->data);
	}
	return end;
}

/* The calls of MESSAGE as {"name", "arguments"}; NULL when one has arguments that are no object. */
static json_t *
wanted_calls(const json_t *message)
{
	json_t *list = json_array(), *call;
	size_t i;

	json_array_foreach(json_object_get(message, "tool_calls"), i, call) {
		json_t *f = json_object_get(call, "function") ? json_object_get(call, "function") : call;
		json_t *a = json_object_get(f, "arguments"), *own = NULL;

		if (json_is_string(a))
			a = own = json_loads(json_string_value(a), 0, NULL);
		if (!json_is_object(a)) {
			json_decref(own);
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, json_pack("{s:O,s:O}", "name", json_object_get(f, "name"), "arguments", a));
		json_decref(own);
	}
	return list;
}

static size_t
trimmed(const char *s, size_t n, size_t *skip)
{
	*skip = strspn(s, " \n");
	while (n > *skip && strchr(" \n", s[n - 1]))
		n--;
	return n - *skip;
}

static bool
same_text(const struct buf *got, const json_t *want)
{
	size_t a_skip, b_skip, a = trimmed(buf_str(got), got->len, &a_skip);
	size_t b = trimmed(json_string_value(want), json_string_length(want), &b_skip);

	return a == b && memcmp(buf_str(got) + a_skip, json_string_value(want) + b_skip, a) == 0;
}

struct tally {
	int calls, thoughts, failed;
};

static void
compare(const json_t *c, const json_t *message, const struct parts *p, const char *turn, struct tally *t)
{
	const json_t *thinking = json_object_get(message, "reasoning_content"), *calls = json_object_get(message, "tool_calls");
	const char *name = json_string_value(json_object_get(json_object_get(json_array_get(calls, 0), "function"), "name"));
	json_t *want = wanted_calls(message);

	/* Not every template writes them; and without the tools' schemas Qwen3-Coder's values have no type. */
	if (name && strstr(turn, name) && (!strstr(turn, "<function=") || call_tool_find(json_object_get(c, "tools"), name))) {
		t->calls++;
		if (!want || !json_equal(want, p->calls)) {
			char *got = json_dumps(p->calls, 0);

			fprintf(stderr, "%s: %s\n\tgives %s %s\n", json_string_value(json_object_get(c, "id")), turn, got,
			    p->why.text);
			free(got);
			t->failed++;
		}
	}
	if (json_is_string(thinking) && json_string_length(thinking) && strstr(turn, json_string_value(thinking))) {
		t->thoughts++;
		if (!same_text(&p->thinking, thinking)) {
			fprintf(stderr, "%s: %s\n\tthinks %s\n", json_string_value(json_object_get(c, "id")), turn,
			    buf_str(&p->thinking));
			t->failed++;
		}
	}
	json_decref(want);
}

/* The thinking marker that stands before AT, or NULL. */
static const char *
open_before(const struct buf *full, size_t at)
{
	while (at > 0 && full->data[at - 1] == '\n')
		at--;
	for (size_t i = 0; section_at(i); i++) {
		size_t len = strlen(section_at(i)->open);

		if (section_at(i)->part == PART_THINK && at >= len &&
		    memcmp(full->data + at - len, section_at(i)->open, len) == 0)
			return section_at(i)->open;
	}
	return NULL;
}

static void
check_turn(const struct jinja *j, const json_t *c, size_t i, struct tally *t)
{
	const json_t *message = json_array_get(json_object_get(c, "messages"), i);
	struct split_start start = {.tools = json_object_get(c, "tools")};
	struct buf prompt = {0}, full = {0};

	for (size_t k = 0; section_at(k); k++)
		start.sections |= (uint64_t)1 << k;
	if (render(j, c, i, true, &prompt) && render(j, c, i + 1, false, &full)) {
		size_t at = turn_start(&prompt, &full), n = turn_end(&full, at) - at;
		struct parts p;

		start.open = open_before(&full, at);
		buf_truncate(&full, at + n);
		for (size_t chunk = 1; chunk < 50; chunk += 16) {
			parts_split(&p, &start, full.data + at, n, chunk);
			assert_int_equal(p.all.len, n);
			assert_memory_equal(buf_str(&p.all), full.data + at, n);
			compare(c, message, &p, full.data + at, t);
			parts_done(&p);
		}
	}
	buf_done(&prompt);
	buf_done(&full);
}

static void
check_case(const json_t *c, struct tally *t)
{
	const json_t *messages = json_object_get(c, "messages"), *message;
	struct buf path = {0}, source = {0};
	struct err e = {0};
	struct jinja *j;
	size_t i;

	if (!json_object_get(c, "expected") || !json_is_array(messages))
		return;
	fs_join(&path, FOLDER, json_string_value(json_object_get(c, "template")));
	assert_true(fs_read(&source, buf_str(&path), 1 << 20, &e));
	j = jinja_open(buf_str(&source), source.len, &e);
	assert_non_null(j);
	json_array_foreach(messages, i, message)
		if (json_object_get(message, "tool_calls") || json_object_get(message, "reasoning_content"))
			check_turn(j, c, i, t);
	jinja_close(j);
	buf_done(&path);
	buf_done(&source);
}

static void
turns_are_understood(void **state)
{
	struct buf lines = {0};
	struct err e = {0};
	struct tally t = {0};

	(void)state;
	if (!fs_exists(FOLDER "cases.jsonl"))
		skip();
	assert_true(fs_read(&lines, FOLDER "cases.jsonl", (size_t)64 << 20, &e));
	for (char *p = lines.data, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		json_t *c = json_loadb(p, (size_t)(end - p), JSON_ALLOW_NUL, NULL);

		assert_non_null(c);
		check_case(c, &t);
		json_decref(c);
	}
	assert_int_equal(t.failed, 0);
	assert_true(t.calls > 300 && t.thoughts > 10);
	buf_done(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
