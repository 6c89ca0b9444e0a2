/* Arithmetic on rows of numbers: the kernel table.
 *
 * A table starts as all-reference (kernels/ref), then every row of isa.def whose features the CPU has overrides
 * slots, weakest first.  Kernels know no files, threads, globals or allocation.  Every output row is computed whole,
 * in an order that depends neither on how many rows nor on how many tokens one call holds, and with the same bits by
 * every instruction set (slots that end in _many aside): kernels/ref says how.
 * Lengths are in numbers (not bytes) unless a name says otherwise; no pointer needs alignment unless said. */
#ifndef KERNELS_KERN_H
#define KERNELS_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum qtype {
#define QTYPE(id, number, len, bytes, tail, act) QT_##id,
#include "kernels/qtype.def"
#undef QTYPE
	QT_COUNT
};

enum act {
#define ACT(id) ACT_##id,
#include "kernels/act.def"
#undef ACT
	ACT_COUNT
};

enum kvtype {
#define KVTYPE(id) KV_##id,
#include "kernels/kvtype.def"
#undef KVTYPE
	KV_COUNT
};

struct qtype_info {
	const char *name;		/* "q4_0" */
	uint32_t gguf_number;
	uint32_t block_len;		/* weights in a block */
	uint32_t block_bytes;
	uint32_t tail_bytes;		/* after the last row of a tensor: its scale, padded */
	enum act act;
};

const struct qtype_info *qtype_info(enum qtype t);
enum qtype qtype_find(uint32_t gguf_number);			/* QT_COUNT: not known */
/* Bytes of a row of N weights as stored in a file; n is a multiple of block_len. */
size_t qtype_row_bytes(enum qtype t, size_t n);
/* Bytes of a tensor of N weights in all, its tail included; false when that does not fit. */
bool qtype_tensor_bytes(enum qtype t, uint64_t n, size_t *out);
/* What every weight that was decoded from a tensor of N weights at DATA is still to be multiplied by: 1 without a tail. */
float qtype_tensor_scale(enum qtype t, const void *data, uint64_t n);
const char *kvtype_name(enum kvtype t);
enum kvtype kvtype_find(const char *name);			/* KV_COUNT: not known */

/* One product y = W x for a group of rows and a group of tokens. */
struct kern_mul {
	const void *w;			/* first panel; panels follow each other without a gap */
	size_t n_rows;			/* any number; only the last panel may be partly used */
	size_t n_cols;			/* a multiple of the format's block_len */
	const void *x;			/* activations in the format's act, one row a token, 64-byte aligned */
	size_t x_stride;		/* bytes from token to token, a multiple of 64 */
	size_t n_tokens;
	float *y;			/* y[token * y_stride + row] is set, not added to */
	size_t y_stride;		/* floats */
	void *work;			/* mul_many only: work_bytes() bytes, 64-byte aligned */
	const void *next;		/* weights that will be read after these, to be on their way by then; NULL: not known */
	size_t next_bytes;
};

/* The matrix product of one weight format.  pack_rows rows, a power of two, are interleaved into a panel; 1 means that
 * weights are used as they lie in the file and pack is not called (pack may be NULL). */
struct kern_mat {
	size_t pack_rows;
	size_t (*panel_bytes)(size_t n_cols);		/* one panel of pack_rows rows; a multiple of 64 when packed */
	/* ROWS are N_ROWS <= pack_rows rows as in the file; missing ones are packed as zero. */
	void (*pack)(void *panel, const void *rows, size_t row_bytes, size_t n_rows, size_t n_cols);
	void (*mul)(const struct kern_mul *m);
	/* Products of many tokens in floats (BLIS, or own tiles); NULL where there is none.  Worth calling from many_min
	 * tokens on, best with many_rows rows.  Of quantized weights they are nearer to the truth than those of few tokens:
	 * what rounds, to BF16, is off by half of what activations in 8 bits cost.
	 * Results may depend on n_rows and n_tokens in the last bits: callers keep both independent of threads. */
	void (*mul_many)(const struct kern_mul *m);
	enum act act_many;		/* what it reads, instead of the format's own */
	size_t many_min, many_rows;
	size_t (*work_bytes)(size_t n_rows, size_t n_cols, size_t n_tokens);
	/* y[0..n) = the decoded weights of a stored row: embedding rows, exactly as the format says. */
	void (*decode)(float *y, const void *row, size_t n);
	/* The reverse: N finite numbers to the blocks of a row with the least sum of w (x - decoded)^2 that a search
	 * finds; w NULL means 1.  A format with a scale for the whole tensor wants it divided out of x.  Blocks do not
	 * depend on each other. */
	void (*encode)(void *row, const float *x, const float *w, size_t n);
};

