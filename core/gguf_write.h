/* Writing GGUF files, version 3.
 *
 *	struct gguf_writer *w = gguf_writer_new();
 *	gguf_write_str(w, "general.architecture", "llama");
 *	gguf_write_tensor(w, &(struct gguf_out_tensor){{"a.weight", 8}, QT_f16, 2, {64, 32}}, e);
 *	gguf_write_file(w, "out.gguf", &(struct gguf_source){.ctx = c, .produce = rows_of, .cancel = &stop}, e);
 *	gguf_writer_free(w);
 *
 * Nothing of the tensors' bytes is kept: the file is written from front to back, and each tensor's bytes are asked for
 * when their turn comes.  Metadata is copied; setting a key again keeps its place and takes the new value.
 * The file gets its name only when it is whole (core/base/fs_out.h). */
#ifndef CORE_GGUF_WRITE_H
#define CORE_GGUF_WRITE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/gguf.h"
#include "kernels/kern.h"

struct gguf_writer;

struct gguf_writer *gguf_writer_new(void);
void gguf_writer_free(struct gguf_writer *w);		/* accepts NULL */

/* ---- metadata ---- */

void gguf_write_u32(struct gguf_writer *w, const char *key, uint32_t v);
void gguf_write_f32(struct gguf_writer *w, const char *key, float v);
void gguf_write_bool(struct gguf_writer *w, const char *key, bool v);
void gguf_write_str(struct gguf_writer *w, const char *key, const char *v);
void gguf_write_bytes(struct gguf_writer *w, const char *key, struct gguf_str v);	/* a string of any bytes */
/* A number of any type: *v holds gguf_type_size(type) bytes. */
void gguf_write_scalar(struct gguf_writer *w, const char *key, enum gguf_type type, const void *v);
/* N numbers of one type (bool too). */
void gguf_write_array(struct gguf_writer *w, const char *key, enum gguf_type type, const void *v, size_t n);
void gguf_write_strs(struct gguf_writer *w, const char *key, const struct gguf_str *v, size_t n);
void gguf_write_remove(struct gguf_writer *w, const char *key);
/* One entry of an open file as it is; all of them in their order. */
void gguf_write_kv(struct gguf_writer *w, const struct gguf_kv *kv);
void gguf_write_copy(struct gguf_writer *w, const struct gguf *from);

/* ---- tensors, in the order of the file ---- */

struct gguf_out_tensor {
	struct gguf_str name;
	enum qtype type;
	uint32_t n_dims;		/* 1 to 4 */
	uint64_t dims[4];		/* innermost first */
};
/* False for a shape that does not suit the format, a name that is there already, and what gguf_open() would refuse. */
bool gguf_write_tensor(struct gguf_writer *w, const struct gguf_out_tensor *t, struct err *e) MUST_CHECK;
size_t gguf_write_n_tensors(const struct gguf_writer *w);
uint64_t gguf_write_tensor_bytes(const struct gguf_writer *w, size_t i);	/* of tensor I's data */

/* Where the bytes of the tensors come from. */
struct gguf_sink;
struct gguf_source {
	void *ctx;
	/* Give the bytes of tensor I, in as many pieces as you like, to gguf_sink_add(); together they must be
	 * gguf_write_tensor_bytes() bytes.  Called once for each tensor, in their order.  False with *e set ends it. */
	bool (*produce)(void *ctx, size_t i, struct gguf_sink *out, struct err *e);
	const atomic_bool *cancel;	/* NULL, or polled with every piece: ERR_CANCELLED */
};
bool gguf_sink_add(struct gguf_sink *out, const void *data, size_t n, struct err *e) MUST_CHECK;

/* All that stands before the tensors' bytes, padded; appended.  Without tensors it is a whole file. */
void gguf_write_head(const struct gguf_writer *w, struct buf *out);

/* Write PATH.  On any failure PATH is as it was and nothing else is left. */
bool gguf_write_file(struct gguf_writer *w, const char *path, const struct gguf_source *s, struct err *e) MUST_CHECK;

#endif
