/* Attention of many rows, where an instruction set has products of its own for them, next to the reference: within what
 * they may round away, whatever each row sees, on buffers between unmapped pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "kernels/kern.h"
#include "tests/kernel/guard.h"

struct shape {
	size_t n_q, n_keys, dim;
	struct kern_seen seen;
};

static const struct shape shapes[] = {
	{1, 16, 32, {0}}, {12, 32, 64, {0}}, {13, 48, 96, {0}}, {40, 512, 128, {0}}, {25, 160, 256, {0}}, {7, 80, 512, {0}},
	{96, 256, 128, {-40, 100, 2}}, {48, 512, 64, {-40, 470, 1}}, {50, 288, 128, {-7, 5, 1}}, {36, 96, 32, {30, 62, 2}},
	{24, 320, 64, {250, 290, 4}}, {30, 64, 64, {-100, -60, 1}}, {30, 64, 64, {500, 600, 1}},
};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

static bool
sees(const struct shape *s, size_t row, size_t key)
{
	ptrdiff_t at = s->seen.group ? (ptrdiff_t)key - (ptrdiff_t)(row / s->seen.group) : 0;

	return s->seen.group == 0 || (at >= s->seen.first && at < s->seen.end);
}

static double
length(const float *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * x[i];
	return sqrt(sum);
}

/* One number far above the others in each row, as keys of trained models have; all of a row 0 now and then. */
static void
random_row(float *x, size_t n, uint64_t *seed)
{
	float scale = random_u32(seed) % 9 == 0 ? 0 : 1 + (float)(random_u32(seed) % 100);

	for (size_t i = 0; i < n; i++)
		x[i] = random_float(seed) * scale * (i == 3 ? 40 : 1);
}

/* Numbers GOT are those of REF, but for so much of LIMIT. */
static void
check_near(const char *isa, const char *what, const struct shape *s, double got, double want, double limit)
{
	if (!(fabs(got - want) <= limit * 0x1p-12 + 1e-30))
		fail_msg("%s %s of %zu rows, %zu keys of %zu: %g, reference %g, limit %g", isa, what, s->n_q, s->n_keys,
		    s->dim, got, want, limit);
}

/* Other keys that are in the lines before those that S begins with. */
static size_t
keys_before(const struct shape *s)
{
	return s->n_q % 2 * 32;
}

/* Scores of queries that are not rounded, X as floats, by keys as they are stored. */
static void
exact_scores(const struct kern *ref, enum kvtype t, const struct kern_attn *a, const float *x)
{
	float key[KERN_ATTN_DIM];
	unsigned char head[KERN_ATTN_DIM * sizeof(float)];

	for (size_t j = 0; j < a->n_keys; j++) {
		ref->kv[t].unpack(head, (const char *)a->kv + j / KV_PANEL * KV_PANEL * a->kv_stride, j % KV_PANEL, a->dim);
		ref->mat[t == KV_f16 ? QT_f16 : QT_q8_0].decode(key, head, a->dim);
		for (size_t i = 0; i < a->n_q; i++) {
			double sum = 0;

			for (size_t k = 0; k < a->dim; k++)
				sum += (double)x[i * a->dim + k] * key[k];
			a->s[i * a->s_stride + j] = (float)(sum * a->scale);
		}
	}
}

