/* The ranges of a download: bytes to the disk and to the digests, and what is written down of them; see fetch_job.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/fetch_job.h"

enum {
	CHECKS_AT_ONCE = 8,
	/* A kill loses what is on disk and not written down.  In eighths of a range, all transfers together: it is less than 6
	 * before a piece is written, a piece is 1 at most, and a save leaves less than 2.  So it is always less than a range. */
	KILL_SHARES = 8, KILL_BEFORE_PIECE = 6, KILL_AFTER_SAVE = 2,
	SAVE_S = 2,
};

uint64_t
range_n_bytes(const struct job *j)
{
	uint64_t n = 0;

	for (size_t i = 0; i < j->n_ranges; i++)
		n += j->ranges[i].n;
	return n;
}

/* ---- beginning ---- */

/* Said before anything is fetched.  Not knowing is no obstacle: the write itself tells then. */
static bool
check_room(struct job *j)
{
	uint64_t need = j->part->size - part_n_bytes(j->part), room;
	struct statvfs fs;

	if (fstatvfs(j->store_part->fd, &fs) < 0 ||
	    __builtin_mul_overflow((uint64_t)fs.f_bavail, (uint64_t)fs.f_frsize, &room) || need <= room)
		return true;
	return job_fail(j, ERR_NO_SPACE, "%s: needs %.1f MB more, the disk has %.1f MB left", j->file->name,
	    (double)need * 1e-6, (double)room * 1e-6);
}

/* Another version of the file, or one of another source, shares no byte with what is there.  The digests of an entry
 * tell good ranges from others, whoever sent them. */
static bool
is_of_another(const struct job *j, const struct source *s)
{
	const struct part_state *p = j->part;
	bool same_source = p->source && strcmp(p->source, s->url) == 0;
	bool same_version = !p->etag == !s->version && (!p->etag || strcmp(p->etag, s->version) == 0);

	if (j->file->ranges)
		return false;
	if (j->file->has_sha256)
		return same_source && !same_version;
	return !same_source || !same_version;
}

/* A range that was begun goes on where its bytes are what the state says. */
static void
check_begun(struct job *j, size_t index)
{
	struct part_range *was = &j->part->ranges[index];
	struct digest_range at, failed;
	bool good;

	digest_ranges_add(j->digests, index, was->n);
	digest_ranges_at(j->digests, index, true, &at);
	good = at.n == was->n && memcmp(at.xxh3, was->xxh3, DIGEST_XXH3_SIZE) == 0;
	if (digest_ranges_next(j->digests, &failed))
		good = false;
	if (good) {
		j->ranges[index].n = j->ranges[index].n_told = was->n;
		return;
	}
	digest_ranges_reset(j->digests, index);
	was->n = 0;
}

static void
begin_ranges(struct job *j, unsigned source)
{
	unsigned n_begun = 0;

	for (size_t i = 0; i < j->n_ranges; i++) {
		struct part_range *was = &j->part->ranges[i];

		j->ranges[i].source = source;
		if (was->n == 0)
			continue;
		if (part_range_is_whole(j->part, i)) {
			j->ranges[i].is = RANGE_CHECKING;
			j->ranges[i].n = j->ranges[i].n_told = was->n;
		} else if (n_begun++ < TRANSFERS_MAX) {
			check_begun(j, i);
		} else {
			was->n = 0;
		}
	}
}

bool
range_make_ready(struct job *j, unsigned source, uint64_t size)
{
	struct source *s = &j->sources[source];
	struct err e = {0};

	if (j->part->size != size && !store_part_resize(j->store_part, size, j->part->range_size, &e))
		return job_fail_err(j, &e);
	if (is_of_another(j, s))
		part_forget(j->part);
	part_set_source(j->part, s->url, s->version);
	if (!check_room(j))
		return false;
	j->n_ranges = j->part->n_ranges;
	if (j->file->ranges && j->file->n_ranges != j->n_ranges)
		return job_fail(j, ERR_FAILED, "%s: %zu ranges have a digest, the file has %zu", j->file->name, j->file->n_ranges,
		    j->n_ranges);
	j->ranges = mem_try(j->n_ranges + 1, sizeof *j->ranges, "the list of ranges", &e);
	j->digests = j->ranges ? digest_ranges_new(j->store_part->fd, size, j->part->range_size, &e) : NULL;
	if (!j->digests)
		return job_fail_err(j, &e);
	j->n_good = j->first_open = j->next_check = j->n_checking = 0;
	begin_ranges(j, source);
	s->used = true;
	j->speed_n = 0;
	j->ready = true;
	return range_save(j, true);
}

