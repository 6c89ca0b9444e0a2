/* Younger characters; see newer.h. */
#include "core/tok/newer.h"

#include <stdint.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

static const struct {
	uint32_t first, last, like;
} newer[] = {
#define NEWER(first, last, like) {first, last, like},
#include "core/tok/newer.def"
#undef NEWER
};

/* The older character for C, or 0. */
static uint32_t
older(uint32_t c)
{
	size_t low = 0, high = ARRAY_LEN(newer);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c > newer[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < ARRAY_LEN(newer) && c >= newer[low].first ? newer[low].like : 0;
}

/* Most scripts at a glance: between these blocks nothing is young. */
static bool
may_be_young(uint32_t c)
{
	return (c >= 0x897 && c <= 0x1c8a) || (c >= 0x2427 && c <= 0x31ef) || (c >= 0xa7cb && c <= 0xa7dc) ||
	    c >= 0x105c0;
}

bool
newer_replace(struct buf *out, const char *text, size_t len)
{
	bool found = false;

	for (size_t at = 0; at < len;) {
		uint32_t c, like;
		bool ok;
		size_t n;

		if ((unsigned char)text[at] < 0xe0) {	/* part of a character below U+0800 */
			n = utf8_ascii_run(text + at, len - at);
			at += n ? n : 1;
			continue;
		}
		n = utf8_decode(text + at, len - at, &c, &ok);
		like = may_be_young(c) ? older(c) : 0;
		if (like) {
			if (!found) {
				buf_clear(out);
				buf_add(out, text, len);
			}
			found = true;
			utf8_encode(out->data + at, like);
		}
		at += n;
	}
	return found;
}
