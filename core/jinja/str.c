/* Strings: counted and cut by code points, searched, split, stripped. */
#define _GNU_SOURCE		/* memmem */
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/value.h"

static bool
is_ascii(struct val s)
{
	size_t i = 0;
	uint64_t w;

	for (; i + 8 <= s.len; i += 8) {
		memcpy(&w, s.s + i, 8);
		if (w & 0x8080808080808080u)
			return false;
	}
	for (; i < s.len; i++)
		if ((unsigned char)s.s[i] & 0x80)
			return false;
	return true;
}

/* Characters are the bytes that do not continue one: 10xxxxxx.  Eight at a time. */
size_t
str_count(struct run *r, struct val s)
{
	size_t n = s.len, i = 0;
	uint64_t w;

	run_charge_bytes(r, s.len);
	for (; i + 8 <= s.len; i += 8) {
		memcpy(&w, s.s + i, 8);
		n -= (size_t)__builtin_popcountll((w >> 7) & ~(w >> 6) & 0x0101010101010101u);
	}
	for (; i < s.len; i++)
		n -= ((unsigned char)s.s[i] & 0xc0) == 0x80;
	return n;
}

size_t
str_offset(struct run *r, struct val s, size_t chars)
{
	size_t i = 0;

	run_charge_bytes(r, s.len);
	if (is_ascii(s))
		return chars < s.len ? chars : s.len;
	for (; i < s.len; i++)
		if (((unsigned char)s.s[i] & 0xc0) != 0x80 && chars-- == 0)
			break;
	return i;
}

struct val
str_sub(struct val s, size_t from, size_t to)
{
	struct val v = val_str(s.s + from, to > from ? to - from : 0);

	v.safe = s.safe;
	return v;
}

const char *
str_find(struct run *r, struct val in, struct val what, size_t from)
{
	const char *p;

	if (what.len == 0)
		return in.s + from;
	p = memmem(in.s + from, in.len - from, what.s, what.len);
	/* No more than was looked at; a long needle makes the search slower. */
	run_charge_bytes(r, (p ? (size_t)(p - in.s) - from : in.len - from) * (what.len < 64 ? 1 : 8));
	return p;
}

struct val
str_escape(struct run *r, struct val v)
{
	static const char from[] = "&<>'\"";
	static const char *const to[] = {"&amp;", "&lt;", "&gt;", "&#39;", "&#34;"};
	struct text out = run_text(r);
	struct val s = val_to_str(r, v);

	if (s.safe)
		return s;
	run_charge_bytes(r, s.len);
	for (size_t i = 0; i < s.len; i++) {
		const char *p = memchr(from, s.s[i], sizeof from - 1);

		if (p)
			text_add_str(&out, to[p - from]);
		else
			text_add_char(&out, s.s[i]);
	}
	s = val_text(&out);
	s.safe = true;
	return s;
}

static bool
in_set(struct run *r, struct val chars, const char *c, size_t n)
{
	if (chars.type == V_NONE) {
		uint32_t cp;
		bool ok;

		utf8_decode(c, n, &cp, &ok);
		return uni_space(cp);
	}
	run_charge_bytes(r, chars.len);
	return memmem(chars.s, chars.len, c, n) != NULL;	/* UTF-8: never in the middle of another */
}

struct val
str_strip(struct run *r, struct val s, struct val chars, int sides)
{
	size_t from = 0, to = s.len, n;
	uint32_t cp;
	bool ok;

	if (chars.type != V_NONE && chars.type != V_STR)
		run_fail(r, "strip wants a string of characters or none, not %s", val_type_name(chars));
	while (sides & STRIP_LEFT && from < to) {
		n = utf8_decode(s.s + from, to - from, &cp, &ok);
		if (!in_set(r, chars, s.s + from, n))
			break;
		from += n;
	}
	while (sides & STRIP_RIGHT && from < to) {
		for (n = 1; n < to - from && ((unsigned char)s.s[to - n] & 0xc0) == 0x80; n++)
			;
		if (!in_set(r, chars, s.s + to - n, n))
			break;
		to -= n;
	}
	run_charge(r, (s.len - (to - from)) / 8);
	return str_sub(s, from, to);
}

struct val
str_replace(struct run *r, struct val s, struct val old, struct val new, int64_t most)
{
	struct text out = run_text(r);
	size_t at = 0;
	const char *p;
	struct val v;

	while (most != 0 && at <= s.len && (p = str_find(r, s, old, at))) {
		size_t next = (size_t)(p - s.s);

		run_charge(r, 1);
		text_add(&out, s.s + at, next - at);
		text_add(&out, new.s, new.len);
		at = next + old.len;
		if (old.len == 0) {		/* between all characters */
			uint32_t cp;
			bool ok;
			size_t n = at < s.len ? utf8_decode(s.s + at, s.len - at, &cp, &ok) : 0;

			text_add(&out, s.s + at, n);
			at += n ? n : 1;
		}
		most -= most > 0;
	}
	if (at < s.len)
		text_add(&out, s.s + at, s.len - at);
	v = val_text(&out);
	v.safe = s.safe;
	return v;
}

/* The length of the line break at the beginning of S[0..n), by Python's list of them; 0: none. */
static size_t
line_break(const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0];

	if (c == '\r')
		return n > 1 && s[1] == '\n' ? 2 : 1;
	if ((c >= '\n' && c <= '\f') || (c >= 0x1c && c <= 0x1e))
		return 1;
	if (n > 1 && memcmp(s, "\xc2\x85", 2) == 0)
		return 2;
	return n > 2 && (memcmp(s, "\xe2\x80\xa8", 3) == 0 || memcmp(s, "\xe2\x80\xa9", 3) == 0) ? 3 : 0;
}

