/* What a download says; see pull_tell.h. */
#include "tui/cmd/pull_tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "registry/adopt.h"
#include "registry/search.h"
#include "tui/cmd/pull_line.h"
#include "tui/cmd/work.h"
#include "tui/forecast.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text.h"

#define TELL_SECONDS 0.2	/* between two states of the live line */
#define JSON_SECONDS 0.5
enum { LABEL = 12 };

/* It may change any time. */
static void
look_how_wide(struct pull_tell *t)
{
	struct winsize size = {0};

	if (t->live && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 2)
		t->width = size.ws_col - 1;
}

void
pull_tell_begin(struct pull_tell *t, const struct models *m, bool json)
{
	*t = (struct pull_tell){.m = m, .json = json, .width = 79, .began_s = clock_s()};
	t->live = !json && isatty(STDERR_FILENO) && !m->config.ui_linear;
	look_how_wide(t);
}

/* ---- JSON ---- */

static void
print_line(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	printf("%s\n", text ? text : "{}");
	fflush(stdout);
	free(text);
	json_decref(j);
}

static json_t *
hex_json(const unsigned char *sha256)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(hex, sha256, DIGEST_SHA256_SIZE);
	return json_string(hex);
}

static json_t *
file_json(const struct pull_file *f)
{
	struct buf source = {0};
	json_t *j = json_object();

	pull_add_source(&source, &f->file);
	json_object_set_new(j, "name", json_string(f->file.name));
	json_object_set_new(j, "role", json_string(entry_role_name(f->file.role)));
	json_object_set_new(j, "size", json_integer((json_int_t)f->file.size));
	json_object_set_new(j, "here", json_integer((json_int_t)(f->is_here ? f->file.size : f->n_there)));
	json_object_set_new(j, "source", json_string(buf_str(&source)));
	if (f->file.has_sha256)
		json_object_set_new(j, "sha256", hex_json(f->file.sha256));
	buf_done(&source);
	return j;
}

/* What generation will be bound by: see forecast.h. */
struct speed {
	double bytes_per_s, low, high;	/* tokens a second; 0: not known */
};

static void
plan_json(const struct pull_plan *p, const struct speed *speed)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "event", "plan", "model", p->name, "folder", p->folder, "registry",
	    p->registry);
	json_t *files = json_array();
	uint64_t memory = search_memory(p->entry, p->weights, 0);

	for (size_t i = 0; i < p->n_files; i++)
		json_array_append_new(files, file_json(&p->files[i]));
	json_object_set_new(j, "files", files);
	json_object_set_new(j, "bytes", json_integer((json_int_t)p->bytes));
	json_object_set_new(j, "bytes_here", json_integer((json_int_t)p->bytes_here));
	json_object_set_new(j, "disk_free", json_integer((json_int_t)p->disk_free));
	json_object_set_new(j, "license", p->entry->license ? json_string(p->entry->license) : json_null());
	json_object_set_new(j, "must_accept", json_boolean(p->must_accept));
	if (p->changes.len)
		json_object_set_new(j, "changes", json_string(buf_str(&p->changes)));
	if (memory)
		json_object_set_new(j, "memory", json_integer((json_int_t)memory));
	if (speed->high > 0)
		json_object_set_new(j, "tokens_per_s", json_pack("[f, f]", speed->low, speed->high));
	print_line(j);
}

static void
event_json(struct pull_tell *t, const struct pull_event *ev)
{
	static const char *const names[] = {"begin", "wait", "progress", "end"};
	double now = clock_s();
	json_t *j;

	if (ev->kind == PULL_PROGRESS && now - t->told_s < JSON_SECONDS)
		return;
	t->told_s = now;
	j = json_pack("{s:s, s:s, s:s, s:I}", "event", names[ev->kind], "model", ev->plan->name, "file", ev->file->file.name,
	    "n", (json_int_t)ev->n);
	json_object_set_new(j, "size", ev->size ? json_integer((json_int_t)ev->size) : json_null());
	if (ev->kind == PULL_PROGRESS) {
		json_object_set_new(j, "bytes_per_s", json_integer((json_int_t)ev->progress.bytes_per_s));
		if (ev->seconds_left >= 0)
			json_object_set_new(j, "seconds_left", json_integer((json_int_t)ev->seconds_left));
	}
	if (ev->kind == PULL_END) {
		json_object_set_new(j, "fetched", json_integer((json_int_t)ev->result.n_fetched));
		json_object_set_new(j, "sha256", hex_json(ev->result.sha256));
		json_object_set_new(j, "learnt", json_boolean(ev->result.trust != FETCH_ENTRY));
	}
	print_line(j);
}

