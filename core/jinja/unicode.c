/* What Python's str knows about characters.  Glue to utf8proc for this folder; the conditional and one-to-many case
 * mappings are ours (casing.def, and the final sigma of Unicode 3.13). */
#include <utf8proc.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/jinja/value.h"

static const struct {
	uint32_t from;
	const char *upper, *title;
} casings[] = {
#define CASING(from, upper, title) {from, upper, title},
#include "core/jinja/casing.def"
#undef CASING
};

enum letter_case { UPPER, LOWER, TITLE };

static utf8proc_category_t
category(uint32_t c)
{
	return utf8proc_category((utf8proc_int32_t)c);
}

bool
uni_space(uint32_t c)
{
	if (c < 0x80)
		return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20);
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	    c == 0x202f || c == 0x205f || c == 0x3000;
}

bool
uni_printable(uint32_t c)
{
	utf8proc_category_t k;

	if (c < 0x7f)
		return c >= 0x20;
	k = category(c);
	return k != UTF8PROC_CATEGORY_CN && k != UTF8PROC_CATEGORY_CC && k != UTF8PROC_CATEGORY_CF &&
	    k != UTF8PROC_CATEGORY_CS && k != UTF8PROC_CATEGORY_CO && k != UTF8PROC_CATEGORY_ZL &&
	    k != UTF8PROC_CATEGORY_ZP && k != UTF8PROC_CATEGORY_ZS;
}

bool
uni_alpha(uint32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return (c | 32) >= 'a' && (c | 32) <= 'z';
	k = category(c);
	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

bool
uni_decimal(uint32_t c)
{
	return c < 0x80 ? c >= '0' && c <= '9' : category(c) == UTF8PROC_CATEGORY_ND;
}

bool
uni_digit(uint32_t c)
{
	/* Superscripts, subscripts and circled digits have a digit value without being decimal. */
	return uni_decimal(c) || c == 0xb2 || c == 0xb3 || c == 0xb9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2079) ||
	    (c >= 0x2080 && c <= 0x2089) || (c >= 0x2460 && c <= 0x2468) || (c >= 0x2776 && c <= 0x277e);
}

bool
uni_numeric(uint32_t c)
{
	utf8proc_category_t k = category(c);

	return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_NO;
}

bool
uni_identifier(uint32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return uni_alpha(c) || uni_decimal(c) || c == '_';
	k = category(c);
	return uni_alpha(c) || k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_MN ||
	    k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_PC;
}

bool
uni_cased_upper(uint32_t c)
{
	return c < 0x80 ? c >= 'A' && c <= 'Z' : utf8proc_isupper((utf8proc_int32_t)c);
}

bool
uni_cased_lower(uint32_t c)
{
	return c < 0x80 ? c >= 'a' && c <= 'z' : utf8proc_islower((utf8proc_int32_t)c);
}

bool
uni_titlecase(uint32_t c)
{
	return category(c) == UTF8PROC_CATEGORY_LT;
}

static bool
is_cased(uint32_t c)
{
	return uni_cased_upper(c) || uni_cased_lower(c) || uni_titlecase(c);
}

static bool
is_case_ignorable(uint32_t c)
{
	utf8proc_category_t k = category(c);

	return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_ME || k == UTF8PROC_CATEGORY_CF ||
	    k == UTF8PROC_CATEGORY_LM || k == UTF8PROC_CATEGORY_SK || c == '\'' || c == '.' || c == ':' || c == 0xb7 ||
	    c == 0x2019;
}

/* A capital sigma at AT ends a word: a cased letter stands before it and none behind it (Unicode 3.13, Final_Sigma). */
static bool
ends_word(struct val s, size_t at)
{
	uint32_t c = 0;
	bool ok;
	size_t i = at;

	do {
		if (i == 0)
			return false;
		while (--i > 0 && ((unsigned char)s.s[i] & 0xc0) == 0x80)
			;
		utf8_decode(s.s + i, s.len - i, &c, &ok);
	} while (is_case_ignorable(c));
	if (!is_cased(c))
		return false;
	for (i = at + 2; i < s.len; ) {
		i += utf8_decode(s.s + i, s.len - i, &c, &ok);
		if (!is_case_ignorable(c))
			return !is_cased(c);
	}
	return true;
}

static bool
add_special(struct text *out, uint32_t c, enum letter_case to)
{
	size_t lo = 0, hi = ARRAY_LEN(casings);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (casings[mid].from < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == ARRAY_LEN(casings) || casings[lo].from != c)
		return false;
	text_add_str(out, to == UPPER ? casings[lo].upper : casings[lo].title);
	return true;
}

/* The character C, at AT of S, in another case. */
static void
add_cased(struct text *out, struct val s, size_t at, uint32_t c, enum letter_case to)
{
	if (c < 0x80) {
		bool letter = uni_alpha(c);

		text_add_char(out, (char)(letter ? to == LOWER ? c | 32 : c & ~32u : c));
	} else if (to == LOWER) {
		if (c == 0x3a3 && ends_word(s, at))
			text_add_utf8(out, 0x3c2);
		else if (c == 0x130)
			text_add_str(out, "i\xcc\x87");
		else
			text_add_utf8(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
	} else if (!add_special(out, c, to)) {
		utf8proc_int32_t i = (utf8proc_int32_t)c;

		text_add_utf8(out, (uint32_t)(to == UPPER ? utf8proc_toupper(i) : utf8proc_totitle(i)));
	}
}

/* FIRST for the first character of the string (or of every word), REST for the others. */
static struct val
recase(struct run *r, struct val s, enum letter_case first, enum letter_case rest, bool words)
{
	struct text out = run_text(r);
	bool inside = false;
	struct val v;

	run_charge(r, s.len / 8);
	for (size_t i = 0, n; i < s.len; i += n) {
		uint32_t c;
		bool ok;

		n = utf8_decode(s.s + i, s.len - i, &c, &ok);
		add_cased(&out, s, i, c, inside ? rest : first);
		inside = words ? is_cased(c) : true;
	}
	v = val_text(&out);
	v.safe = s.safe;
	return v;
}

struct val
str_upper(struct run *r, struct val s)
{
	return recase(r, s, UPPER, UPPER, false);
}

struct val
str_lower(struct run *r, struct val s)
{
	return recase(r, s, LOWER, LOWER, false);
}

struct val
str_capitalize(struct run *r, struct val s)
{
	return recase(r, s, TITLE, LOWER, false);
}

struct val
str_title(struct run *r, struct val s)
{
	return recase(r, s, TITLE, LOWER, true);
}
