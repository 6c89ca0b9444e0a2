/* "%s" % x and "{}".format(x): Python's two ways to format, on one writer of numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/value.h"

#define PRECISION_MOST 400

struct spec {
	struct val fill;	/* one character */
	char align;		/* < > ^ = or 0: by type */
	char sign;		/* + space or 0 */
	bool alt, zero;
	int64_t width;
	int64_t precision;	/* -1: none */
	char group;		/* , _ or 0 */
	char type;		/* 0: none */
};

/* SIGN and prefix, then the digits, padded as S says. */
static void
write_padded(struct run *r, struct text *out, const struct spec *s, const char *head, struct val body, char align)
{
	size_t n = strlen(head) + str_count(r, body), pad, left;

	if (s->align)
		align = s->align;
	pad = s->width > 0 && (uint64_t)s->width > n ? (size_t)s->width - n : 0;
	left = align == '>' ? pad : align == '^' ? pad / 2 : 0;
	text_add_fill(out, s->fill.s, s->fill.len, left);
	text_add_str(out, head);
	if (align == '=')
		text_add_fill(out, s->fill.s, s->fill.len, pad);
	text_add(out, body.s, body.len);
	if (align != '=')
		text_add_fill(out, s->fill.s, s->fill.len, pad - left);
}

/* DIGITS (up to a point or exponent) with separators every EVERY places. */
static struct val
grouped(struct run *r, struct val digits, char group, size_t every)
{
	struct text out = run_text(r);
	size_t n = 0;

	if (!group)
		return digits;
	while (n < digits.len && digits.s[n] != '.' && digits.s[n] != 'e' && digits.s[n] != '%')
		n++;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % every == 0)
			text_add_char(&out, group);
		text_add_char(&out, digits.s[i]);
	}
	text_add(&out, digits.s + n, digits.len - n);
	return val_text(&out);
}

static const char *
sign_of(bool negative, char sign)
{
	return negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "";
}

static void
write_int(struct run *r, struct text *out, const struct spec *s, int64_t i)
{
	uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
	char type = s->type == 'X' || s->type == 'x' || s->type == 'o' || s->type == 'b' ? s->type : 'd';
	unsigned base = type == 'd' ? 10 : type == 'o' ? 8 : type == 'b' ? 2 : 16;
	const char *figures = type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[65], head[4];
	struct val body;
	struct text zeros = run_text(r);
	size_t at = sizeof digits;

	do
		digits[--at] = figures[u % base];
	while ((u /= base) > 0);
	body = val_str(digits + at, sizeof digits - at);
	if (s->precision > (int64_t)body.len) {		/* only % has one for integers: least digits */
		text_add_fill(&zeros, "0", 1, (size_t)s->precision - body.len);
		text_add(&zeros, body.s, body.len);
		body = val_text(&zeros);
	}
	snprintf(head, sizeof head, "%s%s%.1s", sign_of(i < 0, s->sign), s->alt && base != 10 ? "0" : "",
	    s->alt && base != 10 ? &type : "");
	write_padded(r, out, s, head, grouped(r, body, s->group, base == 10 ? 3 : 4), s->zero ? '=' : '>');
}

static void
check_precision(struct run *r, int64_t precision)
{
	if (precision > PRECISION_MOST)
		run_fail(r, "a precision of more than %d digits", PRECISION_MOST);
}

static void
write_float(struct run *r, struct text *out, const struct spec *s, double f)
{
	bool percent = s->type == '%';
	int precision = s->precision >= 0 ? (int)s->precision : 6;
	char text[1024], fmt[16];
	struct text repr = run_text(r);
	struct val body;

	check_precision(r, s->precision);
	if (s->type == 0 && s->precision < 0) {
		float_write(&repr, fabs(f));
		body = val_text(&repr);
	} else {
		snprintf(fmt, sizeof fmt, "%%%s.*%c", s->alt ? "#" : "", percent ? 'f' : s->type && s->type != 'n' ?
		    s->type : 'g');
		snprintf(text, sizeof text, fmt, precision, fabs(percent ? f * 100 : f));
		body = val_lit(text);
		if (s->type == 0 && isfinite(f) && !strpbrk(text, ".e"))
			body = oper_join(r, body, val_lit(".0"));
		if (percent)
			body = oper_join(r, body, val_lit("%"));
	}
	body = grouped(r, body, s->group, 3);
	write_padded(r, out, s, sign_of(signbit(f) && !isnan(f), s->sign), body, s->zero ? '=' : '>');
}

static void
write_str(struct run *r, struct text *out, const struct spec *s, struct val v)
{
	if (s->precision >= 0)
		v = str_sub(v, 0, str_offset(r, v, (size_t)s->precision));
	write_padded(r, out, s, "", v, '<');
}

