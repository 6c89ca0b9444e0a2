/* Quantizing; see quantize.h.
 * A tensor is a row of blocks without gaps, whatever its shape, and no block reads another: slices of it are decoded
 * and encoded in pieces by whichever thread is free, then written.  Sums of a piece are added in the order of pieces. */
#include "core/quantize.h"

#include <ctype.h>
#include <float.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gguf_write.h"
#include "core/hf/hf.h"
#include "core/imatrix.h"
#include "core/mixture.h"
#include "core/pool.h"

enum {
	PIECE = 8192,			/* weights: decoded, they fit the first cache together with their errors' weights */
	SLICE = 64 * PIECE,		/* weights between two writes, and looks at whether to stop */
	SCALE_ROUNDS = 12,		/* of the search for the scale of a whole tensor */
	FORMAT_NAME = 16,
};

struct keep {
	char *pattern;
	enum qtype type;
};

/* What becomes of a tensor. */
struct plan {
	const struct gguf_tensor *from;
	enum qtype type;
	const float *importance;	/* borrowed; NULL: all alike */
	bool is_shared;			/* one row of it for all matrices */
};

struct piece_sums {
	double error, size;		/* or, for a scale: of what is counted, and how much that is */
};

struct quantizer {
	const struct quantize_options *o;
	struct quantize_result *r;
	struct kern kern;
	struct gguf *in;
	struct imatrix *imatrix;
	struct pool *pool;
	struct gguf_writer *writer;
	struct keep *keeps;
	struct plan *plans;		/* [gguf_n_tensors(in)] */
	unsigned char *slice;		/* encoded */
	float *scratch;			/* [threads][3][PIECE]: weights, importance, decoded again */
	struct piece_sums *sums;	/* [SLICE / PIECE] */
	uint64_t done, total;
	double start;
};

/* One slice on its way through the pool. */
struct slice_job {
	struct quantizer *q;
	const struct plan *plan;
	uint64_t first, n;		/* weights of the tensor */
	float unit, scale;		/* of the tensor as it is, and as it becomes */
	double threshold;		/* of a scale search: numbers above it count */
	atomic_bool is_bad;		/* a number that is none */
};

/* ---- what is asked for ---- */

