/* Source text to tokens, by the rules of Jinja's lexer with trim_blocks and lstrip_blocks:
 * a block or comment takes the white space before it on its line (unless it begins with +) and the line break after
 * it (unless it ends with +); - takes all white space on its side; line breaks become \n and the last one is dropped. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/ast.h"

struct lexer {
	struct arena *arena;
	const char *s;			/* the whole source, line breaks made \n */
	size_t n, at;
	uint32_t line;
	bool line_starting;		/* what was read last ended a line */
	struct token *tokens;
	size_t n_tokens, cap;
	char *brackets;			/* closing ones awaited */
	size_t n_brackets, cap_brackets;
};

#define fail(l, ...) ((l)->arena->fault->line = (l)->line, fault_raise((l)->arena->fault, ERR_FAILED, __VA_ARGS__))

static struct token *
add(struct lexer *l, enum token_type type)
{
	struct token *t;

	if (l->n_tokens == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;

		l->tokens = arena_grow(l->arena, l->tokens, l->cap * sizeof *t, cap * sizeof *t);
		l->cap = cap;
	}
	t = &l->tokens[l->n_tokens++];
	*t = (struct token){.type = (uint8_t)type, .line = l->line};
	return t;
}

static void
count_lines(struct lexer *l, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end && (s = memchr(s, '\n', (size_t)(end - s)))) {
		l->line++;
		s++;
	}
}

static void
advance(struct lexer *l, size_t n)
{
	count_lines(l, l->s + l->at, n);
	l->at += n;
}

static bool
looking_at(const struct lexer *l, size_t at, const char *what)
{
	size_t n = strlen(what);

	return at + n <= l->n && memcmp(l->s + at, what, n) == 0;
}

/* The position after white space. */
static size_t
skip_space(const struct lexer *l, size_t at)
{
	while (at < l->n) {
		uint32_t c;
		bool ok;
		size_t n = utf8_decode(l->s + at, l->n - at, &c, &ok);

		if (!uni_space(c))
			break;
		at += n;
	}
	return at;
}

static size_t
trimmed(const char *s, size_t n)
{
	for (size_t end = n; n > 0; n = end) {
		uint32_t c;
		bool ok;

		end = n - 1;
		while (end > 0 && ((unsigned char)s[end] & 0xc0) == 0x80)
			end--;
		utf8_decode(s + end, n - end, &c, &ok);
		if (!uni_space(c))
			break;
	}
	return n;
}

/* How much of the text before a tag stays.  SIGN is what follows the tag's opening; LSTRIP: not a print tag. */
static size_t
text_kept(const struct lexer *l, const char *s, size_t n, char sign, bool lstrip)
{
	size_t line = n;

	if (sign == '-')
		return trimmed(s, n);
	if (sign == '+' || !lstrip)
		return n;
	while (line > 0 && s[line - 1] != '\n')
		line--;
	if ((line > 0 || l->line_starting) && trimmed(s + line, n - line) == 0)
		return line;
	return n;
}

static void
add_text(struct lexer *l, const char *s, size_t kept, size_t whole)
{
	if (kept > 0) {
		struct token *t = add(l, T_DATA);

		t->s = s;
		t->len = kept;
	}
	count_lines(l, s, whole);
}

static char
sign_at(const struct lexer *l, size_t at)
{
	return at < l->n && (l->s[at] == '-' || l->s[at] == '+') ? l->s[at] : 0;
}

/* If a closing tag (CLOSE is "%}", "}}" or "#}") with its sign stands at AT, the position after it and what it trims. */
static size_t
match_close(const struct lexer *l, size_t at, const char *close)
{
	char sign = sign_at(l, at);
	bool print = close[0] == '}';

	if (sign == '-' && looking_at(l, at + 1, close))
		return skip_space(l, at + 3);
	if (sign == '+' && !print && looking_at(l, at + 1, close))
		return at + 3;
	if (!looking_at(l, at, close))
		return 0;
	at += 2;
	return !print && at < l->n && l->s[at] == '\n' ? at + 1 : at;
}

static void
skip_comment(struct lexer *l)
{
	for (size_t at = l->at; at < l->n; at++) {
		size_t end = match_close(l, at, "#}");

		if (end) {
			advance(l, end - l->at);
			return;
		}
	}
	if (l->at < l->n)		/* as in Jinja, one with nothing behind it is let be */
		fail(l, "a comment is never closed with #}");
}

