/* Importance matrices of any bytes: one opens with sane numbers, or is refused with a sentence. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/gguf.h"
#include "core/imatrix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"blk.0.attn_q.weight", "a", ""};
	struct err e = {0};
	struct imatrix *m = imatrix_open_memory(data, size, &e);

	if (!m) {
		if (!e.text[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		uint64_t columns = 0, matrices = 0;
		const float *v = imatrix_find(m, (struct gguf_str){names[i], strlen(names[i])}, &columns, &matrices);

		for (uint64_t k = 0; v && k < columns * matrices; k++)
			if (!(v[k] > 0) || isinf(v[k]))
				abort();
	}
	imatrix_close(m);
	return 0;
}
