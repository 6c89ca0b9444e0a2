/* SentencePiece's precompiled character map (tokenizer.ggml.precompiled_charsmap): what a text is before it is cut into
 * pieces, usually NFKC with a few exceptions.  Sequences of bytes and what replaces them, in a double array. */
#ifndef CORE_TOK_CHARSMAP_H
#define CORE_TOK_CHARSMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct gguf;

struct charsmap {
	const uint8_t *units;		/* of the double array, 4 bytes each; borrowed */
	size_t n_units;			/* 0: no map */
	const char *texts;		/* replacements, each ended by a NUL; borrowed */
	size_t texts_len;
};

/* False when what the file has there is no map; a map that is not there is an empty one. */
bool charsmap_read(struct charsmap *m, const struct gguf *g, struct err *e) MUST_CHECK;

/* The longest sequence TEXT begins with that the map replaces: its length, and what stands for it.  0: none. */
size_t charsmap_find(const struct charsmap *m, const char *text, size_t len, const char **out, size_t *out_len);

#endif
