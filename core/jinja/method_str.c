/* Methods of strings.  Adding one is a function and a row. */
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/value.h"

static struct val
want_str(struct run *r, struct val v, const char *method)
{
	if (v.type == V_UNDEFINED)
		undefined_fault(r, v);
	if (v.type != V_STR)
		run_fail(r, "%s() wants a string, not %s", method, val_type_name(v));
	return v;
}

static struct val
strip(struct run *r, struct val self, struct args *a)
{
	return str_strip(r, self, arg_or(a, 0, val_none()), STRIP_LEFT | STRIP_RIGHT);
}

static struct val
lstrip(struct run *r, struct val self, struct args *a)
{
	return str_strip(r, self, arg_or(a, 0, val_none()), STRIP_LEFT);
}

static struct val
rstrip(struct run *r, struct val self, struct args *a)
{
	return str_strip(r, self, arg_or(a, 0, val_none()), STRIP_RIGHT);
}

static struct val
split(struct run *r, struct val self, struct args *a)
{
	struct vec l = str_split(r, self, arg_or(a, 0, val_none()), arg_int(r, a, 1, -1, "maxsplit"));

	return vec_list(r, &l);
}

static struct val
rsplit(struct run *r, struct val self, struct args *a)
{
	struct vec l = str_rsplit(r, self, arg_or(a, 0, val_none()), arg_int(r, a, 1, -1, "maxsplit"));

	return vec_list(r, &l);
}

static struct val
splitlines(struct run *r, struct val self, struct args *a)
{
	struct vec l = str_lines(r, self, arg_truth(r, a, 0));

	return vec_list(r, &l);
}

static struct val
triple(struct run *r, struct val a, struct val b, struct val c)
{
	struct vec l = {0};

	vec_add(r, &l, a);
	vec_add(r, &l, b);
	vec_add(r, &l, c);
	return val_seq(r, V_TUPLE, l.v, l.n);
}

static struct val
cut(struct run *r, struct val self, struct args *a, bool last)
{
	struct val by = want_str(r, a->v[0], "partition");
	struct vec l = last ? str_rsplit(r, self, by, 1) : str_split(r, self, by, 1);

	if (l.n == 2)
		return triple(r, l.v[0], by, l.v[1]);
	return last ? triple(r, val_lit(""), val_lit(""), self) : triple(r, self, val_lit(""), val_lit(""));
}

static struct val
partition(struct run *r, struct val self, struct args *a)
{
	return cut(r, self, a, false);
}

static struct val
rpartition(struct run *r, struct val self, struct args *a)
{
	return cut(r, self, a, true);
}

static struct val
replace(struct run *r, struct val self, struct args *a)
{
	struct val old = want_str(r, a->v[0], "replace"), new = want_str(r, a->v[1], "replace");

	if (self.safe)
		new = str_escape(r, new);
	return str_replace(r, self, old, new, arg_int(r, a, 2, -1, "the count of replace"));
}

/* S from character FROM to character TO (arguments I and I + 1), and where that begins in characters.
 * False when it begins past the end. */
static bool
window(struct run *r, struct val self, struct args *a, size_t i, struct val *out, int64_t *begin)
{
	struct val from = arg_or(a, i, val_none()), to = arg_or(a, i + 1, val_none());
	int64_t n = (int64_t)str_count(r, self);

	*begin = from.type == V_NONE ? 0 : val_to_index(r, from, "the start");
	*begin += *begin < 0 ? n : 0;
	*begin = *begin < 0 ? 0 : *begin;
	*out = attr_slice(r, self, from, to, val_none());
	return *begin <= n;
}

