/* One download from its beginning to its end; see fetch.h and fetch_job.h. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/fetch_job.h"

enum { PARALLEL = 4, TURN_MS = 100 };

bool
job_fail_err(struct job *j, const struct err *e)
{
	if (!j->failed)
		j->err = *e;
	j->failed = true;
	return false;
}

bool
job_fail(struct job *j, enum err_kind kind, const char *fmt, ...)
{
	char text[sizeof j->err.text];
	struct err e = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(&e, kind, "%s", text);
	return job_fail_err(j, &e);
}

struct transfer *
job_free_transfer(struct job *j)
{
	for (unsigned i = 0; i < j->n_parallel; i++)
		if (!j->transfers[i].runs)
			return &j->transfers[i];
	return NULL;
}

void
job_stop_transfer(struct transfer *t)
{
	if (t->runs) {
		range_release(t);
		wire_stop(t->job->wire, &t->wire);
	}
	t->runs = false;
	free(t->url);
	t->url = NULL;
}

static void
stop_all(struct job *j)
{
	for (size_t i = 0; i < TRANSFERS_MAX; i++)
		job_stop_transfer(&j->transfers[i]);
}

void
job_wake_at(struct job *j, double when_s)
{
	if (j->wake_s == 0 || when_s < j->wake_s)
		j->wake_s = when_s;
}

static void
expect_entry(struct job *j)
{
	j->trust = j->file->has_sha256 ? FETCH_ENTRY : FETCH_LEARNT;
	memcpy(j->sha256, j->file->sha256, sizeof j->sha256);
}

bool
job_restart(struct job *j)
{
	struct err e = {0};

	if (j->n_restarts++ >= RESTARTS_MAX)
		return job_fail_err(j, &j->err);
	stop_all(j);
	range_end(j);
	part_forget(j->part);
	expect_entry(j);
	for (size_t i = 0; i < j->n_sources; i++) {
		free(j->sources[i].final);
		j->sources[i].final = NULL;
		j->sources[i].n_failed = j->sources[i].n_looks = 0;
		j->sources[i].used = false;
	}
	return store_part_save(j->store_part, &e) || job_fail_err(j, &e);
}

/* ---- turns ---- */

static unsigned
count_transfers(const struct job *j, unsigned source, bool any)
{
	unsigned n = 0;

	for (size_t i = 0; i < TRANSFERS_MAX; i++)
		n += j->transfers[i].runs && (any || j->transfers[i].source == source);
	return n;
}

/* Nothing is known yet: one source after the other is asked. */
static bool
look_at_first(struct job *j, double now)
{
	if (count_transfers(j, 0, true))
		return true;
	for (unsigned i = 0; i < j->n_sources; i++) {
		if (j->sources[i].dead)
			continue;
		if (j->sources[i].not_before <= now)
			return source_look(j, i);
		job_wake_at(j, j->sources[i].not_before);
	}
	return true;
}

static bool
schedule_range(struct job *j, size_t index, double now)
{
	struct range *r = &j->ranges[index];
	struct source *s;

	if (j->sources[r->source].dead)
		r->source = source_next(j, r->source);
	s = &j->sources[r->source];
	if (now < r->not_before || now < s->not_before) {
		job_wake_at(j, r->not_before > s->not_before ? r->not_before : s->not_before);
		return true;
	}
	if (!s->final)
		return source_look(j, r->source);
	if (count_transfers(j, r->source, false) >= (s->whole_only ? 1 : s->n_parallel))
		return true;
	return range_start(j, index);
}

static bool
schedule(struct job *j)
{
	double now = clock_s();

	if (!j->ready)
		return look_at_first(j, now);
	while (j->first_open < j->n_ranges && j->ranges[j->first_open].is == RANGE_GOOD)
		j->first_open++;
	for (size_t i = j->first_open; i < j->n_ranges && job_free_transfer(j); i++)
		if (j->ranges[i].is == RANGE_MISSING && !schedule_range(j, i, now))
			return false;
	return true;
}

static bool
take_ended(struct job *j)
{
	double silent_s = (j->o->stall_ms ? j->o->stall_ms : 30000) * 1e-3, now = clock_s();

	for (size_t i = 0; i < TRANSFERS_MAX; i++) {
		struct transfer *t = &j->transfers[i];

		if (!t->runs)
			continue;
		if (t->wire.ended == WIRE_RUNNING) {
			if (now - t->wire.heard_s < silent_s)
				continue;
			t->fault = FAULT_STALLED;
		}
		if (!(t->look ? source_take_look(t) : range_take_end(t)))
			return false;
	}
	return true;
}