/* {% raw %} at AT (after its sign)?  The position after it, else 0. */
static size_t
match_raw(const struct lexer *l, size_t at, const char *word)
{
	at = skip_space(l, at);
	if (!looking_at(l, at, word))
		return 0;
	return skip_space(l, at + strlen(word));
}

static void
read_raw(struct lexer *l)
{
	for (size_t at = l->at; at < l->n; at++) {
		size_t end;
		char sign;

		if (!looking_at(l, at, "{%"))
			continue;
		sign = sign_at(l, at + 2);
		end = match_raw(l, at + 2 + (sign != 0), "endraw");
		end = end ? match_close(l, end, "%}") : 0;
		if (!end)
			continue;
		add_text(l, l->s + l->at, text_kept(l, l->s + l->at, at - l->at, sign, true), at - l->at);
		l->at = at;
		advance(l, end - at);
		return;
	}
	if (l->at < l->n)
		fail(l, "{%% raw %%} is never closed with {%% endraw %%}");
}

static const struct {
	char text[3];
	uint8_t type;
} operators[] = {		/* two characters first */
	{"//", T_FLOORDIV}, {"**", T_POW}, {"==", T_EQ}, {"!=", T_NE}, {">=", T_GE}, {"<=", T_LE},
	{"+", T_ADD}, {"-", T_SUB}, {"*", T_MUL}, {"/", T_DIV}, {"%", T_MOD}, {"~", T_TILDE}, {"[", T_LBRACKET},
	{"]", T_RBRACKET}, {"(", T_LPAREN}, {")", T_RPAREN}, {"{", T_LBRACE}, {"}", T_RBRACE}, {">", T_GT},
	{"<", T_LT}, {"=", T_ASSIGN}, {".", T_DOT}, {":", T_COLON}, {"|", T_PIPE}, {",", T_COMMA}, {";", T_SEMICOLON},
};

static void
balance(struct lexer *l, char c)
{
	static const char pairs[] = "(){}[]";
	const char *p = strchr(pairs, c);

	if (!p)
		return;
	if ((p - pairs) % 2 == 0) {
		if (l->n_brackets == l->cap_brackets) {
			size_t cap = l->cap_brackets ? l->cap_brackets * 2 : 32;

			l->brackets = arena_grow(l->arena, l->brackets, l->cap_brackets, cap);
			l->cap_brackets = cap;
		}
		l->brackets[l->n_brackets++] = p[1];
	} else if (l->n_brackets == 0) {
		fail(l, "unexpected '%c'", c);
	} else if (l->brackets[--l->n_brackets] != c) {
		fail(l, "unexpected '%c', expected '%c'", c, l->brackets[l->n_brackets]);
	}
}

static bool
read_operator(struct lexer *l)
{
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
		if (looking_at(l, l->at, operators[i].text)) {
			if (!operators[i].text[1])
				balance(l, operators[i].text[0]);
			add(l, operators[i].type);
			l->at += strlen(operators[i].text);
			return true;
		}
	return false;
}

static bool
is_digit(char c, int base)
{
	if (base == 16)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	return c >= '0' && c < '0' + base;
}

/* Digits with single underscores between them, from AT (LEAD: one may come first); the position after them. */
static size_t
digits(const struct lexer *l, size_t at, int base, bool lead)
{
	size_t end = at;

	for (;;) {
		size_t next = end + ((lead || end > at) && end < l->n && l->s[end] == '_');

		if (next >= l->n || !is_digit(l->s[next], base))
			return end;
		end = next + 1;
	}
}

/* The end of a float literal at l->at, or 0. */
static size_t
match_float(const struct lexer *l)
{
	size_t end = digits(l, l->at, 10, false), frac, e;

	if (end == l->at || (l->at > 0 && l->s[l->at - 1] == '.'))
		return 0;
	frac = end < l->n && l->s[end] == '.' ? digits(l, end + 1, 10, false) : end;
	if (frac <= end + 1)
		frac = end;
	e = frac;
	if (e < l->n && (l->s[e] == 'e' || l->s[e] == 'E')) {
		size_t exp = e + 1 + (sign_at(l, e + 1) != 0), stop = digits(l, exp, 10, false);

		if (stop > exp)
			return stop;
	}
	return frac > end ? frac : 0;
}

