/* Model directories as transformers saves them: the logits that transformers computes (tests/golden/hf.py), within what
 * float32 leaves open. */
#define _GNU_SOURCE
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/chat.h"
#include "core/gguf.h"
#include "core/hf/hf.h"
#include "core/model.h"
#include "core/tok/tok.h"

#define FOLDER "tests/golden/hf"
#define TOLERANCE 1e-3f

static struct engine *engine;

static json_t *
read_json(const char *dir, const char *name)
{
	struct buf path = {0};
	json_error_t bad;
	json_t *j;

	buf_printf(&path, "%s/%s", dir, name);
	j = json_load_file(path.data, 0, &bad);
	buf_done(&path);
	return j;
}

static struct model *
open_model(const char *path)
{
	struct err e = {0};
	struct model *m = model_open(engine, path, &e);

	if (!m)
		fail_msg("%s", e.text);
	return m;
}

/* Logits of all tokens: [n][vocabulary], the caller's.  An encoder reads the same tokens first. */
static float *
compute(const char *path, const uint32_t *ids, size_t n, size_t *n_vocab)
{
	struct session_options so = {.n_ctx = (uint32_t)n, .kv = KV_f32, .chunk = 16};
	struct model *m = open_model(path);
	struct session *s;
	struct err e = {0};
	float *rows;

	*n_vocab = model_info(m)->n_vocab;
	rows = mem_new0(n, *n_vocab * sizeof *rows);
	s = session_open(m, &so, &e);
	if (!s || (model_info(m)->has_encoder && !session_encode(s, ids, n, &e)) || !session_eval(s, ids, n, rows, &e))
		fail_msg("%s: %s", path, e.text);
	session_close(s);
	model_close(m);
	return rows;
}

static void
compare(const char *dir, const float *got, const float *want, const json_t *rows, size_t n_vocab)
{
	float worst = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const float *g = got + (size_t)json_integer_value(json_array_get(rows, i)) * n_vocab;

		for (size_t k = 0; k < n_vocab; k++) {
			float d = fabsf(g[k] - want[i * n_vocab + k]);

			worst = d <= worst ? worst : d;		/* not a number is the worst */
		}
	}
	if (!(worst <= TOLERANCE))
		fail_msg("%s: logits are up to %g away, at most %g are allowed", dir, (double)worst, (double)TOLERANCE);
}

static void
check_logits(const char *dir)
{
	json_t *expected = read_json(dir, "expected.json");
	json_t *tokens = json_object_get(expected, "tokens"), *rows = json_object_get(expected, "rows");
	size_t n = json_array_size(tokens), n_vocab;
	struct buf path = {0}, want = {0};
	uint32_t *ids = mem_new0(n + 1, sizeof *ids);
	float *got;

	for (size_t i = 0; i < n; i++)
		ids[i] = (uint32_t)json_integer_value(json_array_get(tokens, i));
	got = compute(dir, ids, n, &n_vocab);
	buf_printf(&path, "%s/expected.f32", dir);
	assert_true(fs_read(&want, path.data, 1 << 20, NULL));
	assert_int_equal(want.len, json_array_size(rows) * n_vocab * sizeof(float));
	compare(dir, got, (const float *)(const void *)want.data, rows, n_vocab);
	free(got);
	free(ids);
	buf_done(&path);
	buf_done(&want);
	json_decref(expected);
}

/* FN for every directory of FOLDER that has FILE; how many there were. */
static size_t
for_each(const char *file, void (*fn)(const char *dir))
{
	struct dirent **list = NULL;
	int n = scandir(FOLDER, &list, NULL, alphasort);
	struct buf dir = {0}, path = {0};
	size_t n_done = 0;

	for (int i = 0; i < n; i++) {
		fs_join(&dir, FOLDER, list[i]->d_name);
		fs_join(&path, dir.data, file);
		if (list[i]->d_name[0] != '.' && fs_exists(path.data)) {
			fn(dir.data);
			n_done++;
		}
		free(list[i]);
	}
	free(list);
	buf_done(&dir);
	buf_done(&path);
	return n_done;
}

static void
logits_are_those_of_transformers(void **state)
{
	(void)state;
	assert_true(for_each("expected.json", check_logits) >= 15);
}

/* ---- tokenizers ---- */

static bool
same_ids(const struct tok_ids *got, const json_t *want)
{
	bool same = got->n == json_array_size(want);

	for (size_t i = 0; same && i < got->n; i++)
		same = got->ids[i] == (uint64_t)json_integer_value(json_array_get(want, i));
	return same;
}

static void
check_text(const char *dir, const struct tok *t, const json_t *line, bool special)
{
	const json_t *text = json_object_get(line, "text"), *want = json_object_get(line, special ? "ids" : "plain");
	struct tok_flags flags = {.add_special = special, .parse_special = true};
	struct tok_ids got = {0};
	struct buf ids = {0};

	assert_true(tok_encode(t, json_string_value(text), json_string_length(text), flags, &got, NULL));
	for (size_t i = 0; i < got.n; i++)
		buf_printf(&ids, " %u", got.ids[i]);
	if (!same_ids(&got, want))
		fail_msg("%s: \"%s\" is%s, expected %s", dir, json_string_value(text), buf_str(&ids),
		    json_dumps(want, JSON_COMPACT));
	tok_ids_done(&got);
	buf_done(&ids);
}

