/* What each file of this folder puts into the table. */
#ifndef KERNELS_X86_AVX512VNNI_AVX512VNNI_H
#define KERNELS_X86_AVX512VNNI_AVX512VNNI_H

#include "kernels/kern.h"

void avx512vnni_kv(struct kern_kv kv[KV_COUNT]);
void avx512vnni_peak(struct kern_vec *vec);
void avx512vnni_q4_0(struct kern_mat *mat);
void avx512vnni_q4_k(struct kern_mat *mat);
void avx512vnni_q6_k(struct kern_mat *mat);
void avx512vnni_q8_0(struct kern_mat *mat);
void avx512vnni_slab(struct kern_mat mat[QT_COUNT]);
void avx512vnni_ternary(struct kern_mat mat[QT_COUNT]);

#endif
