/* minnow pull: what a download brings is told first, asked where there is somebody to ask, and done. */
#include "tui/cmd/pull.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "tui/cmd/ask.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/fetching.h"
#include "tui/cmd/models.h"
#include "tui/cmd/pull_elsewhere.h"
#include "tui/cmd/pull_tell.h"
#include "tui/cmd/watch.h"
#include "tui/i18n.h"
#include "tui/say.h"

struct pull_opts {
	struct opt_list entries;
	struct fetching_opts fetching;
	bool yes, accept_license, projector, draft, own, json;
};

#define REGISTRY_LOCAL "local"		/* of entries that are given as files */

/* One run of the command. */
struct work_of {
	const struct pull_opts *o;
	struct models m;
	struct store *store;
	struct pull_plan *plans;
	size_t n_plans;
	struct pull_tell tell;
	struct watch watch;
	struct pull_elsewhere elsewhere;
	bool can_ask;
};

static bool
add_entry(struct work_of *w, const char *path, struct buf *name, struct err *e)
{
	struct buf text = {0}, place = {0};
	struct entry en;
	bool ok = fs_read(&text, path, ENTRY_BYTES_MAX, e);

	if (ok && !entry_parse(&en, buf_str(&text), text.len, e))
		ok = err_wrap(e, "%s", path);
	else if (ok) {
		buf_printf(&place, "models/%s/%s/entry.json", en.family, en.id);
		buf_printf(name, REGISTRY_LOCAL "/%s", en.id);
		ok = catalog_add(w->m.catalog, REGISTRY_LOCAL, place.data, text.data, text.len, e);
		entry_done(&en);
	}
	buf_done(&text);
	buf_done(&place);
	return ok;
}

/* ---- planning ---- */

static bool
ask_in_place(const struct pull_plan *p, const struct adopt_model *model, enum elsewhere_how how)
{
	const char *title = adopt_kind_title(model->kind);
	struct buf question = {0};
	bool yes;

	if (how == ELSEWHERE_SIZE)
		buf_printf(&question, _("%s has a file of the size of %s on this machine ("), title, p->weights->name);
	else
		buf_printf(&question, _("%s has %s on this machine already ("), title, p->weights->name);
	models_add_size(&question, model->size);
	buf_printf(&question, "):\n  %s\n%s", model->path, how == ELSEWHERE_SIZE ?
	    _("Read it, and if it is the same use it there and download nothing?") : _("Use it there, and download nothing?"));
	yes = ask_yes(buf_str(&question), true);
	buf_done(&question);
	return yes;
}

static void
tell_of_program(const struct adopt_model *model, enum elsewhere_how how)
{
	struct buf line = {0};

	buf_printf(&line, how == ELSEWHERE_SIZE ? _("%s may have it on this machine already: minnow import %s uses it there\n") :
	    _("%s has it on this machine already: minnow import %s uses it there\n"), adopt_kind_title(model->kind), model->title);
	say_lines(buf_str(&line));
	buf_done(&line);
}

/* In use already: the person decided when it was imported.  Only found: it is asked where there is somebody to ask. */
static bool
on_elsewhere(void *arg, const struct pull_plan *p, bool *is, struct err *e)
{
	struct work_of *w = arg;
	const struct adopt_model *model;
	enum elsewhere_how how;
	struct err why = {0};
	bool asks = w->can_ask && !w->o->yes && !w->o->json, ok;

	model = pull_elsewhere_find(&w->elsewhere, &w->m, p, &how);
	if (!model)
		return true;
	if (how != ELSEWHERE_IN_USE && !asks) {
		if (!w->o->json)
			tell_of_program(model, how);
		return true;
	}
	watch_end(&w->watch);
	if (how != ELSEWHERE_IN_USE && !ask_in_place(p, model, how))
		return watch_begin(&w->watch, e);
	ok = pull_elsewhere_use(&w->elsewhere, p, model, how, &why);
	if (!watch_begin(&w->watch, e))
		return false;
	if (!ok && why.kind == ERR_CANCELLED)
		return err_set(e, ERR_CANCELLED, "interrupted");
	if (ok) {
		pull_tell_elsewhere(&w->tell, p, model);
	} else {
		say_lines(why.text);
		say_lines("\n");
	}
	*is = ok;
	return true;
}

