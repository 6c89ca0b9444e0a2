/* GBNF: the grammars that local inference programs share.
 *   name ::= parts | parts         a line each; `root` is where a text begins
 *   "text" [a-z] [^\n] . name ( )  parts; * + ? {m} {m,} {m,n} after one repeat it
 *   <word> <[id]> !<word>          a token of the vocabulary, or any other
 *   # comment                      to the end of the line
 * Escapes: \n \r \t \\ \" \[ \] \xXX \uXXXX \UXXXXXXXX.  A rule goes on over lines inside parentheses and after `|`. */
#include <string.h>

#include "core/base/utf8.h"
#include "core/grammar/program.h"
#include "core/grammar/source.h"

#define MAX_NESTING 200

struct gbnf {
	struct source src;
	size_t at;
	struct rules r;
	struct err *e;
	int depth;
	/* Text of the literal and ranges of the class being read. */
	struct buf text;
	struct char_range ranges[RULES_MAX_RANGES];
};

static bool parse_alternatives(struct gbnf *p, uint32_t *out);

static int
peek(const struct gbnf *p)
{
	return p->at < p->src.n ? (unsigned char)p->src.s[p->at] : -1;
}

static bool
starts(const struct gbnf *p, const char *s)
{
	size_t n = strlen(s);

	return p->src.n - p->at >= n && memcmp(p->src.s + p->at, s, n) == 0;
}

static bool
expected(struct gbnf *p, const char *what)
{
	return source_expected(&p->src, p->at, what, p->e);
}

static bool
is_name(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Blanks and comments; line breaks too where LINES. */
static void
skip(struct gbnf *p, bool lines)
{
	for (int c; (c = peek(p)) >= 0; p->at++) {
		if (c == '#')
			while (p->at + 1 < p->src.n && p->src.s[p->at + 1] != '\n')
				p->at++;
		else if (c != ' ' && c != '\t' && !(lines && (c == '\n' || c == '\r')))
			return;
	}
}

/* ---- characters ---- */

static bool
parse_hex(struct gbnf *p, size_t n, uint32_t *cp)
{
	size_t start = p->at - 2;

	*cp = 0;
	for (size_t i = 0; i < n; i++, p->at++) {
		static const char digits[] = "0123456789abcdef";
		int c = peek(p);
		const char *d = c > 0 ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

		if (!d)
			return expected(p, n == 2 ? "two hexadecimal digits" : n == 4 ? "four hexadecimal digits" :
			    "eight hexadecimal digits");
		*cp = *cp << 4 | (uint32_t)(d - digits);
	}
	if (*cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return source_error(&p->src, start, p->e, "there is no character U+%04X", *cp);
	return true;
}

static bool
parse_escape(struct gbnf *p, uint32_t *cp)
{
	static const struct {
		char letter;
		uint32_t cp;
	} simple[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'\\', '\\'}, {'"', '"'}, {'[', '['}, {']', ']'}};
	int c;

	p->at++;
	c = peek(p);
	for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++) {
		if (c != simple[i].letter)
			continue;
		p->at++;
		*cp = simple[i].cp;
		return true;
	}
	if (c != 'x' && c != 'u' && c != 'U')
		return expected(p, "one of n r t \\ \" [ ] x u U after a backslash");
	p->at++;
	return parse_hex(p, c == 'x' ? 2 : c == 'u' ? 4 : 8, cp);
}

/* One character of a literal or class; END says what would close it. */
static bool
parse_char(struct gbnf *p, const char *end, uint32_t *cp)
{
	int c = peek(p);
	bool ok;
	size_t n;

	if (c < 0 || c == '\n' || c == '\r')
		return expected(p, end);
	if (c == '\\')
		return parse_escape(p, cp);
	n = utf8_decode(p->src.s + p->at, p->src.n - p->at, cp, &ok);
	if (!ok)
		return expected(p, "UTF-8");
	p->at += n;
	return true;
}

static bool
parse_literal(struct gbnf *p, uint32_t *out)
{
	uint32_t cp;

	buf_clear(&p->text);
	p->at++;
	while (peek(p) != '"') {
		if (!parse_char(p, "a double quote at the end of the text", &cp))
			return false;
		buf_add_utf8(&p->text, cp);
	}
	p->at++;
	*out = rules_text(&p->r, buf_str(&p->text), p->text.len);
	return true;
}

