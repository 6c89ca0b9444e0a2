/* Where a file comes from: looking what a source has, and judging sources; see fetch_job.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/fetch_job.h"

const char *
source_name(const struct source *s)
{
	return s->entry->url_or_repo;
}

bool
source_open_all(struct job *j)
{
	struct err e = {0};
	unsigned n_bad = 0;

	j->n_sources = j->file->n_sources;
	j->sources = mem_new0(j->n_sources + 1, sizeof *j->sources);
	for (size_t i = 0; i < j->n_sources; i++) {
		struct source *s = &j->sources[i];

		s->entry = &j->file->sources[i];
		s->n_parallel = TRANSFERS_MAX;
		s->url = s->entry->kind == ENTRY_HUB ?
		    wire_hub_url(j->o, s->entry->url_or_repo, s->entry->revision, s->entry->path) :
		    mem_dup(s->entry->url_or_repo);
		s->dead = !wire_check_url(j->o, NULL, s->url, &e);
		n_bad += s->dead;
	}
	if (j->n_sources == 0)
		return job_fail(j, ERR_NOT_FOUND, "%s: no source is known", j->file->name);
	return n_bad < j->n_sources || job_fail(j, e.kind, "%s: %s", source_name(&j->sources[j->n_sources - 1]), e.text);
}

void
source_close_all(struct job *j)
{
	for (size_t i = 0; i < j->n_sources; i++) {
		free(j->sources[i].url);
		free(j->sources[i].final);
		free(j->sources[i].version);
	}
	free(j->sources);
}

unsigned
source_count(const struct job *j)
{
	unsigned n = 0;

	for (size_t i = 0; i < j->n_sources; i++)
		n += !j->sources[i].dead;
	return n;
}

unsigned
source_next(const struct job *j, unsigned index)
{
	do
		index = (index + 1) % (unsigned)j->n_sources;
	while (j->sources[index].dead && source_count(j));
	return index;
}

/* Without a digest in the entry, bytes of two sources cannot be told apart: the next one begins anew. */
bool
source_kill(struct job *j, unsigned index, enum err_kind kind, const char *why)
{
	struct source *s = &j->sources[index];

	s->dead = true;
	err_set(&j->err, kind, "%s: %s", source_name(s), why);
	for (size_t i = 0; i < TRANSFERS_MAX; i++)
		if (j->transfers[i].runs && j->transfers[i].source == index)
			job_stop_transfer(&j->transfers[i]);
	if (source_count(j) == 0)
		return job_fail_err(j, &j->err);
	return !j->ready || j->file->has_sha256 || !s->used || job_restart(j);
}

bool
source_pause(struct job *j, unsigned index, uint64_t retry_after_s)
{
	struct source *s = &j->sources[index];
	uint64_t most = j->o->wait_max_s ? j->o->wait_max_s : 600;
	double pause = (double)retry_after_s, now = clock_s();
	char why[96];

	if (now < s->not_before && retry_after_s <= most) {	/* said to several transfers at once */
		if (now + pause > s->not_before)
			s->not_before = now + pause;
		return true;
	}
	if (retry_after_s > most || ++s->n_busy > BUSY_MAX) {
		snprintf(why, sizeof why, "is busy and asks for a pause of %llu s, again and again or too long",
		    (unsigned long long)retry_after_s);
		return source_kill(j, index, ERR_NETWORK, why);
	}
	if (retry_after_s == 0)
		pause = (j->o->retry_ms ? j->o->retry_ms : 500) * 1e-3 * (1u << (s->n_busy < 6 ? s->n_busy : 6));
	s->not_before = now + pause;
	if (s->n_parallel > j->n_parallel)
		s->n_parallel = j->n_parallel;
	s->n_parallel = s->n_parallel > 1 ? s->n_parallel / 2 : 1;
	return true;
}

bool
source_changed(struct job *j, unsigned index)
{
	static const char why[] = "the file changed while it was fetched";

	if (j->file->has_sha256 || j->n_restarts >= RESTARTS_MAX)
		return source_kill(j, index, ERR_VERIFY, why);
	err_set(&j->err, ERR_VERIFY, "%s: %s", source_name(&j->sources[index]), why);
	return job_restart(j);
}

/* ---- looking ---- */

/* One byte is asked for; the rest of what a server says instead is of no interest, but a redirect has to be read to its
 * end. */
static bool
take_no_body(struct wire_request *w, const char *data, size_t n)
{
	struct transfer *t = w->owner;

	(void)data;
	t->n_idle += n;
	return w->answer.status != 200 && t->n_idle <= IDLE_BODY_MAX;
}

static bool
start_look(struct transfer *t)
{
	struct job *j = t->job;
	struct err e = {0};

	t->n_idle = 0;
	t->wire = (struct wire_request){.url = t->url, .only_look = true, .end = 1, .on_body = take_no_body, .owner = t,
	    .with_token = j->sources[t->source].entry->kind == ENTRY_HUB};
	t->runs = wire_start(j->wire, &t->wire, &e);
	return t->runs || job_fail_err(j, &e);
}

bool
source_look(struct job *j, unsigned index)
{
	struct transfer *t;

	for (size_t i = 0; i < TRANSFERS_MAX; i++)
		if (j->transfers[i].runs && j->transfers[i].look && j->transfers[i].source == index)
			return true;
	t = job_free_transfer(j);
	if (!t)
		return true;
	*t = (struct transfer){.job = j, .look = true, .source = index, .url = mem_dup(j->sources[index].url)};
	return start_look(t);
}

