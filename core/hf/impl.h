/* Inside core/hf only: one directory being opened.
 *
 * Functions that read the configuration or add keys do not return errors: the first one is kept in *h->e, h->failed
 * says so, and what follows does no harm.  So a family reads as a list of what it has. */
#ifndef CORE_HF_IMPL_H
#define CORE_HF_IMPL_H

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/map.h"
#include "core/gguf.h"
#include "core/gguf_write.h"
#include "core/hf/hf.h"
#include "core/safetensors.h"

struct hf;
struct hf_src;

/* Makes the tensor NAME (as GGUF calls it) of S, and whatever belongs to it. */
typedef void hf_op(struct hf *h, const struct hf_src *s, const char *name);

/* FROM is a name in the files without its prefix and without ".weight" or ".bias", which both names share; "*." stands
 * for a layer, "experts.*." for an expert.  TO is what GGUF calls it; "*" again is the layer, "*." in front "blk.*.". */
struct hf_row {
	const char *from, *to;
	hf_op *op;
};

struct hf_family {
	const struct hf_row *rows;	/* looked at before those that most families share; ends with a NULL name */
	const char *act;		/* what hidden_act may be, words; NULL: not asked */
	const char *defaults;		/* JSON: what a silent configuration means, beyond the common; or NULL */
	double rope_base;		/* where the configuration is silent */
	bool has_layer_norm;		/* its epsilon is layer_norm_eps(ilon) */
	bool has_rope_divisors;		/* Llama 3's scaling becomes rope_freqs.weight */
	bool is_tied;			/* the output is the embedding whatever is there */
	bool has_scales;		/* "<matrix>.scale" may stand beside ternary weights */
	bool adds_no_space;		/* the vocabulary of SentencePiece is used without its leading space */
	const char *spm_name;		/* what a tokenizer with marks for spaces is called that keeps its merges; or NULL */
	const char *shown;		/* words: special tokens that an answer shows, for whoever takes it apart; or NULL */
	bool has_own_keys;		/* keys() writes all of them */
	void (*keys)(struct hf *h);	/* beyond the common ones; may be NULL */
};

/* Rows of family.def. */
struct hf_model_type {
	const char *model_type;		/* of config.json */
	const char *arch;		/* general.architecture */
	const struct hf_family *family;
};
const struct hf_model_type *hf_model_type_find(const char *model_type);

/* A tensor as the files have it. */
struct hf_src {
	const struct st_tensor *t;
	const struct safetensors *file;
	char *name;			/* brought into the form of the rows: "*.mlp.experts.*.w1.weight" */
	uint32_t layer, expert;		/* the numbers that were there; 0 without */
};

/* The matrices of all experts, which come one by one. */
struct hf_stack {
	size_t tensor;			/* in h->tensors */
	uint64_t n_done;
};

enum { HF_MAX_FILES = 1024 };

struct hf {
	struct err *e;
	bool failed;
	bool is_located;		/* the error names its file already */
	enum hf_need need;
	struct buf dir, only;		/* only: the one file to read where a path to it was given, or empty */
	json_t *root;			/* config.json */
	json_t *config;			/* what of it speaks of the text model; borrowed */
	json_t *rope, *rope_local;	/* rope_parameters or rope_scaling; borrowed, may be NULL */
	json_t *tok_config, *generation;	/* tokenizer_config.json and generation_config.json; NULL without */
	const struct hf_model_type *type;
	const char *arch;
	struct gguf_writer *keys;
	struct safetensors **files;
	char **file_names;
	size_t n_files;
	struct hf_src *srcs;
	size_t n_srcs;
	struct map by_name;		/* of the tensors as the files call them, into srcs */
	struct gguf_tensor *tensors;
	size_t n_tensors, tensors_cap;
	struct map tensor_names;
	struct hf_stack *stacks;
	size_t n_stacks;
	void **owned;			/* pages of computed tensors, with their sizes */
	size_t *owned_bytes;
	size_t n_owned;
	char **names;			/* of tensors */
	size_t n_names;
	uint32_t n_layers, n_embd, n_heads, n_kv_heads, head_dim, n_experts, n_ctx, n_vocab;
};

