/* Sentences on standard error; see say.h. */
#include "tui/say.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/log.h"
#include "tui/i18n.h"
#include "tui/text_clean.h"

static bool to_log;

void
say_to_log(bool yes)
{
	to_log = yes;
}

void
say(const char *name, const char *fmt, ...)
{
	char text[1024];
	struct buf clean = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, i18n_text(fmt), ap);
	va_end(ap);
	text_clean_line(&clean, text, strlen(text));
	if (to_log)
		log_add(LOG_WARN, "%s", buf_str(&clean));
	else
		fprintf(stderr, "minnow%s%s: %s\n", name ? " " : "", name ? name : "", buf_str(&clean));
	buf_done(&clean);
}

void
say_lines(const char *text)
{
	struct buf clean = {0};

	text_clean(&clean, text, strlen(text));
	fputs(buf_str(&clean), stderr);
	buf_done(&clean);
}

void
say_name(const char *s)
{
	struct buf clean = {0};

	text_clean_line(&clean, s, strlen(s));
	fputs(buf_str(&clean), stdout);
	buf_done(&clean);
}
