/* Matrix products of every format and instruction set against the reference, to the bit: odd sizes, buffers between
 * unmapped pages, saturating and non-finite values, any split into rows and tokens.  --bench measures instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <time.h>

#include "kernels/f16.h"
#include "kernels/kern.h"
#include "tests/kernel/guard.h"

enum fill { FILL_RANDOM, FILL_LOWEST, FILL_HIGHEST, FILL_ZERO, FILL_SUBNORMAL, FILL_COUNT };
enum xfill { X_RANDOM, X_LARGEST, X_ALTERNATING, X_TINY, X_NAN, X_COUNT };

/* A block whose largest weight is above nothing and not above LIMIT. */
static bool
is_sane(const struct kern *ref, enum qtype t, const uint8_t *block, float limit)
{
	float y[256], top = 0;

	ref->mat[t].decode(y, block, qtype_info(t)->block_len);
	for (uint32_t i = 0; i < qtype_info(t)->block_len; i++) {
		if (!(fabsf(y[i]) <= limit))
			return false;
		top = fabsf(y[i]) > top ? fabsf(y[i]) : top;
	}
	return top > 0;
}

/* Give a block of random codes, or of codes at one end, a sane scale without knowing where it keeps it: draw again,
 * or try the f16 at every place, then a pair of them. */
static void
make_sane(const struct kern *ref, enum qtype t, uint8_t *block, enum fill how, uint64_t *seed)
{
	size_t bytes = qtype_info(t)->block_bytes;
	uint16_t h = f16_from_f32(how == FILL_SUBNORMAL ? 0x1p-20f : random_float(seed) * 0.01f);
	float limit = how == FILL_SUBNORMAL ? 0.1f : 1000;

	for (int tries = 0; how == FILL_RANDOM && tries < 100 && !is_sane(ref, t, block, limit); tries++)
		for (size_t i = 0; i < bytes; i++)
			block[i] = (uint8_t)random_u32(seed);
	for (size_t at = 0; at + 4 <= bytes && !is_sane(ref, t, block, limit); at += 2) {
		uint8_t kept[4];

		memcpy(kept, block + at, 4);
		memcpy(block + at, &h, 2);
		if (is_sane(ref, t, block, limit))
			return;
		memcpy(block + at + 2, &h, 2);
		if (is_sane(ref, t, block, limit))
			return;
		memcpy(block + at, kept, 4);
	}
}

/* A weight matrix as in a file: random codes with sane scales, or all codes at one end.  Scales are the f16 of a
 * block, which formats keep in different places. */
static void
fill_rows(uint8_t *w, enum qtype t, size_t n_rows, size_t n_cols, enum fill how, uint64_t *seed)
{
	const struct qtype_info *info = qtype_info(t);
	size_t n = n_rows * n_cols / info->block_len;
	struct kern ref;

	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; i < n * info->block_bytes; i++)
		w[i] = how == FILL_RANDOM || how == FILL_SUBNORMAL ? (uint8_t)random_u32(seed) :
		    how == FILL_HIGHEST ? (t == QT_q8_0 ? 0x7f : 0xff) : how == FILL_LOWEST && t == QT_q8_0 ? 0x80 : 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t *block = w + i * info->block_bytes;
		uint16_t h = f16_from_f32(how == FILL_SUBNORMAL ? 0x1p-24f * (float)(random_u32(seed) % 64) :
		    random_float(seed) * 0.01f);
		float f = random_float(seed);

		if (t == QT_q4_0 || t == QT_q8_0 || t == QT_q4_k || t == QT_q6_k)
			memcpy(block + (t == QT_q6_k ? 208 : 0), &h, 2);
		else if (info->block_len > 1)
			make_sane(&ref, t, block, how, seed);
		if (t == QT_q4_k)
			memcpy(block + 2, &h, 2);
		if (t == QT_f32)
			memcpy(block, &f, 4);
		if (t == QT_f16 || t == QT_bf16) {
			h = t == QT_f16 ? f16_from_f32(f) : (uint16_t)(f32_bits(f) >> 16);
			memcpy(block, &h, 2);
		}
	}
}

