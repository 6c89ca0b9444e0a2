/* Row operations, activations and the key/value cache of every instruction set against the reference, to the bit, on
 * buffers between unmapped pages; and the reference itself against the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "core/base/clock.h"
#include "kernels/act.h"
#include "kernels/exp.h"
#include "kernels/kern.h"
#include "tests/kernel/guard.h"

static const float odd_values[] = {0, -0.0f, INFINITY, -INFINITY, NAN, 0x1p-149f, -0x1p-140f, 0x1p-126f, 3e38f, -3e38f,
	88.7f, -103.9f, 100, -1e-30f};
enum { N_ODD = sizeof odd_values / sizeof odd_values[0] };

static bool
same(float a, float b)
{
	return f32_bits(a) == f32_bits(b) || (isnan(a) && isnan(b));
}

static void
check_rows(const char *isa, const char *what, size_t n, const float *got, const float *want, size_t n_numbers)
{
	for (size_t i = 0; i < n_numbers; i++)
		if (!same(got[i], want[i]))
			fail_msg("%s %s of %zu: number %zu is %a, reference %a", isa, what, n, i, got[i], want[i]);
}

/* N numbers ending at (or beginning behind) an unmapped page; ODD: with the values above strewn in. */
static float *
row_new(struct guard *g, size_t n, enum guard_side side, bool odd, uint64_t *seed)
{
	float *x = guard_new(g, n * sizeof *x, side);

	for (size_t i = 0; i < n; i++)
		x[i] = odd && random_u32(seed) % 5 == 0 ? odd_values[random_u32(seed) % N_ODD] :
		    random_float(seed) * 8;
	return x;
}

static void
check_parts(const struct kern *k, const struct kern *ref, size_t n, const float *x, float *got, float *want)
{
	struct kern_part p = k->vec.exp_part(got, n), q = ref->vec.exp_part(want, n), none = {0};
	struct kern_part sums[] = {{p.top - 1, 3}, {p.top, p.sum}, {p.top + 200, 2}, none};

	check_rows(k->isa, "exp_part", n, got, want, n);
	check_rows(k->isa, "exp_part's sum", n, (float[]){p.top, p.sum}, (float[]){q.top, q.sum}, 2);
	for (size_t i = 0; i < 4; i++) {
		struct kern_part a = sums[i], b = sums[i];

		k->vec.join_part(got, &a, x, p, n);
		ref->vec.join_part(want, &b, x, q, n);
		check_rows(k->isa, "join_part", n, got, want, n);
		check_rows(k->isa, "join_part's sum", n, (float[]){a.top, a.sum}, (float[]){b.top, b.sum}, 2);
		k->vec.join_part(got, &a, NULL, none, n);
		assert_true(same(a.top, b.top) && same(a.sum, b.sum));
	}
}

