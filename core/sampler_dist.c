/* One look at all logits: the largest of every block, then the sums of the softmax.
 * Vectors of four are what every CPU we run on has, so no instruction set is asked for; each lane adds in a fixed
 * order, so the sums have the same bits everywhere. */
#include "core/sampler_impl.h"

#include <math.h>
#include <string.h>

#define LANES 4
#define FOLD 4096		/* numbers summed in single precision before they join the double sums */

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t mask __attribute__((vector_size(LANES * sizeof(int32_t))));

static inline vec
load(const float *x)
{
	vec v;

	memcpy(&v, x, sizeof v);
	return v;
}

static inline vec
splat(float x)
{
	return (vec){x, x, x, x};
}

static inline vec
select(mask m, vec yes, vec no)
{
	return (vec)(((mask)yes & m) | ((mask)no & ~m));
}

/* sampler_exp() for four numbers, step by step the same. */
static inline vec
exp4(vec x)
{
	const vec to_int = splat(SAMPLER_EXP_TO_INT);
	vec n, r, p;

	n = x * splat(SAMPLER_EXP_LOG2E) + to_int;
	r = n - to_int;
	r = (x - r * splat(SAMPLER_EXP_LN2_HI)) - r * splat(SAMPLER_EXP_LN2_LO);
	p = splat(1 / 120.f) + r * splat(1 / 720.f);
	p = splat(1 / 24.f) + r * p;
	p = splat(1 / 6.f) + r * p;
	p = splat(1 / 2.f) + r * p;
	p = splat(1) + r * p;
	p = splat(1) + r * p;
	return (vec)((mask)p + ((mask)n << 23));
}

/* NaN is passed over: no comparison with it is true. */
static float
max_of_block(const float *x)
{
	vec m = splat(SAMPLER_LOWEST);
	float best = SAMPLER_LOWEST;

	for (size_t i = 0; i < SAMPLER_BLOCK; i += LANES)
		m = select(load(x + i) > m, load(x + i), m);
	for (size_t j = 0; j < LANES; j++)
		best = m[j] > best ? m[j] : best;
	return best < -SAMPLER_LOWEST ? best : -SAMPLER_LOWEST;
}

/* The block at AT; the last one filled up with minus infinity. */
static const float *
block_at(const float *logits, size_t n, size_t at, float *spare)
{
	if (n - at >= SAMPLER_BLOCK)
		return logits + at;
	for (size_t j = 0; j < SAMPLER_BLOCK; j++)
		spare[j] = at + j < n ? logits[at + j] : -INFINITY;
	return spare;
}

static inline void
sum_four(vec *sum, vec *sum_log, const float *x, vec max)
{
	vec d = load(x) - max;
	vec e;

	d = select(d > splat(SAMPLER_EXP_MIN), d, splat(SAMPLER_EXP_MIN));
	d = select(d < splat(0), d, splat(0));
	e = exp4(d);
	*sum += e;
	*sum_log += e * d;
}

static void
sum_block(vec sum[4], vec sum_log[4], const float *x, vec max)
{
	for (size_t i = 0; i < SAMPLER_BLOCK; i += 4 * LANES)
		for (size_t j = 0; j < 4; j++)		/* four chains of additions hide their latency */
			sum_four(&sum[j], &sum_log[j], x + i + j * LANES, max);
}

static uint32_t
first_of(const float *logits, size_t n, const float *block_max, float max)
{
	for (size_t b = 0; b * SAMPLER_BLOCK < n; b++) {
		if (block_max[b] < max)
			continue;
		for (size_t i = b * SAMPLER_BLOCK; i < n; i++)
			if (logits[i] >= max)
				return (uint32_t)i;
	}
	return 0;		/* nothing but NaN and minus infinity */
}

static void
fold(struct sampler_dist *d, const vec sum[4], const vec sum_log[4])
{
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < LANES; j++) {
			d->sum += (double)sum[i][j];
			d->sum_log += (double)sum_log[i][j];
		}
	}
}

void
sampler_measure(struct sampler_dist *d, float *block_max, const float *logits, size_t n)
{
	float spare[SAMPLER_BLOCK];

	*d = (struct sampler_dist){.max = SAMPLER_LOWEST};
	for (size_t at = 0; at < n; at += SAMPLER_BLOCK) {
		float m = max_of_block(block_at(logits, n, at, spare));

		block_max[at / SAMPLER_BLOCK] = m;
		d->max = m > d->max ? m : d->max;
	}
	d->at = first_of(logits, n, block_max, d->max);
	for (size_t from = 0; from < n; from += FOLD) {
		vec sum[4] = {{0}}, sum_log[4] = {{0}};

		for (size_t at = from; at < n && at < from + FOLD; at += SAMPLER_BLOCK)
			sum_block(sum, sum_log, block_at(logits, n, at, spare), splat(d->max));
		fold(d, sum, sum_log);
	}
}
