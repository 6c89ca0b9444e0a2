/* Layers at the end of a model that read the keys and values of the last earlier layer of their kind, windowed or global
 * (hparam.n_shared_kv): what Gemma 3n and Gemma 4 have in common. */
#ifndef CORE_ARCH_SHARE_H
#define CORE_ARCH_SHARE_H

#include "core/arch/arch.h"

bool share_check(const struct hparam *h, const char *arch, struct err *e) MUST_CHECK;
/* Whose keys and values layer INDEX reads: its own number, or an earlier one's. */
uint32_t share_source(const struct hparam *h, uint32_t index);
/* For struct arch: a layer that reads another's has no weights for keys and values; some files have them all the same. */
bool share_has(const struct layer *l, enum weight_id id);
bool share_ignores(const struct layer *l, enum weight_id id);

#endif
