/* What a download would bring, and whether it may; see pull.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/base/mem.h"
#include "registry/badge.h"
#include "registry/near.h"
#include "registry/pull.h"
#include "registry/resolve.h"
#include "registry/search.h"
#include "registry/variant.h"

bool
pull_is_open_licence(const char *licence)
{
	static const char *const open[] = {
		"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "Unlicense",
		"0BSD", "MIT-0", "Zlib",
	};

	for (size_t i = 0; licence && i < ARRAY_LEN(open); i++)
		if (near_same(licence, open[i]))
			return true;
	return licence == NULL;
}

void
pull_add_source(struct buf *out, const struct entry_file *file)
{
	const struct entry_source *s = file->sources;

	if (file->n_sources == 0)
		buf_add_str(out, "nowhere");
	else
		buf_printf(out, "%s%s", s->kind == ENTRY_HUB ? "hf:" : "", s->url_or_repo);
}

/* ---- which model ---- */

static bool
plan_address(struct pull_plan *p, const struct pull_from *from, const char *name, struct err *e)
{
	struct hub_ref ref;
	bool ok;

	if (!hub_ref_parse(&ref, name, e))
		return false;
	if (from->offline && ref.kind == HUB_REPO) {
		hub_ref_done(&ref);
		return err_set(e, ERR_NETWORK, "the network is off (--offline, network.offline), and %s has to be asked for", name);
	}
	ok = hub_list(&ref, &from->fetch, &p->listing, e);
	if (ok && p->listing.n_chosen > ENTRY_FILES_MAX)
		ok = err_set(e, ERR_FAILED, "%s: consists of %zu files; at most %d are allowed", name, p->listing.n_chosen,
		    ENTRY_FILES_MAX);
	if (ok) {
		p->entry = &p->listing.entry;
		p->registry = ref.kind == HUB_REPO ? "hub" : "address";
		p->folder = mem_dup(p->entry->id);
		p->is_folder = p->listing.is_directory;
		p->is_gated = p->listing.gated;
		p->weights = &p->entry->files[0];
	}
	hub_ref_done(&ref);
	return ok;
}

/* What is named; else what is on this machine; else what fits, and as the last choice what is recommended. */
static const struct entry_file *
choose(const struct pull_plan *p, const struct pull_from *from, const char *format)
{
	struct search_query q = {.memory_bytes = from->memory_bytes};
	const struct entry_file *f;
	struct store_seen seen;

	if (format)
		return variant_find(p->entry, format);
	for (size_t i = 0; i < p->entry->n_files; i++)
		if (p->entry->files[i].role == ENTRY_WEIGHTS &&
		    store_look(from->store, p->folder, p->entry->files[i].name, &seen, NULL) && seen.trust == STORE_VERIFIED)
			return &p->entry->files[i];
	f = search_file(p->entry, &q);
	return f ? f : entry_find_file(p->entry, NULL);
}

static bool
plan_name(struct pull_plan *p, const struct pull_from *from, const char *name, struct err *e)
{
	const struct catalog_model *m;
	const char *format;
	char *bare;
	size_t n;
	struct buf folder = {0};

	if (resolve_is_plain(name))
		return err_set(e, ERR_USAGE, strcmp(name, RESOLVE_GUIDE) == 0 ? "the guide is part of minnow; there is nothing to "
		    "download" : "\"%s\" is a path: pull takes a name of minnow search, hf:OWNER/NAME or an https address", name);
	format = resolve_format(name, &n);
	bare = mem_dup_bytes(name, n + 1);
	bare[n] = '\0';
	m = catalog_find(from->catalog, bare, e);
	free(bare);
	if (!m)
		return false;
	p->entry = &m->entry;
	p->registry = m->registry;
	p->card = m->card;
	badge_folder(&folder, m->registry, m->entry.id);
	p->folder = buf_take(&folder);
	p->weights = choose(p, from, format);
	if (!p->weights)
		return format ? variant_is_missing(p->entry, format, e) :
		    err_set(e, ERR_NOT_FOUND, "%s has no file that can be downloaded (minnow show %s tells why)", name, m->entry.id);
	return true;
}

/* ---- its files ---- */

static bool
same_source(const struct entry_file *a, const struct entry_file *b)
{
	const struct entry_source *x = a->sources, *y = b->sources;

	return a->n_sources && b->n_sources && x->kind == y->kind && strcmp(x->url_or_repo, y->url_or_repo) == 0 &&
	    strcmp(x->path ? x->path : "", y->path ? y->path : "") == 0 &&
	    strcmp(x->revision ? x->revision : "", y->revision ? y->revision : "") == 0;
}

/* What the first download of the same address had. */
static const struct entry_file *
learnt_before(const struct pull_plan *p, const struct entry_file *f)
{
	for (size_t i = 0; p->has_before && i < p->before.entry.n_files; i++) {
		const struct entry_file *old = &p->before.entry.files[i];

		if (old->has_sha256 && near_same(old->name, f->name) && same_source(old, f))
			return old;
	}
	return NULL;
}

static bool
look_at_file(struct pull_plan *p, const struct pull_from *from, struct pull_file *f, struct err *e)
{
	const struct entry_file *old = f->file.has_sha256 ? NULL : learnt_before(p, &f->file);
	struct store_seen seen;
	bool have;

	if (old) {
		f->file.has_sha256 = true;
		memcpy(f->file.sha256, old->sha256, sizeof f->file.sha256);
		f->file.size = old->size;
	}
	if (!fetch_look(from->store, p->folder, &f->file, 0, &from->fetch, &have, &f->n_there, e) ||
	    !store_look(from->store, p->folder, f->file.name, &seen, e))
		return err_wrap(e, "%s", f->file.name);
	f->is_here = have;
	/* A model that came another way, of which no digest is known, is what it is. */
	if (!f->file.has_sha256 && seen.trust == STORE_VERIFIED && !p->has_before) {
		f->is_here = true;
		f->file.size = seen.size;
	}
	f->replaces = !f->is_here && seen.trust == STORE_VERIFIED;
	p->has_unknown |= f->file.size == 0;
	p->bytes += f->file.size;
	p->bytes_here += f->is_here ? f->file.size : f->n_there;
	return true;
}

