/* Values as JSON text, and the rules that all schemas share. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/grammar/schema.h"

/* ---- characters inside a string ---- */

static const struct {
	uint32_t cp;
	const char *spelling;
} short_escapes[] = {
	{'"', "\\\""}, {'\\', "\\\\"}, {'\b', "\\b"}, {'\f', "\\f"}, {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"},
};

static const char *
short_escape(uint32_t cp)
{
	for (size_t i = 0; i < sizeof short_escapes / sizeof short_escapes[0]; i++)
		if (short_escapes[i].cp == cp)
			return short_escapes[i].spelling;
	return NULL;
}

uint32_t
schema_key(struct schema *c, const char *s, size_t n)
{
	struct buf out = {0};
	uint32_t node;

	buf_add_char(&out, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char ch = (unsigned char)s[i];
		const char *escape = short_escape(ch);

		if (escape)
			buf_add_str(&out, escape);
		else if (ch < 0x20)
			buf_printf(&out, "\\u%04x", ch);
		else
			buf_add_char(&out, (char)ch);
	}
	buf_add_char(&out, '"');
	node = rules_text(&c->r, buf_str(&out), out.len);
	buf_done(&out);
	return node;
}

/* The control characters of LOW..HIGH that have no short spelling: "\u00" and two digits. */
static void
add_controls(struct schema *c, struct node_list *ways, uint32_t low, uint32_t high)
{
	for (uint32_t tens = 0; tens < 2; tens++) {
		struct char_range digits[32];
		size_t n = 0;

		for (uint32_t cp = tens * 16; cp < tens * 16 + 16; cp++) {
			uint32_t digit = cp % 16;

			if (cp < low || cp > high || short_escape(cp))
				continue;
			digits[n].low = digits[n].high = digit < 10 ? '0' + digit : 'a' + digit - 10;
			n++;
			if (digit >= 10) {
				digits[n].low = digits[n].high = 'A' + digit - 10;
				n++;
			}
		}
		if (n > 0)
			node_list_add(ways, rules_seq_of(&c->r, rules_str(&c->r, tens ? "\\u001" : "\\u000"),
			    rules_set(&c->r, digits, n, false), RULES_NONE));
	}
}

uint32_t
schema_char(struct schema *c, struct char_range *ranges, size_t n, bool negated)
{
	static const struct char_range plain[] = {{0x20, 0x21}, {0x23, 0x5b}, {0x5d, 0x10ffff}};
	struct char_range normal[RULES_MAX_RANGES + 2], raw[RULES_MAX_RANGES + 8];
	struct node_list ways = {0};
	size_t n_raw = 0;
	uint32_t node;

	if (n > RULES_MAX_RANGES) {
		c->r.full = true;
		return RULES_FAIL;
	}
	n = char_ranges_normal(ranges, n, negated, normal);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof plain / sizeof plain[0]; k++) {
			uint32_t low = normal[i].low > plain[k].low ? normal[i].low : plain[k].low;
			uint32_t high = normal[i].high < plain[k].high ? normal[i].high : plain[k].high;

			if (low <= high)
				raw[n_raw++] = (struct char_range){low, high};
		}
		for (size_t k = 0; k < sizeof short_escapes / sizeof short_escapes[0]; k++)
			if (short_escapes[k].cp >= normal[i].low && short_escapes[k].cp <= normal[i].high)
				node_list_add(&ways, rules_str(&c->r, short_escapes[k].spelling));
		add_controls(c, &ways, normal[i].low, normal[i].high);
	}
	if (n_raw > 0)
		node_list_add(&ways, rules_set(&c->r, raw, n_raw, false));
	node = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	return node;
}

/* ---- rules in common ---- */

static uint32_t
class(struct schema *c, const char *pairs)
{
	struct char_range ranges[8];
	size_t n = 0;

	for (; pairs[0]; pairs += 2)
		ranges[n++] = (struct char_range){(unsigned char)pairs[0], (unsigned char)pairs[1]};
	return rules_set(&c->r, ranges, n, false);
}

