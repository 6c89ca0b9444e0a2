/* What the files that know other programs share; adopt.h is for everybody else. */
#ifndef REGISTRY_ADOPT_KIND_H
#define REGISTRY_ADOPT_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/adopt.h"

enum {
	ADOPT_TEXT_MAX = 4 << 20,	/* bytes of a manifest */
	ADOPT_SETTING_MAX = 1 << 20,	/* of a program's settings, of a pointer to a folder */
	ADOPT_NAMES_MAX = 20000,	/* in one folder */
	ADOPT_VISITS_MAX = 60000,	/* names in all folders of one source; links could make more of them */
	ADOPT_MODELS_MAX = 5000,	/* in one source */
	ADOPT_FILES_MAX = 1000,		/* of one model */
	ADOPT_DEPTH_MAX = 6,		/* of folders in folders */
	ADOPT_WORD_MAX = 4096,		/* of a path or title */
};

/* ---- a folder that is read, never written and never left ---- */

struct adopt_dir {
	char *root;			/* as it was given, absolute */
	char *real;			/* without links */
	int fd;
	size_t n_visits;
};

bool adopt_dir_open(struct adopt_dir *d, const char *root, struct err *e) MUST_CHECK;
void adopt_dir_close(struct adopt_dir *d);	/* accepts a zeroed one */
/* A descriptor of what REL leads to, a regular file or a folder; links are followed while they stay below the root.
 * *REAL, which may be NULL: where it is, below the root. */
int adopt_dir_at(const struct adopt_dir *d, const char *rel, struct buf *real, struct err *e) MUST_CHECK;
/* Is this open descriptor, which is closed, or -1, a folder? */
bool adopt_is_folder(int fd);
bool adopt_dir_read(const struct adopt_dir *d, const char *rel, size_t limit, struct buf *text, struct err *e) MUST_CHECK;
/* The names in folder REL, sorted, without those that begin with a dot; false: it cannot be read, or holds too many. */
struct adopt_names {
	char **at;
	size_t n;
};
bool adopt_dir_names(struct adopt_dir *d, const char *rel, struct adopt_names *names, struct err *e) MUST_CHECK;
void adopt_names_done(struct adopt_names *names);
/* open() that leaves no trace, not even the time of access where that can be had. */
int adopt_open(int dir, const char *name, int flags);
void adopt_file_set(struct adopt_file *f, const struct stat *st);	/* how it looks */
bool adopt_file_is(const struct adopt_file *f, const struct stat *st);

/* ---- the kinds ---- */

struct adopt_roots {
	char **at;			/* "…", which exist */
	size_t n;
};
/* A folder that may be there: the words together, ""  or NULL first: nothing. */
void adopt_roots_add(struct adopt_roots *r, const char *folder, const char *below);

struct adopt_scan {
	const struct adopt_kind *kind;
	struct adopt_dir dir;
	struct adopt_found *out;
	size_t source;
	size_t n_notes;
};

struct adopt_kind {
	const char *name, *title;
	void (*find_roots)(const struct adopt_places *p, struct adopt_roots *roots);
	void (*scan)(struct adopt_scan *s);
};

struct adopt_item {
	const char *rel;		/* the file below the root */
	const char *title;
	const char *owner;		/* may be NULL */
	const char *file;		/* what the file is really called; NULL: as in REL */
	const char *call;		/* from which the name is made when that of the file says little; may be NULL */
	const char *name;		/* the name itself; NULL: made from the file's */
	const char *quant;		/* may be NULL */
	const char *sha256;		/* what the program says, 64 hexadecimal digits; else it is not looked at */
	const char *why_not;		/* may be NULL */
};

/* One file that was found.  Parts of one model become one when the source is through. */
void adopt_add(struct adopt_scan *s, const struct adopt_item *item);
/* A folder as Hugging Face publishes models, if that is what REL is. */
void adopt_add_folder(struct adopt_scan *s, const char *rel, const char *title, const char *owner, const char *call);
/* The program's file WHAT could not be understood. */
void adopt_note(struct adopt_scan *s, const char *what, const struct err *why);
/* All GGUF files below REL; their titles are their paths from REL, the first folder is the owner. */
void adopt_add_tree(struct adopt_scan *s, const char *rel);
/* A hub cache: models--OWNER--NAME folders below the root. */
void adopt_add_hub(struct adopt_scan *s);

/* ---- names ---- */

bool adopt_is_gguf(const char *name);		/* weights of a language model, as far as the name tells */
/* "Q4_K_M" in a file's name; false: none. */
bool adopt_quant_of(const char *name, struct buf *quant);
/* "prefix-00002-of-00003.gguf": *n bytes of prefix; false: it is no part. */
bool adopt_part_of(const char *name, size_t *n, unsigned *index, unsigned *count);
/* Replace OUT by a name that adopt_check_name() accepts, from a file's name or a repository's. */
void adopt_make_name(struct buf *out, const char *file, const char *call, const char *quant);
/* Lower case, and what is not allowed gone; one word, or with slashes and a colon. */
void adopt_clean_name(struct buf *out, const char *s);

/* ---- the files of programs; also what the fuzzer feeds ---- */

struct adopt_manifest {
	char *weights, *config;		/* digests: 64 digits; may be NULL */
	char *children[8];		/* of a list of manifests */
	size_t n_children;
	bool several, other;		/* several files of weights; weights that are no GGUF */
};
bool adopt_ollama_manifest(struct adopt_manifest *m, const char *text, size_t n, struct err *e) MUST_CHECK;
void adopt_manifest_done(struct adopt_manifest *m);
/* "Q8_0" or NULL; the caller frees it. */
char *adopt_ollama_quant(const char *text, size_t n);

struct adopt_cached {
	char *file, *sha256;		/* of the repository; sha256 may be NULL */
};
bool adopt_llamacpp_manifest(struct adopt_cached *c, const char *text, size_t n, struct err *e) MUST_CHECK;
void adopt_cached_done(struct adopt_cached *c);

/* The value of KEY at the top of a simple YAML mapping; NULL: not there, or of a form that is not read. */
char *adopt_yaml_get(const char *text, size_t n, const char *key);
/* All of a program's settings, at PATH; false: there are none. */
bool adopt_read_setting(const char *path, struct buf *text);
/* The string KEY of a JSON object of settings; NULL. */
char *adopt_json_get(const char *text, size_t n, const char *key);

#endif