/* ---- % ---- */

struct percent {
	struct val format;
	size_t at;
	struct val args;	/* a tuple, a dictionary or the one value */
	size_t next;		/* of the tuple's */
	bool named;		/* a %(name) was seen */
};

static struct val
next_arg(struct run *r, struct percent *p)
{
	if (p->args.type == V_TUPLE ? p->next >= p->args.seq->n : p->next > 0)
		run_fail(r, "there are not enough arguments for the format string");
	p->next++;
	return p->args.type == V_TUPLE ? p->args.seq->v[p->next - 1] : p->args;
}

static char
peek(const struct percent *p)
{
	return p->at < p->format.len ? p->format.s[p->at] : 0;
}

static int64_t
read_size(struct run *r, struct percent *p)
{
	int64_t n = 0;

	if (peek(p) == '*') {
		p->at++;
		return val_to_index(r, next_arg(r, p), "a width or precision");
	}
	for (; peek(p) >= '0' && peek(p) <= '9'; p->at++)
		if (n < INT32_MAX)
			n = n * 10 + (peek(p) - '0');
	return n;
}

static struct val
named_arg(struct run *r, struct percent *p)
{
	size_t from = ++p->at, depth = 1;
	struct val v;

	for (; p->at < p->format.len; p->at++) {
		depth += peek(p) == '(';
		depth -= peek(p) == ')';
		if (depth == 0)
			break;
	}
	if (depth > 0)
		run_fail(r, "a %%( in a format string is never closed");
	if (p->args.type != V_DICT)
		run_fail(r, "a format string with names wants a dictionary, not %s", val_type_name(p->args));
	p->named = true;
	if (!dict_get(r, p->args.dict, val_str(p->format.s + from, p->at - from), &v))
		run_fail(r, "the dictionary has no '%.*s' for the format string", (int)(p->at - from < 80 ?
		    p->at - from : 80), p->format.s + from);
	p->at++;
	return v;
}

static struct spec
read_percent(struct run *r, struct percent *p)
{
	struct spec s = {.fill = val_lit(" "), .precision = -1};
	bool left = false;

	for (; peek(p) && strchr("-+ #0", peek(p)); p->at++) {
		left |= peek(p) == '-';
		s.alt |= peek(p) == '#';
		s.zero |= peek(p) == '0';
		if (peek(p) == '+' || (peek(p) == ' ' && !s.sign))
			s.sign = peek(p);
	}
	s.width = read_size(r, p);
	left |= s.width < 0;
	s.width = s.width < 0 ? -s.width : s.width;
	if (peek(p) == '.') {
		p->at++;
		s.precision = read_size(r, p);
		s.precision = s.precision < 0 ? 0 : s.precision;
	}
	while (peek(p) && strchr("hlL", peek(p)))
		p->at++;
	s.align = left ? '<' : 0;
	s.zero &= !left;
	return s;
}

static void
percent_number(struct run *r, struct text *out, struct spec s, struct val v)
{
	bool real = strchr("eEfFgG", s.type) != NULL;

	if (v.type == V_UNDEFINED)
		undefined_fault(r, v);
	if (!val_is_number(v) || (v.type == V_FLOAT && strchr("xXo", s.type)))
		run_fail(r, "%%%c wants a number, not %s", s.type, val_type_name(v));
	if (s.zero)
		s.fill = val_lit("0");
	if (real) {
		write_float(r, out, &s, val_to_double(v));
	} else if (v.type == V_FLOAT) {
		if (!(fabs(v.f) < 0x1p63))
			run_fail(r, "the number %g does not fit into 64 bits", v.f);
		write_int(r, out, &s, (int64_t)v.f);
	} else {
		write_int(r, out, &s, v.type == V_BOOL ? v.b : v.i);
	}
}

static void
percent_char(struct run *r, struct text *out, const struct spec *s, struct val v)
{
	struct text c = run_text(r);

	if (val_is_int(v) && v.type == V_INT && v.i >= 0 && v.i <= 0x10ffff)
		text_add_utf8(&c, (uint32_t)v.i);
	else if (v.type == V_STR && str_count(r, v) == 1)
		text_add(&c, v.s, v.len);
	else
		run_fail(r, "%%c wants one character or its number");
	write_padded(r, out, s, "", val_text(&c), '>');
}

