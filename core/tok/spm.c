/* SentencePiece BPE (kind "llama"): spaces are written U+2581, each character is a symbol, and of the
 * neighbours that together spell a piece those with the best score are joined.  A character without a
 * piece becomes its bytes. */
#include "core/tok/impl.h"

#include <assert.h>
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

void
spm_note_joins(const struct tok *t, struct joins *j)
{
	for (uint32_t id = 0; id < t->vocab.n; id++) {
		size_t len;
		const char *s = vocab_spelling(&t->vocab, id, &len);

		if (!t->vocab.costs || t->vocab.costs[id] != MERGE_NONE)
			joins_note(j, s, len);
	}
}

static bool
spm_prepare(struct tok *t, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(t->gguf, "tokenizer.ggml.scores");
	uint32_t n = t->vocab.n;

	t->vocab.costs = mem_try(n, sizeof *t->vocab.costs, "the scores", e);
	if (!t->vocab.costs)
		return false;
	for (int b = 0; b < 256; b++) {
		char s[8];

		t->byte_ids[b] = vocab_find(&t->vocab, s, (size_t)snprintf(s, sizeof s, "<0x%02X>", b));
	}
	for (uint32_t id = 0; id < n; id++) {
		if (t->vocab.kinds[id] != TOK_NORMAL) {
			t->vocab.costs[id] = MERGE_NONE;
			continue;
		}
		t->vocab.costs[id] = cost_of((float)gguf_array_f64(kv, id));
	}
	return vocab_chars_build(&t->vocab, e);
}

/* Both halves are pieces themselves, as in a list of merges made from the pieces. */
static void
find_by_score(const void *ctx, const char *text, const struct merge_pair *pairs, size_t n)
{
	const struct tok *t = ctx;
	struct vocab_query q[MERGE_BATCH];

	static_assert(MERGE_BATCH <= VOCAB_BATCH, "all pairs are looked up at once");
	for (size_t i = 0; i < n; i++)
		q[i] = (struct vocab_query){text + pairs[i].l->at, (size_t)pairs[i].l->len + pairs[i].r->len, 0, TOK_NONE};
	vocab_find_batch(&t->vocab, q, n);
	for (size_t i = 0; i < n; i++) {
		pairs[i].l->joined = q[i].id;
		pairs[i].l->cost = q[i].id != TOK_NONE ? t->vocab.costs[q[i].id] : MERGE_NONE;
	}
}

bool
spm_merge(struct tok_run *run, const char *word, size_t len, merge_pairs_fn *find, const void *ctx)
{
	const struct tok *t = run->tok;
	struct merge_sym *s;
	size_t n = 0;

	if (!merge_room_reserve(&run->room, len, run->e))
		return false;
	s = run->room.syms;
	for (size_t at = 0, size; at < len; at += size, n++) {
		uint32_t c, id = TOK_NONE;
		bool ok;

		size = utf8_decode(word + at, len - at, &c, &ok);
		if (ok)
			id = vocab_find_char(&t->vocab, word + at, size, c);
		if (id != TOK_NONE && t->vocab.costs && t->vocab.costs[id] == MERGE_NONE)
			id = TOK_NONE;
		s[n] = (struct merge_sym){.id = id, .at = (uint32_t)at, .len = (uint32_t)size};
	}
	run->room.n = n;
	return merge_run(&run->room, find, ctx, word, run->e) && tok_run_add_syms(run, word);
}

static bool
encode_new_word(struct tok_run *run, const char *word, size_t len)
{
	return spm_merge(run, word, len, find_by_score, run->tok);
}

bool
spm_add_parts(struct tok_run *run, const char *text, size_t len, tok_word_fn *fn)
{
	for (size_t from = 0, end; from < len; from = end) {
		end = run->joins ? joins_cut(run->joins, text, len, from) : len;
		if (!tok_run_word(run, text + from, end - from, fn))
			return false;
	}
	return true;
}

static bool
spm_encode(struct tok_run *run, const char *text, size_t len, bool at_start)
{
	buf_clear(&run->text);
	if (at_start && run->tok->adds_space)
		buf_add(&run->text, MARK, 3);
	mark_add(&run->text, text, len);
	return spm_add_parts(run, run->text.data, run->text.len, encode_new_word) && tok_run_flush(run);
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
	.note_joins = spm_note_joins,
	.bytes = spm_bytes,
};
