/* Safetensors files: any bytes are refused with a sentence, or every tensor lies inside them, apart from the others. */
#include <stdint.h>
#include <stdlib.h>

#include "core/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct safetensors *s = safetensors_open_memory(data, size, &e);

	if (!s) {
		if (!e.text[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < safetensors_n(s); i++) {
		const struct st_tensor *t = safetensors_at(s, i);

		if (t->data < data || t->size > size || t->data + t->size > data + size)
			abort();
		sink += (uint64_t)t->name[0] + (t->size ? t->data[t->size - 1] : 0u) + (uint64_t)st_type_name(t->type)[0];
	}
	safetensors_close(s);
	return 0;
}
