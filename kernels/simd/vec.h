/* Element-wise rows with vectors, step by step as kernels/ref/vec.c.  Include after an instruction set's v.h. */
#ifndef KERNELS_SIMD_VEC_H
#define KERNELS_SIMD_VEC_H

#include "kernels/exp.h"
#include "kernels/kern.h"
#include "kernels/part.h"
#include "kernels/simd/lanes.h"
#include "kernels/simd/largest.h"
#include "kernels/simd/peak.h"

/* Vectors that take the steps of exp() side by side: of one alone each step waits for the one before. */
enum { EXPS = 4 };

/* kernels/exp.h, of N vectors, EXPS at most. */
ALWAYS_INLINE void
v_exp_each(vf *x, const int n)
{
	vf k[EXPS], p[EXPS];

	for (int i = 0; i < n; i++)
		x[i] = v_min(v_set1(EXP_MAX), v_max(v_set1(EXP_MIN), x[i]));
	for (int i = 0; i < n; i++)
		k[i] = v_round(v_mul(x[i], v_set1(EXP_LOG2E)));
	for (int i = 0; i < n; i++)
		x[i] = v_fma(k[i], v_set1(-EXP_LN2_HI), x[i]);
	for (int i = 0; i < n; i++)
		x[i] = v_fma(k[i], v_set1(-EXP_LN2_LO), x[i]);
	for (int i = 0; i < n; i++)
		p[i] = v_fma(v_set1(EXP_C6), x[i], v_set1(EXP_C5));
	for (int i = 0; i < n; i++)
		p[i] = v_fma(p[i], x[i], v_set1(EXP_C4));
	for (int i = 0; i < n; i++)
		p[i] = v_fma(p[i], x[i], v_set1(EXP_C3));
	for (int i = 0; i < n; i++)
		p[i] = v_fma(p[i], x[i], v_set1(EXP_C2));
	for (int i = 0; i < n; i++)
		p[i] = v_add(v_fma(p[i], v_mul(x[i], x[i]), x[i]), v_set1(1));
	for (int i = 0; i < n; i++)
		x[i] = v_scale2(p[i], k[i]);
}

ALWAYS_INLINE vf
v_exp(vf x)
{
	v_exp_each(&x, 1);
	return x;
}

/* WHOLE: n is a multiple of LANES. */
ALWAYS_INLINE void
rms_norm_row(float *y, const float *x, const float *w, size_t n, float eps, const bool whole)
{
	struct lanes sum = lanes_zero();
	vf factor;

	for (size_t i = 0; i < n; i += LANES)
		for (int j = 0; j < LANE_VECTORS; j++) {
			vf a = whole ? v_load(x + i + j * V) : v_load_n(x + i + j * V, lanes_left(n, i, j));

			sum.v[j] = v_fma(a, a, sum.v[j]);
		}
	factor = v_set1(1.0f / sqrtf(lanes_sum(sum) / (float)n + eps));
	for (size_t i = 0; i < n; i += V) {
		size_t left = whole ? V : n - i;
		vf a = v_mul(v_load_n(x + i, left), factor);

		v_store_n(y + i, w ? v_mul(a, v_load_n(w + i, left)) : a, left);
	}
}

static void
rms_norm(float *y, const float *x, const float *w, size_t n, float eps)
{
	if (n % LANES == 0)
		rms_norm_row(y, x, w, n, eps, true);
	else
		rms_norm_row(y, x, w, n, eps, false);
}

static void
layer_norm(float *y, const float *x, const float *w, const float *b, size_t n, float eps)
{
	struct lanes sum = lanes_zero();
	vf mean, factor;

	for (size_t i = 0; i < n; i += LANES)
		for (int j = 0; j < LANE_VECTORS; j++)
			sum.v[j] = v_add(sum.v[j], v_load_n(x + i + j * V, lanes_left(n, i, j)));
	mean = v_set1(lanes_sum(sum) / (float)n);
	sum = lanes_zero();
	for (size_t i = 0; i < n; i += LANES)
		for (int j = 0; j < LANE_VECTORS; j++) {
			size_t left = lanes_left(n, i, j);
			vf d = v_keep_n(v_sub(v_load_n(x + i + j * V, left), mean), v_zero(), left);

			sum.v[j] = v_fma(d, d, sum.v[j]);
		}
	factor = v_set1(1.0f / sqrtf(lanes_sum(sum) / (float)n + eps));
	for (size_t i = 0; i < n; i += V) {
		vf d = v_mul(v_sub(v_load_n(x + i, n - i), mean), factor);

		v_store_n(y + i, v_fma(d, v_load_n(w + i, n - i), b ? v_load_n(b + i, n - i) : v_zero()), n - i);
	}
}