static void
fill_x(float *x, size_t n, enum xfill how, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
		x[i] = how == X_LARGEST ? 3 : how == X_ALTERNATING ? (i & 1 ? -3 : 3) : how == X_TINY ? 0x1p-120f :
		    random_float(seed) * (1 + (float)(i % 7));
	if (how == X_NAN && n > 0)
		x[n / 2] = NAN;
}

/* One matrix, packed for a table, and activations, quantized by it. */
struct job {
	const struct kern *k;
	enum qtype t;
	size_t n_rows, n_cols, n_tokens;
	enum guard_side side;
	bool many;			/* activations are those of mul_many */
	struct guard w, x, y;
	struct kern_mul m;
};

static void
job_init(struct job *j, const uint8_t *rows, const float *x)
{
	const struct kern_mat *mat = &j->k->mat[j->t];
	const struct kern_act *act = &j->k->act[j->many ? mat->act_many : qtype_info(j->t)->act];
	size_t row_bytes = qtype_row_bytes(j->t, j->n_cols), panel = mat->panel_bytes(j->n_cols);
	size_t n_panels = (j->n_rows + mat->pack_rows - 1) / mat->pack_rows;
	uint8_t *w = guard_new(&j->w, n_panels * panel, j->side);
	char *a;

	if (mat->pack_rows > 1)
		assert_int_equal(panel % 64, 0);
	else
		memcpy(w, rows, j->n_rows * row_bytes);
	for (size_t p = 0; mat->pack_rows > 1 && p < n_panels; p++) {
		size_t first = p * mat->pack_rows, left = j->n_rows - first;

		mat->pack(w + p * panel, rows + first * row_bytes, row_bytes, left < mat->pack_rows ? left : mat->pack_rows,
		    j->n_cols);
	}
	j->m = (struct kern_mul){.w = w, .n_rows = j->n_rows, .n_cols = j->n_cols, .n_tokens = j->n_tokens};
	j->m.x_stride = act->bytes(j->n_cols);
	j->m.x = a = guard_new(&j->x, j->m.x_stride * j->n_tokens, j->side);
	for (size_t i = 0; i < j->n_tokens; i++)
		act->quantize(a + i * j->m.x_stride, x + i * j->n_cols, j->n_cols);
	j->m.y_stride = j->n_rows + 3;
	j->m.y = guard_new(&j->y, ((j->n_tokens - 1) * j->m.y_stride + j->n_rows) * sizeof(float), j->side);
}

static void
job_done(struct job *j)
{
	guard_free(&j->w);
	guard_free(&j->x);
	guard_free(&j->y);
}

static bool
same(float a, float b)
{
	return f32_bits(a) == f32_bits(b) || (isnan(a) && isnan(b));
}

static void
check_same(const struct job *j, const struct job *ref, const char *what)
{
	for (size_t t = 0; t < j->n_tokens; t++)
		for (size_t r = 0; r < j->n_rows; r++) {
			float a = j->m.y[t * j->m.y_stride + r], b = ref->m.y[t * ref->m.y_stride + r];

			if (!same(a, b))
				fail_msg("%s %s %zux%zu, %zu tokens, %s: row %zu token %zu is %a, reference %a", j->k->isa,
				    qtype_info(j->t)->name, j->n_rows, j->n_cols, j->n_tokens, what, r, t, a, b);
		}
}

