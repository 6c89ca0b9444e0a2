/* The log in plain lines, the newest first: one hears at once what came last. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "tui/i18n.h"
#include "tui/term/linear.h"
#include "tui/text_clean.h"

static void
add_line(const struct linear_menu *m, size_t i, struct buf *out)
{
	static const char *const kinds[] = {[LOG_DONE] = "", [LOG_WARN] = N_("Warning: "), [LOG_FAILED] = N_("Failed: ")};
	const unsigned *numbers = m->arg;
	struct log_line line;
	struct tm tm;
	time_t t;
	char when[16];

	if (!log_get(numbers[i], &line))
		return;
	t = (time_t)line.time_s;
	localtime_r(&t, &tm);
	strftime(when, sizeof when, "%H:%M:%S", &tm);
	buf_printf(out, "%s%s: ", *kinds[line.kind] ? _(kinds[line.kind]) : "", when);
	text_clean_line(out, line.text, strlen(line.text));
	if (line.n > 1)
		buf_printf(out, _(" (%u times)"), line.n);
}

enum linear_did
linear_log_act(struct linear *l, enum action a, const char *words)
{
	static unsigned numbers[LOG_LINES_MAX];		/* one thread only */
	struct linear_menu m = {.add = add_line, .arg = numbers};
	struct log_line line;

	if (a != ACTION_open_log)
		return LINEAR_NOT;
	for (unsigned i = log_count(); i-- > 0;)
		if (m.n < LOG_LINES_MAX && log_get(i, &line) && (!*words || strcasestr(line.text, words)))
			numbers[m.n++] = i;
	if (m.n == 0)
		puts(*words ? _("Nothing in the log has these words.") : _("Nothing has happened yet."));
	else
		puts(_("This happened, the newest first:"));
	linear_menu(l, &m);
	return LINEAR_DONE;
}
