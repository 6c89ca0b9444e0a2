/* Canonical text: what is signed is written in exactly one way.  Printable ASCII, one fact a line ("word value"), every
 * line ended by a newline, fixed order, decimal numbers without leading zeros, lower-case hexadecimal, dates in UTC.
 * Index, root, signatures, key files and the remembered state share this reader; it never reads past what it is given. */
#ifndef REGISTRY_CANON_H
#define REGISTRY_CANON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define CANON_LINE_MAX 1024
#define CANON_DATE_LEN 20	/* 2026-11-26T10:00:00Z */
#define CANON_NAME_MAX 32	/* of a registry or a key */

struct canon {
	const char *at, *end;		/* not owned */
	size_t line;			/* number of the line last read */
};

struct canon_text {
	const char *data;		/* not owned, not NUL-terminated */
	size_t len;
};

struct canon canon_start(const char *text, size_t n);
/* The next line without its newline. */
bool canon_line(struct canon *c, struct canon_text *line, struct err *e) MUST_CHECK;
/* The next line must be LINE. */
bool canon_exact(struct canon *c, const char *line, struct err *e) MUST_CHECK;
/* The next line must be "WORD value". */
bool canon_field(struct canon *c, const char *word, struct canon_text *value, struct err *e) MUST_CHECK;
bool canon_field_number(struct canon *c, const char *word, uint64_t max, uint64_t *value, struct err *e) MUST_CHECK;
bool canon_field_date(struct canon *c, const char *word, int64_t *value, struct err *e) MUST_CHECK;
bool canon_field_name(struct canon *c, const char *word, char name[CANON_NAME_MAX + 1], struct err *e) MUST_CHECK;
bool canon_field_hex(struct canon *c, const char *word, unsigned char *out, size_t n, struct err *e) MUST_CHECK;
/* Whether the next line is "WORD …"; reads nothing. */
bool canon_next_is(const struct canon *c, const char *word);
bool canon_at_end(const struct canon *c);

/* The value of one word of a line. */
bool canon_cut(struct canon_text *rest, struct canon_text *word);	/* up to the next blank, which is dropped */
bool canon_number(struct canon_text t, uint64_t max, uint64_t *value);
bool canon_hex(struct canon_text t, unsigned char *out, size_t n);	/* exactly 2 N digits */
bool canon_name(struct canon_text t);	/* a-z 0-9 and inner hyphens, 1 to CANON_NAME_MAX */
bool canon_date(struct canon_text t, int64_t *seconds);			/* of the years 2000 to 9999 */

void canon_add_hex(struct buf *b, const unsigned char *p, size_t n);
void canon_add_date(struct buf *b, int64_t seconds);
void canon_date_text(char text[CANON_DATE_LEN + 1], int64_t seconds);

#endif
