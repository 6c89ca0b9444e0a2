/* Encoding: every instruction set writes the bytes of the reference, whatever the numbers are; and what is written
 * decodes to what was meant, within limits that were measured for each format on normal numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "kernels/kern.h"
#include "tests/kernel/guard.h"

enum { N = 512 };

enum shape { NORMAL, OUTLIERS, POSITIVE, ZERO, CONSTANT, TINY, SUBNORMAL, HUGE_ONES, ONE_NUMBER, TERNARY_ONES, SHAPES };

static float
normal(uint64_t *seed)
{
	float sum = 0;

	for (int i = 0; i < 12; i++)
		sum += random_float(seed);
	return sum / 2;				/* random_float: -1..1, variance 1/3 */
}

static void
fill(float *x, size_t n, enum shape shape, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++) {
		float v = normal(seed);

		switch (shape) {
		case OUTLIERS: x[i] = random_u32(seed) % 100 ? v : 10 * v; break;
		case POSITIVE: x[i] = fabsf(v); break;
		case ZERO: x[i] = 0; break;
		case CONSTANT: x[i] = -0.25f; break;
		case TINY: x[i] = v * 1e-7f; break;
		case SUBNORMAL: x[i] = v * 0x1p-140f; break;
		case HUGE_ONES: x[i] = v * 1e37f; break;
		case ONE_NUMBER: x[i] = i % 256 == 77 ? 3 : 0; break;
		case TERNARY_ONES: x[i] = 0.5f * (float)((int)(random_u32(seed) % 3) - 1); break;
		default: x[i] = v; break;
		}
	}
}

static void
check_row(const struct kern *k, const struct kern *ref, enum qtype t, size_t n, enum shape shape, bool weighed)
{
	uint64_t seed = n + (unsigned)shape * 100;
	size_t bytes = qtype_row_bytes(t, n);

	for (int side = 0; side < 2; side++) {
		struct guard gx, gw, ga, gb;
		float *x = guard_new(&gx, n * sizeof *x, side), *w = guard_new(&gw, n * sizeof *w, side);
		uint8_t *a = guard_new(&ga, bytes, side), *b = guard_new(&gb, bytes, side);
		float y[N];

		fill(x, n, shape, &seed);
		for (size_t i = 0; i < n; i++)
			w[i] = random_u32(&seed) % 8 ? fabsf(normal(&seed)) * 100 : 0;
		memset(a, 0xaa, bytes);
		memset(b, 0x55, bytes);
		k->mat[t].encode(a, x, weighed ? w : NULL, n);
		ref->mat[t].encode(b, x, weighed ? w : NULL, n);
		if (memcmp(a, b, bytes) != 0)
			fail_msg("%s %s: other bytes than the reference, shape %d", k->isa, qtype_info(t)->name, shape);
		k->mat[t].decode(y, a, n);
		for (size_t i = 0; i < n; i++)
			if (!isfinite(y[i]))
				fail_msg("%s: %g became %g, shape %d", qtype_info(t)->name, x[i], y[i], shape);
		guard_free(&gx);
		guard_free(&gw);
		guard_free(&ga);
		guard_free(&gb);
	}
}

static void
bytes_are_the_reference(void **state)
{
	struct kern k, ref, weaker;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int t = 0; t < QT_COUNT; t++) {
			size_t len = qtype_info(t)->block_len == 1 ? 67 : qtype_info(t)->block_len;

			if (i > 0 && k.mat[t].encode == weaker.mat[t].encode)
				continue;
			for (int shape = 0; shape < SHAPES; shape++)
				check_row(&k, &ref, t, shape ? len : len <= 256 ? 2 * len : len, shape, shape % 2 == 0);
		}
		weaker = k;
	}
}

/* Error of normal numbers over their size; a tenth above what was measured. */
static const struct {
	enum qtype t;
	double limit;
} limits[] = {
#define LIMIT(id, limit) {QT_##id, limit},
#include "tests/kernel/encode_limit.def"
#undef LIMIT
};

static double
error_of(const struct kern *k, enum qtype t, enum shape shape)
{
	enum { ROWS = 4 };
	uint64_t seed = 17;
	double error = 0, size = 0;

	for (int r = 0; r < ROWS; r++) {
		uint8_t row[N * 4];
		float x[N], y[N];

		fill(x, N, shape, &seed);
		k->mat[t].encode(row, x, NULL, N);
		k->mat[t].decode(y, row, N);
		for (int i = 0; i < N; i++) {
			error += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
			size += (double)x[i] * x[i];
		}
	}
	return sqrt(error / size);
}

static void
errors_are_small(void **state)
{
	struct kern k;

	(void)state;
	assert_true(kern_init(&k, NULL));
	assert_int_equal(sizeof limits / sizeof limits[0], QT_COUNT);
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		double error = error_of(&k, limits[i].t, NORMAL);

		if (getenv("KERN_ENCODE_SHOW"))
			fprintf(stderr, "LIMIT(%s, %.6f)\n", qtype_info(limits[i].t)->name, 1.1 * error);
		if (!(error <= limits[i].limit))
			fail_msg("%s: error %.6f, at most %.6f expected", qtype_info(limits[i].t)->name, error, limits[i].limit);
	}
}

/* What a format can hold exactly comes back exactly. */
static void
ternary_numbers_stay(void **state)
{
	static const enum qtype exact[] = {QT_tq1_0, QT_tq2_0, QT_q4_0, QT_q8_0, QT_q4_k, QT_q6_k, QT_mxfp4, QT_f16, QT_bf16};
	struct kern k;

	(void)state;
	assert_true(kern_init(&k, NULL));
	for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++)
		if (!(error_of(&k, exact[i], TERNARY_ONES) < 1e-3))
			fail_msg("%s: error %g", qtype_info(exact[i])->name, error_of(&k, exact[i], TERNARY_ONES));
}

/* A block that came out of a format goes back in with next to no loss. */
static void
encoding_again_loses_little(void **state)
{
	struct kern k;
	uint64_t seed = 3;

	(void)state;
	assert_true(kern_init(&k, NULL));
	for (int t = 0; t < QT_COUNT; t++) {
		uint8_t row[N * 4];
		float x[N], y[N], z[N];
		double error = 0, size = 0;

		fill(x, N, NORMAL, &seed);
		k.mat[t].encode(row, x, NULL, N);
		k.mat[t].decode(y, row, N);
		k.mat[t].encode(row, y, NULL, N);
		k.mat[t].decode(z, row, N);
		for (int i = 0; i < N; i++) {
			error += ((double)z[i] - y[i]) * ((double)z[i] - y[i]);
			size += (double)y[i] * y[i];
		}
		for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
			if (limits[i].t == (enum qtype)t && !(sqrt(error / size) <= 0.75 * limits[i].limit + 1e-9))
				fail_msg("%s: %g lost the second time", qtype_info(t)->name, sqrt(error / size));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_the_reference),
		cmocka_unit_test(errors_are_small),
		cmocka_unit_test(ternary_numbers_stay),
		cmocka_unit_test(encoding_again_loses_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
