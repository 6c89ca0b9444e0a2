/* How the formats of coded.def unpack into slabs: every row of kernels/x86/slab.def.  Include after an instruction set's
 * slab_dot.h. */
#ifndef KERNELS_X86_SLAB_FORMATS_H
#define KERNELS_X86_SLAB_FORMATS_H

#include "kernels/x86/slab.h"
#include "kernels/x86/slab_rows.h"

#include "kernels/x86/slab/iq4_nl.h"
#include "kernels/x86/slab/iq4_xs.h"
#include "kernels/x86/slab/mxfp4.h"
#include "kernels/x86/slab/q2_k.h"
#include "kernels/x86/slab/q3_k.h"
#include "kernels/x86/slab/q4_1.h"
#include "kernels/x86/slab/q5_0.h"
#include "kernels/x86/slab/q5_1.h"
#include "kernels/x86/slab/q5_k.h"

/* As the file's blocks: how many weights and bytes. */
enum {
#define QTYPE(id, number, len, bytes, tail, act) SLAB_LEN_##id = len, SLAB_BYTES_##id = bytes,
#include "kernels/qtype.def"
#undef QTYPE
};

#define SLAB_KIND(id, top, halves, mins, zero, tiny) \
static const struct slab_kind kind_##id = {top, halves, mins, zero, tiny};
#include "kernels/x86/slab.def"

#define SLAB(id, kind) \
static const struct slab_form form_##id = {id##_scales, id##_codes, SLAB_LEN_##id, SLAB_BYTES_##id}; \
static void \
unpack_##id(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n) \
{ \
	slab_unpack_panel(s, p, m, row, b, n, &form_##id, kind_##kind); \
}
#define SLAB_ROWS(id, kind) \
static void \
unpack_##id(struct slab *s, int p, const struct kern_mul *m, size_t row, size_t b, size_t n) \
{ \
	slab_unpack_rows(s, p, m, row, b, n, QT_##id, fmt_##id##_unpack, kind_##kind); \
}
#include "kernels/x86/slab.def"

#endif
