/* Requests for pieces of files, many at once on one thread: what the job (fetch_job.c) sees of libcurl.  Nothing is decided
 * here but which addresses may be asked at all. */
#ifndef REGISTRY_FETCH_WIRE_H
#define REGISTRY_FETCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/fetch.h"

struct wire;

enum wire_end {
	WIRE_RUNNING,
	WIRE_DONE,			/* the server sent all it wanted to */
	WIRE_ABORTED,			/* on_body said no */
	WIRE_CUT,			/* the connection failed */
	WIRE_UNTRUSTED,			/* its certificate is not good */
};

/* What a response says in its headers. */
struct wire_answer {
	long status;			/* as of HTTP; a file that is there counts as 206 */
	char *version;			/* entity tag, or the time of the last change; may be NULL */
	char *redirect;			/* the address of a 3xx; NULL: none that can be used */
	char *next;			/* Link: the next page's address; may be NULL */
	char code[24];			/* the hub's X-Error-Code, letters only */
	bool has_start, has_total;
	uint64_t start, total;		/* Content-Range, or Content-Length of a 200 */
	bool has_linked_sha256;		/* the hub's X-Linked-Etag and X-Linked-Size */
	unsigned char linked_sha256[DIGEST_SHA256_SIZE];
	bool has_linked_size;
	uint64_t linked_size;
	uint64_t retry_after_s;		/* 0: not said */
};

struct wire_request {
	const char *url;		/* as long as the request runs */
	bool only_look;			/* headers are all that is wanted */
	bool whole;			/* without a Range */
	bool with_token;		/* if the url is the hub's */
	uint64_t begin, end;		/* [begin, end) */
	/* False ends the request.  The answer is complete by then. */
	bool (*on_body)(struct wire_request *r, const char *data, size_t n);
	void *owner;

	enum wire_end ended;
	struct wire_answer answer;
	char why[160];			/* in words, when it was cut */
	double heard_s;			/* clock_s() of its last sign of life */
	void *inside;
};

struct wire *wire_new(const struct fetch_options *o, struct err *e) MUST_CHECK;
void wire_free(struct wire *w);			/* after all requests were stopped; accepts NULL */

/* May this address be asked, FROM being the one that redirected there (NULL: it is an entry's own)? */
bool wire_check_url(const struct fetch_options *o, const char *from, const char *url, struct err *e) MUST_CHECK;
/* The hub's address, and TEXT as a part of one; KEEP: characters that stay besides letters, digits and - . _ ~ */
void wire_add_hub(struct buf *out, const struct fetch_options *o);
void wire_add_escaped(struct buf *out, const char *text, const char *keep);
bool wire_is_hub(const struct fetch_options *o, const char *url);
/* The address of a file on the hub. */
char *wire_hub_url(const struct fetch_options *o, const char *repo, const char *revision, const char *path);

bool wire_start(struct wire *w, struct wire_request *r, struct err *e) MUST_CHECK;
/* End it, whatever it is doing, and forget its answer. */
void wire_stop(struct wire *w, struct wire_request *r);
/* Let all requests do what they can, then wait for at most TIMEOUT_MS, or for FD (not below 0) to be readable. */
bool wire_run(struct wire *w, int fd, int timeout_ms, struct err *e) MUST_CHECK;

#endif
