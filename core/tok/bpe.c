/* Byte-level BPE (kind "gpt2"): a pattern cuts the text into words, each byte of a word is a symbol, and a ranked list
 * of pairs says what is joined.  In the file every byte is spelled as one printable character (GPT-2's table). */
#include "core/tok/impl.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/gguf.h"
#include "core/tok/bytechar.h"
#include "core/tok/nfc.h"

/* What one word may be when whole words count: the longest entry known has 128 bytes, 256 spelled. */
#define WHOLE_MAX 512

static bool
bpe_open(struct tok *t, const struct gguf *g, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(g, "tokenizer.ggml.merges");
	const char *name = t->pre_name[0] ? t->pre_name : "default";

	if (!kv)
		return err_set(e, ERR_FAILED, "tokenizer.ggml.merges is missing");
	if (!kv->is_array || kv->type != GGUF_STRING)
		return err_set(e, ERR_FAILED, "tokenizer.ggml.merges is of type %s, expected an array of strings",
		    gguf_type_name(kv->type));
	if (kv->n >= UINT32_MAX / 4)
		return err_set(e, ERR_FAILED, "tokenizer.ggml.merges has %llu elements, expected less than 2^30",
		    (unsigned long long)kv->n);
	t->pre = pretok_find(name, strlen(name));
	if (!t->pre)
		return err_set(e, ERR_FAILED, "the pre-tokenizer \"%s\" (tokenizer.ggml.pre) is not known", name);
	if (t->pre->flags & PRETOK_ADD_BOS)
		t->adds_bos = true;
	return true;
}

/* The entry spelled A then B.  Merges mostly come in the order of the entries they make, so the entry after the last one,
 * or the same again, is tried before the index. */
static uint32_t
find_joined(const struct vocab *v, struct gguf_str a, struct gguf_str b, uint32_t guess, struct buf *tmp)
{
	for (uint32_t id = guess; id < v->n && id < guess + 2; id++) {
		size_t len;
		const char *s = vocab_spelling(v, id, &len);

		if (len == a.len + b.len && memcmp(s, a.data, a.len) == 0 && memcmp(s + a.len, b.data, b.len) == 0)
			return id;
	}
	buf_clear(tmp);
	buf_add(tmp, a.data, a.len);
	buf_add(tmp, b.data, b.len);
	return vocab_find(v, tmp->data, tmp->len);
}

/* "left right".  A merge that names an unknown entry can never happen: it is passed over. */
static bool
read_merge(struct tok *t, struct gguf_str s, uint32_t rank, uint32_t *guess, struct buf *tmp)
{
	const char *space = s.len > 1 ? memchr(s.data + 1, ' ', s.len - 1) : NULL;
	struct gguf_str a, b;
	uint32_t left, right, joined;

	if (!space)
		return true;
	a = (struct gguf_str){s.data, (size_t)(space - s.data)};
	b = (struct gguf_str){space + 1, s.len - a.len - 1};
	left = vocab_find(&t->vocab, a.data, a.len);
	right = vocab_find(&t->vocab, b.data, b.len);
	if (left == TOK_NONE || right == TOK_NONE)
		return true;
	joined = find_joined(&t->vocab, a, b, *guess, tmp);
	if (joined == TOK_NONE)
		return true;
	*guess = joined;
	return merge_rules_add(&t->rules, left, right, rank, joined);
}

static bool
read_merges(struct tok *t, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(t->gguf, "tokenizer.ggml.merges");
	const uint8_t *cursor = kv->data;
	struct buf tmp = {0};
	uint32_t guess = 0;
	bool ok = merge_rules_init(&t->rules, (size_t)kv->n, e);

	for (uint32_t i = 0; ok && i < kv->n; i++)
		if (!read_merge(t, gguf_array_next_str(&cursor), i, &guess, &tmp))
			ok = err_set(e, ERR_FAILED, "the merges are made to be slow: too many before merge %u share a hash", i);
	buf_done(&tmp);
	return ok;
}

