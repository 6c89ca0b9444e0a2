/* Writing GGUF files: what is written reads back the same, and a failure leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/gguf_write.h"

static char dir[] = "/tmp/gguf-write.XXXXXX";
static char path[64];

static int
make_dir(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/out.gguf", mkdtemp(dir) ? dir : "");
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static size_t
count_files(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* Tensor I is filled with bytes I + 1, in pieces of 7. */
struct pieces {
	const struct gguf_writer *w;
	atomic_bool cancel;
	size_t cancel_at, fail_at, asked;
};

static bool
produce(void *ctx, size_t i, struct gguf_sink *out, struct err *e)
{
	struct pieces *p = ctx;
	uint64_t left = gguf_write_tensor_bytes(p->w, i);
	unsigned char bytes[7];

	assert_int_equal(i, p->asked++);
	if (p->fail_at == i + 1)
		return err_set(e, ERR_FAILED, "no such weights");
	memset(bytes, (int)i + 1, sizeof bytes);
	for (; left > 0; left -= left < sizeof bytes ? left : sizeof bytes) {
		if (p->cancel_at == i + 1)
			atomic_store(&p->cancel, true);
		if (!gguf_sink_add(out, bytes, left < sizeof bytes ? left : sizeof bytes, e))
			return false;
	}
	return true;
}

static bool
write_it(struct gguf_writer *w, struct pieces *p, struct err *e)
{
	p->w = w;
	return gguf_write_file(w, path, &(struct gguf_source){.ctx = p, .produce = produce, .cancel = &p->cancel}, e);
}

static bool
add_tensor(struct gguf_writer *w, const char *name, enum qtype t, uint64_t cols, uint64_t rows, struct err *e)
{
	return gguf_write_tensor(w, &(struct gguf_out_tensor){{name, strlen(name)}, t, 2, {cols, rows}}, e);
}

static void
fill_metadata(struct gguf_writer *w)
{
	static const struct gguf_str words[] = {{"<s>", 3}, {"", 0}, {"a\0\377b", 4}};
	static const float reals[] = {1.5f, -2};
	static const int32_t ints[] = {-1, 7, 9};
	static const uint8_t bools[] = {1, 0};
	int8_t i8 = -5;
	uint16_t u16 = 60000;
	int64_t low = INT64_MIN;
	double f64 = 0.25;

	gguf_write_str(w, "general.architecture", "wrong");
	gguf_write_u32(w, "u32", 4000000000u);
	gguf_write_u32(w, "gone", 1);
	gguf_write_f32(w, "f32", 0.5f);
	gguf_write_bool(w, "bool", true);
	gguf_write_bytes(w, "bytes", words[2]);
	gguf_write_scalar(w, "i8", GGUF_I8, &i8);
	gguf_write_scalar(w, "u16", GGUF_U16, &u16);
	gguf_write_scalar(w, "i64", GGUF_I64, &low);
	gguf_write_scalar(w, "f64", GGUF_F64, &f64);
	gguf_write_strs(w, "words", words, ARRAY_LEN(words));
	gguf_write_strs(w, "none", NULL, 0);
	gguf_write_array(w, "reals", GGUF_F32, reals, 2);
	gguf_write_array(w, "ints", GGUF_I32, ints, 3);
	gguf_write_array(w, "bools", GGUF_BOOL, bools, 2);
	gguf_write_str(w, "general.architecture", "llama");
	gguf_write_remove(w, "gone");
}