static enum qtype
format_find(const char *name)
{
	char lower[FORMAT_NAME];
	size_t n = strlen(name);

	if (n >= sizeof lower)
		return QT_COUNT;
	for (size_t i = 0; i <= n; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	for (int t = 0; t < QT_COUNT; t++)
		if (strcmp(qtype_info((enum qtype)t)->name, lower) == 0)
			return (enum qtype)t;
	return QT_COUNT;
}

static bool
read_keeps(struct quantizer *q, struct err *e)
{
	q->keeps = mem_new0(q->o->n_keeps + 1, sizeof *q->keeps);
	for (size_t i = 0; i < q->o->n_keeps; i++) {
		const char *text = q->o->keeps[i], *equals = strrchr(text, '=');

		if (!equals || equals == text)
			return err_set(e, ERR_USAGE, "--keep wants PATTERN=FORMAT, not \"%s\"", text);
		q->keeps[i].type = format_find(equals + 1);
		if (q->keeps[i].type == QT_COUNT)
			return err_set(e, ERR_USAGE, "--keep: there is no format \"%s\"", equals + 1);
		q->keeps[i].pattern = mem_dup(text);
		q->keeps[i].pattern[equals - text] = '\0';
	}
	return true;
}

static bool
is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* ---- planning ---- */

static bool
find_keep(const struct quantizer *q, const struct gguf_tensor *t, enum qtype *type)
{
	char name[512];

	if (t->name.len >= sizeof name)
		return false;
	memcpy(name, t->name.data, t->name.len);
	name[t->name.len] = '\0';
	for (size_t i = 0; i < q->o->n_keeps; i++)
		if (fnmatch(q->keeps[i].pattern, name, 0) == 0) {
			*type = q->keeps[i].type;
			return true;
		}
	return false;
}

static bool
find_importance(const struct quantizer *q, struct plan *p, struct err *e)
{
	const struct gguf_tensor *t = p->from;
	uint64_t columns, matrices;

	if (!q->imatrix)
		return true;
	p->importance = imatrix_find(q->imatrix, t->name, &columns, &matrices);
	if (!p->importance)
		return true;
	p->is_shared = matrices == 1;
	/* The older files hold those of all experts as one long row. */
	if (columns == t->dims[0] * t->dims[2] && t->dims[2] > 1 && matrices == 1)
		p->is_shared = false;
	else if (columns != t->dims[0] || (matrices != 1 && matrices != t->dims[2]))
		return err_set(e, ERR_FAILED, "the importance matrix has %" PRIu64 " columns and %" PRIu64 " matrices for %s, "
		    "expected %" PRIu64 " and %" PRIu64, columns, matrices, gguf_quote(t->name).text, t->dims[0], t->dims[2]);
	return true;
}

static bool
plan_tensor(struct quantizer *q, const struct mix_model *m, struct plan *p, struct err *e)
{
	const struct gguf_tensor *t = p->from;
	bool is_left = mix_kind_of(m, t) == MIX_LEAVE;
	enum qtype meant = mixture_type(q->o->mixture, m, t);

	if (t->type == QT_COUNT)
		return err_set(e, ERR_FAILED, "tensor %s is stored in format number %" PRIu32 ", which is not supported",
		    gguf_quote(t->name).text, t->type_number);
	/* Vectors are read as f32 everywhere, and cost nothing. */
	if (is_left && t->n_dims <= 1)
		meant = QT_f32;
	find_keep(q, t, &meant);
	p->type = mix_fitting(meant, t->dims[0]);
	q->r->n_stood_in += p->type != meant;
	if (p->type == t->type)
		return true;
	if (!is_left && !find_importance(q, p, e))
		return false;
	if (mix_needs_imatrix(p->type) && !p->importance)
		return err_set(e, ERR_FAILED, "%s: the importance matrix has nothing for it, and %s needs one (--keep '%s=q4_k' "
		    "does without)", gguf_quote(t->name).text, qtype_info(p->type)->name, gguf_quote(t->name).text);
	return true;
}

static bool
plan_all(struct quantizer *q, struct err *e)
{
	struct mix_model m = mix_model_of(q->in);
	size_t n = gguf_n_tensors(q->in);

	q->plans = mem_try(n + 1, sizeof *q->plans, "the list of tensors", e);
	if (!q->plans)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct plan *p = &q->plans[i];
		struct gguf_out_tensor o;

		p->from = gguf_tensor_at(q->in, i);
		if (!plan_tensor(q, &m, p, e))
			return false;
		o = (struct gguf_out_tensor){.name = p->from->name, .type = p->type, .n_dims = p->from->n_dims};
		memcpy(o.dims, p->from->dims, sizeof o.dims);
		if (o.n_dims == 0)
			o.n_dims = 1;
		if (!gguf_write_tensor(q->writer, &o, e))
			return false;
		q->total += p->from->n_elements;
		q->r->bytes_in += p->from->size;
		q->r->bytes_out += gguf_write_tensor_bytes(q->writer, i);
		q->r->n_changed += p->type != p->from->type;
		q->r->n_weights[p->type] += p->from->n_elements;
		q->r->n_bytes[p->type] += gguf_write_tensor_bytes(q->writer, i);
	}
	q->r->n_tensors = n;
	return true;
}

static void
plan_metadata(struct quantizer *q)
{
	gguf_write_copy(q->writer, q->in);
	gguf_write_remove(q->writer, "split.no");		/* it becomes one file */
	gguf_write_remove(q->writer, "split.count");
	gguf_write_remove(q->writer, "split.tensors.count");
	gguf_write_u32(q->writer, "general.file_type", q->o->mixture->file_type);
	gguf_write_u32(q->writer, "general.quantization_version", 2);
	if (q->imatrix) {
		const char *slash = strrchr(q->o->imatrix, '/');

		gguf_write_str(q->writer, "quantize.imatrix.file", slash ? slash + 1 : q->o->imatrix);
		gguf_write_u32(q->writer, "quantize.imatrix.entries_count", (uint32_t)imatrix_n(q->imatrix));
	}
}

/* ---- the work ---- */

/* Eight at a time, a length known beforehand: that compilers turn into vectors at -O2, too. */
static bool
all_finite(const float *x, size_t n)
{
	uint32_t is_bad[8] = {0};
	size_t whole = n / 8 * 8;

	for (size_t at = 0; at < whole; at += 8)
		for (int i = 0; i < 8; i++)
			is_bad[i] |= !(fabsf(x[at + (size_t)i]) <= FLT_MAX);
	for (size_t i = whole; i < n; i++)
		is_bad[0] |= !(fabsf(x[i]) <= FLT_MAX);
	for (int i = 1; i < 8; i++)
		is_bad[0] |= is_bad[i];
	return !is_bad[0];
}

