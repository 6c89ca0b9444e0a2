/* The sampler: parameters, the timeline, and the walk along the chain; see sampler.h. */
#include "core/sampler.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/sampler_impl.h"

static const struct sampler_stage *const all_stages[] = {
#define STAGE(id) &sampler_##id,
#include "core/sampler.def"
#undef STAGE
};

static_assert(ARRAY_LEN(all_stages) <= ARRAY_LEN(((struct sampler *)0)->stages), "one place for each stage");

/* ---- parameters ---- */

void
sampler_params_default(struct sampler_params *p)
{
	*p = (struct sampler_params){
#define PARAM(field, name, kind, value, min, max, arg, help) .field = value,
#include "core/sampler_param.def"
#undef PARAM
	};
}

static bool
check(const char *name, double value, double min, double max, struct err *e)
{
	if (value >= min && value <= max)
		return true;
	return err_set(e, ERR_USAGE, "%s is %g, from %g to %g was expected", name, value, min, max);
}

bool
sampler_params_check(const struct sampler_params *p, struct err *e)
{
	bool ok = true;

	/* The limits were written as double: what is left of them in the field's type is what it can reach. */
#define PARAM(field, name, kind, value, min, max, arg, help) \
	ok = ok && check(name, (double)p->field, (double)(__typeof__(p->field))(min), \
	    (double)(__typeof__(p->field))(max), e);
#include "core/sampler_param.def"
#undef PARAM
	return ok;
}

/* ---- life ---- */

static bool
allocate_timeline(struct sampler *s, struct err *e)
{
	size_t penalty_last = s->p.penalty_last, dry_last = s->p.dry_last;

	s->past_cap = (penalty_last > dry_last ? penalty_last : dry_last) + 1;
	s->past = mem_try(s->past_cap * 2, sizeof *s->past, "the sampler's timeline", e);
	s->lengths = mem_try(s->past_cap + 1, sizeof *s->lengths, "the sampler's timeline", e);
	s->logits = mem_try(s->n_vocab, sizeof *s->logits, "the sampler's logits", e);
	s->marks = mem_try(s->n_vocab, sizeof *s->marks, "the sampler's logits", e);
	s->breakers = mem_try(s->n_vocab / 8 + 1, 1, "the sampler's logits", e);
	return s->past && s->lengths && s->logits && s->marks && s->breakers;
}

static bool
allocate(struct sampler *s, struct err *e)
{
	s->n_blocks = ((size_t)s->n_vocab + SAMPLER_BLOCK - 1) / SAMPLER_BLOCK;
	s->block_max = mem_try(s->n_blocks, sizeof *s->block_max, "the sampler's blocks", e);
	s->block_scratch = mem_try(s->n_blocks, sizeof *s->block_scratch, "the sampler's blocks", e);
	s->cands = mem_try(s->n_vocab, sizeof *s->cands, "the sampler's candidates", e);
	s->scratch = mem_try(s->n_vocab, sizeof *s->scratch, "the sampler's candidates", e);
	if (!s->block_max || !s->block_scratch || !s->cands || !s->scratch)
		return false;
	return !s->edits || allocate_timeline(s, e);
}

struct sampler *
sampler_new(const struct sampler_params *p, uint32_t n_vocab, struct err *e)
{
	struct sampler *s;

	assert(n_vocab > 0);
	if (!sampler_params_check(p, e))
		return NULL;
	s = mem_new0(1, sizeof *s);
	s->p = *p;
	s->n_vocab = n_vocab;
	s->random = p->seed ? p->seed : clock_ns() ^ (uint64_t)time(NULL) << 32;
	for (size_t i = 0; i < ARRAY_LEN(all_stages); i++) {
		if (!all_stages[i]->is_on(p))
			continue;
		s->stages[s->n_stages++] = all_stages[i];
		s->edits = s->edits || all_stages[i]->edit;
	}
	if (allocate(s, e))
		return s;
	sampler_free(s);
	return NULL;
}