/* Where argument 0 stands in SELF, in characters; -1: nowhere. */
static int64_t
position(struct run *r, struct val self, struct args *a, bool last, const char *method)
{
	struct val what = want_str(r, a->v[0], method), in;
	const char *p = NULL;
	int64_t begin;

	if (!window(r, self, a, 1, &in, &begin))
		return -1;
	if (last) {
		struct vec l = {0};

		if (what.len == 0)
			return begin + (int64_t)str_count(r, in);
		l = str_rsplit(r, in, what, 1);
		return l.n == 2 ? begin + (int64_t)str_count(r, l.v[0]) : -1;
	}
	p = str_find(r, in, what, 0);
	return p ? begin + (int64_t)str_count(r, str_sub(in, 0, (size_t)(p - in.s))) : -1;
}

static struct val
find(struct run *r, struct val self, struct args *a)
{
	return val_int(position(r, self, a, false, "find"));
}

static struct val
rfind(struct run *r, struct val self, struct args *a)
{
	return val_int(position(r, self, a, true, "rfind"));
}

static struct val
need_position(struct run *r, int64_t at)
{
	if (at < 0)
		run_fail(r, "index() did not find the string");
	return val_int(at);
}

static struct val
index_of(struct run *r, struct val self, struct args *a)
{
	return need_position(r, position(r, self, a, false, "index"));
}

static struct val
rindex_of(struct run *r, struct val self, struct args *a)
{
	return need_position(r, position(r, self, a, true, "rindex"));
}

static struct val
count(struct run *r, struct val self, struct args *a)
{
	struct val what = want_str(r, a->v[0], "count"), in;
	int64_t begin, n = 0;
	const char *p;

	if (!window(r, self, a, 1, &in, &begin))
		return val_int(0);
	if (what.len == 0)
		return val_int((int64_t)str_count(r, in) + 1);
	for (size_t at = 0; (p = str_find(r, in, what, at)); n++) {
		run_charge(r, 1);
		at = (size_t)(p - in.s) + what.len;
	}
	return val_int(n);
}

static bool
has_edge(struct run *r, struct val in, struct val what, bool end, const char *method)
{
	struct iter it;
	struct val one;

	if (what.type == V_TUPLE) {
		for (it = iter_of(r, what); iter_next(r, &it, &one); )
			if (has_edge(r, in, want_str(r, one, method), end, method))
				return true;
		return false;
	}
	want_str(r, what, method);
	run_charge_bytes(r, what.len);
	return what.len <= in.len && memcmp(in.s + (end ? in.len - what.len : 0), what.s, what.len) == 0;
}

static struct val
startswith(struct run *r, struct val self, struct args *a)
{
	struct val in;
	int64_t begin;

	return val_bool(window(r, self, a, 1, &in, &begin) && has_edge(r, in, a->v[0], false, "startswith"));
}

static struct val
endswith(struct run *r, struct val self, struct args *a)
{
	struct val in;
	int64_t begin;

	return val_bool(window(r, self, a, 1, &in, &begin) && has_edge(r, in, a->v[0], true, "endswith"));
}

static struct val
removeprefix(struct run *r, struct val self, struct args *a)
{
	struct val what = want_str(r, a->v[0], "removeprefix");

	return has_edge(r, self, what, false, "removeprefix") ? str_sub(self, what.len, self.len) : self;
}

static struct val
removesuffix(struct run *r, struct val self, struct args *a)
{
	struct val what = want_str(r, a->v[0], "removesuffix");

	return has_edge(r, self, what, true, "removesuffix") ? str_sub(self, 0, self.len - what.len) : self;
}

static struct val
join(struct run *r, struct val self, struct args *a)
{
	struct text out = run_text(r);
	struct iter it = iter_of(r, a->v[0]);
	struct val item;

	for (bool comma = false; iter_next(r, &it, &item); comma = true) {
		if (comma)
			text_add(&out, self.s, self.len);
		item = want_str(r, item, "join");
		if (self.safe)
			item = str_escape(r, item);
		text_add(&out, item.s, item.len);
	}
	item = val_text(&out);
	item.safe = self.safe;
	return item;
}

static struct val
upper(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_upper(r, self);
}

