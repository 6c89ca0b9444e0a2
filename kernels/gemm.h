/* Dense products of many tokens, on one thread. */
#ifndef KERNELS_GEMM_H
#define KERNELS_GEMM_H

#include "kernels/kern.h"

void gemm_f32(const struct kern_mul *m);
/* Weights of two bytes, made floats by DECODE in m->work. */
void gemm_converted(const struct kern_mul *m, void (*decode)(float *y, const void *row, size_t n));

#endif
