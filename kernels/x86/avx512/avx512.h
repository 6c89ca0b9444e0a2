/* What each file of this folder puts into the table. */
#ifndef KERNELS_X86_AVX512_AVX512_H
#define KERNELS_X86_AVX512_AVX512_H

#include "kernels/kern.h"

void avx512_act(struct kern_act act[ACT_COUNT]);
void avx512_dense(struct kern_mat mat[QT_COUNT]);
void avx512_encode(struct kern_mat *mat);
void avx512_q4_0(struct kern_mat *mat);
void avx512_q4_k(struct kern_mat *mat);
void avx512_q6_k(struct kern_mat *mat);
void avx512_q8_0(struct kern_mat *mat);
void avx512_vec(struct kern_vec *vec);
void avx512_kv(struct kern_kv kv[KV_COUNT]);

#endif
