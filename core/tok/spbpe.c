/* BPE by a list of merges over the characters of a SentencePiece vocabulary (kind "gemma4"): spaces are written U+2581, a
 * character without an entry becomes its bytes, and there is no pattern that cuts the text into words; only a run of
 * newlines stands apart, and is one token where the vocabulary has it. */
#include "core/tok/impl.h"

#include <stdio.h>
#include <string.h>

#include "core/tok/mark.h"

static bool
spbpe_open(struct tok *t, const struct gguf *g, struct err *e)
{
	t->adds_bos = t->space_is_mark = true;
	return bpe_check_merges(g, e);
}

static bool
spbpe_prepare(struct tok *t, struct err *e)
{
	for (int b = 0; b < 256; b++) {
		char s[8];

		t->byte_ids[b] = vocab_find(&t->vocab, s, (size_t)snprintf(s, sizeof s, "<0x%02X>", b));
	}
	return vocab_chars_build(&t->vocab, e) && bpe_read_merges(t, e);
}

static bool
encode_new_word(struct tok_run *run, const char *word, size_t len)
{
	if (word[0] == '\n') {
		uint32_t id = vocab_find(&run->tok->vocab, word, len);

		if (id != TOK_NONE)
			return tok_run_add(run, id);
	}
	return spm_merge(run, word, len, bpe_find_pairs, &run->tok->rules);
}

static bool
spbpe_encode(struct tok_run *run, const char *text, size_t len, bool at_start)
{
	const char *s;
	size_t n;

	buf_clear(&run->text);
	if (at_start && run->tok->adds_space)
		buf_add(&run->text, MARK, 3);
	mark_add(&run->text, text, len);
	s = run->text.data;
	n = run->text.len;
	for (size_t from = 0, end; from < n; from = end) {
		bool is_newline = s[from] == '\n';

		for (end = from + 1; end < n && (s[end] == '\n') == is_newline;)
			end++;
		if (!(is_newline ? tok_run_word : spm_add_parts)(run, s + from, end - from, encode_new_word))
			return false;
	}
	return tok_run_flush(run);
}

const struct tok_algo tok_algo_spbpe = {
	.name = "spbpe",
	.open = spbpe_open,
	.prepare = spbpe_prepare,
	.encode = spbpe_encode,
	.note_joins = spm_note_joins,
	.bytes = spm_bytes,
};
