/* The empty conversation; see welcome.h. */
#include "tui/widget/welcome.h"

#include <assert.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/widget/wrap.h"

enum { LINES_MAX = 32, TEXT_LINES_MAX = 24 };	/* wrapped text leaves room for the lines that follow it */

/* The lines in order of appearance; `keep` says which survive a low screen. */
struct welcome {
	struct runs lines[LINES_MAX];
	int keep[LINES_MAX];		/* 4: always … 1: first to go */
	int n;
};

static struct runs *
add_line(struct welcome *w, int keep)
{
	assert(w->n < LINES_MAX);
	w->keep[w->n] = keep;
	return &w->lines[w->n++];
}

static void
add_text(struct welcome *w, int keep, int columns, enum role role, const char *s)
{
	size_t n = strlen(s);

	for (size_t at = 0, len; at < n && w->n < TEXT_LINES_MAX; at += len) {
		len = wrap_row(s + at, n - at, columns);
		runs_add(add_line(w, keep), role, 0, "%.*s", (int)len, s + at);
	}
}

/* One more piece of a line of facts, when it still fits. */
static void
add_piece(struct runs *r, int columns, const struct glyphs *gl, const char *strong, const char *plain)
{
	int width = text_width(strong, strlen(strong)) + text_width(plain, strlen(plain)) + (r->n ? 3 : 0);

	if (runs_width(r) + width > columns)
		return;
	if (r->n)
		runs_add(r, ROLE_dim, 0, " %s ", gl->dot);
	if (*strong)
		runs_add(r, ROLE_text, ATTR_BOLD, "%s", strong);
	runs_add(r, ROLE_dim, 0, "%s", plain);
}

static void
add_facts(struct welcome *w, const struct talk *c, const struct glyphs *gl, int columns)
{
	const struct model_info *info = model_info(c->model);
	struct runs *r = add_line(w, 3);
	struct buf b = {0};

	format_params(&b, info->n_params);
	buf_add_str(&b, _(" parameters"));
	add_piece(r, columns, gl, "", b.data);
	add_piece(r, columns, gl, "", info->format);
	buf_clear(&b);
	format_count(&b, c->n_ctx);
	buf_add_str(&b, _(" tokens of context"));
	add_piece(r, columns, gl, "", b.data);
	buf_clear(&b);
	format_bytes(&b, info->file_bytes);
	add_piece(r, columns, gl, "", b.data);
	buf_done(&b);
}

static void
add_key(const struct app *app, struct runs *r, int columns, enum action a, const char *word)
{
	struct key k = keymap_key(&app->keys, CONTEXT_empty, a);
	struct buf b = {0};

	if (k.code == 0)
		return;
	key_format(k, &b);
	add_piece(r, columns, app->glyphs, b.data, word);
	buf_done(&b);
}

static void
add_guide(const struct app *app, struct welcome *w, int columns)
{
	static const char *const questions[] = {
		"How do I download a model?", "Which model fits in 4 GB?", "What is BitNet?",
	};

	add_text(w, 3, columns, ROLE_text,
	    _("A tiny model made for minnow. It knows this program and the model families, works offline, and says so "
	    "when it does not know."));
	add_line(w, 1);
	runs_add(add_line(w, 2), ROLE_dim, 0, "You could ask");
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		runs_add(add_line(w, 2), ROLE_text, 0, "  %s %s", app->glyphs->here, questions[i]);
}

static void
build(const struct app *app, struct welcome *w, int columns)
{
	const struct talk *c = &app->talk;
	struct runs *keys;

	runs_add(add_line(w, 4), ROLE_model, 0, "%s", c->name);
	if (c->status == TALK_LOADING) {
		runs_add(add_line(w, 4), ROLE_dim, 0, "loading %s you can type already", app->glyphs->ellipsis);
	} else if (c->status == TALK_FAILED) {
		add_text(w, 4, columns, ROLE_bad, c->err.text);
		add_line(w, 1);
		add_text(w, 3, columns, ROLE_text,
		    _("\"minnow chat guide\" always works; \"minnow chat FILE.gguf\" opens a model file; "
		    "\"minnow doctor\" looks at this machine."));
	} else {
		if (c->model)
			add_facts(w, c, app->glyphs, columns);
		add_line(w, 1);
		if (strcmp(c->name, "guide") == 0)
			add_guide(app, w, columns);
		else
			add_text(w, 3, columns, ROLE_text, _("Ask it anything. It runs on this machine; nothing you "
			    "write leaves it."));
		if (c->model && chat_fallback(c->model))
			add_text(w, 3, columns, ROLE_warn, chat_fallback(c->model));
		if (talk_note(c))
			add_text(w, 3, columns, ROLE_warn, talk_note(c));
	}
	add_line(w, 1);
	keys = add_line(w, 4);
	add_key(app, keys, columns, ACTION_send, _(" sends"));
	add_key(app, keys, columns, ACTION_help, _(" lists every key"));
	add_key(app, keys, columns, ACTION_quit, _(" leaves"));
}

void
welcome_draw(const struct app *app, const struct canvas *canvas)
{
	struct welcome w = {0};
	int least = 0, rows, y, columns = canvas->cols < 72 ? canvas->cols : 72;

	build(app, &w, columns);
	for (rows = canvas->rows + 1; rows > canvas->rows && least < 4;) {
		least++;
		rows = 0;
		for (int i = 0; i < w.n; i++)
			rows += w.keep[i] >= least;
	}
	y = canvas->rows > rows ? (canvas->rows - rows) / 3 : 0;
	for (int i = 0; i < w.n; i++) {
		if (w.keep[i] >= least)
			draw_runs(canvas, y++, 0, &w.lines[i]);
		runs_done(&w.lines[i]);
	}
}
