/* str() and repr() of values, and numbers as text, as Python writes them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/value.h"

/* The fewest digits that read back as F. */
static void
shortest(double f, char s[40])
{
	for (int p = 0; p < 17; p++) {
		snprintf(s, 40, "%.*e", p, f);
		if (strtod(s, NULL) == f)
			return;
	}
}

void
float_write(struct text *out, double f)
{
	char s[40], digits[24];
	const char *e;
	int n = 0, exp;

	if (isnan(f) || isinf(f)) {
		text_add_str(out, isnan(f) ? "nan" : f < 0 ? "-inf" : "inf");
		return;
	}
	shortest(f, s);
	if (s[0] == '-')
		text_add_char(out, '-');
	e = strchr(s, 'e');
	exp = (int)strtol(e + 1, NULL, 10);
	for (const char *p = s; p < e; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	if (exp < -4 || exp >= 16) {
		text_add(out, digits, 1);
		if (n > 1) {
			text_add_char(out, '.');
			text_add(out, digits + 1, (size_t)n - 1);
		}
		text_printf(out, "e%c%02d", exp < 0 ? '-' : '+', abs(exp));
		return;
	}
	if (exp < 0)
		text_add_fill(out, "0", 1, 1);
	for (int i = 0; exp >= 0 && i <= exp; i++)
		text_add_char(out, i < n ? digits[i] : '0');
	text_add_char(out, '.');
	if (exp < 0)
		text_add_fill(out, "0", 1, (size_t)(-exp - 1));
	if (exp + 1 >= n)
		text_add_char(out, '0');
	else
		text_add(out, digits + (exp < 0 ? 0 : exp + 1), (size_t)(exp < 0 ? n : n - exp - 1));
}

/* Underscores are allowed between digits only. */
static bool
copy_number(struct val s, char *out, size_t size)
{
	size_t n = 0;

	if (s.len == 0 || s.len >= size)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.s[i];

		if (c == '_') {
			if (n == 0 || i + 1 == s.len || s.s[i - 1] == '_' || s.s[i + 1] == '_')
				return false;
			continue;
		}
		if (c <= ' ' || c == 'x' || c == 'X' || c == 'p' || c == 'P' || c == '(')
			return false;	/* what strtod takes and float() does not */
		out[n++] = c;
	}
	out[n] = 0;
	return true;
}

bool
float_parse(struct run *r, struct val text, double *out)
{
	struct val s = str_strip(r, text, val_none(), STRIP_LEFT | STRIP_RIGHT);
	char c[400], *end;

	if (!copy_number(s, c, sizeof c))
		return false;
	*out = strtod(c, &end);
	return *end == 0;
}

static bool
skip_prefix(const char **s, int64_t *base)
{
	static const char letters[] = "box";
	static const int bases[] = {2, 8, 16};
	const char *p = **s == '0' && (*s)[1] ? strchr(letters, (*s)[1] | 32) : NULL;

	if (p && *p && (*base == 0 || *base == bases[p - letters])) {
		*s += 2;
		*base = bases[p - letters];
		if (**s == '_')
			++*s;
		return **s != '-' && **s != '+';
	}
	if (*base == 0) {
		if (**s == '0' && strspn(*s, "0_") != strlen(*s))
			return false;
		*base = 10;
	}
	return true;
}

bool
int_parse(struct run *r, struct val text, int64_t base, int64_t *out)
{
	struct val s = str_strip(r, text, val_none(), STRIP_LEFT | STRIP_RIGHT);
	char c[400], clean[400], *end;
	const char *p = c;
	bool minus;
	size_t n = 0;

	if (base != 0 && (base < 2 || base > 36))
		run_fail(r, "the base of an integer is 0 or 2 to 36, not %lld", (long long)base);
	if (s.len == 0 || s.len >= sizeof c)
		return false;
	memcpy(c, s.s, s.len);
	c[s.len] = 0;
	if (strlen(c) != s.len)
		return false;
	minus = *p == '-';
	p += *p == '-' || *p == '+';
	if (!skip_prefix(&p, &base))
		return false;
	if (minus)
		clean[n++] = '-';
	for (const char *q = p; *q; q++) {
		if (*q == '_' && (q == p || q[1] == '_' || !q[1]))
			return false;
		if (*q == '+' || *q == '-' || *q <= ' ' || *q == 'x' || *q == 'X')
			if (base < 34)
				return false;
		if (*q != '_')
			clean[n++] = *q;
	}
	clean[n] = 0;
	errno = 0;
	*out = strtoll(clean, &end, (int)base);
	if (end == clean || *end)
		return false;
	if (errno == ERANGE)
		run_fail(r, "the number %.40s does not fit into 64 bits", clean);
	return true;
}

