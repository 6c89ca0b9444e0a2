/* Words of ASCII text; see ascii.h. */
#include "core/tok/ascii.h"

#include <string.h>

const struct ascii_rules ascii_gpt2 = {.shorts = SHORT_EXACT, .after_signs = ""};
const struct ascii_rules ascii_cl100k = {
	.shorts = SHORT_FOLD, .any_sign_leads = true, .digits = 3, .lines_apart = true, .after_signs = "\r\n",
};
const struct ascii_rules ascii_qwen2 = {
	.shorts = SHORT_FOLD, .any_sign_leads = true, .digits = 1, .lines_apart = true, .after_signs = "\r\n",
};
const struct ascii_rules ascii_o200k = {
	.shorts = SHORT_AFTER, .any_sign_leads = true, .by_case = true, .digits = 3, .lines_apart = true,
	.after_signs = "\r\n/",
};
const struct ascii_rules ascii_tekken = {
	.any_sign_leads = true, .by_case = true, .digits = 1, .lines_apart = true, .after_signs = "\r\n/",
};
const struct ascii_rules ascii_seed = {
	.shorts = SHORT_FOLD, .any_sign_leads = true, .digits = 1, .lines_apart = true, .after_signs = "",
};

/* What is left of the text.  Past its end there is a NUL character, which is a sign: each run ends there. */
struct rest {
	const char *s;
	size_t len;
};

static unsigned char
at(struct rest t, size_t i)
{
	return i < t.len ? (unsigned char)t.s[i] : 0;
}

static bool
is_capital(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_newline(unsigned char c)
{
	return c == '\n' || c == '\r';
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || (c >= 9 && c <= 13);
}

static bool
is_sign(unsigned char c)
{
	return c < 0x80 && !is_letter(c) && !is_digit(c) && !is_space(c);
}

static bool
is_known(struct rest t, size_t i)
{
	return at(t, i) < 0x80;
}

/* Length of 's, 't, 're, 've, 'm, 'll or 'd at FROM, or 0. */
static size_t
short_at(struct rest t, size_t from, bool folds)
{
	unsigned char fold = folds ? 0x20 : 0, b, c;

	if (at(t, from) != '\'' || from + 1 >= t.len)
		return 0;
	b = at(t, from + 1) | fold;
	c = from + 2 < t.len ? at(t, from + 2) | fold : 0;
	if (b == 's' || b == 't' || b == 'm' || b == 'd')
		return 2;
	return (c == 'e' && (b == 'r' || b == 'v')) || (b == 'l' && c == 'l') ? 3 : 0;
}

/* The word whose letters begin at FROM. */
static size_t
letters(const struct ascii_rules *r, struct rest t, size_t from)
{
	size_t end = from;

	while (is_letter(at(t, end)) && (!r->by_case || is_capital(at(t, end))))
		end++;
	while (r->by_case && is_letter(at(t, end)) && !is_capital(at(t, end)))
		end++;
	if (!is_known(t, end))
		return 0;
	if (r->shorts == SHORT_AFTER && at(t, end) == '\'') {
		if (!is_known(t, end + 1))		/* U+017F is an s as well */
			return 0;
		end += short_at(t, end, true);
	}
	return end;
}

static size_t
digits(const struct ascii_rules *r, struct rest t, size_t from)
{
	size_t end = from;

	while (is_digit(at(t, end)) && (!r->digits || end - from < r->digits))
		end++;
	return is_known(t, end) || end - from == r->digits ? end : 0;
}

static size_t
signs(const struct ascii_rules *r, struct rest t, size_t from)
{
	size_t end = from;

	while (end < t.len && is_sign(at(t, end)))
		end++;
	if (!is_known(t, end))
		return 0;
	while (end < t.len && at(t, end) && strchr(r->after_signs, at(t, end)))
		end++;
	return end;
}

/* Of several spaces the last one goes with what follows. */
static size_t
spaces(const struct ascii_rules *r, struct rest t)
{
	size_t end = 0, after_newline = 0;

	for (; is_space(at(t, end)); end++)
		if (is_newline(at(t, end)))
			after_newline = end + 1;
	if (!is_known(t, end))
		return 0;
	if (r->lines_apart && after_newline)
		return after_newline;
	return end < t.len && end > 1 ? end - 1 : end;
}

size_t
ascii_word(const struct ascii_rules *r, const char *text, size_t len)
{
	struct rest t = {text, len};
	unsigned char c = at(t, 0), next = at(t, 1);
	bool leads = c == ' ' || (r->any_sign_leads && (is_sign(c) || (is_space(c) && !is_newline(c))));
	size_t n;

	if (c >= 0x80 || (len > 1 && !is_letter(c) && next >= 0x80))
		return 0;
	if (c == '\'' && (r->shorts == SHORT_EXACT || r->shorts == SHORT_FOLD)) {
		n = short_at(t, 0, r->shorts == SHORT_FOLD);
		if (n)
			return n;
	}
	if (is_letter(c) || (leads && is_letter(next)))
		return letters(r, t, !is_letter(c));
	if (is_digit(c) || (c == ' ' && !r->any_sign_leads && is_digit(next)))
		return digits(r, t, !is_digit(c));
	if (is_sign(c) || (c == ' ' && len > 1 && is_sign(next)))
		return signs(r, t, !is_sign(c));
	return spaces(r, t);
}
