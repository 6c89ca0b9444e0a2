/* Safetensors files: what safetensors.h promises, on headers built here and broken in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/safetensors.h"

/* A file of HEADER and N_DATA bytes 0, 1, 2 … */
static void
make(struct buf *out, const char *header, size_t n_data)
{
	uint64_t n = strlen(header);

	buf_clear(out);
	buf_add(out, &n, sizeof n);
	buf_add_str(out, header);
	for (size_t i = 0; i < n_data; i++)
		buf_add_char(out, (char)i);
}

static void
reads_what_is_there(void **state)
{
	static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},"
	    "\"b\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[4,16]},"
	    "\"one\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
	    "\"none\":{\"dtype\":\"I64\",\"shape\":[0,7],\"data_offsets\":[16,16]}}";
	struct buf file = {0};
	struct safetensors *s;
	const struct st_tensor *t;

	(void)state;
	make(&file, header, 16);
	s = safetensors_open_memory(file.data, file.len, NULL);
	assert_non_null(s);
	assert_int_equal(safetensors_n(s), 3);
	t = safetensors_at(s, 0);
	assert_string_equal(t->name, "b");
	assert_int_equal(t->type, ST_BF16);
	assert_int_equal(t->n_dims, 2);
	assert_int_equal(t->dims[0], 2);
	assert_int_equal(t->dims[1], 3);
	assert_int_equal(t->dims[2], 1);
	assert_int_equal(t->size, 12);
	assert_int_equal(t->data[0], 4);
	assert_int_equal(safetensors_at(s, 1)->n_dims, 0);
	assert_int_equal(safetensors_at(s, 1)->size, 4);
	assert_int_equal(safetensors_at(s, 2)->n_elements, 0);
	assert_null(safetensors_at(s, 3));
	safetensors_close(s);
	buf_done(&file);
}

static void
refuses_lies(void **state)
{
	static const struct {
		const char *header, *says;
		size_t n_data;
	} cases[] = {
		{"", "no JSON", 0},
		{"[1]", "no JSON object", 0},
		{"{\"a\":{}}", "no dtype", 0},
		{"{\"a\":3}", "no dtype", 0},
		{"{\"a\":{\"dtype\":\"F7\"}}", "dtype \"F7\" is not known", 0},
		{"{\"a\":{\"dtype\":\"F32\"}}", "no shape", 0},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,-1],\"data_offsets\":[0,4]}}", "dimension 1 is not", 4},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", "dimension 0 is not", 4},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", "9 dimensions", 1},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", "more than 2^57", 0},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", "data_offsets are not", 1},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", "data_offsets are not", 1},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", "data_offsets are not", 2},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}}", "ends at byte 9 of the data", 8},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "has 4 bytes, expected 8", 8},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
		 "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}", "\"a\" and \"b\" overlap", 8},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{}}", "no JSON", 1},
	};
	struct buf file = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = {0};

		make(&file, cases[i].header, cases[i].n_data);
		assert_null(safetensors_open_memory(file.data, file.len, &e));
		if (!strstr(e.text, cases[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].header, e.text, cases[i].says);
	}
	buf_done(&file);
}

static void
refuses_what_is_cut(void **state)
{
	static const char header[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}";
	struct buf file = {0};
	uint64_t n = UINT64_MAX;
	struct err e;

	(void)state;
	make(&file, header, 4);
	for (size_t len = 0; len < file.len; len++) {
		char *copy = mem_dup_bytes(file.data, len);

		e.text[0] = '\0';
		assert_null(safetensors_open_memory(copy, len, &e));
		assert_non_null(strstr(e.text, "cut short"));
		free(copy);
	}
	memcpy(file.data, &n, sizeof n);
	assert_null(safetensors_open_memory(file.data, file.len, &e));
	assert_non_null(strstr(e.text, "at most"));
	buf_done(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_there),
		cmocka_unit_test(refuses_lies),
		cmocka_unit_test(refuses_what_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
