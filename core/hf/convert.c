/* A model directory written as the GGUF file that it opens as. */
#include <string.h>

#include "core/gguf.h"
#include "core/gguf_write.h"
#include "core/hf/hf.h"

static bool
produce(void *ctx, size_t i, struct gguf_sink *out, struct err *e)
{
	const struct gguf *g = ctx;
	const struct gguf_tensor *t = gguf_tensor_at(g, i);

	if (!gguf_sink_add(out, t->data, t->size, e))
		return false;
	gguf_tensor_drop(g, t);
	return true;
}

static bool
list_tensors(struct gguf_writer *w, const struct gguf *g, struct err *e)
{
	for (size_t i = 0; i < gguf_n_tensors(g); i++) {
		const struct gguf_tensor *t = gguf_tensor_at(g, i);
		struct gguf_out_tensor o = {.name = t->name, .type = t->type, .n_dims = t->n_dims};

		memcpy(o.dims, t->dims, sizeof o.dims);
		if (!gguf_write_tensor(w, &o, e))
			return false;
	}
	return true;
}

bool
hf_convert(const char *dir, const char *out, struct hf_converted *result, struct err *e)
{
	struct gguf *g = hf_open(dir, HF_WEIGHTS, e);
	struct gguf_source source = {.ctx = g, .produce = produce};
	struct gguf_writer *w;
	bool ok;

	if (!g)
		return false;
	w = gguf_writer_new();
	gguf_write_copy(w, g);
	gguf_write_u32(w, "general.quantization_version", 2);
	ok = list_tensors(w, g, e) && gguf_write_file(w, out, &source, e);
	*result = (struct hf_converted){.n_tensors = gguf_n_tensors(g)};
	for (size_t i = 0; i < gguf_n_tensors(g); i++)
		result->bytes += gguf_tensor_at(g, i)->size;
	gguf_writer_free(w);
	gguf_close(g);
	return ok;
}