static void
add(float *y, const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i += V)
		v_store_n(y + i, v_add(v_load_n(a + i, n - i), v_load_n(b + i, n - i)), n - i);
}

static void
mul(float *y, const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i += V)
		v_store_n(y + i, v_mul(v_load_n(a + i, n - i), v_load_n(b + i, n - i)), n - i);
}

static void
scale(float *y, const float *x, float factor, size_t n)
{
	for (size_t i = 0; i < n; i += V)
		v_store_n(y + i, v_mul(v_load_n(x + i, n - i), v_set1(factor)), n - i);
}

/* What silu and gelu are the logistic function of. */
typedef vf v_slope_fn(vf x);

ALWAYS_INLINE vf
v_minus(vf x)
{
	return v_mul(x, v_set1(-1));
}

ALWAYS_INLINE vf
v_gelu_slope(vf x)
{
	return v_mul(x, v_fma(v_set1(GELU_B), v_mul(x, x), v_set1(GELU_A)));
}

/* logistic() of N numbers that are N_VECTORS. */
ALWAYS_INLINE void
logistic_part(float *y, const float *x, const float *top, const float *factor, v_slope_fn *slope, size_t n, const int n_vectors)
{
	vf e[EXPS];

	for (int j = 0; j < n_vectors; j++)
		e[j] = slope(v_load_n(x + j * V, n - (size_t)j * V));
	v_exp_each(e, n_vectors);
	for (int j = 0; j < n_vectors; j++) {
		size_t left = n - (size_t)j * V;
		vf a = v_div(v_load_n(top + j * V, left), v_add(v_set1(1), e[j]));

		v_store_n(y + j * V, factor ? v_mul(a, v_load_n(factor + j * V, left)) : a, left);
	}
}

/* y = top / (1 + exp(SLOPE(x))) * factor; factor NULL means 1. */
ALWAYS_INLINE void
logistic(float *y, const float *x, const float *top, const float *factor, v_slope_fn *slope, size_t n)
{
	size_t i = 0;

	for (; i + EXPS * V <= n; i += EXPS * V)
		logistic_part(y + i, x + i, top + i, factor ? factor + i : NULL, slope, EXPS * V, EXPS);
	for (; i < n; i += V)
		logistic_part(y + i, x + i, top + i, factor ? factor + i : NULL, slope, n - i, 1);
}

static void
silu_mul(float *y, const float *gate, const float *up, size_t n)
{
	logistic(y, gate, gate, up, v_minus, n);
}

static void
sigmoid_mul(float *y, const float *gate, const float *up, size_t n)
{
	logistic(y, gate, up, NULL, v_minus, n);
}

static void
conv_silu(float *y, const float *const *x, const float *w, size_t n_taps, size_t n)
{
	for (size_t i = 0; i < n; i += V) {
		vf sum = v_zero();

		for (size_t tap = 0; tap < n_taps; tap++)
			sum = v_fma(v_load_n(w + tap * n + i, n - i), v_load_n(x[tap] + i, n - i), sum);
		v_store_n(y + i, v_div(sum, v_add(v_set1(1), v_exp(v_mul(sum, v_set1(-1))))), n - i);
	}
}

/* Token T for the columns COL.. of 4 vectors, or of what is left: two passes over the state, which stays in the L1
 * cache from token to token. */
ALWAYS_INLINE void
delta_token(const struct kern_delta *a, size_t t, size_t col, const bool whole)
{
	const float *k = a->k + t * a->x_stride, *q = a->q + t * a->x_stride;
	const float *from = (t ? a->s : a->from) + col;
	vf decay = v_set1(a->decay[t * a->gate_stride]), beta = v_set1(a->beta[t * a->gate_stride]);
	vf sum[4], y[4];
	size_t left[4];

	for (int j = 0; j < 4; j++) {
		size_t at = col + (size_t)j * V;

		left[j] = whole ? V : at >= a->n_cols ? 0 : a->n_cols - at < V ? a->n_cols - at : V;
		sum[j] = y[j] = v_zero();
	}
	for (size_t i = 0; i < a->dim; i++)
		for (int j = 0; j < 4; j++)
			sum[j] = v_fma(v_set1(k[i]), v_load_n(from + i * a->n_cols + j * V, left[j]), sum[j]);
	for (int j = 0; j < 4; j++)
		sum[j] = v_mul(v_sub(v_load_n(a->v + t * a->x_stride + col + (size_t)j * V, left[j]),
		    v_mul(decay, sum[j])), beta);
	for (size_t i = 0; i < a->dim; i++)
		for (int j = 0; j < 4; j++) {
			size_t at = i * a->n_cols + (size_t)j * V;
			vf s = v_fma(v_set1(k[i]), sum[j], v_mul(v_load_n(from + at, left[j]), decay));

			v_store_n(a->s + col + at, s, left[j]);
			y[j] = v_fma(v_set1(q[i]), s, y[j]);
		}
	for (int j = 0; j < 4; j++)
		v_store_n(a->y + t * a->y_stride + col + (size_t)j * V, y[j], left[j]);
}

