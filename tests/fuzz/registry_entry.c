/* Entries: whatever is read is written in a form that is read again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = {0}, second = {0};
	struct entry en, again;
	struct err e = {0};

	if (!entry_parse(&en, (const char *)data, size, &e)) {
		if (!*e.text || strchr(e.text, '\n') || strchr(e.text, '\033'))
			abort();
		return 0;
	}
	entry_write(&en, &first);
	if (!entry_parse(&again, first.data, first.len, NULL))
		abort();
	entry_write(&again, &second);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	for (size_t i = 0; i < en.n_files; i++)
		if (entry_file_limit(&en, &en.files[i]) > ENTRY_FILE_SIZE_MAX)
			abort();
	buf_done(&first);
	buf_done(&second);
	entry_done(&en);
	entry_done(&again);
	return 0;
}
