/* Facts about a model file that its directory and metadata tell, whether or not minnow can run it. */
#ifndef CORE_INSPECT_H
#define CORE_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/gguf.h"

/* The tensors of one storage format.  A file with more formats than any has the last ones under one number. */
#define INSPECT_MAX_FORMATS 64
#define INSPECT_OTHERS UINT32_MAX
struct inspect_format {
	const char *name;		/* "q4_0"; NULL: a number we do not know */
	uint32_t number;		/* as in the file */
	uint64_t n_tensors, n_elements;
	uint64_t bytes;			/* 0 for a format we do not know */
};

/* A token that the metadata gives a role. */
struct inspect_special {
	struct gguf_str role;		/* "bos", "eos", "eot", …: the key without prefix and "_token_id" */
	uint64_t id;
	struct gguf_str text;		/* as the vocabulary spells it; data NULL when there is no such entry */
};

/* A chat template; name.len 0 for the one that is used when none is named. */
struct inspect_template {
	struct gguf_str name, text;
};

#define INSPECT_KINDS 7			/* numbers of tokenizer.ggml.token_type, 1 to 6; 0: anything else */

struct inspect {
	const struct gguf *gguf;	/* not owned */
	struct gguf_str arch, name;	/* data NULL where the file does not say; so below */
	uint64_t n_params;
	uint64_t tensor_bytes;		/* of formats we know */
	struct inspect_format *formats;	/* most parameters first */
	size_t n_formats;

	struct gguf_str tok_model, tok_pre;	/* as the metadata has them: "gpt2", "qwen2" */
	uint64_t n_vocab, n_merges;
	uint64_t n_of_kind[INSPECT_KINDS];	/* all 0 without token types */
	struct inspect_special *specials;	/* in the order of the file, at most 64 */
	size_t n_specials;

	struct inspect_template *templates;	/* in the order of the file */
	size_t n_templates;
};

/* Strings are borrowed from G, which must outlive *I. */
void inspect_init(struct inspect *i, const struct gguf *g);
void inspect_done(struct inspect *i);

#endif
