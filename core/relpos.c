/* Relative positions; see relpos.h. */
#include "core/relpos.h"

#include <math.h>

/* As the model code has it, in single precision: a bucket's edge may hang on the last bit. */
static void
fill(uint8_t *bucket, uint32_t n)
{
	uint32_t n_exact = n / 2;

	for (uint32_t d = 0; d <= RELPOS_FAR; d++) {
		uint32_t b = d;

		if (d >= n_exact && n_exact < RELPOS_FAR)
			b = n_exact + (uint32_t)(logf((float)d / (float)n_exact) /
			    logf((float)RELPOS_FAR / (float)n_exact) * (float)(n - n_exact));
		bucket[d] = (uint8_t)(b < n ? b : n - 1);
	}
}

void
relpos_init(struct relpos *r, uint32_t n_buckets)
{
	fill(r->past, n_buckets);
	fill(r->both, n_buckets / 2);
	r->n_side = (uint8_t)(n_buckets / 2);
}

static size_t
near(size_t distance)
{
	return distance < RELPOS_FAR ? distance : RELPOS_FAR;
}

void
relpos_add_past(const struct relpos *r, float *s, const float *bias, size_t pos, size_t first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s[i] += bias[r->past[near(pos - first - i)]];
}

void
relpos_add_both(const struct relpos *r, float *s, const float *bias, size_t pos, size_t first, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t key = first + i;

		s[i] += key > pos ? bias[r->n_side + r->both[near(key - pos)]] : bias[r->both[near(pos - key)]];
	}
}