static void
check_vec(const struct kern *k, const struct kern *ref, size_t n, enum guard_side side, bool odd)
{
	uint64_t seed = n * 77 + 3;
	struct guard g[6];
	float *a = row_new(&g[0], n, side, odd, &seed), *b = row_new(&g[1], n, side, odd, &seed);
	float *got = row_new(&g[2], n, side, false, &seed), *want = row_new(&g[3], n, side, false, &seed);
	float *cos = row_new(&g[4], n / 2, side, false, &seed), *sin = row_new(&g[5], n / 2, side, false, &seed);
	size_t at[2];

	k->vec.rms_norm(got, a, b, n, 1e-5f);
	ref->vec.rms_norm(want, a, b, n, 1e-5f);
	check_rows(k->isa, "rms_norm", n, got, want, n);
	k->vec.rms_norm(got, a, NULL, n, 1e-5f);
	ref->vec.rms_norm(want, a, NULL, n, 1e-5f);
	check_rows(k->isa, "rms_norm without weights", n, got, want, n);
	k->vec.add(got, a, b, n);
	ref->vec.add(want, a, b, n);
	check_rows(k->isa, "add", n, got, want, n);
	k->vec.mul(got, a, b, n);
	ref->vec.mul(want, a, b, n);
	check_rows(k->isa, "mul", n, got, want, n);
	k->vec.scale(got, a, 0.3f, n);
	ref->vec.scale(want, a, 0.3f, n);
	check_rows(k->isa, "scale", n, got, want, n);
	k->vec.silu_mul(got, a, b, n);
	ref->vec.silu_mul(want, a, b, n);
	check_rows(k->isa, "silu_mul", n, got, want, n);
	k->vec.sigmoid_mul(got, a, b, n);
	ref->vec.sigmoid_mul(want, a, b, n);
	check_rows(k->isa, "sigmoid_mul", n, got, want, n);
	k->vec.gelu_mul(got, a, b, n);
	ref->vec.gelu_mul(want, a, b, n);
	check_rows(k->isa, "gelu_mul", n, got, want, n);
	k->vec.relu2_mul(got, a, b, n);
	ref->vec.relu2_mul(want, a, b, n);
	check_rows(k->isa, "relu2_mul", n, got, want, n);
	k->vec.gelu(got, a, n);
	ref->vec.gelu(want, a, n);
	check_rows(k->isa, "gelu", n, got, want, n);
	k->vec.softcap(got, a, 5, n);
	ref->vec.softcap(want, a, 5, n);
	check_rows(k->isa, "softcap", n, got, want, n);
	for (int bias = 0; bias < 2; bias++) {
		k->vec.layer_norm(got, a, b, bias ? a : NULL, n, 1e-5f);
		ref->vec.layer_norm(want, a, b, bias ? a : NULL, n, 1e-5f);
		check_rows(k->isa, "layer_norm", n, got, want, n);
	}
	got[0] = k->vec.max(a, n, &at[0]);
	want[0] = ref->vec.max(a, n, &at[1]);
	check_rows(k->isa, "max", n, got, want, 1);
	assert_int_equal(at[0], at[1]);
	memcpy(got, a, n * sizeof *a);
	memcpy(want, a, n * sizeof *a);
	k->vec.softmax(got, n);
	ref->vec.softmax(want, n);
	check_rows(k->isa, "softmax", n, got, want, n);
	check_parts(k, ref, n, a, got, want);
	memcpy(got, a, n * sizeof *a);
	memcpy(want, a, n * sizeof *a);
	k->vec.rope_norm(got, cos, sin, n / 2);
	ref->vec.rope_norm(want, cos, sin, n / 2);
	check_rows(k->isa, "rope_norm", n, got, want, n);
	memcpy(got, a, n * sizeof *a);
	memcpy(want, a, n * sizeof *a);
	k->vec.rope_neox(got, cos, sin, n / 2);
	ref->vec.rope_neox(want, cos, sin, n / 2);
	check_rows(k->isa, "rope_neox", n, got, want, n);
	assert_true(k->vec.read_bytes(a, 4 * n) == ref->vec.read_bytes(a, 4 * n));
	memcpy(got, a, n * sizeof *a);
	k->vec.add(got, got, b, n);		/* in place */
	ref->vec.add(want, a, b, n);
	check_rows(k->isa, "add in place", n, got, want, n);
	for (int i = 0; i < 6; i++)
		guard_free(&g[i]);
}

static void
rows_are_the_reference(void **state)
{
	struct kern k, ref;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (size_t n = 1; n <= 300; n += n < 70 ? 1 : 37)
			for (int side = 0; side < 2; side++)
				for (int odd = 0; odd < 2; odd++)
					check_vec(&k, &ref, n, side, odd);
	}
}

/* In double: numbers are rounded to 8 bits, and their products add up in some order. */
static void
check_peak_tile(const struct kern *k, const struct kern_peak *p)
{
	enum { ROUNDS = 3, TILES = 4, SIDE = 16 };
	double want = 0, size = 0, got = k->vec.peak_tile(p, ROUNDS);

	for (int m = 0; m < SIDE; m++)
		for (int n = 0; n < SIDE; n++)
			for (int i = 0; i < 2 * SIDE; i++) {
				double product = (double)p->a[m % 4][i % 16] * p->b[n % 3][i % 16] * TILES * ROUNDS;

				want += product;
				size += fabs(product);
			}
	assert_true(fabs(got - want) < size * 0x1p-8);
	assert_true(k->vec.peak_tile(p, 0) == 0);
}

