/* What the commands about models share: the catalogue, the store, what MODEL means, how wide the output may be and of what
 * signs, facts as words, and models as JSON. */
#ifndef TUI_CMD_MODELS_H
#define TUI_CMD_MODELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "registry/catalog.h"
#include "registry/lineage.h"
#include "tui/config.h"

struct stock;
struct store;

struct models_glyphs {
	const char *tee, *end, *pipe;		/* of a tree, three columns each */
	const char *ellipsis, *arrow, *yes, *no, *dot;
};

const struct models_glyphs *models_glyphs_get(bool ascii);

struct models {
	struct config config;
	struct catalog *catalog;
	const struct models_glyphs *glyphs;
	bool is_terminal;
	int width;			/* columns for text; one stays free, or some terminals break the line */
};

/* The built-in registry and those that were synced.  One that cannot be read is left out, with a line on standard error; one
 * whose index has expired gets a line, too. */
bool models_open(struct models *m, struct err *e) MUST_CHECK;
/* Settings and what the output may look like alone, without models: catalog is NULL. */
bool models_start(struct models *m, struct err *e) MUST_CHECK;
void models_close(struct models *m);		/* accepts a half-opened one */

/* The same alone, for whoever only uses what is here: no word of what has expired.  NULL: one that is part of the program
 * cannot be read. */
struct catalog *models_open_catalog(const struct config *c, struct err *e) MUST_CHECK;
/* The folder of the downloaded models; ERR_USAGE where there is no home to have it in. */
bool models_store_dir(const struct config *c, struct buf *dir, struct err *e) MUST_CHECK;
/* The store there.  MAKE: it is made when it is not there; else *STORE is NULL then. */
bool models_open_store(const struct config *c, bool make, struct store **store, struct err *e) MUST_CHECK;
/* What is in it, and what is used of other programs. */
bool models_stock(const struct models *m, struct store *store, struct stock *stock, struct err *e) MUST_CHECK;
/* What MODEL means in every command (registry/resolve.h): *PATH is replaced by what to open.  C NULL: settings are read
 * here. */
bool models_find(const struct config *c, const char *name, struct buf *path, struct err *e) MUST_CHECK;
/* The same, with what a registry says of a downloaded model beside its bytes.  PROMISE may be NULL. */
struct models_promise {
	bool has_template;		/* its entry names a chat template, by digest */
	unsigned char template_sha256[32];
};
bool models_find_promise(const struct config *c, const char *name, struct buf *path, struct models_promise *promise,
    struct err *e) MUST_CHECK;

/* Is it of the built-in registry, or of that in its place, so that its name needs no registry before it? */
bool models_is_main(const struct models *m, const struct catalog_model *model);
/* "qwen3-0.6b", or "core/qwen3-0.6b". */
void models_add_name(const struct models *m, struct buf *out, const struct catalog_model *model);
/* How sure a download of FILE is: "signed", the hash is in a registry whose signatures were checked; "registry", it is in
 * the registry that came with the program; "unverified", none is known yet. */
const char *models_badge(const struct catalog_model *model, const struct entry_file *file);

/* Does this build know the architecture, and what comes out of the model?  It puts in text. */
bool models_runs(const struct entry *en);
/* Why an entry has no files, by its member "weights", which may be NULL. */
const char *models_why_none(const char *weights);
bool models_has_more_than_text(const struct entry *en);	/* may go in */
/* What a model may take: four fifths of this machine's memory, or of what its container is allowed. */
uint64_t models_memory(void);

void models_add_params(struct buf *out, uint64_t n);	/* "752M", "1.72B"; 0: nothing */
void models_add_size(struct buf *out, uint64_t n);	/* "639 MB" */
void models_add_context(struct buf *out, uint64_t n);	/* "40K" */

/* S on one line, harmless, padded or cut to COLUMNS (0: as long as it is). */
void models_add_cell(const struct models *m, struct buf *out, const char *s, int columns, bool right);
/* S broken into lines of m->width, FIRST before the first and NEXT before the others. */
void models_add_paragraph(const struct models *m, struct buf *out, const char *first, const char *next, const char *s);

/* "parameters 1.4B → 2.8B · context 2048 → 4096", or nothing. */
void models_add_changes(const struct models *m, struct buf *out, const struct entry *a, const struct entry *b);

/* One of them. */
void models_add_change(const struct models *m, struct buf *out, const struct lineage_change *d);
void models_add_file_change(const struct models *m, struct buf *out, const struct lineage_file_change *d);
/* Everything in which two versions of one entry differ, one by one. */
void models_each_change(const struct models *m, const struct entry *a, const struct entry *b,
    void (*each)(void *ctx, const char *text), void *ctx);

/* The entry, its registry, whether this build runs it, and what is computed of each file. */
json_t *models_json(const struct catalog_model *m);
/* A list of how B differs from A. */
json_t *models_changes_json(const struct entry *a, const struct entry *b);
json_t *models_all_changes_json(const struct entry *a, const struct entry *b);
/* Print J, which is taken. */
bool models_print_json(json_t *j, struct err *e) MUST_CHECK;
/* Print OUT, which is freed. */
bool models_print(struct buf *out, struct err *e) MUST_CHECK;

#endif
