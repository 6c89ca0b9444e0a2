/* The tables of filters, and the filters on text and numbers.  Adding one is a function and a row. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/value.h"

const struct builtin *
filter_find(const char *name, size_t len)
{
	static const struct builtin *const tables[] = {filters_text, filters_number, filters_sequence, filters_select};
	const struct builtin *b = NULL;

	for (size_t i = 0; !b && i < sizeof tables / sizeof tables[0]; i++)
		b = builtin_in(tables[i], name, len);
	return b;
}

/* ---- text ---- */

static struct val
upper(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_upper(r, val_to_str(r, self));
}

static struct val
lower(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_lower(r, val_to_str(r, self));
}

static struct val
capitalize(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_capitalize(r, val_to_str(r, self));
}

/* Jinja's title: a word begins after white space or one of -({[< . */
static struct val
title(struct run *r, struct val self, struct args *a)
{
	struct val s = val_to_str(r, self);
	struct text out = run_text(r);
	size_t from = 0;

	(void)a;
	for (size_t i = 0, n; i <= s.len; i += n) {
		uint32_t c = ' ';
		bool ok;

		n = i < s.len ? utf8_decode(s.s + i, s.len - i, &c, &ok) : 1;
		if (!uni_space(c) && !(c < 0x80 && strchr("-({[<", (int)c) && c))
			continue;
		if (i > from) {
			uint32_t first;
			size_t head = utf8_decode(s.s + from, i - from, &first, &ok);
			struct val begin = str_upper(r, str_sub(s, from, from + head));
			struct val rest = str_lower(r, str_sub(s, from + head, i));

			text_add(&out, begin.s, begin.len);
			text_add(&out, rest.s, rest.len);
		}
		if (i < s.len)
			text_add(&out, s.s + i, n);
		from = i + n;
	}
	return val_text(&out);
}

static struct val
trim(struct run *r, struct val self, struct args *a)
{
	return str_strip(r, val_to_str(r, self), arg_or(a, 0, val_none()), STRIP_LEFT | STRIP_RIGHT);
}

static struct val
replace(struct run *r, struct val self, struct args *a)
{
	struct val count = arg_or(a, 2, val_none()), s = val_to_str(r, self);

	s.safe = false;
	return str_replace(r, s, val_to_str(r, a->v[0]), val_to_str(r, a->v[1]),
	    count.type == V_NONE ? -1 : val_to_index(r, count, "the count of replace"));
}

static struct val
escape(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_escape(r, self);
}

static struct val
force_escape(struct run *r, struct val self, struct args *a)
{
	struct val s = val_to_str(r, self);

	(void)a;
	s.safe = false;
	return str_escape(r, s);
}

static struct val
safe(struct run *r, struct val self, struct args *a)
{
	struct val s = val_to_str(r, self);

	(void)a;
	s.safe = true;
	return s;
}

static struct val
string(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return val_to_str(r, self);
}

static struct val
center(struct run *r, struct val self, struct args *a)
{
	return str_pad(r, val_to_str(r, self), arg_int(r, a, 0, 80, "the width of center"), val_lit(" "),
	    STRIP_LEFT | STRIP_RIGHT);
}

static struct val
want_str(struct run *r, struct val v, const char *filter)
{
	if (v.type == V_UNDEFINED)
		undefined_fault(r, v);
	if (v.type != V_STR)
		run_fail(r, "%s wants a string, not %s", filter, val_type_name(v));
	return v;
}

static struct val
indent(struct run *r, struct val self, struct args *a)
{
	struct val width = arg_or(a, 0, val_int(4)), s = want_str(r, self, "indent");
	bool first = arg_truth(r, a, 1), blank = arg_truth(r, a, 2);
	struct text pad = run_text(r), out = run_text(r);
	struct vec lines;

	if (width.type == V_STR)
		text_add(&pad, width.s, width.len);
	else if (val_to_index(r, width, "the width of indent") > 0)
		text_add_fill(&pad, " ", 1, (size_t)width.i);
	lines = str_lines(r, oper_join(r, s, val_lit("\n")), false);
	for (size_t i = 0; i < lines.n; i++) {
		if (i > 0)
			text_add_char(&out, '\n');
		if (i > 0 ? blank || lines.v[i].len > 0 : first)
			text_add(&out, pad.s, pad.n);
		text_add(&out, lines.v[i].s, lines.v[i].len);
	}
	return val_text(&out);
}

