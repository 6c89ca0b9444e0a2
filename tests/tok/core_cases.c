/* Every case of ../shared/tokenizers, and of the unigram vocabulary beside this file (unigram.py made it): ids, text,
 * bytes, stream and what stays held, exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "core/base/utf8.h"
#include "core/gguf.h"
#include "core/tok/tok.h"


struct vocabulary {
	struct gguf *gguf;
	struct tok *tok;
	int n_failed;
};

static void
complain(struct vocabulary *v, int line, const char *what)
{
	if (v->n_failed++ < 20)
		fprintf(stderr, "line %d: %s\n", line, what);
}

static void
hex(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02x", (unsigned char)s[i]);
}

static void
read_ids(const json_t *list, struct tok_ids *ids)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		tok_ids_add(ids, (uint32_t)json_integer_value(json_array_get(list, i)));
}

static void
check_encoding(struct vocabulary *v, const json_t *c, int line)
{
	const json_t *text = json_object_get(c, "text");
	struct tok_flags f = {json_is_true(json_object_get(c, "add_special")),
	    json_is_true(json_object_get(c, "parse_special"))};
	struct tok_ids got = {0}, want = {0};
	struct err e = {0};

	read_ids(json_object_get(c, "ids"), &want);
	if (!tok_encode(v->tok, json_string_value(text), json_string_length(text), f, &got, &e))
		complain(v, line, e.text);
	else if (got.n != want.n || (got.n && memcmp(got.ids, want.ids, got.n * sizeof *got.ids) != 0))
		complain(v, line, json_string_value(text));
	tok_ids_done(&got);
	tok_ids_done(&want);
}

static bool
is_text(const struct buf *b, const json_t *want)
{
	return b->len == json_string_length(want) && memcmp(buf_str(b), json_string_value(want), b->len) == 0;
}

static void
check_stream(struct vocabulary *v, const json_t *c, const struct tok_ids *ids, bool render, int line)
{
	const json_t *stream = json_object_get(c, "stream"), *held = json_object_get(c, "held");
	struct tok_stream s;
	struct buf b = {0};

	if (!stream)
		return;
	tok_stream_init(&s, v->tok, render);
	for (size_t i = 0; i < ids->n; i++) {
		buf_clear(&b);
		tok_stream_push(&s, ids->ids[i], &b);
		if (!is_text(&b, json_array_get(stream, i)))
			complain(v, line, "stream");
	}
	buf_clear(&b);
	hex(&b, s.held, s.n_held);
	if (strcmp(buf_str(&b), held ? json_string_value(held) : "") != 0)
		complain(v, line, "held");
	buf_done(&b);
}

static void
check_decoding(struct vocabulary *v, const json_t *c, int line)
{
	bool render = json_is_true(json_object_get(c, "render_special"));
	struct buf bytes = {0}, digits = {0}, text = {0};
	struct tok_ids ids = {0};

	read_ids(json_object_get(c, "ids"), &ids);
	for (size_t i = 0; i < ids.n; i++)
		tok_bytes(v->tok, ids.ids[i], render, &bytes);
	hex(&digits, bytes.data, bytes.len);
	if (strcmp(buf_str(&digits), json_string_value(json_object_get(c, "bytes"))) != 0)
		complain(v, line, "bytes");
	tok_decode(v->tok, ids.ids, ids.n, render, &text);
	if (utf8_is_valid(buf_str(&bytes), bytes.len) && !is_text(&text, json_object_get(c, "decoded")))
		complain(v, line, "decoded");
	check_stream(v, c, &ids, render, line);
	buf_done(&bytes);
	buf_done(&digits);
	buf_done(&text);
	tok_ids_done(&ids);
}

static int
check_lines(struct vocabulary *v, struct buf *lines)
{
	int line = 0;

	for (char *p = lines->data, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		json_t *c = json_loadb(p, (size_t)(end - p), JSON_ALLOW_NUL, NULL);

		line++;
		assert_non_null(c);
		if (json_object_get(c, "text"))
			check_encoding(v, c, line);
		else
			check_decoding(v, c, line);
		json_decref(c);
	}
	return line;
}

static void
all_cases(void **state)
{
	const char *name = *state;
	struct vocabulary v = {0};
	struct err e = {0};
	struct buf lines = {0};
	char path[128];

	snprintf(path, sizeof path, "%s.jsonl", name);
	if (!fs_exists(path))
		skip();
	assert_true(fs_read(&lines, path, 1 << 24, &e));
	snprintf(path, sizeof path, "%s.gguf", name);
	v.gguf = gguf_open(path, &e);
	v.tok = v.gguf ? tok_open(v.gguf, &e) : NULL;
	if (!v.tok)
		fail_msg("%s", e.text);
	assert_true(check_lines(&v, &lines) > 300);
	assert_int_equal(v.n_failed, 0);
	tok_close(v.tok);
	gguf_close(v.gguf);
	buf_done(&lines);
}

#define VOCABULARY(name) {name, all_cases, NULL, NULL, (char[]){"../shared/tokenizers/" name}}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VOCABULARY("phi-2"), VOCABULARY("phi-3"), VOCABULARY("phi-4"), VOCABULARY("phi-4-mini"),
		VOCABULARY("qwen2.5"), VOCABULARY("qwen3"), VOCABULARY("llama-2"), VOCABULARY("llama-3"),
		VOCABULARY("gemma-2"), VOCABULARY("gemma-3"),
		{"unigram", all_cases, NULL, NULL, (char[]){"tests/tok/unigram"}},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