/* The same product again in parts: panels one by one, tokens in threes. */
static void
run_split(struct job *j)
{
	const struct kern_mat *mat = &j->k->mat[j->t];
	size_t panel = mat->panel_bytes(j->n_cols);

	for (size_t t = 0; t < j->n_tokens; t += 3) {
		for (size_t r = 0; r < j->n_rows; r += mat->pack_rows) {
			struct kern_mul m = j->m;

			m.w = (const char *)m.w + r / mat->pack_rows * panel;
			m.x = (const char *)m.x + t * m.x_stride;
			m.n_rows = j->n_rows - r < mat->pack_rows ? j->n_rows - r : mat->pack_rows;
			m.n_tokens = j->n_tokens - t < 3 ? j->n_tokens - t : 3;
			m.y += t * m.y_stride + r;
			mat->mul(&m);
		}
	}
}

/* An emulated processor (make arm) is slow: it does with fewer sizes, which still leave every remainder. */
static bool
is_emulated(void)
{
	return getenv("TEST_EMULATED") != NULL;
}

/* Of N instruction sets, weakest first and the reference before all.  TEST_EMULATED is "all", or "last" where the others
 * are checked on another processor. */
static bool
is_checked(size_t isa, size_t n)
{
	const char *emulated = getenv("TEST_EMULATED");

	return !emulated || (isa > 0 && (strcmp(emulated, "last") != 0 || isa + 1 == n));
}

/* Tables whose product of a format is to be compared: those weaker than others may share theirs. */
struct tables {
	const struct kern *ref, *k[8];
	size_t n;
};

/* The product whole, then in parts. */
static void
check_product(struct job *j, const struct job *ref)
{
	j->k->mat[j->t].mul(&j->m);
	check_same(j, ref, "whole");
	memset(j->y.data, 0xff, ((j->n_tokens - 1) * j->m.y_stride + j->n_rows) * sizeof(float));
	run_split(j);
	check_same(j, ref, "in parts");
}

static void
check_case(const struct tables *tables, enum qtype t, size_t n_rows, size_t n_blocks, size_t n_tokens, enum fill fill,
    enum xfill xfill)
{
	size_t n_cols = n_blocks * qtype_info(t)->block_len;
	uint64_t seed = n_rows * 1000003 + n_cols * 1009 + n_tokens + 7;
	uint8_t *rows = malloc(n_rows * qtype_row_bytes(t, n_cols) + 1);
	float *x = malloc(n_tokens * n_cols * sizeof *x);
	struct job ref = {.k = tables->ref, .t = t, .n_rows = n_rows, .n_cols = n_cols, .n_tokens = n_tokens};

	fill_rows(rows, t, n_rows, n_cols, fill, &seed);
	fill_x(x, n_tokens * n_cols, xfill, &seed);
	job_init(&ref, rows, x);
	ref.k->mat[t].mul(&ref.m);
	for (size_t i = 0; i < tables->n; i++) {
		for (int side = 0; side < 2; side++) {
			struct job j = {.k = tables->k[i], .t = t, .n_rows = n_rows, .n_cols = n_cols, .n_tokens = n_tokens,
			    .side = side};

			if (is_emulated() && side != (int)(n_tokens & 1))
				continue;
			job_init(&j, rows, x);
			assert_memory_equal(j.x.data, ref.x.data, qtype_info(t)->act == ACT_f32 ? 0 : n_cols);
			check_product(&j, &ref);
			job_done(&j);
		}
	}
	job_done(&ref);
	free(rows);
	free(x);
}

