/* Rotary position embedding: the angles.  Su et al. 2021 (RoPE), Chen et al. 2023 (linear), Peng et al. 2023 (YaRN),
 * Llama 3 herd of models, 2024, and its published code (llama3). */
#ifndef CORE_ROPE_H
#define CORE_ROPE_H

#include <stddef.h>
#include <stdint.h>

#include "core/hparam.h"

/* Radians a position turns each pair: freq[n_rot / 2].  DIVISORS (n_rot / 2 numbers) or NULL: Llama 3's
 * rope_freqs.weight, which holds what scaling of the kind llama3 would do, or LongRoPE's. */
void rope_freqs(double *freq, const struct hparam_rope *p, const float *divisors);
/* What cos and sin are multiplied by. */
double rope_magnitude(const struct hparam_rope *p);
/* cos and sin of position POS, N_PAIRS numbers each. */
void rope_angles(float *cos_out, float *sin_out, const double *freq, size_t n_pairs, uint32_t pos, double magnitude);

#endif
