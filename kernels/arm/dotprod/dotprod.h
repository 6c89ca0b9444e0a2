/* What each file of this folder puts into the table. */
#ifndef KERNELS_ARM_DOTPROD_DOTPROD_H
#define KERNELS_ARM_DOTPROD_DOTPROD_H

#include "kernels/kern.h"

void dotprod_coded(struct kern_mat mat[QT_COUNT]);
void dotprod_packed(struct kern_mat mat[QT_COUNT]);
void dotprod_peak(struct kern_vec *vec);
void dotprod_ternary(struct kern_mat mat[QT_COUNT]);

#endif
