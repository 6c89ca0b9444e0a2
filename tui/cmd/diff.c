/* minnow diff: two versions of a model, or two models: every fact that differs, what that means, and the cards. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/meaning.h"
#include "tui/cmd/past.h"
#include "tui/i18n.h"
#include "tui/text_clean.h"

struct diff_opts {
	bool json;
};

enum { CARD_DIFF_MAX = 64 << 10 };

/* One side. */
struct side {
	struct past past;
	struct past_state state;
	unsigned char commit[REPO_ID_BYTES];
	bool is_past;			/* at COMMIT; else as it is now */
	struct buf label;		/* "qwen3-0.6b", "qwen3-0.6b at a1b2c3d4e5" */
};

static void
side_done(struct side *s)
{
	past_state_done(&s->state);
	past_close(&s->past);
	buf_done(&s->label);
}

/* ---- the sides ---- */

static bool
read_side(struct side *s, const struct models *m, struct err *e)
{
	models_add_name(m, &s->label, s->past.model);
	if (s->is_past) {
		buf_add_str(&s->label, _(" at "));
		past_add_commit(&s->label, s->commit);
	}
	return past_read(&s->past, s->is_past ? s->commit : NULL, &s->state, e) || err_wrap(e, "%s", buf_str(&s->label));
}

/* MODEL[@REVISION] */
static bool
open_side(struct side *s, const struct models *m, const char *text, struct err *e)
{
	const char *at = strrchr(text, '@');
	char *name = mem_dup_bytes(text, strlen(text) + 1);
	bool ok;

	if (at)
		name[at - text] = '\0';
	ok = past_open(&s->past, m, name, e);
	if (ok && at) {
		s->is_past = true;
		ok = past_find_commit(&s->past, at + 1, s->commit, e);
	}
	free(name);
	return ok && read_side(s, m, e);
}

/* What it was before its last change; *SAME: it has not changed since it came. */
static bool
open_before(struct side *s, const struct models *m, const char *name, bool *same, struct err *e)
{
	struct past_commit *list = NULL;
	size_t n = 0;
	bool ok = past_open(&s->past, m, name, e) && past_log(&s->past, 2, &list, &n, e);

	*same = n < 2;
	if (ok && n == 2) {
		s->is_past = true;
		memcpy(s->commit, list[1].id, sizeof s->commit);
		ok = read_side(s, m, e);
	}
	past_commits_done(list, n);
	return ok;
}

/* ---- printing ---- */

static void
add_member(const struct models *m, struct buf *out, const struct lineage_change *d)
{
	struct buf text = {0}, meaning = {0};

	models_add_change(m, &text, d);
	models_add_meaning(&meaning, d);
	if (m->is_terminal) {
		models_add_paragraph(m, out, "  ", "    ", buf_str(&text));
		models_add_paragraph(m, out, "      ", "      ", buf_str(&meaning));
	} else {
		models_add_cell(m, out, buf_str(&text), 0, false);
		buf_add_char(out, '\t');
		models_add_cell(m, out, buf_str(&meaning), 0, false);
		buf_add_char(out, '\n');
	}
	buf_done(&text);
	buf_done(&meaning);
}

static bool
compare_cards(const struct side *a, const struct side *b, struct buf *out, struct err *e)
{
	const struct buf *x = &a->state.card, *y = &b->state.card;

	return repo_diff_texts(buf_str(x), x->len, buf_str(y), y->len, CARD_DIFF_MAX, out, e);
}

static void
add_card(const struct models *m, struct buf *out, const struct buf *diff)
{
	for (const char *p = buf_str(diff); *p;) {
		size_t n = strcspn(p, "\n");
		struct buf clean = {0}, first = {0};

		text_clean_line(&clean, p, n);
		buf_printf(&first, "  %c ", clean.len ? *clean.data : ' ');
		if (!m->is_terminal || *p == '@')
			buf_printf(out, "%s%s\n", m->is_terminal ? "  " : "", buf_str(&clean));
		else if (clean.len > 1)
			models_add_paragraph(m, out, buf_str(&first), "    ", clean.data + 1);
		else
			buf_printf(out, "%s\n", buf_str(&first));
		buf_done(&clean);
		buf_done(&first);
		p += n + (p[n] == '\n');
	}
}

static size_t
add_files(const struct models *m, struct buf *out, const struct entry *a, const struct entry *b)
{
	struct lineage_file_change *files;
	size_t n = lineage_file_changes(a, b, &files);

	for (size_t i = 0; i < n; i++) {
		struct buf text = {0};

		models_add_file_change(m, &text, &files[i]);
		if (m->is_terminal)
			models_add_paragraph(m, out, "  ", "    ", buf_str(&text));
		else
			buf_printf(out, "%s\t\n", buf_str(&text));
		buf_done(&text);
	}
	free(files);
	return n;
}