static void
check_scores(const struct kern *k, const struct kern *ref, enum kvtype t, const struct shape *s, enum guard_side side)
{
	uint64_t seed = s->n_q * 101 + s->n_keys * 7 + s->dim;
	size_t head = ref->kv[t].bytes(s->dim), before = keys_before(s), n_lined = before + s->n_keys;
	struct guard g[6];
	char *q = guard_new(&g[0], s->n_q * s->dim * sizeof(float), side);
	char *keys = guard_new(&g[1], n_lined * head, side);
	float *got = guard_new(&g[2], s->n_q * s->n_keys * sizeof *got, side);
	float *want = guard_new(&g[3], s->n_q * s->n_keys * sizeof *want, side);
	char *q_many = guard_new(&g[4], s->n_q * s->dim * sizeof(float), side);
	double *key_length = calloc(n_lined, sizeof *key_length), *length_of = calloc(s->n_q, sizeof *length_of);
	float *x = malloc(s->dim * sizeof *x), *queries = malloc(s->n_q * s->dim * sizeof *queries);
	struct kern_attn a = {.q = q, .q_stride = s->dim * sizeof(float), .n_q = s->n_q, .kv = keys, .kv_stride = head,
		.n_keys = n_lined, .n_lined = n_lined, .dim = s->dim, .s_stride = s->n_keys, .scale = 0.37f, .seen = s->seen};

	a.lines = guard_new(&g[5], kern_attn_line_bytes(s->dim, n_lined), side);
	memset(a.lines, 0xff, kern_attn_line_bytes(s->dim, n_lined));		/* NaN: what is read is made first */
	for (size_t i = 0; i < n_lined; i++) {
		unsigned char row[KERN_ATTN_DIM * sizeof(float)];

		random_row(x, s->dim, &seed);
		key_length[i] = length(x, s->dim);
		ref->kv[t].store(row, x, s->dim);
		ref->kv[t].pack(keys + i / KV_PANEL * KV_PANEL * head, i % KV_PANEL, row, s->dim);
	}
	for (size_t i = 0; i < s->n_q; i++) {
		random_row(x, s->dim, &seed);
		length_of[i] = length(x, s->dim);
		x[0] = i == 20 ? NAN : x[0];
		memcpy(queries + i * s->dim, x, s->dim * sizeof *x);
		ref->kv[t].query(q + i * a.q_stride, x, s->dim);
		if (k->kv[t].query_many)
			k->kv[t].query_many(q_many + i * a.q_stride, x, s->dim, a.scale);
		else
			k->kv[t].query(q_many + i * a.q_stride, x, s->dim);
	}
	if (k->kv[t].keys_many)
		k->kv[t].keys_many(&a);
	a.kv = keys + before * head;
	a.n_keys = s->n_keys;
	a.first = before;
	a.s = want;
	if (k->kv[t].query_many)
		exact_scores(ref, t, &a, queries);
	else
		ref->kv[t].score(&a);
	a.q = q_many;
	a.s = got;
	k->kv[t].score_many(&a);
	for (size_t i = 0; i < s->n_q; i++)
		for (size_t j = 0; j < s->n_keys; j++) {
			double limit = length_of[i] * key_length[before + j] * a.scale;

			if (!sees(s, i, j))
				continue;
			if (isnan(want[i * s->n_keys + j]))
				assert_true(isnan(got[i * s->n_keys + j]));
			else
				check_near(k->isa, "score", s, got[i * s->n_keys + j], want[i * s->n_keys + j], limit);
		}
	for (int i = 0; i < 6; i++)
		guard_free(&g[i]);
	free(key_length);
	free(length_of);
	free(x);
	free(queries);
}

/* Keys that row I sees, of N. */
static void
seen_of(const struct shape *s, size_t row, size_t n, size_t *first, size_t *end)
{
	*first = 0;
	while (*first < n && !sees(s, row, *first))
		++*first;
	*end = *first;
	while (*end < n && sees(s, row, *end))
		++*end;
}

