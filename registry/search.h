/* Finding models: words, where beginnings, parts and small slips of the finger count, and conditions.
 * The index is made once for a catalogue; a query over 10 000 entries then takes a few milliseconds, so a list can
 * follow the typing. */
#ifndef REGISTRY_SEARCH_H
#define REGISTRY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/catalog.h"

struct search;
struct snapshot_word;

struct search_query {
	const char *const *words;	/* all have to match; a word may hold several, between blanks */
	size_t n_words;
	/* Conditions; NULL or 0: none. */
	const char *family;
	const char *license;		/* the beginning of a licence, in letters of any case: "apache" */
	const char *language;		/* "ko"; "mul" stands for those that an entry does not name */
	const char *thinking;		/* "none", "always", "switchable"; "any": one of the last two */
	const char *input;		/* "image" */
	uint64_t max_bytes;		/* of the weights */
	uint64_t memory_bytes;		/* has to hold weights, keys and values, and the rest */
};

struct search_hit {
	const struct catalog_model *model;
	/* The weights that meet the conditions: the recommended ones, else the largest; NULL when there are none. */
	const struct entry_file *file;
	unsigned score;			/* 0 without words */
};

/* CATALOG is borrowed, and must not change until search_free(). */
struct search *search_new(const struct catalog *catalog);
void search_free(struct search *s);		/* accepts NULL */

/* Word I and the models it stands in, as snapshot_write() needs them, of a catalogue without snapshots; false past the
 * last. */
bool search_word(const struct search *s, size_t i, struct snapshot_word *word);

/* The models that match, best first (without words: by family and date).  The caller frees *hits. */
size_t search_run(const struct search *s, const struct search_query *q, struct search_hit **hits);

/* The weights that a query with these conditions would choose of an entry: those that are recommended where they meet
 * them, else the largest that do; NULL: none are known to. */
const struct entry_file *search_file(const struct entry *en, const struct search_query *q);

/* Bytes of memory that FILE takes with a context of N_CTX tokens (0: 4096, or what it was trained for): weights, keys
 * and values, 64 MB.  Where the entry does not tell the size of keys and values, they are taken for an eighth of the
 * weights for 4096 tokens.  0: the size of the file is not known. */
uint64_t search_memory(const struct entry *en, const struct entry_file *file, uint64_t n_ctx);

/* A size as people write it: "800M", "2.5GB", "1 GiB"; units of 1000, with an i of 1024.  0: it is none. */
uint64_t search_parse_size(const char *text);

#endif