void
range_end(struct job *j)
{
	digest_ranges_free(j->digests);
	free(j->ranges);
	j->digests = NULL;
	j->ranges = NULL;
	j->n_ranges = 0;
	j->ready = false;
}

/* ---- bytes ---- */

static bool
write_bytes(struct transfer *t, const char *data, size_t n, uint64_t offset)
{
	struct job *j = t->job;

	while (n > 0) {
		ssize_t done = pwrite(j->store_part->fd, data, n, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			t->fault = FAULT_DISK;
			if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
				err_set(&j->err, ERR_NO_SPACE, "%s: the disk is full; the %.1f MB that are here stay: make room, "
				    "and fetch again", j->file->name, (double)range_n_bytes(j) * 1e-6);
			else
				err_set_errno(&j->err, errno, j->file->name);
			return false;
		}
		data += done;
		offset += (uint64_t)done;
		n -= (size_t)done;
	}
	return true;
}

static void
tell_digests(struct job *j, size_t index)
{
	struct range *r = &j->ranges[index];

	if (r->n > r->n_told)
		digest_ranges_add(j->digests, index, r->n);
	r->n_told = r->n;
}

/* Bytes of one range.  What it has already is not written again: a stream passes over it. */
static bool
take_piece(struct transfer *t, size_t index, uint64_t from, const char *data, size_t n)
{
	struct job *j = t->job;
	struct range *r = &j->ranges[index];
	uint64_t size = part_range_length(j->part, index), piece = j->part->range_size / 16;
	size_t skip;

	if (t->stream && r->is == RANGE_MISSING && from <= r->n) {
		r->is = RANGE_ACTIVE;
		r->owner = t;
		t->index = index;
	}
	if (r->is != RANGE_ACTIVE || r->owner != t || from + n <= r->n)
		return true;
	skip = (size_t)(r->n - from);
	if (!write_bytes(t, data + skip, n - skip, index * j->part->range_size + r->n))
		return false;
	r->n = from + n;
	t->n_got += n - skip;
	j->n_unsaved += n - skip;
	if (r->n == size || r->n - r->n_told >= (piece < 1 << 20 ? piece : 1 << 20))
		tell_digests(j, index);
	if (r->n == size) {
		r->is = RANGE_HASHING;
		t->index = j->n_ranges;
	}
	return true;
}

/* Is it the piece that was asked for, of the file that was asked for?  On anything else the body is of no interest. */
static enum fault
check_answer(const struct transfer *t)
{
	const struct wire_answer *a = &t->wire.answer;
	const struct source *s = &t->job->sources[t->source];

	if (a->status == 200 && !t->stream)
		return FAULT_WHOLE_ONLY;
	if (a->has_total && a->total != t->job->part->size)
		return FAULT_CHANGED;
	if (s->version && a->version && strcmp(s->version, a->version) != 0)
		return FAULT_CHANGED;
	if (a->status == 206 && (!a->has_start || a->start != t->at))
		return FAULT_WHOLE_ONLY;
	return FAULT_NONE;
}

