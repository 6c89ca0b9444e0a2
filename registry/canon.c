/* Canonical text; see canon.h. */
#include "registry/canon.h"

#include <stdio.h>
#include <string.h>

/* 2000-01-01 and 10000-01-01, in seconds since 1970. */
#define DATE_MIN INT64_C(946684800)
#define DATE_END INT64_C(253402300800)

struct canon
canon_start(const char *text, size_t n)
{
	return (struct canon){.at = text, .end = text + n};
}

bool
canon_line(struct canon *c, struct canon_text *line, struct err *e)
{
	size_t left = (size_t)(c->end - c->at);
	const char *stop;

	c->line++;
	if (left == 0)
		return err_set(e, ERR_VERIFY, "line %zu is missing", c->line);
	stop = memchr(c->at, '\n', left < CANON_LINE_MAX + 1 ? left : CANON_LINE_MAX + 1);
	if (!stop && left <= CANON_LINE_MAX)
		return err_set(e, ERR_VERIFY, "line %zu is cut short: it has no newline", c->line);
	if (!stop)
		return err_set(e, ERR_VERIFY, "line %zu is longer than %d bytes", c->line, CANON_LINE_MAX);
	*line = (struct canon_text){c->at, (size_t)(stop - c->at)};
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] < ' ' || line->data[i] > '~')
			return err_set(e, ERR_VERIFY, "line %zu holds byte 0x%02x, only printable ASCII may stand there",
			    c->line, (unsigned char)line->data[i]);
	c->at = stop + 1;
	return true;
}

bool
canon_exact(struct canon *c, const char *line, struct err *e)
{
	struct canon_text t;

	if (!canon_line(c, &t, e))
		return false;
	if (t.len != strlen(line) || memcmp(t.data, line, t.len) != 0)
		return err_set(e, ERR_VERIFY, "line %zu is \"%.*s\", expected \"%s\"", c->line,
		    (int)(t.len < 80 ? t.len : 80), t.data, line);
	return true;
}

bool
canon_field(struct canon *c, const char *word, struct canon_text *value, struct err *e)
{
	struct canon_text t;
	size_t n = strlen(word);

	if (!canon_line(c, &t, e))
		return false;
	if (t.len < n + 2 || memcmp(t.data, word, n) != 0 || t.data[n] != ' ')
		return err_set(e, ERR_VERIFY, "line %zu is \"%.*s\", expected \"%s …\"", c->line,
		    (int)(t.len < 80 ? t.len : 80), t.data, word);
	*value = (struct canon_text){t.data + n + 1, t.len - n - 1};
	return true;
}

bool
canon_field_number(struct canon *c, const char *word, uint64_t max, uint64_t *value, struct err *e)
{
	struct canon_text t;

	if (!canon_field(c, word, &t, e))
		return false;
	return canon_number(t, max, value) ||
	    err_set(e, ERR_VERIFY, "line %zu: %s is no number up to %llu", c->line, word, (unsigned long long)max);
}

bool
canon_field_date(struct canon *c, const char *word, int64_t *value, struct err *e)
{
	struct canon_text t;

	if (!canon_field(c, word, &t, e))
		return false;
	return canon_date(t, value) ||
	    err_set(e, ERR_VERIFY, "line %zu: %s is no date like 2026-11-26T10:00:00Z", c->line, word);
}

bool
canon_field_name(struct canon *c, const char *word, char name[CANON_NAME_MAX + 1], struct err *e)
{
	struct canon_text t;

	if (!canon_field(c, word, &t, e))
		return false;
	if (!canon_name(t))
		return err_set(e, ERR_VERIFY, "line %zu: %s is no name of small letters, digits and hyphens", c->line, word);
	memcpy(name, t.data, t.len);
	name[t.len] = '\0';
	return true;
}

bool
canon_field_hex(struct canon *c, const char *word, unsigned char *out, size_t n, struct err *e)
{
	struct canon_text t;

	if (!canon_field(c, word, &t, e))
		return false;
	return canon_hex(t, out, n) ||
	    err_set(e, ERR_VERIFY, "line %zu: %s is not %zu hexadecimal digits", c->line, word, 2 * n);
}