static void
check_mix(const struct kern *k, const struct kern *ref, enum kvtype t, const struct shape *s, enum guard_side side)
{
	uint64_t seed = s->n_q * 33 + s->n_keys * 5 + s->dim;
	size_t head = ref->kv[t].bytes(s->dim), n_keys = s->n_keys - s->n_q % 2;	/* odd ones too */
	size_t stride = (n_keys + 31) / 32 * 32 + 16, before = keys_before(s), n_lined = before + n_keys;
	struct guard g[5];
	char *values = guard_new(&g[0], n_lined * head, side);
	float *p = guard_new(&g[1], s->n_q * stride * sizeof *p, side);
	float *got = guard_new(&g[2], s->n_q * s->dim * sizeof *got, side);
	float *want = guard_new(&g[3], s->n_q * s->dim * sizeof *want, side);
	double *largest = calloc(s->dim, sizeof *largest);
	float *x = malloc(s->dim * sizeof *x), *scores = malloc(s->n_q * stride * sizeof *scores);
	struct kern_part *part = malloc(s->n_q * sizeof *part);
	struct kern_attn a = {.n_q = s->n_q, .kv = values, .kv_stride = head, .n_keys = n_lined, .n_lined = n_lined,
		.dim = s->dim, .s = p, .s_stride = stride, .y = want, .y_stride = s->dim, .seen = s->seen, .part = part};

	a.lines = guard_new(&g[4], kern_attn_line_bytes(s->dim, n_lined), side);
	memset(a.lines, 0xff, kern_attn_line_bytes(s->dim, n_lined));		/* NaN: what is read is made first */
	for (size_t i = 0; i < n_lined; i++) {
		random_row(x, s->dim, &seed);
		for (size_t j = 0; j < s->dim && i >= before; j++)
			largest[j] = fmax(largest[j], fabs(x[j]));
		ref->kv[t].store(values + i * head, x, s->dim);
	}
	k->kv[t].values_many(&a);
	a.kv = values + before * head;
	a.n_keys = n_keys;
	a.first = before;
	for (size_t i = 0; i < s->n_q * stride; i++)
		p[i] = scores[i] = i % stride < n_keys ? 20 * random_float(&seed) * (float)(i / stride % 3) + 3 : NAN;
	for (size_t i = 0; i < s->n_q; i++) {
		float *row = p + i * stride;
		size_t first, end;

		seen_of(s, i, n_keys, &first, &end);
		part[i] = (struct kern_part){0};
		if (first < end)
			part[i] = ref->vec.exp_part(row + first, end - first);
		memset(row, 0, first * sizeof *row);
		memset(row + end, 0, (n_keys - end) * sizeof *row);
	}
	ref->kv[t].mix(&a);
	for (size_t i = 0; i < s->n_q; i++) {
		struct kern_part got_part;
		size_t first, end;

		memcpy(p + i * stride, scores + i * stride, stride * sizeof *p);
		seen_of(s, i, n_keys, &first, &end);
		got_part = k->kv[t].weights_many(p + i * stride, first, end, n_keys);
		if (first < end)
			assert_true(memcmp(&got_part.top, &part[i].top, sizeof part[i].top) == 0);
		check_near(k->isa, "sum", s, got_part.sum, part[i].sum, part[i].sum);
		part[i] = got_part;
	}
	a.y = got;
	k->kv[t].mix_many(&a);
	for (size_t i = 0; i < s->n_q; i++)
		for (size_t j = 0; j < s->dim; j++)
			check_near(k->isa, "mix", s, got[i * s->dim + j], want[i * s->dim + j], part[i].sum * largest[j]);
	for (int i = 0; i < 5; i++)
		guard_free(&g[i]);
	free(largest);
	free(x);
	free(scores);
	free(part);
}

static void
each_shape(void (*check)(const struct kern *, const struct kern *, enum kvtype, const struct shape *, enum guard_side))
{
	struct kern k, ref;
	bool any = false;

	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int t = 0; t < KV_COUNT; t++) {
			assert_true(!k.kv[t].score_many == !k.kv[t].mix_many && !k.kv[t].score_many == !k.kv[t].weights_many);
			for (size_t n = 0; k.kv[t].score_many && n < N_SHAPES; n++) {
				check(&k, &ref, (enum kvtype)t, &shapes[n], (enum guard_side)(n & 1));
				any = true;
			}
		}
	}
	if (!any)
		skip();
}

static void
scores_of_many_rows_are_near_the_reference(void **state)
{
	(void)state;
	each_shape(check_scores);
}

static void
mixes_of_many_rows_are_near_the_reference(void **state)
{
	(void)state;
	each_shape(check_mix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_of_many_rows_are_near_the_reference),
		cmocka_unit_test(mixes_of_many_rows_are_near_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
