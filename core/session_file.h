/* A timeline as a file: what writing (session_save.c), reading (session_restore.c) and copying it (session_copy.c) share.
 *
 *	struct head · for each layer, the first position kept (u32) · input of the encoder, tokens (u32) · logits (f32)
 *	for each layer with a cache of its own: keys of each head, values of each head, position after position
 *	the same of what the decoder keeps of its input
 *	state of recurrent layers (f32) · marks: n_past (u32), state (f32) · XXH3-64 of all before
 *
 * Numbers are little-endian.  The size of everything follows from the head, the firsts and the model, so that a file
 * is checked whole before the session is touched. */
#ifndef CORE_SESSION_FILE_H
#define CORE_SESSION_FILE_H

#include <assert.h>

#include "core/session.h"

#define SESSION_FILE_MAGIC "minnow\0S"
enum { SESSION_FILE_VERSION = 2 };

struct head {
	char magic[8];
	uint32_t version;
	uint32_t kv_type;		/* enum kvtype */
	uint64_t model;			/* session_model_identity() */
	uint32_t n_layers, n_vocab;
	uint32_t n_past;
	uint32_t n_marks;
	uint64_t n_state;
	uint32_t n_input;		/* tokens that the encoder has read */
	uint32_t is_long;		/* run_is_long() */
	uint64_t origin;		/* see struct session_cache; 0 in a file that is none */
};
static_assert(sizeof(struct head) == 64, "the head is what the file begins with");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they are");

/* Architecture, the numbers of the metadata, and of every tensor its shape, its format and both ends of its data:
 * enough to tell models apart, without reading them whole. */
bool session_model_identity(const struct model *m, uint64_t *out, struct err *e) MUST_CHECK;

/* Whether layer I has a cache of its own, which is then in the file. */
static inline bool
session_has_cache(const struct kv *kv, uint32_t i)
{
	return kv->layers[i].n_heads > 0 && kv->layers[i].from == i;
}

/* Bytes behind the firsts, the checksum too.  No sum overflows when the numbers of H fit the session: each layer's
 * part is at most what its cache takes, and that was allocated. */
uint64_t session_body_bytes(const struct session *s, const struct head *h, const uint32_t *first);

#endif