/* The largest numbers that may come, and others: what is computed to measure is computed right. */
static void
peaks_are_the_reference(void **state)
{
	struct kern_peak p;
	struct kern k, ref;
	uint64_t seed = 9;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (int large = 0; large < 2; large++) {
		for (size_t i = 0; i < sizeof p.w; i++)
			p.w[i / 64][i % 64] = large ? 15 : (uint8_t)(random_u32(&seed) % 16);
		for (size_t i = 0; i < sizeof p.q; i++)
			p.q[i / 64][i % 64] = large ? -127 : (int8_t)(random_u32(&seed) % 255 - 127);
		for (size_t i = 0; i < 4 * 16; i++)
			p.a[i / 16][i % 16] = random_float(&seed);
		for (size_t i = 0; i < 3 * 16; i++)
			p.b[i / 16][i % 16] = random_float(&seed);
		for (size_t i = 0; kern_isa_at(i); i++) {
			float got, want = ref.vec.peak_fma(&p, 7);

			assert_true(kern_init(&k, kern_isa_at(i)));
			got = k.vec.peak_fma(&p, 7);
			check_rows(k.isa, "peak_fma", 7, &got, &want, 1);
			assert_int_equal(k.vec.peak_dot4(&p, 7), ref.vec.peak_dot4(&p, 7));
			assert_int_equal(k.vec.peak_dot8(&p, 0), 0);
			if (k.vec.peak_tile)
				check_peak_tile(&k, &p);
		}
		for (size_t i = 0; i < sizeof p.w; i++)
			p.w[i / 64][i % 64] = large ? 127 : (uint8_t)(random_u32(&seed) % 128);
		for (size_t i = 0; kern_isa_at(i); i++) {
			assert_true(kern_init(&k, kern_isa_at(i)));
			assert_int_equal(k.vec.peak_dot8(&p, 7), ref.vec.peak_dot8(&p, 7));
		}
	}
}

/* The reference against the C library, in double precision. */
static void
the_reference_is_right(void **state)
{
	enum { N = 101 };
	float x[N], w[N], b[N], got[N];
	double mean = 0, squares = 0;
	uint64_t seed = 5;
	struct kern ref;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (int i = 0; i < N; i++) {
		x[i] = random_float(&seed) * 8;
		w[i] = random_float(&seed);
		b[i] = random_float(&seed);
		mean += (double)x[i] / N;
	}
	for (int i = 0; i < N; i++)
		squares += (x[i] - mean) * (x[i] - mean) / N;
	ref.vec.layer_norm(got, x, w, b, N, 1e-3f);
	for (int i = 0; i < N; i++)
		assert_true(fabs(got[i] - ((x[i] - mean) / sqrt(squares + 1e-3) * w[i] + b[i])) < 1e-6);
	ref.vec.gelu(got, x, N);
	for (int i = 0; i < N; i++)
		assert_true(fabs(got[i] - x[i] / 2.0 * (1 + tanh(sqrt(2 / M_PI) * (x[i] + 0.044715 * pow(x[i], 3))))) < 1e-6);
	ref.vec.softcap(got, x, 5, N);
	for (int i = 0; i < N; i++)
		assert_true(fabs(got[i] - 5 * tanh(x[i] / 5.0)) < 2e-6);
	ref.vec.relu2_mul(got, x, w, N);
	for (int i = 0; i < N; i++)
		assert_true(fabs(got[i] - (x[i] > 0 ? x[i] * x[i] * w[i] : 0)) < 1e-5);
}

static void
activations_are_the_reference(void **state)
{
	struct kern k, ref;
	uint64_t seed = 11;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int act = 0; act < ACT_COUNT; act++)
			for (size_t n = 32; n <= 1376; n += n < 320 ? 32 : 1056)
				for (int side = 0; side < 4; side++) {
					struct guard x, a, b;
					size_t bytes = ref.act[act].bytes(n), used = act == ACT_q8 ? n + n / 2 + n / 8 :
					    act == ACT_q8_token ? act_q8_token_len(n) / 64 * 65 : act == ACT_bf16 ? 2 * n : 4 * n;
					float *from = row_new(&x, n, side & 1, side & 2, &seed);

					assert_int_equal(k.act[act].bytes(n), bytes);
					assert_int_equal(bytes % 64, 0);
					if (side == 1)
						from[n / 2] = 0x1p-110f, from[0] = -0x1p-100f;
					guard_new(&a, bytes, side & 1);
					guard_new(&b, bytes, side & 1);
					k.act[act].quantize(a.data, from, n);
					ref.act[act].quantize(b.data, from, n);
					for (size_t j = 0; act == ACT_q8 && j < n / 32; j++)
						assert_true(same(act_q8_at(a.data, n).d[j], act_q8_at(b.data, n).d[j]));
					if (act == ACT_q8_token)
						assert_true(same(act_q8_token_at(a.data, n).d, act_q8_token_at(b.data, n).d));
					for (size_t j = 0; j < used; j += 4)
						if (act != ACT_q8 || j < n || j >= n + n / 8)
							assert_memory_equal((char *)a.data + j, (char *)b.data + j, 4);
					guard_free(&x);
					guard_free(&a);
					guard_free(&b);
				}
	}
}

