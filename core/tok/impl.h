/* Inside core/tok only: what a tokenizer consists of, and what one call of tok_encode() carries. */
#ifndef CORE_TOK_IMPL_H
#define CORE_TOK_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/tok/merge.h"
#include "core/tok/pretok.h"
#include "core/tok/special.h"
#include "core/tok/tok.h"
#include "core/tok/vocab.h"
#include "core/tok/words.h"

struct gguf;
struct tok_run;

/* An algorithm: a row of tok.def. */
struct tok_algo {
	const char *name;		/* "bpe" */
	/* Check what the file says beyond the vocabulary; nothing slow. */
	bool (*open)(struct tok *t, const struct gguf *g, struct err *e);
	/* Build what only encoding needs; the vocabulary's index is there.  Once, under a lock. */
	bool (*prepare)(struct tok *t, struct err *e);
	/* What stands between two special tokens.  at_start: nothing, or a special token, comes before. */
	bool (*encode)(struct tok_run *run, const char *text, size_t len, bool at_start);
	/* Bytes of a NORMAL entry. */
	void (*bytes)(const struct tok *t, uint32_t id, struct buf *out);
};

#define TOK_MAX_ENDS 32

struct tok {
	const struct tok_algo *algo;
	struct vocab vocab;
	const struct pretok *pre;	/* row of pretok.def; NULL for spm */
	char pre_name[48];
	uint32_t bos, eos, unknown;
	bool adds_bos, adds_eos;
	bool adds_space;		/* spm: one before each stretch of text; the decoder drops the first */
	bool space_is_mark;		/* spm: U+2581 in the text is a space */
	bool strips_right;		/* white space after special tokens is swallowed: see special.c */
	uint32_t ends[TOK_MAX_ENDS];
	size_t n_ends;
	const struct gguf *gguf;	/* borrowed */

	struct tok *self;		/* for the building, which constant users begin */

	/* Built by the first call that needs it; read-only once ready is set. */
	pthread_mutex_t lock;		/* guards the building */
	atomic_bool ready;
	uint32_t byte_ids[256];		/* the entry for each byte, or TOK_NONE */
	struct special_set specials[2];	/* [0]: USER entries; [1]: CONTROL and UNKNOWN too */
	struct merge_rules rules;	/* bpe */
	uint32_t *costs;		/* spm: of entries, the best lowest; MERGE_NONE: no piece */
	bool joins_before[256];		/* spm: some piece has a space after this byte */
	struct pretok_code *code;	/* bpe */
};

/* One call of tok_encode(). */
struct tok_run {
	const struct tok *tok;
	struct tok_ids *out;
	size_t n_before;		/* of ids in OUT at the beginning */
	struct err *e;
	struct words words;		/* ids of words met before in this call */
	struct merge_room room;
	struct buf text;		/* the present stretch in normal form */
	struct pretok_run split;
};

/* Build what only encoding and tok_find() need, unless it is there. */
bool tok_prepare(const struct tok *t, struct err *e) MUST_CHECK;
/* Append one id; false when memory runs out. */
bool tok_run_add(struct tok_run *run, uint32_t id) MUST_CHECK;
/* Append the ids of a word: those from its last time in this call, or what FN appends. */
typedef bool tok_word_fn(struct tok_run *run, const char *word, size_t len);
bool tok_run_word(struct tok_run *run, const char *word, size_t len, tok_word_fn *fn) MUST_CHECK;
/* Append the id of a byte that no entry covers: its byte entry, else the unknown token. */
bool tok_run_add_byte(struct tok_run *run, uint8_t byte) MUST_CHECK;

#endif
