/* The formats of coded.def: every row of kernels/x86/slab.def.  Include after an instruction set's slab_dot.h. */
#ifndef KERNELS_X86_SLAB_FILL_H
#define KERNELS_X86_SLAB_FILL_H

#include "kernels/x86/slab_formats.h"

/* Formats of a kind share its code for many tokens. */
#define SLAB_KIND(id, top, halves, mins, zero, tiny) \
static void \
mul_##id(const struct kern_mul *m, slab_unpack *unpack, size_t block_bytes) \
{ \
	slab_mul(m, unpack, block_bytes, kind_##id); \
}
#include "kernels/x86/slab.def"

#define SLAB(id, kind) \
static size_t \
panel_bytes_##id(size_t n_cols) \
{ \
	return slab_panel_bytes(&form_##id, n_cols); \
} \
static void \
pack_##id(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols) \
{ \
	panel_clear(panel, panel_bytes_##id(n_cols), n_cols / SLAB_LEN_##id * SLAB_BYTES_##id * V, n_rows == V); \
	for (size_t b = 0; b < n_cols / SLAB_LEN_##id; b++) \
		id##_pack((uint8_t *)panel + b * SLAB_BYTES_##id * V, (const uint8_t *)rows + b * SLAB_BYTES_##id, \
		    row_bytes, n_rows); \
} \
static void \
mul_of_##id(const struct kern_mul *m) \
{ \
	if (m->n_tokens == 1) \
		slab_mul_one(m, &form_##id, kind_##kind); \
	else \
		mul_##kind(m, unpack_##id, slab_super_bytes(&form_##id) / SLAB_BLOCKS); \
}
#define SLAB_ROWS(id, kind) \
static void \
mul_of_##id(const struct kern_mul *m) \
{ \
	mul_##kind(m, unpack_##id, 0); \
}
#include "kernels/x86/slab.def"

static void
x86_slab(struct kern_mat mat[QT_COUNT])
{
#define SLAB(id, kind) panel_fill(&mat[QT_##id], V, panel_bytes_##id, pack_##id, mul_of_##id);
#define SLAB_ROWS(id, kind) mat[QT_##id].mul = mul_of_##id;
#include "kernels/x86/slab.def"
}

#endif
