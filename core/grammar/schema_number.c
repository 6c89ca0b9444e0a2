/* Numbers between bounds, digit by digit. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/grammar/schema.h"

#define MAX_WHOLE 9999999999999999LL	/* 16 digits */
#define MAX_REAL 999999999LL		/* with 6 digits after the point a double still tells them apart */

static uint32_t
digit(struct schema *c, int low, int high)
{
	struct char_range range = {(uint32_t)low, (uint32_t)high};

	return rules_set(&c->r, &range, 1, false);
}

static uint32_t
digits(struct schema *c, size_t n)
{
	return rules_repeat(&c->r, digit(c, '0', '9'), (uint32_t)n, (uint32_t)n);
}

static bool
all(const char *s, size_t n, char want)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != want)
			return false;
	return true;
}

/* Numbers of N digits from LOW to HIGH. */
static uint32_t
of_length(struct schema *c, const char *low, const char *high, size_t n)
{
	static const char nines[] = "9999999999999999999", zeros[] = "0000000000000000000";
	struct node_list ways = {0};
	int first, last;
	uint32_t node;

	if (n == 0)
		return RULES_EMPTY;
	if (low[0] == high[0])
		return rules_seq_of(&c->r, rules_text(&c->r, low, 1), of_length(c, low + 1, high + 1, n - 1), RULES_NONE);
	first = low[0];
	last = high[0];
	if (!all(low + 1, n - 1, '0'))
		node_list_add(&ways, rules_seq_of(&c->r, rules_text(&c->r, low, 1), of_length(c, low + 1, nines, n - 1),
		    RULES_NONE));
	first += !all(low + 1, n - 1, '0');
	if (!all(high + 1, n - 1, '9'))
		node_list_add(&ways, rules_seq_of(&c->r, rules_text(&c->r, high, 1), of_length(c, zeros, high + 1, n - 1),
		    RULES_NONE));
	last -= !all(high + 1, n - 1, '9');
	if (first <= last)
		node_list_add(&ways, rules_seq_of(&c->r, digit(c, first, last), digits(c, n - 1), RULES_NONE));
	node = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	return node;
}

/* Whole numbers from LOW to HIGH, both at least 0, without leading zeros. */
static uint32_t
between(struct schema *c, int64_t low, int64_t high)
{
	struct node_list ways = {0};
	int64_t from = 0, to = 9;
	uint32_t node;

	for (size_t n = 1; n <= 16 && from <= high; n++, from = to + 1, to = to * 10 + 9) {
		char a[24], b[24];

		if (to < low)
			continue;
		(void)snprintf(a, sizeof a, "%" PRId64, low > from ? low : from);
		(void)snprintf(b, sizeof b, "%" PRId64, high < to ? high : to);
		node_list_add(&ways, of_length(c, a, b, n));
	}
	node = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	return node;
}

static uint32_t
negative(struct schema *c, uint32_t magnitude)
{
	return rules_seq_of(&c->r, rules_str(&c->r, "-"), magnitude, RULES_NONE);
}

/* ---- bounds ---- */

struct bounds {
	bool has_low, has_high, low_open, high_open;
	double low, high;
};

static bool
read_bound(struct schema *c, const json_t *s, const char *key, double *value, bool *has)
{
	const json_t *v = json_object_get(s, key);
	size_t len = schema_enter(c, key);

	*has = v != NULL;
	if (v && !json_is_number(v))
		return schema_error(c, "expected a number");
	*value = json_number_value(v);
	schema_leave(c, len);
	return true;
}

static bool
read_bounds(struct schema *c, const json_t *s, struct bounds *b)
{
	double low, high;
	bool has_low, has_high;

	*b = (struct bounds){0};
	if (!read_bound(c, s, "minimum", &b->low, &b->has_low) || !read_bound(c, s, "maximum", &b->high, &b->has_high) ||
	    !read_bound(c, s, "exclusiveMinimum", &low, &has_low) ||
	    !read_bound(c, s, "exclusiveMaximum", &high, &has_high))
		return false;
	if (has_low && (!b->has_low || low >= b->low)) {
		b->low = low;
		b->has_low = b->low_open = true;
	}
	if (has_high && (!b->has_high || high <= b->high)) {
		b->high = high;
		b->has_high = b->high_open = true;
	}
	return true;
}

/* Only whole numbers are multiples that can be told by their digits here. */
static bool
read_multiple(struct schema *c, const json_t *s, bool *whole)
{
	const json_t *v = json_object_get(s, "multipleOf");
	size_t len = schema_enter(c, "multipleOf");

	*whole = v != NULL;
	if (v && json_number_value(v) != 1)
		return schema_error(c, "only multiples of 1 are supported");
	schema_leave(c, len);
	return true;
}