/* Numbers AT .. AT + N of the tensor; false when one is no number. */
static bool
decode_piece(const struct slice_job *j, float *x, uint64_t at, size_t n)
{
	const struct gguf_tensor *t = j->plan->from;

	j->q->kern.mat[t->type].decode(x, t->data + qtype_row_bytes(t->type, at), n);
	for (size_t i = 0; j->unit != 1 && i < n; i++)
		x[i] *= j->unit;
	return all_finite(x, n);
}

static const float *
importance_of(const struct slice_job *j, float *w, uint64_t at, size_t n)
{
	const struct gguf_tensor *t = j->plan->from;
	uint64_t column = at % t->dims[0], matrix = at / t->dims[0] / t->dims[1] % t->dims[2];

	if (!j->plan->importance)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		w[i] = j->plan->importance[(j->plan->is_shared ? 0 : matrix * t->dims[0]) + column];
		if (++column == t->dims[0]) {
			column = 0;
			matrix = (at + i + 1) / t->dims[0] / t->dims[1] % t->dims[2];
		}
	}
	return w;
}

static size_t
piece_len(const struct slice_job *j, size_t chunk)
{
	uint64_t left = j->n - chunk * PIECE;

	return left < PIECE ? (size_t)left : PIECE;
}

static void
encode_piece(void *ctx, size_t chunk, int worker)
{
	struct slice_job *j = ctx;
	struct quantizer *q = j->q;
	float *x = q->scratch + (size_t)worker * 3 * PIECE, *w = x + PIECE, *y = w + PIECE;
	size_t n = piece_len(j, chunk);
	uint64_t at = j->first + chunk * PIECE;
	const struct kern_mat *mat = &q->kern.mat[j->plan->type];
	unsigned char *out = q->slice + qtype_row_bytes(j->plan->type, chunk * PIECE);
	struct piece_sums *s = &q->sums[chunk];

	*s = (struct piece_sums){0, 0};
	if (!decode_piece(j, x, at, n)) {
		atomic_store(&j->is_bad, true);
		return;
	}
	for (size_t i = 0; j->scale != 1 && i < n; i++)
		x[i] /= j->scale;
	mat->encode(out, x, importance_of(j, w, at, n), n);
	if (!q->o->measures)
		return;
	mat->decode(y, out, n);
	for (size_t i = 0; i < n; i++) {
		double miss = ((double)x[i] - (double)y[i]) * (double)j->scale, size = (double)x[i] * (double)j->scale;

		s->error += miss * miss;
		s->size += size * size;
	}
}

