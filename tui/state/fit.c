/* What can be done about a full context; see fit.h. */
#include "tui/state/fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/talk.h"

/* Of the context, what an answer should find free: a quarter. */
static uint32_t
room(uint32_t n_ctx)
{
	return n_ctx / 4;
}

/* Where the prompt may begin: questions after those that are left out already, up to the one that is asked. */
static size_t
find_starts(const struct talk *c, const struct talk_prompt *p, size_t *out)
{
	size_t n = 0, last = p->at;

	while (!p->text && last > 0 && c->turns[last - 1]->role != TURN_USER)
		last--;
	last -= !p->text && last > 0;
	for (size_t i = p->left_out + 1; i <= last; i++)
		if (i == p->at || c->turns[i]->role == TURN_USER)
			out[n++] = i;
	return n;
}

/* The fewest turns without which it fits with room to answer, or at all. */
static bool
find_left_out(const struct talk *c, const struct talk_prompt *p, struct fit *f, uint32_t *n_left, struct err *e)
{
	size_t *starts = mem_new0(p->at + 1, sizeof *starts), n = find_starts(c, p, starts), low = 0, high = n;
	struct talk_prompt shorter = *p;
	uint32_t count;
	bool ok = true;

	while (ok && low < high) {
		size_t mid = low + (high - low) / 2;

		shorter.left_out = starts[mid];
		ok = talk_count(c, &shorter, &count, e);
		if (count + room(f->n_ctx) <= f->n_ctx)
			high = mid;
		else
			low = mid + 1;
	}
	if (ok && n > 0) {
		shorter.left_out = starts[low < n ? low : n - 1];
		ok = talk_count(c, &shorter, n_left, e);
		f->left_out = ok && *n_left < f->n_ctx ? shorter.left_out : 0;
	}
	free(starts);
	return ok;
}

static void
find_wide(const struct talk *c, struct fit *f)
{
	uint64_t most = model_info(c->model)->n_ctx_train, wide = f->n_ctx;

	while (wide < most && wide < (uint64_t)f->n_prompt + room(f->n_ctx))
		wide *= 2;
	wide = wide < most ? wide : most;
	f->wide = wide > f->n_prompt && wide > f->n_ctx ? (uint32_t)wide : 0;
}

static struct fit_choice *
add(struct fit *f, enum fit_kind kind)
{
	static const char *const keys[] = {"leave-out", "enlarge", "shorten", "new"};
	struct fit_choice *x = &f->choices[f->n++];

	x->kind = kind;
	x->key = keys[kind];
	return x;
}

static void
offer_left_out(const struct talk *c, const struct talk_prompt *p, struct fit *f, uint32_t n_left)
{
	struct fit_choice *x = add(f, FIT_LEAVE_OUT);
	struct buf freed = {0};
	size_t n = 0;

	for (size_t i = p->left_out; i < f->left_out; i++)
		n += c->turns[i]->role == TURN_USER;
	format_count(&freed, f->n_prompt - n_left);
	snprintf(x->text, sizeof x->text, ngettext("leave out the oldest question and its answer",
	    "leave out the %zu oldest questions and their answers", n), n);
	snprintf(x->hint, sizeof x->hint, _("%s tokens come free; the text stays, marked"), buf_str(&freed));
	buf_done(&freed);
}

static void
offer_wide(const struct talk *c, struct fit *f)
{
	struct fit_choice *x = add(f, FIT_ENLARGE);
	struct buf n = {0}, more = {0};
	uint64_t now = session_memory(c->session).kv;

	format_count(&n, f->wide);
	format_bytes(&more, now / f->n_ctx * (f->wide - f->n_ctx));
	snprintf(x->text, sizeof x->text, _("enlarge the context to %s tokens"), buf_str(&n));
	snprintf(x->hint, sizeof x->hint, _("takes up to %s more memory"), buf_str(&more));
	buf_done(&n);
	buf_done(&more);
}

bool
fit_find(const struct talk *c, const struct talk_prompt *p, bool goes_on, struct fit *out, struct err *e)
{
	uint32_t n_left = 0;

	*out = (struct fit){.n_ctx = c->n_ctx};
	if (!talk_count(c, p, &out->n_prompt, e) || !find_left_out(c, p, out, &n_left, e))
		return false;
	find_wide(c, out);
	if (out->left_out)
		offer_left_out(c, p, out, n_left);
	if (out->wide)
		offer_wide(c, out);
	if (p->text)
		snprintf(add(out, FIT_SHORTEN)->text, sizeof out->choices->text, "%s", _("shorten the message"));
	snprintf(add(out, FIT_NEW)->text, sizeof out->choices->text, "%s", goes_on || !p->text ?
	    _("begin a new conversation") : _("ask it in a new conversation"));
	return true;
}

const struct fit_choice *
fit_choice_find(const struct fit *f, const char *key)
{
	for (size_t i = 0; key && i < f->n; i++)
		if (strcmp(f->choices[i].key, key) == 0)
			return &f->choices[i];
	return NULL;
}
