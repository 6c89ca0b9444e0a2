/* JSON lines in, JSON lines out; see jsonl.h. */
#include "tui/cmd/jsonl.h"

#include <stdio.h>

#include "core/base/buf.h"

/* One line without its end; false at the end of the input.  *fits: it was not longer than allowed. */
static bool
read_line(struct buf *line, bool *fits)
{
	int c;

	buf_clear(line);
	*fits = true;
	while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
		if (line->len < JSONL_LINE_MAX)
			buf_add_char(line, (char)c);
		else
			*fits = false;
	}
	return c != EOF || line->len > 0;
}

static json_t *
answer_line(jsonl_fn *answer, void *ctx, const struct buf *line, struct err *e)
{
	json_error_t why;
	json_t *request = json_loadb(buf_str(line), line->len, JSON_ALLOW_NUL, &why), *reply = NULL;

	if (!request)
		err_set(e, ERR_FAILED, "not JSON: %s at byte %d", why.text, why.position);
	else
		reply = answer(ctx, request, e);
	json_decref(request);
	return reply;
}

bool
jsonl_run(jsonl_fn *answer, void *ctx, struct err *e)
{
	struct buf line = {0};
	size_t n = 0, n_bad = 0;
	bool fits;

	for (; read_line(&line, &fits); n++) {
		struct err why = {0};
		json_t *reply = NULL;

		if (fits)
			reply = answer_line(answer, ctx, &line, &why);
		else
			err_set(&why, ERR_FAILED, "the line is longer than %zu bytes", JSONL_LINE_MAX);
		if (!reply) {
			reply = json_pack("{s:s}", "error", why.text);
			n_bad++;
		}
		json_dumpf(reply, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(reply);
		putchar('\n');
		if (fflush(stdout) != 0)	/* the asker may wait for it; and nobody may be there */
			break;
	}
	buf_done(&line);
	return n_bad == 0 || err_set(e, ERR_FAILED, "%zu of %zu lines could not be answered", n_bad, n);
}
