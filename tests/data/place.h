/* A folder of its own for a test, removed with all that is in it.  In memory where that is possible: what these tests do
 * waits for the disk at every step. */
#ifndef TESTS_PLACE_H
#define TESTS_PLACE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline int
place_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
place_make(char dir[32])
{
	snprintf(dir, 32, "%s/minnow-test-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(dir))
		abort();
}

static inline void
place_remove(const char *dir)
{
	nftw(dir, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