/* Numbers that are not finite among them. */
static void
blocks_of_a_cache_are_the_reference(void **state)
{
	enum { DIM = 96 };
	struct kern k, ref;
	uint64_t seed = 29;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int round = 0; round < 40; round++) {
			_Alignas(8) char got[4 * DIM] = {0}, want[4 * DIM] = {0};
			struct guard g;
			float *x = row_new(&g, DIM, round & 1, round & 2, &seed);

			k.kv[KV_q8_0].store(got, x, DIM);
			ref.kv[KV_q8_0].store(want, x, DIM);
			assert_memory_equal(got, want, sizeof got);
			k.kv[KV_q8_0].query(got, x, DIM);
			ref.kv[KV_q8_0].query(want, x, DIM);
			assert_memory_equal(got, want, sizeof got);
			guard_free(&g);
		}
	}
}

struct kv_shape {
	size_t n_q, n_keys, dim;
};

/* Keys of N_KEYS positions, stored and packed by K; their heads come back as they were. */
static void
fill_panels(const struct kern *k, enum kvtype t, struct kv_shape s, char *panels, size_t kv_stride, enum guard_side side)
{
	uint64_t seed = s.n_keys * 3 + s.dim;
	size_t head = k->kv[t].bytes(s.dim);

	for (size_t i = 0; i < s.n_keys; i++) {
		struct guard from, at, back;
		float *x = row_new(&from, s.dim, side, i % 5 == 4 && t != KV_q8_0, &seed);
		char *panel = panels + i / KV_PANEL * KV_PANEL * kv_stride;

		guard_new(&at, head, side);
		guard_new(&back, head, side);
		k->kv[t].store(at.data, x, s.dim);
		k->kv[t].pack(panel, i % KV_PANEL, at.data, s.dim);
		k->kv[t].unpack(back.data, panel, i % KV_PANEL, s.dim);
		assert_memory_equal(at.data, back.data, head);
		/* The second block of 32 as a panel of its own. */
		if (s.dim > 32)
			k->kv[t].pack(panel + KV_PANEL * k->kv[t].bytes(32), i % KV_PANEL,
			    (char *)at.data + k->kv[t].bytes(32), s.dim - 32);
		k->kv[t].unpack(back.data, panel, i % KV_PANEL, s.dim);
		assert_memory_equal(at.data, back.data, head);
		guard_free(&from);
		guard_free(&at);
		guard_free(&back);
	}
}

static void
check_score(const struct kern *k, const struct kern *ref, enum kvtype t, struct kv_shape shape, enum guard_side side)
{
	uint64_t seed = shape.n_q * 101 + shape.n_keys * 7 + shape.dim;
	size_t n_q = shape.n_q, n_keys = (shape.n_keys + KV_PANEL - 1) / KV_PANEL * KV_PANEL;
	size_t kv_stride = ref->kv[t].bytes(shape.dim) + 6, s_stride = n_keys + 1, bytes = n_keys * kv_stride - 6 * KV_PANEL;
	size_t q_stride = (shape.dim + 5) * sizeof(float);
	struct guard g[7];
	float *x = row_new(&g[0], shape.dim, side, false, &seed);
	char *q = guard_new(&g[1], (n_q - 1) * q_stride + shape.dim * sizeof(float), side);
	char *q_ref = guard_new(&g[2], (n_q - 1) * q_stride + shape.dim * sizeof(float), side);
	char *kv = guard_new(&g[3], bytes, side), *kv_ref = guard_new(&g[4], bytes, side);
	float *s = row_new(&g[5], (n_q - 1) * s_stride + n_keys, side, false, &seed);
	float *s_ref = row_new(&g[6], (n_q - 1) * s_stride + n_keys, side, false, &seed);
	struct kern_attn a = {.q = q, .q_stride = q_stride, .n_q = n_q, .kv = kv, .kv_stride = kv_stride, .n_keys = n_keys,
		.dim = shape.dim, .s = s, .s_stride = s_stride, .scale = 0.37f,
		.next = kv, .next_bytes = bytes};

	assert_int_equal(k->kv[t].bytes(shape.dim) + 6, kv_stride);
	memset(kv, 0, bytes);
	memset(kv_ref, 0, bytes);
	memset(q, 0, (n_q - 1) * q_stride + shape.dim * sizeof(float));
	memset(q_ref, 0, (n_q - 1) * q_stride + shape.dim * sizeof(float));
	fill_panels(k, t, shape, kv, kv_stride, side);
	fill_panels(ref, t, shape, kv_ref, kv_stride, side);
	assert_memory_equal(kv, kv_ref, bytes);
	for (size_t i = 0; i < n_q; i++) {
		for (size_t j = 0; j < shape.dim; j++)
			x[j] = random_float(&seed);
		k->kv[t].query(q + i * q_stride, x, shape.dim);
		ref->kv[t].query(q_ref + i * q_stride, x, shape.dim);
	}
	assert_memory_equal(q, q_ref, (n_q - 1) * q_stride + shape.dim * sizeof(float));
	k->kv[t].score(&a);
	a.kv = kv_ref, a.q = q_ref, a.s = s_ref;
	ref->kv[t].score(&a);
	for (size_t i = 0; i < n_q; i++)
		check_rows(k->isa, "score", shape.dim, s + i * s_stride, s_ref + i * s_stride, n_keys);
	for (int i = 0; i < 7; i++)
		guard_free(&g[i]);
}

