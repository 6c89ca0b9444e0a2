/* Ids to text: the bytes of a token, and whole characters of a sequence as it grows. */
#include <string.h>

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

/* Append S[0..n) with broken sequences as U+FFFD. */
static void
add_valid(struct buf *out, const char *s, size_t n)
{
	for (size_t at = 0; at < n;) {
		uint32_t cp;
		bool ok;
		size_t k = utf8_decode(s + at, n - at, &cp, &ok);

		if (ok)
			buf_add(out, s + at, k);
		else
			buf_add_utf8(out, UTF8_REPLACEMENT);
		at += k;
	}
}

void
tok_stream_push(struct tok_stream *s, uint32_t id, struct buf *out)
{
	struct buf b = {0};
	size_t from = 0, tail;

	buf_add(&b, s->held, s->n_held);
	tok_bytes(s->tok, id, s->render_special, &b);
	if (!s->started && b.len) {
		s->started = true;
		from = s->tok->adds_space && b.data[0] == ' ';
	}
	tail = utf8_incomplete_tail(b.data + from, b.len - from);
	add_valid(out, b.data + from, b.len - from - tail);
	memcpy(s->held, b.data + b.len - tail, tail);
	s->n_held = tail;
	buf_done(&b);
}

void
tok_stream_finish(struct tok_stream *s, struct buf *out)
{
	add_valid(out, s->held, s->n_held);
	s->n_held = 0;
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
