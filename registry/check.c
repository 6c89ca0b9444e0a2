/* Words of a registry; see check.h.  Look-alikes: Unicode Technical Standard #39; names of files: the rules of Windows
 * and of case-folding file systems hold everywhere, so that a store can be copied. */
#include "registry/check.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

enum { ID_MAX = 64, WORD_MAX = 96, TEXT_MAX = 600, NAME_MAX_BYTES = 200, PATH_MAX_BYTES = 400, URL_MAX = 1000 };

struct range {
	uint32_t first, last;
};

/* Letters that people take for a Latin one. */
static const struct {
	uint32_t cp;
	char looks;
} twins[] = {
	{0x430, 'a'}, {0x435, 'e'}, {0x43e, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'}, {0x445, 'x'}, {0x455, 's'},
	{0x456, 'i'}, {0x458, 'j'}, {0x4bb, 'h'}, {0x501, 'd'}, {0x51b, 'q'}, {0x51d, 'w'}, {0x432, 'b'}, {0x43a, 'k'},
	{0x43c, 'm'}, {0x442, 't'}, {0x3b1, 'a'}, {0x3bf, 'o'}, {0x3bd, 'v'}, {0x3c1, 'p'}, {0x3b9, 'i'}, {0x3ba, 'k'},
	{0x585, 'o'}, {0x578, 'n'}, {0x57d, 'u'}, {0x261, 'g'}, {0x131, 'i'}, {0x2010, '-'}, {0x2011, '-'}, {0x2013, '-'},
	{0x2212, '-'}, {0x2024, '.'}, {0x2044, '/'}, {0x2215, '/'},
};

/* Scripts and symbols full of letters that look Latin. */
static const struct range twin_scripts[] = {
	{0x250, 0x2af}, {0x370, 0x3ff}, {0x400, 0x58f}, {0x13a0, 0x13ff}, {0x1d00, 0x1dbf}, {0x2100, 0x2121},
	{0x2123, 0x218f}, {0x2c80, 0x2cff}, {0xa4d0, 0xa4ff}, {0xab30, 0xabbf}, {0xff21, 0xff3a}, {0xff41, 0xff5a},
	{0x10280, 0x1044f}, {0x1d400, 0x1d7ff},
};

/* Controls, bidi controls, and what shows nothing (Unicode 15, chapter 23). */
static const struct range hidden[] = {
	{0x0, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5},
	{0x180b, 0x180f}, {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3164, 0x3164}, {0xe000, 0xf8ff},
	{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xffff}, {0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

static bool
is_in(const struct range *r, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= r[i].first && cp <= r[i].last)
			return true;
	return false;
}

static bool
is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_letter_or_digit(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

/* The character at AT is not one of ALLOWED: say which it is without printing it. */
static bool
bad_char(const char *s, size_t at, const char *allowed, struct err *e)
{
	uint32_t cp;
	bool ok;

	utf8_decode(s + at, strlen(s + at), &cp, &ok);
	if (!ok)
		return err_set(e, ERR_FAILED, "has bytes that are no UTF-8; allowed are %s", allowed);
	for (size_t i = 0; i < ARRAY_LEN(twins); i++)
		if (twins[i].cp == cp)
			return err_set(e, ERR_FAILED, "has U+%04X, which only looks like \"%c\"; allowed are %s", (unsigned)cp,
			    twins[i].looks, allowed);
	if (cp > 0x20 && cp < 0x7f)
		return err_set(e, ERR_FAILED, "has a \"%c\"; allowed are %s", (int)cp, allowed);
	return err_set(e, ERR_FAILED, "has U+%04X; allowed are %s", (unsigned)cp, allowed);
}

/* S[0..n) consists of letters, digits and MORE. */
static bool
only(const char *s, size_t n, bool upper, const char *more, const char *allowed, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!(upper ? is_letter_or_digit(s[i]) : is_lower_or_digit(s[i])) && !strchr(more, s[i]))
			return bad_char(s, i, allowed, e);
	return true;
}

static bool
check_length(const char *s, size_t max, struct err *e)
{
	size_t n = strlen(s);

	if (n == 0)
		return err_set(e, ERR_FAILED, "is empty");
	if (n > max)
		return err_set(e, ERR_FAILED, "has %zu bytes; at most %zu are allowed", n, max);
	return true;
}

bool
check_id(const char *s, struct err *e)
{
	size_t n = strlen(s);

	if (!check_length(s, ID_MAX, e) || !only(s, n, false, "._-", "a-z 0-9 . _ -", e))
		return false;
	if (!is_lower_or_digit(s[0]) || !is_lower_or_digit(s[n - 1]))
		return err_set(e, ERR_FAILED, "has to begin and end with a letter or digit");
	if (strstr(s, ".."))
		return err_set(e, ERR_FAILED, "has two dots in a row");
	return true;
}

bool
check_word(const char *s, struct err *e)
{
	size_t n = strlen(s);

	if (!check_length(s, WORD_MAX, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~')
			return bad_char(s, i, "printable ASCII characters", e);
	if (s[0] == ' ' || s[n - 1] == ' ')
		return err_set(e, ERR_FAILED, "begins or ends with a blank");
	return true;
}

bool
check_text(const char *s, struct err *e)
{
	size_t n = strlen(s);
	bool latin = false, twin = false;

	if (!check_length(s, TEXT_MAX, e))
		return false;
	for (size_t at = 0; at < n;) {
		uint32_t cp;
		bool ok;
		size_t len = utf8_decode(s + at, n - at, &cp, &ok);

		if (!ok || is_in(hidden, ARRAY_LEN(hidden), cp))
			return bad_char(s, at, "characters that can be seen", e);
		if (cp < 0x80 && !is_letter((char)cp)) {
			latin = twin = false;
		} else {
			latin |= cp < 0x80;
			twin |= is_in(twin_scripts, ARRAY_LEN(twin_scripts), cp);
		}
		if (latin && twin)
			return err_set(e, ERR_FAILED, "mixes Latin letters with others that look alike in one word");
		at += len;
	}
	return true;
}

/* N digits at S as a number within [low, high]. */
static bool
is_number(const char *s, size_t n, int low, int high)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	return v >= low && v <= high;
}

bool
check_date(const char *s, struct err *e)
{
	size_t n = strlen(s);

	if ((n == 4 || n == 7 || n == 10) && is_number(s, 4, 1950, 2999) &&
	    (n < 7 || (s[4] == '-' && is_number(s + 5, 2, 1, 12))) &&
	    (n < 10 || (s[7] == '-' && is_number(s + 8, 2, 1, 31))))
		return true;
	return err_set(e, ERR_FAILED, "is no date of the form YYYY, YYYY-MM or YYYY-MM-DD");
}

bool
check_language(const char *s, struct err *e)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] < 'a' || s[i] > 'z')
			return bad_char(s, i, "two or three letters a-z (ISO 639)", e);
	return n == 2 || n == 3 || err_set(e, ERR_FAILED, "has %zu letters; a language code (ISO 639) has 2 or 3", n);
}

