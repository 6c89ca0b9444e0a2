/* Names of files in parts; see gguf_shard.h. */
#include "core/gguf_shard.h"

#include <stdlib.h>
#include <string.h>

static const char form[] = "-#####-of-#####.gguf";
enum { LEN = sizeof form - 1, NUMBER = 1, DIGITS = 5, COUNT = 10 };

bool
gguf_shard_parse(const char *path, unsigned *no, unsigned *count)
{
	size_t n = strlen(path);
	const char *mark = n > LEN ? path + n - LEN : NULL;

	for (size_t i = 0; mark && i < LEN; i++)
		if (form[i] == '#' ? mark[i] < '0' || mark[i] > '9' : mark[i] != form[i])
			mark = NULL;
	if (!mark)
		return false;
	*no = (unsigned)strtoul(mark + NUMBER, NULL, 10);
	*count = (unsigned)strtoul(mark + COUNT, NULL, 10);
	return *no >= 1 && *no <= *count;
}

void
gguf_shard_path(struct buf *out, const char *path, unsigned no)
{
	size_t n = strlen(path) - LEN + NUMBER;

	buf_clear(out);
	buf_add(out, path, n);
	buf_printf(out, "%05u", no);
	buf_add_str(out, path + n + DIGITS);
}
