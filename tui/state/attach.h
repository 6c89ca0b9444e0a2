/* Text files and long pastes in the prompt.  There a chip stands for each, "[notes.txt 1 204 tokens]"; what is sent has the
 * text behind it, fenced:
 *
 *	[notes.txt 1 204 tokens]
 *	```
 *	the text
 *	```
 *
 * That form is recognized again by itself, so that a conversation that was kept shows chips as well. */
#ifndef TUI_STATE_ATTACH_H
#define TUI_STATE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum { ATTACH_BYTES_MAX = 1 << 20 };
/* What is pasted and longer than one of these is a chip. */
enum { ATTACH_PASTE_LINES = 20, ATTACH_PASTE_BYTES = 8 << 10 };

struct attach {
	char *chip;
	char *text;
	size_t len;
};

/* Of the prompt that is written; zeroed at first. */
struct attaches {
	struct attach *items;
	size_t n;
};

void attach_done(struct attaches *as);
/* A text file, at most ATTACH_BYTES_MAX bytes.  False with a sentence: it is none, or too large. */
bool attach_read(const char *path, struct buf *text, struct err *e) MUST_CHECK;
/* The chip of a text, no other's; borrowed.  N_TOKENS negative: not known, its lines are counted. */
const char *attach_add(struct attaches *as, const char *name, const char *text, size_t len, int64_t n_tokens);
/* The chip of AS that ends at AT of S; how long it is, 0: none. */
size_t attach_ends(const struct attaches *as, const char *s, size_t at);
size_t attach_lines(const char *s, size_t n);

/* S with the texts behind the chips of AS. */
void attach_expand(const struct attaches *as, const char *s, struct buf *out);
/* S with chips instead of the texts behind them.  AS: they are added there, unless the chip is that of another text already:
 * then the text stays as it is; or NULL. */
void attach_fold(struct attaches *as, const char *s, size_t n, struct buf *out);

#endif
