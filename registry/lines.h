/* Reading of the store's own small text files: lines "KEY VALUE…", one blank between words, numbers in decimal without a
 * zero in front, each line ended.  There is one way to write a thing, so what is read and written again is the same. */
#ifndef REGISTRY_LINES_H
#define REGISTRY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	const char *at, *end;		/* not owned */
	unsigned n;			/* of the line read last, from 1 */
	const char *word, *line_end;	/* what is left of it */
};

void lines_init(struct lines *l, const char *text, size_t n);
/* The next line begins with KEY: what follows it is to be read.  False: it does not, and nothing was read. */
bool lines_next(struct lines *l, const char *key);
bool lines_at_end(const struct lines *l);
/* Each takes the next word of the line; false: there is none of that kind. */
bool lines_number(struct lines *l, uint64_t *value);
bool lines_hex(struct lines *l, unsigned char *out, size_t n);
/* The line was read to its end. */
bool lines_done(const struct lines *l);
/* The rest of the line, of printable ASCII: a string of its own, or NULL. */
char *lines_rest(struct lines *l, size_t max);

#endif