/* ---- the plan ---- */

static void
add_fact(const struct models *m, struct buf *out, const char *label, const char *text)
{
	struct buf first = {0};

	buf_printf(&first, "  %-*s", text_field(label, LABEL - 2), label);
	models_add_paragraph(m, out, buf_str(&first), "            ", text);
	buf_done(&first);
}

static void
add_files(const struct models *m, struct buf *out, const struct pull_plan *p)
{
	struct buf text = {0};

	for (size_t i = 0; i < p->n_files; i++) {
		const struct pull_file *f = &p->files[i];

		buf_clear(&text);
		buf_printf(&text, "%s, ", f->file.name);
		if (f->file.size)
			models_add_size(&text, f->file.size);
		else
			buf_add_str(&text, _("size not known"));
		if (f->is_here) {
			buf_add_str(&text, _(", is here"));
		} else {
			buf_add_str(&text, _(", from "));
			pull_add_source(&text, &f->file);
		}
		if (f->n_there) {
			buf_add_str(&text, "; ");
			models_add_size(&text, f->n_there);
			buf_add_str(&text, _(" of it are here from the last time"));
		}
		if (!f->file.has_sha256 && !f->is_here)
			buf_add_str(&text, _("; no hash is known yet, this download sets it"));
		add_fact(m, out, i ? "" : _("files"), buf_str(&text));
	}
	buf_done(&text);
}

static void
add_left_out(const struct models *m, struct buf *out, const struct pull_plan *p)
{
	struct buf text = {0};

	for (size_t i = 0; !p->listing.n_chosen && i < p->entry->n_files; i++) {
		const struct entry_file *f = &p->entry->files[i];
		bool takes = false;

		for (size_t k = 0; k < p->n_files; k++)
			takes |= strcmp(p->files[k].file.name, f->name) == 0;
		if (takes || (f->role != ENTRY_PROJECTOR && f->role != ENTRY_DRAFT))
			continue;
		buf_printf(&text, "%s%s (--%s)", text.len ? ", " : "", f->name, entry_role_name(f->role));
	}
	if (text.len) {
		buf_add_str(&text, _(": this minnow works without"));
		add_fact(m, out, _("left out"), buf_str(&text));
	}
	buf_done(&text);
}

static void
add_licence(const struct models *m, struct buf *out, const struct pull_plan *p)
{
	const struct entry_file *f = p->weights;
	struct buf text = {0};

	buf_add_str(&text, p->entry->license ? p->entry->license : _("not known"));
	if (p->must_accept)
		buf_add_str(&text, _(": it has terms that have to be accepted"));
	else if (p->has_before && p->before.accepted)
		buf_add_str(&text, _(", accepted before"));
	if (p->must_accept && f->n_sources && f->sources[0].kind == ENTRY_HUB)
		buf_printf(&text, _(", to be read at %s/%s"), m->config.hub_endpoint, f->sources[0].url_or_repo);
	add_fact(m, out, _("licence"), buf_str(&text));
	buf_done(&text);
}

static void
add_needs(const struct models *m, struct buf *out, const struct pull_plan *p, const struct speed *speed)
{
	uint64_t memory = search_memory(p->entry, p->weights, 0), left = pull_plan_bytes_left(p);
	struct buf text = {0};

	if (left) {
		models_add_size(&text, left);
		buf_add_str(&text, _(" of "));
		models_add_size(&text, p->disk_free);
		buf_add_str(&text, _(" that are free"));
		add_fact(m, out, _("disk"), buf_str(&text));
		buf_clear(&text);
	}
	if (memory) {
		models_add_size(&text, memory);
		buf_add_str(&text, memory <= models_memory() ? _(" of the ") : _(", more than the "));
		models_add_size(&text, models_memory());
		buf_add_str(&text, _(" that a model may take here"));
		add_fact(m, out, _("memory"), buf_str(&text));
		buf_clear(&text);
	}
	if (speed->high > 0) {
		buf_printf(&text, _("about %.*f to %.*f tokens a second here; memory is read at %.1f GB/s"), speed->low < 10,
		    speed->low, speed->high < 10, speed->high, speed->bytes_per_s * 1e-9);
		add_fact(m, out, _("speed"), buf_str(&text));
	}
	buf_done(&text);
}

