/* The head of a bundle: never past the end, and the pack begins inside or right at it. */
#include <stdint.h>
#include <stdlib.h>

#include "registry/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct bundle b, back;
	struct buf out = {0};

	if (!bundle_parse(&b, (const char *)data, size, &e)) {
		if (e.kind != ERR_VERIFY)
			abort();
		return 0;
	}
	if (b.pack_at > size || b.n_needs > BUNDLE_NEEDS_MAX)
		abort();
	bundle_write_head(&b, &out);
	if (!bundle_parse(&back, out.data, out.len, &e) || back.n_needs != b.n_needs || back.pack_at != out.len)
		abort();
	buf_done(&out);
	return 0;
}
