/* Special tokens in a text; see special.h.  No tree: a range of the sorted spellings is narrowed byte by
 * byte, and most bytes of a text begin none. */
#include "core/tok/special.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/tok/mark.h"

/* Bounds the work at one place of the text.  The longest known is under 100 bytes. */
#define SPECIAL_MAX 1024

static bool
is_wanted(const struct vocab *v, uint32_t id, bool control)
{
	uint8_t kind = v->kinds[id];

	return kind == TOK_USER || (control && (kind == TOK_CONTROL || kind == TOK_UNKNOWN));
}

/* GGUF has no flag for "swallows the white space to its right".  Phi-3's own files set it for </s> and
 * for all tokens added after Llama 2's but <|endoftext|>. */
static bool
phi3_strips(const char *s, size_t len)
{
	static const char *const keep[] = {"<unk>", "<s>", "<|endoftext|>"};

	for (size_t i = 0; i < ARRAY_LEN(keep); i++)
		if (strlen(keep[i]) == len && memcmp(keep[i], s, len) == 0)
			return false;
	return true;
}

static int
by_bytes(const void *x, const void *y)
{
	const struct special *a = x, *b = y;
	int c = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	if (c == 0 && a->len != b->len)
		return a->len < b->len ? -1 : 1;
	if (c == 0)
		return a->id < b->id ? -1 : a->id > b->id;
	return c;
}

static bool
collect(struct special_set *s, const struct vocab *v, struct special_options o, struct err *e)
{
	for (uint32_t id = 0; id < v->n; id++) {
		struct special *item = &s->items[s->n];
		size_t len, at = s->spellings.len;
		const char *text;

		if (!is_wanted(v, id, o.control))
			continue;
		text = vocab_spelling(v, id, &len);
		if (len == 0)
			continue;
		if (len > SPECIAL_MAX)
			return err_set(e, ERR_FAILED,
			    "special token %u is %zu bytes long, expected %d at most", id, len,
			    SPECIAL_MAX);
		if (o.space_is_mark)
			mark_remove(&s->spellings, text, len);
		else
			buf_add(&s->spellings, text, len);
		item->len = (uint32_t)(s->spellings.len - at);
		item->id = id;
		item->strips_right = o.strips_right && phi3_strips(text, len);
		s->n++;
	}
	return true;
}

static void
note_start(struct special_set *s, const struct special *item)
{
	uint64_t *seconds = s->starts[(unsigned char)item->text[0]];
	unsigned char second = item->len > 1 ? (unsigned char)item->text[1] : 0;

	if (item->len == 1)
		memset(seconds, 0xff, sizeof s->starts[0]);
	seconds[second / 64] |= (uint64_t)1 << (second % 64);
}

bool
special_set_build(struct special_set *s, const struct vocab *v, struct special_options o, struct err *e)
{
	size_t n = 0, at = 0;
	uint32_t i = 0;

	*s = (struct special_set){0};
	for (uint32_t id = 0; id < v->n; id++)
		n += is_wanted(v, id, o.control);
	s->items = mem_try(n + 1, sizeof *s->items, "the special tokens", e);
	if (!s->items || !collect(s, v, o, e))
		return false;
	for (uint32_t k = 0; k < s->n; k++) {
		s->items[k].text = s->spellings.data + at;
		at += s->items[k].len;
	}
	s->has_space = memchr(buf_str(&s->spellings), ' ', s->spellings.len) != NULL;
	qsort(s->items, s->n, sizeof *s->items, by_bytes);
	for (int b = 0; b <= 256; b++) {
		while (i < s->n && (unsigned char)s->items[i].text[0] < b)
			i++;
		s->first[b] = i;
	}
	for (uint32_t k = 0; k < s->n; k++)
		note_start(s, &s->items[k]);
	return true;
}

void
special_set_done(struct special_set *s)
{
	free(s->items);
	buf_done(&s->spellings);
	*s = (struct special_set){0};
}

/* Narrow [*low, *high), whose items agree in DEPTH bytes and are longer, to those whose next byte is B. */
static void
narrow(const struct special *items, uint32_t *low, uint32_t *high, uint32_t depth, unsigned char b)
{
	uint32_t from = *low, to = *high, end;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if ((unsigned char)items[mid].text[depth] < b)
			from = mid + 1;
		else
			to = mid;
	}
	*low = from;
	for (end = *high; from < end;) {
		uint32_t mid = from + (end - from) / 2;

		if ((unsigned char)items[mid].text[depth] <= b)
			from = mid + 1;
		else
			end = mid;
	}
	*high = from;
}

/* The longest item TEXT begins with, or NULL. */
static const struct special *
longest_at(const struct special_set *s, const char *text, size_t len)
{
	uint32_t low = s->first[(unsigned char)text[0]];
	uint32_t high = s->first[(unsigned char)text[0] + 1];
	const struct special *best = NULL;

	for (uint32_t depth = 1; low < high; depth++) {
		/* The shortest sort first; of equal spellings the lowest id counts. */
		if (s->items[low].len == depth) {
			best = &s->items[low];
			while (low < high && s->items[low].len == depth)
				low++;
		}
		if (depth == len)
			break;
		narrow(s->items, &low, &high, depth, (unsigned char)text[depth]);
	}
	return best;
}

/* Two bytes rule out nearly every place of a text. */
static bool
may_start(const struct special_set *s, const char *text, size_t len)
{
	unsigned char b = (unsigned char)text[0], second;

	if (len == 1)
		return s->first[b] < s->first[b + 1];
	second = (unsigned char)text[1];
	return s->starts[b][second / 64] >> (second % 64) & 1;
}

bool
special_find(const struct special_set *s, const char *text, size_t len, size_t from, struct special_match *m)
{
	for (size_t at = from; s->n && at < len; at++) {
		const struct special *item = may_start(s, text + at, len - at) ? longest_at(s, text + at, len - at) : NULL;

		if (item) {
			*m = (struct special_match){at, item->len, item};
			return true;
		}
	}
	return false;
}

static bool
is_white_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	    c == 0x3000;
}

size_t
special_space_len(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		uint32_t c;
		bool ok;
		size_t n = utf8_decode(text + at, len - at, &c, &ok);

		if (!ok || !is_white_space(c))
			break;
		at += n;
	}
	return at;
}