static bool
print_text(const struct models *m, const struct side *a, const struct side *b, struct err *e)
{
	bool two_models = strcmp(a->state.entry.id, b->state.entry.id) != 0;
	struct lineage_change *members;
	struct buf out = {0}, card = {0};
	size_t n = lineage_all_changes(&a->state.entry, &b->state.entry, &members), told = 0;
	bool ok = compare_cards(a, b, &card, e);

	if (m->is_terminal)
		buf_printf(&out, "%s  %s  %s\n\n", buf_str(&a->label), m->glyphs->arrow, buf_str(&b->label));
	for (size_t i = 0; i < n; i++) {
		if (models_change_is_told(&members[i], two_models)) {
			add_member(m, &out, &members[i]);
			told++;
		}
	}
	if (!two_models)
		told += add_files(m, &out, &a->state.entry, &b->state.entry);
	if (card.len) {
		buf_printf(&out, m->is_terminal ? "%s  card\n" : "%scard\t\n", told && m->is_terminal ? "\n" : "");
		add_card(m, &out, &card);
	} else if (!told && m->is_terminal) {
		buf_add_str(&out, _("  nothing differs\n"));
	}
	lineage_changes_done(members, n);
	buf_done(&card);
	ok = ok && models_print(&out, e);
	buf_done(&out);
	return ok;
}

/* ---- JSON ---- */

static json_t *
side_json(const struct side *s)
{
	json_t *j = json_pack("{s:s, s:s}", "id", s->state.entry.id, "registry", s->past.model->registry);
	struct buf hex = {0};

	if (s->is_past) {
		for (size_t i = 0; i < REPO_ID_BYTES; i++)
			buf_printf(&hex, "%02x", s->commit[i]);
		json_object_set_new(j, "commit", json_string(hex.data));
	}
	buf_done(&hex);
	return j;
}

/* What each change of a member means, beside it. */
static json_t *
changes_json(const struct entry *a, const struct entry *b)
{
	struct lineage_change *members;
	size_t n = lineage_all_changes(a, b, &members);
	json_t *list = models_all_changes_json(a, b);

	for (size_t i = 0; i < n; i++) {
		struct buf meaning = {0};

		models_add_meaning(&meaning, &members[i]);
		if (meaning.len)
			json_object_set_new(json_array_get(list, i), "meaning", json_string(meaning.data));
		buf_done(&meaning);
	}
	lineage_changes_done(members, n);
	return list;
}

static bool
print_json(const struct side *a, const struct side *b, struct err *e)
{
	struct buf card = {0};
	json_t *text;
	bool ok = compare_cards(a, b, &card, e);

	text = json_stringn(buf_str(&card), card.len);
	ok = ok && models_print_json(json_pack("{s:o, s:o, s:o, s:o}", "from", side_json(a), "to", side_json(b), "changes",
	    changes_json(&a->state.entry, &b->state.entry), "card", text ? json_incref(text) : json_null()), e);
	json_decref(text);
	buf_done(&card);
	return ok;
}

/* ---- the command ---- */

static bool
open_sides(struct side *a, struct side *b, const struct models *m, const struct cmd_call *call, bool *same, struct err *e)
{
	const char *first = call->args[0], *at = strrchr(first, '@');
	char *name;
	bool ok;

	*same = false;
	if (call->n_args == 2)
		return open_side(a, m, first, e) && open_side(b, m, call->args[1], e);
	if (!at)
		return open_before(a, m, first, same, e) && open_side(b, m, first, e);
	name = mem_dup_bytes(first, strlen(first) + 1);
	name[at - first] = '\0';
	ok = open_side(a, m, first, e) && open_side(b, m, name, e);
	free(name);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct diff_opts *o = call->opts;
	struct models m = {0};
	struct side a = {0}, b = {0};
	struct buf out = {0};
	bool same, ok = models_open(&m, e) && open_sides(&a, &b, &m, call, &same, e);

	if (ok && same) {
		/* Compared with itself, which is JSON of the usual form. */
		if (o->json)
			ok = print_json(&b, &b, e);
		else {
			buf_printf(&out, _("%s has not changed since it came.\n"), buf_str(&b.label));
			ok = models_print(&out, e);
		}
	} else if (ok) {
		ok = o->json ? print_json(&a, &b, e) : print_text(&m, &a, &b, e);
	}
	side_done(&a);
	side_done(&b);
	models_close(&m);
	return ok;
}

static const struct opt opts[] = {
	{"json", 0, OPT_FLAG, NULL, N_("print both sides, the changes and the difference of the cards as JSON"),
	    offsetof(struct diff_opts, json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_diff = {
	.name = "diff",
	.args = "MODEL [OTHER]",
	.summary = N_("show what changed between two versions of a model, or between two models"),
	.details = N_("MODEL alone is compared with what it was before its last change. MODEL@REVISION is a state of the past: at "
	    "least four digits of a commit, or vN for version N of the registry's index, as minnow log shows them; alone it is "
	    "compared with what the model is now. Two models are compared as they are; that works in the built-in registry too, "
	    "which has no history.\n"
	    "Each fact that differs is told with what it means, then the files (of one model), then the cards as a unified "
	    "diff.\n"
	    "Where the output is no terminal: one line a change, a tab, and what it means.\n"
	    "\n"
	    "  minnow diff qwen3-0.6b qwen3-1.7b\n"
	    "  minnow diff core/qwen3-0.6b@v3"),
	.opts = opts,
	.opts_size = sizeof(struct diff_opts),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
