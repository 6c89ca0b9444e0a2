/* Answers: however they are cut, their pieces are the text, and no marker or call does harm.  The first byte says how. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/utf8.h"
#include "tests/data/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct split_start start = {0};
	const char *text = (const char *)data + 1;
	struct parts p;

	if (size == 0)
		return 0;
	for (size_t i = 0; section_at(i); i++)
		if (data[0] & 1 || section_at(i)->place < SECTION_TOOLS)
			start.sections |= (uint64_t)1 << i;
	if (data[0] & 2)
		start.open = "<think>";
	parts_split(&p, &start, text, size - 1, (size_t)1 + data[0] / 4);
	if (p.all.len != size - 1 || memcmp(buf_str(&p.all), text, size - 1) != 0)
		abort();
	if (p.thinking.len + p.answer.len > size - 1)
		abort();
	parts_done(&p);
	return 0;
}
