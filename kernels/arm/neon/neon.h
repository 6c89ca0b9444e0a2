/* What each file of this folder puts into the table. */
#ifndef KERNELS_ARM_NEON_NEON_H
#define KERNELS_ARM_NEON_NEON_H

#include "kernels/kern.h"

void neon_act(struct kern_act act[ACT_COUNT]);
void neon_coded(struct kern_mat mat[QT_COUNT]);
void neon_dense(struct kern_mat mat[QT_COUNT]);
void neon_encode(struct kern_mat *mat);
void neon_kv(struct kern_kv kv[KV_COUNT]);
void neon_packed(struct kern_mat mat[QT_COUNT]);
void neon_peak(struct kern_vec *vec);
void neon_ternary(struct kern_mat mat[QT_COUNT]);
void neon_vec(struct kern_vec *vec);

#endif