static void
check_metadata(const struct gguf *g)
{
	const struct gguf_kv *kv = gguf_kv_find(g, "words");
	const uint8_t *cursor = kv->data;
	struct gguf_str s;
	uint64_t u;
	int64_t i;
	double d;
	bool b;

	assert_int_equal(gguf_n_kv(g), 14);
	assert_memory_equal(gguf_kv_at(g, 0)->key.data, "general.architecture", 20);
	assert_true(gguf_get_str(g, "general.architecture", &s) && s.len == 5 && memcmp(s.data, "llama", 5) == 0);
	assert_true(gguf_get_u64(g, "u32", &u) && u == 4000000000u);
	assert_null(gguf_kv_find(g, "gone"));
	assert_true(gguf_get_f64(g, "f32", &d) && d == 0.5);
	assert_true(gguf_get_bool(g, "bool", &b) && b);
	assert_true(gguf_get_str(g, "bytes", &s) && s.len == 4 && memcmp(s.data, "a\0\377b", 4) == 0);
	assert_true(gguf_get_i64(g, "i8", &i) && i == -5);
	assert_true(gguf_get_u64(g, "u16", &u) && u == 60000);
	assert_true(gguf_get_i64(g, "i64", &i) && i == INT64_MIN);
	assert_true(gguf_get_f64(g, "f64", &d) && d == 0.25);
	assert_true(kv->is_array && kv->type == GGUF_STRING && kv->n == 3);
	assert_int_equal(gguf_array_next_str(&cursor).len, 3);
	assert_int_equal(gguf_array_next_str(&cursor).len, 0);
	assert_memory_equal(gguf_array_next_str(&cursor).data, "a\0\377b", 4);
	assert_true(gguf_kv_find(g, "none")->is_array && gguf_kv_find(g, "none")->n == 0);
	assert_true(gguf_array_f64(gguf_kv_find(g, "reals"), 1) == -2);
	assert_int_equal(gguf_array_i64(gguf_kv_find(g, "ints"), 0), -1);
	assert_int_equal(gguf_array_u64(gguf_kv_find(g, "bools"), 0), 1);
	assert_int_equal(gguf_kv_find(g, "bools")->type, GGUF_BOOL);
}

static void
check_tensor(const struct gguf *g, size_t i, const char *name, enum qtype type, size_t size)
{
	const struct gguf_tensor *t = gguf_tensor_at(g, i);

	assert_int_equal(t->name.len, strlen(name));
	assert_memory_equal(t->name.data, name, t->name.len);
	assert_int_equal(t->type, type);
	assert_int_equal(t->size, size);
	for (size_t k = 0; k < size; k++)
		assert_int_equal(t->data[k], i + 1);
}

static void
reads_back_the_same(void **state)
{
	struct gguf_writer *w = gguf_writer_new();
	struct pieces p = {0};
	struct gguf *g;
	struct stat st;

	(void)state;
	fill_metadata(w);
	assert_true(add_tensor(w, "a", QT_f32, 3, 5, NULL));
	assert_true(add_tensor(w, "b.weight", QT_q4_0, 64, 3, NULL));
	assert_true(add_tensor(w, "c", QT_f16, 1, 1, NULL));
	assert_int_equal(gguf_write_n_tensors(w), 3);
	assert_true(write_it(w, &p, NULL));
	g = gguf_open(path, NULL);
	assert_non_null(g);
	assert_int_equal(gguf_version(g), 3);
	check_metadata(g);
	check_tensor(g, 0, "a", QT_f32, 60);
	check_tensor(g, 1, "b.weight", QT_q4_0, 108);
	check_tensor(g, 2, "c", QT_f16, 2);
	assert_int_equal(gguf_tensor_at(g, 0)->dims[0], 3);
	assert_int_equal(gguf_tensor_at(g, 0)->dims[1], 5);
	assert_int_equal(gguf_file_size(g) % 32, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0400, 0400);
	assert_int_equal(count_files(), 1);
	gguf_close(g);
	gguf_writer_free(w);
}

