/* Many tokens times Q6_K in tiles; how it unpacks is kernels/x86/slab/q6_k.h. */
#include "kernels/x86/amx/amx.h"

#include "kernels/x86/amx/v.h"
#include "kernels/x86/vnni/slab_dot.h"
#include "kernels/x86/slab/q6_k.h"
#include "kernels/x86/amx/tile.h"
#include "kernels/x86/amx/many.h"
#include "kernels/x86/amx/slab.h"

AMX_MANY(q6_k, kind_q6_k)

void
amx_q6_k(struct kern_mat *mat)
{
	many_fill(mat, many_of_q6_k, ACT_bf16, SLAB_MANY_MIN);
}
