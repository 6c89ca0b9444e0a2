/* The state of recurrent layers; see state.h. */
#include "core/state.h"

#include <assert.h>
#include <string.h>

#include "core/base/mem.h"

bool
state_init(struct state *s, size_t n_floats, struct err *e)
{
	const size_t n_copies = 2 + STATE_MARKS;
	float *at;

	*s = (struct state){.n_floats = n_floats};
	if (n_floats == 0)
		return true;
	if (!size_mul(&s->memory_bytes, n_floats, n_copies * sizeof(float)))
		return err_set(e, ERR_NO_SPACE, "a state of %zu numbers is more than this machine can address", n_floats);
	s->memory = mem_try_pages(s->memory_bytes, false, "the state of recurrent layers", e);
	if (!s->memory)
		return false;
	at = (float *)(void *)s->memory;
	s->now = at;
	s->next = at + n_floats;
	for (int i = 0; i < STATE_MARKS; i++)
		s->mark[i].copy = at + (2 + (size_t)i) * n_floats;
	return true;
}

void
state_done(struct state *s)
{
	mem_free_pages(s->memory, s->memory_bytes);
	*s = (struct state){0};
}

void
state_flip(struct state *s)
{
	float *was = s->now;

	s->now = s->next;
	s->next = was;
}

void
state_mark(struct state *s, uint32_t n_past)
{
	struct state_mark *m = &s->mark[0];

	if (s->n_floats == 0 || n_past == 0)
		return;
	for (int i = 1; i < STATE_MARKS; i++)
		if (s->mark[i].n_past < m->n_past)
			m = &s->mark[i];
	for (int i = 0; i < STATE_MARKS; i++)
		if (s->mark[i].n_past == n_past)
			return;
	m->n_past = n_past;
	memcpy(m->copy, s->now, s->n_floats * sizeof *s->now);
}

static const struct state_mark *
find(const struct state *s, uint32_t n_past)
{
	const struct state_mark *best = NULL;

	for (int i = 0; i < STATE_MARKS; i++) {
		const struct state_mark *m = &s->mark[i];

		if (m->n_past > 0 && m->n_past <= n_past && (!best || m->n_past > best->n_past))
			best = m;
	}
	return best;
}

uint32_t
state_find(const struct state *s, uint32_t n_past)
{
	const struct state_mark *m;

	if (s->n_floats == 0)
		return n_past;
	m = find(s, n_past);
	return m ? m->n_past : 0;
}

void
state_cut(struct state *s, uint32_t n_past)
{
	const struct state_mark *m = find(s, n_past);

	if (s->n_floats == 0)
		return;
	assert(n_past == 0 || (m && m->n_past == n_past));
	if (n_past == 0)
		memset(s->now, 0, s->n_floats * sizeof *s->now);
	else
		memcpy(s->now, m->copy, s->n_floats * sizeof *s->now);
	for (int i = 0; i < STATE_MARKS; i++)
		if (s->mark[i].n_past > n_past)
			s->mark[i].n_past = 0;
}