static void
check_format(const struct tables *tables, enum qtype t)
{
	/* dense formats have blocks of one: every remainder of the vector width */
	static const size_t dense[] = {1, 2, 15, 16, 17, 31, 33, 64, 70, 129, 515};
	static const size_t blocks[] = {1, 2, 3, 5, 8};
	size_t n = qtype_info(t)->block_len == 1 ? 11 : 5;
	const size_t *sizes = qtype_info(t)->block_len == 1 ? dense : blocks;
	bool few = is_emulated();

	for (size_t rows = 1; rows <= 70; rows += few ? 5 : rows < 20 ? 1 : 7)
		check_case(tables, t, rows, sizes[rows % n], 1 + rows % 9, FILL_RANDOM, X_RANDOM);
	for (size_t tokens = 1; tokens <= 70; tokens += few ? 5 : tokens < 20 ? 1 : 10)
		check_case(tables, t, 1 + tokens * 5 % 35, sizes[tokens % n], tokens, FILL_RANDOM, X_RANDOM);
	for (size_t i = 0; i < n; i++)
		check_case(tables, t, 19, sizes[i], 3, FILL_RANDOM, X_RANDOM);
	/* longer than what is unpacked at a time */
	for (size_t rows = 15; rows <= 48; rows += 11)
		check_case(tables, t, rows, 37, 7 + rows, FILL_RANDOM, X_RANDOM);
	/* more rows and tokens than are multiplied at a time */
	check_case(tables, t, 65, 2, 135, FILL_RANDOM, X_RANDOM);
	for (int fill = 0; fill < FILL_COUNT; fill++)
		for (int x = 0; x < X_COUNT; x++)
			check_case(tables, t, few ? 9 : 33, sizes[n - 1], few ? 5 : 9, fill, x);
}

static void
products_are_the_reference(void **state)
{
	static struct kern k[8];
	size_t n = 0;

	(void)state;
	for (; kern_isa_at(n); n++) {
		assert_true(n < sizeof k / sizeof *k);
		assert_true(kern_init(&k[n], kern_isa_at(n)));
	}
	for (int t = 0; t < QT_COUNT; t++) {
		struct tables tables = {.ref = &k[0]};

		for (size_t i = 0; i < n; i++)
			if (is_checked(i, n) && (i == 0 || k[i].mat[t].mul != k[i - 1].mat[t].mul))
				tables.k[tables.n++] = &k[i];
		if (tables.n > 0)
			check_format(&tables, (enum qtype)t);
	}
}

/* A product in double of what the file says, and the lengths of both vectors multiplied. */
static double
true_product(const float *w, const float *x, size_t n, double *lengths)
{
	double sum = 0, ww = 0, xx = 0;

	for (size_t i = 0; i < n; i++) {
		sum += (double)w[i] * x[i];
		ww += (double)w[i] * w[i];
		xx += (double)x[i] * x[i];
	}
	*lengths = sqrt(ww * xx);
	return sum;
}

/* Products of many tokens sum in other orders, and of quantized weights round each number to 8 bits: errors add up like
 * the steps of a random walk, so they grow with the root of N_COLS and lengths with N_COLS. */
static void
check_many(const struct kern *k, const struct kern *ref, enum qtype t, size_t n_rows, size_t n_cols, size_t n_tokens,
    enum guard_side side)
{
	struct job j = {.k = k, .t = t, .n_rows = n_rows, .n_cols = n_cols, .n_tokens = n_tokens, .side = side, .many = true};
	const size_t row_bytes = qtype_row_bytes(t, n_cols);
	const double limit = (k->mat[t].act_many == ACT_bf16 ? 0x1p-6 : 0x1p-13) /
	    sqrt((double)n_cols);
	uint8_t *rows = malloc(n_rows * row_bytes);
	float *x = malloc(n_tokens * n_cols * sizeof *x), *w = malloc(n_cols * sizeof *w);
	struct guard work;
	uint64_t seed = n_rows * 31 + n_cols;

	fill_rows(rows, t, n_rows, n_cols, FILL_RANDOM, &seed);
	fill_x(x, n_tokens * n_cols, X_RANDOM, &seed);
	job_init(&j, rows, x);
	j.m.work = guard_new(&work, (k->mat[t].work_bytes(n_rows, n_cols, n_tokens) + 63) / 64 * 64, side);
	k->mat[t].mul_many(&j.m);
	for (size_t r = 0; r < n_rows; r++) {
		ref->mat[t].decode(w, rows + r * row_bytes, n_cols);
		for (size_t i = 0; i < n_tokens; i++) {
			double lengths, want = true_product(w, x + i * n_cols, n_cols, &lengths);
			float got = j.m.y[i * j.m.y_stride + r];

			/* tiles take what is below 2^-126 for 0 */
			if (!(fabs(got - want) <= limit * lengths + 0x1p-120 * (double)n_cols))
				fail_msg("%s %s %zux%zu, %zu tokens: row %zu token %zu is %g, not %g", k->isa, qtype_info(t)->name,
				    n_rows, n_cols, n_tokens, r, i, got, want);
		}
	}
	guard_free(&work);
	job_done(&j);
	free(rows);
	free(x);
	free(w);
}

