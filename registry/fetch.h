/* Fetching one file of an entry into a part of the store: ranges side by side, each hashed as it arrives, going on where
 * an earlier try was cut off, from the next source where one fails.  A job has one thread for the network and one for the
 * digests; fetch_run() is the first and returns when all is done.
 *
 * What comes from a source is believed only as far as digests go: with the entry's SHA-256 the file is the promised one
 * or it is refused; without, the hub's word over TLS is taken, and without that too the digest is learnt, and said to
 * be (FETCH_LEARNT).  Nothing here reads the environment; libcurl honours the usual proxy variables itself. */
#ifndef REGISTRY_FETCH_H
#define REGISTRY_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "registry/entry.h"
#include "registry/store.h"

#define FETCH_HUB "https://huggingface.co"

struct fetch_progress {
	uint64_t n, size;		/* bytes that are there; size 0: not known yet */
	uint64_t n_fetched;		/* over the network, by this job; what comes twice, or in vain, counts each time */
	double bytes_per_s;		/* of the last seconds */
	double seconds_left;		/* below 0: not to be told */
	unsigned n_transfers;
	bool verifying;			/* all is there, SHA-256 runs over the rest */
	double waiting_s;		/* above 0: every source asked for a pause, this much is left */
};

/* Zero means the default, so that {0} is a usable set. */
struct fetch_options {
	const char *hub;		/* FETCH_HUB */
	const char *token;		/* for the hub alone; no host it redirects to gets it */
	unsigned n_parallel;		/* 4 */
	uint64_t bytes_per_s;		/* cap; 0: none */
	uint64_t limit;			/* of a file whose size is not known; 0: that of an entry */
	unsigned stall_ms;		/* 30000: without a byte for that long a transfer is cut */
	unsigned retry_ms;		/* 500: first pause after a failure; it doubles up to 30 s */
	unsigned n_rounds;		/* 3: times that every source is tried twice for a range without getting on */
	unsigned wait_max_s;		/* 600: a longer Retry-After is not waited for */
	/* For tests: sources that no entry of a registry should have. */
	bool allow_file, allow_loopback_http;
	const char *ca_file;		/* certificates to trust instead of the system's */
	const atomic_bool *cancel;	/* may be NULL */
	void (*progress)(void *arg, const struct fetch_progress *p);	/* ten times a second at most; may be NULL */
	void (*waiting)(void *arg);	/* once, when another process fetches the same file; may be NULL */
	void *arg;
};

/* Where the digest comes from that the file was held against. */
enum fetch_trust {
	FETCH_ENTRY,			/* the entry */
	FETCH_HUB_SAID,			/* the hub's header; pinned on first use */
	FETCH_LEARNT,			/* nowhere: pinned on first use */
};

struct fetch_result {
	enum fetch_trust trust;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	uint64_t size, n_fetched;
};

/* Bring the part to its end and verify it.  On success it is ready for store_part_commit(), pinned unless the trust is
 * FETCH_ENTRY.  On failure what is there stays for the next try, unless it was found to be wrong.
 * Kinds: ERR_NETWORK, ERR_NOT_FOUND, ERR_VERIFY, ERR_NO_SPACE, ERR_CANCELLED, ERR_FAILED. */
bool fetch_run(struct store_part *part, const struct entry_file *file, const struct fetch_options *o,
    struct fetch_result *result, struct err *e) MUST_CHECK;

/* The whole of it: open the part, or find that the bytes are here already, fetch, commit under MODEL and the file's name.
 * *had: nothing was fetched; the result then has size and digest.  RANGE_SIZE 0: ENTRY_RANGE,
 * or less where the entry has no digests of ranges. */
bool fetch_into(struct store *s, const char *model, const struct entry_file *file, uint64_t range_size,
    const struct fetch_options *o, struct fetch_result *result, bool *had, struct err *e) MUST_CHECK;

/* What fetch_into() would find: *HAVE, the bytes are here; else *N of them from an earlier try.  Nothing is changed. */
bool fetch_look(struct store *s, const char *model, const struct entry_file *file, uint64_t range_size,
    const struct fetch_options *o, bool *have, uint64_t *n, struct err *e) MUST_CHECK;

#endif
