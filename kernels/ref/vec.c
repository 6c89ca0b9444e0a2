/* Element-wise work on one row. */
#include <string.h>

#include "kernels/exp.h"
#include "kernels/part.h"
#include "kernels/ref/ref.h"

static void
rms_norm(float *y, const float *x, const float *w, size_t n, float eps)
{
	float lane[REF_LANES] = {0}, factor;

	for (size_t i = 0; i < n; i++)
		lane[i % REF_LANES] = fmaf(x[i], x[i], lane[i % REF_LANES]);
	factor = 1.0f / sqrtf(ref_lanes_sum(lane) / (float)n + eps);
	for (size_t i = 0; i < n; i++)
		y[i] = w ? x[i] * factor * w[i] : x[i] * factor;
}

static void
layer_norm(float *y, const float *x, const float *w, const float *b, size_t n, float eps)
{
	float lane[REF_LANES] = {0}, mean, factor;

	for (size_t i = 0; i < n; i++)
		lane[i % REF_LANES] += x[i];
	mean = ref_lanes_sum(lane) / (float)n;
	memset(lane, 0, sizeof lane);
	for (size_t i = 0; i < n; i++)
		lane[i % REF_LANES] = fmaf(x[i] - mean, x[i] - mean, lane[i % REF_LANES]);
	factor = 1.0f / sqrtf(ref_lanes_sum(lane) / (float)n + eps);
	for (size_t i = 0; i < n; i++)
		y[i] = fmaf((x[i] - mean) * factor, w[i], b ? b[i] : 0);
}

static void
add(float *y, const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = a[i] + b[i];
}

static void
mul(float *y, const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = a[i] * b[i];
}

static void
scale(float *y, const float *x, float factor, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] * factor;
}

static void
silu_mul(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = gate[i] / (1.0f + exp_scalar(-gate[i])) * up[i];
}

static void
sigmoid_mul(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = up[i] / (1.0f + exp_scalar(-gate[i]));
}

static void
conv_silu(float *y, const float *const *x, const float *w, size_t n_taps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float sum = 0;

		for (size_t tap = 0; tap < n_taps; tap++)
			sum = fmaf(w[tap * n + i], x[tap][i], sum);
		y[i] = sum / (1.0f + exp_scalar(-sum));
	}
}

static void
delta_token(const struct kern_delta *a, size_t t, size_t col)
{
	const float *k = a->k + t * a->x_stride, *q = a->q + t * a->x_stride;
	const float *from = (t ? a->s : a->from) + col;
	float decay = a->decay[t * a->gate_stride], sum = 0, y = 0, d;

	for (size_t i = 0; i < a->dim; i++)
		sum = fmaf(k[i], from[i * a->n_cols], sum);
	d = (a->v[t * a->x_stride + col] - decay * sum) * a->beta[t * a->gate_stride];
	for (size_t i = 0; i < a->dim; i++) {
		float s = fmaf(k[i], d, from[i * a->n_cols] * decay);

		a->s[i * a->n_cols + col] = s;
		y = fmaf(q[i], s, y);
	}
	a->y[t * a->y_stride + col] = y;
}

static void
delta(const struct kern_delta *a)
{
	for (size_t t = 0; t < a->n_tokens; t++)
		for (size_t col = 0; col < a->n_cols; col++)
			delta_token(a, t, col);
}

static float
gelu_scalar(float x)
{
	return x / (1.0f + exp_scalar(x * fmaf(GELU_B, x * x, GELU_A)));
}

static void
gelu_mul(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = gelu_scalar(gate[i]) * up[i];
}

static void
relu2_mul(float *y, const float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float g = gate[i] > 0 ? gate[i] : 0;

		y[i] = g * g * up[i];
	}
}

static void
gelu(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = gelu_scalar(x[i]);
}

/* tanh(u) = 1 - 2 / (exp(2 u) + 1) */
static void
softcap(float *y, const float *x, float cap, size_t n)
{
	float factor = 2.0f / cap;

	for (size_t i = 0; i < n; i++)
		y[i] = fmaf(-2.0f * cap, 1.0f / (exp_scalar(x[i] * factor) + 1.0f), cap);
}

static float
max(const float *x, size_t n, size_t *at)
{
	float best = -INFINITY;

	*at = 0;
	for (size_t i = 0; i < n; i++) {
		if (x[i] > best) {
			best = x[i];
			*at = i;
		}
	}
	return best;
}

static void
softmax(float *x, size_t n)
{
	float lane[REF_LANES] = {0}, top, factor;
	size_t at;

	top = max(x, n, &at);
	for (size_t i = 0; i < n; i++) {
		x[i] = exp_scalar(x[i] - top);
		lane[i % REF_LANES] += x[i];
	}
	factor = 1.0f / ref_lanes_sum(lane);
	for (size_t i = 0; i < n; i++)
		x[i] *= factor;
}

static struct kern_part
exp_part(float *x, size_t n)
{
	float lane[REF_LANES] = {0};
	struct kern_part p;
	size_t at;

	p.top = max(x, n, &at);
	for (size_t i = 0; i < n; i++) {
		x[i] = exp_scalar(x[i] - p.top);
		lane[i % REF_LANES] += x[i];
	}
	p.sum = ref_lanes_sum(lane);
	return p;
}

static void
join_part(float *y, struct kern_part *p, const float *x, struct kern_part q, size_t n)
{
	struct part_factors f;

	if (part_is_simple(y, p, x, q, n))
		return;
	f = part_join(p, q);
	for (size_t i = 0; i < n; i++)
		y[i] = fmaf(x[i], f.x, y[i] * f.y);
}

static void
turn(float *a, float *b, float cos, float sin)
{
	float x = *a, y = *b;

	*a = fmaf(x, cos, -(y * sin));
	*b = fmaf(x, sin, y * cos);
}

static void
rope_norm(float *x, const float *cos, const float *sin, size_t n_pairs)
{
	for (size_t i = 0; i < n_pairs; i++)
		turn(&x[2 * i], &x[2 * i + 1], cos[i], sin[i]);
}

static void
rope_neox(float *x, const float *cos, const float *sin, size_t n_pairs)
{
	for (size_t i = 0; i < n_pairs; i++)
		turn(&x[i], &x[i + n_pairs], cos[i], sin[i]);
}

static uint64_t
read_bytes(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += b[i];
	return sum;
}

/* No round is computed by what the one before gave: P might have changed. */
static uint32_t
peak_dot(const struct kern_peak *p, size_t rounds)
{
	uint32_t sum = 0;

	for (size_t r = 0; r < rounds; r++) {
		for (int i = 0; i < 8; i++)
			for (int j = 0; j < 3; j++)
				for (int k = 0; k < 64; k++)
					sum += (uint32_t)(p->w[i][k] * p->q[j][k]);
		__asm__ volatile("" ::: "memory");
	}
	return sum;
}

static float
peak_fma(const struct kern_peak *p, size_t rounds)
{
	float lane[12][REF_LANES] = {0}, sum = 0;

	for (size_t r = 0; r < rounds; r++) {
		for (int i = 0; i < 12; i++)
			for (int k = 0; k < REF_LANES; k++)
				lane[i][k] = fmaf(p->a[i / 3][k], p->b[i % 3][k], lane[i][k]);
		__asm__ volatile("" ::: "memory");
	}
	for (int i = 0; i < 12; i++)
		sum += ref_lanes_sum(lane[i]);
	return sum;
}

const struct kern_vec ref_vec = {
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
	.peak_dot4 = peak_dot,
	.peak_dot8 = peak_dot,
	.peak_fma = peak_fma,
};