/* The end of an integer literal at l->at; *base and *from say how to read it. */
static size_t
match_int(const struct lexer *l, int *base, size_t *from)
{
	static const struct {
		char letter;
		int base;
	} prefixes[] = {{'b', 2}, {'o', 8}, {'x', 16}};
	size_t at = l->at;

	*base = 10;
	*from = at;
	if (l->s[at] != '0')
		return digits(l, at, 10, false);
	for (size_t i = 0; i < 3 && at + 1 < l->n; i++)
		if ((l->s[at + 1] | 32) == prefixes[i].letter) {
			size_t end = digits(l, at + 2, prefixes[i].base, true);

			if (end > at + 2) {
				*base = prefixes[i].base;
				*from = at + 2;
				return end;
			}
		}
	while (++at < l->n && (l->s[at] == '0' || (l->s[at] == '_' && at + 1 < l->n && l->s[at + 1] == '0')))
		;
	return at;
}

static void
read_number(struct lexer *l)
{
	size_t end = match_float(l), from = l->at, n = 0;
	bool whole = end == 0;
	int base = 10;
	char s[400];
	struct token *t;

	if (whole)
		end = match_int(l, &base, &from);
	for (size_t i = from; i < end; i++)
		if (l->s[i] != '_') {
			if (n == sizeof s - 1)
				fail(l, "a number of more than %zu digits", sizeof s - 1);
			s[n++] = l->s[i];
		}
	s[n] = 0;
	t = add(l, whole ? T_INT : T_FLOAT);
	errno = 0;
	if (!whole)
		t->f = strtod(s, NULL);
	else if ((t->i = strtoll(s, NULL, base)), errno == ERANGE)
		fail(l, "the number %.40s does not fit into 64 bits", s);
	l->at = end;
}

static bool
read_name(struct lexer *l)
{
	size_t at = l->at;
	struct token *t;

	while (at < l->n) {
		uint32_t c;
		bool ok;
		size_t n = utf8_decode(l->s + at, l->n - at, &c, &ok);

		if (!uni_identifier(c) || (at == l->at && uni_digit(c)))
			break;
		at += n;
	}
	if (at == l->at)
		return false;
	t = add(l, T_NAME);
	t->s = l->s + l->at;
	t->len = at - l->at;
	l->at = at;
	return true;
}

