/* Which characters stand side by side inside an entry of the vocabulary.  Merging makes nothing but entries, so it never
 * crosses a place where two characters meet that no entry has side by side: there a text may be cut without changing
 * its ids, and the short parts come again far more often than whole words do.  A third of all places in English and
 * half of those between Chinese characters are such. */
#ifndef CORE_TOK_JOINS_H
#define CORE_TOK_JOINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOINS_BITS 18		/* real vocabularies have up to 35000 pairs that are not ASCII */

struct joins {
	uint64_t ascii[128][2];		/* bit b of [a]: "ab" stands in some entry; U+2581 counts as a space */
	uint64_t others[(1 << JOINS_BITS) / 64];	/* the other pairs by a hash: one too many only costs a cut */
	/* Bytes that meet at the border of two characters where the entry holds one of them in part (byte-level BPE); with
	 * what is whole these are among the others as well. */
	uint64_t partial[256][4];
	/* Byte-level BPE: characters below U+10000 whose bytes are joined before anything is joined with them, where no
	 * border of theirs is partial.  The id plus one; 0: not this one. */
	uint32_t chars[1 << 16];
};

/* Note the pairs of an entry. */
void joins_note(struct joins *j, const char *text, size_t len);
/* The character at TEXT[0..len): its length and code point; U+2581 is a space.  Broken UTF-8 is JOINS_BROKEN. */
#define JOINS_BROKEN UINT32_MAX
size_t joins_char(const char *text, size_t len, uint32_t *c);
/* May an entry hold A or B, two neighbours in a text, in part and cross their border?  B begins at AT. */
bool joins_is_partial(const struct joins *j, uint32_t a, uint32_t b, const char *at);
/* Where the part of TEXT that begins at FROM < LEN ends: at a cut or at LEN.  Broken UTF-8 is never cut. */
size_t joins_cut(const struct joins *j, const char *text, size_t len, size_t from);

#endif
