/* What models have read of conversations (their keys and values), kept on disk so that a conversation that is opened
 * again goes on at once.  A cache: what is lost is computed again.  A thread of its own writes, reads and removes, in the
 * order it was asked to; the caller leaves a session alone until the event about it has come.
 *
 * One file a conversation and origin, DIR/<conversation>-<origin>.state, in the format of session_cache_write(); the time
 * of change says when it was used last, and those that were not used for longest make room. */
#ifndef TUI_STATE_SNAPSHOT_H
#define TUI_STATE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/minnow.h"

struct snapshots;

enum snapshot_kind { SNAPSHOT_SAVED, SNAPSHOT_READ };

/* One for each save and each read. */
struct snapshot_event {
	enum snapshot_kind kind;
	int64_t chat;
	bool ok;
	struct err err;			/* ERR_CANCELLED: it was given up */
	uint32_t n_tokens;
	uint64_t bytes;
	double seconds;
};

/* BUDGET: bytes of all files; what is beyond is removed. */
struct snapshots *snapshots_open(const char *dir, uint64_t budget, struct err *e) MUST_CHECK;
/* What was asked for is done first, but saves are given up.  Accepts NULL. */
void snapshots_close(struct snapshots *s);
void snapshots_set_budget(struct snapshots *s, uint64_t budget);

int snapshots_wake_fd(const struct snapshots *s);
bool snapshots_next(struct snapshots *s, struct snapshot_event *out);	/* false: nothing yet */

/* ORIGIN: of what model and program it is.  YIELDS: snapshots_yield() gives it up. */
void snapshots_save(struct snapshots *s, struct session *session, int64_t chat, uint64_t origin, bool yields);
void snapshots_yield(struct snapshots *s);
bool snapshots_has(const struct snapshots *s, int64_t chat, uint64_t origin);
/* The session goes on where the file says, or is as it was: then the file is removed, unless it was not there. */
void snapshots_read(struct snapshots *s, struct session *session, int64_t chat, uint64_t origin);
/* CHAT is gone, and all that is kept of it.  A save of it that is under way is given up. */
void snapshots_forget(struct snapshots *s, int64_t chat);
/* Closed when all that was asked for before is done; each may be NULL. */
void snapshots_retire(struct snapshots *s, struct session *session, struct model *model, struct engine *engine);

/* Until nothing is left to do; saves that have not ended after SECONDS are given up. */
void snapshots_finish(struct snapshots *s, double seconds);
/* Until nothing is left to do; by another thread. */
void snapshots_drain(void *snapshots);

/* What DIR holds now: bytes, and of how many conversations' states. */
void snapshots_used(const char *dir, uint64_t *bytes, unsigned *n);

#endif
