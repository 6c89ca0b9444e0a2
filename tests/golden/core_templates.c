/* Every conversation and language case of ../shared/templates, errors included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/jinja/jinja.h"

#define FOLDER "../shared/templates/"

/* The clock of the cases: Thursday 2026-01-15 12:00. */
static const struct tm noon = {.tm_year = 126, .tm_mday = 15, .tm_hour = 12, .tm_wday = 4, .tm_yday = 14};

static json_t *
variables_of(const json_t *c)
{
	json_t *vars = json_copy(json_object_get(c, "vars"));

	if (json_object_get(c, "messages"))
		json_object_set(vars, "messages", json_object_get(c, "messages"));
	if (json_object_get(c, "tools"))
		json_object_set(vars, "tools", json_object_get(c, "tools"));
	return vars;
}

static struct jinja *
open_case(const json_t *c, struct err *e)
{
	const json_t *source = json_object_get(c, "source");
	struct buf path = {0}, text = {0};
	struct jinja *j;

	if (source)
		return jinja_open(json_string_value(source), json_string_length(source), e);
	fs_join(&path, FOLDER, json_string_value(json_object_get(c, "template")));
	assert_true(fs_read(&text, buf_str(&path), 1 << 20, e));
	j = jinja_open(buf_str(&text), text.len, e);
	buf_done(&path);
	buf_done(&text);
	return j;
}

static bool
is_expected(const json_t *c, bool ok, const struct buf *out, const struct err *e)
{
	const json_t *expected = json_object_get(c, "expected");

	if (expected)
		return ok && out->len == json_string_length(expected) &&
		    memcmp(buf_str(out), json_string_value(expected), out->len) == 0;
	if (ok || !e->text[0] || out->len)
		return false;
	return strcmp(json_string_value(json_object_get(c, "error_kind")), "raise") != 0 ||
	    strstr(e->text, json_string_value(json_object_get(c, "error"))) != NULL;
}

static bool
check_case(const json_t *c)
{
	json_t *vars = variables_of(c);
	struct buf out = {0};
	struct err e = {0};
	struct jinja *j = open_case(c, &e);
	bool ok = j && jinja_render(j, vars, &noon, NULL, &out, &e), good = is_expected(c, ok, &out, &e);

	if (!good)
		fprintf(stderr, "%s gives %.200s%s\n", json_string_value(json_object_get(c, "id")), buf_str(&out), e.text);
	jinja_close(j);
	json_decref(vars);
	buf_done(&out);
	return good;
}

static void
all_cases(void **state)
{
	struct buf path = {0}, lines = {0};
	struct err e = {0};
	int n = 0, n_failed = 0;

	fs_join(&path, FOLDER, *state);
	if (!fs_exists(buf_str(&path))) {
		buf_done(&path);
		skip();
	}
	assert_true(fs_read(&lines, buf_str(&path), (size_t)64 << 20, &e));
	for (char *p = lines.data, *end; (end = strchr(p, '\n')) != NULL; p = end + 1, n++) {
		json_t *c = json_loadb(p, (size_t)(end - p), JSON_ALLOW_NUL, NULL);

		assert_non_null(c);
		n_failed += !check_case(c);
		json_decref(c);
	}
	assert_true(n > 500);
	assert_int_equal(n_failed, 0);
	buf_done(&path);
	buf_done(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{"conversations", all_cases, NULL, NULL, (char[]){"cases.jsonl"}},
		{"language", all_cases, NULL, NULL, (char[]){"jinja.jsonl"}},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