struct vec
str_lines(struct run *r, struct val s, bool keep_ends)
{
	struct vec lines = {0};
	size_t from = 0;

	run_charge_bytes(r, s.len);
	for (size_t i = 0; i < s.len; ) {
		size_t n = line_break(s.s + i, s.len - i);

		if (n > 0) {
			run_charge(r, 1);
			vec_add(r, &lines, str_sub(s, from, keep_ends ? i + n : i));
			from = i + n;
		}
		i += n ? n : 1;
	}
	if (from < s.len)
		vec_add(r, &lines, str_sub(s, from, s.len));
	return lines;
}

static struct vec
split_words(struct run *r, struct val s, int64_t most)
{
	struct vec parts = {0};

	for (;;) {
		size_t end = 0, n;
		uint32_t cp;
		bool ok;

		run_charge(r, 1);
		s = str_strip(r, s, val_none(), STRIP_LEFT);
		if (s.len == 0)
			return parts;
		if (most == 0) {
			vec_add(r, &parts, s);
			return parts;
		}
		for (; end < s.len; end += n) {
			n = utf8_decode(s.s + end, s.len - end, &cp, &ok);
			if (uni_space(cp))
				break;
		}
		vec_add(r, &parts, str_sub(s, 0, end));
		s = str_sub(s, end, s.len);
		most -= most > 0;
	}
}

static void
check_separator(struct run *r, struct val by)
{
	if (by.type != V_STR)
		run_fail(r, "split wants a string or none, not %s", val_type_name(by));
	if (by.len == 0)
		run_fail(r, "split wants a separator that is not empty");
}

struct vec
str_split(struct run *r, struct val s, struct val by, int64_t most)
{
	struct vec parts = {0};
	size_t at = 0;
	const char *p;

	if (by.type == V_NONE)
		return split_words(r, s, most);
	check_separator(r, by);
	for (; most != 0 && (p = str_find(r, s, by, at)); most -= most > 0) {
		run_charge(r, 1);
		vec_add(r, &parts, str_sub(s, at, (size_t)(p - s.s)));
		at = (size_t)(p - s.s) + by.len;
	}
	vec_add(r, &parts, str_sub(s, at, s.len));
	return parts;
}

/* The last place of WHAT in S[0..to), or NULL. */
static const char *
find_last(struct run *r, struct val s, struct val what, size_t to)
{
	for (size_t i = to >= what.len ? to - what.len + 1 : 0; i-- > 0; ) {
		run_charge_bytes(r, what.len + 32);
		if (memcmp(s.s + i, what.s, what.len) == 0)
			return s.s + i;
	}
	return NULL;
}

static void
reverse(struct vec *l)
{
	for (size_t i = 0; i < l->n / 2; i++) {
		struct val v = l->v[i];

		l->v[i] = l->v[l->n - 1 - i];
		l->v[l->n - 1 - i] = v;
	}
}

static struct vec
rsplit_words(struct run *r, struct val s, int64_t most)
{
	struct vec parts = {0};

	for (;;) {
		size_t from, n;

		run_charge(r, 1);
		s = str_strip(r, s, val_none(), STRIP_RIGHT);
		if (s.len == 0)
			break;
		if (most == 0) {
			vec_add(r, &parts, s);
			break;
		}
		for (from = s.len; from > 0; from -= n) {
			for (n = 1; n < from && ((unsigned char)s.s[from - n] & 0xc0) == 0x80; n++)
				;
			if (in_set(r, val_none(), s.s + from - n, n))
				break;
		}
		vec_add(r, &parts, str_sub(s, from, s.len));
		s = str_sub(s, 0, from);
		most -= most > 0;
	}
	reverse(&parts);
	return parts;
}

struct vec
str_rsplit(struct run *r, struct val s, struct val by, int64_t most)
{
	struct vec parts = {0};
	size_t to = s.len;
	const char *p;

	if (by.type == V_NONE)
		return rsplit_words(r, s, most);
	check_separator(r, by);
	for (; most != 0 && (p = find_last(r, s, by, to)); most -= most > 0) {
		run_charge(r, 1);
		vec_add(r, &parts, str_sub(s, (size_t)(p - s.s) + by.len, to));
		to = (size_t)(p - s.s);
	}
	vec_add(r, &parts, str_sub(s, 0, to));
	reverse(&parts);
	return parts;
}

struct val
str_pad(struct run *r, struct val s, int64_t width, struct val fill, int sides)
{
	struct text out = run_text(r);
	size_t n = str_count(r, s), pad, left;
	struct val v;

	if (fill.type != V_STR || str_count(r, fill) != 1)
		run_fail(r, "the character to fill with must be one character");
	if (width <= 0 || (uint64_t)width <= n)
		return s;
	pad = (size_t)width - n;
	left = sides == STRIP_LEFT ? pad : sides == STRIP_RIGHT ? 0 : pad / 2 + (pad & (size_t)width & 1);
	text_add_fill(&out, fill.s, fill.len, left);
	text_add(&out, s.s, s.len);
	text_add_fill(&out, fill.s, fill.len, pad - left);
	v = val_text(&out);
	v.safe = s.safe;
	return v;
}
