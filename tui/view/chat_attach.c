/* Text files and long pastes in the prompt, as chips (state/attach.h). */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/tok/tok.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/term/own_editor.h"
#include "tui/text_clean.h"
#include "tui/view/chat_parts.h"

/* Negative: there is no model yet to count for. */
static int64_t
count_tokens(const struct talk *c, const char *s, size_t n)
{
	struct tok_ids ids = {0};
	struct tok_flags flags = {0};
	int64_t count = -1;

	if (c->model && model_tok(c->model) && tok_encode(model_tok(c->model), s, n, flags, &ids, NULL))
		count = (int64_t)ids.n;
	tok_ids_done(&ids);
	return count;
}

static bool
insert(struct app *app, const char *name, const char *s, size_t n)
{
	const char *chip = attach_add(&app->attaches, name, s, n, count_tokens(&app->talk, s, n));

	return editor_insert(&app->prompt, chip, strlen(chip)) && editor_insert(&app->prompt, " ", 1);
}

bool
chat_attach(struct app *app, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;
	struct buf text = {0};
	bool ok = attach_read(path, &text, e);
	int64_t n = ok ? count_tokens(&app->talk, text.data, text.len) : 0;

	if (ok && n >= 0 && app->talk.n_ctx && n >= app->talk.n_ctx)
		ok = err_set(e, ERR_FAILED, "%s has %lld tokens, and the context holds %u", name, (long long)n,
		    (unsigned)app->talk.n_ctx);
	if (ok && !insert(app, name, text.data, text.len))
		ok = err_set(e, ERR_FAILED, "that does not fit: a prompt holds at most 4 MB");
	buf_done(&text);
	return ok;
}

bool
chat_paste(struct app *app, const char *s, size_t n)
{
	size_t lines = attach_lines(s, n);
	struct buf name = {0};
	bool folded;

	if ((lines <= ATTACH_PASTE_LINES && n <= ATTACH_PASTE_BYTES) || n > EDITOR_BYTES_MAX || memchr(s, '\0', n) ||
	    !utf8_is_valid(s, n))
		return false;
	if (lines > ATTACH_PASTE_LINES)
		buf_printf(&name, _("%zu pasted lines"), lines);
	else
		buf_add_str(&name, _("pasted text"));
	folded = insert(app, buf_str(&name), s, n);
	buf_done(&name);
	return folded;
}

void
chat_prompt_text(const struct app *app, struct buf *out)
{
	if (app->attaches.n)
		attach_expand(&app->attaches, buf_str(&app->prompt.text), out);
	else
		buf_add(out, buf_str(&app->prompt.text), app->prompt.text.len);
}

void
chat_set_prompt(struct app *app, const char *text)
{
	struct buf folded = {0};

	attach_fold(&app->attaches, text, strlen(text), &folded);
	editor_set(&app->prompt, buf_str(&folded));
	buf_done(&folded);
}

bool
chat_delete_chip(struct app *app)
{
	struct editor *ed = &app->prompt;
	size_t n = attach_ends(&app->attaches, buf_str(&ed->text), ed->at), at = ed->at - n;
	struct buf rest = {0};

	if (n == 0)
		return false;
	buf_add(&rest, ed->text.data, at);
	buf_add(&rest, ed->text.data + ed->at, ed->text.len - ed->at);
	editor_set(ed, buf_str(&rest));
	ed->at = at;
	buf_done(&rest);
	return true;
}

bool
chat_write(struct app *app, struct err *e)
{
	struct buf text = {0}, clean = {0};
	bool ok;

	buf_add(&text, buf_str(&app->prompt.text), app->prompt.text.len);
	ok = own_editor_run(app->display, app->config->editor, &text, e);
	if (ok) {
		text_clean(&clean, buf_str(&text), text.len);
		editor_set(&app->prompt, buf_str(&clean));
	}
	buf_done(&text);
	buf_done(&clean);
	return ok;
}

static void
taken(struct app *app, const char *path)
{
	struct err e = {0};

	if (!path || !*path)
		return;
	if (!chat_attach(app, path, &e))
		app_note(app, ROLE_warn, "%s", e.text);
	else
		app->reading = app->chats.focus = false;
}

static const struct ask ask = {.label = N_("attach"), .taken = taken};

enum did
chat_attach_act(struct app *app, enum action a)
{
	struct err e = {0};

	if (a == ACTION_editor) {
		if (!chat_write(app, &e))
			app_note(app, ROLE_warn, "%s", e.text);
		app->reading = app->chats.focus = false;
		return DID_CHANGE;
	}
	if (a != ACTION_attach)
		return DID_NOT;
	app_ask_words(app, &ask, "");
	return DID_CHANGE;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

void
chat_attach_complete(struct app *app, struct buf *out)
{
	const char *text = buf_str(&app->line.editor.text), *words = text + strcspn(text, " "), *slash;
	struct buf dir = {0}, path = {0};
	struct dirent **names = NULL;
	int n;

	words += strspn(words, " ");
	slash = strrchr(words, '/');
	if (slash)
		buf_add(&dir, words, (size_t)(slash - words) + 1);
	n = scandir(dir.len ? dir.data : ".", &names, NULL, by_name);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name, *typed = slash ? slash + 1 : words;
		struct stat st;

		buf_clear(&path);
		buf_printf(&path, "%s%s", buf_str(&dir), name);
		if ((*name != '.' || *typed == '.') && !strchr(name, '\n') && stat(buf_str(&path), &st) == 0 &&
		    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
			buf_printf(out, "%s%s\n", path.data, S_ISDIR(st.st_mode) ? "/" : "");
		free(names[i]);
	}
	free(names);
	buf_done(&dir);
	buf_done(&path);
}
