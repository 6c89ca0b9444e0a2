/* Inside core/tok only: what a tokenizer consists of, and what one call of tok_encode() carries. */
#ifndef CORE_TOK_IMPL_H
#define CORE_TOK_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/tok/charsmap.h"
#include "core/tok/joins.h"
#include "core/tok/merge.h"
#include "core/tok/pretok.h"
#include "core/tok/special.h"
#include "core/tok/tok.h"
#include "core/tok/trie.h"
#include "core/tok/vocab.h"
#include "core/tok/words.h"

struct gguf;
struct tok_run;
struct ugm_step;

/* An algorithm: a row of tok.def. */
struct tok_algo {
	const char *name;		/* "bpe" */
	/* Check what the file says beyond the vocabulary; nothing slow. */
	bool (*open)(struct tok *t, const struct gguf *g, struct err *e);
	/* Build what only encoding needs; the vocabulary's index is there.  Once, under a lock. */
	bool (*prepare)(struct tok *t, struct err *e);
	/* What stands between two special tokens.  at_start: nothing, or a special token, comes before. */
	bool (*encode)(struct tok_run *run, const char *text, size_t len, bool at_start);
	/* Note which characters stand side by side in an entry that merging makes; NULL: there is no merging. */
	void (*note_joins)(const struct tok *t, struct joins *j);
	/* Bytes of a NORMAL entry. */
	void (*bytes)(const struct tok *t, uint32_t id, struct buf *out);
};

#define TOK_MAX_ENDS 32

struct tok {
	const struct tok_algo *algo;
	struct vocab vocab;
	const struct pretok *pre;	/* bpe: row of pretok.def */
	char pre_name[48];
	uint32_t bos, eos, unknown;
	bool adds_bos, adds_eos;
	bool adds_space;		/* one before each stretch of text; the decoder drops the first */
	bool space_is_mark;		/* entries have U+2581 for a space */
	bool merges_spaces;		/* ugm: of several one is left, and none at either end */
	struct charsmap map;		/* ugm */
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
	struct merge_rules rules;	/* bpe, spbpe */
	_Atomic(struct joins *) joins;	/* built when it pays: see prepare_long() */
	atomic_size_t n_encoded;	/* bytes of text so far */
	bool joins_before[256];		/* ugm: some piece has U+2581 after this byte */
	struct trie trie;		/* ugm: the pieces */
	float *scores;			/* ugm: of entries */
	double unknown_score;		/* ugm */
	struct pretok_code *code;	/* bpe */
};

/* Append the ids of a word. */
typedef bool tok_word_fn(struct tok_run *run, const char *word, size_t len);

/* A word whose ids are to be appended. */
struct tok_word {
	const char *text;
	size_t len;
	tok_word_fn *fn;		/* where it was not met before */
	struct word_key key;
	struct word *place;		/* NULL: not to be remembered */
};

#define TOK_WAITING 16

/* One call of tok_encode(). */
struct tok_run {
	const struct tok *tok;
	struct tok_ids *out;
	size_t n_before;		/* of ids in OUT at the beginning */
	struct err *e;
	const struct joins *joins;	/* where the text may be cut; NULL: it is not worth it */
	struct words words;		/* ids of words met before in this call */
	struct tok_word waiting[TOK_WAITING];	/* while the table of words is fetched from memory */
	size_t n_waiting;
	struct merge_room room;
	struct buf text;		/* the present stretch in normal form */
	struct pretok_run split;
	struct ugm_step *steps;		/* ugm: [steps_cap] */
	size_t steps_cap;
};

/* Build what only encoding and tok_find() need, unless it is there. */
bool tok_prepare(const struct tok *t, struct err *e) MUST_CHECK;
/* Where long texts may be cut; NULL with *e set when memory runs out. */
const struct joins *tok_joins(const struct tok *t, struct err *e) MUST_CHECK;
/* Append one id; false when memory runs out. */
bool tok_run_add(struct tok_run *run, uint32_t id) MUST_CHECK;
/* Append the ids of a word: those from its last time in this call, or what FN appends.  It waits until others have come
 * or tok_run_flush() is called, which must be before its text changes or something else is appended. */
bool tok_run_word(struct tok_run *run, const char *word, size_t len, tok_word_fn *fn) MUST_CHECK;
bool tok_run_flush(struct tok_run *run) MUST_CHECK;
/* Inside FN of a word: append its ids part by part, as joins.h cuts it.  are_words: a part has the ids it has as a word. */
bool tok_run_parts(struct tok_run *run, const char *word, size_t len, bool are_words, tok_word_fn *fn) MUST_CHECK;
/* Append the ids of run->room, cut out of WORD; what has none as bytes. */
bool tok_run_add_syms(struct tok_run *run, const char *word) MUST_CHECK;
/* tokenizer.ggml.scores is there, with a number for each entry. */
bool tok_check_scores(const struct tok *t, const struct gguf *g, struct err *e) MUST_CHECK;
/* Append the id of a byte that no entry covers: its byte entry, else the unknown token. */
bool tok_run_add_byte(struct tok_run *run, uint8_t byte) MUST_CHECK;

/* bpe.c: the list of merges. */
bool bpe_check_merges(const struct gguf *g, struct err *e) MUST_CHECK;
bool bpe_read_merges(struct tok *t, struct err *e) MUST_CHECK;		/* into t->rules */
merge_pairs_fn bpe_find_pairs;						/* by the rules */
/* spm.c: an entry with its marks as spaces; the characters side by side in it; a text part by part; the ids of a part by
 * merging characters. */
void spm_bytes(const struct tok *t, uint32_t id, struct buf *out);
void spm_note_joins(const struct tok *t, struct joins *j);
bool spm_add_parts(struct tok_run *run, const char *text, size_t len, tok_word_fn *fn) MUST_CHECK;
bool spm_merge(struct tok_run *run, const char *word, size_t len, merge_pairs_fn *find, const void *ctx) MUST_CHECK;

#endif
