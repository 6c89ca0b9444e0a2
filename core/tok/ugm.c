/* SentencePiece unigram (kind "t5"): the text goes through the character map, spaces become U+2581, and of all ways to
 * cut it into pieces the one with the best sum of scores counts (Kudo 2018; Viterbi).  What no piece covers is the
 * unknown token, once for each stretch, or its bytes where the vocabulary has an entry for each. */
#include "core/tok/impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/gguf.h"
#include "core/tok/mark.h"

#define UNKNOWN_PENALTY 10		/* below the worst piece, as SentencePiece has it */

/* The best way to get to a place of a word. */
struct ugm_step {
	double score;
	uint32_t from;			/* where the last piece begins; on the way back: where the next one ends */
	uint32_t id;			/* of that piece, or TOK_NONE: not known */
};

static bool
ugm_open(struct tok *t, const struct gguf *g, struct err *e)
{
	if (!tok_check_scores(t, g, e) || !charsmap_read(&t->map, g, e))
		return false;
	t->adds_eos = t->adds_space = t->space_is_mark = t->merges_spaces = true;
	(void)gguf_get_bool(g, "tokenizer.ggml.remove_extra_whitespaces", &t->merges_spaces);
	for (uint32_t id = 0; t->unknown == TOK_NONE && id < t->vocab.n; id++)
		if (t->vocab.kinds[id] == TOK_UNKNOWN)
			t->unknown = id;
	return true;
}

static bool
is_piece(const struct vocab *v, uint32_t id)
{
	return v->kinds[id] == TOK_NORMAL || v->kinds[id] == TOK_USER;
}

/* Entries for some bytes only are of no use. */
static void
find_bytes(struct tok *t)
{
	bool all = true;

	for (int b = 0; b < 256; b++) {
		char s[8];

		t->byte_ids[b] = vocab_find(&t->vocab, s, (size_t)snprintf(s, sizeof s, "<0x%02X>", b));
		all = all && t->byte_ids[b] != TOK_NONE && t->vocab.kinds[t->byte_ids[b]] == TOK_BYTE;
	}
	for (int b = 0; !all && b < 256; b++)
		t->byte_ids[b] = TOK_NONE;
}

/* Note after which bytes piece ID goes on with a mark. */
static void
note_joins_of(struct tok *t, uint32_t id)
{
	size_t len;
	const char *s = vocab_spelling(&t->vocab, id, &len);

	for (size_t i = 1; i + 3 <= len; i++)
		if (memcmp(s + i, MARK, 3) == 0)
			t->joins_before[(uint8_t)s[i - 1]] = true;
}

/* A word may be cut off before a mark only where the mark begins a piece for certain. */
static void
note_joins(struct tok *t)
{
	uint32_t mark = vocab_find(&t->vocab, MARK, 3);
	bool is_alone = mark != TOK_NONE && is_piece(&t->vocab, mark);

	for (int b = 0; b < 256; b++)
		t->joins_before[b] = !is_alone;
	for (uint32_t id = 0; id < t->vocab.n; id++)
		if (is_piece(&t->vocab, id))
			note_joins_of(t, id);
}

static bool
ugm_prepare(struct tok *t, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(t->gguf, "tokenizer.ggml.scores");
	float worst = 0;

	t->scores = mem_try(t->vocab.n, sizeof *t->scores, "the scores", e);
	if (!t->scores)
		return false;
	for (uint32_t id = 0; id < t->vocab.n; id++) {
		if (t->vocab.kinds[id] != TOK_NORMAL)
			continue;	/* 0, which makes an entry of the user as good as certain */
		t->scores[id] = (float)gguf_array_f64(kv, id);
		if (!isfinite(t->scores[id]))
			return err_set(e, ERR_FAILED, "tokenizer.ggml.scores holds %g for entry %u, expected a finite number",
			    (double)t->scores[id], id);
		worst = fminf(worst, t->scores[id]);
	}
	t->unknown_score = (double)worst - UNKNOWN_PENALTY;
	find_bytes(t);
	note_joins(t);
	return trie_build(&t->trie, &t->vocab, is_piece, e);
}

/* ---- normal form ---- */

struct normal {
	struct buf *out;
	bool merges;			/* of several spaces one is left, and none at either end */
	bool owes_mark;			/* before the next character */
};

static void
add_normal(struct normal *n, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ' && n->merges) {
			n->owes_mark = n->owes_mark || n->out->len > 0;
			continue;
		}
		if (n->owes_mark)
			buf_add(n->out, MARK, 3);
		n->owes_mark = false;
		if (text[i] == ' ')
			buf_add(n->out, MARK, 3);
		else
			buf_add_char(n->out, text[i]);
	}
}