static void
check_mix(const struct kern *k, const struct kern *ref, enum kvtype t, struct kv_shape shape, enum guard_side side)
{
	uint64_t seed = shape.n_q * 101 + shape.n_keys * 7 + shape.dim;
	size_t n_q = shape.n_q, n_keys = shape.n_keys, dim = shape.dim, head = ref->kv[t].bytes(dim), s_stride = n_keys + 1;
	struct guard g[4];
	char *kv = guard_new(&g[0], (n_keys - 1) * (head + 6) + head, side);
	float *s = row_new(&g[1], (n_q - 1) * s_stride + n_keys, side, false, &seed);
	float *y = row_new(&g[2], n_q * dim, side, false, &seed), *y_ref = row_new(&g[3], n_q * dim, side, false, &seed);
	struct kern_attn a = {.n_q = n_q, .kv = kv, .kv_stride = head + 6, .n_keys = n_keys, .dim = dim, .s = s,
		.s_stride = s_stride, .y = y, .y_stride = dim, .next = kv, .next_bytes = n_keys * head};

	for (size_t i = 0; i < n_keys; i++) {
		struct guard from, at;
		float *x = row_new(&from, dim, side, i % 5 == 4 && t != KV_q8_0, &seed);

		guard_new(&at, head, side);
		k->kv[t].store(kv + i * (head + 6), x, dim);
		ref->kv[t].store(at.data, x, dim);
		assert_memory_equal(kv + i * (head + 6), at.data, head);
		guard_free(&from);
		guard_free(&at);
	}
	k->kv[t].mix(&a);
	a.y = y_ref;
	ref->kv[t].mix(&a);
	check_rows(k->isa, "mix", dim, y, y_ref, n_q * dim);
	/* Keys in two calls, as a ring has them. */
	a.y = y;
	for (int part = 0; part < 2; part++) {
		a.n_keys = part ? n_keys - n_keys / 3 : n_keys / 3;
		a.add = part;
		k->kv[t].mix(&a);
		a.s += a.n_keys;
		a.kv = kv + a.n_keys * (head + 6);
	}
	check_rows(k->isa, "mix in two calls", dim, y, y_ref, n_q * dim);
	for (int i = 0; i < 4; i++)
		guard_free(&g[i]);
}