static bool
plan_one(struct work_of *w, const char *name, struct err *e)
{
	struct pull_from from = {.catalog = w->m.catalog, .store = w->store, .memory_bytes = models_memory(),
	    .offline = w->m.config.network_offline, .with_projector = w->o->projector,
	    .with_draft = w->o->draft, .fetch = fetching_options(&w->m.config, &w->watch.cancel),
	    .elsewhere = w->o->own ? NULL : on_elsewhere, .arg = w};

	return pull_plan_make(&w->plans[w->n_plans++], &from, name, e);
}

static bool
plan_all(struct work_of *w, const char *const *names, size_t n, struct err *e)
{
	const struct opt_list *entries = &w->o->entries;
	bool ok = true;

	w->plans = mem_new0(n + entries->n + 1, sizeof *w->plans);
	for (size_t i = 0; ok && i < entries->n; i++) {
		struct buf name = {0};

		ok = add_entry(w, entries->at[i], &name, e) && plan_one(w, buf_str(&name), e);
		buf_done(&name);
	}
	for (size_t i = 0; ok && i < n; i++)
		ok = plan_one(w, names[i], e);
	return ok;
}

/* Each plan looked at the disk for itself alone. */
static bool
check_room(const struct work_of *w, struct err *e)
{
	uint64_t need = 0, disk_free = UINT64_MAX;

	for (size_t i = 0; i < w->n_plans; i++)
		if (!w->plans[i].is_elsewhere)
			disk_free = w->plans[i].disk_free;
	for (size_t i = 0; i < w->n_plans; i++)
		need += w->plans[i].is_elsewhere ? 0 : pull_plan_bytes_left(&w->plans[i]);
	if (w->n_plans > 1 && need > disk_free)
		return err_set(e, ERR_NO_SPACE, "together they need %.1f MB more, the disk of %s has %.1f MB left", (double)need * 1e-6,
		    store_root(w->store), (double)disk_free * 1e-6);
	return true;
}

/* ---- asking ---- */

/* What of all plans wants a word of the person. */
struct wants {
	uint64_t bytes;
	bool unknown, todo, accept, changed;
	struct buf licences;
};

static struct wants
collect(const struct work_of *w)
{
	struct wants a = {0};

	for (size_t i = 0; i < w->n_plans; i++) {
		const struct pull_plan *p = &w->plans[i];

		if (p->is_elsewhere)
			continue;
		a.bytes += pull_plan_bytes_left(p);
		a.todo |= !pull_plan_is_done(p);
		a.unknown |= p->has_unknown;
		a.changed |= p->changes.len > 0;
		if (!p->must_accept)
			continue;
		a.accept = true;
		if (!strstr(buf_str(&a.licences), p->entry->license))
			buf_printf(&a.licences, "%s\"%s\"", a.licences.len ? ", " : "", p->entry->license);
	}
	return a;
}

static bool
ask_person(const struct wants *a)
{
	struct buf question = {0};
	bool yes;

	if (a->accept)
		buf_printf(&question, _("Accept the licence %s%s"), buf_str(&a->licences), a->todo ? _(" and download ") : "");
	else
		buf_add_str(&question, a->todo ? _("Download ") : _("Go on with what changed"));
	if (a->todo && a->bytes)
		models_add_size(&question, a->bytes);
	else if (a->todo)
		buf_add_str(&question, _("it"));
	if (a->todo && a->bytes && a->unknown)
		buf_add_str(&question, _(" and more"));
	buf_add_char(&question, '?');
	yes = ask_yes(buf_str(&question), !a->accept);
	buf_done(&question);
	return yes;
}