/* A copy of the metadata of one file gives the bytes of that file, with another alignment as well. */
static void
copies_all_metadata(void **state)
{
	struct gguf_writer *w = gguf_writer_new();
	struct pieces p = {0};
	struct buf first = {0}, second = {0};
	uint64_t wide = 128;
	struct gguf *g;

	(void)state;
	fill_metadata(w);
	gguf_write_scalar(w, "general.alignment", GGUF_U64, &wide);
	assert_true(add_tensor(w, "a", QT_f32, 3, 1, NULL) && add_tensor(w, "b", QT_f32, 3, 1, NULL));
	assert_true(write_it(w, &p, NULL));
	assert_true(fs_read(&first, path, 1 << 20, NULL));
	gguf_writer_free(w);

	g = gguf_open(path, NULL);
	assert_non_null(g);
	assert_int_equal(gguf_tensor_at(g, 1)->offset - gguf_tensor_at(g, 0)->offset, 128);
	w = gguf_writer_new();
	gguf_write_copy(w, g);
	assert_true(add_tensor(w, "a", QT_f32, 3, 1, NULL) && add_tensor(w, "b", QT_f32, 3, 1, NULL));
	p = (struct pieces){0};
	assert_true(write_it(w, &p, NULL));
	gguf_close(g);
	assert_true(fs_read(&second, path, 1 << 20, NULL));
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	gguf_writer_free(w);
	buf_done(&first);
	buf_done(&second);
}

static void
leaves_nothing_behind(void **state)
{
	struct gguf_writer *w = gguf_writer_new();
	struct pieces fails = {.fail_at = 2}, stops = {.cancel_at = 1};
	struct err e = {0};

	(void)state;
	unlink(path);
	assert_true(add_tensor(w, "a", QT_f32, 3, 5, NULL) && add_tensor(w, "b", QT_f32, 3, 5, NULL));
	assert_false(write_it(w, &fails, &e));
	assert_string_equal(e.text, "no such weights");
	assert_int_equal(count_files(), 0);
	assert_false(write_it(w, &stops, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	assert_int_equal(count_files(), 0);
	gguf_writer_free(w);
}

static void
says_what_is_wrong(void **state)
{
	struct gguf_writer *w = gguf_writer_new();
	struct pieces p = {0};
	struct err e = {0};

	(void)state;
	assert_true(add_tensor(w, "a", QT_f32, 3, 5, &e));
	assert_false(add_tensor(w, "a", QT_f32, 3, 5, &e));
	assert_string_equal(e.text, "tensor \"a\" is there twice");
	assert_false(add_tensor(w, "b", QT_q4_0, 33, 5, &e));
	assert_string_equal(e.text, "tensor \"b\": rows of 33 weights, a multiple of 32 was expected for q4_0");
	assert_false(add_tensor(w, "c", QT_f32, 0, 5, &e));
	assert_false(add_tensor(w, "d", QT_f32, (uint64_t)1 << 40, (uint64_t)1 << 40, &e));
	assert_false(add_tensor(w, "e", QT_f32, (uint64_t)1 << 31, (uint64_t)1 << 31, &e));
	assert_string_equal(e.text, "tensor \"e\": its size does not fit in 64 bits");
	gguf_write_u32(w, "general.alignment", 24);
	assert_false(write_it(w, &p, &e));
	assert_non_null(strstr(e.text, "general.alignment is 24, a power of two"));
	gguf_writer_free(w);

	w = gguf_writer_new();
	assert_true(add_tensor(w, "a", QT_f32, (uint64_t)1 << 30, (uint64_t)1 << 28, &e));
	assert_false(write_it(w, &p, &e));
	assert_int_equal(e.kind, ERR_NO_SPACE);
	assert_non_null(strstr(e.text, "out.gguf: needs 1152921504606.8 MB, the disk has "));
	assert_int_equal(count_files(), 0);
	gguf_writer_free(w);

	w = gguf_writer_new();
	assert_false(gguf_write_file(w, dir, &(struct gguf_source){0}, &e));
	assert_non_null(strstr(e.text, "is a directory"));
	assert_false(gguf_write_file(w, "/dev/null", &(struct gguf_source){0}, &e));
	assert_non_null(strstr(e.text, "is not a regular file"));
	assert_false(gguf_write_file(w, "/nowhere/at/all.gguf", &(struct gguf_source){0}, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	gguf_writer_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_the_same),
		cmocka_unit_test(copies_all_metadata),
		cmocka_unit_test(leaves_nothing_behind),
		cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
