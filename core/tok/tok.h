/* Tokenizers: text to ids and back, exactly as the model's own.  Read from GGUF metadata; the algorithms
 * are rows of tok.def (bpe, spm, ugm, spbpe), the splitting patterns rows of pretok.def. */
#ifndef CORE_TOK_TOK_H
#define CORE_TOK_TOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct gguf;
struct tok;

#define TOK_NONE UINT32_MAX

enum tok_kind {			/* numbers as in tokenizer.ggml.token_type */
	TOK_NORMAL = 1, TOK_UNKNOWN = 2, TOK_CONTROL = 3, TOK_USER = 4, TOK_UNUSED = 5, TOK_BYTE = 6
};

struct tok_ids {
	uint32_t *ids;
	size_t n, cap;
};
void tok_ids_done(struct tok_ids *v);
void tok_ids_add(struct tok_ids *v, uint32_t id);

/* Strings are borrowed from G, which must outlive the tokenizer.  NULL with *e set: no tokenizer in the
 * file, one of an unknown model or pre-tokenizer, or a defect. */
struct tok *tok_open(const struct gguf *g, struct err *e) MUST_CHECK;
void tok_close(struct tok *t);

uint32_t tok_n_vocab(const struct tok *t);
const char *tok_model_name(const struct tok *t);	/* "bpe", "spm", … */
const char *tok_pre_name(const struct tok *t);		/* "qwen2", or "" */
enum tok_kind tok_kind_of(const struct tok *t, uint32_t id);
/* The entry as the file spells it; borrowed, not NUL-terminated. */
const char *tok_spelling(const struct tok *t, uint32_t id, size_t *len);
uint32_t tok_bos(const struct tok *t);			/* TOK_NONE where there is none; likewise below */
uint32_t tok_eos(const struct tok *t);
uint32_t tok_find(const struct tok *t, const char *spelling);	/* an entry by its spelling */
/* Do both spell the same entries the same way?  Either may be NULL. */
bool tok_is_same(const struct tok *a, const struct tok *b);
bool tok_adds_bos(const struct tok *t);
bool tok_adds_eos(const struct tok *t);
/* The tokens that end a turn: eos, eot, eom and their kin by metadata and by spelling. */
bool tok_is_end(const struct tok *t, uint32_t id);

/* Append the ids of TEXT to OUT.  add_special: the begin/end tokens the model asks for.  parse_special:
 * CONTROL and UNKNOWN entries are recognised in the text (USER ones always are).  Thread-safe: T is not
 * changed.  Any bytes are accepted; broken UTF-8 is encoded bytewise.  False only when memory runs out or
 * a limit is met. */
struct tok_flags {
	bool add_special, parse_special;
};
bool tok_encode(const struct tok *t, const char *text, size_t len, struct tok_flags f, struct tok_ids *out,
    struct err *e) MUST_CHECK;

/* Bytes of one token, nothing removed: "Ġa" is " a".  render_special: CONTROL tokens contribute their
 * spelling. */
void tok_bytes(const struct tok *t, uint32_t id, bool render_special, struct buf *out);
/* The text of a sequence as the original decoder gives it (SentencePiece: one leading space of the sequence
 * dropped where the model says so).  Broken UTF-8 becomes U+FFFD. */
void tok_decode(const struct tok *t, const uint32_t *ids, size_t n, bool render_special, struct buf *out);

/* Does it?  Then the first space of an answer is not part of its text. */
bool tok_drops_space(const struct tok *t);

/* Incremental decoding: whole UTF-8 characters only. */
struct tok_stream {
	const struct tok *tok;
	bool render_special;
	bool started;			/* the first piece was given out */
	char held[4];			/* an incomplete character */
	size_t n_held;
};
void tok_stream_init(struct tok_stream *s, const struct tok *t, bool render_special);
/* Append to OUT what ID completes. */
void tok_stream_push(struct tok_stream *s, uint32_t id, struct buf *out);
/* At the end: what is still held, as U+FFFD. */
void tok_stream_finish(struct tok_stream *s, struct buf *out);

#endif
