/* A dialogue of JSON lines for scripts: one request a line on standard input, one answer a line on standard output. */
#ifndef TUI_CMD_JSONL_H
#define TUI_CMD_JSONL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

#define JSONL_LINE_MAX ((size_t)256 << 20)

/* The answer to REQUEST, owned by the caller; NULL with *e set where the request makes no sense. */
typedef json_t *jsonl_fn(void *ctx, const json_t *request, struct err *e);

/* Answer every line.  One that cannot be read or makes no sense is answered by {"error": …}, the next is read, and the
 * whole ends false with *e counting them. */
bool jsonl_run(jsonl_fn *answer, void *ctx, struct err *e) MUST_CHECK;

#endif