static bool
add_file(struct pull_plan *p, const struct pull_from *from, const struct entry_file *file, struct err *e)
{
	struct pull_file *f = &p->files[p->n_files++];

	*f = (struct pull_file){.file = *file};
	return look_at_file(p, from, f, e);
}

/* Texts first: whoever has to agree to them has not waited for gigabytes. */
static bool
list_files(struct pull_plan *p, const struct pull_from *from, struct err *e)
{
	bool takes[ENTRY_FILES_MAX] = {false};
	size_t n = p->entry->n_files;
	struct variant v;

	if (p->listing.n_chosen) {
		n = p->listing.n_chosen;
		memset(takes, 1, n);
	} else {
		variant_of(&v, p->entry, p->weights, from->with_projector, from->with_draft);
		memcpy(takes, v.takes, sizeof takes);
		p->weights = v.weights;
		p->is_folder = v.is_folder;
	}
	p->files = mem_new0(n + 1, sizeof *p->files);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++)
			if (takes[i] && (p->entry->files[i].role == ENTRY_LICENSE) == (pass == 0) &&
			    !add_file(p, from, &p->entry->files[i], e))
				return false;
	return true;
}

/* ---- whether it may ---- */

static bool
needs_network(const struct entry_file *f)
{
	for (size_t i = 0; i < f->n_sources; i++)
		if (f->sources[i].kind == ENTRY_URL && strncmp(f->sources[i].url_or_repo, "file://", 7) == 0)
			return false;
	return true;
}

static bool
check_offline(const struct pull_plan *p, const struct pull_from *from, struct err *e)
{
	for (size_t i = 0; from->offline && i < p->n_files; i++)
		if (!p->files[i].is_here && needs_network(&p->files[i].file))
			return err_set(e, ERR_NETWORK, "the network is off (--offline, network.offline), and %s is not on this machine",
			    p->files[i].file.name);
	return true;
}

static bool
check_room(struct pull_plan *p, const struct pull_from *from, struct err *e)
{
	uint64_t need = pull_plan_bytes_left(p);
	struct statvfs fs;

	p->disk_free = UINT64_MAX;
	if (statvfs(store_root(from->store), &fs) == 0 &&
	    __builtin_mul_overflow((uint64_t)fs.f_bavail, (uint64_t)fs.f_frsize, &p->disk_free))
		p->disk_free = UINT64_MAX;
	if (need > p->disk_free)
		return err_set(e, ERR_NO_SPACE, "%s needs %.1f MB more, the disk of %s has %.1f MB left (minnow gc may make room)",
		    p->name, (double)need * 1e-6, store_root(from->store), (double)p->disk_free * 1e-6);
	return true;
}

/* Whether the text of a licence is another one is seen when it is here. */
static void
add_replaced(struct pull_plan *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		if (p->files[i].replaces && (p->files[i].file.role != ENTRY_LICENSE || p->files[i].file.has_sha256))
			buf_printf(&p->changes, "file: %s is another one now\n", p->files[i].file.name);
}

static bool
complete(struct pull_plan *p, const struct pull_from *from, struct err *e)
{
	struct err why = {0};
	bool missing;
	size_t n_changes = 0;

	p->has_before = kept_read(from->store, p->folder, &p->before, &missing, &why);
	if (!p->has_before && !missing) {
		if (e)
			*e = why;
		return err_wrap(e, "what is kept of %s", p->folder);
	}
	if (p->has_before && strcmp(p->before.registry, p->registry) != 0)
		return err_set(e, ERR_USAGE, "%s came from %s; minnow rm %s first", p->folder, p->before.registry, p->folder);
	if (!list_files(p, from, e))
		return false;
	if (p->has_before)
		n_changes = kept_changes(&p->before.entry, p->entry, &p->changes);
	add_replaced(p);
	p->must_accept = !pull_is_open_licence(p->entry->license) && !(p->has_before && p->before.accepted && n_changes == 0);
	if (from->elsewhere && !from->elsewhere(from->arg, p, &p->is_elsewhere, e))
		return false;
	return p->is_elsewhere || (check_offline(p, from, e) && check_room(p, from, e));
}

bool
pull_plan_make(struct pull_plan *p, const struct pull_from *from, const char *name, struct err *e)
{
	bool ok;

	*p = (struct pull_plan){.name = mem_dup(name)};
	ok = resolve_is_address(name) ? plan_address(p, from, name, e) : plan_name(p, from, name, e);
	return ok && complete(p, from, e);
}

void
pull_plan_done(struct pull_plan *p)
{
	free(p->name);
	free(p->folder);
	free(p->files);
	buf_done(&p->changes);
	hub_listing_done(&p->listing);
	kept_done(&p->before);
	*p = (struct pull_plan){0};
}

bool
pull_plan_is_done(const struct pull_plan *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		if (!p->files[i].is_here)
			return false;
	return true;
}

uint64_t
pull_plan_bytes_left(const struct pull_plan *p)
{
	return p->bytes > p->bytes_here ? p->bytes - p->bytes_here : 0;
}