static bool
is_one_of(const char *s, size_t n, const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++) {
		size_t k = 0;

		if (strlen(words[i]) != n)
			continue;
		while (k < n && (s[k] >= 'A' && s[k] <= 'Z' ? s[k] - 'A' + 'a' : s[k]) == words[i][k])
			k++;
		if (k == n)
			return true;
	}
	return false;
}

/* One part of a path. */
static bool
check_part(const char *s, size_t n, struct err *e)
{
	static const char *const devices[] = {
		"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1",
		"lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
	};
	const char *dot = memchr(s, '.', n);

	if (n == 0)
		return err_set(e, ERR_FAILED, "has an empty part");
	if (n > NAME_MAX_BYTES)
		return err_set(e, ERR_FAILED, "has a part of %zu bytes; at most %d are allowed", n, NAME_MAX_BYTES);
	if (!only(s, n, true, "._+-", "A-Z a-z 0-9 . _ + -", e))
		return false;
	if (!is_letter_or_digit(s[0]) && s[0] != '_')
		return err_set(e, ERR_FAILED, "begins with a \"%c\"", s[0]);
	if (s[n - 1] == '.')
		return err_set(e, ERR_FAILED, "ends with a dot");
	if (is_one_of(s, dot ? (size_t)(dot - s) : n, devices, ARRAY_LEN(devices)))
		return err_set(e, ERR_FAILED, "is the name of a device on some systems");
	return true;
}

bool
check_file_path(const char *s, struct err *e)
{
	/* What is only read; pickled weights run code when they are loaded. */
	static const char *const kinds[] = {"gguf", "safetensors", "json", "jinja", "model", "txt", "md"};
	/* Of which the text is known by the name alone. */
	static const char *const texts[] = {"license", "licence", "copying", "notice", "use_policy"};
	const char *slash = strrchr(s, '/'), *name = slash ? slash + 1 : s, *dot = strrchr(name, '.');

	if (!check_length(s, PATH_MAX_BYTES, e))
		return false;
	for (const char *p = s;; p++) {
		size_t n = strcspn(p, "/");

		if (!check_part(p, n, e))
			return false;
		p += n;
		if (!*p)
			break;
	}
	if (dot ? !is_one_of(dot + 1, strlen(dot + 1), kinds, ARRAY_LEN(kinds)) :
	    !is_one_of(name, strlen(name), texts, ARRAY_LEN(texts)))
		return err_set(e, ERR_FAILED, "ends in none of .gguf .safetensors .json .jinja .model .txt .md");
	return true;
}

