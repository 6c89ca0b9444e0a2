/* Vocabularies of a few entries, written into memory: byte-level BPE, SentencePiece BPE by scores, unigram, and BPE by
 * merges of a SentencePiece vocabulary. */
#ifndef TESTS_TOK_SMALL_H
#define TESTS_TOK_SMALL_H

#include <stdio.h>

#include "core/base/utf8.h"
#include "core/tok/bytechar.h"
#include "core/tok/tok.h"
#include "tests/tok/gguf_bytes.h"

#define BPE_BYTES 256

static const char *const bpe_extra[] = {"he", "ll", "hell", "hello", "Ġhello", "<end>", "<a>", "<a><b>",
    "[PAD]"};
static const char *const bpe_merges[] = {"h e", "l l", "he ll", "hell o", "Ġ hello", "q nothing",
    "noblank", " x", "h e"};
enum { HE = BPE_BYTES, LL, HELL, HELLO, SPACE_HELLO, END, A, AB, PAD, BPE_N };

/* The 256 bytes, in order, then bpe_extra.  N_BYTES < 256 leaves out the last of them. */
static inline void
write_bpe(struct gguf_bytes *b, const char *pre, int n_bytes)
{
	gb_begin(b);
	gb_kv_str(b, "tokenizer.ggml.model", "gpt2");
	gb_kv_str(b, "tokenizer.ggml.pre", pre);
	gb_kv_array(b, "tokenizer.ggml.tokens", GGUF_STRING, BPE_N);
	for (int i = 0; i < BPE_BYTES; i++) {
		char s[4];

		gb_str(b, s, i < n_bytes ? utf8_encode(s, bytechar_of((uint8_t)i)) : 0);
	}
	for (size_t i = 0; i < sizeof bpe_extra / sizeof bpe_extra[0]; i++)
		gb_str(b, bpe_extra[i], strlen(bpe_extra[i]));
	gb_kv_array(b, "tokenizer.ggml.token_type", GGUF_I32, BPE_N);
	for (uint32_t i = 0; i < BPE_N; i++)
		gb_u32(b, i == END ? TOK_CONTROL : i == PAD ? TOK_UNUSED :
		    i == A || i == AB ? TOK_USER : TOK_NORMAL);
	gb_kv_array(b, "tokenizer.ggml.merges", GGUF_STRING, sizeof bpe_merges / sizeof bpe_merges[0]);
	for (size_t i = 0; i < sizeof bpe_merges / sizeof bpe_merges[0]; i++)
		gb_str(b, bpe_merges[i], strlen(bpe_merges[i]));
	gb_kv_u32(b, "tokenizer.ggml.eos_token_id", END);
}

static const char *const spm_pieces[] = {"<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁a", "▁ab", "▁▁", "é"};
static const float spm_scores[] = {0, 0, 0, -9, -7, -8, -2, -3, -1, -4, -5};
enum { UNK, BOS, EOS, MARK1, SA, SB, SAB, MA, MAB, MM, SE, SPM_BYTE0, SPM_N = SPM_BYTE0 + 256 };

static inline void
write_spm(struct gguf_bytes *b, bool with_scores)
{
	gb_begin(b);
	gb_kv_str(b, "tokenizer.ggml.model", "llama");
	gb_kv_array(b, "tokenizer.ggml.tokens", GGUF_STRING, SPM_N);
	for (uint32_t i = 0; i < SPM_N; i++) {
		char s[8];

		if (i < SPM_BYTE0)
			gb_str(b, spm_pieces[i], strlen(spm_pieces[i]));
		else
			gb_str(b, s, (size_t)snprintf(s, sizeof s, "<0x%02X>", i - SPM_BYTE0));
	}
	if (with_scores) {
		gb_kv_array(b, "tokenizer.ggml.scores", GGUF_F32, SPM_N);
		for (uint32_t i = 0; i < SPM_N; i++) {
			float score = i < SPM_BYTE0 ? spm_scores[i] : 0;

			buf_add(&b->out, &score, sizeof score);
		}
	}
	gb_kv_array(b, "tokenizer.ggml.token_type", GGUF_I32, SPM_N);
	for (uint32_t i = 0; i < SPM_N; i++)
		gb_u32(b, i == UNK ? TOK_UNKNOWN : i <= EOS ? TOK_CONTROL :
		    i < SPM_BYTE0 ? TOK_NORMAL : TOK_BYTE);
	gb_kv_u32(b, "tokenizer.ggml.bos_token_id", BOS);
	gb_kv_u32(b, "tokenizer.ggml.eos_token_id", EOS);
	gb_kv_u32(b, "tokenizer.ggml.unknown_token_id", UNK);
}

