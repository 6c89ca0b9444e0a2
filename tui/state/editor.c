/* The prompt editor; see editor.h. */
#include "tui/state/editor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/wrap.h"

enum { UNDO_MAX = 200, UNDO_BYTES_MAX = 16 << 20, HISTORY_MAX = 500 };

void
editor_init(struct editor *ed)
{
	*ed = (struct editor){.goal_col = -1};
}

static void
forget_undo(struct editor *ed)
{
	for (size_t i = 0; i < ed->n_undo; i++)
		free(ed->undo[i].text);
	ed->n_undo = 0;
}

void
editor_done(struct editor *ed)
{
	forget_undo(ed);
	free(ed->undo);
	for (size_t i = 0; i < ed->n_history; i++)
		free(ed->history[i]);
	free(ed->history);
	free(ed->draft);
	buf_done(&ed->text);
	buf_done(&ed->cut);
	*ed = (struct editor){0};
}

static void
drop_oldest_undo(struct editor *ed)
{
	free(ed->undo[0].text);
	memmove(ed->undo, ed->undo + 1, --ed->n_undo * sizeof *ed->undo);
}

static void
remember(struct editor *ed)
{
	size_t bytes = ed->text.len;

	for (size_t i = 0; i < ed->n_undo; i++)
		bytes += ed->undo[i].len;
	while (ed->n_undo && (ed->n_undo >= UNDO_MAX || bytes > UNDO_BYTES_MAX)) {
		bytes -= ed->undo[0].len;
		drop_oldest_undo(ed);
	}
	ed->undo = mem_grow(ed->undo, ed->n_undo + 1, sizeof *ed->undo);
	ed->undo[ed->n_undo++] = (struct editor_undo){
		.text = mem_dup_bytes(buf_str(&ed->text), ed->text.len + 1), .len = ed->text.len, .at = ed->at,
	};
}

/* Every operation but typing and cutting ends the run that the next insertion or cut would join. */
static void
settle(struct editor *ed)
{
	ed->goal_col = -1;
	ed->cutting = false;
	ed->typing = false;
}

/* A mark typed after the text may have joined the cluster before the cursor: step to the end of it. */
static void
snap(struct editor *ed)
{
	size_t start = text_prev(buf_str(&ed->text), ed->text.len, ed->at);
	size_t end = text_next(buf_str(&ed->text), ed->text.len, start);

	if (ed->at > 0 && end > ed->at)
		ed->at = end;
}

static bool
move_to(struct editor *ed, size_t at)
{
	bool moved = at != ed->at;

	settle(ed);
	ed->at = at;
	snap(ed);
	return moved;
}

bool
editor_insert(struct editor *ed, const char *s, size_t n)
{
	struct buf clean = {0};
	bool word = n == 1 && *s != ' ' && *s != '\n';
	bool fits;

	if (ed->one_line)
		text_clean_line(&clean, s, n);
	else
		text_clean(&clean, s, n);
	fits = clean.len > 0 && ed->text.len + clean.len <= EDITOR_BYTES_MAX;
	if (fits) {
		if (!(ed->typing && word))
			remember(ed);
		settle(ed);
		ed->typing = word;
		buf_insert(&ed->text, ed->at, clean.data, clean.len);
		ed->at += clean.len;
		snap(ed);
	}
	buf_done(&clean);
	return fits;
}

void
editor_set(struct editor *ed, const char *s)
{
	remember(ed);
	settle(ed);
	buf_clear(&ed->text);
	buf_add_str(&ed->text, s);
	ed->at = ed->text.len;
}

char *
editor_take(struct editor *ed)
{
	char *s = mem_dup(buf_str(&ed->text));

	editor_history_add(ed, s);
	forget_undo(ed);
	settle(ed);
	buf_clear(&ed->text);
	ed->at = 0;
	return s;
}

bool
editor_left(struct editor *ed)
{
	return move_to(ed, text_prev(buf_str(&ed->text), ed->text.len, ed->at));
}

bool
editor_right(struct editor *ed)
{
	return move_to(ed, text_next(buf_str(&ed->text), ed->text.len, ed->at));
}

