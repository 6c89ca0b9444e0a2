/* GGUF files: what gguf.h promises, on files built in memory and broken in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/gguf.h"
#include "tests/data/gguf_make.h"

#define F32 0
#define Q4_0 2
#define UNKNOWN_FORMAT 77

/* A small file with a value of every kind, two known tensors and one of an unknown format. */
static void
fill(struct gguf_make *m)
{
	static const char *const words[] = {"<s>", "", "a\377b"};
	static const float reals[] = {1.5f, -2};
	static const int32_t ints[] = {-1, 7};
	static const uint8_t zeros[64];
	int8_t i8 = -5;
	uint64_t big = UINT64_MAX;
	int64_t low = INT64_MIN;
	double f64 = 0.25;

	gguf_make_str(m, "general.architecture", "llama");
	gguf_make_u32(m, "u32", 4000000000u);
	gguf_make_f32(m, "f32", 0.5f);
	gguf_make_bool(m, "bool", true);
	gguf_make_scalar(m, "i8", GGUF_I8, &i8, 1);
	gguf_make_scalar(m, "u64", GGUF_U64, &big, 8);
	gguf_make_scalar(m, "i64", GGUF_I64, &low, 8);
	gguf_make_scalar(m, "f64", GGUF_F64, &f64, 8);
	gguf_make_strs(m, "words", words, ARRAY_LEN(words));
	gguf_make_array(m, "reals", GGUF_F32, reals, 2, 4);
	gguf_make_array(m, "ints", GGUF_I32, ints, 2, 4);
	gguf_make_array(m, "none", GGUF_STRING, NULL, 0, 0);
	gguf_make_tensor(m, "a", F32, 2, (uint64_t[]){4, 2}, zeros, 32);
	gguf_make_tensor(m, "strange", UNKNOWN_FORMAT, 1, (uint64_t[]){5}, zeros, 7);
	gguf_make_tensor(m, "b", Q4_0, 1, (uint64_t[]){32}, zeros, 18);
}

static void
build(struct buf *file, void (*change)(struct gguf_make *))
{
	struct gguf_make m = {0};

	fill(&m);
	if (change)
		change(&m);
	gguf_make_finish(&m, file);
}

/* Read all that an opened file offers, so that a sanitizer sees every byte that was promised. */
static uint64_t
touch_everything(const struct gguf *g)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < gguf_n_kv(g); i++) {
		const struct gguf_kv *kv = gguf_kv_at(g, i);
		const uint8_t *cursor = kv->data;

		for (uint64_t j = 0; j < kv->n; j++) {
			if (kv->type == GGUF_STRING) {
				struct gguf_str s = gguf_array_next_str(&cursor);

				sum += s.len ? (uint64_t)s.data[0] + (uint64_t)s.data[s.len - 1] : 0;
			} else {
				sum += (uint64_t)gguf_array_i64(kv, j);
				sum += gguf_array_f64(kv, j) > 0;
			}
		}
		sum += (unsigned char)gguf_quote(kv->key).text[0];
	}
	for (size_t i = 0; i < gguf_n_tensors(g); i++) {
		const struct gguf_tensor *t = gguf_tensor_at(g, i);

		if (t->data)
			sum += t->data[0] + t->data[t->size - 1];
	}
	return sum;
}