static void
delta(const struct kern_delta *a)
{
	for (size_t t = 0; t < a->n_tokens; t++)
		for (size_t col = 0; col < a->n_cols; col += 4 * V) {
			if (a->n_cols - col >= 4 * V)
				delta_token(a, t, col, true);
			else
				delta_token(a, t, col, false);
		}
}

static void
gelu_mul(float *y, const float *gate, const float *up, size_t n)
{
	logistic(y, gate, gate, up, v_gelu_slope, n);
}

static void
relu2_mul(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i += V) {
		vf g = v_max(v_load_n(gate + i, n - i), v_zero());	/* NaN becomes 0 */

		v_store_n(y + i, v_mul(v_mul(g, g), v_load_n(up + i, n - i)), n - i);
	}
}

static void
gelu(float *y, const float *x, size_t n)
{
	logistic(y, x, x, NULL, v_gelu_slope, n);
}

static void
softcap(float *y, const float *x, float cap, size_t n)
{
	vf factor = v_set1(2.0f / cap);

	for (size_t i = 0; i < n; i += V) {
		vf e = v_exp(v_mul(v_load_n(x + i, n - i), factor));
		vf share = v_div(v_set1(1), v_add(e, v_set1(1)));

		v_store_n(y + i, v_fma(v_set1(-2.0f * cap), share, v_set1(cap)), n - i);
	}
}

static float
max(const float *x, size_t n, size_t *at)
{
	float best = largest(x, n);

	*at = 0;
	if (best == -INFINITY)
		return best;
	for (size_t i = 0; i < n; i += V) {
		size_t left = n - i < V ? n - i : V, j = v_find_n(v_load_n(x + i, left), best, left);

		if (j < left) {
			*at = i + j;
			return x[i + j];
		}
	}
	return best;
}

static void
softmax(float *x, size_t n)
{
	struct lanes sum = lanes_zero();
	vf top = v_set1(largest(x, n)), factor;

	for (size_t i = 0; i < n; i += LANES)
		for (int j = 0; j < LANE_VECTORS; j++) {
			size_t at = i + (size_t)j * V, left = lanes_left(n, i, j);
			vf e = v_keep_n(v_exp(v_sub(v_load_n(x + at, left), top)), v_zero(), left);

			v_store_n(x + at, e, left);
			sum.v[j] = v_add(sum.v[j], e);
		}
	factor = v_set1(1.0f / lanes_sum(sum));
	for (size_t i = 0; i < n; i += V)
		v_store_n(x + i, v_mul(v_load_n(x + i, n - i), factor), n - i);
}

static struct kern_part
exp_part(float *x, size_t n)
{
	struct kern_part p = {.top = largest(x, n)};
	struct lanes sum = lanes_zero();
	vf top = v_set1(p.top);
	size_t i = 0;

	for (; i + EXPS * V <= n; i += EXPS * V) {
		vf e[EXPS];

		for (int j = 0; j < EXPS; j++)
			e[j] = v_sub(v_load(x + i + j * V), top);
		v_exp_each(e, EXPS);
		for (int j = 0; j < EXPS; j++) {
			v_store(x + i + j * V, e[j]);
			sum.v[j % LANE_VECTORS] = v_add(sum.v[j % LANE_VECTORS], e[j]);
		}
	}
	for (; i < n; i += LANES)
		for (int j = 0; j < LANE_VECTORS; j++) {
			size_t at = i + (size_t)j * V, left = lanes_left(n, i, j);
			vf e = v_keep_n(v_exp(v_sub(v_load_n(x + at, left), top)), v_zero(), left);

			v_store_n(x + at, e, left);
			sum.v[j] = v_add(sum.v[j], e);
		}
	p.sum = lanes_sum(sum);
	return p;
}

