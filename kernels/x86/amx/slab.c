/* Many tokens times the formats of coded.def in tiles; how they unpack is kernels/x86/slab_formats.h. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab_formats.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"
#include "kernels/x86/amx/slab.h"

#define SLAB(id, kind) AMX_MANY(id, kind_##kind)
#define SLAB_ROWS(id, kind) AMX_MANY(id, kind_##kind)
#include "kernels/x86/slab.def"

void
amx_slab(struct kern_mat mat[QT_COUNT])
{
#define SLAB(id, kind) many_fill(&mat[QT_##id], many_of_##id, ACT_bf16, SLAB_MANY_MIN);
#define SLAB_ROWS(id, kind) many_fill(&mat[QT_##id], many_of_##id, ACT_bf16, SLAB_MANY_MIN);
#include "kernels/x86/slab.def"
}
