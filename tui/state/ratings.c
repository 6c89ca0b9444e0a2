/* Ratings; see ratings.h. */
#include "tui/state/ratings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/i18n.h"

#define POINTS_MEAN 1500
#define POINTS_DEVIATION 350		/* of a model without votes */
#define POINTS_PER_UNIT (400 / M_LN10)	/* of strength */
#define NORMAL_95 1.959964
enum { STEPS_MAX = 100, DIGEST_SHOWN = 8 };

/* A vote as it is counted: models that stood there twice once. */
struct game {
	size_t n, who[HISTORY_ANSWERS_MAX];
	double share[HISTORY_ANSWERS_MAX];	/* of the win, 1 in all */
};

struct fit {
	struct game *games;
	size_t n_games, n;		/* n: models */
	double *strength, *gradient, *step, *curvature, *root;	/* curvature and root: n * n */
};

/* ---- who voted on whom ---- */

static bool
is_same(const struct rating *r, const struct history_answer *a)
{
	if (strcmp(r->settings, a->settings) != 0)
		return false;
	return r->digest && a->digest ? strcmp(r->digest, a->digest) == 0 : strcmp(r->model, a->model) == 0;
}

/* RATINGS_MAX: there is no room. */
static size_t
find_model(struct ratings *r, const struct history_answer *a)
{
	size_t i = 0;

	while (i < r->n && !is_same(&r->models[i], a))
		i++;
	if (i == RATINGS_MAX)
		return i;
	if (i == r->n)
		r->models[r->n++] = (struct rating){.settings = a->settings};
	r->models[i].model = a->model;		/* as it was called last */
	if (a->digest)
		r->models[i].digest = a->digest;
	return i;
}

static bool
add_game(struct ratings *r, const struct history_vote *v, struct game *g)
{
	bool won[HISTORY_ANSWERS_MAX] = {0};

	*g = (struct game){0};
	for (size_t i = 0; i < v->n; i++) {
		size_t at = find_model(r, &v->answers[i]), k = 0;

		if (at == RATINGS_MAX)
			return false;
		while (k < g->n && g->who[k] != at)
			k++;
		g->n += k == g->n;
		g->who[k] = at;
		won[k] |= v->winner == (int)i;
	}
	for (size_t k = 0; k < g->n; k++) {
		g->share[k] = v->winner == HISTORY_NO_WINNER ? 1.0 / (double)g->n : won[k];
		r->models[g->who[k]].n_votes++;
		r->models[g->who[k]].n_won += won[k];
		r->models[g->who[k]].n_even += v->winner == HISTORY_NO_WINNER;
	}
	return true;
}

/* ---- the most probable strengths ---- */

/* That each of those who stand in G is the best. */
static void
chances(const struct game *g, const double *strength, double p[HISTORY_ANSWERS_MAX])
{
	double most = -INFINITY, sum = 0;

	for (size_t k = 0; k < g->n; k++)
		most = fmax(most, strength[g->who[k]]);
	for (size_t k = 0; k < g->n; k++)
		sum += p[k] = exp(strength[g->who[k]] - most);
	for (size_t k = 0; k < g->n; k++)
		p[k] /= sum;
}

static double
prior(void)
{
	return POINTS_PER_UNIT * POINTS_PER_UNIT / ((double)POINTS_DEVIATION * POINTS_DEVIATION);
}

/* The logarithm of how probable STRENGTH is, but for a constant. */
static double
likelihood(const struct fit *f, const double *strength)
{
	double p[HISTORY_ANSWERS_MAX], sum = 0;

	for (size_t i = 0; i < f->n; i++)
		sum -= prior() * strength[i] * strength[i] / 2;
	for (size_t i = 0; i < f->n_games; i++) {
		const struct game *g = &f->games[i];

		chances(g, strength, p);
		for (size_t k = 0; k < g->n; k++)
			sum += g->share[k] > 0 ? g->share[k] * log(p[k]) : 0;
	}
	return sum;
}

static void
differentiate(struct fit *f)
{
	double p[HISTORY_ANSWERS_MAX];

	memset(f->curvature, 0, f->n * f->n * sizeof *f->curvature);
	for (size_t i = 0; i < f->n; i++) {
		f->gradient[i] = -prior() * f->strength[i];
		f->curvature[i * f->n + i] = prior();
	}
	for (size_t i = 0; i < f->n_games; i++) {
		const struct game *g = &f->games[i];

		chances(g, f->strength, p);
		for (size_t k = 0; k < g->n; k++) {
			f->gradient[g->who[k]] += g->share[k] - p[k];
			for (size_t j = 0; j < g->n; j++)
				f->curvature[g->who[k] * f->n + g->who[j]] += (k == j ? p[k] : 0) - p[k] * p[j];
		}
	}
}

/* root * root' = curvature, which is positive definite: the prior sees to it. */
static void
factorize(struct fit *f)
{
	size_t n = f->n;
	double *l = f->root;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++) {
			double sum = f->curvature[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= l[i * n + k] * l[j * n + k];
			l[i * n + j] = i == j ? sqrt(sum) : sum / l[j * n + j];
		}
}

/* X becomes curvature^-1 X. */
static void
solve(const struct fit *f, double *x)
{
	size_t n = f->n;
	const double *l = f->root;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			x[i] -= l[i * n + k] * x[k];
		x[i] /= l[i * n + i];
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t k = i + 1; k < n; k++)
			x[i] -= l[k * n + i] * x[k];
		x[i] /= l[i * n + i];
	}
}

