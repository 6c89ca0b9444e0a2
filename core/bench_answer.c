/* How fast a known answer is written; see bench.h. */
#include "core/bench.h"

#include "core/session.h"

bool
bench_answer(struct session *s, const struct bench_answer *a, struct turn_stats *out, struct err *e)
{
	struct request r = {.raw = a->prompt, .given = a->ids, .n_given = a->n};
	struct event ev;

	sampler_params_default(&r.sampling);
	r.sampling.temp = 0;
	if (!session_ask(s, &r, e))
		return false;
	do {
		if (!session_wait(s, &ev))
			return err_set(e, ERR_FAILED, "the session was closed");
		*out = ev.stats;
		if (ev.kind == EVENT_ERROR)
			*e = ev.err;
		event_done(&ev);
	} while (ev.kind != EVENT_DONE && ev.kind != EVENT_ERROR);
	return ev.kind == EVENT_DONE;
}
