/* A vocabulary of a few hundred tokens with its tree, for tests of grammars; include after cmocka.h. */
#ifndef TESTS_DATA_VOCABULARY_H
#define TESTS_DATA_VOCABULARY_H

#include <stdio.h>

#include "core/base/mem.h"
#include "core/grammar/trie.h"
#include "core/tok/tok.h"
#include "tests/data/gguf_make.h"

/* Bytes, then words, then tokens that write nothing.  The spm one has U+2581 for a space and drops the first. */
struct vocabulary {
	struct buf file;
	struct gguf *gguf;
	struct tok *tok;
	struct trie *tree;
};

static const char *const words[] = {"a", "ab", "abc", "b", "{\"", "\":", "\",", "\": \"", "\"}", "}}", "[]", "[[", "1",
    "12", "00", "true", "rue", "ue,", "name", "é", "日本", "▁", "▁a", "▁▁", "▁{\"", "▁1", "<b>", "x<b>"};
enum { N_BYTES = 256, N_WORDS = ARRAY_LEN(words), USER = N_BYTES + N_WORDS, CONTROL, END, N_TOKENS };

static inline int
open_vocabulary(void **state)
{
	static struct vocabulary v;
	struct gguf_make f = {0};
	struct err e = {0};
	char bytes[N_BYTES][8];
	const char *list[N_TOKENS];
	int32_t types[N_TOKENS];
	float scores[N_TOKENS] = {0};

	for (int i = 0; i < N_BYTES; i++) {
		(void)snprintf(bytes[i], sizeof bytes[i], "<0x%02X>", i);
		list[i] = bytes[i];
		types[i] = TOK_BYTE;
	}
	for (int i = 0; i < (int)N_WORDS; i++) {
		list[N_BYTES + i] = words[i];
		types[N_BYTES + i] = TOK_NORMAL;
	}
	list[USER] = "<user>";
	types[USER] = TOK_USER;
	list[CONTROL] = "<think>";
	types[CONTROL] = TOK_CONTROL;
	list[END] = "</s>";
	types[END] = TOK_CONTROL;
	gguf_make_str(&f, "general.architecture", "llama");
	gguf_make_str(&f, "tokenizer.ggml.model", "llama");
	gguf_make_strs(&f, "tokenizer.ggml.tokens", list, N_TOKENS);
	gguf_make_array(&f, "tokenizer.ggml.scores", GGUF_F32, scores, N_TOKENS, sizeof scores[0]);
	gguf_make_array(&f, "tokenizer.ggml.token_type", GGUF_I32, types, N_TOKENS, sizeof types[0]);
	gguf_make_u32(&f, "tokenizer.ggml.eos_token_id", END);
	gguf_make_finish(&f, &v.file);
	v.gguf = gguf_open_memory(v.file.data, v.file.len, &e);
	v.tok = v.gguf ? tok_open(v.gguf, &e) : NULL;
	v.tree = v.tok ? trie_new(v.tok, &e) : NULL;
	if (!v.tree)
		fprintf(stderr, "%s\n", e.text);
	*state = &v;
	return v.tree ? 0 : -1;
}

static inline int
close_vocabulary(void **state)
{
	struct vocabulary *v = *state;

	trie_free(v->tree);
	tok_close(v->tok);
	gguf_close(v->gguf);
	buf_done(&v->file);
	return 0;
}

static inline uint32_t
next_random(uint64_t *seed, uint32_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % n);
}

#endif