static int64_t
clamp(double d)
{
	return d > (double)MAX_WHOLE ? MAX_WHOLE + 1 : d < -(double)MAX_WHOLE ? -MAX_WHOLE - 1 : (int64_t)d;
}

bool
schema_integer(struct schema *c, const json_t *s, uint32_t *out)
{
	struct bounds b;
	bool whole;
	int64_t low = -MAX_WHOLE, high = MAX_WHOLE, value;
	struct node_list ways = {0};

	if (!read_bounds(c, s, &b) || !read_multiple(c, s, &whole))
		return false;
	if (!b.has_low && !b.has_high) {
		*out = rules_call(&c->r, schema_common(c, COMMON_INTEGER));
		return true;
	}
	if (b.has_low) {
		value = clamp(ceil(b.low));
		value += b.low_open && (double)value == b.low;
		low = value > low ? value : low;
	}
	if (b.has_high) {
		value = clamp(floor(b.high));
		value -= b.high_open && (double)value == b.high;
		high = value < high ? value : high;
	}
	if (low < 0 && low <= high)
		node_list_add(&ways, negative(c, between(c, high < 0 ? -high : 1, -low)));
	if (high >= 0 && low <= high)
		node_list_add(&ways, between(c, low > 0 ? low : 0, high));
	*out = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	return true;
}

/* ---- numbers with a point ---- */

static uint32_t
fraction(struct schema *c, uint32_t inside)
{
	return rules_seq_of(&c->r, rules_str(&c->r, "."), inside, RULES_NONE);
}

/* WHOLE, which may be followed by a point and zeros. */
static uint32_t
exactly(struct schema *c, int64_t whole)
{
	uint32_t zeros = fraction(c, rules_repeat(&c->r, rules_str(&c->r, "0"), 1, 6));

	return rules_seq_of(&c->r, between(c, whole, whole), rules_repeat(&c->r, zeros, 0, 1), RULES_NONE);
}

/* Numbers from LOW to HIGH, both at least 0 and whole. */
static uint32_t
magnitude(struct schema *c, int64_t low, bool low_open, int64_t high, bool high_open)
{
	struct rules *r = &c->r;
	struct node_list ways = {0};
	uint32_t any = rules_repeat(r, fraction(c, rules_repeat(r, digit(c, '0', '9'), 1, 6)), 0, 1), node;
	int64_t from = low + low_open;

	if (low == high)
		return low_open || high_open ? RULES_FAIL : exactly(c, low);
	if (low > high)
		return RULES_FAIL;
	if (low_open)
		node_list_add(&ways, rules_seq_of(r, between(c, low, low), fraction(c, rules_seq_of(r,
		    rules_repeat(r, digit(c, '0', '9'), 0, 5), digit(c, '1', '9'), RULES_NONE)), RULES_NONE));
	if (from <= high - 1)
		node_list_add(&ways, rules_seq_of(r, between(c, from, high - 1), any, RULES_NONE));
	if (!high_open)
		node_list_add(&ways, exactly(c, high));
	node = rules_alt(r, ways.at, ways.n);
	node_list_done(&ways);
	return node;
}

static bool
check_real_bound(struct schema *c, double d)
{
	if (d == floor(d) && d >= -(double)MAX_REAL && d <= (double)MAX_REAL)
		return true;
	return schema_error(c, "the bound %.15g is not supported for \"number\": expected a whole one of at most 9 digits, or "
	    "\"integer\"", d);
}

bool
schema_number(struct schema *c, const json_t *s, uint32_t *out)
{
	struct bounds b;
	int64_t low = -MAX_REAL, high = MAX_REAL;
	struct node_list ways = {0};
	bool whole;

	if (!read_bounds(c, s, &b) || !read_multiple(c, s, &whole))
		return false;
	if (whole)
		return schema_integer(c, s, out);
	if (!b.has_low && !b.has_high) {
		*out = rules_call(&c->r, schema_common(c, COMMON_NUMBER));
		return true;
	}
	if ((b.has_low && !check_real_bound(c, b.low)) || (b.has_high && !check_real_bound(c, b.high)))
		return false;
	low = b.has_low ? (int64_t)b.low : low;
	high = b.has_high ? (int64_t)b.high : high;
	/* "-0" is nothing that anybody means. */
	if (low < 0)
		node_list_add(&ways, negative(c, high < 0 ? magnitude(c, -high, b.high_open, -low, b.low_open) :
		    magnitude(c, 0, true, -low, b.low_open)));
	if (high >= 0)
		node_list_add(&ways, magnitude(c, low > 0 ? low : 0, low >= 0 && b.low_open, high, b.high_open));
	*out = rules_alt(&c->r, ways.at, ways.n);
	node_list_done(&ways);
	return true;
}
