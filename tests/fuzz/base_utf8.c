/* UTF-8 decoding: always moves on, never past the end, and agrees with itself. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	bool all = true;

	for (size_t at = 0; at < size;) {
		char back[4];
		uint32_t cp;
		bool ok;
		size_t n = utf8_decode(s + at, size - at, &cp, &ok);

		if (n == 0 || n > size - at || n > 4)
			abort();
		if (ok && utf8_encode(back, cp) != n)
			abort();
		all = all && ok;
		at += n;
	}
	if (all != utf8_is_valid(s, size) || utf8_incomplete_tail(s, size) > 3)
		abort();
	return 0;
}
