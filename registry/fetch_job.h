/* One download, as its files share it: fetch_job.c runs it, fetch_source.c knows the sources, fetch_range.c the ranges and
 * what is on disk.  Nobody else includes this. */
#ifndef REGISTRY_FETCH_JOB_H
#define REGISTRY_FETCH_JOB_H

#include "registry/digest_ranges.h"
#include "registry/fetch.h"
#include "registry/fetch_wire.h"

enum {
	TRANSFERS_MAX = 16,
	TRIES_OF_A_SOURCE = 2,		/* in a row for one range, then the next source has its turn */
	HOPS_MAX = 10,			/* redirects one after the other */
	LOOKS_MAX = 5,			/* addresses given by a source may expire on the way */
	BUSY_MAX = 10,			/* times in a row that a source may ask for a pause */
	RESTARTS_MAX = 3,
	IDLE_BODY_MAX = 64 << 10,	/* of an answer that brings nothing */
};

enum range_is {
	RANGE_MISSING,
	RANGE_ACTIVE,			/* a transfer brings it */
	RANGE_HASHING,			/* all there, not judged yet */
	RANGE_CHECKING,			/* from an earlier try: to be read again before it is believed */
	RANGE_GOOD,
};

struct transfer;

struct range {
	enum range_is is;
	uint64_t n, n_told;		/* bytes on disk from its beginning; those the digests know of */
	struct transfer *owner;
	unsigned source;
	unsigned n_failed;		/* in a row from this source */
	unsigned n_cut;			/* in a row without getting on, from any */
	unsigned n_bad;			/* wrong bytes */
	double not_before;
};

struct source {
	const struct entry_source *entry;
	char *url;
	char *final;			/* where the redirects lead; NULL: to be looked up */
	char *version;
	bool dead, used, whole_only;	/* whole_only: knows no ranges */
	unsigned n_looks, n_failed, n_busy, n_parallel;
	double not_before;
};

enum fault { FAULT_NONE, FAULT_CHANGED, FAULT_WHOLE_ONLY, FAULT_ENDLESS, FAULT_DISK, FAULT_STALLED, FAULT_CANCELLED };

struct transfer {
	struct wire_request wire;
	struct job *job;
	bool runs, look, stream;	/* look: headers only; stream: the whole file from its beginning */
	unsigned source, n_hops;
	char *url;			/* of a look, which may be redirected */
	uint64_t at, end;		/* of the next byte; of the last one wanted, plus 1 */
	uint64_t index;			/* of the range it owns; n_ranges: none */
	uint64_t n_got, n_idle;
	bool checked;
	enum fault fault;
};

struct job {
	struct store_part *store_part;
	struct part_state *part;
	const struct entry_file *file;
	const struct fetch_options *o;
	struct wire *wire;
	struct source *sources;
	size_t n_sources;
	struct transfer transfers[TRANSFERS_MAX];
	unsigned n_parallel;

	bool ready;			/* the size is known: ranges and digests are there */
	struct range *ranges;
	size_t n_ranges, n_good, first_open, next_check, n_checking;
	struct digest_ranges *digests;
	enum fetch_trust trust;
	unsigned char sha256[DIGEST_SHA256_SIZE];	/* that is expected; not for FETCH_LEARNT */

	uint64_t n_fetched, n_unsaved;
	double saved_s, told_s;
	double speed;
	uint64_t speed_n;
	unsigned n_restarts;
	double wake_s;			/* something becomes due then; 0: nothing waits for its time */
	bool failed;
	struct err err;			/* why; also the last failure that was not fatal yet */
};

/* Both end the job; they return false. */
bool job_fail(struct job *j, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool job_fail_err(struct job *j, const struct err *e);
struct transfer *job_free_transfer(struct job *j);	/* NULL: all run */
void job_stop_transfer(struct transfer *t);
void job_wake_at(struct job *j, double when_s);
bool job_restart(struct job *j);			/* forget all that is there */

/* fetch_source.c */
bool source_open_all(struct job *j);
void source_close_all(struct job *j);
const char *source_name(const struct source *s);
bool source_look(struct job *j, unsigned index);	/* find out its final address and what it has */
bool source_take_look(struct transfer *t);		/* a look came back */
bool source_kill(struct job *j, unsigned index, enum err_kind kind, const char *why);
bool source_pause(struct job *j, unsigned index, uint64_t retry_after_s);
bool source_changed(struct job *j, unsigned index);
unsigned source_next(const struct job *j, unsigned index);	/* the next that lives; there is one */
unsigned source_count(const struct job *j);			/* that live */

/* fetch_range.c */
bool range_make_ready(struct job *j, unsigned source, uint64_t size);
void range_end(struct job *j);
bool range_take_body(struct wire_request *w, const char *data, size_t n);	/* wire_request.on_body */
bool range_start(struct job *j, size_t index);		/* fetch it, or the whole file in a stream */
bool range_take_end(struct transfer *t);		/* a transfer of bytes came to its end */
void range_release(struct transfer *t);
bool range_collect(struct job *j);			/* what the digests found */
bool range_save(struct job *j, bool now);
uint64_t range_n_bytes(const struct job *j);

#endif