/* The code point of N hexadecimal digits at S, which ends at END. */
static uint32_t
read_hex(struct lexer *l, const char *s, const char *end, int n)
{
	uint32_t c = 0;

	for (int i = 0; i < n; i++) {
		if (s + i >= end || !is_digit(s[i], 16))
			fail(l, "an escape in a string wants %d hexadecimal digits", n);
		c = c << 4 | (uint32_t)(s[i] <= '9' ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		fail(l, "an escape in a string is not a character: U+%04X", c);
	return c;
}

/* One escape sequence after the backslash, by the rules of Python's string literals; what follows it. */
static const char *
read_escape(struct lexer *l, struct text *out, const char *s, const char *end)
{
	static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
	const char *p = memchr(from, *s, sizeof from - 1);

	if (*s == '\n')
		return s + 1;
	if (p) {
		text_add_char(out, to[p - from]);
		return s + 1;
	}
	if (*s >= '0' && *s <= '7') {
		uint32_t c = 0;

		for (int i = 0; i < 3 && s < end && *s >= '0' && *s <= '7'; i++)
			c = c * 8 + (uint32_t)(*s++ - '0');
		text_add_utf8(out, c);
		return s;
	}
	if (*s == 'x' || *s == 'u' || *s == 'U') {
		int n = *s == 'x' ? 2 : *s == 'u' ? 4 : 8;

		text_add_utf8(out, read_hex(l, s + 1, end, n));
		return s + 1 + n;
	}
	if (*s == 'N')
		fail(l, "characters by name (\\N) are not known in strings");
	text_add_char(out, '\\');
	return s;
}

static bool
read_string(struct lexer *l)
{
	char quote = l->s[l->at];
	const char *s = l->s + l->at + 1, *end = s, *stop = l->s + l->n;
	struct text out = {.arena = l->arena};
	struct token *t;

	while (end < stop && *end != quote)
		end += *end == '\\' ? 2 : 1;
	if (end >= stop)
		return false;
	t = add(l, T_STRING);
	t->s = s;
	t->len = (size_t)(end - s);
	if (memchr(s, '\\', t->len)) {
		const char *p;

		for (; (p = memchr(s, '\\', (size_t)(end - s))); s = read_escape(l, &out, p + 1, end))
			text_add(&out, s, (size_t)(p - s));
		text_add(&out, s, (size_t)(end - s));
		t->s = out.s ? out.s : "";
		t->len = out.n;
	}
	advance(l, (size_t)(end + 1 - (l->s + l->at)));
	return true;
}

/* Tokens inside a tag, its closing included. */
static void
read_tag(struct lexer *l, const char *close, enum token_type end_type)
{
	for (;;) {
		size_t end = l->n_brackets == 0 ? match_close(l, l->at, close) : 0;
		char c;

		if (end) {
			add(l, end_type);
			l->line_starting = end > l->at && l->s[end - 1] == '\n';
			advance(l, end - l->at);
			return;
		}
		advance(l, skip_space(l, l->at) - l->at);
		if (l->at == l->n)
			fail(l, "the template ends inside a tag, expected '%s'", close);
		if (l->n_brackets == 0 && match_close(l, l->at, close))
			continue;
		c = l->s[l->at];
		if (is_digit(c, 10))
			read_number(l);
		else if (c == '\'' || c == '"' ? !read_string(l) : !read_name(l) && !read_operator(l))
			fail(l, c == '\'' || c == '"' ? "a string is never closed" : "unexpected character '%.*s'",
			    (int)utf8_decode(l->s + l->at, l->n - l->at, &(uint32_t){0}, &(bool){0}), l->s + l->at);
	}
}

/* Where the next tag begins; the end when there is none. */
static size_t
find_tag(const struct lexer *l)
{
	for (size_t at = l->at; at + 1 < l->n; at++) {
		const char *p = memchr(l->s + at, '{', l->n - at);

		if (!p)
			break;
		at = (size_t)(p - l->s);
		if (at + 1 < l->n && (p[1] == '%' || p[1] == '{' || p[1] == '#'))
			return at;
	}
	return l->n;
}

static void
read_root(struct lexer *l)
{
	size_t from = l->at, at = find_tag(l), raw;
	char kind, sign;

	if (at == l->n) {
		add_text(l, l->s + from, at - from, at - from);
		l->at = at;
		return;
	}
	kind = l->s[at + 1];
	sign = sign_at(l, at + 2);
	add_text(l, l->s + from, text_kept(l, l->s + from, at - from, sign, kind != '{'), at - from);
	l->line_starting = false;
	l->at = at + 2 + (sign != 0);
	raw = kind == '%' ? match_raw(l, l->at, "raw") : 0;
	if (raw && looking_at(l, raw, "-%}")) {
		advance(l, skip_space(l, raw + 3) - l->at);
	} else if (raw && looking_at(l, raw, "%}")) {
		advance(l, raw + 2 - l->at);
	} else {
		raw = 0;
	}
	if (raw) {
		l->line_starting = l->s[l->at - 1] == '\n';
		read_raw(l);
	} else if (kind == '#') {
		skip_comment(l);
	} else {
		add(l, kind == '%' ? T_BLOCK_BEGIN : T_PRINT_BEGIN);
		read_tag(l, kind == '%' ? "%}" : "}}", kind == '%' ? T_BLOCK_END : T_PRINT_END);
		return;
	}
	l->line_starting = l->s[l->at - 1] == '\n';
}

static void
normalize(struct lexer *l, const char *source, size_t len)
{
	char *s = arena_alloc(l->arena, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = source[i];

		if (c == '\r') {
			c = '\n';
			i += i + 1 < len && source[i + 1] == '\n';
		}
		s[n++] = c;
	}
	l->s = s;
	l->n = n > 0 && s[n - 1] == '\n' ? n - 1 : n;
}

const struct token *
lex_tokens(struct arena *a, const char *source, size_t len)
{
	struct lexer l = {.arena = a, .line = 1, .line_starting = true};

	normalize(&l, source, len);
	while (l.at < l.n)
		read_root(&l);
	add(&l, T_EOF);
	return l.tokens;
}

const char *
lex_describe(const struct token *t, char out[64])
{
	static const char *const names[] = {"end of template", "text", "{{", "}}", "{%", "%}", "a name", "a string",
	    "an integer", "a float"};

	if (t->type == T_NAME) {
		snprintf(out, 64, "%.*s", (int)(t->len < 40 ? t->len : 40), t->s);
		return out;
	}
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
		if (operators[i].type == t->type)
			return operators[i].text;
	return names[t->type];
}
