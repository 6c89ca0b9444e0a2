/* A copy of a model with its weights in other formats. */
#ifndef CORE_QUANTIZE_H
#define CORE_QUANTIZE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "kernels/kern.h"

struct mixture;

struct quantize_options {
	const struct mixture *mixture;	/* a row of mixture.def */
	const char *imatrix;		/* importance matrix, or NULL */
	const char *const *keeps;	/* "PATTERN=FORMAT": tensors whose name fits the pattern get that format */
	size_t n_keeps;
	int n_threads;			/* 0: physical cores */
	const char *isa;		/* cap for the kernel table, or NULL */
	bool measures;			/* decode again and sum the errors up */
	const atomic_bool *cancel;	/* or NULL: polled between slices of a tensor */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);	/* weights; or NULL.  After every slice */
	void *ctx;
};

struct quantize_result {
	size_t n_tensors, n_changed;	/* n_changed: got another format */
	size_t n_stood_in;		/* got another one than meant, because of the length of their rows */
	uint64_t bytes_in, bytes_out;	/* of the tensors */
	uint64_t n_weights[QT_COUNT], n_bytes[QT_COUNT];	/* by format of the copy */
	double error, size;		/* measures: sums of squares over the tensors that changed */
	double seconds;
};

/* Read the model IN (a file or a directory) and write OUT, which is replaced once the copy is whole.  The same bytes
 * for any number of threads and any instruction set. */
bool quantize_file(const char *in, const char *out, const struct quantize_options *o, struct quantize_result *r,
    struct err *e) MUST_CHECK;

#endif
