/* Slots of the ternary formats.  Include after ternary_mul(m, has_scale), which an instruction set defines for the layout of
 * kernels/x86/ternary_panel.h. */
#ifndef KERNELS_X86_TERNARY_H
#define KERNELS_X86_TERNARY_H

#include "kernels/x86/ternary_panel.h"

#define TERNARY(id, has_scale) \
static size_t \
panel_bytes_##id(size_t n_cols) \
{ \
	return ternary_panel_bytes(n_cols, has_scale); \
} \
static void \
pack_##id(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols) \
{ \
	ternary_pack(panel, rows, row_bytes, n_rows, n_cols, QT_##id, has_scale, fmt_##id##_ternary); \
} \
static void \
mul_##id(const struct kern_mul *m) \
{ \
	ternary_mul(m, has_scale); \
}
#include "kernels/ternary.def"
#undef TERNARY

static void
x86_ternary(struct kern_mat mat[QT_COUNT])
{
#define TERNARY(id, has_scale) \
	panel_fill(&mat[QT_##id], V, panel_bytes_##id, pack_##id, mul_##id);
#include "kernels/ternary.def"
#undef TERNARY
}

#endif
