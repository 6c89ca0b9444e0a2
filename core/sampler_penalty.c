/* Penalties on tokens that the last penalty_last ones hold:
 *	l = l > 0 ? l / repeat : l * repeat		Keskar et al. 2019, CTRL
 *	l = l - count * frequency - presence		the OpenAI completion interface */
#include "core/sampler_impl.h"

static bool
is_on(const struct sampler_params *p)
{
	return p->penalty_last > 0 &&
	    (p->repeat_penalty != 1 || p->presence_penalty != 0 || p->frequency_penalty != 0);
}

static void
edit(struct sampler *s)
{
	size_t n = s->n_past < s->p.penalty_last ? s->n_past : s->p.penalty_last;
	const uint32_t *last = s->past + s->n_past - n;

	for (size_t i = 0; i < n; i++)
		s->marks[last[i]]++;
	for (size_t i = 0; i < n; i++) {
		float count = (float)s->marks[last[i]];
		float *l = &s->logits[last[i]];

		if (count == 0)
			continue;		/* done at its first occurrence */
		*l = *l > 0 ? *l / s->p.repeat_penalty : *l * s->p.repeat_penalty;
		*l -= count * s->p.frequency_penalty + s->p.presence_penalty;
		s->marks[last[i]] = 0;
	}
}

const struct sampler_stage sampler_penalties = {
	.is_on = is_on,
	.edit = edit,
};
