/* Families, and packs of the files of a registry: whatever is read is written in a form that is read as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalog *c = catalog_new();
	struct buf first = {0}, second = {0};
	struct family f, again;
	struct err e = {0};

	if (!catalog_add_pack(c, "a", (const char *)data, size, &e) && (!*e.text || strchr(e.text, '\n') || strchr(e.text, '\033')))
		abort();
	catalog_free(c);
	if (!family_parse(&f, (const char *)data, size, NULL))
		return 0;
	family_write(&f, &first);
	if (!family_parse(&again, first.data, first.len, NULL))
		abort();
	family_write(&again, &second);
	if (strcmp(first.data, second.data) != 0)
		abort();
	buf_done(&first);
	buf_done(&second);
	family_done(&f);
	family_done(&again);
	return 0;
}
