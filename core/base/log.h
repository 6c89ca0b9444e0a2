/* What the program did and what went wrong, in memory: the last lines, from any thread.  Whoever wants to show them reads
 * them by number; nothing is written anywhere. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum { LOG_LINES_MAX = 1000, LOG_TEXT_MAX = 400 };

enum log_kind { LOG_DONE, LOG_WARN, LOG_FAILED };

struct log_line {
	enum log_kind kind;
	int64_t time_s;			/* since 1970 */
	unsigned n;			/* how often in a row it came */
	char text[LOG_TEXT_MAX];
};

/* One line, cut where it is too long.  The same as the last one only counts. */
void log_add(enum log_kind kind, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* How often something was added; differs when there is something new. */
uint64_t log_serial(void);
/* Lines that are kept, the oldest first. */
unsigned log_count(void);
/* False: there are not that many. */
bool log_get(unsigned i, struct log_line *out);
void log_clear(void);			/* tests */

#endif
