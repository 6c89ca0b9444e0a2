/* Splitting by patterns, through PCRE2; see pretok.h. */
#include "core/tok/pretok.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/tok/ascii.h"
#include "core/tok/newer.h"

/* Unicode's White_Space.  PCRE2's own \s has U+180E as well, which left White_Space in Unicode 6.3. */
#define S "\\x09-\\x0d\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}" \
	"\\x{202f}\\x{205f}\\x{3000}"
#define WS "[" S "]"
#define NOT_WS "[^" S "]"

#define PATTERN(id, ascii, regex) static const struct pretok_pattern pattern_##id = {regex, ascii};
#define PRETOK(name, flags, ...)
#include "core/tok/pretok.def"
#undef PATTERN
#undef PRETOK

#define P(id) &pattern_##id
static const struct pretok pretoks[] = {
#define PATTERN(id, ascii, regex)
#define PRETOK(name, flags, ...) {name, flags, {__VA_ARGS__}},
#include "core/tok/pretok.def"
#undef PATTERN
#undef PRETOK
};
#undef P

/* The JIT's stack.  The machine stack's 32 KB do for any word; a pattern that remembers each character
 * of a long run needs more, and past this limit PCRE2's interpreter takes over, whose memory is on the
 * heap. */
#define STACK_MIN ((size_t)64 << 10)
#define STACK_MAX ((size_t)16 << 20)
#define LONG_TEXT 4096

struct pretok_code {
	int n;
	pcre2_code *codes[PRETOK_MAX_PATTERNS];
	const struct ascii_rules *ascii[PRETOK_MAX_PATTERNS];	/* or NULL */
};

const struct pretok *
pretok_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(pretoks); i++)
		if (strlen(pretoks[i].name) == len && memcmp(pretoks[i].name, name, len) == 0)
			return &pretoks[i];
	return NULL;
}

struct pretok_code *
pretok_compile(const struct pretok *p, struct err *e)
{
	struct pretok_code *c = mem_new0(1, sizeof *c);

	for (; c->n < PRETOK_MAX_PATTERNS && p->patterns[c->n]; c->n++) {
		PCRE2_SIZE at;
		int code;

		c->codes[c->n] = pcre2_compile((PCRE2_SPTR)p->patterns[c->n]->regex, PCRE2_ZERO_TERMINATED,
		    PCRE2_UTF | PCRE2_UCP, &code, &at, NULL);
		if (!c->codes[c->n]) {
			err_set(e, ERR_FAILED, "PCRE2 refuses the pattern of \"%s\" at %zu with error %d",
			    p->name, at, code);
			pretok_code_free(c);
			return NULL;
		}
		c->ascii[c->n] = p->patterns[c->n]->ascii;
		/* Without a JIT (some systems forbid it) the same code is interpreted. */
		(void)pcre2_jit_compile(c->codes[c->n], PCRE2_JIT_COMPLETE);
	}
	return c;
}

void
pretok_code_free(struct pretok_code *c)
{
	for (int i = 0; c && i < c->n; i++)
		pcre2_code_free(c->codes[i]);
	free(c);
}

static bool
run_init(struct pretok_run *r, size_t len, struct err *e)
{
	if (!r->match)
		r->match = pcre2_match_data_create(1, NULL);
	if (!r->context)
		r->context = pcre2_match_context_create(NULL);
	if (!r->match || !r->context)
		return err_set(e, ERR_NO_SPACE, "not enough memory to split the text");
	pcre2_set_match_limit(r->context, UINT32_MAX);
	pcre2_set_depth_limit(r->context, UINT32_MAX);
	pcre2_set_heap_limit(r->context, UINT32_MAX);
	if (len > LONG_TEXT && !r->stack) {
		r->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
		if (r->stack)
			pcre2_jit_stack_assign(r->context, NULL, r->stack);
	}
	return true;
}

void
pretok_run_done(struct pretok_run *r)
{
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->context);
	pcre2_jit_stack_free(r->stack);
	buf_done(&r->older);
	*r = (struct pretok_run){0};
}

/* One call of pretok_split(). */
struct split {
	const struct pretok_code *code;
	struct pretok_run *run;
	const char *text;	/* whose words are told */
	const char *matched;	/* what the patterns see: of the same length, with the same borders */
	struct err *e;
};

/* Where the pattern of LEVEL matches TEXT from FROM on; at its end when it does not. */
static bool
next_match(const struct split *s, int level, const char *text, size_t len, size_t from, size_t span[2])
{
	const pcre2_code *code = s->code->codes[level];
	struct pretok_run *r = s->run;
	int rc = pcre2_match(code, (PCRE2_SPTR)text, len, from, PCRE2_NO_UTF_CHECK, r->match, r->context);
	PCRE2_SIZE *found = pcre2_get_ovector_pointer(r->match);

	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(code, (PCRE2_SPTR)text, len, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
		    r->match, r->context);
	if (rc == PCRE2_ERROR_NOMATCH) {
		span[0] = span[1] = len;
		return true;
	}
	if (rc < 0)
		return err_set(s->e, ERR_NO_SPACE, "splitting %zu bytes of text failed: PCRE2 error %d", len,
		    rc);
	span[0] = found[0];
	span[1] = found[1];
	return true;
}

/* Split what lies from AT to END by the patterns from LEVEL on. */
static bool
split_level(const struct split *s, int level, size_t at, size_t end)
{
	const char *text = s->matched + at;
	size_t len = end - at, done = 0, from = 0, span[2] = {0};
	const struct ascii_rules *ascii;

	if (level == s->code->n)
		return s->run->fn(s->run->ctx, s->text + at, len);
	ascii = s->code->ascii[level];
	while (done < len) {
		size_t n = ascii && from == done ? ascii_word(ascii, text + done, len - done) : 0;

		if (n) {
			span[0] = done;
			span[1] = done + n;
		} else if (!next_match(s, level, text, len, from, span)) {
			return false;
		}
		if (span[0] == span[1] && span[0] < len) {	/* empty, it cuts nothing: look further on */
			uint32_t cp;
			bool ok;

			from = span[0] + utf8_decode(text + span[0], len - span[0], &cp, &ok);
			continue;
		}
		/* What no match covers is a piece as well. */
		if ((span[0] > done && !split_level(s, level + 1, at + done, at + span[0])) ||
		    (span[1] > span[0] && !split_level(s, level + 1, at + span[0], at + span[1])))
			return false;
		done = from = span[1];
	}
	return true;
}

bool
pretok_split(const struct pretok_code *c, struct pretok_run *r, const char *text, size_t len, struct err *e)
{
	struct split s = {c, r, text, text, e};

	if (newer_replace(&r->older, text, len))
		s.matched = r->older.data;
	return run_init(r, len, e) && split_level(&s, 0, 0, len);
}
