/* UTF-8; see utf8.h. */
#include "core/base/utf8.h"

#include <string.h>

size_t
utf8_encode(char *out, uint32_t cp)
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = UTF8_REPLACEMENT;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* Length of the sequence that LEAD opens (0: none), and the range of its second byte:
 * Unicode 15, table 3-7. */
static int
lead_length(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2)
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0) {
		if (lead == 0xe0)
			*low = 0xa0;
		if (lead == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (lead > 0xf4)
		return 0;
	if (lead == 0xf0)
		*low = 0x90;
	if (lead == 0xf4)
		*high = 0x8f;
	return 4;
}

size_t
utf8_decode(const char *s, size_t n, uint32_t *cp, bool *ok)
{
	static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *u = (const unsigned char *)s;
	unsigned char low, high;
	int length = lead_length(u[0], &low, &high);
	uint32_t value;

	*ok = false;
	*cp = UTF8_REPLACEMENT;
	if (length == 0)
		return 1;
	value = u[0] & mask[length];
	for (int i = 1; i < length; i++) {
		if ((size_t)i >= n || u[i] < low || u[i] > high)
			return (size_t)i;
		value = value << 6 | (u[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*cp = value;
	*ok = true;
	return (size_t)length;
}

size_t
utf8_ascii_run(const char *s, size_t n)
{
	uint64_t eight;
	size_t at = 0;

	for (; at + sizeof eight <= n; at += sizeof eight) {
		memcpy(&eight, s + at, sizeof eight);
		if (eight & 0x8080808080808080u)
			break;
	}
	while (at < n && (unsigned char)s[at] < 0x80)
		at++;
	return at;
}

bool
utf8_is_valid(const char *s, size_t n)
{
	uint32_t cp;
	bool ok = true;

	for (size_t at = 0; at < n && ok;) {
		if ((unsigned char)s[at] < 0x80)
			at++;
		else
			at += utf8_decode(s + at, n - at, &cp, &ok);
	}
	return ok;
}

size_t
utf8_incomplete_tail(const char *s, size_t n)
{
	unsigned char low, high;
	uint32_t cp;
	bool ok;

	for (size_t back = 1; back <= 3 && back <= n; back++) {
		const char *p = s + n - back;

		if (((unsigned char)*p & 0xc0) == 0x80)
			continue;
		if (lead_length((unsigned char)*p, &low, &high) <= (int)back)
			return 0;
		return utf8_decode(p, back, &cp, &ok) == back ? back : 0;
	}
	return 0;
}
