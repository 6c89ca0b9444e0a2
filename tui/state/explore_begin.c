/* The models that a person without any may begin with.  A rule, not a list, so that it moves on with the registries:
 * of what fits this machine, runs here and came out lately, the largest that still writes at a given pace. */
#include "tui/state/explore.h"

#include <stdio.h>
#include <string.h>

#include "registry/search.h"
#include "tui/cmd/models.h"
#include "tui/forecast.h"

/* Tokens a second at short context: at once, as fast as one reads aloud, and just fast enough to wait for. */
static const double paces[EXPLORE_BEGIN_MAX] = {30, 15, 6};
enum { CONTEXT_USUAL = 4096, MONTHS_NEW = 18 };

/* "2025-04-29" as months; 0: not known. */
static unsigned
month_of(const struct entry *en)
{
	unsigned y = 0, m = 0;

	return en->released && sscanf(en->released, "%4u-%2u", &y, &m) == 2 ? y * 12 + m : 0;
}

/* The file to take, when the model is to be thought of at all. */
static const struct entry_file *
candidate(const struct explore *x, const struct entry *en)
{
	const struct entry_file *f = entry_find_file(en, NULL);

	if (!f || !f->size || !f->has_sha256 || !en->task || strcmp(en->task, "chat") != 0 || !models_runs(en))
		return NULL;
	return search_memory(en, f, CONTEXT_USUAL) <= x->machine.memory_bytes ? f : NULL;
}

static bool
is_among(const struct catalog_model *const *of, size_t n, const struct catalog_model *m)
{
	for (size_t i = 0; i < n; i++)
		if (of[i] == m)
			return true;
	return false;
}

size_t
explore_begin(const struct explore *x, const struct catalog_model *out[EXPLORE_BEGIN_MAX])
{
	unsigned newest = 0;
	size_t n = 0;

	for (size_t i = 0; i < x->n_models; i++)
		if (candidate(x, &x->models[i]->entry) && month_of(&x->models[i]->entry) > newest)
			newest = month_of(&x->models[i]->entry);
	for (size_t k = 0; k < EXPLORE_BEGIN_MAX; k++) {
		const struct catalog_model *best = NULL;

		for (size_t i = 0; i < x->n_models; i++) {
			const struct catalog_model *m = x->models[i];
			const struct entry_file *f = candidate(x, &m->entry);
			double low, high;

			if (!f || month_of(&m->entry) + MONTHS_NEW < newest || is_among(out, n, m) ||
			    !forecast_speed(x->machine.roof, &m->entry, f, &low, &high) || high < paces[k])
				continue;
			if (!best || m->entry.n_params > best->entry.n_params)
				best = m;
		}
		if (best)
			out[n++] = best;
	}
	return n;
}