bool
range_take_body(struct wire_request *w, const char *data, size_t n)
{
	struct transfer *t = w->owner;
	struct job *j = t->job;
	uint64_t piece = j->part->range_size / KILL_SHARES;

	if (j->o->cancel && atomic_load(j->o->cancel)) {
		t->fault = FAULT_CANCELLED;
		return false;
	}
	if (w->answer.status != 200 && w->answer.status != 206) {
		t->n_idle += n;
		return t->n_idle <= IDLE_BODY_MAX;
	}
	j->n_fetched += n;
	if (!t->checked) {
		t->fault = check_answer(t);
		t->checked = true;
	}
	while (t->fault == FAULT_NONE && n > 0) {
		size_t index = (size_t)(t->at / j->part->range_size);
		uint64_t from = t->at % j->part->range_size, left;

		if (t->at == t->end) {
			t->fault = FAULT_ENDLESS;
			break;
		}
		left = part_range_length(j->part, index) - from;
		left = left < n ? left : n;
		left = left < piece || piece == 0 ? left : piece;
		if (!take_piece(t, index, from, data, (size_t)left))
			break;
		/* Between two pieces, not between two turns: all transfers may bring theirs in one turn. */
		if (!range_save(j, false)) {
			t->fault = FAULT_DISK;
			break;
		}
		t->at += left;
		data += left;
		n -= (size_t)left;
	}
	return t->fault == FAULT_NONE;
}

bool
range_start(struct job *j, size_t index)
{
	struct range *r = &j->ranges[index];
	struct source *s = &j->sources[r->source];
	struct transfer *t = job_free_transfer(j);
	struct err e = {0};
	uint64_t begin = index * j->part->range_size;

	if (!t)
		return true;
	*t = (struct transfer){.job = j, .source = r->source, .stream = s->whole_only, .index = index};
	t->at = s->whole_only ? 0 : begin + r->n;
	t->end = s->whole_only ? j->part->size : begin + part_range_length(j->part, index);
	t->wire = (struct wire_request){.url = s->final, .whole = t->stream, .begin = t->at, .end = t->end,
	    .on_body = range_take_body, .owner = t, .with_token = s->entry->kind == ENTRY_HUB};
	if (t->stream) {
		t->index = j->n_ranges;
	} else {
		r->is = RANGE_ACTIVE;
		r->owner = t;
	}
	s->used = true;
	t->runs = wire_start(j->wire, &t->wire, &e);
	return t->runs || job_fail_err(j, &e);
}

void
range_release(struct transfer *t)
{
	struct job *j = t->job;
	struct range *r;

	if (t->look || !j->ready || t->index >= j->n_ranges)
		return;
	r = &j->ranges[t->index];
	if (r->is != RANGE_ACTIVE || r->owner != t)
		return;
	tell_digests(j, t->index);
	r->is = RANGE_MISSING;
	r->owner = NULL;
}

/* ---- failures ---- */

/* The range goes to the next source after two failures; without getting on anywhere the job ends. */
static bool
range_failed(struct job *j, size_t index, bool got_on)
{
	struct range *r = &j->ranges[index];
	unsigned rounds = j->o->n_rounds ? j->o->n_rounds : 3, shift;

	r->n_cut = got_on ? 0 : r->n_cut + 1;
	if (r->n_cut >= TRIES_OF_A_SOURCE * rounds * (j->file->has_sha256 ? source_count(j) : 1))
		return j->file->has_sha256 ? job_fail_err(j, &j->err) :
		    source_kill(j, r->source, ERR_NETWORK, "breaks off again and again");
	if (++r->n_failed >= TRIES_OF_A_SOURCE) {
		r->n_failed = 0;
		if (j->file->has_sha256)
			r->source = source_next(j, r->source);
	}
	shift = r->n_cut < 6 ? r->n_cut : 6;
	r->not_before = clock_s() + (got_on ? 0 : (j->o->retry_ms ? j->o->retry_ms : 500) * 1e-3 * (1u << shift));
	return true;
}

/* Addresses that a source gave out expire: it is asked for a new one. */
static bool
look_again(struct job *j, unsigned source, long status)
{
	struct source *s = &j->sources[source];
	char why[64];

	if (!s->final)		/* another transfer met the same end */
		return true;
	snprintf(why, sizeof why, "answers with status %ld", status);
	if (++s->n_looks >= LOOKS_MAX)
		return source_kill(j, source, status == 404 || status == 410 ? ERR_NOT_FOUND : ERR_NETWORK, why);
	free(s->final);
	s->final = NULL;
	return true;
}

