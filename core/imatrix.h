/* Importance matrices: how much an error in each column of a weight matrix costs, as llama.cpp's imatrix measures it,
 * the mean square of the inputs that the column meets.  Its GGUF files and the older .dat files are read. */
#ifndef CORE_IMATRIX_H
#define CORE_IMATRIX_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/gguf.h"

struct imatrix;

/* NULL with *e set on any defect. */
struct imatrix *imatrix_open(const char *path, struct err *e) MUST_CHECK;
struct imatrix *imatrix_open_memory(const void *data, size_t size, struct err *e) MUST_CHECK;
void imatrix_close(struct imatrix *m);
size_t imatrix_n(const struct imatrix *m);

/* Of the tensor NAME: *n_columns numbers for each of *n_matrices (1, or one for each expert), one after another, all
 * above 0, with a mean of 1.  NULL: there is none. */
const float *imatrix_find(const struct imatrix *m, struct gguf_str name, uint64_t *n_columns, uint64_t *n_matrices);

#endif
