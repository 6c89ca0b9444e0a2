/* Many tokens times Q4_K in tiles; how it unpacks is kernels/x86/slab/q4_k.h. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab/q4_k.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"
#include "kernels/x86/amx/slab.h"

AMX_MANY(q4_k, kind_q4_k)

void
amx_q4_k(struct kern_mat *mat)
{
	many_fill(mat, many_of_q4_k, ACT_bf16, SLAB_MANY_MIN);
}
