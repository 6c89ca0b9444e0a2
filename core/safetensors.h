/* Safetensors containers: a JSON header with name, type, shape and place of every tensor, then their bytes.
 * Knows nothing about models.  Tensor bytes stay in the mapping.
 * Source: the description of the format in the README of huggingface/safetensors. */
#ifndef CORE_SAFETENSORS_H
#define CORE_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct safetensors;

/* What is refused whatever the size of the file. */
#define ST_MAX_HEADER ((size_t)32 << 20)	/* bytes; 65536 tensors need a third of it */
#define ST_MAX_TENSORS 65536
#define ST_MAX_DIMS 8

enum st_type {
#define ST_TYPE(id, bits) ST_##id,
#include "core/safetensors.def"
#undef ST_TYPE
	ST_TYPE_COUNT
};

struct st_tensor {
	const char *name;		/* UTF-8, NUL-terminated; borrowed */
	enum st_type type;
	uint32_t n_dims;		/* 0: a single number */
	uint64_t dims[ST_MAX_DIMS];	/* outermost first; unused ones are 1 */
	uint64_t n_elements;
	const uint8_t *data;		/* at any address */
	size_t size;
	size_t offset;			/* of data in the file */
};

/* Map PATH and check the whole header.  NULL with *e set on any defect: a non-NULL container never needs a bounds
 * check again. */
struct safetensors *safetensors_open(const char *path, struct err *e) MUST_CHECK;
/* The same for bytes in memory, which must outlive it: for tests and fuzzing. */
struct safetensors *safetensors_open_memory(const void *data, size_t size, struct err *e) MUST_CHECK;
void safetensors_close(struct safetensors *s);		/* accepts NULL */

size_t safetensors_n(const struct safetensors *s);
const struct st_tensor *safetensors_at(const struct safetensors *s, size_t i);	/* NULL past the last */
size_t safetensors_file_size(const struct safetensors *s);
bool safetensors_holds(const struct safetensors *s, const uint8_t *data);	/* does DATA point into it? */
/* The pages of the bytes at DATA, which lie in the file, were copied elsewhere and need not stay in memory. */
void safetensors_drop(const struct safetensors *s, const uint8_t *data, size_t size);
const char *st_type_name(enum st_type t);

#endif