/* Rows that see some keys only: their scores, and the mixes where the others are 0, are those of rows that see all. */
static void
check_seen(const struct kern *k, const struct kern *ref, enum kvtype t, struct kv_shape shape, struct kern_seen seen)
{
	enum { KEYS = 320, DIM = 64, MANY = 40 };
	static _Alignas(64) unsigned char keys[KEYS * DIM * 4], values[KEYS * DIM * 4], q[MANY * DIM * 4];
	static float s[MANY * KEYS], s_all[MANY * KEYS], y[MANY * DIM], y_all[MANY * DIM];
	uint64_t seed = shape.n_q * 31 + shape.n_keys;
	size_t head = ref->kv[t].bytes(DIM);
	struct kern_attn a = {.q = q, .q_stride = DIM * sizeof(float), .n_q = shape.n_q, .kv_stride = head, .dim = DIM,
		.s_stride = KEYS, .scale = 0.37f, .y_stride = DIM};

	for (size_t i = 0; i < KEYS + shape.n_q; i++) {
		unsigned char row[DIM * 4];
		float x[DIM];

		for (size_t j = 0; j < DIM; j++)
			x[j] = random_float(&seed);
		if (i >= KEYS) {
			ref->kv[t].query(q + (i - KEYS) * a.q_stride, x, DIM);
			continue;
		}
		ref->kv[t].store(values + i * head, x, DIM);
		ref->kv[t].store(row, x, DIM);
		ref->kv[t].pack(keys + i / KV_PANEL * KV_PANEL * head, i % KV_PANEL, row, DIM);
	}
	a.kv = keys, a.n_keys = (shape.n_keys + KV_PANEL - 1) / KV_PANEL * KV_PANEL;
	a.s = s_all;
	ref->kv[t].score(&a);
	a.s = s, a.seen = seen;
	k->kv[t].score(&a);
	for (size_t i = 0; i < shape.n_q; i++)
		for (size_t j = 0; j < KEYS; j++) {
			ptrdiff_t at = (ptrdiff_t)j - (ptrdiff_t)(i / seen.group);

			if (j >= shape.n_keys || at < seen.first || at >= seen.end)
				s[i * KEYS + j] = s_all[i * KEYS + j] = 0;
		}
	check_rows(k->isa, "seen scores", shape.n_keys, s, s_all, shape.n_q * KEYS);
	a.kv = values, a.n_keys = shape.n_keys;
	a.y = y;
	for (int part = 0; part < 2; part++) {
		a.n_keys = part ? shape.n_keys - shape.n_keys / 3 : shape.n_keys / 3;
		a.add = part;
		k->kv[t].mix(&a);
		a.s += a.n_keys;
		a.kv = values + a.n_keys * head;
		a.seen = seen_behind(seen, a.n_keys);
	}
	a = (struct kern_attn){.n_q = shape.n_q, .kv = values, .kv_stride = head, .n_keys = shape.n_keys, .dim = DIM,
		.s = s_all, .s_stride = KEYS, .y = y_all, .y_stride = DIM};
	ref->kv[t].mix(&a);
	check_rows(k->isa, "mix of seen values", shape.n_keys, y, y_all, shape.n_q * DIM);
}

static void
what_rows_see_is_the_reference(void **state)
{
	static const struct kern_seen seen[] = {{-40, 1, 1}, {-40, 1, 2}, {-40, 100, 3}, {-7, 5, 1}, {30, 62, 2}, {90, 131, 1},
		{250, 290, 4}, {-40, 400, 1}, {-100, -60, 1}, {500, 600, 1}, {-20, -3, 1}};
	static const struct kv_shape shapes[] = {{40, 320, 64}, {40, 300, 64}, {13, 50, 64}, {24, 161, 64}, {3, 40, 64},
		{3, 170, 64}, {7, 161, 64}};
	struct kern k, ref;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int t = 0; t < KV_COUNT; t++)
			for (size_t j = 0; j < sizeof seen / sizeof *seen; j++)
				for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++)
					check_seen(&k, &ref, t, shapes[n], seen[j]);
	}
}

static void
check_kv(const struct kern *k, const struct kern *ref, enum kvtype t, struct kv_shape shape, enum guard_side side)
{
	check_score(k, ref, t, shape, side);
	check_mix(k, ref, t, shape, side);
}

static void
attention_is_the_reference(void **state)
{
	static const size_t dims[] = {32, 64, 96, 128, 160, 256, 2, 6, 14, 18, 30, 66, 130};
	struct kern k, ref;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int t = 0; t < KV_COUNT; t++) {
			for (size_t d = 0; d < (t == KV_q8_0 ? 6 : 13); d++)
				for (int side = 0; side < 2; side++)
					check_kv(&k, &ref, t, (struct kv_shape){1 + d, 3 + 5 * d, dims[d]}, side);
			for (size_t n_keys = 1; n_keys < 70; n_keys += 3)
				check_kv(&k, &ref, t, (struct kv_shape){1 + n_keys % 23, n_keys, 64}, n_keys & 1);
			for (size_t n_q = 1; n_q < 10; n_q++)		/* few, in wide steps and what is left of them */
				check_kv(&k, &ref, t, (struct kv_shape){n_q, 150, 64}, n_q & 1);
			check_kv(&k, &ref, t, (struct kv_shape){13, 300, 64}, GUARD_AFTER);
			check_kv(&k, &ref, t, (struct kv_shape){2, 20, 544}, GUARD_AFTER);
			check_kv(&k, &ref, t, (struct kv_shape){7, 20, 544}, GUARD_AFTER);
		}
	}
}

