/* Whether two words are the same, and how far they are apart when a finger slips. */
#ifndef REGISTRY_NEAR_H
#define REGISTRY_NEAR_H

#include <stdbool.h>
#include <stddef.h>

/* The same whatever the case of ASCII letters, in every locale. */
bool near_same(const char *a, const char *b);

/* Letters to insert, remove, change or swap with their neighbour to get from A to B (optimal string alignment), for
 * words of up to 64 bytes; LIMIT and more are all the same. */
size_t near_distance(const char *a, const char *b, size_t limit);

/* Do both have the same digits in the same order?  Sizes and versions that differ in one are other models. */
bool near_same_digits(const char *a, const char *b);

#endif