void
sampler_free(struct sampler *s)
{
	if (!s)
		return;
	free(s->logits);
	free(s->block_max);
	free(s->block_scratch);
	free(s->cands);
	free(s->scratch);
	free(s->past);
	free(s->marks);
	free(s->lengths);
	free(s->breakers);
	free(s);
}

void
sampler_accept(struct sampler *s, uint32_t id)
{
	if (!s->past || id >= s->n_vocab)
		return;
	if (s->n_past == s->past_cap * 2) {
		memcpy(s->past, s->past + s->past_cap, s->past_cap * sizeof *s->past);
		s->n_past = s->past_cap;
	}
	s->past[s->n_past++] = id;
}

void
sampler_reset(struct sampler *s)
{
	s->n_past = 0;
}

/* ---- choosing ---- */

/* splitmix64 (Steele, Lea and Flood 2014): the top 53 bits as a number from 0 to just below 1. */
static double
next_random(struct sampler *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return (double)(z >> 11) * 0x1p-53;
}

/* The logits as candidates, but for those that the first cut would drop. */
static void
collect(struct sampler *s, const float *logits)
{
	const struct sampler_stage *first = NULL;
	float floor_logit = SAMPLER_LOWEST;

	for (size_t i = 0; i < s->n_stages && !first; i++)
		if (s->stages[i]->cut)
			first = s->stages[i];
	s->mass = s->dist.sum;
	s->n_cands = 0;
	if (first && first->floor)
		floor_logit = first->floor(s);
	for (size_t b = 0; b < s->n_blocks; b++) {
		size_t end = (b + 1) * SAMPLER_BLOCK < s->n_vocab ? (b + 1) * SAMPLER_BLOCK : s->n_vocab;

		if (s->block_max[b] < floor_logit)
			continue;
		for (size_t i = b * SAMPLER_BLOCK; i < end; i++) {
			float l = logits[i] < -SAMPLER_LOWEST ? logits[i] : -SAMPLER_LOWEST;

			if (logits[i] >= floor_logit)		/* false for NaN */
				s->cands[s->n_cands++] = (struct cand){.id = (uint32_t)i, .logit = l,
				    .w = sampler_exp(l - s->dist.max)};
		}
	}
}

static uint32_t
draw(struct sampler *s)
{
	double at = next_random(s) * s->mass;

	for (size_t i = 0; i < s->n_cands; i++) {
		at -= (double)s->cands[i].w;
		if (at < 0)
			return s->cands[i].id;
	}
	return s->cands[s->n_cands - 1].id;
}

/* The logits, minus infinity for tokens that are not allowed. */
static void
copy_allowed(struct sampler *s, const float *logits, const uint64_t *allowed)
{
	for (uint32_t i = 0; i < s->n_vocab; i++)
		s->logits[i] = allowed[i / 64] >> i % 64 & 1 ? logits[i] : -INFINITY;
}

static uint32_t
choose_id(struct sampler *s, const float *logits, const uint64_t *allowed)
{
	if (s->edits || allowed) {
		if (allowed)
			copy_allowed(s, logits, allowed);
		else
			memcpy(s->logits, logits, s->n_vocab * sizeof *logits);
		for (size_t i = 0; i < s->n_stages; i++)
			if (s->stages[i]->edit)
				s->stages[i]->edit(s);
		sampler_measure(&s->dist, s->block_max, s->logits, s->n_vocab);
		logits = s->logits;
	}
	if (s->p.temp == 0)
		return s->dist.at;
	collect(s, logits);
	for (size_t i = 0; i < s->n_stages && s->n_cands > 0; i++)
		if (s->stages[i]->cut)
			s->stages[i]->cut(s);
	return s->n_cands > 0 ? draw(s) : s->dist.at;
}

static uint32_t
first_allowed(const struct sampler *s, const uint64_t *allowed)
{
	uint32_t id = 0;

	while (id + 1 < s->n_vocab && !(allowed[id / 64] >> id % 64 & 1))
		id++;
	return id;
}

