/* What is kept with a model: whatever is read is written in a form that is read again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = {0}, second = {0}, changes = {0};
	struct kept k, again;
	struct err e = {0};

	if (!kept_parse(&k, (const char *)data, size, &e)) {
		if (!*e.text || strchr(e.text, '\n') || strchr(e.text, '\033'))
			abort();
		return 0;
	}
	kept_write(&k, &first);
	if (!kept_parse(&again, first.data, first.len, NULL))
		abort();
	kept_write(&again, &second);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0 ||
	    kept_changes(&k.entry, &again.entry, &changes))
		abort();
	buf_done(&first);
	buf_done(&second);
	buf_done(&changes);
	kept_done(&k);
	kept_done(&again);
	return 0;
}