static void
reads_every_kind(void **state)
{
	struct buf file = {0};
	struct gguf *g;
	struct gguf_str s;
	const struct gguf_kv *kv;
	const uint8_t *cursor;
	uint64_t u = 3;
	int64_t i = 3;
	double d = 3;
	bool b = false;

	(void)state;
	build(&file, NULL);
	g = gguf_open_memory(file.data, file.len, NULL);
	assert_non_null(g);
	assert_int_equal(gguf_version(g), 3);
	assert_int_equal(gguf_file_size(g), file.len);
	assert_int_equal(gguf_n_kv(g), 12);
	assert_true(gguf_get_str(g, "general.architecture", &s));
	assert_int_equal(s.len, 5);
	assert_memory_equal(s.data, "llama", 5);
	assert_true(gguf_get_u64(g, "u32", &u) && u == 4000000000u);
	assert_true(gguf_get_i64(g, "u32", &i) && i == 4000000000);
	assert_true(gguf_get_i64(g, "i8", &i) && i == -5);
	assert_true(gguf_get_i64(g, "i64", &i) && i == INT64_MIN);
	assert_true(gguf_get_u64(g, "u64", &u) && u == UINT64_MAX);
	assert_true(gguf_get_f64(g, "f32", &d) && d == 0.5);
	assert_true(gguf_get_f64(g, "f64", &d) && d == 0.25);
	assert_true(gguf_get_f64(g, "i8", &d) && d == -5);
	assert_true(gguf_get_bool(g, "bool", &b) && b);
	/* What does not fit or is of another kind leaves the value alone. */
	u = 3, i = 3, d = 3;
	assert_false(gguf_get_u64(g, "i8", &u) || gguf_get_u64(g, "bool", &u) || gguf_get_u64(g, "f32", &u));
	assert_false(gguf_get_i64(g, "u64", &i) || gguf_get_f64(g, "words", &d) || gguf_get_bool(g, "u32", &b));
	assert_false(gguf_get_str(g, "words", &s) || gguf_get_u64(g, "ints", &u) || gguf_get_u64(g, "nope", &u));
	assert_true(u == 3 && i == 3 && d == 3);

	kv = gguf_kv_find(g, "words");
	assert_true(kv->is_array && kv->type == GGUF_STRING && kv->n == 3);
	cursor = kv->data;
	assert_int_equal(gguf_array_next_str(&cursor).len, 3);
	assert_int_equal(gguf_array_next_str(&cursor).len, 0);
	assert_memory_equal(gguf_array_next_str(&cursor).data, "a\377b", 3);
	kv = gguf_kv_find(g, "reals");
	assert_true(gguf_array_f64(kv, 0) == 1.5 && gguf_array_i64(kv, 1) == -2);
	kv = gguf_kv_find(g, "ints");
	assert_true(gguf_array_f64(kv, 0) == -1 && gguf_array_i64(kv, 1) == 7);
	assert_true(gguf_array_i64(gguf_kv_find(g, "u64"), 0) == INT64_MAX);
	assert_true(gguf_array_u64(gguf_kv_find(g, "u64"), 0) == UINT64_MAX);
	assert_true(gguf_array_u64(gguf_kv_find(g, "i8"), 0) == 0);
	assert_int_equal(gguf_kv_find(g, "none")->n, 0);
	gguf_close(g);
	buf_done(&file);
}

static void
reads_tensors(void **state)
{
	struct buf file = {0};
	struct gguf *g;
	const struct gguf_tensor *t;

	(void)state;
	build(&file, NULL);
	g = gguf_open_memory(file.data, file.len, NULL);
	assert_non_null(g);
	assert_int_equal(gguf_n_tensors(g), 3);
	t = gguf_tensor_find(g, "a");
	assert_true(t->type == QT_f32 && t->size == 32 && t->n_elements == 8 && t->n_dims == 2);
	assert_true(t->dims[0] == 4 && t->dims[1] == 2 && t->dims[2] == 1 && t->dims[3] == 1);
	assert_ptr_equal(t->data, file.data + t->offset);
	t = gguf_tensor_find(g, "strange");
	assert_true(t->type == QT_COUNT && t->type_number == UNKNOWN_FORMAT && !t->data && t->size == 0);
	t = gguf_tensor_at(g, 2);
	assert_true(t->type == QT_q4_0 && t->size == 18 && t->offset + 18 == file.len);
	assert_null(gguf_tensor_find(g, "c"));
	assert_null(gguf_tensor_at(g, 3));
	assert_null(gguf_kv_at(g, 12));
	gguf_close(g);
	buf_done(&file);
}

static void
use_version_2(struct gguf_make *m)
{
	m->version = 2;
}

static void
reads_version_2(void **state)
{
	struct buf file = {0};
	struct gguf *g;

	(void)state;
	build(&file, use_version_2);
	g = gguf_open_memory(file.data, file.len, NULL);
	assert_non_null(g);
	assert_int_equal(gguf_version(g), 2);
	gguf_close(g);
	buf_done(&file);
}

