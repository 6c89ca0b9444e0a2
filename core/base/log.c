/* The log; see log.h.  `lock` guards all of it. */
#include "core/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/utf8.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_line lines[LOG_LINES_MAX];
static unsigned head, count;		/* head: the oldest */
static uint64_t serial;

void
log_add(enum log_kind kind, const char *fmt, ...)
{
	struct log_line line = {.kind = kind, .time_s = (int64_t)time(NULL), .n = 1};
	struct log_line *last;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line.text, sizeof line.text, err_translated(fmt), ap);
	va_end(ap);
	len = strlen(line.text);
	line.text[len - utf8_incomplete_tail(line.text, len)] = '\0';
	pthread_mutex_lock(&lock);
	last = &lines[(head + count + LOG_LINES_MAX - 1) % LOG_LINES_MAX];
	if (count && last->kind == kind && strcmp(last->text, line.text) == 0) {
		last->n++;
		last->time_s = line.time_s;
	} else {
		lines[(head + count) % LOG_LINES_MAX] = line;
		if (count < LOG_LINES_MAX)
			count++;
		else
			head = (head + 1) % LOG_LINES_MAX;
	}
	serial++;
	pthread_mutex_unlock(&lock);
}

uint64_t
log_serial(void)
{
	uint64_t n;

	pthread_mutex_lock(&lock);
	n = serial;
	pthread_mutex_unlock(&lock);
	return n;
}

unsigned
log_count(void)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = count;
	pthread_mutex_unlock(&lock);
	return n;
}

bool
log_get(unsigned i, struct log_line *out)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = i < count;
	if (ok)
		*out = lines[(head + i) % LOG_LINES_MAX];
	pthread_mutex_unlock(&lock);
	return ok;
}

void
log_clear(void)
{
	pthread_mutex_lock(&lock);
	head = count = 0;
	serial++;
	pthread_mutex_unlock(&lock);
}
