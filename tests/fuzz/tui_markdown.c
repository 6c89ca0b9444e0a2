/* Markdown: any text is laid out, at any width, and the same whether it comes at once or bit by bit. */
#include <stdint.h>
#include <stdlib.h>

#include "tests/data/flow.h"
#include "tui/text_clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = {0};

	if (size < 2 || size > 4096)
		return 0;
	text_clean(&text, (const char *)data + 2, size - 2);
	if (!flow_holds(buf_str(&text), text.len, 1 + data[0] % 100, data[1]))
		abort();
	buf_done(&text);
	return 0;
}
