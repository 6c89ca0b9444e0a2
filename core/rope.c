/* Rotary position embedding; see rope.h. */
#include "core/rope.h"

#include <math.h>

/* The pair that makes TURNS turns over the original context (YaRN, section 3.2). */
static double
pair_of_turns(const struct hparam_rope *p, double turns)
{
	return p->n_rot * log(p->n_ctx_original / (turns * 2 * M_PI)) / (2 * log(p->base));
}

/* How much of the interpolated angle pair I gets: 0 for the fast ones, 1 for the slow ones. */
static double
yarn_share(const struct hparam_rope *p, uint32_t i)
{
	double low = fmax(0, floor(pair_of_turns(p, p->beta_fast)));
	double high = fmin(p->n_rot - 1, ceil(pair_of_turns(p, p->beta_slow)));

	return fmin(1, fmax(0, (i - low) / fmax(0.001, high - low)));
}

/* How much of the interpolated angle a pair that turns FREQ a position gets: none above beta_fast turns in the original
 * context, all below beta_slow. */
static double
llama3_share(const struct hparam_rope *p, double freq)
{
	double turns = p->n_ctx_original * freq / (2 * M_PI);

	return fmin(1, fmax(0, (p->beta_fast - turns) / (p->beta_fast - p->beta_slow)));
}

static double
share_of(const struct hparam_rope *p, uint32_t i, double plain, bool has_divisors)
{
	switch (p->scaling) {
	case ROPE_SCALING_YARN:
		return yarn_share(p, i);
	case ROPE_SCALING_LLAMA3:
		return has_divisors ? 0 : llama3_share(p, plain);
	default:
		return 1;
	}
}

void
rope_freqs(double *freq, const struct hparam_rope *p, const float *divisors)
{
	for (uint32_t i = 0; i < p->n_rot / 2; i++) {
		double plain = pow(p->base, -2.0 * i / p->n_rot);
		double share = share_of(p, i, plain, divisors);

		if (divisors)
			plain /= divisors[i];
		freq[i] = plain * (1 - share) + plain / p->factor * share;
	}
}

double
rope_magnitude(const struct hparam_rope *p)
{
	double m = p->attn_factor;

	if (p->scaling == ROPE_SCALING_YARN && p->factor > 1)
		m *= 1 + 0.1 * log(p->factor);
	return m;
}

void
rope_angles(float *cos_out, float *sin_out, const double *freq, size_t n_pairs, uint32_t pos, double magnitude)
{
	for (size_t i = 0; i < n_pairs; i++) {
		double angle = pos * freq[i];

		cos_out[i] = (float)(cos(angle) * magnitude);
		sin_out[i] = (float)(sin(angle) * magnitude);
	}
}
