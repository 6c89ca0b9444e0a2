/* What the hub says of a repository, as hub.c and hub_facts.c share it (tests and fuzzing too). */
#ifndef REGISTRY_HUB_FACTS_H
#define REGISTRY_HUB_FACTS_H

#include "registry/hub.h"

enum {
	HUB_TEXT_MAX = 16 << 20,	/* bytes of one answer */
	HUB_PAGES_MAX = 64,
	HUB_FILES_MAX = 20000,		/* of a repository */
	HUB_WEIGHTS_MAX = 1000,		/* of them that are weights */
};

struct hub_file {
	char *path;
	uint64_t size;			/* 0: not said */
	bool has_sha256;
	unsigned char sha256[DIGEST_SHA256_SIZE];
};

struct hub_facts {
	char commit[65];
	bool gated;
	char *license, *arch, *dtype;	/* each may be NULL */
	uint64_t n_params, n_ctx;
	struct hub_file *files;		/* whose names are of a kind that can be used */
	size_t n_files;
	size_t n_pickles;		/* files of weights that run code when they are loaded */
	bool lacks_sizes;		/* the tree has to be asked */
};

/* TEXT[0..n): the answer about a revision; a page of its tree.  On failure *f is as it was, or has a part of the page. */
bool hub_facts_read_info(struct hub_facts *f, const char *text, size_t n, struct err *e) MUST_CHECK;
bool hub_facts_read_tree(struct hub_facts *f, const char *text, size_t n, struct err *e) MUST_CHECK;
void hub_facts_forget_files(struct hub_facts *f);
void hub_facts_done(struct hub_facts *f);

/* Choose what REF means and make an entry of the rest. */
bool hub_facts_list(const struct hub_facts *f, const struct hub_ref *ref, struct hub_listing *out, struct err *e) MUST_CHECK;

/* Quantization of a file by its path ("UD-Q4_K_XL"), in upper case; false: it does not tell. */
bool hub_quant_of(const char *path, char quant[32]);

#endif
