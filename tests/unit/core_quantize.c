/* Quantizing whole files: what each tensor becomes, the same bytes however it is computed, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/imatrix.h"
#include "core/mixture.h"
#include "core/quantize.h"
#include "tests/data/gguf_make.h"

enum { COLS = 256, ROWS = 24, SHORT = 96 };

static char dir[] = "/tmp/quantize.XXXXXX";
static char in[64], out[64], matrix[64];
static float numbers[COLS * ROWS];

static void
add(struct gguf_make *m, const char *name, uint64_t cols, uint64_t rows)
{
	gguf_make_tensor(m, name, 0, rows > 1 ? 2 : 1, (uint64_t[]){cols, rows}, numbers, cols * rows * sizeof(float));
}

static void
write_model(float odd_one)
{
	static const uint16_t halves[COLS];
	struct gguf_make m = {0};
	struct buf file = {0};
	uint32_t random = 1;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		random = random * 1664525 + 1013904223;
		numbers[i] = (float)(random >> 8) * 0x1p-23f - 1;
	}
	numbers[77] = odd_one;
	gguf_make_str(&m, "general.architecture", "llama");
	gguf_make_u32(&m, "llama.block_count", 1);
	gguf_make_u32(&m, "llama.attention.head_count", 8);
	gguf_make_u32(&m, "llama.attention.head_count_kv", 2);
	add(&m, "token_embd.weight", COLS, ROWS);
	gguf_make_tensor(&m, "blk.0.attn_norm.weight", 1, 1, (uint64_t[]){COLS}, halves, sizeof halves);
	add(&m, "blk.0.attn_q.weight", COLS, ROWS);
	add(&m, "blk.0.attn_v.weight", COLS, 8);
	add(&m, "blk.0.ffn_down.weight", SHORT, 16);
	add(&m, "blk.0.ffn_gate_inp.weight", COLS, 2);
	gguf_make_finish(&m, &file);
	assert_true(fs_write_atomic(in, file.data, file.len, NULL));
	buf_done(&file);
}

static void
add_sums(struct gguf_make *m, const char *name, const float *sums, uint64_t n)
{
	static const float count = 4;
	char key[64];

	snprintf(key, sizeof key, "%s.in_sum2", name);
	gguf_make_tensor(m, key, 0, 2, (uint64_t[]){n, 1}, sums, n * sizeof *sums);
	snprintf(key, sizeof key, "%s.counts", name);
	gguf_make_tensor(m, key, 0, 2, (uint64_t[]){1, 1}, &count, sizeof count);
}

static const char *const measured[] = {"token_embd.weight", "blk.0.attn_q.weight", "blk.0.attn_v.weight",
	"blk.0.ffn_down.weight"};

static void
write_matrix(bool is_dat)
{
	struct gguf_make m = {0};
	struct buf file = {0};
	float sums[COLS];
	int32_t n = ARRAY_LEN(measured);

	for (int i = 0; i < COLS; i++)
		sums[i] = (float)(1 + i % 17 * i % 5);
	if (is_dat)
		buf_add(&file, &n, sizeof n);
	for (size_t i = 0; i < ARRAY_LEN(measured); i++) {
		int32_t len = (int32_t)strlen(measured[i]), calls = 4, cols = i == 3 ? SHORT : COLS;

		if (is_dat) {
			buf_add(&file, &len, sizeof len);
			buf_add(&file, measured[i], (size_t)len);
			buf_add(&file, &calls, sizeof calls);
			buf_add(&file, &cols, sizeof cols);
			buf_add(&file, sums, (size_t)cols * sizeof *sums);
		} else {
			add_sums(&m, measured[i], sums, (uint64_t)cols);
		}
	}
	if (!is_dat)
		gguf_make_finish(&m, &file);
	assert_true(fs_write_atomic(matrix, file.data, file.len, NULL));
	buf_done(&file);
}

static int
set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(in, sizeof in, "%s/in.gguf", dir);
	snprintf(out, sizeof out, "%s/out.gguf", dir);
	snprintf(matrix, sizeof matrix, "%s/imatrix", dir);
	write_model(0.5f);
	write_matrix(false);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(in);
	unlink(out);
	unlink(matrix);
	return rmdir(dir);
}

static struct gguf *
quantized(const struct quantize_options *o, struct quantize_result *r)
{
	struct err e = {0};
	struct gguf *g;

	if (!quantize_file(in, out, o, r, &e))
		fail_msg("%s", e.text);
	g = gguf_open(out, &e);
	if (!g)
		fail_msg("%s", e.text);
	return g;
}

static enum qtype
type_of(const struct gguf *g, const char *name)
{
	const struct gguf_tensor *t = gguf_tensor_find(g, name);

	assert_non_null(t);
	return t->type;
}

static void
tensors_get_what_the_mixture_says(void **state)
{
	struct quantize_options o = {.mixture = mixture_find("q4_k_m"), .n_threads = 1};
	struct quantize_result r;
	struct gguf *g = quantized(&o, &r);
	uint64_t v;

	(void)state;
	assert_int_equal(type_of(g, "token_embd.weight"), QT_q6_k);	/* the output too */
	assert_int_equal(type_of(g, "blk.0.attn_norm.weight"), QT_f32);
	assert_int_equal(type_of(g, "blk.0.attn_q.weight"), QT_q4_k);
	assert_int_equal(type_of(g, "blk.0.attn_v.weight"), QT_q6_k);
	assert_int_equal(type_of(g, "blk.0.ffn_down.weight"), QT_q8_0);	/* q6_k, in rows of 96 */
	assert_int_equal(type_of(g, "blk.0.ffn_gate_inp.weight"), QT_f32);
	assert_true(gguf_get_u64(g, "general.file_type", &v) && v == 15);
	assert_true(gguf_get_u64(g, "general.quantization_version", &v) && v == 2);
	assert_true(gguf_get_u64(g, "llama.block_count", &v) && v == 1);
	assert_int_equal(r.n_tensors, 6);
	assert_int_equal(r.n_changed, 5);
	assert_int_equal(r.n_stood_in, 1);
	gguf_close(g);
}

