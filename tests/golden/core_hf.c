/* Model directories as transformers saves them: the logits that transformers computes (tests/golden/hf.py), within what
 * float32 leaves open. */
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/hf/hf.h"
#include "core/model.h"

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

/* Logits of all tokens: [n][vocabulary], the caller's. */
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
	if (!s || !session_eval(s, ids, n, rows, &e))
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
	assert_true(for_each("expected.json", check_logits) >= 7);
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
		cmocka_unit_test(metadata_needs_no_weights),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