/* ---- what else might have been chosen ---- */

/* The N largest of X and where they are, the largest and first ones first; how many there are.  BLOCK_MAX spares most of
 * the looking: a block whose largest number is not among the N largest of all blocks holds none of them. */
static uint32_t
largest(const struct sampler *s, const float *x, struct sampler_top *top)
{
	float best[SAMPLER_TOP], floor_max = SAMPLER_LOWEST;
	uint32_t n = 0;

	for (size_t b = 0; b < s->n_blocks; b++) {
		uint32_t at = n;

		if (n == SAMPLER_TOP && !(s->block_max[b] > best[n - 1]))
			continue;
		n += n < SAMPLER_TOP;
		for (at = n - 1; at > 0 && best[at - 1] < s->block_max[b]; at--)
			best[at] = best[at - 1];
		best[at] = s->block_max[b];
	}
	if (n == SAMPLER_TOP)
		floor_max = best[n - 1];
	n = 0;
	for (size_t b = 0; b < s->n_blocks; b++) {
		size_t end = (b + 1) * SAMPLER_BLOCK < s->n_vocab ? (b + 1) * SAMPLER_BLOCK : s->n_vocab;

		if (s->block_max[b] < floor_max)
			continue;
		for (size_t i = b * SAMPLER_BLOCK; i < end; i++) {
			uint32_t at;

			if (!(x[i] > SAMPLER_LOWEST) || (n == SAMPLER_TOP && x[i] <= x[top[n - 1].id]))
				continue;
			n += n < SAMPLER_TOP;
			for (at = n - 1; at > 0 && x[top[at - 1].id] < x[i]; at--)
				top[at] = top[at - 1];
			top[at] = (struct sampler_top){.id = (uint32_t)i};
		}
	}
	return n;
}

/* The share of ID in what was drawn from; candidates stand in the order of their ids. */
static float
share_of(const struct sampler *s, uint32_t id, uint32_t chosen)
{
	size_t low = 0, high = s->n_cands;

	if (s->p.temp == 0 || s->n_cands == 0)
		return id == chosen;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->cands[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n_cands && s->cands[low].id == id ? (float)((double)s->cands[low].w / s->mass) : 0;
}

static float
own_share(const struct sampler_dist *own, float logit)
{
	float l = logit < -SAMPLER_LOWEST ? logit : -SAMPLER_LOWEST;

	return (float)((double)sampler_exp(l - own->max) / own->sum);
}

bool
sampler_prepare_masks(struct sampler *s, struct err *e)
{
	if (!s->logits)
		s->logits = mem_try(s->n_vocab, sizeof *s->logits, "the sampler's logits", e);
	return s->logits != NULL;
}

struct sampler_choice
sampler_choose(struct sampler *s, const float *logits)
{
	return sampler_choose_among(s, logits, NULL);
}

struct sampler_choice
sampler_choose_among(struct sampler *s, const float *logits, const uint64_t *allowed)
{
	struct sampler_choice c;
	struct sampler_dist own;

	sampler_measure(&s->dist, s->block_max, logits, s->n_vocab);
	own = s->dist;
	c.n_top = largest(s, logits, c.top);		/* now: block_max is soon that of other logits */
	c.id = choose_id(s, logits, allowed);
	/* All that are allowed may be minus infinity themselves. */
	if (allowed && !(allowed[c.id / 64] >> c.id % 64 & 1))
		c.id = first_allowed(s, allowed);
	/* H = log sum - (sum of (l - max) e^(l - max)) / sum, in bits. */
	c.entropy = (float)((log(own.sum) - own.sum_log / own.sum) / M_LN2);
	c.p = (float)((double)sampler_exp(logits[c.id] - own.max) / own.sum);
	c.after = share_of(s, c.id, c.id);
	for (uint32_t i = 0; i < c.n_top; i++) {
		c.top[i].p = own_share(&own, logits[c.top[i].id]);
		c.top[i].after = share_of(s, c.top[i].id, c.id);
	}
	return c;
}