struct kern_act {
	size_t (*bytes)(size_t n);			/* one token's row of n numbers; a multiple of 64 */
	void (*quantize)(void *dst, const float *x, size_t n);	/* n a multiple of 32 for q8 */
};

/* Keys of KV_PANEL positions lie together in a panel: number after number of the head, of each all positions (q8_0:
 * four numbers at a time).  So one number of a query meets a whole vector of keys, and no sum runs across lanes.
 * Values lie position after position. */
enum { KV_PANEL = 16 };

/* Which keys rows see: the first GROUP rows those from FIRST on and before END, the next GROUP both one further, and so
 * on.  Bounds may lie outside the keys there are.  group 0: every row sees all. */
struct kern_seen {
	ptrdiff_t first, end;
	size_t group;
};

/* SEEN, of the keys from KEY on. */
static inline struct kern_seen
seen_behind(struct kern_seen seen, size_t key)
{
	seen.first -= (ptrdiff_t)key;
	seen.end -= (ptrdiff_t)key;
	return seen;
}

/* A part of a softmax, over some of the keys: the largest score and the sum of exp(score - top); sum 0: no key. */
struct kern_part {
	float top, sum;
};

/* Scores or mixes of a group of query rows that share one key/value head. */
struct kern_attn {
	const void *q;			/* score: n_q rows as query() made them */
	size_t q_stride;		/* bytes */
	size_t n_q;
	const void *kv;			/* first panel of keys (score) or first value (mix) of the head */
	size_t kv_stride;		/* bytes of a position: a panel is KV_PANEL times as long */
	size_t n_keys;			/* score: a multiple of KV_PANEL */
	size_t dim;			/* head size, a multiple of 2 (32 for q8_0) */
	float *s;			/* score: set; mix: read.  [n_q][s_stride] */
	size_t s_stride;
	float scale;			/* score only */
	float *y;			/* mix: set, or added to.  [n_q][y_stride] */
	size_t y_stride;
	bool add;			/* mix, not _many: the sums begin with y; keys in two calls give the bits of one */
	void *lines;			/* _many: what keys_many or values_many made */
	size_t n_lined;			/* of so many keys */
	size_t first;			/* key of lines that s begins with, a multiple of 32 */
	const struct kern_part *part;	/* mix_many: [n_q] */
	struct kern_seen seen;		/* score: others may be left as they were; mix: they are 0 */
	const void *next;		/* as in kern_mul; few rows ask for it */
	size_t next_bytes;
};

