/* What each file of this folder puts into the table. */
#ifndef KERNELS_X86_AVXVNNI_AVXVNNI_H
#define KERNELS_X86_AVXVNNI_AVXVNNI_H

#include "kernels/kern.h"

void avxvnni_kv(struct kern_kv kv[KV_COUNT]);
void avxvnni_peak(struct kern_vec *vec);
void avxvnni_q4_0(struct kern_mat *mat);
void avxvnni_q4_k(struct kern_mat *mat);
void avxvnni_q6_k(struct kern_mat *mat);
void avxvnni_q8_0(struct kern_mat *mat);
void avxvnni_slab(struct kern_mat mat[QT_COUNT]);
void avxvnni_ternary(struct kern_mat mat[QT_COUNT]);

#endif
