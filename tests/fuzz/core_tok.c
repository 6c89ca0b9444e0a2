/* Tokenizers.  Input: a byte of flags, a byte that counts 16 bytes of text, the text, and the bytes of a
 * GGUF file; no file stands for one of the small vocabularies, of which the unigram one has the text for its map too.  Whatever the vocabulary, a text is
 * encoded or refused with a sentence, and any ids are decoded to valid UTF-8; the small byte-level one
 * gives every byte back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/tok/tok.h"
#include "tests/tok/small.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ADD_SPECIAL = 1, PARSE_SPECIAL = 2, SPM = 4, UGM = 8, SPBPE = 16 /* both with SPM */, PRE = 0xf8 };

static void
require(bool claim)
{
	if (!claim)
		abort();
}

static void
check_decoding(const struct tok *t, const uint32_t *ids, size_t n)
{
	struct buf whole = {0}, parts = {0};
	struct tok_stream s;

	tok_decode(t, ids, n, true, &whole);
	tok_stream_init(&s, t, true);
	for (size_t i = 0; i < n; i++)
		tok_stream_push(&s, ids[i], &parts);
	tok_stream_finish(&s, &parts);
	require(utf8_is_valid(buf_str(&whole), whole.len));
	require(whole.len == parts.len && memcmp(buf_str(&whole), buf_str(&parts), whole.len) == 0);
	buf_done(&whole);
	buf_done(&parts);
}

static void
check_text(const struct tok *t, const char *text, size_t len, unsigned flags, bool gives_back)
{
	struct tok_flags f = {flags & ADD_SPECIAL, flags & PARSE_SPECIAL};
	struct tok_ids ids = {0};
	struct buf bytes = {0};
	struct err e = {0};

	if (!tok_encode(t, text, len, f, &ids, &e)) {
		require(e.text[0] && ids.n == 0);
		gives_back = false;
	}
	for (size_t i = 0; i < ids.n; i++) {
		require(ids.ids[i] < tok_n_vocab(t));
		tok_bytes(t, ids.ids[i], true, &bytes);
	}
	require(!gives_back || (bytes.len == len && memcmp(buf_str(&bytes), text, len) == 0));
	check_decoding(t, ids.ids, ids.n);
	check_decoding(t, (const uint32_t[]){len ? (uint8_t)text[0] : 0, 0, 7, TOK_NONE}, 4);
	tok_ids_done(&ids);
	buf_done(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const pres[] = {"gpt-2", "dbrx", "gpt-4o", "llama-bpe", "default", "qwen2",
	    "falcon", "tekken"};
	unsigned flags = size > 0 ? data[0] : 0;
	size_t len = size > 1 ? (size_t)data[1] * 16 : 0;
	const char *pre = pres[(flags & PRE) / 8 % (sizeof pres / sizeof pres[0])];
	struct gguf_bytes small;
	struct buf map = {0};
	struct err e = {0};
	struct gguf *g;
	struct tok *t;
	bool own;

	if (size < 2)
		return 0;
	len = len < size - 2 ? len : size - 2;
	own = 2 + len == size;
	buf_add(&map, data + 2, len);
	if (flags & SPM && flags & UGM)
		write_ugm(&small, flags & SPBPE, len ? &map : NULL);
	else if (flags & SPM && flags & SPBPE)
		write_spbpe(&small);
	else if (flags & SPM)
		write_spm(&small, true);
	else
		write_bpe(&small, pre, BPE_BYTES);
	g = own ? gb_open(&small, &e) : gguf_open_memory(data + 2 + len, size - 2 - len, &e);
	t = g ? tok_open(g, &e) : NULL;
	require(t || (e.text[0] && (!own || (flags & SPM && flags & UGM))));
	if (t)
		check_text(t, (const char *)data + 2, len, flags,
		    own && !(flags & (SPM | ADD_SPECIAL)) && strcmp(pre, "qwen2") != 0);
	tok_close(t);
	gguf_close(g);
	buf_done(&small.out);
	buf_done(&map);
	return 0;
}
