/* Sessions of models with an encoder: the input that their decoder answers; see minnow.h. */
#include <assert.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/session.h"

static bool
check_input(const struct session *s, const uint32_t *ids, size_t n, struct err *e)
{
	if (s->m->hp.n_encoder == 0)
		return err_set(e, ERR_USAGE, "%s has no encoder that could read an input", s->m->arch->name);
	if (n == 0)
		return err_set(e, ERR_USAGE, "the input is empty");
	if (n > s->enc.n_max)
		return err_set(e, ERR_FAILED, "the input is %zu tokens long and the context holds %u: shorten it or choose a "
		    "longer context", n, s->enc.n_max);
	for (size_t i = 0; i < n; i++)
		if (ids[i] >= s->m->hp.n_vocab)
			return err_set(e, ERR_USAGE, "token %u does not exist: the vocabulary ends at %u", ids[i],
			    s->m->hp.n_vocab - 1);
	return true;
}

bool
session_has_input(const struct session *s, const uint32_t *ids, size_t n)
{
	return s->enc.n == n && n > 0 && memcmp(s->input, ids, n * sizeof *ids) == 0;
}

bool
session_read(struct session *s, const uint32_t *ids, size_t n, run_step_fn *step, void *ctx, bool *stopped,
    struct err *e)
{
	*stopped = false;
	if (!check_input(s, ids, n, e))
		return false;
	session_cut(s, 0);
	if (session_has_input(s, ids, n))
		return true;
	mem_guard_begin();
	*stopped = !encoder_run(&s->run, ids, n, step, ctx);
	memcpy(s->input, ids, n * sizeof *ids);
	mem_guard_end();
	return true;
}

bool
session_encode(struct session *s, const uint32_t *ids, size_t n, struct err *e)
{
	bool stopped;

	assert(session_is_idle(s));
	return session_read(s, ids, n, NULL, NULL, &stopped, e);
}