static void
percent_one(struct run *r, struct text *out, struct percent *p)
{
	struct val v = {0}, str;
	struct text repr = run_text(r);
	struct spec s;

	if (peek(p) == '(')
		v = named_arg(r, p);
	s = read_percent(r, p);
	s.type = peek(p);
	if (!s.type)
		run_fail(r, "a format string ends after '%%'");
	p->at++;
	if (s.type == '%') {
		text_add_char(out, '%');
		return;
	}
	if (!strchr("sracdiuxXoeEfFgG", s.type))
		run_fail(r, "'%%%c' is not known in a format string", s.type);
	if (v.type == V_MISSING)
		v = next_arg(r, p);
	if (s.type == 'c') {
		percent_char(r, out, &s, v);
	} else if (strchr("sra", s.type)) {
		if (s.type != 's')
			val_repr(r, &repr, v);
		str = s.type == 's' ? val_to_str(r, v) : val_text(&repr);
		if (p->format.safe)
			str = str_escape(r, str);
		if (!s.align)
			s.align = '>';
		write_str(r, out, &s, str);
	} else {
		percent_number(r, out, s, v);
	}
}

/* What has items by key may stay unused, as in Python. */
static bool
may_be_unused(struct val arg)
{
	return arg.type == V_DICT || arg.type == V_LIST || arg.type == V_RANGE || arg.type == V_UNDEFINED;
}

struct val
oper_format(struct run *r, struct val format, struct val arg)
{
	struct percent p = {.format = format, .args = arg};
	struct text out = run_text(r);
	struct val v;

	while (p.at < format.len) {
		const char *at = memchr(format.s + p.at, '%', format.len - p.at);
		size_t stop = at ? (size_t)(at - format.s) : format.len;

		run_charge(r, 1);
		text_add(&out, format.s + p.at, stop - p.at);
		p.at = stop + 1;
		if (at)
			percent_one(r, &out, &p);
	}
	if (arg.type == V_TUPLE ? p.next < arg.seq->n : p.next == 0 && !may_be_unused(arg))
		run_fail(r, "not all arguments of a format string were used");
	v = val_text(&out);
	v.safe = format.safe;
	return v;
}

/* ---- {} ---- */

struct braces {
	struct args *args;
	size_t next;		/* automatic numbering */
	unsigned depth;
};

static struct val format_part(struct run *r, struct braces *b, struct val format);

/* The character at S[0..n), as a string. */
static struct val
first_char(const char *s, size_t n)
{
	uint32_t c;
	bool ok;

	return val_str(s, n ? utf8_decode(s, n, &c, &ok) : 0);
}

static size_t
read_digits(struct val text, size_t at, int64_t *out)
{
	for (*out = 0; at < text.len && text.s[at] >= '0' && text.s[at] <= '9'; at++)
		if (*out < INT32_MAX)
			*out = *out * 10 + (text.s[at] - '0');
	return at;
}

static bool
is_one_of(struct val text, size_t at, const char *chars)
{
	return at < text.len && text.s[at] && strchr(chars, text.s[at]);
}

static struct spec
read_spec(struct run *r, struct val t)
{
	struct spec s = {.fill = val_lit(" "), .precision = -1};
	struct val fill = first_char(t.s, t.len);
	size_t i = 0, digits;

	if (fill.len > 0 && is_one_of(t, fill.len, "<>=^")) {
		s.fill = fill;
		s.align = t.s[fill.len];
		i = fill.len + 1;
	} else if (is_one_of(t, 0, "<>=^")) {
		s.align = t.s[i++];
	}
	if (is_one_of(t, i, "+- "))
		s.sign = t.s[i++];
	if (is_one_of(t, i, "z"))
		i++;
	if (is_one_of(t, i, "#"))
		s.alt = i++ < t.len;
	if (is_one_of(t, i, "0") && !s.align) {
		s.zero = true;
		s.fill = val_lit("0");
	}
	i = read_digits(t, i, &s.width);
	if (is_one_of(t, i, ",_"))
		s.group = t.s[i++];
	if (is_one_of(t, i, ".")) {
		digits = read_digits(t, i + 1, &s.precision);
		if (digits == i + 1)
			run_fail(r, "a format has no precision after its '.'");
		i = digits;
	}
	if (i < t.len)
		s.type = t.s[i++];
	if (i < t.len)
		run_fail(r, "the format '%.*s' is not known", (int)(t.len < 40 ? t.len : 40), t.s);
	return s;
}

static void
format_value(struct run *r, struct text *out, struct val v, struct val spec)
{
	struct spec s;

	if (spec.len == 0) {
		val_write(r, out, v);
		return;
	}
	s = read_spec(r, spec);
	if (v.type == V_STR && (s.type == 0 || s.type == 's') && !s.sign && s.align != '=') {
		write_str(r, out, &s, v);
	} else if (val_is_int(v) && s.precision < 0 && (s.type == 0 || strchr("bdoxXn", s.type))) {
		write_int(r, out, &s, v.type == V_BOOL ? v.b : v.i);
	} else if (val_is_int(v) && s.type == 'c') {
		s.type = 0;
		percent_char(r, out, &s, v);
	} else if (val_is_number(v) && (s.type ? strchr("eEfFgGn%", s.type) != NULL : v.type == V_FLOAT)) {
		write_float(r, out, &s, val_to_double(v));
	} else {
		run_fail(r, "the format '%.*s' does not suit a %s", (int)(spec.len < 40 ? spec.len : 40), spec.s,
		    val_type_name(v));
	}
}