static const char *const ugm_pieces[] = {"<pad>", "</s>", "<unk>", "▁", "a", "b", "ab", "▁a", "y"};
static const float ugm_scores[] = {0, 0, 0, -2, -3, -3.5f, -5, -6, -1};
enum { UGM_EOS = 1, UGM_UNK, UGM_MARK, UGM_A, UGM_B, UGM_AB, UGM_MA, UGM_Y, UGM_BYTE0, UGM_N = UGM_BYTE0 + 256 };

/* A character map that makes "x" "y". */
static inline void
make_map(struct buf *out)
{
	uint32_t units[122] = {0}, size = sizeof units;

	buf_add(out, &size, sizeof size);
	units['x'] = 'x' | 1u << 8 | 1u << 10;
	units['x' ^ 1] = 1u << 31;
	buf_add(out, units, sizeof units);
	buf_add(out, "y", 2);
}

/* MAP: the bytes of the character map; NULL: none. */
static inline void
write_ugm(struct gguf_bytes *b, bool with_bytes, const struct buf *map)
{
	uint32_t n = with_bytes ? UGM_N : UGM_BYTE0;

	gb_begin(b);
	gb_kv_str(b, "tokenizer.ggml.model", "t5");
	gb_kv_array(b, "tokenizer.ggml.tokens", GGUF_STRING, n);
	for (uint32_t i = 0; i < n; i++) {
		char s[8];

		if (i < UGM_BYTE0)
			gb_str(b, ugm_pieces[i], strlen(ugm_pieces[i]));
		else
			gb_str(b, s, (size_t)snprintf(s, sizeof s, "<0x%02X>", i - UGM_BYTE0));
	}
	gb_kv_array(b, "tokenizer.ggml.scores", GGUF_F32, n);
	for (uint32_t i = 0; i < n; i++) {
		float score = i < UGM_BYTE0 ? ugm_scores[i] : 0;

		buf_add(&b->out, &score, sizeof score);
	}
	gb_kv_array(b, "tokenizer.ggml.token_type", GGUF_I32, n);
	for (uint32_t i = 0; i < n; i++)
		gb_u32(b, i == UGM_UNK ? TOK_UNKNOWN : i < UGM_UNK ? TOK_CONTROL : i < UGM_BYTE0 ? TOK_NORMAL : TOK_BYTE);
	gb_kv_u32(b, "tokenizer.ggml.eos_token_id", UGM_EOS);
	if (map) {
		gb_kv_array(b, "tokenizer.ggml.precompiled_charsmap", GGUF_U8, map->len);
		buf_add(&b->out, buf_str(map), map->len);
	}
}

static const char *const spbpe_pieces[] = {"<bos>", "▁", "a", "b", "ab", "▁ab", "\n", "\n\n\n", "é"};
static const char *const spbpe_merges[] = {"a b", "▁ ab"};
enum { SPBPE_BOS, SPBPE_MARK, SPBPE_A, SPBPE_B, SPBPE_AB, SPBPE_MAB, SPBPE_NL, SPBPE_NL3, SPBPE_E, SPBPE_BYTE0,
	SPBPE_N = SPBPE_BYTE0 + 256 };

static inline void
write_spbpe(struct gguf_bytes *b)
{
	gb_begin(b);
	gb_kv_str(b, "tokenizer.ggml.model", "gemma4");
	gb_kv_array(b, "tokenizer.ggml.tokens", GGUF_STRING, SPBPE_N);
	for (uint32_t i = 0; i < SPBPE_N; i++) {
		char s[8];

		if (i < SPBPE_BYTE0)
			gb_str(b, spbpe_pieces[i], strlen(spbpe_pieces[i]));
		else
			gb_str(b, s, (size_t)snprintf(s, sizeof s, "<0x%02X>", i - SPBPE_BYTE0));
	}
	gb_kv_array(b, "tokenizer.ggml.token_type", GGUF_I32, SPBPE_N);
	for (uint32_t i = 0; i < SPBPE_N; i++)
		gb_u32(b, i == SPBPE_BOS ? TOK_CONTROL : i < SPBPE_BYTE0 ? TOK_NORMAL : TOK_BYTE);
	gb_kv_array(b, "tokenizer.ggml.merges", GGUF_STRING, sizeof spbpe_merges / sizeof spbpe_merges[0]);
	for (size_t i = 0; i < sizeof spbpe_merges / sizeof spbpe_merges[0]; i++)
		gb_str(b, spbpe_merges[i], strlen(spbpe_merges[i]));
	gb_kv_u32(b, "tokenizer.ggml.bos_token_id", SPBPE_BOS);
	gb_kv_bool(b, "tokenizer.ggml.add_space_prefix", false);
}

#endif