/* ---- defects: how to make one, and what the sentence must say ---- */

static void
key_twice(struct gguf_make *m)
{
	gguf_make_u32(m, "u32", 1);
}

static void
tensor_twice(struct gguf_make *m)
{
	gguf_make_tensor(m, "a", F32, 1, (uint64_t[]){1}, "abcd", 4);
}

static void
bad_bool(struct gguf_make *m)
{
	gguf_make_scalar(m, "flag", GGUF_BOOL, "\2", 1);
}

static void
bad_type(struct gguf_make *m)
{
	gguf_make_scalar(m, "what", (enum gguf_type)13, "", 1);
}

static void
array_of_arrays(struct gguf_make *m)
{
	gguf_make_array(m, "nest", GGUF_ARRAY, NULL, 1, 0);
}

static void
array_overflow(struct gguf_make *m)
{
	uint64_t n = UINT64_MAX / 8 + 1;

	gguf_make_array(m, "long", GGUF_U64, NULL, 0, 0);
	memcpy(m->kv.data + m->kv.len - 8, &n, 8);
}

static void
strings_overflow(struct gguf_make *m)
{
	uint64_t n = UINT64_MAX;

	gguf_make_array(m, "many", GGUF_STRING, NULL, 0, 0);
	memcpy(m->kv.data + m->kv.len - 8, &n, 8);
}

static void
string_too_long(struct gguf_make *m)
{
	uint64_t n = GGUF_MAX_STRING + 1;

	gguf_make_str(m, "long", "");
	memcpy(m->kv.data + m->kv.len - 8, &n, 8);
}

static void
key_too_long(struct gguf_make *m)
{
	gguf_make_u64_raw(&m->kv, GGUF_MAX_KEY + 1);
	m->n_kv++;
}

static void
alignment_24(struct gguf_make *m)
{
	gguf_make_u32(m, "general.alignment", 24);
}

static void
alignment_0(struct gguf_make *m)
{
	gguf_make_u32(m, "general.alignment", 0);
}

static void
alignment_text(struct gguf_make *m)
{
	gguf_make_str(m, "general.alignment", "32");
}

static void
five_dims(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "five", F32, 5, (uint64_t[]){1, 1, 1, 1, 1}, 128);
}

static void
zero_dim(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "zero", F32, 2, (uint64_t[]){4, 0}, 128);
}

static void
dims_overflow(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "huge", F32, 3, (uint64_t[]){1u << 31, 1u << 31, 4}, 128);
}

static void
size_overflow(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "huge", F32, 2, (uint64_t[]){UINT64_C(1) << 31, UINT64_C(1) << 31}, 128);
}

static void
ragged_row(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "ragged", Q4_0, 2, (uint64_t[]){33, 32}, 128);
}

static void
odd_offset(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "odd", F32, 1, (uint64_t[]){1}, 129);
}

static void
far_offset(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "far", F32, 1, (uint64_t[]){1}, UINT64_MAX - 31);
}

static void
past_end(struct gguf_make *m)
{
	gguf_make_tensor(m, "long", F32, 1, (uint64_t[]){100}, "", 1);
}

static void
overlap(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "over", F32, 1, (uint64_t[]){1}, 0);
}

static void
overlap_unknown(struct gguf_make *m)
{
	gguf_make_tensor(m, "wide", F32, 1, (uint64_t[]){32}, (const char[128]){0}, 128);
	gguf_make_tensor_at(m, "inside", UNKNOWN_FORMAT, 1, (uint64_t[]){1}, 160);
}

static void
nasty_name(struct gguf_make *m)
{
	gguf_make_tensor_at(m, "\x1b[31m\"\n\xe2\x80\xae", F32, 5, (uint64_t[]){1, 1, 1, 1, 1}, 128);
}

static void
version_1(struct gguf_make *m)
{
	m->version = 1;
}

static void
version_4(struct gguf_make *m)
{
	m->version = 4;
}

static void
big_endian(struct gguf_make *m)
{
	m->version = 3u << 24;
}

static void
many_tensors(struct gguf_make *m)
{
	m->n_tensors = UINT64_MAX;
}

static void
more_tensors_than_bytes(struct gguf_make *m)
{
	m->n_tensors = 60000;
}

