/* State files and stamps: whatever is read is written as the same text, so that nothing has two meanings. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/part.h"
#include "registry/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct buf b = {0};
	struct stamp stamp;
	struct part_state part;

	if (part_parse(&part, text, size, NULL)) {
		part_write(&part, &b);
		if (b.len != size || memcmp(b.data, text, size) != 0 || part_n_bytes(&part) > part.size)
			abort();
		part_done(&part);
	}
	if (stamp_parse(&stamp, text, size, NULL)) {
		stamp_write(&stamp, &b);
		if (b.len != size || memcmp(b.data, text, size) != 0)
			abort();
		stamp_done(&stamp);
	}
	buf_done(&b);
	return 0;
}
