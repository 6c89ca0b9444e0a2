/* A variant of a model: the files of its entry that together can be opened.  A GGUF file is one alone; weights in shards
 * need each other; weights in safetensors need all of their kind, the tokenizer and what else their directory holds. */
#ifndef REGISTRY_VARIANT_H
#define REGISTRY_VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "registry/entry.h"

struct variant {
	const struct entry *entry;		/* borrowed */
	const struct entry_file *weights;	/* the one that is opened, the first shard of several */
	bool is_folder;				/* the directory is opened, not the file */
	bool takes[ENTRY_FILES_MAX];		/* by the index of the file */
	size_t n_files;
	uint64_t bytes;				/* of those whose size is known */
	bool has_unknown;			/* there are others */
};

/* The variant to which the weights FILE of EN belong.  Licences and templates come along; a projector or a draft model does
 * with WITH_PROJECTOR and WITH_DRAFT. */
void variant_of(struct variant *v, const struct entry *en, const struct entry_file *file, bool with_projector, bool with_draft);

/* Is FILE a shard other than the first ("-00002-of-00005.")? */
bool variant_is_later_shard(const char *file);
/* Are A and B shards of the same file? */
bool variant_same_shards(const char *a, const char *b);

/* The weights that are called WHAT: a quantization, or a file's name, in letters of any case; or NULL. */
const struct entry_file *variant_find(const struct entry *en, const char *what);
/* Does the name of a file, whose entry is not known, hold the quantization as a word of its own? */
bool variant_names_quant(const char *file, const char *quant);
/* Append "Q8_0, Q4_K_M": what variant_find() finds. */
void variant_list(const struct entry *en, struct buf *out);
/* EN has no file of FORMAT: false, with *e saying so and what there is. */
bool variant_is_missing(const struct entry *en, const char *format, struct err *e);

#endif
