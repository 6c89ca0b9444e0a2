/* The file of the queue of downloads: whatever is in it, names are names, and there are not too many. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/downloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct downloads d = {0};

	downloads_read(&d, (const char *)data, size);
	if (d.n > 200)
		abort();
	for (size_t i = 0; i < d.n; i++) {
		const char *s = d.items[i].name;

		if (!*s || *s == '-' || strlen(s) > 1024)
			abort();
		for (; *s; s++)
			if ((unsigned char)*s <= ' ' || *s == 0x7f)
				abort();
	}
	downloads_done(&d);
	return 0;
}