/* Any character in any spelling, but for U+0000 and halves of a pair. */
static uint32_t
make_char(struct schema *c)
{
	struct char_range raw[] = {{0, 0x1f}, {'"', '"'}, {'\\', '\\'}};
	struct rules *r = &c->r;
	uint32_t hex = class(c, "09afAF"), hex2 = rules_repeat(r, hex, 2, 2), hex3 = rules_repeat(r, hex, 3, 3);
	uint32_t d = class(c, "ddDD"), some = class(c, "19afAF"), zero = rules_str(r, "0");
	uint32_t below_d = rules_seq_of(r, class(c, "19aceeffACEEFF"), hex3, RULES_NONE);
	uint32_t zeros = rules_alt_of(r, rules_seq_of(r, zero, some, hex2, RULES_NONE),
	    rules_seq_of(r, zero, zero, some, hex, RULES_NONE), rules_seq_of(r, rules_str(r, "000"), some, RULES_NONE),
	    RULES_NONE);
	uint32_t not_half = rules_seq_of(r, d, class(c, "07"), hex2, RULES_NONE);
	uint32_t pair = rules_seq_of(r, d, class(c, "89abAB"), hex2, rules_str(r, "\\u"), d, class(c, "cfCF"), hex2,
	    RULES_NONE);
	uint32_t code = rules_alt_of(r, below_d, zeros, not_half, pair, RULES_NONE);

	return rules_alt_of(r, rules_set(r, raw, 3, true),
	    rules_seq_of(r, rules_str(r, "\\"), class(c, "\"\"\\\\//bbffnnrrtt"), RULES_NONE),
	    rules_seq_of(r, rules_str(r, "\\u"), code, RULES_NONE), RULES_NONE);
}

/* Any character in the one spelling that schema_char() gives it. */
static uint32_t
make_plain_char(struct schema *c)
{
	return schema_char(c, NULL, 0, true);
}

static uint32_t
make_integer(struct schema *c)
{
	struct rules *r = &c->r;
	uint32_t digits = rules_seq_of(r, class(c, "19"), rules_repeat(r, class(c, "09"), 0, 15), RULES_NONE);

	return rules_alt_of(r, rules_str(r, "0"),
	    rules_seq_of(r, rules_repeat(r, rules_str(r, "-"), 0, 1), digits, RULES_NONE), RULES_NONE);
}

static uint32_t
make_number(struct schema *c)
{
	struct rules *r = &c->r;
	uint32_t digit = class(c, "09");
	uint32_t whole = rules_alt_of(r, rules_str(r, "0"),
	    rules_seq_of(r, class(c, "19"), rules_repeat(r, digit, 0, 15), RULES_NONE), RULES_NONE);
	uint32_t fraction = rules_seq_of(r, rules_str(r, "."), rules_repeat(r, digit, 1, 16), RULES_NONE);
	uint32_t power = rules_seq_of(r, class(c, "eeEE"), rules_repeat(r, class(c, "++--"), 0, 1),
	    rules_repeat(r, digit, 1, 2), RULES_NONE);

	return rules_seq_of(r, rules_repeat(r, rules_str(r, "-"), 0, 1), whole, rules_repeat(r, fraction, 0, 1),
	    rules_repeat(r, power, 0, 1), RULES_NONE);
}

static uint32_t
make_string(struct schema *c)
{
	return rules_seq_of(&c->r, rules_str(&c->r, "\""),
	    rules_repeat(&c->r, rules_call(&c->r, schema_common(c, COMMON_CHAR)), 0, RULES_MANY), rules_str(&c->r, "\""),
	    RULES_NONE);
}

static uint32_t
list_of(struct schema *c, const char *open, uint32_t item, const char *close)
{
	struct rules *r = &c->r;
	uint32_t more = rules_repeat(r, rules_seq_of(r, c->comma, item, RULES_NONE), 0, RULES_MANY);

	return rules_seq_of(r, rules_str(r, open), rules_repeat(r, rules_seq_of(r, item, more, RULES_NONE), 0, 1),
	    rules_str(r, close), RULES_NONE);
}