static void
many_keys(struct gguf_make *m)
{
	m->n_kv = UINT64_MAX / 13 + 1;
}

static void
more_keys_than_bytes(struct gguf_make *m)
{
	m->n_kv = 16000;
}

static const struct {
	void (*change)(struct gguf_make *);
	const char *says;
} defects[] = {
	{key_twice, "the key \"u32\" is there twice"},
	{tensor_twice, "the name \"a\" is there twice"},
	{bad_bool, "metadata \"flag\": a bool is 0 or 1, not 2"},
	{bad_type, "metadata \"what\": value type 13"},
	{array_of_arrays, "metadata \"nest\": an array of arrays"},
	{array_overflow, "2305843009213693952 values of type u64 cannot fit"},
	{strings_overflow, "18446744073709551615 strings cannot fit"},
	{string_too_long, "a string of 16777217 bytes, at most 16777216"},
	{key_too_long, "a key of 65537 bytes, at most 65536"},
	{alignment_24, "general.alignment is 24, a power of two"},
	{alignment_0, "general.alignment is 0, a power of two"},
	{alignment_text, "general.alignment is not a whole number"},
	{five_dims, "tensor 3 \"five\": 5 dimensions, at most 4"},
	{zero_dim, "tensor 3 \"zero\": dimension 1 is 0"},
	{dims_overflow, "tensor 3 \"huge\": its dimensions multiply to more than"},
	{size_overflow, "tensor 3 \"huge\": its size does not fit"},
	{ragged_row, "tensor 3 \"ragged\": rows of 33 weights, a multiple of 32 was expected for q4_0"},
	{odd_offset, "tensor 3 \"odd\": begins at 129, a multiple of the alignment 32"},
	{far_offset, "tensor 3 \"far\": begins 18446744073709551584 bytes into the data, past"},
	{past_end, "tensor 3 \"long\" has 400 bytes from byte "},
	{overlap, "the tensors \"over\" and \"a\" overlap"},
	{overlap_unknown, "the tensors \"wide\" and \"inside\" overlap"},
	{nasty_name, "tensor 3 \"\\x1b[31m\\x22\\x0a\\xe2\\x80\\xae\": 5 dimensions"},
	{version_1, "GGUF version 1, versions 2 and 3 are read"},
	{version_4, "GGUF version 4, versions 2 and 3 are read"},
	{big_endian, "a big-endian GGUF file"},
	{many_tensors, "18446744073709551615 tensors, at most"},
	{more_tensors_than_bytes, "60000 tensors cannot fit"},
	{many_keys, "metadata entries, at most"},
	{more_keys_than_bytes, "16000 metadata entries cannot fit"},
};

static void
names_every_defect(void **state)
{
	struct buf file = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(defects); i++) {
		struct err e = {0};

		build(&file, defects[i].change);
		assert_null(gguf_open_memory(file.data, file.len, &e));
		if (!strstr(e.text, defects[i].says))
			fail_msg("\"%s\" does not say \"%s\"", e.text, defects[i].says);
		assert_int_equal(e.kind, ERR_FAILED);
	}
	buf_done(&file);
}