static bool
take_status(struct job *j, unsigned source, size_t index, const struct wire_answer *a)
{
	char why[80];

	if (a->status == 416)
		return source_kill(j, source, ERR_VERIFY, "its file ends before the bytes that were asked for");
	if (a->status == 429 || a->status == 503) {
		if (j->file->has_sha256 && index < j->n_ranges)
			j->ranges[index].source = source_next(j, source);
		return source_pause(j, source, a->retry_after_s);
	}
	if ((a->status >= 300 && a->status < 400) || a->status == 401 || a->status == 403 || a->status == 404 ||
	    a->status == 410)
		return look_again(j, source, a->status);
	snprintf(why, sizeof why, "answers with status %ld", a->status);
	if (a->status < 500 || index >= j->n_ranges)
		return source_kill(j, source, ERR_NETWORK, why);
	err_set(&j->err, ERR_NETWORK, "%s: %s", source_name(&j->sources[source]), why);
	return range_failed(j, index, false);
}

/* A whole file by one stream that was cut off before any range was touched counts for the first that is missing. */
static size_t
range_to_blame(const struct job *j, const struct transfer *t)
{
	size_t i = t->index;

	if (i < j->n_ranges)
		return i;
	for (i = j->first_open; i < j->n_ranges && j->ranges[i].is != RANGE_MISSING; i++)
		;
	return i;
}

static bool
cut_off(struct job *j, const struct transfer *t, size_t index)
{
	const struct source *s = &j->sources[t->source];
	uint64_t enough = j->part->range_size / 16;
	const char *why = t->fault == FAULT_STALLED ? "sent nothing more" : t->wire.ended == WIRE_DONE ?
	    "ended before the file did" : t->wire.why;

	err_set(&j->err, ERR_NETWORK, "%s: %s", source_name(s), why);
	return index >= j->n_ranges ||
	    range_failed(j, index, t->n_got > 0 && t->n_got >= (enough < 1 << 20 ? enough : 1 << 20));
}

bool
range_take_end(struct transfer *t)
{
	struct transfer was = *t;
	struct job *j = t->job;
	struct wire_answer answer = t->wire.answer;
	size_t index = range_to_blame(j, t);

	answer.version = answer.redirect = answer.next = NULL;
	if (was.fault == FAULT_NONE && !was.checked && was.wire.ended == WIRE_DONE &&
	    (answer.status == 200 || answer.status == 206))
		was.fault = check_answer(t);
	job_stop_transfer(t);
	switch (was.fault) {
	case FAULT_DISK:
		return job_fail_err(j, &j->err);
	case FAULT_CANCELLED:
		return true;
	case FAULT_ENDLESS:		/* what it sent before that is judged by its digest */
		return source_kill(j, was.source, ERR_NETWORK, "sends more than was asked for");
	case FAULT_CHANGED:
		return source_changed(j, was.source);
	case FAULT_WHOLE_ONLY:
		if (was.stream)
			return source_kill(j, was.source, ERR_NETWORK, "sends other pieces than those that were asked for");
		j->sources[was.source].whole_only = true;
		return true;
	default:
		break;
	}
	if (was.wire.ended == WIRE_UNTRUSTED)
		return source_kill(j, was.source, ERR_NETWORK, "its certificate is not one that is trusted");
	if (was.fault == FAULT_NONE && answer.status != 0 && answer.status != 200 && answer.status != 206)
		return take_status(j, was.source, index, &answer);
	if (was.fault == FAULT_NONE && was.wire.ended == WIRE_DONE && was.at == was.end)
		return true;
	return cut_off(j, &was, index);
}

/* ---- judgement ---- */

static bool
is_good(const struct job *j, const struct digest_range *done)
{
	const struct part_range *was = &j->part->ranges[done->index];

	if (done->errnum)
		return false;
	if (j->file->ranges && memcmp(j->file->ranges[done->index], done->xxh3, DIGEST_XXH3_SIZE) != 0)
		return false;
	return j->ranges[done->index].is != RANGE_CHECKING || memcmp(was->xxh3, done->xxh3, DIGEST_XXH3_SIZE) == 0;
}

