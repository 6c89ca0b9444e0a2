/* Lines of words; see lines.h. */
#include "registry/lines.h"

#include <string.h>

#include "core/base/mem.h"
#include "registry/digest.h"

void
lines_init(struct lines *l, const char *text, size_t n)
{
	*l = (struct lines){.at = text, .end = text + n};
}

bool
lines_next(struct lines *l, const char *key)
{
	size_t n = strlen(key), left = (size_t)(l->end - l->at);
	const char *newline = left ? memchr(l->at, '\n', left) : NULL;

	if (!newline || (size_t)(newline - l->at) < n || memcmp(l->at, key, n) != 0)
		return false;
	if (l->at + n != newline && l->at[n] != ' ')
		return false;
	l->word = l->at + n;
	l->line_end = newline;
	l->at = newline + 1;
	l->n++;
	return true;
}

bool
lines_at_end(const struct lines *l)
{
	return l->at == l->end;
}

/* The next word begins after exactly one blank; its length, or 0. */
static size_t
next_word(struct lines *l)
{
	const char *p = l->word;

	if (p == l->line_end || *p != ' ')
		return 0;
	p++;
	l->word = p;
	while (p < l->line_end && *p != ' ')
		p++;
	return (size_t)(p - l->word);
}

bool
lines_number(struct lines *l, uint64_t *value)
{
	size_t n = next_word(l);
	uint64_t v = 0;

	if (n == 0 || (n > 1 && l->word[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)l->word[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, digit, &v))
			return false;
	}
	l->word += n;
	*value = v;
	return true;
}

bool
lines_hex(struct lines *l, unsigned char *out, size_t n)
{
	size_t len = next_word(l);

	if (!digest_from_hex(out, n, l->word, len))
		return false;
	l->word += len;
	return true;
}

bool
lines_done(const struct lines *l)
{
	return l->word == l->line_end;
}

char *
lines_rest(struct lines *l, size_t max)
{
	size_t n;
	char *text;

	if (l->word == l->line_end || *l->word != ' ')
		return NULL;
	n = (size_t)(l->line_end - ++l->word);
	if (n == 0 || n > max)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (l->word[i] < ' ' || l->word[i] > '~')
			return NULL;
	text = mem_new0(n + 1, 1);
	memcpy(text, l->word, n);
	l->word += n;
	return text;
}
