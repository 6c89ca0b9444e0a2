/* Rights that this process gives up for good, so that whatever gets hold of it has little to do harm with.
 * Linux: seccomp(2) and landlock(7).  Where the system has neither, nothing happens, and the result says so: what is
 * built on this must be right without it.
 * Sources: Documentation/userspace-api/{seccomp_filter,landlock}.rst of the Linux kernel. */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stdbool.h>
#include <stddef.h>

enum seal {
	SEAL_NETWORK = 1,	/* no new socket: EACCES */
	SEAL_PROGRAMS = 2,	/* no other program is started, looked into or typed for: EACCES */
	SEAL_WRITES = 4,	/* no file is created, written, renamed or removed; open descriptors work on: EACCES */
};

/* Give up WHAT (bits of enum seal) for all threads there are and will be; SEAL_WRITES for those that the calling thread
 * starts, so call it before there are any.  Returns the bits that are in force. */
unsigned seal_process(unsigned what);
/* The bits that this system can enforce; nothing is given up. */
unsigned seal_available(void);

/* For a process that only reads and reckons: besides memory of its own it may write to OUT_FD, and open for reading what
 * is PATH or below it (NULL: nothing; where Landlock is missing, anything).  Everything else fails with EPERM.
 * It gets at most BYTES of memory more, SECONDS of processor time, and leaves no core file.
 * True: the system enforces it; false: only memory and time are bounded. */
bool seal_parser(int out_fd, const char *path, size_t bytes, unsigned seconds);

#endif
