/* Topics; see topic.h. */
#include "tui/state/topic.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tui/state/textdiff.h"
#include "tui/text.h"
#include "tui/text_clean.h"

static const struct {
	const char *name, *words;
} topics[] = {
#define TOPIC(id, words) {#id, words},
#include "tui/state/topic.def"
#undef TOPIC
};

/* Is S[0..n) one of the words of LIST, or begins it with one in another script than ours? */
static bool
is_listed(const char *list, const char *s, size_t n)
{
	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if ((unsigned char)*p < 0x80 ? len == n && strncasecmp(p, s, n) == 0 : len <= n && memcmp(p, s, len) == 0)
			return true;
		p += len;
	}
	return false;
}

const char *
topic_guess(const char *prompt)
{
	size_t n[ARRAY_LEN(topics)] = {0}, best = 0;
	struct textdiff w = {0};
	struct buf clean = {0};

	text_clean(&clean, prompt, strlen(prompt));
	textdiff_split(&w, buf_str(&clean), clean.len);
	for (size_t i = 0; i < w.n; i++)
		for (size_t t = 0; t < ARRAY_LEN(topics); t++)
			n[t] += is_listed(topics[t].words, clean.data + w.words[i].at, w.words[i].len);
	for (size_t t = 1; t < ARRAY_LEN(topics); t++)
		if (n[t] > n[best])
			best = t;
	textdiff_done(&w);
	buf_done(&clean);
	return n[best] ? topics[best].name : TOPIC_GENERAL;
}

void
topic_clean(const char *s, struct buf *out)
{
	struct buf line = {0};
	size_t from = 0, n = 0;

	text_clean_line(&line, s, strlen(s));
	buf_str(&line);
	while (from < line.len && line.data[from] == ' ')
		from++;
	while (from + n < line.len) {
		size_t next = text_next(line.data, line.len, from + n) - from;

		if (next > TOPIC_BYTES_MAX)
			break;
		n = next;
	}
	while (n > 0 && line.data[from + n - 1] == ' ')
		n--;
	for (size_t i = from; i < from + n; i++)
		buf_add_char(out, (unsigned char)line.data[i] < 0x80 ? (char)tolower((unsigned char)line.data[i]) : line.data[i]);
	buf_done(&line);
}
