/* Fetching what was planned; see pull.h. */
#include "registry/pull.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "registry/near.h"

struct pull {
	const struct pull_plan *plan;
	const struct pull_options *options;
	struct store *store;
	const struct pull_file *file;		/* that is being fetched */
	uint64_t n_before;			/* bytes of the files before it */
	uint64_t size;				/* of all files, as far as it is known by now; 0: not */
	struct fetch_result *results;		/* by the plan's files */
	bool *had;
};

/* ---- telling ---- */

static void
tell(struct pull *p, enum pull_event_kind kind, const struct fetch_progress *progress, const struct fetch_result *result,
    bool had)
{
	struct pull_event ev = {.kind = kind, .plan = p->plan, .file = p->file, .n = p->n_before, .size = p->size,
	    .seconds_left = -1, .had = had};

	if (!p->options->event)
		return;
	if (progress) {
		ev.progress = *progress;
		ev.n += progress->n;
		if (progress->bytes_per_s > 0 && ev.size >= ev.n)
			ev.seconds_left = (double)(ev.size - ev.n) / progress->bytes_per_s;
	}
	if (result) {
		ev.result = *result;
		ev.n += result->size;
	}
	p->options->event(p->options->arg, &ev);
}

static void
on_progress(void *arg, const struct fetch_progress *progress)
{
	struct pull *p = arg;

	/* A size that was not known is once the file's is the only one. */
	if (!p->size && p->plan->n_files == 1)
		p->size = progress->size;
	tell(p, PULL_PROGRESS, progress, NULL, false);
}

static void
on_waiting(void *arg)
{
	tell(arg, PULL_WAIT, NULL, NULL, false);
}

/* ---- fetching ---- */

static bool
take_here(struct pull *p, size_t i, struct err *e)
{
	struct store_seen seen;

	/* A name of its own for bytes that another model has; nothing is fetched for it. */
	if (p->file->file.has_sha256 &&
	    !store_link(p->store, p->file->file.sha256, p->plan->folder, p->file->file.name, e))
		return false;
	if (!store_look(p->store, p->plan->folder, p->file->file.name, &seen, e))
		return false;
	p->results[i] = (struct fetch_result){.size = seen.size, .trust = seen.pinned ? FETCH_LEARNT : FETCH_ENTRY};
	memcpy(p->results[i].sha256, seen.sha256, sizeof seen.sha256);
	p->had[i] = true;
	return true;
}

static bool
fetch_file(struct pull *p, size_t i, struct err *e)
{
	struct fetch_options o = p->options->fetch;

	p->file = &p->plan->files[i];
	tell(p, PULL_BEGIN, NULL, NULL, false);
	o.progress = on_progress;
	o.waiting = on_waiting;
	o.arg = p;
	if (!o.limit)
		o.limit = entry_file_limit(p->plan->entry, &p->file->file);
	if (p->file->is_here ? !take_here(p, i, e) :
	    !fetch_into(p->store, p->plan->folder, &p->file->file, 0, &o, &p->results[i], &p->had[i], e))
		return false;
	tell(p, PULL_END, NULL, &p->results[i], p->had[i]);
	p->n_before += p->results[i].size;
	return true;
}

/* A licence whose digest nobody knew before it came: is it what was there before? */
static bool
check_licence(struct pull *p, size_t i, struct err *e)
{
	const struct pull_file *f = &p->plan->files[i];
	struct buf changes = {0};
	bool ok = true;

	if (f->file.role != ENTRY_LICENSE || f->file.has_sha256 || !p->plan->has_before)
		return true;
	for (size_t k = 0; k < p->plan->before.entry.n_files; k++) {
		const struct entry_file *old = &p->plan->before.entry.files[k];

		if (old->role == ENTRY_LICENSE && old->has_sha256 && near_same(old->name, f->file.name) &&
		    memcmp(old->sha256, p->results[i].sha256, sizeof old->sha256) != 0)
			buf_printf(&changes, "licence: %s has another text\n", f->file.name);
	}
	if (changes.len)
		ok = (p->options->accept && p->options->accept(p->options->arg, buf_str(&changes))) ||
		    err_set(e, ERR_USAGE, "the text of the licence of %s changed, and was not accepted", p->plan->name);
	buf_done(&changes);
	return ok;
}

/* ---- keeping ---- */

static const struct fetch_result *
result_of(const struct pull *p, const char *file)
{
	for (size_t i = 0; i < p->plan->n_files; i++)
		if (strcmp(p->plan->files[i].file.name, file) == 0)
			return &p->results[i];
	return NULL;
}

static void
keep_file(const struct pull *p, struct entry *out, const struct entry_file *f)
{
	const struct fetch_result *r = result_of(p, f->name);
	struct entry_file copy = *f;

	if (out->n_files == ENTRY_FILES_MAX)
		return;
	if (r) {
		copy.has_sha256 = true;
		copy.size = r->size;
		memcpy(copy.sha256, r->sha256, sizeof copy.sha256);
	}
	/* What steers a model is not written down without its digest. */
	if ((copy.role == ENTRY_TEMPLATE || copy.role == ENTRY_TOKENIZER || copy.role == ENTRY_LICENSE) &&
	    !(copy.has_sha256 && copy.size))
		return;
	out->files[out->n_files++] = copy;
}

static bool
has_file(const struct entry *en, const char *name)
{
	for (size_t i = 0; i < en->n_files; i++)
		if (near_same(en->files[i].name, name))
			return true;
	return false;
}

/* The registry's entry with what was learnt.  Of a hub's listing only what was fetched, and what was before. */
static bool
keep(struct pull *p, struct err *e)
{
	const struct entry *en = p->plan->entry, *before = &p->plan->before.entry;
	bool is_listing = p->plan->listing.n_chosen > 0, ok;
	struct kept kept = {.registry = (char *)(uintptr_t)p->plan->registry, .card = (char *)(uintptr_t)p->plan->card,
	    .date = (uint64_t)time(NULL), .entry = *en};

	kept.accepted = p->options->accepted || (!p->plan->must_accept && p->plan->has_before && p->plan->before.accepted);
	kept.entry.files = mem_new0(ENTRY_FILES_MAX, sizeof *kept.entry.files);
	kept.entry.n_files = 0;
	for (size_t i = 0; i < (is_listing ? p->plan->listing.n_chosen : en->n_files); i++)
		keep_file(p, &kept.entry, &en->files[i]);
	for (size_t i = 0; i < before->n_files; i++)
		if (!has_file(&kept.entry, before->files[i].name))
			keep_file(p, &kept.entry, &before->files[i]);
	ok = kept_save(p->store, p->plan->folder, &kept, e);
	free(kept.entry.files);
	return ok;
}

bool
pull_run(const struct pull_plan *plan, struct store *s, const struct pull_options *o, struct err *e)
{
	struct pull p = {.plan = plan, .options = o, .store = s, .size = plan->has_unknown ? 0 : plan->bytes};
	bool ok = true;

	if (plan->must_accept && !o->accepted)
		return err_set(e, ERR_USAGE, "the licence of %s (%s) was not accepted", plan->name, plan->entry->license);
	p.results = mem_new0(plan->n_files + 1, sizeof *p.results);
	p.had = mem_new0(plan->n_files + 1, sizeof *p.had);
	for (size_t i = 0; ok && i < plan->n_files; i++)
		ok = fetch_file(&p, i, e) && check_licence(&p, i, e);
	ok = ok && keep(&p, e);
	free(p.results);
	free(p.had);
	return ok;
}
