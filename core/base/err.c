/* Errors as values; see err.h. */
#include "core/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *(*translate)(const char *fmt);

void
err_translate_by(const char *(*fn)(const char *fmt))
{
	translate = fn;
}

const char *
err_translated(const char *fmt)
{
	return translate ? translate(fmt) : fmt;
}

static void
mark_cut(char *text, size_t size)
{
	static const char dots[] = "…";
	size_t at = size - sizeof dots;

	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;			/* never half a character */
	memcpy(text + at, dots, sizeof dots);
}

bool
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!e)
		return false;
	e->kind = kind;
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof e->text, err_translated(fmt), ap);
	va_end(ap);
	if (n >= (int)sizeof e->text)
		mark_cut(e->text, sizeof e->text);
	return false;
}

bool
err_wrap(struct err *e, const char *fmt, ...)
{
	char whole[sizeof e->text];
	va_list ap;
	int n, m;

	if (!e)
		return false;
	va_start(ap, fmt);
	n = vsnprintf(whole, sizeof whole, err_translated(fmt), ap);
	va_end(ap);
	if (n >= 0 && n < (int)sizeof whole) {
		m = snprintf(whole + n, sizeof whole - (size_t)n, ": %s", e->text);
		n += m;
	}
	if (n >= (int)sizeof whole)
		mark_cut(whole, sizeof whole);
	memcpy(e->text, whole, sizeof whole);
	return false;
}

bool
err_set_errno(struct err *e, int errnum, const char *path)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return err_set(e, ERR_NOT_FOUND, "%s: no such file", path);
	case ENOSPC:
	case EDQUOT:
		return err_set(e, ERR_NO_SPACE, "%s: the disk is full", path);
	case ENOMEM:
		return err_set(e, ERR_NO_SPACE, "%s: not enough memory", path);
	case EACCES:
	case EPERM:
		return err_set(e, ERR_FAILED, "%s: no permission", path);
	default:
		return err_set(e, ERR_FAILED, "%s: %s", path, strerror(errnum));
	}
}
