/* The words of English and of program texts without PCRE2: what the patterns that most models share match where every
 * character that matters is ASCII.  A test holds it to the patterns (tests/unit/core_ascii.c). */
#ifndef CORE_TOK_ASCII_H
#define CORE_TOK_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/* How a pattern of pretok.def differs from the others; all take runs of letters, digits, signs and white space apart. */
struct ascii_rules {
	/* 's 't 're…: no words; words; 'S as well; ends of words */
	enum { SHORT_NONE, SHORT_EXACT, SHORT_FOLD, SHORT_AFTER } shorts;
	bool any_sign_leads;		/* to a run of letters; else only a space, to digits as well */
	bool by_case;			/* capitals stand only at the beginning of a run of letters */
	size_t digits;			/* in one word at most; 0: any number */
	bool lines_apart;		/* white space with newlines goes up to the last of them */
	const char *after_signs;	/* a run of signs takes these with it */
};

extern const struct ascii_rules ascii_gpt2, ascii_cl100k, ascii_qwen2, ascii_o200k, ascii_tekken, ascii_seed;

/* Bytes of the word that TEXT begins with; 0: a character that is not ASCII has a say in it. */
size_t ascii_word(const struct ascii_rules *r, const char *text, size_t len);		/* len > 0 */

#endif
