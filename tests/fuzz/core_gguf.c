/* GGUF files: any bytes are refused with a sentence, or every value and tensor they promise can be read and the
 * facts about them be told. */
#include <stdint.h>
#include <stdlib.h>

#include "core/gguf.h"
#include "core/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static void
read_values(const struct gguf_kv *kv)
{
	const uint8_t *cursor = kv->data;

	for (uint64_t i = 0; i < kv->n; i++) {
		if (kv->type == GGUF_STRING) {
			struct gguf_str s = gguf_array_next_str(&cursor);

			sink += s.len + (s.len ? (uint64_t)s.data[s.len - 1] : 0);
		} else {
			sink += (uint64_t)gguf_array_i64(kv, i) + (gguf_array_f64(kv, i) > 0);
		}
	}
	sink += (uint64_t)gguf_quote(kv->key).text[0];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct gguf *g = gguf_open_memory(data, size, &e);
	struct inspect facts;

	if (!g) {
		if (!e.text[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < gguf_n_kv(g); i++)
		read_values(gguf_kv_at(g, i));
	for (size_t i = 0; i < gguf_n_tensors(g); i++) {
		const struct gguf_tensor *t = gguf_tensor_at(g, i);

		if (t->data && (t->data < data || t->size > size || t->data + t->size > data + size))
			abort();
	}
	inspect_init(&facts, g);
	for (size_t i = 0; i < facts.n_specials; i++)
		sink += facts.specials[i].text.len ? (uint64_t)facts.specials[i].text.data[0] : 0;
	for (size_t i = 0; i < facts.n_templates; i++)
		sink += facts.templates[i].text.len ? (uint64_t)facts.templates[i].text.data[0] : 0;
	inspect_done(&facts);
	gguf_close(g);
	return 0;
}