bool
check_file_name(const char *s, struct err *e)
{
	if (strchr(s, '/'))
		return err_set(e, ERR_FAILED, "has a \"/\"; the name of a file stands without folders");
	return check_file_path(s, e);
}

bool
check_repo(const char *s, struct err *e)
{
	const char *slash = strchr(s, '/');

	if (!check_length(s, WORD_MAX, e))
		return false;
	if (!slash || strchr(slash + 1, '/'))
		return err_set(e, ERR_FAILED, "has to be OWNER/NAME");
	if (strstr(s, ".."))
		return err_set(e, ERR_FAILED, "has two dots in a row");
	return check_part(s, (size_t)(slash - s), e) && check_part(slash + 1, strlen(slash + 1), e);
}

bool
check_revision(const char *s, struct err *e)
{
	size_t n = strlen(s);

	if ((n == 40 || n == 64) && strspn(s, "0123456789abcdef") == n)
		return true;
	return err_set(e, ERR_FAILED, "is no commit: 40 or 64 hexadecimal digits in lower case");
}

/* HOST or HOST:PORT at S[0..n). */
static bool
check_host(const char *s, size_t n, struct err *e)
{
	const char *colon = memchr(s, ':', n);
	size_t host = colon ? (size_t)(colon - s) : n;

	if (host == 0 || !is_letter_or_digit(s[0]) || !is_letter_or_digit(s[host - 1]))
		return err_set(e, ERR_FAILED, "names no host");
	if (!only(s, host, false, ".-", "a-z 0-9 . - in the host", e))
		return false;
	for (size_t i = 0; i + 4 <= host; i++)
		if (memcmp(s + i, "xn--", 4) == 0 && (i == 0 || s[i - 1] == '.'))
			return err_set(e, ERR_FAILED, "names a host with letters outside ASCII, which may look like another");
	if (colon && (n - host - 1 == 0 || n - host - 1 > 5 || !is_number(colon + 1, n - host - 1, 1, 65535)))
		return err_set(e, ERR_FAILED, "has a port that is no number from 1 to 65535");
	return true;
}

/* Dots and slashes, as they are or written %2e, %2f, %5c, must not lead out of the folder. */
static bool
check_url_path(const char *s, struct err *e)
{
	for (const char *p = s; *p; p++) {
		if (*p <= ' ' || *p > '~' || strchr("\"'<>\\^`{|}#@", *p))
			return bad_char(p, 0, "the characters of an address without user or fragment", e);
		if (*p == '%' && (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]) ||
		    is_one_of(p + 1, 2, (const char *const[]){"00", "2e", "2f", "5c"}, 4)))
			return err_set(e, ERR_FAILED, "hides a character behind a \"%%\"");
		if (*p == '/' && p[1] == '.' && (p[2] == '/' || !p[2] || (p[2] == '.' && (p[3] == '/' || !p[3]))))
			return err_set(e, ERR_FAILED, "has a part that is \".\" or \"..\"");
	}
	return true;
}

bool
check_url(const char *s, struct err *e)
{
	static const char https[] = "https://", file[] = "file:///";
	const char *host, *path;

	if (!check_length(s, URL_MAX, e))
		return false;
	if (strncmp(s, file, sizeof file - 1) == 0)
		return check_url_path(s + sizeof file - 2, e);
	if (strncmp(s, https, sizeof https - 1) != 0)
		return err_set(e, ERR_FAILED, "begins with neither https:// nor file:///");
	host = s + sizeof https - 1;
	path = host + strcspn(host, "/");
	if (!*path || !path[1])
		return err_set(e, ERR_FAILED, "names no file on the host");
	return check_host(host, (size_t)(path - host), e) && check_url_path(path, e);
}

bool
check_hex(const char *s, unsigned char *out, size_t n, struct err *e)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(s) != 2 * n || strspn(s, digits) != 2 * n)
		return err_set(e, ERR_FAILED, "is not %zu hexadecimal digits in lower case", 2 * n);
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)((strchr(digits, s[2 * i]) - digits) << 4 | (strchr(digits, s[2 * i + 1]) - digits));
	return true;
}
