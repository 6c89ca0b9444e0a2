/* What each file of this folder puts into the table. */
#ifndef KERNELS_X86_AMX_AMX_H
#define KERNELS_X86_AMX_AMX_H

#include "kernels/kern.h"

void amx_act(struct kern_act act[ACT_COUNT]);
void amx_dense(struct kern_mat mat[QT_COUNT]);
void amx_kv(struct kern_kv kv[KV_COUNT]);
void amx_peak(struct kern_vec *vec);
void amx_q4_0(struct kern_mat *mat);
void amx_q4_k(struct kern_mat *mat);
void amx_q6_k(struct kern_mat *mat);
void amx_q8_0(struct kern_mat *mat);
void amx_slab(struct kern_mat mat[QT_COUNT]);
void amx_ternary(struct kern_mat mat[QT_COUNT]);

#endif
