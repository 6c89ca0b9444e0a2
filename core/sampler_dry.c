/* DRY, "don't repeat yourself" (P. E. Weidmann 2024, text-generation-webui pull request 5677): a token that would
 * continue a sequence already seen gets  multiplier * base^(length - allowed_length)  off its logit, where length is
 * that of the longest such sequence.  Sequences do not reach across a breaker, and a breaker is never punished. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/sampler_impl.h"
#include "core/tok/tok.h"

#define BREAKER_BYTES "\n:\"*"
#define MAX_PENALTY 1e9f		/* base^length overflows soon; more than this changes nothing */

static bool
is_on(const struct sampler_params *p)
{
	return p->dry_multiplier > 0 && p->dry_last > 0;
}

static bool
is_breaker(const struct sampler *s, uint32_t id)
{
	return s->breakers[id / 8] >> id % 8 & 1;
}

/* lengths[i] = how many tokens before last[n - i] match those at the end of LAST, for 0 < i < n: the Z function
 * (Gusfield 1997, 1.4) of the sequence read backwards, at most LIMIT each.  Linear in n. */
static void
match_lengths(uint32_t *lengths, const uint32_t *last, size_t n, size_t limit)
{
	const uint32_t *end = last + n - 1;		/* end[-i] is the i-th from behind */
	size_t left = 0, right = 0;			/* the match that reaches furthest: [left, right) */

	for (size_t i = 1; i < n; i++) {
		size_t z = 0;

		if (i < right)
			z = lengths[i - left] < right - i ? lengths[i - left] : right - i;
		while (i + z < n && z < limit && end[-(ptrdiff_t)z] == end[-(ptrdiff_t)(i + z)])
			z++;
		lengths[i] = (uint32_t)z;
		if (i + z > right) {
			left = i;
			right = i + z;
		}
	}
}

static void
punish(struct sampler *s, uint32_t id, uint32_t length)
{
	float penalty = s->p.dry_multiplier * powf(s->p.dry_base, (float)(length - s->p.dry_allowed_length));

	s->logits[id] -= penalty < MAX_PENALTY ? penalty : MAX_PENALTY;
}

static void
edit(struct sampler *s)
{
	size_t n = s->n_past < s->p.dry_last ? s->n_past : s->p.dry_last;
	const uint32_t *last = s->past + s->n_past - n;
	size_t limit = 0;

	while (limit < n && !is_breaker(s, last[n - 1 - limit]))
		limit++;
	if (limit < s->p.dry_allowed_length)
		return;
	match_lengths(s->lengths, last, n, limit);
	/* The match of length lengths[i] ends at last[n - 1 - i]; the token after it is the one to punish. */
	for (size_t i = 1; i < n; i++)
		if (s->marks[last[n - i]] < s->lengths[i])
			s->marks[last[n - i]] = s->lengths[i];
	for (size_t i = 1; i < n; i++) {
		uint32_t id = last[n - i];

		if (s->marks[id] >= s->p.dry_allowed_length && !is_breaker(s, id))
			punish(s, id, s->marks[id]);
		s->marks[id] = 0;
	}
}

void
sampler_set_breakers(struct sampler *s, const struct tok *t)
{
	struct buf text = {0};

	if (!s->breakers)
		return;
	for (uint32_t id = 0; id < s->n_vocab && id < tok_n_vocab(t); id++) {
		buf_clear(&text);
		tok_bytes(t, id, true, &text);
		if (strpbrk(buf_str(&text), BREAKER_BYTES))
			s->breakers[id / 8] |= (uint8_t)(1 << id % 8);
	}
	buf_done(&text);
}

const struct sampler_stage sampler_dry = {
	.is_on = is_on,
	.edit = edit,
};