static struct val
truncate(struct run *r, struct val self, struct args *a)
{
	struct val end = want_str(r, arg_or(a, 2, val_lit("...")), "truncate"), head;
	int64_t length = arg_int(r, a, 0, 255, "the length of truncate");
	int64_t leeway = arg_or(a, 3, val_none()).type == V_NONE ? 5 : arg_int(r, a, 3, 5, "the leeway of truncate");
	int64_t n_end = (int64_t)str_count(r, end);
	size_t n;

	if (length < n_end || leeway < 0)
		run_fail(r, "truncate wants a length of at least %lld and a leeway of at least 0", (long long)n_end);
	if (val_len(r, self, &n) && (leeway > INT64_MAX - length || (int64_t)n <= length + leeway))
		return self;
	want_str(r, self, "truncate");
	head = str_sub(self, 0, str_offset(r, self, (size_t)(length - n_end)));
	if (!arg_truth(r, a, 1))
		head = str_rsplit(r, head, val_lit(" "), 1).v[0];
	return oper_join(r, head, end);
}

static struct val
wordcount(struct run *r, struct val self, struct args *a)
{
	struct val s = val_to_str(r, self);
	bool inside = false;
	int64_t n = 0;

	(void)a;
	run_charge(r, s.len / 8);
	for (size_t i = 0; i < s.len; ) {
		uint32_t c;
		bool ok, word;

		i += utf8_decode(s.s + i, s.len - i, &c, &ok);
		word = uni_alpha(c) || uni_numeric(c) || c == '_';
		n += word && !inside;
		inside = word;
	}
	return val_int(n);
}

/* Tags and comments go, runs of white space become one space. */
static struct val
striptags(struct run *r, struct val self, struct args *a)
{
	struct val s = val_to_str(r, self);
	struct text out = run_text(r);
	struct vec words;

	(void)a;
	run_charge(r, s.len / 8);
	for (size_t i = 0; i < s.len; ) {
		bool comment = s.len - i >= 4 && memcmp(s.s + i, "<!--", 4) == 0;
		const char *end = NULL;

		if (s.s[i] == '<')
			end = str_find(r, s, val_lit(comment ? "-->" : ">"), i);
		if (end) {
			i = (size_t)(end - s.s) + (comment ? 3 : 1);
			continue;
		}
		if (s.s[i] == '<') {		/* never closed: nothing more to strip */
			text_add(&out, s.s + i, s.len - i);
			break;
		}
		text_add_char(&out, s.s[i++]);
	}
	words = str_split(r, val_text(&out), val_none(), -1);
	out = run_text(r);
	for (size_t i = 0; i < words.n; i++) {
		if (i > 0)
			text_add_char(&out, ' ');
		text_add(&out, words.v[i].s, words.v[i].len);
	}
	return val_text(&out);
}

static void
quote_url(struct run *r, struct text *out, struct val v, bool query)
{
	struct val s = val_to_str(r, v);

	run_charge_bytes(r, s.len);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.s[i];

		if (c < 0x80 && (uni_alpha(c) || uni_decimal(c) || (c && strchr("_.-~", c)) || (c == '/' && !query)))
			text_add_char(out, (char)c);
		else if (c == ' ' && query)
			text_add_char(out, '+');
		else
			text_printf(out, "%%%02X", c);
	}
}

static struct val
urlencode(struct run *r, struct val self, struct args *a)
{
	struct text out = run_text(r);
	struct val item;
	struct iter it;

	(void)a;
	if (self.type == V_STR || !val_is_iterable(self)) {
		quote_url(r, &out, self, false);
		return val_text(&out);
	}
	if (self.type == V_DICT) {
		struct view *view = arena_alloc(&r->mem, sizeof *view);

		*view = (struct view){self.dict, VIEW_ITEMS};
		self = (struct val){.type = V_VIEW, .view = view};
	}
	for (it = iter_of(r, self); iter_next(r, &it, &item); ) {
		struct vec pair = val_items(r, item);

		if (pair.n != 2)
			run_fail(r, "urlencode wants pairs of a name and a value");
		if (out.n > 0)
			text_add_char(&out, '&');
		quote_url(r, &out, pair.v[0], true);
		text_add_char(&out, '=');
		quote_url(r, &out, pair.v[1], true);
	}
	return val_text(&out);
}