static void
add_warnings(const struct models *m, struct buf *out, const struct pull_plan *p)
{
	if (p->entry->arch && !models_runs(p->entry))
		add_fact(m, out, _("but"), _("this minnow does not run it"));
	if (p->is_gated)
		add_fact(m, out, _("but"), _("the hub gives it only to accounts that asked for it there: set HF_TOKEN"));
	for (const char *line = buf_str(&p->changes); *line;) {
		size_t n = strcspn(line, "\n");
		char *text = mem_dup_bytes(line, n + 1);

		text[n] = '\0';
		add_fact(m, out, _("changed"), text);
		free(text);
		line += n + (line[n] == '\n');
	}
}

void
pull_tell_plan(struct pull_tell *t, const struct pull_plan *p)
{
	struct buf out = {0}, name = {0};
	struct speed speed = {0};

	if (!pull_plan_is_done(p)) {
		speed.bytes_per_s = forecast_bandwidth(&t->m->config);
		forecast_speed(speed.bytes_per_s, p->entry, p->weights, &speed.low, &speed.high);
	}
	if (t->json) {
		plan_json(p, &speed);
		return;
	}
	buf_printf(&name, "%s  %s%s%s", p->entry->name, p->folder, p->weights->quant ? ":" : "",
	    p->weights->quant ? p->weights->quant : "");
	models_add_paragraph(t->m, &out, "", "", buf_str(&name));
	add_files(t->m, &out, p);
	add_left_out(t->m, &out, p);
	add_licence(t->m, &out, p);
	add_needs(t->m, &out, p, &speed);
	add_warnings(t->m, &out, p);
	say_lines(buf_str(&out));
	buf_done(&out);
	buf_done(&name);
}

/* ---- how far it is ---- */

/* "42 %, 268 MB of 639 MB, 12 MB/s, 31 s left" */
static void
add_state(struct buf *out, const struct pull_event *ev)
{
	const struct fetch_progress *p = &ev->progress;

	if (ev->size)
		buf_printf(out, "%d %%, ", pull_line_percent(ev->n, ev->size));
	models_add_size(out, ev->n);
	if (ev->size) {
		buf_add_str(out, _(" of "));
		models_add_size(out, ev->size);
	}
	if (p->verifying || p->waiting_s > 0) {
		pull_line_add_pause(out, p, ", ");
	} else if (p->bytes_per_s > 0) {
		buf_add_str(out, ", ");
		models_add_size(out, (uint64_t)p->bytes_per_s);
		buf_add_str(out, "/s");
		if (ev->seconds_left >= 0) {
			buf_add_str(out, ", ");
			work_add_left(out, ev->seconds_left);
		}
	}
}

void
pull_tell_clear(struct pull_tell *t)
{
	if (t->shown)
		fputs("\r\033[K", stderr);
	t->shown = false;
}

/* In one write, and the rest of the line erased behind it: nothing flickers. */
static void
progress_live(struct pull_tell *t, const struct pull_event *ev)
{
	struct buf line = {0};
	double now = clock_s();

	if (now - t->told_s < TELL_SECONDS)
		return;
	t->told_s = now;
	look_how_wide(t);
	buf_add_char(&line, '\r');
	pull_line_add(&line, t->m, ev, t->width);
	buf_add_str(&line, "\033[K");
	fwrite(buf_str(&line), 1, line.len, stderr);	/* of cells, which are harmless */
	fflush(stderr);
	t->shown = true;
	buf_done(&line);
}

/* A line for every tenth; where the size is not known, for every 100 MB. */
static void
progress_plain(struct pull_tell *t, const struct pull_event *ev)
{
	int tenth = ev->size ? pull_line_percent(ev->n, ev->size) / 10 : (int)(ev->n / 100000000);
	struct buf state = {0}, line = {0};

	if (tenth <= t->tenth)
		return;
	t->tenth = tenth;
	add_state(&state, ev);
	buf_printf(&line, "%s: %s\n", ev->file->file.name, buf_str(&state));
	say_lines(buf_str(&line));
	buf_done(&line);
	buf_done(&state);
}

static void
begin_file(struct pull_tell *t, const struct pull_event *ev)
{
	t->told_s = 0;
	t->began_s = clock_s();
	if (ev->file == ev->plan->files)
		t->tenth = pull_line_percent(ev->plan->bytes_here, ev->size) / 10;
}

