/* What each file of this folder puts into the table. */
#ifndef KERNELS_ARM_I8MM_I8MM_H
#define KERNELS_ARM_I8MM_I8MM_H

#include "kernels/kern.h"

void i8mm_coded(struct kern_mat mat[QT_COUNT]);
void i8mm_packed(struct kern_mat mat[QT_COUNT]);
void i8mm_ternary(struct kern_mat mat[QT_COUNT]);

#endif