static struct val
format(struct run *r, struct val self, struct args *a)
{
	struct val s = val_to_str(r, self);

	if (a->n > 0 && a->kw)
		run_fail(r, "format takes positional or keyword arguments, not both");
	if (a->kw)
		return oper_format(r, s, (struct val){.type = V_DICT, .dict = a->kw});
	return oper_format(r, s, val_seq(r, V_TUPLE, a->v, a->n));
}

static struct val
pprint(struct run *r, struct val self, struct args *a)
{
	struct text out = run_text(r);

	(void)a;
	val_repr(r, &out, self);
	return val_text(&out);
}

static struct val
xmlattr(struct run *r, struct val self, struct args *a)
{
	struct text out = run_text(r);
	bool space = !arg_given(a, 0) || arg_truth(r, a, 0);

	if (self.type != V_DICT)
		run_fail(r, "xmlattr wants a dictionary, not %s", val_type_name(self));
	for (size_t i = 0; i < self.dict->n; i++) {
		struct val key = val_to_str(r, self.dict->e[i].key), v = self.dict->e[i].val;

		if (v.type == V_NONE || v.type == V_UNDEFINED)
			continue;
		for (size_t k = 0; k < key.len; k++)
			if (strchr(" \t\n\r\f\v/>=", key.s[k]))
				run_fail(r, "the name of an attribute has a character that cannot be in one");
		if (space || out.n > 0)
			text_add_char(&out, ' ');
		key = str_escape(r, key);
		text_add(&out, key.s, key.len);
		v = str_escape(r, v);
		text_add_str(&out, "=\"");
		text_add(&out, v.s, v.len);
		text_add_char(&out, '"');
	}
	return val_text(&out);
}

const struct builtin filters_text[] = {
	{"upper", "", 0, upper},
	{"lower", "", 0, lower},
	{"capitalize", "", 0, capitalize},
	{"title", "", 0, title},
	{"trim", "chars", 0, trim},
	{"replace", "old new count", 2, replace},
	{"e", "", 0, escape},
	{"escape", "", 0, escape},
	{"forceescape", "", 0, force_escape},
	{"safe", "", 0, safe},
	{"string", "", 0, string},
	{"center", "width", 0, center},
	{"indent", "width first blank", 0, indent},
	{"truncate", "length killwords end leeway", 0, truncate},
	{"wordcount", "", 0, wordcount},
	{"striptags", "", 0, striptags},
	{"urlencode", "", 0, urlencode},
	{"format", NULL, 0, format},
	{"pprint", "", 0, pprint},
	{"xmlattr", "autospace", 0, xmlattr},
	{"tojson", "ensure_ascii indent separators sort_keys", 0, tojson},
	{0},
};

/* ---- numbers ---- */

/* A float as an integer, toward zero; false when it is none. */
static bool
truncated(struct run *r, double f, int64_t *out)
{
	if (isnan(f) || isinf(f))
		return false;
	if (fabs(f) >= 0x1p63)
		run_fail(r, "the number %g does not fit into 64 bits", f);
	*out = (int64_t)f;
	return true;
}

static struct val
to_int(struct run *r, struct val self, struct args *a)
{
	int64_t base = arg_int(r, a, 1, 10, "the base of int"), i;
	double f;

	if (self.type == V_UNDEFINED)
		undefined_fault(r, self);
	if (val_is_int(self))
		return val_int(self.type == V_BOOL ? self.b : self.i);
	if (self.type == V_FLOAT && truncated(r, self.f, &i))
		return val_int(i);
	if (self.type == V_STR && (int_parse(r, self, base, &i) ||
	    (float_parse(r, self, &f) && truncated(r, f, &i))))
		return val_int(i);
	return arg_or(a, 0, val_int(0));
}

