/* SentencePiece BPE (kind "llama"): spaces are written U+2581, each character is a symbol, and of the
 * neighbours that together spell a piece those with the best score are joined.  A character without a
 * piece becomes its bytes.  A piece never crosses from a character to a U+2581 it does not have inside,
 * so the text is cut there and words that come again cost nothing. */
#include "core/tok/impl.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/gguf.h"
#include "core/tok/mark.h"

static bool
spm_open(struct tok *t, const struct gguf *g, struct err *e)
{
	t->adds_bos = t->adds_space = t->space_is_mark = true;
	return tok_check_scores(t, g, e);
}

/* Costs order as scores do, the best lowest: the bits of a float, made monotonic.
 * Not a number is the worst. */
static uint32_t
cost_of(float score)
{
	uint32_t bits;

	if (score != score)
		return MERGE_NONE - 1;
	score += 0.0f;		/* -0 is 0 */
	memcpy(&bits, &score, sizeof bits);
	return bits & 0x80000000u ? bits : ~bits & 0x7fffffffu;
}

static bool
spm_prepare(struct tok *t, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(t->gguf, "tokenizer.ggml.scores");
	uint32_t n = t->vocab.n;

	t->costs = mem_try(n, sizeof *t->costs, "the scores", e);
	if (!t->costs)
		return false;
	for (int b = 0; b < 256; b++) {
		char s[8];

		t->byte_ids[b] = vocab_find(&t->vocab, s, (size_t)snprintf(s, sizeof s, "<0x%02X>", b));
	}
	for (uint32_t id = 0; id < n; id++) {
		if (t->vocab.kinds[id] != TOK_NORMAL) {
			t->costs[id] = MERGE_NONE;
			continue;
		}
		t->costs[id] = cost_of((float)gguf_array_f64(kv, id));
		tok_note_joins(t, id);
	}
	return true;
}

/* Both halves must be pieces themselves, as in a list of merges made from the pieces. */
static void
join_by_score(const void *ctx, const char *text, struct merge_sym *l, const struct merge_sym *r)
{
	const struct tok *t = ctx;

	l->cost = MERGE_NONE;
	if (l->id == TOK_NONE || r->id == TOK_NONE)
		return;
	l->joined = vocab_find(&t->vocab, text + l->at, (size_t)l->len + r->len);
	if (l->joined != TOK_NONE)
		l->cost = t->costs[l->joined];
}

static size_t
cut_characters(const struct tok *t, const char *word, size_t len, struct merge_sym *s)
{
	size_t n = 0;

	for (size_t at = 0; at < len; n++) {
		uint32_t c, id = TOK_NONE;
		bool ok;
		size_t size = utf8_decode(word + at, len - at, &c, &ok);

		if (ok)
			id = vocab_find(&t->vocab, word + at, size);
		if (id != TOK_NONE && t->costs[id] == MERGE_NONE)
			id = TOK_NONE;
		s[n] = (struct merge_sym){.id = id, .at = (uint32_t)at, .len = (uint32_t)size};
		at += size;
	}
	return n;
}

static bool
encode_new_word(struct tok_run *run, const char *word, size_t len)
{
	if (!merge_room_reserve(&run->room, len, run->e))
		return false;
	run->room.n = cut_characters(run->tok, word, len, run->room.syms);
	if (!merge_run(&run->room, join_by_score, run->tok, word, run->e))
		return false;
	return tok_run_add_syms(run, word);
}

static bool
spm_encode(struct tok_run *run, const char *text, size_t len, bool at_start)
{
	buf_clear(&run->text);
	if (at_start && run->tok->adds_space)
		buf_add(&run->text, MARK, 3);
	mark_add(&run->text, text, len);
	return tok_run_marked(run, run->text.data, run->text.len, encode_new_word);
}

void
spm_bytes(const struct tok *t, uint32_t id, struct buf *out)
{
	size_t len;
	const char *s = vocab_spelling(&t->vocab, id, &len);

	mark_remove(out, s, len);
}

const struct tok_algo tok_algo_spm = {
	.name = "spm",
	.open = spm_open,
	.prepare = spm_prepare,
	.encode = spm_encode,
	.bytes = spm_bytes,
};