static void
join_part(float *y, struct kern_part *p, const float *x, struct kern_part q, size_t n)
{
	struct part_factors f;

	if (part_is_simple(y, p, x, q, n))
		return;
	f = part_join(p, q);
	for (size_t i = 0; i < n; i += V)
		v_store_n(y + i, v_fma(v_load_n(x + i, n - i), v_set1(f.x), v_mul(v_load_n(y + i, n - i), v_set1(f.y))), n - i);
}

static void
rope_norm(float *x, const float *cos, const float *sin, size_t n_pairs)
{
	for (size_t i = 0; i < n_pairs; i += V / 2) {
		size_t pairs = n_pairs - i < V / 2 ? n_pairs - i : V / 2;
		vf a = v_load_n(x + 2 * i, 2 * pairs);
		vf cs = v_zip_n(cos + i, sin + i, pairs), sc = v_zip_n(sin + i, cos + i, pairs);

		/* even: x cos - (y sin), odd: x sin + (y cos) */
		a = v_fmaddsub(v_dup_even(a), cs, v_mul(v_dup_odd(a), sc));
		v_store_n(x + 2 * i, a, 2 * pairs);
	}
}

static void
rope_neox(float *x, const float *cos, const float *sin, size_t n_pairs)
{
	for (size_t i = 0; i < n_pairs; i += V) {
		size_t n = n_pairs - i;
		vf a = v_load_n(x + i, n), b = v_load_n(x + n_pairs + i, n);
		vf c = v_load_n(cos + i, n), s = v_load_n(sin + i, n);

		v_store_n(x + i, v_fma(a, c, v_sub(v_zero(), v_mul(b, s))), n);
		v_store_n(x + n_pairs + i, v_fma(a, s, v_mul(b, c)), n);
	}
}

/* Four sums, so that loads and not additions set the pace. */
static uint64_t
read_bytes(const void *p, size_t n)
{
	enum { BYTES = sizeof(vi), STREAMS = 4 };
	const unsigned char *b = p;
	const size_t part = n / STREAMS / BYTES * BYTES;
	vi sum[STREAMS] = {vi_zero(), vi_zero(), vi_zero(), vi_zero()};
	uint64_t rest = 0;

	/* The hardware follows a stream to the end of its page only: one alone leaves the memory idle again and again. */
	for (size_t i = 0; i < part; i += BYTES)
		for (int j = 0; j < STREAMS; j++) {
			__builtin_prefetch(b + (size_t)j * part + i + 512);
			sum[j] = vi_add_bytes(sum[j], b + (size_t)j * part + i);
		}
	for (size_t i = STREAMS * part; i < n; i++)
		rest += b[i];
	return rest + vi_sum64(vi_add64(vi_add64(sum[0], sum[1]), vi_add64(sum[2], sum[3])));
}

static float
peak_fma(const struct kern_peak *p, size_t rounds)
{
	struct lanes lane[PEAK_SUMS];
	float sum = 0;

	for (int k = 0; k < LANE_VECTORS; k++) {
		vf acc[PEAK_SUMS];

#pragma GCC unroll 12
		for (int i = 0; i < PEAK_SUMS; i++)
			acc[i] = v_zero();
#pragma GCC unroll 4
		for (size_t r = 0; r < rounds; r++) {
#pragma GCC unroll 12
			for (int i = 0; i < PEAK_SUMS; i++)
				acc[i] = v_fma(v_load(p->a[i / 3] + k * V), v_load(p->b[i % 3] + k * V), acc[i]);
			/* AVX-512 has registers for A and B too, of whose loads there are as many as it does in that time;
			 * where there are fewer, the compiler would keep these instead of the sums. */
			if (V < 16)
				PEAK_NEXT_ROUND();
		}
#pragma GCC unroll 12
		for (int i = 0; i < PEAK_SUMS; i++)
			lane[i].v[k] = acc[i];
	}
	for (int i = 0; i < PEAK_SUMS; i++)
		sum += lanes_sum(lane[i]);
	return sum;
}

static const struct kern_vec simd_vec = {
	.rms_norm = rms_norm,
	.add = add,
	.mul = mul,
	.scale = scale,
	.layer_norm = layer_norm,
	.silu_mul = silu_mul,
	.gelu_mul = gelu_mul,
	.relu2_mul = relu2_mul,
	.sigmoid_mul = sigmoid_mul,
	.conv_silu = conv_silu,
	.delta = delta,
	.gelu = gelu,
	.softcap = softcap,
	.softmax = softmax,
	.exp_part = exp_part,
	.join_part = join_part,
	.rope_norm = rope_norm,
	.rope_neox = rope_neox,
	.max = max,
	.read_bytes = read_bytes,
	.peak_fma = peak_fma,
};

#endif