/* Sum and number of the sizes above the threshold. */
static void
sum_piece(void *ctx, size_t chunk, int worker)
{
	struct slice_job *j = ctx;
	float *x = j->q->scratch + (size_t)worker * 3 * PIECE;
	size_t n = piece_len(j, chunk);
	struct piece_sums *s = &j->q->sums[chunk];

	*s = (struct piece_sums){0, 0};
	if (!decode_piece(j, x, j->first + chunk * PIECE, n)) {
		atomic_store(&j->is_bad, true);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (fabs((double)x[i]) > j->threshold) {
			s->error += fabs((double)x[i]);
			s->size += 1;
		}
}

static bool
run_slice(struct slice_job *j, pool_fn *fn, uint64_t first, struct piece_sums *total, struct err *e)
{
	size_t n_pieces;

	j->first = first;
	j->n = j->plan->from->n_elements - first < SLICE ? j->plan->from->n_elements - first : SLICE;
	n_pieces = (size_t)((j->n + PIECE - 1) / PIECE);
	if (j->q->o->cancel && atomic_load(j->q->o->cancel))
		return err_set(e, ERR_CANCELLED, "interrupted");
	pool_run(j->q->pool, n_pieces, fn, j);
	if (atomic_load(&j->is_bad))
		return err_set(e, ERR_FAILED, "tensor %s holds an infinity or something that is no number",
		    gguf_quote(j->plan->from->name).text);
	for (size_t i = 0; i < n_pieces; i++) {
		total->error += j->q->sums[i].error;
		total->size += j->q->sums[i].size;
	}
	return true;
}

/* The one scale of a ternary tensor: the mean size of all numbers that are nearer to it than to 0, found by rounds
 * that begin with the mean size of all (Ma et al. 2024). */
static bool
find_scale(struct slice_job *j, struct err *e)
{
	j->threshold = -1;
	for (int round = 0; round < SCALE_ROUNDS; round++) {
		struct piece_sums all = {0, 0};
		double before = j->threshold;

		for (uint64_t at = 0; at < j->plan->from->n_elements; at += SLICE)
			if (!run_slice(j, sum_piece, at, &all, e))
				return false;
		if (all.size == 0 || all.error == 0)
			break;
		j->scale = (float)(all.error / all.size);
		j->threshold = (double)j->scale / 2;
		if (j->threshold == before)
			break;
	}
	return true;
}

static void
tell(struct quantizer *q)
{
	if (q->o->progress)
		q->o->progress(q->o->ctx, q->done, q->total);
}

static bool
write_tail(const struct slice_job *j, struct gguf_sink *out, struct err *e)
{
	unsigned char tail[64] = {0};
	size_t n = qtype_info(j->plan->type)->tail_bytes;

	if (n == 0)
		return true;
	memcpy(tail, &j->scale, sizeof j->scale);
	return gguf_sink_add(out, tail, n, e);
}

static bool
produce(void *ctx, size_t i, struct gguf_sink *out, struct err *e)
{
	struct quantizer *q = ctx;
	const struct plan *p = &q->plans[i];
	const struct gguf_tensor *t = p->from;
	struct slice_job j = {.q = q, .plan = p, .scale = 1};

	if (p->type == t->type) {
		q->done += t->n_elements;
		if (!gguf_sink_add(out, t->data, t->size, e))
			return false;
		gguf_tensor_drop(q->in, t);
		tell(q);
		return true;
	}
	j.unit = qtype_tensor_scale(t->type, t->data, t->n_elements);
	if (qtype_info(p->type)->tail_bytes > 0 && !find_scale(&j, e))
		return false;
	for (uint64_t at = 0; at < t->n_elements; at += SLICE) {
		struct piece_sums s = {0, 0};

		if (!run_slice(&j, encode_piece, at, &s, e) ||
		    !gguf_sink_add(out, q->slice, qtype_row_bytes(p->type, j.n), e))
			return false;
		q->r->error += s.error;
		q->r->size += s.size;
		q->done += j.n;
		tell(q);
	}
	gguf_tensor_drop(q->in, t);
	return write_tail(&j, out, e);
}

/* ---- the whole ---- */

static bool
prepare(struct quantizer *q, const char *in, const char *out, struct err *e)
{
	const struct mixture *x = q->o->mixture;

	if (!kern_init(&q->kern, q->o->isa))
		return err_set(e, ERR_USAGE, "there is no instruction set \"%s\"", q->o->isa);
	if (is_same_file(in, out))
		return err_set(e, ERR_USAGE, "%s: the copy cannot take the place of the model it is made from", out);
	if (!read_keeps(q, e))
		return false;
	if (x->needs_imatrix && !q->o->imatrix)
		return err_set(e, ERR_USAGE, "%s needs an importance matrix (--imatrix FILE): with so few bits a model is "
		    "useless without", x->name);
	if (q->o->imatrix && !(q->imatrix = imatrix_open(q->o->imatrix, e)))
		return false;
	q->in = model_file_open(in, HF_WEIGHTS, e);
	if (!q->in)
		return false;
	q->writer = gguf_writer_new();
	if (!plan_all(q, e))
		return err_wrap(e, "%s", in);
	plan_metadata(q);
	return true;
}

static bool
allocate(struct quantizer *q, struct err *e)
{
	q->pool = pool_new(q->o->n_threads, e);
	if (!q->pool)
		return false;
	q->slice = mem_try_aligned(SLICE * sizeof(float), "a slice of weights", e);
	q->scratch = mem_try_aligned((size_t)pool_n_threads(q->pool) * 3 * PIECE * sizeof(float), "decoded weights", e);
	q->sums = mem_try(SLICE / PIECE, sizeof *q->sums, "the sums of a slice", e);
	return q->slice && q->scratch && q->sums;
}

static void
done(struct quantizer *q)
{
	for (size_t i = 0; q->keeps && i < q->o->n_keeps; i++)
		free(q->keeps[i].pattern);
	free(q->keeps);
	free(q->plans);
	free(q->sums);
	mem_free_aligned(q->slice);
	mem_free_aligned(q->scratch);
	gguf_writer_free(q->writer);
	imatrix_close(q->imatrix);
	gguf_close(q->in);
	pool_free(q->pool);
}

bool
quantize_file(const char *in, const char *out, const struct quantize_options *o, struct quantize_result *r, struct err *e)
{
	struct quantizer q = {.o = o, .r = r, .start = clock_s()};
	struct gguf_source source = {.ctx = &q, .produce = produce, .cancel = o->cancel};
	bool ok;

	*r = (struct quantize_result){0};
	ok = prepare(&q, in, out, e) && allocate(&q, e) && gguf_write_file(q.writer, out, &source, e);
	r->seconds = clock_s() - q.start;
	done(&q);
	return ok;
}
