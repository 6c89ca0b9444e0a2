/* The cases of ../shared/gold/tokenize.json: small vocabularies of every kind, ids and bytes by another program.  Skipped
 * where the folder is not there. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/gguf.h"
#include "core/tok/tok.h"

#define GOLD "../shared/gold/"

static void
check_encoding(const struct tok *t, const json_t *c, const char *model)
{
	const json_t *text = json_object_get(c, "text"), *want = json_object_get(c, "tokens");
	struct tok_flags f = {json_is_true(json_object_get(c, "add_special")),
	    json_is_true(json_object_get(c, "parse_special"))};
	struct tok_ids got = {0};
	struct err e = {0};
	bool same;

	if (!tok_encode(t, json_string_value(text), json_string_length(text), f, &got, &e))
		fail_msg("%s, \"%s\": %s", model, json_string_value(text), e.text);
	same = got.n == json_array_size(want);
	for (size_t i = 0; same && i < got.n; i++)
		same = got.ids[i] == (uint32_t)json_integer_value(json_array_get(want, i));
	if (!same)
		fail_msg("%s: other ids for \"%s\"", model, json_string_value(text));
	tok_ids_done(&got);
}

/* The end token that is added (by unigrams only) is not part of the text.  After a begin token the reference keeps the space that
 * SentencePiece puts before a text: no original decoder does. */
static void
check_decoding(const struct tok *t, const json_t *c, const char *model)
{
	const json_t *ids = json_object_get(c, "tokens");
	struct buf text = {0}, hex = {0};
	struct tok_ids v = {0};
	bool added = json_is_true(json_object_get(c, "add_special"));
	size_t n = json_array_size(ids);

	if (added && tok_adds_bos(t))
		return;
	added = added && strcmp(tok_model_name(t), "ugm") == 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t id = (uint32_t)json_integer_value(json_array_get(ids, i));

		if (!added || i + 1 < n || id != tok_eos(t))
			tok_ids_add(&v, id);
	}
	tok_decode(t, v.ids, v.n, true, &text);
	for (size_t i = 0; i < text.len; i++)
		buf_printf(&hex, "%02x", (unsigned char)text.data[i]);
	if (strcmp(buf_str(&hex), json_string_value(json_object_get(c, "detokenized_utf8_hex"))) != 0)
		fail_msg("%s: \"%s\" became \"%s\"", model, json_string_value(json_object_get(c, "text")), buf_str(&text));
	tok_ids_done(&v);
	buf_done(&text);
	buf_done(&hex);
}

static void
every_case_has_the_reference_s_ids_and_bytes(void **state)
{
	json_t *all = json_load_file(GOLD "tokenize.json", 0, NULL);
	const json_t *m, *c;
	size_t i, k;

	(void)state;
	if (access(GOLD "tokenize.json", R_OK) != 0)
		skip();
	assert_true(json_array_size(all) >= 9);
	json_array_foreach(all, i, m) {
		const char *model = json_string_value(json_object_get(m, "model"));
		struct err e = {0};
		struct gguf *g;
		struct tok *t;
		char path[128];

		snprintf(path, sizeof path, GOLD "%s", model);
		g = gguf_open(path, &e);
		t = g ? tok_open(g, &e) : NULL;
		if (!t)
			fail_msg("%s: %s", model, e.text);
		json_array_foreach(json_object_get(m, "cases"), k, c) {
			check_encoding(t, c, model);
			check_decoding(t, c, model);
		}
		assert_true(k > 30);
		tok_close(t);
		gguf_close(g);
	}
	json_decref(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_the_reference_s_ids_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