struct kern_kv {
	size_t (*bytes)(size_t dim);			/* one head of one position */
	void (*store)(void *dst, const float *x, size_t dim);
	/* A stored head into and out of position LANE of a panel.  Numbers from I on, a multiple of 32, stand
	 * KV_PANEL * bytes(I) behind its start, as if a panel of their own. */
	void (*pack)(void *panel, size_t lane, const void *head, size_t dim);
	void (*unpack)(void *head, const void *panel, size_t lane, size_t dim);
	void (*query)(void *q, const float *x, size_t dim);	/* what score reads; takes at most dim floats */
	void (*score)(const struct kern_attn *a);	/* s = scale * q . k */
	void (*mix)(const struct kern_attn *a);		/* y = sum over keys, in order, of s * v */
	/* The same for many rows, faster and in other roundings, some 2^-15 of the lengths of the vectors.  All or none (NULL);
	 * what they hand to each other has a form of their own.  A row knows nothing of the others, but its mix depends on
	 * which keys a call holds.  dim is a multiple of 32 and KERN_ATTN_DIM at most, n_keys KERN_ATTN_KEYS. */
	/* A query, which score_many multiplies by SCALE unless it is done here.  q takes dim floats; not x itself.  NULL: as
	 * query() makes it. */
	void (*query_many)(void *q, const float *x, size_t dim, float scale);
	/* n_keys keys or values at kv, to lines that any number of rows may meet: kern_attn_line_bytes().  NULL where
	 * score_many takes keys as they lie. */
	void (*keys_many)(const struct kern_attn *a);
	void (*values_many)(const struct kern_attn *a);
	void (*score_many)(const struct kern_attn *a);
	/* exp_part() of FIRST .. END of a row of N scores, and 0 for the others, in place, as mix_many reads them.  The row has
	 * room for a multiple of 32. */
	struct kern_part (*weights_many)(float *s, size_t first, size_t end, size_t n);
	void (*mix_many)(const struct kern_attn *a);
	size_t many_rows;		/* best at a time */
	size_t many_pos;		/* passes that begin before this position have the bits of few rows */
};

enum { KERN_ATTN_DIM = 512, KERN_ATTN_KEYS = 512 };

/* Bytes of the lines of N_KEYS keys or values, 64-byte aligned. */
static inline size_t
kern_attn_line_bytes(size_t dim, size_t n_keys)
{
	return (n_keys + 31) / 32 * 32 * dim * sizeof(float);
}

/* The gated delta rule (Yang, Kautz, Hatamizadeh 2024) on some columns of one head's state S, token after token:
 *   S = S * decay;  d = (v - k . S) * beta;  S += k d;  y = q . S
 * Columns know nothing of each other. */
struct kern_delta {
	const float *from;		/* [dim][n_cols], S before; may be s itself */
	float *s;			/* [dim][n_cols], S after the last token */
	size_t dim, n_cols;
	size_t n_tokens;		/* at least 1 */
	const float *q, *k;		/* [n_tokens][x_stride] */
	const float *v;			/* [n_tokens][x_stride], those of the columns */
	size_t x_stride;
	const float *decay, *beta;	/* [n_tokens][gate_stride] */
	size_t gate_stride;
	float *y;			/* [n_tokens][y_stride], set */
	size_t y_stride;
};

/* Numbers for the peak slots, which multiply every w[i] with every q[j], or a with b: few enough to stay in registers. */
struct kern_peak {
	_Alignas(64) uint8_t w[8][64];	/* up to 15 for peak_dot4, up to 127 for peak_dot8 */
	int8_t q[3][64];		/* from -127 on */
	float a[4][16], b[3][16];
};
/* Operations of one round; a product and its addition are two. */
enum { PEAK_DOT_OPS = 2 * 8 * 3 * 64, PEAK_FMA_OPS = 2 * 4 * 3 * 16, PEAK_TILE_OPS = 4 * 2 * 16 * 16 * 32 };

