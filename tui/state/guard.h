/* Files that nobody vouches for are read twice: first by a process that may do nothing but read them (seal.h), which
 * says whether they are as they should be; a crash, an endless loop or a flood of memory there is one sentence here.
 * What it says is not believed beyond that: the file is read again with every check, and commands that only compute
 * give up their own rights before they do (tui/cmd/load.h). */
#ifndef TUI_STATE_GUARD_H
#define TUI_STATE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

enum guard_depth {
	GUARD_LISTING,		/* the container is sound; tokenizer and template are tried, but may be unknown */
	GUARD_MODEL,		/* model_check() */
};

/* Read the model file or directory PATH so.  False with the defect in *e, as opening it would have said.
 * KNOWN (NULL: none) is a file that remembers which files were found sound, by device, inode, size and time of change:
 * those are not read twice again. */
bool guard_file(const char *path, enum guard_depth depth, const char *known, struct err *e) MUST_CHECK;

struct guard_job {
	const char *path;			/* what may be read (a directory: and what is in it); also for messages */
	bool opens;				/* false: RUN reads what PREPARE opened, and nothing more */
	bool (*prepare)(void *ctx, struct err *e);	/* in the child, with all its rights; may be NULL */
	bool (*run)(void *ctx, struct err *e);		/* in the child, without them */
	void *ctx;
	size_t bytes;				/* of memory; 0: 2 GB */
	unsigned seconds;			/* 0: 20 */
};
/* Any such job: true when RUN returned true. */
bool guard_run(const struct guard_job *job, struct err *e) MUST_CHECK;

#endif
