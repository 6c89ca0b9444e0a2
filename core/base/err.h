/* Errors: a kind, which becomes the exit code, and one sentence for a person.
 * The caller owns the struct; nothing here is printed, and nothing but the person's language is global. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first), nonnull(fmt)))

/* The exit codes are part of the command line's contract (minnow(1), EXIT STATUS). */
enum err_kind {
	ERR_NONE = 0,
	ERR_FAILED = 1,		/* anything without a code of its own, bad input included */
	ERR_USAGE = 2,
	ERR_NOT_FOUND = 3,
	ERR_VERIFY = 4,
	ERR_NETWORK = 5,
	ERR_NO_SPACE = 6,	/* memory or disk */
	ERR_CANCELLED = 130,
};

/* Formats pass through FN, which gives the person's words for them, or the same ones.  The formats are whole sentences
 * for that; nobody compares texts.  Set once, before threads; NULL: as they are. */
void err_translate_by(const char *(*fn)(const char *fmt));
const char *err_translated(const char *fmt);

struct err {
	enum err_kind kind;
	char text[480];		/* cut with "…" when longer */
};

/* Both return false, so that a check is one line:  return err_set(e, ERR_FAILED, "…");
 * E may be NULL.  err_wrap puts "<message>: " before what E already says. */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Kind and text of an errno for work on PATH ("no such file", "permission denied", …). */
bool err_set_errno(struct err *e, int errnum, const char *path);

#endif