/* Element-wise work on one row.  y may be x (or a) itself; no other overlap. */
struct kern_vec {
	/* y = x / sqrt(mean(x^2) + eps) * w; w NULL means 1.  Zhang & Sennrich 2019. */
	void (*rms_norm)(float *y, const float *x, const float *w, size_t n, float eps);
	void (*add)(float *y, const float *a, const float *b, size_t n);
	void (*mul)(float *y, const float *a, const float *b, size_t n);
	void (*scale)(float *y, const float *x, float factor, size_t n);
	/* y = (x - mean(x)) / sqrt(var(x) + eps) * w + b; b NULL means 0.  Ba et al. 2016. */
	void (*layer_norm)(float *y, const float *x, const float *w, const float *b, size_t n, float eps);
	void (*silu_mul)(float *y, const float *gate, const float *up, size_t n);	/* y = silu(gate) * up */
	void (*gelu_mul)(float *y, const float *gate, const float *up, size_t n);	/* y = gelu(gate) * up */
	void (*relu2_mul)(float *y, const float *gate, const float *up, size_t n);	/* y = max(gate, 0)^2 * up */
	void (*sigmoid_mul)(float *y, const float *gate, const float *up, size_t n);	/* y = up / (1 + exp(-gate)) */
	/* A causal convolution of each number with its own past: y = silu(sum over the taps, in order, of w[tap][i] *
	 * x[tap][i]).  y is none of the x. */
	void (*conv_silu)(float *y, const float *const *x, const float *w, size_t n_taps, size_t n);
	void (*delta)(const struct kern_delta *d);
	void (*gelu)(float *y, const float *x, size_t n);	/* the tanh form of Hendrycks & Gimpel 2016 */
	void (*softcap)(float *y, const float *x, float cap, size_t n);	/* y = cap * tanh(x / cap) */
	/* x = softmax(x) in place.  Trailing -INFINITY entries leave the others' bits as if they were absent. */
	void (*softmax)(float *x, size_t n);
	/* x = exp(x - max(x)) in place, and what they add up to. */
	struct kern_part (*exp_part)(float *x, size_t n);
	/* y and x are mixes of values by two parts: y and *p become those of both.  Milakov & Gimelshein 2018. */
	void (*join_part)(float *y, struct kern_part *p, const float *x, struct kern_part q, size_t n);
	/* Turn the first 2 * n_pairs numbers of x by the angles given as cos and sin.  norm: pairs (2i, 2i+1);
	 * neox: pairs (i, i + n_pairs).  Su et al. 2021. */
	void (*rope_norm)(float *x, const float *cos, const float *sin, size_t n_pairs);
	void (*rope_neox)(float *x, const float *cos, const float *sin, size_t n_pairs);
	float (*max)(const float *x, size_t n, size_t *at);		/* greedy choice: first of the largest */
	/* Sum of every byte of a region, to measure how fast this machine reads memory (doctor, the roof). */
	uint64_t (*read_bytes)(const void *p, size_t n);
	/* All products of P, added up ROUNDS times over, to measure what the units for arithmetic can do: of bytes modulo
	 * 2^32, as the products of weights of at most 4 bits and of up to 8 are computed; of floats in one sum of 16 lanes
	 * for each pair, these in order. */
	uint32_t (*peak_dot4)(const struct kern_peak *p, size_t rounds);
	uint32_t (*peak_dot8)(const struct kern_peak *p, size_t rounds);
	float (*peak_fma)(const struct kern_peak *p, size_t rounds);
	/* The same of BF16 numbers in tiles, NULL where there are none: four products of 16 rows, those of a by turns, and 16
	 * columns, those of b, over 32 numbers, which are theirs twice. */
	float (*peak_tile)(const struct kern_peak *p, size_t rounds);
};

struct kern {
	const char *isa;		/* "ref" or the id of the strongest row used */
	struct kern_act act[ACT_COUNT];
	struct kern_mat mat[QT_COUNT];
	struct kern_kv kv[KV_COUNT];
	struct kern_vec vec;
};

/* Fill *k for this CPU, with nothing stronger than the isa.def row named CAP ("ref": no row; NULL: no cap).
 * False when no row has that name. */
bool kern_init(struct kern *k, const char *cap);

/* For listings and tests: the rows that this CPU can run, "ref" first; NULL past the last. */
const char *kern_isa_at(size_t i);

/* For listings and tests: every slot by name ("mat.q4_0.mul", "vec.rms_norm") and the instruction set it came from
 * ("blis" for a mul_many that calls it).  False past the last; empty slots are left out. */
struct kern_slot {
	const char *name;
	const char *isa;
};
bool kern_slot_at(const struct kern *k, size_t i, struct kern_slot *out);

/* CPU features by name, for doctor; false past the last. */
bool cpu_feature_at(size_t i, const char **name, bool *present);

#endif
