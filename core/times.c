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
times_init(struct times *t, const struct pool *p, uint32_t n_layers, struct err *e)
{
	*t = (struct times){.pool = p, .n_rows = n_layers + 1, .row = n_layers};
	for (int i = 0; i < PASS_COUNT; i++) {
		t->sum[i].ns = mem_try((size_t)t->n_rows * TIME_COUNT, sizeof *t->sum[i].ns, "the times of layers", e);
		if (!t->sum[i].ns)
			return false;
	}
	return true;
}

void
times_done(struct times *t)
{
	for (int i = 0; i < PASS_COUNT; i++)
		free(t->sum[i].ns);
	*t = (struct times){0};
}

uint32_t
session_times(const struct session *s, enum pass_kind kind, struct session_times *out, uint64_t *ns)
{
	const struct times *t = &s->run.times;
	const struct times_sum *sum = &t->sum[kind];
	size_t n = (size_t)t->n_rows * TIME_COUNT;

	*out = (struct session_times){
		.n = atomic_load_explicit(&sum->n, memory_order_relaxed),
		.n_tokens = atomic_load_explicit(&sum->n_tokens, memory_order_relaxed),
	};
	for (int k = 0; k < TIME_COUNT; k++) {
		out->wait_by[k] = atomic_load_explicit(&sum->wait_ns[k], memory_order_relaxed);
		out->wait_ns += out->wait_by[k];
	}
	for (size_t i = 0; ns && i < n; i++)
		ns[i] = atomic_load_explicit(&sum->ns[i], memory_order_relaxed);
	return t->n_rows;
}