static bool
parse_class(struct gbnf *p, uint32_t *out)
{
	size_t start = p->at, n = 0;
	bool negated;

	p->at++;
	negated = peek(p) == '^';
	p->at += negated;
	while (peek(p) != ']') {
		size_t at = p->at;
		struct char_range range;

		if (!parse_char(p, "\"]\" at the end of the class", &range.low))
			return false;
		range.high = range.low;
		if (peek(p) == '-' && p->at + 1 < p->src.n && p->src.s[p->at + 1] != ']') {
			p->at++;
			if (!parse_char(p, "\"]\" at the end of the class", &range.high))
				return false;
		}
		if (range.high < range.low)
			return source_error(&p->src, at, p->e, "the range runs backwards, expected its lower end first");
		if (n == RULES_MAX_RANGES)
			return source_error(&p->src, at, p->e, "a class has at most %d ranges", RULES_MAX_RANGES);
		p->ranges[n++] = range;
	}
	p->at++;
	*out = rules_set(&p->r, p->ranges, n, negated);
	if (*out == RULES_FAIL && !p->r.full)
		return source_error(&p->src, start, p->e, "no character belongs to this class");
	return true;
}

/* ---- tokens ---- */

static bool
parse_number(struct gbnf *p, uint32_t limit, uint32_t *out)
{
	size_t start = p->at;
	uint64_t n = 0;

	if (peek(p) < '0' || peek(p) > '9')
		return expected(p, "a number");
	for (; peek(p) >= '0' && peek(p) <= '9'; p->at++)
		n = n > limit ? n : n * 10 + (uint64_t)(peek(p) - '0');
	if (n > limit)
		return source_error(&p->src, start, p->e, "the number is too large: at most %u is possible", limit);
	*out = (uint32_t)n;
	return true;
}

static bool
parse_token(struct gbnf *p, uint32_t *out)
{
	bool negated = peek(p) == '!';
	uint32_t id;
	size_t start;

	p->at += negated;
	start = p->at;
	if (peek(p) != '<')
		return expected(p, "\"<\" of a token after \"!\"");
	if (starts(p, "<[")) {
		p->at += 2;
		if (!parse_number(p, UINT32_MAX - 1, &id))
			return false;
		if (!starts(p, "]>"))
			return expected(p, "\"]>\" after the number of the token");
		p->at += 2;
		*out = rules_token(&p->r, NULL, 0, id, negated);
		return true;
	}
	for (p->at++; peek(p) != '>'; p->at++)
		if (peek(p) < 0 || peek(p) == '\n' || peek(p) == '\0')
			return expected(p, "\">\" at the end of the token");
	p->at++;
	*out = rules_token(&p->r, p->src.s + start, p->at - start, 0, negated);
	return true;
}

/* ---- parts ---- */

static bool
parse_group(struct gbnf *p, uint32_t *out)
{
	size_t start = p->at++;

	if (++p->depth > MAX_NESTING)
		return source_error(&p->src, start, p->e, "parentheses nest more than %d deep", MAX_NESTING);
	if (!parse_alternatives(p, out))
		return false;
	if (peek(p) != ')')
		return expected(p, "\")\", \"|\" or another part");
	p->at++;
	p->depth--;
	return true;
}

static bool
parse_name(struct gbnf *p, uint32_t *rule)
{
	size_t start = p->at, n_before = p->r.n_rules;

	while (is_name(peek(p)))
		p->at++;
	*rule = rules_find(&p->r, p->src.s + start, p->at - start);
	if (p->r.n_rules > n_before)
		p->r.rules[*rule].at = start;
	return true;
}

static bool
parse_part(struct gbnf *p, uint32_t *out)
{
	struct char_range any = {0, 0x10ffff};
	uint32_t rule;
	int c = peek(p);

	if (c == '"')
		return parse_literal(p, out);
	if (c == '[')
		return parse_class(p, out);
	if (c == '(')
		return parse_group(p, out);
	if (c == '<' || c == '!')
		return parse_token(p, out);
	if (c == '.') {
		p->at++;
		*out = rules_set(&p->r, &any, 1, false);
		return true;
	}
	if (!is_name(c))
		return expected(p, p->depth ? "a part or \")\"" : "a part, \"|\" or the end of the line");
	if (!parse_name(p, &rule))
		return false;
	*out = rules_call(&p->r, rule);
	return true;
}

static bool
parse_bounds(struct gbnf *p, uint32_t *min, uint32_t *max)
{
	size_t start = p->at++;

	skip(p, p->depth > 0);
	if (!parse_number(p, RULES_MAX_REPEAT, min))
		return false;
	skip(p, p->depth > 0);
	*max = *min;
	if (peek(p) == ',') {
		p->at++;
		skip(p, p->depth > 0);
		*max = RULES_MANY;
		if (peek(p) != '}' && !parse_number(p, RULES_MAX_REPEAT, max))
			return false;
		skip(p, p->depth > 0);
	}
	if (peek(p) != '}')
		return expected(p, "\"}\" at the end of the repetition");
	p->at++;
	if (*max < *min)
		return source_error(&p->src, start, p->e, "at least %u and at most %u times is never", *min, *max);
	return true;
}