/* Where mul_many reads the activations of mul, as whole numbers are added up, both have the same bits. */
static void
check_many_is_same(const struct kern *k, const struct kern *ref, enum qtype t, size_t n_rows, size_t n_cols, size_t n_tokens,
    enum guard_side side)
{
	struct job j = {.k = k, .t = t, .n_rows = n_rows, .n_cols = n_cols, .n_tokens = n_tokens, .side = side, .many = true};
	struct job want = {.k = ref, .t = t, .n_rows = n_rows, .n_cols = n_cols, .n_tokens = n_tokens};
	uint8_t *rows = malloc(n_rows * qtype_row_bytes(t, n_cols));
	float *x = malloc(n_tokens * n_cols * sizeof *x);
	struct guard work;
	uint64_t seed = n_rows * 31 + n_cols;

	fill_rows(rows, t, n_rows, n_cols, FILL_RANDOM, &seed);
	fill_x(x, n_tokens * n_cols, X_RANDOM, &seed);
	job_init(&j, rows, x);
	job_init(&want, rows, x);
	j.m.work = guard_new(&work, (k->mat[t].work_bytes(n_rows, n_cols, n_tokens) + 63) / 64 * 64, side);
	k->mat[t].mul_many(&j.m);
	ref->mat[t].mul(&want.m);
	check_same(&j, &want, "many");
	guard_free(&work);
	job_done(&j);
	job_done(&want);
	free(rows);
	free(x);
}

/* More columns than any takes at a time, and every side of what tiles take. */
static void
many_are_near(const struct kern *k, const struct kern *ref, enum qtype t)
{
	static const size_t shapes[][3] = {
		{150, 580, 37}, {1, 1, 1}, {16, 32, 16}, {17, 100, 33}, {33, 1030, 17}, {64, 513, 64}, {48, 31, 5}, {5, 1536, 48},
		{33, 2400, 70},
	};
	const size_t len = qtype_info(t)->block_len;
	const bool is_same = k->mat[t].act_many == qtype_info(t)->act && len > 1;

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		for (int side = 0; side < 2; side++)
			(is_same ? check_many_is_same : check_many)(k, ref, t, shapes[i][0],
			    (shapes[i][1] + len - 1) / len * len, shapes[i][2], side);
}

static void
many_tokens_are_near(void **state)
{
	struct kern k, ref;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 1; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int t = 0; t < QT_COUNT; t++)
			if (k.mat[t].mul_many)
				many_are_near(&k, &ref, (enum qtype)t);
	}
}

/* ---- --bench [ISA]: the integer or float rate of 512 tokens, and the read rate of one token against a plain read of
 * the same bytes in the same round; medians of rounds. ---- */

enum { ROUNDS = 7, CHUNK = 64 };

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_value);
	return v[n / 2];
}

/* Calls as a pool would make them: 64 rows at a time. */
static void
run_chunks(const struct job *j, size_t n_tokens, bool many)
{
	const struct kern_mat *mat = &j->k->mat[j->t];

	for (size_t r = 0; r < j->n_rows; r += CHUNK) {
		struct kern_mul m = j->m;

		m.w = (const char *)m.w + r / mat->pack_rows * mat->panel_bytes(j->n_cols);
		m.n_rows = j->n_rows - r < CHUNK ? j->n_rows - r : CHUNK;
		m.n_tokens = n_tokens;
		m.y += r;
		(many ? mat->mul_many : mat->mul)(&m);
	}
}