static bool
bpe_prepare(struct tok *t, struct err *e)
{
	for (int b = 0; b < 256; b++) {
		char s[4];

		t->byte_ids[b] = vocab_find(&t->vocab, s, utf8_encode(s, bytechar_of((uint8_t)b)));
	}
	t->code = pretok_compile(t->pre, e);
	return t->code && read_merges(t, e);
}

static void
join_by_rank(const void *ctx, const char *text, struct merge_sym *l, const struct merge_sym *r)
{
	const struct merge_rule *rule = merge_rules_find(ctx, l->id, r->id);

	(void)text;
	l->cost = rule ? rule->rank_plus_1 : MERGE_NONE;
	l->joined = rule ? rule->joined : TOK_NONE;
}

static uint32_t
whole_word(const struct tok *t, const char *word, size_t len)
{
	char s[2 * WHOLE_MAX];
	size_t n = 0;

	if (len > WHOLE_MAX)
		return TOK_NONE;
	for (size_t i = 0; i < len; i++)
		n += utf8_encode(s + n, bytechar_of((uint8_t)word[i]));
	return vocab_find(&t->vocab, s, n);
}

static bool
encode_new_word(struct tok_run *run, const char *word, size_t len)
{
	const struct tok *t = run->tok;
	struct merge_sym *s;

	if (t->pre->flags & PRETOK_WHOLE_WORDS) {
		uint32_t id = whole_word(t, word, len);

		if (id != TOK_NONE)
			return tok_run_add(run, id);
	}
	if (!merge_room_reserve(&run->room, len, run->e))
		return false;
	s = run->room.syms;
	for (size_t i = 0; i < len; i++)
		s[i] = (struct merge_sym){t->byte_ids[(uint8_t)word[i]], (uint32_t)i, 1, MERGE_NONE, TOK_NONE};
	run->room.n = len;
	if (!merge_run(&run->room, join_by_rank, &t->rules, word, run->e))
		return false;
	for (size_t i = 0; i < run->room.n; i++)
		if (s[i].id == TOK_NONE ? !tok_run_add_byte(run, (uint8_t)word[s[i].at]) : !tok_run_add(run, s[i].id))
			return false;
	return true;
}

static bool
encode_word(void *ctx, const char *word, size_t len)
{
	struct tok_run *run = ctx;

	return tok_run_word(run, word, len, encode_new_word);
}

static bool
encode_valid(struct tok_run *run, const char *text, size_t len)
{
	const struct tok *t = run->tok;

	if ((t->pre->flags & PRETOK_NFC) && !nfc_is_plain(text, len)) {
		if (!nfc_normalize(&run->text, text, len, run->e))
			return false;
		text = run->text.data;
		len = run->text.len;
	}
	return pretok_split(t->code, &run->split, text, len, encode_word, run, run->e);
}

/* Broken UTF-8 is no text for a pattern: each of its bytes is a token of its own. */
static bool
bpe_encode(struct tok_run *run, const char *text, size_t len, bool at_start)
{
	size_t from = 0;

	(void)at_start;
	for (size_t at = 0; at < len;) {
		uint32_t c;
		bool ok = true;
		size_t n = (unsigned char)text[at] < 0x80 ? 1 : utf8_decode(text + at, len - at, &c, &ok);

		if (!ok) {
			if (at > from && !encode_valid(run, text + from, at - from))
				return false;
			for (size_t i = 0; i < n; i++)
				if (!tok_run_add_byte(run, (uint8_t)text[at + i]))
					return false;
			from = at + n;
		}
		at += n;
	}
	return from == len || encode_valid(run, text + from, len - from);
}

static void
bpe_bytes(const struct tok *t, uint32_t id, struct buf *out)
{
	size_t len;
	const char *s = vocab_spelling(&t->vocab, id, &len);

	bytechar_decode(out, s, len);
}

const struct tok_algo tok_algo_bpe = {
	.name = "bpe",
	.open = bpe_open,
	.prepare = bpe_prepare,
	.encode = bpe_encode,
	.bytes = bpe_bytes,
};