static struct val
lower(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_lower(r, self);
}

static struct val
capitalize(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_capitalize(r, self);
}

static struct val
title(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return str_title(r, self);
}

static struct val
swapcase(struct run *r, struct val self, struct args *a)
{
	struct text out = run_text(r);
	struct iter it = iter_of(r, self);
	struct val c;

	(void)a;
	while (iter_next(r, &it, &c)) {
		uint32_t cp;
		bool ok;

		utf8_decode(c.s, c.len, &cp, &ok);
		c = uni_cased_upper(cp) ? str_lower(r, c) : uni_cased_lower(cp) ? str_upper(r, c) : c;
		text_add(&out, c.s, c.len);
	}
	return val_text(&out);
}

static struct val
pad(struct run *r, struct val self, struct args *a, int sides)
{
	return str_pad(r, self, arg_int(r, a, 0, 0, "the width"), arg_or(a, 1, val_lit(" ")), sides);
}

static struct val
center(struct run *r, struct val self, struct args *a)
{
	return pad(r, self, a, STRIP_LEFT | STRIP_RIGHT);
}

static struct val
ljust(struct run *r, struct val self, struct args *a)
{
	return pad(r, self, a, STRIP_RIGHT);
}

static struct val
rjust(struct run *r, struct val self, struct args *a)
{
	return pad(r, self, a, STRIP_LEFT);
}

static struct val
zfill(struct run *r, struct val self, struct args *a)
{
	bool sign = self.len > 0 && (self.s[0] == '-' || self.s[0] == '+');
	int64_t width = arg_int(r, a, 0, 0, "the width");
	struct val digits = str_sub(self, sign, self.len);

	if (width <= 0)
		return self;
	digits = str_pad(r, digits, width - sign, val_lit("0"), STRIP_LEFT);
	return oper_join(r, str_sub(self, 0, sign), digits);
}

static struct val
expandtabs(struct run *r, struct val self, struct args *a)
{
	int64_t size = arg_int(r, a, 0, 8, "the tab size"), column = 0;
	struct text out = run_text(r);
	struct iter it = iter_of(r, self);
	struct val c;

	while (iter_next(r, &it, &c)) {
		if (c.s[0] == '\t') {
			int64_t n = size > 0 ? size - column % size : 0;

			text_add_fill(&out, " ", 1, (size_t)n);
			column += n;
			continue;
		}
		text_add(&out, c.s, c.len);
		column = c.s[0] == '\n' || c.s[0] == '\r' ? 0 : column + 1;
	}
	return val_text(&out);
}

const struct builtin methods_str[] = {
	{"strip", "chars", 0, strip}, {"lstrip", "chars", 0, lstrip}, {"rstrip", "chars", 0, rstrip},
	{"split", "sep maxsplit", 0, split}, {"rsplit", "sep maxsplit", 0, rsplit},
	{"splitlines", "keepends", 0, splitlines}, {"partition", "sep", 1, partition},
	{"rpartition", "sep", 1, rpartition}, {"replace", "old new count", 2, replace},
	{"find", "sub start end", 1, find}, {"rfind", "sub start end", 1, rfind},
	{"index", "sub start end", 1, index_of}, {"rindex", "sub start end", 1, rindex_of},
	{"count", "sub start end", 1, count}, {"startswith", "prefix start end", 1, startswith},
	{"endswith", "suffix start end", 1, endswith}, {"removeprefix", "prefix", 1, removeprefix},
	{"removesuffix", "suffix", 1, removesuffix}, {"join", "iterable", 1, join}, {"upper", "", 0, upper},
	{"lower", "", 0, lower}, {"casefold", "", 0, lower}, {"capitalize", "", 0, capitalize},
	{"title", "", 0, title}, {"swapcase", "", 0, swapcase}, {"center", "width fillchar", 1, center},
	{"ljust", "width fillchar", 1, ljust}, {"rjust", "width fillchar", 1, rjust}, {"zfill", "width", 1, zfill},
	{"expandtabs", "tabsize", 0, expandtabs}, {"format", NULL, 0, format_braces},
	{0},
};

