/* Rows of queries; see attention_tile.h. */
#include "core/attention_tile.h"

#include "core/relpos.h"

struct span
attn_sees(const struct attn_view *v, size_t pos)
{
	struct span s = {0, v->n_all > 0 ? v->n_all : pos + 1};

	if (v->window > 0 && pos >= v->window)
		s.first = pos - v->window + 1;
	if (v->window > 0 && pos + v->window < s.end)
		s.end = pos + v->window;
	return s;
}

struct tile
tile_at(const struct attn *c, uint32_t head, size_t t0)
{
	struct tile t = {.head = head, .t0 = t0, .n = min_size(c->tile, c->r->n - t0)};

	t.n_rows = t.n * attn_group(c->l);
	t.seen.first = attn_sees(c->v, c->r->pos + t0).first;
	t.seen.end = attn_sees(c->v, c->r->pos + t0 + t.n - 1).end;
	return t;
}

struct kern_attn
tile_call(const struct attn *c, const struct tile *t, float *s, size_t s_stride, float *y)
{
	const struct layer *l = c->l;

	return (struct kern_attn){
		.q = attn_queries(c->r, l, t->head, t->t0),
		.q_stride = l->dim_k * sizeof(float),
		.n_q = t->n_rows,
		.kv_stride = c->v->cache->k_bytes,
		.dim = l->dim_k,
		.s = s,
		.s_stride = s_stride,
		.scale = c->r->m->hp.attn_scale,
		.y = y,
		.y_stride = l->dim_v,
	};
}

struct span
tile_row_sees(const struct attn *c, const struct tile *t, size_t i, struct span keys)
{
	struct span seen = span_within(attn_sees(c->v, c->r->pos + t->t0 + i / attn_group(c->l)), keys);

	return seen.first < seen.end ? (struct span){seen.first - keys.first, seen.end - keys.first} : (struct span){0, 0};
}

void
tile_bend(const struct attn *c, const struct tile *t, size_t i, float *s, size_t key, struct span seen)
{
	const struct run *r = c->r;
	size_t group = attn_group(c->l), pos = r->pos + t->t0 + i / group, n = seen.end - seen.first;
	const float *bias = c->v->bias ? c->v->bias + (t->head * group + i % group) * r->m->hp.n_buckets : NULL;

	if (bias && c->v->n_all > 0)
		relpos_add_both(r->m->relpos, s + seen.first, bias, pos, key + seen.first, n);
	else if (bias)
		relpos_add_past(r->m->relpos, s + seen.first, bias, pos, key + seen.first, n);
	if (r->m->hp.attn_cap > 0)
		r->k->vec.softcap(s + seen.first, s + seen.first, r->m->hp.attn_cap, n);
}

struct kern_seen
tile_sees(const struct attn *c, const struct tile *t, size_t key)
{
	ptrdiff_t pos = (ptrdiff_t)(c->r->pos + t->t0) - (ptrdiff_t)key, window = (ptrdiff_t)c->v->window;
	struct kern_seen s = {-(ptrdiff_t)t->n, pos + 1, attn_group(c->l)};

	if (window > 0)
		s.first = pos + 1 - window;
	if (c->v->n_all > 0)
		s.end = window > 0 ? pos + window : (ptrdiff_t)c->v->n_all;
	return s;
}

void
tile_join(const struct attn *c, const struct tile *t, struct mixes sum, struct mixes next)
{
	size_t dim = c->l->dim_v;

	for (size_t i = 0; i < t->n_rows; i++)
		c->r->k->vec.join_part(sum.y + i * dim, &sum.part[i], next.y + i * dim, next.part[i], dim);
}

void
tile_finish(const struct attn *c, const struct tile *t, struct mixes m)
{
	size_t group = attn_group(c->l), dim = c->l->dim_v;

	for (size_t i = 0; i < t->n_rows; i++)
		c->r->k->vec.scale(c->r->mix + ((t->t0 + i / group) * c->l->n_heads + t->head * group + i % group) * dim,
		    m.y + i * dim, 1.0f / m.part[i].sum, dim);
}