static void
keep_comes_first(void **state)
{
	static const char *const keeps[] = {"blk.*.attn_?.weight=Q8_0", "blk.0.attn_v.weight=f16"};
	struct quantize_options o = {.mixture = mixture_find("Q2_K"), .keeps = keeps, .n_keeps = 2, .n_threads = 1};
	static const char *const bad[] = {"token_embd", "x=q9_9"};
	struct quantize_result r;
	struct gguf *g = quantized(&o, &r);
	struct err e = {0};

	(void)state;
	assert_int_equal(type_of(g, "blk.0.attn_v.weight"), QT_q8_0);
	assert_int_equal(type_of(g, "blk.0.attn_q.weight"), QT_q8_0);
	gguf_close(g);
	for (size_t i = 0; i < 2; i++) {
		o.keeps = &bad[i];
		o.n_keeps = 1;
		assert_false(quantize_file(in, out, &o, &r, &e));
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

/* Every mixture there is: a file that opens, with errors below the size of the numbers. */
static void
every_mixture_works(void **state)
{
	struct quantize_result r;

	(void)state;
	for (size_t i = 0; mixture_at(i); i++) {
		struct quantize_options o = {.mixture = mixture_at(i), .imatrix = matrix, .measures = true, .n_threads = 1};
		uint64_t v;
		struct gguf *g = quantized(&o, &r);

		assert_true(gguf_get_u64(g, "general.file_type", &v) && v == mixture_at(i)->file_type);
		if (!(r.error <= 0.2 * r.size))
			fail_msg("%s: error %g of %g", mixture_at(i)->name, r.error, r.size);
		gguf_close(g);
	}
}

static void
bytes_do_not_depend_on_threads(void **state)
{
	static const char *const types[] = {"Q4_K_S", "I2_S", "IQ3_XXS"};
	struct buf want = {0}, got = {0};
	struct quantize_result r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct quantize_options o = {.mixture = mixture_find(types[i]), .imatrix = matrix, .n_threads = 1, .isa = "ref"};

		gguf_close(quantized(&o, &r));
		buf_clear(&want);
		assert_true(fs_read(&want, out, 1 << 20, NULL));
		o.n_threads = 3;
		o.isa = NULL;
		gguf_close(quantized(&o, &r));
		buf_clear(&got);
		assert_true(fs_read(&got, out, 1 << 20, NULL));
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.data, want.data, want.len);
	}
	buf_done(&want);
	buf_done(&got);
}

static void
both_kinds_of_importance_are_the_same(void **state)
{
	struct quantize_options o = {.mixture = mixture_find("IQ2_XXS"), .imatrix = matrix, .measures = true, .n_threads = 1};
	struct quantize_result a, b, none;

	(void)state;
	gguf_close(quantized(&o, &a));
	write_matrix(true);
	gguf_close(quantized(&o, &b));
	write_matrix(false);
	assert_true(a.error == b.error && a.error > 0);
	o.mixture = mixture_find("Q4_0");
	gguf_close(quantized(&o, &a));
	o.imatrix = NULL;
	gguf_close(quantized(&o, &none));
	assert_true(none.error < a.error);	/* what is measured is the error without weights */
}