/* What follows a part: how often it stands there. */
static bool
parse_repeats(struct gbnf *p, uint32_t *part)
{
	for (;;) {
		uint32_t min = 0, max = RULES_MANY;

		skip(p, p->depth > 0);
		switch (peek(p)) {
		case '*':
			p->at++;
			break;
		case '+':
			p->at++;
			min = 1;
			break;
		case '?':
			p->at++;
			max = 1;
			break;
		case '{':
			if (!parse_bounds(p, &min, &max))
				return false;
			break;
		default:
			return true;
		}
		*part = rules_repeat(&p->r, *part, min, max);
	}
}

static bool
parse_sequence(struct gbnf *p, uint32_t *out)
{
	struct node_list l = {0};
	bool ok = true;

	for (;;) {
		uint32_t part;
		int c;

		skip(p, p->depth > 0);
		c = peek(p);
		if (c < 0 || c == '|' || c == '\n' || c == '\r' || (c == ')' && p->depth > 0))
			break;
		ok = parse_part(p, &part) && parse_repeats(p, &part);
		if (!ok)
			break;
		node_list_add(&l, part);
	}
	*out = rules_seq(&p->r, l.at, l.n);
	node_list_done(&l);
	return ok;
}

static bool
parse_alternatives(struct gbnf *p, uint32_t *out)
{
	struct node_list l = {0};
	uint32_t way;
	bool ok;

	for (;;) {
		ok = parse_sequence(p, &way);
		node_list_add(&l, way);
		if (!ok || peek(p) != '|')
			break;
		p->at++;
		skip(p, true);
	}
	*out = rules_alt(&p->r, l.at, l.n);
	node_list_done(&l);
	return ok;
}

/* ---- rules ---- */

static bool
parse_rule(struct gbnf *p)
{
	size_t start = p->at;
	uint32_t rule, body;

	if (!is_name(peek(p)))
		return expected(p, "the name of a rule");
	if (!parse_name(p, &rule))
		return false;
	skip(p, false);
	if (!starts(p, "::="))
		return expected(p, "\"::=\" after the name of the rule");
	p->at += 3;
	if (p->r.rules[rule].body != RULES_NONE)
		return source_error(&p->src, start, p->e, "the rule %s is defined a second time, after line %u",
		    p->r.rules[rule].name, source_place(&p->src, p->r.rules[rule].at).line);
	skip(p, true);
	if (!parse_alternatives(p, &body))
		return false;
	if (p->at < p->src.n && peek(p) != '\n' && peek(p) != '\r')
		return expected(p, "a part, \"|\" or the end of the line");
	rules_define(&p->r, rule, body);
	p->r.rules[rule].at = start;
	return true;
}

static bool
check_rules(struct gbnf *p)
{
	const struct rule *rules = p->r.rules;
	struct rules_facts f;
	struct buf path = {0};
	uint32_t bad;

	if (p->r.full)
		return true;		/* rules_compile() says it */
	if (rules[0].body == RULES_NONE)
		return err_set(p->e, ERR_FAILED, "there is no rule named root, where a grammar begins");
	for (size_t i = 0; i < p->r.n_rules; i++)
		if (rules[i].body == RULES_NONE)
			return source_error(&p->src, rules[i].at, p->e, "the rule %s is not defined", rules[i].name);
	rules_facts_init(&f, &p->r);
	bad = rules_left_recursive(&p->r, &f, &path);
	if (bad != RULES_NONE)
		source_error(&p->src, rules[bad].at, p->e,
		    "the rule %s begins with itself (%s): put the repetition to the end, or use * or +", rules[bad].name,
		    buf_str(&path));
	else if ((bad = rules_unproductive(&p->r, &f)) != RULES_NONE)
		source_error(&p->src, rules[bad].at, p->e, "no text matches the rule %s: every way through it goes on "
		    "for ever", rules[bad].name);
	rules_facts_done(&f);
	buf_done(&path);
	return bad == RULES_NONE;
}

static bool
parse(struct gbnf *p)
{
	if (p->src.n > GRAMMAR_MAX_BYTES)
		return err_set(p->e, ERR_FAILED, "it is %zu bytes long, at most %zu are possible", p->src.n,
		    GRAMMAR_MAX_BYTES);
	for (skip(p, true); p->at < p->src.n && !p->r.full; skip(p, true))
		if (!parse_rule(p))
			return false;
	return check_rules(p);
}

struct grammar *
grammar_open_gbnf(const char *text, size_t len, struct err *e)
{
	struct gbnf p = {.src = {text, len}, .e = e};
	struct grammar *g = NULL;

	rules_init(&p.r);
	if (parse(&p))
		g = rules_compile(&p.r, e);
	rules_done(&p.r);
	buf_done(&p.text);
	return g;
}
