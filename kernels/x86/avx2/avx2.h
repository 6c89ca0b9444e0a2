/* What each file of this folder puts into the table. */
#ifndef KERNELS_X86_AVX2_AVX2_H
#define KERNELS_X86_AVX2_AVX2_H

#include "kernels/kern.h"

void avx2_act(struct kern_act act[ACT_COUNT]);
void avx2_slab(struct kern_mat mat[QT_COUNT]);
void avx2_dense(struct kern_mat mat[QT_COUNT]);
void avx2_encode(struct kern_mat *mat);
void avx2_q4_0(struct kern_mat *mat);
void avx2_q4_k(struct kern_mat *mat);
void avx2_q6_k(struct kern_mat *mat);
void avx2_q8_0(struct kern_mat *mat);
void avx2_ternary(struct kern_mat mat[QT_COUNT]);
void avx2_vec(struct kern_vec *vec);
void avx2_kv(struct kern_kv kv[KV_COUNT]);

#endif