/* ---- errors (config.c) ---- */

/* Keep the first sentence.  Returns false. */
bool hf_fail(struct hf *h, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- the configuration (config.c) ---- */

#define HF_NEEDED UINT32_MAX		/* no fallback: absent is an error */
uint32_t hf_count(struct hf *h, const char *key, uint32_t fallback);
double hf_real(struct hf *h, const char *key, double fallback);	/* NAN: needed */
bool hf_flag(struct hf *h, const char *key, bool fallback);
const char *hf_text(struct hf *h, const char *key);			/* NULL: absent or null */
const json_t *hf_get(const struct hf *h, const char *key);		/* NULL: absent or null */
/* The same in an object of it, for messages called WHERE. */
double hf_real_in(struct hf *h, const json_t *object, const char *where, const char *key, double fallback);
bool hf_read_json(struct hf *h, const char *name, size_t limit, json_t **out);	/* NULL without such a file */
bool hf_exists(struct hf *h, const char *name);
/* Word in a list apart by blanks. */
bool hf_is_one_of(const char *word, const char *list);

/* "<arch>.NAME" */
void hf_set_u32(struct hf *h, const char *name, uint32_t v);
void hf_set_f32(struct hf *h, const char *name, double v);
void hf_set_str(struct hf *h, const char *name, const char *v);
void hf_set_i32s(struct hf *h, const char *name, const int32_t *v, size_t n);
void hf_set_f32s(struct hf *h, const char *name, const float *v, size_t n);
void hf_set_bools(struct hf *h, const char *name, const bool *v, size_t n);

void hf_common_keys(struct hf *h);	/* keys.c */
/* Where windowed layers are not computed as such: what lies beyond a window is not promised. */
void hf_limit_to_window(struct hf *h);
void hf_rope_keys(struct hf *h);	/* rope.c */

/* ---- tensors (tensor.c) ---- */

bool hf_open_files(struct hf *h);	/* files.c */
void hf_map_tensors(struct hf *h);	/* names.c */
const struct hf_src *hf_find_src(const struct hf *h, const char *name);	/* as the files call it, or NULL */

/* Add a tensor; its data are DATA, or memory of its own (zeroed, returned) when that is NULL.  NULL after an error, and
 * where only the metadata is wanted. */
uint8_t *hf_add(struct hf *h, const char *name, enum qtype type, uint32_t n_dims, const uint64_t *dims,
    const uint8_t *data);
uint8_t *hf_add_f32(struct hf *h, const char *name, const float *v, size_t n);
/* y[0..n) = numbers FROM .. FROM + n of S. */
void hf_to_f32(float *y, const struct st_tensor *t, uint64_t from, size_t n);
/* Add NAME made of rows of S, the first dimension of which counts them: row I is row from(ctx, I) of S.  Other dimensions
 * become one.  Returns what hf_add() does. */
struct hf_rows {
	size_t n;
	size_t (*from)(const void *ctx, size_t row);
	const void *ctx;
	bool as_f32;
};
uint8_t *hf_rows(struct hf *h, const struct hf_src *s, const char *name, const struct hf_rows *rows);
/* Its shape, innermost first.  False after an error. */
bool hf_shape(struct hf *h, const struct hf_src *s, uint32_t *n_dims, uint64_t dims[4]);
enum qtype hf_qtype(struct hf *h, const struct hf_src *s);	/* QT_COUNT after an error */

hf_op hf_copy;			/* matrices as they are, vectors as F32 */
hf_op hf_f32;			/* as F32 */
hf_op hf_squeezed;		/* the same as a matrix: dimensions of 1 within it are left out */
hf_op hf_norm1;			/* F32, plus 1 */
hf_op hf_skip;			/* what no model reads */
hf_op hf_rope_q, hf_rope_k;	/* rows of a head reordered for the pairing of neighbours (where the files pair halves) */
hf_op hf_expert;		/* one of the matrices that stand together */
hf_op hf_experts_gate_up;	/* all of them in one, gate and up after each other */
hf_op hf_output;		/* the output matrix, unless it is the embedding */

void hf_tokenizer(struct hf *h);	/* tok.c */

#endif
