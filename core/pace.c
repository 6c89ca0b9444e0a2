/* How much to draft; see pace.h.
 * With odds a that the next drafted token is right, n of them give 1 + a + … + a^n tokens in one pass (Leviathan et al.
 * 2023); the n with the most tokens a second is best.  Two guards keep a bad guess from costing anybody time: a plan has
 * to gain a twentieth, and an answer may lose a fiftieth of its time, and one token's, to drafts that were wrong: 3 % of
 * 100 tokens, less of more.  A draft is no longer than what is left of that: the first ones are short, those that were
 * right let others grow, and no draft loses so much at once that none could be tried for the rest of the answer. */
#include "core/pace.h"

#include <assert.h>

#define MIN_GAIN 1.05
#define MAX_LOSS 0.02			/* of the time of the answer … */
#define FREE_TOKENS 1.0			/* … and so many tokens' */
#define MAX_SAVED 16.0			/* tokens' time that earlier drafts may have saved up */
#define FADE 0.88			/* of the weight of what is known, for each draft judged */
#define BELIEF 4.0			/* drafted tokens that the first guess weighs as much as */
#define GUESS_COST 0.1			/* of one token's pass: what each further one may cost */
enum { MEMORY = 8, KEPT = 2 };		/* measurements of an average; those that another answer leaves of it */

/* What was seen on texts that are edited or summed up, before anything is known of this one. */
static const double first_guess[PACE_KINDS] = {
	[PACE_FAR_1] = 0.3, [PACE_FAR_2] = 0.4,
	[PACE_SAME_1] = 0.5, [PACE_SAME_2] = 0.4, [PACE_SAME_3] = 0.5, [PACE_SAME_5] = 0.65, [PACE_SAME_9] = 0.8,
	[PACE_SAME_16] = 0.85, [PACE_MODEL] = 0.7,
};

void
pace_begin(struct pace *p)
{
	for (int i = 0; i <= PACE_TOKENS; i++)
		p->cost[i].n = p->cost[i].n < KEPT ? p->cost[i].n : KEPT;
	for (int i = 0; i < PACE_KINDS; i++) {
		struct pace_odds *o = &p->odds[i];

		o->right = (o->right + BELIEF * first_guess[i]) / 2;
		o->wrong = (o->wrong + BELIEF * (1 - first_guess[i])) / 2;
	}
	p->spent_s = p->lost_s = 0;
}

enum pace_kind
pace_kind_of(unsigned n_same, bool near)
{
	static const unsigned from[] = {0, 2, 3, 5, 9, 16};
	int k = PACE_SAME_16;

	if (!near && n_same < 3)
		return n_same < 2 ? PACE_FAR_1 : PACE_FAR_2;
	while (k > PACE_SAME_1 && n_same < from[k - PACE_SAME_1])
		k--;
	return (enum pace_kind)k;
}

/* Seconds of a pass of N tokens; between those that are known on a line, beyond them on by the guess. */
static double
cost_of(const struct pace *p, unsigned n)
{
	unsigned low = n, high = n;

	while (low > 1 && p->cost[low].s == 0)
		low--;
	while (high < PACE_TOKENS && p->cost[high].s == 0)
		high++;
	if (low == n)
		return p->cost[n].s;
	if (p->cost[high].s == 0)
		return p->cost[low].s + (n - low) * GUESS_COST * p->cost[1].s;
	return p->cost[low].s + (p->cost[high].s - p->cost[low].s) * (n - low) / (high - low);
}

/* Seconds that a wrong draft may take. */
static double
left_to_lose(const struct pace *p)
{
	return MAX_LOSS * p->spent_s + FREE_TOKENS * p->cost[1].s - p->lost_s;
}

struct pace_plan
pace_plan(const struct pace *p, const struct pace_ask *a)
{
	double one = p->cost[1].s, given = cost_of(p, a->n_given), left = left_to_lose(p);
	double tokens = 1, all = 1;
	const struct pace_odds *o = &p->odds[a->kind];
	struct pace_plan best = {0};

	assert(a->n_given > 0 && a->n_given + a->max <= PACE_TOKENS);
	if (one == 0)
		return best;
	best.gain = MIN_GAIN * one / given;
	for (unsigned n = 1; n <= a->max; n++) {
		double s = cost_of(p, a->n_given + n) + n * a->token_s, lost = a->start_s + s - given, gain;

		all *= o->right / (o->right + o->wrong);
		tokens += all;
		if (a->repeats)
			s += (1 - all) * (cost_of(p, 1 + n) - one);
		gain = tokens * one / s;
		if (gain > best.gain && lost <= left)
			best = (struct pace_plan){n, gain};
	}
	return best;
}

void
pace_pass(struct pace *p, unsigned n, double s)
{
	struct pace_cost *c = &p->cost[n];
	double most = 1.5 * cost_of(p, n);

	p->spent_s += s;
	/* What else the machine does now and then is no cost of ours, nor what the first pass of a size takes to touch
	 * its memory: believed, that would keep others from being tried. */
	if ((c->n == 0 || c->n > 2) && most > 0 && s > most)
		s = most;
	if (c->n < MEMORY)
		c->n++;
	c->s += (s - c->s) / c->n;
}

void
pace_learn(struct pace *p, enum pace_kind kind, unsigned n_right, bool wrong)
{
	struct pace_odds *o = &p->odds[kind];

	o->right = o->right * FADE + n_right;
	o->wrong = o->wrong * FADE + wrong;
}

void
pace_judge(struct pace *p, enum pace_kind kind, unsigned n_right, unsigned n_draft, double s)
{
	double one = p->cost[1].s;

	pace_learn(p, kind, n_right, n_right < n_draft);
	p->lost_s += s - (n_right + 1) * one;
	if (p->lost_s < -MAX_SAVED * one)
		p->lost_s = -MAX_SAVED * one;
}