static bool
begin_again(struct job *j, const struct digest_range *done)
{
	struct range *r = &j->ranges[done->index];
	bool was_fetched = r->is != RANGE_CHECKING;
	uint64_t begin = done->index * j->part->range_size;

	digest_ranges_reset(j->digests, done->index);
	r->is = RANGE_MISSING;
	r->n = r->n_told = 0;
	j->part->ranges[done->index].n = 0;
	if (done->index < j->first_open)
		j->first_open = done->index;
	if (!was_fetched)
		return true;
	if (done->errnum)
		return job_fail(j, ERR_FAILED, "%s: what was written cannot be read back: %s", j->file->name,
		    strerror(done->errnum));
	err_set(&j->err, ERR_VERIFY, "%s: bytes %llu to %llu are not those that the registry promises",
	    source_name(&j->sources[r->source]), (unsigned long long)begin,
	    (unsigned long long)(begin + part_range_length(j->part, done->index) - 1));
	if (++r->n_bad >= TRIES_OF_A_SOURCE * source_count(j))
		return job_fail_err(j, &j->err);
	return range_failed(j, done->index, true);
}

static void
accept_range(struct job *j, const struct digest_range *done)
{
	struct range *r = &j->ranges[done->index];
	struct source *s = &j->sources[r->source];

	digest_ranges_accept(j->digests, done->index);
	j->part->ranges[done->index].n = done->n;
	memcpy(j->part->ranges[done->index].xxh3, done->xxh3, DIGEST_XXH3_SIZE);
	if (r->is == RANGE_HASHING)
		s->n_busy = s->n_looks = 0;
	r->is = RANGE_GOOD;
	j->n_good++;
}

bool
range_collect(struct job *j)
{
	struct digest_range done;
	bool ok = true;

	while (ok && digest_ranges_next(j->digests, &done)) {
		j->n_checking -= j->ranges[done.index].is == RANGE_CHECKING;
		if (is_good(j, &done))
			accept_range(j, &done);
		else
			ok = begin_again(j, &done);
	}
	/* A few at a time: the queue to the digests must stay free for what arrives. */
	for (; ok && j->next_check < j->n_ranges && j->n_checking < CHECKS_AT_ONCE; j->next_check++) {
		if (j->ranges[j->next_check].is != RANGE_CHECKING)
			continue;
		digest_ranges_add(j->digests, j->next_check, j->ranges[j->next_check].n);
		j->n_checking++;
	}
	return ok;
}

/* ---- writing down ---- */

/* What the digests know of the open ranges goes into the part's state; the bytes on disk that it lacks then. */
static uint64_t
note_progress(struct job *j, bool wait)
{
	struct digest_range at;
	uint64_t behind = 0;

	for (size_t i = j->first_open; i < j->n_ranges; i++) {
		struct part_range *p = &j->part->ranges[i];

		if (j->ranges[i].is == RANGE_CHECKING || j->ranges[i].is == RANGE_GOOD || j->ranges[i].n == 0)
			continue;
		tell_digests(j, i);
		digest_ranges_at(j->digests, i, wait, &at);
		p->n = at.n;
		memcpy(p->xxh3, at.xxh3, DIGEST_XXH3_SIZE);
		behind += j->ranges[i].n - at.n;
	}
	return behind;
}

bool
range_save(struct job *j, bool now)
{
	uint64_t share = j->part->range_size / KILL_SHARES;
	struct err e = {0};

	if (!j->ready)
		return true;
	if (!now && j->n_unsaved < KILL_BEFORE_PIECE * share && (j->n_unsaved == 0 || clock_s() < j->saved_s + SAVE_S))
		return true;
	/* The digests are a moment behind; they are waited for where that would cost too much. */
	j->n_unsaved = note_progress(j, now);
	if (j->n_unsaved >= KILL_AFTER_SAVE * share && j->n_unsaved > 0)
		j->n_unsaved = note_progress(j, true);
	j->saved_s = clock_s();
	return store_part_save(j->store_part, &e) || job_fail_err(j, &e);
}
