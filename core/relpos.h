/* A bias of attention scores by how far a key is from the query, in buckets: near ones exactly, far ones ever more
 * coarsely.  Raffel et al. 2020 (T5), section 2.1. */
#ifndef CORE_RELPOS_H
#define CORE_RELPOS_H

#include <stddef.h>
#include <stdint.h>

enum { RELPOS_FAR = 128 };		/* from here on all are alike */

struct relpos {
	uint8_t past[RELPOS_FAR + 1];	/* the bucket by distance, where only the past is seen */
	uint8_t both[RELPOS_FAR + 1];	/* where both sides are: of the past; the future has as many after them */
	uint8_t n_side;
};

/* N_BUCKETS is even, 4 to 256. */
void relpos_init(struct relpos *r, uint32_t n_buckets);
/* s[k] += bias[bucket] for key positions FIRST .. FIRST + N - 1 as seen from POS.  BIAS: one head's, by bucket. */
void relpos_add_past(const struct relpos *r, float *s, const float *bias, size_t pos, size_t first, size_t n);
void relpos_add_both(const struct relpos *r, float *s, const float *bias, size_t pos, size_t first, size_t n);

#endif