bool
canon_next_is(const struct canon *c, const char *word)
{
	size_t n = strlen(word), left = (size_t)(c->end - c->at);

	return left > n && memcmp(c->at, word, n) == 0 && c->at[n] == ' ';
}

bool
canon_at_end(const struct canon *c)
{
	return c->at == c->end;
}

bool
canon_cut(struct canon_text *rest, struct canon_text *word)
{
	const char *blank = rest->len ? memchr(rest->data, ' ', rest->len) : NULL;

	*word = *rest;
	if (blank) {
		word->len = (size_t)(blank - rest->data);
		*rest = (struct canon_text){blank + 1, rest->len - word->len - 1};
	} else {
		*rest = (struct canon_text){rest->data + rest->len, 0};
	}
	return word->len > 0;
}

bool
canon_number(struct canon_text t, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (t.len == 0 || (t.len > 1 && t.data[0] == '0'))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.data[i] < '0' || t.data[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(t.data[i] - '0'), &v))
			return false;
	}
	*value = v;
	return v <= max;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
canon_hex(struct canon_text t, unsigned char *out, size_t n)
{
	if (t.len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(t.data[2 * i]), low = hex_digit(t.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool
canon_name(struct canon_text t)
{
	if (t.len == 0 || t.len > CANON_NAME_MAX || t.data[0] == '-' || t.data[t.len - 1] == '-')
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (!(t.data[i] >= 'a' && t.data[i] <= 'z') && !(t.data[i] >= '0' && t.data[i] <= '9') && t.data[i] != '-')
			return false;
	return true;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back: years begin in March, so that the leap day
 * is the last (Hinnant, "chrono-compatible low-level date algorithms").  For years from 2000 on. */
static int64_t
days_of(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1 - 719468;
}

static void
date_of(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
	int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

static int64_t
digits(const char *s, size_t n)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

bool
canon_date(struct canon_text t, int64_t *seconds)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
	char back[CANON_DATE_LEN + 1];
	int64_t month, day, at;

	if (t.len != CANON_DATE_LEN)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		bool digit = t.data[i] >= '0' && t.data[i] <= '9';

		if (shape[i] == 'd' ? !digit : t.data[i] != shape[i])
			return false;
	}
	month = digits(t.data + 5, 2);
	day = digits(t.data + 8, 2);
	if (digits(t.data, 4) < 2000 || month < 1 || month > 12 || day < 1)
		return false;
	at = days_of(digits(t.data, 4), month, day) * 86400 + digits(t.data + 11, 2) * 3600 + digits(t.data + 14, 2) * 60 +
	    digits(t.data + 17, 2);
	/* February 30 and 25 o'clock come back as something else. */
	canon_date_text(back, at);
	*seconds = at;
	return memcmp(back, t.data, CANON_DATE_LEN) == 0;
}

void
canon_date_text(char text[CANON_DATE_LEN + 1], int64_t seconds)
{
	int64_t y, m, d, rest;

	seconds = seconds < DATE_MIN ? DATE_MIN : seconds >= DATE_END ? DATE_END - 1 : seconds;
	date_of(seconds / 86400, &y, &m, &d);
	rest = seconds % 86400;
	snprintf(text, CANON_DATE_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)y % 10000, (unsigned)m % 100,
	    (unsigned)d % 100, (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

void
canon_add_date(struct buf *b, int64_t seconds)
{
	char text[CANON_DATE_LEN + 1];

	canon_date_text(text, seconds);
	buf_add_str(b, text);
}

void
canon_add_hex(struct buf *b, const unsigned char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	buf_reserve(b, 2 * n);
	for (size_t i = 0; i < n; i++) {
		buf_add_char(b, hex[p[i] >> 4]);
		buf_add_char(b, hex[p[i] & 15]);
	}
}