static struct val
to_float(struct run *r, struct val self, struct args *a)
{
	double f;

	if (self.type == V_UNDEFINED)
		undefined_fault(r, self);
	if (val_is_number(self))
		return val_float(val_to_double(self));
	if (self.type == V_STR && float_parse(r, self, &f))
		return val_float(f);
	return arg_or(a, 0, val_float(0));
}

static struct val
want_number(struct run *r, struct val v, const char *filter)
{
	if (v.type == V_UNDEFINED)
		undefined_fault(r, v);
	if (!val_is_number(v))
		run_fail(r, "%s wants a number, not %s", filter, val_type_name(v));
	return v;
}

static struct val
absolute(struct run *r, struct val self, struct args *a)
{
	(void)a;
	want_number(r, self, "abs");
	if (self.type == V_FLOAT)
		return val_float(fabs(self.f));
	return oper_negative(r, self, val_to_double(self) < 0);
}

/* Half to even, of an integer, to 10^digits. */
static int64_t
round_int(struct run *r, int64_t i, int64_t digits)
{
	__int128 unit = 1, rest, low;

	for (int64_t d = 0; d < digits && unit < ((__int128)1 << 64); d++)
		unit *= 10;
	rest = ((i % unit) + unit) % unit;
	low = i - rest;
	if (rest * 2 > unit || (rest * 2 == unit && (low / unit) % 2 != 0))
		low += unit;
	if (low > INT64_MAX || low < INT64_MIN)
		run_fail(r, "the rounded number does not fit into 64 bits");
	return (int64_t)low;
}

/* As Python: exactly, half to even in the decimal value. */
static double
round_float(double f, int64_t digits)
{
	char s[800];
	double unit;

	if (!isfinite(f) || digits > 330)
		return f;
	if (digits >= 0) {
		snprintf(s, sizeof s, "%.*f", (int)digits, f);
		return strtod(s, NULL);
	}
	if (digits < -330)
		return copysign(0, f);
	unit = pow(10, (double)-digits);
	return isfinite(unit) ? nearbyint(f / unit) * unit : copysign(0, f);
}

static struct val
round_number(struct run *r, struct val self, struct args *a)
{
	int64_t digits = arg_int(r, a, 0, 0, "the precision of round");
	struct val method = arg_or(a, 1, val_lit("common"));
	double f, unit;

	want_number(r, self, "round");
	if (str_is(method, "common")) {
		if (self.type == V_FLOAT)
			return val_float(round_float(self.f, digits));
		return val_int(digits >= 0 ? (int64_t)val_to_index(r, self, "") : round_int(r, self.i, -digits));
	}
	if (!str_is(method, "ceil") && !str_is(method, "floor"))
		run_fail(r, "the method of round is common, ceil or floor");
	unit = pow(10, (double)digits);
	f = val_to_double(self) * unit;
	f = str_is(method, "ceil") ? ceil(f) : floor(f);
	return val_float((f + 0.0) / unit);		/* no -0: ceil and floor give integers in Python */
}

static struct val
filesizeformat(struct run *r, struct val self, struct args *a)
{
	static const char letters[] = "kMGTPEZY";
	bool binary = arg_truth(r, a, 0);
	double base = binary ? 1024 : 1000, f;
	struct text out = run_text(r);
	size_t i = 0;

	if (self.type != V_STR || !float_parse(r, self, &f))
		f = val_to_double(want_number(r, self, "filesizeformat"));
	if (fabs(f) < base || !isfinite(f)) {
		text_printf(&out, f == 1 ? "%.0f Byte" : "%.0f Bytes", trunc(f) + 0.0);
		return val_text(&out);
	}
	for (f /= base; f >= base && i + 1 < sizeof letters - 1; i++)
		f /= base;
	text_printf(&out, "%.1f %c%sB", f, binary && i == 0 ? 'K' : letters[i], binary ? "i" : "");
	return val_text(&out);
}

const struct builtin filters_number[] = {
	{"int", "default base", 0, to_int},
	{"float", "default", 0, to_float},
	{"abs", "", 0, absolute},
	{"round", "precision method", 0, round_number},
	{"filesizeformat", "binary", 0, filesizeformat},
	{0},
};
