/* One architecture: which weights it has and what a layer computes.
 * core/arch/<file>.c exports  const struct arch arch_<id>;  a row of arch.def registers it. */
#ifndef CORE_ARCH_ARCH_H
#define CORE_ARCH_ARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/hparam.h"

struct layer;
struct run;

enum weight_id {
#define WEIGHT(id, scope, name, rows, cols, fused) W_##id,
#include "core/weight.def"
#undef WEIGHT
	W_COUNT
};

enum weight_need {
	WEIGHT_NONE,
	WEIGHT_OPTIONAL,
	WEIGHT_REQUIRED,
	WEIGHT_DENSE,		/* required, but none in a model with experts */
	WEIGHT_EXPERT,		/* required in a model with experts, and none in others */
	WEIGHT_LAYER_EMBD,	/* required in a model with an embedding for each layer, and none in others */
};

enum rope_kind {
	ROPE_NORM,		/* pairs (2i, 2i+1) */
	ROPE_NEOX,		/* pairs (i, i + n_rot/2) */
};

enum norm_kind { NORM_RMS, NORM_LAYER };

enum ffn_act { FFN_SILU, FFN_GELU, FFN_RELU2, FFN_RELU };

/* The angles that a layer turns its heads by. */
enum rope_set {
	ROPE_MAIN,
	ROPE_LOCAL,		/* hparam.rope_local */
	ROPE_SETS,
	ROPE_OFF = ROPE_SETS,	/* none */
};

struct arch {
	const char *name;	/* general.architecture */
	enum weight_need weights[W_COUNT];
	enum rope_kind rope;
	enum norm_kind norm;
	bool is_parallel;	/* attention and feed forward read the same input: block_keep() is used */
	bool has_v_norm;	/* each head of v passes an RMS norm without weights */
	enum ffn_act expert_act;
	bool has_scales;	/* <matrix>.scale, one number that multiplies the product, may stand beside a matrix */
	/* What the architecture makes of the numbers read, and what it cannot be; NULL when hparam_read() says it all. */
	bool (*check)(struct hparam *h, struct err *e);
	/* What tells layer L from the others (struct layer); NULL when all are as the hyper-parameters say and see all
	 * positions. */
	void (*plan)(const struct hparam *h, struct layer *l);
	/* Whether layer L, as planned, has weight ID of the table above; NULL: every layer has them all. */
	bool (*has)(const struct layer *l, enum weight_id id);
	/* Whether layer L may have weight ID all the same, which then is not read; NULL: no. */
	bool (*ignores)(const struct layer *l, enum weight_id id);
	/* Before the first layer, when x holds the embeddings of IDS; NULL: nothing. */
	void (*begin)(struct run *r, const uint32_t *ids);
	/* Before the logits of the last N tokens; NULL: nothing. */
	void (*end)(struct run *r, size_t n);
	/* Numbers of a token that these keep in run.own; NULL: none. */
	size_t (*own_floats)(const struct hparam *h);
	/* Of a model with an encoder: x = layer(x) of its layers, whose keys and values are there already. */
	void (*encoder_layer)(struct run *r, const struct layer *l);
	bool divides_tied;	/* see model.sampling_scale */
	/* x = layer(x) for the tokens of R, made of blocks (core/block.h). */
	void (*layer)(struct run *r, const struct layer *l);
};

const struct arch *arch_find(const char *name);		/* or NULL */
const struct arch *arch_at(size_t i);			/* NULL past the last */

#endif