/* A softmax over masked positions is the softmax without them. */
static void
check_conv(const struct kern *k, const struct kern *ref, size_t n_taps, size_t n, enum guard_side side)
{
	uint64_t seed = n * 5 + n_taps;
	struct guard g[7];
	const float *x[4];
	float *w = row_new(&g[0], n * n_taps, side, false, &seed);
	float *got = row_new(&g[1], n, side, false, &seed), *want = row_new(&g[2], n, side, false, &seed);

	for (size_t i = 0; i < n_taps; i++)
		x[i] = row_new(&g[3 + i], n, side, i % 3 == 2, &seed);
	k->vec.conv_silu(got, x, w, n_taps, n);
	ref->vec.conv_silu(want, x, w, n_taps, n);
	check_rows(k->isa, "conv_silu", n, got, want, n);
	for (size_t i = 0; i < n_taps + 3; i++)
		guard_free(&g[i]);
}

/* Three tokens; then the same from a state that is written over. */
static void
check_delta(const struct kern *k, const struct kern *ref, size_t dim, size_t n_cols, enum guard_side side)
{
	enum { N = 3 };
	uint64_t seed = dim * 1000 + n_cols;
	size_t x_stride = 2 * dim + n_cols;
	struct guard g[7];
	float *from = row_new(&g[0], dim * n_cols, side, false, &seed);
	float *s = row_new(&g[1], dim * n_cols, side, false, &seed), *s_ref = row_new(&g[2], dim * n_cols, side, false, &seed);
	float *x = row_new(&g[3], N * x_stride, side, false, &seed), *gates = row_new(&g[4], 2 * N, side, false, &seed);
	float *y = row_new(&g[5], N * n_cols, side, false, &seed), *y_ref = row_new(&g[6], N * n_cols, side, false, &seed);
	struct kern_delta a = {.from = from, .s = s, .dim = dim, .n_cols = n_cols, .n_tokens = N, .q = x, .k = x + dim,
		.v = x + 2 * dim, .x_stride = x_stride, .decay = gates, .beta = gates + 1, .gate_stride = 2, .y = y,
		.y_stride = n_cols}, b = a;

	for (size_t i = 0; i < N * x_stride; i++)
		x[i] /= 8 * (float)dim;
	b.s = s_ref, b.y = y_ref;
	k->vec.delta(&a);
	ref->vec.delta(&b);
	check_rows(k->isa, "delta's state", n_cols, s, s_ref, dim * n_cols);
	check_rows(k->isa, "delta", n_cols, y, y_ref, N * n_cols);
	a.from = a.s, b.from = b.s;
	k->vec.delta(&a);
	ref->vec.delta(&b);
	check_rows(k->isa, "delta's state in place", n_cols, s, s_ref, dim * n_cols);
	for (int i = 0; i < 7; i++)
		guard_free(&g[i]);
}

static void
linear_attention_is_the_reference(void **state)
{
	static const size_t cols[] = {1, 7, 8, 16, 17, 31, 32, 40, 64, 70};
	struct kern k, ref;

	(void)state;
	assert_true(kern_init(&ref, "ref"));
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (int side = 0; side < 2; side++)
			for (size_t c = 0; c < sizeof cols / sizeof cols[0]; c++) {
				check_conv(&k, &ref, 1 + c % 4, cols[c], side);
				check_delta(&k, &ref, 16, cols[c], side);
				check_delta(&k, &ref, 5, cols[c], side);
			}
	}
}

static void
trailing_minus_infinity_changes_nothing(void **state)
{
	struct kern k;
	uint64_t seed = 9;

	(void)state;
	for (size_t i = 0; kern_isa_at(i); i++) {
		assert_true(kern_init(&k, kern_isa_at(i)));
		for (size_t n = 1; n < 80; n++) {
			float a[160], b[160];

			for (size_t j = 0; j < 160; j++)
				a[j] = b[j] = j < n ? random_float(&seed) * 10 : -INFINITY;
			k.vec.softmax(a, n);
			k.vec.softmax(b, 160);
			assert_memory_equal(a, b, n * sizeof a[0]);
			for (size_t j = n; j < 160; j++)
				assert_true(b[j] == 0);
		}
	}
}

/* Every 97th float from -104 to 89. */
static void
exponential_is_accurate(void **state)
{
	double worst = 0;

	(void)state;
	for (uint32_t u = 0; u < f32_bits(104.0f); u += 97) {
		for (int sign = 0; sign < 2; sign++) {
			float x = f32_from_bits(u | (uint32_t)sign << 31), got = exp_scalar(x);
			double truth = exp((double)x), ulp;

			if (x >= 88.72283f) {
				assert_true(got > 3.4e38f);
				continue;
			}
			ulp = truth < 0x1p-126 ? 0x1p-149 : ldexp(1, ilogb(truth) - 23);
			worst = fmax(worst, fabs(got - truth) / ulp);
		}
	}
	if (!(worst < 1.5))
		fail_msg("off by %g ulp", worst);
	assert_true(exp_scalar(-INFINITY) == 0);
	assert_true(isinf(exp_scalar(INFINITY)));
	assert_true(isnan(exp_scalar(NAN)));
	assert_true(exp_scalar(0) == 1);
}