static bool
word_at(const struct editor *ed, size_t at)
{
	return text_is_word(ed->text.data + at, ed->text.len - at);
}

static size_t
find_word_left(const struct editor *ed)
{
	size_t at = ed->at, prev;

	for (bool inside = false; at > 0; at = prev) {
		prev = text_prev(ed->text.data, ed->text.len, at);
		if (word_at(ed, prev))
			inside = true;
		else if (inside)
			break;
	}
	return at;
}

static size_t
find_word_right(const struct editor *ed)
{
	size_t at = ed->at;

	for (bool inside = false; at < ed->text.len; at = text_next(ed->text.data, ed->text.len, at)) {
		if (word_at(ed, at))
			inside = true;
		else if (inside)
			break;
	}
	return at;
}

static size_t
find_line_start(const struct editor *ed)
{
	size_t at = ed->at;

	while (at > 0 && ed->text.data[at - 1] != '\n')
		at--;
	return at;
}

static size_t
find_line_end(const struct editor *ed)
{
	size_t at = ed->at;

	while (at < ed->text.len && ed->text.data[at] != '\n')
		at++;
	return at;
}

bool
editor_word_left(struct editor *ed)
{
	return move_to(ed, find_word_left(ed));
}

bool
editor_word_right(struct editor *ed)
{
	return move_to(ed, find_word_right(ed));
}

bool
editor_line_start(struct editor *ed)
{
	return move_to(ed, find_line_start(ed));
}

bool
editor_line_end(struct editor *ed)
{
	return move_to(ed, find_line_end(ed));
}

static bool
move_rows(struct editor *ed, int columns, int rows)
{
	const char *s = buf_str(&ed->text);
	int row, col, goal = ed->goal_col;

	wrap_locate(s, ed->text.len, columns, ed->at, &row, &col);
	if (goal < 0)
		goal = col;
	if (row + rows < 0 || row + rows >= wrap_count(s, ed->text.len, columns))
		return false;
	move_to(ed, wrap_at(s, ed->text.len, columns, row + rows, goal));
	ed->goal_col = goal;
	return true;
}

bool
editor_up(struct editor *ed, int columns)
{
	return move_rows(ed, columns, -1);
}

bool
editor_down(struct editor *ed, int columns)
{
	return move_rows(ed, columns, 1);
}

static bool
erase(struct editor *ed, size_t from, size_t to)
{
	if (from >= to)
		return false;
	remember(ed);
	settle(ed);
	buf_erase(&ed->text, from, to - from);
	ed->at = from;
	snap(ed);
	return true;
}

bool
editor_delete_left(struct editor *ed)
{
	return erase(ed, text_prev(buf_str(&ed->text), ed->text.len, ed->at), ed->at);
}

bool
editor_delete_right(struct editor *ed)
{
	return erase(ed, ed->at, text_next(buf_str(&ed->text), ed->text.len, ed->at));
}

/* Cuts in a row are put back together by one yank, in their order in the text. */
static bool
cut(struct editor *ed, size_t from, size_t to)
{
	bool joins = ed->cutting, leftwards = to == ed->at;
	struct buf taken = {0};

	if (from >= to)
		return false;
	buf_add(&taken, ed->text.data + from, to - from);
	if (!joins)
		buf_clear(&ed->cut);
	buf_insert(&ed->cut, leftwards ? 0 : ed->cut.len, taken.data, taken.len);
	buf_done(&taken);
	erase(ed, from, to);
	ed->cutting = true;
	return true;
}

bool
editor_kill_word_left(struct editor *ed)
{
	return cut(ed, find_word_left(ed), ed->at);
}

bool
editor_kill_word_right(struct editor *ed)
{
	return cut(ed, ed->at, find_word_right(ed));
}

/* At the end of a line the newline itself goes, as in emacs. */
bool
editor_kill_line(struct editor *ed)
{
	size_t end = find_line_end(ed);

	return cut(ed, ed->at, end == ed->at && end < ed->text.len ? end + 1 : end);
}

bool
editor_kill_line_left(struct editor *ed)
{
	return cut(ed, find_line_start(ed), ed->at);
}