static void
end_file(struct pull_tell *t, const struct pull_event *ev)
{
	double took = clock_s() - t->began_s;
	char hex[DIGEST_HEX_MAX];
	struct buf line = {0}, hash = {0};

	pull_tell_clear(t);
	if (ev->file->is_here)
		return;
	models_add_cell(t->m, &line, ev->file->file.name, 0, false);
	buf_add_str(&line, ": ");
	models_add_size(&line, ev->result.size);
	if (ev->had)
		buf_add_str(&line, _(" that were here already"));
	else
		buf_printf(&line, _(" in %.*f s, verified"), took < 10, took);
	if (!ev->had && ev->result.trust != FETCH_ENTRY) {
		digest_hex(hex, ev->result.sha256, DIGEST_SHA256_SIZE);
		buf_printf(&hash, "%s%s", t->live ? "\n  " : "", hex);		/* whole, to be marked and copied */
		buf_printf(&line, _("%s; from now on its SHA-256 has to be %s"),
		    ev->result.trust == FETCH_HUB_SAID ? _(" against the hub's word") : "", buf_str(&hash));
	}
	buf_done(&hash);
	buf_add_char(&line, '\n');
	say_lines(buf_str(&line));
	buf_done(&line);
}

static void
say_wait(const char *file)
{
	struct buf line = {0};

	buf_printf(&line, _("another minnow downloads %s; waiting for it\n"), file);
	say_lines(buf_str(&line));
	buf_done(&line);
}

void
pull_tell_event(void *arg, const struct pull_event *ev)
{
	struct pull_tell *t = arg;

	if (t->json) {
		event_json(t, ev);
		return;
	}
	switch (ev->kind) {
	case PULL_BEGIN:
		begin_file(t, ev);
		break;
	case PULL_WAIT:
		pull_tell_clear(t);
		say_wait(ev->file->file.name);
		break;
	case PULL_PROGRESS:
		if (t->live)
			progress_live(t, ev);
		else
			progress_plain(t, ev);
		break;
	case PULL_END:
		end_file(t, ev);
		break;
	}
}

/* ---- what came of it ---- */

bool
pull_tell_done(struct pull_tell *t, const struct pull_plan *p, struct store *s, struct err *e)
{
	char hex[DIGEST_HEX_MAX];
	struct store_seen seen;
	struct buf path = {0};
	bool ok = store_look(s, p->folder, p->weights->name, &seen, e) &&
	    (p->is_folder ? store_folder(s, p->folder, &path, e) : store_path(s, p->folder, p->weights->name, &path, e));

	if (ok) {
		digest_hex(hex, seen.sha256, sizeof seen.sha256);
		if (t->json)
			print_line(json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", "done", "model", p->name, "name", p->folder,
			    "path", buf_str(&path), "sha256", hex));
		else if (t->m->is_terminal)
			printf(_("%s is here: minnow chat %s\n"), p->folder, p->folder);
		else
			printf("%s\t%s\t%" PRIu64 "\t%s\n", p->folder, buf_str(&path), seen.size, hex);
		fflush(stdout);
	}
	buf_done(&path);
	return ok;
}

void
pull_tell_elsewhere(struct pull_tell *t, const struct pull_plan *p, const struct adopt_model *model)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(hex, model->files[0].sha256, sizeof model->files[0].sha256);
	if (t->json)
		print_line(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "event", "done", "model", p->name, "name", p->name, "path",
		    model->path, "sha256", hex, "program", adopt_kind_title(model->kind)));
	else if (t->m->is_terminal)
		printf(_("%s is here, where %s has it: minnow chat %s\n"), p->name, adopt_kind_title(model->kind), p->name);
	else
		printf("%s\t%s\t%" PRIu64 "\t%s\n", p->name, model->path, model->size, hex);
	fflush(stdout);
}

void
pull_tell_stopped(struct pull_tell *t, const struct pull_plan *p, struct store *s, const struct err *e)
{
	struct fetch_options o = {.hub = t->m->config.hub_endpoint};
	struct buf line = {0};
	uint64_t n = 0, there;
	bool have;

	pull_tell_clear(t);
	for (size_t i = 0; i < p->n_files; i++) {
		const struct entry_file *f = &p->files[i].file;

		if (fetch_look(s, p->folder, f, 0, &o, &have, &there, NULL))
			n += have ? f->size : there;
	}
	if (t->json) {
		print_line(json_pack("{s:s, s:s, s:I, s:s}", "event", "stopped", "model", p->name, "here", (json_int_t)n, "why",
		    e->text));
		return;
	}
	if (n == 0)
		return;
	models_add_size(&line, n);
	if (p->bytes) {
		buf_add_str(&line, _(" of "));
		models_add_size(&line, p->bytes);
	}
	buf_add_str(&line, _(" are kept; the same command goes on from there\n"));
	say_lines(buf_str(&line));
	buf_done(&line);
}
