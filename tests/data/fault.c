/* Preloaded into a program (LD_PRELOAD), it ends it at a chosen step: FAULT_AT=N kills the process just before its Nth call
 * that changes what is on the disk.  FAULT_FAIL=1: that call fails instead, as on a full disk.  Calls are counted when they
 * make, write, name or remove something; writing to terminals, pipes and sockets is none, nor is making what is there
 * already or removing what is not.  fsync() counts where calls fail: a kill before it and one behind it leave the same.
 * FAULT_COUNT=FILE: their number is written there at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long left, n_steps;
static bool fails;
static const char *count_file;

static void __attribute__((constructor))
begin(void)
{
	const char *at = getenv("FAULT_AT"), *fail = getenv("FAULT_FAIL");

	atomic_store(&left, at ? atol(at) : 0);
	count_file = getenv("FAULT_COUNT");
	fails = fail && *fail == '1';
}

static void __attribute__((destructor))
end(void)
{
	FILE *f = count_file ? fopen(count_file, "w") : NULL;

	if (f) {
		fprintf(f, "%ld\n", atomic_load(&n_steps));
		fclose(f);
	}
}

/* True: this call has to fail. */
static bool
step(void)
{
	atomic_fetch_add(&n_steps, 1);
	if (atomic_fetch_sub(&left, 1) != 1)
		return false;
	if (!fails)
		kill(getpid(), SIGKILL);
	errno = ENOSPC;
	return true;
}

static bool
step_on(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && step();
}

static bool
is_there(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* int NAME(PARAMETERS), which goes on as the next NAME there is, unless WHEN. */
#define WRAP(type, name, parameters, arguments, when) \
	type name parameters; \
	type \
	name parameters \
	{ \
		static type (*next) parameters; \
		if (!next) \
			next = (type (*) parameters)dlsym(RTLD_NEXT, #name); \
		return (when) ? -1 : next arguments; \
	}

WRAP(ssize_t, write, (int fd, const void *data, size_t n), (fd, data, n), step_on(fd))
WRAP(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), step_on(fd))
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at), step_on(fd))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t n, off64_t at), (fd, data, n, at), step_on(fd))
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), step_on(fd))
WRAP(int, ftruncate64, (int fd, off64_t n), (fd, n), step_on(fd))
WRAP(int, fsync, (int fd), (fd), fails && step_on(fd))
WRAP(int, fdatasync, (int fd), (fd), fails && step_on(fd))
WRAP(int, rename, (const char *a, const char *b), (a, b), step())
WRAP(int, renameat, (int da, const char *a, int db, const char *b), (da, a, db, b), step())
WRAP(int, renameat2, (int da, const char *a, int db, const char *b, unsigned f), (da, a, db, b, f), step())
WRAP(int, link, (const char *a, const char *b), (a, b), step())
WRAP(int, linkat, (int da, const char *a, int db, const char *b, int f), (da, a, db, b, f), step())
WRAP(int, unlink, (const char *a), (a), is_there(AT_FDCWD, a) && step())
WRAP(int, unlinkat, (int d, const char *a, int f), (d, a, f), is_there(d, a) && step())
WRAP(int, remove, (const char *a), (a), is_there(AT_FDCWD, a) && step())
WRAP(int, rmdir, (const char *a), (a), is_there(AT_FDCWD, a) && step())
WRAP(int, mkdir, (const char *a, mode_t m), (a, m), !is_there(AT_FDCWD, a) && step())
WRAP(int, mkdirat, (int d, const char *a, mode_t m), (d, a, m), !is_there(d, a) && step())
WRAP(int, mkstemp, (char *a), (a), step())
WRAP(int, mkstemp64, (char *a), (a), step())
WRAP(int, mkostemp, (char *a, int f), (a, f), step())
WRAP(int, mkostemp64, (char *a, int f), (a, f), step())

/* The mode is there only when a file may be made. */
#define MAKES(flags) ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE)
#define WRAP_OPEN(name, parameters, last, ...) \
	int name(parameters, int flags, ...); \
	int \
	name(parameters, int flags, ...) \
	{ \
		static int (*next)(parameters, int, ...); \
		mode_t mode = 0; \
		va_list ap; \
		if (!next) \
			next = (int (*)(parameters, int, ...))dlsym(RTLD_NEXT, #name); \
		va_start(ap, flags); \
		if (MAKES(flags)) \
			mode = va_arg(ap, mode_t); \
		va_end(ap); \
		return MAKES(flags) && step() ? -1 : next(__VA_ARGS__, flags, mode); \
	}
#define COMMA ,
WRAP_OPEN(open, const char *a, a, a)
WRAP_OPEN(open64, const char *a, a, a)
WRAP_OPEN(openat, int d COMMA const char *a, a, d, a)
WRAP_OPEN(openat64, int d COMMA const char *a, a, d, a)