bool
editor_kill_whole_line(struct editor *ed)
{
	size_t from = find_line_start(ed), to = find_line_end(ed);
	bool last = to == ed->text.len, first = from == 0;

	if (last && first && from == to)
		return false;
	ed->at = from;
	if (last && !first) {
		/* What is put back is a line, wherever it came from. */
		cut(ed, from, to);
		buf_add_char(&ed->cut, '\n');
		buf_erase(&ed->text, from - 1, 1);
		ed->at = from - 1;
		return true;
	}
	cut(ed, from, last ? to : to + 1);
	if (last)
		buf_add_char(&ed->cut, '\n');
	return true;
}

bool
editor_yank(struct editor *ed)
{
	bool ok = ed->cut.len > 0 && editor_insert(ed, ed->cut.data, ed->cut.len);

	ed->typing = false;
	return ok;
}

bool
editor_undo(struct editor *ed)
{
	struct editor_undo *u;

	if (ed->n_undo == 0)
		return false;
	u = &ed->undo[--ed->n_undo];
	settle(ed);
	buf_clear(&ed->text);
	buf_add(&ed->text, u->text, u->len);
	ed->at = u->at;
	free(u->text);
	return true;
}

static bool
show_history(struct editor *ed, size_t i)
{
	ed->history_at = i;
	editor_set(ed, i < ed->n_history ? ed->history[i] : ed->draft ? ed->draft : "");
	return true;
}

bool
editor_history_prev(struct editor *ed)
{
	if (ed->history_at == 0 || ed->n_history == 0)
		return false;
	if (ed->history_at >= ed->n_history) {
		free(ed->draft);
		ed->draft = mem_dup(buf_str(&ed->text));
	}
	return show_history(ed, ed->history_at - 1);
}

bool
editor_history_next(struct editor *ed)
{
	return ed->history_at < ed->n_history && show_history(ed, ed->history_at + 1);
}

bool
editor_move(struct editor *ed, size_t at)
{
	return move_to(ed, at);
}

bool
editor_cut(struct editor *ed, size_t from, size_t to)
{
	ed->cutting = false;
	return cut(ed, from, to);
}

size_t
editor_line_begin(const struct editor *ed)
{
	return find_line_start(ed);
}

size_t
editor_line_finish(const struct editor *ed)
{
	return find_line_end(ed);
}

void
editor_history_add(struct editor *ed, const char *s)
{
	bool same = ed->n_history && strcmp(ed->history[ed->n_history - 1], s) == 0;

	if (*s && !same) {
		if (ed->n_history == HISTORY_MAX) {
			free(ed->history[0]);
			memmove(ed->history, ed->history + 1, --ed->n_history * sizeof *ed->history);
		}
		ed->history = mem_grow(ed->history, ed->n_history + 1, sizeof *ed->history);
		ed->history[ed->n_history++] = mem_dup(s);
	}
	ed->history_at = ed->n_history;
	free(ed->draft);
	ed->draft = NULL;
}

void
editor_history_write(const struct editor *ed, struct buf *out)
{
	for (size_t i = 0; i < ed->n_history; i++) {
		for (const char *p = ed->history[i]; *p; p++) {
			if (*p == '\n')
				buf_add_str(out, "\\n");
			else if (*p == '\\')
				buf_add_str(out, "\\\\");
			else
				buf_add_char(out, *p);
		}
		buf_add_char(out, '\n');
	}
}

static void
read_entry(struct editor *ed, const char *s, size_t n)
{
	struct buf raw = {0}, clean = {0};

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 1 < n)
			buf_add_char(&raw, s[++i] == 'n' ? '\n' : s[i]);
		else
			buf_add_char(&raw, s[i]);
	}
	text_clean(&clean, buf_str(&raw), raw.len);
	editor_history_add(ed, buf_str(&clean));
	buf_done(&raw);
	buf_done(&clean);
}

void
editor_history_read(struct editor *ed, const char *s, size_t n)
{
	for (const char *end = s + n, *p = s; p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		if (!eol)
			eol = end;
		read_entry(ed, p, (size_t)(eol - p));
		p = eol + 1;
	}
}
