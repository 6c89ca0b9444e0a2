/* One registry brought up to date; see outcome.h. */
#include "tui/cmd/outcome.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "registry/canon.h"
#include "registry/digest.h"
#include "registry/snapshot.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text.h"
#include "tui/text_clean.h"

enum { LOOK_MS = 100 };		/* between two looks at signals and progress */

/* The transfer has a thread of its own, so that a silent host does not keep Ctrl-C waiting. */
struct transfer {
	struct sync_source source;
	const char *file;		/* or NULL */
	struct sync_result result;
	struct err why;
	bool ok;
	pthread_mutex_t lock;		/* guards done and the counts */
	pthread_cond_t changed;
	bool done;
	uint64_t bytes;
	unsigned objects, objects_total;
};

static void
on_progress(void *ctx, uint64_t bytes, unsigned objects, unsigned objects_total)
{
	struct transfer *t = ctx;

	pthread_mutex_lock(&t->lock);
	t->bytes = bytes;
	t->objects = objects;
	t->objects_total = objects_total;
	pthread_mutex_unlock(&t->lock);
}

static void *
transfer(void *arg)
{
	struct transfer *t = arg;
	bool ok = t->file ? sync_import(&t->source, t->file, &t->result, &t->why) : sync_fetch(&t->source, &t->result, &t->why);

	pthread_mutex_lock(&t->lock);
	t->ok = ok;
	t->done = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void
tell(struct work *w, const struct transfer *t)
{
	struct buf note = {0};

	if (t->bytes)
		models_add_size(&note, t->bytes);
	else
		buf_add_str(&note, _("asking"));
	work_tell(w, t->objects, t->objects_total ? t->objects_total : 1, buf_str(&note));
	buf_done(&note);
}

static void
wait_for(struct transfer *t, struct work *w)
{
	struct timespec until;

	pthread_mutex_lock(&t->lock);
	while (!t->done) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += LOOK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&t->changed, &t->lock, &until);
		tell(w, t);
	}
	pthread_mutex_unlock(&t->lock);
}

static bool
run_transfer(struct transfer *t, const char *name, struct err *e)
{
	struct buf what = {0};
	struct work w;
	pthread_t thread;
	bool ok;

	buf_printf(&what, _("syncing %s"), name);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	ok = work_begin(&w, buf_str(&what), e);
	if (ok) {
		t->source.limits.cancel = &w.cancel;
		t->source.limits.progress = on_progress;
		t->source.limits.ctx = t;
		ok = pthread_create(&thread, NULL, transfer, t) == 0 || err_set(e, ERR_FAILED, "no thread can be started");
		if (ok) {
			wait_for(t, &w);
			pthread_join(thread, NULL);
		}
		work_end(&w);
	}
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	buf_done(&what);
	if (ok && !t->ok)
		ok = err_set(e, t->why.kind, "%s", t->why.text);
	return ok;
}

bool
outcome_run(struct outcome *o, const struct registry_row *row, const char *file)
{
	struct transfer t = {.source = registries_source(row), .file = file};
	struct err ignored = {0};

	*o = (struct outcome){.row = row};
	o->before = synced_snapshot(row->dir, NULL, &ignored);
	o->ok = run_transfer(&t, row->name, &o->why);
	if (!o->ok)
		return false;
	o->result = t.result;
	o->after = synced_snapshot(row->dir, &o->skipped, &o->why);
	o->ok = o->after || err_wrap(&o->why, "%s", row->name);
	if (o->ok && o->result.has_changed && o->before)
		o->n_changes = synced_changes(o->before, o->after, &o->changes);
	return o->ok;
}

void
outcome_done(struct outcome *o)
{
	free(o->changes);
	snapshot_close(o->before);
	snapshot_close(o->after);
	buf_done(&o->skipped);
	*o = (struct outcome){0};
}

/* ---- in words ---- */

static const char *
kind_of(const struct synced_change *d)
{
	return !d->before ? "new" : !d->after ? "removed" : d->entry_differs ? "changed" : "card";
}

static void
add_part(void *ctx, const char *text)
{
	struct buf *out = ctx;

	buf_printf(out, "%s%s", out->len ? "; " : "", text);
}

static void
describe(const struct models *m, struct buf *out, const struct synced_change *d)
{
	if (!d->before) {
		buf_printf(out, "%s", d->after->entry.name);
		if (d->after->entry.license)
			buf_printf(out, ", %s", d->after->entry.license);
	} else if (!d->after) {
		buf_add_str(out, d->before->entry.name);
	} else {
		if (d->entry_differs)
			models_each_change(m, &d->before->entry, &d->after->entry, add_part, out);
		if (d->card_differs)
			add_part(out, _("another card"));
	}
}

static void
add_change(const struct models *m, struct buf *out, const struct outcome *o, const struct synced_change *d)
{
	const char *id = (d->after ? d->after : d->before)->entry.id;
	struct buf text = {0}, clean = {0};

	describe(m, &text, d);
	if (m->is_terminal) {
		buf_printf(&clean, "%s  %s", id, buf_str(&text));
		buf_clear(&text);
		buf_printf(&text, "  %-*s", text_field(_(kind_of(d)), 9), _(kind_of(d)));
		models_add_paragraph(m, out, buf_str(&text), "           ", buf_str(&clean));
	} else {
		text_clean_line(&clean, buf_str(&text), text.len);
		buf_printf(out, "%s\t%s\t%s\t%s\n", o->row->name, kind_of(d), id, buf_str(&clean));
	}
	buf_done(&text);
	buf_done(&clean);
}

