/* minnow blame: when each line of a model's entry came, and from whom. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/past.h"
#include "tui/i18n.h"

struct blame_opts {
	bool card, json;
};

enum { AUTHOR_WIDTH = 14 };

/* Where the text of the newest state is, line by line. */
struct blaming {
	const struct models *m;
	struct buf text, out;
	size_t at, line;		/* of what was not told yet: byte, number from 1 */
	json_t *list;			/* NULL: text */
};

static void
add_line(struct blaming *b, const struct past_commit *c, const char *line, size_t n)
{
	char *copy = mem_dup_bytes(line, n + 1);

	copy[n] = '\0';
	if (b->list) {
		json_t *j = past_commit_json(c), *text = json_string(copy);

		json_object_set_new(j, "line", json_integer((json_int_t)b->line));
		json_object_set_new(j, "text", text ? text : json_null());
		json_array_append_new(b->list, j);
	} else {
		bool terminal = b->m->is_terminal;
		int room = b->m->width - 10 - PAST_SHORT - AUTHOR_WIDTH - 6;

		past_add_day(&b->out, c->when);
		buf_add_str(&b->out, terminal ? "  " : "\t");
		past_add_commit(&b->out, c->id);
		buf_add_str(&b->out, terminal ? "  " : "\t");
		models_add_cell(b->m, &b->out, c->author, terminal ? AUTHOR_WIDTH : 0, false);
		buf_add_str(&b->out, terminal ? "  " : "\t");
		models_add_cell(b->m, &b->out, copy, terminal ? room < 20 ? 20 : room : 0, false);
		while (b->out.data[b->out.len - 1] == ' ')
			buf_truncate(&b->out, b->out.len - 1);
		buf_add_char(&b->out, '\n');
	}
	free(copy);
}

static bool
take_run(void *ctx, size_t line, size_t n_lines, const struct repo_commit *c)
{
	struct blaming *b = ctx;
	struct past_commit said = {
		.when = c->when, .author = (char *)(uintptr_t)c->author, .subject = (char *)(uintptr_t)c->subject,
	};

	memcpy(said.id, c->id, sizeof said.id);
	for (size_t i = 0; i < n_lines && line == b->line - i && b->at < b->text.len; i++) {
		const char *at = b->text.data + b->at;
		size_t n = strcspn(at, "\n");

		add_line(b, &said, at, n);
		b->at += n + (at[n] == '\n');
		b->line++;
	}
	return true;
}

static bool
print_blame(const struct models *m, struct past *p, const struct blame_opts *o, struct err *e)
{
	struct blaming b = {.m = m, .line = 1, .list = o->json ? json_array() : NULL};
	struct buf path = {0};
	bool ok = past_has_history(p, e);

	buf_printf(&path, "%s/%s", buf_str(&p->folder), o->card ? "card.md" : "entry.json");
	ok = ok && synced_read(p->synced, path.data, &b.text, e) &&
	    repo_blame(synced_repo(p->synced), synced_trust(p->synced)->commit, path.data, take_run, &b, e);
	if (ok && o->json)
		ok = models_print_json(json_incref(b.list), e);
	else if (ok)
		ok = models_print(&b.out, e);
	json_decref(b.list);
	buf_done(&b.out);
	buf_done(&b.text);
	buf_done(&path);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct models m = {0};
	struct past p = {0};
	bool ok = models_open(&m, e) && past_open(&p, &m, call->args[0], e) && print_blame(&m, &p, call->opts, e);

	past_close(&p);
	models_close(&m);
	return ok;
}

#define AT(field) offsetof(struct blame_opts, field)

static const struct opt opts[] = {
	{"card", 0, OPT_FLAG, NULL, N_("the lines of the card instead of the entry"), AT(card), 0, 0, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("print a JSON list, one object a line"), AT(json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_blame = {
	.name = "blame",
	.args = "MODEL",
	.summary = N_("show when each line of a model's entry came, and from whom"),
	.details = N_("Every line of the entry with the day, commit and author that it has been so since. That is what the registry's "
	    "git repository says about itself: nobody signed it. The lines are those of the signed index. The built-in "
	    "registry has no history.\n"
	    "Where the output is no terminal: day, commit, author and line, with tabs between.\n"
	    "\n"
	    "  minnow blame core/qwen3-0.6b"),
	.opts = opts,
	.opts_size = sizeof(struct blame_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
