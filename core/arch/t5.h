/* What encoder-decoder models of T5's kind have in common. */
#ifndef CORE_ARCH_T5_H
#define CORE_ARCH_T5_H

#include "core/arch/arch.h"

/* Tell the layers of the encoder (block_count) from those of the decoder (decoder_block_count, or as many). */
bool t5_check_stacks(struct hparam *h, const char *arch, struct err *e) MUST_CHECK;
/* For struct arch: the first layer of each stack has the bias, those of the decoder cross attention. */
bool t5_has(const struct layer *l, enum weight_id id);

#endif
