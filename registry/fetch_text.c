/* A small text over the network; see fetch_text.h. */
#include "registry/fetch_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/fetch_wire.h"

enum { HOPS_MAX = 10, BUSY_MAX = 4, TURN_MS = 100, STALLS_IN_ALL = 4 };

struct get {
	const struct fetch_options *o;
	struct wire *wire;
	struct wire_request request;
	char *url;
	size_t max;
	struct fetch_text *out;
	bool too_long;
	double deadline_s;		/* of one answer, however slowly it drips */
	unsigned n_hops, n_failed, n_busy;
};

void
fetch_text_done(struct fetch_text *t)
{
	buf_done(&t->body);
	free(t->next);
	*t = (struct fetch_text){0};
}

static bool
is_cancelled(const struct get *g, struct err *e)
{
	return g->o->cancel && atomic_load(g->o->cancel) && !err_set(e, ERR_CANCELLED, "cancelled");
}

/* The text of a refusal is of no interest, that of a redirect neither; both have to end soon. */
static bool
take_body(struct wire_request *r, const char *data, size_t n)
{
	struct get *g = r->owner;

	g->too_long = n > g->max - g->out->body.len;
	if (g->too_long)
		return false;
	buf_add(&g->out->body, data, n);
	return true;
}

static double
stall_s(const struct get *g)
{
	return (g->o->stall_ms ? g->o->stall_ms : 30000) * 1e-3;
}

/* One request to its end; false: cancelled, or the library fails. */
static bool
ask(struct get *g, struct err *e)
{
	buf_clear(&g->out->body);
	g->too_long = false;
	g->request = (struct wire_request){.url = g->url, .whole = true, .with_token = true, .on_body = take_body, .owner = g};
	g->deadline_s = clock_s() + STALLS_IN_ALL * stall_s(g);
	if (!wire_start(g->wire, &g->request, e))
		return false;
	while (g->request.ended == WIRE_RUNNING) {
		if (is_cancelled(g, e) || !wire_run(g->wire, -1, TURN_MS, e))
			return false;
		if (g->request.ended == WIRE_RUNNING &&
		    (clock_s() - g->request.heard_s > stall_s(g) || clock_s() > g->deadline_s))
			break;
	}
	return true;
}

static bool
pause_s(const struct get *g, double seconds, struct err *e)
{
	const struct timespec turn = {.tv_nsec = 20000000};
	double end = clock_s() + seconds;

	while (clock_s() < end) {
		if (is_cancelled(g, e))
			return false;
		nanosleep(&turn, NULL);
	}
	return true;
}

/* What went wrong on the way is tried again, a few times. */
static bool
try_again(struct get *g, const char *why, struct err *e)
{
	unsigned rounds = g->o->n_rounds ? g->o->n_rounds : 3;

	if (++g->n_failed >= 2 * rounds)
		return err_set(e, ERR_NETWORK, "%s", why);
	return pause_s(g, (g->o->retry_ms ? g->o->retry_ms : 500) * 1e-3 * (1u << (g->n_failed < 6 ? g->n_failed : 6)), e);
}

static bool
wait_busy(struct get *g, uint64_t seconds, struct err *e)
{
	uint64_t most = g->o->wait_max_s ? g->o->wait_max_s : 600;

	if (seconds > most || ++g->n_busy > BUSY_MAX)
		return err_set(e, ERR_NETWORK, "is busy and asks for a pause of %llu s, again and again or too long",
		    (unsigned long long)seconds);
	return seconds ? pause_s(g, (double)seconds, e) :
	    pause_s(g, (g->o->retry_ms ? g->o->retry_ms : 500) * 1e-3 * (1u << g->n_busy), e);
}

static bool
follow(struct get *g, const char *to, struct err *e)
{
	char *url;

	if (!to)
		return err_set(e, ERR_NETWORK, "redirects to nowhere");
	if (++g->n_hops > HOPS_MAX)
		return err_set(e, ERR_NETWORK, "redirects again and again");
	if (!wire_check_url(g->o, g->url, to, e))
		return false;
	url = mem_dup(to);
	free(g->url);
	g->url = url;
	return true;
}

/* *done: that was the answer. */
static bool
take_answer(struct get *g, bool *done, struct err *e)
{
	struct wire_answer *a = &g->request.answer;
	long status = a->status;

	*done = false;
	if (g->request.ended == WIRE_UNTRUSTED)
		return err_set(e, ERR_NETWORK, "its certificate is not one that is trusted");
	if (g->too_long)
		return err_set(e, ERR_FAILED, "its answer is longer than the %zu bytes that are allowed", g->max);
	if (g->request.ended != WIRE_DONE)
		return try_again(g, g->request.ended == WIRE_CUT ? g->request.why : "sent nothing more", e);
	if (status == 429 || status == 503)
		return wait_busy(g, a->retry_after_s, e);
	if (status >= 500)
		return try_again(g, "answers that it has a fault of its own (status 5xx)", e);
	if (status >= 300 && status < 400)
		return follow(g, a->redirect, e);
	*done = true;
	if (status != 200)
		buf_clear(&g->out->body);
	g->out->status = status;
	g->out->next = a->next ? mem_dup(a->next) : NULL;
	memcpy(g->out->code, a->code, sizeof g->out->code);
	return true;
}

bool
fetch_text_get(const char *url, size_t max, const struct fetch_options *o, struct fetch_text *out, struct err *e)
{
	struct get g = {.o = o, .max = max, .out = out, .url = mem_dup(url)};
	bool ok, done = false;

	*out = (struct fetch_text){0};
	ok = wire_check_url(o, NULL, url, e) && (g.wire = wire_new(o, e));
	while (ok && !done) {
		ok = ask(&g, e) && take_answer(&g, &done, e);
		wire_stop(g.wire, &g.request);
	}
	wire_free(g.wire);
	free(g.url);
	if (!ok)
		fetch_text_done(out);
	return ok;
}
