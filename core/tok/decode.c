/* Ids to text: the bytes of a token, and whole characters of a sequence as it grows. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/tok/impl.h"
#include "core/tok/mark.h"

/* "<0xE9>" is one byte. */
static bool
byte_of(const char *s, size_t len, char *byte)
{
	unsigned value = 0;

	if (len != 6 || memcmp(s, "<0x", 3) != 0 || s[5] != '>')
		return false;
	for (int i = 3; i < 5; i++) {
		const char *digits = "0123456789ABCDEF", *d = s[i] ? strchr(digits, s[i]) : NULL;

		if (!d)
			return false;
		value = value * 16 + (unsigned)(d - digits);
	}
	*byte = (char)value;
	return true;
}

void
tok_bytes(const struct tok *t, uint32_t id, bool render_special, struct buf *out)
{
	enum tok_kind kind = tok_kind_of(t, id);
	size_t len;
	const char *s = tok_spelling(t, id, &len);
	char byte;

	if (kind == TOK_UNUSED || (!render_special && (kind == TOK_CONTROL || kind == TOK_UNKNOWN)))
		return;
	if (kind == TOK_BYTE && byte_of(s, len, &byte))
		buf_add_char(out, byte);
	else if (kind == TOK_NORMAL)
		t->algo->bytes(t, id, out);
	else if (t->space_is_mark)
		mark_remove(out, s, len);
	else
		buf_add(out, s, len);
}

void
tok_stream_init(struct tok_stream *s, const struct tok *t, bool render_special)
{
	*s = (struct tok_stream){.tok = t, .render_special = render_special};
}

/* Put U+FFFD for each broken sequence of OUT from AT on.  Rare: so the copy does no harm. */
static void
mend(struct buf *out, size_t at)
{
	size_t n = out->len - at;
	char *copy;

	if (utf8_is_valid(out->data + at, n))
		return;
	copy = mem_dup_bytes(out->data + at, n);
	buf_truncate(out, at);
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		bool ok;
		size_t size = utf8_decode(copy + i, n - i, &cp, &ok);

		if (ok)
			buf_add(out, copy + i, size);
		else
			buf_add_utf8(out, UTF8_REPLACEMENT);
		i += size;
	}
	free(copy);
}

void
tok_stream_push(struct tok_stream *s, uint32_t id, struct buf *out)
{
	size_t at = out->len, tail;

	buf_add(out, s->held, s->n_held);
	tok_bytes(s->tok, id, s->render_special, out);
	if (!s->started && out->len > at) {
		s->started = true;
		if (s->tok->adds_space && out->data[at] == ' ')
			buf_erase(out, at, 1);
	}
	tail = utf8_incomplete_tail(out->data + at, out->len - at);
	memcpy(s->held, out->data + out->len - tail, tail);
	s->n_held = tail;
	buf_truncate(out, out->len - tail);
	mend(out, at);
}

void
tok_stream_finish(struct tok_stream *s, struct buf *out)
{
	size_t at = out->len;

	buf_add(out, s->held, s->n_held);
	s->n_held = 0;
	mend(out, at);
}

void
tok_decode(const struct tok *t, const uint32_t *ids, size_t n, bool render_special, struct buf *out)
{
	struct tok_stream s;

	tok_stream_init(&s, t, render_special);
	for (size_t i = 0; i < n; i++)
		tok_stream_push(&s, ids[i], out);
	tok_stream_finish(&s, out);
}