/* Newton's method; the function is concave, and a step that goes too far is halved. */
static void
climb(struct fit *f)
{
	double *next = mem_new0(f->n + 1, sizeof *next), here = likelihood(f, f->strength);

	for (int round = 0; round < STEPS_MAX; round++) {
		double length = 0, there;

		differentiate(f);
		factorize(f);
		memcpy(f->step, f->gradient, f->n * sizeof *f->step);
		solve(f, f->step);
		for (double part = 1; part > 1e-6; part /= 2) {
			for (size_t i = 0; i < f->n; i++)
				next[i] = f->strength[i] + part * f->step[i];
			there = likelihood(f, next);
			if (there >= here)
				break;
		}
		for (size_t i = 0; i < f->n; i++)
			length = fmax(length, fabs(next[i] - f->strength[i]));
		if (there < here || length < 1e-9)
			break;
		memcpy(f->strength, next, f->n * sizeof *next);
		here = there;
	}
	differentiate(f);
	factorize(f);
	free(next);
}

/* The variance of the strength of A against the mean of all, or against that of B. */
static double
variance(const struct fit *f, size_t a, const size_t *b)
{
	double v = 0;

	for (size_t i = 0; i < f->n; i++)
		f->step[i] = b ? 0 : -1.0 / (double)f->n;
	f->step[a] += 1;
	if (b)
		f->step[*b] -= 1;
	memcpy(f->gradient, f->step, f->n * sizeof *f->step);
	solve(f, f->step);
	for (size_t i = 0; i < f->n; i++)
		v += f->gradient[i] * f->step[i];
	return v;
}

/* ---- all of it ---- */

static int
by_points(const void *a, const void *b)
{
	const struct rating *x = a, *y = b;
	int order = strcmp(x->model, y->model);

	if (fabs(x->points - y->points) > 1e-6)
		return x->points > y->points ? -1 : 1;
	return order ? order : strcmp(x->settings, y->settings);
}

static void
rate(struct ratings *r, struct fit *f)
{
	size_t first = 0, second = 0;

	climb(f);
	for (size_t i = 0; i < r->n; i++) {
		r->models[i].points = POINTS_MEAN + POINTS_PER_UNIT * f->strength[i];
		r->models[i].error = NORMAL_95 * POINTS_PER_UNIT * sqrt(variance(f, i, NULL));
		if (f->strength[i] > f->strength[first])
			first = i;
	}
	second = first == 0;
	for (size_t i = 0; i < r->n; i++)
		if (i != first && f->strength[i] > f->strength[second])
			second = i;
	if (r->n > 1)
		r->p_ahead = 0.5 * erfc(-(f->strength[first] - f->strength[second]) / sqrt(2 * variance(f, first, &second)));
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->n; k++)
			r->models[i].ambiguous |= i != k && strcmp(r->models[i].model, r->models[k].model) == 0 &&
			    strcmp(r->models[i].settings, r->models[k].settings) == 0;
	qsort(r->models, r->n, sizeof *r->models, by_points);
}

void
ratings_compute(const struct history_votes *v, const char *topic, struct ratings *out)
{
	struct fit f = {.games = mem_new0(v->n + 1, sizeof *f.games)};

	*out = (struct ratings){.models = mem_new0(RATINGS_MAX, sizeof *out->models)};
	for (size_t i = 0; i < v->n; i++) {
		const struct history_vote *one = &v->votes[i];

		if (one->n == 0 || one->winner >= (int)one->n || (topic && strcmp(one->topic, topic) != 0) ||
		    !add_game(out, one, &f.games[f.n_games]))
			continue;
		f.n_games++;
		out->n_votes++;
		out->n_blind += one->blind;
	}
	f.n = out->n;
	f.strength = mem_new0(3 * f.n + 1, sizeof *f.strength);
	f.gradient = f.strength + f.n;
	f.step = f.gradient + f.n;
	f.curvature = mem_new0(2 * f.n * f.n + 1, sizeof *f.curvature);
	f.root = f.curvature + f.n * f.n;
	if (f.n)
		rate(out, &f);
	free(f.games);
	free(f.strength);
	free(f.curvature);
}

void
ratings_done(struct ratings *r)
{
	free(r->models);
	*r = (struct ratings){0};
}

/* ---- words ---- */

struct topic_count {
	const char *name;
	size_t n;
};

static int
by_count(const void *a, const void *b)
{
	const struct topic_count *x = a, *y = b;

	return x->n != y->n ? (x->n > y->n ? -1 : 1) : strcmp(x->name, y->name);
}

void
ratings_topics(const struct history_votes *v, struct buf *out)
{
	struct topic_count *t = mem_new0(v->n + 1, sizeof *t);
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		size_t k = 0;

		while (k < n && strcmp(t[k].name, v->votes[i].topic) != 0)
			k++;
		t[k].name = v->votes[i].topic;
		t[k].n++;
		n += k == n;
	}
	qsort(t, n, sizeof *t, by_count);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\n", t[i].name);
	free(t);
}

void
ratings_add_name(const struct rating *r, struct buf *out)
{
	buf_add_str(out, r->model);
	if (r->ambiguous && r->digest)
		buf_printf(out, " %.*s", DIGEST_SHOWN, r->digest);
	if (*r->settings)
		buf_printf(out, " %s", r->settings);
}

void
ratings_add_verdict(const struct ratings *r, struct buf *out)
{
	if (r->n < 2)
		return;
	buf_add_str(out, r->p_ahead < 0.6 ? _("too few votes to tell which is best") : r->p_ahead < 0.95 ? _("too few votes to be sure: ") : "");
	if (r->p_ahead < 0.6)
		return;
	ratings_add_name(&r->models[0], out);
	buf_add_str(out, _(" is ahead of "));
	ratings_add_name(&r->models[1], out);
	buf_printf(out, _(" with a probability of %.*f %%"), r->p_ahead >= 0.995, fmin(100 * r->p_ahead, 99.9));
}
