/* Weight formats: decoding exact to the bit against vectors of two outside implementations, the products of the
 * reference against their dot products, and the small conversions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "kernels/f16.h"
#include "kernels/kern.h"

enum { ROWS = 64, COLS = 512 };

static bool
read_part(struct buf *out, const char *format, const char *part)
{
	char path[128], upper[16];
	struct err e;
	size_t i;

	for (i = 0; format[i] && i + 1 < sizeof upper; i++)
		upper[i] = (char)toupper((unsigned char)format[i]);
	upper[i] = 0;
	snprintf(path, sizeof path, "../shared/gold/quants/%s.%s.bin", upper, part);
	buf_clear(out);
	return fs_exists(path) && fs_read(out, path, 1 << 20, &e);
}

static void
decoding_is_exact(void **state)
{
	struct kern k;
	struct buf blocks = {0}, truth = {0};
	float y[COLS];
	int n_seen = 0;

	(void)state;
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int t = 0; t < QT_COUNT; t++) {
			size_t row_bytes = qtype_row_bytes(t, COLS), bytes;
			float scale;

			if (!read_part(&blocks, qtype_info(t)->name, "blocks") ||
			    !read_part(&truth, qtype_info(t)->name, "deq"))
				continue;
			n_seen++;
			assert_true(qtype_tensor_bytes(t, ROWS * COLS, &bytes));
			assert_int_equal(blocks.len, bytes);
			scale = qtype_tensor_scale(t, blocks.data, ROWS * COLS);
			for (size_t r = 0; r < ROWS; r++) {
				k.mat[t].decode(y, blocks.data + r * row_bytes, COLS);
				for (int c = 0; scale != 1 && c < COLS; c++)
					y[c] *= scale;
				if (memcmp(y, truth.data + r * sizeof y, sizeof y) != 0)
					fail_msg("%s %s row %zu differs", k.isa, qtype_info(t)->name, r);
			}
		}
	}
	buf_done(&blocks);
	buf_done(&truth);
	if (n_seen == 0)
		skip();
}

/* Dot products with float64 truth.  8-bit activations may move them by 1 % of |x| |row|. */
static void
products_are_near(void **state)
{
	struct kern k;
	struct buf blocks = {0}, x = {0}, dots = {0}, deq = {0};
	int n_seen = 0;

	(void)state;
	assert_true(kern_init(&k, "ref"));
	for (int t = 0; t < QT_COUNT; t++) {
		const struct qtype_info *info = qtype_info(t);
		struct kern_mul m = {.n_rows = ROWS, .n_cols = COLS, .n_tokens = 1, .y_stride = ROWS};
		float y[ROWS];
		void *act;

		if (!read_part(&blocks, info->name, "blocks") || !read_part(&x, info->name, "x") ||
		    !read_part(&dots, info->name, "dot") || !read_part(&deq, info->name, "deq"))
			continue;
		n_seen++;
		m.x_stride = k.act[info->act].bytes(COLS);
		act = aligned_alloc(64, m.x_stride);
		k.act[info->act].quantize(act, (const float *)(const void *)x.data, COLS);
		m.w = blocks.data, m.x = act, m.y = y;
		k.mat[t].mul(&m);
		for (int r = 0; r < ROWS; r++) {
			float got = y[r] * qtype_tensor_scale(t, blocks.data, ROWS * COLS);
			const float *row = (const float *)(const void *)deq.data + r * COLS;
			const float *xs = (const float *)(const void *)x.data;
			double truth, ww = 0, xx = 0, limit;

			memcpy(&truth, dots.data + (size_t)r * 8, 8);
			for (int i = 0; i < COLS; i++)
				ww += (double)row[i] * row[i], xx += (double)xs[i] * xs[i];
			limit = (info->act == ACT_f32 ? 1e-5 : 1e-2) * sqrt(ww * xx);
			if (!(fabs(got - truth) <= limit))
				fail_msg("%s row %d: %g, expected %g", info->name, r, got, truth);
		}
		free(act);
	}
	buf_done(&blocks);
	buf_done(&x);
	buf_done(&dots);
	buf_done(&deq);
	if (n_seen == 0)
		skip();
}

static void
half_round_trips(void **state)
{
	(void)state;
	for (uint32_t h = 0; h < 0x10000; h++) {
		uint32_t nan = (h & 0x7c00) == 0x7c00 && (h & 0x3ff) ? 0x200 : 0;

		assert_int_equal(f16_from_f32(f16_to_f32((uint16_t)h)), h | nan);
	}
}

/* Every value and both neighbours of every midpoint between halves: round to nearest, ties to even. */
static void
half_rounds_to_nearest_even(void **state)
{
	(void)state;
	for (uint32_t h = 0; h < 0x7bff; h++) {
		float low = f16_to_f32((uint16_t)h), high = f16_to_f32((uint16_t)(h + 1)), mid = (low + high) / 2;

		assert_int_equal(f16_from_f32(mid), h + (h & 1));
		assert_int_equal(f16_from_f32(nextafterf(mid, 0)), h);
		assert_int_equal(f16_from_f32(nextafterf(mid, INFINITY)), h + 1);
		assert_int_equal(f16_from_f32(-mid), 0x8000 + h + (h & 1));
	}
	assert_int_equal(f16_from_f32(65519.996f), 0x7bff);
	assert_int_equal(f16_from_f32(65520), 0x7c00);
	assert_int_equal(f16_from_f32(-INFINITY), 0xfc00);
	assert_int_equal(f16_from_f32(0x1p-149f), 0);
}

static void
names_and_numbers(void **state)
{
	(void)state;
	for (int t = 0; t < QT_COUNT; t++)
		assert_int_equal(qtype_find(qtype_info(t)->gguf_number), t);
	assert_int_equal(qtype_find(99), QT_COUNT);
	assert_int_equal(qtype_row_bytes(QT_q6_k, 512), 420);
	assert_int_equal(kvtype_find("f16"), KV_f16);
	assert_int_equal(kvtype_find("f8"), KV_COUNT);
}

static void
the_cap_is_kept(void **state)
{
	struct kern k;
	struct kern_slot s;
	size_t n = 0;

	(void)state;
	assert_false(kern_init(&k, "mmx"));
	assert_true(kern_init(&k, "ref"));
	assert_string_equal(k.isa, "ref");
	for (; kern_slot_at(&k, n, &s); n++)
		assert_string_equal(s.isa, "ref");
	assert_true(n > 30);
}

/* Every row serves when it is asked for.  KERN_ISAS: those that the processor of make arm is known to run. */
static void
rows_are_those_of_the_processor(void **state)
{
	const char *want = getenv("KERN_ISAS"), *name;
	struct kern k;
	struct buf all = {0};

	(void)state;
	for (size_t i = 0; (name = kern_isa_at(i)); i++) {
		assert_true(kern_init(&k, name));
		assert_string_equal(k.isa, name);
		buf_printf(&all, "%s%s", i ? " " : "", name);
	}
	assert_true(kern_init(&k, NULL));
	assert_string_equal(k.isa, strrchr(buf_str(&all), ' ') ? strrchr(buf_str(&all), ' ') + 1 : "ref");
	if (want)
		assert_string_equal(buf_str(&all), want);
	buf_done(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_is_exact),
		cmocka_unit_test(products_are_near),
		cmocka_unit_test(half_round_trips),
		cmocka_unit_test(half_rounds_to_nearest_even),
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(the_cap_is_kept),
		cmocka_unit_test(rows_are_those_of_the_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
