/* Drafts from the text itself; see lookup.h.
 * One walk over the ids, from the latest back: no index to keep, and the walk is a thousandth of the pass it may save. */
#include "core/lookup.h"

#include <stdbool.h>

enum { NEAR = 12 };			/* tokens behind the place where the last copy broke off, at most */

/* How many tokens before AT of TEXT are the last ones of the past. */
static unsigned
count_same(const struct lookup *l, const uint32_t *text, size_t at)
{
	const uint32_t *end = l->past + l->n_past;
	size_t most = at < l->n_past ? at : l->n_past;
	unsigned n = 0;

	while (n < LOOKUP_LONGEST && n < most && text[at - 1 - n] == end[-1 - (ptrdiff_t)n])
		n++;
	return n;
}

static bool
is_near(const struct lookup *l, size_t at)
{
	return l->last > 0 && at >= l->last && at - l->last <= NEAR;
}

/* A match near there counts for more tokens than it has: what was edited differs from every long match. */
static unsigned
score(const struct lookup_found *f)
{
	return f->n_same + (f->near ? NEAR : 0);
}

static bool
is_better(const struct lookup_found *a, const struct lookup_found *b)
{
	unsigned x = score(a), y = score(b);

	return x > y || (x == y && a->near);		/* the walk goes back: the copy goes on as soon as it can */
}

static void
look_in(const struct lookup *l, const uint32_t *text, size_t n, size_t before, struct lookup_found *best)
{
	uint32_t tail = l->past[l->n_past - 1];

	for (size_t at = n; at > 0; at--) {
		struct lookup_found f = {.at = before + at, .near = is_near(l, before + at)};

		if (text[at - 1] != tail)
			continue;
		f.n_same = count_same(l, text, at);
		if (is_better(&f, best))
			*best = f;
		if (best->n_same == LOOKUP_LONGEST && l->last == 0)
			return;
	}
}

struct lookup_found
lookup_find(const struct lookup *l)
{
	struct lookup_found best = {0};

	if (l->n_past == 0)
		return best;
	look_in(l, l->past, l->n_past - 1, l->n_input, &best);
	if (l->n_input > 1)
		look_in(l, l->input, l->n_input - 1, 0, &best);
	return best;
}

size_t
lookup_copy(const struct lookup *l, size_t at, uint32_t *out, size_t n)
{
	size_t n_all = l->n_input + l->n_past;

	if (at < l->n_input) {
		n = l->n_input - at < n ? l->n_input - at : n;
		for (size_t i = 0; i < n; i++)
			out[i] = l->input[at + i];
		return n;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = at + i < n_all ? l->past[at + i - l->n_input] : out[at + i - n_all];
	return n;
}
