/* Patterns of JSON schema: the regular expressions of ECMAScript without assertions inside and without references
 * back.  What a pattern matches is written as the inside of a JSON string. */
#include <string.h>

#include "core/base/utf8.h"
#include "core/grammar/schema.h"

#define MAX_NESTING 100
#define CHAR_LAST 0x10ffff

struct regex {
	struct schema *c;
	struct source src;
	size_t at;
	int depth;
	struct char_range ranges[RULES_MAX_RANGES];
	size_t n;
};

/* \d, \w, \s and their opposites.  Readers differ on whether U+FEFF is a space: it is in neither. */
static const struct char_range digit_ranges[] = {{'0', '9'}};
static const struct char_range word_ranges[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct char_range space_ranges[] = {
	{'\t', '\r'}, {' ', ' '}, {0xa0, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
	{0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
};
static const struct char_range line_ranges[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

static const struct shorthand {
	char letter;
	const struct char_range *ranges;
	size_t n;
} shorthands[] = {
	{'d', digit_ranges, 1}, {'w', word_ranges, 4}, {'s', space_ranges, 10}, {'.', line_ranges, 3},
};

static const struct {
	char letter;
	uint32_t cp;
} controls[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}, {'v', '\v'}, {'0', '\0'}};

static bool parse_alternatives(struct regex *p, uint32_t *out);

static int
peek(const struct regex *p)
{
	return p->at < p->src.n ? (unsigned char)p->src.s[p->at] : -1;
}

static bool
starts(const struct regex *p, const char *s)
{
	size_t n = strlen(s);

	return p->src.n - p->at >= n && memcmp(p->src.s + p->at, s, n) == 0;
}

static bool
bad(struct regex *p, const char *what)
{
	return schema_error(p->c, "character %u of the pattern: %s", source_place(&p->src, p->at).column, what);
}

static bool
add_range(struct regex *p, uint32_t low, uint32_t high)
{
	if (low > high)
		return bad(p, "the range runs backwards");
	if (p->n == RULES_MAX_RANGES)
		return bad(p, "the class has too many ranges");
	p->ranges[p->n++] = (struct char_range){low, high};
	return true;
}

static bool
add_shorthand(struct regex *p, const struct shorthand *h, bool negated)
{
	struct char_range copy[16], out[18];
	size_t n;

	memcpy(copy, h->ranges, h->n * sizeof *copy);
	n = char_ranges_normal(copy, h->n - (h->letter == 's' && !negated), negated, out);
	for (size_t i = 0; i < n; i++)
		if (!add_range(p, out[i].low, out[i].high))
			return false;
	return true;
}

/* ---- characters ---- */

static bool
parse_hex(struct regex *p, size_t n, uint32_t *cp)
{
	*cp = 0;
	for (size_t i = 0; i < n; i++, p->at++) {
		static const char digits[] = "0123456789abcdef";
		int c = peek(p);
		const char *d = c > 0 ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

		if (!d)
			return bad(p, "expected a hexadecimal digit");
		*cp = *cp << 4 | (uint32_t)(d - digits);
	}
	return true;
}

/* After the backslash: a character, or a class whose ranges are added and *is_class set. */
static bool
parse_escape(struct regex *p, uint32_t *cp, bool *is_class)
{
	int c = peek(p);

	*is_class = false;
	for (size_t i = 0; i < sizeof shorthands / sizeof shorthands[0]; i++) {
		bool negated = c == shorthands[i].letter - 'a' + 'A';

		if (shorthands[i].letter == '.' || (c != shorthands[i].letter && !negated))
			continue;
		p->at++;
		*is_class = true;
		return add_shorthand(p, &shorthands[i], negated);
	}
	for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
		if (c != controls[i].letter)
			continue;
		p->at++;
		*cp = controls[i].cp;
		return true;
	}
	if (c == 'x' || c == 'u') {
		p->at++;
		return parse_hex(p, c == 'x' ? 2 : 4, cp);
	}
	if (c < 0 || !strchr("^$\\.*+?()[]{}|/-\"'`~!@#%&=:;,<> _", c))
		return bad(p, "this escape is not supported");
	*cp = (uint32_t)c;
	p->at++;
	return true;
}

static bool
parse_char(struct regex *p, uint32_t *cp, bool *is_class)
{
	bool ok;

	*is_class = false;
	if (peek(p) == '\\') {
		p->at++;
		return parse_escape(p, cp, is_class);
	}
	p->at += utf8_decode(p->src.s + p->at, p->src.n - p->at, cp, &ok);
	return ok || bad(p, "expected UTF-8");
}

static bool
parse_class(struct regex *p, uint32_t *out)
{
	bool negated, is_class;

	p->n = 0;
	p->at++;
	negated = peek(p) == '^';
	p->at += negated;
	while (peek(p) != ']') {
		uint32_t low, high;

		if (peek(p) < 0)
			return bad(p, "expected \"]\" at the end of the class");
		if (!parse_char(p, &low, &is_class))
			return false;
		if (is_class)
			continue;
		high = low;
		if (peek(p) == '-' && p->at + 1 < p->src.n && p->src.s[p->at + 1] != ']') {
			p->at++;
			if (!parse_char(p, &high, &is_class))
				return false;
			if (is_class)
				return bad(p, "a class cannot end a range");
		}
		if (!add_range(p, low, high))
			return false;
	}
	p->at++;
	*out = schema_char(p->c, p->ranges, p->n, negated);
	return true;
}

/* ---- parts ---- */

static bool
parse_group(struct regex *p, uint32_t *out)
{
	p->at++;
	if (starts(p, "?:"))
		p->at += 2;
	else if (peek(p) == '?')
		return bad(p, "assertions and named groups are not supported");
	if (++p->depth > MAX_NESTING)
		return bad(p, "groups nest too deep");
	if (!parse_alternatives(p, out))
		return false;
	if (peek(p) != ')')
		return bad(p, "expected \")\"");
	p->at++;
	p->depth--;
	return true;
}

static bool
parse_part(struct regex *p, uint32_t *out)
{
	int c = peek(p);
	bool is_class;
	uint32_t cp;

	p->n = 0;
	if (c == '(')
		return parse_group(p, out);
	if (c == '[')
		return parse_class(p, out);
	if (c == ')')
		return bad(p, "there is no group to close");
	if (c == '^' || c == '$')
		return bad(p, c == '^' ? "\"^\" is supported at the beginning only" : "\"$\" is supported at the end only");
	if (c == '*' || c == '+' || c == '?' || c == '{')
		return bad(p, "there is nothing to repeat");
	if (c == '.') {
		p->at++;
		if (!add_shorthand(p, &shorthands[3], true))
			return false;
	} else {
		if (!parse_char(p, &cp, &is_class) || (!is_class && !add_range(p, cp, cp)))
			return false;
	}
	*out = schema_char(p->c, p->ranges, p->n, false);
	return true;
}

static bool
parse_number(struct regex *p, uint32_t *out)
{
	uint32_t n = 0;

	if (peek(p) < '0' || peek(p) > '9')
		return bad(p, "expected a number");
	for (; peek(p) >= '0' && peek(p) <= '9'; p->at++)
		n = n > RULES_MAX_REPEAT ? n : n * 10 + (uint32_t)(peek(p) - '0');
	*out = n;
	return n <= RULES_MAX_REPEAT || bad(p, "the number is too large");
}

static bool
parse_bounds(struct regex *p, uint32_t *min, uint32_t *max)
{
	p->at++;
	if (!parse_number(p, min))
		return false;
	*max = *min;
	if (peek(p) == ',') {
		p->at++;
		*max = RULES_MANY;
		if (peek(p) != '}' && !parse_number(p, max))
			return false;
	}
	if (peek(p) != '}')
		return bad(p, "expected \"}\"");
	p->at++;
	return *min <= *max || bad(p, "the bounds run backwards");
}

static bool
parse_repeat(struct regex *p, uint32_t *part)
{
	uint32_t min = 0, max = RULES_MANY;
	int c = peek(p);

	if (c < 0 || !strchr("*+?{", c))
		return true;
	if (c == '{') {
		if (!parse_bounds(p, &min, &max))
			return false;
	} else {
		min = c == '+';
		max = c == '?' ? 1 : max;
		p->at++;
	}
	if (peek(p) == '?')		/* whether it takes few or many first changes nothing in what matches */
		p->at++;
	*part = rules_repeat(&p->c->r, *part, min, max);
	return true;
}

static bool
ends_here(const struct regex *p)
{
	int c = peek(p);

	return c < 0 || c == '|' || (c == ')' && p->depth > 0);
}

static uint32_t
anything(struct regex *p)
{
	return rules_repeat(&p->c->r, rules_call(&p->c->r, schema_common(p->c, COMMON_CHAR)), 0, RULES_MANY);
}

/* An alternative at the top that is not tied to the beginning or the end is found anywhere. */
static bool
parse_sequence(struct regex *p, uint32_t *out)
{
	bool top = p->depth == 0, ok = true, tied = false;
	struct node_list l = {0};

	if (top && peek(p) == '^')
		p->at++;
	else if (top)
		node_list_add(&l, anything(p));
	while (ok && !ends_here(p)) {
		uint32_t part = RULES_FAIL;

		tied = top && peek(p) == '$' && (p->at + 1 == p->src.n || p->src.s[p->at + 1] == '|');
		if (tied) {
			p->at++;
			break;
		}
		ok = parse_part(p, &part) && parse_repeat(p, &part);
		node_list_add(&l, part);
	}
	if (top && !tied)
		node_list_add(&l, anything(p));
	*out = rules_seq(&p->c->r, l.at, l.n);
	node_list_done(&l);
	return ok;
}

static bool
parse_alternatives(struct regex *p, uint32_t *out)
{
	struct node_list l = {0};
	bool ok;

	for (;;) {
		uint32_t way;

		ok = parse_sequence(p, &way);
		node_list_add(&l, way);
		if (!ok || peek(p) != '|')
			break;
		p->at++;
	}
	*out = rules_alt(&p->c->r, l.at, l.n);
	node_list_done(&l);
	return ok;
}

bool
schema_pattern(struct schema *c, const char *pattern, size_t len, uint32_t *out)
{
	struct regex p = {.c = c, .src = {pattern, len}};

	return parse_alternatives(&p, out);
}