/* ---- questions about all characters ---- */

static bool
all_are(struct run *r, struct val self, bool (*is)(uint32_t c))
{
	run_charge(r, self.len / 8);
	for (size_t i = 0; i < self.len; ) {
		uint32_t c;
		bool ok;

		i += utf8_decode(self.s + i, self.len - i, &c, &ok);
		if (!is(c))
			return false;
	}
	return true;
}

static bool
is_alnum(uint32_t c)
{
	return uni_alpha(c) || uni_numeric(c);
}

static bool
is_ascii(uint32_t c)
{
	return c < 0x80;
}

#define ALL_ARE(method, is, empty) \
	static struct val \
	method(struct run *r, struct val self, struct args *a) \
	{ \
		(void)a; \
		return val_bool(self.len == 0 ? empty : all_are(r, self, is)); \
	}
ALL_ARE(isspace_, uni_space, false)
ALL_ARE(isalpha_, uni_alpha, false)
ALL_ARE(isalnum_, is_alnum, false)
ALL_ARE(isdigit_, uni_digit, false)
ALL_ARE(isdecimal_, uni_decimal, false)
ALL_ARE(isnumeric_, uni_numeric, false)
ALL_ARE(isascii_, is_ascii, true)
ALL_ARE(isprintable_, uni_printable, true)

static struct val
isidentifier(struct run *r, struct val self, struct args *a)
{
	uint32_t c;
	bool ok;

	(void)a;
	if (self.len == 0)
		return val_bool(false);
	utf8_decode(self.s, self.len, &c, &ok);
	return val_bool(!uni_numeric(c) && all_are(r, self, uni_identifier));
}

static struct val
one_case(struct run *r, struct val self, bool upper_wanted)
{
	bool found = false;

	run_charge(r, self.len / 8);
	for (size_t i = 0; i < self.len; ) {
		uint32_t c;
		bool ok;

		i += utf8_decode(self.s + i, self.len - i, &c, &ok);
		if (uni_titlecase(c) || (upper_wanted ? uni_cased_lower(c) : uni_cased_upper(c)))
			return val_bool(false);
		found |= upper_wanted ? uni_cased_upper(c) : uni_cased_lower(c);
	}
	return val_bool(found);
}

static struct val
islower_(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return one_case(r, self, false);
}

static struct val
isupper_(struct run *r, struct val self, struct args *a)
{
	(void)a;
	return one_case(r, self, true);
}

static struct val
istitle(struct run *r, struct val self, struct args *a)
{
	bool inside = false, found = false;

	(void)a;
	run_charge(r, self.len / 8);
	for (size_t i = 0; i < self.len; ) {
		bool ok, upper_case, lower_case;
		uint32_t c;

		i += utf8_decode(self.s + i, self.len - i, &c, &ok);
		upper_case = uni_cased_upper(c) || uni_titlecase(c);
		lower_case = uni_cased_lower(c);
		if ((upper_case && inside) || (lower_case && !inside))
			return val_bool(false);
		inside = upper_case || lower_case;
		found |= inside;
	}
	return val_bool(found);
}

const struct builtin methods_str_test[] = {
	{"isspace", "", 0, isspace_}, {"isalpha", "", 0, isalpha_}, {"isalnum", "", 0, isalnum_},
	{"isdigit", "", 0, isdigit_}, {"isdecimal", "", 0, isdecimal_}, {"isnumeric", "", 0, isnumeric_},
	{"isascii", "", 0, isascii_}, {"isprintable", "", 0, isprintable_}, {"isidentifier", "", 0, isidentifier},
	{"islower", "", 0, islower_}, {"isupper", "", 0, isupper_}, {"istitle", "", 0, istitle},
	{0},
};