static uint32_t
make_any(struct schema *c)
{
	struct rules *r = &c->r;
	uint32_t any = rules_call(r, schema_common(c, COMMON_ANY));
	uint32_t string = rules_call(r, schema_common(c, COMMON_STRING));

	return rules_alt_of(r, list_of(c, "{", rules_seq_of(r, string, c->colon, any, RULES_NONE), "}"),
	    list_of(c, "[", any, "]"), string, rules_call(r, schema_common(c, COMMON_NUMBER)), rules_str(r, "true"),
	    rules_str(r, "false"), rules_str(r, "null"), RULES_NONE);
}

uint32_t
schema_common(struct schema *c, enum common which)
{
	static uint32_t (*const make[COMMON_COUNT])(struct schema *) = {
		[COMMON_ANY] = make_any, [COMMON_STRING] = make_string, [COMMON_CHAR] = make_char,
		[COMMON_PLAIN_CHAR] = make_plain_char, [COMMON_NUMBER] = make_number, [COMMON_INTEGER] = make_integer,
	};

	if (c->common[which] == RULES_NONE) {
		c->common[which] = rules_find(&c->r, NULL, 0);
		rules_define(&c->r, c->common[which], make[which](c));
	}
	return c->common[which];
}

/* ---- literal values ---- */

/* The shortest spelling that reads as the same number. */
static uint32_t
real(struct schema *c, double d)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof text, "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	if (!strpbrk(text, ".e"))
		(void)snprintf(text + strlen(text), 3, ".0");
	return rules_str(&c->r, text);
}

static bool
list_value(struct schema *c, const json_t *value, uint32_t *out)
{
	struct node_list l = {0};
	bool ok = true;

	node_list_add(&l, rules_str(&c->r, "["));
	for (size_t i = 0; ok && i < json_array_size(value); i++) {
		uint32_t node;

		if (i > 0)
			node_list_add(&l, c->comma);
		ok = schema_value(c, json_array_get(value, i), &node);
		node_list_add(&l, ok ? node : RULES_FAIL);
	}
	node_list_add(&l, rules_str(&c->r, "]"));
	*out = rules_seq(&c->r, l.at, l.n);
	node_list_done(&l);
	return ok;
}

static bool
object_value(struct schema *c, const json_t *value, uint32_t *out)
{
	struct node_list l = {0};
	bool ok = true;
	const char *key;
	json_t *v;

	node_list_add(&l, rules_str(&c->r, "{"));
	json_object_foreach((json_t *)(uintptr_t)value, key, v) {
		uint32_t node;

		if (l.n > 1)
			node_list_add(&l, c->comma);
		node_list_add(&l, schema_key(c, key, strlen(key)));
		node_list_add(&l, c->colon);
		ok = ok && schema_value(c, v, &node);
		node_list_add(&l, ok ? node : RULES_FAIL);
	}
	node_list_add(&l, rules_str(&c->r, "}"));
	*out = rules_seq(&c->r, l.at, l.n);
	node_list_done(&l);
	return ok;
}

bool
schema_value(struct schema *c, const json_t *value, uint32_t *out)
{
	char text[32];
	bool ok = true;

	if (++c->depth > SCHEMA_MAX_DEPTH)
		return schema_error(c, "values nest more than %d deep", SCHEMA_MAX_DEPTH);
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		ok = object_value(c, value, out);
		break;
	case JSON_ARRAY:
		ok = list_value(c, value, out);
		break;
	case JSON_STRING:
		*out = schema_key(c, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		(void)snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
		*out = rules_str(&c->r, text);
		break;
	case JSON_REAL:
		*out = real(c, json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		*out = rules_str(&c->r, json_is_true(value) ? "true" : "false");
		break;
	case JSON_NULL:
		*out = rules_str(&c->r, "null");
		break;
	}
	c->depth--;
	return ok;
}