/* The hub answers for its own files only in the first answer; what a redirect leads to may say anything. */
static void
read_linked(struct transfer *t)
{
	struct job *j = t->job;
	const struct wire_answer *a = &t->wire.answer;

	if (t->n_hops > 0 || j->file->has_sha256 || j->sources[t->source].entry->kind != ENTRY_HUB || !a->has_linked_sha256)
		return;
	memcpy(j->sha256, a->linked_sha256, sizeof j->sha256);
	j->trust = FETCH_HUB_SAID;
}

static bool
follow(struct transfer *t)
{
	struct job *j = t->job;
	unsigned index = t->source;
	struct err e = {0};
	char *to;

	if (!t->wire.answer.redirect)
		return source_kill(j, index, ERR_NETWORK, "redirects to nowhere");
	if (t->n_hops == HOPS_MAX)
		return source_kill(j, index, ERR_NETWORK, "redirects again and again");
	if (!wire_check_url(j->o, t->url, t->wire.answer.redirect, &e))
		return source_kill(j, index, e.kind, e.text);
	read_linked(t);
	to = mem_dup(t->wire.answer.redirect);
	wire_stop(j->wire, &t->wire);
	free(t->url);
	t->url = to;
	t->n_hops++;
	return start_look(t);
}

static bool
look_failed(struct job *j, unsigned index, enum err_kind kind, const char *why)
{
	struct source *s = &j->sources[index];
	unsigned rounds = j->o->n_rounds ? j->o->n_rounds : 3, most = source_count(j) > 1 ? 1 : rounds;
	unsigned shift = s->n_failed < 6 ? s->n_failed : 6;

	err_set(&j->err, kind, "%s: %s", source_name(s), why);
	if (++s->n_failed >= TRIES_OF_A_SOURCE * most)
		return source_kill(j, index, kind, why);
	s->not_before = clock_s() + (j->o->retry_ms ? j->o->retry_ms : 500) * 1e-3 * (1u << shift);
	return true;
}

static bool
refused(struct job *j, unsigned index, long status)
{
	char why[120];

	if (status == 404 || status == 410)
		return source_kill(j, index, ERR_NOT_FOUND, "there is no such file");
	if (status == 401 || status == 403)
		return source_kill(j, index, ERR_NETWORK,
		    "refuses the file without a token of somebody who may have it (its licence may have to be accepted first)");
	snprintf(why, sizeof why, "answers with status %ld", status);
	if (status >= 500 || status == 408)
		return look_failed(j, index, ERR_NETWORK, why);
	return source_kill(j, index, ERR_NETWORK, why);
}

static bool
take_size(struct job *j, unsigned index, uint64_t size)
{
	uint64_t want = j->file->size ? j->file->size : j->ready ? j->part->size : size;
	uint64_t limit = j->o->limit ? j->o->limit : ENTRY_FILE_SIZE_MAX;
	char why[120];

	if (size != want) {
		snprintf(why, sizeof why, "its file has %llu bytes instead of %llu", (unsigned long long)size,
		    (unsigned long long)want);
		return source_kill(j, index, ERR_VERIFY, why);
	}
	if (!j->file->size && size > limit) {
		snprintf(why, sizeof why, "its file has %llu bytes, more than the %llu that are allowed",
		    (unsigned long long)size, (unsigned long long)limit);
		return source_kill(j, index, ERR_VERIFY, why);
	}
	return j->ready || range_make_ready(j, index, size);
}

/* What the last address of the chain said. */
static bool
take_answer(struct transfer *t)
{
	struct job *j = t->job;
	const struct wire_answer *a = &t->wire.answer;
	struct source *s = &j->sources[t->source];
	uint64_t size = a->total;
	unsigned index = t->source;

	if (a->status == 416 && !(a->has_total && a->total == 0))
		return source_kill(j, index, ERR_VERIFY, "does not have the file's first byte");
	if (a->status != 206 && a->status != 200 && a->status != 416)
		return refused(j, index, a->status);
	s->whole_only = a->status == 200;
	if (!a->has_total) {
		if (!j->file->size)
			return source_kill(j, index, ERR_NETWORK, "does not say how long the file is");
		size = j->file->size;
	}
	read_linked(t);
	free(s->final);
	free(s->version);
	s->final = t->url;
	s->version = a->version ? mem_dup(a->version) : NULL;
	t->url = NULL;
	s->n_failed = 0;
	return take_size(j, index, size);
}

bool
source_take_look(struct transfer *t)
{
	const struct wire_answer *a = &t->wire.answer;
	enum wire_end ended = t->wire.ended;
	struct job *j = t->job;
	unsigned index = t->source;
	char why[sizeof t->wire.why];
	bool ok;

	if (ended == WIRE_DONE && a->status >= 300 && a->status < 400)
		return follow(t);
	if (ended == WIRE_UNTRUSTED) {
		ok = source_kill(j, index, ERR_NETWORK, "its certificate is not one that is trusted");
	} else if (t->fault == FAULT_STALLED || ended == WIRE_CUT || a->status == 0) {
		snprintf(why, sizeof why, "%s", t->fault == FAULT_STALLED ? "says nothing" : t->wire.why);
		ok = look_failed(j, index, ERR_NETWORK, why);
	} else if (a->status == 429 || a->status == 503) {
		ok = source_pause(j, index, a->retry_after_s);
	} else {
		ok = take_answer(t);
	}
	job_stop_transfer(t);
	return ok;
}