/* Of this thread alone, so that neighbours on the machine disturb less. */
static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double
seconds(const struct job *j, size_t n_tokens, bool many)
{
	double start = now_s();

	run_chunks(j, n_tokens, many);
	return now_s() - start;
}

static volatile uint64_t sink;

static void
bench_one(const struct kern *k, enum qtype t, size_t n_rows, size_t n_cols, size_t n_tokens)
{
	size_t bytes, round;
	struct job j = {.k = k, .t = t, .n_rows = n_rows, .n_cols = n_cols, .n_tokens = n_tokens}, of_many = j;
	uint8_t *rows = malloc(n_rows * qtype_row_bytes(t, n_cols));
	float *x = malloc(n_tokens * n_cols * sizeof *x);
	double many[ROUNDS], in_floats[ROUNDS], one[ROUNDS], plain[ROUNDS];
	uint64_t seed = 1;

	fill_rows(rows, t, n_rows, n_cols, FILL_RANDOM, &seed);
	fill_x(x, n_tokens * n_cols, X_RANDOM, &seed);
	job_init(&j, rows, x);
	of_many.many = true;
	if (k->mat[t].mul_many)
		job_init(&of_many, rows, x);
	free(rows);
	free(x);
	bytes = (n_rows + k->mat[t].pack_rows - 1) / k->mat[t].pack_rows * k->mat[t].panel_bytes(n_cols);
	if (k->mat[t].mul_many)
		of_many.m.work = aligned_alloc(64, k->mat[t].work_bytes(CHUNK, n_cols, n_tokens) / 64 * 64 + 64);
	for (round = 0; round < ROUNDS; round++) {
		double start = now_s();

		sink = k->vec.read_bytes(j.m.w, bytes);
		plain[round] = (double)bytes / (now_s() - start);
		one[round] = (double)bytes / seconds(&j, 1, false);
		many[round] = 2.0 * (double)(n_rows * n_cols * n_tokens) / seconds(&j, n_tokens, false);
		if (k->mat[t].mul_many)
			in_floats[round] = 2.0 * (double)(n_rows * n_cols * n_tokens) / seconds(&of_many, n_tokens, true);
	}
	printf("%-11s %-5s %6zux%-5zu  %4zu tokens %6.1f GOP/s", k->isa, qtype_info(t)->name, n_rows, n_cols, n_tokens,
	    median(many, ROUNDS) * 1e-9);
	if (k->mat[t].mul_many)
		printf(" (many %6.1f)", median(in_floats, ROUNDS) * 1e-9);
	printf("  1 token %5.1f GB/s, plain read %5.1f: %3.0f %%\n", median(one, ROUNDS) * 1e-9,
	    median(plain, ROUNDS) * 1e-9, 100 * median(one, ROUNDS) / median(plain, ROUNDS));
	job_done(&j);
	if (k->mat[t].mul_many) {
		free(of_many.m.work);
		job_done(&of_many);
	}
}

static int
bench(int argc, char **argv)
{
	const char *isa = argc > 2 ? argv[2] : NULL;
	const char *format = argc > 3 ? argv[3] : NULL;
	size_t n_tokens = argc > 4 ? (size_t)atoi(argv[4]) : 512;
	struct kern k;

	if (!kern_init(&k, isa)) {
		fprintf(stderr, "there is no instruction set %s\n", isa);
		return 2;
	}
	for (int t = 0; t < QT_COUNT; t++) {
		if (format && strcmp(format, qtype_info(t)->name) != 0)
			continue;
		bench_one(&k, t, 1024, 3072, n_tokens);
		bench_one(&k, t, 3072, 1024, n_tokens);
		bench_one(&k, t, 16384, 2048, n_tokens);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_are_the_reference),
		cmocka_unit_test(many_tokens_are_near),
	};

	if (argc > 1 && strcmp(argv[1], "--bench") == 0)
		return bench(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