static void
check_texts(const char *dir)
{
	struct gguf *g;
	struct tok *t;
	struct buf path = {0};
	struct err e = {0};
	json_t *line;
	FILE *f;

	g = hf_open(dir, HF_METADATA, &e);
	t = g ? tok_open(g, &e) : NULL;
	if (!t)
		fail_msg("%s", e.text);
	buf_printf(&path, "%s/texts.jsonl", dir);
	f = fopen(path.data, "r");
	while ((line = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL))) {
		check_text(dir, t, line, false);
		check_text(dir, t, line, true);
		json_decref(line);
	}
	fclose(f);
	buf_done(&path);
	tok_close(t);
	gguf_close(g);
}

static void
ids_are_those_of_transformers(void **state)
{
	(void)state;
	assert_true(for_each("texts.jsonl", check_texts) >= 9);
}

static void
check_chat(const char *dir)
{
	struct gguf *g = hf_open(dir, HF_METADATA, NULL);
	struct tok *t = tok_open(g, NULL);
	struct chat *c = chat_open(g, t);
	json_t *j = read_json(dir, "chat.json"), *list = json_object_get(j, "messages");
	struct chat_message messages[8];
	size_t n = json_array_size(list);
	struct buf text = {0};

	assert_true(n <= ARRAY_LEN(messages));
	for (size_t i = 0; i < n; i++) {
		const json_t *m = json_array_get(list, i);

		messages[i] = (struct chat_message){.role = json_string_value(json_object_get(m, "role")),
		    .content = json_string_value(json_object_get(m, "content"))};
	}
	assert_true(chat_render_text(c, messages, n, NULL, &text, NULL));
	assert_string_equal(buf_str(&text), json_string_value(json_object_get(j, "text")));
	buf_done(&text);
	json_decref(j);
	chat_close(c);
	tok_close(t);
	gguf_close(g);
}

static void
chats_are_rendered_by_the_template(void **state)
{
	(void)state;
	assert_true(for_each("chat.json", check_chat) >= 1);
}

/* Every end of an answer that generation_config.json lists. */
static void
ends_are_found(void **state)
{
	struct gguf *g = hf_open(FOLDER "/tok_qwen2", HF_METADATA, NULL);
	struct tok *t = tok_open(g, NULL);

	(void)state;
	assert_true(tok_is_end(t, tok_find(t, "<|im_end|>")));
	assert_true(tok_is_end(t, tok_find(t, "<|endoftext|>")));
	assert_false(tok_is_end(t, tok_find(t, "<|im_start|>")));
	assert_int_equal(tok_eos(t), tok_find(t, "<|im_end|>"));
	assert_false(tok_adds_bos(t));
	tok_close(t);
	gguf_close(g);
}

/* Metadata alone: the same list, and nothing computed. */
static void
check_metadata(const char *dir)
{
	struct gguf *a = hf_open(dir, HF_WEIGHTS, NULL), *b = hf_open(dir, HF_METADATA, NULL);

	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(gguf_n_tensors(a), gguf_n_tensors(b));
	assert_int_equal(gguf_n_kv(a), gguf_n_kv(b));
	for (size_t i = 0; i < gguf_n_tensors(a); i++) {
		assert_non_null(gguf_tensor_at(a, i)->data);
		assert_int_equal(gguf_tensor_at(a, i)->size, gguf_tensor_at(b, i)->size);
	}
	gguf_close(a);
	gguf_close(b);
}

static void
metadata_needs_no_weights(void **state)
{
	(void)state;
	for_each("expected.json", check_metadata);
}

/* ---- converting ---- */

/* The file computes what the directory does, bit for bit. */
static void
check_convert(const char *dir)
{
	static const uint32_t ids[] = {3, 1, 40, 7, 7, 22, 63, 0, 15, 9, 5, 31};
	char path[] = "/tmp/minnow-hf-XXXXXX.gguf";
	struct hf_converted c;
	struct err e = {0};
	size_t n_a, n_b;
	float *a, *b;
	int fd = mkstemps(path, 5);

	assert_true(fd >= 0);
	close(fd);
	if (!hf_convert(dir, path, &c, &e))
		fail_msg("%s", e.text);
	a = compute(dir, ids, ARRAY_LEN(ids), &n_a);
	b = compute(path, ids, ARRAY_LEN(ids), &n_b);
	unlink(path);
	assert_int_equal(n_a, n_b);
	if (memcmp(a, b, ARRAY_LEN(ids) * n_a * sizeof *a) != 0)
		fail_msg("%s: the converted file computes something else", dir);
	free(a);
	free(b);
}

static void
converted_files_compute_the_same(void **state)
{
	(void)state;
	assert_true(for_each("expected.json", check_convert) >= 15);
}

static int
begin(void **state)
{
	struct engine_options o = {.n_threads = 1};

	(void)state;
	engine = engine_new(&o, NULL);
	return engine ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	engine_free(engine);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logits_are_those_of_transformers),
		cmocka_unit_test(ids_are_those_of_transformers),
		cmocka_unit_test(chats_are_rendered_by_the_template),
		cmocka_unit_test(ends_are_found),
		cmocka_unit_test(converted_files_compute_the_same),
		cmocka_unit_test(metadata_needs_no_weights),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