static void
normalize(struct tok_run *run, const char *text, size_t len, bool at_start)
{
	const struct tok *t = run->tok;
	struct normal n = {&run->text, t->merges_spaces, at_start && t->adds_space};

	buf_clear(&run->text);
	for (size_t at = 0; at < len;) {
		const char *out = text + at;
		size_t out_len, size = charsmap_find(&t->map, text + at, len - at, &out, &out_len);
		uint32_t c;
		bool ok = true;

		if (size == 0) {
			size = out_len = utf8_decode(text + at, len - at, &c, &ok);
			if (!ok) {
				out = "\xef\xbf\xbd";
				out_len = 3;
				size = 1;
			}
		}
		add_normal(&n, out, out_len);
		at += size;
	}
	/* Marks that the text itself ends with go too. */
	while (n.merges && n.out->len >= 3 && memcmp(n.out->data + n.out->len - 3, MARK, 3) == 0)
		buf_truncate(n.out, n.out->len - 3);
}

/* ---- the best cut ---- */

static bool
reserve_steps(struct tok_run *run, size_t n)
{
	struct ugm_step *grown;

	if (n <= run->steps_cap)
		return true;
	grown = realloc(run->steps, n * sizeof *grown);
	if (!grown)
		return err_set(run->e, ERR_NO_SPACE, "not enough memory for a word of %zu bytes", n);
	run->steps = grown;
	run->steps_cap = n;
	return true;
}

static void
offer(struct ugm_step *steps, size_t from, size_t to, double score, uint32_t id)
{
	if (steps[from].score + score > steps[to].score)
		steps[to] = (struct ugm_step){steps[from].score + score, (uint32_t)from, id};
}

/* Try every piece that begins at AT, where a character of SIZE bytes stands. */
static void
try_pieces(const struct tok *t, struct ugm_step *steps, const char *word, size_t len, size_t at, size_t size)
{
	uint32_t node = 0;
	bool has_own = false;

	for (size_t i = at; i < len; i++) {
		node = trie_step(&t->trie, node, (uint8_t)word[i]);
		if (node == 0)
			break;
		if (t->trie.nodes[node].id == TOK_NONE)
			continue;
		has_own = has_own || i + 1 - at == size;
		offer(steps, at, i + 1, (double)t->scores[t->trie.nodes[node].id], t->trie.nodes[node].id);
	}
	if (!has_own)
		offer(steps, at, at + size, t->unknown_score, TOK_NONE);
}

/* Append the pieces of the best way to the end of the word. */
static bool
add_pieces(struct tok_run *run, const char *word, size_t len)
{
	const struct tok *t = run->tok;
	struct ugm_step *steps = run->steps;
	bool has_bytes = t->byte_ids[0] != TOK_NONE, was_unknown = false;

	/* Turn the links around. */
	for (uint32_t at = (uint32_t)len, next = at, from; at > 0; at = from) {
		from = steps[at].from;
		steps[at].from = next;
		next = at;
		if (from == 0)
			steps[0].from = next;
	}
	for (size_t at = 0, end; at < len; at = end) {
		end = at == 0 ? steps[0].from : steps[at].from;
		if (steps[end].id != TOK_NONE && !tok_run_add(run, steps[end].id))
			return false;
		for (size_t i = at; steps[end].id == TOK_NONE && i < end; i++) {
			if (!was_unknown && !tok_run_add_byte(run, (uint8_t)word[i]))
				return false;
			was_unknown = !has_bytes;
		}
		was_unknown = steps[end].id == TOK_NONE && !has_bytes;
	}
	return true;
}

static bool
encode_new_word(struct tok_run *run, const char *word, size_t len)
{
	if (!reserve_steps(run, len + 1))
		return false;
	for (size_t i = 0; i <= len; i++)
		run->steps[i] = (struct ugm_step){-HUGE_VAL, 0, TOK_NONE};
	run->steps[0].score = 0;
	for (size_t at = 0, size; at < len; at += size) {
		uint32_t c;
		bool ok;

		size = utf8_decode(word + at, len - at, &c, &ok);
		try_pieces(run->tok, run->steps, word, len, at, size);
	}
	return add_pieces(run, word, len);
}

/* The words are cut before each mark that no piece has inside. */
static bool
add_words(struct tok_run *run, const char *text, size_t len)
{
	size_t from = 0;

	for (size_t at = 1; at + 3 <= len; at++) {
		if (memcmp(text + at, MARK, 3) != 0 || run->tok->joins_before[(uint8_t)text[at - 1]])
			continue;
		if (!tok_run_word(run, text + from, at - from, encode_new_word))
			return false;
		from = at;
	}
	if (from < len && !tok_run_word(run, text + from, len - from, encode_new_word))
		return false;
	return tok_run_flush(run);
}

static bool
ugm_encode(struct tok_run *run, const char *text, size_t len, bool at_start)
{
	normalize(run, text, len, at_start);
	return add_words(run, run->text.data, run->text.len);
}

const struct tok_algo tok_algo_ugm = {
	.name = "ugm",
	.open = ugm_open,
	.prepare = ugm_prepare,
	.encode = ugm_encode,
	.bytes = spm_bytes,
};
