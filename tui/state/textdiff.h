/* Two texts word by word: which words they share in the same order, and which they do not.  A word is letters, marks and
 * digits in a row (an apostrophe or a point inside belongs to it); an ideograph, a kana or any other sign is a word of its
 * own; blanks part words and are never compared.  Nothing is cut inside a grapheme cluster. */
#ifndef TUI_STATE_TEXTDIFF_H
#define TUI_STATE_TEXTDIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct textdiff_word {
	uint32_t at, len;		/* bytes of the text */
	bool differs;			/* see textdiff_compare() */
};

/* Zeroed: none. */
struct textdiff {
	struct textdiff_word *words;		/* in the order of the text */
	size_t n;
};

/* The words of S[0..n), valid UTF-8 of less than 4 GB, in the place of those before. */
void textdiff_split(struct textdiff *w, const char *s, size_t n);
void textdiff_done(struct textdiff *w);

/* Mark in A (of the text A_TEXT) and B the words that are not in the common part: a longest common subsequence, as long as
 * that takes at most some 40 million steps, else a common subsequence that is nearly as long.  Marks that are there stay. */
void textdiff_compare(struct textdiff *a, const char *a_text, struct textdiff *b, const char *b_text);

/* The first word that ends after byte AT, at or after word FROM; w->n: none. */
size_t textdiff_find(const struct textdiff *w, size_t from, size_t at);

#endif
