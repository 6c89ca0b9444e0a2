/* One look at all logits: the largest of every block, then the sums of the softmax.
 * The loops work on LANES numbers side by side, so that the compiler can keep them in vector registers, and every
 * lane adds in a fixed order, so that the sums do not depend on which ones it has. */
#include "core/sampler_impl.h"

#include <math.h>
#include <string.h>

#define LANES 16
#define FOLD 4096		/* numbers summed in single precision before they join the double sums */

static float
max_of_block(const float *x)
{
	float m[LANES], best = SAMPLER_LOWEST;

	for (size_t j = 0; j < LANES; j++)
		m[j] = SAMPLER_LOWEST;
	for (size_t i = 0; i < SAMPLER_BLOCK; i += LANES)
		for (size_t j = 0; j < LANES; j++)
			m[j] = x[i + j] > m[j] ? x[i + j] : m[j];	/* false for NaN */
	for (size_t j = 0; j < LANES; j++)
		best = m[j] > best ? m[j] : best;
	return best < -SAMPLER_LOWEST ? best : -SAMPLER_LOWEST;
}

/* The last block, filled up with minus infinity. */
static const float *
block_at(const float *logits, size_t n, size_t at, float *spare)
{
	if (n - at >= SAMPLER_BLOCK)
		return logits + at;
	for (size_t j = 0; j < SAMPLER_BLOCK; j++)
		spare[j] = at + j < n ? logits[at + j] : -INFINITY;
	return spare;
}

static void
sum_block(float *sum, float *sum_log, const float *x, float max)
{
	for (size_t i = 0; i < SAMPLER_BLOCK; i += LANES) {
		for (size_t j = 0; j < LANES; j++) {
			float d = x[i + j] - max;
			float e;

			d = d > -80.0f ? d : -80.0f;
			d = d < 0.0f ? d : 0.0f;
			e = sampler_exp(d);
			sum[j] += e;
			sum_log[j] += e * d;
		}
	}
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

void
sampler_measure(struct sampler_dist *d, float *block_max, const float *logits, size_t n)
{
	float spare[SAMPLER_BLOCK], sum[LANES], sum_log[LANES];

	*d = (struct sampler_dist){.max = SAMPLER_LOWEST};
	for (size_t at = 0; at < n; at += SAMPLER_BLOCK) {
		float m = max_of_block(block_at(logits, n, at, spare));

		block_max[at / SAMPLER_BLOCK] = m;
		d->max = m > d->max ? m : d->max;
	}
	d->at = first_of(logits, n, block_max, d->max);
	for (size_t from = 0; from < n; from += FOLD) {
		memset(sum, 0, sizeof sum);
		memset(sum_log, 0, sizeof sum_log);
		for (size_t at = from; at < n && at < from + FOLD; at += SAMPLER_BLOCK)
			sum_block(sum, sum_log, block_at(logits, n, at, spare), d->max);
		for (size_t j = 0; j < LANES; j++) {
			d->sum += (double)sum[j];
			d->sum_log += (double)sum_log[j];
		}
	}
}