/* *ACCEPTED: the licences were, in words or by the option. */
static bool
may_go_on(const struct work_of *w, bool *accepted, struct err *e)
{
	struct wants a = collect(w);
	bool ok = true, asks = w->can_ask && !w->o->yes;

	*accepted = w->o->accept_license && a.accept;
	if (asks && (a.todo || a.accept || a.changed)) {
		ok = ask_person(&a) || err_set(e, ERR_FAILED, "nothing was downloaded");
		*accepted |= ok && a.accept;
	} else if (a.accept && !w->o->accept_license) {
		ok = err_set(e, ERR_USAGE, "the licence %s has to be accepted: say --accept-license once you have read it",
		    buf_str(&a.licences));
	} else if (a.changed && !w->o->yes && !w->o->accept_license) {
		ok = err_set(e, ERR_USAGE, "what is downloaded changed since the last time (see above): say --yes to go on");
	}
	buf_done(&a.licences);
	return ok;
}

/* The text of a licence turned out to be another one, in the midst of it. */
static bool
on_accept(void *arg, const char *changes)
{
	struct work_of *w = arg;
	bool yes = w->o->accept_license;

	pull_tell_clear(&w->tell);
	say_lines(changes);
	if (!yes && w->can_ask && !w->o->yes) {
		watch_end(&w->watch);
		yes = ask_yes(_("Accept it?"), false);
		if (!watch_begin(&w->watch, NULL))
			return false;
	}
	return yes;
}

/* pull_options has one argument for both. */
static void
on_event(void *arg, const struct pull_event *ev)
{
	struct work_of *w = arg;

	pull_tell_event(&w->tell, ev);
}

/* ---- the whole of it ---- */

static bool
fetch_all(struct work_of *w, bool accepted, struct err *e)
{
	struct pull_options o = {.fetch = fetching_options(&w->m.config, &w->watch.cancel), .event = on_event,
	    .accept = on_accept, .arg = w};
	bool ok = true;

	for (size_t i = 0; ok && i < w->n_plans; i++) {
		const struct pull_plan *p = &w->plans[i];

		if (p->is_elsewhere)
			continue;
		o.fetch.allow_file = i < w->o->entries.n || strncmp(p->name, "file://", 7) == 0;
		o.accepted = accepted && p->must_accept;
		ok = pull_run(p, w->store, &o, e);
		if (!ok)
			pull_tell_stopped(&w->tell, p, w->store, e);
		ok = ok && pull_tell_done(&w->tell, p, w->store, e);
	}
	if (!ok && e && e->kind == ERR_CANCELLED)
		err_set(e, ERR_CANCELLED, "interrupted");
	return ok;
}

static bool
pull_names(struct work_of *w, const char *const *names, size_t n, struct err *e)
{
	bool accepted, ok;

	if (!watch_begin(&w->watch, e))
		return false;
	ok = plan_all(w, names, n, e);
	watch_end(&w->watch);
	if (!ok || !check_room(w, e))
		return false;
	for (size_t i = 0; i < w->n_plans; i++)
		if (!w->plans[i].is_elsewhere)
			pull_tell_plan(&w->tell, &w->plans[i]);
	if (!may_go_on(w, &accepted, e) || !watch_begin(&w->watch, e))
		return false;
	ok = fetch_all(w, accepted, e);
	watch_end(&w->watch);
	return ok;
}

static bool
begin(struct work_of *w, const struct pull_opts *o, struct err *e)
{
	*w = (struct work_of){.o = o, .can_ask = ask_can()};
	if (!models_open(&w->m, e) || !models_open_store(&w->m.config, true, &w->store, e))
		return false;
	fetching_apply(&o->fetching, &w->m.config);
	pull_tell_begin(&w->tell, &w->m, o->json);
	return true;
}

static void
end(struct work_of *w)
{
	for (size_t i = 0; i < w->n_plans; i++)
		pull_plan_done(&w->plans[i]);
	free(w->plans);
	pull_elsewhere_done(&w->elsewhere);
	store_close(w->store);
	models_close(&w->m);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct pull_opts *o = call->opts;
	struct work_of w;
	bool ok;

	if (call->n_args == 0 && o->entries.n == 0)
		return err_set(e, ERR_USAGE, "something is missing: minnow pull MODEL... (minnow search finds models)");
	ok = begin(&w, o, e) && pull_names(&w, call->args, (size_t)call->n_args, e);
	end(&w);
	return ok;
}

