/* An entry: what a registry says of one model, and the files in which it comes.
 *
 * On disk it is models/<family>/<id>/entry.json in canonical form: the members of entry.def and "files", sorted by
 * name, indented by two blanks.  The hash of that text, which the registry's index holds, covers weights, tokenizer
 * and template together, so that none can be exchanged alone.  minnow-registry(5) has the format. */
#ifndef REGISTRY_ENTRY_H
#define REGISTRY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define ENTRY_FORMAT 1
#define ENTRY_RANGE ((uint64_t)64 << 20)	/* bytes of a file that are hashed and fetched together */

enum {
	ENTRY_BYTES_MAX = 256 << 10,	/* of entry.json: the ranges of 400 GB */
	ENTRY_FILES_MAX = 64,
	ENTRY_SOURCES_MAX = 8,
};
#define ENTRY_FILE_SIZE_MAX ((uint64_t)1 << 39)

enum entry_source_kind {
	ENTRY_HUB,		/* a repository of the hub, at a commit */
	ENTRY_URL,		/* https:// or file:// */
};

struct entry_source {
	enum entry_source_kind kind;
	char *url_or_repo;	/* "https://…", "file:///…"; "OWNER/NAME" */
	char *path;		/* ENTRY_HUB: the file inside the repository */
	char *revision;		/* ENTRY_HUB: a commit; NULL when none is known, then the newest is meant */
};

enum entry_role {
	ENTRY_WEIGHTS,		/* "weights" */
	ENTRY_PROJECTOR,	/* "projector": makes tokens of pictures or sound */
	ENTRY_DRAFT,		/* "draft": guesses ahead for the weights */
	ENTRY_TEMPLATE,		/* "template": the chat template to use */
	ENTRY_TOKENIZER,	/* "tokenizer": that, and what else a directory of safetensors needs */
	ENTRY_LICENSE,		/* "license": the text of the licence */
	ENTRY_ROLES,
};

struct entry_file {
	char *name;			/* unique in the entry, whatever the case of its letters */
	char *quant;			/* "Q4_K_M"; may be NULL */
	char *note;			/* may be NULL */
	enum entry_role role;
	uint64_t size;			/* bytes; 0: not known */
	unsigned char sha256[32];
	bool has_sha256;		/* else it is learnt by the first download */
	bool single_source;		/* the hash was seen in one public source only */
	unsigned char (*ranges)[16];	/* XXH3-128 of each ENTRY_RANGE bytes, big endian; NULL: not known */
	size_t n_ranges;
	struct entry_source *sources;	/* best first, at least one */
	size_t n_sources;
};

struct entry_words {
	char **at;
	size_t n;
};

struct entry {
#define TEXT(name, check, need) char *name;
#define CHOICE(name, words) char *name;
#define NUMBER(field, name, max) uint64_t field;
#define WORDS(field, name, check, max) struct entry_words field;
#include "registry/entry.def"
#undef TEXT
#undef CHOICE
#undef NUMBER
#undef WORDS
	struct entry_file *files;	/* of each role, the recommended first */
	size_t n_files;
};

/* Read TEXT[0..n) into *en, every member checked.  On failure *en is empty and *e names the member. */
bool entry_parse(struct entry *en, const char *text, size_t n, struct err *e) MUST_CHECK;
void entry_done(struct entry *en);		/* accepts a zeroed one */

/* Append the canonical form, which entry_parse() reads back. */
void entry_write(const struct entry *en, struct buf *out);

/* The weights of this quantization ("q4_k_m", in letters of any case), NULL: the recommended ones; or NULL. */
const struct entry_file *entry_find_file(const struct entry *en, const char *quant);

/* More bytes than this no download of FILE may bring: its size, or what the parameters could take at most. */
uint64_t entry_file_limit(const struct entry *en, const struct entry_file *file);

const char *entry_role_name(enum entry_role role);

/* Ids that people would confuse (0 and o, 1 and l, rn and m, _ and -) have the same skeleton. */
void entry_id_skeleton(struct buf *out, const char *id);

#endif