static void
report(struct job *j, bool verifying)
{
	struct fetch_progress p = {.size = j->part->size, .n_fetched = j->n_fetched, .verifying = verifying};
	double now = clock_s(), passed = now - j->told_s;

	if (!j->o->progress || (passed < 0.1 && j->told_s > 0))
		return;
	if (j->told_s > 0) {
		double latest = (double)(j->n_fetched - j->speed_n) / passed;

		/* A mean that forgets in about two seconds. */
		j->speed += (latest - j->speed) * (j->speed > 0 ? (passed < 2 ? passed / 2 : 1) : 1);
	}
	j->told_s = now;
	j->speed_n = j->n_fetched;
	p.n = j->ready ? range_n_bytes(j) : part_n_bytes(j->part);
	p.bytes_per_s = j->speed;
	p.seconds_left = j->speed > 0 && p.size >= p.n ? (double)(p.size - p.n) / j->speed : -1;
	p.n_transfers = count_transfers(j, 0, true);
	if (p.n_transfers == 0 && j->wake_s > now)
		p.waiting_s = j->wake_s - now;
	j->o->progress(j->o->arg, &p);
}

static bool
is_cancelled(struct job *j)
{
	if (!j->o->cancel || !atomic_load(j->o->cancel))
		return false;
	job_fail(j, ERR_CANCELLED, "%s: cancelled", j->file->name);
	return true;
}

static bool
take_turn(struct job *j)
{
	struct err e = {0};
	int timeout = TURN_MS;

	j->wake_s = 0;
	if (is_cancelled(j) || !schedule(j))
		return false;
	if (j->wake_s > 0) {
		double left = (j->wake_s - clock_s()) * 1e3;

		timeout = left < 1 ? 1 : left < TURN_MS ? (int)left + 1 : TURN_MS;
	}
	if (!wire_run(j->wire, j->ready ? digest_ranges_wake_fd(j->digests) : -1, timeout, &e))
		return job_fail_err(j, &e);
	if (!take_ended(j))
		return false;
	if (j->ready && (!range_collect(j) || !range_save(j, false)))
		return false;
	report(j, false);
	return true;
}

/* ---- the end ---- */

/* Who of several lied cannot be told, so none of those is asked again; nothing they sent is kept. */
static bool
whole_is_wrong(struct job *j)
{
	static const char why[] = "the file is not the one that was promised: its SHA-256 differs";
	struct err e = {0};

	for (size_t i = 0; i < j->n_sources; i++) {
		if (!j->sources[i].used || j->sources[i].dead)
			continue;
		j->sources[i].dead = true;
		err_set(&j->err, ERR_VERIFY, "%s: %s", source_name(&j->sources[i]), why);
	}
	if (source_count(j) > 0)
		return job_restart(j);
	if (j->err.kind == ERR_NONE)
		err_set(&j->err, ERR_VERIFY, "%s: %s", j->file->name, why);
	j->err.kind = ERR_VERIFY;
	stop_all(j);
	range_end(j);
	part_forget(j->part);
	if (!store_part_save(j->store_part, &e))
		err_wrap(&j->err, "%s", e.text);
	return job_fail_err(j, &j->err);
}

/* *again: it was not right, and is begun anew from others. */
static bool
verify_whole(struct job *j, bool *again)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	unsigned char sha256[DIGEST_SHA256_SIZE];
	int errnum = 0;

	*again = false;
	while (!digest_ranges_sha256(j->digests, sha256, &errnum)) {
		if (errnum)
			return job_fail(j, ERR_FAILED, "%s: what was written cannot be read back: %s", j->file->name,
			    strerror(errnum));
		if (is_cancelled(j))
			return false;
		report(j, true);
		nanosleep(&pause, NULL);
	}
	if (j->trust == FETCH_LEARNT) {
		memcpy(j->sha256, sha256, sizeof sha256);
		return true;
	}
	if (memcmp(j->sha256, sha256, sizeof sha256) == 0)
		return true;
	*again = true;
	return whole_is_wrong(j);
}

static bool
run(struct job *j)
{
	bool again = true;

	if (!source_open_all(j))
		return false;
	while (again) {
		while (!j->ready || j->n_good < j->n_ranges)
			if (!take_turn(j))
				return false;
		stop_all(j);
		if (!verify_whole(j, &again))
			return false;
	}
	return true;
}

