/* The index: what is accepted is canonical (written back byte for byte) and can be searched. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct index *ix = index_parse((const char *)data, size, &e);
	struct buf out = {0};

	if (!ix) {
		if (e.kind != ERR_VERIFY && e.kind != ERR_NO_SPACE)
			abort();
		return 0;
	}
	for (size_t i = 0; i < ix->n_files; i++)
		if (index_find(ix, ix->files[i].path) != &ix->files[i])
			abort();
	if (!index_write(ix, &out, &e) || out.len != size || memcmp(out.data, data, size) != 0)
		abort();
	buf_done(&out);
	index_free(ix);
	return 0;
}
