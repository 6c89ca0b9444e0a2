/* Models that no registry lists, named by where they are:
 *
 *	hf:OWNER/NAME[:WHAT][@REVISION]		a repository of the hub; WHAT is a quantization ("Q4_K_M"), a file, or
 *						"safetensors" where a repository has both kinds of weights
 *	https://huggingface.co/OWNER/NAME[/blob/REVISION/FILE]	the same, as copied from a browser
 *	https://HOST/PATH/x.gguf[#sha256=HEX]	one file; without the hash it is learnt by the first download
 *	file:///PATH/x.gguf[#sha256=HEX]	likewise (the caller's fetch_options.allow_file says whether it may be)
 *
 * hub_list() asks the hub what a repository holds (its API: GET /api/models/OWNER/NAME/revision/REVISION?blobs=true, and
 * /api/models/OWNER/NAME/tree/COMMIT in pages where that leaves out sizes) and gives an entry like that of a registry, pinned to
 * the commit, whose files fetch_into() takes.  Nothing of it is signed: the SHA-256 of a file is the hub's word. */
#ifndef REGISTRY_HUB_H
#define REGISTRY_HUB_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "registry/entry.h"
#include "registry/fetch.h"

enum hub_kind {
	HUB_REPO,
	HUB_URL,
};

struct hub_ref {
	enum hub_kind kind;
	char *repo;			/* HUB_REPO: OWNER/NAME */
	char *want;			/* a quantization or the path of a file; NULL: the recommended weights */
	char *revision;			/* a branch, a tag or a commit; NULL: the newest */
	char *url;			/* HUB_URL, without the hash */
	bool has_sha256;
	unsigned char sha256[DIGEST_SHA256_SIZE];
};

/* TEXT is one for which resolve_is_address() holds; ERR_USAGE with what is wrong and how it should look, then *ref is
 * empty. */
bool hub_ref_parse(struct hub_ref *ref, const char *text, struct err *e) MUST_CHECK;
void hub_ref_done(struct hub_ref *ref);			/* accepts a zeroed one */
/* The id of the model in the store: "hf.owner--name", or "url.file-12345678" after the address.  The caller owns it.  No
 * two repositories share one, and no id of the built-in registry begins so. */
char *hub_ref_id(const struct hub_ref *ref);

struct hub_listing {
	struct entry entry;		/* id as hub_ref_id(); family "hf" or "url"; may have more files than a registry's */
	/* files[0..n_chosen) are what the reference means: a file, all parts of one that is split, or the weights of a
	 * directory with all that belongs to them. */
	size_t n_chosen;
	size_t *group;			/* of every file: those of one number belong together, and stand together */
	bool is_directory;		/* safetensors: to be opened as models/ID, not as a file */
	bool gated;			/* its owner asks for a consent on the hub first; a token shows who gave it */
	char commit[65];		/* "" for a HUB_URL */
};

/* Without the network for a HUB_URL.  The licence of the entry is what the hub says ("apache-2.0"); NULL: it says nothing.
 * ERR_NOT_FOUND, ERR_NETWORK (also: not allowed), ERR_FAILED (the answer makes no sense), ERR_CANCELLED. */
bool hub_list(const struct hub_ref *ref, const struct fetch_options *o, struct hub_listing *out, struct err *e) MUST_CHECK;
void hub_listing_done(struct hub_listing *l);		/* accepts a zeroed one */

#endif