static void
add_counts(struct buf *out, const struct outcome *o)
{
	static const char *const kinds[][2] = {
		{"new", N_("new")}, {"changed", N_("changed")}, {"removed", N_("removed")}, {"card", N_("with another card")},
	};
	bool any = false;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		size_t n = 0;

		for (size_t i = 0; i < o->n_changes; i++)
			n += strcmp(kind_of(&o->changes[i]), kinds[k][0]) == 0;
		if (n)
			buf_printf(out, "%s%zu %s", any ? ", " : ": ", n, _(kinds[k][1]));
		any |= n > 0;
	}
	if (!any)
		buf_add_str(out, _(": no model changed"));
}

static void
add_first(struct buf *out, const struct outcome *o)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(hex, o->result.fingerprint, sizeof o->result.fingerprint);
	buf_printf(out, _("%s: version %" PRIu64 ", %zu models. %s %s"), o->row->name, o->result.version,
	    snapshot_n_models(o->after), o->row->has_fingerprint ? _("Its root has the fingerprint asked for,") :
	    _("From now on the keys of this root are trusted; compare its fingerprint with one that its publisher tells by another "
	    "way:"), hex);
}

static void
add_head(const struct models *m, struct buf *out, const struct outcome *o)
{
	const struct sync_result *r = &o->result;
	struct buf text = {0};

	if (r->is_first)
		add_first(&text, o);
	else if (!r->has_changed)
		buf_printf(&text, _("%s: up to date, version %" PRIu64 ", %zu models"), o->row->name, r->version,
		    snapshot_n_models(o->after));
	else
		buf_printf(&text, _("%s: version %" PRIu64 " %s %" PRIu64), o->row->name, r->version_before, m->glyphs->arrow, r->version);
	if (!r->is_first && r->has_changed)
		add_counts(&text, o);
	if (!r->is_first && r->root != r->root_before)
		buf_printf(&text, _("; its keys changed: root version %" PRIu64 " %s %" PRIu64 ", as the keys before allowed"),
		    r->root_before, m->glyphs->arrow, r->root);
	models_add_paragraph(m, out, "", "  ", buf_str(&text));
	buf_done(&text);
}

void
outcome_add(const struct models *m, struct buf *out, const struct outcome *o, size_t max)
{
	const struct sync_result *r = &o->result;
	size_t n = max && o->n_changes > max ? max : o->n_changes;

	if (m->is_terminal)
		add_head(m, out, o);
	else
		buf_printf(out, "%s\t%s\t%" PRIu64 "\t%" PRIu64 "\n", o->row->name,
		    r->is_first ? "first" : r->has_changed ? "version" : "same", r->version, r->version_before);
	if (!m->is_terminal && !r->is_first && r->root != r->root_before)
		buf_printf(out, "%s\troot\t%" PRIu64 "\t%" PRIu64 "\n", o->row->name, r->root, r->root_before);
	for (size_t i = 0; i < (m->is_terminal ? n : o->n_changes); i++)
		add_change(m, out, o, &o->changes[i]);
	if (m->is_terminal && n < o->n_changes)
		buf_printf(out, _("  and %zu more (--all lists them)\n"), o->n_changes - n);
}

void
outcome_warn(const struct outcome *o)
{
	if (*o->result.warning)
		say(NULL, "%s: %s", o->row->name, o->result.warning);
	for (const char *p = buf_str(&o->skipped); *p; p += strcspn(p, "\n") + 1)
		say(NULL, "%s: left out: %.*s", o->row->name, (int)strcspn(p, "\n"), p);
}

/* ---- JSON ---- */

static json_t *
change_json(const struct synced_change *d)
{
	json_t *j = json_pack("{s:s, s:s}", "what", kind_of(d), "id", (d->after ? d->after : d->before)->entry.id);

	if (d->before && d->after) {
		json_object_set_new(j, "card_differs", json_boolean(d->card_differs));
		json_object_set_new(j, "changes", models_all_changes_json(&d->before->entry, &d->after->entry));
	}
	return j;
}

json_t *
outcome_json(const struct outcome *o)
{
	char hex[DIGEST_HEX_MAX], commit[2 * REPO_ID_BYTES + 1];
	json_t *j = json_pack("{s:s, s:b}", "registry", o->row->name, "ok", o->ok), *list = json_array();

	if (!o->ok) {
		json_object_set_new(j, "error", json_string(o->why.text));
		json_object_set_new(j, "exit", json_integer(o->why.kind));
		json_decref(list);
		return j;
	}
	digest_hex(hex, o->result.fingerprint, sizeof o->result.fingerprint);
	digest_hex(commit, o->result.commit, sizeof o->result.commit);
	json_object_set_new(j, "version", json_integer((json_int_t)o->result.version));
	json_object_set_new(j, "version_before", json_integer((json_int_t)o->result.version_before));
	json_object_set_new(j, "root", json_integer((json_int_t)o->result.root));
	json_object_set_new(j, "root_before", json_integer((json_int_t)o->result.root_before));
	json_object_set_new(j, "fingerprint", json_string(hex));
	json_object_set_new(j, "commit", json_string(commit));
	json_object_set_new(j, "models", json_integer((json_int_t)snapshot_n_models(o->after)));
	json_object_set_new(j, "expired", json_boolean(o->result.is_stale));
	json_object_set_new(j, "warning", *o->result.warning ? json_string(o->result.warning) : json_null());
	for (size_t i = 0; i < o->n_changes; i++)
		json_array_append_new(list, change_json(&o->changes[i]));
	json_object_set_new(j, "models_changed", list);
	return j;
}
