/* Inside core/hf only: the vocabulary of a directory while it is read. */
#ifndef CORE_HF_TOK_H
#define CORE_HF_TOK_H

#include "core/hf/impl.h"

struct hf_vocab {
	struct gguf_str *texts;		/* [n] borrowed from what was read; data NULL: no such entry */
	float *scores;
	int32_t *kinds;			/* enum tok_kind */
	uint32_t n;			/* rows of the embedding */
	struct map index;		/* of the texts */
	bool has_scores;
	bool is_unigram;		/* such end a text with </s> unless something says otherwise */
	bool keeps_merges;		/* they decide, and the scores mean nothing */
	bool adds_space;		/* SentencePiece: before a text */
	bool merges_spaces;		/* unigram: several become one */
	const uint8_t *map;		/* unigram: how characters are normalised, in map_len bytes; borrowed */
	size_t map_len;
	bool strips_right;		/* some added token swallows the blanks after it */
	struct buf file;		/* tokenizer.model, which texts point into; tokenizer.json: the map */
};

/* Entry ID.  False after an error: past the embedding's rows. */
bool hf_vocab_set(struct hf *h, struct hf_vocab *v, uint64_t id, const char *text, size_t len, float score, int kind);
uint32_t hf_vocab_find(const struct hf_vocab *v, const char *text);	/* or MAP_NONE */

/* tok_spm.c: tokenizer.model, when there is one and it is SentencePiece's. */
bool hf_tok_spm(struct hf *h, struct hf_vocab *v, bool *found);
/* The same for the bytes in v->file. */
bool hf_spm_read(struct hf *h, struct hf_vocab *v, bool *found);

/* special.c: special ids, what is added to a text, the chat template.  TOKENIZER is tokenizer.json or NULL. */
void hf_special_keys(struct hf *h, const struct hf_vocab *v, const json_t *tokenizer);

/* pretok.c: what a tokenizer.json does to a text before its merges. */
enum { HF_MAX_STAGES = 8 };
struct hf_stages {
	char *regex[HF_MAX_STAGES];	/* that cut one after the other; other than ASCII as \x{…} */
	size_t n;
	bool is_byte_level;		/* bytes are spelled as printable characters */
	bool is_marked;			/* a space is U+2581 */
	bool adds_space;		/* one is put in front */
	bool is_nfc;
	bool merges_spaces;
	const char *map;		/* of characters, in base64; borrowed, NULL without */
	bool takes_whole_words;		/* an entry is that entry, whatever the merges say */
};
/* False after an error: something that is not known. */
bool hf_stages_read(struct hf *h, struct hf_stages *s, const json_t *tokenizer, const json_t *model);
void hf_stages_done(struct hf_stages *s);
const char *hf_pretok_name(const struct hf_stages *s);		/* of pretok.def; NULL: not known */

#endif