/* Is NAME something that could be downloaded, and is not here? */
static bool
is_absent(const struct work_of *w, const char *name)
{
	struct resolve_from from = {.catalog = w->m.catalog, .store = w->store, .memory_bytes = models_memory()};
	struct resolved r;
	bool is = resolve(&from, name, &r, NULL) &&
	    ((r.kind == RESOLVE_KNOWN && r.file) || r.kind == RESOLVE_ADDRESS);

	resolve_done(&r);
	return is;
}

bool
pull_offer(const char *name, struct err *e)
{
	const struct pull_opts o = {.fetching = FETCHING_NONE};
	struct work_of w;
	bool ok;

	if (!ask_can() || resolve_is_plain(name))
		return true;
	ok = begin(&w, &o, e);
	if (ok && is_absent(&w, name) && !w.m.config.network_offline)
		ok = pull_names(&w, &name, 1, e);
	end(&w);
	return ok;
}

static void
defaults(void *p)
{
	struct pull_opts *o = p;

	o->fetching = FETCHING_NONE;
}

#define AT(field) offsetof(struct pull_opts, field)

static const struct opt opts[] = {
	{"yes", 'y', OPT_FLAG, NULL, N_("do not ask, not even on a terminal"), AT(yes), 0, 0, NULL},
	{"accept-license", 0, OPT_FLAG, NULL, N_("accept the licence, where it has terms to be accepted"), AT(accept_license), 0, 0, NULL},
	{"projector", 0, OPT_FLAG, NULL, N_("the projector for pictures or sound as well"), AT(projector), 0, 0, NULL},
	{"draft", 0, OPT_FLAG, NULL, N_("the draft model as well"), AT(draft), 0, 0, NULL},
	{"entry", 0, OPT_LIST, "FILE", N_("the model that this entry.json describes; may be repeated"), AT(entries), 0, 0, NULL},
#define FETCHING(name, kind, arg, help, field, min, max) {name, 0, OPT_##kind, arg, help, AT(fetching.field), min, max, NULL},
#include "tui/cmd/fetching.def"
#undef FETCHING
	{"own", 0, OPT_FLAG, NULL, N_("download what another program of this machine has, too"), AT(own), 0, 0, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("print events as JSON lines"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_pull = {
	.name = "pull",
	.args = "MODEL...",
	.summary = N_("download models and verify them"),
	.details = N_("MODEL is a name of minnow search, with a format where another one than the recommended is wanted "
	    "(qwen3-0.6b:q4_k_m); hf:OWNER/NAME with :FORMAT, :FILE or @REVISION for a repository of the hub; or the https "
	    "address of a file, with #sha256=HASH where that is known.\n"
	    "First it says what comes from where, the licence, and what it takes of disk and memory; on a terminal it asks. "
	    "What was interrupted, by Ctrl-C or a power cut, goes on with the same command; two at once share the work. Every "
	    "part is checked as it arrives, and nothing gets its name before it is verified. A hash that no registry names is "
	    "learnt by the first download and demanded from then on.\n"
	    "What another program of this machine has (minnow import), known by its hash, is used where it is, if it was "
	    "imported; on a terminal it is offered even if it was not. --own downloads it all the same.\n"
	    "Off a terminal it does not ask: a licence that has to be accepted then needs --accept-license, and a template, "
	    "licence or origin that changed since the last download needs --yes. Standard output gets one line a model, with tabs "
	    "between: name, path, bytes, SHA-256. With --json: the events plan, begin, wait, progress, end, done, stopped; done "
	    "has a \"program\" where the file is one of another program.\n"
	    "\n"
	    "  minnow pull qwen3-0.6b\n"
	    "  minnow pull hf:Qwen/Qwen3-0.6B-GGUF:Q8_0"),
	.opts = opts,
	.opts_size = sizeof(struct pull_opts),
	.defaults = defaults,
	.max_args = -1,
	.run = run,
};
