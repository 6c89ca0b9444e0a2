/* One pass of tokens through a model: the working memory of a session and where it stands.
 * Everything is sized when it is made; a pass allocates nothing. */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kv.h"
#include "core/model.h"
#include "core/pool.h"
#include "core/state.h"
#include "core/times.h"

/* The inputs of matrix products, in each format that some weight reads. */
struct run_act {
	unsigned char *data;		/* [n][stride]; NULL: no weight reads this format */
	size_t stride;			/* bytes; room for the widest input */
};

/* Where the tokens of a pass go in a mixture of experts.  Gathered rows: one for each expert of each token, those of
 * one expert together. */
struct route {
	float *logits;			/* [n][n_experts]; softmax works in place */
	float *shared;			/* [n], the logit of the shared expert's gate */
	uint32_t *expert;		/* [n][n_used] */
	float *weight;			/* [n][n_used] */
	uint32_t *row;			/* [n][n_used], the gathered row */
	uint32_t *from;			/* [n * n_used], the token of a gathered row */
	uint32_t *first;		/* [n_experts + 1], the first row of each expert */
	size_t *tile;			/* [n_experts + 1], the first tile of each expert in the product at hand */
	float *ff;			/* [n * n_used][n_ff_expert] */
	float *out;			/* [n * n_used][n_embd] */
};

struct encoder;

/* What a session keeps of its timeline, for the passes to read and write. */
struct run_store {
	struct kv *kv;
	struct state *state;
	struct encoder *enc;		/* NULL: the model has none */
};

struct run {
	const struct model *m;
	const struct kern *k;
	struct pool *pool;
	struct kv *kv;
	struct state *state;
	struct encoder *enc;
	size_t chunk;			/* tokens of one pass at most */

	/* This pass. */
	size_t n;			/* tokens */
	uint32_t pos;			/* position of the first */

	float *x;			/* [n][n_embd], the residual stream */
	float *qkv;			/* [n][q | k | v] as multiplied */
	float *q;			/* [kv head][n][heads of its group][dim_k], turned, as kern_kv.query(_many) makes them */
	float *mix;			/* [n][heads][dim_v], what attention gives */
	float *ff;			/* [n][n_ff]; shares memory with the three above */
	float *branch;			/* [n][n_embd], what a branch adds to x; shares memory with ff */
	float *layer_in;		/* [n][n_layers][n_embd_layer], what each layer is given of each token; or NULL */
	float *own;			/* [arch.own_floats][chunk], of the architecture; or NULL */
	float *kept;			/* [n][n_embd], the input of a parallel layer; NULL in other models */
	struct run_turn {
		const double *freq;	/* borrowed; NULL: no layer turns by it */
		size_t n_pairs;
		float *cos, *sin;	/* [n][n_pairs] */
	} turn[ROPE_SETS];
	struct route route;		/* zeros in a model without experts */
	struct run_act act[ACT_COUNT];
	float *part;			/* [part_floats], what attention.c gets of blocks of positions */
	size_t part_floats;
	_Atomic uint32_t *part_left;	/* [the most key/value heads], blocks to come */
	struct run_next {
		const void *w;		/* weights, or keys or values: so many bytes */
		size_t bytes;
		const void *then;	/* what is read after them; or NULL */
	} *next;			/* [jobs_max][threads], what the products of the last pass began with */
	size_t job, n_jobs, jobs_max;	/* of this pass, and how many the last one had */
	unsigned char *worker;		/* [threads][worker_bytes], scratch of whoever runs a chunk */
	size_t worker_bytes;

	struct times times;

	unsigned char *memory;		/* all of the above but times */
	size_t memory_bytes;
};

/* CHUNK tokens at a time over at most KV->n_ctx positions. */
bool run_init(struct run *r, const struct model *m, struct run_store store, size_t chunk, struct err *e) MUST_CHECK;
void run_done(struct run *r);		/* accepts a zeroed one */

/* Whether the keys of this context are turned by the long divisors of LongRoPE. */
bool run_is_long(const struct run *r);

/* Called between layers: DONE of TOTAL layers of this pass are computed.  False stops the pass. */
typedef bool run_step_fn(void *ctx, uint32_t done, uint32_t total);

/* Compute N tokens at POS .. POS + N - 1, store their keys and values, and move the state on.  LOGITS: NULL, or
 * n_vocab floats for each of the last N_LOGITS tokens.  False when STEP (which may be NULL) stopped it. */
bool run_tokens(struct run *r, const uint32_t *ids, size_t n, uint32_t pos, float *logits, size_t n_logits,
    run_step_fn *step, void *ctx);

/* Parts of a pass, for the encoder: X[N][n_embd] = embeddings of IDS by TABLE; the angles of r->n tokens at r->pos. */
void run_embed(struct run *r, const struct weight *table, float *x, const uint32_t *ids, size_t n);
void run_turn_angles(struct run *r);

/* ---- products (mul.c) ---- */

struct mul_part {
	const struct weight *w;
	size_t matrix;			/* which of its matrices; of gathered rows each has its own */
	const float *bias;		/* [n_rows], or NULL */
	float *y;			/* y[token * y_stride + row] */
	size_t y_stride;		/* floats */
};

enum mul_into {
	MUL_SET,			/* y = W x + bias, for each part */
	MUL_ADD,			/* y += W x + bias */
	MUL_GATE,			/* two parts of equal shape, gate and up: the first one's y = gate(gate, up) */
	MUL_MAP,			/* y = map(W x + bias) */
};

enum { MUL_PARTS = 4 };

struct mul_job {
	struct mul_part part[MUL_PARTS];
	int n_parts;
	enum mul_into into;
	void (*gate)(float *y, const float *gate, const float *up, size_t n);	/* a slot of kern_vec */
	void (*map)(float *y, const float *x, size_t n);
	size_t n;			/* tokens, or gathered rows */
	bool gathered;			/* row i is for the expert that run.route says; MUL_SET and MUL_GATE only */
	const uint32_t *from;		/* of act_prepare(): row i is made of row from[i] of x; NULL: of row i */
};

struct norm {
	const float *w, *bias;		/* [n_cols]; w NULL: no norm, bias NULL: none */
};

/* The parts read the same input, given by act_prepare().  One job of the pool, so that no thread waits between. */
void mul_run(struct run *r, const struct mul_job *j);
/* Bytes of scratch that a worker needs for any product of the model with up to N tokens. */
size_t mul_scratch_bytes(const struct model *m, size_t n);

/* Make X[n][n_cols], normed, the input of the products of J. */
void act_prepare(struct run *r, const float *x, size_t n_cols, struct norm norm, const struct mul_job *j);

#endif