static void
repr_str(struct run *r, struct text *out, struct val v)
{
	bool single = memchr(v.s, '\'', v.len) != NULL, twice = memchr(v.s, '"', v.len) != NULL;
	char quote = single && !twice ? '"' : '\'';

	run_charge(r, v.len / 8);
	text_add_char(out, quote);
	for (size_t i = 0, n; i < v.len; i += n) {
		uint32_t c;
		bool ok;

		n = utf8_decode(v.s + i, v.len - i, &c, &ok);
		if (c == (uint32_t)quote || c == '\\')
			text_printf(out, "\\%c", (char)c);
		else if (c == '\n' || c == '\r' || c == '\t')
			text_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if (uni_printable(c))
			text_add(out, v.s + i, n);
		else
			text_printf(out, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
	}
	text_add_char(out, quote);
}

static void
repr_items(struct run *r, struct text *out, const struct val *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			text_add_str(out, ", ");
		val_repr(r, out, v[i]);
	}
}

static void
repr_dict(struct run *r, struct text *out, const struct dict *d)
{
	text_add_char(out, '{');
	for (size_t i = 0; i < d->n; i++) {
		if (i > 0)
			text_add_str(out, ", ");
		val_repr(r, out, d->e[i].key);
		text_add_str(out, ": ");
		val_repr(r, out, d->e[i].val);
	}
	text_add_char(out, '}');
}

static void
repr_view(struct run *r, struct text *out, struct val v)
{
	static const char *const names[] = {"dict_keys", "dict_values", "dict_items"};
	struct vec items = val_items(r, v);

	text_printf(out, "%s([", names[v.view->part]);
	repr_items(r, out, items.v, items.n);
	text_add_str(out, "])");
}

static void
repr_range(struct text *out, const struct range *g)
{
	text_printf(out, "range(%lld, %lld", (long long)g->start, (long long)g->stop);
	if (g->step != 1)
		text_printf(out, ", %lld", (long long)g->step);
	text_add_char(out, ')');
}

static void
repr_macro(struct run *r, struct text *out, struct val v)
{
	struct val name = macro_attr(r, v.macro, val_lit("name"));

	text_add_str(out, "<Macro ");
	if (name.type == V_NONE)
		text_add_str(out, "anonymous");
	else
		val_repr(r, out, name);
	text_add_char(out, '>');
}

static void
repr_any(struct run *r, struct text *out, struct val v)
{
	switch (v.type) {
	case V_UNDEFINED:
		text_add_str(out, "Undefined");
		break;
	case V_NONE:
		text_add_str(out, "None");
		break;
	case V_BOOL:
		text_add_str(out, v.b ? "True" : "False");
		break;
	case V_INT:
		text_printf(out, "%lld", (long long)v.i);
		break;
	case V_FLOAT:
		float_write(out, v.f);
		break;
	case V_STR:
		text_add_str(out, v.safe ? "Markup(" : "");
		repr_str(r, out, v);
		text_add_str(out, v.safe ? ")" : "");
		break;
	case V_LIST:
		text_add_char(out, '[');
		repr_items(r, out, v.seq->v, v.seq->n);
		text_add_char(out, ']');
		break;
	case V_TUPLE:
		text_add_char(out, '(');
		repr_items(r, out, v.seq->v, v.seq->n);
		text_add_str(out, v.seq->n == 1 ? ",)" : ")");
		break;
	case V_DICT:
		repr_dict(r, out, v.dict);
		break;
	case V_NAMESPACE:
		text_add_str(out, "<Namespace ");
		repr_dict(r, out, v.dict);
		text_add_char(out, '>');
		break;
	case V_VIEW:
		repr_view(r, out, v);
		break;
	case V_RANGE:
		repr_range(out, v.range);
		break;
	case V_MACRO:
		repr_macro(r, out, v);
		break;
	default:
		text_printf(out, "<%s>", val_type_name(v));
	}
}

void
val_repr(struct run *r, struct text *out, struct val v)
{
	run_charge(r, 1);
	run_enter(r);
	repr_any(r, out, v);
	r->depth--;
}

void
val_write(struct run *r, struct text *out, struct val v)
{
	if (v.type == V_STR)
		text_add(out, v.s, v.len);
	else if (v.type != V_UNDEFINED)
		val_repr(r, out, v);
}

struct val
val_to_str(struct run *r, struct val v)
{
	struct text t = run_text(r);

	if (v.type == V_STR)
		return v;
	val_write(r, &t, v);
	return val_text(&t);
}
