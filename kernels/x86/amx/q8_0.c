/* Many tokens times Q8_0 in tiles; how it unpacks is kernels/x86/slab/q8_0.h. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab/q8_0.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"
#include "kernels/x86/amx/slab.h"

AMX_MANY(q8_0, kind_q8_0)

void
amx_q8_0(struct kern_mat *mat)
{
	many_fill(mat, many_of_q8_0, ACT_bf16, SLAB_MANY_MIN);
}