static struct val
field_root(struct run *r, struct braces *b, struct val name)
{
	int64_t i = 0;
	struct val v;

	if (name.len == 0)
		i = (int64_t)b->next++;
	else if (read_digits(name, 0, &i) != name.len) {
		if (!b->args->kw || !dict_get(r, b->args->kw, name, &v))
			run_fail(r, "format() is not given '%.*s'", (int)(name.len < 80 ? name.len : 80), name.s);
		return v;
	}
	if ((uint64_t)i >= b->args->n)
		run_fail(r, "format() is not given argument %lld", (long long)i);
	return b->args->v[i];
}

/* name.attribute[item] */
static struct val
field_value(struct run *r, struct braces *b, struct val field)
{
	size_t i = 0, from;
	struct val v;

	while (i < field.len && field.s[i] != '.' && field.s[i] != '[')
		i++;
	v = field_root(r, b, val_str(field.s, i));
	while (i < field.len) {
		bool item = field.s[i] == '[';
		struct val key;
		int64_t index;

		run_charge(r, 1);
		for (from = ++i; i < field.len && (item ? field.s[i] != ']' : field.s[i] != '.' && field.s[i] != '['); )
			i++;
		key = val_str(field.s + from, i - from);
		if (key.len == 0 || (item && i == field.len))
			run_fail(r, "a field of a format string has an empty or open part");
		if (item && read_digits(key, 0, &index) == key.len)
			key = val_int(index);
		v = item ? attr_item(r, v, key) : attr_get(r, v, key);
		i += item;
	}
	return v;
}

/* One {field!conversion:spec}, its braces taken off. */
static void
format_field(struct run *r, struct text *out, struct braces *b, struct val field)
{
	size_t end = 0, brackets = 0;
	struct val v, spec = val_lit("");
	struct text repr = run_text(r);

	while (end < field.len && (brackets || (field.s[end] != '!' && field.s[end] != ':'))) {
		brackets = field.s[end] == '[' ? 1 : field.s[end] == ']' ? 0 : brackets;
		end++;
	}
	v = field_value(r, b, val_str(field.s, end));
	if (end < field.len && field.s[end] == '!') {
		char c = end + 1 < field.len ? field.s[end + 1] : 0;

		if ((c != 'r' && c != 's' && c != 'a') || (end + 2 < field.len && field.s[end + 2] != ':'))
			run_fail(r, "the conversion of a format field is !r, !s or !a");
		if (c != 's')
			val_repr(r, &repr, v);
		v = c == 's' ? val_to_str(r, v) : val_text(&repr);
		end += 2;
	}
	if (end < field.len)
		spec = format_part(r, b, val_str(field.s + end + 1, field.len - end - 1));
	format_value(r, out, v, spec);
}

/* The closing brace of the field that begins at AT. */
static size_t
field_end(struct run *r, struct val f, size_t at)
{
	unsigned depth = 1;

	for (; at < f.len; at++) {
		depth += f.s[at] == '{';
		depth -= f.s[at] == '}';
		if (depth == 0)
			return at;
	}
	run_fail(r, "a '{' of a format string is never closed");
}

static struct val
format_part(struct run *r, struct braces *b, struct val f)
{
	struct text out = run_text(r);

	if (++b->depth > 2)
		run_fail(r, "the fields of a format string are nested too deeply");
	for (size_t i = 0; i < f.len; ) {
		size_t n = 0;

		while (i + n < f.len && f.s[i + n] != '{' && f.s[i + n] != '}')
			n++;
		run_charge(r, 1 + n / 64);
		text_add(&out, f.s + i, n);
		i += n;
		if (i == f.len)
			break;
		if (i + 1 < f.len && f.s[i + 1] == f.s[i]) {
			text_add(&out, f.s + i, 1);
			i += 2;
			continue;
		}
		if (f.s[i] == '}')
			run_fail(r, "a single '}' in a format string");
		n = field_end(r, f, i + 1);
		format_field(r, &out, b, val_str(f.s + i + 1, n - i - 1));
		i = n + 1;
	}
	b->depth--;
	return val_text(&out);
}

struct val
format_braces(struct run *r, struct val format, struct args *a)
{
	struct braces b = {.args = a};
	struct val v = format_part(r, &b, format);

	v.safe = format.safe;
	return v;
}
