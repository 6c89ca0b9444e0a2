/* minnow sync: the registries brought up to date, one after the other; one that is refused does not hold up the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/outcome.h"
#include "tui/i18n.h"
#include "tui/say.h"

struct sync_opts {
	bool json, all;
};

enum { SHOWN_MAX = 20 };

/* The most serious failure is the one that the program ends with; the others are told at once. */
static unsigned
how_serious(enum err_kind kind)
{
	static const enum err_kind order[] = {ERR_NETWORK, ERR_NO_SPACE, ERR_VERIFY, ERR_CANCELLED};

	for (unsigned i = 0; i < ARRAY_LEN(order); i++)
		if (order[i] == kind)
			return i + 1;
	return 0;
}

static void
fail(struct err *worst, const struct err *why)
{
	const struct err *less = why;
	struct err was = *worst;

	if (!worst->kind || how_serious(why->kind) > how_serious(worst->kind)) {
		*worst = *why;
		less = &was;
	}
	if (less->kind)
		say("sync", "%s", less->text);
}

struct syncing {
	const struct models *m;
	const struct sync_opts *opts;
	json_t *list;
	struct err worst;
};

/* The registry is brought in and can be used, but a host that shows it may do so for ever: whoever asked whether there is
 * anything new has got no answer. */
static void
fail_stale(struct syncing *s, struct outcome *o)
{
	struct err why = {0};

	err_set(&why, ERR_VERIFY, "%s: %s", o->row->name, o->result.warning);
	fail(&s->worst, &why);
	*o->result.warning = '\0';		/* said */
}

static bool
sync_one(struct syncing *s, const struct registry_row *row, struct err *e)
{
	struct buf out = {0};
	struct outcome o;
	bool ok = true;

	outcome_run(&o, row, NULL);
	if (s->opts->json)
		json_array_append_new(s->list, outcome_json(&o));
	if (!o.ok) {
		fail(&s->worst, &o.why);
	} else {
		if (o.result.is_stale)
			fail_stale(s, &o);
		outcome_warn(&o);
		if (!s->opts->json) {
			outcome_add(s->m, &out, &o, s->opts->all ? 0 : SHOWN_MAX);
			ok = models_print(&out, e);
			fflush(stdout);
		}
	}
	outcome_done(&o);
	return ok;
}

static bool
sync_all(struct syncing *s, const struct registries *r, const struct cmd_call *call, struct err *e)
{
	size_t n = call->n_args ? (size_t)call->n_args : r->n;
	bool ok = true;

	/* All names first: a wrong one changes nothing. */
	for (int i = 0; i < call->n_args; i++)
		if (!registries_find(r, call->args[i], e))
			return false;
	for (size_t i = 0; ok && i < n && s->worst.kind != ERR_CANCELLED; i++)
		ok = sync_one(s, call->n_args ? registries_find(r, call->args[i], e) : &r->rows[i], e);
	if (ok && s->opts->json)
		ok = models_print_json(json_incref(s->list), e);
	else if (ok && n == 0)
		puts(_("No registry was added; the built-in one comes with the program. minnow help registry tells how to add one."));
	return ok && (!s->worst.kind || err_set(e, s->worst.kind, "%s", s->worst.text));
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct models m;
	struct registries r = {0};
	struct syncing s = {.m = &m, .opts = call->opts, .list = json_array()};
	bool ok = models_start(&m, e) && registries_load(&r, &m.config, e) && sync_all(&s, &r, call, e);

	json_decref(s.list);
	registries_done(&r);
	models_close(&m);
	return ok;
}

#define AT(field) offsetof(struct sync_opts, field)

static const struct opt opts[] = {
	{"all", 'a', OPT_FLAG, NULL, N_("list every model that changed, not only the first twenty"), AT(all), 0, 0, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("print a JSON list, one object a registry"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_sync = {
	.name = "sync",
	.args = "[REGISTRY...]",
	.summary = N_("bring the registries up to date"),
	.details = N_("Fetches what is new of every registry that was added (minnow registry add), or of those named, and says what "
	    "changed: new and removed models, and for others each member of the entry, as the licence, the chat format or the "
	    "hash of a file.\n"
	    "Everything is checked before any of it counts: enough keys must have signed, the version never goes back, history is "
	    "never rewritten, and every file is as the signed index lists it. A registry that fails is named with the reason and "
	    "stays as it was; the others go on. The exit status is then 4, or 5 when a host could not be reached.\n"
	    "A registry whose newest index has expired is brought in and can be used, but the exit status is 4 and every use "
	    "of it warns: its host may be holding back newer ones.\n"
	    "Where the output is no terminal: one line a registry (name; first, version or same; version now; version before) and "
	    "one a model (name; new, changed, removed or card; model; details), with tabs between.\n"
	    "\n"
	    "  minnow sync\n"
	    "  minnow sync core --json"),
	.opts = opts,
	.opts_size = sizeof(struct sync_opts),
	.max_args = -1,
	.run = run,
};