/* A ternary tensor survives in a format for such, the scale of the tensor included. */
static void
ternary_weights_survive(void **state)
{
	struct quantize_options o = {.mixture = mixture_find("I2_S"), .measures = true, .n_threads = 1};
	static const char *const keeps[] = {"token_embd*=i2_s", "blk.0.attn_q*=tq2_0", "*ffn_down*=tq1_0"};
	struct gguf_make m = {0};
	struct buf file = {0};
	struct quantize_result r;
	struct gguf *g;
	float y[COLS];
	struct kern k;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		numbers[i] = 0.3125f * (float)((int)(i * 7 % 11 % 3) - 1);
	gguf_make_str(&m, "general.architecture", "llama");
	add(&m, "token_embd.weight", COLS, ROWS);
	add(&m, "blk.0.attn_q.weight", COLS, ROWS);
	gguf_make_finish(&m, &file);
	assert_true(fs_write_atomic(in, file.data, file.len, NULL));
	buf_done(&file);
	o.keeps = keeps;
	o.n_keeps = 3;
	g = quantized(&o, &r);
	assert_int_equal(type_of(g, "token_embd.weight"), QT_i2_s);
	assert_true(r.error == 0);
	assert_true(kern_init(&k, "ref"));
	k.mat[QT_i2_s].decode(y, gguf_tensor_find(g, "token_embd.weight")->data + COLS / 4, COLS);
	for (int i = 0; i < COLS; i++)
		assert_true(y[i] * qtype_tensor_scale(QT_i2_s, gguf_tensor_find(g, "token_embd.weight")->data, COLS * ROWS) ==
		    numbers[COLS + i]);
	gguf_close(g);
	write_model(0.5f);
}

static void
says_what_is_wrong(void **state)
{
	struct quantize_options o = {.mixture = mixture_find("IQ2_M"), .n_threads = 1};
	struct quantize_result r;
	atomic_bool cancel = true;
	struct err e = {0};

	(void)state;
	unlink(out);
	assert_false(quantize_file(in, out, &o, &r, &e));
	assert_non_null(strstr(e.text, "IQ2_M needs an importance matrix"));
	o.mixture = mixture_find("Q4_0");
	assert_false(quantize_file(in, in, &o, &r, &e));
	assert_non_null(strstr(e.text, "cannot take the place"));
	o.imatrix = in;
	assert_false(quantize_file(in, out, &o, &r, &e));
	assert_non_null(strstr(e.text, "it is no importance matrix"));
	o.imatrix = NULL;
	o.cancel = &cancel;
	assert_false(quantize_file(in, out, &o, &r, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	o.cancel = NULL;
	write_model(INFINITY);
	assert_false(quantize_file(in, out, &o, &r, &e));
	assert_non_null(strstr(e.text, "tensor token_embd.weight holds an infinity"));
	write_model(0.5f);
	assert_false(fs_exists(out));
	assert_null(mixture_find("Q4_K_L"));
}

static void
bad_matrices_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *says;
	} cases[] = {
		{"", 0, "cut short"},
		{"\377\377\377\377", 4, "-1 entries"},
		{"\1\0\0\0\377\377\0\0", 8, "65535 bytes of a name"},
		{"\1\0\0\0\3\0\0\0ab", 10, "ends inside a name"},
		{"\1\0\0\0\1\0\0\0a\1\0\0\0\377\377\377\177", 17, "ends inside 2147483647 values"},
		{"\1\0\0\0\1\0\0\0a\1\0\0\0\1\0\0\0\0\0\300\377", 21, "nan, a sum of squares"},
		{"\1\0\0\0\1\0\0\0a\1\0\0\0\1\0\0\0\0\0\200\277", 21, "is -1"},
		{"\2\0\0\0\1\0\0\0a\1\0\0\0\1\0\0\0\0\0\200\77\1\0\0\0a\1\0\0\0\1\0\0\0\0\0\200\77", 38, "there twice"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		void *copy = mem_dup_bytes(cases[i].bytes, cases[i].n + 1);
		struct err e = {0};

		assert_null(imatrix_open_memory(copy, cases[i].n, &e));
		if (!strstr(e.text, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", e.text, cases[i].says);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tensors_get_what_the_mixture_says),
		cmocka_unit_test(keep_comes_first),
		cmocka_unit_test(every_mixture_works),
		cmocka_unit_test(bytes_do_not_depend_on_threads),
		cmocka_unit_test(both_kinds_of_importance_are_the_same),
		cmocka_unit_test(ternary_weights_survive),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(bad_matrices_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
