/* Names of models of other programs: the quantization and the part that a file's name tells, and what minnow calls it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"
#include "registry/check.h"
#include "registry/hub_facts.h"
#include "registry/resolve.h"

enum { NAME_MAX_BYTES = 200, WORD_MAX_BYTES = 64, TAG_MAX_BYTES = 24 };

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* S[0..n) begins with WORD, in letters of any case. */
static bool
begins(const char *s, size_t n, const char *word)
{
	size_t k = 0;

	while (word[k] && k < n && lower(s[k]) == word[k])
		k++;
	return !word[k];
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Bytes of NAME before ".gguf", in letters of any case; 0: it does not end so. */
static size_t
stem_length(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && begins(name + n - 5, 5, ".gguf") ? n - 5 : 0;
}

bool
adopt_is_gguf(const char *name)
{
	const char *base = base_name(name);
	size_t n = strlen(base);

	/* What makes tokens of pictures, and what a quantizer measured, are no models. */
	return stem_length(base) > 0 && !begins(base, n, "mmproj") && !strstr(base, "-mmproj") && !strstr(base, "imatrix") &&
	    !begins(base, n, "ggml-vocab");
}

static unsigned
digits(const char *s, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	return v;
}

bool
adopt_part_of(const char *name, size_t *n, unsigned *index, unsigned *count)
{
	enum { TAIL = 15 };			/* -00001-of-00002 */
	size_t stem = stem_length(name);
	const char *tail = name + stem - TAIL;

	if (stem <= TAIL || tail[0] != '-' || strncmp(tail + 6, "-of-", 4) != 0)
		return false;
	*index = digits(tail + 1, 5);
	*count = digits(tail + 10, 5);
	*n = stem - TAIL;
	return *index >= 1 && *index <= *count && *count <= ADOPT_FILES_MAX;
}

/* Of a file's name without ".gguf" and the number of its part. */
static size_t
plain_length(const char *base)
{
	unsigned index, count;
	size_t n;

	if (adopt_part_of(base, &n, &index, &count))
		return n;
	n = stem_length(base);
	return n ? n : strlen(base);
}

bool
adopt_quant_of(const char *name, struct buf *quant)
{
	char found[32];

	buf_clear(quant);
	if (hub_quant_of(base_name(name), found))
		buf_add_str(quant, found);
	return quant->len > 0;
}

/* Append S[0..n) as one word: what is not allowed becomes a hyphen, and none stands at an end or beside another one. */
static void
add_word(struct buf *out, const char *s, size_t n, size_t max)
{
	size_t start = out->len;

	for (size_t i = 0; i < n && out->len - start < max; i++) {
		char c = lower(s[i]), before = out->len > start ? out->data[out->len - 1] : '\0';

		if (!is_word_char(c) && !strchr("._-", c))
			c = '-';
		if (is_word_char(c) || (before && is_word_char(before)) || (before && c == '_' && before == '_'))
			buf_add_char(out, c);
	}
	while (out->len > start && !is_word_char(out->data[out->len - 1]))
		buf_truncate(out, out->len - 1);
	if (out->len == start)
		buf_add_str(out, "model");
}

void
adopt_clean_name(struct buf *out, const char *s)
{
	buf_clear(out);
	for (;;) {
		size_t n = strcspn(s, "/:");

		add_word(out, s, n, WORD_MAX_BYTES);
		s += n;
		if (!*s || out->len + WORD_MAX_BYTES + 1 > NAME_MAX_BYTES)
			return;
		if (*s == ':') {
			buf_add_char(out, ':');
			add_word(out, s + 1, strlen(s + 1), WORD_MAX_BYTES);
			return;
		}
		buf_add_char(out, '/');
		s++;
	}
}

static bool
ends(const char *s, size_t n, const char *end)
{
	size_t k = strlen(end);

	return n > k && strncasecmp(s + n - k, end, k) == 0;
}

/* Bytes of S[0..n) without what only says in which form the model comes. */
static size_t
without_form(const char *s, size_t n)
{
	static const char *const forms[] = {"-gguf", "_gguf", ".gguf", "-ggml"};
	char *name = mem_dup(s), quant[32];

	name[n] = '\0';
	if (hub_quant_of(name, quant) && (ends(s, n, quant) || strcasecmp(name, quant) == 0))
		n -= strlen(quant);
	free(name);
	while (n > 0 && strchr("-._", s[n - 1]))
		n--;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (ends(s, n, forms[i]))
			n -= strlen(forms[i]);
	return n;
}

static bool
says_little(const char *s, size_t n)
{
	static const char *const words[] = {"", "model", "ggml-model", "ggml", "gguf", "weights"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == n && begins(s, n, words[i]))
			return true;
	return false;
}

void
adopt_make_name(struct buf *out, const char *file, const char *call, const char *quant)
{
	const char *base = base_name(file);
	size_t n = without_form(base, plain_length(base));

	if (says_little(base, n) && call) {
		base = base_name(call);
		n = without_form(base, plain_length(base));
	}
	buf_clear(out);
	add_word(out, base, n, WORD_MAX_BYTES);
	if (quant) {
		buf_add_char(out, ':');
		add_word(out, quant, strlen(quant), TAG_MAX_BYTES);
	}
}

bool
adopt_check_name(const char *name, struct err *e)
{
	char word[WORD_MAX_BYTES + 1];
	bool tag = false;

	if (strlen(name) > NAME_MAX_BYTES)
		return err_set(e, ERR_FAILED, "is longer than %d bytes", NAME_MAX_BYTES);
	if (strcmp(name, RESOLVE_GUIDE) == 0)
		return err_set(e, ERR_FAILED, "is that of the bundled model");
	for (;;) {
		size_t n = strcspn(name, "/:");

		if (n > WORD_MAX_BYTES)
			return err_set(e, ERR_FAILED, "has a word of more than %d bytes", WORD_MAX_BYTES);
		memcpy(word, name, n);
		word[n] = '\0';
		if (!check_id(word, e))
			return false;
		name += n;
		if (!*name)
			return true;
		if (tag)
			return err_set(e, ERR_FAILED, "has more behind its \":\"");
		tag = *name++ == ':';
	}
}