/* ---- --bench [ISA]: prompt attention of 512 keys and one token's at 4096, and the row operations. ---- */

static void
bench_attention(const struct kern *k, enum kvtype t, size_t n_q, size_t n_keys, size_t dim)
{
	size_t head = k->kv[t].bytes(dim);
	uint64_t seed = 4;
	struct guard g[4];
	struct kern_attn a = {.q = row_new(&g[0], n_q * dim, 0, false, &seed), .q_stride = dim * sizeof(float), .n_q = n_q,
		.kv = guard_new(&g[1], n_keys * head, 0), .kv_stride = head, .n_keys = n_keys, .dim = dim,
		.s = row_new(&g[2], n_q * n_keys, 0, false, &seed), .s_stride = n_keys, .scale = 0.1f,
		.y = row_new(&g[3], n_q * dim, 0, false, &seed), .y_stride = dim};
	double score = 1e9, mix = 1e9, work = 2.0 * (double)(n_q * n_keys * dim);

	for (int round = 0; round < 9; round++) {
		double start = clock_s(), middle;

		k->kv[t].score(&a);
		middle = clock_s();
		k->kv[t].mix(&a);
		mix = fmin(mix, clock_s() - middle);
		score = fmin(score, middle - start);
	}
	printf("%-11s %-5s %4zu queries x %5zu keys of %zu: score %6.1f GFLOP/s %5.1f GB/s, mix %6.1f GFLOP/s %5.1f GB/s\n",
	    k->isa, kvtype_name(t), n_q, n_keys, dim, work / score * 1e-9, (double)(n_keys * head) / score * 1e-9,
	    work / mix * 1e-9, (double)(n_keys * head) / mix * 1e-9);
	for (int i = 0; i < 4; i++)
		guard_free(&g[i]);
}

static int
bench(const char *isa)
{
	enum { N = 4096 };
	struct kern k;
	uint64_t seed = 1;
	struct guard g[3];
	float *a = row_new(&g[0], N, 0, false, &seed), *b = row_new(&g[1], N, 0, false, &seed);
	char *act = aligned_alloc(64, act_q8_bytes(N));
	double best[4] = {1e9, 1e9, 1e9, 1e9};

	if (!kern_init(&k, isa))
		return 2;
	for (int t = 0; t < KV_COUNT; t++) {
		bench_attention(&k, t, 64, 512, 128);
		bench_attention(&k, t, 2, 4096, 128);
		bench_attention(&k, t, 1, 4096, 128);
	}
	guard_new(&g[2], N * 4, 0);
	for (int round = 0; round < 200; round++) {
		double t[5];

		t[0] = clock_s();
		k.vec.rms_norm(g[2].data, a, b, N, 1e-5f);
		t[1] = clock_s();
		k.vec.silu_mul(g[2].data, a, b, N);
		t[2] = clock_s();
		k.vec.softmax(g[2].data, N);
		t[3] = clock_s();
		k.act[ACT_q8].quantize(act, a, N);
		t[4] = clock_s();
		for (int i = 0; i < 4; i++)
			best[i] = fmin(best[i], t[i + 1] - t[i]);
	}
	printf("%-11s of %d numbers: rms_norm %.0f ns, silu_mul %.0f ns, softmax %.0f ns, q8 %.0f ns\n", k.isa, N,
	    best[0] * 1e9, best[1] * 1e9, best[2] * 1e9, best[3] * 1e9);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_the_reference),
		cmocka_unit_test(peaks_are_the_reference),
		cmocka_unit_test(the_reference_is_right),
		cmocka_unit_test(activations_are_the_reference),
		cmocka_unit_test(blocks_of_a_cache_are_the_reference),
		cmocka_unit_test(attention_is_the_reference),
		cmocka_unit_test(what_rows_see_is_the_reference),
		cmocka_unit_test(linear_attention_is_the_reference),
		cmocka_unit_test(trailing_minus_infinity_changes_nothing),
		cmocka_unit_test(exponential_is_accurate),
	};

	if (argc > 1 && strcmp(argv[1], "--bench") == 0)
		return bench(argc > 2 ? argv[2] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
