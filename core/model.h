/* A loaded model: hyper-parameters, weights bound to their tensors and packed, tokenizer, chat template.
 * Read-only once open, so sessions on any thread share it. */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arch/arch.h"
#include "core/hparam.h"
#include "core/minnow.h"

struct gguf_tensor;
struct relpos;
struct trie;

/* One weight.  Matrices: y = W x with n_rows outputs, in panels of mat->pack_rows rows.  Vectors: vec. */
struct weight {
	size_t n_rows, n_cols;		/* of each of the n_matrices */
	size_t n_matrices;		/* 1, or one for each expert; the panels of each begin anew */
	size_t matrix_rows;		/* from one matrix to the next, as stored */
	bool is_vector;			/* or a table */
	enum qtype type;
	enum time_kind time;			/* what the time of its products counts as */
	const struct kern_mat *mat;
	const struct gguf_tensor *tensor;	/* borrowed */
	const uint8_t *stored;		/* rows as in the file (borrowed from the mapping); NULL: the model has none */
	size_t row_bytes;		/* of stored */
	const uint8_t *panels;		/* what mat->mul reads; stored itself where nothing is packed */
	size_t panel_bytes;
	const float *vec;		/* [n_cols], of a table [n_cols][n_rows]; NULL for matrices */
	float unit;			/* what decoded numbers are multiplied by: qtype_tensor_scale() */
	float scale;			/* of the product, unit included; 1 for most */
};

/* What plan() may set is as the hyper-parameters say for all layers before. */
struct layer {
	uint32_t index;			/* in its stack */
	bool is_encoder;
	uint32_t window;		/* positions it sees, its own among them; 0: all */
	enum rope_set rope;
	uint32_t n_heads, n_kv_heads;	/* n_kv_heads divides n_heads; 0: it has no cache */
	uint32_t dim_k, dim_v;
	uint32_t n_ff;
	bool has_gate;			/* attn_q gives a gate behind each query head, for what the head attends to */
	size_t n_state, state_at;	/* numbers it carries from token to token, in struct state; 0: none */
	uint32_t kv_from;		/* whose keys and values it reads: its own index, or an earlier one's */
	struct weight w[W_COUNT];
};

struct model {
	struct engine *engine;		/* not owned */
	const struct kern *kern;	/* the engine's */
	struct pool *pool;		/* the engine's */
	struct gguf *gguf;
	struct tok *tok;		/* NULL: the file has none */
	struct chat *chat;		/* NULL without a tokenizer */
	pthread_mutex_t lock;		/* guards tree while it is made */
	struct trie *tree;		/* of the vocabulary; NULL until a grammar needs it: model_tree() */
	const struct arch *arch;
	struct hparam hp;
	struct weight w[W_COUNT];	/* those of scope MODEL; w[W_output] is the embedding where the file has none */
	struct layer *layers;		/* [n_blocks]: hp.n_layers, then those of the encoder */
	uint32_t n_blocks;
	struct relpos *relpos;		/* NULL where no layer has a bias by relative position */
	float sampling_scale;		/* of the logits, before they are made probabilities */
	size_t n_state;			/* of all layers */
	unsigned acts;			/* 1 << enum act for every activation format its matrices read */
	/* Angles of a position, [rope_pairs] each; long: for contexts beyond hp.rope.n_ctx_original. */
	double *rope_freq[ROPE_SETS], *rope_freq_long;
	double rope_magnitude[ROPE_SETS];
	size_t rope_pairs[ROPE_SETS];
	unsigned char *arena;		/* panels and vectors */
	size_t arena_bytes;
	struct model *draft;		/* drafts for it (core/draft.h), or NULL; owned */
	struct model_info info;
	char *name;			/* info.name */
};

/* model_open() on an open file, which it takes in any case; PATH is for messages. */
struct model *model_open_gguf(struct engine *g, struct gguf *file, const char *path, struct err *e) MUST_CHECK;

/* Sizes of the weights of layer L; NULL: of those that belong to no layer. */
size_t layer_dim(const struct hparam *h, const struct layer *l, enum dim d);

/* The vocabulary as a tree, made at the first call. */
const struct trie *model_tree(struct model *m, struct err *e) MUST_CHECK;

enum { WEIGHT_TABLE_COLS = 4096 };	/* of a table at most: as many as there may be heads */

/* weights.c: bind every tensor (a sentence naming tensor, found and expected on any defect); weights_pack.c: pack. */
bool weights_bind(struct model *m, struct err *e) MUST_CHECK;
bool weights_pack(struct model *m, struct err *e) MUST_CHECK;

/* Panels that N_ROWS fill; a division would take a good part of the time between two tiles. */
static inline size_t
weight_panels_of(const struct weight *w, size_t n_rows)
{
	return (n_rows + w->mat->pack_rows - 1) >> __builtin_ctzl(w->mat->pack_rows);
}

static inline size_t
weight_panels(const struct weight *w)	/* of one matrix */
{
	return weight_panels_of(w, w->n_rows);
}

/* Panels from one matrix to the next. */
static inline size_t
weight_matrix_panels(const struct weight *w)
{
	return w->mat->pack_rows > 1 ? weight_panels(w) : w->matrix_rows;
}

/* Whether a product of N tokens is mul_many. */
static inline bool
weight_is_many(const struct weight *w, size_t n)
{
	return w->mat->mul_many && n >= w->mat->many_min;
}

/* What it reads. */
static inline enum act
weight_act(const struct weight *w, size_t n)
{
	return weight_is_many(w, n) ? w->mat->act_many : qtype_info(w->type)->act;
}

/* 1 << enum act for each format that products of any number of tokens may read. */
static inline unsigned
weight_acts(const struct weight *w)
{
	return 1u << weight_act(w, 0) | (w->mat->mul_many ? 1u << w->mat->act_many : 0);
}

#endif
