/* Bytes as characters; see bytechar.h. */
#include "core/tok/bytechar.h"

#include "core/base/utf8.h"

uint32_t
bytechar_of(uint8_t b)
{
	if (b <= 0x20)
		return 0x100u + b;
	if (b >= 0x7f && b <= 0xa0)
		return 0x100u + 33 + (b - 0x7fu);
	return b == 0xad ? 0x143 : b;
}

/* The byte, or -1. */
static int
byte_of(uint32_t c)
{
	if (c >= 0x100 && c <= 0x120)
		return (int)(c - 0x100);
	if (c >= 0x121 && c <= 0x142)
		return (int)(c - 0x121 + 0x7f);
	if (c == 0x143)
		return 0xad;
	return c < 0x100 && bytechar_of((uint8_t)c) == c ? (int)c : -1;
}

void
bytechar_decode(struct buf *out, const char *s, size_t len)
{
	for (size_t at = 0, n; at < len; at += n) {
		uint32_t c;
		bool ok;
		int byte;

		for (n = 0; at + n < len && s[at + n] > ' ' && s[at + n] < 0x7f;)	/* themselves */
			n++;
		if (n) {
			buf_add(out, s + at, n);
			continue;
		}
		n = utf8_decode(s + at, len - at, &c, &ok);
		byte = ok ? byte_of(c) : -1;
		if (byte >= 0)
			buf_add_char(out, (char)byte);
		else
			buf_add(out, s + at, n);
	}
}
