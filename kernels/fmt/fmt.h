/* The decoders of all formats: fmt_<id>_decode(), as struct kern_mat's decode. */
#ifndef KERNELS_FMT_FMT_H
#define KERNELS_FMT_FMT_H

#include <stddef.h>

#define QTYPE(id, number, len, bytes, tail, act) void fmt_##id##_decode(float *y, const void *row, size_t n);
#include "kernels/qtype.def"
#undef QTYPE

#endif