static void
names_other_files(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *says;
	} cases[] = {
		{"", 0, "the file is empty"},
		{"GG", 2, "2 bytes, the header alone has 24"},
		{"PK\3\4....", 8, "found \"PK\\x03\\x04\" (this looks like a zip archive"},
		{"\x80\2}q", 4, "a Python pickle"},
		{"\x10\0\0\0\0\0\0\0{\"a\":1}", 15, "a safetensors file"},
		{"lmgg....", 8, "a ggml file from before GGUF"},
		{"tjgg....", 8, "a ggjt file from before GGUF"},
		{"hello, world\n", 13, "found \"hell\" (this looks like text)"},
		{"version https://git-lfs.github.com/spec/v1\n", 43, "a Git LFS pointer"},
		{"<!DOCTYPE html>", 15, "a web page"},
		{"\0\0\0\0", 4, "found \"\\x00\\x00\\x00\\x00\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = {0};
		void *copy = mem_dup_bytes(cases[i].bytes, cases[i].n ? cases[i].n : 1);

		assert_null(gguf_open_memory(copy, cases[i].n, &e));
		if (!strstr(e.text, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", e.text, cases[i].says);
		free(copy);
	}
}

/* Open N bytes of a heap block of exactly that size: a sanitizer sees a read past it. */
static bool
try_bytes(const char *p, size_t n, uint64_t *sum)
{
	char *copy = malloc(n ? n : 1);
	struct err e = {0};
	struct gguf *g;

	assert_non_null(copy);
	memcpy(copy, p, n);
	g = gguf_open_memory(copy, n, &e);
	if (g)
		*sum += touch_everything(g);
	else
		assert_true(e.kind == ERR_FAILED && e.text[0]);
	gguf_close(g);
	free(copy);
	return g != NULL;
}

static void
refuses_every_truncation(void **state)
{
	struct buf file = {0};
	uint64_t sum = 0;

	(void)state;
	build(&file, NULL);
	for (size_t n = 0; n < file.len; n++)
		assert_false(try_bytes(file.data, n, &sum));
	assert_true(try_bytes(file.data, file.len, &sum));
	buf_done(&file);
}

static void
survives_every_bit_flip(void **state)
{
	struct buf file = {0};
	uint64_t sum = 0;
	size_t opened = 0;

	(void)state;
	build(&file, NULL);
	for (size_t bit = 0; bit < file.len * 8; bit++) {
		file.data[bit / 8] ^= (char)(1 << bit % 8);
		opened += try_bytes(file.data, file.len, &sum);
		file.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	/* Flips in strings and numbers leave a good file, those in lengths and counts do not. */
	assert_in_range(opened, 1, file.len * 8 - 1000);
	buf_done(&file);
}

/* Several bytes at once, with the values that overflow: 0, 1, 0x7f, 0x80, 0xff. */
static void
survives_random_damage(void **state)
{
	static const char nasty[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
	struct buf file = {0};
	uint64_t sum = 0, random = 1;

	(void)state;
	build(&file, NULL);
	for (int round = 0; round < 20000; round++) {
		char *copy = mem_dup_bytes(file.data, file.len);
		size_t n, at;

		random = random * 6364136223846793005u + 1442695040888963407u;
		n = 1 + (random >> 33) % 8;
		at = (random >> 40) % (file.len - n);
		for (size_t i = 0; i < n; i++)
			copy[at + i] = nasty[(random >> (20 + i)) % ARRAY_LEN(nasty)];
		try_bytes(copy, file.len, &sum);
		free(copy);
	}
	buf_done(&file);
}

static void
error_names_the_path(void **state)
{
	char dir[] = "/tmp/gguf.XXXXXX";
	char path[64];
	struct err e = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_null(gguf_open(dir, &e));
	assert_non_null(strstr(e.text, "is a directory"));
	snprintf(path, sizeof path, "%s/x.gguf", dir);
	assert_null(gguf_open(path, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_true(fs_write_atomic(path, "PK", 2, NULL));
	assert_null(gguf_open(path, &e));
	assert_memory_equal(e.text, path, strlen(path));
	assert_non_null(strstr(e.text, "no GGUF magic"));
	unlink(path);
	rmdir(dir);
}

static void
opens_the_fixtures(void **state)
{
	glob_t files;
	uint64_t sum = 0;

	(void)state;
	if (glob("../shared/gold/*.gguf", 0, NULL, &files) != 0)
		skip();
	glob("../shared/tokenizers/*.gguf", GLOB_APPEND, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct err e = {0};
		struct gguf *g = gguf_open(files.gl_pathv[i], &e);

		if (!g)
			fail_msg("%s", e.text);
		sum += touch_everything(g);
		gguf_close(g);
	}
	assert_int_not_equal(sum, 0);
	globfree(&files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind),
		cmocka_unit_test(reads_tensors),
		cmocka_unit_test(reads_version_2),
		cmocka_unit_test(names_every_defect),
		cmocka_unit_test(names_other_files),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(survives_every_bit_flip),
		cmocka_unit_test(survives_random_damage),
		cmocka_unit_test(error_names_the_path),
		cmocka_unit_test(opens_the_fixtures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
