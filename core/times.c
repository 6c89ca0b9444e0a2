/* Where the time goes; see times.h. */
#include "core/times.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/session.h"

const char *
time_name(enum time_kind k)
{
	static const char *const names[] = {
#define TIME(id, name) name,
#include "core/time.def"
#undef TIME
	};

	return names[k];
}

bool
times_init(struct times *t, uint32_t n_layers, struct err *e)
{
	*t = (struct times){.n_rows = n_layers + 1, .row = n_layers};
	t->ns = mem_try((size_t)t->n_rows * TIME_COUNT, sizeof *t->ns, "the times of layers", e);
	return t->ns != NULL;
}

void
times_done(struct times *t)
{
	free(t->ns);
	*t = (struct times){0};
}

uint32_t
session_times(const struct session *s, struct session_times *out, uint64_t *ns)
{
	const struct times *t = &s->run.times;
	size_t n = (size_t)t->n_rows * TIME_COUNT;

	out->n = atomic_load_explicit(&t->n, memory_order_relaxed);
	out->wait_ns = atomic_load_explicit(&t->wait_ns, memory_order_relaxed);
	for (size_t i = 0; ns && i < n; i++)
		ns[i] = atomic_load_explicit(&t->ns[i], memory_order_relaxed);
	return t->n_rows;
}
