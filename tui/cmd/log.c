/* minnow log: the commits of a registry that changed a model, and what each changed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/past.h"
#include "tui/i18n.h"

struct log_opts {
	int64_t max;
	bool json;
};

/* From one state of a model to the next; either may be missing. */
struct step {
	const struct past_state *before, *after;
	bool has_before, has_after;
	const struct err *why;		/* AFTER is not to be read */
};

static void
add_part(void *ctx, const char *text)
{
	struct buf *out = ctx;

	buf_printf(out, "%s%s", out->len ? "; " : "", text);
}

static bool
same_card(const struct step *s)
{
	return strcmp(buf_str(&s->before->card), buf_str(&s->after->card)) == 0;
}

static void
describe(const struct models *m, struct buf *out, const struct step *s)
{
	if (!s->has_after)
		buf_add_str(out, s->why->kind == ERR_NOT_FOUND ? _("was taken out") : s->why->text);
	else if (!s->has_before)
		buf_add_str(out, _("is new"));
	else
		models_each_change(m, &s->before->entry, &s->after->entry, add_part, out);
	if (s->has_before && s->has_after && !same_card(s))
		add_part(out, _("another card"));
	if (!out->len)
		buf_add_str(out, _("written otherwise, says the same"));
}

static void
add_text(const struct models *m, struct buf *out, const struct past_commit *c, uint64_t version, const struct step *s)
{
	struct buf line = {0};

	past_add_day(&line, c->when);
	buf_printf(&line, m->is_terminal ? "  " : "\t");
	past_add_commit(&line, c->id);
	if (m->is_terminal) {
		buf_printf(&line, "  v%-4" PRIu64 " %s: %s", version, c->author, c->subject);
		models_add_paragraph(m, out, "", "    ", buf_str(&line));
		buf_clear(&line);
		describe(m, &line, s);
		models_add_paragraph(m, out, "    ", "    ", buf_str(&line));
	} else {
		buf_printf(out, "%s\t%" PRIu64 "\t", line.data, version);
		models_add_cell(m, out, c->author, 0, false);
		buf_add_char(out, '\t');
		models_add_cell(m, out, c->subject, 0, false);
		buf_add_char(out, '\t');
		buf_clear(&line);
		describe(m, &line, s);
		models_add_cell(m, out, buf_str(&line), 0, false);
		buf_add_char(out, '\n');
	}
	buf_done(&line);
}

static json_t *
step_json(const struct past_commit *c, uint64_t version, const struct step *s)
{
	json_t *j = past_commit_json(c);

	json_object_set_new(j, "version", version ? json_integer((json_int_t)version) : json_null());
	json_object_set_new(j, "what", json_string(!s->has_after ? "removed" : s->has_before ? "changed" : "new"));
	if (s->has_before && s->has_after) {
		json_object_set_new(j, "changes", models_all_changes_json(&s->before->entry, &s->after->entry));
		json_object_set_new(j, "card_differs", json_boolean(!same_card(s)));
	}
	return j;
}

/* The list is newest first, and the commit after the last shown one, when there is one, tells what that changed. */
static bool
print_log(const struct models *m, struct past *p, const struct log_opts *o, struct err *e)
{
	struct past_commit *list = NULL;
	struct past_state states[2] = {0};
	struct err why[2] = {0};
	struct buf out = {0};
	json_t *all = json_array();
	size_t n = 0, max = (size_t)o->max;
	bool ok = past_log(p, max + 1, &list, &n, e), has[2] = {0};

	if (ok && n)
		has[0] = past_read(p, list[0].id, &states[0], &why[0]);
	for (size_t i = 0; ok && i < n && i < max; i++) {
		uint64_t version = past_version(p, list[i].id);
		size_t now = i % 2, then = 1 - now;
		struct step step = {.after = &states[now], .before = &states[then], .has_after = has[now], .why = &why[now]};

		past_state_done(&states[then]);
		has[then] = step.has_before = i + 1 < n && past_read(p, list[i + 1].id, &states[then], &why[then]);
		if (o->json)
			json_array_append_new(all, step_json(&list[i], version, &step));
		else
			add_text(m, &out, &list[i], version, &step);
	}
	if (ok && o->json)
		ok = models_print_json(json_incref(all), e);
	else if (ok)
		ok = models_print(&out, e);
	past_state_done(&states[0]);
	past_state_done(&states[1]);
	past_commits_done(list, n);
	json_decref(all);
	buf_done(&out);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct models m = {0};
	struct past p = {0};
	bool ok = models_open(&m, e) && past_open(&p, &m, call->args[0], e) && print_log(&m, &p, call->opts, e);

	past_close(&p);
	models_close(&m);
	return ok;
}

static void
defaults(void *opts)
{
	((struct log_opts *)opts)->max = 50;
}

#define AT(field) offsetof(struct log_opts, field)

static const struct opt opts[] = {
	{"max", 'n', OPT_INT, "N", N_("the newest N changes (50)"), AT(max), 1, 10000, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("print a JSON list, newest first"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_log = {
	.name = "log",
	.args = "MODEL",
	.summary = N_("show the history of a model in its registry"),
	.details = N_("Newest first: day, commit, version of the registry's index, author and reason, and below it what changed in the "
	    "entry, as the licence, the chat format or the hash of a file. A commit or vN after MODEL@ in minnow diff means that "
	    "state.\n"
	    "The history is that of the registry's git repository. Who wrote it and why is what it says about itself: signatures "
	    "are of the newest files, not of the history. The built-in registry has none.\n"
	    "Where the output is no terminal: day, commit, version, author, reason and changes, with tabs between.\n"
	    "\n"
	    "  minnow log core/qwen3-0.6b"),
	.opts = opts,
	.opts_size = sizeof(struct log_opts),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