bool
fetch_run(struct store_part *part, const struct entry_file *file, const struct fetch_options *o,
    struct fetch_result *result, struct err *e)
{
	struct job *j = mem_new0(1, sizeof *j);
	struct err why = {0};
	bool ok;

	j->store_part = part;
	j->part = &part->part;
	j->file = file;
	j->o = o;
	j->n_parallel = o->n_parallel ? o->n_parallel : PARALLEL;
	if (j->n_parallel > TRANSFERS_MAX)
		j->n_parallel = TRANSFERS_MAX;
	expect_entry(j);
	j->wire = wire_new(o, &why);
	ok = j->wire ? run(j) : job_fail_err(j, &why);
	why = j->err;
	/* What is there is written down for the next try, however this one ended. */
	stop_all(j);
	if (!range_save(j, true))
		ok = false;
	*result = (struct fetch_result){.trust = j->trust, .size = j->part->size, .n_fetched = j->n_fetched};
	memcpy(result->sha256, j->sha256, sizeof result->sha256);
	if (!ok && e)
		*e = why.kind ? why : j->err;
	range_end(j);
	source_close_all(j);
	wire_free(j->wire);
	free(j);
	return ok;
}

static bool
fetch_part(struct store_part *part, const char *model, const struct entry_file *file, const struct fetch_options *o,
    struct fetch_result *result, struct err *e)
{
	if (fetch_run(part, file, o, result, e) &&
	    store_part_commit(part, result->sha256, result->trust != FETCH_ENTRY, model, file->name, e))
		return true;
	store_part_close(part);
	return false;
}

/* The bytes were here, or another process brought them: what is known of them. */
static bool
describe(struct store *s, const char *model, const struct entry_file *file, struct fetch_result *result, struct err *e)
{
	struct store_seen seen;

	if (!store_look(s, model, file->name, &seen, e))
		return false;
	*result = (struct fetch_result){.size = seen.size, .trust = file->has_sha256 ? FETCH_ENTRY : FETCH_LEARNT};
	memcpy(result->sha256, seen.sha256, sizeof result->sha256);
	return true;
}

/* Where the entry has digests of ranges, those.  Else a sixteenth of the file, so that small ones come in parallel as well
 * and lose little when they are cut off; the same for the same entry, or an earlier try would not be gone on with. */
static uint64_t
choose_range(const struct entry_file *file)
{
	const uint64_t step = 1 << 20;
	uint64_t range = file->size / 16 / step * step + step;

	return file->n_ranges || file->size == 0 || range > ENTRY_RANGE ? ENTRY_RANGE : range;
}

/* What the store is asked for; the caller frees *url. */
static bool
want_of(struct store_want *want, char **url, const char *model, const struct entry_file *file, uint64_t range_size,
    const struct fetch_options *o, struct err *e)
{
	const struct entry_source *first = file->sources;

	*want = (struct store_want){.model = model, .file = file->name, .size = file->size,
	    .range_size = range_size ? range_size : choose_range(file), .sha256 = file->has_sha256 ? file->sha256 : NULL,
	    .cancel = o->cancel, .waiting = o->waiting, .arg = o->arg};
	if (file->n_sources == 0)
		return err_set(e, ERR_NOT_FOUND, "%s: no source is known", file->name);
	*url = first->kind == ENTRY_HUB ? wire_hub_url(o, first->url_or_repo, first->revision, first->path) :
	    mem_dup(first->url_or_repo);
	want->source = *url;
	return true;
}

bool
fetch_into(struct store *s, const char *model, const struct entry_file *file, uint64_t range_size,
    const struct fetch_options *o, struct fetch_result *result, bool *had, struct err *e)
{
	struct store_want want;
	struct store_part part;
	char *url = NULL;
	bool ok;

	*had = false;
	ok = want_of(&want, &url, model, file, range_size, o, e) && store_part_open(s, &want, &part, had, e);
	if (ok)
		ok = *had ? describe(s, model, file, result, e) : fetch_part(&part, model, file, o, result, e);
	free(url);
	return ok;
}

bool
fetch_look(struct store *s, const char *model, const struct entry_file *file, uint64_t range_size,
    const struct fetch_options *o, bool *have, uint64_t *n, struct err *e)
{
	struct store_want want;
	char *url = NULL;
	bool ok = want_of(&want, &url, model, file, range_size, o, e) && store_part_look(s, &want, have, n, e);

	free(url);
	return ok;
}
