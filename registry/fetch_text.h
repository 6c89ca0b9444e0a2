/* A small text over the network, in memory: what a hub says of a repository. */
#ifndef REGISTRY_FETCH_TEXT_H
#define REGISTRY_FETCH_TEXT_H

#include "core/base/buf.h"
#include "registry/fetch.h"

struct fetch_text {
	long status;			/* of the last answer */
	struct buf body;		/* of a 200 */
	char *next;			/* address of the next page (RFC 8288, rel="next"); or NULL */
	char code[24];			/* the hub's word for a refusal ("GatedRepo"), or "" */
};

/* GET URL, at most MAX bytes, as fetch_run() would: redirects only to https and followed one by one, the token to the
 * hub's origin alone, cut connections and pauses that a server asks for sat out within the bounds of *o.
 * Any final status but those is a success here.  ERR_NETWORK, ERR_FAILED (it is too long), ERR_CANCELLED. */
bool fetch_text_get(const char *url, size_t max, const struct fetch_options *o, struct fetch_text *out,
    struct err *e) MUST_CHECK;
void fetch_text_done(struct fetch_text *t);		/* accepts a zeroed one */

#endif
