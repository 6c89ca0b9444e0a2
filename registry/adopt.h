/* Models that other programs keep on this machine: found in their folders, and used where they are.
 *
 * Nothing is ever written into those folders, not even a lock.  What is found there is hostile: manifests are read with
 * limits, links are followed only as long as they stay inside, and what a program says of a hash is a claim until the
 * bytes were read.  What was taken into use is written down in ROOT/adopted of the store (store.h), with the size, inode
 * and time of change of every file and its SHA-256: a file that is not as it was is not used. */
#ifndef REGISTRY_ADOPT_H
#define REGISTRY_ADOPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/digest.h"

struct adopt_kind;
struct catalog;
struct catalog_model;
struct entry_file;
struct store;

/* What the environment says of where programs keep their models; "" or NULL: nothing. */
struct adopt_places {
	const char *home;
	const char *cache_home, *config_home, *data_home;	/* XDG_CACHE_HOME and so on, as given */
	const char *ollama_models;				/* OLLAMA_MODELS */
	const char *hf_home, *hf_hub_cache;			/* HF_HOME, HF_HUB_CACHE */
	const char *llama_cache;				/* LLAMA_CACHE */
	const char *system;					/* tests: stands before the folders outside of a home */
};

/* A file as it was seen. */
struct adopt_file {
	char *path;			/* absolute */
	uint64_t size, inode, mtime_s, mtime_ns;
	bool has_sha256;
	unsigned char sha256[DIGEST_SHA256_SIZE];	/* found: what its program says; adopted: what was computed */
};

struct adopt_model {
	const struct adopt_kind *kind;
	size_t source;			/* found: which of the sources */
	char *title;			/* as its program calls it: "llama3.2:1b" */
	char *owner;			/* who published it, as far as that is known; may be NULL */
	char *name;			/* what minnow calls it */
	char *quant;			/* as the program or the file's name says; may be NULL */
	char *path;			/* the file or folder to open, absolute */
	char *why_not;			/* why it cannot be used; NULL: it can */
	struct adopt_file *files;	/* parts of one model in order, or what a folder holds */
	size_t n_files;
	uint64_t size;			/* of all files */
	uint64_t date;			/* adopted: when, in seconds since 1970; else 0 */
};

/* A folder of models that was found. */
struct adopt_source {
	const struct adopt_kind *kind;
	char *root;
	char *note;			/* what could not be read in it; may be NULL */
	size_t n_models;
	uint64_t size;
};

struct adopt_found {
	struct adopt_source *sources;
	size_t n_sources;
	struct adopt_model *models;	/* by source, then by title */
	size_t n_models;
};

struct adopt_index {
	struct adopt_model *models;	/* by name */
	size_t n;
};

const struct adopt_kind *adopt_kind_find(const char *name);	/* "ollama"; or NULL */
const char *adopt_kind_name(const struct adopt_kind *k);	/* "ollama" */
const char *adopt_kind_title(const struct adopt_kind *k);	/* "Ollama" */

/* ---- what there is ---- */

/* Look into every folder that is known.  Never fails as a whole: see the notes. */
void adopt_scan(const struct adopt_places *p, struct adopt_found *found);
void adopt_found_done(struct adopt_found *found);		/* accepts a zeroed one */
/* Give every model the name under which it is taken into use: that of the catalogue when its hash is known there (C may
 * be NULL), the name it was adopted by, else one of its own that is free in both. */
void adopt_name(struct adopt_found *found, const struct catalog *c, const struct adopt_index *x);

/* A file (the first part of several), or a folder as Hugging Face publishes it, that somebody names. */
bool adopt_from_file(struct adopt_model *m, const char *path, struct err *e) MUST_CHECK;
void adopt_model_done(struct adopt_model *m);			/* accepts a zeroed one */
/* The same place, and the same name there: programs may call one file by several. */
bool adopt_is_same(const struct adopt_model *a, const struct adopt_model *b);

/* What the catalogue calls the bytes: NAME and QUANT of it are appended to OUT as NAME:QUANT.  False: it does not know
 * them, or their hash is not known. */
bool adopt_catalog_name(const struct catalog *c, const struct adopt_model *m, struct buf *out);
/* The same as the file of an entry, and its model (which may be NULL); or NULL. */
const struct entry_file *adopt_catalog_file(const struct catalog *c, const struct adopt_model *m,
    const struct catalog_model **model);
/* A name a person may give: words of a-z 0-9 . _ - with slashes between and at most one :QUANT. */
bool adopt_check_name(const char *name, struct err *e) MUST_CHECK;

/* ---- reading them ---- */

struct adopt_hash_options {
	size_t n_threads;		/* files are read side by side */
	const atomic_bool *cancel;	/* may be NULL */
	void (*progress)(void *arg, uint64_t n, uint64_t size);		/* may be NULL */
	/* A model is read: its files bear their SHA-256, or WHY says what is wrong (ERR_VERIFY: they are not what their
	 * program says they are). */
	void (*done)(void *arg, struct adopt_model *m, const struct err *why);
	void *arg;
};

/* Compute the SHA-256 of all files of N models.  The callbacks come in this thread.  False: cancelled, or no threads. */
bool adopt_hash(struct adopt_model *const *models, size_t n, const struct adopt_hash_options *o, struct err *e) MUST_CHECK;

struct adopt_copy_options {
	const atomic_bool *cancel;	/* may be NULL */
	void (*progress)(void *arg, uint64_t n, uint64_t size);		/* may be NULL */
	void *arg;
	uint64_t total;			/* for progress */
};

/* Copy the files of a model whose SHA-256 was computed into the store.  *FOLDER: of the store. */
bool adopt_copy(struct store *s, const struct catalog *c, const struct adopt_model *m, const struct adopt_copy_options *o,
    struct buf *folder, struct err *e) MUST_CHECK;

/* ---- what is in use: ROOT is that of the store ---- */

/* A ROOT that is not there has nothing in use. */
bool adopt_index_load(struct adopt_index *x, const char *root, struct err *e) MUST_CHECK;
void adopt_index_done(struct adopt_index *x);			/* accepts a zeroed one */
/* By its name, by what its program calls it, or by either without :QUANT when only one has it.  NULL: ERR_NOT_FOUND, or
 * ERR_USAGE when several have it. */
const struct adopt_model *adopt_index_find(const struct adopt_index *x, const char *name, struct err *e) MUST_CHECK;
/* Write it down, in place of what had its name. */
bool adopt_index_put(const char *root, const struct adopt_model *m, struct err *e) MUST_CHECK;
/* Forget the one of this very name.  ERR_NOT_FOUND. */
bool adopt_index_forget(const char *root, const char *name, struct err *e) MUST_CHECK;

/* Are the files as they were?  ERR_NOT_FOUND: gone; ERR_VERIFY: changed; with what to do. */
bool adopt_check(const struct adopt_model *m, struct err *e) MUST_CHECK;
/* The file in use, unchanged, that has this digest; false: none. */
bool adopt_find_digest(const char *root, const unsigned char *sha256, struct buf *path) MUST_CHECK;

bool adopt_index_parse(struct adopt_index *x, const char *text, size_t n, struct err *e) MUST_CHECK;
void adopt_index_write(const struct adopt_index *x, struct buf *out);	/* replaces OUT */

#endif
